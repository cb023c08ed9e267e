//! The data file of one year.

use jiff::civil::{Date, Time, Weekday};
use serde::{Deserialize, Deserializer};

use super::working::DayKind;

/// What is wrong with the calendar files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("calendar file {}: {what}", file + 1)]
pub struct CalendarError {
    /// Which of the given files, from 0.
    pub file: usize,
    /// What is wrong, with the place in the file when it is not even TOML.
    pub what: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    year: i16,
    status: Status,
    timezone: String,
    weekly_off: Vec<String>,
    #[serde(default)]
    off: Vec<Off>,
    #[serde(default)]
    extra_work: Vec<ExtraWork>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Status {
    Final,
    Provisional,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum OffKind {
    Statutory,
    Compensatory,
    Swap,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Off {
    date: toml::value::Datetime,
    name: String,
    kind: OffKind,
    basis: String,
    #[serde(default)]
    worked_on: Option<toml::value::Datetime>,
    #[serde(default = "yes")]
    confirmed: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExtraWork {
    date: toml::value::Datetime,
    name: String,
    #[serde(default)]
    instead_of: Option<toml::value::Datetime>,
    basis: String,
    #[serde(default = "yes")]
    confirmed: bool,
}

fn yes() -> bool {
    true
}

/// A day that the file names.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) date: Date,
    pub(super) kind: DayKind,
    pub(super) name: String,
    pub(super) basis: String,
    pub(super) confirmed: bool,
}

/// One year, read and checked.
#[derive(Debug, Clone)]
pub(super) struct Year {
    pub(super) year: i16,
    pub(super) provisional: bool,
    pub(super) weekly_off: Vec<Weekday>,
    /// At most one entry a date; worked days after days off.
    pub(super) named: Vec<Named>,
}

fn civil_date(value: toml::value::Datetime, year: i16) -> Result<Date, String> {
    let date = value.date.filter(|_| value.time.is_none() && value.offset.is_none());
    let date = date.ok_or_else(|| format!("{value} is not a date"))?;
    let (month, day) = (i8::try_from(date.month), i8::try_from(date.day));
    let read = match (i16::try_from(date.year), month, day) {
        (Ok(year), Ok(month), Ok(day)) => Date::new(year, month, day).ok(),
        _ => None,
    };
    match read {
        Some(read) if read.year() == year => Ok(read),
        Some(_) => Err(format!("{value} is not in {year}")),
        None => Err(format!("{value} is not a date")),
    }
}

/// A swap has two ends; where both lie in this year, both must be written.
fn swaps_agree(file: &File) -> Result<(), String> {
    let same_year =
        |value: &toml::value::Datetime| value.date.is_none_or(|date| i32::from(date.year) == i32::from(file.year));
    for off in &file.off {
        let there = |worked_on| file.extra_work.iter().any(|work| work.date == worked_on);
        if let Some(worked_on) = off.worked_on.filter(same_year).filter(|worked_on| !there(*worked_on)) {
            return Err(format!("{} is worked on {worked_on}, which is not among the extra working days", off.date));
        }
    }
    for work in &file.extra_work {
        let there = |instead| file.off.iter().any(|off| off.date == instead);
        if let Some(instead) = work.instead_of.filter(same_year).filter(|instead| !there(*instead)) {
            return Err(format!("{} is worked instead of {instead}, which is not among the days off", work.date));
        }
    }
    Ok(())
}

fn day_of_week(name: &str) -> Result<Weekday, String> {
    match name {
        "mon" => Ok(Weekday::Monday),
        "tue" => Ok(Weekday::Tuesday),
        "wed" => Ok(Weekday::Wednesday),
        "thu" => Ok(Weekday::Thursday),
        "fri" => Ok(Weekday::Friday),
        "sat" => Ok(Weekday::Saturday),
        "sun" => Ok(Weekday::Sunday),
        _ => Err(format!("weekly_off: `{name}` is none of mon, tue, wed, thu, fri, sat, sun")),
    }
}

/// Reads the file of one year.
pub(super) fn read(text: &str) -> Result<Year, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    if file.format != 1 {
        return Err(format!("format {} is not known, only 1", file.format));
    }
    if file.timezone != "Asia/Ho_Chi_Minh" {
        return Err(format!("timezone `{}` is not Asia/Ho_Chi_Minh", file.timezone));
    }
    let weekly_off = file.weekly_off.iter().map(|name| day_of_week(name)).collect::<Result<Vec<_>, _>>()?;
    let mut named: Vec<Named> = Vec::new();
    swaps_agree(&file)?;
    for off in file.off {
        let date = civil_date(off.date, file.year)?;
        let kind = match off.kind {
            OffKind::Statutory => DayKind::Holiday,
            OffKind::Compensatory => DayKind::Compensatory,
            OffKind::Swap => DayKind::Swap,
        };
        named.push(Named { date, kind, name: off.name, basis: off.basis, confirmed: off.confirmed });
    }
    for work in file.extra_work {
        let date = civil_date(work.date, file.year)?;
        let kind = DayKind::ExtraWork;
        named.push(Named { date, kind, name: work.name, basis: work.basis, confirmed: work.confirmed });
    }
    named.sort_by_key(|day| day.date);
    if let Some(pair) = named.windows(2).find(|pair| pair[0].date == pair[1].date) {
        return Err(format!("{} is named twice", pair[0].date));
    }
    Ok(Year { year: file.year, provisional: file.status == Status::Provisional, weekly_off, named })
}

/// Reads a time written as a TOML time (`15:00:00`) or as text (`"15:00"`).
pub(super) fn optional_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Time>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Toml(toml::value::Datetime),
        Text(String),
    }
    let written = match Option::<Written>::deserialize(deserializer)? {
        None => return Ok(None),
        Some(Written::Toml(value)) => value.to_string(),
        Some(Written::Text(text)) => text,
    };
    let time = written.parse().map_err(|_| serde::de::Error::custom(format!("`{written}` is not a time of day")))?;
    Ok(Some(time))
}
