use http_body_util::BodyExt as _;
use proptest::prelude::*;

use super::*;

/// What frames say, body pieces put together.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    head: Vec<u8>,
    body: Vec<u8>,
    signature: Vec<u8>,
    fault: Vec<u8>,
}

/// Reads bytes that come in pieces of this size.
fn read(bytes: &[u8], size: usize) -> Result<Said, WireError> {
    let (mut frames, mut said) = (Frames::new(), Said::default());
    for piece in bytes.chunks(size.max(1)) {
        frames.push(piece);
        while let Some(piece) = frames.next()? {
            let (to, piece) = match &piece {
                Piece::Head(piece) => (&mut said.head, piece),
                Piece::Body(piece) => (&mut said.body, piece),
                Piece::Signature(piece) => (&mut said.signature, piece),
                Piece::Fault(piece) => (&mut said.fault, piece),
            };
            to.extend_from_slice(piece);
        }
    }
    frames.finish().map(|()| said)
}

fn written(framed: Framed) -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(framed.collect()).unwrap().to_bytes().to_vec()
}

fn check(frames: &[(u8, usize)], expected: Result<(), WireError>) {
    let mut bytes = Vec::new();
    for (kind, length) in frames {
        bytes.push(*kind);
        bytes.extend_from_slice(&u32::try_from(*length).unwrap().to_be_bytes());
        bytes.extend(std::iter::repeat_n(b'x', *length));
    }
    for size in [1, 7, bytes.len()] {
        assert_eq!(read(&bytes, size).map(drop), expected, "{frames:?} in pieces of {size}");
    }
}

#[test]
fn only_whole_messages_in_order_are_read() {
    check(&[(1, 5), (3, 5)], Ok(()));
    check(&[(1, 5), (2, 9), (2, 1), (3, 5)], Ok(()));
    check(&[(4, 5)], Ok(()));
    check(&[], Err(WireError::Cut));
    check(&[(1, 5)], Err(WireError::Cut));
    check(&[(1, 5), (2, 9)], Err(WireError::Cut));
    for wrong in [
        &[(3, 5)][..],
        &[(2, 5)],
        &[(1, 5), (1, 5)],
        &[(1, 5), (4, 5)],
        &[(1, 5), (3, 5), (2, 5)],
        &[(1, 5), (3, 5), (3, 5)],
        &[(4, 5), (1, 5)],
    ] {
        check(wrong, Err(WireError::Order));
    }
    check(&[(0, 5)], Err(WireError::Kind));
    check(&[(5, 5)], Err(WireError::Kind));
    for (kind, longest) in [(1, 128 << 10), (4, 16 << 10)] {
        check(&[(kind, longest + 1)], Err(WireError::Length));
    }
    check(&[(1, 5), (2, (256 << 10) + 1)], Err(WireError::Length));
    check(&[(1, 5), (3, (64 << 10) + 1)], Err(WireError::Length));
    check(&[(1, 0)], Err(WireError::Length));
    check(&[(1, 5), (2, 0), (3, 1)], Err(WireError::Length));
}

#[test]
fn what_the_other_side_would_not_read_is_not_written() {
    let long = vec![b'x'; (128 << 10) + 1];
    assert_eq!(Framed::message(&long, Stored::Empty, b"s").err(), Some(WireError::Length));
    assert_eq!(Framed::message(b"h", Stored::Empty, &long).err(), Some(WireError::Length));
}

#[test]
fn faults_are_told_without_style() {
    for fault in [
        Fault::client(Leaf::QuotaExceeded, "Hạn mức").retry_after(9),
        Fault::provider_side(Leaf::ServiceFailed, "x").because(Leaf::SslAuthenticationFailed),
    ] {
        let said = read(&written(Framed::fault(&fault)), 3).unwrap();
        assert_eq!(read_fault(&said.fault), Ok(fault));
    }
    // Whatever the other exchange calls its consumer's side is far from the consumer here.
    let said = read(&written(Framed::fault(&Fault::consumer_side(Leaf::IoError, "x"))), 100).unwrap();
    assert_eq!(read_fault(&said.fault), Ok(Fault::provider_side(Leaf::IoError, "x")));
    for wrong in ["", "{}", "{\"side\":\"client\",\"leaf\":\"none\",\"message\":\"\"}"] {
        assert_eq!(read_fault(wrong.as_bytes()), Err(WireError::Fault), "{wrong}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn messages_come_out_as_they_went_in(
        head in prop::collection::vec(any::<u8>(), 1..300),
        body in prop::collection::vec(any::<u8>(), 0..200_000),
        signature in prop::collection::vec(any::<u8>(), 1..300),
        size in 1..5000usize,
        cut in any::<prop::sample::Index>(),
    ) {
        let framed = Framed::message(&head, Stored::from(Bytes::from(body.clone())), &signature).unwrap();
        let bytes = written(framed);
        let said = read(&bytes, size).unwrap();
        let expected = Said { head, body, signature, fault: Vec::new() };
        prop_assert!(said == expected, "something came out otherwise");
        prop_assert!(read(&bytes[..cut.index(bytes.len())], size).is_err(), "a beginning is no message");
    }

    #[test]
    fn noise_is_refused_and_the_same_however_it_comes(
        bytes in prop::collection::vec(0..6u8, 0..80),
        size in 1..80usize,
    ) {
        prop_assert_eq!(read(&bytes, size), read(&bytes, 1));
    }
}
