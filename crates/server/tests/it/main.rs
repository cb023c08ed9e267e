//! The city as a whole: the binary's own composition, asked in process through its router and its rooms.
//!
//! Each test opens a city of its own in a folder of its own, on SQLite and, where `HAIDANG_TEST_PG` names a cluster,
//! on PostgreSQL; the two are counted apart.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::panic)]

#[macro_use]
mod city;
mod archive;
mod bad_input;
mod births;
mod calendar;
mod citizens_log;
mod consent;
mod copies;
mod crash;
mod csc;
mod demonstration;
mod escalation;
mod exchange_adapters;
mod exchange_registry;
mod federation;
mod inside;
mod interconnection;
mod journey;
mod national_portal;
mod national_simulators;
mod numbers;
mod office_documents;
mod office_signing;
mod office_verification;
mod once_only;
mod paper;
mod papers;
mod permissions;
mod process;
mod register_stamps;
mod representation;
mod shared_results;
mod signing_keys;
mod state_machine;
mod transfer;
mod trust;
