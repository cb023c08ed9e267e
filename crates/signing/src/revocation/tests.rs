#![allow(clippy::unwrap_used)]

use der::oid::db::rfc5280;
use der::{Decode as _, Encode as _};
use proptest::prelude::*;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{CrlDistributionPoints, IssuingDistributionPoint};
use x509_ocsp::CertStatus;

use super::*;
use crate::fixture::{self, Issued, Order, Revoked};
use crate::{Certificate, SignatureAlgorithm};

const THIS: &str = "2026-06-01T00:00:00Z";
const NEXT: &str = "2026-06-08T00:00:00Z";

fn moment(at: &str, now: &str) -> Moment {
    Moment { at: fixture::at(at), now: fixture::at(now) }
}

fn summer() -> Moment {
    moment("2026-06-02T00:00:00Z", "2026-06-02T00:00:00Z")
}

fn revoked_signer() -> [Revoked; 2] {
    [
        Revoked { serial: 9, since: "2026-05-01T00:00:00Z", reason: 4 },
        Revoked { serial: 3, since: "2026-05-20T00:00:00Z", reason: 1 },
    ]
}

#[test]
fn a_list_names_the_revoked_and_no_others() {
    let (root, middle, signer) = fixture::chain(SignatureAlgorithm::EcdsaP256);
    let other = Order::signer("B", 4).issue(Some(&middle));
    let list = fixture::list(&middle, THIS, Some(NEXT), &revoked_signer(), Vec::new());
    let ask = |certificate: &Certificate, issuer: &Certificate| list.status(certificate, issuer, summer());
    let since = fixture::at("2026-05-20T00:00:00Z");
    assert_eq!(ask(&signer.certificate, &middle.certificate), Ok(Status::Revoked { since, reason: 1 }));
    assert_eq!(ask(&other.certificate, &middle.certificate), Ok(Status::Good));
    assert_eq!(ask(&middle.certificate, &root.certificate), Err(RevocationError::OtherCertificate));
    let (_, stranger, _) = fixture::chain(SignatureAlgorithm::EcdsaP256);
    assert_eq!(ask(&signer.certificate, &stranger.certificate), Err(RevocationError::Signature));
    let empty = fixture::list(&middle, THIS, Some(NEXT), &[], Vec::new());
    assert_eq!(empty.status(&signer.certificate, &middle.certificate, summer()), Ok(Status::Good));
}

#[test]
fn lists_tell_about_their_own_time_and_backwards() {
    let (_, middle, signer) = fixture::chain(SignatureAlgorithm::EcdsaP256);
    let ended = Order::signer("B", 5).valid("2026-01-01T00:00:00Z", "2026-05-01T00:00:00Z").issue(Some(&middle));
    let list = fixture::list(&middle, THIS, Some(NEXT), &[], Vec::new());
    let open = fixture::list(&middle, THIS, None, &[], Vec::new());
    for (list, certificate, at, now, told) in [
        (&list, &signer, "2026-06-02T00:00:00Z", "2026-06-02T00:00:00Z", true),
        (&list, &signer, "2026-06-08T00:00:00Z", "2026-07-08T00:00:00Z", true),
        (&list, &signer, "2026-06-08T00:00:01Z", "2026-07-08T00:00:00Z", false),
        // Signed before the list was made: a later list tells about earlier days.
        (&list, &signer, "2026-03-01T00:00:00Z", "2026-07-08T00:00:00Z", true),
        // But not about a certificate that had ended before it was made.
        (&list, &ended, "2026-03-01T00:00:00Z", "2026-07-08T00:00:00Z", false),
        // A list from the future, beyond what clocks differ.
        (&list, &signer, "2026-05-31T23:00:00Z", "2026-05-31T23:00:00Z", false),
        (&list, &signer, "2026-05-31T23:56:00Z", "2026-05-31T23:56:00Z", true),
        (&open, &signer, "2026-06-01T23:59:00Z", "2026-06-02T00:00:00Z", true),
        (&open, &signer, "2026-06-02T00:01:00Z", "2026-06-02T00:01:00Z", false),
    ] {
        let answer = list.status(&certificate.certificate, &middle.certificate, moment(at, now));
        assert_eq!(answer.is_ok(), told, "{at} asked {now}: {answer:?}");
    }
}

fn scope(point: Option<&str>, change: fn(&mut IssuingDistributionPoint)) -> Extension {
    let mut scope = IssuingDistributionPoint {
        distribution_point: point.map(|point| DistributionPointName::FullName(vec![uri(point)])),
        only_contains_user_certs: false,
        only_contains_ca_certs: false,
        only_some_reasons: None,
        indirect_crl: false,
        only_contains_attribute_certs: false,
    };
    change(&mut scope);
    // x509-cert names another kind for this extension.
    fixture::raw_extension("2.5.29.28", true, &scope.to_der().unwrap())
}

fn uri(text: &str) -> GeneralName {
    GeneralName::UniformResourceIdentifier(der::asn1::Ia5String::new(text).unwrap())
}

#[test]
fn lists_of_another_scope_say_nothing() {
    let (_, middle, _) = fixture::chain(SignatureAlgorithm::EcdsaP256);
    let point = x509_cert::ext::pkix::crl::dp::DistributionPoint {
        distribution_point: Some(DistributionPointName::FullName(vec![uri("http://crl.test/a")])),
        reasons: None,
        crl_issuer: None,
    };
    let points = fixture::extension(&CrlDistributionPoints(vec![point]), false);
    let signer = Order::signer("A", 3).with(points).issue(Some(&middle)).certificate;
    assert_eq!(signer.crl_urls(), ["http://crl.test/a"]);
    for (extension, accepted) in [
        (fixture::raw_extension("2.5.29.20", false, &[2, 1, 1]), true),
        (fixture::raw_extension("2.5.29.27", true, &[2, 1, 1]), false),
        (fixture::raw_extension("1.2.3.4", true, &[5, 0]), false),
        (scope(None, |_| ()), true),
        (scope(Some("http://crl.test/a"), |_| ()), true),
        (scope(Some("http://crl.test/b"), |_| ()), false),
        (scope(None, |scope| scope.only_contains_user_certs = true), true),
        (scope(None, |scope| scope.only_contains_ca_certs = true), false),
        (scope(None, |scope| scope.only_contains_attribute_certs = true), false),
        (scope(None, |scope| scope.indirect_crl = true), false),
    ] {
        let list = fixture::list(&middle, THIS, Some(NEXT), &[], vec![extension.clone()]);
        let answer = list.status(&signer, &middle.certificate, summer());
        let wanted = if accepted { Ok(Status::Good) } else { Err(RevocationError::Scope) };
        assert_eq!(answer, wanted, "{extension:?}");
    }
}

#[test]
fn who_may_not_sign_lists_is_not_believed() {
    let usage = fixture::usage(x509_cert::ext::pkix::KeyUsages::KeyCertSign);
    let constraints = x509_cert::ext::pkix::BasicConstraints { ca: true, path_len_constraint: None };
    let mute = Order::new("Mute", 1, vec![fixture::extension(&constraints, true), usage]).issue(None);
    let signer = Order::signer("A", 3).issue(Some(&mute));
    let list = fixture::list(&mute, THIS, Some(NEXT), &[], Vec::new());
    assert_eq!(list.status(&signer.certificate, &mute.certificate, summer()), Err(RevocationError::Signer));
}

fn responder(issuer: &Issued, purposes: &[der::asn1::ObjectIdentifier]) -> Issued {
    let usage = fixture::usage(x509_cert::ext::pkix::KeyUsages::DigitalSignature);
    let order = Order::new("Responder", 7, vec![usage, fixture::purposes(purposes, false)]);
    order.with(fixture::raw_extension("1.3.6.1.5.5.7.48.1.5", false, &[5, 0])).issue(Some(issuer))
}

#[test]
fn answers_count_from_the_issuer_and_from_whom_it_appointed() {
    let (root, middle, signer) = fixture::chain(SignatureAlgorithm::EcdsaP256);
    let (_, stranger, _) = fixture::chain(SignatureAlgorithm::EcdsaP256);
    let appointed = responder(&middle, &[rfc5280::ID_KP_OCSP_SIGNING]);
    let other_purpose = responder(&middle, &[rfc5280::ID_KP_EMAIL_PROTECTION]);
    let of_root = responder(&root, &[rfc5280::ID_KP_OCSP_SIGNING]);
    let of_stranger = responder(&stranger, &[rfc5280::ID_KP_OCSP_SIGNING]);
    let pair = (&signer.certificate, &middle.certificate);
    for (by, embed, wanted) in [
        (&middle, false, Ok(None)),
        (&appointed, true, Ok(Some(&appointed.certificate))),
        (&appointed, false, Err(RevocationError::Signer)),
        (&other_purpose, true, Err(RevocationError::Signer)),
        (&of_root, true, Err(RevocationError::Signer)),
        (&of_stranger, true, Err(RevocationError::Signer)),
        (&stranger, true, Err(RevocationError::Signer)),
    ] {
        let answer = fixture::ocsp(pair, by, (THIS, Some(NEXT)), CertStatus::good(), embed);
        let told = answer.status(pair.0, pair.1, summer());
        let shown = told.as_ref().map(|told| told.responder.as_ref()).map_err(Clone::clone);
        assert_eq!(shown, wanted, "{:?}", by.certificate.common_name());
    }
}

#[test]
fn answers_are_about_one_certificate_and_one_time() {
    let (_, middle, signer) = fixture::chain(SignatureAlgorithm::EcdsaP256);
    let other = Order::signer("B", 4).issue(Some(&middle)).certificate;
    let pair = (&signer.certificate, &middle.certificate);
    let answer = fixture::ocsp(pair, &middle, (THIS, Some(NEXT)), CertStatus::good(), false);
    assert_eq!(answer.status(&other, &middle.certificate, summer()), Err(RevocationError::OtherCertificate));
    for (at, told) in [("2026-06-08T00:00:00Z", true), ("2026-06-09T00:00:00Z", false), ("2026-03-01T00:00:00Z", true)]
    {
        let told_then = answer.status(pair.0, pair.1, moment(at, "2026-06-10T00:00:00Z"));
        assert_eq!(told_then.is_ok(), told, "{at}");
    }
    let since = "2026-05-20T00:00:00Z";
    let answer = fixture::ocsp(pair, &middle, (THIS, None), fixture::revoked(since), false);
    let told = answer.status(pair.0, pair.1, moment(THIS, THIS)).unwrap();
    assert_eq!(told.status, Status::Revoked { since: fixture::at(since), reason: 1 });
}

#[test]
fn requests_ask_for_what_answers_are_matched_by() {
    let (_, middle, signer) = fixture::chain(SignatureAlgorithm::EcdsaP256);
    let request = ocsp_request(&signer.certificate, &middle.certificate, Some(&[7; 16])).unwrap();
    let read = x509_ocsp::OcspRequest::from_der(&request).unwrap();
    assert_eq!(read.nonce().unwrap().0.as_bytes(), [7; 16]);
    let id = &read.tbs_request.request_list[0].req_cert;
    assert!(is_of_issuer(id, &middle.certificate) && !is_of_issuer(id, &signer.certificate));
}

#[test]
fn refusals_of_a_responder_have_their_number() {
    for code in [1, 2, 3, 5, 6] {
        let answer = OcspAnswer::from_der(&[0x30, 3, 0x0a, 1, code]);
        assert_eq!(answer.err(), Some(RevocationError::NoAnswer(code)));
    }
    assert!(matches!(OcspAnswer::from_der(&[0x30, 3, 0x0a, 1, 0]), Err(RevocationError::Malformed(_))));
}

struct Made {
    issuer: Certificate,
    signer: Certificate,
    list: RevocationList,
    answer: OcspAnswer,
}

thread_local! {
    static MADE: Made = {
        let (_, middle, signer) = fixture::chain(SignatureAlgorithm::EcdsaP256);
        let appointed = responder(&middle, &[rfc5280::ID_KP_OCSP_SIGNING]);
        let pair = (&signer.certificate, &middle.certificate);
        let answer =
            fixture::ocsp(pair, &appointed, (THIS, Some(NEXT)), fixture::revoked("2026-05-20T00:00:00Z"), true);
        let list = fixture::list(&middle, THIS, Some(NEXT), &revoked_signer(), Vec::new());
        Made { issuer: middle.certificate, signer: signer.certificate, list, answer }
    };
}

proptest! {
    #[test]
    fn no_changed_byte_clears_a_revoked_certificate(position in any::<prop::sample::Index>(), value in any::<u8>()) {
        MADE.with(|made| {
            let change = |der: &[u8]| {
                let mut der = der.to_vec();
                let length = der.len();
                der[position.index(length)] = value;
                der
            };
            let cleared = |status: Status| !matches!(status, Status::Revoked { .. });
            if let Ok(list) = RevocationList::from_bytes(&change(made.list.der())) {
                prop_assert!(!list.status(&made.signer, &made.issuer, summer()).is_ok_and(cleared));
            }
            if let Ok(answer) = OcspAnswer::from_der(&change(made.answer.der())) {
                let told = answer.status(&made.signer, &made.issuer, summer());
                prop_assert!(!told.is_ok_and(|told| cleared(told.status)));
            }
            Ok(())
        })?;
    }

    #[test]
    fn arbitrary_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = (RevocationList::from_bytes(&bytes), OcspAnswer::from_der(&bytes));
    }
}
