//! Cases of the city told to the national public-service portal: each fact of a case once, in its order, whatever fails
//! in between; and what people see and decide when the portal refuses or differs.
//!
//! Reading order: [`model`] (the words), [`rules`] (pure decisions), [`mapping`] and [`manner`] (a case in the portal's
//! members), [`portal`] (the portal as a trait; [`http`] speaks to a real one), then `taking` (facts into lines),
//! `sending` (lines to the portal), `comparing` and `deciding`, and `pages`.

mod comparing;
mod deciding;
pub mod http;
pub mod manner;
pub mod mapping;
pub mod model;
mod pages;
pub mod portal;
mod room;
mod routes;
pub mod rules;
mod sending;
mod sql;
mod taking;

pub use comparing::Comparisons;
pub use deciding::{By, RECONCILE};
pub use room::{Connection, Inner, PortalRoom, Settings};
pub use routes::{TEXTS, routes};
pub use sending::{Deliveries, Round};

use haidang_store::Migration;

/// Migrations of this room, oldest first.
pub const MIGRATIONS: &[Migration] = haidang_store::migrations!["0001_create_queue", "0002_create_comparison"];
