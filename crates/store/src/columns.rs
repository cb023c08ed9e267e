//! Rows of one table as columns: on PostgreSQL one insert whose text is the same for any number of rows, so that it
//! stays prepared, and whose checks and indexes are made ready once for all of them.

use crate::Value;
use crate::together::{Piece, arguments};
use std::fmt::Write as _;

/// What is bound to a statement.
#[derive(Debug)]
pub(crate) enum Argument {
    /// One value.
    One(Value),
    /// The values of a column, row by row, all of one kind.
    Column(Vec<Value>),
}

/// `INSERT INTO … VALUES (…)`, one row and nothing behind it.
pub(crate) struct PlainInsert<'t> {
    head: &'t str,
    row: &'t str,
}

/// Reads a text as a plain insert, when it is one.
pub(crate) fn plain_insert(text: &str) -> Option<PlainInsert<'_>> {
    let (head, rest) = text.strip_prefix("INSERT INTO ").and_then(|_| text.split_once("VALUES ("))?;
    let (mut depth, mut quoted) = (1, false);
    for (at, sign) in rest.bytes().enumerate() {
        match sign {
            b'\'' => quoted = !quoted,
            b'(' if !quoted => depth += 1,
            b')' if !quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return rest[at + 1..].trim().is_empty().then(|| PlainInsert { head, row: &rest[..at] });
        }
    }
    None
}

impl PlainInsert<'_> {
    /// Appends the insert of many rows like `sample`, its arguments counted from `before`.
    pub(crate) fn write(&self, sample: &[Value], before: usize, out: &mut String) {
        let _ = write!(out, "{}SELECT ", self.head);
        arguments(self.row, |piece| {
            let _ = match piece {
                Piece::Text(text) => write!(out, "{text}"),
                Piece::Argument(number) => write!(out, "u.a{number}"),
            };
            true
        });
        let mut names = String::new();
        for (index, value) in sample.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            let begin = if index == 0 { " FROM unnest(" } else { ", " };
            let _ = write!(out, "{begin}CAST(${} AS {}[])", before + index + 1, kind(value));
            let _ = write!(names, "{comma}a{}", index + 1);
        }
        let _ = write!(out, ") AS u ({names})");
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Text(_) => "TEXT",
        Value::Integer(_) => "BIGINT",
        Value::Real(_) => "DOUBLE PRECISION",
        Value::Boolean(_) => "BOOLEAN",
        Value::Bytes(_) => "BYTEA",
    }
}

/// Whether two rows have the same kinds of values.
pub(crate) fn alike(one: &[Value], other: &[Value]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| kind(a) == kind(b))
}

/// Rows as columns.
pub(crate) fn transposed(rows: Vec<Vec<Value>>) -> Vec<Argument> {
    let width = rows.first().map_or(0, Vec::len);
    let mut columns: Vec<Vec<Value>> = (0..width).map(|_| Vec::with_capacity(rows.len())).collect();
    for row in rows {
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    columns.into_iter().map(Argument::Column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_row_and_nothing_behind_it_is_plain() {
        for text in [
            "INSERT INTO a (x) VALUES ($1)",
            "INSERT INTO a (x, y, z) VALUES ('it''s )', ($1), $2) ",
            "INSERT INTO a (x) VALUES (coalesce($1, (0)))",
        ] {
            assert!(plain_insert(text).is_some(), "{text}");
        }
        for text in [
            "INSERT INTO a (x) VALUES ($1), ($2)",
            "INSERT INTO a (x) VALUES ($1) ON CONFLICT DO NOTHING",
            "INSERT INTO a (x) VALUES ($1) RETURNING x",
            "INSERT INTO a (x) SELECT $1",
            "INSERT INTO a (x) VALUES ($1",
            "UPDATE a SET x = 'VALUES ($1)'",
        ] {
            assert!(plain_insert(text).is_none(), "{text}");
        }
    }
}
