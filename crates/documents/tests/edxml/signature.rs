//! Signed messages.

use std::str::FromStr as _;
use std::sync::LazyLock;
use std::time::Duration;

use der::Decode as _;
use der::asn1::UtcTime;
use haidang_signing::issue::sign_certificate;
use haidang_signing::path::{Evidence, RevocationRule, TrustAnchors};
use haidang_signing::xml::XmlSigner;
use haidang_signing::{Certificate, FileKey, PrivateKey as _, SignatureAlgorithm};
use jiff::Timestamp;
use x509_cert::TbsCertificate;
use x509_cert::certificate::Version;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, KeyUsages};
use x509_cert::ext::{AsExtension, Extension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::time::{Time, Validity};

use super::*;

struct Issued {
    key: FileKey,
    certificate: Certificate,
}

fn extension(value: &impl AsExtension) -> Extension {
    Extension { critical: true, ..value.to_extension(&Name::default(), &[]).unwrap() }
}

fn issue(name: &str, serial: u8, algorithm: SignatureAlgorithm, issuer: Option<&Issued>) -> Issued {
    let key = FileKey::generate(algorithm).unwrap();
    let time = |at: &str| {
        let at: Timestamp = at.parse().unwrap();
        Time::UtcTime(UtcTime::from_unix_duration(Duration::from_secs(at.as_second().try_into().unwrap())).unwrap())
    };
    let extensions = match issuer {
        None => vec![
            extension(&BasicConstraints { ca: true, path_len_constraint: None }),
            extension(&KeyUsage(KeyUsages::KeyCertSign.into())),
        ],
        Some(_) => vec![extension(&KeyUsage(KeyUsages::DigitalSignature.into()))],
    };
    let subject = Name::from_str(&format!("CN={name},C=VN")).unwrap();
    let content = TbsCertificate {
        version: Version::V3,
        serial_number: SerialNumber::new(&[serial]).unwrap(),
        signature: issuer.map_or(key.algorithm(), |by| by.key.algorithm()).identifier(),
        issuer: issuer.map_or_else(|| subject.clone(), |by| by.certificate.content().subject.clone()),
        validity: Validity { not_before: time("2026-01-01T00:00:00Z"), not_after: time("2030-01-01T00:00:00Z") },
        subject,
        subject_public_key_info: SubjectPublicKeyInfoOwned::from_der(key.public_key_info()).unwrap(),
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(extensions),
    };
    let certificate = sign_certificate(content, issuer.map_or(&key, |by| &by.key)).unwrap();
    Issued { key, certificate }
}

struct Made {
    root: Certificate,
    stranger: Certificate,
    signed: String,
}

static MADE: LazyLock<Made> = LazyLock::new(|| {
    let root = issue("Root", 1, SignatureAlgorithm::EcdsaP256, None);
    let stranger = issue("Root", 2, SignatureAlgorithm::EcdsaP256, None);
    let office = issue("Cơ quan A", 3, SignatureAlgorithm::Rsa2048, Some(&root));
    let signer = XmlSigner { key: &office.key, certificate: &office.certificate, chain: &[] };
    let signed = sign(&written(), &signer).unwrap();
    Made { root: root.certificate, stranger: stranger.certificate, signed }
});

fn judged(text: &str, root: Option<&Certificate>, at: &str) -> SignatureReport {
    let opened = open(text.as_bytes()).unwrap();
    let anchors = TrustAnchors::new(root.into_iter().cloned().collect());
    let evidence = Evidence::default();
    let at = at.parse().unwrap();
    let trust = Trust { anchors: &anchors, evidence: &evidence, at, revocation: RevocationRule::WhereKnown };
    judge_signature(&opened, root.map(|_| &trust))
}

const THEN: &str = "2026-06-01T00:00:00Z";

#[test]
fn a_signed_message_is_whole_and_its_signer_known() {
    let report = judged(&MADE.signed, Some(&MADE.root), THEN);
    assert!(report.is_trusted() && !report.is_wrong() && !report.revocation_known);
    assert_eq!((report.signer.as_deref(), report.serial.as_deref()), (Some("Cơ quan A"), Some("03")));
    assert!(MADE.signed.contains("xmldsig-more#rsa-sha256") && MADE.signed.contains("REC-xml-c14n-20010315"));
    assert_eq!(reading(MADE.signed.as_bytes()).unwrap(), [], "a signature changes nothing about reading");
    let unasked = judged(&MADE.signed, None, THEN);
    assert_eq!((unasked.state, unasked.identity), (SignatureState::Whole, Identity::NotAsked));
    for (root, at) in
        [(&MADE.stranger, THEN), (&MADE.root, "2031-01-01T00:00:00Z"), (&MADE.root, "2025-01-01T00:00:00Z")]
    {
        let report = judged(&MADE.signed, Some(root), at);
        assert_eq!((report.state, report.identity), (SignatureState::Whole, Identity::Refused), "{at}");
        assert!(report.is_wrong() && report.identity_reason.is_some());
    }
}

#[test]
fn what_a_signature_does_not_prove_is_said() {
    let signed = &MADE.signed;
    let start = signed.find("<ds:Signature ").unwrap();
    let end = signed.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let signature = &signed[start..end];
    let moved = signed.replace(signature, "").replacen("</edXML>", &format!("{signature}</edXML>"), 1);
    for (name, text, wanted) in [
        ("none", written(), SignatureState::Absent),
        ("subject changed", signed.replacen("Thông báo thử", "Thông báo giả", 1), SignatureState::Invalid),
        ("receiver changed", signed.replacen("000.00.02.T00", "000.00.03.T00", 1), SignatureState::Invalid),
        (
            "attachment changed",
            signed.replacen(&base64(PDF), &base64(b"%PDF-1.7\n%made on\n"), 1),
            SignatureState::Invalid,
        ),
        (
            "hop added",
            signed.replacen("<edXML:Bussiness>", "<edXML:TraceHeader/><edXML:Bussiness>", 1),
            SignatureState::Invalid,
        ),
        ("moved", moved, SignatureState::Invalid),
        ("twice", signed.replacen(signature, &signature.repeat(2), 1), SignatureState::Invalid),
        ("SHA-1", signed.replace("xmldsig-more#rsa-sha256", "xmldsig#rsa-sha1"), SignatureState::Weak),
        (
            "elsewhere",
            signed.replace("http://www.w3.org/2000/09/xmldsig#\"", &format!("{NAMESPACE}\"")),
            SignatureState::Foreign,
        ),
        ("part only", signed.replace("URI=\"\"", "URI=\"#a\""), SignatureState::Invalid),
    ] {
        let report = judged(&text, Some(&MADE.root), THEN);
        assert_eq!(report.state, wanted, "{name}: {report:?}");
        assert!(!report.is_trusted() && report.identity == Identity::NotAsked, "{name}");
    }
}

#[test]
fn bytes_before_the_message_are_none_of_it() {
    let text = format!("1212{}", MADE.signed);
    assert!(judged(&text, Some(&MADE.root), THEN).is_trusted());
    assert_eq!(reading(text.as_bytes()).unwrap(), [Rule::BytesBefore]);
}

#[test]
fn a_message_is_signed_once() {
    let office = issue("Cơ quan B", 4, SignatureAlgorithm::EcdsaP256, None);
    let signer = XmlSigner { key: &office.key, certificate: &office.certificate, chain: &[] };
    assert!(matches!(sign(&MADE.signed, &signer), Err(EdxmlError::Signature(_))));
    let other = sign(&written(), &signer).unwrap();
    assert_eq!(judged(&other, None, THEN).state, SignatureState::Whole);
}
