//! What officials should know of their work: a step that waits for them, what came back, what was issued, what was routed
//! to them, tasks, meetings. Each notice stands in a list of its reader and goes out through the city's messages.
//!
//! A notice carries numbers and days, never a subject or a name: whoever may read the document opens it from there.

mod api;
mod board;
mod model;
mod pages;
mod reading;
mod routes;
mod rules;
pub mod sql;
mod telling;

pub use board::NoticeBoard;
pub use model::Notice;
pub(crate) use routes::{TEXTS, routes};
pub use telling::{TELL, TellPeople};
pub(crate) use telling::{Told, tell};
