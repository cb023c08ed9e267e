//! Stand-ins for systems outside the city: national e-identity, payment gateway, virus scanner, message gateway.
//!
//! Simulators of national systems run in demonstration and test cities only; `serve` refuses them in production. The
//! scanner and the message store are the simple built-in forms of their ports and run anywhere.

pub mod eid;
mod messages;
pub mod national;
mod payment;
mod scanner;

pub use messages::StoredMessages;
pub use payment::{NoGateway, SimulatedGateway, routes};
pub use scanner::PatternScanner;
