#![allow(clippy::unwrap_used)]
use super::*;
use crate::testing::Asked;
use proptest::prelude::*;
use x509_cert::ext::Extension;

const POLICY: &str = "1.3.6.1.4.1.99999.1.1";

fn policy() -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(POLICY)
}

fn read(asked: &Asked) -> Result<Question, Refusal> {
    Question::read(&asked.to_der(), policy())
}

#[test]
fn a_question_is_taken_or_refused_for_its_own_reason() {
    use Refusal::{BadAlgorithm, BadDataFormat, UnacceptedExtension, UnacceptedPolicy};
    let asked = Asked::default;
    let extension = Extension {
        extn_id: ObjectIdentifier::new_unwrap("1.2.3.4"),
        critical: false,
        extn_value: der::asn1::OctetString::new(vec![5, 0]).unwrap(),
    };
    let sha1 = "1.3.14.3.2.26";
    let table = [
        ("plain", asked(), None),
        ("own policy", Asked { policy: Some(POLICY), ..asked() }, None),
        ("no nonce", Asked { nonce: None, ..asked() }, None),
        ("NULL parameters", Asked { parameters: Some(Any::null()), ..asked() }, None),
        ("SHA-512", Asked { algorithm: "2.16.840.1.101.3.4.2.3", hash: vec![1; 64], ..asked() }, None),
        ("SHA-384", Asked { algorithm: "2.16.840.1.101.3.4.2.2", hash: vec![1; 48], ..asked() }, None),
        ("SHA-1", Asked { algorithm: sha1, hash: vec![1; 20], ..asked() }, Some(BadAlgorithm)),
        ("MD5", Asked { algorithm: "1.2.840.113549.2.5", hash: vec![1; 16], ..asked() }, Some(BadAlgorithm)),
        ("unknown", Asked { algorithm: "1.2.3.4", ..asked() }, Some(BadAlgorithm)),
        ("parameters", Asked { parameters: Some(Any::new(Tag::Integer, [1]).unwrap()), ..asked() }, Some(BadAlgorithm)),
        ("short imprint", Asked { hash: vec![1; 31], ..asked() }, Some(BadDataFormat)),
        ("long imprint", Asked { hash: vec![1; 33], ..asked() }, Some(BadDataFormat)),
        ("long nonce", Asked { nonce: Some(vec![1; 65]), ..asked() }, Some(BadDataFormat)),
        ("other policy", Asked { policy: Some("1.2.3.4"), ..asked() }, Some(UnacceptedPolicy)),
        ("an extension", Asked { extensions: Some(vec![extension]), ..asked() }, Some(UnacceptedExtension)),
    ];
    for (name, asked, expected) in table {
        assert_eq!(read(&asked).err(), expected, "{name}");
    }
    for garbage in [&b""[..], b"not asn1", &[0x30, 0x80, 0, 0], &[0x30, 3, 2, 1, 2]] {
        assert_eq!(Question::read(garbage, policy()).err(), Some(BadDataFormat));
    }
    let mut trailing = asked().to_der();
    trailing.push(0);
    assert_eq!(Question::read(&trailing, policy()).err(), Some(BadDataFormat));
}

#[test]
fn what_is_stamped_says_what_was_asked_and_nothing_more() {
    let statement = Statement { policy: policy(), accuracy_milliseconds: 1_500 };
    let question = read(&Asked::default()).unwrap();
    let at = "2026-03-03T02:00:00.120Z".parse().unwrap();
    let name = Name::default();
    let read = TstInfo::from_der(&content(&statement, &name, &question, 9, at).unwrap()).unwrap();
    assert_eq!((read.version, read.policy, read.serial, read.time), (1, policy(), 9, StampTime(at)));
    assert_eq!(read.accuracy, Accuracy { seconds: Some(1), millis: Some(500), micros: None });
    assert_eq!(read.imprint, question.imprint);
    assert_eq!(read.nonce.unwrap().as_bytes(), [5, 6, 7, 8]);
    let without = Question { nonce: None, ..question };
    assert_eq!(TstInfo::from_der(&content(&statement, &name, &without, 9, at).unwrap()).unwrap().nonce, None);
}

#[test]
fn a_moment_has_the_one_form_of_der() {
    for (text, expected) in [
        ("2026-03-03T02:00:00Z", "20260303020000Z"),
        ("2026-03-03T02:00:00.100Z", "20260303020000.1Z"),
        ("2026-03-03T02:00:00.120Z", "20260303020000.12Z"),
        ("2026-03-03T02:00:00.007Z", "20260303020000.007Z"),
        ("2026-03-03T02:00:00.0009Z", "20260303020000Z"),
    ] {
        assert_eq!(StampTime(text.parse().unwrap()).text(), expected);
    }
}

#[test]
fn a_refusal_names_its_bit() {
    for (refusal, expected) in [
        (Refusal::BadAlgorithm, &[3, 2, 7, 0x80][..]),
        (Refusal::BadDataFormat, &[3, 2, 2, 0x04]),
        (Refusal::TimeNotAvailable, &[3, 3, 1, 0, 0x02]),
        (Refusal::UnacceptedPolicy, &[3, 3, 0, 0, 0x01]),
        (Refusal::UnacceptedExtension, &[3, 4, 7, 0, 0, 0x80]),
        (Refusal::SystemFailure, &[3, 5, 6, 0, 0, 0, 0x40]),
    ] {
        let answer = refused(refusal).unwrap();
        assert!(answer.ends_with(expected), "{refusal:?}: {answer:02x?}");
        let read = Reply::from_der(&answer).unwrap();
        assert_eq!((read.status.status, read.token.is_none()), (2, true));
    }
}

proptest! {
    /// Whatever is sent, something is answered.
    #[test]
    fn nothing_that_is_sent_breaks_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Question::read(&bytes, policy());
    }

    #[test]
    fn a_changed_question_is_read_or_refused(position in 0_usize..60, value in any::<u8>()) {
        let mut bytes = Asked::default().to_der();
        let place = position % bytes.len();
        bytes[place] = value;
        let _ = Question::read(&bytes, policy());
    }

    #[test]
    fn every_moment_is_read_back(milliseconds in 0_i64..4_000_000_000_000) {
        let at = StampTime(Timestamp::from_millisecond(milliseconds).unwrap());
        prop_assert_eq!(StampTime::from_der(&at.to_der().unwrap()).unwrap(), at);
    }
}
