//! The first half: what is signed while a message passes, and what is kept of it.
//!
//! The octets are written in canonical form at once (Exclusive XML Canonicalization), with every namespace where that
//! form has it; nothing has to be parsed to sign.

use data_encoding::BASE64;
use der::asn1::Any;
use der::{Encode as _, Tag, TagNumber};
use jiff::Timestamp;

use super::{SIGNATURE_VALUE_ID, SIGNED_PROPERTIES_ID, XADES_NAMESPACE, entry};
use crate::hash_chain::{Sha512Value, sha512};
use crate::xml::algorithm::{digest_uri, ecdsa_from_der, ecdsa_to_der, uri_of};
use crate::xml::{Canonicalization, SIGNATURE_NAMESPACE};
use crate::{Certificate, DigestAlgorithm, PrivateKey, SignatureAlgorithm, SigningError, encoding};

/// Bytes of each number in an ECDSA value on P-256.
const P256: usize = 32;
/// What `message.xml` is in spite of its name, and what a body may be.
pub(super) const MEDIA_TYPE: &str = "application/octet-stream";

/// How a container is laid out. It is chosen when the message is signed, for the addresses are under the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// As general tools for ASiC-E read it: relative addresses.
    Standard,
    /// As X-Road reads it: absolute addresses.
    XRoad,
}

impl Layout {
    pub(super) fn root(self) -> &'static str {
        match self {
            Layout::Standard => "",
            Layout::XRoad => "/",
        }
    }
}

/// What a signature says: these bytes, at this time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// SHA-512 of the message (request or status line with headers, as they were sent).
    pub message: Sha512Value,
    /// SHA-512 of its body; none without a body.
    pub body: Option<Sha512Value>,
    at: Timestamp,
}

impl Statement {
    /// A statement at a time, of which whole milliseconds are kept.
    pub fn new(message: Sha512Value, body: Option<Sha512Value>, at: Timestamp) -> Statement {
        let at = Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at);
        Statement { message, body, at }
    }

    /// When it is signed, by the clock of the signer.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// What is referred to: the name of the entry and its digest.
    fn parts(&self) -> impl Iterator<Item = (&'static str, &Sha512Value)> {
        std::iter::once((entry::MESSAGE, &self.message)).chain(self.body.as_ref().map(|body| (entry::BODY, body)))
    }
}

/// A signed statement: all that has to be kept of a signature, beside the certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedStatement {
    /// For which layout it was signed.
    pub layout: Layout,
    /// What was signed.
    pub statement: Statement,
    /// The value as XML has it: of ECDSA both numbers side by side.
    pub value: Vec<u8>,
}

impl SignedStatement {
    /// What a time stamp of this signature alone is over: in the standard layout the canonical `SignatureValue` element
    /// (ETSI EN 319 132-1, 5.3), in X-Road's the value itself.
    pub fn stamped_bytes(&self) -> Vec<u8> {
        match self.layout {
            Layout::Standard => self.value_element().into_bytes(),
            Layout::XRoad => self.value.clone(),
        }
    }

    pub(super) fn value_element(&self) -> String {
        // A chain refers to the element in the standard layout, where the stamp is over its name as well.
        let id = match self.layout {
            Layout::Standard => format!(" Id=\"{SIGNATURE_VALUE_ID}\""),
            Layout::XRoad => String::new(),
        };
        let value = BASE64.encode(&self.value);
        format!("<ds:SignatureValue xmlns:ds=\"{SIGNATURE_NAMESPACE}\"{id}>{value}</ds:SignatureValue>")
    }
}

/// A certificate prepared for signing many messages: what does not change is worked out once.
#[derive(Debug, Clone)]
pub struct EvidenceSigner {
    certificate: Certificate,
    algorithm: SignatureAlgorithm,
    /// `SigningCertificateV2`, canonical.
    named: String,
}

impl EvidenceSigner {
    /// Prepares a certificate.
    ///
    /// # Errors
    /// [`SigningError::WeakAlgorithm`] for a key this house does not sign with.
    pub fn new(certificate: Certificate) -> Result<EvidenceSigner, SigningError> {
        let algorithm = SignatureAlgorithm::of_public_key(certificate.public_key())?;
        let issuer =
            issuer_serial(&certificate).map_err(|_| SigningError::Certificate("its issuer has no DER form"))?;
        let named = format!(
            "<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>{}</xades:CertDigest>\
             <xades:IssuerSerialV2>{}</xades:IssuerSerialV2></xades:Cert></xades:SigningCertificateV2>",
            digest_elements(&sha512(certificate.der()), &format!(" xmlns:ds=\"{SIGNATURE_NAMESPACE}\"")),
            BASE64.encode(&issuer),
        );
        Ok(EvidenceSigner { certificate, algorithm, named })
    }

    /// The certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The octets that are signed, hashed with the hash of the key first: the canonical `SignedInfo`.
    pub fn signed_octets(&self, layout: Layout, statement: &Statement) -> Vec<u8> {
        self.signed_info(layout, statement).into_bytes()
    }

    /// Signs a statement.
    ///
    /// # Errors
    /// What the key answers; [`SigningError::UnknownKey`] for a key that is not the certificate's.
    pub fn sign(
        &self,
        key: &dyn PrivateKey,
        layout: Layout,
        statement: Statement,
    ) -> Result<SignedStatement, SigningError> {
        let own = self.certificate.public_key().to_der().is_ok_and(|info| info == key.public_key_info());
        if !own {
            return Err(SigningError::UnknownKey);
        }
        let value = key.sign(&self.signed_octets(layout, &statement))?;
        self.signed(layout, statement, &value)
    }

    /// Takes a value that a key elsewhere made over [`EvidenceSigner::signed_octets`]; of ECDSA it is DER.
    ///
    /// # Errors
    /// [`SigningError::Mismatch`] when it is not the value of this certificate's key over this statement, else
    /// [`SigningError::Malformed`].
    pub fn take(&self, layout: Layout, statement: Statement, value: &[u8]) -> Result<SignedStatement, SigningError> {
        let octets = self.signed_octets(layout, &statement);
        crate::verify(self.certificate.public_key(), &self.algorithm.identifier(), None, &octets, value)?;
        self.signed(layout, statement, value)
    }

    /// Whether the value of a kept signature is that of this certificate's key over its statement.
    pub fn holds(&self, signed: &SignedStatement) -> bool {
        let key = self.certificate.public_key();
        let value = match self.algorithm {
            SignatureAlgorithm::EcdsaP256 => ecdsa_to_der(key, &signed.value).ok(),
            _ => Some(signed.value.clone()),
        };
        let octets = self.signed_octets(signed.layout, &signed.statement);
        value.is_some_and(|value| crate::verify(key, &self.algorithm.identifier(), None, &octets, &value).is_ok())
    }

    fn signed(&self, layout: Layout, statement: Statement, value: &[u8]) -> Result<SignedStatement, SigningError> {
        let value = match self.algorithm {
            SignatureAlgorithm::EcdsaP256 => {
                ecdsa_from_der(value, P256).map_err(|_| SigningError::Malformed("ECDSA value"))?
            }
            _ => value.to_vec(),
        };
        Ok(SignedStatement { layout, statement, value })
    }

    pub(super) fn signed_info(&self, layout: Layout, statement: &Statement) -> String {
        let form = Canonicalization::Exclusive.uri();
        let root = layout.root();
        let mut references = String::new();
        for (name, digest) in statement.parts() {
            references.push_str(&format!(
                "<ds:Reference Id=\"reference-{name}\" URI=\"{root}{name}\">{}</ds:Reference>",
                digest_elements(digest, "")
            ));
        }
        let properties = sha512(self.signed_properties(statement).as_bytes());
        format!(
            "<ds:SignedInfo xmlns:ds=\"{SIGNATURE_NAMESPACE}\"><ds:CanonicalizationMethod Algorithm=\"{form}\">\
             </ds:CanonicalizationMethod><ds:SignatureMethod Algorithm=\"{}\"></ds:SignatureMethod>{references}\
             <ds:Reference Type=\"http://uri.etsi.org/01903#SignedProperties\" URI=\"#{SIGNED_PROPERTIES_ID}\">\
             <ds:Transforms><ds:Transform Algorithm=\"{form}\"></ds:Transform></ds:Transforms>{}</ds:Reference>\
             </ds:SignedInfo>",
            uri_of(self.algorithm),
            digest_elements(&properties, ""),
        )
    }

    pub(super) fn signed_properties(&self, statement: &Statement) -> String {
        let formats: String = statement
            .parts()
            .map(|(name, _)| {
                format!(
                    "<xades:DataObjectFormat ObjectReference=\"#reference-{name}\"><xades:MimeType>{MEDIA_TYPE}\
                     </xades:MimeType></xades:DataObjectFormat>"
                )
            })
            .collect();
        format!(
            "<xades:SignedProperties xmlns:xades=\"{XADES_NAMESPACE}\" Id=\"{SIGNED_PROPERTIES_ID}\">\
             <xades:SignedSignatureProperties><xades:SigningTime>{}</xades:SigningTime>{}\
             </xades:SignedSignatureProperties><xades:SignedDataObjectProperties>{formats}\
             </xades:SignedDataObjectProperties></xades:SignedProperties>",
            statement.at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"),
            self.named,
        )
    }
}

/// `DigestMethod` and `DigestValue`, each with these declarations.
fn digest_elements(digest: &Sha512Value, declared: &str) -> String {
    format!(
        "<ds:DigestMethod{declared} Algorithm=\"{}\"></ds:DigestMethod>\
         <ds:DigestValue{declared}>{}</ds:DigestValue>",
        digest_uri(DigestAlgorithm::Sha512),
        BASE64.encode(digest),
    )
}

/// `IssuerSerial` (RFC 5035, 5): the issuer as the only general name, and the number.
fn issuer_serial(certificate: &Certificate) -> der::Result<Vec<u8>> {
    let name = Any::new(encoding::context(TagNumber::N4), certificate.issuer_der())?.to_der()?;
    let names = encoding::constructed(Tag::Sequence, &[&name])?;
    encoding::constructed(Tag::Sequence, &[&names, &certificate.content().serial_number.to_der()?])
}
