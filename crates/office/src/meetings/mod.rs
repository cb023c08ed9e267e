//! Meetings without paper: agenda, roll-call, votes, minutes, conclusions.
//!
//! `rules` holds who may do what when, `voting` what of a secret vote is never written.

mod api;
mod bundle;
mod calling;
mod holding;
mod minutes;
pub mod model;
pub(crate) mod pages;
mod routes;
pub mod rules;
pub mod settings;
mod sql;
mod voting;

pub(crate) use routes::routes;
pub use settings::MeetingSettings;
