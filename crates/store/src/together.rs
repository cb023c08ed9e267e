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
            renumber(sql.as_str(), all.len(), &mut text);
            all.extend(args);
        }
        Some((Statement::Built(Arc::from(text)), all))
    }
}

/// Appends a text whose `$n` become `$(n + by)`; quoted texts stay.
fn renumber(text: &str, by: usize, out: &mut String) {
    let mut quoted = false;
    let mut rest = text;
    while let Some(at) = rest.find(['\'', '$']) {
        out.push_str(&rest[..at]);
        let quote = rest.as_bytes()[at] == b'\'';
        let digits = rest[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
        let number = rest[at + 1..at + 1 + digits].parse::<usize>();
        match number {
            Ok(number) if !quote && !quoted => {
                let _ = write!(out, "${}", number + by);
                rest = &rest[at + 1 + digits..];
            }
            _ => {
                quoted ^= quote;
                out.push_str(&rest[at..=at]);
                rest = &rest[at + 1..];
            }
        }
    }
    out.push_str(rest);
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
