//! The door: a listener for information systems, the walk of a call, and the connections to providers.

mod body;
mod call;
mod download;
mod evidence;
mod limits;
mod listener;
mod provider;
mod reading;

pub use body::{Playback, Spool, Stored};
pub use call::Exchange;
pub use evidence::{
    ContainerError, Containers, Evidence, EvidenceError, OperationalLog, RequestRecord, ResponseRecord, Wanted, Which,
};
pub use limits::Limits;
pub use listener::{StartError, serve};
