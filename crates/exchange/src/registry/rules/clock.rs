//! The time a provider has to answer a request: working days of the city (NĐ 194/2025, Điều 40: two).

use haidang_kernel::calendar::WorkingCalendar;
use haidang_kernel::time;
use jiff::Timestamp;
use jiff::civil::Date;

use super::process::Process;
use crate::rules::agreement::State;

/// Working days from a request to its answer where a city says nothing else.
pub const DECISION_DAYS: u8 = 2;

pub(crate) fn decision_days() -> u8 {
    DECISION_DAYS
}

/// How the answer to a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// Nobody waits for an answer.
    Still,
    /// It runs until the end of this day.
    Until(Date),
    /// It should have been answered by the end of this day.
    Late(Date),
    /// The calendar of the day on which it would end is not loaded.
    Unknown,
}

/// The last day on which an answer is in time: the day of the request does not count (BLDS Điều 147).
pub fn due(requested: Timestamp, days: u8, calendar: &WorkingCalendar) -> Option<Date> {
    (0..days).try_fold(time::civil(requested).date(), |day, _| calendar.next_working(day))
}

/// How the answer stands at an instant.
pub fn clock(state: State, process: &Process, days: u8, calendar: &WorkingCalendar, now: Timestamp) -> Clock {
    let Some(requested) = process.requested_at.filter(|_| state == State::Requested) else { return Clock::Still };
    match due(requested, days, calendar) {
        None => Clock::Unknown,
        Some(day) if time::civil(now).date() > day => Clock::Late(day),
        Some(day) => Clock::Until(day),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar() -> WorkingCalendar {
        let year = include_str!("../../../../../packs/haiphong/calendars/2026.toml");
        WorkingCalendar::from_toml(&[year]).unwrap()
    }

    fn check(requested: &str, now: &str, expected: Clock) {
        let process = Process { requested_at: Some(requested.parse().unwrap()), ..Process::default() };
        let now = now.parse().unwrap();
        assert_eq!(clock(State::Requested, &process, DECISION_DAYS, &calendar(), now), expected, "{requested} {now}");
        assert_eq!(clock(State::Approved, &process, DECISION_DAYS, &calendar(), now), Clock::Still);
    }

    #[test]
    fn weekends_do_not_count_and_the_last_day_counts_whole() {
        let friday: Date = "2026-06-05".parse().unwrap();
        let tuesday: Date = "2026-06-09".parse().unwrap();
        // 17:30 UTC is after midnight in the city.
        check("2026-06-02T17:30:00Z", "2026-06-05T16:59:59Z", Clock::Until(friday));
        check("2026-06-03T02:00:00Z", "2026-06-05T17:00:00Z", Clock::Late(friday));
        check("2026-06-05T02:00:00Z", "2026-06-08T02:00:00Z", Clock::Until(tuesday));
        check("2026-06-05T02:00:00Z", "2026-06-10T02:00:00Z", Clock::Late(tuesday));
        check("2026-12-31T02:00:00Z", "2026-12-31T02:00:00Z", Clock::Unknown);
    }
}
