//! Builds the text of a list query from constant fragments; values only ever travel as arguments.

use crate::{Statement, Value};
use std::sync::Arc;

/// A query grown clause by clause.
///
/// Fragments are constants; each `?` in a fragment stands for one argument of that call and becomes the next `$n`.
///
/// ```
/// use haidang_store::{Filter, args};
/// let filter = Filter::select("SELECT id FROM services_case")
///     .and("unit = ?", args!["H24.11824"])
///     .and_in("state", ["received", "processing"])
///     .then("ORDER BY due_at, id LIMIT ?", args![50_i64]);
/// let (text, args) = filter.parts();
/// assert_eq!(text, "SELECT id FROM services_case WHERE unit = $1 AND state IN ($2, $3) ORDER BY due_at, id LIMIT $4");
/// assert_eq!(args.len(), 4);
/// ```
#[derive(Debug, Clone)]
pub struct Filter {
    text: String,
    args: Vec<Value>,
    clauses: usize,
}

impl Filter {
    /// Begins with a select whose `WHERE` is not yet written.
    pub fn select(head: &'static str) -> Self {
        Self::select_with(head, Vec::new())
    }

    /// Begins with a statement that has arguments of its own, marked `?` or `$1`, `$2` and so on.
    pub fn select_with(head: &'static str, args: Vec<Value>) -> Self {
        let mut filter = Self { text: String::new(), args: Vec::new(), clauses: 0 };
        filter.push(head, args);
        filter
    }

    /// A text whose table and column names come from migrations, never from a request.
    pub(crate) fn raw(text: String) -> Self {
        Self { text, args: Vec::new(), clauses: 0 }
    }

    /// Adds a condition.
    #[must_use]
    pub fn and(mut self, clause: &'static str, args: Vec<Value>) -> Self {
        self.begin_clause();
        self.push(clause, args);
        self
    }

    /// Adds a condition when `value` is there; the clause has exactly one `?`.
    #[must_use]
    pub fn and_some<V: Into<Value>>(self, clause: &'static str, value: Option<V>) -> Self {
        match value {
            Some(value) => self.and(clause, vec![value.into()]),
            None => self,
        }
    }

    /// Adds a condition only when `wanted`.
    #[must_use]
    pub fn and_if(self, wanted: bool, clause: &'static str, args: Vec<Value>) -> Self {
        if wanted { self.and(clause, args) } else { self }
    }

    /// Adds `column IN (…)`. An empty list matches nothing.
    #[must_use]
    pub fn and_in<V: Into<Value>>(mut self, column: &'static str, values: impl IntoIterator<Item = V>) -> Self {
        let values: Vec<Value> = values.into_iter().map(Into::into).collect();
        self.begin_clause();
        if values.is_empty() {
            self.text.push_str("1 = 0");
            return self;
        }
        self.text.push_str(column);
        self.text.push_str(" IN (");
        for (index, value) in values.into_iter().enumerate() {
            if index > 0 {
                self.text.push_str(", ");
            }
            self.push("?", vec![value]);
        }
        self.text.push(')');
        self
    }

    /// Adds what follows the conditions: `GROUP BY`, `ORDER BY`, `LIMIT ?`.
    #[must_use]
    pub fn then(mut self, tail: &'static str, args: Vec<Value>) -> Self {
        self.text.push(' ');
        self.push(tail, args);
        self
    }

    /// The finished text with its arguments, for tests and for reading.
    pub fn parts(&self) -> (&str, &[Value]) {
        (&self.text, &self.args)
    }

    /// The statement and its arguments, to be given to `fetch_all`.
    pub fn build(self) -> (Statement, Vec<Value>) {
        (Statement::Built(Arc::from(self.text)), self.args)
    }

    fn begin_clause(&mut self) {
        self.text.push_str(if self.clauses == 0 { " WHERE " } else { " AND " });
        self.clauses += 1;
    }

    fn push(&mut self, fragment: &'static str, args: Vec<Value>) {
        let numbered = self.args.is_empty() && fragment.matches('$').count() == args.len();
        debug_assert!(numbered || fragment.matches('?').count() == args.len(), "arguments of: {fragment}");
        let mut number = self.args.len();
        for character in fragment.chars() {
            if character == '?' {
                number += 1;
                self.text.push('$');
                self.text.push_str(&number.to_string());
            } else {
                self.text.push(character);
            }
        }
        self.args.extend(args);
    }
}
