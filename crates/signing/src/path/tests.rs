#![allow(clippy::unwrap_used)]

use der::asn1::ObjectIdentifier;
use der::oid::db::rfc5280;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsages};
use x509_ocsp::CertStatus;

use super::*;
use crate::SignatureAlgorithm;
use crate::fixture::{self, Issued, Order, Revoked};

const AT: &str = "2026-06-02T00:00:00Z";
const THIS: &str = "2026-06-01T00:00:00Z";
const NEXT: &str = "2026-06-08T00:00:00Z";

fn rules(purpose: Purpose, revocation: RevocationRule) -> PathRules {
    PathRules { purpose, moment: Moment::now(fixture::at(AT)), revocation }
}

fn signing() -> PathRules {
    rules(Purpose::DocumentSigning, RevocationRule::Ignored)
}

fn anchors(root: &Issued) -> TrustAnchors {
    TrustAnchors::new(vec![root.certificate.clone()])
}

fn between(certificates: &[&Issued]) -> Evidence {
    Evidence { certificates: certificates.iter().map(|one| one.certificate.clone()).collect(), ..Evidence::default() }
}

fn fault(answer: Result<ValidPath, PathError>) -> Option<PathFault> {
    answer.err().map(|error| error.fault)
}

#[test]
fn a_path_leads_over_what_came_along_to_an_anchor() {
    let (root, middle, signer) = fixture::chain(SignatureAlgorithm::EcdsaP256);
    let (_, stranger, _) = fixture::chain(SignatureAlgorithm::EcdsaP256);
    let evidence = between(&[&stranger, &signer, &middle]);
    let path = validate(&signer.certificate, &anchors(&root), &evidence, &signing()).unwrap();
    assert_eq!(path.certificates, [signer.certificate.clone(), middle.certificate.clone(), root.certificate.clone()]);
    let direct = validate(&signer.certificate, &anchors(&middle), &Evidence::default(), &signing()).unwrap();
    assert_eq!(direct.certificates.len(), 2);
    assert_eq!(validate(&signer.certificate, &anchors(&signer), &evidence, &signing()).unwrap().certificates.len(), 1);
    let missing = validate(&signer.certificate, &anchors(&root), &Evidence::default(), &signing());
    assert_eq!(fault(missing), Some(PathFault::NoPath));
    let forged = validate(&signer.certificate, &anchors(&root), &between(&[&stranger]), &signing());
    assert_eq!(fault(forged), Some(PathFault::Signature));
    let untrusted = validate(&signer.certificate, &anchors(&stranger), &between(&[&middle, &root]), &signing());
    assert_eq!(fault(untrusted), Some(PathFault::Signature));
    let nobody = TrustAnchors::default();
    assert_eq!(fault(validate(&signer.certificate, &nobody, &evidence, &signing())), Some(PathFault::Signature));
}

/// Judges a signer below an authority below a root, as ordered.
fn judge(root: Order, middle: Order, signer: Order, rules: &PathRules) -> Option<PathFault> {
    let root = root.issue(None);
    let middle = middle.issue(Some(&root));
    let signer = signer.issue(Some(&middle));
    fault(validate(&signer.certificate, &anchors(&root), &between(&[&middle]), rules))
}

fn authority(extensions: Vec<Extension>) -> Order {
    Order::new("CA", 2, extensions)
}

#[test]
fn every_certificate_of_the_path_keeps_its_limits() {
    let root = || Order::authority("Root", 1, None);
    let middle = || Order::authority("CA", 2, None);
    let signer = || Order::signer("A", 3);
    let constraints = |ca| fixture::extension(&BasicConstraints { ca, path_len_constraint: None }, true);
    let unknown = |critical| fixture::raw_extension("1.2.3.4", critical, &[5, 0]);
    let names = fixture::raw_extension("2.5.29.30", false, &[0x30, 0]);
    let past = ("2025-01-01T00:00:00Z", "2026-05-01T00:00:00Z");
    let future = ("2026-07-01T00:00:00Z", "2027-05-01T00:00:00Z");
    let (ended, begins) = (fixture::at(past.1), fixture::at(future.0));
    let understood = |kind: &str| Some(PathFault::UnknownCriticalExtension(kind.to_owned()));
    for (name, root, middle, signer, wanted) in [
        ("as it should be", root(), middle(), signer(), None),
        ("signer ended", root(), middle(), signer().valid(past.0, past.1), Some(PathFault::Expired(ended))),
        ("authority ended", root(), middle().valid(past.0, past.1), signer(), Some(PathFault::Expired(ended))),
        ("root ended", root().valid(past.0, past.1), middle(), signer(), Some(PathFault::Expired(ended))),
        ("not yet", root(), middle(), signer().valid(future.0, future.1), Some(PathFault::NotYetValid(begins))),
        ("no authority", root(), authority(Vec::new()), signer(), Some(PathFault::NotAuthority)),
        ("ca false", root(), authority(vec![constraints(false)]), signer(), Some(PathFault::NotAuthority)),
        ("no usage at all", root(), authority(vec![constraints(true)]), signer(), None),
        (
            "may not issue",
            root(),
            authority(vec![constraints(true), fixture::usage(KeyUsages::CRLSign)]),
            signer(),
            Some(PathFault::KeyUsage),
        ),
        ("too long", Order::authority("Root", 1, Some(0)), middle(), signer(), Some(PathFault::PathLength)),
        ("long enough", Order::authority("Root", 1, Some(1)), middle(), signer(), None),
        ("unknown limit of the signer", root(), middle(), signer().with(unknown(true)), understood("1.2.3.4")),
        ("unknown limit above", root(), middle().with(unknown(true)), signer(), understood("1.2.3.4")),
        ("unknown remark", root(), middle(), signer().with(unknown(false)), None),
        ("limit of names", root(), middle().with(names), signer(), understood("2.5.29.30")),
    ] {
        assert_eq!(judge(root, middle, signer, &signing()), wanted, "{name}");
    }
}

#[test]
fn each_purpose_has_its_certificates() {
    use Purpose::{DocumentSigning, OcspSigning, TimeStamping};
    let stamps = rfc5280::ID_KP_TIME_STAMPING;
    let mail = rfc5280::ID_KP_EMAIL_PROTECTION;
    let answers = rfc5280::ID_KP_OCSP_SIGNING;
    let documents = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.36");
    let signs = || KeyUsages::DigitalSignature.into();
    let wrong = Some(PathFault::ExtendedKeyUsage);
    for (purpose, usage, purposes, critical, wanted) in [
        (DocumentSigning, signs(), vec![], false, None),
        (DocumentSigning, signs(), vec![mail], false, None),
        (DocumentSigning, signs(), vec![rfc5280::ID_KP_CLIENT_AUTH, documents], true, None),
        (DocumentSigning, signs(), vec![rfc5280::ID_KP_CLIENT_AUTH], false, wrong.clone()),
        (DocumentSigning, signs(), vec![stamps], true, wrong.clone()),
        (DocumentSigning, KeyUsages::NonRepudiation.into(), vec![], false, None),
        (DocumentSigning, KeyUsages::KeyEncipherment.into(), vec![], false, Some(PathFault::KeyUsage)),
        (TimeStamping, signs(), vec![stamps], true, None),
        (TimeStamping, signs(), vec![stamps], false, wrong.clone()),
        (TimeStamping, signs(), vec![stamps, mail], true, wrong.clone()),
        (TimeStamping, signs(), vec![], false, wrong.clone()),
        (OcspSigning, signs(), vec![answers], false, None),
        (OcspSigning, signs(), vec![mail], false, wrong.clone()),
        (OcspSigning, signs(), vec![], false, wrong),
    ] {
        let flags: der::flagset::FlagSet<KeyUsages> = usage;
        let mut extensions = vec![fixture::usage(flags)];
        if !purposes.is_empty() {
            extensions.push(fixture::purposes(&purposes, critical));
        }
        let middle = Order::authority("CA", 2, None);
        let signer = Order::new("A", 3, extensions);
        let found = judge(Order::authority("Root", 1, None), middle, signer, &rules(purpose, RevocationRule::Ignored));
        assert_eq!(found, wanted, "{purpose:?} {purposes:?}");
    }
}

#[test]
fn revocation_counts_as_much_as_the_rule_says() {
    let (root, middle, signer) = fixture::chain(SignatureAlgorithm::EcdsaP256);
    let entry = |serial, since| Revoked { serial, since, reason: 1 };
    let of_root = fixture::list(&root, THIS, Some(NEXT), &[], Vec::new());
    let root_revoked = fixture::list(&root, THIS, Some(NEXT), &[entry(2, "2026-02-01T00:00:00Z")], Vec::new());
    let clean = fixture::list(&middle, THIS, Some(NEXT), &[], Vec::new());
    let dirty = fixture::list(&middle, THIS, Some(NEXT), &[entry(3, "2026-05-20T00:00:00Z")], Vec::new());
    let later = fixture::list(&middle, THIS, Some(NEXT), &[entry(3, "2026-06-02T00:00:01Z")], Vec::new());
    let pair = (&signer.certificate, &middle.certificate);
    let good = fixture::ocsp(pair, &middle, (THIS, Some(NEXT)), CertStatus::good(), false);
    let unknown = fixture::ocsp(pair, &middle, (THIS, Some(NEXT)), CertStatus::unknown(), false);
    let bad = fixture::ocsp(pair, &middle, (THIS, Some(NEXT)), fixture::revoked("2026-05-20T00:00:00Z"), false);
    let since = |text| Some(PathFault::Revoked { since: fixture::at(text), reason: 1 });
    let revoked = since("2026-05-20T00:00:00Z");
    use RevocationRule::{Ignored, Required, WhereKnown};
    for (name, rule, lists, answers, wanted) in [
        ("nothing asked", Ignored, vec![&dirty], vec![&bad], None),
        ("nothing known", WhereKnown, vec![], vec![], None),
        ("nothing known, needed", Required, vec![], vec![], Some(PathFault::RevocationUnknown)),
        ("one of two known", Required, vec![&clean], vec![], Some(PathFault::RevocationUnknown)),
        ("lists", Required, vec![&clean, &of_root], vec![], None),
        ("answer and list", Required, vec![&of_root], vec![&good], None),
        ("answer does not know", Required, vec![&of_root], vec![&unknown], Some(PathFault::RevocationUnknown)),
        ("revoked on the list", WhereKnown, vec![&dirty], vec![], revoked.clone()),
        ("revoked by answer", WhereKnown, vec![], vec![&bad], revoked.clone()),
        ("one revocation outweighs", Required, vec![&clean, &of_root], vec![&good, &bad], revoked.clone()),
        ("one revocation outweighs", Required, vec![&dirty, &of_root], vec![&good], revoked),
        ("revoked later", Required, vec![&later, &of_root], vec![], None),
        ("authority revoked", WhereKnown, vec![&clean, &root_revoked], vec![], since("2026-02-01T00:00:00Z")),
    ] {
        let mut evidence = between(&[&middle]);
        evidence.revocation_lists = lists.into_iter().cloned().collect();
        evidence.ocsp_answers = answers.into_iter().cloned().collect();
        let found = validate(&signer.certificate, &anchors(&root), &evidence, &rules(Purpose::DocumentSigning, rule));
        assert_eq!(fault(found), wanted, "{name}");
    }
}

#[test]
fn an_appointed_responder_is_asked_for_its_own_status() {
    let (root, middle, signer) = fixture::chain(SignatureAlgorithm::EcdsaP256);
    let extensions =
        || vec![fixture::usage(KeyUsages::DigitalSignature), fixture::purposes(&[rfc5280::ID_KP_OCSP_SIGNING], false)];
    let plain = Order::new("Responder", 7, extensions()).issue(Some(&middle));
    let exempt = Order::new("Responder", 7, extensions())
        .with(fixture::raw_extension("1.3.6.1.5.5.7.48.1.5", false, &[5, 0]))
        .issue(Some(&middle));
    let of_root = fixture::list(&root, THIS, Some(NEXT), &[], Vec::new());
    let revoked = [Revoked { serial: 7, since: "2026-02-01T00:00:00Z", reason: 1 }];
    let dirty = fixture::list(&middle, THIS, Some(NEXT), &revoked, Vec::new());
    // The lists of another authority say nothing of it.
    for (responder, lists, rule, used) in [
        (&exempt, vec![&of_root], RevocationRule::Required, true),
        (&plain, vec![&of_root], RevocationRule::WhereKnown, true),
        (&plain, vec![&of_root], RevocationRule::Required, false),
        (&plain, vec![&of_root, &dirty], RevocationRule::WhereKnown, false),
    ] {
        let pair = (&signer.certificate, &middle.certificate);
        let answer = fixture::ocsp(pair, responder, (THIS, Some(NEXT)), CertStatus::good(), true);
        let mut evidence = between(&[&middle]);
        evidence.revocation_lists = lists.into_iter().cloned().collect();
        evidence.ocsp_answers = vec![answer.clone()];
        let found = validate(&signer.certificate, &anchors(&root), &evidence, &rules(Purpose::DocumentSigning, rule));
        let source = found.ok().and_then(|path| path.statuses.first().cloned().flatten());
        let by_answer = source == Some(StatusSource::Ocsp(answer, Some(responder.certificate.clone())));
        assert_eq!(by_answer, used, "{rule:?}");
    }
}

#[test]
fn crowds_of_look_alikes_are_left_after_a_bounded_search() {
    let crowd: Vec<Issued> = (0..80).map(|_| Order::authority("CA", 2, None).issue(None)).collect();
    let (root, _, _) = fixture::chain(SignatureAlgorithm::EcdsaP256);
    let middle = Order::authority("CA", 2, None).issue(Some(&root));
    let signer = Order::signer("A", 3).issue(Some(&middle));
    let evidence = between(&crowd.iter().collect::<Vec<_>>());
    let answer = validate(&signer.certificate, &anchors(&root), &evidence, &signing());
    assert_eq!(fault(answer), Some(PathFault::TooMuchWork));
}

#[test]
fn authorities_that_certify_each_other_end_the_search() {
    let one = Order::authority("One", 1, None).issue(None);
    let other = Order::authority("Other", 2, None).issue(Some(&one));
    let key = crate::FileKey::from_bytes(&one.key.to_pkcs8().unwrap()).unwrap();
    let back = Order::authority("One", 3, None).issue_for(key, Some(&other));
    let signer = Order::signer("A", 4).issue(Some(&back));
    let evidence = between(&[&other, &back, &one]);
    let nobody = TrustAnchors::default();
    assert_eq!(fault(validate(&signer.certificate, &nobody, &evidence, &signing())), Some(PathFault::NoPath));
    assert!(validate(&signer.certificate, &anchors(&one), &evidence, &signing()).is_ok());
}

/// Addresses and what lies there.
#[derive(Default)]
struct Web(std::collections::BTreeMap<&'static str, Vec<u8>>);

#[async_trait::async_trait]
impl crate::Transport for Web {
    async fn post(&self, url: &str, kind: &str, _: Vec<u8>) -> Result<Vec<u8>, crate::TransportError> {
        assert_eq!(kind, "application/ocsp-request");
        self.get(url).await
    }

    async fn get(&self, url: &str) -> Result<Vec<u8>, crate::TransportError> {
        self.0.get(url).cloned().ok_or_else(|| crate::TransportError("not found".to_owned()))
    }
}

fn addresses(order: Order, issuer: &'static str, ocsp: &'static str, list: &'static str) -> Order {
    use x509_cert::ext::pkix::crl::dp::DistributionPoint;
    use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
    use x509_cert::ext::pkix::{AccessDescription, AuthorityInfoAccessSyntax, CrlDistributionPoints};
    let uri = |text| GeneralName::UniformResourceIdentifier(der::asn1::Ia5String::new(text).unwrap());
    let entry = |access_method, text| AccessDescription { access_method, access_location: uri(text) };
    let entries = vec![entry(rfc5280::ID_AD_CA_ISSUERS, issuer), entry(rfc5280::ID_AD_OCSP, ocsp)];
    let name = Some(DistributionPointName::FullName(vec![uri(list)]));
    let point = DistributionPoint { distribution_point: name, reasons: None, crl_issuer: None };
    order
        .with(fixture::extension(&AuthorityInfoAccessSyntax(entries), false))
        .with(fixture::extension(&CrlDistributionPoints(vec![point]), false))
}

#[tokio::test]
async fn what_a_path_lacks_is_fetched_once_and_what_does_not_come_is_named() {
    let root = Order::authority("Root", 1, None).issue(None);
    let middle =
        addresses(Order::authority("CA", 2, None), "http://a/root", "http://a/ocsp-root", "http://a/list-root");
    let middle = middle.issue(Some(&root));
    let signer = addresses(Order::signer("A", 3), "http://a/ca", "http://a/ocsp", "http://a/list").issue(Some(&middle));
    let pair = (&signer.certificate, &middle.certificate);
    let good = fixture::ocsp(pair, &middle, (THIS, Some(NEXT)), CertStatus::good(), false);
    let of_root = fixture::list(&root, THIS, Some(NEXT), &[], Vec::new());
    let of_middle = fixture::list(&middle, THIS, Some(NEXT), &[], Vec::new());
    let needed = rules(Purpose::DocumentSigning, RevocationRule::Required);
    for (name, here, missed, holds) in [
        ("answer and list", vec!["ca", "ocsp", "list-root"], vec!["http://a/ocsp-root"], true),
        ("lists alone", vec!["ca", "list", "list-root"], vec!["http://a/ocsp", "http://a/ocsp-root"], true),
        ("no list of the root", vec!["ca", "ocsp"], vec!["http://a/ocsp-root", "http://a/list-root"], false),
        ("no authority", vec!["ocsp", "list"], vec!["http://a/ca"], false),
        (
            "another list",
            vec!["ca", "list-root", "strange"],
            vec!["http://a/ocsp", "http://a/list", "http://a/ocsp-root"],
            false,
        ),
    ] {
        let mut web = Web::default();
        for one in here {
            let (url, body) = match one {
                "ca" => ("http://a/ca", middle.certificate.der()),
                "ocsp" => ("http://a/ocsp", good.der()),
                "list" => ("http://a/list", of_middle.der()),
                "strange" => ("http://a/list", of_root.der()),
                _ => ("http://a/list-root", of_root.der()),
            };
            web.0.insert(url, body.to_vec());
        }
        let mut evidence = Evidence::default();
        let found = gather(&signer.certificate, &anchors(&root), &mut evidence, &needed, &web).await;
        assert_eq!(found.iter().map(|one| one.url.as_str()).collect::<Vec<_>>(), missed, "{name}");
        let answer = validate(&signer.certificate, &anchors(&root), &evidence, &needed);
        assert_eq!(answer.is_ok(), holds, "{name}");
        if holds {
            let again = gather(&signer.certificate, &anchors(&root), &mut evidence, &needed, &Web::default()).await;
            assert!(again.is_empty(), "{name}: nothing is asked twice");
        }
    }
}
