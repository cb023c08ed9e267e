//! What the city knows about me: results and documents of a person or an organisation, offered for reuse, and the
//! log of who looked.
//!
//! The room hears `result.issued` and `document.kept` from the outbox; it never reads another room's tables.

mod answering;
mod api;
mod disclosing;
mod emergency;
mod looking;
pub mod model;
mod pages;
mod proving;
mod room;
mod routes;
pub mod rules;
mod shelf;
pub mod sql;

pub use answering::{Complaint, HeldBack};
pub use disclosing::{Disclosed, Grant};
pub use emergency::Emergency;
pub use looking::{Looks, Question};
pub use room::{Inner, Item, REUSE, Reader, VaultRoom};
pub use routes::{TEXTS, routes};
pub use shelf::{Counts, Shelf};

use haidang_store::Migration;

/// Migrations of this room, oldest first.
pub const MIGRATIONS: &[Migration] = haidang_store::migrations![
    "0001_create_item",
    "0002_create_access_question",
    "0003_answer_access_question",
    "0004_create_delayed_access",
    "0005_create_emergency",
];
