//! Examples of an adapter, beside it in the pack: what a consumer sends and what must reach the provider, what the
//! provider answers and what the consumer must read. They run without a network, with secrets made up for them.

use std::collections::BTreeMap;
use std::path::Path;

use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Uri};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::answer::Node;
use super::authentication::Credentials;
use super::data_set::Table;
use super::draft::AdapterDraft;
use super::fault::AdapterFault;
use super::folder::{files, text};
use super::host::object;
use super::path::query;
use super::request::Input;
use super::{Adapter, Call, Manner, Operation, Outgoing, Received, Task, database, xml};
use crate::directory::Complaints;

/// Examples as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Examples {
    /// When the calls are made.
    now: Timestamp,
    #[serde(default)]
    user: String,
    #[serde(default)]
    client: String,
    #[serde(default)]
    sign_url: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    api_key: Option<String>,
    case: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    request: Asked,
    /// What reaches the provider; absent where nothing may.
    #[serde(default)]
    outgoing: Option<Expected>,
    #[serde(default)]
    answer: Option<Answered>,
    told: Told,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    method: String,
    /// Path with its query.
    path: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    method: String,
    /// Behind the path of the connection, with its query.
    #[serde(default)]
    target: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    #[serde(default = "good")]
    status: u16,
    body: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    #[serde(default = "good")]
    status: u16,
    body: String,
}

fn good() -> u16 {
    200
}

/// Runs the examples of every adapter of a folder, and says how many there were.
///
/// # Errors
/// [`Complaints`]: an adapter that cannot be read or has no examples, an operation that no example calls with success, and
/// every example that comes out otherwise, with what came out.
pub fn check_adapter_tests(folder: &Path) -> Result<usize, Complaints> {
    let told = |what: String| Complaints(vec![what]);
    let adapters = files(folder, false).map_err(told)?;
    let mut examples = files(folder, true).map_err(told)?;
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (name, file) in adapters {
        let Some(beside) = examples.remove(&name) else {
            wrong.push(format!("adapter {name}: has no examples; write {name}.test.toml beside it"));
            continue;
        };
        let checked = text(&file)
            .map_err(told)
            .and_then(|text| AdapterDraft::from_toml(&text)?.judge(&name, None, folder))
            .and_then(|adapter| check(&adapter, &text(&beside).map_err(told)?));
        match checked {
            Ok(cases) => count += cases,
            Err(complaints) => wrong.extend(complaints.0.iter().map(|what| format!("adapter {name}: {what}"))),
        }
    }
    wrong.extend(examples.keys().map(|name| format!("{name}.test.toml: there is no adapter of this name")));
    if wrong.is_empty() { Ok(count) } else { Err(Complaints(wrong)) }
}

fn check(adapter: &Adapter, text: &str) -> Result<usize, Complaints> {
    let examples: Examples =
        toml::from_str(text).map_err(|error| Complaints(vec![error.to_string().trim().to_owned()]))?;
    let credentials = Credentials {
        user: examples.user.clone(),
        client: examples.client.clone(),
        sign_url: examples.sign_url.clone(),
        secret: examples.secret.clone(),
        api_key: examples.api_key.clone(),
    };
    let (mut wrong, mut called) = (Vec::new(), Vec::new());
    for case in &examples.case {
        match run(adapter, case, &credentials, examples.now) {
            Ok(Some(place)) if case.told.status == 200 => called.push(place),
            Ok(_) => {}
            Err(what) => wrong.push(format!("case {:?}: {what}", case.name)),
        }
    }
    for (place, operation) in adapter.operations.iter().enumerate() {
        if !called.contains(&place) && wrong.is_empty() {
            wrong.push(format!("no example calls operation {} number {} with success", operation.method, place + 1));
        }
    }
    if wrong.is_empty() { Ok(examples.case.len()) } else { Err(Complaints(wrong)) }
}

/// Runs one example; the place of the operation it calls.
fn run(adapter: &Adapter, case: &Case, credentials: &Credentials, now: Timestamp) -> Result<Option<usize>, String> {
    let mut place = None;
    let told = match asked(adapter, case, credentials, now, &mut place) {
        Ok((operation, call)) => answered(adapter, operation, call, case)?,
        Err(Problem::Example(what)) => return Err(what),
        Err(Problem::Fault(fault)) if case.outgoing.is_some() => return Err(format!("no call was made: {fault}")),
        Err(Problem::Fault(fault)) => Err(fault),
    };
    let (status, body) = match told {
        Ok(members) => (200, Value::Object(members)),
        Err(fault) => (fault.status, fault.to_json()),
    };
    let expected: Value =
        serde_json::from_str(&case.told.body).map_err(|error| format!("the body of told is not JSON: {error}"))?;
    // Of an error the members that are written count: its sentence is for people.
    let same = match (&expected, status) {
        (Value::Object(members), 400..) => members.iter().all(|(name, value)| body.get(name) == Some(value)),
        _ => body == expected,
    };
    if status == case.told.status && same {
        return Ok(place);
    }
    Err(format!("the consumer is told {status} {body}"))
}

/// Compares what reaches the provider and takes its answer as written.
fn answered(
    adapter: &Adapter,
    operation: &Operation,
    call: Call<'_>,
    case: &Case,
) -> Result<Result<Map<String, Value>, AdapterFault>, String> {
    let answer = case.answer.as_ref().ok_or("answer is not written")?;
    let body = answer.body.trim();
    let expected = || case.outgoing.as_ref().ok_or("a call reached the provider, and outgoing is not written");
    match (call, &operation.task, &adapter.manner) {
        (Call::Http(outgoing), ..) => {
            compare(&outgoing, expected()?)?;
            Ok(adapter.tell(operation, &Received { status: answer.status, body: body.to_owned().into() }))
        }
        (Call::Statement(parameters), Task::Sql(task), _) => {
            let body_of =
                |text: &str| serde_json::from_str::<Value>(text).map_err(|error| format!("parameters: {error}"));
            let sent = Value::Array(parameters);
            if expected()?.method != "SELECT" || body_of(&expected()?.body)? != sent {
                return Err(format!("the database is asked by SELECT with {sent}"));
            }
            let rows: Vec<Map<String, Value>> =
                serde_json::from_str(body).map_err(|error| format!("the rows of answer: {error}"))?;
            Ok(database::answer(task, rows).and_then(|root| operation.tell(Node::Json(&root))))
        }
        (Call::Rows(values), _, Manner::File(form, _)) => {
            let table = Table::read(form, body.as_bytes()).map_err(|why| format!("the table of answer: {why}"))?;
            Ok(table.ask(form, &values).and_then(|root| operation.tell(Node::Json(&root))))
        }
        _ => Err("the adapter is of another kind than its operation".to_owned()),
    }
}

enum Problem {
    Example(String),
    Fault(AdapterFault),
}

fn asked<'a>(
    adapter: &'a Adapter,
    case: &Case,
    credentials: &Credentials,
    now: Timestamp,
    place: &mut Option<usize>,
) -> Result<(&'a Operation, Call<'a>), Problem> {
    let example = |what: &str| Problem::Example(format!("request: {what}"));
    let method = Method::from_bytes(case.request.method.as_bytes()).map_err(|_| example("method is none"))?;
    let uri: Uri = case.request.path.parse().map_err(|_| example("path is none"))?;
    let (operation, path) = adapter.operation(&method, uri.path()).map_err(Problem::Fault)?;
    *place = adapter.operations.iter().position(|known| std::ptr::eq(known, operation));
    let mut headers = HeaderMap::new();
    for (name, value) in &case.request.headers {
        let line = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value));
        let (Ok(name), Ok(value)) = line else { return Err(example("a header cannot be sent")) };
        headers.append(name, value);
    }
    let query = query(uri.query().unwrap_or_default()).ok_or_else(|| example("query is not UTF-8"))?;
    let body = object(&method, case.request.body.trim().as_bytes()).map_err(Problem::Fault)?;
    let call = adapter.ask(operation, &Input { path, query, headers, body }, credentials, now);
    Ok((operation, call.map_err(Problem::Fault)?))
}

fn compare(outgoing: &Outgoing, expected: &Expected) -> Result<(), String> {
    let line = format!("{} {}", outgoing.method, outgoing.target);
    if line != format!("{} {}", expected.method, expected.target) {
        return Err(format!("the provider is called by {line}"));
    }
    for (name, value) in &expected.headers {
        let sent = outgoing.headers.iter().find(|(known, _)| known.as_str() == name.to_ascii_lowercase());
        let sent = sent.and_then(|(_, value)| value.to_str().ok());
        if sent != Some(value) {
            return Err(format!("the provider is sent {name}: {}", sent.unwrap_or("nothing")));
        }
    }
    let shown = String::from_utf8_lossy(&outgoing.body);
    let expected = expected.body.trim();
    let same = if expected.starts_with('<') {
        let expected = xml::read(expected.as_bytes()).map_err(|why| format!("the body of outgoing {why}"))?;
        xml::read(&outgoing.body).is_ok_and(|sent| sent == expected)
    } else if expected.is_empty() {
        outgoing.body.is_empty()
    } else {
        let expected: Value =
            serde_json::from_str(expected).map_err(|error| format!("the body of outgoing is not JSON: {error}"))?;
        serde_json::from_slice::<Value>(&outgoing.body).is_ok_and(|sent| sent == expected)
    };
    if same { Ok(()) } else { Err(format!("the provider is sent {shown}")) }
}

#[cfg(test)]
#[path = "cases_tests.rs"]
mod tests;
