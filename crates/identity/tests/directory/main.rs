//! A real directory (OpenLDAP's `slapd`) as the source of officials: sign-in and synchronisation.
#![allow(clippy::unwrap_used, clippy::expect_used, dead_code)]

#[path = "../credentials/city.rs"]
mod city;
mod following;
mod signing_in;
mod slapd;
#[path = "../common/town.rs"]
mod town;

use haidang_testkit::Rooms;

const ROOMS: Rooms = &[("web", haidang_web::MIGRATIONS), ("identity", haidang_identity::MIGRATIONS)];
