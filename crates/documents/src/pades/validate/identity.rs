//! Whether the certificates were good when they signed, and the level that follows.
//!
//! Time runs backwards: the newest time stamp is judged now, and whatever it covers is judged at the moment it proves
//! (EN 319 102-1, 5.6.3, in the plain form that one chain of document time stamps needs).

use haidang_signing::Certificate;
use haidang_signing::path::{Evidence, PathError, PathFault, PathRules, Purpose, RevocationRule, validate};
use haidang_signing::revocation::Moment;
use haidang_signing::time_stamp::TimeStamp;
use jiff::{SignedDuration, Timestamp};

use super::report::{Answer, Code, Finding, Verdict};
use super::{Held, Judge};
use crate::pades::Level;
use crate::pades::evidence::{ask_about, from_store};
use crate::pades::store::ValidationData;

/// How far the clock of an authority may be ahead of ours.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// What is known about one signature besides its bytes.
pub(super) struct Identity {
    pub(super) answer: Answer,
    pub(super) stamped_at: Option<Timestamp>,
    pub(super) level: Option<Level>,
}

/// A path that was judged.
struct Judged {
    answer: Answer,
    /// Everything about revocation stood in the file.
    complete: bool,
}

struct Bench<'a> {
    judge: &'a Judge,
    evidence: Evidence,
}

/// Judges all signatures, in the order given.
pub(super) async fn judge_all(held: &[Held], store: &ValidationData, judge: &Judge) -> Vec<Identity> {
    let mut evidence = from_store(store);
    for one in held {
        evidence.certificates.extend_from_slice(&one.certificates);
        evidence.certificates.extend(one.tokens.iter().flat_map(|token| token.certificates.clone()));
    }
    let mut bench = Bench { judge, evidence };
    let mut order: Vec<usize> = (0..held.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(held[*index].covered.revision));
    let mut found: Vec<Option<Identity>> = held.iter().map(|_| None).collect();
    // The moments that document time stamps prove, newest first: everything before them existed then.
    let mut proven = judge.now;
    let mut stamps = 0;
    for index in order {
        let one = &held[index];
        let identity = if one.covered.is_time_stamp {
            let identity = bench.time_stamp(one, proven).await;
            if let (Verdict::Passed | Verdict::Undetermined, Some(at)) = (identity.answer.verdict, identity.stamped_at)
            {
                proven = at.min(proven);
                stamps += 1;
            }
            identity
        } else {
            bench.signature(one, proven, stamps > 0).await
        };
        found[index] = Some(identity);
    }
    let none = || Identity { answer: Answer::failed(Code::SignatureMalformed), stamped_at: None, level: None };
    found.into_iter().map(|identity| identity.unwrap_or_else(none)).collect()
}

impl Bench<'_> {
    async fn time_stamp(&mut self, held: &Held, proven: Timestamp) -> Identity {
        let Some(stamp) = held.tokens.first() else {
            return Identity { answer: Answer::failed(Code::TimeStampWrong), stamped_at: None, level: None };
        };
        let judged = self.stamp(stamp, proven).await;
        Identity { answer: judged.answer, stamped_at: Some(stamp.info.time), level: None }
    }

    async fn signature(&mut self, held: &Held, proven: Timestamp, archived: bool) -> Identity {
        let mut complete = true;
        let mut stamp: Option<&TimeStamp> = None;
        let mut remarks = Vec::new();
        for token in &held.tokens {
            let judged = self.stamp(token, proven).await;
            if judged.answer.verdict == Verdict::Failed {
                remarks.push(Finding::new(Code::TimeStampUntrusted, None));
                remarks.extend(judged.answer.findings);
                continue;
            }
            complete &= judged.complete;
            // The earliest proof counts most.
            if stamp.is_none_or(|other| token.info.time < other.info.time) {
                stamp = Some(token);
            }
        }
        let stamped_at = stamp.map(|stamp| stamp.info.time);
        let at = stamped_at.unwrap_or(proven).min(proven);
        let judged = self.path(&held.signer.certificate, Purpose::DocumentSigning, at).await;
        complete &= judged.complete;
        let mut answer = judged.answer;
        if held.wrong_token {
            answer = Answer::failed(Code::TimeStampWrong);
        }
        // A time stamp that nobody vouches for proves no time; the signature may still be good today.
        if stamp.is_none() && !remarks.is_empty() && answer.verdict == Verdict::Passed {
            answer.verdict = Verdict::Failed;
        }
        answer.findings.extend(remarks);
        let level = match (answer.verdict, stamp.is_some(), complete, archived) {
            (Verdict::Failed, ..) => None,
            (_, false, ..) => Some(Level::Basic),
            (_, true, false, _) => Some(Level::Time),
            (_, true, true, false) => Some(Level::LongTerm),
            (_, true, true, true) => Some(Level::Archive),
        };
        Identity { answer, stamped_at: stamped_at.or((proven < self.judge.now).then_some(proven)), level }
    }

    /// Judges the authority of a time stamp at a moment; it must also have been valid at the time it names.
    async fn stamp(&mut self, stamp: &TimeStamp, at: Timestamp) -> Judged {
        let latest = at.checked_add(CLOCK_SKEW).unwrap_or(Timestamp::MAX);
        if !stamp.authority.is_valid_at(stamp.info.time) || stamp.info.time > latest {
            return Judged { answer: Answer::failed(Code::TimeStampWrong), complete: false };
        }
        self.path(&stamp.authority, Purpose::TimeStamping, at).await
    }

    /// Judges a certificate at a moment, first by the file alone, then by what authorities say.
    async fn path(&mut self, certificate: &Certificate, purpose: Purpose, at: Timestamp) -> Judged {
        let moment = Moment { at, now: self.judge.now };
        let rules = |revocation| PathRules { purpose, moment, revocation };
        let anchors = &self.judge.anchors;
        let fault = match validate(certificate, anchors, &self.evidence, &rules(RevocationRule::Required)) {
            Ok(_) => return Judged { answer: Answer::passed(), complete: true },
            Err(error) => error,
        };
        if fault.fault != PathFault::RevocationUnknown {
            return Judged { answer: refused(&fault), complete: false };
        }
        if let Some(transport) = &self.judge.transport
            && let Ok(path) = validate(certificate, anchors, &self.evidence, &rules(RevocationRule::Ignored))
        {
            ask_about(&path, &mut self.evidence, moment, transport.as_ref()).await;
            match validate(certificate, anchors, &self.evidence, &rules(RevocationRule::Required)) {
                Ok(_) => return Judged { answer: Answer::passed(), complete: false },
                Err(error) if error.fault != PathFault::RevocationUnknown => {
                    return Judged { answer: refused(&error), complete: false };
                }
                Err(_) => {}
            }
        }
        let verdict = match self.judge.revocation {
            RevocationRule::Required => Verdict::Failed,
            RevocationRule::WhereKnown => Verdict::Undetermined,
            RevocationRule::Ignored => return Judged { answer: Answer::passed(), complete: false },
        };
        Judged { answer: Answer::of(verdict, Code::RevocationUnknown, None), complete: false }
    }
}

fn refused(error: &PathError) -> Answer {
    let code = match &error.fault {
        PathFault::NoPath | PathFault::Signature | PathFault::TooMuchWork => Code::UntrustedAuthority,
        PathFault::Expired(_) => Code::CertificateExpired,
        PathFault::NotYetValid(_) => Code::CertificateNotYetValid,
        PathFault::Revoked { .. } => Code::CertificateRevoked,
        PathFault::RevocationUnknown => Code::RevocationUnknown,
        PathFault::WeakAlgorithm => Code::WeakAlgorithm,
        _ => Code::CertificateUnfit,
    };
    Answer::of(Verdict::Failed, code, Some(error.fault.to_string()))
}
