#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::fixture;

fn info(time: &str, accuracy_micros: Option<u64>) -> TimeStampInfo {
    TimeStampInfo {
        policy: ObjectIdentifier::new_unwrap("1.2.3.4.1"),
        imprint: Imprint::of(b"abc"),
        serial: vec![0x01, 0x02],
        time: fixture::at(time),
        accuracy_micros,
        nonce: Some(vec![0x31, 0x4c]),
        authority: None,
    }
}

#[test]
fn times_keep_their_milliseconds_and_have_one_der_form() {
    for (time, accuracy, wanted) in [
        ("2026-11-24T02:00:00Z", None, "20261124020000Z"),
        ("2026-11-24T02:00:00.5Z", Some(1_500_100), "20261124020000.5Z"),
        ("2026-11-24T02:00:00.045Z", Some(1_000), "20261124020000.045Z"),
        ("2026-11-24T02:00:00.120Z", Some(2_000_000), "20261124020000.12Z"),
    ] {
        let made = info(time, accuracy);
        let der = made.to_der().unwrap();
        assert!(der.windows(wanted.len()).any(|part| part == wanted.as_bytes()), "{time}");
        assert_eq!(TimeStampInfo::from_der(&der).unwrap(), made);
    }
}

#[test]
fn times_outside_the_calendar_are_refused() {
    let der = info("2026-11-24T02:00:00Z", None).to_der().unwrap();
    let start = der.windows(8).position(|part| part == b"20261124").unwrap();
    for (text, accepted) in [
        (b"20261124020000Z", true),
        (b"20261324020000Z", false),
        (b"20261124020060Z", false),
        (b"2026112402000\xffZ", false),
        (b"202611240200.0Z", false),
        (b"+0261124020000Z", false),
        (b"202611240200000", false),
    ] {
        let mut changed = der.clone();
        changed[start..start + text.len()].copy_from_slice(text);
        assert_eq!(TimeStampInfo::from_der(&changed).is_ok(), accepted, "{text:?}");
    }
}

#[test]
fn the_request_openssl_makes_is_read_and_written_the_same() {
    // openssl ts -query -data abc.txt (content `abc`): the example of x509-tsp.
    let text = b"30400201013031300D060960864801650304020105000420BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD0208314CFCE4E0651827";
    let der = data_encoding::HEXUPPER.decode(text).unwrap();
    let request = TimeStampRequest::from_der(&der).unwrap();
    assert_eq!(request.imprint, Imprint::of(b"abc"));
    assert_eq!((request.nonce.as_ref().unwrap().len(), request.wants_certificate), (8, false));
    assert_eq!(TimeStampRequest::from_der(&request.to_der().unwrap()).unwrap(), request);
}

#[test]
fn requests_of_this_house_come_back_as_sent() {
    for first in [0x00, 0x7f, 0x80, 0xff] {
        let request = TimeStampRequest::new(Imprint::of(b"x"), [first; 16], Some(ID_TST_INFO));
        assert_eq!(TimeStampRequest::from_der(&request.to_der().unwrap()).unwrap(), request);
    }
}

#[test]
fn weak_and_wrong_imprints_are_told_apart() {
    // The digest of `abc` under SHA-1.
    let sha1 = b"3024020101301F300706052B0E03021A0414A9993E364706816ABA3E25717850C26C9CD0D89D";
    let mut der = data_encoding::HEXUPPER.decode(sha1).unwrap();
    der[1] = u8::try_from(der.len() - 2).unwrap();
    assert!(matches!(TimeStampRequest::from_der(&der), Err(TimeStampError::Algorithm(_))));
    let mut short = TimeStampRequest::new(Imprint::of(b"x"), [1; 16], None);
    short.imprint.digest.pop();
    assert!(matches!(TimeStampRequest::from_der(&short.to_der().unwrap()), Err(TimeStampError::Malformed(_))));
}

#[test]
fn refusals_name_their_reason() {
    for failure in [
        TimeStampFailure::BadAlgorithm,
        TimeStampFailure::BadRequest,
        TimeStampFailure::BadDataFormat,
        TimeStampFailure::UnacceptedPolicy,
        TimeStampFailure::SystemFailure,
    ] {
        let answer = token_of(&refused(failure).unwrap());
        assert!(matches!(answer, Err(TimeStampError::Refused(Some(found))) if found == failure), "{answer:?}");
    }
    // badAlg is bit 0: BIT STRING of one bit.
    assert_eq!(refused(TimeStampFailure::BadAlgorithm).unwrap(), [0x30, 9, 0x30, 7, 2, 1, 2, 3, 2, 7, 0x80]);
    assert_eq!(token_of(&granted(&[0x30, 0]).unwrap()).unwrap(), [0x30, 0]);
    // With the free text some authorities write.
    let worded = b"\x30\x0f\x30\x0d\x02\x01\x02\x30\x04\x0c\x02no\x03\x02\x05\x20";
    assert!(matches!(token_of(worded), Err(TimeStampError::Refused(Some(TimeStampFailure::BadRequest)))));
}

proptest! {
    #[test]
    fn arbitrary_messages_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = (TimeStampRequest::from_der(&bytes), TimeStampInfo::from_der(&bytes), token_of(&bytes));
    }

    #[test]
    fn what_is_read_of_a_changed_content_can_be_written_again(
        position in any::<prop::sample::Index>(), value in any::<u8>()
    ) {
        let mut der = info("2026-11-24T02:00:00.5Z", Some(1_500_100)).to_der().unwrap();
        let length = der.len();
        der[position.index(length)] = value;
        if let Ok(read) = TimeStampInfo::from_der(&der) {
            prop_assert!(read.to_der().is_ok());
        }
    }
}
