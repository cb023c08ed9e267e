//! Checking an enveloped signature, up to but without trust in the certificate.

use data_encoding::BASE64;

use super::canonical::{self, Canonicalization, Method, Part};
use super::document::{Name, XmlDocument, XmlElement};
use super::{SIGNATURE_NAMESPACE, XmlSignatureError, algorithm};
use crate::{Certificate, DigestAlgorithm, SigningError};

pub(super) const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
/// Most certificates a signature may bring.
const CERTIFICATES: usize = 8;
/// Longest `SignedInfo` in canonical form, in bytes; usual ones have one thousand.
const SIGNED_INFO: usize = 64 * 1024;
/// Longest value of a signature: RSA with 8192 bits.
const VALUE: usize = 1024;
/// Most prefixes an exclusive form may treat as the inclusive one does.
const PREFIXES: usize = 32;

/// What a signature must cover.
#[derive(Debug, Clone, Copy)]
pub enum Coverage<'e> {
    /// The whole document: `URI=""`.
    Document,
    /// The root element, by an identifier that it bears in this attribute and no other element does: `URI="#…"`.
    RootById {
        /// Name of the attribute, `ID` in SAML.
        attribute: &'e str,
    },
}

/// Where a signature must stand, and what it must cover.
#[derive(Debug, Clone, Copy)]
pub struct Expectation<'e> {
    /// The elements from below the root down to the parent of the signature; empty when that is the root.
    pub place: &'e [Name<'e>],
    /// What it must cover.
    pub coverage: Coverage<'e>,
}

/// A signature that fits the document and a certificate it brought. Whether the certificate deserves trust is asked
/// next, with [`crate::path::validate`].
#[derive(Debug, Clone)]
pub struct VerifiedXml<'d> {
    /// What was signed: this element with everything in it but the signature. Read from here and nowhere else.
    pub root: XmlElement<'d>,
    /// The signature, which nobody signed.
    pub signature: XmlElement<'d>,
    /// The certificate whose key made the value. It is no part of what is signed: only its key is proven, and what it
    /// says (the name first of all) is a claim until [`crate::path::validate`] holds.
    pub certificate: Certificate,
    /// All certificates the signature brought; none of them is trusted.
    pub certificates: Vec<Certificate>,
    /// The hash of the content.
    pub digest: DigestAlgorithm,
}

/// All signatures of a document, wherever they stand.
pub fn find_signatures<'d>(document: &'d XmlDocument<'_>) -> impl Iterator<Item = XmlElement<'d>> {
    document.elements().filter(|element| element.is(dsig("Signature")))
}

/// Checks the one signature of a document.
///
/// # Errors
/// [`XmlSignatureError`]: [`Absent`](XmlSignatureError::Absent) without one, else the first thing that does not fit.
pub fn verify_enveloped<'d>(
    document: &'d XmlDocument<'_>,
    expected: &Expectation<'_>,
) -> Result<VerifiedXml<'d>, XmlSignatureError> {
    let signature = only_signature(document)?;
    let root = document.root();
    let mut parent = root;
    for step in expected.place {
        parent = parent.only(*step).ok_or(XmlSignatureError::Misplaced)?;
    }
    if signature.parent() != Some(parent) {
        return Err(XmlSignatureError::Misplaced);
    }
    let parts = Parts::read(signature)?;
    covers_root(document, parts.reference.uri, &expected.coverage)?;

    let certificates = certificates(parts.key_info)?;
    let part = Part { element: parts.signed_info, whole: false, without: None };
    let signed = canonical::bytes(document, part, &parts.method)?;
    if signed.len() > SIGNED_INFO {
        return Err(XmlSignatureError::Form("SignedInfo is too long"));
    }
    let certificate = signer(&certificates, &parts, &signed)?;

    let whole = matches!(expected.coverage, Coverage::Document);
    let part = Part { element: root, whole, without: Some(signature) };
    let digest = canonical::digest(document, part, &parts.reference.method, parts.reference.algorithm)?;
    if digest != parts.reference.digest {
        return Err(XmlSignatureError::Content);
    }
    Ok(VerifiedXml { root, signature, certificate, certificates, digest: parts.reference.algorithm })
}

pub(crate) fn dsig(local: &str) -> Name<'_> {
    Name { namespace: SIGNATURE_NAMESPACE, local }
}

fn only_signature<'d>(document: &'d XmlDocument<'_>) -> Result<XmlElement<'d>, XmlSignatureError> {
    let mut all = find_signatures(document);
    let first = all.next().ok_or(XmlSignatureError::Absent)?;
    if all.next().is_some() { Err(XmlSignatureError::Several) } else { Ok(first) }
}

/// The parts of a signature in the order of the standard.
struct Parts<'d> {
    signed_info: XmlElement<'d>,
    method: Method,
    algorithm: &'d str,
    reference: Reference<'d>,
    value: Vec<u8>,
    key_info: XmlElement<'d>,
}

struct Reference<'d> {
    uri: &'d str,
    method: Method,
    algorithm: DigestAlgorithm,
    digest: Vec<u8>,
}

impl<'d> Parts<'d> {
    fn read(signature: XmlElement<'d>) -> Result<Parts<'d>, XmlSignatureError> {
        let [signed_info, value, key_info] = exactly(signature, ["SignedInfo", "SignatureValue", "KeyInfo"])?;
        let [method, algorithm, reference] =
            exactly(signed_info, ["CanonicalizationMethod", "SignatureMethod", "Reference"])?;
        if algorithm.children().next().is_some() {
            return Err(XmlSignatureError::Form("parameters of the signature method"));
        }
        Ok(Parts {
            signed_info,
            method: canonical_method(method)?,
            algorithm: identifier(algorithm)?,
            reference: Reference::read(reference)?,
            value: base64(value, VALUE)?,
            key_info,
        })
    }
}

impl<'d> Reference<'d> {
    fn read(reference: XmlElement<'d>) -> Result<Reference<'d>, XmlSignatureError> {
        let [transforms, method, value] = exactly(reference, ["Transforms", "DigestMethod", "DigestValue"])?;
        let uri = reference.attribute("URI").ok_or(XmlSignatureError::Coverage("the reference has no address"))?;
        let mut steps = transforms.children();
        let enveloped = steps.next().filter(|step| step.is(dsig("Transform")));
        if enveloped.map(identifier).transpose()? != Some(ENVELOPED) {
            return Err(XmlSignatureError::Form("the first transform is not enveloped-signature"));
        }
        let form = match steps.next() {
            // XML Signature 1.1, 4.4.3.2: nodes that are hashed become Canonical XML 1.0.
            None => Method { form: Canonicalization::Inclusive, prefixes: Vec::new() },
            Some(step) if step.is(dsig("Transform")) => canonical_method(step)?,
            Some(_) => return Err(XmlSignatureError::Form("a transform of another kind")),
        };
        if steps.next().is_some() {
            return Err(XmlSignatureError::Form("more than two transforms"));
        }
        let algorithm = algorithm::digest(identifier(method)?)?;
        Ok(Reference { uri, method: form, algorithm, digest: base64(value, algorithm.length())? })
    }
}

/// The children, when they are exactly these, each once and in this order. Objects, manifests and further references
/// are not in use where this house reads, and are refused.
fn exactly<'d, const N: usize>(
    element: XmlElement<'d>,
    names: [&str; N],
) -> Result<[XmlElement<'d>; N], XmlSignatureError> {
    let children: Vec<XmlElement<'d>> = element.children().take(N + 1).collect();
    let fits = children.len() == N && children.iter().zip(names).all(|(child, name)| child.is(dsig(name)));
    let found = children.try_into().ok().filter(|_| fits);
    found.ok_or(XmlSignatureError::Form("its parts are not one signed reference, a value and certificates"))
}

pub(crate) fn identifier<'d>(element: XmlElement<'d>) -> Result<&'d str, XmlSignatureError> {
    element.attribute("Algorithm").ok_or(XmlSignatureError::Form("an algorithm is not named"))
}

pub(crate) fn canonical_method(element: XmlElement<'_>) -> Result<Method, XmlSignatureError> {
    let uri = identifier(element)?;
    let form =
        Canonicalization::from_uri(uri).ok_or_else(|| XmlSignatureError::Algorithm(uri.chars().take(100).collect()))?;
    let mut prefixes = Vec::new();
    for child in element.children() {
        let name = Name { namespace: Canonicalization::Exclusive.uri(), local: "InclusiveNamespaces" };
        if form != Canonicalization::Exclusive || !child.is(name) || !prefixes.is_empty() {
            return Err(XmlSignatureError::Form("parameters of the canonical form"));
        }
        let list = child.attribute("PrefixList").unwrap_or_default();
        prefixes.extend(list.split_ascii_whitespace().map(str::to_owned));
    }
    if prefixes.len() > PREFIXES {
        return Err(XmlSignatureError::Form("too many prefixes"));
    }
    Ok(Method { form, prefixes })
}

pub(crate) fn base64(element: XmlElement<'_>, longest: usize) -> Result<Vec<u8>, XmlSignatureError> {
    let malformed = || XmlSignatureError::Form("a value is not base64");
    let text = element.text().ok_or_else(malformed)?;
    // Four characters for three bytes, and as many blanks again for lines and indents.
    if text.len() > longest.saturating_mul(4) + 64 {
        return Err(XmlSignatureError::Form("a value is too long"));
    }
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let value = BASE64.decode(&digits).map_err(|_| malformed())?;
    if value.len() > longest { Err(XmlSignatureError::Form("a value is too long")) } else { Ok(value) }
}

/// The reference means the root of this document, and no reader can take it for another element.
fn covers_root(document: &XmlDocument<'_>, uri: &str, coverage: &Coverage<'_>) -> Result<(), XmlSignatureError> {
    match coverage {
        Coverage::Document if uri.is_empty() => Ok(()),
        Coverage::Document => Err(XmlSignatureError::Coverage("its reference is not the whole document")),
        Coverage::RootById { attribute } => {
            let own = document.root().attribute(attribute).filter(|id| !id.is_empty());
            let own = own.ok_or(XmlSignatureError::Coverage("the root element bears no identifier"))?;
            if uri.strip_prefix('#') != Some(own) {
                return Err(XmlSignatureError::Coverage("its reference is not the root element"));
            }
            // Other readers may take any of these for an identifier.
            let names = [*attribute, "Id", "ID", "id"];
            let bears = |element: &XmlElement<'_>| names.iter().any(|name| element.attribute(name) == Some(own));
            if document.elements().filter(bears).count() > 1 {
                return Err(XmlSignatureError::Coverage("the identifier stands twice"));
            }
            Ok(())
        }
    }
}

/// The certificates in `X509Data`. Other ways to name a key (values, names, addresses to fetch) are passed over: a key
/// counts only with its certificate.
fn certificates(key_info: XmlElement<'_>) -> Result<Vec<Certificate>, XmlSignatureError> {
    let data = key_info.children().filter(|child| child.is(dsig("X509Data")));
    let all = data.flat_map(XmlElement::children).filter(|child| child.is(dsig("X509Certificate")));
    let mut certificates = Vec::new();
    for one in all {
        if certificates.len() == CERTIFICATES {
            return Err(XmlSignatureError::Form("too many certificates"));
        }
        certificates.push(Certificate::from_der(&base64(one, crate::MAX_CERTIFICATE)?)?);
    }
    if certificates.is_empty() { Err(XmlSignatureError::NoCertificate) } else { Ok(certificates) }
}

/// The certificate whose key made the value. Two certificates with that key would leave open who signed.
fn signer(certificates: &[Certificate], parts: &Parts<'_>, signed: &[u8]) -> Result<Certificate, XmlSignatureError> {
    let meaning = algorithm::signature(parts.algorithm)?;
    let mut found: Option<&Certificate> = None;
    let mut fault = XmlSignatureError::Value;
    for certificate in certificates {
        let key = certificate.public_key();
        let value = if meaning.elliptic {
            match algorithm::ecdsa_to_der(key, &parts.value) {
                Ok(value) => value,
                Err(_) => continue,
            }
        } else {
            parts.value.clone()
        };
        match crate::verify(key, &meaning.identifier, Some(meaning.digest), signed, &value) {
            Ok(()) if found.is_some_and(|other| other != certificate) => {
                return Err(XmlSignatureError::Form("two certificates with the signer's key"));
            }
            Ok(()) => found = Some(certificate),
            Err(SigningError::Mismatch) => {}
            // An authority's key of another kind does not fit, which says nothing; alone it is the reason.
            Err(error) if certificates.len() == 1 => fault = error.into(),
            Err(_) => {}
        }
    }
    found.cloned().ok_or(fault)
}
