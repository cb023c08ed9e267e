//! A notice as stored.

use haidang_store::{Row, StoreError};
use jiff::Timestamp;

/// Marker of a notice.
#[derive(Debug)]
pub enum NoticeRecord {}

/// A notice to one official.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Id.
    pub id: String,
    /// Id of the message in the pack, such as `document_to_sign`.
    pub template: String,
    /// What it is about: `document`, `copy`, `arrival`, `task`, `meeting`.
    pub object_kind: String,
    /// Its id.
    pub object: String,
    /// Numbers and days: values of the text.
    pub facts: serde_json::Value,
    /// When.
    pub created_at: Timestamp,
    /// When the reader put it away.
    pub seen_at: Option<Timestamp>,
}

impl Notice {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text("id")?,
            template: row.text("template")?,
            object_kind: row.text("object_kind")?,
            object: row.text("object")?,
            facts: row.json("facts")?,
            created_at: row.timestamp("created_at")?,
            seen_at: row.opt_timestamp("seen_at")?,
        })
    }

    /// Address of what it is about, without language; none for a kind without a page.
    pub fn address(&self) -> Option<String> {
        let list = match self.object_kind.as_str() {
            "document" => "/can-bo/van-ban",
            "copy" => "/can-bo/ban-sao",
            "arrival" => "/can-bo/van-ban-den",
            "task" => "/can-bo/nhiem-vu",
            "meeting" => "/can-bo/cuoc-hop",
            _ => return None,
        };
        Some(format!("{list}/{}", self.object))
    }
}
