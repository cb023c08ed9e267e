//! Tasks by the six: người, việc, thời gian, trách nhiệm, kết quả, nguyên nhân.
//!
//! `give_task` is how other parts give one; `rules` holds the table of what may happen, `settings` what a city decides,
//! `reminding` who is told when.

mod acting;
mod api;
mod filing;
mod giving;
pub(crate) mod looking;
pub mod model;
pub(crate) mod pages;
pub mod proposals;
mod reminding;
mod routes;
pub mod rules;
pub mod settings;
mod sql;

pub use looking::{Folder, UnitFigures, Wanted};
pub(crate) use routes::routes;
pub use settings::TaskSettings;
