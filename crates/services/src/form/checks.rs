//! Checks that JSON Schema cannot say: dates against today, ages, agreement of numbers, names.

use super::codes::CodeLists;
use super::field::Field;
use crate::procedure::expression::{full_date, full_years, span_of};
use haidang_kernel::number::{CitizenNo, Reason, Sex};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

/// A named check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Date ≤ today.
    NotFuture,
    /// Date ≥ today.
    NotPast,
    /// Date ≥ birth date of the same person.
    NotBeforeBirth,
    /// 18 full years today.
    #[serde(rename = "adult_18")]
    Adult18,
    /// 20 full years today (52/2014/QH13 Điều 8).
    #[serde(rename = "male_20")]
    Male20,
    /// 18 full years today (52/2014/QH13 Điều 8).
    #[serde(rename = "female_18")]
    Female18,
    /// Century, sex and birth year in the number agree with the declared ones; a warning, not an error.
    CitizenNoCross,
    /// The commune exists.
    CommuneKnown,
    /// Letters, blanks, apostrophe, hyphen; at most 100 characters.
    NameLetters,
    /// > 0.
    Positive,
    /// At least one entry.
    #[serde(rename = "min_1")]
    Min1,
    /// Begins with "Hộ kinh doanh"; letters, digits and signs; no word reserved for companies.
    HouseholdName,
}

impl Check {
    /// The stable code, as written in the form.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotFuture => "not_future",
            Self::NotPast => "not_past",
            Self::NotBeforeBirth => "not_before_birth",
            Self::Adult18 => "adult_18",
            Self::Male20 => "male_20",
            Self::Female18 => "female_18",
            Self::CitizenNoCross => "citizen_no_cross",
            Self::CommuneKnown => "commune_known",
            Self::NameLetters => "name_letters",
            Self::Positive => "positive",
            Self::Min1 => "min_1",
            Self::HouseholdName => "household_name",
        }
    }
}

/// What a check found: a stable code, and whether it only warns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub code: &'static str,
    pub warning: bool,
}

fn error(code: &'static str) -> Option<Found> {
    Some(Found { code, warning: false })
}

/// Runs one check on a value that already has the right form.
pub(super) fn run(
    check: Check,
    field: &Field,
    value: &Json,
    siblings: &Map<String, Json>,
    today: Date,
    codes: &CodeLists,
) -> Option<Found> {
    let text = value.as_str();
    match check {
        Check::NotFuture => {
            let (first, _) = span_of(text?)?;
            if first > today { error("not_future") } else { None }
        }
        Check::NotPast => {
            let (_, last) = span_of(text?)?;
            if last < today { error("not_past") } else { None }
        }
        Check::NotBeforeBirth => {
            let (birth, _) = span_of(sister(field, "birth_date", siblings)?.as_str()?)?;
            let (_, last) = span_of(text?)?;
            if last < birth { error("not_before_birth") } else { None }
        }
        Check::Adult18 => too_young(text?, 18, today).then_some(Found { code: "adult_18", warning: false }),
        Check::Male20 => too_young(text?, 20, today).then_some(Found { code: "male_20", warning: false }),
        Check::Female18 => too_young(text?, 18, today).then_some(Found { code: "female_18", warning: false }),
        Check::CitizenNoCross => crossed(field, text?, siblings),
        Check::CommuneKnown => commune(value, today, codes),
        Check::NameLetters => name(text?),
        Check::Positive => (value.as_f64()? <= 0.0).then_some(Found { code: "positive", warning: false }),
        Check::Min1 => value.as_array()?.is_empty().then_some(Found { code: "min_1", warning: false }),
        Check::HouseholdName => household(text?),
    }
}

/// Sister field by role: named in `with`, else the one with the same prefix.
fn sister<'a>(field: &Field, role: &str, siblings: &'a Map<String, Json>) -> Option<&'a Json> {
    if let Some(key) = field.with.get(role) {
        return siblings.get(key);
    }
    let prefix = ["citizen_no", "birth_date", "date"].iter().find_map(|end| field.key.strip_suffix(end)).unwrap_or("");
    siblings.get(&format!("{prefix}{role}"))
}

fn too_young(birth: &str, years: i64, today: Date) -> bool {
    full_date(birth).is_some_and(|birth| full_years(birth, today) < years)
}

fn crossed(field: &Field, number: &str, siblings: &Map<String, Json>) -> Option<Found> {
    let number = CitizenNo::parse(number).ok()?;
    let year =
        sister(field, "birth_date", siblings).and_then(Json::as_str).and_then(span_of).map(|(first, _)| first.year());
    let sex = match sister(field, "sex", siblings).and_then(Json::as_str) {
        Some("male") => Some(Sex::Male),
        Some("female") => Some(Sex::Female),
        _ => None,
    };
    match number.agrees_with_year(year, sex) {
        Err(reason @ (Reason::BirthYearMismatch | Reason::SexMismatch)) => {
            Some(Found { code: reason.code(), warning: true })
        }
        _ => None,
    }
}

/// A commune alone or inside an address. Communes of other provinces are not in the city's list and are not judged.
fn commune(value: &Json, today: Date, codes: &CodeLists) -> Option<Found> {
    let (province, commune) = match value {
        Json::Object(address) => (address.get("province_code").and_then(Json::as_str), address.get("commune_code")),
        other => (codes.home_province(), Some(other)),
    };
    if !codes.has("communes") || (codes.home_province().is_some() && province != codes.home_province()) {
        return None;
    }
    let commune = commune.and_then(Json::as_str)?;
    match codes.find("communes", commune) {
        None => error("commune_known"),
        Some(known) if !known.valid_on(today) => error("commune_replaced"),
        Some(_) => None,
    }
}

fn name(text: &str) -> Option<Found> {
    if text.chars().count() > 100 {
        return error("name_too_long");
    }
    let allowed = |c: char| c.is_alphabetic() || matches!(c, ' ' | '\'' | '\u{2019}' | '-') || is_mark(c);
    if text.chars().all(allowed) && text.chars().any(char::is_alphabetic) { None } else { error("name_letters") }
}

/// Combining marks that a letter of an ethnic language may carry without a composed form.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Words that only companies may carry in their names (168/2025/NĐ-CP on business households).
const COMPANY_WORDS: [&str; 3] = ["công ty", "doanh nghiệp", "hợp tác xã"];

/// Letters of the Vietnamese alphabet beyond ASCII, in lower case.
const VIETNAMESE: &str = "ăâđêôơưáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ";

fn household(text: &str) -> Option<Found> {
    let lower = haidang_kernel::text::tidy(text).to_lowercase();
    let Some(own) = lower.strip_prefix("hộ kinh doanh ") else { return error("household_name_start") };
    if COMPANY_WORDS.iter().any(|word| own.contains(word)) {
        return error("household_name_reserved");
    }
    let allowed = |c: char| {
        c.is_ascii_alphanumeric() || VIETNAMESE.contains(c) || c.is_ascii_punctuation() || c == ' ' || c == '\u{2013}'
    };
    if own.chars().any(char::is_alphanumeric) && own.chars().all(allowed) { None } else { error("household_name") }
}
