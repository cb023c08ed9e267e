//! Containers of this house and of X-Road: what is made holds, and says what was put in.

use std::io::Read;
use std::sync::OnceLock;

use haidang_signing::asice::{
    AsiceError, Contents, EvidenceSigner, Fault, Layout, Question, Reason, SignatureParts, StampKind, Statement,
    Verdict, verify,
};
use haidang_signing::hash_chain::sha512;
use haidang_signing::path::TrustAnchors;
use haidang_signing::{PrivateKey as _, SignatureAlgorithm, SigningError};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use x509_ocsp::{CertStatus, OcspGeneralizedTime, RevokedInfo};

use super::mutations::mutations;
use super::support::{BATCH, BODY, BOTH, City, MESSAGE, OWN, Stamps, archive, entries, sample, time};

fn now() -> Timestamp {
    "2026-11-24T02:00:00Z".parse().unwrap()
}

/// Keys take time: one city for each kind of key.
pub fn city(algorithm: SignatureAlgorithm) -> &'static City {
    static ELLIPTIC: OnceLock<City> = OnceLock::new();
    static RSA: OnceLock<City> = OnceLock::new();
    let place = if algorithm == SignatureAlgorithm::EcdsaP256 { &ELLIPTIC } else { &RSA };
    place.get_or_init(|| City::new(algorithm, now()))
}

pub fn judge(container: &[u8], city: &City, layout: Option<Layout>) -> Result<Verdict, Fault> {
    let anchors = TrustAnchors::new(vec![city.root.certificate.clone()]);
    verify(container, &Question { anchors: Some(&anchors), layout, now: city.now })
}

fn consistent(container: &[u8]) -> Result<Verdict, Fault> {
    verify(container, &Question { anchors: None, layout: None, now: now() })
}

#[test]
fn what_is_made_holds_in_both_layouts_with_both_kinds_of_keys() {
    use StampKind::{Batch, Signature, XRoadSignature};
    for (algorithm, method) in
        [(SignatureAlgorithm::EcdsaP256, "ecdsa-sha256"), (SignatureAlgorithm::Rsa2048, "rsa-sha256")]
    {
        let city = city(algorithm);
        for (layout, stamps, kinds) in [
            (Layout::Standard, OWN, &[Signature][..]),
            (Layout::Standard, BATCH, &[Batch]),
            (Layout::Standard, BOTH, &[Batch, Signature]),
            (Layout::XRoad, OWN, &[XRoadSignature]),
            (Layout::XRoad, BATCH, &[Batch]),
        ] {
            for body in [None, Some(BODY)] {
                let name = format!("{method} {layout:?} {stamps:?} {}", body.is_some());
                let made = sample(city, layout, MESSAGE, body, stamps).container;
                let verdict = judge(&made, city, Some(layout)).unwrap_or_else(|fault| panic!("{name}: {fault}"));
                let found: Vec<StampKind> = verdict.times.iter().map(|time| time.kind).collect();
                assert_eq!((verdict.algorithm.as_str(), verdict.layout, found.as_slice()), (method, layout, kinds));
                assert_eq!((&verdict.signer, verdict.trusted), (&city.member.certificate, true), "{name}");
                assert_eq!(verdict.signing_time, Some(city.now - SignedDuration::from_secs(90)), "{name}");
                let first = city.now - SignedDuration::from_secs(if stamps.batch { 60 } else { 30 });
                assert_eq!(verdict.existed_by(), Some(first), "{name}: the earliest stamp counts");
                let covered: &[&str] = if body.is_some() { &["message.xml", "attachment1"] } else { &["message.xml"] };
                assert_eq!(verdict.covered, covered, "{name}");
                let other = if layout == Layout::XRoad { Layout::Standard } else { Layout::XRoad };
                let fault = judge(&made, city, Some(other)).unwrap_err();
                assert!(matches!(fault.reason, Reason::Layout | Reason::TimeStamp), "{name}: {fault}");
                assert!(!consistent(&made).unwrap().trusted, "{name}: nobody was asked");
            }
        }
    }
}

#[test]
fn what_is_signed_stands_in_the_file_as_it_was_signed() {
    let city = city(SignatureAlgorithm::EcdsaP256);
    let signed = city.sign(Layout::Standard, MESSAGE, Some(BODY));
    let octets = city.signer.signed_octets(Layout::Standard, &signed.statement);
    let made = sample(city, Layout::Standard, MESSAGE, Some(BODY), OWN);
    let (_, signatures) = entries(&made.container).into_iter().find(|(name, _)| name.contains("signatures")).unwrap();
    for (what, part) in [("SignedInfo", octets.as_slice()), ("the stamped element", &made.stamps[0].1)] {
        assert!(signatures.windows(part.len()).any(|window| window == part), "{what}");
    }
    // 32 bytes for each number.
    assert_eq!(signed.value.len(), 64);
}

#[test]
fn the_same_parts_give_the_same_container() {
    for algorithm in [SignatureAlgorithm::EcdsaP256, SignatureAlgorithm::Rsa2048] {
        let city = city(algorithm);
        for layout in [Layout::Standard, Layout::XRoad] {
            // What is kept of a signature: digests, time and value. A key elsewhere gives the same.
            let kept = city.sign(layout, MESSAGE, Some(BODY));
            let statement = Statement::new(sha512(MESSAGE), Some(sha512(BODY)), kept.statement.at());
            let octets = city.signer.signed_octets(layout, &statement);
            let value = city.member.key.sign(&octets).unwrap();
            let elsewhere = city.signer.take(layout, statement, &value).unwrap();
            let again = EvidenceSigner::new(city.member.certificate.clone()).unwrap();
            let write = |signer: &EvidenceSigner, body: &mut dyn Read| {
                let signature = SignatureParts { signer, signed: &elsewhere, ocsp: Some(b"0"), certificates: &[] };
                let contents = Contents { signature, message: MESSAGE, time_stamp: None, batch: None };
                contents.write(Some(body), std::io::Cursor::new(Vec::new())).unwrap().into_inner()
            };
            let whole = write(&city.signer, &mut &*BODY);
            // The body comes in pieces of a byte, the signer from its certificate.
            let pieces = write(
                &again,
                &mut BODY
                    .chunks(1)
                    .fold(Box::new(std::io::empty()) as Box<dyn Read>, |all, one| Box::new(all.chain(one))),
            );
            assert_eq!(whole, pieces);
        }
    }
}

#[test]
fn nothing_is_written_that_does_not_fit() {
    let city = city(SignatureAlgorithm::EcdsaP256);
    let other = super::containers::city(SignatureAlgorithm::Rsa2048);
    let with = city.sign(Layout::XRoad, MESSAGE, Some(BODY));
    let without = city.sign(Layout::Standard, MESSAGE, None);
    let write = |signed, message, body: Option<&[u8]>| {
        let signature = SignatureParts { signer: &city.signer, signed, ocsp: None, certificates: &[] };
        Contents { signature, message, time_stamp: None, batch: None }.to_bytes(body)
    };
    assert!(matches!(write(&with, b"x", Some(BODY)), Err(AsiceError::OtherContent("the message"))));
    assert!(matches!(write(&with, MESSAGE, Some(b"x")), Err(AsiceError::OtherContent("the body"))));
    assert!(matches!(write(&with, MESSAGE, None), Err(AsiceError::Body)));
    assert!(matches!(write(&without, MESSAGE, Some(BODY)), Err(AsiceError::Body)));
    assert!(write(&without, MESSAGE, None).is_ok() && write(&with, MESSAGE, Some(BODY)).is_ok());
    let statement = without.statement.clone();
    let foreign = city.signer.sign(&other.member.key, Layout::Standard, statement.clone());
    assert!(matches!(foreign, Err(SigningError::UnknownKey)), "{foreign:?}");
    let value = city.member.key.sign(b"another").unwrap();
    assert!(matches!(city.signer.take(Layout::Standard, statement, &value), Err(SigningError::Mismatch)));
}

/// A container in which one thing of those who vouch for it is wrong.
#[test]
fn only_those_who_are_trusted_vouch() {
    let city = city(SignatureAlgorithm::EcdsaP256);
    let stranger = City::new(SignatureAlgorithm::EcdsaP256, now());
    let signed = city.sign(Layout::Standard, MESSAGE, None);
    let before = |minutes| city.now - SignedDuration::from_mins(minutes);
    let good = city.ocsp(CertStatus::good(), before(5));
    let revoked = CertStatus::Revoked(RevokedInfo {
        revocation_time: OcspGeneralizedTime::from(time(before(60))),
        revocation_reason: None,
    });
    let over = signed.stamped_bytes();
    let stamp = city.stamp(&over, before(1));
    let chain = [city.authority.certificate.clone()];
    let mut next = city.ocsp(CertStatus::good(), before(1));
    if let Some(last) = next.last_mut() {
        *last ^= 1;
    }
    for (name, ocsp, time_stamp, wanted) in [
        ("all is well", Some(good.clone()), Some(stamp.clone()), None),
        ("no answer about the signer", None, Some(stamp.clone()), Some(Reason::Trust)),
        ("revoked", Some(city.ocsp(revoked, before(5))), Some(stamp.clone()), Some(Reason::Trust)),
        ("unknown", Some(city.ocsp(CertStatus::unknown(), before(5))), Some(stamp.clone()), Some(Reason::Trust)),
        (
            "an answer of another city",
            Some(stranger.ocsp(CertStatus::good(), before(5))),
            Some(stamp.clone()),
            Some(Reason::Trust),
        ),
        (
            "an answer long over",
            Some(city.ocsp(CertStatus::good(), before(600))),
            Some(stamp.clone()),
            Some(Reason::Trust),
        ),
        (
            "an answer refused by the responder",
            Some(vec![0x30, 3, 0x0a, 1, 3]),
            Some(stamp.clone()),
            Some(Reason::Trust),
        ),
        ("an answer whose signature is broken", Some(next), Some(stamp.clone()), Some(Reason::Trust)),
        ("no time", Some(good.clone()), None, Some(Reason::Trust)),
        ("a time of another city", Some(good.clone()), Some(stranger.stamp(&over, before(1))), Some(Reason::Trust)),
        ("a time to come", Some(good.clone()), Some(city.stamp(&over, before(-30))), Some(Reason::Trust)),
        (
            "a time after the certificate",
            Some(good.clone()),
            Some(city.stamp(&over, before(-60 * 24 * 31))),
            Some(Reason::Trust),
        ),
        ("a stamp over something else", Some(good.clone()), Some(city.stamp(b"x", before(1))), Some(Reason::TimeStamp)),
        ("no stamp", Some(good.clone()), Some(b"x".to_vec()), Some(Reason::TimeStamp)),
        ("a stamp and more", Some(good.clone()), Some([stamp.as_slice(), &[0]].concat()), Some(Reason::TimeStamp)),
    ] {
        let signature =
            SignatureParts { signer: &city.signer, signed: &signed, ocsp: ocsp.as_deref(), certificates: &chain };
        let contents = Contents { signature, message: MESSAGE, time_stamp: time_stamp.as_deref(), batch: None };
        let made = contents.to_bytes(None).unwrap();
        let answer = judge(&made, city, Some(Layout::Standard)).map(|_| ()).map_err(|fault| fault.reason);
        assert_eq!(answer.err(), wanted, "{name}");
        let fault = judge(&made, &stranger, None).map(|_| ()).map_err(|fault| fault.reason);
        assert!(fault.is_err(), "{name}: another root trusts it");
    }
}

#[test]
fn the_containers_of_xroad_get_the_expected_verdicts() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/evidence/vectors");
    let table = std::fs::read_to_string(folder.join("expected.tsv")).unwrap();
    let rows: Vec<&str> = table.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    assert_eq!(rows.len(), 5);
    for row in rows {
        let [file, wanted, code] = row.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let container = std::fs::read(folder.join(file)).unwrap();
        let answer = consistent(&container);
        let found = answer.as_ref().map_or_else(|fault| ("fail", fault.reason.code()), |_| ("ok", "-"));
        assert_eq!(found, (wanted, code), "{file}: {answer:?}");
        if let Ok(verdict) = answer {
            assert_eq!(verdict.layout, Layout::XRoad, "{file}");
            // Their authorities are nobody's: with anchors they are refused.
            let city = city(SignatureAlgorithm::EcdsaP256);
            assert_eq!(judge(&container, city, None).unwrap_err().reason, Reason::Trust, "{file}");
        }
    }
}

#[test]
fn no_changed_container_is_accepted() {
    let (mut count, mut outside, mut accepted) = (0, 0, Vec::new());
    for (algorithm, layout, body, stamps) in [
        (SignatureAlgorithm::EcdsaP256, Layout::Standard, Some(BODY), BOTH),
        (SignatureAlgorithm::EcdsaP256, Layout::Standard, None, OWN),
        (SignatureAlgorithm::EcdsaP256, Layout::XRoad, Some(BODY), BATCH),
        (SignatureAlgorithm::Rsa2048, Layout::XRoad, None, OWN),
    ] {
        let city = city(algorithm);
        let good = sample(city, layout, MESSAGE, body, stamps).container;
        let other = sample(city, layout, b"GET\r\n/r1/other\r\n", body.map(|_| &b"{}"[..]), stamps).container;
        judge(&archive(&entries(&good)), city, None).unwrap();
        for mutation in mutations(&good, &other) {
            count += 1;
            outside += usize::from(mutation.outside);
            let answer = judge(&mutation.container, city, None);
            if answer.is_ok() {
                accepted.push(format!("{layout:?} {stamps:?}: {}", mutation.name));
            }
        }
    }
    assert!(accepted.is_empty(), "{accepted:#?}");
    assert!(count >= 400 && outside >= 200, "{count} mutations, {outside} of them for the outside judge as well");
}

/// Not only where values stand: nothing but the manifest may be another in any bit. One thing is the same to every reader
/// of canonical XML: the prefix of a declaration that repeats an outer one.
#[test]
fn no_bit_of_a_container_can_be_another() {
    let city = city(SignatureAlgorithm::EcdsaP256);
    let mut accepted = Vec::new();
    for (layout, stamps) in [(Layout::Standard, BOTH), (Layout::XRoad, OWN), (Layout::XRoad, BATCH)] {
        let good = entries(&sample(city, layout, MESSAGE, Some(BODY), stamps).container);
        for (place, (name, bytes)) in good.iter().enumerate().filter(|(_, (name, _))| name != "META-INF/manifest.xml") {
            let repeated = |at: usize| bytes[at.saturating_sub(12)..=at].windows(6).any(|window| window == b"xmlns:");
            for at in (0..bytes.len()).step_by(if bytes.len() < 100 { 1 } else { 61 }).filter(|at| !repeated(*at)) {
                let mut changed = good.clone();
                changed[place].1[at] ^= 1 << (at % 8);
                if judge(&archive(&changed), city, None).is_ok() {
                    accepted.push(format!("{layout:?} {stamps:?}: bit {} of byte {at} of {name}", at % 8));
                }
            }
        }
    }
    assert!(accepted.is_empty(), "{accepted:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn every_message_comes_back(
        message in prop::collection::vec(any::<u8>(), 0..400),
        body in prop::option::of(prop::collection::vec(any::<u8>(), 0..400)),
        xroad in any::<bool>(),
        batch in any::<bool>(),
    ) {
        let city = city(SignatureAlgorithm::EcdsaP256);
        let layout = if xroad { Layout::XRoad } else { Layout::Standard };
        let stamps = Stamps { own: !batch || !xroad, batch };
        let made = sample(city, layout, &message, body.as_deref(), stamps).container;
        let verdict = judge(&made, city, Some(layout)).unwrap();
        prop_assert_eq!(verdict.times.len(), usize::from(stamps.own) + usize::from(batch));
        let found = entries(&made);
        let entry = |wanted: &str| found.iter().find(|(name, _)| name == wanted).map(|(_, bytes)| bytes.clone());
        prop_assert_eq!(entry("message.xml"), Some(message));
        prop_assert_eq!(entry("attachment1"), body);
        prop_assert_eq!(found[0].0.as_str(), "mimetype");
    }

    #[test]
    fn no_byte_of_a_message_can_be_another(position in any::<prop::sample::Index>(), change in 1u8..) {
        let city = city(SignatureAlgorithm::EcdsaP256);
        let mut changed = entries(&sample(city, Layout::Standard, MESSAGE, Some(BODY), OWN).container);
        let place = 1 + position.index(2);
        let at = position.index(changed[place].1.len());
        changed[place].1[at] ^= change;
        prop_assert_eq!(judge(&archive(&changed), city, None).unwrap_err().reason, Reason::Digest);
    }
}
