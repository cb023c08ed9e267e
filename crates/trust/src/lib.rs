//! What others call to trust the city: certificates of its own authorities and whether they are still good, and the time
//! at which something was known.
//!
//! The authorities here are for development: they let a demonstration or test city sign, stamp and verify as a real one
//! does, over the same wires, without an outside service. A production city names the anchors of licensed authorities
//! instead. An own time stamp is evidence, not a licensed trust service (Decree 23/2025/NĐ-CP).
//!
//! For officials the room also keeps keys: sealed, each under a PIN that its holder chooses (`keys`), and asked from outside by the remote signing service
//! (`csc`, the API of the Cloud Signature Consortium).
//!
//! Keys and signatures are `signing`'s; here is what is signed, when, and what is remembered of it.

mod api;
mod certificates;
mod csc;
mod error;
mod folder;
mod holders;
mod keys;
pub mod model;
mod pin;
mod room;
mod round;
pub mod rules;
pub mod sql;
mod stamp_answers;
mod stamping;
mod status;
mod status_answers;
#[cfg(test)]
mod testing;

pub use api::routes;
pub use certificates::{Issuer, Subject};
pub use csc::{SigningDesk, signing_routes};
pub use error::TrustError;
pub use holders::{Holder, HolderKey};
pub use keys::{KeyDesk, KeyState, TEXTS, key_routes};
pub use pin::PinAnswer;
pub use room::{NewCertificate, Settings, TrustRoom, read_public_key};
pub use round::Round;
pub use stamp_answers::StampAnswer;
pub use status_answers::{Signed, StatusAnswer};

use haidang_store::Migration;

/// Migrations of this room, oldest first.
pub const MIGRATIONS: &[Migration] = haidang_store::migrations![
    "0001_create_authority",
    "0002_create_stamp",
    "0003_create_holder_key",
    "0004_create_activation",
    "0005_create_key_suspension",
    "0006_create_key_pass"
];
