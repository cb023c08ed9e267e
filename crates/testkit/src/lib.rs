//! For tests only: a database per test, a small city, a browserless client.

mod authorizer;
mod database;

pub use authorizer::by_capability;
pub use database::{POSTGRES_VARIABLE, Rooms, TestDb, run_postgres, run_sqlite};

#[doc(hidden)]
pub use tokio;
