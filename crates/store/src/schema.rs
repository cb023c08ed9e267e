//! The tables as the migrations of all rooms define them: what is exported, copied and compared.

use crate::dialect::{Placed, Token, statements};
use crate::{Migration, StoreError};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Kind of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// `TEXT`.
    Text,
    /// `BIGINT`.
    Integer,
    /// `DOUBLE PRECISION`.
    Real,
    /// `BOOLEAN`.
    Boolean,
    /// `BYTEA`.
    Bytes,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: ColumnKind,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Name, `<room>_<thing>`.
    pub name: String,
    /// Columns in the order of their definition.
    pub columns: Vec<Column>,
    /// Columns of the primary key, in order.
    pub key: Vec<String>,
    /// Tables it refers to.
    pub refers: BTreeSet<String>,
}

/// All tables, each after those it refers to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    /// Tables in an order in which rows can be inserted.
    pub tables: Vec<Table>,
}

impl Schema {
    /// Reads the definitions of all rooms, in the order in which the migrations run.
    ///
    /// # Errors
    /// [`StoreError::Migration`] for a definition outside the dialect.
    pub fn of(rooms: &[(&str, &[Migration])]) -> Result<Self, StoreError> {
        let mut tables: BTreeMap<String, Table> = BTreeMap::new();
        for (room, migrations) in rooms {
            for migration in *migrations {
                let fail =
                    |reason: String| StoreError::Migration { name: format!("{room}/{}", migration.name), reason };
                for statement in statements(migration.sql) {
                    if let Some(table) = create_table(&statement).map_err(fail)? {
                        tables.insert(table.name.clone(), table);
                    } else if let Some((name, column)) = add_column(&statement).map_err(fail)? {
                        let table = tables.get_mut(&name).ok_or_else(|| fail(format!("no table {name}")))?;
                        table.columns.push(column);
                    }
                }
            }
        }
        Self::sorted(tables)
    }

    /// Orders the tables so that a table comes after those it refers to.
    fn sorted(mut left: BTreeMap<String, Table>) -> Result<Self, StoreError> {
        let mut tables = Vec::with_capacity(left.len());
        let mut placed: BTreeSet<String> = BTreeSet::new();
        while !left.is_empty() {
            let ready: Vec<String> = left
                .values()
                .filter(|table| table.refers.iter().all(|other| placed.contains(other)))
                .map(|table| table.name.clone())
                .collect();
            if ready.is_empty() {
                let names = left.keys().cloned().collect::<Vec<_>>().join(", ");
                return Err(StoreError::Migration {
                    name: names,
                    reason: "tables refer to each other in a circle".into(),
                });
            }
            for name in ready {
                if let Some(table) = left.remove(&name) {
                    tables.push(table);
                }
                placed.insert(name);
            }
        }
        Ok(Self { tables })
    }

    /// The table of this name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }
}

fn word(tokens: &[Placed], at: usize) -> Option<&str> {
    match &tokens.get(at)?.token {
        Token::Word(text) => Some(text),
        _ => None,
    }
}

fn kind_of(word: &str) -> Option<ColumnKind> {
    Some(match word.to_ascii_uppercase().as_str() {
        "TEXT" => ColumnKind::Text,
        "BIGINT" => ColumnKind::Integer,
        "DOUBLE" => ColumnKind::Real,
        "BOOLEAN" => ColumnKind::Boolean,
        "BYTEA" => ColumnKind::Bytes,
        _ => return None,
    })
}

fn starts(tokens: &[Placed], words: &[&str]) -> bool {
    words.iter().enumerate().all(|(at, word)| tokens.get(at).is_some_and(|placed| placed.token.is(word)))
}

/// Reads `CREATE TABLE [IF NOT EXISTS] name (…)`.
fn create_table(tokens: &[Placed]) -> Result<Option<Table>, String> {
    if !starts(tokens, &["CREATE", "TABLE"]) {
        return Ok(None);
    }
    let mut at = if starts(&tokens[2..], &["IF", "NOT", "EXISTS"]) { 5 } else { 2 };
    let name = word(tokens, at).ok_or("a table needs a plain name")?.to_owned();
    at += 1;
    let mut table = Table { name, columns: Vec::new(), key: Vec::new(), refers: BTreeSet::new() };
    for part in parts(&tokens[at..])? {
        let first = word(part, 0).ok_or_else(|| format!("{}: a column needs a plain name", table.name))?;
        if let Some(place) = part.iter().position(|placed| placed.token.is("REFERENCES"))
            && let Some(other) = word(part, place + 1)
        {
            table.refers.insert(other.to_owned());
        }
        match first.to_ascii_uppercase().as_str() {
            "PRIMARY" => {
                table.key = part
                    .iter()
                    .skip(2)
                    .filter_map(|p| if let Token::Word(w) = &p.token { Some(w.clone()) } else { None })
                    .collect();
            }
            "UNIQUE" | "CHECK" | "FOREIGN" | "CONSTRAINT" => {}
            _ => {
                let column = column(part).map_err(|reason| format!("{}: {reason}", table.name))?;
                if part.windows(2).any(|pair| pair[0].token.is("PRIMARY") && pair[1].token.is("KEY")) {
                    table.key = vec![column.name.clone()];
                }
                table.columns.push(column);
            }
        }
    }
    if table.key.is_empty() {
        return Err(format!("{} has no primary key", table.name));
    }
    if table.refers.contains(&table.name) {
        return Err(format!("{} refers to itself, which a restore in key order cannot satisfy", table.name));
    }
    Ok(Some(table))
}

/// Reads `ALTER TABLE name ADD COLUMN …`.
fn add_column(tokens: &[Placed]) -> Result<Option<(String, Column)>, String> {
    if !starts(tokens, &["ALTER", "TABLE"]) {
        return Ok(None);
    }
    let name = word(tokens, 2).ok_or("a table needs a plain name")?.to_owned();
    if !starts(&tokens[3..], &["ADD", "COLUMN"]) {
        return Err(format!("{name}: only ADD COLUMN is allowed"));
    }
    Ok(Some((name, column(&tokens[5..])?)))
}

fn column(part: &[Placed]) -> Result<Column, String> {
    let name = word(part, 0).ok_or("a column needs a plain name")?.to_owned();
    let kind =
        word(part, 1).and_then(kind_of).ok_or_else(|| format!("column {name} has a type outside the dialect"))?;
    Ok(Column { name, kind })
}

/// The parts between the outer parentheses, split at the outer commas.
fn parts(tokens: &[Placed]) -> Result<Vec<&[Placed]>, String> {
    if !tokens.first().is_some_and(|placed| placed.token.sign("(")) {
        return Err("expected ( after the table name".to_owned());
    }
    let (mut depth, mut begin, mut found) = (0, 1, Vec::new());
    for (at, placed) in tokens.iter().enumerate() {
        if placed.token.sign("(") {
            depth += 1;
        } else if placed.token.sign(")") {
            depth -= 1;
            if depth == 0 {
                found.push(&tokens[begin..at]);
                return Ok(found);
            }
        } else if depth == 1 && placed.token.sign(",") {
            found.push(&tokens[begin..at]);
            begin = at + 1;
        }
    }
    Err("the definition does not end".to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    fn schema(sql: &'static str) -> Result<Schema, StoreError> {
        Schema::of(&[("room", &[Migration { name: "0001", sql }])])
    }

    #[test]
    fn definitions_are_read() {
        let schema = schema(
            "-- a comment; with a sign\n\
             CREATE TABLE room_b (a TEXT NOT NULL REFERENCES room_a (id), n BIGINT CHECK (n IN (1, 2)), \
             state TEXT NOT NULL DEFAULT 'a, b; c', PRIMARY KEY (a, n), UNIQUE (n));\n\
             CREATE TABLE IF NOT EXISTS room_a (id TEXT PRIMARY KEY, r DOUBLE PRECISION, f BOOLEAN, y BYTEA);\n\
             CREATE INDEX room_a_r ON room_a (r);\n\
             ALTER TABLE room_b ADD COLUMN later BIGINT NOT NULL DEFAULT 0;",
        )
        .unwrap();
        let names: Vec<_> = schema.tables.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(names, ["room_a", "room_b"], "what is referred to comes first");
        let table = schema.table("room_b").unwrap();
        let columns: Vec<_> = table.columns.iter().map(|column| (column.name.as_str(), column.kind)).collect();
        use ColumnKind::{Integer, Text};
        assert_eq!(columns, [("a", Text), ("n", Integer), ("state", Text), ("later", Integer)]);
        assert_eq!(table.key, ["a", "n"]);
    }

    #[test]
    fn what_cannot_be_exported_is_refused() {
        for (sql, reason) in [
            ("CREATE TABLE t (id TEXT)", "no primary key"),
            ("CREATE TABLE t (id INTEGER PRIMARY KEY)", "outside the dialect"),
            ("CREATE TABLE t (id TEXT PRIMARY KEY, up TEXT REFERENCES t (id))", "refers to itself"),
            ("ALTER TABLE t DROP COLUMN x", "only ADD COLUMN"),
            ("ALTER TABLE t ADD COLUMN x TEXT", "no table t"),
            (
                "CREATE TABLE a (id TEXT PRIMARY KEY REFERENCES b (id)); CREATE TABLE b (id TEXT PRIMARY KEY REFERENCES a (id))",
                "circle",
            ),
        ] {
            let Err(error) = schema(sql) else { panic!("{sql} was taken") };
            assert!(error.to_string().contains(reason), "{sql}: {error}");
        }
    }
}
