//! Migrations: additive, the same text on both databases, each applied once in a transaction of its own.

use crate::db::Db;
use crate::dialect::{Placed, Token, tokens};
use crate::options::plain_name;
use crate::schema::Schema;
use crate::{Kind, StoreError, args, sql};
use haidang_kernel::chain::Hash;
use std::sync::{Arc, PoisonError};

/// One change of the schema: a file `migrations/NNNN_verb_thing.sql` of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// Name of the file without its ending, such as `0001_create_case`.
    pub name: &'static str,
    /// Text in the common dialect.
    pub sql: &'static str,
}

/// The migrations of a room, from the files named.
///
/// ```text
/// pub const MIGRATIONS: &[Migration] = haidang_store::migrations!["0001_create_case", "0002_create_task"];
/// ```
#[macro_export]
macro_rules! migrations {
    ($($name:literal),* $(,)?) => {
        &[$($crate::Migration {
            name: $name,
            sql: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/", $name, ".sql")),
        }),*]
    };
}

/// The store's own migrations; [`migrate`] applies them before those of the rooms.
pub const MIGRATIONS: &[Migration] =
    migrations!["0001_create_audit", "0002_create_outbox", "0003_create_job", "0004_create_blob"];

/// Name of the store among the rooms.
pub const ROOM: &str = "store";

/// Table that says which migrations were applied; it is not exported, a restore migrates first.
pub const LEDGER: &str = "store_migration";

/// Brings the database to the schema of the store and of these rooms, and remembers the tables for export.
///
/// No lock is held: where two processes start at once, the primary key of the ledger lets one of them apply a
/// migration and the other goes on.
///
/// # Errors
/// [`StoreError::Migration`] when an applied migration has another text now, or one is outside the dialect.
pub async fn migrate(db: &Db, rooms: &[(&str, &[Migration])]) -> Result<(), StoreError> {
    let mut all: Vec<(&str, &[Migration])> = vec![(ROOM, MIGRATIONS)];
    all.extend(rooms.iter().filter(|(room, _)| *room != ROOM));
    let schema = Schema::of(&all)?;
    let collate = needs_collation(db).await?;
    create_ledger(db, collate).await?;
    let applied = applied(db).await?;
    for (room, migrations) in all {
        for migration in migrations {
            let digest = Hash::of(migration.sql.as_bytes()).to_string();
            match applied.iter().find(|(r, n, _)| r == room && n == migration.name) {
                Some((_, _, before)) if *before == digest => {}
                Some(_) => {
                    return Err(StoreError::Migration {
                        name: format!("{room}/{}", migration.name),
                        reason: "was applied with another text; write a new migration instead".to_owned(),
                    });
                }
                None => apply(db, room, migration, &digest, collate).await?,
            }
        }
    }
    *db.core.schema.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(schema));
    Ok(())
}

async fn create_ledger(db: &Db, collate: bool) -> Result<(), StoreError> {
    let text = &native(sql::CREATE_LEDGER, collate);
    let created: Result<(), StoreError> =
        db.transaction(|tx| Box::pin(async move { tx.raw(text.clone()).await })).await;
    match created {
        // Two processes may create it at once; the loser sees a unique violation in PostgreSQL's catalogue.
        Err(StoreError::Unique(_)) => Ok(()),
        other => other,
    }
}

pub(crate) async fn applied(db: &Db) -> Result<Vec<(String, String, String)>, StoreError> {
    db.fetch_all(sql::READ_LEDGER, args![])
        .await?
        .iter()
        .map(|row| Ok((row.text("room")?, row.text("name")?, row.text("digest")?)))
        .collect()
}

async fn apply(db: &Db, room: &str, migration: &Migration, digest: &str, collate: bool) -> Result<(), StoreError> {
    let text = &native(migration.sql, collate);
    let answer: Result<(), StoreError> = db
        .transaction(|tx| {
            Box::pin(async move {
                let now = tx.ambient().now();
                tx.execute(sql::WRITE_LEDGER, args![room, migration.name, digest, now]).await?;
                tx.raw(text.clone()).await
            })
        })
        .await;
    match answer {
        // Another process applied it at the same moment.
        Err(StoreError::Unique(constraint)) if constraint.contains(LEDGER) => Ok(()),
        Err(error) => {
            Err(StoreError::Migration { name: format!("{room}/{}", migration.name), reason: error.to_string() })
        }
        Ok(()) => {
            tracing::info!(room, migration = migration.name, "migrated");
            Ok(())
        }
    }
}

/// Whether texts of this database would sort otherwise than on SQLite unless each column says so.
async fn needs_collation(db: &Db) -> Result<bool, StoreError> {
    if db.kind() == Kind::Sqlite {
        return Ok(false);
    }
    // Asked by its effect: the names of collations differ between providers.
    db.fetch_one(sql::SORTS_BY_LANGUAGE, args![]).await?.boolean("linguistic")
}

/// The text for this database: where a PostgreSQL database has a linguistic collation, every `TEXT` column gets the
/// order of bytes, so that both databases sort alike.
fn native(text: &str, collate: bool) -> String {
    if !collate {
        return text.to_owned();
    }
    let tokens = tokens(text);
    let mut out = String::with_capacity(text.len() + 256);
    let mut from = 0;
    for (at, placed) in tokens.iter().enumerate() {
        if placed.token.is("TEXT") && is_column_type(&tokens, at) {
            out.push_str(&text[from..placed.end]);
            out.push_str(" COLLATE \"C\"");
            from = placed.end;
        }
    }
    out.push_str(&text[from..]);
    out
}

/// A type follows its column's name; in `CAST(x AS TEXT)` it follows `AS`.
fn is_column_type(tokens: &[Placed], at: usize) -> bool {
    at > 0 && matches!(&tokens[at - 1].token, Token::Word(before) if !before.eq_ignore_ascii_case("AS"))
}

impl Db {
    /// Drops a schema with everything in it (PostgreSQL). For tests and for giving up a failed copy.
    ///
    /// # Errors
    /// What the database says; [`StoreError::Configuration`] on SQLite.
    pub async fn drop_schema(&self, name: &str) -> Result<(), StoreError> {
        if self.kind() == Kind::Sqlite {
            return Err(StoreError::Configuration("SQLite has no schemas".to_owned()));
        }
        let text = &format!("DROP SCHEMA IF EXISTS {} CASCADE", plain_name(name)?);
        self.transaction(|tx| Box::pin(async move { tx.raw(text.clone()).await })).await
    }

    /// The tables as [`migrate`] last saw them.
    ///
    /// # Errors
    /// [`StoreError::Configuration`] before the first [`migrate`] of this handle.
    pub fn schema(&self) -> Result<Arc<Schema>, StoreError> {
        let guard = self.core.schema.read().unwrap_or_else(PoisonError::into_inner);
        guard
            .clone()
            .ok_or_else(|| StoreError::Configuration("the database was not migrated by this process".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::native;

    #[test]
    fn texts_sort_by_bytes_where_the_database_sorts_by_language() {
        let sql = "CREATE TABLE t (id TEXT NOT NULL PRIMARY KEY, n BIGINT, -- a TEXT\n note TEXT CHECK (note <> 'TEXT' \
                   AND CAST(n AS TEXT) <> '')); ALTER TABLE t ADD COLUMN x TEXT;";
        assert_eq!(native(sql, false), sql);
        assert_eq!(
            native(sql, true),
            "CREATE TABLE t (id TEXT COLLATE \"C\" NOT NULL PRIMARY KEY, n BIGINT, -- a TEXT\n note TEXT COLLATE \"C\" \
             CHECK (note <> 'TEXT' AND CAST(n AS TEXT) <> '')); ALTER TABLE t ADD COLUMN x TEXT COLLATE \"C\";"
        );
    }
}
