//! JSON over HTTP: an ordered list of elements becomes path, query and body of a call; the JSON of the answer becomes
//! JSON under other names.

use hyper::Method;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use serde_json::{Map, Value};

use super::draft::OperationDraft;
use super::fault::AdapterFault;
use super::path::{Template, encoded};
use super::request::{Element, Place};
use super::{Outgoing, Received};

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RestTask {
    method: Method,
    path: Template,
}

/// Judges an operation.
pub(super) fn judge_operation(
    draft: &OperationDraft,
    elements: &[Element],
    wrong: &mut Vec<String>,
) -> Option<RestTask> {
    if draft.says_more_than(&["call"]) {
        wrong.push("name, action, answer, answer_namespace, query and rows are for other kinds".to_owned());
    }
    let call = draft.call.as_deref().and_then(|call| call.split_once(' '));
    let task = call.and_then(|(method, path)| {
        Some(RestTask { method: Method::from_bytes(method.as_bytes()).ok()?, path: Template::parse(path)? })
    });
    let Some(task) = task else {
        wrong.push("call: write METHOD /path of the provider, such as POST /nguoi/{so}".to_owned());
        return None;
    };
    for element in elements {
        let name = element.name.join("/");
        let place = task.place(element);
        if place != Place::Body && element.name.len() > 1 {
            wrong.push(format!("element {name}: only a body has groups"));
        }
        if place == Place::Path && !task.path.places().any(|place| place == name) {
            wrong.push(format!("element {name}: the path of call has no {{{name}}}"));
        }
        if place == Place::Body && task.method == Method::GET {
            wrong.push(format!("element {name}: a GET has no body"));
        }
        if element.namespace.is_some() {
            wrong.push(format!("element {name}: namespace is for kind = \"soap\""));
        }
    }
    for place in task.path.places() {
        if !elements.iter().any(|element| task.place(element) == Place::Path && element.name == [place]) {
            wrong.push(format!("call: no element with place = \"path\" is called {place}"));
        }
    }
    Some(task)
}

impl RestTask {
    /// Where an element goes: where it says, else into the body, or the query of a call without one.
    fn place(&self, element: &Element) -> Place {
        let default = if self.method == Method::GET { Place::Query } else { Place::Body };
        element.place.unwrap_or(default)
    }
}

/// The call to the provider.
///
/// # Errors
/// A value that cannot stand in the path.
pub(super) fn ask(task: &RestTask, values: &[(&Element, Value)]) -> Result<Outgoing, AdapterFault> {
    let (mut segments, mut query, mut body) = (Vec::new(), String::new(), Map::new());
    for (element, value) in values {
        let name = element.name.join("/");
        let text = || value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match task.place(element) {
            Place::Body => insert(&mut body, &element.name, value.clone()),
            Place::Query => {
                query.push(if query.is_empty() { '?' } else { '&' });
                query.push_str(&format!("{}={}", encoded(&name), encoded(&text())));
            }
            Place::Path => {
                // A dot segment would name another resource than the one that was agreed on.
                if matches!(text().as_str(), "." | "..") {
                    return Err(AdapterFault::request("bad_value", &name, "cannot stand in a path"));
                }
                segments.push((name, text()));
            }
        }
    }
    for place in task.path.places() {
        if !segments.iter().any(|(name, _)| name == place) {
            return Err(AdapterFault::request("missing", place, "is needed"));
        }
    }
    let mut headers = vec![(ACCEPT, HeaderValue::from_static("application/json"))];
    let has_body = task.method != Method::GET && task.method != Method::DELETE;
    let body = if has_body {
        headers.push((CONTENT_TYPE, HeaderValue::from_static("application/json")));
        Value::Object(body).to_string().into()
    } else {
        bytes::Bytes::new()
    };
    let target = format!("{}{query}", task.path.filled(&segments));
    Ok(Outgoing { method: task.method.clone(), target, headers, body })
}

/// Puts a value at the end of its groups.
fn insert(members: &mut Map<String, Value>, path: &[String], value: Value) {
    let Some((name, groups)) = path.split_first() else { return };
    if groups.is_empty() {
        members.insert(name.clone(), value);
        return;
    }
    let group = members.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(inner) = group {
        insert(inner, groups, value);
    }
}

/// The JSON of a good answer.
///
/// # Errors
/// The status of the provider, or an answer that is not JSON.
pub(super) fn read(received: &Received) -> Result<Value, AdapterFault> {
    match received.status {
        200..300 => {}
        // What the request asks for is not there, or it is not as the provider wants it: the consumer's to know.
        status @ (400 | 404 | 409 | 410 | 422) => return Err(AdapterFault::refused(status, None)),
        status => return Err(AdapterFault::http(status)),
    }
    serde_json::from_slice(&received.body).map_err(|_| AdapterFault::answer(None, "is not JSON"))
}
