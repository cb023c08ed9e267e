//! The citizens' log: what the people concerned learn of an answer that was about them.
//!
//! The door says with the answer whom it is about ([`UsageRecord`]); the message log keeps that sealed in the transaction
//! of the message, before the answer leaves. A round ([`UsageLog::drain`]) takes it from there to the one access log of
//! the city: an entry for each person, under the keyed digest of their number, so that whoever gets an account later finds
//! it; one entry for all where they are many. A message is told in one transaction or not at all, so a crash loses no
//! entry and doubles none.
//!
//! [`tracker`] answers the national tracker (`findUsage`), from what was told.

mod draining;
mod finding;
mod record;
pub mod sql;
pub mod tracker;

pub use finding::{Period, Usage};
pub use record::UsageRecord;
pub(crate) use record::seal;

use std::sync::Arc;

use haidang_kernel::ambient::Ambient;
use haidang_signing::Sealer;
use haidang_store::Db;
use tokio::sync::Notify;

/// The citizens' log over the records of an exchange. Cheap to clone.
#[derive(Clone)]
pub struct UsageLog {
    db: Db,
    ambient: Ambient,
    sealer: Sealer,
    /// Tells that there is something to tell.
    pub(crate) arrived: Arc<Notify>,
}

impl UsageLog {
    /// The log over these records, whose seals this opens.
    pub fn new(db: Db, ambient: Ambient, sealer: Sealer) -> Self {
        Self { db, ambient, sealer, arrived: Arc::default() }
    }
}
