//! What a consumer asks, as an ordered list of elements of the provider: where each value comes from, its form, its
//! limits. Nothing reaches a provider that is not in the list.

use hyper::HeaderMap;
use hyper::header::HeaderName;
use serde::Deserialize;
use serde_json::Value;

use super::answer::steps;
use super::codes::CodeLists;
use super::fault::AdapterFault;
use super::shape::{Shape, ShapeDraft, Type, Way};

/// A call of a consumer, read.
#[derive(Debug, Default)]
pub(super) struct Input {
    /// Of the path of the operation.
    pub(super) path: Vec<(String, String)>,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    /// `Null` where there is none.
    pub(super) body: Value,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Body(Vec<String>),
    Query(String),
    Path(String),
    Header(HeaderName),
    Constant(String),
}

/// Where a value goes at a provider that speaks JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Place {
    Body,
    Query,
    Path,
}

/// An element as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ElementDraft {
    name: String,
    #[serde(default)]
    namespace: Option<String>,
    #[serde(default)]
    place: Option<Place>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    query: Option<String>,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    header: Option<String>,
    #[serde(default)]
    constant: Option<String>,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    max_length: Option<usize>,
    #[serde(default)]
    digits: Option<usize>,
    #[serde(default)]
    choice: Option<String>,
    #[serde(default, rename = "type")]
    kind: Option<Type>,
    #[serde(default)]
    date: Option<String>,
    #[serde(default)]
    code_list: Option<String>,
    #[serde(default)]
    unknown: Option<super::codes::Unknown>,
}

/// One element of a call to the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    /// The groups it stands in, and its own name.
    pub(super) name: Vec<String>,
    /// Its namespace where it is another than that of the operation; empty for none.
    pub(super) namespace: Option<String>,
    pub(super) place: Option<Place>,
    source: Source,
    shape: Shape,
    required: bool,
    max_length: Option<usize>,
    digits: Option<usize>,
    /// Exactly one of the elements with the same word is given.
    choice: Option<String>,
}

/// The longest value where the configuration names no length, in characters.
const LONGEST: usize = 4_000;

impl ElementDraft {
    /// Judges it; `places` are those of the path that consumers call.
    pub(super) fn judge(&self, lists: &CodeLists, places: &[&str], wrong: &mut Vec<String>) -> Option<Element> {
        let mut complaints = Vec::new();
        let shape = ShapeDraft {
            kind: self.kind,
            date: self.date.clone(),
            code_list: self.code_list.clone(),
            unknown: self.unknown,
        };
        let shape = shape.judge(lists, Way::Out, &mut complaints);
        let name = steps(&self.name);
        if name.is_empty() || name.iter().any(String::is_empty) {
            complaints.push("name: write name or group/name".to_owned());
        }
        if self.choice.is_some() && self.required {
            complaints.push("an element of a choice is never required by itself; remove required".to_owned());
        }
        if self.max_length == Some(0) || self.digits == Some(0) {
            complaints.push("max_length and digits are at least 1".to_owned());
        }
        let source = self.source(places, &mut complaints);
        let found = source.filter(|_| complaints.is_empty()).map(|source| Element {
            name,
            namespace: self.namespace.clone(),
            place: self.place,
            source,
            shape,
            required: self.required,
            max_length: self.max_length,
            digits: self.digits,
            choice: self.choice.clone(),
        });
        wrong.extend(complaints.into_iter().map(|what| format!("element {}: {what}", self.name)));
        found
    }

    fn source(&self, places: &[&str], wrong: &mut Vec<String>) -> Option<Source> {
        let mut found = Vec::new();
        if let Some(path) = &self.body {
            found.push(Source::Body(steps(path)));
        }
        if let Some(name) = &self.query {
            found.push(Source::Query(name.clone()));
        }
        if let Some(name) = &self.path {
            if !places.contains(&name.as_str()) {
                wrong.push(format!("path {name:?}: the path of the operation has no {{{name}}}"));
            }
            found.push(Source::Path(name.clone()));
        }
        if let Some(name) = &self.header {
            match HeaderName::from_bytes(name.as_bytes()) {
                Ok(name) => found.push(Source::Header(name)),
                Err(_) => wrong.push(format!("header {name:?}: is no name of a header")),
            }
        }
        if let Some(text) = &self.constant {
            found.push(Source::Constant(text.clone()));
        }
        if found.len() != 1 && wrong.is_empty() {
            wrong.push("write exactly one of body, query, path, header and constant".to_owned());
        }
        found.pop()
    }
}

impl Source {
    fn value(&self, input: &Input) -> Value {
        let first = |pairs: &[(String, String)], name: &str| {
            let found = pairs.iter().find(|(known, _)| known == name);
            found.map_or(Value::Null, |(_, value)| Value::String(value.clone()))
        };
        match self {
            Source::Body(path) => {
                let step = |value: Option<&Value>, name: &String| value.and_then(|value| value.get(name)).cloned();
                let mut value = Some(input.body.clone());
                for name in path {
                    value = step(value.as_ref(), name);
                }
                value.unwrap_or(Value::Null)
            }
            Source::Query(name) => first(&input.query, name),
            Source::Path(name) => first(&input.path, name),
            Source::Header(name) => match input.headers.get(name).and_then(|value| value.to_str().ok()) {
                Some(text) => Value::String(text.to_owned()),
                None => Value::Null,
            },
            Source::Constant(text) => Value::String(text.clone()),
        }
    }

    /// What a consumer calls it.
    fn label(&self) -> String {
        match self {
            Source::Body(path) => path.join("/"),
            Source::Query(name) | Source::Path(name) => name.clone(),
            Source::Header(name) => name.to_string(),
            Source::Constant(_) => "constant".to_owned(),
        }
    }
}

impl Element {
    /// How its value is typed, where it is no date and no code.
    pub(super) fn kind(&self) -> Option<Type> {
        match &self.shape {
            Shape::Typed(kind) => Some(*kind),
            Shape::Date(_) | Shape::Code(..) => None,
        }
    }

    /// Whether every call has it.
    pub(super) fn is_always_there(&self) -> bool {
        self.required
    }

    /// The value for the provider; `None` where the consumer gave none.
    fn take(&self, input: &Input) -> Result<Option<Value>, AdapterFault> {
        let label = self.source.label();
        let given = self.source.value(input);
        let Value::String(text) = &given else { return self.convert(&label, &given) };
        // A text is stored and compared in one form (NFC); providers refuse the other.
        self.convert(&label, &Value::String(haidang_kernel::text::nfc(text)))
    }

    fn convert(&self, label: &str, given: &Value) -> Result<Option<Value>, AdapterFault> {
        let value = self.shape.convert(given, Way::Out);
        let value = value.map_err(|why| AdapterFault::request("bad_value", label, &why))?;
        let text = match &value {
            None if self.required => return Err(AdapterFault::request("missing", label, "is needed")),
            Some(Value::String(text)) => text,
            _ => return Ok(value),
        };
        let most = self.max_length.unwrap_or(LONGEST);
        if text.chars().count() > most {
            let why = format!("is longer than {most} characters");
            return Err(AdapterFault::request("too_long", label, &why));
        }
        if let Some(digits) = self.digits
            && !(text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return Err(AdapterFault::request("bad_value", label, &format!("is not a number of {digits} digits")));
        }
        Ok(value)
    }
}

/// The values of a call in the order of the provider, each with its element; what was not given is left out.
///
/// # Errors
/// The first thing that is wrong with the request, by the name the consumer knows.
pub(super) fn gather<'e>(elements: &'e [Element], input: &Input) -> Result<Vec<(&'e Element, Value)>, AdapterFault> {
    let mut found = Vec::with_capacity(elements.len());
    for element in elements {
        if let Some(value) = element.take(input)? {
            found.push((element, value));
        }
    }
    for element in elements {
        let Some(choice) = &element.choice else { continue };
        let of_choice = |other: &&Element| other.choice.as_ref() == Some(choice);
        if found.iter().filter(|(other, _)| of_choice(other)).count() != 1 {
            let labels: Vec<String> = elements.iter().filter(of_choice).map(|other| other.source.label()).collect();
            return Err(AdapterFault::request("choice", &labels.join(", "), "exactly one of these is needed"));
        }
    }
    Ok(found)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    const ELEMENTS: &str = r#"
        element = [
            { name = "A", body = "a/b", max_length = 3, required = true },
            { name = "So", query = "so", digits = 3, choice = "number" },
            { name = "The", body = "the", choice = "number" },
            { name = "K", constant = "037" },
            { name = "D", body = "d", date = "yyyyMMdd" },
        ]
    "#;

    #[derive(Deserialize)]
    struct Written {
        element: Vec<ElementDraft>,
    }

    fn elements(text: &str) -> Result<Vec<Element>, Vec<String>> {
        let written: Written = toml::from_str(text).unwrap();
        let mut wrong = Vec::new();
        let judged = written.element.iter().filter_map(|draft| draft.judge(&CodeLists::new(), &["so"], &mut wrong));
        let judged: Vec<Element> = judged.collect();
        if wrong.is_empty() { Ok(judged) } else { Err(wrong) }
    }

    #[test]
    fn a_call_is_taken_in_order_or_refused_by_the_name_of_its_field() {
        let elements = elements(ELEMENTS).unwrap();
        for (body, query, expected) in [
            (json!({"a": {"b": "x"}}), "031", Ok(vec!["x", "031", "037"])),
            (json!({"a": {"b": 7}, "d": "1990-02-01"}), "031", Ok(vec!["7", "031", "037", "19900201"])),
            (json!({"a": {"b": "e\u{301}\u{302}o"}}), "031", Ok(vec!["é\u{302}o", "031", "037"])),
            (json!({}), "031", Err(("missing", "a/b"))),
            (json!({"a": {"b": "xxxx"}}), "031", Err(("too_long", "a/b"))),
            (json!({"a": {"b": []}}), "031", Err(("bad_value", "a/b"))),
            (json!({"a": {"b": "x"}}), "03a", Err(("bad_value", "so"))),
            (json!({"a": {"b": "x"}}), "", Err(("choice", "so, the"))),
            (json!({"a": {"b": "x"}, "the": "1"}), "031", Err(("choice", "so, the"))),
            (json!({"a": {"b": "x"}, "d": "1.2.1990"}), "031", Err(("bad_value", "d"))),
        ] {
            let input =
                Input { query: vec![("so".to_owned(), query.to_owned())], body: body.clone(), ..Input::default() };
            let taken = gather(&elements, &input);
            match (taken, expected) {
                (Ok(found), Ok(texts)) => {
                    let found: Vec<&str> = found.iter().map(|(_, value)| value.as_str().unwrap()).collect();
                    assert_eq!(found, texts, "{body}");
                }
                (Err(fault), Err((code, field))) => {
                    assert_eq!((fault.code, fault.field.as_deref()), (code, Some(field)), "{body}");
                    assert!(!fault.message.contains("xxxx") && !fault.message.contains("03a"), "{fault}");
                }
                (taken, expected) => panic!("{body}: {taken:?} instead of {expected:?}"),
            }
        }
    }

    #[test]
    fn an_element_that_means_nothing_is_refused() {
        for (line, expected) in [
            ("{ name = \"A\" }", "exactly one of"),
            ("{ name = \"A\", body = \"a\", query = \"b\" }", "exactly one of"),
            ("{ name = \"A\", path = \"b\" }", "has no {b}"),
            ("{ name = \"A\", header = \"a b\" }", "no name of a header"),
            ("{ name = \"\", body = \"a\" }", "group/name"),
            ("{ name = \"A\", body = \"a\", date = \"dd\" }", "yyyyMMdd"),
            ("{ name = \"A\", body = \"a\", code_list = \"x\" }", "is not written"),
            ("{ name = \"A\", body = \"a\", choice = \"c\", required = true }", "remove required"),
        ] {
            let wrong = elements(&format!("element = [{line}]")).unwrap_err().join("; ");
            assert!(wrong.starts_with("element ") && wrong.contains(expected), "{line}: {wrong}");
        }
    }
}
