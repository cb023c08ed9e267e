//! The form of one value on either side: text, number, date, code.

use std::sync::Arc;

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;

use super::codes::{CodeList, CodeLists, Unknown};

/// How a value is typed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Type {
    /// Text; numbers are written as text.
    #[default]
    Text,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// True or false; also read from `1` and `0`.
    Boolean,
    /// Any JSON as it is; for providers that speak JSON.
    Json,
}

/// The form of a value as written in the configuration.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShapeDraft {
    #[serde(default, rename = "type")]
    pub(super) kind: Option<Type>,
    #[serde(default)]
    pub(super) date: Option<String>,
    #[serde(default)]
    pub(super) code_list: Option<String>,
    #[serde(default)]
    pub(super) unknown: Option<Unknown>,
}

/// The form of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    Typed(Type),
    /// `yyyy-MM-dd` here (or `yyyy-MM`, `yyyy`), the pattern at the provider.
    Date(DatePattern),
    Code(Arc<CodeList>, Unknown),
}

/// Which side a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// From the consumer to the provider.
    Out,
    /// From the provider to the consumer.
    In,
}

impl ShapeDraft {
    /// Judges it; what is wrong is told as the end of a sentence about the field.
    pub(super) fn judge(&self, lists: &CodeLists, way: Way, wrong: &mut Vec<String>) -> Shape {
        let written = [self.kind.is_some(), self.date.is_some(), self.code_list.is_some()];
        if written.into_iter().filter(|is| *is).count() > 1 {
            wrong.push("write one of type, date and code_list".to_owned());
        }
        if self.unknown.is_some() && self.code_list.is_none() {
            wrong.push("unknown is for a value with a code_list".to_owned());
        }
        if let Some(pattern) = &self.date {
            match DatePattern::parse(pattern) {
                Some(pattern) => return Shape::Date(pattern),
                None => wrong.push(format!("date {pattern:?}: write yyyy, MM and dd once each, such as yyyyMMdd")),
            }
        }
        if let Some(name) = &self.code_list {
            match lists.get(name) {
                Some(list) => {
                    if let (Way::Out, Some(code)) = (way, list.ambiguous()) {
                        wrong.push(format!("code_list {name}: two codes mean {code:?}, so it cannot be sent"));
                    }
                    return Shape::Code(list.clone(), self.unknown.unwrap_or_default());
                }
                None => wrong.push(format!("code_list {name:?} is not written in this file")),
            }
        }
        Shape::Typed(self.kind.unwrap_or_default())
    }
}

impl Shape {
    /// The value on the other side; `None` for what is empty.
    ///
    /// # Errors
    /// The end of a sentence about the field, without the value.
    pub(super) fn convert(&self, value: &Value, way: Way) -> Result<Option<Value>, String> {
        if let Shape::Typed(Type::Json) = self {
            return Ok((!value.is_null()).then(|| value.clone()));
        }
        let Some(text) = plain(value)? else { return Ok(None) };
        match self {
            Shape::Typed(kind) => typed(*kind, value, text).map(Some),
            Shape::Date(pattern) => {
                let found = match way {
                    Way::Out => pattern.written(&text),
                    Way::In => pattern.read(&text),
                };
                let found = found.ok_or_else(|| match way {
                    Way::Out => format!("is not a date of the form {}", pattern.ours()),
                    Way::In => format!("is not a date of the form {}", pattern.text),
                });
                found.map(|text| Some(Value::String(text)))
            }
            Shape::Code(list, unknown) => {
                let found = match way {
                    Way::Out => list.theirs(&text, *unknown),
                    Way::In => list.ours(&text, *unknown),
                };
                let found = found.ok_or_else(|| format!("has a code that the list {} does not have", list.name()));
                found.map(|text| Some(Value::String(text)))
            }
        }
    }
}

/// The text of a value that is one; `None` for an empty one.
fn plain(value: &Value) -> Result<Option<String>, String> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(is) => is.to_string(),
        Value::Array(_) | Value::Object(_) => return Err("is not one value".to_owned()),
    };
    Ok((!text.is_empty()).then_some(text))
}

fn typed(kind: Type, value: &Value, text: String) -> Result<Value, String> {
    match kind {
        Type::Text | Type::Json => Ok(Value::String(text)),
        Type::Integer => text.parse::<i64>().map(Value::from).map_err(|_| "is not a whole number".to_owned()),
        Type::Number if value.is_number() => Ok(value.clone()),
        Type::Number => {
            let number: f64 = text.parse().map_err(|_| "is not a number".to_owned())?;
            serde_json::Number::from_f64(number).map(Value::Number).ok_or_else(|| "is not a number".to_owned())
        }
        Type::Boolean => match text.as_str() {
            "true" | "1" => Ok(Value::Bool(true)),
            "false" | "0" => Ok(Value::Bool(false)),
            _ => Err("is neither true nor false".to_owned()),
        },
    }
}

/// How a provider writes a date: year, month and day, or the first of them alone, with what stands between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DatePattern {
    text: String,
    pieces: Vec<Piece>,
    /// 1 year, 2 month, 3 day.
    precision: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// A part (0 year, 1 month, 2 day) and its digits.
    Part(usize, usize),
    Between(char),
}

const PARTS: [(&str, usize, usize); 3] = [("yyyy", 0, 4), ("MM", 1, 2), ("dd", 2, 2)];

impl DatePattern {
    /// Reads `yyyyMMdd` and the like.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (mut rest, mut pieces, mut seen) = (text, Vec::new(), [false; 3]);
        while let Some(first) = rest.chars().next() {
            let part = PARTS.iter().find(|(letters, ..)| rest.starts_with(letters));
            rest = match part {
                Some((letters, part, digits)) => {
                    if std::mem::replace(seen.get_mut(*part)?, true) {
                        return None;
                    }
                    pieces.push(Piece::Part(*part, *digits));
                    rest.strip_prefix(letters)?
                }
                None if first.is_alphanumeric() => return None,
                None => {
                    pieces.push(Piece::Between(first));
                    rest.get(first.len_utf8()..)?
                }
            };
        }
        let precision = match seen {
            [true, false, false] => 1,
            [true, true, false] => 2,
            [true, true, true] => 3,
            _ => return None,
        };
        Some(Self { text: text.to_owned(), pieces, precision })
    }

    /// The form of the same precision here.
    fn ours(&self) -> &'static str {
        ["yyyy", "yyyy-MM"].get(self.precision - 1).copied().unwrap_or("yyyy-MM-dd")
    }

    /// The provider's form of a date that is written as here.
    fn written(&self, ours: &str) -> Option<String> {
        let parts: Vec<&str> = ours.split('-').collect();
        if parts.len() != self.precision || !is_date(&parts) {
            return None;
        }
        let mut text = String::with_capacity(10);
        for piece in &self.pieces {
            match piece {
                Piece::Part(part, _) => text.push_str(parts.get(*part)?),
                Piece::Between(between) => text.push(*between),
            }
        }
        Some(text)
    }

    /// The form of here of a date that is written as the provider does.
    fn read(&self, theirs: &str) -> Option<String> {
        let (mut rest, mut parts) = (theirs, [""; 3]);
        for piece in &self.pieces {
            rest = match piece {
                Piece::Part(part, digits) => {
                    let (found, after) = rest.split_at_checked(*digits)?;
                    *parts.get_mut(*part)? = found;
                    after
                }
                Piece::Between(between) => rest.strip_prefix(*between)?,
            };
        }
        let parts = parts.get(..self.precision)?;
        (rest.is_empty() && is_date(parts)).then(|| parts.join("-"))
    }
}

/// Whether these digits are a year, a month of a year or a day of the calendar.
fn is_date(parts: &[&str]) -> bool {
    let number = |place: usize, digits: usize| {
        let text = match parts.get(place) {
            Some(text) => text,
            None => return Some(1),
        };
        let plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse::<i16>().ok()).flatten()
    };
    let (year, month, day) = (number(0, 4), number(1, 2), number(2, 2));
    let (Some(year), Some(month), Some(day)) = (year, month, day) else { return false };
    let small = |value: i16| i8::try_from(value).unwrap_or_default();
    year > 0 && Date::new(year, small(month), small(day)).is_ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn dates_change_their_form_and_nothing_else() {
        for (pattern, ours, theirs) in [
            ("yyyyMMdd", "1990-02-01", Some("19900201")),
            ("dd/MM/yyyy", "1990-02-01", Some("01/02/1990")),
            ("yyyy", "1990", Some("1990")),
            ("MM.yyyy", "1990-02", Some("02.1990")),
            ("yyyyMMdd", "1990-02-30", None),
            ("yyyyMMdd", "1990", None),
            ("yyyy", "1990-02-01", None),
            ("yyyyMMdd", "01/02/1990", None),
            ("yyyyMMdd", "1990-2-1", None),
            ("yyyyMMdd", "", None),
        ] {
            let pattern = DatePattern::parse(pattern).unwrap();
            assert_eq!(pattern.written(ours).as_deref(), theirs, "{ours}");
            if let Some(theirs) = theirs {
                assert_eq!(pattern.read(theirs).as_deref(), Some(ours), "{theirs}");
            }
        }
        for wrong in ["", "MM", "dd/MM", "yyyyMMddMM", "yyyy dd", "yyyyMMddTHH", "yy"] {
            assert_eq!(DatePattern::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn values_are_typed_or_refused() {
        let code =
            Shape::Code(Arc::new(CodeList::new("sex", [("1".to_owned(), "male".to_owned())].into())), Unknown::Refuse);
        let typed = Shape::Typed;
        for (shape, way, value, expected) in [
            (typed(Type::Text), Way::In, json!(7), Ok(Some(json!("7")))),
            (typed(Type::Text), Way::In, json!(" "), Ok(None)),
            (typed(Type::Text), Way::Out, json!(null), Ok(None)),
            (typed(Type::Text), Way::Out, json!({}), Err("is not one value")),
            (typed(Type::Integer), Way::In, json!("12"), Ok(Some(json!(12)))),
            (typed(Type::Integer), Way::In, json!("12.5"), Err("is not a whole number")),
            (typed(Type::Number), Way::In, json!("12.5"), Ok(Some(json!(12.5)))),
            (typed(Type::Number), Way::In, json!("inf"), Err("is not a number")),
            (typed(Type::Boolean), Way::In, json!("1"), Ok(Some(json!(true)))),
            (typed(Type::Boolean), Way::In, json!("Y"), Err("is neither true nor false")),
            (typed(Type::Json), Way::Out, json!([1]), Ok(Some(json!([1])))),
            (code.clone(), Way::In, json!(1), Ok(Some(json!("male")))),
            (code.clone(), Way::Out, json!("male"), Ok(Some(json!("1")))),
            (code, Way::In, json!("3"), Err("has a code that the list sex does not have")),
        ] {
            assert_eq!(shape.convert(&value, way), expected.map_err(str::to_owned), "{shape:?} {value}");
        }
    }

    proptest! {
        #[test]
        fn a_date_comes_back_as_it_went(days in 0i32..800_000, pattern in "(yyyyMMdd|dd/MM/yyyy|MM-dd-yyyy|yyyy年MM月dd)") {
            let day = Date::new(1, 1, 1).unwrap().saturating_add(jiff::Span::new().days(days)).to_string();
            if let Some(pattern) = DatePattern::parse(&pattern) {
                let there = pattern.written(&day).unwrap();
                prop_assert_eq!(pattern.read(&there), Some(day));
            }
        }

        #[test]
        fn nothing_a_provider_writes_breaks_the_reader(text in "\\PC{0,12}") {
            let pattern = DatePattern::parse("dd/MM/yyyy").unwrap();
            if let Some(found) = pattern.read(&text) {
                prop_assert_eq!(pattern.written(&found), Some(text));
            }
        }
    }
}
