//! Where the store is and how much it may use.

use crate::StoreError;
use haidang_kernel::ambient::Ambient;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Which database this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One file on this machine.
    Sqlite,
    /// A PostgreSQL server, or one that speaks its protocol.
    Postgres,
}

/// Address of a database: `sqlite:<path>`, `sqlite::memory:` or `postgres://user@host:port/database?schema=<name>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// Path of the SQLite file; created when missing.
    Sqlite(PathBuf),
    /// `sqlite::memory:`: gone when it is closed. For measuring and trying out, never for records of a city.
    Memory,
    /// Address of PostgreSQL without the `schema` parameter, and the schema that holds all tables.
    Postgres {
        /// Address as the driver reads it.
        url: String,
        /// Schema; `None` is the server's default search path.
        schema: Option<String>,
    },
}

impl FromStr for DatabaseUrl {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path == MEMORY {
                return Ok(Self::Memory);
            }
            if path.is_empty() || path.starts_with(MEMORY) {
                return Err(StoreError::Configuration("sqlite: needs the path of a file".to_owned()));
            }
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            let (head, query) = text.split_once('?').unwrap_or((text, ""));
            let mut schema = None;
            let mut kept = Vec::new();
            for pair in query.split('&').filter(|pair| !pair.is_empty()) {
                match pair.strip_prefix("schema=") {
                    Some(name) => schema = Some(name.to_owned()),
                    None => kept.push(pair),
                }
            }
            let url = if kept.is_empty() { head.to_owned() } else { format!("{head}?{}", kept.join("&")) };
            return Ok(Self::Postgres { url, schema });
        }
        Err(StoreError::Configuration("the address must begin with sqlite: or postgres://".to_owned()))
    }
}

/// The path that stands for no file.
const MEMORY: &str = ":memory:";
/// Where files live in memory.
const MEMORY_FOLDER: &str = "/dev/shm";

/// A private folder in memory. SQLite's own database in memory belongs to one connection, or locks whole tables against
/// the others; a file that never reaches a disk behaves as on one.
pub(crate) fn memory_folder() -> Result<tempfile::TempDir, StoreError> {
    let made = tempfile::Builder::new().prefix("haidang-memory-").tempdir_in(MEMORY_FOLDER);
    made.map_err(|error| StoreError::Configuration(format!("sqlite::memory: needs {MEMORY_FOLDER}: {error}")))
}

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// Connections for reading on SQLite (1 to 4), and connections in all on PostgreSQL when `connections` is unset.
    pub readers: u32,
    /// Connections in all on PostgreSQL.
    pub connections: u32,
    /// Schema on PostgreSQL; overrides the one in the address.
    pub schema: Option<String>,
    /// Clock, randomness and ids.
    pub ambient: Ambient,
    /// Secret under which personal numbers are stored in the access log. Keep it outside the database.
    pub subject_secret: Vec<u8>,
}

impl Default for Options {
    fn default() -> Self {
        Self { readers: 4, connections: 16, schema: None, ambient: Ambient::system(), subject_secret: Vec::new() }
    }
}

/// Pages kept in memory per reader, in KiB: small, because the operating system caches the file.
const READER_CACHE_KIB: i64 = 4096;
/// Pages kept in memory by the writer, in KiB.
pub(crate) const WRITER_CACHE_KIB: i64 = 16_384;

fn sqlite(path: &std::path::Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .statement_cache_capacity(256)
        .pragma("mmap_size", "0")
        .pragma("trusted_schema", "OFF")
}

pub(crate) fn sqlite_writer(path: &std::path::Path) -> SqliteConnectOptions {
    sqlite(path)
        .create_if_missing(true)
        .pragma("cache_size", format!("-{WRITER_CACHE_KIB}"))
        .pragma("journal_size_limit", "67108864")
        // Pages move from the journal into the file beside the commits (see `writer`); a commit does it itself only
        // when that cannot keep up: 64 MB.
        .pragma("wal_autocheckpoint", "16384")
}

pub(crate) fn sqlite_reader(path: &std::path::Path) -> SqliteConnectOptions {
    sqlite(path).pragma("cache_size", format!("-{READER_CACHE_KIB}")).pragma("query_only", "ON")
}

pub(crate) fn postgres(url: &str, schema: Option<&str>) -> Result<PgConnectOptions, StoreError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| StoreError::Configuration("the postgres address cannot be read".to_owned()))?
        .statement_cache_capacity(512)
        .application_name("haidang")
        // Durable even where the server's default was loosened; plans of short statements gain nothing from a compiler.
        .options([("synchronous_commit", "on"), ("jit", "off"), ("idle_in_transaction_session_timeout", "60000")]);
    Ok(match schema {
        Some(schema) => options.options([("search_path", schema)]),
        None => options,
    })
}

/// A schema name that needs no quoting.
pub(crate) fn plain_name(name: &str) -> Result<&str, StoreError> {
    let plain = !name.is_empty()
        && name.len() < 60
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain { Ok(name) } else { Err(StoreError::Configuration("a schema name is a-z, 0-9 and _".to_owned())) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<DatabaseUrl>) {
        assert_eq!(text.parse::<DatabaseUrl>().ok(), expected, "{text}");
    }

    fn postgres(url: &str, schema: Option<&str>) -> Option<DatabaseUrl> {
        Some(DatabaseUrl::Postgres { url: url.to_owned(), schema: schema.map(str::to_owned) })
    }

    #[test]
    fn addresses_name_their_database_and_schema() {
        check("sqlite:var/city.sqlite", Some(DatabaseUrl::Sqlite(PathBuf::from("var/city.sqlite"))));
        check("sqlite:///srv/city.sqlite", Some(DatabaseUrl::Sqlite(PathBuf::from("/srv/city.sqlite"))));
        check("postgres://a@h/d", postgres("postgres://a@h/d", None));
        check("postgres://a@h/d?schema=city", postgres("postgres://a@h/d", Some("city")));
        check(
            "postgres://a@h/d?sslmode=disable&schema=city",
            postgres("postgres://a@h/d?sslmode=disable", Some("city")),
        );
        check("sqlite::memory:", Some(DatabaseUrl::Memory));
        check("sqlite:", None);
        check("sqlite::memory:shared", None);
        check("mysql://a@h/d", None);
    }

    #[test]
    fn a_schema_needs_no_quotes() {
        for name in ["city", "t_0a", "_x"] {
            assert!(plain_name(name).is_ok(), "{name}");
        }
        for name in ["", "City", "0a", "a-b", "a b", "a;drop", "\u{111}"] {
            assert!(plain_name(name).is_err(), "{name}");
        }
    }
}
