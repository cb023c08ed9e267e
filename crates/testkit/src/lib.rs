//! For tests only: a database per test, a small city, a browserless client, a line that fails to order.

mod authorizer;
mod database;
mod fault_proxy;

pub use authorizer::by_capability;
pub use database::{POSTGRES_VARIABLE, Rooms, TestDb, run_postgres, run_sqlite};
pub use fault_proxy::{Counts, Direction, Disturbance, FaultProxy, Then};

#[doc(hidden)]
pub use tokio;
