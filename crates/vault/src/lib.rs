//! What the city knows about me: results and documents of a person or an organisation, offered for reuse, and the
//! log of who looked.
//!
//! The room hears `result.issued` and `document.kept` from the outbox; it never reads another room's tables.

pub mod model;
mod room;
pub mod rules;
pub mod sql;

pub use room::{Inner, Item, VaultRoom};

use haidang_store::Migration;

/// Migrations of this room, oldest first.
pub const MIGRATIONS: &[Migration] = haidang_store::migrations!["0001_create_item"];
