//! Databases as a provider: statements that an operator wrote, read-only, with parameters, bounded in time and rows.

use std::path::PathBuf;
use std::time::Duration;

use haidang_signing::private_file;
use haidang_store::{Outside, Value as Bound};
use serde_json::{Map, Value, json};

use super::draft::OperationDraft;
use super::fault::AdapterFault;
use super::request::Element;
use super::shape::Type;

/// Rows of one answer where nothing is said, and at most.
const ROWS: usize = 1_000;
const MOST: usize = 10_000;
/// Characters of a statement.
const LONGEST: usize = 20_000;

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SqlTask {
    statement: String,
    rows: usize,
}

/// Judges an operation.
pub(super) fn judge_operation(
    draft: &OperationDraft,
    elements: &[Element],
    wrong: &mut Vec<String>,
) -> Option<SqlTask> {
    if draft.says_more_than(&["query", "rows"]) {
        wrong.push("name, action, answer, answer_namespace and call are for other kinds".to_owned());
    }
    let rows = draft.rows.unwrap_or(ROWS);
    if rows == 0 || rows > MOST {
        wrong.push(format!("rows: write 1 to {MOST}"));
    }
    let statement = draft.query.as_deref().unwrap_or_default().trim();
    let begins = statement.get(..7).is_some_and(|word| word.trim().eq_ignore_ascii_case("select"));
    if !begins || statement.contains(';') || statement.chars().count() > LONGEST {
        wrong.push("query: write one SELECT without a semicolon, with parameters $1, $2 …".to_owned());
    }
    if elements.iter().any(|element| element.place.is_some() || element.namespace.is_some()) {
        wrong.push("place and namespace are for other kinds".to_owned());
    }
    if elements.iter().any(|element| element.kind() == Some(Type::Json)) {
        wrong.push("type = \"json\" is for providers that speak JSON".to_owned());
    }
    for number in 1..=elements.len() {
        if !mentions(statement, number) {
            wrong.push(format!("query: has no ${number}, which is element number {number}"));
        }
    }
    if mentions(statement, elements.len() + 1) {
        wrong.push(format!("query: has ${}, and there is no such element", elements.len() + 1));
    }
    Some(SqlTask { statement: statement.to_owned(), rows })
}

/// Whether a statement has the parameter of this number.
fn mentions(statement: &str, number: usize) -> bool {
    let name = format!("${number}");
    let mut places = statement.match_indices(&name);
    places.any(|(at, found)| {
        !statement.get(at + found.len()..).unwrap_or_default().starts_with(|c: char| c.is_ascii_digit())
    })
}

/// The parameters of a call in the order of the elements; what was not given is NULL.
pub(super) fn parameters(elements: &[Element], values: &[(&Element, Value)]) -> Vec<Value> {
    let given = |element: &Element| values.iter().find(|(known, _)| *known == element).map(|(_, value)| value.clone());
    elements.iter().map(|element| given(element).unwrap_or(Value::Null)).collect()
}

/// A parameter as it is bound. What is absent keeps its kind, because PostgreSQL types its parameters.
fn bound(element: &Element, value: &Value) -> Bound {
    match value {
        Value::Bool(is) => Bound::Boolean(Some(*is)),
        Value::Number(number) => match (element.kind(), number.as_i64()) {
            (Some(Type::Integer), Some(number)) => Bound::Integer(Some(number)),
            _ => Bound::Real(number.as_f64()),
        },
        Value::String(text) => Bound::Text(Some(text.clone())),
        Value::Null | Value::Array(_) | Value::Object(_) => match element.kind() {
            Some(Type::Integer) => Bound::Integer(None),
            Some(Type::Number) => Bound::Real(None),
            Some(Type::Boolean) => Bound::Boolean(None),
            Some(Type::Text | Type::Json) | None => Bound::Text(None),
        },
    }
}

/// Rows as an answer.
///
/// # Errors
/// There are more than the operation allows.
pub(super) fn answer(task: &SqlTask, rows: Vec<Map<String, Value>>) -> Result<Value, AdapterFault> {
    if rows.len() > task.rows {
        return Err(AdapterFault::answer(None, &format!("has more than {} rows", task.rows)));
    }
    Ok(json!({ "rows": rows }))
}

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A file of SQLite.
    Sqlite(PathBuf),
    /// A file that holds the address, with its password.
    Secret(PathBuf),
}

fn unready(why: String) -> AdapterFault {
    tracing::error!(why, "the database of an adapter cannot be used");
    AdapterFault::unready()
}

/// The address of a database. Blocks.
///
/// # Errors
/// The adapter is not ready; the log says why.
pub(super) fn address(place: &Place) -> Result<String, AdapterFault> {
    match place {
        Place::Sqlite(path) => Ok(format!("sqlite:{}", path.display())),
        Place::Secret(file) => {
            let bytes = private_file::read(file).map_err(|error| unready(error.to_string()))?;
            let bytes = bytes.ok_or_else(|| unready(format!("{}: is not there", file.display())))?;
            let text = String::from_utf8(bytes).map_err(|_| unready(format!("{}: is not text", file.display())))?;
            Ok(text.trim().to_owned())
        }
    }
}

/// Opens a database; connections are made when they are needed.
///
/// # Errors
/// The adapter is not ready; the log says why, without the address.
pub(super) fn open(url: &str, connections: u32, time: Duration) -> Result<Outside, AdapterFault> {
    Outside::open(url, connections, time).map_err(|error| unready(error.to_string()))
}

/// Runs the statement of an operation.
///
/// # Errors
/// The database was not reached, was late, or does not take the statement; the log says why.
pub(super) async fn ask(
    database: &Outside,
    task: &SqlTask,
    elements: &[Element],
    parameters: &[Value],
) -> Result<Vec<Map<String, Value>>, AdapterFault> {
    let args = elements.iter().zip(parameters).map(|(element, value)| bound(element, value)).collect();
    database.rows(&task.statement, args, task.rows).await.map_err(|error| {
        tracing::error!(error = %error, "the database of an adapter gave no rows");
        match error.is_transient() {
            true => AdapterFault::unreachable("its database is not there or took too long"),
            false => AdapterFault::answer(None, "is an error of its database"),
        }
    })
}
