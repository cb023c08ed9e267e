//! People, organisations, positions, sign-in: a simple first form behind the traits of `contracts`.
//!
//! Residents come from the national e-identity, which a demonstration city simulates; officials have an account name,
//! a password and a one-time code. What an official may do is decided by the posts held today and by the pack's
//! `positions.toml`. The room also answers what the simulated registers know, so that forms ask less.
//!
//! Not here: sessions and cookies (`web`), the audit chain (`store`), and the provider for other systems, consent and
//! federation, which a later issue brings behind the same traits.

mod account;
mod agencies;
mod api;
pub mod bulk;
mod consent;
mod credentials;
mod federation;
mod mandates;
pub mod model;
mod once_only;
pub mod one_time;
mod organisation;
mod pages;
pub mod password;
mod provider;
mod provisioning;
pub mod registers;
pub mod roles;
mod room;
mod routes;
pub mod rules;
mod sql;
mod tokens;

pub use account::{AccountError, NewAccount, SignInRefusal};
pub use agencies::Agencies;
pub use organisation::delegation::{DelegationRow, NewDelegation, Step as DelegationStep};
pub use organisation::policies::{Policies, PolicyFault, PolicyFaults};
pub use organisation::posts::{NewPost, PostRow};
pub use room::{IdentityRoom, RoomError, Settings};
pub use routes::{TEXTS, routes};
pub use tokens::{MadeToken, NewToken};

use haidang_store::Migration;

/// Tables of this room.
pub const MIGRATIONS: &[Migration] = &[
    Migration { name: "0001_create_agency", sql: include_str!("../migrations/0001_create_agency.sql") },
    Migration { name: "0002_create_person", sql: include_str!("../migrations/0002_create_person.sql") },
    Migration { name: "0003_create_position", sql: include_str!("../migrations/0003_create_position.sql") },
    Migration { name: "0004_create_credential", sql: include_str!("../migrations/0004_create_credential.sql") },
    Migration { name: "0005_create_token", sql: include_str!("../migrations/0005_create_token.sql") },
    Migration { name: "0006_create_relation", sql: include_str!("../migrations/0006_create_relation.sql") },
    Migration { name: "0007_create_register", sql: include_str!("../migrations/0007_create_register.sql") },
    // provider: 0010 to 0019
    // credentials: 0020 to 0029
    // federation: 0030 to 0039
    // organisation: 0040 to 0049
    Migration { name: "0040_describe_position", sql: include_str!("../migrations/0040_describe_position.sql") },
    Migration { name: "0041_create_delegation", sql: include_str!("../migrations/0041_create_delegation.sql") },
    // provisioning: 0050 to 0059
    Migration { name: "0050_create_directory_user", sql: include_str!("../migrations/0050_create_directory_user.sql") },
    Migration {
        name: "0051_create_directory_group",
        sql: include_str!("../migrations/0051_create_directory_group.sql"),
    },
    // mandates: 0060 to 0069
    // consent: 0070 to 0079
];
