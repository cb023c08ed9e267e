//! For tests only: a database per test, a small city, a browserless client.

mod database;

pub use database::{POSTGRES_VARIABLE, Rooms, TestDb, run_postgres, run_sqlite};

#[doc(hidden)]
pub use tokio;
