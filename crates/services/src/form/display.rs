//! Answers as people read them: labels, formatted dates, names of codes.

use super::codes::CodeLists;
use super::field::{Field, Widget};
use super::scalar;
use crate::procedure::expression::{full_date, span_of};
use crate::procedure::{Facts, Version};
use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::format::{self, Lang};
use haidang_kernel::money::Money;
use haidang_kernel::number::{CitizenNo, Phone};
use serde_json::{Map, Value as Json};

/// One row of the check-answers page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Page on which it can be changed.
    pub page: String,
    /// Key of the field.
    pub key: String,
    /// Label.
    pub label: Bilingual,
    /// Lines of the value; empty when nothing was answered.
    pub values: Vec<String>,
    /// Whether it is hidden from overviews.
    pub sensitive: bool,
}

/// Every shown field of every page that applies, in question order.
pub fn summary(version: &Version, facts: &Facts, lang: Lang, codes: &CodeLists) -> Vec<Line> {
    let surroundings = version.surroundings(facts);
    let mut lines = Vec::new();
    for page in version.pages_in(&surroundings) {
        for field in page.keys().filter_map(|key| version.form.field(key)).filter(|field| field.is_shown(&surroundings))
        {
            lines.push(Line {
                page: page.id.clone(),
                key: field.key.clone(),
                label: field.label.clone(),
                values: facts.form.get(&field.key).map(|value| display(field, value, lang, codes)).unwrap_or_default(),
                sensitive: field.sensitive,
            });
        }
    }
    lines
}

/// Display text of every answered field by key, for templates.
pub fn view(version: &Version, answers: &Json, lang: Lang, codes: &CodeLists) -> Json {
    let fields = version.form.fields.iter();
    let shown = fields.filter_map(|field| {
        let separator = if field.widget == Widget::List { "; " } else { ", " };
        let text = display(field, answers.get(&field.key)?, lang, codes).join(separator);
        Some((field.key.clone(), Json::String(text)))
    });
    Json::Object(shown.collect::<Map<_, _>>())
}

/// Lines of one value. What could not be read is shown as it was typed.
pub fn display(field: &Field, value: &Json, lang: Lang, codes: &CodeLists) -> Vec<String> {
    match (field.widget, value) {
        (_, Json::Null) => Vec::new(),
        (Widget::LongText, Json::String(text)) => text.lines().map(str::to_owned).collect(),
        (Widget::Set, Json::Array(chosen)) => chosen.iter().map(|one| name(field, one, lang, codes)).collect(),
        (Widget::List, Json::Array(entries)) => {
            entries.iter().map(|entry| entry_line(field, entry, lang, codes)).collect()
        }
        (Widget::Address, Json::Object(parts)) => vec![address(field, parts, lang, codes)],
        (Widget::IdPaper | Widget::PersonRef, Json::Object(parts)) => record(field, parts, lang, codes),
        _ => vec![one(field, value, lang, codes)],
    }
}

fn one(field: &Field, value: &Json, lang: Lang, codes: &CodeLists) -> String {
    let text = value.as_str();
    let shown = match field.widget {
        Widget::Date => text.and_then(full_date).map(|date| format::date_text(lang, date)),
        Widget::PartialDate => text.and_then(|text| partial(text, lang)),
        Widget::CitizenNo => text.and_then(|text| CitizenNo::parse(text).ok()).map(|number| number.grouped()),
        Widget::Phone => text.and_then(|text| Phone::parse(text).ok()).map(|number| number.grouped()),
        Widget::Enum => Some(name(field, value, lang, codes)),
        Widget::Boolean => value.as_bool().map(|truth| yes_or_no(truth, lang).to_owned()),
        Widget::Money => value.as_i64().map(|amount| format::money(lang, Money(amount))),
        Widget::Integer => value.as_i64().map(|number| with_unit(field, format::number(lang, number), lang)),
        Widget::Area => value.as_f64().map(|area| {
            let places = if area.fract() == 0.0 { 0 } else { 1 };
            format!("{}\u{a0}m²", format::decimal(lang, area, places))
        }),
        _ => None,
    };
    shown.unwrap_or_else(|| typed(field, value))
}

/// A value that could not be read, as it was typed.
fn typed(field: &Field, value: &Json) -> String {
    if matches!(field.widget, Widget::Date | Widget::PartialDate) && value.is_object() {
        return scalar::date_inputs(value).join("/");
    }
    scalar::written(field.widget, value)
}

fn with_unit(field: &Field, number: String, lang: Lang) -> String {
    match &field.unit {
        Some(unit) => format!("{number}\u{a0}{}", unit.text(lang)),
        None => number,
    }
}

fn yes_or_no(truth: bool, lang: Lang) -> &'static str {
    match (truth, lang) {
        (true, Lang::Vi) => "Có",
        (false, Lang::Vi) => "Không",
        (true, Lang::En) => "Yes",
        (false, Lang::En) => "No",
    }
}

fn partial(text: &str, lang: Lang) -> Option<String> {
    let (first, _) = span_of(text)?;
    Some(match (text.len(), lang) {
        (4, Lang::Vi) => format!("năm {}", first.year()),
        (4, Lang::En) => first.year().to_string(),
        (7, _) => format::date_month(lang, first),
        _ => format::date_text(lang, first),
    })
}

fn name(field: &Field, value: &Json, lang: Lang, codes: &CodeLists) -> String {
    let text = value.as_str().unwrap_or_default();
    let label = match &field.options_from {
        Some(list) => codes.find(list, text).map(|code| code.name.text(lang)),
        None => field.options.iter().find(|option| option.value == text).map(|option| option.label.text(lang)),
    };
    label.map_or_else(|| scalar::written(field.widget, value), str::to_owned)
}

fn address(field: &Field, parts: &Map<String, Json>, lang: Lang, codes: &CodeLists) -> String {
    let part = |key: &str| {
        let value = parts.get(key)?;
        field.part(key).map(|part| one(part, value, lang, codes)).filter(|text| !text.is_empty())
    };
    let shown: Vec<String> = ["detail", "commune_code", "province_code"].into_iter().filter_map(part).collect();
    shown.join(", ")
}

fn record(field: &Field, parts: &Map<String, Json>, lang: Lang, codes: &CodeLists) -> Vec<String> {
    let mut lines = Vec::new();
    for part in &field.parts {
        let Some(value) = parts.get(&part.key) else { continue };
        let text = display(part, value, lang, codes).join(", ");
        // A name or a kind of paper needs no label; what follows does.
        if lines.is_empty() {
            lines.push(text);
        } else {
            lines.push(format!("{}: {text}", part.label.text(lang)));
        }
    }
    lines
}

fn entry_line(field: &Field, entry: &Json, lang: Lang, codes: &CodeLists) -> String {
    let empty = Map::new();
    let parts = entry.as_object().unwrap_or(&empty);
    let shown = field.parts.iter().filter_map(|part| {
        let text = display(part, parts.get(&part.key)?, lang, codes).join(", ");
        Some(format!("{}: {text}", part.label.text(lang)))
    });
    shown.collect::<Vec<_>>().join("; ")
}
