//! One statement text for both databases, and where it must differ, why.

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};
use std::sync::Arc;

/// A statement in the common dialect, with a native text for PostgreSQL only where the common one cannot serve.
/// Every override is listed by a test with its reason beside the constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sql {
    /// Text for both databases.
    pub common: &'static str,
    /// Text for PostgreSQL alone, such as `FOR UPDATE SKIP LOCKED`.
    pub postgres: Option<&'static str>,
}

impl Sql {
    /// A statement for both databases.
    pub const fn common(text: &'static str) -> Self {
        Self { common: text, postgres: None }
    }

    /// A statement with a native text for PostgreSQL.
    pub const fn native(common: &'static str, postgres: &'static str) -> Self {
        Self { common, postgres: Some(postgres) }
    }
}

/// What can be run: a constant, or what [`crate::Filter`] built from constants.
#[derive(Debug, Clone)]
pub enum Statement {
    /// A constant of some `sql.rs`.
    Fixed(Sql),
    /// Built from constant fragments.
    Built(Arc<str>),
}

impl Statement {
    pub(crate) fn text(&self, postgres: bool) -> SqlStr {
        match self {
            Self::Fixed(Sql { postgres: Some(native), .. }) if postgres => SqlStr::from_static(native),
            Self::Fixed(sql) => SqlStr::from_static(sql.common),
            Self::Built(text) => AssertSqlSafe(Arc::clone(text)).into_sql_str(),
        }
    }
}

impl From<&'static str> for Statement {
    fn from(text: &'static str) -> Self {
        Self::Fixed(Sql::common(text))
    }
}

impl From<Sql> for Statement {
    fn from(sql: Sql) -> Self {
        Self::Fixed(sql)
    }
}

impl From<&Sql> for Statement {
    fn from(sql: &Sql) -> Self {
        Self::Fixed(*sql)
    }
}
