//! A resource as a JSON document: what a client sent made regular, changes in parts, what is shown of it.

use serde_json::{Map, Value};

use super::fault::{self, ScimFault};
use super::path::Place;
use super::schema::{Attribute, Kind, of_extension, writable};

/// A resource without what the server adds.
pub(super) type Document = Map<String, Value>;

/// Longest text of an attribute.
const LONGEST_TEXT: usize = 1_000;
/// Most values of a list; a post has no more holders than this.
const MOST_VALUES: usize = 10_000;

fn entry<'v>(map: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    map.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Keeps what the schemas know and a client may write, under its exact name and of its type.
///
/// # Errors
/// `invalidValue` for a value of another type and for a missing required one.
pub(super) fn regular(kind: Kind, sent: &Map<String, Value>) -> Result<Document, ScimFault> {
    let mut document = Document::new();
    for attribute in writable(kind) {
        if let Some(value) = entry(sent, attribute.name()) {
            put(&mut document, attribute, value)?;
        }
    }
    for extension in kind.extensions() {
        let Some(Value::Object(part)) = entry(sent, extension) else { continue };
        let mut kept = Document::new();
        for attribute in of_extension(extension) {
            if let Some(value) = entry(part, attribute.name()) {
                put(&mut kept, attribute, value)?;
            }
        }
        if !kept.is_empty() {
            document.insert((*extension).to_owned(), kept.into());
        }
    }
    check(kind, &document)?;
    Ok(document)
}

/// Whether everything required is there.
pub(super) fn check(kind: Kind, document: &Document) -> Result<(), ScimFault> {
    for attribute in writable(kind).filter(|attribute| attribute.is_required()) {
        let filled = document.get(attribute.name()).and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty());
        if !filled {
            return Err(fault::value(format!("{} is required", attribute.name())));
        }
    }
    Ok(())
}

fn put(document: &mut Document, attribute: Attribute, value: &Value) -> Result<(), ScimFault> {
    match whole(attribute, value)? {
        Some(value) => document.insert(attribute.name().to_owned(), value),
        None => document.remove(attribute.name()),
    };
    Ok(())
}

/// A value of an attribute made regular; `None` when it says "nothing".
fn whole(attribute: Attribute, value: &Value) -> Result<Option<Value>, ScimFault> {
    if !attribute.is_many() {
        return single(attribute, value);
    }
    let list = match value {
        Value::Array(list) => list.as_slice(),
        Value::Null => &[],
        // Some clients send the only value without brackets.
        other => std::slice::from_ref(other),
    };
    if list.len() > MOST_VALUES {
        return Err(fault::value(format!("{} has too many values", attribute.name())));
    }
    let mut kept: Vec<Value> = Vec::new();
    for value in list {
        if let Some(value) = single(attribute, value)?
            && !kept.contains(&value)
        {
            kept.push(value);
        }
    }
    Ok((!kept.is_empty()).then_some(Value::Array(kept)))
}

fn single(attribute: Attribute, value: &Value) -> Result<Option<Value>, ScimFault> {
    let wrong = || fault::value(format!("{} is not of type {}", attribute.name(), attribute.kind()));
    match (attribute.kind(), value) {
        (_, Value::Null) => Ok(None),
        ("string" | "reference", Value::String(text)) if text.len() <= LONGEST_TEXT => {
            Ok(Some(Value::String(haidang_kernel::text::nfc(text))))
        }
        ("boolean", Value::Bool(_)) => Ok(Some(value.clone())),
        // A widespread client writes "True".
        ("boolean", Value::String(text)) => {
            text.to_ascii_lowercase().parse().map(|b: bool| Some(b.into())).map_err(|_| wrong())
        }
        ("complex", Value::Object(sent)) => {
            let mut parts = Document::new();
            for part in attribute.parts().iter().filter_map(|part| attribute.part(part["name"].as_str()?)) {
                if let Some(value) = entry(sent, part.name())
                    && let Some(value) = single(part, value)?
                {
                    parts.insert(part.name().to_owned(), value);
                }
            }
            Ok((!parts.is_empty()).then_some(parts.into()))
        }
        // `members: ["id"]` for `members: [{"value": "id"}]`.
        ("complex", Value::String(text)) if attribute.is_many() => Ok(Some(serde_json::json!({ "value": text }))),
        _ => Err(wrong()),
    }
}

/// One change of a PATCH.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Add,
    Replace,
    Remove,
}

/// Applies the operations of a PATCH in order (RFC 7644, section 3.5.2).
///
/// # Errors
/// `invalidSyntax`, `invalidPath`, `noTarget`, `mutability`, `invalidValue`; nothing is then changed.
pub(super) fn patched(kind: Kind, document: &Document, body: &Map<String, Value>) -> Result<Document, ScimFault> {
    let syntax = |reason: &str| ScimFault::Wrong("invalidSyntax", reason.to_owned());
    let operations =
        entry(body, "Operations").and_then(Value::as_array).ok_or_else(|| syntax("Operations are missing"))?;
    let mut document = document.clone();
    for operation in operations {
        let operation = operation.as_object().ok_or_else(|| syntax("an operation is an object"))?;
        let word = entry(operation, "op").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
        let change = match word.as_str() {
            "add" => Change::Add,
            "replace" => Change::Replace,
            "remove" => Change::Remove,
            _ => return Err(syntax("an operation is add, replace or remove")),
        };
        let value = entry(operation, "value").unwrap_or(&Value::Null);
        match (entry(operation, "path").and_then(Value::as_str), value) {
            (Some(path), value) => apply(&mut document, change, &Place::parse(kind, path)?, value)?,
            (None, _) if change == Change::Remove => {
                return Err(ScimFault::Wrong("noTarget", "remove needs a path".to_owned()));
            }
            (None, Value::Object(values)) => {
                for (name, value) in values.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("schemas")) {
                    apply(&mut document, change, &Place::parse(kind, name)?, value)?;
                }
            }
            (None, _) => return Err(syntax("without a path the value is an object")),
        }
    }
    check(kind, &document)?;
    Ok(document)
}

fn apply(document: &mut Document, change: Change, place: &Place, value: &Value) -> Result<(), ScimFault> {
    let fixed =
        |attribute: Attribute| ScimFault::Wrong("mutability", format!("{} cannot be changed", attribute.name()));
    let Some(extension) = place.extension else {
        let attribute = place.attribute.ok_or_else(|| fault::path("no attribute is named"))?;
        return if attribute.is_read_only() {
            Err(fixed(attribute))
        } else {
            change_one(document, change, place, value)
        };
    };
    let mut inner = match document.remove(extension) {
        Some(Value::Object(map)) => map,
        _ => Document::new(),
    };
    match (place.attribute, change, value) {
        (Some(_), ..) => change_one(&mut inner, change, place, value)?,
        (None, Change::Remove, _) => inner.clear(),
        (None, _, Value::Object(values)) => {
            if change == Change::Replace {
                inner.clear();
            }
            for attribute in of_extension(extension) {
                if let Some(value) = entry(values, attribute.name()) {
                    put(&mut inner, attribute, value)?;
                }
            }
        }
        _ => return Err(fault::value("an extension is an object")),
    }
    if !inner.is_empty() {
        document.insert(extension.to_owned(), inner.into());
    }
    Ok(())
}

fn change_one(document: &mut Document, change: Change, place: &Place, value: &Value) -> Result<(), ScimFault> {
    let Some(attribute) = place.attribute else { return Ok(()) };
    let name = attribute.name();
    if attribute.is_many() {
        return change_list(document, change, place, attribute, value);
    }
    match (place.part, change) {
        (None, Change::Remove) => {
            document.remove(name);
        }
        // Adding to a complex attribute keeps the parts that are not named.
        (None, Change::Add) if attribute.kind() == "complex" => {
            let mut merged = document.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
            if let Some(Value::Object(parts)) = single(attribute, value)? {
                merged.extend(parts);
            }
            document.insert(name.to_owned(), merged.into());
        }
        (None, _) => put(document, attribute, value)?,
        (Some(part), _) => {
            let mut parts = document.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
            set_part(&mut parts, part, change, value)?;
            if parts.is_empty() {
                document.remove(name)
            } else {
                document.insert(name.to_owned(), parts.into())
            };
        }
    }
    Ok(())
}

fn set_part(parts: &mut Document, part: Attribute, change: Change, value: &Value) -> Result<(), ScimFault> {
    match single(part, value)? {
        Some(value) if change != Change::Remove => parts.insert(part.name().to_owned(), value),
        _ => parts.remove(part.name()),
    };
    Ok(())
}

fn change_list(
    document: &mut Document,
    change: Change,
    place: &Place,
    attribute: Attribute,
    value: &Value,
) -> Result<(), ScimFault> {
    let mut list = document.get(attribute.name()).and_then(Value::as_array).cloned().unwrap_or_default();
    let given = || {
        let list = whole(attribute, value)?.and_then(|value| value.as_array().cloned());
        Ok::<_, ScimFault>(list.unwrap_or_default())
    };
    let fits = |value: &Value| place.filter.as_ref().is_none_or(|filter| filter.fits(value));
    match (change, place.part, place.filter.is_some()) {
        (Change::Remove, None, _) => {
            // Some clients name the values to be removed in the body instead of in a filter.
            let named: Vec<Value> = if place.filter.is_none() { given()? } else { Vec::new() };
            let keys: Vec<&Value> = named.iter().filter_map(|value| value.get("value")).collect();
            list.retain(|one| {
                if keys.is_empty() { !fits(one) } else { !one.get("value").is_some_and(|k| keys.contains(&k)) }
            });
        }
        (Change::Add, None, _) => {
            for one in given()? {
                // The same value again is no second one.
                let key = one.get("value").cloned();
                if !list.iter().any(|known| {
                    *known == one
                        || (key.is_some() && attribute.name() == "members" && known.get("value") == key.as_ref())
                }) {
                    one_primary(&mut list, &one);
                    list.push(one);
                }
            }
        }
        (Change::Replace, None, false) => list = given()?,
        (_, part, _) => {
            let mut met = false;
            for one in list.iter_mut().filter(|one| fits(one)) {
                met = true;
                match (part, one) {
                    (Some(part), Value::Object(parts)) => set_part(parts, part, change, value)?,
                    (None, one) => *one = single(attribute, value)?.unwrap_or(Value::Null),
                    _ => {}
                }
            }
            if !met {
                return Err(ScimFault::Wrong("noTarget", "no value fits the filter".to_owned()));
            }
            list.retain(|one| !one.is_null() && one.as_object().is_none_or(|parts| !parts.is_empty()));
        }
    }
    if list.len() > MOST_VALUES {
        return Err(fault::value(format!("{} has too many values", attribute.name())));
    }
    if list.is_empty() {
        document.remove(attribute.name());
    } else {
        document.insert(attribute.name().to_owned(), list.into());
    }
    Ok(())
}

/// At most one value of a list is the primary one: the newest.
fn one_primary(list: &mut [Value], new: &Value) {
    if new.get("primary") == Some(&Value::Bool(true)) {
        for one in list.iter_mut().filter(|one| one.get("primary") == Some(&Value::Bool(true))) {
            one["primary"] = false.into();
        }
    }
}

/// Which attributes a client wants to see (RFC 7644, section 3.9).
#[derive(Debug, Default)]
pub(super) struct Shown {
    only: Vec<Place>,
    without: Vec<Place>,
}

impl Shown {
    /// Reads the two lists; names that the schemas do not know are left out.
    pub(super) fn new<'n>(
        kind: Kind,
        only: impl Iterator<Item = &'n str>,
        without: impl Iterator<Item = &'n str>,
    ) -> Shown {
        let places = |names: &mut dyn Iterator<Item = &'n str>| {
            names.filter(|name| !name.trim().is_empty()).filter_map(|name| Place::parse(kind, name).ok()).collect()
        };
        let (mut only, mut without) = (only, without);
        Shown { only: places(&mut only), without: places(&mut without) }
    }

    /// The resource with only what is wanted; `id` and `schemas` always stay.
    pub(super) fn of(&self, whole: Document) -> Document {
        if !self.only.is_empty() {
            let mut kept = Document::new();
            for name in ["schemas", "id"] {
                kept.extend(whole.get(name).map(|value| (name.to_owned(), value.clone())));
            }
            self.only.iter().for_each(|place| copy(&whole, &mut kept, place));
            return kept;
        }
        let mut kept = whole;
        self.without.iter().for_each(|place| leave_out(&mut kept, place));
        kept
    }
}

fn copy(whole: &Document, kept: &mut Document, place: &Place) {
    if let Some(extension) = place.extension {
        let Some(Value::Object(source)) = whole.get(extension) else { return };
        let mut target = kept.get(extension).and_then(Value::as_object).cloned().unwrap_or_default();
        match place.attribute {
            Some(attribute) => {
                target.extend(source.get(attribute.name()).map(|v| (attribute.name().to_owned(), v.clone())))
            }
            None => target = source.clone(),
        }
        kept.insert(extension.to_owned(), target.into());
        return;
    }
    let Some(attribute) = place.attribute else { return };
    let Some(value) = whole.get(attribute.name()) else { return };
    let value = match place.part {
        None => value.clone(),
        Some(part) => only_part(value, part.name()),
    };
    kept.insert(attribute.name().to_owned(), value);
}

fn only_part(value: &Value, part: &str) -> Value {
    match value {
        Value::Array(list) => list.iter().map(|one| only_part(one, part)).collect(),
        other => other.get(part).map_or(Value::Object(Map::new()), |found| serde_json::json!({ part: found })),
    }
}

fn leave_out(kept: &mut Document, place: &Place) {
    let holder = match place.extension {
        Some(extension) if place.attribute.is_none() => {
            kept.remove(extension);
            return;
        }
        Some(extension) => kept.get_mut(extension).and_then(Value::as_object_mut),
        None => Some(kept),
    };
    let (Some(holder), Some(attribute)) = (holder, place.attribute) else { return };
    if attribute.is_always() {
        return;
    }
    match (place.part, holder.get_mut(attribute.name())) {
        (Some(part), Some(Value::Object(map))) => drop(map.remove(part.name())),
        (Some(part), Some(Value::Array(list))) => {
            list.iter_mut().filter_map(Value::as_object_mut).for_each(|map| drop(map.remove(part.name())));
        }
        _ => drop(holder.remove(attribute.name())),
    }
}
