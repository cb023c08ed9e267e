//! Reading `form.json`: `x-hd`, implied keywords, faults with the key they concern.

use super::checks::Check;
use super::expand;
use super::field::{Choice, Field, Form, Requirement, Widget};
use crate::procedure::expression::Expression;
use crate::procedure::shape::{Shape, Variables, nearest};
use haidang_kernel::bilingual::Bilingual;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A fault of a form file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormFault {
    /// Key of the field; empty for the file as a whole.
    pub key: String,
    /// Whether an expression is at fault (`cel_error`) rather than the format.
    pub expression: bool,
    /// One English sentence.
    pub message: String,
}

#[derive(Deserialize)]
struct Pair {
    vi: String,
    en: Option<String>,
}

impl From<Pair> for Bilingual {
    fn from(pair: Pair) -> Self {
        Self { vi: pair.vi, en: pair.en }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOption {
    value: String,
    vi: String,
    en: Option<String>,
    hint_vi: Option<String>,
    hint_en: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHd {
    widget: Widget,
    label: Pair,
    ask: Option<Pair>,
    hint: Option<Pair>,
    why: Option<Pair>,
    required: Option<bool>,
    required_when: Option<String>,
    show_when: Option<String>,
    #[serde(default)]
    must_be: bool,
    #[serde(default)]
    checks: Vec<Check>,
    #[serde(default)]
    with: BTreeMap<String, String>,
    #[serde(default)]
    options: Vec<RawOption>,
    options_from: Option<String>,
    autocomplete: Option<String>,
    prefill: Option<String>,
    #[serde(default)]
    errors: BTreeMap<String, Pair>,
    unit: Option<Pair>,
    #[serde(default)]
    sensitive: bool,
    evidence: Option<String>,
    of: Option<Map<String, Json>>,
    item: Option<Pair>,
    detail_required: Option<bool>,
}

/// A field whose conditions are not compiled yet.
struct Draft {
    field: Field,
    required_when: Option<String>,
    show_when: Option<String>,
}

impl Form {
    /// Reads a form; faulty fields are left out and reported.
    ///
    /// `others` are the shapes of the variables beside `form` that its conditions may use.
    pub fn parse(text: &str, others: &Variables) -> (Self, Vec<FormFault>) {
        let mut faults = Vec::new();
        let root: Json = match serde_json::from_str(text) {
            Ok(root) => root,
            Err(error) => {
                faults.push(fault("", format!("the file is not JSON: {error}")));
                return (Self::default(), faults);
            }
        };
        let Some(properties) = root.get("properties").and_then(Json::as_object) else {
            faults.push(fault("", "the file has no object `properties`".to_owned()));
            return (Self::default(), faults);
        };
        if contains_reference(&root) {
            faults.push(fault("", "`$ref` is not used in forms: the widget brings its own schema".to_owned()));
        }
        let drafts: Vec<Draft> =
            properties.iter().filter_map(|(key, raw)| draft(key, raw, false, &mut faults)).collect();
        let mut variables = others.clone();
        let shape = drafts.iter().map(|draft| (draft.field.key.clone(), draft.field.shape())).collect();
        variables.insert("form".to_owned(), Shape::Record(shape));
        let mut fields: Vec<Field> = drafts.into_iter().map(|draft| settle(draft, &variables, &mut faults)).collect();
        if let Some(required) = root.get("required").and_then(Json::as_array) {
            for field in &mut fields {
                if required.iter().any(|key| key.as_str() == Some(&field.key)) {
                    field.required = Requirement::Always;
                }
            }
        }
        let mut form = Self { fields, schema: Json::Null, validator: None };
        if let Err(message) = form.seal(&BTreeSet::new()) {
            faults.push(fault("", message));
        }
        (form, faults)
    }

    /// Builds the complete schema; `unconditional` are the keys on pages that always apply.
    ///
    /// # Errors
    /// One English sentence, when the schema is not JSON Schema 2020-12.
    pub fn seal(&mut self, unconditional: &BTreeSet<String>) -> Result<(), String> {
        let properties: Map<String, Json> = self.fields.iter().map(|f| (f.key.clone(), f.schema.clone())).collect();
        let required: Vec<&str> = self
            .fields
            .iter()
            .filter(|f| {
                matches!(f.required, Requirement::Always) && f.show_when.is_none() && unconditional.contains(&f.key)
            })
            .map(|f| f.key.as_str())
            .collect();
        self.schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "additionalProperties": false,
            "required": required,
            "properties": properties,
        });
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .should_validate_formats(true)
            .build(&self.schema)
            .map_err(|error| format!("the schema is not JSON Schema 2020-12: {error}"))?;
        self.validator = Some(Arc::new(validator));
        Ok(())
    }
}

fn fault(key: &str, message: String) -> FormFault {
    FormFault { key: key.to_owned(), expression: false, message }
}

fn contains_reference(value: &Json) -> bool {
    match value {
        Json::Object(parts) => {
            parts.keys().any(|key| key == "$ref" || key == "$dynamicRef") || parts.values().any(contains_reference)
        }
        Json::Array(entries) => entries.iter().any(contains_reference),
        _ => false,
    }
}

fn explain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let known: Vec<&str> = text.split('`').skip(3).step_by(2).collect();
    let wrong = text.split('`').nth(1).unwrap_or_default();
    match nearest(wrong, known.into_iter()) {
        Some(near) if text.starts_with("unknown") => format!("`{wrong}` is unknown in x-hd; nearest: `{near}`"),
        _ => format!("x-hd cannot be read: {text}"),
    }
}

fn draft(key: &str, raw: &Json, inside_list: bool, faults: &mut Vec<FormFault>) -> Option<Draft> {
    if key.is_empty() || !key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        faults.push(fault(key, "a key is written in small ASCII letters, digits and underscores".to_owned()));
        return None;
    }
    let Some(marks) = raw.get("x-hd") else {
        faults.push(fault(key, "the property has no `x-hd`".to_owned()));
        return None;
    };
    let hd: RawHd = match RawHd::deserialize(marks) {
        Ok(hd) => hd,
        Err(error) => {
            faults.push(fault(key, explain(&error)));
            return None;
        }
    };
    if let Some(wrong) = impossible(&hd, inside_list) {
        faults.push(fault(key, wrong.to_owned()));
        return None;
    }
    let mut parts = Vec::new();
    for (part_key, part) in hd.of.iter().flatten() {
        let part = draft(part_key, part, true, faults)?;
        parts.push(part.field);
    }
    let options = hd.options.into_iter().map(|option| Choice {
        value: option.value,
        label: Bilingual { vi: option.vi, en: option.en },
        hint: option.hint_vi.map(|vi| Bilingual { vi, en: option.hint_en }),
    });
    let mut field = Field {
        key: key.to_owned(),
        widget: hd.widget,
        label: hd.label.into(),
        ask: hd.ask.map(Bilingual::from),
        hint: hd.hint.map(Bilingual::from),
        why: hd.why.map(Bilingual::from),
        required: if hd.required.unwrap_or(true) { Requirement::Always } else { Requirement::Never },
        show_when: None,
        must_be: hd.must_be,
        checks: hd.checks,
        with: hd.with,
        options: options.collect(),
        options_from: hd.options_from,
        autocomplete: hd.autocomplete,
        prefill: hd.prefill,
        errors: hd.errors.into_iter().map(|(code, pair)| (code, pair.into())).collect(),
        unit: hd.unit.map(Bilingual::from),
        sensitive: hd.sensitive,
        unverified: hd.evidence.as_deref() == Some("unverified"),
        parts,
        item: hd.item.map(Bilingual::from),
        schema: Json::Null,
    };
    expand::complete(&mut field, raw, hd.detail_required.unwrap_or(true));
    Some(Draft { field, required_when: hd.required_when, show_when: hd.show_when })
}

/// Combinations that can never work.
fn impossible(hd: &RawHd, inside_list: bool) -> Option<&'static str> {
    let choice = matches!(hd.widget, Widget::Enum | Widget::Set);
    if choice && hd.options.is_empty() == hd.options_from.is_none() {
        return Some("an enum or set has either `options` or `options_from`");
    }
    if !choice && (!hd.options.is_empty() || hd.options_from.is_some()) {
        return Some("`options` belong to enum and set");
    }
    if (hd.widget == Widget::List) != hd.of.is_some() {
        return Some("`of` belongs to list, and a list needs it");
    }
    if inside_list && hd.widget == Widget::List {
        return Some("a list cannot stand inside a list");
    }
    if inside_list && (hd.required_when.is_some() || hd.show_when.is_some()) {
        return Some("`required_when` and `show_when` are not available inside a list");
    }
    if hd.must_be && hd.widget != Widget::Boolean {
        return Some("`must_be` belongs to boolean");
    }
    None
}

fn settle(draft: Draft, variables: &Variables, faults: &mut Vec<FormFault>) -> Field {
    let mut field = draft.field;
    let mut compile = |name: &str, source: &str| match Expression::compile(source, variables, &Shape::Truth) {
        Ok(expression) => Some(expression),
        Err(message) => {
            faults.push(FormFault { key: field.key.clone(), expression: true, message: format!("{name}: {message}") });
            None
        }
    };
    let required = draft.required_when.and_then(|source| compile("required_when", &source));
    let shown = draft.show_when.and_then(|source| compile("show_when", &source));
    if let Some(condition) = required {
        field.required = Requirement::When(condition);
    }
    field.show_when = shown;
    for sister in field.with.values() {
        if let Some(Shape::Record(known)) = variables.get("form")
            && !known.contains_key(sister)
            && field.parts.is_empty()
        {
            faults.push(fault(&field.key, format!("`with` names `{sister}`, which is no field of the form")));
        }
    }
    field
}
