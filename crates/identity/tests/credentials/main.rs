//! How people prove who they are, asked as a browser would, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod authenticator;
mod city;
mod guessing;
mod passkeys;
mod recovery;
mod sessions;
#[path = "../common/town.rs"]
mod town;

const ROOMS: haidang_testkit::Rooms = &[("web", haidang_web::MIGRATIONS), ("identity", haidang_identity::MIGRATIONS)];
