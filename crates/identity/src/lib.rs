//! Who people are, what they may do, for whom they act, and what they agreed to.
//!
//! - `credentials`: passwords, codes, passkeys, recovery, devices; `pages` the sign-in itself.
//! - `federation`: residents come from the national e-identity and the national service portal, which a simulator of
//!   its own stands for in a demonstration city.
//! - `provider`: signs people in at other systems (OpenID Connect, FAPI 2.0).
//! - `organisation`: posts, delegated duties and the policies of the pack; `provisioning`: accounts a directory writes
//!   (SCIM); `directory`: accounts and posts that we read from one (LDAP).
//! - `mandates`: acting for somebody else; `consent`: one decision about one purpose.
//!
//! The room also answers what the simulated registers know, so that forms ask less. Not here: sessions and cookies
//! (`web`), the audit chain (`store`), what a person's vault holds and who looked (`vault`).

mod account;
mod agencies;
mod api;
mod around;
pub mod bulk;
pub mod consent;
mod credentials;
mod directory;
pub mod federation;
pub mod mandates;
pub mod model;
mod once_only;
pub mod one_time;
mod organisation;
mod pages;
pub mod password;
pub mod provider;
mod provisioning;
pub mod registers;
pub mod roles;
mod room;
mod routes;
pub mod rules;
pub mod sealed;
mod sql;
mod tokens;

pub use account::{AccountError, NewAccount, SignInRefusal};
pub use agencies::Agencies;
pub use credentials::ManagedAccount;
pub use directory::{DirectoryError, DirectorySettings, Synchronised, TooMany};
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
    Migration { name: "0010_create_client", sql: include_str!("../migrations/0010_create_client.sql") },
    Migration {
        name: "0011_create_resource_server",
        sql: include_str!("../migrations/0011_create_resource_server.sql"),
    },
    Migration { name: "0012_create_client_grant", sql: include_str!("../migrations/0012_create_client_grant.sql") },
    Migration { name: "0013_create_authorization", sql: include_str!("../migrations/0013_create_authorization.sql") },
    Migration { name: "0014_create_issued_token", sql: include_str!("../migrations/0014_create_issued_token.sql") },
    Migration { name: "0015_create_seen", sql: include_str!("../migrations/0015_create_seen.sql") },
    Migration { name: "0016_create_signing_key", sql: include_str!("../migrations/0016_create_signing_key.sql") },
    Migration {
        name: "0017_create_relying_session",
        sql: include_str!("../migrations/0017_create_relying_session.sql"),
    },
    Migration { name: "0018_create_device_grant", sql: include_str!("../migrations/0018_create_device_grant.sql") },
    Migration { name: "0019_create_token_family", sql: include_str!("../migrations/0019_create_token_family.sql") },
    Migration { name: "0020_add_sealed_secret", sql: include_str!("../migrations/0020_add_sealed_secret.sql") },
    Migration {
        name: "0021_count_runs_of_failures",
        sql: include_str!("../migrations/0021_count_runs_of_failures.sql"),
    },
    Migration { name: "0022_create_passkey", sql: include_str!("../migrations/0022_create_passkey.sql") },
    Migration { name: "0023_create_ceremony", sql: include_str!("../migrations/0023_create_ceremony.sql") },
    Migration { name: "0024_create_enrolment", sql: include_str!("../migrations/0024_create_enrolment.sql") },
    Migration { name: "0025_create_recovery_code", sql: include_str!("../migrations/0025_create_recovery_code.sql") },
    Migration { name: "0026_create_recovery", sql: include_str!("../migrations/0026_create_recovery.sql") },
    Migration { name: "0027_create_notice", sql: include_str!("../migrations/0027_create_notice.sql") },
    Migration { name: "0028_create_device", sql: include_str!("../migrations/0028_create_device.sql") },
    Migration { name: "0030_create_upstream_login", sql: include_str!("../migrations/0030_create_upstream_login.sql") },
    Migration {
        name: "0031_create_upstream_account",
        sql: include_str!("../migrations/0031_create_upstream_account.sql"),
    },
    Migration { name: "0032_create_upstream_link", sql: include_str!("../migrations/0032_create_upstream_link.sql") },
    // organisation: 0040 to 0049
    Migration { name: "0040_describe_position", sql: include_str!("../migrations/0040_describe_position.sql") },
    Migration { name: "0041_create_delegation", sql: include_str!("../migrations/0041_create_delegation.sql") },
    // provisioning: 0050 to 0059
    Migration { name: "0050_create_directory_user", sql: include_str!("../migrations/0050_create_directory_user.sql") },
    Migration {
        name: "0051_create_directory_group",
        sql: include_str!("../migrations/0051_create_directory_group.sql"),
    },
    Migration { name: "0052_mark_directory_leaver", sql: include_str!("../migrations/0052_mark_directory_leaver.sql") },
    // mandates: 0060 to 0069
    Migration { name: "0060_create_mandate", sql: include_str!("../migrations/0060_create_mandate.sql") },
    Migration { name: "0061_create_guardianship", sql: include_str!("../migrations/0061_create_guardianship.sql") },
    // consent: 0070 to 0079
    Migration { name: "0070_create_consent", sql: include_str!("../migrations/0070_create_consent.sql") },
    // provider, its second part: 0080 to 0089
    Migration { name: "0080_suspend_client", sql: include_str!("../migrations/0080_suspend_client.sql") },
    Migration {
        name: "0081_create_registration_token",
        sql: include_str!("../migrations/0081_create_registration_token.sql"),
    },
];
