//! Tasks by the six: người, việc, thời gian, trách nhiệm, kết quả, nguyên nhân.
//!
//! `give_task` is how other parts give one; `rules` holds the table of what may happen, `settings` what a city decides,
//! `reminding` who is told when.

mod acting;
mod giving;
pub(crate) mod looking;
pub mod model;
pub mod proposals;
mod reminding;
pub mod rules;
pub mod settings;
mod sql;

pub use looking::{Folder, UnitFigures, Wanted};
pub use settings::TaskSettings;
