#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::fixture::{self, Issued, Order};
use crate::path::{Evidence, PathFault, RevocationRule, TrustAnchors};
use crate::revocation::Moment;
use crate::transport::{Transport, TransportError};
use crate::{SignatureAlgorithm, cms};

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

const NOW: &str = "2026-11-24T02:00:00Z";

/// A root and an authority below it.
fn authority(critical: bool) -> (Issued, Issued) {
    let root = Order::authority("Root", 1, None).issue(None);
    let usage = fixture::usage(x509_cert::ext::pkix::KeyUsages::DigitalSignature);
    let purposes = fixture::purposes(&[der::oid::db::rfc5280::ID_KP_TIME_STAMPING], critical);
    let authority = Order::new("TSA", 2, vec![usage, purposes]).issue(Some(&root));
    (root, authority)
}

/// An authority at the other end of the wire, with what it gets wrong.
struct Wire {
    authority: Issued,
    change: fn(&mut TimeStampInfo),
    silent: bool,
}

#[async_trait::async_trait]
impl Transport for Wire {
    async fn post(&self, _: &str, content_type: &str, body: Vec<u8>) -> Result<Vec<u8>, TransportError> {
        assert_eq!(content_type, "application/timestamp-query");
        if self.silent {
            return Err(TransportError("no route".to_owned()));
        }
        let request = TimeStampRequest::from_der(&body).unwrap();
        let mut made = TimeStampInfo { imprint: request.imprint, nonce: request.nonce, ..info(NOW, None) };
        (self.change)(&mut made);
        let certificate = &self.authority.certificate;
        let token = sign_time_stamp(&made, &self.authority.key, certificate, std::slice::from_ref(certificate));
        Ok(granted(&token.unwrap()).unwrap())
    }

    async fn get(&self, _: &str) -> Result<Vec<u8>, TransportError> {
        Err(TransportError("not asked".to_owned()))
    }
}

#[tokio::test]
async fn an_answer_to_another_question_is_noticed() {
    type Change = fn(&mut TimeStampInfo);
    for (change, wanted) in [
        ((|_| ()) as Change, "Ok"),
        (|info| info.imprint = Imprint::of(b"other"), "OtherContent"),
        (|info| info.nonce = Some(vec![1]), "OtherRequest"),
        (|info| info.nonce = None, "OtherRequest"),
        (|info| info.policy = ID_TST_INFO, "OtherRequest"),
        (|info| info.time = fixture::at("2026-11-24T02:05:01Z"), "Clock(2026-11-24T02:05:01Z)"),
        (|info| info.time = fixture::at("2026-11-24T01:54:59Z"), "Clock(2026-11-24T01:54:59Z)"),
    ] {
        let wire = Wire { authority: authority(true).1, change, silent: false };
        let policy = Some(ObjectIdentifier::new_unwrap("1.2.3.4.1"));
        let answer = request_time_stamp(&wire, "", Imprint::of(b"x"), ([9; 16], fixture::at(NOW)), policy).await;
        assert_eq!(answer.map_or_else(|error| format!("{error:?}"), |_| "Ok".to_owned()), wanted);
    }
    let wire = Wire { authority: authority(true).1, change: |_| (), silent: true };
    let answer = request_time_stamp(&wire, "", Imprint::of(b"x"), ([9; 16], fixture::at(NOW)), None).await;
    assert!(matches!(answer, Err(TimeStampError::Transport(_))));
}

fn token(authority: &Issued, time: &str) -> Vec<u8> {
    let embedded = std::slice::from_ref(&authority.certificate);
    sign_time_stamp(&info(time, None), &authority.key, &authority.certificate, embedded).unwrap()
}

#[test]
fn an_authority_is_trusted_by_path_purpose_and_time() {
    let (root, honest) = authority(true);
    let (_, stranger) = authority(true);
    let other_purpose = Order::signer("A", 3).issue(Some(&root));
    let soft = Order::new("TSA", 4, vec![fixture::purposes(&[der::oid::db::rfc5280::ID_KP_TIME_STAMPING], false)]);
    let soft = soft.issue(Some(&root));
    let anchors = TrustAnchors::new(vec![root.certificate.clone()]);
    let moment = Moment::now(fixture::at(NOW));
    for (by, time, wanted) in [
        (&honest, NOW, None),
        (&stranger, NOW, Some(PathFault::Signature)),
        (&other_purpose, NOW, Some(PathFault::ExtendedKeyUsage)),
        (&soft, NOW, Some(PathFault::ExtendedKeyUsage)),
    ] {
        let stamp = TimeStamp::read(&token(by, time), &[]).unwrap();
        stamp.covers(b"abc").unwrap();
        assert!(matches!(stamp.covers(b"abd"), Err(TimeStampError::OtherContent)));
        let answer = stamp.validate(&anchors, &Evidence::default(), moment, RevocationRule::WhereKnown);
        let fault = answer.err().map(|error| match error {
            TimeStampError::Path(error) => error.fault,
            other => panic!("{other}"),
        });
        assert_eq!(fault, wanted);
    }
    let early = TimeStamp::read(&token(&honest, "2025-12-31T00:00:00Z"), &[]).unwrap();
    let answer = early.validate(&anchors, &Evidence::default(), moment, RevocationRule::WhereKnown);
    assert!(matches!(answer, Err(TimeStampError::Clock(_))), "from before the certificate began");
}

#[test]
fn tokens_without_certificate_need_it_from_elsewhere() {
    let (_, authority) = authority(true);
    let bare = sign_time_stamp(&info(NOW, None), &authority.key, &authority.certificate, &[]).unwrap();
    assert!(matches!(TimeStamp::read(&bare, &[]), Err(TimeStampError::SignedData(_))));
    let stamp = TimeStamp::read(&bare, std::slice::from_ref(&authority.certificate)).unwrap();
    assert!(stamp.certificates.is_empty());
    let (_, _, signer) = fixture::chain(SignatureAlgorithm::EcdsaP256);
    let document = cms::sign_detached(&Imprint::of(b"x").digest, &signer.key, &signer.certificate, &[]).unwrap();
    assert!(matches!(TimeStamp::read(&document, &[]), Err(TimeStampError::Malformed(_))), "no time stamp");
}

thread_local! {
    static TOKEN: (Issued, Vec<u8>) = {
        let (_, authority) = authority(true);
        let token = token(&authority, NOW);
        (authority, token)
    };
}

proptest! {
    #[test]
    fn no_changed_byte_makes_another_time_or_content(position in any::<prop::sample::Index>(), value in any::<u8>()) {
        TOKEN.with(|(authority, honest)| {
            let mut der = honest.clone();
            der[position.index(honest.len())] = value;
            if let Ok(stamp) = TimeStamp::read(&der, &[]) {
                prop_assert_eq!(&stamp.authority, &authority.certificate);
                prop_assert_eq!(stamp.info, info(NOW, None));
            }
            Ok(())
        })?;
    }
}
