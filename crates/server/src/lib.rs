//! The binary `haidang`: configuration, composition, command line.
//!
//! Start reading at [`city::City::open`]: it puts a city together from a configuration and a data pack. `serve`, the
//! demonstration and the integration tests all use it. Not here: what a room does; rooms meet only here, as traits of
//! `contracts`.

pub mod archive;
pub mod city;
pub mod cli;
pub mod config;
pub mod deliveries;
pub mod demo;
mod desk;
pub mod documents;
pub mod exchange;
mod exchange_registry;
mod import;
pub mod inside;
pub mod interconnection;
mod keys;
pub mod logs;
pub mod office;
pub mod office_signing;
pub mod outbound;
pub mod pack;
pub mod portal;
pub mod rooms;
pub mod sealed;
pub mod simulators;
mod sql;
pub mod tracker;
pub mod trust;
mod upstreams;
pub mod webhooks;
pub mod work;

use haidang_store::Migration;

/// The allocator of glibc keeps a heap for each thread and was a fifth of the time of a filing.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use haidang_ui::Lang;

/// Tables of the server itself: simulated payments, stored messages, what was loaded of the pack, webhooks, the archive,
/// results told to registers.
pub const MIGRATIONS: &[Migration] = haidang_store::migrations![
    "0001_create_payment",
    "0002_create_message",
    "0003_create_pack",
    "0004_create_webhook",
    "0005_create_archive",
    "0006_create_shared_result"
];

/// Texts of the server's own pages.
pub const TEXTS: &[(&str, Lang, &str)] = &[
    ("server", Lang::Vi, include_str!("../locales/vi/server.ftl")),
    ("server", Lang::En, include_str!("../locales/en/server.ftl")),
];
