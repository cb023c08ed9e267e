//! Small values of a procedure file: texts in two languages, TOML dates, budgets and moments of escalation.

use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::calendar::Unit;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    Plain(String),
    Both(BothWords),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BothWords {
    vi: String,
    en: Option<String>,
}

impl From<Words> for Bilingual {
    fn from(words: Words) -> Self {
        match words {
            Words::Plain(vi) => Bilingual { vi, en: None },
            Words::Both(both) => Bilingual { vi: both.vi, en: both.en },
        }
    }
}

/// Reads an optional bilingual text: `"chữ"` or `{ vi, en }`.
pub(crate) fn maybe_bilingual<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Bilingual>, D::Error> {
    Ok(Option::<Words>::deserialize(from)?.map(Bilingual::from))
}

/// Reads a level of assurance: 1 to 4.
pub(crate) fn assurance<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u8>, D::Error> {
    match Option::<u8>::deserialize(from)? {
        Some(level) if !(1..=4).contains(&level) => Err(D::Error::custom("min_acr is 1, 2, 3 or 4")),
        level => Ok(level),
    }
}

/// Reads an array of bilingual texts.
pub(crate) fn bilingual_list<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Bilingual>, D::Error> {
    Ok(Vec::<Words>::deserialize(from)?.into_iter().map(Bilingual::from).collect())
}

fn stamp<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    toml::value::Datetime::deserialize(from).map(|value| value.to_string())
}

/// Reads a TOML local date.
pub(crate) fn date<'de, D: Deserializer<'de>>(from: D) -> Result<jiff::civil::Date, D::Error> {
    stamp(from)?.parse().map_err(D::Error::custom)
}

/// Reads an optional TOML local date.
pub(crate) fn maybe_date<'de, D: Deserializer<'de>>(from: D) -> Result<Option<jiff::civil::Date>, D::Error> {
    date(from).map(Some)
}

/// Reads an optional TOML local time.
pub(crate) fn maybe_time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<jiff::civil::Time>, D::Error> {
    stamp(from)?.parse().map(Some).map_err(D::Error::custom)
}

/// Reads a TOML local date-time.
pub(crate) fn date_time<'de, D: Deserializer<'de>>(from: D) -> Result<jiff::civil::DateTime, D::Error> {
    stamp(from)?.parse().map_err(D::Error::custom)
}

/// A length of work inside the agency, such as `2 working_hour`. It never extends the legal limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Quantity in halves, so that half an hour is exact.
    pub halves: i64,
    /// Unit of the quantity.
    pub unit: Unit,
}

impl Budget {
    /// Reads `<quantity> <unit>`; halves are written `0.5` or `0,5`.
    ///
    /// # Errors
    /// Says in English what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = text.split_whitespace();
        let (Some(quantity), Some(unit), None) = (parts.next(), parts.next(), parts.next()) else {
            return Err(format!("\"{text}\" is not \"<number> <unit>\", such as \"2 working_hour\""));
        };
        let halves =
            halves(quantity).ok_or_else(|| format!("\"{quantity}\" is not a number above 0 in whole or half units"))?;
        let unit = unit_named(unit).ok_or_else(|| format!("\"{unit}\" is not a unit of time"))?;
        Ok(Self { halves, unit })
    }
}

fn halves(text: &str) -> Option<i64> {
    let text = text.replace(',', ".");
    let (whole, half) = match text.split_once('.') {
        None => (text.as_str(), 0),
        Some((whole, "5")) => (whole, 1),
        Some((whole, "0")) => (whole, 0),
        Some(_) => return None,
    };
    let whole: i64 = whole.parse().ok().filter(|n| (0..=100_000).contains(n))?;
    Some(whole * 2 + half).filter(|n| *n > 0)
}

/// The unit a word names, as in `services.md` 3.5.
pub(crate) fn unit_named(word: &str) -> Option<Unit> {
    Some(match word {
        "working_day" => Unit::WorkingDay,
        "day" => Unit::Day,
        "month" => Unit::Month,
        "same_day" => Unit::SameDay,
        "hour" => Unit::Hour,
        "working_hour" => Unit::WorkingHour,
        "instant" => Unit::Instant,
        "none" => Unit::NoLimit,
        "event" => Unit::Event,
        _ => return None,
    })
}

/// When an escalation fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// After this share of the step's budget.
    ShareOfBudget(u32),
    /// After this share of the time between acceptance and the due date.
    ShareOfLimit(u32),
    /// This long after the step began.
    AfterStart(Budget),
    /// This long before the due date.
    BeforeDue(Budget),
    /// At the due date.
    Due,
    /// This long after the due date.
    AfterDue(Budget),
}

impl Moment {
    /// Reads `80 % of budget`, `80 % of limit`, `1 working_day before due`, `2 working_hour`, `due`,
    /// `1 working_day after due`.
    ///
    /// # Errors
    /// Says in English what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text == "due" {
            return Ok(Self::Due);
        }
        if let Some((share, of)) = text.split_once('%') {
            let share: u32 =
                share.trim().parse().map_err(|_| format!("\"{text}\": the share is not a whole number"))?;
            if !(1..=1000).contains(&share) {
                return Err(format!("\"{text}\": the share must lie between 1 and 1000"));
            }
            return match of.trim() {
                "of budget" => Ok(Self::ShareOfBudget(share)),
                "of limit" => Ok(Self::ShareOfLimit(share)),
                _ => Err(format!("\"{text}\": write \"{share} % of budget\" or \"{share} % of limit\"")),
            };
        }
        if let Some(length) = text.strip_suffix("before due") {
            return Budget::parse(length).map(Self::BeforeDue);
        }
        if let Some(length) = text.strip_suffix("after due") {
            return Budget::parse(length).map(Self::AfterDue);
        }
        Budget::parse(text).map(Self::AfterStart)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn budgets_and_moments_are_read_or_refused() {
        let day = Budget { halves: 2, unit: Unit::WorkingDay };
        let cases: [(&str, Option<Moment>); 10] = [
            ("80 % of budget", Some(Moment::ShareOfBudget(80))),
            ("120% of limit", Some(Moment::ShareOfLimit(120))),
            ("1 working_day before due", Some(Moment::BeforeDue(day))),
            ("1 working_day after due", Some(Moment::AfterDue(day))),
            ("due", Some(Moment::Due)),
            ("0,5 working_hour", Some(Moment::AfterStart(Budget { halves: 1, unit: Unit::WorkingHour }))),
            ("80 % of everything", None),
            ("0 working_day", None),
            ("-2 working_day", None),
            ("3 weeks", None),
        ];
        for (text, expected) in cases {
            assert_eq!(Moment::parse(text).ok(), expected, "{text}");
        }
    }
}
