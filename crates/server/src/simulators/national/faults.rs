//! What goes wrong, on demand or by schedule: rules that a tester sets over the control endpoint.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::catalogue::{ErrorRow, Row};

/// Rules at a time.
const RULES: usize = 100;
/// Longest delay that a rule may ask for: ten minutes.
const SLOWEST: u64 = 600_000;

/// A way to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The answer comes `milliseconds` late; other faults may come with it.
    Latency,
    /// The request is accepted and never answered.
    Hang,
    /// The gateway answers 502; the system never sees the request.
    BadGateway,
    /// The gateway answers `status`; the system never sees the request.
    Status,
    /// The connection is reset before the system sees the request.
    Reset,
    /// The system acts, then the connection is reset: the caller cannot know.
    LostAnswer,
    /// The body of the answer is cut in the middle, its length says nothing of it.
    Malformed,
    /// The answer ends before the length it announced.
    CutOff,
    /// The request reaches the system twice; the caller is told the second answer.
    Duplicate,
    /// The system answers its error `code`.
    Error,
    /// The answer is well-formed and untrue.
    WrongData,
}

impl Kind {
    /// All of them with what they do, for the control endpoint's own description.
    pub const ALL: &'static [(Kind, &'static str)] = &[
        (Kind::Latency, "the answer comes `milliseconds` late; combines with the others"),
        (Kind::Hang, "accepted and never answered"),
        (Kind::BadGateway, "502 from the gateway; the system never sees the request"),
        (Kind::Status, "`status` (400 to 599) from the gateway; the system never sees the request"),
        (Kind::Reset, "connection reset before the system sees the request"),
        (Kind::LostAnswer, "the system acts, then the connection is reset"),
        (Kind::Malformed, "the body of the answer stops in the middle"),
        (Kind::CutOff, "the answer ends before its announced length"),
        (Kind::Duplicate, "the request reaches the system twice"),
        (Kind::Error, "the system answers its error `code`"),
        (Kind::WrongData, "the answer is well-formed and untrue"),
    ];

    /// The word of a rule.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Latency => "latency",
            Kind::Hang => "hang",
            Kind::BadGateway => "bad_gateway",
            Kind::Status => "status",
            Kind::Reset => "reset",
            Kind::LostAnswer => "lost_answer",
            Kind::Malformed => "malformed",
            Kind::CutOff => "cut_off",
            Kind::Duplicate => "duplicate",
            Kind::Error => "error",
            Kind::WrongData => "wrong_data",
        }
    }
}

/// When what goes wrong. Everything left out means "always" or "all".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Id of a system, or `*`.
    pub system: String,
    /// One operation of it only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// What happens.
    pub fault: Kind,
    /// For `latency`: how long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<u64>,
    /// For `status`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// For `error`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Matching calls left alone first.
    #[serde(default)]
    pub skip: u64,
    /// Then every so many calls; 1 is each.
    #[serde(default = "one")]
    pub every: u64,
    /// How often at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// Not before this instant of the simulator's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Only before this instant of the simulator's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

fn one() -> u64 {
    1
}

/// A rule that stands, and what it has done.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Standing {
    pub(super) id: u64,
    #[serde(flatten)]
    pub(super) rule: Rule,
    /// Matching calls so far.
    pub(super) seen: u64,
    /// How often it struck.
    pub(super) struck: u64,
}

/// What happens to one call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fate {
    pub(super) delay: Duration,
    pub(super) strike: Option<Strike>,
}

/// One fault that strikes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Strike {
    pub(super) rule: u64,
    pub(super) kind: Kind,
    pub(super) status: u16,
    pub(super) code: String,
}

/// All rules, in the order they were set.
#[derive(Default)]
pub(super) struct Faults {
    next: u64,
    rules: Vec<Standing>,
}

/// Finds what is wrong with a rule.
fn fault_of(rule: &Rule, systems: &[Row]) -> Option<String> {
    let simulated: Vec<&Row> = systems.iter().filter(|row| !row.base.is_empty()).collect();
    let named: Vec<&&Row> = simulated.iter().filter(|row| rule.system == "*" || rule.system == row.id).collect();
    if named.is_empty() {
        let known: Vec<&str> = simulated.iter().map(|row| row.id.as_str()).collect();
        return Some(format!("system is one of *, {}", known.join(", ")));
    }
    let has = |code: &str| named.iter().all(|row| row.error.iter().any(|error| error.code == code));
    match rule.fault {
        Kind::Latency if rule.milliseconds.is_none_or(|wait| wait > SLOWEST) => {
            Some(format!("latency needs milliseconds, {SLOWEST} at most"))
        }
        Kind::Status if !rule.status.is_some_and(|status| (400..600).contains(&status)) => {
            Some("status needs status from 400 to 599".to_owned())
        }
        Kind::Error if !rule.code.as_deref().is_some_and(has) => {
            let codes = |row: &&&Row| row.error.iter().map(|error| error.code.clone()).collect::<Vec<_>>();
            let known: Vec<String> = named.iter().flat_map(codes).collect();
            Some(format!("error needs a code that each named system has: {}", known.join(", ")))
        }
        _ if rule.every == 0 || rule.times == Some(0) => Some("every and times are at least 1".to_owned()),
        _ if rule.from.zip(rule.until).is_some_and(|(from, until)| from >= until) => {
            Some("from lies before until".to_owned())
        }
        _ => None,
    }
}

impl Faults {
    /// Sets a rule; its id.
    ///
    /// # Errors
    /// What the rule lacks, or that there are too many.
    pub(super) fn set(&mut self, rule: Rule, systems: &[Row]) -> Result<u64, String> {
        if let Some(fault) = fault_of(&rule, systems) {
            return Err(fault);
        }
        if self.rules.len() >= RULES {
            return Err(format!("there are {RULES} rules already; take some away first"));
        }
        self.next += 1;
        self.rules.push(Standing { id: self.next, rule, seen: 0, struck: 0 });
        Ok(self.next)
    }

    /// All that stand.
    pub(super) fn standing(&self) -> &[Standing] {
        &self.rules
    }

    /// Takes a rule away; whether it was there.
    pub(super) fn remove(&mut self, id: u64) -> bool {
        let before = self.rules.len();
        self.rules.retain(|standing| standing.id != id);
        self.rules.len() < before
    }

    /// Takes all away.
    pub(super) fn clear(&mut self) {
        self.rules.clear();
    }

    /// Whether a rule still stands, so that what hangs by it goes on hanging.
    pub(super) fn stands(&self, id: u64) -> bool {
        self.rules.iter().any(|standing| standing.id == id)
    }

    /// What happens to a call: all delays together, and the first other rule that strikes.
    pub(super) fn decide(&mut self, system: &str, operation: &str, now: Timestamp) -> Fate {
        let mut fate = Fate::default();
        for standing in &mut self.rules {
            let rule = &standing.rule;
            let named = rule.system == "*" || rule.system == system;
            let meant = rule.operation.as_deref().is_none_or(|wanted| wanted == operation);
            let timely = rule.from.is_none_or(|from| from <= now) && rule.until.is_none_or(|until| now < until);
            let free = rule.fault == Kind::Latency || fate.strike.is_none();
            if !(named && meant && timely && free) {
                continue;
            }
            standing.seen += 1;
            let turn = standing.seen > rule.skip && (standing.seen - rule.skip - 1).is_multiple_of(rule.every.max(1));
            if !turn || rule.times.is_some_and(|times| standing.struck >= times) {
                continue;
            }
            standing.struck += 1;
            if rule.fault == Kind::Latency {
                fate.delay += Duration::from_millis(rule.milliseconds.unwrap_or_default());
            } else {
                fate.strike = Some(Strike {
                    rule: standing.id,
                    kind: rule.fault,
                    status: rule.status.unwrap_or(502),
                    code: rule.code.clone().unwrap_or_default(),
                });
            }
        }
        fate
    }
}

/// The error of a code.
pub(super) fn error_of<'r>(row: &'r Row, code: &str) -> Option<&'r ErrorRow> {
    row.error.iter().find(|error| error.code == code)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::catalogue;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn rule(value: serde_json::Value) -> Rule {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_rule_that_could_never_strike_is_refused_with_the_reason() {
        let systems = catalogue::rows().unwrap();
        for (value, reason) in [
            (json!({ "system": "payment", "fault": "hang" }), None),
            (json!({ "system": "*", "fault": "bad_gateway", "every": 3, "times": 2 }), None),
            (json!({ "system": "civil_status", "fault": "error", "code": "201" }), None),
            (json!({ "system": "land", "fault": "hang" }), Some("system is one of")),
            (json!({ "system": "moon", "fault": "hang" }), Some("system is one of")),
            (json!({ "system": "payment", "fault": "error", "code": "201" }), Some("needs a code")),
            (json!({ "system": "*", "fault": "error", "code": "201" }), Some("needs a code")),
            (json!({ "system": "payment", "fault": "latency" }), Some("milliseconds")),
            (json!({ "system": "payment", "fault": "latency", "milliseconds": SLOWEST + 1 }), Some("milliseconds")),
            (json!({ "system": "payment", "fault": "status", "status": 200 }), Some("400 to 599")),
            (json!({ "system": "payment", "fault": "hang", "every": 0 }), Some("at least 1")),
            (
                json!({ "system": "payment", "fault": "hang", "from": "2026-03-03T02:00:00Z", "until": "2026-03-03T01:00:00Z" }),
                Some("before until"),
            ),
        ] {
            let said = Faults::default().set(rule(value.clone()), systems).err();
            assert_eq!(said.is_some(), reason.is_some(), "{value}: {said:?}");
            assert!(said.unwrap_or_default().contains(reason.unwrap_or_default()), "{value}");
        }
    }

    proptest! {
        #[test]
        fn a_rule_strikes_when_its_counts_say_so(skip in 0u64..5, every in 1u64..5, times in 1u64..6, calls in 0u64..40) {
            let mut faults = Faults::default();
            let value = json!({ "system": "payment", "fault": "hang", "skip": skip, "every": every, "times": times });
            faults.set(rule(value), catalogue::rows().unwrap()).unwrap();
            let struck = (1..=calls).filter(|_| faults.decide("payment", "x", Timestamp::UNIX_EPOCH).strike.is_some()).count();
            let due = if calls > skip { (calls - skip).div_ceil(every) } else { 0 };
            prop_assert_eq!(struck as u64, due.min(times));
            prop_assert!(faults.decide("population", "x", Timestamp::UNIX_EPOCH).strike.is_none());
        }
    }
}
