//! The door: listeners for information systems, plain and over TLS, the walk of a call, and the connections to providers.

mod body;
mod call;
mod download;
mod evidence;
mod figures;
mod limits;
mod listener;
mod metadata;
mod patience;
mod provider;
mod reading;
mod tls;
mod usage;

pub use body::{Playback, Spool, Stored};
pub use call::Exchange;
pub use evidence::{
    ContainerError, Containers, Evidence, EvidenceError, OperationalLog, RequestRecord, ResponseRecord, Wanted, Which,
};
pub use limits::Limits;
pub use listener::{Port, StartError, serve};
pub use tls::{Identity, IdentityError};
