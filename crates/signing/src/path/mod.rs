//! From a certificate to an anchor this house trusts (RFC 5280, 6), at a given moment and for a given purpose.
//!
//! What is not understood is refused: unknown critical extensions, name constraints, policy constraints. Names are
//! compared byte by byte. The work is bounded, whatever certificates a document brings along.

mod check;
mod gather;

#[cfg(test)]
mod tests;

use jiff::Timestamp;

pub use check::{StatusSource, revocation_status};
pub use gather::{NotFetched, gather};

use crate::revocation::{Moment, OcspAnswer, RevocationList};
use crate::{Certificate, SigningError};

/// Longest path, anchor included.
const MAX_DEPTH: usize = 8;
/// Most signatures of certificates checked for one path.
const MAX_CHECKS: usize = 64;

/// What a certificate is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Signing documents, by a person or an organisation.
    DocumentSigning,
    /// Signing time stamps: the purpose is critical and the only one (RFC 3161, 2.3).
    TimeStamping,
    /// Answering for an authority (RFC 6960, 4.2.2.2).
    OcspSigning,
}

/// How much must be known about revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevocationRule {
    /// Nothing is asked.
    Ignored,
    /// A known revocation counts, missing data does not.
    WhereKnown,
    /// Every certificate below the anchor needs data that says it was good.
    Required,
}

/// The question put to a path.
#[derive(Debug, Clone, Copy)]
pub struct PathRules {
    /// What the certificate is used for.
    pub purpose: Purpose,
    /// When it had to be good, and when that is asked.
    pub moment: Moment,
    /// What must be known about revocation.
    pub revocation: RevocationRule,
}

/// The authorities this house trusts, from configuration.
#[derive(Debug, Clone, Default)]
pub struct TrustAnchors(Vec<Certificate>);

impl TrustAnchors {
    /// Trusts exactly these certificates.
    pub fn new(certificates: Vec<Certificate>) -> TrustAnchors {
        TrustAnchors(certificates)
    }

    /// Reads the anchors from a PEM bundle.
    ///
    /// # Errors
    /// As [`Certificate::read_bundle`].
    pub fn from_pem(text: &[u8]) -> Result<TrustAnchors, SigningError> {
        Certificate::read_bundle(text).map(TrustAnchors)
    }

    /// The anchors.
    pub fn certificates(&self) -> &[Certificate] {
        &self.0
    }
}

/// What is at hand to build and check a path: from the document, from a store, or just fetched. None of it is trusted.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Certificates that may stand between.
    pub certificates: Vec<Certificate>,
    /// Lists of revoked certificates.
    pub revocation_lists: Vec<RevocationList>,
    /// Answers of OCSP responders.
    pub ocsp_answers: Vec<OcspAnswer>,
}

impl Evidence {
    /// Takes over what `more` has.
    pub fn extend(&mut self, more: &Evidence) {
        self.certificates.extend_from_slice(&more.certificates);
        self.revocation_lists.extend_from_slice(&more.revocation_lists);
        self.ocsp_answers.extend_from_slice(&more.ocsp_answers);
    }
}

/// A path that holds.
#[derive(Debug, Clone)]
pub struct ValidPath {
    /// From the certificate asked about to the anchor.
    pub certificates: Vec<Certificate>,
    /// For each certificate below the anchor, what showed that it was not revoked; none where nothing was at hand.
    pub statuses: Vec<Option<StatusSource>>,
}

/// Why a path does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// No certificate of the issuer is at hand, or none leads to an anchor.
    #[error("no path leads to a trusted authority")]
    NoPath,
    /// The issuer of this name did not sign the certificate.
    #[error("the issuer did not sign the certificate")]
    Signature,
    /// The certificate rests on an algorithm that is not accepted.
    #[error("the certificate rests on a weak algorithm")]
    WeakAlgorithm,
    /// It is not valid yet.
    #[error("not valid before {0}")]
    NotYetValid(Timestamp),
    /// It had ended.
    #[error("not valid after {0}")]
    Expired(Timestamp),
    /// It issued a certificate without being an authority.
    #[error("issued certificates without the right to")]
    NotAuthority,
    /// More authorities follow below it than it allows.
    #[error("the path is longer than an authority allows")]
    PathLength,
    /// Its key may not be used for this (keyUsage).
    #[error("the key may not be used for this")]
    KeyUsage,
    /// It is for other purposes (extended key usage).
    #[error("the certificate is for another purpose")]
    ExtendedKeyUsage,
    /// It has a limit that is not understood, by its object identifier.
    #[error("a limit of the certificate is not understood: {0}")]
    UnknownCriticalExtension(String),
    /// It was revoked.
    #[error("revoked since {since}")]
    Revoked {
        /// Since when.
        since: Timestamp,
        /// The number of the reason (RFC 5280, 5.3.1).
        reason: u8,
    },
    /// Nothing at hand says that it was not revoked.
    #[error("its revocation status is unknown")]
    RevocationUnknown,
    /// There are more possible paths than are tried.
    #[error("too many possible paths")]
    TooMuchWork,
}

/// A fault, and the certificate that has it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("certificate path: {fault}")]
pub struct PathError {
    /// What does not hold.
    pub fault: PathFault,
    /// The certificate concerned.
    pub certificate: Certificate,
}

/// Finds a path from `certificate` to an anchor that holds under `rules`.
///
/// A certificate that is itself an anchor is its own path; it is still asked for validity and purpose.
///
/// # Errors
/// [`PathError`]: of the first complete path when there is one, else why none is complete.
pub fn validate(
    certificate: &Certificate,
    anchors: &TrustAnchors,
    evidence: &Evidence,
    rules: &PathRules,
) -> Result<ValidPath, PathError> {
    let mut search = Search { anchors, evidence, rules, checks: 0, fault: None, complete: false };
    match search.extend(&mut vec![certificate.clone()]) {
        Some(path) => Ok(path),
        None => Err(search.fault.unwrap_or(PathError { fault: PathFault::NoPath, certificate: certificate.clone() })),
    }
}

struct Search<'a> {
    anchors: &'a TrustAnchors,
    evidence: &'a Evidence,
    rules: &'a PathRules,
    checks: usize,
    fault: Option<PathError>,
    /// Whether `fault` is that of a complete path, which tells more than one on the way.
    complete: bool,
}

impl Search<'_> {
    fn extend(&mut self, path: &mut Vec<Certificate>) -> Option<ValidPath> {
        let last = path.last()?.clone();
        if self.anchors.0.contains(&last) {
            return self.judge(path);
        }
        if path.len() == MAX_DEPTH {
            return None;
        }
        let candidates: Vec<Certificate> = self.anchors.0.iter().chain(&self.evidence.certificates).cloned().collect();
        for candidate in candidates {
            if candidate.subject_der() != last.issuer_der() || path.contains(&candidate) {
                continue;
            }
            self.checks += 1;
            if self.checks > MAX_CHECKS {
                if !self.complete {
                    self.fault = Some(PathError { fault: PathFault::TooMuchWork, certificate: last });
                }
                return None;
            }
            match last.verify_signed_by(&candidate) {
                Ok(()) => {}
                Err(SigningError::WeakAlgorithm(_)) => {
                    self.note(PathFault::WeakAlgorithm, &last);
                    continue;
                }
                Err(_) => {
                    self.note(PathFault::Signature, &last);
                    continue;
                }
            }
            path.push(candidate);
            let found = self.extend(path);
            path.pop();
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn judge(&mut self, path: &[Certificate]) -> Option<ValidPath> {
        match check::check(path, self.evidence, self.rules) {
            Ok(statuses) => Some(ValidPath { certificates: path.to_vec(), statuses }),
            Err(error) => {
                if !self.complete {
                    self.fault = Some(error);
                    self.complete = true;
                }
                None
            }
        }
    }

    fn note(&mut self, fault: PathFault, certificate: &Certificate) {
        self.fault.get_or_insert_with(|| PathError { fault, certificate: certificate.clone() });
    }
}
