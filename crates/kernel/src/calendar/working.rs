//! Which days are worked, with jumps over any number of days in constant time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

use super::ClockError;
use super::year::{self, CalendarError, Named, Year};
use crate::time::civil;

/// What a day is in the working calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// An ordinary working day.
    Working,
    /// A weekly day off that is worked in place of another day.
    ExtraWork,
    /// A weekly day off.
    WeeklyOff,
    /// A holiday named by law.
    Holiday,
    /// A day off given for a holiday on a weekend.
    Compensatory,
    /// A day off that is worked on another day.
    Swap,
    /// A year whose calendar is not loaded.
    Unknown,
}

impl DayKind {
    /// Whether offices work on such a day.
    pub fn is_working(self) -> bool {
        matches!(self, Self::Working | Self::ExtraWork)
    }
}

/// The working days of consecutive years.
#[derive(Debug, Clone)]
pub struct WorkingCalendar {
    years: Vec<Year>,
    named: BTreeMap<Date, Named>,
    first: i64,
    kinds: Vec<DayKind>,
    /// Before the day at an index, how many of the days from the first on are worked; one longer than `kinds`.
    worked_before: Vec<u32>,
    /// The indices of the working days.
    worked: Vec<u32>,
}

/// Days since 1970-01-01: subtraction of dates without the cost of calendars.
pub(crate) fn ordinal(day: Date) -> i64 {
    let (year, month, day) = (i64::from(day.year()), i64::from(day.month()), i64::from(day.day()));
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date of so many days since 1970-01-01.
pub(super) fn date_of(ordinal: i64) -> Result<Date, ClockError> {
    date(1970, 1, 1)
        .checked_add(jiff::Span::new().try_days(ordinal).map_err(|_| ClockError::OutOfRange)?)
        .map_err(|_| ClockError::OutOfRange)
}

impl WorkingCalendar {
    /// Reads one file a year; the years may come in any order and must be consecutive.
    ///
    /// # Errors
    /// [`CalendarError`] with the index of the file at fault.
    pub fn from_toml(files: &[impl AsRef<str>]) -> Result<Self, CalendarError> {
        let mut read = Vec::with_capacity(files.len());
        for (file, text) in files.iter().enumerate() {
            let year = year::read(text.as_ref()).map_err(|what| CalendarError { file, what })?;
            read.push((file, year));
        }
        read.sort_by_key(|(_, year)| year.year);
        for pair in read.windows(2) {
            let (before, (file, year)) = (pair[0].1.year, (pair[1].0, pair[1].1.year));
            if before == year {
                return Err(CalendarError { file, what: format!("the year {year} is given twice") });
            }
            if before + 1 != year {
                return Err(CalendarError { file, what: format!("the year {} before {year} is missing", before + 1) });
            }
        }
        if read.is_empty() {
            return Err(CalendarError { file: 0, what: "no year is given".to_owned() });
        }
        Ok(Self::index(read.into_iter().map(|(_, year)| year).collect()))
    }

    fn index(years: Vec<Year>) -> Self {
        let first = years.first().map_or(0, |year| ordinal(date(year.year, 1, 1)));
        let mut named = BTreeMap::new();
        let (mut kinds, mut worked_before, mut worked) = (Vec::new(), vec![0u32], Vec::new());
        for year in &years {
            named.extend(year.named.iter().map(|day| (day.date, day.clone())));
            let mut day = Some(date(year.year, 1, 1));
            while let Some(today) = day.filter(|day| day.year() == year.year) {
                let kind = match named.get(&today) {
                    Some(named) => named.kind,
                    None if year.weekly_off.contains(&today.weekday()) => DayKind::WeeklyOff,
                    None => DayKind::Working,
                };
                if kind.is_working() {
                    worked.push(kinds.len() as u32);
                }
                kinds.push(kind);
                worked_before.push(worked.len() as u32);
                day = today.tomorrow().ok();
            }
        }
        Self { years, named, first, kinds, worked_before, worked }
    }

    /// The first and the last year loaded.
    pub fn years(&self) -> (i16, i16) {
        (self.years.first().map_or(0, |year| year.year), self.years.last().map_or(0, |year| year.year))
    }

    /// The first loaded day, counted from 1970-01-01.
    pub(super) fn first(&self) -> i64 {
        self.first
    }

    /// Whether the year of the date is loaded.
    pub fn covers(&self, day: Date) -> bool {
        let (first, last) = self.years();
        (first..=last).contains(&day.year())
    }

    /// Whether the date's year is not decided yet, or the day itself is marked as unconfirmed.
    pub fn is_provisional(&self, day: Date) -> bool {
        let year = self.years.iter().find(|year| year.year == day.year());
        year.is_none_or(|year| year.provisional) || self.named.get(&day).is_some_and(|named| !named.confirmed)
    }

    /// What the day is.
    pub fn day(&self, day: Date) -> DayKind {
        let index = usize::try_from(ordinal(day) - self.first).ok();
        index.and_then(|index| self.kinds.get(index)).copied().unwrap_or(DayKind::Unknown)
    }

    /// Name and legal basis of a holiday, swap or extra working day.
    pub fn named(&self, day: Date) -> Option<(&str, &str)> {
        self.named.get(&day).map(|named| (named.name.as_str(), named.basis.as_str()))
    }

    /// Whether offices work on this day; in a year that is not loaded, never.
    pub fn is_working(&self, day: Date) -> bool {
        self.day(day).is_working()
    }

    /// The first working day after this day; `None` when it lies in a year that is not loaded.
    pub fn next_working(&self, day: Date) -> Option<Date> {
        self.nth_working(ordinal(day), 1).ok().and_then(|ordinal| date_of(ordinal).ok())
    }

    /// The last working day before this day; `None` when it lies in a year that is not loaded.
    pub fn previous_working(&self, day: Date) -> Option<Date> {
        let before = self.worked_until(ordinal(day) - 1).checked_sub(1)?;
        let inside = self.covers(day) || self.covers(day.yesterday().ok()?);
        let index = self.worked.get(before as usize).filter(|_| inside)?;
        date_of(self.first + i64::from(*index)).ok()
    }

    /// How many working days lie after `after` up to and including `until`; 0 when `until` is not
    /// later. Days of years that are not loaded do not count.
    pub fn working_days_between(&self, after: Date, until: Date) -> i64 {
        self.worked_between(ordinal(after), ordinal(until))
    }

    pub(super) fn worked_between(&self, after: i64, until: i64) -> i64 {
        if until <= after { 0 } else { i64::from(self.worked_until(until)) - i64::from(self.worked_until(after)) }
    }

    /// How many of the loaded days up to and including this one are worked.
    fn worked_until(&self, ordinal: i64) -> u32 {
        let index = (ordinal - self.first + 1).clamp(0, self.kinds.len() as i64);
        self.worked_before.get(index as usize).copied().unwrap_or_default()
    }

    pub(super) fn missing_after(&self) -> ClockError {
        ClockError::CalendarMissing { year: self.years().1.saturating_add(1) }
    }

    /// The `n`-th working day after a day of a loaded year (or of the day before the first); `n` ≥ 1.
    pub(super) fn nth_working(&self, after: i64, n: i64) -> Result<i64, ClockError> {
        if after < self.first - 1 {
            return Err(ClockError::CalendarMissing { year: date_of(after)?.year() });
        }
        let index = i64::from(self.worked_until(after)) + n - 1;
        let found = usize::try_from(index).ok().and_then(|index| self.worked.get(index));
        found.map(|index| self.first + i64::from(*index)).ok_or_else(|| self.missing_after())
    }

    /// Working days from now to a due date, for display: 0 on the due date itself, negative when
    /// overdue (a begun day counts, so what is late is at least −1).
    ///
    /// In years that are not loaded Monday to Friday are taken as worked: the due date itself was
    /// computed elsewhere, this only says how far away it is.
    pub fn working_days_left(&self, from: Timestamp, due: Timestamp) -> i64 {
        let (from_day, due_day) = (civil(from).date(), civil(due).date());
        if from > due {
            -self.roughly_between(due_day, from_day).max(1)
        } else {
            self.roughly_between(from_day, due_day)
        }
    }

    fn roughly_between(&self, after: Date, until: Date) -> i64 {
        let (after, until) = (ordinal(after), ordinal(until));
        let (start, end) = (self.first - 1, self.first - 1 + self.kinds.len() as i64);
        let outside = weekdays_between(after, until.min(start)) + weekdays_between(after.max(end), until);
        self.worked_between(after, until) + outside
    }
}

/// Mondays to Fridays after `after` up to `until`.
fn weekdays_between(after: i64, until: i64) -> i64 {
    // 1969-12-29 was a Monday: day −3 of the count.
    let until_day = |ordinal: i64| {
        let days = ordinal + 3 + 1;
        days.div_euclid(7) * 5 + days.rem_euclid(7).min(5)
    };
    if until <= after { 0 } else { until_day(until) - until_day(after) }
}
