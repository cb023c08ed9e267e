//! The room over both databases, part by part.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod city;
mod desk;
mod documents;
mod incoming;
mod incoming_pages;
mod people;
mod scans;
mod searching;

use haidang_testkit::Rooms;

/// The tables the tests of this room need.
pub const ROOMS: Rooms = &[("web", haidang_web::MIGRATIONS), ("office", haidang_office::MIGRATIONS)];
