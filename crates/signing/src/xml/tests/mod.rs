#![allow(clippy::unwrap_used)]

mod attacks;
mod canonical;
mod refused;

use super::*;
use crate::SignatureAlgorithm;
use crate::fixture::{self, Issued, Order};

const HEAD: &[Name<'_>] = &[Name { namespace: "urn:m", local: "head" }];
const DOCUMENT: Expectation<'_> = Expectation { place: HEAD, coverage: Coverage::Document };
const BY_ID: Expectation<'_> = Expectation { place: HEAD, coverage: Coverage::RootById { attribute: "ID" } };

const MESSAGE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<order xmlns=\"urn:m\" xmlns:o=\"urn:o\" ID=\"a1\">\n  \
    <head><o:subject>Duyệt &amp; ký</o:subject></head>\n  <body b=\"2\" a='1'>nội dung<empty/></body>\n</order>\n";

fn parse(text: &str) -> XmlDocument<'_> {
    XmlDocument::parse(text.as_bytes(), &Limits::default()).unwrap()
}

fn signer(issued: &Issued) -> XmlSigner<'_> {
    XmlSigner { key: &issued.key, certificate: &issued.certificate, chain: &[] }
}

fn sign(text: &str, expected: &Expectation<'_>, issued: &Issued) -> Result<String, XmlSignatureError> {
    sign_enveloped(text, expected, Canonicalization::Inclusive, &signer(issued), &Limits::default())
}

/// What became of a signed text: the signer's name, or the reason.
fn judge(text: &str, expected: &Expectation<'_>) -> Result<String, XmlSignatureError> {
    let document = XmlDocument::parse(text.as_bytes(), &Limits::default())?;
    verify_enveloped(&document, expected).map(|verified| verified.certificate.common_name().unwrap())
}

#[test]
fn every_key_form_and_coverage_signs_and_is_accepted() {
    for algorithm in [SignatureAlgorithm::EcdsaP256, SignatureAlgorithm::Rsa2048] {
        let (root, middle, leaf) = fixture::chain(algorithm);
        let chain = [middle.certificate, root.certificate];
        let signer = XmlSigner { key: &leaf.key, certificate: &leaf.certificate, chain: &chain };
        for form in [Canonicalization::Inclusive, Canonicalization::Exclusive] {
            for (expected, uri) in [(&DOCUMENT, "URI=\"\""), (&BY_ID, "URI=\"#a1\"")] {
                let signed = sign_enveloped(MESSAGE, expected, form, &signer, &Limits::default()).unwrap();
                assert!(signed.contains(uri) && signed.contains(form.uri()));
                let document = parse(&signed);
                let verified = verify_enveloped(&document, expected).unwrap();
                assert_eq!(verified.certificate, leaf.certificate);
                assert_eq!(verified.certificates.len(), 3);
                assert_eq!(verified.root, document.root());
                assert_eq!(verified.signature.parent().unwrap().local(), "head");
            }
        }
    }
}

#[test]
fn signing_leaves_every_other_byte_as_it_was() {
    let issued = Order::signer("A", 1).issue(None);
    let signed = sign(MESSAGE, &DOCUMENT, &issued).unwrap();
    let (before, rest) = signed.split_once("<ds:Signature").unwrap();
    let (_, after) = rest.split_once("</ds:Signature>").unwrap();
    assert_eq!(format!("{before}{after}"), MESSAGE);
    assert!(before.ends_with("</o:subject>"), "the last child of its parent");
}

#[test]
fn what_cannot_be_signed_is_said() {
    let issued = Order::signer("A", 1).issue(None);
    let other = Order::signer("B", 2).issue(None);
    let mixed = XmlSigner { key: &issued.key, certificate: &other.certificate, chain: &[] };
    let foreign = sign_enveloped(MESSAGE, &DOCUMENT, Canonicalization::Inclusive, &mixed, &Limits::default());
    assert!(matches!(foreign, Err(XmlSignatureError::Value)), "{foreign:?}");
    let signed = sign(MESSAGE, &DOCUMENT, &issued).unwrap();
    assert!(matches!(sign(&signed, &DOCUMENT, &issued), Err(XmlSignatureError::Several)));
    for (text, expected) in [
        ("<order xmlns=\"urn:m\"><head/></order>", &DOCUMENT),
        ("<order xmlns=\"urn:m\"></order>", &DOCUMENT),
        ("<order xmlns=\"urn:m\"><head></head><head></head></order>", &DOCUMENT),
    ] {
        assert!(matches!(sign(text, expected, &issued), Err(XmlSignatureError::Misplaced)), "{text}");
    }
    for id in ["", " ID=\"\"", " ID=\"a b\"", " ID='\"/>'"] {
        let text = format!("<order xmlns=\"urn:m\"{id}><head></head></order>");
        assert!(matches!(sign(&text, &BY_ID, &issued), Err(XmlSignatureError::Coverage(_))), "{text}");
    }
}

/// Files of another implementation, signed at the root.
#[test]
fn what_another_implementation_signed_is_judged() {
    let coverage = Coverage::Document;
    let document = Expectation { place: &[], coverage };
    let by_id = Expectation { place: &[], coverage: Coverage::RootById { attribute: "ID" } };
    let good = "Thu nghiem";
    for (name, text, expected, wanted) in [
        ("P-384", include_str!("../samples/ecdsa-p384.xml"), &document, good),
        ("by identifier", include_str!("../samples/ecdsa-p256-id.xml"), &by_id, good),
        ("SHA-512", include_str!("../samples/rsa-sha512.xml"), &document, good),
        ("SHA-1", include_str!("../samples/rsa-sha1.xml"), &document, "a weak algorithm proves nothing: "),
        ("RSA 1024", include_str!("../samples/rsa-1024.xml"), &document, "the signature fits none"),
        ("other coverage", include_str!("../samples/rsa-sha512.xml"), &by_id, "the signature does not cover"),
    ] {
        let answer = judge(text, expected).unwrap_or_else(|error| error.to_string());
        assert!(answer.starts_with(wanted), "{name}: {answer}");
    }
    let changed = include_str!("../samples/ecdsa-p384.xml").replace("kind=\"b\"", "kind=\"c\"");
    assert!(matches!(judge(&changed, &document), Err(XmlSignatureError::Content)));
}

#[test]
fn a_name_or_a_text_does_not_reach_a_log() {
    let document = parse("<a>Nguyễn Văn A</a>");
    assert_eq!(format!("{:?}", document.root()), "XmlElement(\"a\")");
    let secret = XmlDocument::parse(b"<a x='012345678901'><b></a>", &Limits::default()).err().unwrap();
    assert!(!secret.to_string().contains("0123"));
}

#[test]
fn certificates_are_counted_and_bound() {
    let issued = Order::signer("A", 1).issue(None);
    let chain = vec![issued.certificate.clone(); 8];
    let signer = XmlSigner { key: &issued.key, certificate: &issued.certificate, chain: &chain };
    let form = Canonicalization::Inclusive;
    let many = sign_enveloped(MESSAGE, &DOCUMENT, form, &signer, &Limits::default());
    assert!(matches!(many, Err(XmlSignatureError::Form("too many certificates"))));
}
