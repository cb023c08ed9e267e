#![allow(clippy::unwrap_used)]
use super::*;
use crate::testing::{self_signed, status_request};
use der::Encode as _;
use der::asn1::ObjectIdentifier;
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
    let plain = changed(|_| {}).unwrap();
    assert_eq!((plain.nonce.unwrap(), serial_of(&plain.asked[0])), (vec![1; 8], "0A".to_owned()));
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

proptest! {
    #[test]
    fn nothing_that_is_sent_breaks_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Question::read(&bytes);
    }
}
