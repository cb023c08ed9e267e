//! HTML fields to answers.

use super::field::{Field, Form, Widget};
use super::scalar;
use crate::procedure::model::Page;
use haidang_kernel::problem::Problem;
use haidang_kernel::text;
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

/// Most bytes one answer may have, as typed and as stored.
pub const MOST_BYTES: usize = 256 * 1024;

/// Which list button was pressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Button {
    /// Add an entry to this list.
    Add(String),
    /// Remove the entry of this list.
    Remove(String, usize),
}

/// Outcome of reading the fields of a page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decoded {
    /// Every key of the page: a value, or null where nothing was answered. Merge with [`apply`].
    pub patch: Map<String, Json>,
    /// A list button, when one was pressed: show the page again instead of going on.
    pub button: Option<Button>,
}

/// Typed fields by name, in the order they came.
struct Typed<'a>(BTreeMap<&'a str, Vec<&'a str>>);

impl<'a> Typed<'a> {
    fn first(&self, name: &str) -> &'a str {
        self.0.get(name).and_then(|values| values.first()).copied().unwrap_or_default()
    }

    fn all(&self, name: &str) -> &[&'a str] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Indices under a list's name, ascending.
    fn entries(&self, name: &str) -> BTreeSet<usize> {
        let prefix = format!("{name}.");
        let rest = self.0.range(prefix.as_str()..).take_while(|(key, _)| key.starts_with(&prefix));
        rest.filter_map(|(key, _)| key[prefix.len()..].split('.').next()?.parse().ok()).collect()
    }
}

/// Reads the fields of one page.
///
/// # Errors
/// `answer_too_large` above [`MOST_BYTES`].
pub fn decode(form: &Form, page: &Page, fields: &[(String, String)]) -> Result<Decoded, Problem> {
    decode_fields(&page.keys().filter_map(|key| form.field(key)).collect::<Vec<_>>(), fields)
}

/// Reads the fields of some form fields.
///
/// # Errors
/// `answer_too_large` above [`MOST_BYTES`].
pub fn decode_fields(wanted: &[&Field], fields: &[(String, String)]) -> Result<Decoded, Problem> {
    let bytes: usize = fields.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > MOST_BYTES {
        return Err(Problem::too_large("answer_too_large", "the answers of a page are larger than 256 KB"));
    }
    let mut typed = Typed(BTreeMap::new());
    for (name, value) in fields {
        typed.0.entry(name.as_str()).or_default().push(value.as_str());
    }
    let button = pressed(&typed, wanted);
    let mut patch = Map::new();
    for field in wanted {
        let value = match field.widget {
            Widget::List => entries(field, &typed, button.as_ref()),
            _ => value(field, &field.key, &typed),
        };
        patch.insert(field.key.clone(), value.unwrap_or(Json::Null));
    }
    Ok(Decoded { patch, button })
}

/// Merges a patch into the answers: null takes the key away.
pub fn apply(answers: &mut Json, patch: &Map<String, Json>) {
    if !answers.is_object() {
        *answers = Json::Object(Map::new());
    }
    if let Json::Object(answers) = answers {
        for (key, value) in patch {
            if value.is_null() {
                answers.remove(key);
            } else {
                answers.insert(key.clone(), value.clone());
            }
        }
    }
}

fn pressed(typed: &Typed<'_>, wanted: &[&Field]) -> Option<Button> {
    let is_list = |name: &str| wanted.iter().any(|field| field.widget == Widget::List && field.key == name);
    let add = typed.first("_add");
    if is_list(add) {
        return Some(Button::Add(add.to_owned()));
    }
    let (list, index) = typed.first("_remove").rsplit_once('.')?;
    let index = index.parse().ok()?;
    is_list(list).then(|| Button::Remove(list.to_owned(), index))
}

fn value(field: &Field, name: &str, typed: &Typed<'_>) -> Option<Json> {
    match field.widget {
        Widget::Date | Widget::PartialDate => scalar::read_date(
            typed.first(&format!("{name}.day")),
            typed.first(&format!("{name}.month")),
            typed.first(&format!("{name}.year")),
            field.widget == Widget::PartialDate,
        ),
        Widget::Set => {
            let mut chosen: Vec<Json> = Vec::new();
            for one in typed.all(name).iter().map(|one| Json::String(text::tidy(one))) {
                if one.as_str() != Some("") && !chosen.contains(&one) {
                    chosen.push(one);
                }
            }
            (!chosen.is_empty()).then_some(Json::Array(chosen))
        }
        widget if widget.is_record() => record(field, name, typed).map(Json::Object),
        widget => scalar::read(widget, typed.first(name)),
    }
}

fn record(field: &Field, name: &str, typed: &Typed<'_>) -> Option<Map<String, Json>> {
    let mut parts = Map::new();
    for part in &field.parts {
        if let Some(value) = value(part, &format!("{name}.{}", part.key), typed) {
            parts.insert(part.key.clone(), value);
        }
    }
    (!parts.is_empty()).then_some(parts)
}

/// Entries of a list. Empty ones are dropped when the page is sent and kept while entries are being added.
fn entries(field: &Field, typed: &Typed<'_>, button: Option<&Button>) -> Option<Json> {
    let mut entries = Vec::new();
    // One more than allowed is read, so that the validation can say that there are too many.
    for index in typed.entries(&field.key).into_iter().take(field.max_items().saturating_add(1)) {
        if button == Some(&Button::Remove(field.key.clone(), index)) {
            continue;
        }
        let entry = record(field, &format!("{}.{index}", field.key), typed);
        if entry.is_some() || button.is_some() {
            entries.push(Json::Object(entry.unwrap_or_default()));
        }
    }
    if button == Some(&Button::Add(field.key.clone())) && entries.len() < field.max_items() {
        entries.push(Json::Object(Map::new()));
    }
    (!entries.is_empty()).then_some(Json::Array(entries))
}
