//! The door: listeners for information systems, plain and over TLS, the walk of a call, and the connections to providers.

mod body;
mod call;
mod composing;
mod download;
mod evidence;
mod figures;
mod inside;
mod limits;
mod listener;
mod metadata;
mod patience;
mod provider;
mod reading;
mod tls;
mod usage;

pub(crate) use body::{BodyError, Collector, Outgoing};
pub use body::{Playback, Spool, Stored};
pub use call::Exchange;
pub(crate) use call::{Asked, Call, Trace};
pub(crate) use composing::Composed;
pub use evidence::{
    ContainerError, Containers, Evidence, EvidenceError, OperationalLog, RequestRecord, ResponseRecord, Wanted, Which,
};
pub use inside::{Beginning, InsideError, Insider};
pub use limits::Limits;
pub use listener::{Port, StartError, serve};
pub(crate) use provider::{CallError, Provider};
pub(crate) use tls::Connector;
pub use tls::{Identity, IdentityError};
