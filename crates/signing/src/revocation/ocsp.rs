//! OCSP (RFC 6960): asking after one certificate, and what the answer is worth.

use std::sync::Arc;

use der::asn1::{Any, ObjectIdentifier, OctetString};
use der::oid::db::{rfc5280, rfc5912, rfc6960};
use der::{Decode as _, Encode as _, Tag, TagNumber};
use jiff::Timestamp;
use x509_cert::ext::Extension;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_ocsp::{
    CertId, CertStatus, OcspRequest, Request, ResponderId, ResponseData, SingleResponse, TbsRequest, Version,
};

use super::{CLOCK_SKEW, Moment, RevocationError, Status};
use crate::certificate::signed_parts;
use crate::{Certificate, DigestAlgorithm, algorithm, encoding};

/// Upper bound of an answer, 256 KiB; the usual one has 2 KiB.
pub const MAX_OCSP: usize = 256 * 1024;
const MAX_CERTIFICATES: usize = 16;

/// The hash by which a `CertID` names an authority. It protects nothing: it only has to be found again.
fn id_hash(algorithm: ObjectIdentifier, bytes: &[u8]) -> Option<Vec<u8>> {
    if algorithm == rfc5912::ID_SHA_1 {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, bytes);
        return Some(digest.as_ref().to_vec());
    }
    DigestAlgorithm::from_oid(algorithm).ok().map(|digest| digest.digest(bytes))
}

/// The `CertID` of a certificate under its issuer, with SHA-1: the one hash all responders know (RFC 5019, 2.1.1).
///
/// # Errors
/// [`RevocationError::Malformed`] when a part has no DER form, which none has that was read.
pub fn certificate_id(certificate: &Certificate, issuer: &Certificate) -> Result<CertId, RevocationError> {
    let hash = |bytes: &[u8]| -> Result<OctetString, RevocationError> {
        Ok(OctetString::new(id_hash(rfc5912::ID_SHA_1, bytes).unwrap_or_default())?)
    };
    Ok(CertId {
        hash_algorithm: AlgorithmIdentifierOwned { oid: rfc5912::ID_SHA_1, parameters: Some(Any::null()) },
        issuer_name_hash: hash(issuer.subject_der())?,
        issuer_key_hash: hash(issuer.public_key().subject_public_key.raw_bytes())?,
        serial_number: certificate.content().serial_number.clone(),
    })
}

/// Whether a `CertID` names a certificate of this issuer, under whichever accepted hash. The number is not looked at.
pub fn is_of_issuer(id: &CertId, issuer: &Certificate) -> bool {
    let is =
        |bytes: &[u8], hash: &OctetString| id_hash(id.hash_algorithm.oid, bytes).as_deref() == Some(hash.as_bytes());
    is(issuer.subject_der(), &id.issuer_name_hash)
        && is(issuer.public_key().subject_public_key.raw_bytes(), &id.issuer_key_hash)
}

/// The request that asks after a certificate, `application/ocsp-request`. A nonce (RFC 9654: up to 128 bytes) makes the
/// answer fresh where the responder echoes it; answers made in advance have none.
///
/// # Errors
/// As [`certificate_id`].
pub fn ocsp_request(
    certificate: &Certificate,
    issuer: &Certificate,
    nonce: Option<&[u8]>,
) -> Result<Vec<u8>, RevocationError> {
    let nonce = nonce.map(|nonce| -> Result<Extension, RevocationError> {
        let value = OctetString::new(OctetString::new(nonce)?.to_der()?)?;
        Ok(Extension { extn_id: rfc6960::ID_PKIX_OCSP_NONCE, critical: false, extn_value: value })
    });
    let request = Request { req_cert: certificate_id(certificate, issuer)?, single_request_extensions: None };
    let request = TbsRequest {
        version: Version::V1,
        requestor_name: None,
        request_list: vec![request],
        request_extensions: nonce.transpose()?.map(|nonce| vec![nonce]),
    };
    Ok(OcspRequest { tbs_request: request, optional_signature: None }.to_der()?)
}

/// An answer of an OCSP responder. Cheap to clone.
#[derive(Clone)]
pub struct OcspAnswer(Arc<Parts>);

struct Parts {
    der: Vec<u8>,
    tbs: Vec<u8>,
    content: ResponseData,
    algorithm: AlgorithmIdentifierOwned,
    signature: Vec<u8>,
    certificates: Vec<Certificate>,
}

impl PartialEq for OcspAnswer {
    fn eq(&self, other: &OcspAnswer) -> bool {
        self.0.der == other.0.der
    }
}

impl Eq for OcspAnswer {}

impl std::fmt::Debug for OcspAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OcspAnswer").field("produced_at", &self.produced_at()).finish_non_exhaustive()
    }
}

/// What a responder says, and who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcspStatus {
    /// The status of the certificate.
    pub status: Status,
    /// When the responder last knew it.
    pub this_update: Timestamp,
    /// The certificate of the responder when it is not the issuer itself. Its own status is not checked here.
    pub responder: Option<Certificate>,
}

impl OcspAnswer {
    /// Reads a DER `OCSPResponse`, `application/ocsp-response`.
    ///
    /// # Errors
    /// [`RevocationError::NoAnswer`] when the responder refused, [`RevocationError::Malformed`].
    pub fn from_der(bytes: &[u8]) -> Result<OcspAnswer, RevocationError> {
        if bytes.len() > MAX_OCSP {
            return Err(RevocationError::Malformed("longer than an answer can be"));
        }
        let fields = encoding::fields(encoding::only(bytes)?.value, 2)?;
        let status = fields.first().ok_or(RevocationError::Malformed("no status"))?;
        status.tag.assert_eq(Tag::Enumerated)?;
        let content = match (status.value, fields.get(1)) {
            ([0], Some(content)) => encoding::fields(encoding::only(content.value)?.value, 2)?,
            ([code], _) if *code != 0 => return Err(RevocationError::NoAnswer(*code)),
            _ => return Err(RevocationError::Malformed("no content")),
        };
        let [kind, octets] = content.as_slice() else { return Err(RevocationError::Malformed("content")) };
        if ObjectIdentifier::from_der(kind.whole)? != rfc6960::ID_PKIX_OCSP_BASIC {
            return Err(RevocationError::Malformed("another kind of answer"));
        }
        octets.tag.assert_eq(Tag::OctetString)?;
        Parts::read(bytes, octets.value).map(|parts| OcspAnswer(Arc::new(parts)))
    }

    /// The whole answer.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// The certificates that came along.
    pub fn certificates(&self) -> &[Certificate] {
        &self.0.certificates
    }

    /// When it was signed.
    pub fn produced_at(&self) -> Timestamp {
        encoding::timestamp(self.0.content.produced_at.0.to_unix_duration()).unwrap_or(Timestamp::MAX)
    }

    /// The nonce it echoes.
    pub fn nonce(&self) -> Option<Vec<u8>> {
        self.0.content.nonce().map(|nonce| nonce.0.as_bytes().to_vec())
    }

    /// What it says of certificates with this number, whoever issued them and whoever says so: enough to refuse, never to
    /// accept.
    pub fn claims(&self, certificate: &Certificate) -> impl Iterator<Item = Status> {
        let serial = certificate.serial();
        let about = self.0.content.responses.iter().filter(move |one| one.cert_id.serial_number.as_bytes() == serial);
        about.map(|one| match one.cert_status {
            CertStatus::Good(_) => Status::Good,
            CertStatus::Unknown(_) => Status::Unknown,
            CertStatus::Revoked(info) => Status::Revoked {
                since: encoding::timestamp(info.revocation_time.0.to_unix_duration()).unwrap_or(Timestamp::MIN),
                reason: info.revocation_reason.map_or(0, |reason| reason as u8),
            },
        })
    }

    /// What it says of a certificate at a moment. `issuer` is the authority of the certificate, already trusted.
    ///
    /// # Errors
    /// [`RevocationError`] when it says nothing that counts.
    pub fn status(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        moment: Moment,
    ) -> Result<OcspStatus, RevocationError> {
        let about = |single: &&SingleResponse| {
            single.cert_id.serial_number.as_bytes() == certificate.serial() && is_of_issuer(&single.cert_id, issuer)
        };
        let single = self.0.content.responses.iter().find(about).ok_or(RevocationError::OtherCertificate)?;
        if single.single_extensions.iter().flatten().any(|extension| extension.critical) {
            return Err(RevocationError::Scope);
        }
        let time = |time: x509_ocsp::OcspGeneralizedTime| {
            encoding::timestamp(time.0.to_unix_duration()).ok_or(RevocationError::Malformed("time"))
        };
        let this_update = time(single.this_update)?;
        let next_update = single.next_update.map(time).transpose()?;
        let latest = moment.now.checked_add(CLOCK_SKEW).unwrap_or(Timestamp::MAX);
        let told = moment.is_told_by(this_update, next_update, certificate.not_after());
        if !told || self.produced_at() > latest {
            return Err(RevocationError::Time);
        }
        let responder = self.responder(issuer)?;
        let status = match single.cert_status {
            CertStatus::Good(_) => Status::Good,
            CertStatus::Unknown(_) => Status::Unknown,
            CertStatus::Revoked(info) => Status::Revoked {
                since: time(info.revocation_time)?,
                reason: info.revocation_reason.map_or(0, |reason| reason as u8),
            },
        };
        Ok(OcspStatus { status, this_update, responder })
    }

    /// Who signed the answer: the issuer itself (none), or somebody it appointed with a certificate of its own for
    /// nothing but this (RFC 6960, 4.2.2.2).
    fn responder(&self, issuer: &Certificate) -> Result<Option<Certificate>, RevocationError> {
        let parts = &self.0;
        let signed_by = |signer: &Certificate| {
            algorithm::verify(signer.public_key(), &parts.algorithm, None, &parts.tbs, &parts.signature)
        };
        if self.names(issuer) && signed_by(issuer).is_ok() {
            return Ok(None);
        }
        let named = parts.certificates.iter().find(|one| self.names(one)).ok_or(RevocationError::Signer)?;
        let appointed = named.issuer_der() == issuer.subject_der()
            && named.extended_key_usage().is_some_and(|uses| uses.contains(&rfc5280::ID_KP_OCSP_SIGNING))
            && named.key_usage().is_none_or(|usage| usage.digital_signature())
            && named.is_valid_at(self.produced_at())
            && named.verify_signed_by(issuer).is_ok();
        if !appointed {
            return Err(RevocationError::Signer);
        }
        signed_by(named)?;
        Ok(Some(named.clone()))
    }

    fn names(&self, certificate: &Certificate) -> bool {
        match &self.0.content.responder_id {
            ResponderId::ByName(name) => name.to_der().is_ok_and(|name| name == certificate.subject_der()),
            ResponderId::ByKey(hash) => {
                let key = certificate.public_key().subject_public_key.raw_bytes();
                id_hash(rfc5912::ID_SHA_1, key).as_deref() == Some(hash.as_bytes())
            }
        }
    }
}

/// The same value with its times cut to whole seconds. RFC 6960, 4.2.2.1 allows no fractions; responders write them all
/// the same, and other readers bear them. The signature is checked over the bytes as they came.
fn whole_seconds(value: &[u8], depth: usize) -> Result<Vec<u8>, RevocationError> {
    const DEPTH: usize = 16;
    let mut written = Vec::with_capacity(value.len());
    for field in encoding::fields(value, MAX_OCSP)? {
        if field.tag.is_constructed() && depth < DEPTH {
            let inner = whole_seconds(field.value, depth + 1)?;
            written.extend(encoding::constructed(field.tag, &[&inner])?);
        } else if let (Tag::GeneralizedTime, Some(point)) = (field.tag, field.value.iter().position(|b| *b == b'.')) {
            let fraction = field.value[point + 1..].strip_suffix(b"Z").ok_or(RevocationError::Malformed("time"))?;
            if fraction.is_empty() || !fraction.iter().all(u8::is_ascii_digit) {
                return Err(RevocationError::Malformed("time"));
            }
            written.extend(encoding::constructed(field.tag, &[&field.value[..point], b"Z"])?);
        } else {
            written.extend_from_slice(field.whole);
        }
    }
    Ok(written)
}

impl Parts {
    fn read(whole: &[u8], basic: &[u8]) -> Result<Parts, RevocationError> {
        let (tbs, algorithm, signature) = signed_parts(basic)?;
        let fields = encoding::fields(encoding::only(basic)?.value, 4)?;
        let mut certificates = Vec::new();
        if let Some(field) = fields.get(3) {
            field.tag.assert_eq(encoding::context(TagNumber::N0))?;
            let inner = encoding::fields(encoding::only(field.value)?.value, MAX_CERTIFICATES)?;
            certificates.extend(inner.iter().filter_map(|one| Certificate::from_der(one.whole).ok()));
        }
        let content = ResponseData::from_der(&whole_seconds(tbs, 0)?)?;
        let extensions = content.response_extensions.iter().flatten();
        if extensions.clone().any(|one| one.critical && one.extn_id != rfc6960::ID_PKIX_OCSP_NONCE) {
            return Err(RevocationError::Scope);
        }
        Ok(Parts { der: whole.to_vec(), tbs: tbs.to_vec(), content, algorithm, signature, certificates })
    }
}
