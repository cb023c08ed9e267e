#![allow(clippy::unwrap_used)]
use super::*;
use crate::testing::{self_signed, status_request};
use der::Encode as _;
use proptest::prelude::*;
use x509_ocsp::OcspRequest;

/// A request changed before it is read.
fn changed(change: impl FnOnce(&mut OcspRequest)) -> Result<Question, Malformed> {
    let issuer = self_signed("A").certificate;
    let mut request = OcspRequest::from_der(&status_request(&issuer, &["0A"], Some(&[1; 8]))).unwrap();
    change(&mut request);
    Question::read(&request.to_der().unwrap())
}

fn nonce(bytes: usize) -> Option<Vec<Extension>> {
    Some(vec![Nonce::new(vec![1; bytes]).unwrap().to_extension(&Name::default(), &[]).unwrap()])
}

#[test]
fn a_question_is_read_or_malformed() {
    assert_eq!(changed(|_| {}).unwrap().nonce.unwrap(), [1; 8]);
    for (bytes, reads) in [(0, false), (1, true), (32, true), (33, false)] {
        let read = changed(|request| request.tbs_request.request_extensions = nonce(bytes));
        assert_eq!(read.is_ok(), reads, "a nonce of {bytes} bytes");
    }
    let one = |request: &OcspRequest| request.tbs_request.request_list[0].clone();
    for (count, reads) in [(0, false), (1, true), (16, true), (17, false)] {
        let read = changed(|request| request.tbs_request.request_list = vec![one(request); count]);
        assert_eq!(read.is_ok(), reads, "{count} certificates");
    }
    for (critical, reads) in [(true, false), (false, true)] {
        let extn_id = ObjectIdentifier::new_unwrap("1.2.3.4");
        let unknown = Extension { extn_id, critical, extn_value: OctetString::new(vec![5, 0]).unwrap() };
        let read = changed(|request| request.tbs_request.request_extensions = Some(vec![unknown.clone()]));
        assert_eq!(read.is_ok(), reads, "an unknown extension, critical: {critical}");
        let read =
            changed(|request| request.tbs_request.request_list[0].single_request_extensions = Some(vec![unknown]));
        assert_eq!(read.is_ok(), reads, "an unknown extension of one, critical: {critical}");
    }
    assert!(
        changed(|request| request.tbs_request.request_extensions = nonce(8).map(|one| [one.clone(), one].concat()))
            .is_err()
    );
    for garbage in [&b""[..], b"not asn1", &[0x30, 0]] {
        assert_eq!(Question::read(garbage).err(), Some(Malformed));
    }
}

#[test]
fn an_authority_is_known_by_its_name_and_key() {
    let (issuer, other) = (self_signed("A").certificate, self_signed("A").certificate);
    let asked = Question::read(&status_request(&issuer, &["0A"], None)).unwrap().asked.remove(0);
    assert!(is_about(&asked, &issuer));
    assert!(!is_about(&asked, &other), "the same name, another key");
    assert_eq!(serial_of(&asked), "0A");
    let digest =
        |bytes: &[u8]| OctetString::new(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref()).unwrap();
    let mut old = asked.clone();
    old.hash_algorithm.oid = SHA_1;
    assert!(!is_about(&old, &issuer));
    old.issuer_name_hash = digest(issuer.subject_der());
    old.issuer_key_hash = digest(issuer.public_key().subject_public_key.raw_bytes());
    assert!(is_about(&old, &issuer));
    old.hash_algorithm.oid = ObjectIdentifier::new_unwrap("1.2.840.113549.2.5");
    assert!(!is_about(&old, &issuer), "MD5");
}

proptest! {
    #[test]
    fn nothing_that_is_sent_breaks_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Question::read(&bytes);
    }
}
