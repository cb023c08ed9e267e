//! The door: a listener for information systems, the walk of a call, and the connections to providers.

mod body;
mod call;
mod evidence;
mod limits;
mod listener;
mod patience;
mod provider;
mod reading;

pub use body::{Playback, Spool, Stored};
pub use call::Exchange;
pub use evidence::{Evidence, EvidenceError, OperationalLog, RequestRecord, ResponseRecord};
pub use limits::Limits;
pub use listener::{StartError, serve};
