//! How long a certificate still holds, and what to do about it.

use jiff::{SignedDuration, Timestamp};

/// How urgent a certificate is. The order is that of urgency, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Term {
    /// It has ended: calls with it are refused.
    Ended,
    /// It does not hold yet: calls with it are refused until then.
    NotYet,
    /// It ends within 3 days.
    Days3,
    /// It ends within 14 days.
    Days14,
    /// It ends within 30 days.
    Days30,
    /// It holds.
    Good,
}

impl Term {
    /// The word of its text.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::NotYet => "not-yet",
            Self::Days3 => "days-3",
            Self::Days14 => "days-14",
            Self::Days30 => "days-30",
            Self::Good => "good",
        }
    }
}

/// How a certificate of this time stands now.
pub fn term(not_before: Timestamp, not_after: Timestamp, now: Timestamp) -> Term {
    let within = |days: i64| not_after.duration_since(now) <= SignedDuration::from_hours(24 * days);
    match () {
        () if not_after < now => Term::Ended,
        () if now < not_before => Term::NotYet,
        () if within(3) => Term::Days3,
        () if within(14) => Term::Days14,
        () if within(30) => Term::Days30,
        () => Term::Good,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_board_warns_thirty_fourteen_and_three_days_before() {
        let now: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
        let begin: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let in_hours = |hours: i64| now + SignedDuration::from_hours(hours);
        for (from, to, expected) in [
            (begin, in_hours(-1), Term::Ended),
            (begin, now, Term::Days3),
            (begin, in_hours(72), Term::Days3),
            (begin, in_hours(73), Term::Days14),
            (begin, in_hours(14 * 24 + 1), Term::Days30),
            (begin, in_hours(30 * 24 + 1), Term::Good),
            (in_hours(1), in_hours(2), Term::NotYet),
        ] {
            assert_eq!(term(from, to, now), expected, "{from} {to}");
        }
        assert!(Term::Ended < Term::Days3 && Term::Days30 < Term::Good);
    }
}
