//! Many independent writes in one exchange with the database.
//!
//! Each statement on its own costs a hand-over to the thread or the server of the database, which is dearer than the
//! write itself. SQLite takes several statements in one text. PostgreSQL takes them as one statement whose `WITH`
//! holds all but the last, and prepares each insert it holds anew at every run, with the table's checks and indexes:
//! there the rows of one table are one insert, their values going as one array a column (see `columns`).

use crate::columns::{self, Argument};
use crate::{Statement, Value};
use std::fmt::Write as _;
use std::sync::Arc;

/// Arguments gathered before an exchange is made on the way; far below what SQLite takes.
const MOST_ARGUMENTS: usize = 2000;
/// The same on PostgreSQL, where a column of many values is one argument.
const MOST_VALUES: usize = 20_000;
/// Statements of one exchange on PostgreSQL, which plans all of them together.
const MOST_PARTS: usize = 64;

/// Writes that wait for their common exchange.
pub(crate) struct Together {
    postgres: bool,
    parts: Vec<Part>,
    values: usize,
}

/// A statement with the arguments of each of its runs; several only where they become rows of one insert.
struct Part {
    statement: Statement,
    rows: Vec<Vec<Value>>,
    plain: bool,
}

impl Part {
    fn takes(&self, text: &str, args: &[Value]) -> bool {
        self.plain && self.statement.text(true).as_str() == text && columns::alike(&self.rows[0], args)
    }
}

impl Together {
    pub(crate) fn new(postgres: bool) -> Self {
        Self { postgres, parts: Vec::new(), values: 0 }
    }

    pub(crate) fn push(&mut self, statement: Statement, args: Vec<Value>) {
        self.values += args.len();
        let text = statement.text(self.postgres);
        let plain = self.postgres && !args.is_empty() && columns::plain_insert(text.as_str()).is_some();
        match self.parts.iter_mut().find(|part| plain && part.takes(text.as_str(), &args)) {
            Some(part) => part.rows.push(args),
            None => self.parts.push(Part { statement, rows: vec![args], plain }),
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        if self.postgres {
            self.values >= MOST_VALUES || self.parts.len() >= MOST_PARTS
        } else {
            self.values >= MOST_ARGUMENTS
        }
    }

    /// One statement that does all of them, with its arguments.
    pub(crate) fn take(&mut self) -> Option<(Statement, Vec<Argument>)> {
        let mut parts = std::mem::take(&mut self.parts);
        self.values = 0;
        if parts.len() == 1 && parts[0].rows.len() == 1 {
            let Part { statement, rows, .. } = parts.pop()?;
            return Some((statement, rows.into_iter().flatten().map(Argument::One).collect()));
        }
        let (text, args) = match (parts.is_empty(), self.postgres) {
            (true, _) => return None,
            (false, true) => nested(parts),
            (false, false) => one_after_another(parts),
        };
        Some((Statement::Built(Arc::from(text)), args))
    }
}

/// For PostgreSQL: `WITH w0 AS (…), w1 AS (…) …`.
fn nested(parts: Vec<Part>) -> (String, Vec<Argument>) {
    let last = parts.len() - 1;
    let mut text = String::with_capacity(parts.len() * 400);
    let mut all = Vec::new();
    for (index, part) in parts.into_iter().enumerate() {
        let _ = match index {
            _ if last == 0 => Ok(()),
            0 => write!(text, "WITH w0 AS ("),
            _ if index < last => write!(text, "), w{index} AS ("),
            _ => write!(text, ") "),
        };
        let sql = part.statement.text(true);
        match columns::plain_insert(sql.as_str()).filter(|_| part.rows.len() > 1) {
            Some(insert) => {
                insert.write(&part.rows[0], all.len(), &mut text);
                all.extend(columns::transposed(part.rows));
            }
            None => {
                renumber(sql.as_str(), all.len(), &mut text);
                all.extend(part.rows.into_iter().flatten().map(Argument::One));
            }
        }
    }
    (text, all)
}

/// For SQLite: statements with `;` between them.
fn one_after_another(parts: Vec<Part>) -> (String, Vec<Argument>) {
    let waiting = || parts.iter().flat_map(|part| part.rows.iter().map(|row| (&part.statement, row.len())));
    // SQLite's driver looks every named argument up among all the others; unnamed ones are simply next.
    let unnamed = waiting().all(|(statement, count)| in_order(statement.text(false).as_str(), count));
    let mut text = String::with_capacity(parts.len() * 200);
    let mut before = 0;
    for (statement, count) in waiting() {
        if !text.is_empty() {
            text.push_str("; ");
        }
        let sql = statement.text(false);
        if unnamed {
            unname(sql.as_str(), &mut text);
        } else {
            renumber(sql.as_str(), before, &mut text);
        }
        before += count;
    }
    (text, parts.into_iter().flat_map(|part| part.rows).flatten().map(Argument::One).collect())
}

/// Whether the arguments of a text are `$1`, `$2` and so on, each once and in this order.
fn in_order(text: &str, count: usize) -> bool {
    let mut next = 1;
    let straight = arguments(text, |part| match part {
        Piece::Text(_) => true,
        Piece::Argument(number) => {
            next += 1;
            number + 1 == next
        }
    });
    straight && next == count + 1
}

/// Appends a text whose arguments are `?`.
fn unname(text: &str, out: &mut String) {
    arguments(text, |part| {
        match part {
            Piece::Text(text) => out.push_str(text),
            Piece::Argument(_) => out.push('?'),
        }
        true
    });
}

/// Appends a text whose `$n` become `$(n + by)`.
fn renumber(text: &str, by: usize, out: &mut String) {
    arguments(text, |part| {
        match part {
            Piece::Text(text) => out.push_str(text),
            Piece::Argument(number) => {
                let _ = write!(out, "${}", number + by);
            }
        }
        true
    });
}

pub(crate) enum Piece<'t> {
    Text(&'t str),
    Argument(usize),
}

/// Walks over a text and its `$n`, quoted texts staying whole, while the visitor says so; answers what it said last.
pub(crate) fn arguments<'t>(text: &'t str, mut visit: impl FnMut(Piece<'t>) -> bool) -> bool {
    let mut quoted = false;
    let mut rest = text;
    while let Some(at) = rest.find(['\'', '$']) {
        let quote = rest.as_bytes()[at] == b'\'';
        let digits = rest[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
        let number = rest[at + 1..at + 1 + digits].parse::<usize>();
        let go_on = match number {
            Ok(number) if !quote && !quoted => {
                let before = visit(Piece::Text(&rest[..at]));
                rest = &rest[at + 1 + digits..];
                before && visit(Piece::Argument(number))
            }
            _ => {
                quoted ^= quote;
                let before = visit(Piece::Text(&rest[..=at]));
                rest = &rest[at + 1..];
                before
            }
        };
        if !go_on {
            return false;
        }
    }
    visit(Piece::Text(rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args;

    fn values(args: Vec<Argument>) -> Vec<Vec<Value>> {
        args.into_iter()
            .map(|arg| match arg {
                Argument::One(value) => vec![value],
                Argument::Column(values) => values,
            })
            .collect()
    }

    fn check(postgres: bool, expected: &str) {
        let mut together = Together::new(postgres);
        together.push("INSERT INTO a (x, y) VALUES ($1, '$1 it''s $2')".into(), args![1_i64]);
        together.push("UPDATE b SET x = $2 WHERE y = $1".into(), args![2_i64, 3_i64]);
        together.push("INSERT INTO c (x, y) VALUES ($1, $1)".into(), args![4_i64]);
        let Some((Statement::Built(text), args)) = together.take() else { panic!("three are one") };
        assert_eq!(&*text, expected);
        assert_eq!(values(args), [1_i64, 2, 3, 4].map(|number| args![number]));
        assert!(together.take().is_none());
    }

    #[test]
    fn sqlite_takes_arguments_in_order_without_names() {
        let mut together = Together::new(false);
        together.push("INSERT INTO a (x, y) VALUES ($1, 'it''s $2')".into(), args![1_i64]);
        together.push("UPDATE b SET x = $1 WHERE y = $2".into(), args![2_i64, 3_i64]);
        let Some((Statement::Built(text), _)) = together.take() else { panic!("two are one") };
        assert_eq!(&*text, "INSERT INTO a (x, y) VALUES (?, 'it''s $2'); UPDATE b SET x = ? WHERE y = ?");
    }

    #[test]
    fn sqlite_takes_them_one_after_another() {
        check(
            false,
            "INSERT INTO a (x, y) VALUES ($1, '$1 it''s $2'); UPDATE b SET x = $3 WHERE y = $2; \
             INSERT INTO c (x, y) VALUES ($4, $4)",
        );
    }

    #[test]
    fn postgres_takes_them_as_one() {
        check(
            true,
            "WITH w0 AS (INSERT INTO a (x, y) VALUES ($1, '$1 it''s $2')), w1 AS (UPDATE b SET x = $3 WHERE y = $2) \
             INSERT INTO c (x, y) VALUES ($4, $4)",
        );
    }

    #[test]
    fn postgres_takes_rows_of_one_table_as_columns() {
        let mut together = Together::new(true);
        for number in 1..=2_i64 {
            together.push("INSERT INTO a (x, y, z) VALUES ($2, 'it''s $2', $1)".into(), args!["text", number]);
            together.push("UPDATE b SET x = $1".into(), args![number + 2]);
        }
        let Some((Statement::Built(text), args)) = together.take() else { panic!("four are one") };
        assert_eq!(
            &*text,
            "WITH w0 AS (INSERT INTO a (x, y, z) SELECT u.a2, 'it''s $2', u.a1 FROM unnest(CAST($1 AS TEXT[]), \
             CAST($2 AS BIGINT[])) AS u (a1, a2)), w1 AS (UPDATE b SET x = $3) UPDATE b SET x = $4"
        );
        assert_eq!(values(args), [args!["text", "text"], args![1_i64, 2_i64], args![3_i64], args![4_i64]]);
    }

    #[test]
    fn postgres_is_full_before_its_statement_is_too_large() {
        let mut together = Together::new(true);
        for number in 0..1000_i64 {
            together.push("INSERT INTO a (x) VALUES ($1)".into(), args![number]);
        }
        assert!(!together.is_full(), "a thousand rows are one part");
        for number in 0..63_i64 {
            together.push("UPDATE b SET x = $1".into(), args![number]);
        }
        assert!(together.is_full());
    }
}
