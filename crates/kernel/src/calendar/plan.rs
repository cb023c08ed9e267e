//! What both ways of computing a due date share: checked input, and a limit in days as a count.

use jiff::civil::{Date, DateTime, Time};
use jiff::{Timestamp, ToSpan};

use super::working::ordinal;
use super::{ClockError, OfficeHours, Pause, TimeLimit, Unit, WorkingCalendar};
use crate::time::civil;

/// Half an hour in nanoseconds: the smallest quantity of a limit in hours.
pub(super) const HALF_HOUR: i64 = 30 * 60 * 1_000_000_000;

/// So many days are to be counted from the day after acceptance; the answer is due on the day of
/// the last one, or the next working day.
pub(super) struct Plan {
    pub(super) accepted: Date,
    pub(super) count: i64,
    /// Only working days count; otherwise all days.
    pub(super) working: bool,
}

/// A pause on the wall clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop<'a> {
    pub(super) asked: DateTime,
    pub(super) received: Option<DateTime>,
    pub(super) reason: &'a str,
}

impl Stop<'_> {
    /// The last day of the pause; the end of time while it is open.
    pub(super) fn last_day(&self) -> Date {
        self.received.map_or(Date::MAX, DateTime::date)
    }
}

/// The pauses in the order they were asked.
pub(super) fn stops(pauses: &[Pause]) -> Result<Vec<Stop<'_>>, ClockError> {
    let mut stops = Vec::with_capacity(pauses.len());
    for pause in pauses {
        if pause.received.is_some_and(|received| received < pause.asked) {
            return Err(ClockError::InvalidPause);
        }
        stops.push(Stop { asked: civil(pause.asked), received: pause.received.map(civil), reason: &pause.reason });
    }
    stops.sort_by_key(|stop| stop.asked);
    Ok(stops)
}

/// The quantity in nanoseconds, for limits in hours.
pub(super) fn nanoseconds(limit: &TimeLimit) -> Result<i64, ClockError> {
    // A century in hours: beyond it the number is a mistake of the data.
    if !(0..=2 * 876_600).contains(&limit.quantity_halves) {
        return Err(ClockError::InvalidQuantity);
    }
    Ok(limit.quantity_halves * HALF_HOUR)
}

/// The count of days that a limit in days, months or on the same day amounts to.
pub(super) fn plan(
    calendar: &WorkingCalendar,
    hours: &OfficeHours,
    accepted: Timestamp,
    limit: &TimeLimit,
) -> Result<Plan, ClockError> {
    let wall = civil(accepted);
    let accepted = wall.date();
    if limit.unit == Unit::SameDay {
        let cutoff = limit.cutoff.unwrap_or_else(|| hours.close());
        require(calendar, accepted)?;
        let in_time = calendar.is_working(accepted) && wall.time() <= cutoff;
        return Ok(Plan { accepted, count: if in_time { 0 } else { 1 }, working: true });
    }
    if limit.quantity_halves < 0 || limit.quantity_halves % 2 != 0 {
        return Err(ClockError::InvalidQuantity);
    }
    require(calendar, accepted)?;
    let quantity = limit.quantity_halves / 2;
    let count = match limit.unit {
        Unit::Month => {
            let months = i32::try_from(quantity).map_err(|_| ClockError::InvalidQuantity)?;
            let span = jiff::Span::new().try_months(months).map_err(|_| ClockError::InvalidQuantity)?;
            let last = accepted.checked_add(span).map_err(|_| ClockError::OutOfRange)?;
            ordinal(last) - ordinal(accepted)
        }
        // No calendar is a thousand years long; the bound keeps the sums below from overflowing.
        _ => quantity.min(365_000),
    };
    Ok(Plan { accepted, count, working: limit.unit == Unit::WorkingDay })
}

fn require(calendar: &WorkingCalendar, day: Date) -> Result<(), ClockError> {
    if calendar.covers(day) { Ok(()) } else { Err(ClockError::CalendarMissing { year: day.year() }) }
}

/// Nanoseconds since midnight.
pub(super) fn of_day(time: Time) -> i64 {
    let seconds = (i64::from(time.hour()) * 60 + i64::from(time.minute())) * 60 + i64::from(time.second());
    seconds * 1_000_000_000 + i64::from(time.subsec_nanosecond())
}

/// A wall-clock time so many nanoseconds after midnight of a day.
pub(super) fn after_midnight(day: Date, nanoseconds: i64) -> Result<DateTime, ClockError> {
    day.to_datetime(Time::midnight()).checked_add(nanoseconds.nanoseconds()).map_err(|_| ClockError::OutOfRange)
}
