//! The city's working calendar and the clock of its procedures: when an answer is due, and why.
//!
//! `working(d) = d ∈ extra_work ∨ (weekday(d) ∉ weekly_off ∧ d ∉ off)`, from one data file a year.
//! A year without a file is an error, never a guess.

mod explain;
mod fast;
mod hours;
mod plan;
mod working;
mod year;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use hours::{OfficeHours, OfficeHoursError};
pub use working::{DayKind, WorkingCalendar};
pub use year::CalendarError;

pub(crate) use working::ordinal as days_since_1970;

use crate::time::civil;

/// How a time limit is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// The n-th working day after acceptance, at office close (BLDS Điều 147).
    WorkingDay,
    /// The n-th calendar day after; on a day off, the next working day (BLDS Điều 148 khoản 5).
    Day,
    /// The same day of the month n months later, or the last day of that month; then as `Day`.
    Month,
    /// The day of acceptance when accepted on a working day up to the cutoff, else the next working day.
    SameDay,
    /// Elapsed time, through nights and holidays.
    Hour,
    /// Time inside office hours only.
    WorkingHour,
    /// The handler's action is the end; no date is printed.
    Instant,
    /// The law sets no limit; no date.
    #[serde(rename = "none")]
    NoLimit,
    /// Until something happens ("before the ship leaves"); the text is printed, no date.
    Event,
}

impl Unit {
    /// All units.
    pub const ALL: [Unit; 9] = [
        Unit::WorkingDay,
        Unit::Day,
        Unit::Month,
        Unit::SameDay,
        Unit::Hour,
        Unit::WorkingHour,
        Unit::Instant,
        Unit::NoLimit,
        Unit::Event,
    ];

    /// The name used in packs and in the API: `working_day`, …, `none`.
    pub fn code(self) -> &'static str {
        match self {
            Self::WorkingDay => "working_day",
            Self::Day => "day",
            Self::Month => "month",
            Self::SameDay => "same_day",
            Self::Hour => "hour",
            Self::WorkingHour => "working_hour",
            Self::Instant => "instant",
            Self::NoLimit => "none",
            Self::Event => "event",
        }
    }

    /// The unit of a name.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.code() == code)
    }
}

/// A time limit of a procedure.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TimeLimit {
    /// How it is counted.
    pub unit: Unit,
    /// How many units, in halves: 10 is five, 1 is one half. Written `quantity = 5` or `0.5`.
    #[serde(rename = "quantity", default, with = "halves")]
    pub quantity_halves: i64,
    /// For `same_day`: accepted up to this time counts for the same day; without it, up to office close.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "year::optional_time")]
    pub cutoff: Option<Time>,
    /// For `event` and `none`: the words to print instead of a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl TimeLimit {
    /// A limit of whole units.
    pub fn of(unit: Unit, quantity: i64) -> Self {
        Self { unit, quantity_halves: quantity.saturating_mul(2), cutoff: None, text: None }
    }

    /// `n` working days.
    pub fn working_days(quantity: i64) -> Self {
        Self::of(Unit::WorkingDay, quantity)
    }

    /// The same day when accepted up to the cutoff.
    pub fn same_day(cutoff: Time) -> Self {
        Self { cutoff: Some(cutoff), ..Self::of(Unit::SameDay, 0) }
    }

    /// The quantity as a number of units, halves as `.5`.
    pub fn quantity(&self) -> f64 {
        self.quantity_halves as f64 / 2.0
    }
}

mod halves {
    use super::{Deserialize, Deserializer, Serializer};
    use serde::de::Error;

    pub(super) fn serialize<S: Serializer>(halves: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        if halves % 2 == 0 {
            serializer.serialize_i64(halves / 2)
        } else {
            serializer.serialize_f64(*halves as f64 / 2.0)
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Quantity {
            Whole(i64),
            Fraction(f64),
        }
        match Quantity::deserialize(deserializer)? {
            Quantity::Whole(units) => Ok(units.saturating_mul(2)),
            Quantity::Fraction(units) if (units * 2.0).fract() == 0.0 && units.abs() < 1e9 => Ok((units * 2.0) as i64),
            Quantity::Fraction(_) => Err(D::Error::custom("a quantity is a multiple of 0.5")),
        }
    }
}

/// A time during which the clock stands still.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Pause {
    /// When it was asked for.
    pub asked: Timestamp,
    /// When what was asked for came; `None` while it is awaited.
    pub received: Option<Timestamp>,
    /// `supplement`, `payment`, `consult`, … as the procedure names it.
    pub reason: String,
}

/// What a due date is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DueKind {
    /// There is a date.
    Dated,
    /// A pause is open, so there is no date yet.
    Paused,
    /// Done at once; no date is printed.
    Instant,
    /// The law gives no date; never counted late.
    NoDate,
}

/// A due date without its explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueAt {
    /// The instant up to which the answer is on time.
    pub at: Option<Timestamp>,
    /// Whether and why there is a date.
    pub kind: DueKind,
}

impl DueAt {
    pub(crate) fn dated(at: Timestamp) -> Self {
        Self { at: Some(at), kind: DueKind::Dated }
    }

    pub(crate) fn without(kind: DueKind) -> Self {
        Self { at: None, kind }
    }
}

/// A due date with its explanation, day by day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// The instant up to which the answer is on time.
    pub at: Option<Timestamp>,
    /// Whether and why there is a date.
    pub kind: DueKind,
    /// Every day from acceptance to the due date (or to the day an open pause was asked).
    pub days: Vec<DayNote>,
}

/// One day of an explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayNote {
    /// The day.
    pub date: Date,
    /// Whether it was counted.
    pub counted: bool,
    /// Which day it is among the counted ones, from 1; none for limits in hours.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub number: Option<u32>,
    /// Why it was counted or not.
    pub reason: DayReason,
    /// The name of the holiday or swap, or the reason of the pause.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// The law or decision behind it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub basis: Option<String>,
    /// For limits in hours: the minutes that counted on this day.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub minutes: Option<u32>,
    /// The calendar of this day is not decided yet.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub provisional: bool,
}

/// Why a day was counted or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayReason {
    /// The day of acceptance; never counted in day units (BLDS Điều 147 khoản 2).
    Accepted,
    /// Accepted in time on a working day: done on that very day.
    SameDay,
    /// An ordinary working day.
    Working,
    /// A weekend day worked in place of another day.
    ExtraWork,
    /// A calendar day, in limits of calendar days or months.
    CalendarDay,
    /// A weekly day off.
    WeeklyOff,
    /// A holiday named by law.
    Holiday,
    /// A day off given for a holiday on a weekend.
    Compensatory,
    /// A day off that is worked on another day.
    Swap,
    /// The clock stood still.
    Paused,
    /// The period ended on a day off or in a pause, so it ends on this working day (BLDS Điều 148 khoản 5).
    Moved,
    /// Elapsed time, in limits of hours.
    Elapsed,
}

impl DayReason {
    /// The stable snake_case name of the reason.
    pub fn code(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::SameDay => "same_day",
            Self::Working => "working",
            Self::ExtraWork => "extra_work",
            Self::CalendarDay => "calendar_day",
            Self::WeeklyOff => "weekly_off",
            Self::Holiday => "holiday",
            Self::Compensatory => "compensatory",
            Self::Swap => "swap",
            Self::Paused => "paused",
            Self::Moved => "moved",
            Self::Elapsed => "elapsed",
        }
    }
}

/// Why no due date can be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ClockError {
    /// The working calendar of this year is not loaded.
    #[error("calendar_missing({year})")]
    CalendarMissing {
        /// The first year that was needed and is not there.
        year: i16,
    },
    /// A negative quantity, or half a day or month.
    #[error("invalid_quantity")]
    InvalidQuantity,
    /// A pause that ends before it begins.
    #[error("invalid_pause")]
    InvalidPause,
    /// A date beyond the end of time.
    #[error("out_of_range")]
    OutOfRange,
}

impl ClockError {
    /// The stable snake_case code of the fault.
    pub fn code(self) -> &'static str {
        match self {
            Self::CalendarMissing { .. } => "calendar_missing",
            Self::InvalidQuantity => "invalid_quantity",
            Self::InvalidPause => "invalid_pause",
            Self::OutOfRange => "out_of_range",
        }
    }
}

/// How an ended case stands to its due date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timeliness {
    /// Ended on a date before the due date.
    Early,
    /// Ended up to the due instant.
    OnTime,
    /// Ended after it.
    Late,
}

/// Whether something that ended then was early, on time or late.
pub fn timeliness(ended: Timestamp, due: Timestamp) -> Timeliness {
    if ended > due {
        Timeliness::Late
    } else if civil(ended).date() < civil(due).date() {
        Timeliness::Early
    } else {
        Timeliness::OnTime
    }
}

impl WorkingCalendar {
    /// When the answer is due, with every day from acceptance on explained.
    ///
    /// Pauses count in the order they were asked; a pause asked after the due date changes nothing.
    ///
    /// # Errors
    /// [`ClockError`]; a year without calendar is never guessed.
    pub fn due(
        &self,
        hours: &OfficeHours,
        accepted: Timestamp,
        limit: &TimeLimit,
        pauses: &[Pause],
    ) -> Result<Due, ClockError> {
        explain::due(self, hours, accepted, limit, pauses)
    }

    /// The same due date without explanation, in a time that does not grow with the limit.
    ///
    /// # Errors
    /// As [`WorkingCalendar::due`].
    pub fn due_at(
        &self,
        hours: &OfficeHours,
        accepted: Timestamp,
        limit: &TimeLimit,
        pauses: &[Pause],
    ) -> Result<DueAt, ClockError> {
        fast::due_at(self, hours, accepted, limit, pauses)
    }
}
