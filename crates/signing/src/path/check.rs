//! The checks on a complete path.

use der::asn1::ObjectIdentifier;
use der::oid::db::rfc5280;

use super::{Evidence, PathError, PathFault, PathRules, Purpose, RevocationRule};
use crate::Certificate;
use crate::revocation::{Moment, OcspAnswer, RevocationList, Status};

/// `id-kp-documentSigning` (RFC 9336) and what authorities wrote before it: S/MIME, Adobe and Microsoft.
const DOCUMENT_PURPOSES: [ObjectIdentifier; 5] = [
    rfc5280::ID_KP_EMAIL_PROTECTION,
    rfc5280::ANY_EXTENDED_KEY_USAGE,
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.36"),
    ObjectIdentifier::new_unwrap("1.2.840.113583.1.1.5"),
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.10.3.12"),
];

/// Critical extensions that are checked here, or that limit nothing this house does.
const UNDERSTOOD: [ObjectIdentifier; 7] = [
    rfc5280::ID_CE_KEY_USAGE,
    rfc5280::ID_CE_BASIC_CONSTRAINTS,
    rfc5280::ID_CE_EXT_KEY_USAGE,
    rfc5280::ID_CE_SUBJECT_ALT_NAME,
    rfc5280::ID_CE_CERTIFICATE_POLICIES,
    rfc5280::ID_CE_CRL_DISTRIBUTION_POINTS,
    rfc5280::ID_CE_AUTHORITY_KEY_IDENTIFIER,
];

/// What showed that a certificate was not revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusSource {
    /// A list of its issuer.
    List(RevocationList),
    /// An OCSP answer, and the appointed responder when it was not the issuer itself.
    Ocsp(OcspAnswer, Option<Certificate>),
    /// Its issuer says that it need not be asked (RFC 6960, 4.2.2.2.1).
    NoCheck,
}

/// Judges a path from the certificate to the anchor, whose signatures hold.
pub(super) fn check(
    path: &[Certificate],
    evidence: &Evidence,
    rules: &PathRules,
) -> Result<Vec<Option<StatusSource>>, PathError> {
    let mut below = 0;
    for (depth, certificate) in path.iter().enumerate() {
        let judged = own_limits(certificate, rules).and_then(|()| match depth {
            0 => purpose(certificate, rules.purpose),
            _ => authority(certificate, below),
        });
        judged.map_err(|fault| PathError { fault, certificate: certificate.clone() })?;
        if depth > 0 && !certificate.is_self_issued() {
            below += 1;
        }
    }
    let pairs = path.iter().zip(path.iter().skip(1));
    pairs
        .map(|(certificate, issuer)| {
            not_revoked(certificate, issuer, evidence, rules)
                .map_err(|fault| PathError { fault, certificate: certificate.clone() })
        })
        .collect()
}

fn own_limits(certificate: &Certificate, rules: &PathRules) -> Result<(), PathFault> {
    let at = rules.moment.at;
    if at < certificate.not_before() {
        return Err(PathFault::NotYetValid(certificate.not_before()));
    }
    if !certificate.is_valid_at(at) {
        return Err(PathFault::Expired(certificate.not_after()));
    }
    let strange = certificate.extensions().iter().find(|extension| {
        // Name constraints are not evaluated, so they are refused even where their author forgot to make them critical.
        let limit = extension.critical || extension.extn_id == rfc5280::ID_CE_NAME_CONSTRAINTS;
        limit && !UNDERSTOOD.contains(&extension.extn_id)
    });
    match strange {
        Some(extension) => Err(PathFault::UnknownCriticalExtension(extension.extn_id.to_string())),
        None => Ok(()),
    }
}

fn authority(certificate: &Certificate, below: usize) -> Result<(), PathFault> {
    if !certificate.is_authority() {
        return Err(PathFault::NotAuthority);
    }
    if certificate.key_usage().is_some_and(|usage| !usage.key_cert_sign()) {
        return Err(PathFault::KeyUsage);
    }
    if certificate.path_length().is_some_and(|limit| below > usize::from(limit)) {
        return Err(PathFault::PathLength);
    }
    Ok(())
}

fn purpose(certificate: &Certificate, purpose: Purpose) -> Result<(), PathFault> {
    let signs = |usage: x509_cert::ext::pkix::KeyUsage| usage.digital_signature() || usage.non_repudiation();
    if certificate.key_usage().is_some_and(|usage| !signs(usage)) {
        return Err(PathFault::KeyUsage);
    }
    let purposes = certificate.extended_key_usage();
    let critical = certificate.extension(rfc5280::ID_CE_EXT_KEY_USAGE).is_some_and(|extension| extension.critical);
    let fits = match purpose {
        Purpose::DocumentSigning => {
            purposes.is_none_or(|given| given.iter().any(|one| DOCUMENT_PURPOSES.contains(one)))
        }
        Purpose::TimeStamping => critical && purposes == Some(&[rfc5280::ID_KP_TIME_STAMPING]),
        Purpose::OcspSigning => purposes.is_some_and(|given| given.contains(&rfc5280::ID_KP_OCSP_SIGNING)),
    };
    if fits { Ok(()) } else { Err(PathFault::ExtendedKeyUsage) }
}

fn not_revoked(
    certificate: &Certificate,
    issuer: &Certificate,
    evidence: &Evidence,
    rules: &PathRules,
) -> Result<Option<StatusSource>, PathFault> {
    if rules.revocation == RevocationRule::Ignored {
        return Ok(None);
    }
    if rules.purpose == Purpose::OcspSigning && certificate.has_ocsp_no_check() {
        return Ok(Some(StatusSource::NoCheck));
    }
    let required = rules.revocation == RevocationRule::Required;
    match revocation_status(certificate, issuer, evidence, rules.moment, required)? {
        None if required => Err(PathFault::RevocationUnknown),
        found => Ok(found),
    }
}

/// What the evidence says about one certificate under its issuer. One revocation outweighs every other answer.
///
/// `strict` also asks for the status of an appointed responder that is not exempt from it, from lists alone.
///
/// # Errors
/// [`PathFault::Revoked`].
pub fn revocation_status(
    certificate: &Certificate,
    issuer: &Certificate,
    evidence: &Evidence,
    moment: Moment,
    strict: bool,
) -> Result<Option<StatusSource>, PathFault> {
    let mut source = None;
    for answer in &evidence.ocsp_answers {
        let Ok(told) = answer.status(certificate, issuer, moment) else { continue };
        if let Some(responder) = told.responder.as_ref().filter(|responder| !responder.has_ocsp_no_check()) {
            match from_lists(responder, issuer, evidence, moment) {
                Ok(None) if strict => continue,
                Err(_) => continue,
                Ok(_) => {}
            }
        }
        if is_good(told.status, moment)? && source.is_none() {
            source = Some(StatusSource::Ocsp(answer.clone(), told.responder));
        }
    }
    let list = from_lists(certificate, issuer, evidence, moment)?;
    Ok(source.or(list.map(StatusSource::List)))
}

fn from_lists(
    certificate: &Certificate,
    issuer: &Certificate,
    evidence: &Evidence,
    moment: Moment,
) -> Result<Option<RevocationList>, PathFault> {
    let mut found = None;
    for list in &evidence.revocation_lists {
        let Ok(status) = list.status(certificate, issuer, moment) else { continue };
        if is_good(status, moment)? && found.is_none() {
            found = Some(list.clone());
        }
    }
    Ok(found)
}

/// A revocation from after the moment leaves the moment good.
fn is_good(status: Status, moment: Moment) -> Result<bool, PathFault> {
    match status {
        Status::Good => Ok(true),
        Status::Unknown => Ok(false),
        Status::Revoked { since, .. } if since > moment.at => Ok(true),
        Status::Revoked { since, reason } => Err(PathFault::Revoked { since, reason }),
    }
}
