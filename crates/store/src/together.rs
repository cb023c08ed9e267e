//! Many independent writes in one exchange with the database.
//!
//! Each statement on its own costs a hand-over to the thread or the server of the database, which is dearer than the
//! write itself. SQLite takes several statements in one text; PostgreSQL takes them as one statement whose `WITH`
//! holds all but the last.

use crate::{Statement, Value};
use std::fmt::Write as _;
use std::sync::Arc;

/// Arguments gathered before an exchange is made on the way; far below what both databases take.
const MOST_ARGUMENTS: usize = 2000;

/// Writes that wait for their common exchange.
#[derive(Default)]
pub(crate) struct Together {
    waiting: Vec<(Statement, Vec<Value>)>,
    arguments: usize,
}

impl Together {
    pub(crate) fn push(&mut self, statement: Statement, args: Vec<Value>) {
        self.arguments += args.len();
        self.waiting.push((statement, args));
    }

    pub(crate) fn is_full(&self) -> bool {
        self.arguments >= MOST_ARGUMENTS
    }

    /// One statement that does all of them, with its arguments.
    pub(crate) fn take(&mut self, postgres: bool) -> Option<(Statement, Vec<Value>)> {
        let waiting = std::mem::take(&mut self.waiting);
        self.arguments = 0;
        if waiting.len() < 2 {
            return waiting.into_iter().next();
        }
        let last = waiting.len() - 1;
        // SQLite's driver looks every named argument up among all the others; unnamed ones are simply next.
        let unnamed =
            !postgres && waiting.iter().all(|(statement, args)| in_order(statement.text(false).as_str(), args.len()));
        let mut text = String::with_capacity(waiting.len() * 200);
        let mut all = Vec::new();
        for (index, (statement, args)) in waiting.into_iter().enumerate() {
            let sql = statement.text(postgres);
            match (postgres, index) {
                (true, 0) => text.push_str("WITH w0 AS ("),
                (true, _) if index < last => {
                    let _ = write!(text, "), w{index} AS (");
                }
                (true, _) => text.push_str(") "),
                (false, 0) => {}
                (false, _) => text.push_str("; "),
            }
            if unnamed {
                unname(sql.as_str(), &mut text);
            } else {
                renumber(sql.as_str(), all.len(), &mut text);
            }
            all.extend(args);
        }
        Some((Statement::Built(Arc::from(text)), all))
    }
}

/// Whether the arguments of a text are `$1`, `$2` and so on, each once and in this order.
fn in_order(text: &str, count: usize) -> bool {
    let mut next = 1;
    let straight = arguments(text, |part| match part {
        Part::Text(_) => true,
        Part::Argument(number) => {
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
            Part::Text(text) => out.push_str(text),
            Part::Argument(_) => out.push('?'),
        }
        true
    });
}

/// Appends a text whose `$n` become `$(n + by)`.
fn renumber(text: &str, by: usize, out: &mut String) {
    arguments(text, |part| {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Argument(number) => {
                let _ = write!(out, "${}", number + by);
            }
        }
        true
    });
}

enum Part<'t> {
    Text(&'t str),
    Argument(usize),
}

/// Walks over a text and its `$n`, quoted texts staying whole, while the visitor says so; answers what it said last.
fn arguments<'t>(text: &'t str, mut visit: impl FnMut(Part<'t>) -> bool) -> bool {
    let mut quoted = false;
    let mut rest = text;
    while let Some(at) = rest.find(['\'', '$']) {
        let quote = rest.as_bytes()[at] == b'\'';
        let digits = rest[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
        let number = rest[at + 1..at + 1 + digits].parse::<usize>();
        let go_on = match number {
            Ok(number) if !quote && !quoted => {
                let before = visit(Part::Text(&rest[..at]));
                rest = &rest[at + 1 + digits..];
                before && visit(Part::Argument(number))
            }
            _ => {
                quoted ^= quote;
                let before = visit(Part::Text(&rest[..=at]));
                rest = &rest[at + 1..];
                before
            }
        };
        if !go_on {
            return false;
        }
    }
    visit(Part::Text(rest))
}
#[cfg(test)]
mod tests {
    use super::*;
    use crate::args;

    fn check(postgres: bool, expected: &str) {
        let mut together = Together::default();
        together.push("INSERT INTO a (x, y) VALUES ($1, '$1 it''s $2')".into(), args![1_i64]);
        together.push("UPDATE b SET x = $2 WHERE y = $1".into(), args![2_i64, 3_i64]);
        together.push("INSERT INTO c (x, y) VALUES ($1, $1)".into(), args![4_i64]);
        let Some((Statement::Built(text), args)) = together.take(postgres) else { panic!("three are one") };
        assert_eq!(&*text, expected);
        assert_eq!(args, args![1_i64, 2_i64, 3_i64, 4_i64]);
        assert!(together.take(postgres).is_none());
    }

    #[test]
    fn sqlite_takes_arguments_in_order_without_names() {
        let mut together = Together::default();
        together.push("INSERT INTO a (x, y) VALUES ($1, 'it''s $2')".into(), args![1_i64]);
        together.push("UPDATE b SET x = $1 WHERE y = $2".into(), args![2_i64, 3_i64]);
        let Some((Statement::Built(text), _)) = together.take(false) else { panic!("two are one") };
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
}
