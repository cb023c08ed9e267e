//! Citizen numbers, tax numbers and telephone numbers: strings, checked by their structure.
//!
//! Readers here are strict ASCII; removing blanks from what a person typed is the form's work
//! (except for telephones, where several spellings are usual).

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a number was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}", self.code())]
pub enum Reason {
    /// Something other than the digits 0 to 9.
    NotDigits,
    /// Too few or too many digits.
    Length,
    /// The first three digits belong to no province.
    ProvinceUnassigned,
    /// The number says another year of birth than was declared.
    BirthYearMismatch,
    /// The number says another sex than was declared.
    SexMismatch,
    /// The check digit does not follow from the other digits.
    Checksum,
    /// The first nine digits leave remainder 0, for which no number is issued (TT 105/2020/TT-BTC).
    NoCheckDigitExists,
    /// The branch is 000.
    BranchOutOfRange,
    /// A telephone number that does not begin with 0 or +84.
    Prefix,
}

impl Reason {
    /// The stable snake_case code of the reason.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotDigits => "not_digits",
            Self::Length => "length",
            Self::ProvinceUnassigned => "province_unassigned",
            Self::BirthYearMismatch => "birth_year_mismatch",
            Self::SexMismatch => "sex_mismatch",
            Self::Checksum => "checksum",
            Self::NoCheckDigitExists => "no_check_digit_exists",
            Self::BranchOutOfRange => "branch_out_of_range",
            Self::Prefix => "prefix",
        }
    }
}

/// Sex as encoded in a citizen number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// Nam.
    Male,
    /// Nữ.
    Female,
}

/// A personal identification number of 12 digits (số định danh cá nhân).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CitizenNo(String);

/// The codes of the 63 provinces that issued numbers; they stay valid after the mergers of 2025.
const PROVINCES: [u8; 63] = [
    1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33, 34, 35, 36, 37, 38, 40, 42, 44, 45,
    46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74, 75, 77, 79, 80, 82, 83, 84, 86, 87, 89, 91, 92,
    93, 94, 95, 96,
];

fn number_of(digits: &str) -> i64 {
    digits.bytes().fold(0, |sum, byte| sum * 10 + i64::from(byte.wrapping_sub(b'0')))
}

fn only_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

impl CitizenNo {
    /// Reads a number and checks its structure; there is no check digit.
    ///
    /// # Errors
    /// [`Reason::NotDigits`], [`Reason::Length`] or [`Reason::ProvinceUnassigned`].
    pub fn parse(text: &str) -> Result<Self, Reason> {
        if !only_digits(text) {
            return Err(Reason::NotDigits);
        }
        if text.len() != 12 {
            return Err(Reason::Length);
        }
        if !Self::is_issued_by(&text[..3]) {
            return Err(Reason::ProvinceUnassigned);
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether a province with this code ever issued numbers; leading zeros do not count.
    pub fn is_issued_by(province_code: &str) -> bool {
        only_digits(province_code) && PROVINCES.iter().any(|code| i64::from(*code) == number_of(province_code))
    }

    /// Checks the number against what the person declared.
    ///
    /// # Errors
    /// [`Reason::BirthYearMismatch`] before [`Reason::SexMismatch`].
    pub fn agrees(&self, birth_date: Option<Date>, sex: Option<Sex>) -> Result<(), Reason> {
        self.agrees_with_year(birth_date.map(Date::year), sex)
    }

    /// The same for a person whose papers give only the year of birth.
    ///
    /// # Errors
    /// As [`CitizenNo::agrees`].
    pub fn agrees_with_year(&self, birth_year: Option<i16>, sex: Option<Sex>) -> Result<(), Reason> {
        if birth_year.is_some_and(|year| year != self.birth_year()) {
            return Err(Reason::BirthYearMismatch);
        }
        if sex.is_some_and(|sex| sex != self.sex()) {
            return Err(Reason::SexMismatch);
        }
        Ok(())
    }

    /// The number as stored. Personal data: never in logs or addresses.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The province that registered the birth, three digits.
    pub fn province_code(&self) -> &str {
        &self.0[..3]
    }

    /// Sex by the fourth digit.
    pub fn sex(&self) -> Sex {
        if number_of(&self.0[3..4]) % 2 == 0 { Sex::Male } else { Sex::Female }
    }

    /// Year of birth by the fourth to sixth digit.
    pub fn birth_year(&self) -> i16 {
        let century = number_of(&self.0[3..4]) / 2;
        i16::try_from(1900 + century * 100 + number_of(&self.0[4..6])).unwrap_or_default()
    }

    /// The number in groups of three, for reading: `031 090 000 000`.
    pub fn grouped(&self) -> String {
        [&self.0[..3], &self.0[3..6], &self.0[6..9], &self.0[9..]].join(" ")
    }

    /// The number with all but the last three digits hidden.
    pub fn masked(&self) -> String {
        format!("•••••••••{}", &self.0[9..])
    }
}

/// A tax number: 10 digits, or 10 digits, a hyphen and the three digits of a branch.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaxNo(String);

impl TaxNo {
    /// Reads a number of 10 or 13 digits, the latter with or without its hyphen; it is stored with
    /// the hyphen.
    ///
    /// # Errors
    /// [`Reason::NotDigits`], [`Reason::Length`], [`Reason::NoCheckDigitExists`],
    /// [`Reason::Checksum`] or [`Reason::BranchOutOfRange`].
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let (base, branch) = match text.as_bytes().get(10) {
            Some(b'-') => (text.get(..10), text.get(11..)),
            Some(_) => (text.get(..10), text.get(10..)),
            None => (Some(text), None),
        };
        let base = base.ok_or(Reason::NotDigits)?;
        if !only_digits(base) || !branch.is_none_or(only_digits) {
            return Err(Reason::NotDigits);
        }
        if base.len() != 10 || branch.is_some_and(|branch| branch.len() != 3) {
            return Err(Reason::Length);
        }
        match Self::check_digit(&base[..9]) {
            None => return Err(Reason::NoCheckDigitExists),
            Some(digit) if digit != number_of(&base[9..]) => return Err(Reason::Checksum),
            Some(_) => {}
        }
        match branch {
            Some("000") => Err(Reason::BranchOutOfRange),
            Some(branch) => Ok(Self(format!("{base}-{branch}"))),
            None => Ok(Self(base.to_owned())),
        }
    }

    /// The tenth digit of a number that begins with these nine; `None` when no such number exists.
    pub fn check_digit(nine: &str) -> Option<i64> {
        const WEIGHTS: [i64; 9] = [31, 29, 23, 19, 17, 13, 7, 5, 3];
        if nine.len() != 9 || !only_digits(nine) {
            return None;
        }
        let sum: i64 = nine.bytes().zip(WEIGHTS).map(|(byte, weight)| i64::from(byte - b'0') * weight).sum();
        match sum % 11 {
            0 => None,
            remainder => Some(10 - remainder),
        }
    }

    /// The number as stored and printed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The branch, when the number is that of a dependent unit.
    pub fn branch(&self) -> Option<&str> {
        self.0.get(11..)
    }
}

/// A telephone number within the country: 10 digits from 0.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(String);

impl Phone {
    /// Reads a number as people write it: `0912345678`, `0912 345 678`, `0912.345.678`, `+84 912 345 678`.
    ///
    /// # Errors
    /// [`Reason::NotDigits`], [`Reason::Prefix`] or [`Reason::Length`].
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let bare: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '.' | '-' | '(' | ')')).collect();
        let national = match bare.strip_prefix("+84") {
            Some(rest) => format!("0{}", rest.strip_prefix('0').unwrap_or(rest)),
            None => bare,
        };
        if !only_digits(&national) {
            return Err(Reason::NotDigits);
        }
        if !national.is_empty() && !national.starts_with('0') {
            return Err(Reason::Prefix);
        }
        if national.len() != 10 {
            return Err(Reason::Length);
        }
        Ok(Self(national))
    }

    /// The ten digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number for reading: `0912 345 678`.
    pub fn grouped(&self) -> String {
        [&self.0[..4], &self.0[4..7], &self.0[7..]].join(" ")
    }

    /// The number for machines abroad: `+84912345678`.
    pub fn international(&self) -> String {
        format!("+84{}", &self.0[1..])
    }
}

macro_rules! personal {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        // A number in a debug line would end up in a log.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(hidden)"))
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = Reason;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

personal!(CitizenNo);
personal!(TaxNo);
personal!(Phone);
