//! The room over both databases, part by part.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod authority;
mod authority_pages;
mod city;
mod copies;
mod desk;
mod documents;
mod documents_pages;
mod incoming;
mod incoming_exchange;
mod incoming_inside;
mod incoming_pages;
mod issued;
mod meetings;
mod notices;
mod people;
mod programs;
mod registers;
mod registers_pages;
mod scans;
mod searching;
mod tasks;
mod validations;
mod work_files;

use haidang_testkit::Rooms;

/// The tables the tests of this room need.
pub const ROOMS: Rooms = &[("web", haidang_web::MIGRATIONS), ("office", haidang_office::MIGRATIONS)];
