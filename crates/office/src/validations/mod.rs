//! Reports of validation: what an official found about the signatures of a stored file, kept with who asked, when, by
//! which policy, and why each answer is what it is. Whoever checks a file without an account leaves nothing here.

mod api;
mod keeping;
mod model;
mod pages;
mod routes;
mod rules;
mod settings;
mod sql;

pub use keeping::Asked;
pub(crate) use keeping::{NewValidation, Target};
pub use model::{About, Validation};
pub(crate) use routes::{TEXTS, routes};
pub use settings::{ValidationSettings, ValidationSettingsError};
