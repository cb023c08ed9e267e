//! Registers: numbers without a gap, and what proves them.

mod api;
pub mod chain;
mod closing;
pub mod evidence;
mod holding;
mod model;
mod opening;
mod pages;
mod printing;
mod reading;
mod renewing;
mod routes;
pub mod rules;
mod settings;
pub mod sql;
mod taking;
pub mod verify;
mod verifying;

pub use closing::RegisterRound;
pub use evidence::Proof;
pub use holding::{amend, hold, issue, release};
pub use model::{Claim, Columns, Direction, Entry, Line, NumberState, Register, Taken};
pub use printing::Form as BookForm;
pub use reading::{BookFilter, LinePage, Root};
pub(crate) use routes::routes;
pub use rules::Counts;
pub use settings::{RegisterSettings, Scheme, SettingsError};
pub(crate) use taking::moment;
pub use taking::take;
pub use verify::{Event, Fault, Finding};
pub use verifying::Verdict;
