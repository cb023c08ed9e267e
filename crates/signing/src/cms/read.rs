//! Reading signed data that others made.

use ::cms::signed_data::SignerIdentifier;
use der::asn1::{ObjectIdentifier, OctetString};
use der::oid::db::rfc5911;
use der::{Decode as _, Tag, TagNumber};
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::SignedDataError;
use super::attributes::{AttributeBytes, ID_TIME_STAMP_TOKEN};
use crate::encoding::{self, Field};
use crate::{Certificate, DigestAlgorithm};

/// Upper bound of signed data read, 4 MiB: a signature with its chain has 5 to 20 KiB, with CRLs a few hundred.
pub const MAX_SIGNED_DATA: usize = 4 * 1024 * 1024;
const MAX_CERTIFICATES: usize = 64;

/// Signed data with one signer, as read; nothing in it is believed until [`SignedData::verify`] has said so.
#[derive(Debug, Clone)]
pub struct SignedData {
    pub(super) content_type: ObjectIdentifier,
    pub(super) content: Option<Vec<u8>>,
    pub(super) certificates: Vec<Certificate>,
    pub(super) revocation_lists: Vec<Vec<u8>>,
    pub(super) signer: Signer,
}

#[derive(Debug, Clone)]
pub(super) struct Signer {
    pub(super) id: SignerIdentifier,
    pub(super) digest: DigestAlgorithm,
    /// As signed: under the tag of a SET.
    pub(super) signed_der: Vec<u8>,
    pub(super) signed: Vec<AttributeBytes>,
    pub(super) algorithm: AlgorithmIdentifierOwned,
    pub(super) signature: Vec<u8>,
    pub(super) unsigned: Vec<AttributeBytes>,
}

impl SignedData {
    /// Reads DER signed data; zeros may follow it, as the room reserved in a PDF does.
    ///
    /// Certificates that this house cannot read are passed over; a signer among them is then missing.
    ///
    /// # Errors
    /// [`SignedDataError::TooLong`], [`SignedDataError::Malformed`], [`SignedDataError::Signers`], or
    /// [`SignedDataError::Signing`] for a hash that is not accepted.
    pub fn parse(bytes: &[u8]) -> Result<SignedData, SignedDataError> {
        let fields = signed_data_fields(bytes)?;
        let [_version, _digests, content, rest @ ..] = fields.as_slice() else {
            return Err(SignedDataError::Malformed("too few fields"));
        };
        let (signers, optional) = rest.split_last().ok_or(SignedDataError::Malformed("no signers"))?;
        let (content_type, content) = encapsulated(content)?;
        let (mut certificates, mut revocation_lists) = (Vec::new(), Vec::new());
        for field in optional {
            let inner = encoding::fields(field.value, MAX_CERTIFICATES)?;
            let plain = inner.iter().filter(|one| one.tag == Tag::Sequence);
            if field.tag == encoding::context(TagNumber::N0) {
                certificates.extend(plain.filter_map(|one| Certificate::from_der(one.whole).ok()));
            } else if field.tag == encoding::context(TagNumber::N1) {
                revocation_lists.extend(plain.map(|one| one.whole.to_vec()));
            } else {
                return Err(SignedDataError::Malformed("unknown field"));
            }
        }
        let signer = Signer::read(&only_signer(signers)?)?;
        Ok(SignedData { content_type, content, certificates, revocation_lists, signer })
    }

    /// Type of the content: `id-data`, or what is encapsulated.
    pub fn content_type(&self) -> ObjectIdentifier {
        self.content_type
    }

    /// The encapsulated content; none when it is detached.
    pub fn content(&self) -> Option<&[u8]> {
        self.content.as_deref()
    }

    /// The certificates that came along, in the order they stand.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The CRLs that came along, as DER.
    pub fn revocation_lists(&self) -> &[Vec<u8>] {
        &self.revocation_lists
    }

    /// The hash with which the content must be digested for [`SignedData::verify`].
    pub fn digest_algorithm(&self) -> DigestAlgorithm {
        self.signer.digest
    }

    /// The signature value: what a signature time stamp is over.
    pub fn signature(&self) -> &[u8] {
        &self.signer.signature
    }

    /// The unsigned attributes.
    pub fn unsigned_attributes(&self) -> &[AttributeBytes] {
        &self.signer.unsigned
    }

    /// The signature time stamps, as DER tokens.
    pub fn time_stamps(&self) -> Vec<&[u8]> {
        let stamps = self.signer.unsigned.iter().filter(|attribute| attribute.kind == ID_TIME_STAMP_TOKEN);
        stamps.flat_map(|attribute| attribute.values.iter().map(Vec::as_slice)).collect()
    }
}

/// Checks what no signature is over: version numbers (RFC 5652, 5.1 and 5.3), the list of hashes, the parameters of
/// algorithms, and that every certificate can be read. Nothing is proved by them, so most readers pass over them; where a
/// file must not be changed in any bit, they must say the one thing they can say.
///
/// # Errors
/// [`SignedDataError::Malformed`], else as [`SignedData::parse`].
pub(crate) fn refuse_idle_changes(bytes: &[u8]) -> Result<(), SignedDataError> {
    let fields = signed_data_fields(bytes)?;
    let [version, hashes, _content, rest @ ..] = fields.as_slice() else {
        return Err(SignedDataError::Malformed("too few fields"));
    };
    let (signers, optional) = rest.split_last().ok_or(SignedDataError::Malformed("no signers"))?;
    let signer = only_signer(signers)?;
    let [signer_version, id, digest, _signed, algorithm, ..] = signer.as_slice() else {
        return Err(SignedDataError::Malformed("signer without signed attributes"));
    };
    let by_name = matches!(SignerIdentifier::from_der(id.whole)?, SignerIdentifier::IssuerAndSerialNumber(_));
    let versions =
        u8::from_der(version.whole)? == 3 && u8::from_der(signer_version.whole)? == if by_name { 1 } else { 3 };
    let digest = AlgorithmIdentifierOwned::from_der(digest.whole)?;
    let plain = |one: &AlgorithmIdentifierOwned| one.parameters.as_ref().is_none_or(der::asn1::Any::is_null);
    let listed: Result<Vec<_>, _> = encoding::fields(hashes.value, MAX_CERTIFICATES)?
        .iter()
        .map(|one| AlgorithmIdentifierOwned::from_der(one.whole))
        .collect();
    let listed = listed?;
    let hashes =
        hashes.tag == Tag::Set && !listed.is_empty() && listed.iter().all(|one| one.oid == digest.oid && plain(one));
    let algorithm = AlgorithmIdentifierOwned::from_der(algorithm.whole)?;
    // The parameters of RSA-PSS are part of the check of the signature.
    let algorithm = algorithm.oid == der::oid::db::rfc5912::ID_RSASSA_PSS || plain(&algorithm);
    let mut certificates = true;
    for field in optional.iter().filter(|field| field.tag == encoding::context(TagNumber::N0)) {
        let all = encoding::fields(field.value, MAX_CERTIFICATES)?;
        certificates &= all.iter().all(|one| one.tag == Tag::Sequence && Certificate::from_der(one.whole).is_ok());
    }
    if versions && hashes && plain(&digest) && algorithm && certificates {
        return Ok(());
    }
    Err(SignedDataError::Malformed("a part that no signature is over says something strange"))
}

/// The fields of the SignedData inside a ContentInfo.
pub(super) fn signed_data_fields(bytes: &[u8]) -> Result<Vec<Field<'_>>, SignedDataError> {
    if bytes.len() > MAX_SIGNED_DATA {
        return Err(SignedDataError::TooLong);
    }
    let (info, padding) = encoding::split(bytes)?;
    if padding.iter().any(|byte| *byte != 0) {
        return Err(SignedDataError::Malformed("something follows it"));
    }
    info.tag.assert_eq(Tag::Sequence)?;
    let (kind, rest) = encoding::split(info.value)?;
    if ObjectIdentifier::from_der(kind.whole)? != rfc5911::ID_SIGNED_DATA {
        return Err(SignedDataError::Malformed("another kind of content"));
    }
    let inner = encoding::only(rest)?;
    inner.tag.assert_eq(encoding::context(TagNumber::N0))?;
    let signed_data = encoding::only(inner.value)?;
    signed_data.tag.assert_eq(Tag::Sequence)?;
    Ok(encoding::fields(signed_data.value, 6)?)
}

/// The fields of the only SignerInfo.
pub(super) fn only_signer<'a>(signers: &Field<'a>) -> Result<Vec<Field<'a>>, SignedDataError> {
    signers.tag.assert_eq(Tag::Set)?;
    let all = encoding::fields(signers.value, MAX_CERTIFICATES)?;
    let [signer] = all.as_slice() else { return Err(SignedDataError::Signers(all.len())) };
    signer.tag.assert_eq(Tag::Sequence)?;
    Ok(encoding::fields(signer.value, 7)?)
}

fn encapsulated(field: &Field<'_>) -> Result<(ObjectIdentifier, Option<Vec<u8>>), SignedDataError> {
    field.tag.assert_eq(Tag::Sequence)?;
    let (kind, rest) = encoding::split(field.value)?;
    let kind = ObjectIdentifier::from_der(kind.whole)?;
    if rest.is_empty() {
        return Ok((kind, None));
    }
    let inner = encoding::only(rest)?;
    inner.tag.assert_eq(encoding::context(TagNumber::N0))?;
    let octets = encoding::only(inner.value)?;
    octets.tag.assert_eq(Tag::OctetString)?;
    Ok((kind, Some(octets.value.to_vec())))
}

impl Signer {
    fn read(fields: &[Field<'_>]) -> Result<Signer, SignedDataError> {
        let [_version, id, digest, signed, algorithm, signature, unsigned @ ..] = fields else {
            return Err(SignedDataError::Malformed("signer without signed attributes"));
        };
        signed.tag.assert_eq(encoding::context(TagNumber::N0))?;
        let unsigned = match unsigned {
            [] => Vec::new(),
            [one] if one.tag == encoding::context(TagNumber::N1) => AttributeBytes::read_all(one.value)?,
            _ => return Err(SignedDataError::Malformed("unknown field of the signer")),
        };
        let digest = AlgorithmIdentifierOwned::from_der(digest.whole)?;
        Ok(Signer {
            id: SignerIdentifier::from_der(id.whole)?,
            digest: DigestAlgorithm::from_oid(digest.oid)?,
            signed_der: encoding::constructed(Tag::Set, &[signed.value])?,
            signed: AttributeBytes::read_all(signed.value)?,
            algorithm: AlgorithmIdentifierOwned::from_der(algorithm.whole)?,
            signature: OctetString::from_der(signature.whole)?.into_bytes(),
            unsigned,
        })
    }
}
