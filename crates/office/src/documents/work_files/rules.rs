//! When work files are handed over and when they may be destroyed at the earliest. No input or output.

use jiff::civil::Date;
use jiff::{ToSpan, civil};

/// Where a work file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// Documents are laid in.
    Open,
    /// Complete; waits for the archive.
    Closed,
    /// With the archive.
    HandedOver,
}

impl FileState {
    /// All.
    pub const ALL: [Self; 3] = [Self::Open, Self::Closed, Self::HandedOver];

    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::HandedOver => "handed_over",
        }
    }

    /// The state of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// What is done with a work file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileAct {
    /// The work ended.
    Close,
    /// The work goes on after all.
    Reopen,
    /// Given to the archive.
    HandOver,
    /// Nothing of it may be destroyed until the hold is lifted.
    Hold,
    /// The hold ends.
    Lift,
}

impl FileAct {
    /// All.
    pub const ALL: [Self; 5] = [Self::Close, Self::Reopen, Self::HandOver, Self::Hold, Self::Lift];

    /// The word in forms and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Close => "close",
            Self::Reopen => "reopen",
            Self::HandOver => "hand_over",
            Self::Hold => "hold",
            Self::Lift => "lift",
        }
    }

    /// The act of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.as_str() == word)
    }

    /// Its audit action.
    pub fn audit(self) -> &'static str {
        match self {
            Self::Close => "case_file.closed",
            Self::Reopen => "case_file.reopened",
            Self::HandOver => "case_file.handed_over",
            Self::Hold => "case_file.held",
            Self::Lift => "case_file.hold_lifted",
        }
    }

    /// Whether it needs words that say why.
    pub fn asks_why(self) -> bool {
        matches!(self, Self::Reopen | Self::Hold | Self::Lift)
    }

    /// Whether it is possible, and the state after.
    pub fn from(self, state: FileState, held: bool) -> Option<FileState> {
        match (self, state) {
            (Self::Close, FileState::Open) => Some(FileState::Closed),
            (Self::Reopen, FileState::Closed) => Some(FileState::Open),
            (Self::HandOver, FileState::Closed) => Some(FileState::HandedOver),
            (Self::Hold, state) if !held => Some(state),
            (Self::Lift, state) if held => Some(state),
            _ => None,
        }
    }
}

/// The day by which a file that was closed is handed over (Decree 30/2020/NĐ-CP, Article 30: one year after the work
/// ended; the number of months is the pack's).
pub fn hand_over_by(closed_on: Date, months: i64) -> Date {
    closed_on.saturating_add(months.months())
}

/// The first day on which it may be destroyed: after so many whole years following the year of closing. Never, for a
/// file kept for ever.
pub fn destroy_from(closed_on: Date, years: i16) -> Option<Date> {
    (years > 0).then(|| {
        let year = closed_on.year().saturating_add(years).saturating_add(1).min(civil::Date::MAX.year());
        civil::date(year, 1, 1)
    })
}

/// Whether the hand-over is obligatory (kept for ever, or at least so many years).
pub fn must_hand_over(years: i16, obligatory: i16) -> bool {
    years == 0 || years >= obligatory
}

/// Whether the keeper is to be reminded today.
pub fn is_due(by: Date, today: Date, days: i64) -> bool {
    today >= by.saturating_sub(days.days())
}

/// Whether it may be destroyed today: its time has passed and nothing holds it.
pub fn may_destroy(from: Option<Date>, held: bool, today: Date) -> bool {
    !held && from.is_some_and(|day| today >= day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn days_follow_from_closing() {
        assert_eq!(hand_over_by(date(2026, 3, 3), 12), date(2027, 3, 3));
        assert_eq!(hand_over_by(date(2024, 2, 29), 12), date(2025, 2, 28));
        assert_eq!(destroy_from(date(2026, 3, 3), 5), Some(date(2032, 1, 1)));
        assert_eq!(destroy_from(date(2026, 3, 3), 0), None);
        assert!(must_hand_over(0, 5) && must_hand_over(5, 5) && !must_hand_over(2, 5));
        assert!(is_due(date(2027, 3, 3), date(2027, 2, 1), 30) && !is_due(date(2027, 3, 3), date(2027, 1, 31), 30));
    }

    #[test]
    fn acts_fit_states() {
        let check =
            |act: FileAct, state, held, expected| assert_eq!(act.from(state, held), expected, "{act:?} {state:?}");
        check(FileAct::Close, FileState::Open, false, Some(FileState::Closed));
        check(FileAct::Close, FileState::Closed, false, None);
        check(FileAct::HandOver, FileState::Open, false, None);
        check(FileAct::Reopen, FileState::HandedOver, false, None);
        check(FileAct::Hold, FileState::HandedOver, false, Some(FileState::HandedOver));
        check(FileAct::Hold, FileState::Open, true, None);
        check(FileAct::Lift, FileState::Open, false, None);
        for act in FileAct::ALL {
            assert_eq!(FileAct::parse(act.as_str()), Some(act));
        }
    }

    proptest! {
        /// Nothing is destroyed before it was kept for so many whole years, nor while it is held.
        #[test]
        fn nothing_goes_too_early(years in 1_i16..100, closed in 0_i32..20_000, later in 0_i32..50_000, held: bool) {
            let closed_on = date(2000, 1, 1).saturating_add(closed.days());
            let today = closed_on.saturating_add(later.days());
            if may_destroy(destroy_from(closed_on, years), held, today) {
                prop_assert!(!held && today >= closed_on.saturating_add(i64::from(years).years()));
            }
        }
    }
}
