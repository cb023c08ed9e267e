//! The breaker of one provider: after repeated failure it is left alone for a while, then tried with a single call.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// When it opens and for how long; per service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BreakerRules {
    /// Failures within the window that open it.
    pub failures: u32,
    /// Length of the window in seconds, 1 to 600.
    pub window_s: u32,
    /// Share of failed calls in per cent that opens it as well …
    pub percent: u32,
    /// … once this many calls were made in the window.
    pub least_calls: u32,
    /// Seconds until a trial.
    pub open_s: u32,
}

impl Default for BreakerRules {
    fn default() -> Self {
        Self { failures: 5, window_s: 30, percent: 50, least_calls: 20, open_s: 30 }
    }
}

/// What a call may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// Go on.
    Call,
    /// Go on; this call decides whether it closes.
    Trial,
    /// Do not; another attempt makes sense after so many seconds.
    Refused {
        /// Seconds.
        retry_after: u64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    Open {
        until: Timestamp,
    },
    /// One call is under way; when it never reports, another may try after `until`.
    Trying {
        until: Timestamp,
    },
}

#[derive(Debug, Clone, Copy, Default)]
struct Second {
    at: i64,
    calls: u32,
    failures: u32,
}

/// The state machine; it is told the time and what happened.
#[derive(Debug)]
pub struct Breaker {
    rules: BreakerRules,
    state: State,
    seconds: Vec<Second>,
}

impl Breaker {
    /// Closed.
    pub fn new(rules: BreakerRules) -> Self {
        let window = rules.window_s.clamp(1, 600) as usize;
        Self { rules, state: State::Closed, seconds: vec![Second::default(); window] }
    }

    /// Whether a call would be refused, without taking the trial.
    pub fn refuses(&self, now: Timestamp) -> Option<u64> {
        match self.state {
            State::Closed => None,
            State::Open { until } | State::Trying { until } => (now < until).then(|| {
                let millis = until.duration_since(now).as_millis();
                u64::try_from(millis).unwrap_or(0).div_ceil(1000).max(1)
            }),
        }
    }

    /// Asks for leave to call. Every `Call` and `Trial` is followed by [`Breaker::record`], unless the caller went away.
    pub fn permit(&mut self, now: Timestamp) -> Permit {
        if let Some(retry_after) = self.refuses(now) {
            return Permit::Refused { retry_after };
        }
        match self.state {
            State::Closed => Permit::Call,
            State::Open { .. } | State::Trying { .. } => {
                self.state = State::Trying { until: now + self.pause() };
                Permit::Trial
            }
        }
    }

    fn pause(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.rules.open_s.max(1)))
    }

    /// Says how a permitted call went. Calls that began before it opened change nothing any more.
    pub fn record(&mut self, permit: Permit, good: bool, now: Timestamp) {
        match (permit, self.state) {
            (Permit::Trial, State::Trying { .. }) if good => {
                self.state = State::Closed;
                self.seconds.fill(Second::default());
            }
            (Permit::Trial, State::Trying { .. }) => self.state = State::Open { until: now + self.pause() },
            (Permit::Call, State::Closed) => {
                self.count(good, now);
                if !good && self.is_too_much(now) {
                    self.state = State::Open { until: now + self.pause() };
                }
            }
            _ => {}
        }
    }

    fn count(&mut self, good: bool, now: Timestamp) {
        let at = now.as_second();
        let window = self.seconds.len() as i64;
        if let Some(second) = usize::try_from(at.rem_euclid(window)).ok().and_then(|place| self.seconds.get_mut(place))
        {
            if second.at != at {
                *second = Second { at, ..Second::default() };
            }
            second.calls = second.calls.saturating_add(1);
            second.failures = second.failures.saturating_add(u32::from(!good));
        }
    }

    fn is_too_much(&self, now: Timestamp) -> bool {
        let oldest = now.as_second() - self.seconds.len() as i64;
        let (mut calls, mut failures) = (0u64, 0u64);
        for second in self.seconds.iter().filter(|second| second.at > oldest) {
            calls += u64::from(second.calls);
            failures += u64::from(second.failures);
        }
        let share =
            calls >= u64::from(self.rules.least_calls) && failures * 100 >= calls * u64::from(self.rules.percent);
        failures >= u64::from(self.rules.failures.max(1)) || share
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn fail(breaker: &mut Breaker, second: i64) {
        let permit = breaker.permit(at(second));
        breaker.record(permit, false, at(second));
    }

    #[test]
    fn five_failures_open_it_and_one_trial_decides() {
        let mut breaker = Breaker::new(BreakerRules::default());
        for second in 0..4 {
            fail(&mut breaker, second);
        }
        assert_eq!(breaker.permit(at(4)), Permit::Call);
        breaker.record(Permit::Call, false, at(4));
        assert_eq!(breaker.permit(at(5)), Permit::Refused { retry_after: 29 });
        assert_eq!(breaker.permit(at(34)), Permit::Trial);
        assert!(matches!(breaker.permit(at(34)), Permit::Refused { .. }), "one trial at a time");
        breaker.record(Permit::Trial, false, at(35));
        assert!(matches!(breaker.permit(at(64)), Permit::Refused { .. }));
        assert_eq!(breaker.permit(at(65)), Permit::Trial);
        breaker.record(Permit::Trial, true, at(65));
        fail(&mut breaker, 65);
        assert_eq!(breaker.permit(at(65)), Permit::Call, "old failures are forgotten");
    }

    #[test]
    fn failures_far_apart_do_not_add_up() {
        let mut breaker = Breaker::new(BreakerRules::default());
        for second in 0..40 {
            fail(&mut breaker, second * 10);
            assert_eq!(breaker.permit(at(second * 10)), Permit::Call);
        }
    }

    #[test]
    fn half_of_many_calls_is_too_much() {
        let rules = BreakerRules { failures: 1000, ..BreakerRules::default() };
        let mut breaker = Breaker::new(rules);
        for call in 0..20 {
            assert_eq!(breaker.permit(at(0)), Permit::Call);
            breaker.record(Permit::Call, call % 2 == 0, at(0));
        }
        assert!(matches!(breaker.permit(at(0)), Permit::Refused { .. }));
    }

    #[test]
    fn a_trial_whose_caller_went_away_blocks_nobody_for_ever() {
        let mut breaker = Breaker::new(BreakerRules { failures: 1, ..BreakerRules::default() });
        fail(&mut breaker, 0);
        assert_eq!(breaker.permit(at(30)), Permit::Trial);
        assert!(matches!(breaker.permit(at(59)), Permit::Refused { .. }));
        assert_eq!(breaker.permit(at(60)), Permit::Trial);
    }

    proptest! {
        #[test]
        fn never_two_trials_within_a_pause_and_no_call_while_open(
            steps in prop::collection::vec((0i64..15, any::<bool>(), 0usize..3), 1..300),
        ) {
            let mut breaker = Breaker::new(BreakerRules::default());
            let (mut now, mut waiting, mut last_trial) = (0, Vec::<Permit>::new(), None::<i64>);
            let mut opened_at = None::<i64>;
            for (gap, good, drop) in steps {
                now += gap;
                let permit = breaker.permit(at(now));
                match permit {
                    Permit::Trial => {
                        prop_assert!(last_trial.is_none_or(|before| now - before >= 30) || opened_at.is_some_and(|o| now - o >= 30));
                        last_trial = Some(now);
                        waiting.push(permit);
                    }
                    Permit::Call => waiting.push(permit),
                    Permit::Refused { retry_after } => {
                        prop_assert!((1..=30).contains(&retry_after));
                        let later = at(now + retry_after as i64);
                        prop_assert!(breaker.refuses(later).is_none(), "what is promised holds");
                    }
                }
                // Sometimes a caller goes away, sometimes answers come late and in another order.
                if drop < 2 && !waiting.is_empty() {
                    let done = waiting.remove(if drop == 0 { 0 } else { waiting.len() - 1 });
                    let was_open = breaker.refuses(at(now)).is_some();
                    breaker.record(done, good, at(now));
                    if done == Permit::Call && was_open {
                        prop_assert!(breaker.refuses(at(now)).is_some(), "an old call closes nothing");
                    }
                    if breaker.refuses(at(now)).is_some() {
                        opened_at = Some(now);
                    }
                }
            }
        }
    }
}
