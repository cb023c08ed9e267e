//! The signature of a container: which entries it covers, whether it holds, and whose it is.

use jiff::Timestamp;

use super::archive::Archive;
use super::verdict::{Fault, Reason};
use super::{SIGNATURES_NAMESPACE, XADES_NAMESPACE, entry};
use crate::hash_chain::Address;
use crate::xml::canonical::{self, Canonicalization, Method, Part};
use crate::xml::verify::{base64, canonical_method, dsig, find_signatures, identifier};
use crate::xml::{Limits, Name, XmlDocument, XmlElement, XmlError, XmlSignatureError, algorithm};
use crate::{Certificate, DigestAlgorithm, SigningError};

/// With OCSP answers, time stamps and certificates a signature file has about 20 KB and 100 pieces of markup.
pub(super) const LIMITS: Limits = Limits { bytes: 4 << 20, markup: 20_000, depth: 32, attributes: 32 };
/// Most references of one signature.
const REFERENCES: usize = 512;
/// Longest value of a signature: RSA with 8192 bits.
const VALUE: usize = 1024;
/// Longest `SignedInfo`, as long as its references.
const SIGNED_INFO: usize = 1 << 20;
/// Most values of one kind among the unsigned properties.
const VALUES: usize = 16;

/// A signature that holds.
pub(super) struct Signature<'d> {
    document: &'d XmlDocument<'d>,
    /// The `Signature` element.
    element: XmlElement<'d>,
    value_element: XmlElement<'d>,
    /// The value as XML has it.
    pub(super) value: Vec<u8>,
    pub(super) signer: Certificate,
    pub(super) algorithm: String,
    pub(super) signing_time: Option<Timestamp>,
    /// The entries it refers to, in its order.
    pub(super) covered: Vec<String>,
    /// Addresses as written.
    pub(super) absolute: bool,
    pub(super) relative: bool,
}

fn malformed(text: impl Into<String>) -> Fault {
    Fault::new(Reason::Malformed, text)
}

impl From<XmlError> for Fault {
    fn from(error: XmlError) -> Fault {
        malformed(error.to_string())
    }
}

/// For all that concerns form; whether something fits is told apart where it is asked.
fn form(error: XmlSignatureError) -> Fault {
    malformed(error.to_string())
}

fn xades(local: &str) -> Name<'_> {
    Name { namespace: XADES_NAMESPACE, local }
}

/// One reference of a signature.
struct Reference<'d> {
    uri: &'d str,
    method: Option<Method>,
    hash: DigestAlgorithm,
    digest: Vec<u8>,
}

impl<'d> Reference<'d> {
    fn read(reference: XmlElement<'d>) -> Result<Reference<'d>, Fault> {
        let mut children = reference.children().peekable();
        let transforms = children.next_if(|one| one.is(dsig("Transforms")));
        let (method, value) = (children.next(), children.next());
        let (Some(hash), Some(value), None) = (method, value, children.next()) else {
            return Err(malformed("a reference that is not a hash and a digest"));
        };
        if !reference.is(dsig("Reference")) || !hash.is(dsig("DigestMethod")) || !value.is(dsig("DigestValue")) {
            return Err(malformed("a reference that is not a hash and a digest"));
        }
        let mut steps = transforms.into_iter().flat_map(XmlElement::children);
        let first = steps.next();
        if first.is_some_and(|step| !step.is(dsig("Transform"))) || steps.next().is_some() {
            return Err(malformed("a transform that is not accepted"));
        }
        let hash = identifier(hash).and_then(algorithm::digest).map_err(form)?;
        Ok(Reference {
            uri: reference.attribute("URI").ok_or_else(|| malformed("a reference without an address"))?,
            method: first.map(canonical_method).transpose().map_err(form)?,
            hash,
            digest: base64(value, hash.length()).map_err(form)?,
        })
    }
}

impl<'d> Signature<'d> {
    /// Checks the one signature of `META-INF/signatures.xml` against the entries it refers to.
    pub(super) fn read(document: &'d XmlDocument<'d>, archive: &Archive) -> Result<Signature<'d>, Fault> {
        let mut all = find_signatures(document);
        let (Some(element), None) = (all.next(), all.next()) else {
            return Err(malformed("not one signature"));
        };
        refuse_repeated_ids(document)?;
        let root = document.root();
        let around = Name { namespace: SIGNATURES_NAMESPACE, local: "XAdESSignatures" };
        if element != root && (!root.is(around) || element.parent() != Some(root)) {
            return Err(malformed("the signature does not stand where it must"));
        }
        let child = |name| element.only(dsig(name)).ok_or_else(|| malformed(format!("not one {name}")));
        let (info, value_element) = (child("SignedInfo")?, child("SignatureValue")?);
        let mut parts = info.children();
        let form_of_info = parts.next().filter(|one| one.is(dsig("CanonicalizationMethod")));
        let method = parts.next().filter(|one| one.is(dsig("SignatureMethod")));
        let (Some(form_of_info), Some(method)) = (form_of_info, method) else {
            return Err(malformed("SignedInfo names no methods"));
        };
        let mut signature = Signature {
            document,
            element,
            value_element,
            value: Vec::new(),
            signer: certificate_of(child("KeyInfo")?)?,
            algorithm: String::new(),
            signing_time: None,
            covered: Vec::new(),
            absolute: false,
            relative: false,
        };
        let mut properties = None;
        for (count, reference) in parts.enumerate() {
            if count == REFERENCES {
                return Err(malformed("too many references"));
            }
            let found = signature.reference(&Reference::read(reference)?, archive)?;
            properties = properties.or(found);
        }
        let form_of_info = canonical_method(form_of_info).map_err(form)?;
        signature.holds(info, &form_of_info, method)?;
        let properties = properties.ok_or_else(|| malformed("SignedProperties are not covered"))?;
        signature.names_its_certificate(properties)?;
        Ok(signature)
    }

    /// Checks one reference; returns the signed properties when it is to them.
    fn reference(&mut self, reference: &Reference<'d>, archive: &Archive) -> Result<Option<XmlElement<'d>>, Fault> {
        let differs = |name: &str| Fault::new(Reason::Digest, format!("of {name}"));
        if let Some(id) = reference.uri.strip_prefix('#') {
            let mut bearing = self.document.elements().filter(|one| one.attribute("Id") == Some(id));
            let target = bearing.next().ok_or_else(|| malformed(format!("no element {}", reference.uri)))?;
            // XML Signature 1.1, 4.4.3.2: without a transform it is Canonical XML 1.0.
            let default = Method { form: Canonicalization::Inclusive, prefixes: Vec::new() };
            let method = reference.method.as_ref().unwrap_or(&default);
            let part = Part { element: target, whole: false, without: None };
            if canonical::digest(self.document, part, method, reference.hash).map_err(form)? != reference.digest {
                return Err(differs(reference.uri));
            }
            let own = target.is(xades("SignedProperties")) && self.is_own_property(target)?;
            return Ok(own.then_some(target));
        }
        if reference.method.is_some() {
            return Err(malformed("a transform on a file"));
        }
        let address = Address::read(reference.uri).filter(|address| address.fragment.is_none());
        let name = address.ok_or_else(|| malformed("an address that is none"))?.file;
        if reference.hash.digest(archive.need(&name)?) != reference.digest {
            return Err(differs(&name));
        }
        let absolute = reference.uri.starts_with('/');
        (self.absolute, self.relative) = (self.absolute || absolute, self.relative || !absolute);
        self.covered.push(name);
        Ok(None)
    }

    /// `Signature/Object/QualifyingProperties/…`: properties that stand elsewhere are not of this signature, and those
    /// that name another one as theirs are refused (ETSI EN 319 132-1, 4.3.1).
    fn is_own_property(&self, element: XmlElement<'d>) -> Result<bool, Fault> {
        let Some(properties) = element.parent().filter(|one| one.is(xades("QualifyingProperties"))) else {
            return Ok(false);
        };
        let target = properties.attribute("Target").and_then(|target| target.strip_prefix('#'));
        if target.is_none() || target != self.element.attribute("Id") {
            return Err(malformed("the properties name another signature"));
        }
        let object = properties.parent().filter(|one| one.is(dsig("Object")));
        Ok(object.and_then(XmlElement::parent) == Some(self.element))
    }

    fn holds(&mut self, info: XmlElement<'d>, method: &Method, named: XmlElement<'d>) -> Result<(), Fault> {
        let broken = || Fault::new(Reason::Signature, "the value does not fit the certificate");
        if named.children().next().is_some() {
            return Err(malformed("parameters of the signature method"));
        }
        let uri = identifier(named).map_err(form)?;
        let meaning = algorithm::signature(uri).map_err(form)?;
        self.value = base64(self.value_element, VALUE).map_err(form)?;
        let part = Part { element: info, whole: false, without: None };
        let octets = canonical::bytes(self.document, part, method).map_err(form)?;
        if octets.len() > SIGNED_INFO {
            return Err(malformed("SignedInfo is too long"));
        }
        let key = self.signer.public_key();
        let value = match meaning.elliptic {
            true => algorithm::ecdsa_to_der(key, &self.value).map_err(|_| broken())?,
            false => self.value.clone(),
        };
        match crate::verify(key, &meaning.identifier, Some(meaning.digest), &octets, &value) {
            Ok(()) => {}
            Err(SigningError::Mismatch) => return Err(broken()),
            Err(error) => return Err(malformed(error.to_string())),
        }
        self.algorithm = uri.rsplit('#').next().unwrap_or_default().to_owned();
        Ok(())
    }

    /// The signed properties name the certificate: without that, another one with the same key could be put in its place.
    fn names_its_certificate(&mut self, properties: XmlElement<'d>) -> Result<(), Fault> {
        let missing = || malformed("the signed properties name no certificate");
        let own = properties.only(xades("SignedSignatureProperties")).ok_or_else(missing)?;
        let named = ["SigningCertificateV2", "SigningCertificate"].map(|name| own.only(xades(name)));
        if named.iter().flatten().count() == 0 {
            return Err(missing());
        }
        for names in named.into_iter().flatten() {
            // The first is the signer's; others may follow for the path (ETSI EN 319 132-1, 5.2.2).
            let digest = names.children().next().and_then(|one| one.only(xades("CertDigest"))).ok_or_else(missing)?;
            let method = digest.only(dsig("DigestMethod")).ok_or_else(missing)?;
            let hash = identifier(method).and_then(algorithm::digest).map_err(form)?;
            let value = digest.only(dsig("DigestValue")).ok_or_else(missing)?;
            if hash.digest(self.signer.der()) != base64(value, hash.length()).map_err(form)? {
                return Err(Fault::new(Reason::Signature, "the signed properties name another certificate"));
            }
        }
        let time = own.only(xades("SigningTime")).and_then(XmlElement::text);
        self.signing_time = time.and_then(|text| text.trim().parse().ok());
        Ok(())
    }

    /// The canonical form of the value element, which time stamps of ETSI are over.
    pub(super) fn canonical_value(&self, method: &Method) -> Result<Vec<u8>, Fault> {
        let part = Part { element: self.value_element, whole: false, without: None };
        canonical::bytes(self.document, part, method).map_err(form)
    }

    /// The digest of the value element in exclusive form, when it bears this identifier.
    pub(super) fn value_digest(&self, id: &str, hash: DigestAlgorithm) -> Option<Vec<u8>> {
        let own = self.value_element.attribute("Id") == Some(id);
        let method = Method { form: Canonicalization::Exclusive, prefixes: Vec::new() };
        self.canonical_value(&method).ok().filter(|_| own).map(|bytes| hash.digest(&bytes))
    }

    /// The time stamps over this signature: each with the canonical form it is over.
    pub(super) fn time_stamps(&self) -> Result<Vec<(Method, Vec<u8>)>, Fault> {
        let mut found = Vec::new();
        for (around, token) in self.unsigned("EncapsulatedTimeStamp", crate::cms::MAX_SIGNED_DATA)? {
            let stamp = around.filter(|one| one.is(xades("SignatureTimeStamp")));
            // Stamps over other things (archives, references) are not made here, and nobody would have checked them.
            let stamp = stamp.ok_or_else(|| malformed("a time stamp of another kind"))?;
            let method = match stamp.only(dsig("CanonicalizationMethod")) {
                Some(method) => canonical_method(method).map_err(form)?,
                None => Method { form: Canonicalization::Inclusive, prefixes: Vec::new() },
            };
            found.push((method, token));
        }
        Ok(found)
    }

    /// The answers of OCSP responders that came along (DER).
    pub(super) fn ocsp_answers(&self) -> Result<Vec<Vec<u8>>, Fault> {
        let found = self.unsigned("EncapsulatedOCSPValue", crate::revocation::MAX_OCSP)?;
        Ok(found.into_iter().map(|(_, answer)| answer).collect())
    }

    /// The certificates that came along, all of them unproven.
    pub(super) fn certificates(&self) -> Result<Vec<Certificate>, Fault> {
        let unsigned = self.unsigned("EncapsulatedX509Certificate", crate::MAX_CERTIFICATE)?;
        let values = unsigned.into_iter().map(|(_, der)| der);
        values.map(|der| Certificate::from_der(&der).map_err(|error| malformed(error.to_string()))).collect()
    }

    /// The values of this kind, each with the element around it.
    fn unsigned(&self, local: &str, longest: usize) -> Result<Vec<UnsignedValue<'d>>, Fault> {
        let mut found = Vec::new();
        for element in self.document.elements().filter(|one| one.is(xades(local))) {
            if found.len() == VALUES {
                return Err(malformed(format!("too many {local}")));
            }
            found.push((element.parent(), base64(element, longest).map_err(form)?));
        }
        Ok(found)
    }
}

/// A value that is not signed, with the element around it.
type UnsignedValue<'d> = (Option<XmlElement<'d>>, Vec<u8>);

/// An identifier that stands twice means another element to another reader.
fn refuse_repeated_ids(document: &XmlDocument<'_>) -> Result<(), Fault> {
    let mut ids: Vec<&str> = document.elements().filter_map(|one| one.attribute("Id")).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() == all { Ok(()) } else { Err(malformed("an identifier stands twice")) }
}

/// The first certificate of `X509Data`: its key must have made the value.
fn certificate_of(key_info: XmlElement<'_>) -> Result<Certificate, Fault> {
    let data = key_info.children().filter(|one| one.is(dsig("X509Data")));
    let first = data.flat_map(XmlElement::children).find(|one| one.is(dsig("X509Certificate")));
    let first = first.ok_or_else(|| malformed("no certificate in KeyInfo"))?;
    let der = base64(first, crate::MAX_CERTIFICATE).map_err(form)?;
    Certificate::from_der(&der).map_err(|error| malformed(error.to_string()))
}

/// Parses `META-INF/signatures.xml`.
pub(super) fn parse(archive: &Archive) -> Result<XmlDocument<'_>, Fault> {
    Ok(XmlDocument::parse(archive.need(entry::SIGNATURES)?, &LIMITS)?)
}
