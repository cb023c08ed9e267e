//! How dates, times, numbers and money are shown in the city's two languages, and how numbers that
//! people type are read. The long Vietnamese date of Unicode's data is not the one offices write, so
//! nothing here comes from there.

mod date;
mod number;
mod words;

use serde::{Deserialize, Serialize};

pub use date::{
    date_month, date_official, date_short, date_table, date_text, date_time_table, date_time_text, date_weekday,
    days_left, moment, time_table, time_text, weekday,
};
pub use number::{
    NumberError, decimal, distance, money, money_table, number, parse_decimal, parse_money, parse_number, percent,
    percent_precise, size,
};
pub use words::{money_words, number_words};

/// A language of the city's pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Vietnamese, the source of every text.
    #[default]
    Vi,
    /// English.
    En,
}

impl Lang {
    /// Both languages, Vietnamese first.
    pub const ALL: [Lang; 2] = [Lang::Vi, Lang::En];

    /// The language tag used in addresses and in `lang` attributes: `vi` or `en`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }

    /// The language of a tag; `None` for a language without pages.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.code() == code)
    }

    /// The other language.
    pub fn other(self) -> Self {
        match self {
            Self::Vi => Self::En,
            Self::En => Self::Vi,
        }
    }

    pub(crate) fn pick<T>(self, vi: T, en: T) -> T {
        match self {
            Self::Vi => vi,
            Self::En => en,
        }
    }
}

impl std::fmt::Display for Lang {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl std::str::FromStr for Lang {
    type Err = LangError;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::parse(code).ok_or(LangError)
    }
}

/// The tag names no language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither `vi` nor `en`")]
pub struct LangError;
