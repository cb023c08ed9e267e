//! What may follow what in a person's decisions about one purpose.

use haidang_contracts::consent::{Basis, Decision, Purpose, Standing};
use jiff::{SignedDuration, Timestamp};

/// What a decision leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A new receipt.
    Write,
    /// It stands already: the last receipt says the same.
    Stands,
}

/// Whether a decision may follow the last one, or the code of the refusal.
pub fn step(
    purpose: &Purpose,
    last: Option<&Standing>,
    decision: Decision,
    now: Timestamp,
) -> Result<Step, &'static str> {
    if purpose.basis == Basis::Law {
        return Err("no_consent_needed");
    }
    let holds = last.is_some_and(|last| last.allows(now));
    match decision {
        Decision::Granted if holds => Ok(Step::Stands),
        Decision::Granted => Ok(Step::Write),
        Decision::Withdrawn if holds => Ok(Step::Write),
        Decision::Withdrawn if last.is_some_and(|last| last.decision == Decision::Withdrawn) => Ok(Step::Stands),
        Decision::Withdrawn => Err("nothing_to_withdraw"),
        Decision::Refused if holds => Err("withdraw_instead"),
        Decision::Refused if last.is_some_and(|last| last.decision == Decision::Refused) => Ok(Step::Stands),
        Decision::Refused => Ok(Step::Write),
    }
}

/// When a consent given now ends by itself.
pub fn expiry(purpose: &Purpose, decision: Decision, now: Timestamp) -> Option<Timestamp> {
    let days = purpose.valid_days.filter(|_| decision == Decision::Granted)?;
    now.checked_add(SignedDuration::from_hours(24 * days)).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use haidang_kernel::bilingual::Bilingual;
    use proptest::prelude::*;

    fn purpose(basis: Basis, valid_days: Option<i64>) -> Purpose {
        let text = Bilingual::new("x", "x");
        Purpose {
            code: "p".into(),
            title: text.clone(),
            text: text.clone(),
            refusal: text.clone(),
            controller: text.clone(),
            processor: None,
            data: vec![text],
            basis,
            legal_basis: "x".into(),
            version: "1".into(),
            valid_days,
            delay_days: None,
            delay_basis: None,
        }
    }

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(1_770_000_000 + day * 86_400).unwrap()
    }

    fn standing(decision: Decision, expires_at: Option<Timestamp>) -> Standing {
        Standing { decision, receipt: "r".into(), at: at(0), expires_at }
    }

    #[test]
    fn decisions_follow_each_other() {
        use Decision::{Granted, Refused, Withdrawn};
        let consent = purpose(Basis::Consent, None);
        for (last, decision, expected) in [
            (None, Granted, Ok(Step::Write)),
            (None, Refused, Ok(Step::Write)),
            (None, Withdrawn, Err("nothing_to_withdraw")),
            (Some(standing(Granted, None)), Granted, Ok(Step::Stands)),
            (Some(standing(Granted, None)), Refused, Err("withdraw_instead")),
            (Some(standing(Granted, None)), Withdrawn, Ok(Step::Write)),
            (Some(standing(Granted, Some(at(1)))), Withdrawn, Err("nothing_to_withdraw")),
            (Some(standing(Granted, Some(at(1)))), Granted, Ok(Step::Write)),
            (Some(standing(Refused, None)), Refused, Ok(Step::Stands)),
            (Some(standing(Refused, None)), Granted, Ok(Step::Write)),
            (Some(standing(Refused, None)), Withdrawn, Err("nothing_to_withdraw")),
            (Some(standing(Withdrawn, None)), Withdrawn, Ok(Step::Stands)),
            (Some(standing(Withdrawn, None)), Granted, Ok(Step::Write)),
            (Some(standing(Withdrawn, None)), Refused, Ok(Step::Write)),
        ] {
            assert_eq!(step(&consent, last.as_ref(), decision, at(1)), expected, "{last:?} {decision:?}");
        }
        assert_eq!(step(&purpose(Basis::Law, None), None, Granted, at(0)), Err("no_consent_needed"));
    }

    #[test]
    fn a_consent_ends_by_itself() {
        let year = purpose(Basis::Consent, Some(365));
        assert_eq!(expiry(&year, Decision::Granted, at(0)), Some(at(365)));
        assert_eq!(expiry(&year, Decision::Refused, at(0)), None);
        assert!(standing(Decision::Granted, Some(at(365))).allows(at(364)));
        assert!(!standing(Decision::Granted, Some(at(365))).allows(at(365)), "not in the moment it ends");
    }

    proptest! {
        /// After any row of decisions data may be read exactly when the last accepted one was a yes.
        #[test]
        fn only_a_yes_allows(decisions in proptest::collection::vec(0..3_usize, 1..20)) {
            let purpose = purpose(Basis::Consent, None);
            let mut last: Option<Standing> = None;
            for decision in decisions {
                let decision = [Decision::Granted, Decision::Refused, Decision::Withdrawn][decision];
                match step(&purpose, last.as_ref(), decision, at(0)) {
                    Ok(Step::Write) => last = Some(standing(decision, None)),
                    Ok(Step::Stands) => prop_assert_eq!(last.as_ref().map(|l| l.decision), Some(decision)),
                    Err(_) => {}
                }
                // A no of any kind is never read as a yes.
                if decision == Decision::Withdrawn {
                    prop_assert!(!last.as_ref().is_some_and(|l| l.allows(at(0))));
                }
            }
        }
    }
}
