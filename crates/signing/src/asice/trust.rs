//! Who vouches for a container: the path of the signer at the proven time, its status, and the time-stamping authorities.

use jiff::{SignedDuration, Timestamp};

use super::proofs::Stamped;
use super::verdict::{Fault, Reason};
use crate::Certificate;
use crate::path::{
    Evidence, PathRules, Purpose, RevocationRule, StatusSource, TrustAnchors, revocation_status, validate,
};
use crate::revocation::{Moment, OcspAnswer, RevocationError, Status};

/// How far the clock of an authority may be ahead of ours.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);
/// Most certificates that may come along, in all parts together.
const CARRIED: usize = 64;

fn fault(text: impl Into<String>) -> Fault {
    Fault::new(Reason::Trust, text)
}

/// Reads the OCSP answers. One that calls the signer anything but good refuses the container, whoever gave it.
pub(super) fn answers(found: &[Vec<u8>], signer: &Certificate) -> Result<Vec<OcspAnswer>, Fault> {
    let mut answers = Vec::with_capacity(found.len());
    for der in found {
        let answer = OcspAnswer::from_der(der).map_err(|error| match error {
            RevocationError::NoAnswer(_) => fault(error.to_string()),
            other => Fault::new(Reason::Malformed, other.to_string()),
        })?;
        if answer.claims(signer).any(|status| status != Status::Good) {
            return Err(fault("an OCSP answer does not call the signer's certificate good"));
        }
        answers.push(answer);
    }
    Ok(answers)
}

/// Asks for the paths. What is asked about the signer is asked for the earliest proven time.
///
/// Whether an authority was itself revoked is not in a container and so not known; only its certificate is asked.
pub(super) fn ask(
    signer: &Certificate,
    stamps: &[Stamped],
    (certificates, ocsp_answers): (Vec<Certificate>, Vec<OcspAnswer>),
    anchors: &TrustAnchors,
    now: Timestamp,
) -> Result<(), Fault> {
    let mut evidence = Evidence { certificates, ocsp_answers, ..Evidence::default() };
    for answer in &evidence.ocsp_answers {
        evidence.certificates.extend_from_slice(answer.certificates());
    }
    refuse_strays(&evidence.certificates, stamps, anchors)?;
    for stamped in stamps {
        let at = stamped.time.at;
        if at > now.checked_add(CLOCK_SKEW).unwrap_or(Timestamp::MAX) {
            return Err(fault(format!("a time stamp from the future: {at}")));
        }
        let valid = stamped.stamp.validate(anchors, &evidence, Moment { at, now }, RevocationRule::WhereKnown);
        valid.map_err(|error| fault(format!("time-stamping authority: {error}")))?;
    }
    let at = stamps.iter().map(|stamped| stamped.time.at).min();
    let at = at.ok_or_else(|| fault("no time stamp, so no trusted time"))?;
    let moment = Moment { at, now };
    let rules = PathRules { purpose: Purpose::DocumentSigning, moment, revocation: RevocationRule::WhereKnown };
    let path = validate(signer, anchors, &evidence, &rules).map_err(|error| fault(format!("signer: {error}")))?;
    let issuer = path.certificates.get(1).ok_or_else(|| fault("the signer is its own authority"))?;
    match revocation_status(signer, issuer, &evidence, moment, false) {
        Ok(Some(StatusSource::Ocsp(..))) => Ok(()),
        Ok(_) => Err(fault("no OCSP answer that counts for the signer at the proven time")),
        Err(error) => Err(fault(format!("signer: {error}"))),
    }
}

/// Every certificate that came along is signed by one that came along or is trusted. One that is not, because somebody
/// changed it, need not be on the path that is found, and would go through as evidence that nobody looked at.
fn refuse_strays(carried: &[Certificate], stamps: &[Stamped], anchors: &TrustAnchors) -> Result<(), Fault> {
    let mut all: Vec<&Certificate> = carried.iter().collect();
    all.extend(stamps.iter().flat_map(|stamped| &stamped.stamp.certificates));
    all.sort_unstable_by_key(|one| one.der());
    all.dedup();
    if all.len() > CARRIED {
        return Err(fault("too many certificates came along"));
    }
    for one in &all {
        let issuers = all.iter().copied().chain(anchors.certificates());
        let mut issuers = issuers.filter(|issuer| issuer.subject_der() == one.issuer_der());
        if !anchors.certificates().contains(one) && !issuers.any(|issuer| one.verify_signed_by(issuer).is_ok()) {
            return Err(fault("a certificate that came along is signed by nobody who is known"));
        }
    }
    Ok(())
}
