//! What the registry remembers.

use haidang_store::{ActorRef, Row, StoreError};
use jiff::Timestamp;
use serde_json::Value;

use super::rules::entries::{Key, Kind};

/// One version of one entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// Which entry.
    pub key: Key,
    /// Its number, from 1.
    pub version: i64,
    /// The revision of the registry it came with.
    pub revision: i64,
    /// When.
    pub at: Timestamp,
    /// Opaque id of who changed it; `None` for the program itself.
    pub person: Option<String>,
    /// Why.
    pub reason: String,
    /// What it holds, as its writer gave it; `None` when it was taken out.
    pub content: Option<Value>,
}

impl Version {
    pub(super) fn read(row: &Row) -> Result<Self, StoreError> {
        let word = row.text("kind")?;
        let kind = Kind::parse(&word).ok_or_else(|| StoreError::Corrupt(format!("entry of the kind {word}")))?;
        Ok(Self {
            key: Key::new(kind, row.text("id")?),
            version: row.integer("version")?,
            revision: row.integer("revision")?,
            at: row.timestamp("at")?,
            person: row.opt_text("person")?,
            reason: row.text("reason")?,
            content: row.opt_json("content")?,
        })
    }
}

/// What shall become of one entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Which entry.
    pub key: Key,
    /// What it shall hold; `None` to take it out.
    pub content: Option<Value>,
    /// The version that whoever asks has seen, where it matters: another one refuses the change. 0 for an entry that must
    /// not be there yet.
    pub seen: Option<i64>,
}

impl Change {
    /// The entry shall hold this, whatever it holds now.
    pub fn put(key: Key, content: Value) -> Self {
        Self { key, content: Some(content), seen: None }
    }

    /// The entry shall be gone.
    pub fn remove(key: Key) -> Self {
        Self { key, content: None, seen: None }
    }

    /// Only if this is still the newest version.
    #[must_use]
    pub fn seen(mut self, version: i64) -> Self {
        self.seen = Some(version);
        self
    }
}

/// Who changes something, and why.
#[derive(Debug, Clone)]
pub struct Author {
    /// Who.
    pub actor: ActorRef,
    /// Id of the request, as in the log.
    pub request: String,
    /// Why, in words; at most 2,000 characters.
    pub reason: String,
    /// What is done, in words of the audit.
    pub action: &'static str,
}

impl Author {
    /// The program itself.
    pub fn system(reason: &str) -> Self {
        Self {
            actor: ActorRef::system(),
            request: String::new(),
            reason: reason.to_owned(),
            action: "exchange.registry_imported",
        }
    }
}
