//! Making an enveloped signature.

use std::borrow::Cow;

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

/// A document laid out for a key that is elsewhere: what that key signs, and the place of the value.
pub struct PreparedXml<'t> {
    text: Cow<'t, str>,
    expected: Expectation<'t>,
    certificate: Certificate,
    chain: Vec<Certificate>,
    limits: Limits,
    at: usize,
    info: String,
    bytes: Vec<u8>,
}

impl PreparedXml<'_> {
    /// The bytes that are signed, hashed with SHA-256 first.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The signed document: the text with a `Signature` as the last child of the element at the expected place, the rest
    /// byte by byte as it was. It was checked with [`verify_enveloped`]. `value` is what the key gave, of ECDSA as DER.
    ///
    /// # Errors
    /// [`XmlSignatureError`] when the value is not the one of this text and certificate.
    pub fn embed(&self, value: &[u8]) -> Result<String, XmlSignatureError> {
        let fixed;
        let value =
            if SignatureAlgorithm::of_public_key(self.certificate.public_key())? == SignatureAlgorithm::EcdsaP256 {
                fixed = algorithm::ecdsa_from_der(value, P256)?;
                &fixed
            } else {
                value
            };
        let signature = signature(&self.info, &BASE64.encode(value), &self.certificate, &self.chain);
        let signed = place(&self.text, self.at, &signature);
        let document = XmlDocument::parse(signed.as_bytes(), &self.limits)?;
        let verified = verify_enveloped(&document, &self.expected)?;
        if verified.certificate != self.certificate {
            return Err(SigningError::Certificate("it is not the one of the key").into());
        }
        Ok(signed)
    }
}

/// Lays out the signature of a document, which must not bear one yet, by the key of `certificate`; `chain` are the
/// certificates between it and the root.
///
/// # Errors
/// [`XmlSignatureError`]: the text is no XML within `limits`, has no such place or is signed already, or the key is of a
/// kind that does not sign here.
pub fn prepare_enveloped<'t>(
    text: impl Into<Cow<'t, str>>,
    expected: &Expectation<'t>,
    form: Canonicalization,
    (certificate, chain): (&Certificate, &[Certificate]),
    limits: &Limits,
) -> Result<PreparedXml<'t>, XmlSignatureError> {
    let text = text.into();
    let key = SignatureAlgorithm::of_public_key(certificate.public_key())?;
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
    drop(document);

    let info = signed_info(form, key, &uri, &digest);
    // What is signed is the form that `SignedInfo` has at its place, where surrounding namespaces may belong to it.
    let unsigned = place(&text, at, &signature(&info, "", certificate, chain));
    let document = XmlDocument::parse(unsigned.as_bytes(), limits)?;
    let element = document.elements().find(|one| one.is(dsig("SignedInfo"))).ok_or(XmlSignatureError::Absent)?;
    let bytes = canonical::bytes(&document, Part { element, whole: false, without: None }, &method)?;
    let (certificate, chain) = (certificate.clone(), chain.to_vec());
    Ok(PreparedXml { text, expected: *expected, certificate, chain, limits: *limits, at, info, bytes })
}

/// Signs a document with a key of this machine: [`prepare_enveloped`] and [`PreparedXml::embed`] in one.
///
/// # Errors
/// [`XmlSignatureError`] of both, and when the key refuses or is not the certificate's.
pub fn sign_enveloped(
    text: &str,
    expected: &Expectation<'_>,
    form: Canonicalization,
    signer: &XmlSigner<'_>,
    limits: &Limits,
) -> Result<String, XmlSignatureError> {
    let prepared = prepare_enveloped(text, expected, form, (signer.certificate, signer.chain), limits)?;
    prepared.embed(&signer.key.sign(prepared.bytes())?)
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

fn signature(info: &str, value: &str, own: &Certificate, chain: &[Certificate]) -> String {
    let mut certificates = String::new();
    for certificate in std::iter::once(own).chain(chain) {
        certificates.push_str("<ds:X509Certificate>");
        certificates.push_str(&BASE64.encode(certificate.der()));
        certificates.push_str("</ds:X509Certificate>");
    }
    format!(
        "<ds:Signature xmlns:ds=\"{SIGNATURE_NAMESPACE}\">{info}<ds:SignatureValue>{value}</ds:SignatureValue>\
         <ds:KeyInfo><ds:X509Data>{certificates}</ds:X509Data></ds:KeyInfo></ds:Signature>"
    )
}
