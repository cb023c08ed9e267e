//! Opaque tokens that were just asked about: a resource server asks about the same token with each of its requests, many
//! times a second, and nothing about it changes but that it is revoked.
//!
//! Whoever revokes in this process makes all of it forgotten after the commit; a revocation by another machine is seen a
//! second later at the latest. The time is the machine's own: a clock that stands still must not keep a token alive.

use super::model::Content;
use haidang_store::{Row, StoreError};
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long another machine's revocation may go unseen.
const FRESH: Duration = Duration::from_secs(1);
/// Tokens kept; beyond it the memory begins anew.
const MOST: usize = 10_000;

/// A token as its row said.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) content: Content,
    pub(crate) audience: String,
    pub(crate) family: Option<String>,
    pub(crate) expires_at: Timestamp,
}

impl Kept {
    /// Reads the row of a token; `None` when it was revoked.
    pub(crate) fn read(row: &Row) -> Result<Option<Self>, StoreError> {
        if row.opt_timestamp("revoked_at")?.is_some() {
            return Ok(None);
        }
        Ok(Some(Self {
            content: row.json("content")?,
            audience: row.text("audience")?,
            family: row.opt_text("family")?,
            expires_at: row.timestamp("expires_at")?,
        }))
    }
}

/// The memory.
#[derive(Default)]
pub(crate) struct Asked {
    tokens: Mutex<HashMap<String, (Instant, Arc<Kept>)>>,
    /// Counts how often all was forgotten.
    round: AtomicU64,
}

impl Asked {
    /// What was read of a token less than a second ago.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Kept>> {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.get(id).filter(|(read_at, _)| read_at.elapsed() < FRESH).map(|(_, kept)| kept.clone())
    }

    /// To be taken before a row is read, and given back with what was read.
    pub(crate) fn round(&self) -> u64 {
        self.round.load(Ordering::SeqCst)
    }

    /// Keeps what was read, unless something was revoked since: the row may be of before.
    pub(crate) fn put(&self, id: &str, kept: Arc<Kept>, round: u64) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if self.round() != round {
            return;
        }
        if tokens.len() >= MOST {
            tokens.clear();
        }
        tokens.insert(id.to_owned(), (Instant::now(), kept));
    }

    /// Forgets everything; called after each revocation.
    pub(crate) fn forget(&self) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        self.round.fetch_add(1, Ordering::SeqCst);
        tokens.clear();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn kept() -> Arc<Kept> {
        let content = serde_json::from_value(serde_json::json!({ "client": "c", "scopes": ["s"] })).unwrap();
        Arc::new(Kept { content, audience: "a".into(), family: None, expires_at: Timestamp::UNIX_EPOCH })
    }

    #[test]
    fn what_was_read_before_a_revocation_is_not_kept_after_it() {
        let asked = Asked::default();
        let round = asked.round();
        asked.put("one", kept(), round);
        assert!(asked.get("one").is_some());
        asked.forget();
        assert!(asked.get("one").is_none());
        asked.put("one", kept(), round);
        assert!(asked.get("one").is_none(), "the row was read before the revocation");
        asked.put("one", kept(), asked.round());
        assert!(asked.get("one").is_some());
    }

    #[test]
    fn the_memory_is_bounded() {
        let asked = Asked::default();
        for number in 0..=MOST {
            asked.put(&number.to_string(), kept(), asked.round());
        }
        assert_eq!(asked.tokens.lock().unwrap().len(), 1);
    }
}
