//! Making signed data.

use der::asn1::{Any, GeneralizedTime, ObjectIdentifier, OctetString, UtcTime};
use der::oid::db::rfc5911;
use der::{Encode as _, Tag, TagNumber};
use jiff::Timestamp;
use x509_cert::time::Time;

use super::attributes::{AttributeBytes, ID_TIME_STAMP_TOKEN, signing_certificate};
use super::{SignedDataError, read};
use crate::{Certificate, DigestAlgorithm, PrivateKey, SignatureAlgorithm, algorithm, encoding};

const DIGEST: DigestAlgorithm = DigestAlgorithm::Sha256;

/// What a key has to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedAttributes {
    content_type: ObjectIdentifier,
    der: Vec<u8>,
    digest: Vec<u8>,
}

impl SignedAttributes {
    /// The DER SET OF signed attributes: the message of [`PrivateKey::sign`].
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of [`SignedAttributes::der`], 32 bytes: what a remote key signs (CSC `signHash`).
    pub fn digest(&self) -> &[u8] {
        &self.digest
    }
}

/// The signed attributes of CAdES baseline B over a detached content: its type, its digest, the signer's certificate,
/// and nothing else. The time of a signed PDF is `/M` and the time stamp (ETSI EN 319 142-1, 5.3).
///
/// `content_digest` is the SHA-256 of the content, 32 bytes.
///
/// # Errors
/// [`SignedDataError::Content`] when the digest has another length.
pub fn prepare(content_digest: &[u8], certificate: &Certificate) -> Result<SignedAttributes, SignedDataError> {
    attributes(rfc5911::ID_DATA, content_digest, certificate, None)
}

fn attributes(
    content_type: ObjectIdentifier,
    content_digest: &[u8],
    certificate: &Certificate,
    signing_time: Option<Timestamp>,
) -> Result<SignedAttributes, SignedDataError> {
    if content_digest.len() != DIGEST.length() {
        return Err(SignedDataError::Content);
    }
    let mut all = vec![
        AttributeBytes::new(rfc5911::ID_CONTENT_TYPE, content_type.to_der()?),
        AttributeBytes::new(rfc5911::ID_MESSAGE_DIGEST, OctetString::new(content_digest)?.to_der()?),
        signing_certificate(certificate)?,
    ];
    if let Some(at) = signing_time {
        all.push(AttributeBytes::new(rfc5911::ID_SIGNING_TIME, time(at)?.to_der()?));
    }
    let parts: Result<Vec<_>, _> = all.iter().map(AttributeBytes::to_der).collect();
    let der = encoding::set_of(Tag::Set, parts?)?;
    Ok(SignedAttributes { content_type, digest: DIGEST.digest(&der), der })
}

/// RFC 5652, 11.3: UTCTime until 2049, GeneralizedTime from 2050.
fn time(at: Timestamp) -> der::Result<Time> {
    let since = std::time::Duration::from_secs(u64::try_from(at.as_second()).map_err(|_| der::ErrorKind::DateTime)?);
    match UtcTime::from_unix_duration(since) {
        Ok(time) => Ok(Time::UtcTime(time)),
        Err(_) => GeneralizedTime::from_unix_duration(since).map(Time::GeneralTime),
    }
}

/// Puts the signature over [`SignedAttributes::der`] in its place and returns the DER of the signed data.
///
/// `chain` are the certificates between the signer's and the root; each certificate is written once. `unsigned` are
/// attributes outside the signature, such as a time stamp. The signature is checked first, so that a key that errs
/// (or a remote one that signed something else) is noticed here and not by the reader.
///
/// # Errors
/// [`SignedDataError::Signing`] when the signature does not fit the attributes and the certificate.
pub fn finish(
    prepared: &SignedAttributes,
    signature: &[u8],
    certificate: &Certificate,
    chain: &[Certificate],
    unsigned: &[AttributeBytes],
) -> Result<Vec<u8>, SignedDataError> {
    let mut certificates = vec![certificate.clone()];
    certificates.extend_from_slice(chain);
    assemble(prepared, None, signature, certificate, &certificates, unsigned)
}

/// Signs a detached content with this digest (SHA-256, 32 bytes) in one step: [`prepare`], sign, [`finish`].
///
/// # Errors
/// [`SignedDataError::OtherKey`] when the certificate is not the key's, else as [`finish`].
pub fn sign_detached(
    content_digest: &[u8],
    key: &dyn PrivateKey,
    certificate: &Certificate,
    chain: &[Certificate],
) -> Result<Vec<u8>, SignedDataError> {
    belong_together(key, certificate)?;
    let prepared = prepare(content_digest, certificate)?;
    finish(&prepared, &key.sign(prepared.der())?, certificate, chain, &[])
}

/// Signs `content` and carries it along: time-stamp tokens (`id-ct-TSTInfo`, RFC 3161, 2.4.2).
///
/// `embedded` are the certificates written, none when the request did not ask for them; the signer's is not added.
///
/// # Errors
/// As [`sign_detached`].
pub fn sign_encapsulated(
    content_type: ObjectIdentifier,
    content: &[u8],
    key: &dyn PrivateKey,
    certificate: &Certificate,
    embedded: &[Certificate],
    signing_time: Option<Timestamp>,
) -> Result<Vec<u8>, SignedDataError> {
    belong_together(key, certificate)?;
    let prepared = attributes(content_type, &DIGEST.digest(content), certificate, signing_time)?;
    assemble(&prepared, Some(content), &key.sign(prepared.der())?, certificate, embedded, &[])
}

fn belong_together(key: &dyn PrivateKey, certificate: &Certificate) -> Result<(), SignedDataError> {
    let info = certificate.public_key().to_der()?;
    if info == key.public_key_info() { Ok(()) } else { Err(SignedDataError::OtherKey) }
}

fn assemble(
    prepared: &SignedAttributes,
    content: Option<&[u8]>,
    signature: &[u8],
    certificate: &Certificate,
    certificates: &[Certificate],
    unsigned: &[AttributeBytes],
) -> Result<Vec<u8>, SignedDataError> {
    let way = SignatureAlgorithm::of_public_key(certificate.public_key())?.identifier();
    algorithm::verify(certificate.public_key(), &way, Some(DIGEST), &prepared.der, signature)?;
    let digest_algorithm = DIGEST.identifier().to_der()?;
    // RFC 5652, 5.1: version 1 for plain data with certificates of X.509 alone, 3 for every other content type.
    let version: u8 = if prepared.content_type == rfc5911::ID_DATA { 1 } else { 3 };
    let mut parts = vec![
        version.to_der()?,
        encoding::set_of(Tag::Set, vec![digest_algorithm.clone()])?,
        encapsulated(prepared.content_type, content)?,
    ];
    if !certificates.is_empty() {
        let mut written: Vec<Vec<u8>> = certificates.iter().map(|one| one.der().to_vec()).collect();
        written.sort();
        written.dedup();
        parts.push(encoding::set_of(encoding::context(TagNumber::N0), written)?);
    }
    let signer = encoding::constructed(
        Tag::Sequence,
        &[certificate.issuer_der(), &certificate.content().serial_number.to_der()?],
    )?;
    let mut signer = vec![1u8.to_der()?, signer, digest_algorithm];
    signer.push(retagged(encoding::context(TagNumber::N0), &prepared.der)?);
    signer.extend([way.to_der()?, OctetString::new(signature)?.to_der()?]);
    if !unsigned.is_empty() {
        let written: Result<Vec<_>, _> = unsigned.iter().map(AttributeBytes::to_der).collect();
        signer.push(encoding::set_of(encoding::context(TagNumber::N1), written?)?);
    }
    parts.push(encoding::set_of(Tag::Set, vec![sequence(&signer)?])?);
    content_info(&sequence(&parts)?)
}

fn encapsulated(content_type: ObjectIdentifier, content: Option<&[u8]>) -> der::Result<Vec<u8>> {
    let kind = content_type.to_der()?;
    let Some(content) = content else { return encoding::constructed(Tag::Sequence, &[&kind]) };
    let octets = OctetString::new(content)?.to_der()?;
    let octets = encoding::constructed(encoding::context(TagNumber::N0), &[&octets])?;
    encoding::constructed(Tag::Sequence, &[&kind, &octets])
}

fn sequence(parts: &[Vec<u8>]) -> der::Result<Vec<u8>> {
    Any::new(Tag::Sequence, parts.concat())?.to_der()
}

/// The same value under another tag: signed attributes are signed as SET OF and written as `[0] IMPLICIT`.
fn retagged(tag: Tag, der: &[u8]) -> der::Result<Vec<u8>> {
    encoding::constructed(tag, &[encoding::only(der)?.value])
}

fn content_info(signed_data: &[u8]) -> Result<Vec<u8>, SignedDataError> {
    let inner = encoding::constructed(encoding::context(TagNumber::N0), &[signed_data])?;
    Ok(encoding::constructed(Tag::Sequence, &[&rfc5911::ID_SIGNED_DATA.to_der()?, &inner])?)
}

/// Adds a time stamp over the signature value (RFC 3161, appendix A; CAdES B-T) and returns the new DER.
///
/// Every other byte stays as it is; zeros behind the signed data are dropped. Whether the token fits is not checked.
///
/// # Errors
/// [`SignedDataError`] when either is not of its form, or there is not one signer.
pub fn add_time_stamp(signed_data: &[u8], token: &[u8]) -> Result<Vec<u8>, SignedDataError> {
    let token = encoding::only(token)?.whole.to_vec();
    let added = AttributeBytes::new(ID_TIME_STAMP_TOKEN, token).to_der()?;
    let fields = read::signed_data_fields(signed_data)?;
    let (signers, before) = fields.split_last().ok_or(SignedDataError::Malformed("empty"))?;
    let signer = read::only_signer(signers)?;
    let mut parts: Vec<&[u8]> = signer.iter().map(|field| field.whole).collect();
    let mut unsigned = vec![added];
    if let Some(last) = signer.last().filter(|field| field.tag == encoding::context(TagNumber::N1)) {
        parts.pop();
        unsigned.extend(encoding::fields(last.value, 64)?.iter().map(|field| field.whole.to_vec()));
    }
    let unsigned = encoding::set_of(encoding::context(TagNumber::N1), unsigned)?;
    parts.push(&unsigned);
    let signer = encoding::constructed(Tag::Sequence, &parts)?;
    let signers = encoding::constructed(Tag::Set, &[&signer])?;
    let mut parts: Vec<&[u8]> = before.iter().map(|field| field.whole).collect();
    parts.push(&signers);
    content_info(&encoding::constructed(Tag::Sequence, &parts)?)
}
