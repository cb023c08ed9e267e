//! Registers: numbers without a gap, and what proves them.

pub mod chain;
mod model;
mod opening;
pub mod rules;
mod settings;
pub mod sql;
mod taking;

pub use model::{Claim, Direction, Entry, Line, NumberState, Register, Taken};
pub use settings::{RegisterSettings, Scheme, SettingsError};
pub use taking::take;
