//! Conditions and amounts of a procedure: CEL with the few functions the law needs.

use super::shape::{self, Shape, Variables};
use cel::extractors::Arguments;
use cel::objects::{Key, Map};
use cel::{Context, Env, ExecutionError, Program, Value};
use jiff::civil::Date;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

/// Longest expression in characters.
pub const MOST_CHARACTERS: usize = 2_000;

/// A compiled and checked expression.
#[derive(Clone)]
pub struct Expression {
    source: Arc<str>,
    program: Arc<Program>,
}

impl std::fmt::Debug for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Expression({})", self.source)
    }
}

/// Outcome of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    Yes,
    /// It does not hold.
    No,
    /// An answer it needs is not there yet; counts as not met.
    Unknown,
}

impl Truth {
    /// Whether it holds for certain.
    pub fn holds(self) -> bool {
        self == Truth::Yes
    }
}

static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// The functions of the house, around which each evaluation puts its variables.
static FUNCTIONS: LazyLock<Context<'static, 'static>> = LazyLock::new(|| {
    let mut context = Context::with_env(Arc::clone(&ENVIRONMENT));
    // A name that the standard environment already declares would be refused; these are not among them.
    let _ = context.add_function("date", date);
    let _ = context.add_function("days_between", days_between);
    let _ = context.add_function("age_on", age_on);
    let _ = context.add_function("first_day", first_day);
    let _ = context.add_function("last_day", last_day);
    let _ = context.add_function("min", cel::functions::min);
    let _ = context.add_function("max", cel::functions::max);
    let _ = context.add_function("sum", sum);
    context
});

impl Expression {
    /// Compiles an expression and checks it against the variables.
    ///
    /// # Errors
    /// One English sentence naming the fault.
    pub fn compile(source: &str, variables: &Variables, wanted: &Shape) -> Result<Self, String> {
        if source.chars().count() > MOST_CHARACTERS {
            return Err(format!("the expression is longer than {MOST_CHARACTERS} characters"));
        }
        let program = ENVIRONMENT.compile(source).map_err(|error| {
            let text = error.to_string();
            format!("cannot be read: {}", text.lines().next().unwrap_or("syntax error").trim())
        })?;
        shape::check(program.expression(), variables, wanted)?;
        Ok(Self { source: source.into(), program: Arc::new(program) })
    }

    /// The text of the expression.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether it is the constant `true`.
    pub fn is_always(&self) -> bool {
        self.source.trim() == "true"
    }

    /// Evaluates a condition.
    pub fn truth(&self, surroundings: &Surroundings) -> Truth {
        if self.is_always() {
            return Truth::Yes;
        }
        match self.program.execute(&surroundings.context) {
            Ok(Value::Bool(true)) => Truth::Yes,
            Ok(Value::Bool(false)) => Truth::No,
            _ => Truth::Unknown,
        }
    }

    /// Evaluates an amount in đồng; none while it cannot be known.
    pub fn amount(&self, surroundings: &Surroundings) -> Option<i64> {
        match self.program.execute(&surroundings.context) {
            Ok(Value::Int(amount)) => Some(amount),
            Ok(Value::UInt(amount)) => i64::try_from(amount).ok(),
            _ => None,
        }
        .filter(|amount| *amount >= 0)
    }

    /// Evaluates a text; none when it is empty or cannot be known.
    pub fn text(&self, surroundings: &Surroundings) -> Option<String> {
        match self.program.execute(&surroundings.context) {
            Ok(Value::String(text)) if !text.trim().is_empty() => Some(text.to_string()),
            _ => None,
        }
    }
}

/// Values of the variables for one evaluation.
pub struct Surroundings {
    context: Context<'static, 'static>,
}

impl Surroundings {
    /// Takes the variables; a name of `shapes` without a value becomes null, so that an absent answer is no error.
    pub fn new(shapes: &Variables, values: &[(&str, &Json)]) -> Self {
        let mut context = FUNCTIONS.new_inner_scope();
        let empty = Json::Object(serde_json::Map::new());
        for (name, shape) in shapes {
            let value = values.iter().find(|(known, _)| known == name).map_or(&Json::Null, |(_, value)| value);
            let value = if value.is_null() && matches!(shape, Shape::Record(_)) { &empty } else { value };
            context.add_variable_from_value(name.as_str(), shaped(value, shape));
        }
        Self { context }
    }

    /// Gives a variable a text that the others have settled.
    pub(super) fn settle(&mut self, name: &str, text: &str) {
        self.context.add_variable_from_value(name, Value::String(Arc::new(text.to_owned())));
    }
}

fn shaped(value: &Json, shape: &Shape) -> Value {
    match (shape, value) {
        (Shape::Record(parts), Json::Object(given)) => {
            let mut map: HashMap<Key, Value> = HashMap::with_capacity(parts.len());
            for (name, part) in parts {
                map.insert(Key::from(name.clone()), shaped(value.get(name).unwrap_or(&Json::Null), part));
            }
            for (name, value) in given {
                map.entry(Key::from(name.clone())).or_insert_with(|| plain(value));
            }
            Value::Map(Map { map: Arc::new(map) })
        }
        (Shape::List(entry), Json::Array(entries)) => {
            Value::List(Arc::new(entries.iter().map(|value| shaped(value, entry)).collect()))
        }
        _ => plain(value),
    }
}

fn plain(value: &Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::Int(whole),
            (None, Some(real)) => Value::Float(real),
            (None, None) => Value::Null,
        },
        Json::String(text) => Value::String(Arc::new(text.clone())),
        Json::Array(entries) => Value::List(Arc::new(entries.iter().map(plain).collect())),
        Json::Object(parts) => {
            let map: HashMap<Key, Value> =
                parts.iter().map(|(name, value)| (Key::from(name.clone()), plain(value))).collect();
            Value::Map(Map { map: Arc::new(map) })
        }
    }
}

type Outcome = Result<Value, ExecutionError>;

fn fault(function: &str, message: &str) -> ExecutionError {
    ExecutionError::function_error(function, message)
}

fn day(function: &str, value: Option<&Value>) -> Result<Date, ExecutionError> {
    match value {
        Some(Value::String(text)) => full_date(text).ok_or_else(|| fault(function, "not a full date")),
        _ => Err(fault(function, "not a date")),
    }
}

/// Reads `YYYY-MM-DD`, nothing else.
pub(crate) fn full_date(text: &str) -> Option<Date> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}

fn text(date: Date) -> Value {
    Value::String(Arc::new(date.to_string()))
}

fn date(Arguments(values): Arguments) -> Outcome {
    day("date", values.first()).map(text)
}

fn days_between(Arguments(values): Arguments) -> Outcome {
    let (from, to) = (day("days_between", values.first())?, day("days_between", values.get(1))?);
    let span = from.until(to).map_err(|_| fault("days_between", "out of range"))?;
    Ok(Value::Int(i64::from(span.get_days())))
}

fn age_on(Arguments(values): Arguments) -> Outcome {
    let (birth, on) = (day("age_on", values.first())?, day("age_on", values.get(1))?);
    Ok(Value::Int(full_years(birth, on)))
}

/// Full years of age on a day; negative before birth. Someone born on 29 February turns a year older on 1 March.
pub(crate) fn full_years(birth: Date, on: Date) -> i64 {
    let years = i64::from(on.year()) - i64::from(birth.year());
    if (on.month(), on.day()) < (birth.month(), birth.day()) { years - 1 } else { years }
}

/// First and last day that a year, month or full date may mean.
pub(crate) fn span_of(partial: &str) -> Option<(Date, Date)> {
    let number = |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<i16>().ok()).flatten();
    let parts: Vec<&str> = partial.split('-').collect();
    match parts.as_slice() {
        [year] if year.len() == 4 => {
            let year = number(year)?;
            Some((Date::new(year, 1, 1).ok()?, Date::new(year, 12, 31).ok()?))
        }
        [year, month] if year.len() == 4 && month.len() == 2 => {
            let first = Date::new(number(year)?, i8::try_from(number(month)?).ok()?, 1).ok()?;
            Some((first, first.last_of_month()))
        }
        [_, _, _] => full_date(partial).map(|date| (date, date)),
        _ => None,
    }
}

fn first_day(Arguments(values): Arguments) -> Outcome {
    span("first_day", values.first()).map(|(first, _)| text(first))
}

fn last_day(Arguments(values): Arguments) -> Outcome {
    span("last_day", values.first()).map(|(_, last)| text(last))
}

fn span(function: &str, value: Option<&Value>) -> Result<(Date, Date), ExecutionError> {
    match value {
        Some(Value::String(text)) => span_of(text).ok_or_else(|| fault(function, "not a date")),
        _ => Err(fault(function, "not a date")),
    }
}

fn sum(Arguments(values): Arguments) -> Outcome {
    let Some(Value::List(entries)) = values.first() else { return Err(fault("sum", "not a list")) };
    entries
        .iter()
        .try_fold(0i64, |total, entry| match entry {
            Value::Int(number) => total.checked_add(*number),
            _ => None,
        })
        .map(Value::Int)
        .ok_or_else(|| fault("sum", "an entry is not a whole number, or the sum is too large"))
}

#[cfg(test)]
#[path = "expression_tests.rs"]
mod tests;
