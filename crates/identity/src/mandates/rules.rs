//! Pure decisions about mandates: what may be proposed, how states follow each other, when a right is over.

use haidang_contracts::identity::PersonKind;
use jiff::Span;
use jiff::civil::Date;

/// Years for which somebody may be authorised at most, unless the city says otherwise.
pub const MOST_YEARS: i16 = 3;
/// Procedures one mandate may name.
pub const MOST_PROCEDURES: usize = 50;
/// Lowest assurance at which either side may agree: two factors (Decree 69/2024/NĐ-CP, level 2).
pub const ACCEPTANCE: u8 = 2;
/// Age from which nobody acts for a person by law (BLDS 91/2015/QH13 Điều 20).
pub const OF_AGE: i16 = 18;

/// Where a mandate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Proposed by the principal, not yet answered.
    Proposed,
    /// Accepted by both.
    Active,
    /// Its last day is over.
    Expired,
    /// Ended by one side.
    Revoked,
    /// Refused by the delegate.
    Rejected,
}

impl State {
    /// All of them.
    pub const ALL: [State; 5] = [State::Proposed, State::Active, State::Expired, State::Revoked, State::Rejected];

    /// The word in the database and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Proposed => "PROPOSED",
            State::Active => "ACTIVE",
            State::Expired => "EXPIRED",
            State::Revoked => "REVOKED",
            State::Rejected => "REJECTED",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// The state on a day: what is stored says nothing of time that went by.
    #[must_use]
    pub fn on(self, last_day: Date, today: Date) -> State {
        match self {
            State::Proposed | State::Active if today > last_day => State::Expired,
            other => other,
        }
    }
}

/// Which side of a mandate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The one acted for.
    Principal,
    /// The one who acts.
    Delegate,
}

/// What somebody does to a mandate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Says yes.
    Accept,
    /// Says no.
    Reject,
    /// Ends it.
    End,
}

/// The state after a move, or the code of the refusal.
pub fn after(state: State, side: Side, act: Move, revocable: bool) -> Result<State, &'static str> {
    match (state, act, side) {
        (State::Proposed, Move::Accept, Side::Delegate) => Ok(State::Active),
        (State::Proposed, Move::Reject, Side::Delegate) => Ok(State::Rejected),
        (_, Move::Accept | Move::Reject, Side::Principal) => Err("not_the_delegate"),
        // Whoever acts may always stop; the one acted for may where the terms allow it, and before anybody accepted.
        (State::Active, Move::End, Side::Principal) if !revocable => Err("not_revocable"),
        (State::Proposed | State::Active, Move::End, _) => Ok(State::Revoked),
        _ => Err("mandate_closed"),
    }
}

/// What is wrong with the terms of a proposal: (field, code).
pub fn faults(
    procedures: &[String],
    from: Date,
    to: Date,
    today: Date,
    most_years: i16,
) -> Vec<(&'static str, &'static str)> {
    let mut faults = Vec::new();
    if procedures.is_empty() {
        faults.push(("procedures", "required"));
    } else if procedures.len() > MOST_PROCEDURES {
        faults.push(("procedures", "too_many"));
    } else if procedures.iter().any(|code| code.contains('*')) {
        // Everything is what the law gives to parents and legal representatives; a person authorises for something.
        faults.push(("procedures", "every_procedure"));
    }
    if from < today {
        faults.push(("from", "past"));
    }
    if to < from {
        faults.push(("to", "before_from"));
    } else if from.checked_add(Span::new().years(most_years)).is_ok_and(|limit| to > limit) {
        faults.push(("to", "too_long"));
    }
    faults
}

/// Whether a guardian acts for the ward on this day: a minor until 00:00 of the eighteenth birthday, an adult for as
/// long as the decision holds. Without a full date of birth nobody acts for a minor.
pub fn may_guard(ward: PersonKind, birth: Option<Date>, of_adult: bool, today: Date) -> bool {
    ward == PersonKind::Person && (of_adult || birth.is_some_and(|birth| is_minor(birth, today)))
}

/// Whether somebody born on this day is younger than eighteen.
pub fn is_minor(birth: Date, today: Date) -> bool {
    birth.checked_add(Span::new().years(OF_AGE)).is_ok_and(|of_age| today < of_age)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn states_follow_each_other() {
        use Move::{Accept, End, Reject};
        use Side::{Delegate, Principal};
        use State::{Active, Expired, Proposed, Rejected, Revoked};
        for (state, side, act, revocable, expected) in [
            (Proposed, Delegate, Accept, true, Ok(Active)),
            (Proposed, Delegate, Reject, true, Ok(Rejected)),
            (Proposed, Principal, Accept, true, Err("not_the_delegate")),
            (Proposed, Principal, End, false, Ok(Revoked)),
            (Active, Principal, End, true, Ok(Revoked)),
            (Active, Principal, End, false, Err("not_revocable")),
            (Active, Delegate, End, false, Ok(Revoked)),
            (Active, Delegate, Accept, true, Err("mandate_closed")),
            (Expired, Delegate, End, true, Err("mandate_closed")),
            (Revoked, Principal, End, true, Err("mandate_closed")),
            (Rejected, Delegate, Accept, true, Err("mandate_closed")),
        ] {
            assert_eq!(after(state, side, act, revocable), expected, "{state:?} {side:?} {act:?} {revocable}");
        }
        for state in State::ALL {
            assert_eq!(State::parse(state.as_str()), Some(state));
        }
    }

    #[test]
    fn terms() {
        let codes = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>();
        let today = day("2026-03-03");
        for (procedures, from, to, expected) in [
            (codes(&["1.001193"]), "2026-03-03", "2026-03-03", vec![]),
            (codes(&["1.001193"]), "2026-03-03", "2029-03-03", vec![]),
            (codes(&["1.001193"]), "2026-03-03", "2029-03-04", vec![("to", "too_long")]),
            (codes(&["1.001193"]), "2026-03-02", "2026-03-04", vec![("from", "past")]),
            (codes(&["1.001193"]), "2026-03-05", "2026-03-04", vec![("to", "before_from")]),
            (codes(&["*"]), "2026-03-03", "2026-03-04", vec![("procedures", "every_procedure")]),
            (codes(&[]), "2026-03-03", "2026-03-04", vec![("procedures", "required")]),
            (vec!["1".to_owned(); 51], "2026-03-03", "2026-03-04", vec![("procedures", "too_many")]),
        ] {
            assert_eq!(
                faults(&procedures, day(from), day(to), today, MOST_YEARS),
                expected,
                "{procedures:?} {from} {to}"
            );
        }
        assert_eq!(
            faults(&codes(&["1"]), today, day("2027-03-04"), today, 1),
            [("to", "too_long")],
            "the city decides"
        );
    }

    #[test]
    fn guardians() {
        for (birth, of_adult, today, expected) in [
            (Some("2008-03-04"), false, "2026-03-03", true),
            (Some("2008-03-04"), false, "2026-03-04", false),
            (Some("2008-03-04"), true, "2026-03-04", true),
            (None, false, "2026-03-04", false),
            (None, true, "2026-03-04", true),
        ] {
            assert_eq!(may_guard(PersonKind::Person, birth.map(day), of_adult, day(today)), expected, "{birth:?}");
        }
        assert!(!may_guard(PersonKind::Organisation, None, true, day("2026-03-04")));
    }

    proptest! {
        /// Nothing leads out of an end, whoever tries what.
        #[test]
        fn an_end_is_an_end(moves in proptest::collection::vec((0..3_usize, any::<bool>(), any::<bool>()), 1..12)) {
            let mut state = State::Proposed;
            for (act, delegate, revocable) in moves {
                let act = [Move::Accept, Move::Reject, Move::End][act];
                let side = if delegate { Side::Delegate } else { Side::Principal };
                let next = after(state, side, act, revocable);
                if matches!(state, State::Revoked | State::Rejected | State::Expired) {
                    prop_assert!(next.is_err());
                }
                // Only the delegate's word makes a mandate hold.
                if next == Ok(State::Active) {
                    prop_assert_eq!((side, act), (Side::Delegate, Move::Accept));
                }
                state = next.unwrap_or(state);
            }
        }

        /// A minor is a minor until the day before the birthday and never after it.
        #[test]
        fn majority_comes_once(birth in 0..20_000_i32, later in 0..12_000_i32) {
            let birth = day("1960-01-01").checked_add(Span::new().days(birth)).unwrap();
            let today = birth.checked_add(Span::new().days(later)).unwrap();
            let birthday = birth.checked_add(Span::new().years(18)).unwrap();
            prop_assert_eq!(is_minor(birth, today), today < birthday);
        }

        /// What is proposed without fault holds today or later and never longer than the city allows.
        #[test]
        fn terms_are_bounded(from in -400..2000_i32, length in -400..4000_i32) {
            let today = day("2026-03-03");
            let from = today.checked_add(Span::new().days(from)).unwrap();
            let to = from.checked_add(Span::new().days(length)).unwrap();
            if faults(&["1".to_owned()], from, to, today, MOST_YEARS).is_empty() {
                prop_assert!(from >= today && to >= from);
                prop_assert!(to <= from.checked_add(Span::new().years(3)).unwrap());
            }
        }
    }
}
