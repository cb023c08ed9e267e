//! What callers ask and what they are answered, before anything is bytes: so that a fault can change it.

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use super::xml::Element;

/// Largest body that a caller may send, in bytes: a case of the portal with its lists is a tenth of it.
pub(super) const BODY: usize = 1024 * 1024;
/// Largest number of things in one message.
pub(super) const ITEMS: usize = 200;
/// Longest text in one field, in characters.
pub(super) const TEXT: usize = 4_000;
/// Longest document inside a field `data`.
const DOCUMENT: usize = 64 * 1024;

/// A request, whole.
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) path: String,
    /// Names and values in their order, decoded.
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Asked {
    /// A header that is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The first value of a name of the query, without the blanks around it.
    pub(super) fn query(&self, name: &str) -> &str {
        self.query.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
    }

    /// The body as a JSON object.
    pub(super) fn object(&self) -> Option<Value> {
        serde_json::from_slice::<Value>(&self.body).ok().filter(Value::is_object)
    }

    /// The last part of the path.
    pub(super) fn last(&self) -> &str {
        self.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
    }
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Body {
    Json(Value),
    Xml(Box<Element>),
    Html(String),
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Body,
}

impl Answer {
    /// An answer in JSON.
    pub(super) fn json(status: StatusCode, value: Value) -> Answer {
        Answer { status, body: Body::Json(value) }
    }

    /// What was asked for.
    pub(super) fn good(value: Value) -> Answer {
        Answer::json(StatusCode::OK, value)
    }

    /// What the gateway in front of the systems says, in the manner of the common one of provinces.
    pub(super) fn gateway(status: StatusCode) -> Answer {
        let message = status.canonical_reason().unwrap_or("Error");
        Answer::json(status, json!({ "fault": { "code": status.as_u16(), "message": message } }))
    }

    /// A problem of whoever uses the control endpoint.
    pub(super) fn problem(status: StatusCode, code: &str, detail: impl Into<String>) -> Answer {
        Answer::json(status, json!({ "code": code, "detail": detail.into() }))
    }

    /// Media type and text.
    pub(super) fn text(&self) -> (&'static str, String) {
        match &self.body {
            Body::Json(value) => ("application/json; charset=utf-8", value.to_string()),
            Body::Xml(element) => ("text/xml; charset=utf-8", element.document()),
            Body::Html(text) => ("text/html; charset=utf-8", text.clone()),
        }
    }

    /// Falsifies the members with these names, wherever they stand; how many were.
    pub(super) fn falsify(&mut self, names: &[String]) -> usize {
        match &mut self.body {
            Body::Json(value) => falsify_json(value, names),
            Body::Xml(element) => {
                element.falsify(&|name, text| names.iter().any(|n| n == name).then(|| false_text(text)))
            }
            Body::Html(_) => 0,
        }
    }
}

fn falsify_json(value: &mut Value, names: &[String]) -> usize {
    match value {
        Value::Array(items) => items.iter_mut().map(|item| falsify_json(item, names)).sum(),
        Value::Object(members) => members
            .iter_mut()
            .map(|(name, member)| match member {
                Value::String(text) if names.contains(name) => {
                    *text = false_text(text);
                    1
                }
                Value::Number(number) if names.contains(name) => {
                    *member = json!(number.as_i64().unwrap_or_default() + 1);
                    1
                }
                other => falsify_json(other, names),
            })
            .sum(),
        _ => 0,
    }
}

/// Another text of the same kind: digits stay digits, words change their order, so that only a look at the content tells.
fn false_text(text: &str) -> String {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // `yyyyMMdd` and `yyyyMMddHHmmss` stay dates: another day, one that every month has.
        if let (8 | 14, Some(month), Some(day)) = (text.len(), text.get(..6), text.get(6..8)) {
            let rest = text.get(8..).unwrap_or_default();
            return format!("{month}{}{rest}", if day == "01" { "02" } else { "01" });
        }
        let (rest, last) = text.split_at(text.len() - 1);
        return format!("{rest}{}", if last == "1" { "2" } else { "1" });
    }
    let words: Vec<&str> = text.split(' ').rev().collect();
    if words.len() > 1 { words.join(" ") } else { format!("{text} *") }
}

/// A text member, trimmed; empty when it is missing.
pub(super) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).map_or("", str::trim)
}

/// A member that older clients send as text and newer ones as a number.
pub(super) fn code(value: &Value, name: &str) -> String {
    match value.get(name) {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(flag)) => flag.to_string(),
        _ => String::new(),
    }
}

/// What of a message is too large or too deep: name of the first such member.
pub(super) fn excess(value: &Value, depth: usize) -> Option<String> {
    let too_long = |text: &str, most: usize| text.chars().count() > most;
    match value {
        _ if depth > 8 => Some("depth".to_owned()),
        Value::Array(items) if items.len() > ITEMS => Some("items".to_owned()),
        Value::Array(items) => items.iter().find_map(|item| excess(item, depth + 1)),
        Value::Object(members) if members.len() > ITEMS => Some("members".to_owned()),
        Value::Object(members) => members.iter().find_map(|(name, member)| match member {
            Value::String(text) if too_long(text, if name == "data" { DOCUMENT } else { TEXT }) => Some(name.clone()),
            Value::String(_) => None,
            other => excess(other, depth + 1),
        }),
        Value::String(text) if too_long(text, TEXT) => Some("text".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_false_text_is_another_one_of_the_same_kind() {
        for text in ["19900101", "1990", "1", "2", "0", "20261130", "Nguyễn Văn An", "female"] {
            let other = false_text(text);
            assert_ne!(other, text);
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            assert_eq!(digits(&other), digits(text), "{text} {other}");
        }
        let mut answer = Answer::good(json!({ "a": [{ "name": "Một Hai", "n": 1 }], "b": 2 }));
        assert_eq!(answer.falsify(&["name".to_owned(), "n".to_owned()]), 2);
        assert_eq!(answer.body, Body::Json(json!({ "a": [{ "name": "Hai Một", "n": 2 }], "b": 2 })));
    }

    #[test]
    fn what_is_too_large_is_found_wherever_it_stands() {
        let long = "x".repeat(TEXT + 1);
        for (value, expected) in [
            (json!({ "a": "x".repeat(TEXT) }), None),
            (json!({ "a": [{ "b": &long }] }), Some("b")),
            (json!({ "data": long }), None),
            (json!({ "data": "x".repeat(DOCUMENT + 1) }), Some("data")),
            (json!({ "a": vec![0; ITEMS + 1] }), Some("items")),
            (json!([[[[[[[[[[0]]]]]]]]]]), Some("depth")),
        ] {
            assert_eq!(excess(&value, 0).as_deref(), expected);
        }
    }
}
