//! Fetching what a path lacks: certificates in between, and data that says they were not revoked.
//!
//! What comes back is as little trusted as what a document brings along; it is kept only when it says something about
//! the certificate it was fetched for.

use super::{Evidence, MAX_DEPTH, PathFault, PathRules, RevocationRule, TrustAnchors, revocation_status, validate};
use crate::revocation::{Moment, OcspAnswer, RevocationList, ocsp_request};
use crate::{Certificate, Transport};

/// Something that was asked for and did not come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotFetched {
    /// The address.
    pub url: String,
    /// Why, in words for a log.
    pub reason: String,
}

/// Completes `evidence` for a certificate by the addresses in the certificates, and says what could not be had.
///
/// Afterwards [`validate`] with [`RevocationRule::Required`] holds if it can hold at all. For a document that must be
/// checked in ten years, what was gathered is stored in it (PAdES B-LT).
pub async fn gather(
    certificate: &Certificate,
    anchors: &TrustAnchors,
    evidence: &mut Evidence,
    rules: &PathRules,
    transport: &dyn Transport,
) -> Vec<NotFetched> {
    let mut round = Round { transport, moment: rules.moment, missed: Vec::new() };
    let unasked = PathRules { revocation: RevocationRule::Ignored, ..*rules };
    for _ in 0..MAX_DEPTH {
        match validate(certificate, anchors, evidence, &unasked) {
            Ok(path) => {
                let pairs = path.certificates.iter().zip(path.certificates.iter().skip(1));
                for (below, issuer) in pairs {
                    round.status(below, issuer, evidence).await;
                }
                break;
            }
            Err(error) if matches!(error.fault, PathFault::NoPath | PathFault::Signature) => {
                let last = highest(certificate, evidence);
                let Some(issuer) = round.issuer(&last).await else { break };
                if evidence.certificates.contains(&issuer) {
                    break;
                }
                evidence.certificates.push(issuer);
            }
            Err(_) => break,
        }
    }
    round.missed
}

/// The last certificate that is reached from this one upwards.
fn highest(certificate: &Certificate, evidence: &Evidence) -> Certificate {
    let mut last = certificate.clone();
    for _ in 0..MAX_DEPTH {
        let signs = |one: &&Certificate| one.subject_der() == last.issuer_der() && **one != last;
        let above = evidence.certificates.iter().filter(signs).find(|one| last.verify_signed_by(one).is_ok());
        let Some(above) = above.cloned() else { break };
        last = above;
    }
    last
}

struct Round<'a> {
    transport: &'a dyn Transport,
    moment: Moment,
    missed: Vec<NotFetched>,
}

impl Round<'_> {
    async fn issuer(&mut self, certificate: &Certificate) -> Option<Certificate> {
        for url in certificate.issuer_urls() {
            let answer = self.transport.get(&url).await.map_err(|error| error.to_string());
            match answer.and_then(|body| Certificate::from_bytes(&body).map_err(|error| error.to_string())) {
                Ok(issuer) if certificate.verify_signed_by(&issuer).is_ok() => return Some(issuer),
                Ok(_) => self.miss(url, "the certificate there is another one"),
                Err(reason) => self.miss(url, reason),
            }
        }
        None
    }

    /// Asks the responder first, whose answer is small, then for the list.
    async fn status(&mut self, certificate: &Certificate, issuer: &Certificate, evidence: &mut Evidence) {
        if !matches!(revocation_status(certificate, issuer, evidence, self.moment, true), Ok(None)) {
            return;
        }
        let Ok(request) = ocsp_request(certificate, issuer, None) else { return };
        for url in certificate.ocsp_urls() {
            let answer = self.transport.post(&url, "application/ocsp-request", request.clone()).await;
            let answer = answer.map_err(|error| error.to_string());
            let answer = answer.and_then(|body| OcspAnswer::from_der(&body).map_err(|error| error.to_string()));
            let told = answer.and_then(|answer| {
                let status = answer.status(certificate, issuer, self.moment).map_err(|error| error.to_string())?;
                Ok((answer, status))
            });
            match told {
                Ok((answer, status)) => {
                    evidence.ocsp_answers.push(answer);
                    if let Some(responder) = status.responder.filter(|responder| !responder.has_ocsp_no_check()) {
                        self.list(&responder, issuer, evidence).await;
                    }
                    break;
                }
                Err(reason) => self.miss(url, reason),
            }
        }
        if matches!(revocation_status(certificate, issuer, evidence, self.moment, true), Ok(None)) {
            self.list(certificate, issuer, evidence).await;
        }
    }

    async fn list(&mut self, certificate: &Certificate, issuer: &Certificate, evidence: &mut Evidence) {
        for url in certificate.crl_urls() {
            let body = self.transport.get(&url).await.map_err(|error| error.to_string());
            let list = body.and_then(|body| RevocationList::from_bytes(&body).map_err(|error| error.to_string()));
            let told = list.and_then(|list| {
                let told = list.status(certificate, issuer, self.moment);
                told.map(|_| list).map_err(|error| error.to_string())
            });
            match told {
                Ok(list) => {
                    if !evidence.revocation_lists.contains(&list) {
                        evidence.revocation_lists.push(list);
                    }
                    return;
                }
                Err(reason) => self.miss(url, reason),
            }
        }
    }

    fn miss(&mut self, url: String, reason: impl Into<String>) {
        self.missed.push(NotFetched { url, reason: reason.into() });
    }
}
