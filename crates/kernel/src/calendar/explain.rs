//! Due dates with their explanation: a walk through the days, one note a day.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};

use super::plan::{Plan, Stop, after_midnight, nanoseconds, of_day, plan, stops};
use super::{
    ClockError, DayKind, DayNote, DayReason, Due, DueKind, OfficeHours, Pause, TimeLimit, Unit, WorkingCalendar,
};
use crate::time::{at, civil};

const FIRST_DAY: &str = "Bộ luật Dân sự 91/2015/QH13 Điều 147 khoản 2";
const LAST_DAY: &str = "Bộ luật Dân sự 91/2015/QH13 Điều 148 khoản 5";
const MIDNIGHT_TO_MIDNIGHT: i64 = 24 * 3600 * 1_000_000_000;
const MINUTE: i64 = 60 * 1_000_000_000;

pub(super) fn due(
    calendar: &WorkingCalendar,
    hours: &OfficeHours,
    accepted: Timestamp,
    limit: &TimeLimit,
    pauses: &[Pause],
) -> Result<Due, ClockError> {
    match limit.unit {
        Unit::Instant => Ok(Due { at: None, kind: DueKind::Instant, days: Vec::new() }),
        Unit::NoLimit | Unit::Event => Ok(Due { at: None, kind: DueKind::NoDate, days: Vec::new() }),
        Unit::WorkingDay | Unit::Day | Unit::Month | Unit::SameDay => {
            in_days(calendar, hours, &plan(calendar, hours, accepted, limit)?, &stops(pauses)?)
        }
        Unit::Hour | Unit::WorkingHour => {
            let quantity = nanoseconds(limit)?;
            let stops = stops(pauses)?;
            if quantity == 0 {
                return Ok(Due { at: None, kind: DueKind::Instant, days: Vec::new() });
            }
            let office = (limit.unit == Unit::WorkingHour).then_some(hours);
            in_hours(calendar, office, civil(accepted), quantity, &stops)
        }
    }
}

fn off_reason(kind: DayKind) -> DayReason {
    match kind {
        DayKind::Working => DayReason::Working,
        DayKind::ExtraWork => DayReason::ExtraWork,
        DayKind::WeeklyOff | DayKind::Unknown => DayReason::WeeklyOff,
        DayKind::Holiday => DayReason::Holiday,
        DayKind::Compensatory => DayReason::Compensatory,
        DayKind::Swap => DayReason::Swap,
    }
}

fn note(calendar: &WorkingCalendar, date: Date, reason: DayReason) -> DayNote {
    let (name, basis) = calendar.named(date).map_or((None, None), |(name, basis)| (Some(name), Some(basis)));
    DayNote {
        date,
        counted: false,
        number: None,
        reason,
        name: name.map(str::to_owned),
        basis: basis.map(str::to_owned),
        minutes: None,
        provisional: calendar.is_provisional(date),
    }
}

fn paused_note(calendar: &WorkingCalendar, date: Date, stop: &Stop<'_>) -> DayNote {
    DayNote { name: Some(stop.reason.to_owned()), basis: None, ..note(calendar, date, DayReason::Paused) }
}

fn paused(days: Vec<DayNote>) -> Due {
    Due { at: None, kind: DueKind::Paused, days }
}

fn following(date: Date) -> Result<Date, ClockError> {
    date.tomorrow().map_err(|_| ClockError::OutOfRange)
}

fn in_days(
    calendar: &WorkingCalendar,
    hours: &OfficeHours,
    plan: &Plan,
    stops: &[Stop<'_>],
) -> Result<Due, ClockError> {
    // A pause that was over by the day of acceptance stopped nothing.
    let stops: Vec<&Stop<'_>> = stops.iter().filter(|stop| stop.last_day() > plan.accepted).collect();
    let mut days = Vec::new();
    let mut counted = 0;
    let mut date = plan.accepted;
    loop {
        if !calendar.covers(date) {
            let open = stops.iter().any(|stop| stop.received.is_none());
            return if open { Ok(paused(days)) } else { Err(calendar.missing_after()) };
        }
        let kind = calendar.day(date);
        let today: Vec<&&Stop<'_>> =
            stops.iter().filter(|stop| stop.asked.date() < date && date <= stop.last_day()).collect();
        if today.iter().any(|stop| stop.received.is_none()) {
            return Ok(paused(days));
        }
        let counts = if plan.working { kind.is_working() } else { true };
        let counts_now = date > plan.accepted && counted < plan.count && counts && today.is_empty();
        let mut entry = if counts_now {
            counted += 1;
            let reason = if plan.working { off_reason(kind) } else { DayReason::CalendarDay };
            DayNote { counted: true, number: u32::try_from(counted).ok(), ..note(calendar, date, reason) }
        } else if let Some(stop) = today.first() {
            paused_note(calendar, date, stop)
        } else if date == plan.accepted {
            let entry = note(calendar, date, DayReason::Accepted);
            DayNote { basis: Some(FIRST_DAY.to_owned()), ..entry }
        } else {
            note(calendar, date, off_reason(kind))
        };
        let through = counted == plan.count && (counts_now || !today.iter().any(|stop| date < stop.last_day()));
        // Once all days are counted, a pause's last day may be the due day, but the day the count
        // ended inside a pause may not.
        let may_end = through && kind.is_working() && (date > plan.accepted || plan.count == 0);
        if may_end {
            let before_close = |stop: &&&Stop<'_>| {
                stop.asked.date() == date && stop.asked.time() < hours.close() && stop.last_day() > date
            };
            match stops.iter().find(before_close) {
                Some(_) if stops.iter().filter(before_close).any(|stop| stop.received.is_none()) => {
                    days.push(entry);
                    return Ok(paused(days));
                }
                Some(_) => {}
                None => {
                    if !entry.counted {
                        let same_day = date == plan.accepted;
                        entry.reason = if same_day { DayReason::SameDay } else { DayReason::Moved };
                        entry.counted = same_day;
                        entry.basis = (!same_day).then(|| LAST_DAY.to_owned());
                    }
                    days.push(entry);
                    let due = at(date.to_datetime(hours.close()));
                    return Ok(Due { at: Some(due), kind: DueKind::Dated, days });
                }
            }
        }
        days.push(entry);
        date = following(date)?;
    }
}

/// The stretches of a day in which the clock may run: office sessions, or the whole day.
fn sessions(calendar: &WorkingCalendar, office: Option<&OfficeHours>, date: Date) -> Vec<(i64, i64)> {
    match office {
        None => vec![(0, MIDNIGHT_TO_MIDNIGHT)],
        Some(hours) if calendar.is_working(date) => {
            hours.sessions().iter().map(|(from, to)| (of_day(*from), of_day(*to))).collect()
        }
        Some(_) => Vec::new(),
    }
}

/// A moment as nanoseconds after midnight of a day, cut to that day.
fn within(date: Date, moment: DateTime) -> i64 {
    match moment.date().cmp(&date) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Equal => of_day(moment.time()),
        std::cmp::Ordering::Greater => MIDNIGHT_TO_MIDNIGHT,
    }
}

fn in_hours(
    calendar: &WorkingCalendar,
    office: Option<&OfficeHours>,
    accepted: DateTime,
    quantity: i64,
    stops: &[Stop<'_>],
) -> Result<Due, ClockError> {
    let first_open = stops.iter().find(|stop| stop.received.is_none());
    let mut days = Vec::new();
    let mut left = quantity;
    let mut date = accepted.date();
    loop {
        if office.is_some() && !calendar.covers(date) {
            return match first_open {
                Some(_) if !days.is_empty() => Ok(paused(days)),
                _ if days.is_empty() => Err(ClockError::CalendarMissing { year: date.year() }),
                _ => Err(calendar.missing_after()),
            };
        }
        let (mut ran, mut due) = (0, None);
        for (from, to) in running(calendar, office, date, accepted, stops) {
            if to - from >= left {
                ran += left;
                due = Some(after_midnight(date, from + left)?);
                break;
            }
            left -= to - from;
            ran += to - from;
        }
        let covering = stops.iter().find(|stop| stop.asked < date.to_datetime(Time::MAX) && stop.last_day() >= date);
        let kind = calendar.day(date);
        let mut entry = match (office, covering) {
            _ if ran > 0 && office.is_none() => note(calendar, date, DayReason::Elapsed),
            (Some(_), None) if ran == 0 && date == accepted.date() => note(calendar, date, DayReason::Accepted),
            (_, Some(stop)) if ran == 0 && (office.is_none() || kind.is_working()) => paused_note(calendar, date, stop),
            (None, _) => note(calendar, date, DayReason::Elapsed),
            (Some(_), _) => note(calendar, date, off_reason(kind)),
        };
        entry.counted = ran > 0;
        entry.minutes = u32::try_from(ran / MINUTE).ok();
        entry.provisional = entry.provisional && office.is_some();
        days.push(entry);
        if let Some(due) = due {
            return Ok(Due { at: Some(at(due)), kind: DueKind::Dated, days });
        }
        if first_open.is_some_and(|stop| stop.asked.date() <= date) {
            return Ok(paused(days));
        }
        date = following(date)?;
    }
}

/// The stretches of a day in which the clock really runs: after acceptance and outside all pauses.
fn running(
    calendar: &WorkingCalendar,
    office: Option<&OfficeHours>,
    date: Date,
    accepted: DateTime,
    stops: &[Stop<'_>],
) -> Vec<(i64, i64)> {
    let mut pieces = sessions(calendar, office, date);
    let mut cut = |from: i64, to: i64| {
        let parts = pieces.iter().flat_map(|piece| [(piece.0, piece.1.min(from)), (piece.0.max(to), piece.1)]);
        pieces = parts.filter(|(from, to)| from < to).collect();
    };
    cut(0, within(date, accepted));
    for stop in stops {
        let (from, to) =
            (within(date, stop.asked), stop.received.map_or(MIDNIGHT_TO_MIDNIGHT, |end| within(date, end)));
        if from < to {
            cut(from, to);
        }
    }
    pieces
}
