//! Due dates without explanation: jumps over counted days instead of a walk through them.

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

use super::plan::{Plan, Stop, after_midnight, nanoseconds, of_day, plan, stops};
use super::working::{date_of, ordinal};
use super::{ClockError, DueAt, DueKind, OfficeHours, Pause, TimeLimit, Unit, WorkingCalendar};
use crate::time::{at, civil};

pub(super) fn due_at(
    calendar: &WorkingCalendar,
    hours: &OfficeHours,
    accepted: Timestamp,
    limit: &TimeLimit,
    pauses: &[Pause],
) -> Result<DueAt, ClockError> {
    match limit.unit {
        Unit::Instant => Ok(DueAt::without(DueKind::Instant)),
        Unit::NoLimit | Unit::Event => Ok(DueAt::without(DueKind::NoDate)),
        Unit::WorkingDay | Unit::Day | Unit::Month | Unit::SameDay => {
            in_days(calendar, hours, &plan(calendar, hours, accepted, limit)?, &stops(pauses)?)
        }
        Unit::Hour | Unit::WorkingHour => {
            let quantity = nanoseconds(limit)?;
            let stops = stops(pauses)?;
            if quantity == 0 {
                Ok(DueAt::without(DueKind::Instant))
            } else if limit.unit == Unit::Hour {
                in_hours(accepted, quantity, pauses)
            } else {
                in_working_hours(calendar, hours, civil(accepted), quantity, &stops)
            }
        }
    }
}

fn in_days(
    calendar: &WorkingCalendar,
    hours: &OfficeHours,
    plan: &Plan,
    stops: &[Stop<'_>],
) -> Result<DueAt, ClockError> {
    let (mut cursor, mut left) = (ordinal(plan.accepted), plan.count);
    let due_day = |cursor: i64, left: i64| match (plan.working, left) {
        (true, 1..) => calendar.nth_working(cursor, left),
        _ => calendar.nth_working(cursor + left - 1, 1),
    };
    for stop in stops {
        let last = ordinal(stop.last_day());
        if last <= cursor {
            continue;
        }
        let asked = ordinal(stop.asked.date());
        if due_day(cursor, left).is_ok_and(|due| (asked, stop.asked.time()) >= (due, hours.close())) {
            break;
        }
        if stop.received.is_none() {
            return Ok(DueAt::without(DueKind::Paused));
        }
        let counted = match plan.working {
            true => calendar.worked_between(cursor, asked),
            false => (asked - cursor).max(0),
        };
        left -= counted.min(left);
        cursor = last;
    }
    let day = date_of(due_day(cursor, left)?)?;
    Ok(DueAt::dated(at(day.to_datetime(hours.close()))))
}

fn in_hours(accepted: Timestamp, quantity: i64, pauses: &[Pause]) -> Result<DueAt, ClockError> {
    let later = |instant: Timestamp, by: SignedDuration| instant.checked_add(by).map_err(|_| ClockError::OutOfRange);
    let mut due = later(accepted, SignedDuration::from_nanos(quantity))?;
    let mut ran_until = accepted;
    let mut in_order: Vec<&Pause> = pauses.iter().collect();
    in_order.sort_by_key(|pause| pause.asked);
    for pause in in_order {
        if pause.asked >= due {
            break;
        }
        let Some(received) = pause.received else {
            return Ok(DueAt::without(DueKind::Paused));
        };
        let from = pause.asked.max(ran_until);
        if received > from {
            due = later(due, received.duration_since(from))?;
            ran_until = received;
        }
    }
    Ok(DueAt::dated(due))
}

fn in_working_hours(
    calendar: &WorkingCalendar,
    hours: &OfficeHours,
    accepted: DateTime,
    quantity: i64,
    stops: &[Stop<'_>],
) -> Result<DueAt, ClockError> {
    if !calendar.covers(accepted.date()) {
        return Err(ClockError::CalendarMissing { year: accepted.date().year() });
    }
    let office = Office { calendar, hours };
    let (mut cursor, mut left) = (accepted, quantity);
    for stop in stops {
        let until_asked = if stop.asked > cursor { office.time(stop.asked) - office.time(cursor) } else { 0 };
        if until_asked >= left {
            break;
        }
        let Some(received) = stop.received else {
            return Ok(DueAt::without(DueKind::Paused));
        };
        left -= until_asked;
        cursor = cursor.max(received);
    }
    Ok(DueAt::dated(at(office.reach(office.time(cursor) + left)?)))
}

struct Office<'a> {
    calendar: &'a WorkingCalendar,
    hours: &'a OfficeHours,
}

impl Office<'_> {
    fn a_day(&self) -> i64 {
        self.hours.sessions().iter().map(|(from, to)| of_day(*to) - of_day(*from)).sum()
    }

    /// Office time from the first loaded day up to this moment.
    fn time(&self, moment: DateTime) -> i64 {
        let today = ordinal(moment.date());
        let whole = self.calendar.worked_between(self.calendar.first() - 1, today - 1) * self.a_day();
        if !self.calendar.is_working(moment.date()) {
            return whole;
        }
        let now = of_day(moment.time());
        let sessions = self.hours.sessions().iter();
        whole + sessions.map(|(from, to)| (now.min(of_day(*to)) - of_day(*from)).max(0)).sum::<i64>()
    }

    /// The earliest moment by which so much office time (> 0) has passed.
    fn reach(&self, time: i64) -> Result<DateTime, ClockError> {
        let days = (time - 1) / self.a_day();
        let day = date_of(self.calendar.nth_working(self.calendar.first() - 1, days + 1)?)?;
        let mut left = time - days * self.a_day();
        for (from, to) in self.hours.sessions() {
            let length = of_day(*to) - of_day(*from);
            if left <= length {
                return after_midnight(day, of_day(*from) + left);
            }
            left -= length;
        }
        Err(ClockError::OutOfRange)
    }
}
