//! Certificate revocation lists (RFC 5280, 5).

use std::sync::Arc;

use der::asn1::ObjectIdentifier;
use der::oid::db::rfc5280;
use der::{Decode as _, Tag, TagNumber};
use jiff::Timestamp;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::CrlReason;
use x509_cert::ext::pkix::crl::CrlDistributionPoints;
use x509_cert::ext::pkix::crl::dp::IssuingDistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_cert::time::Time;

use super::{Moment, RevocationError, Status};
use crate::certificate::signed_parts;
use crate::{Certificate, algorithm, encoding};

/// Upper bound of a list, 32 MiB: about 800,000 revoked certificates.
pub const MAX_REVOCATION_LIST: usize = 32 * 1024 * 1024;
const MAX_EXTENSIONS: usize = 32;

/// A revocation list. Cheap to clone; its entries are searched in place, never unpacked.
#[derive(Clone)]
pub struct RevocationList(Arc<Parts>);

struct Parts {
    der: Vec<u8>,
    issuer_der: Vec<u8>,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    extensions: Vec<Extension>,
}

impl PartialEq for RevocationList {
    fn eq(&self, other: &RevocationList) -> bool {
        self.0.der == other.0.der
    }
}

impl Eq for RevocationList {}

impl std::fmt::Debug for RevocationList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RevocationList").field("this_update", &self.0.this_update).finish_non_exhaustive()
    }
}

impl RevocationList {
    /// Reads a list, DER or PEM (`X509 CRL`).
    ///
    /// # Errors
    /// [`RevocationError::Malformed`].
    pub fn from_bytes(bytes: &[u8]) -> Result<RevocationList, RevocationError> {
        if bytes.len() > MAX_REVOCATION_LIST {
            return Err(RevocationError::Malformed("longer than a list can be"));
        }
        if bytes.first() == Some(&0x30) {
            return Parts::read(bytes.to_vec()).map(|parts| RevocationList(Arc::new(parts)));
        }
        let blocks = crate::pem::blocks(bytes, "X509 CRL", 1).map_err(|_| RevocationError::Malformed("PEM"))?;
        let der = blocks.into_iter().next().ok_or(RevocationError::Malformed("neither DER nor PEM"))?;
        Parts::read(der).map(|parts| RevocationList(Arc::new(parts)))
    }

    /// The list as its authority signed it.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// Whose list it is, as DER `Name`.
    pub fn issuer_der(&self) -> &[u8] {
        &self.0.issuer_der
    }

    /// When it was made.
    pub fn this_update(&self) -> Timestamp {
        self.0.this_update
    }

    /// When the next one comes at the latest.
    pub fn next_update(&self) -> Option<Timestamp> {
        self.0.next_update
    }

    /// What the list says of a certificate at a moment. `issuer` is the authority of both, already trusted.
    ///
    /// # Errors
    /// [`RevocationError`] when the list says nothing that counts.
    pub fn status(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        moment: Moment,
    ) -> Result<Status, RevocationError> {
        let parts = &self.0;
        if parts.issuer_der != certificate.issuer_der() || parts.issuer_der != issuer.subject_der() {
            return Err(RevocationError::OtherCertificate);
        }
        if !moment.is_told_by(parts.this_update, parts.next_update, certificate.not_after()) {
            return Err(RevocationError::Time);
        }
        self.refuse_other_scope(certificate)?;
        if issuer.key_usage().is_some_and(|usage| !usage.crl_sign()) {
            return Err(RevocationError::Signer);
        }
        let layout = Layout::of(&parts.der)?;
        algorithm::verify(issuer.public_key(), &layout.algorithm, None, layout.tbs, &layout.signature)?;
        entry(layout.entries, certificate.serial())
    }

    /// RFC 5280, 5.2.4 and 5.2.5, 6.3.3 (b): whether this list is about this certificate. Deltas, indirect lists, lists
    /// of some reasons only and unknown critical extensions are refused.
    fn refuse_other_scope(&self, certificate: &Certificate) -> Result<(), RevocationError> {
        let known = [rfc5280::ID_CE_ISSUING_DISTRIBUTION_POINT, rfc5280::ID_CE_AUTHORITY_KEY_IDENTIFIER];
        let extensions = &self.0.extensions;
        if extensions.iter().any(|extension| extension.critical && !known.contains(&extension.extn_id)) {
            return Err(RevocationError::Scope);
        }
        let scope = extensions.iter().find(|one| one.extn_id == rfc5280::ID_CE_ISSUING_DISTRIBUTION_POINT);
        let Some(scope) = scope else { return Ok(()) };
        let scope = IssuingDistributionPoint::from_der(scope.extn_value.as_bytes())?;
        let other = scope.indirect_crl
            || scope.only_some_reasons.is_some()
            || scope.only_contains_attribute_certs
            || (scope.only_contains_user_certs && certificate.is_authority())
            || (scope.only_contains_ca_certs && !certificate.is_authority())
            || scope.distribution_point.is_some_and(|point| !is_point_of(&point, certificate));
        if other { Err(RevocationError::Scope) } else { Ok(()) }
    }
}

fn entry(mut entries: &[u8], serial: &[u8]) -> Result<Status, RevocationError> {
    while !entries.is_empty() {
        let (entry, after) = encoding::split(entries)?;
        let (number, fields) = encoding::split(entry.value)?;
        if number.value == serial {
            return revoked(fields);
        }
        entries = after;
    }
    Ok(Status::Good)
}

/// The date and the reason of an entry.
fn revoked(fields: &[u8]) -> Result<Status, RevocationError> {
    let (date, rest) = encoding::split(fields)?;
    let since = time(date.whole)?;
    let extensions = if rest.is_empty() { Vec::new() } else { Vec::<Extension>::from_der(rest)? };
    let reason_code = rfc5280::ID_CE_CRL_REASONS;
    if extensions.iter().any(|extension| extension.critical && extension.extn_id != reason_code) {
        return Err(RevocationError::Scope);
    }
    let reason = extensions.iter().find(|extension| extension.extn_id == reason_code);
    let reason = reason.map(|extension| CrlReason::from_der(extension.extn_value.as_bytes())).transpose()?;
    Ok(Status::Revoked { since, reason: reason.map_or(0, |reason| reason as u8) })
}

fn is_point_of(point: &DistributionPointName, certificate: &Certificate) -> bool {
    let DistributionPointName::FullName(names) = point else { return false };
    let Some(extension) = certificate.extension(rfc5280::ID_CE_CRL_DISTRIBUTION_POINTS) else { return false };
    let Ok(own) = CrlDistributionPoints::from_der(extension.extn_value.as_bytes()) else { return false };
    let own: Vec<GeneralName> =
        own.0.into_iter().filter_map(|one| full_name(one.distribution_point?)).flatten().collect();
    names.iter().any(|name| own.contains(name))
}

fn full_name(point: DistributionPointName) -> Option<Vec<GeneralName>> {
    match point {
        DistributionPointName::FullName(names) => Some(names),
        DistributionPointName::NameRelativeToCRLIssuer(_) => None,
    }
}

pub(super) fn time(der: &[u8]) -> Result<Timestamp, RevocationError> {
    let time = Time::from_der(der)?;
    encoding::timestamp(time.to_unix_duration()).ok_or(RevocationError::Malformed("time"))
}

/// The parts of a list, where they stand in its DER.
struct Layout<'a> {
    tbs: &'a [u8],
    inner_algorithm: &'a [u8],
    issuer: &'a [u8],
    this_update: &'a [u8],
    next_update: Option<&'a [u8]>,
    entries: &'a [u8],
    extensions: Option<&'a [u8]>,
    algorithm: AlgorithmIdentifierOwned,
    signature: Vec<u8>,
}

impl Layout<'_> {
    fn of(der: &[u8]) -> Result<Layout<'_>, RevocationError> {
        let (tbs, algorithm, signature) = signed_parts(der)?;
        let mut fields = encoding::fields(encoding::only(tbs)?.value, 8)?.into_iter().peekable();
        fields.next_if(|field| field.tag == Tag::Integer);
        let (Some(inner), Some(issuer), Some(this_update)) = (fields.next(), fields.next(), fields.next()) else {
            return Err(RevocationError::Malformed("too few fields"));
        };
        let next_update = fields.next_if(|field| matches!(field.tag, Tag::UtcTime | Tag::GeneralizedTime));
        let entries = fields.next_if(|field| field.tag == Tag::Sequence);
        let extensions = fields.next_if(|field| field.tag == encoding::context(TagNumber::N0));
        if fields.next().is_some() {
            return Err(RevocationError::Malformed("unknown field"));
        }
        Ok(Layout {
            tbs,
            inner_algorithm: inner.whole,
            issuer: issuer.whole,
            this_update: this_update.whole,
            next_update: next_update.map(|field| field.whole),
            entries: entries.map_or(&[], |field| field.value),
            extensions: extensions.map(|field| field.value),
            algorithm,
            signature,
        })
    }
}

impl Parts {
    fn read(der: Vec<u8>) -> Result<Parts, RevocationError> {
        let layout = Layout::of(&der)?;
        if AlgorithmIdentifierOwned::from_der(layout.inner_algorithm)? != layout.algorithm {
            return Err(RevocationError::Malformed("names two signature algorithms"));
        }
        Ok(Parts {
            issuer_der: layout.issuer.to_vec(),
            this_update: time(layout.this_update)?,
            next_update: layout.next_update.map(time).transpose()?,
            extensions: layout.extensions.map(extensions).transpose()?.unwrap_or_default(),
            der,
        })
    }
}

/// Extensions of a list or an answer; one kind once.
pub(super) fn extensions(der: &[u8]) -> Result<Vec<Extension>, RevocationError> {
    let field = encoding::only(der)?;
    encoding::fields(field.value, MAX_EXTENSIONS)?;
    let read = Vec::<Extension>::from_der(der)?;
    let mut kinds: Vec<ObjectIdentifier> = read.iter().map(|extension| extension.extn_id).collect();
    kinds.sort_unstable();
    let twice = kinds.windows(2).any(|pair| pair[0] == pair[1]);
    if twice { Err(RevocationError::Malformed("an extension stands twice")) } else { Ok(read) }
}
