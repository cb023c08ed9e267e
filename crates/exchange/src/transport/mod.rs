//! Between two exchanges: a call leaves the exchange of its consumer, is judged and answered at that of its provider, and
//! each side keeps what the other signed.
//!
//! - `wire`: a message as frames: its head, its body piece by piece, its signature, or a fault instead; pure.
//! - `receive`: frames taken to their end, the body in memory or a file, whatever its size.
//! - `signature`: what a signature of another exchange must show before it counts; pure.
//! - `client`: the side of the consumer. `server`: the side of the provider.
//!
//! Peers know each other by registered TLS certificates alone; what they say on behalf of members counts by the signatures
//! of these.

mod client;
mod receive;
mod server;
mod signature;
mod wire;

pub use signature::{Signed, Unproved};
pub(crate) use wire::Framed;

/// Where an exchange takes messages of others.
const PATH: &str = "/peer/v1";
/// Most header lines of a message; the door takes fewer.
const MOST_LINES: usize = 200;
/// The type of such messages.
const MEDIA_TYPE: &str = "application/vnd.haidang.exchange-message";
