//! Attributes of a signer, and the two that bind the certificate to the signature (RFC 5035).

use der::asn1::{ObjectIdentifier, OctetString};
use der::oid::db::rfc5911;
use der::{Any, Decode as _, Encode as _, Sequence, Tag};
use x509_cert::ext::pkix::name::GeneralNames;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::SignedDataError;
use crate::encoding;
use crate::{Certificate, DigestAlgorithm};

/// `id-aa-timeStampToken` (RFC 3161, appendix A).
pub(super) const ID_TIME_STAMP_TOKEN: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.14");

/// Bounds of what is read: signers carry about five attributes with one value each.
const MAX_ATTRIBUTES: usize = 64;
const MAX_VALUES: usize = 16;

/// An attribute with its values as the DER they came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeBytes {
    /// Its kind.
    pub kind: ObjectIdentifier,
    /// Its values, each a whole DER value.
    pub values: Vec<Vec<u8>>,
}

impl AttributeBytes {
    /// An attribute with one value.
    pub fn new(kind: ObjectIdentifier, value: Vec<u8>) -> AttributeBytes {
        AttributeBytes { kind, values: vec![value] }
    }

    pub(super) fn to_der(&self) -> der::Result<Vec<u8>> {
        let values = encoding::set_of(Tag::Set, self.values.clone())?;
        encoding::constructed(Tag::Sequence, &[&self.kind.to_der()?, &values])
    }

    /// Reads the inside of a SET OF Attribute.
    pub(super) fn read_all(value: &[u8]) -> Result<Vec<AttributeBytes>, SignedDataError> {
        encoding::fields(value, MAX_ATTRIBUTES)?.into_iter().map(|field| AttributeBytes::read(&field)).collect()
    }

    fn read(field: &encoding::Field<'_>) -> Result<AttributeBytes, SignedDataError> {
        field.tag.assert_eq(Tag::Sequence)?;
        let (kind, rest) = encoding::split(field.value)?;
        let values = encoding::only(rest)?;
        values.tag.assert_eq(Tag::Set)?;
        let values = encoding::fields(values.value, MAX_VALUES)?;
        Ok(AttributeBytes {
            kind: ObjectIdentifier::from_der(kind.whole)?,
            values: values.into_iter().map(|value| value.whole.to_vec()).collect(),
        })
    }
}

/// The one value of the attribute of this kind; none when there is no such attribute.
pub(super) fn single<'a>(
    attributes: &'a [AttributeBytes],
    kind: ObjectIdentifier,
    name: &'static str,
) -> Result<Option<&'a [u8]>, SignedDataError> {
    let mut found = attributes.iter().filter(|attribute| attribute.kind == kind);
    match (found.next(), found.next()) {
        (None, _) => Ok(None),
        (Some(AttributeBytes { values, .. }), None) if values.len() == 1 => Ok(values.first().map(Vec::as_slice)),
        _ => Err(SignedDataError::Attribute(name)),
    }
}

/// `SigningCertificateV2` and, with another first member, `SigningCertificate` (RFC 5035, 3 and 4).
#[derive(Sequence)]
struct SigningCertificates<C: for<'a> der::Decode<'a> + der::Encode> {
    certificates: Vec<C>,
    #[asn1(optional = "true")]
    policies: Option<Any>,
}

#[derive(Sequence)]
struct CertificateIdV2 {
    /// SHA-256 when absent.
    #[asn1(optional = "true")]
    hash_algorithm: Option<AlgorithmIdentifierOwned>,
    hash: OctetString,
    #[asn1(optional = "true")]
    issuer_serial: Option<IssuerSerial>,
}

#[derive(Sequence)]
struct CertificateIdV1 {
    hash: OctetString,
    #[asn1(optional = "true")]
    issuer_serial: Option<IssuerSerial>,
}

#[derive(Sequence)]
struct IssuerSerial {
    issuer: GeneralNames,
    serial_number: SerialNumber,
}

/// The `signing-certificate-v2` of a certificate: its SHA-256, which as the default is not named.
pub(super) fn signing_certificate(certificate: &Certificate) -> der::Result<AttributeBytes> {
    let id = CertificateIdV2 {
        hash_algorithm: None,
        hash: OctetString::new(certificate.fingerprint())?,
        issuer_serial: None,
    };
    let value = SigningCertificates { certificates: vec![id], policies: None }.to_der()?;
    Ok(AttributeBytes::new(rfc5911::ID_AA_SIGNING_CERTIFICATE_V_2, value))
}

/// Whether a `signing-certificate-v2` value names this certificate first.
pub(super) fn names_certificate_v2(value: &[u8], certificate: &Certificate) -> Result<bool, SignedDataError> {
    let read = SigningCertificates::<CertificateIdV2>::from_der(value)?;
    let Some(first) = read.certificates.first() else { return Ok(false) };
    let named = first.hash_algorithm.as_ref().map(|algorithm| DigestAlgorithm::from_oid(algorithm.oid)).transpose()?;
    let digest = named.unwrap_or(DigestAlgorithm::Sha256);
    Ok(digest.digest(certificate.der()) == first.hash.as_bytes() && fits(first.issuer_serial.as_ref(), certificate))
}

/// Whether a `signing-certificate` value (RFC 2634) names this certificate first. Its hash is SHA-1 by definition: it
/// only has to withstand a second preimage here, and time-stamping authorities still write it.
pub(super) fn names_certificate_v1(value: &[u8], certificate: &Certificate) -> Result<bool, SignedDataError> {
    let read = SigningCertificates::<CertificateIdV1>::from_der(value)?;
    let Some(first) = read.certificates.first() else { return Ok(false) };
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, certificate.der());
    Ok(digest.as_ref() == first.hash.as_bytes() && fits(first.issuer_serial.as_ref(), certificate))
}

fn fits(id: Option<&IssuerSerial>, certificate: &Certificate) -> bool {
    id.is_none_or(|id| id.serial_number.as_bytes() == certificate.serial())
}
