//! Signed texts that were changed by somebody who has no key.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

type Fault = fn(&XmlSignatureError) -> bool;

/// One signed message for all attacks.
static SIGNED: LazyLock<(String, String)> = LazyLock::new(|| {
    let issued = Order::signer("A", 1).issue(None);
    (sign(MESSAGE, &DOCUMENT, &issued).unwrap(), sign(MESSAGE, &BY_ID, &issued).unwrap())
});

fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let start = text.find(from).unwrap();
    let end = text[start..].find(to).unwrap() + start + to.len();
    &text[start..end]
}

/// Changes a signed text and asks for the reason of its refusal.
fn check(name: &str, expected: &Expectation<'_>, change: impl Fn(&str) -> String, wanted: Fault) {
    let by_id = matches!(expected.coverage, Coverage::RootById { .. });
    let honest = if by_id { &SIGNED.1 } else { &SIGNED.0 };
    assert_eq!(judge(honest, expected).unwrap(), "A");
    let changed = change(honest);
    assert_ne!(&changed, honest, "{name}: nothing was changed");
    let answer = judge(&changed, expected);
    assert!(answer.as_ref().err().is_some_and(wanted), "{name}: {answer:?}");
}

#[test]
fn changed_content_is_found() {
    // A namespace of the surroundings also belongs to what the key signed, in the inclusive form.
    let content: Fault = |error| matches!(error, XmlSignatureError::Content | XmlSignatureError::Value);
    for (name, from, to) in [
        ("text", "nội dung", "nội dunh"),
        ("attribute", "b=\"2\"", "b=\"3\""),
        ("one element more", "<empty/>", "<empty/><empty/>"),
        ("name", "<empty/>", "<emptz/>"),
        ("namespace", "xmlns:o=\"urn:o\"", "xmlns:o=\"urn:p\""),
        ("space in text", "nội dung", "nội  dung"),
        ("instruction", "<empty/>", "<empty/><?run this?>"),
        ("instruction around", "<order ", "<?run this?><order "),
        ("beside the signature", "<ds:Signature", "x<ds:Signature"),
    ] {
        for expected in [&DOCUMENT, &BY_ID] {
            // By identifier the root is covered, and nothing around it.
            if name == "instruction around" && matches!(expected.coverage, Coverage::RootById { .. }) {
                continue;
            }
            check(name, expected, |text| text.replacen(from, to, 1), content);
        }
    }
}

#[test]
fn the_same_content_in_another_spelling_is_the_same() {
    for (from, to) in [
        ("<empty/>", "<empty ></empty>"),
        ("a='1'", "a=\"1\""),
        ("nội dung", "n&#x1ed9;i<!-- c --> dung"),
        ("Duyệt &amp; ký", "<![CDATA[Duyệt & ký]]>"),
        ("b=\"2\" a='1'", "a='1'  b=\"2\""),
    ] {
        let changed = SIGNED.0.replacen(from, to, 1);
        assert_ne!(changed, SIGNED.0);
        assert_eq!(judge(&changed, &DOCUMENT).unwrap(), "A", "{to}");
        let document = parse(&changed);
        let subject = document.elements().find(|one| one.local() == "subject").unwrap();
        assert_eq!(subject.text().unwrap(), "Duyệt & ký", "what is read is what was signed");
    }
}

#[test]
fn wrapped_and_moved_signatures_are_refused() {
    let signature = |text: &str| between(text, "<ds:Signature", "</ds:Signature>").to_owned();
    let inner = |text: &str| between(text, "<order", "</order>").to_owned();
    let forged = |text: &str, id: &str| {
        let body = "<body>giả</body>";
        format!("<order xmlns=\"urn:m\" ID=\"{id}\"><head>{}</head>{body}{}</order>", signature(text), inner(text))
    };
    let several: Fault = |error| matches!(error, XmlSignatureError::Several);
    let misplaced: Fault = |error| matches!(error, XmlSignatureError::Misplaced);
    let coverage: Fault = |error| matches!(error, XmlSignatureError::Coverage(_));
    let content: Fault = |error| matches!(error, XmlSignatureError::Content | XmlSignatureError::Value);

    check("the signed root inside another, both signed", &DOCUMENT, |text| forged(text, "a1"), several);
    let bare = |text: &str| inner(text).replace(&signature(text), "");
    let wrapped = |text: &str, id: &str| {
        format!("<order xmlns=\"urn:m\" ID=\"{id}\"><head>{}</head>{}</order>", signature(text), bare(text))
    };
    check("the signed root inside a new one", &DOCUMENT, |text| wrapped(text, "a1"), content);
    check("the same identifier twice", &BY_ID, |text| wrapped(text, "a1"), coverage);
    check("a new root with another identifier", &BY_ID, |text| wrapped(text, "a2"), coverage);
    check("the identifier in another spelling", &BY_ID, |text| text.replace("<body ", "<body id=\"a1\" "), coverage);
    let moved = |text: &str| text.replace(&signature(text), "").replace("<empty/>", &signature(text));
    check("moved into the body", &DOCUMENT, moved, misplaced);
    let second = |text: &str| text.replace("<body", &format!("<head>{}</head><body", "x"));
    check("a second place for it", &DOCUMENT, second, misplaced);
    check("twice", &DOCUMENT, |text| text.replace("<empty/>", &signature(text)), several);
    let object = |text: &str| text.replace("</ds:KeyInfo>", "</ds:KeyInfo><ds:Object><body>giả</body></ds:Object>");
    check("content inside the signature", &DOCUMENT, object, |error| matches!(error, XmlSignatureError::Form(_)));
    check("none", &DOCUMENT, |text| text.replace(&signature(text), ""), |e| matches!(e, XmlSignatureError::Absent));
    let foreign = |text: &str| text.replace(SIGNATURE_NAMESPACE, "urn:m");
    check("in another namespace", &DOCUMENT, foreign, |error| matches!(error, XmlSignatureError::Absent));
}

#[test]
fn references_and_transforms_are_the_expected_ones() {
    let form: Fault = |error| matches!(error, XmlSignatureError::Form(_));
    let coverage: Fault = |error| matches!(error, XmlSignatureError::Coverage(_));
    let algorithm: Fault = |error| matches!(error, XmlSignatureError::Algorithm(_));
    let enveloped = "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"></ds:Transform>";
    let canonical = format!("<ds:Transform Algorithm=\"{}\"></ds:Transform>", Canonicalization::Inclusive.uri());
    let other = |uri: &str| format!("<ds:Transform Algorithm=\"{uri}\"></ds:Transform>");
    let cases: [(&str, &str, String, Fault); 12] = [
        ("no transform", enveloped, String::new(), form),
        ("twice", enveloped, enveloped.repeat(2), algorithm),
        ("three", &canonical, canonical.repeat(2), form),
        ("path", &canonical, other("http://www.w3.org/TR/1999/REC-xpath-19991116"), algorithm),
        ("style sheet", &canonical, other("http://www.w3.org/TR/1999/REC-xslt-19991116"), algorithm),
        ("filter", &canonical, other("http://www.w3.org/2002/06/xmldsig-filter2"), algorithm),
        ("with comments", &canonical, other("http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments"), algorithm),
        ("an identifier", "URI=\"\"", "URI=\"#a1\"".to_owned(), coverage),
        ("an address", "URI=\"\"", "URI=\"https://example.org/a\"".to_owned(), coverage),
        ("a pointer", "URI=\"\"", "URI=\"#xpointer(/)\"".to_owned(), coverage),
        ("no address", "URI=\"\"", String::new(), coverage),
        (
            "a prefix list here",
            "REC-xml-c14n-20010315\"></ds:Can",
            "REC-xml-c14n-20010315\"><a/></ds:Can".to_owned(),
            form,
        ),
    ];
    for (name, from, to, wanted) in &cases {
        check(name, &DOCUMENT, |text| text.replacen(from, to, 1), *wanted);
    }
    let second = |text: &str| {
        let reference = between(text, "<ds:Reference", "</ds:Reference>");
        text.replace(reference, &reference.repeat(2))
    };
    check("a second reference", &DOCUMENT, second, form);
}

#[test]
fn algorithms_are_those_of_the_table() {
    let weak: Fault = |error| matches!(error, XmlSignatureError::Weak(_));
    let other: Fault = |error| matches!(error, XmlSignatureError::Algorithm(_));
    for (name, from, to, wanted) in [
        ("SHA-1 digest", "xmlenc#sha256", "/2000/09/xmldsig#sha1", weak),
        ("MD5 digest", "xmlenc#sha256", "xmldsig-more#md5", weak),
        ("RSA-SHA1", "xmldsig-more#ecdsa-sha256", "xmldsig#rsa-sha1", weak),
        ("HMAC", "xmldsig-more#ecdsa-sha256", "xmldsig-more#hmac-sha256", other),
        ("none", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", "", other),
    ] {
        check(name, &DOCUMENT, |text| text.replacen(from, to, 1), wanted);
    }
    let truncated = |text: &str| {
        text.replace("</ds:SignatureMethod>", "<ds:HMACOutputLength>0</ds:HMACOutputLength></ds:SignatureMethod>")
    };
    check("parameters", &DOCUMENT, truncated, |error| matches!(error, XmlSignatureError::Form(_)));
    let rsa = |text: &str| text.replace("#ecdsa-sha256", "#rsa-sha256");
    check("the algorithm of another key", &DOCUMENT, rsa, |error| matches!(error, XmlSignatureError::Signing(_)));
}

#[test]
fn values_and_certificates_belong_together() {
    let value: Fault = |error| matches!(error, XmlSignatureError::Value);
    let form: Fault = |error| matches!(error, XmlSignatureError::Form(_));
    let stranger = Order::signer("B", 2).issue(None);
    let base64 = |bytes: &[u8]| data_encoding::BASE64.encode(bytes);
    let own = |text: &str| between(text, "<ds:X509Certificate>", "</ds:X509Certificate>").to_owned();
    let wrap = |certificate: &crate::Certificate| {
        format!("<ds:X509Certificate>{}</ds:X509Certificate>", base64(certificate.der()))
    };
    check("a stranger's certificate", &DOCUMENT, |text| text.replace(&own(text), &wrap(&stranger.certificate)), value);
    let beside = |text: &str| text.replace(&own(text), &format!("{}{}", wrap(&stranger.certificate), own(text)));
    assert_eq!(judge(&beside(&SIGNED.0), &DOCUMENT).unwrap(), "A", "others may lie beside it");
    let none: Fault = |error| matches!(error, XmlSignatureError::NoCertificate);
    check("no certificate", &DOCUMENT, |text| text.replace(&own(text), ""), none);
    let old = |text: &str| between(text, "<ds:SignatureValue>", "</ds:SignatureValue>").to_owned();
    for (name, made, wanted) in [
        ("zeros", base64(&[0; 64]), value),
        ("too short", base64(&[1; 63]), value),
        ("longer numbers", base64(&[1; 96]), value),
        ("far too long", base64(&[1; 4096]), form),
        ("no base64", "*".to_owned(), form),
        ("empty", String::new(), value),
        ("an element in it", "<a/>".to_owned(), form),
    ] {
        let made = format!("<ds:SignatureValue>{made}</ds:SignatureValue>");
        check(name, &DOCUMENT, |text| text.replace(&old(text), &made), wanted);
    }
    let lines = SIGNED
        .0
        .replace("<ds:SignatureValue>", "<ds:SignatureValue>\n  ")
        .replace("</ds:SignatureValue>", "\n</ds:SignatureValue>");
    assert_eq!(judge(&lines, &DOCUMENT).unwrap(), "A", "blanks around a value are usual");
}

#[test]
fn two_certificates_with_one_key_leave_open_who_signed() {
    let issued = Order::signer("A", 1).issue(None);
    let key = issued.key.to_pkcs8().unwrap();
    let twin = Order::signer("B", 2).issue_for(crate::FileKey::from_bytes(&key).unwrap(), None);
    let chain = [twin.certificate];
    let signer = XmlSigner { key: &issued.key, certificate: &issued.certificate, chain: &chain };
    let answer = sign_enveloped(MESSAGE, &DOCUMENT, Canonicalization::Inclusive, &signer, &Limits::default());
    assert!(matches!(answer, Err(XmlSignatureError::Form("two certificates with the signer's key"))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    /// Whatever byte is changed: refused, or the same content.
    #[test]
    fn a_changed_byte_changes_nothing_or_is_refused(position in any::<prop::sample::Index>(), value in any::<u8>()) {
        let honest = &SIGNED.0;
        let mut bytes = honest.clone().into_bytes();
        let at = position.index(bytes.len());
        bytes[at] = value;
        if let Ok(document) = XmlDocument::parse(&bytes, &Limits::default())
            && let Ok(verified) = verify_enveloped(&document, &DOCUMENT)
        {
            let form = |document: &XmlDocument<'_>| {
                use crate::xml::canonical::{Method, Part, bytes};
                let signature = find_signatures(document).next();
                let part = Part { element: document.root(), whole: true, without: signature };
                bytes(document, part, &Method { form: Canonicalization::Inclusive, prefixes: Vec::new() }).unwrap()
            };
            // The certificate is no part of what is signed: what holds is its key, the rest is the path's to judge.
            let honest_document = parse(honest);
            let signer = verify_enveloped(&honest_document, &DOCUMENT).unwrap().certificate;
            prop_assert_eq!(verified.certificate.public_key(), signer.public_key());
            prop_assert_eq!(form(&document), form(&parse(honest)));
        }
    }
}
