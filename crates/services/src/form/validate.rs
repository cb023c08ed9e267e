//! Checking answers: our own checks first, with the wording of the house, then JSON Schema as the last word.

use super::checks::{self, Check};
use super::codes::CodeLists;
use super::decode::MOST_BYTES;
use super::field::{Field, Requirement, Widget};
use super::messages::{Detail, Place, message};
use super::scalar;
use crate::procedure::expression::{Surroundings, full_date, span_of};
use crate::procedure::{Facts, Page, Version};
use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::number::{CitizenNo, Phone, Reason, TaxNo};
use haidang_kernel::problem::FieldError;
use jiff::civil::Date;
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;

/// Something wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerError {
    /// JSON pointer into the answer.
    pub pointer: String,
    /// HTML name of the input to lead to.
    pub field: String,
    /// Stable code.
    pub code: String,
    /// Message for beside the field and for the summary, word for word the same.
    pub message: Bilingual,
    /// Only a warning: the resident may go on.
    pub warning: bool,
}

impl From<AnswerError> for FieldError {
    fn from(error: AnswerError) -> Self {
        FieldError::new(error.pointer, error.code).with_message(error.message)
    }
}

/// Checks the fields of one page.
pub fn validate_page(version: &Version, page: &Page, facts: &Facts, codes: &CodeLists) -> Vec<AnswerError> {
    let surroundings = version.surroundings(facts);
    let keys: Vec<&str> = page.keys().collect();
    check(version, &keys, facts, codes, &surroundings).errors
}

/// Checks the whole answer: every page that applies, and the size.
pub fn validate_all(version: &Version, facts: &Facts, codes: &CodeLists) -> Vec<AnswerError> {
    judge(version, facts, codes, &version.surroundings(facts)).errors
}

/// What was found in answers, and which of them belong to the submission.
pub(crate) struct Judged {
    pub(crate) errors: Vec<AnswerError>,
    /// Fields of pages that apply, shown and answered.
    pub(crate) relevant: Json,
}

/// Bytes of the texts of answers, with one for each other value: enough to limit what is stored, without writing it.
fn weight(answer: &Json) -> usize {
    match answer {
        Json::String(text) => text.len() + 2,
        Json::Array(entries) => entries.iter().map(|entry| weight(entry) + 1).sum(),
        Json::Object(fields) => fields.iter().map(|(name, value)| name.len() + 4 + weight(value)).sum(),
        Json::Null | Json::Bool(_) | Json::Number(_) => 1,
    }
}

/// As [`validate_all`], with the answers that belong to the submission.
pub(crate) fn judge(version: &Version, facts: &Facts, codes: &CodeLists, surroundings: &Surroundings) -> Judged {
    let pages = version.pages_in(surroundings);
    let keys: Vec<&str> = pages.iter().flat_map(|page| page.keys()).collect();
    let mut judged = check(version, &keys, facts, codes, surroundings);
    if weight(&facts.form) > MOST_BYTES {
        let message = Bilingual::new("Câu trả lời quá dài. Hãy rút ngắn", "The answers are too long. Shorten them");
        judged.errors.push(AnswerError {
            pointer: String::new(),
            field: String::new(),
            code: "answer_too_large".to_owned(),
            message,
            warning: false,
        });
    }
    judged
}

/// The answers that belong to the submission: fields of pages that apply, shown and answered.
pub fn relevant(version: &Version, facts: &Facts) -> Json {
    let surroundings = version.surroundings(facts);
    let pages = version.pages_in(&surroundings);
    let keys: Vec<&str> = pages.iter().flat_map(|page| page.keys()).collect();
    chosen(&shown(version, &keys, &surroundings), &facts.form)
}

fn shown<'a>(version: &'a Version, keys: &[&str], surroundings: &Surroundings) -> Vec<&'a Field> {
    let fields = keys.iter().filter_map(|key| version.form.field(key));
    fields.filter(|field| field.is_shown(surroundings)).collect()
}

fn chosen(fields: &[&Field], answers: &Json) -> Json {
    let answered = fields.iter().filter_map(|field| Some((field.key.clone(), answers.get(&field.key)?.clone())));
    Json::Object(answered.filter(|(_, value)| !value.is_null()).collect())
}

fn check(version: &Version, keys: &[&str], facts: &Facts, codes: &CodeLists, surroundings: &Surroundings) -> Judged {
    let empty = Map::new();
    let answers = facts.form.as_object().unwrap_or(&empty);
    let mut walk = Walk { today: facts.submitted_on, codes, errors: Vec::new() };
    let fields = shown(version, keys, surroundings);
    for field in &fields {
        let spot = Spot { name: field.key.clone(), pointer: format!("/{}", field.key), place: Place::default() };
        walk.field(field, &spot, answers.get(&field.key), answers, field.is_required(surroundings));
    }
    let (mut errors, relevant) = (walk.errors, chosen(&fields, &facts.form));
    schema_errors(version, keys, &relevant, &mut errors);
    Judged { errors, relevant }
}

/// What JSON Schema refuses and no own check named. Whatever it says, a schema fault is never silent.
fn schema_errors(version: &Version, keys: &[&str], answers: &Json, errors: &mut Vec<AnswerError>) {
    let Some(validator) = &version.form.validator else { return };
    let known: BTreeSet<String> =
        errors.iter().filter(|error| !error.warning).map(|error| error.pointer.clone()).collect();
    for error in validator.iter_errors(answers) {
        let mut pointer = error.instance_path().to_string();
        if let jsonschema::error::ValidationErrorKind::Required { property } = error.kind() {
            pointer = format!("{pointer}/{}", property.as_str().unwrap_or_default());
        }
        let Some(key) = pointer.split('/').nth(1).filter(|key| keys.contains(key)) else { continue };
        let named = known.iter().any(|other| related(other, &pointer));
        let Some(field) = version.form.field(key).filter(|_| !named) else { continue };
        let code = match (error.kind().keyword(), field.widget) {
            ("format", Widget::Email) => "email",
            ("format", Widget::Date) => "date_not_real",
            ("uniqueItems", _) => "unique",
            (keyword, _) => keyword,
        };
        let code = code.to_owned();
        let message = message(field, &code, &Place::default(), &Detail::default());
        let field = field.first_input(key);
        errors.push(AnswerError { pointer, field, code, message, warning: false });
    }
}

/// Whether one pointer encloses the other.
fn related(one: &str, other: &str) -> bool {
    let inside = |outer: &str, inner: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    inside(one, other) || inside(other, one)
}

struct Spot {
    name: String,
    pointer: String,
    place: Place,
}

struct Walk<'a> {
    today: Date,
    codes: &'a CodeLists,
    errors: Vec<AnswerError>,
}

impl Walk<'_> {
    fn push(&mut self, field: &Field, spot: &Spot, code: &str, detail: &Detail, warning: bool) {
        self.errors.push(AnswerError {
            pointer: spot.pointer.clone(),
            field: field.first_input(&spot.name),
            code: code.to_owned(),
            message: message(field, code, &spot.place, detail),
            warning,
        });
    }

    fn field(
        &mut self,
        field: &Field,
        spot: &Spot,
        value: Option<&Json>,
        siblings: &Map<String, Json>,
        required: bool,
    ) {
        let value = match value {
            Some(value) if !is_blank(value) => value,
            _ => {
                if required {
                    self.push(field, spot, "required", &Detail::default(), false);
                }
                return;
            }
        };
        let before = self.errors.len();
        match (field.widget, value) {
            (Widget::List, Json::Array(entries)) => self.list(field, spot, entries),
            (widget, Json::Object(parts)) if widget.is_record() => self.record(field, spot, parts),
            _ => {
                if let Some((code, detail)) = fault(field, value, self.codes) {
                    self.push(field, spot, code, &detail, false);
                }
            }
        }
        if self.errors.len() > before {
            return;
        }
        for check in &field.checks {
            if let Some(found) = checks::run(*check, field, value, siblings, self.today, self.codes) {
                self.found(field, spot, value, found);
                if !found.warning {
                    return;
                }
            }
        }
    }

    fn found(&mut self, field: &Field, spot: &Spot, value: &Json, found: checks::Found) {
        let mut detail = Detail::default();
        if found.code == "name_too_long" {
            detail = Detail::limit(100);
        }
        if found.code == "commune_replaced" {
            let code = value.get("commune_code").or(Some(value)).and_then(Json::as_str).unwrap_or_default();
            let successor = self.codes.find("communes", code).and_then(|old| old.successor.as_deref());
            detail.name = successor.and_then(|code| self.codes.find("communes", code)).map(|code| code.name.clone());
        }
        self.push(field, spot, found.code, &detail, found.warning);
    }

    fn record(&mut self, field: &Field, spot: &Spot, parts: &Map<String, Json>) {
        for part in &field.parts {
            let place = Place { of: Some(field.label.clone()), entry: spot.place.entry.clone() };
            let inner = Spot {
                name: format!("{}.{}", spot.name, part.key),
                pointer: format!("{}/{}", spot.pointer, part.key),
                place,
            };
            let required = matches!(part.required, Requirement::Always) || self.commune_needed(field, part, parts);
            self.field(part, &inner, parts.get(&part.key), parts, required);
        }
    }

    /// In the city's own province the pack knows every commune, so one must be chosen.
    fn commune_needed(&self, field: &Field, part: &Field, parts: &Map<String, Json>) -> bool {
        field.widget == Widget::Address
            && part.key == "commune_code"
            && self.codes.has("communes")
            && self.codes.home_province().is_some()
            && parts.get("province_code").and_then(Json::as_str) == self.codes.home_province()
    }

    fn list(&mut self, field: &Field, spot: &Spot, entries: &[Json]) {
        if entries.len() > field.max_items() {
            self.push(field, spot, "max_items", &Detail::limit(field.max_items()), false);
            return;
        }
        let item = field.item.clone().unwrap_or_else(|| Bilingual::new("mục", "entry"));
        for (index, entry) in entries.iter().enumerate() {
            let Some(parts) = entry.as_object() else {
                self.push(field, spot, "type", &Detail::default(), false);
                return;
            };
            for part in &field.parts {
                let place = Place { of: None, entry: Some((item.clone(), index + 1)) };
                let inner = Spot {
                    name: format!("{}.{index}.{}", spot.name, part.key),
                    pointer: format!("{}/{index}/{}", spot.pointer, part.key),
                    place,
                };
                self.field(part, &inner, parts.get(&part.key), parts, matches!(part.required, Requirement::Always));
            }
        }
    }
}

fn is_blank(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.trim().is_empty(),
        Json::Array(entries) => entries.is_empty(),
        Json::Object(parts) => parts.values().all(is_blank),
        _ => false,
    }
}

type Fault = Option<(&'static str, Detail)>;

fn plain(code: &'static str) -> Fault {
    Some((code, Detail::default()))
}

/// What is wrong with a single value; digits are tested before lengths.
fn fault(field: &Field, value: &Json, codes: &CodeLists) -> Fault {
    match field.widget {
        Widget::Text | Widget::LongText | Widget::Email => text_fault(field, value),
        Widget::Date | Widget::PartialDate => date_fault(field.widget, value),
        Widget::Time => (!matches!(value.as_str(), Some(text) if is_time(text))).then_some(("time", Detail::default())),
        Widget::CitizenNo => match value.as_str().map(CitizenNo::parse) {
            Some(Ok(_)) => None,
            Some(Err(reason)) => plain(citizen_code(reason)),
            None => plain("not_digits"),
        },
        Widget::TaxNo => tax_fault(value),
        Widget::Phone => match value.as_str().map(Phone::parse) {
            Some(Ok(phone)) if Some(phone.as_str()) == value.as_str() => None,
            Some(Ok(_)) | None => plain("not_digits"),
            Some(Err(Reason::Length)) => plain("phone_length"),
            Some(Err(reason)) => plain(reason.code()),
        },
        Widget::Enum => choice_fault(field, value, codes),
        Widget::Set => match value.as_array() {
            Some(chosen) => chosen.iter().find_map(|one| choice_fault(field, one, codes)).or_else(|| {
                let most = field.max_items();
                (chosen.len() > most).then(|| ("max_items", Detail::limit(most)))
            }),
            None => plain("not_in_list"),
        },
        Widget::Boolean => match value {
            Json::Bool(true) => None,
            Json::Bool(false) if field.must_be => plain("must_be"),
            Json::Bool(false) => None,
            _ => plain("not_yes_or_no"),
        },
        Widget::Money | Widget::Integer | Widget::Area => number_fault(field, value),
        Widget::List | Widget::Address | Widget::IdPaper | Widget::PersonRef => plain("type"),
    }
}

fn citizen_code(reason: Reason) -> &'static str {
    if reason == Reason::Length { "citizen_length" } else { reason.code() }
}

/// Ten or thirteen digits; since 01/7/2025 a person's or household's number may be a citizen number.
fn tax_fault(value: &Json) -> Fault {
    let Some(text) = value.as_str() else { return plain("not_digits") };
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return CitizenNo::parse(text).err().and_then(|reason| plain(citizen_code(reason)));
    }
    match TaxNo::parse(text) {
        Ok(number) if number.as_str() == text => None,
        Ok(_) => plain("tax_length"),
        Err(Reason::Length) => plain("tax_length"),
        Err(reason) => plain(reason.code()),
    }
}

fn text_fault(field: &Field, value: &Json) -> Fault {
    let Some(text) = value.as_str() else { return plain("type") };
    let length = text.chars().count() as u64;
    if let Some(most) = field.max_length().filter(|most| length > *most) {
        return Some(("max_length", Detail::limit(most)));
    }
    let least = field.schema.get("minLength").and_then(Json::as_u64).unwrap_or(0);
    if length < least {
        return Some(("min_length", Detail::limit(least)));
    }
    if field.widget == Widget::Email && !is_email(text) { plain("email") } else { None }
}

/// The shape people mean; what RFC 5321 allows beyond it is left to JSON Schema to refuse or not.
fn is_email(text: &str) -> bool {
    match text.rsplit_once('@') {
        Some((name, host)) => {
            !name.is_empty()
                && !text.contains(char::is_whitespace)
                && host.contains('.')
                && !host.starts_with('.')
                && !host.ends_with('.')
        }
        None => false,
    }
}

fn is_time(text: &str) -> bool {
    let (Some(hour), Some(minute)) = (text.get(..2), text.get(3..)) else { return false };
    let number = |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<u8>().ok()).flatten();
    text.len() == 5
        && text.as_bytes().get(2) == Some(&b':')
        && number(hour).is_some_and(|hour| hour < 24)
        && number(minute).is_some_and(|minute| minute < 60)
}

fn date_fault(widget: Widget, value: &Json) -> Fault {
    if let Some(text) = value.as_str() {
        let real = if widget == Widget::PartialDate { span_of(text).is_some() } else { full_date(text).is_some() };
        return if real { None } else { plain("date_not_real") };
    }
    let [day, month, year] = scalar::date_inputs(value);
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !(digits(&day) && digits(&month) && digits(&year)) {
        return plain("date_digits");
    }
    let incomplete = if widget == Widget::PartialDate {
        year.is_empty() || (!day.is_empty() && month.is_empty())
    } else {
        day.is_empty() || month.is_empty() || year.is_empty()
    };
    if incomplete {
        return plain("date_incomplete");
    }
    if year.len() != 4 { plain("date_year") } else { plain("date_not_real") }
}

fn choice_fault(field: &Field, value: &Json, codes: &CodeLists) -> Fault {
    let Some(text) = value.as_str() else { return plain("not_in_list") };
    let known = match &field.options_from {
        // A commune of another province is not in the city's list; `commune_known` judges those it can.
        Some(list) if list == "communes" => text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit()),
        Some(list) if codes.has(list) => codes.find(list, text).is_some(),
        Some(_) => true,
        None => field.options.iter().any(|option| option.value == text),
    };
    if known { None } else { plain("not_in_list") }
}

fn number_fault(field: &Field, value: &Json) -> Fault {
    let limit = |keyword: &str| field.schema.get(keyword).and_then(Json::as_f64);
    let Some(number) = value.as_f64() else {
        let typed = value.as_str().unwrap_or_default();
        let code = scalar::number_fault(field.widget, typed).code();
        let detail = limit("maximum").map(Detail::number).unwrap_or_default();
        return Some((if code == "empty" { "not_a_number" } else { code }, detail));
    };
    if field.widget != Widget::Area && !(value.is_i64() || value.is_u64()) {
        return plain("not_whole");
    }
    if field.widget == Widget::Area && ((number * 10.0).round() - number * 10.0).abs() > 1e-6 {
        return plain("one_decimal");
    }
    if field.checks.contains(&Check::Positive) && number <= 0.0 {
        return plain("positive");
    }
    if let Some(least) = limit("minimum").filter(|least| number < *least) {
        return Some(("minimum", Detail::number(least)));
    }
    limit("maximum").filter(|most| number > *most).map(|most| ("maximum", Detail::number(most)))
}
