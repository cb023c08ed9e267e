use super::*;

fn faults(sql: &str) -> usize {
    dialect(sql).len() + structure(sql).len()
}

#[test]
fn planted_words_are_found() {
    for planted in [
        "CREATE TABLE x_a (id INTEGER PRIMARY KEY)",
        "CREATE TABLE x_a (at TIMESTAMPTZ NOT NULL)",
        "CREATE TABLE x_a (v JSONB)",
        "ALTER TABLE x_a ADD COLUMN v REAL",
        "DROP TABLE x_a",
        "ALTER TABLE x_a RENAME COLUMN a TO b",
        "SELECT a FROM x_a WHERE b LIKE $1",
        "SELECT a FROM x_a WHERE at < now()",
        "SELECT a::bigint FROM x_a",
        "SELECT a FROM x_a WHERE b = ?",
        "INSERT INTO x_a (a) VALUES ($1) RETURNING *",
        "SELECT sum(a) FROM x_a",
        "SELECT COALESCE(SUM(a), 0) FROM x_a",
        "SELECT CURRENT_TIMESTAMP FROM x_a",
    ] {
        assert!(faults(planted) >= 1, "{planted}");
    }
}

#[test]
fn the_dialect_passes() {
    for fine in [
        "-- INTEGER in a comment\nCREATE TABLE IF NOT EXISTS x_a (\n id TEXT PRIMARY KEY,\n n BIGINT NOT NULL DEFAULT 0,\n open BOOLEAN NOT NULL,\n state TEXT NOT NULL CHECK (state IN ('DATE', 'like')),\n score DOUBLE PRECISION, body BYTEA,\n UNIQUE (id, n), CHECK (n >= 0));\nCREATE INDEX x_a_n ON x_a (n) WHERE open;",
        "ALTER TABLE x_a ADD COLUMN due_at BIGINT",
        "SELECT CAST(sum(a) AS BIGINT) AS total, CAST(COALESCE(sum(b), 0) AS BIGINT) AS rest FROM x_a",
        "INSERT INTO x_a (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET b = excluded.b RETURNING a",
    ] {
        assert_eq!((dialect(fine), structure(fine)), (vec![], vec![]), "{fine}");
    }
}

#[test]
fn migrations_are_named_included_and_about_their_room() {
    let files = [
        ("crates/x/migrations/0001_add_case.sql", "CREATE TABLE x_case (id TEXT);"),
        ("crates/x/migrations/0001_add_again.sql", "CREATE TABLE x_again (id TEXT);"),
        ("crates/x/migrations/2-wrong.sql", "CREATE TABLE y_other (id TEXT);"),
        (
            "crates/x/src/lib.rs",
            "include_str!(\"../migrations/0001_add_case.sql\"); include_str!(\"../migrations/0001_add_again.sql\");",
        ),
    ];
    let findings = migrations(&Tree::of(&files)).unwrap().findings;
    assert_eq!(findings.len(), 4, "{findings:#?}");
}

#[test]
fn statements_have_one_home_and_keep_to_their_room() {
    let count = |path: &str, text: &str| statements(&Tree::of(&[(path, text)])).unwrap().findings.len();
    assert_eq!(count("crates/x/src/sql.rs", "pub const A: &str = \"SELECT a FROM x_case WHERE b = $1\";"), 0);
    assert_eq!(count("crates/x/src/sql.rs", "pub const A: &str = \"SELECT a FROM y_case WHERE b = $1\";"), 1);
    assert_eq!(
        count(
            "crates/x/src/sql.rs",
            "pub const A: &str = \"WITH new_rows AS (SELECT a FROM x_case) SELECT a FROM new_rows JOIN store_event ON true\";"
        ),
        0
    );
    assert_eq!(
        count("crates/x/src/sql.rs", "pub const A: &str = \"UPDATE x_case SET a = $1 WHERE b IS DISTINCT FROM c_d\";"),
        0
    );
    assert_eq!(count("crates/x/src/model.rs", "let a = \"SELECT a FROM x_case\";"), 1);
    assert_eq!(count("crates/x/src/model.rs", "#[cfg(test)]\nmod tests {\n let a = \"SELECT a FROM y_case\";\n}"), 0);
    assert_eq!(
        count(
            "crates/x/src/sql.rs",
            "pub const A: Sql = Sql {\n common: \"SELECT a FROM x_case\",\n postgres: Some(\"SELECT a FROM x_case WHERE now() > b\") };"
        ),
        0
    );
}

#[test]
fn an_override_without_a_reason_is_found() {
    let plain = "pub const A: Sql = Sql { common: \"SELECT a FROM x_a\",\n postgres: Some(\"SELECT a FROM x_a FOR UPDATE SKIP LOCKED\") };";
    let explained = format!("/// PostgreSQL: two workers must not wait for one row.\n{plain}");
    let count = |text: &str| overrides(&Tree::of(&[("crates/x/src/sql.rs", text)])).unwrap().findings.len();
    assert_eq!((count(plain), count(&explained)), (1, 0));
}
