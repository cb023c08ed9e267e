//! Agreements: the only source of access rights (NĐ 194/2025; handbook 3.9).

use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};

use super::identifier::{ServiceId, SubsystemId};
use super::quota::Quota;
use crate::filter::Fields;

/// Where an agreement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Being written.
    Draft,
    /// Handed to the provider; its time to answer runs.
    Requested,
    /// Agreed, not yet connected.
    Approved,
    /// Refused in writing, with a legal ground.
    Refused,
    /// Gives rights.
    Active,
    /// Gives no rights for the time being.
    Suspended,
    /// Over for good.
    Ended,
}

impl State {
    /// Every state.
    pub const ALL: &[State] = &[
        State::Draft,
        State::Requested,
        State::Approved,
        State::Refused,
        State::Active,
        State::Suspended,
        State::Ended,
    ];

    /// Whether this step exists. An active agreement may end without being suspended first.
    pub fn may_become(self, next: State) -> bool {
        use State::{Active, Approved, Draft, Ended, Refused, Requested, Suspended};
        matches!(
            (self, next),
            (Draft, Requested)
                | (Requested, Approved | Refused)
                | (Approved, Active)
                | (Active, Suspended | Ended)
                | (Suspended, Active | Ended)
        )
    }
}

/// Real data, or data made up for trying.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// Real data.
    #[default]
    Production,
    /// Made-up data.
    Sandbox,
}

/// The hours of a day in which calls are allowed, on the city's clock; over midnight when `from` is later than `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// First moment.
    pub from: civil::Time,
    /// First moment no more.
    pub to: civil::Time,
}

impl Hours {
    fn hold(&self, time: civil::Time) -> bool {
        if self.from <= self.to { self.from <= time && time < self.to } else { self.from <= time || time < self.to }
    }
}

/// The act that allows the sharing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LegalBasis {
    /// Number of the document.
    pub document: String,
    /// Article, clause, point.
    pub article: String,
    /// Where it is published.
    #[serde(default)]
    pub url: Option<String>,
}

/// What of an answer may be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// Only these fields.
    Fields(Fields),
    /// Bodies as they are, because the agreement says so.
    Opaque,
}

/// Entries of the citizens' log that are held back by law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hidden {
    /// From when they are shown.
    pub until: Timestamp,
    /// The clause that allows it.
    pub basis: String,
}

/// One version of an agreement. A change makes a new version; records name the one in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// Its id.
    pub id: String,
    /// Its version, from 1.
    pub version: u32,
    /// Where it stands.
    pub state: State,
    /// Which data it is about.
    pub environment: Environment,
    /// Who asks.
    pub consumer: SubsystemId,
    /// What is asked.
    pub service: ServiceId,
    /// Places of the allowed endpoints in the service's list; `None` for the whole service.
    pub endpoints: Option<Vec<usize>>,
    /// Why it is lawful.
    pub legal_basis: LegalBasis,
    /// The purpose that `X-HD-Purpose` must name.
    pub purpose_code: String,
    /// The purpose in words.
    pub purpose_text: String,
    /// Procedures for which data may be asked; empty for any.
    pub procedures: Vec<String>,
    /// What is delivered.
    pub delivery: Delivery,
    /// The fields of it, as the agreement names them; none where bodies pass as they are.
    pub fields: Vec<String>,
    /// Whether the people concerned learn of it later than at once.
    pub hidden: Option<Hidden>,
    /// First instant.
    pub valid_from: Timestamp,
    /// First instant no more; `None` without an end.
    pub valid_to: Option<Timestamp>,
    /// Limits.
    pub quota: Quota,
    /// Hours of the day, if not all.
    pub hours: Option<Hours>,
}

/// Whether an agreement gives its rights now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It does.
    InForce,
    /// Not at this hour.
    OutsideHours,
    /// Suspended by one of the parties.
    Suspended,
    /// It begins later.
    NotYet,
    /// Ended, or past its last day.
    Expired,
    /// It is about the other environment.
    OtherEnvironment,
    /// Not agreed or not connected.
    NotActive,
}

impl Agreement {
    /// Where it stands at an instant in an environment.
    pub fn standing(&self, now: Timestamp, environment: Environment) -> Standing {
        if self.environment != environment {
            return Standing::OtherEnvironment;
        }
        match self.state {
            State::Draft | State::Requested | State::Approved | State::Refused => return Standing::NotActive,
            State::Ended => return Standing::Expired,
            State::Suspended => return Standing::Suspended,
            State::Active => {}
        }
        if now < self.valid_from {
            Standing::NotYet
        } else if self.valid_to.is_some_and(|end| end <= now) {
            Standing::Expired
        } else if self.hours.is_some_and(|hours| !hours.hold(haidang_kernel::time::civil(now).time())) {
            Standing::OutsideHours
        } else {
            Standing::InForce
        }
    }

    /// Whether it names the endpoint at this place of the service's list; `None` is a path that no endpoint describes.
    pub fn covers(&self, endpoint: Option<usize>) -> bool {
        match (&self.endpoints, endpoint) {
            (None, _) => true,
            (Some(list), Some(place)) => list.contains(&place),
            (Some(_), None) => false,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn sample() -> Agreement {
        Agreement {
            id: "A-1".into(),
            version: 1,
            state: State::Active,
            environment: Environment::Production,
            consumer: SubsystemId::parse("VN-HP/GOV/0001/A").unwrap(),
            service: ServiceId::parse("VN-HP/GOV/0002/B/echo").unwrap(),
            endpoints: None,
            legal_basis: LegalBasis { document: "194/2025/NĐ-CP".into(), article: "Điều 16".into(), url: None },
            purpose_code: "KHAI-SINH".into(),
            purpose_text: "Đăng ký khai sinh".into(),
            procedures: vec![],
            delivery: Delivery::Opaque,
            fields: vec![],
            hidden: None,
            valid_from: "2026-01-01T00:00:00Z".parse().unwrap(),
            valid_to: Some("2027-01-01T00:00:00Z".parse().unwrap()),
            quota: Quota::default(),
            hours: None,
        }
    }

    fn check(change: impl FnOnce(&mut Agreement), now: &str, expected: Standing) {
        let mut agreement = sample();
        change(&mut agreement);
        assert_eq!(agreement.standing(now.parse().unwrap(), Environment::Production), expected, "{agreement:?}");
    }

    #[test]
    fn rights_hold_from_their_first_instant_to_their_last() {
        check(|_| (), "2026-01-01T00:00:00Z", Standing::InForce);
        check(|_| (), "2025-12-31T23:59:59.999Z", Standing::NotYet);
        check(|_| (), "2026-12-31T23:59:59.999Z", Standing::InForce);
        check(|_| (), "2027-01-01T00:00:00Z", Standing::Expired);
        check(|a| a.valid_to = None, "2040-01-01T00:00:00Z", Standing::InForce);
        check(|a| a.environment = Environment::Sandbox, "2026-06-01T00:00:00Z", Standing::OtherEnvironment);
        check(|a| a.state = State::Suspended, "2026-06-01T00:00:00Z", Standing::Suspended);
        check(|a| a.state = State::Ended, "2026-06-01T00:00:00Z", Standing::Expired);
        for state in [State::Draft, State::Requested, State::Approved, State::Refused] {
            check(|a| a.state = state, "2026-06-01T00:00:00Z", Standing::NotActive);
        }
    }

    #[test]
    fn hours_are_those_of_the_city() {
        let hours = |from: &str, to: &str| Some(Hours { from: from.parse().unwrap(), to: to.parse().unwrap() });
        // 00:30 UTC is 07:30 in the city.
        check(|a| a.hours = hours("07:30:00", "17:00:00"), "2026-06-01T00:30:00Z", Standing::InForce);
        check(|a| a.hours = hours("07:31:00", "17:00:00"), "2026-06-01T00:30:00Z", Standing::OutsideHours);
        check(|a| a.hours = hours("07:00:00", "17:00:00"), "2026-06-01T10:00:00Z", Standing::OutsideHours);
        check(|a| a.hours = hours("22:00:00", "04:00:00"), "2026-06-01T20:59:00Z", Standing::InForce);
        check(|a| a.hours = hours("22:00:00", "04:00:00"), "2026-06-01T21:00:00Z", Standing::OutsideHours);
    }

    #[test]
    fn what_ended_or_was_refused_stays_so() {
        for state in State::ALL {
            for next in State::ALL {
                if matches!(state, State::Ended | State::Refused) || state == next || *next == State::Draft {
                    assert!(!state.may_become(*next), "{state:?} {next:?}");
                }
            }
        }
        let walk = [
            State::Draft,
            State::Requested,
            State::Approved,
            State::Active,
            State::Suspended,
            State::Active,
            State::Ended,
        ];
        assert!(walk.windows(2).all(|pair| pair[0].may_become(pair[1])));
    }

    proptest! {
        #[test]
        fn nobody_becomes_active_without_approval(steps in prop::collection::vec(0..State::ALL.len(), 0..20)) {
            let (mut state, mut approved) = (State::Draft, false);
            for step in steps {
                if state.may_become(State::ALL[step]) {
                    state = State::ALL[step];
                    approved |= state == State::Approved;
                }
                prop_assert!(approved || !matches!(state, State::Active | State::Suspended | State::Ended));
            }
        }
    }
}
