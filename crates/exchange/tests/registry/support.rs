//! A registry with two agencies, and an exchange that follows it.

use std::sync::Arc;

use haidang_exchange::directory::Directory;
use haidang_exchange::proxy::{Exchange, Limits, OperationalLog};
use haidang_exchange::registry::Registry;
use haidang_exchange::registry::model::Author;
use haidang_exchange::registry::rules::entries::{Key, Kind};
use haidang_kernel::ambient::Ambient;
use haidang_testkit::{Rooms, TestDb};
use serde_json::Value;

/// The tables of these tests.
pub const ROOMS: Rooms = &[
    (haidang_store::ROOM, haidang_store::MIGRATIONS),
    ("web", haidang_web::MIGRATIONS),
    ("exchange", haidang_exchange::MIGRATIONS),
];

pub const DIRECTORY: &str = include_str!("directory.toml");
pub const CONSUMER: &str = "VN-HP/GOV/H24.S01/MOTCUA";
pub const PROVIDER: &str = "VN-HP/GOV/H24.S02/DANCU";
pub const SERVICE: &str = "VN-HP/GOV/H24.S02/DANCU/tra-cuu";

pub fn author() -> Author {
    Author::system("a test")
}

/// A registry into which [`DIRECTORY`] was taken.
pub async fn registry(db: &TestDb) -> Registry {
    let registry = empty(db).await;
    registry.seed(DIRECTORY).await.unwrap();
    registry
}

/// A registry without an entry.
pub async fn empty(db: &TestDb) -> Registry {
    Registry::open(db.db(), db.ambient().clone()).await.unwrap()
}

/// An exchange that judges by this directory.
pub fn exchange(directory: Directory) -> Arc<Exchange> {
    Exchange::new(directory, Ambient::system(), Limits::default(), Arc::new(OperationalLog::new(10)))
}

pub fn service() -> Key {
    Key::new(Kind::Service, SERVICE)
}

/// What an entry holds now.
pub async fn content(registry: &Registry, key: &Key) -> Value {
    registry.registered().await.unwrap().entries[key].content.clone().unwrap()
}
