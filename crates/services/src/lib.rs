//! Procedures, forms, cases, clock, fees, one-stop counter.
//!
//! Reading order: [`model`] (the words), [`rules`] (pure decisions), [`procedure`] and [`form`] (a procedure as
//! data), [`cases`] (drafts, filing, deciding, inbox), then `api` and `pages`.

pub mod api;
pub mod bulk;
pub mod cases;
pub mod finding;
pub mod form;
pub mod model;
pub mod pages;
pub mod procedure;
mod related;
pub mod rules;
pub mod service;
pub mod sql;
mod synchronised;

pub use pages::TEXTS;
pub use service::{Services, Settings};

use haidang_store::Migration;

/// Migrations of this room, oldest first.
pub const MIGRATIONS: &[Migration] = haidang_store::migrations![
    "0001_create_procedure",
    "0002_create_draft",
    "0003_create_case",
    "0004_create_task",
    "0005_create_document",
    "0006_create_paper",
    "0007_index_case_day",
];
