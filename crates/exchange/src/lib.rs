//! Data exchange of the city (LGSP): one information system asks another for data under an agreement, and it can be
//! proved later. Callers and providers speak X-Road's REST protocol ("r1"); everything behind that wire is ours.
//!
//! - [`rules`]: what may be asked and how it is written on the wire; pure.
//! - [`filter`]: an answer cut down to the fields its agreement allows, while it streams.
//! - [`directory`]: who takes part and who may ask whom, as one immutable snapshot.
//! - [`adapters`]: providers that speak another language, asked by configuration.
//! - [`proxy`]: the door itself: listeners with and without TLS, calls to providers, and the port behind which evidence
//!   is kept.
//! - [`transport`]: calls between two exchanges, each with its own records and keys.
//! - [`subjects`]: whom a call is about, read out of its query and bodies.
//! - [`usage`]: what the people concerned learn of it: entries of their access log, notices, and the service by which
//!   the national tracker asks for them.
//! - [`message_log`]: evidence: every message signed, chained, durable, time stamped, and made into containers.
//! - [`operations`]: records of operation, kept and counted.
//! - [`registry`]: members, services and agreements in the record database, each change a version, with pages for
//!   officials.

pub mod adapters;
pub mod directory;
pub mod filter;
pub mod message_log;
pub mod operations;
pub mod proxy;
pub mod registry;
pub mod rules;
pub mod subjects;
pub mod transport;
pub mod usage;

pub use message_log::MIGRATIONS;
pub use registry::pages::{MANAGE, RegistryRoom, RoomParts, TEXTS, routes};

#[cfg(test)]
#[path = "../tests/exchange/certificates.rs"]
#[allow(dead_code, reason = "the tests of the door use the rest of it")]
mod test_certificates;
