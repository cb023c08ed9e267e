//! The common SQL dialect (docs/guide/sql.md): one text that SQLite and PostgreSQL read alike.

use std::collections::BTreeSet;

use super::Report;
use crate::rust_text::RustText;
use crate::tree::{File, Tree};

/// `store` is everybody's; every other room keeps to tables that carry its own name.
const SHARED_ROOM: &str = "store";
/// The catalogues of the two databases, which store alone reads to compare them with the migrations.
const CATALOGUES: &[&str] =
    &["sqlite_master", "pragma_table_info", "information_schema", "pg_indexes", "pg_constraint"];
const COLUMN_TYPES: &[&str] = &["TEXT", "BIGINT", "DOUBLE", "BOOLEAN", "BYTEA"];

/// Words that the two databases understand differently, or that only one knows.
const WORDS: &[(&str, &str)] = &[
    ("INTEGER", "write BIGINT: on PostgreSQL an INTEGER has 32 bits"),
    ("INT", "write BIGINT"),
    ("SMALLINT", "write BIGINT"),
    ("SERIAL", "ids come from kernel"),
    ("BIGSERIAL", "ids come from kernel"),
    ("AUTOINCREMENT", "ids come from kernel"),
    ("VARCHAR", "write TEXT"),
    ("CHAR", "write TEXT"),
    ("REAL", "write DOUBLE PRECISION"),
    ("NUMERIC", "money is BIGINT đồng; else DOUBLE PRECISION"),
    ("DECIMAL", "money is BIGINT đồng; else DOUBLE PRECISION"),
    ("BLOB", "write BYTEA"),
    ("UUID", "ids are TEXT"),
    ("JSON", "JSON is TEXT"),
    ("JSONB", "JSON is TEXT"),
    ("TIMESTAMP", "times are BIGINT microseconds UTC"),
    ("TIMESTAMPTZ", "times are BIGINT microseconds UTC"),
    ("DATE", "civil dates are TEXT YYYY-MM-DD"),
    ("TRIGGER", "facts are written by the transaction, not behind its back"),
    ("PROCEDURE", "no stored code"),
    ("SEQUENCE", "ids come from kernel"),
    ("ILIKE", "compare the folded key column"),
    ("LIKE", "its case rules differ: compare the folded key column or a range"),
    ("GLOB", "only SQLite knows it"),
    ("CURRENT_TIMESTAMP", "times come from kernel"),
    ("CURRENT_DATE", "times come from kernel"),
    ("IFNULL", "write coalesce"),
    ("NVL", "write coalesce"),
    ("PRAGMA", "only store speaks to one engine"),
];
const CALLS: &[(&str, &str)] = &[
    ("now(", "times come from kernel"),
    ("datetime(", "times come from kernel"),
    ("strftime(", "times come from kernel"),
    ("unixepoch(", "times come from kernel"),
    ("random(", "randomness comes from kernel"),
    ("group_concat(", "gather in Rust"),
    ("string_agg(", "gather in Rust"),
    ("array_agg(", "gather in Rust"),
];

/// Faults of a piece of SQL that both migrations and statements must not have.
fn dialect(sql: &str) -> Vec<String> {
    let bare = without_literals(sql);
    let lower = bare.to_lowercase();
    let words: Vec<String> = words(&bare).map(str::to_uppercase).collect();
    let mut faults: Vec<String> = WORDS
        .iter()
        .filter(|(word, _)| words.iter().any(|other| other == word))
        .map(|(word, why)| format!("{word}: {why}"))
        .collect();
    for (call, why) in CALLS {
        let name_ends = |at: usize| !lower[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        if lower.match_indices(call).any(|(at, _)| name_ends(at)) {
            faults.push(format!("{call}): {why}"));
        }
    }
    if bare.contains("::") {
        faults.push("`::`: write CAST(x AS BIGINT)".into());
    }
    if lower.replace(' ', "").contains("returning*") {
        faults.push("RETURNING *: name the columns".into());
    }
    if bare.contains('?') {
        faults.push("`?`: binds are $1…$n".into());
    }
    let tight = lower.split_whitespace().collect::<Vec<_>>().join(" ").replace(" (", "(").replace("( ", "(");
    for (at, _) in tight.match_indices("sum(") {
        let before = &tight[..at];
        let own_word = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        if own_word && !before.ends_with("cast(") && !before.ends_with("cast(coalesce(") {
            faults.push("sum(x): write CAST(sum(x) AS BIGINT), since PostgreSQL answers NUMERIC".into());
        }
    }
    faults
}

/// Comments and quoted texts go; what is left is the language itself.
fn without_literals(sql: &str) -> String {
    let mut bare = String::with_capacity(sql.len());
    for line in sql.lines() {
        let mut quoted = false;
        let mut characters = line.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '\'' => {
                    quoted = !quoted;
                    bare.push(' ');
                }
                '-' if !quoted && characters.peek() == Some(&'-') => break,
                other if !quoted => bare.push(other),
                _ => {}
            }
        }
        bare.push('\n');
    }
    bare
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

/// Tables that a migration creates.
pub fn tables_of(migration: &str) -> Vec<String> {
    let bare = without_literals(migration);
    let words: Vec<&str> = words(&bare).collect();
    let mut tables = Vec::new();
    for (at, pair) in words.windows(2).enumerate() {
        if pair[0].eq_ignore_ascii_case("CREATE") && pair[1].eq_ignore_ascii_case("TABLE") {
            let rest = &words[at + 2..];
            let skip = if rest.first().is_some_and(|word| word.eq_ignore_ascii_case("IF")) { 3 } else { 0 };
            tables.extend(rest.get(skip).map(|name| (*name).to_owned()));
        }
    }
    tables
}

/// Migrations: names, additive changes, five column types, the room's own tables.
pub fn migrations(tree: &Tree) -> anyhow::Result<Report> {
    let files: Vec<&File> = tree.ending(&[".sql"]).filter(|file| file.path.contains("/migrations/")).collect();
    let mut report = Report::over(files.len(), "migrations");
    let mut numbers = BTreeSet::new();
    for file in files {
        let room = file.room().unwrap_or_default();
        let name = file.name();
        if !well_named(name) {
            report.find(format!("{}: name it NNNN_verb_thing.sql", file.path));
        }
        if !numbers.insert((room, name.get(..4))) {
            report.find(format!("{}: another migration has this number", file.path));
        }
        let stem = name.trim_end_matches(".sql");
        let included = |source: &File| source.room() == Some(room) && source.text.contains(stem);
        if !tree.ending(&[".rs"]).any(included) {
            report.find(format!("{}: no source of the room includes it, so it never runs", file.path));
        }
        for fault in dialect(&file.text).into_iter().chain(structure(&file.text)) {
            report.find(format!("{}: {fault}", file.path));
        }
        for table in tables_of(&file.text) {
            if !table.starts_with(&format!("{room}_")) {
                report.find(format!("{}: table {table} does not carry the name of its room, {room}_…", file.path));
            }
        }
    }
    Ok(report)
}

fn well_named(name: &str) -> bool {
    let Some((number, rest)) = name.split_once('_') else { return false };
    number.len() == 4
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && rest.strip_suffix(".sql").is_some_and(|rest| {
            rest.contains('_') && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        })
}

/// Column types, and nothing that takes away.
fn structure(sql: &str) -> Vec<String> {
    let bare = without_literals(sql);
    let mut faults = Vec::new();
    let upper: Vec<String> = words(&bare).map(str::to_uppercase).collect();
    for (word, why) in [("DROP", "migrations are additive"), ("RENAME", "migrations are additive: add a column")] {
        if upper.iter().any(|other| other == word) {
            faults.push(format!("{word}: {why}"));
        }
    }
    for (name, kind) in columns(&bare) {
        if !COLUMN_TYPES.contains(&kind.to_uppercase().as_str()) {
            faults.push(format!("column {name} {kind}: only TEXT, BIGINT, DOUBLE PRECISION, BOOLEAN, BYTEA"));
        }
    }
    faults
}

/// Name and first word of the type of each column in `CREATE TABLE (…)` and `ADD COLUMN`.
fn columns(bare: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for statement in bare.split(';') {
        let upper = statement.to_uppercase();
        if upper.contains("CREATE TABLE") {
            let Some(open) = statement.find('(') else { continue };
            let close = statement.rfind(')').unwrap_or(statement.len());
            for item in split_top(&statement[open + 1..close]) {
                let mut parts = item.split_whitespace();
                let (Some(name), kind) = (parts.next(), parts.next()) else { continue };
                let constraint = ["PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "CONSTRAINT"];
                if !constraint.contains(&name.to_uppercase().split('(').next().unwrap_or_default()) {
                    found.push((name.to_owned(), kind.unwrap_or("(no type)").to_owned()));
                }
            }
        } else if let Some(at) = upper.find("ADD COLUMN") {
            let mut parts = statement[at + "ADD COLUMN".len()..]
                .split_whitespace()
                .filter(|word| !["IF", "NOT", "EXISTS"].contains(&word.to_uppercase().as_str()));
            if let (Some(name), Some(kind)) = (parts.next(), parts.next()) {
                found.push((name.to_owned(), kind.to_owned()));
            }
        }
    }
    found
}

fn split_top(list: &str) -> Vec<&str> {
    let (mut depth, mut from, mut items) = (0_i32, 0, Vec::new());
    for (at, character) in list.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&list[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    items.push(&list[from..]);
    items
}

/// Where statements may stand.
fn is_home_of_sql(file: &File) -> bool {
    file.name() == "sql.rs" || file.path.contains("/src/sql/")
}

fn looks_like_statement(text: &str) -> bool {
    // Keywords in capitals, as we write them: a sentence may begin with "Select" too.
    let start = text.trim_start();
    start.starts_with("INSERT INTO ")
        || start.starts_with("DELETE FROM ")
        || (start.starts_with("SELECT ") && start.contains(" FROM "))
        || (start.starts_with("UPDATE ") && start.contains(" SET "))
        || (start.starts_with("WITH ") && start.contains("SELECT "))
}

/// Statements: in `sql.rs`, in the dialect, and only about the room's own tables and store's.
pub fn statements(tree: &Tree) -> anyhow::Result<Report> {
    let mut count = 0;
    let mut findings = Vec::new();
    for file in tree.ending(&[".rs"]).filter(|file| file.room().is_some_and(|room| room != "xtask")) {
        let room = file.room().unwrap_or_default();
        let rust = RustText::new(&file.text);
        let overrides: BTreeSet<usize> =
            rust.lines().filter(|(_, line)| line.contains("postgres: Some(")).map(|(number, _)| number).collect();
        for literal in rust.literals.iter().filter(|literal| looks_like_statement(&literal.text)) {
            let test = file.is_test() || literal.line >= rust.tests_from;
            // Tests may look into any table, and store speaks to each engine in its own words.
            if test || (room == SHARED_ROOM && !is_home_of_sql(file)) {
                continue;
            }
            count += 1;
            let place = format!("{}:{}", file.path, literal.line);
            if !is_home_of_sql(file) {
                findings.push(format!("{place}: a statement outside sql.rs"));
            }
            // The native half of an override is not in the common dialect: that is its purpose.
            if !overrides.contains(&literal.line) {
                // The head of a dynamic query has `?`, which store's builder numbers together with its clauses.
                let head = rust.lines().any(|(number, line)| number == literal.line && line.contains("HEAD"));
                let faults = dialect(&literal.text).into_iter().filter(|fault| !(head && fault.starts_with("`?`")));
                findings.extend(faults.map(|fault| format!("{place}: {fault}")));
            }
            for table in foreign_tables(&literal.text, room) {
                findings.push(format!("{place}: {table} belongs to another room; ask it through a trait in contracts"));
            }
        }
    }
    Ok(Report { findings, seen: format!("{count} statements") })
}

/// Tables after FROM, JOIN, INTO and UPDATE that are neither the room's nor store's nor named by a WITH.
fn foreign_tables(sql: &str, room: &str) -> Vec<String> {
    let bare = without_literals(sql);
    let all: Vec<&str> = words(&bare).collect();
    let named: BTreeSet<&str> = all
        .windows(2)
        .filter(|pair| pair[1].eq_ignore_ascii_case("AS") && !pair[0].contains(')'))
        .map(|pair| pair[0])
        .collect();
    let own = format!("{room}_");
    let shared = format!("{SHARED_ROOM}_");
    let opens = ["FROM", "JOIN", "INTO", "UPDATE"];
    let mut foreign = Vec::new();
    for (at, pair) in all.windows(2).enumerate() {
        let keyword = pair[0].to_uppercase();
        let table = pair[1];
        if !opens.contains(&keyword.as_str()) || named.contains(table) {
            continue;
        }
        // `IS DISTINCT FROM x`, `ON CONFLICT … DO UPDATE SET`, `FOR UPDATE SKIP`, `FROM (SELECT`.
        let before = at.checked_sub(1).map(|at| all[at].to_uppercase()).unwrap_or_default();
        let noise = ["SET", "SELECT", "SKIP", "OF"].contains(&table.to_uppercase().as_str())
            || before == "DISTINCT"
            || before == "FOR"
            || before == "DO";
        let catalogue = room == SHARED_ROOM && CATALOGUES.contains(&table);
        if !noise && !catalogue && !table.starts_with(&own) && !table.starts_with(&shared) && table.contains('_') {
            foreign.push(table.to_owned());
        }
    }
    foreign
}

/// Where one database gets words of its own, the reason stands above; the list is printed so that growth is seen.
pub fn overrides(tree: &Tree) -> anyhow::Result<Report> {
    let mut places = Vec::new();
    let mut findings = Vec::new();
    for file in tree.ending(&[".rs"]).filter(|file| is_home_of_sql(file)) {
        let rust = RustText::new(&file.text);
        for (number, _) in rust.lines().filter(|(_, line)| line.contains("postgres: Some(")) {
            places.push(format!("{}:{number}", file.path));
            let explained = rust.comments.iter().any(|comment| comment.line < number && comment.line + 8 >= number);
            if !explained {
                findings.push(format!(
                    "{}:{number}: a native override says above it why the common text does not do",
                    file.path
                ));
            }
        }
    }
    Ok(Report { findings, seen: format!("{} overrides {}", places.len(), places.join(" ")).trim_end().to_owned() })
}

#[cfg(test)]
#[path = "sql_tests.rs"]
mod tests;
