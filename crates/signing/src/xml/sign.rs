//! Making an enveloped signature.

use data_encoding::BASE64;

use super::canonical::{self, Canonicalization, Method, Part};
use super::document::{Limits, XmlDocument, XmlElement};
use super::verify::{Coverage, ENVELOPED, Expectation, dsig, verify_enveloped};
use super::{SIGNATURE_NAMESPACE, XmlSignatureError, algorithm};
use crate::{Certificate, DigestAlgorithm, PrivateKey, SignatureAlgorithm, SigningError};

/// Bytes of each number in an ECDSA value on P-256.
const P256: usize = 32;

/// A key with its certificates.
#[derive(Clone, Copy)]
pub struct XmlSigner<'s> {
    /// The key, wherever it is.
    pub key: &'s dyn PrivateKey,
    /// Its certificate.
    pub certificate: &'s Certificate,
    /// The certificates between it and the root.
    pub chain: &'s [Certificate],
}

/// Signs a document, which must not bear a signature yet: the text with a `Signature` as the last child of the element
/// at `expected.place`. The rest of the text stays byte by byte. The result was checked with [`verify_enveloped`].
///
/// # Errors
/// [`XmlSignatureError`]: the text is no XML within `limits`, has no such place or is signed already, or the key refuses
/// or is not the certificate's.
pub fn sign_enveloped(
    text: &str,
    expected: &Expectation<'_>,
    form: Canonicalization,
    signer: &XmlSigner<'_>,
    limits: &Limits,
) -> Result<String, XmlSignatureError> {
    let document = XmlDocument::parse(text.as_bytes(), limits)?;
    if super::find_signatures(&document).next().is_some() {
        return Err(XmlSignatureError::Several);
    }
    let at = end_of(&document, expected)?;
    let uri = reference(&document, &expected.coverage)?;
    let method = Method { form, prefixes: Vec::new() };
    let whole = matches!(expected.coverage, Coverage::Document);
    let part = Part { element: document.root(), whole, without: None };
    let digest = canonical::digest(&document, part, &method, DigestAlgorithm::Sha256)?;

    let info = signed_info(form, signer.key.algorithm(), &uri, &digest);
    // What is signed is the form that `SignedInfo` has at its place, where surrounding namespaces may belong to it.
    let unsigned = place(text, at, &signature(&info, "", signer));
    let document = XmlDocument::parse(unsigned.as_bytes(), limits)?;
    let element = document.elements().find(|one| one.is(dsig("SignedInfo"))).ok_or(XmlSignatureError::Absent)?;
    let bytes = canonical::bytes(&document, Part { element, whole: false, without: None }, &method)?;
    let mut value = signer.key.sign(&bytes)?;
    if signer.key.algorithm() == SignatureAlgorithm::EcdsaP256 {
        value = algorithm::ecdsa_from_der(&value, P256)?;
    }
    drop(unsigned);

    let signed = place(text, at, &signature(&info, &BASE64.encode(&value), signer));
    let document = XmlDocument::parse(signed.as_bytes(), limits)?;
    let verified = verify_enveloped(&document, expected)?;
    if verified.certificate != *signer.certificate {
        return Err(SigningError::Certificate("it is not the one of the key").into());
    }
    Ok(signed)
}

/// The byte before which a new last child of the expected parent stands.
fn end_of(document: &XmlDocument<'_>, expected: &Expectation<'_>) -> Result<usize, XmlSignatureError> {
    let mut parent = document.root();
    for step in expected.place {
        parent = parent.only(*step).ok_or(XmlSignatureError::Misplaced)?;
    }
    let range = parent.range().ok_or(XmlSignatureError::Misplaced)?;
    let source = document.text().get(range.clone()).ok_or(XmlSignatureError::Misplaced)?;
    // An empty element written as one tag has no room.
    let close = source.rfind("</").filter(|_| !source.ends_with("/>")).ok_or(XmlSignatureError::Misplaced)?;
    Ok(range.start + close)
}

fn reference(document: &XmlDocument<'_>, coverage: &Coverage<'_>) -> Result<String, XmlSignatureError> {
    match coverage {
        Coverage::Document => Ok(String::new()),
        Coverage::RootById { attribute } => {
            let id = XmlElement::attribute(document.root(), attribute);
            // What could end the attribute or the fragment is no identifier.
            let plain = |id: &&str| id.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c)) && !id.is_empty();
            let id = id.filter(plain).ok_or(XmlSignatureError::Coverage("the root element bears no identifier"))?;
            Ok(format!("#{id}"))
        }
    }
}

fn place(text: &str, at: usize, signature: &str) -> String {
    let mut whole = String::with_capacity(text.len() + signature.len());
    whole.push_str(&text[..at]);
    whole.push_str(signature);
    whole.push_str(&text[at..]);
    whole
}

/// With a prefix: libxml2 2.14.6 (as lxml 6.1.3 brings it) wrongly undeclares a default namespace deep in a part, and
/// its users would refuse what is signed without one.
fn signed_info(form: Canonicalization, key: SignatureAlgorithm, uri: &str, digest: &[u8]) -> String {
    let form = form.uri();
    format!(
        "<ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"{form}\"></ds:CanonicalizationMethod>\
         <ds:SignatureMethod Algorithm=\"{}\"></ds:SignatureMethod><ds:Reference URI=\"{uri}\"><ds:Transforms>\
         <ds:Transform Algorithm=\"{ENVELOPED}\"></ds:Transform><ds:Transform Algorithm=\"{form}\"></ds:Transform></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"{}\"></ds:DigestMethod><ds:DigestValue>{}</ds:DigestValue></ds:Reference></ds:SignedInfo>",
        algorithm::uri_of(key),
        algorithm::SHA256,
        BASE64.encode(digest),
    )
}

fn signature(info: &str, value: &str, signer: &XmlSigner<'_>) -> String {
    let mut certificates = String::new();
    for certificate in std::iter::once(signer.certificate).chain(signer.chain) {
        certificates.push_str("<ds:X509Certificate>");
        certificates.push_str(&BASE64.encode(certificate.der()));
        certificates.push_str("</ds:X509Certificate>");
    }
    format!(
        "<ds:Signature xmlns:ds=\"{SIGNATURE_NAMESPACE}\">{info}<ds:SignatureValue>{value}</ds:SignatureValue>\
         <ds:KeyInfo><ds:X509Data>{certificates}</ds:X509Data></ds:KeyInfo></ds:Signature>"
    )
}
