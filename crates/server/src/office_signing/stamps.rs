//! Chains of time stamps: the first over a digest, each next over the token before it (RFC 4998, 5.2). A token is judged
//! at the time of the one that follows it, the last one now.

use haidang_contracts::papers::{JudgedAs, StampChain, StampFacts};
use haidang_signing::DigestAlgorithm;
use haidang_signing::path::{Evidence, PathFault, RevocationRule, TrustAnchors};
use haidang_signing::revocation::Moment;
use haidang_signing::time_stamp::{TimeStamp, TimeStampError};
use jiff::Timestamp;

/// Judges a chain by the city's anchors.
pub(super) fn judge(digest: &[u8; 32], tokens: &[Vec<u8>], anchors: &TrustAnchors, now: Timestamp) -> StampChain {
    let mut chain = StampChain { stamps: Vec::new(), answer: JudgedAs::Valid, remarks: Vec::new() };
    let mut read = Vec::with_capacity(tokens.len());
    for token in tokens {
        match TimeStamp::read(token, &[]) {
            Ok(stamp) => read.push(stamp),
            Err(_) => return broken(chain, "stamp_malformed"),
        }
    }
    if read.is_empty() {
        chain.answer = JudgedAs::Unknown;
        chain.remarks.push("stamp_missing".to_owned());
        return chain;
    }
    let mut expected = digest.to_vec();
    for (place, stamp) in read.iter().enumerate() {
        let over = stamp.info.imprint.algorithm == DigestAlgorithm::Sha256 && stamp.covers_digest(&expected).is_ok();
        if !over {
            return broken(chain, "stamp_other_content");
        }
        let next = read.get(place + 1).map(|next| next.info.time);
        if next.is_some_and(|next| next < stamp.info.time) {
            return broken(chain, "stamp_order");
        }
        chain.stamps.push(StampFacts {
            at: stamp.info.time,
            until: stamp.authority.not_after(),
            authority: stamp.authority.common_name().unwrap_or_default(),
        });
        let moment = Moment { at: next.unwrap_or(now), now };
        let judged = stamp.validate(anchors, &Evidence::default(), moment, RevocationRule::WhereKnown);
        match judged.err().map(|error| fault(&error)) {
            None => {}
            // Nothing follows it and its certificate has ended: what it proved can no longer be shown.
            Some("stamp_expired") if next.is_none() => {
                chain.answer = JudgedAs::Unknown;
                chain.remarks.push("stamp_expired".to_owned());
            }
            Some(code) => return broken(chain, code),
        }
        expected = DigestAlgorithm::Sha256.digest(stamp.der());
    }
    chain
}

fn broken(mut chain: StampChain, code: &str) -> StampChain {
    chain.answer = JudgedAs::Invalid;
    chain.remarks.push(code.to_owned());
    chain
}

fn fault(error: &TimeStampError) -> &'static str {
    match error {
        TimeStampError::Path(path) if matches!(path.fault, PathFault::Expired(_)) => "stamp_expired",
        TimeStampError::Path(path) if matches!(path.fault, PathFault::Revoked { .. }) => "stamp_revoked",
        _ => "stamp_untrusted",
    }
}
