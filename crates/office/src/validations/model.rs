//! A report as it is stored.

use super::rules::{Answer, Outcome};
use haidang_store::{Row, StoreError};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

/// Marker of a report.
pub(super) enum ValidationRow {}

/// What the judged file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// A document that came.
    Arrival,
    /// A document an organ issued.
    Document,
    /// The result of a procedure.
    Result,
}

impl About {
    /// The word in data.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Arrival => "arrival",
            Self::Document => "document",
            Self::Result => "result",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Arrival, Self::Document, Self::Result].into_iter().find(|about| about.as_str() == word)
    }
}

/// One report.
#[derive(Debug, Clone)]
pub struct Validation {
    /// Id.
    pub id: String,
    /// What the file is.
    pub about: About,
    /// Id of the arrival or document; empty for a result, which is named by its file.
    pub object: String,
    /// Number, or title and number, as the report names it.
    pub title: String,
    /// Code of the agency whose official had it judged.
    pub agency: String,
    /// SHA-256 of the judged file, hex.
    pub sha256: String,
    /// The three answers.
    pub(super) outcome: Outcome,
    /// The whole report, in the form of docs/guide/signing.md.
    pub report: Value,
    /// Its text, byte for byte as it was stamped.
    pub(super) text: String,
    /// Time stamp over SHA-256 of the text (RFC 3161 token, DER); absent when no authority answered.
    pub token: Option<Vec<u8>>,
    /// Opaque id of whoever had it judged.
    pub judged_by: String,
    /// Their name.
    pub judged_name: String,
    /// When.
    pub judged_at: Timestamp,
    /// Until when it is kept.
    pub keep_until: Date,
}

impl Validation {
    pub(super) fn read(row: &Row) -> Result<Self, StoreError> {
        let corrupt = |what: &str| StoreError::Corrupt(format!("office_validation.{what}"));
        let answer = |name: &str| Answer::parse(&row.text(name)?).ok_or_else(|| corrupt(name));
        let text = row.text("report")?;
        Ok(Self {
            id: row.text("id")?,
            about: About::parse(&row.text("about")?).ok_or_else(|| corrupt("about"))?,
            object: row.text("object")?,
            title: row.text("title")?,
            agency: row.text("agency")?,
            sha256: row.text("sha256")?,
            outcome: Outcome {
                integrity: answer("integrity")?,
                identity: answer("identity")?,
                authority: answer("authority")?,
            },
            report: serde_json::from_str(&text).map_err(|_| corrupt("report"))?,
            text,
            token: row.opt_bytes("token")?,
            judged_by: row.text("judged_by")?,
            judged_name: row.text("judged_name")?,
            judged_at: row.timestamp("judged_at")?,
            keep_until: row.date("keep_until")?,
        })
    }

    /// The words of the answers to integrity, identity and authority: `valid`, `invalid`, `unknown`, `absent`.
    pub fn answers(&self) -> [&'static str; 3] {
        [self.outcome.integrity.as_str(), self.outcome.identity.as_str(), self.outcome.authority.as_str()]
    }
}
