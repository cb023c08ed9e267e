//! A scanned paper as its record tells it.

use super::extract::Proposal;
use haidang_contracts::recognition::ReadWord;
use haidang_store::{Row, StoreError};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Where a scan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// The file is kept.
    Uploaded,
    /// It waits to be read.
    Waiting,
    /// Its pages are being read.
    Reading,
    /// It is read; a person looks at what was proposed.
    Read,
    /// A person confirmed what it is.
    Confirmed,
    /// It cannot be read.
    Failed,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Uploaded, Self::Waiting, Self::Reading, Self::Read, Self::Confirmed, Self::Failed];

    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Uploaded => "uploaded",
            Self::Waiting => "waiting",
            Self::Reading => "reading",
            Self::Read => "read",
            Self::Confirmed => "confirmed",
            Self::Failed => "failed",
        }
    }

    /// The state of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// What a person confirmed of a paper.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Number, such as `05`; empty when the paper has none.
    pub code_number: String,
    /// Notation, such as `QĐ-UBND`.
    pub code_notation: String,
    /// Day of issue.
    pub issued_on: Option<Date>,
    /// Id of its kind; empty when it is none of them.
    pub kind: String,
    /// Who issued it.
    pub organ: String,
    /// What it is about.
    pub subject: String,
}

impl Facts {
    /// Number and notation in one, `05/QĐ-UBND`.
    pub fn number(&self) -> String {
        match self.code_notation.is_empty() {
            true => self.code_number.clone(),
            false => format!("{}/{}", self.code_number, self.code_notation),
        }
    }
}

/// A scanned paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// Id.
    pub id: String,
    /// Code of the agency that holds it.
    pub agency: String,
    /// Name of the file as its sender gave it.
    pub name: String,
    /// Media type of its bytes.
    pub media_type: String,
    /// SHA-256, hex.
    pub sha256: String,
    /// Size in bytes.
    pub size: i64,
    /// Where it stands.
    pub state: State,
    /// Pages, once it was looked at.
    pub pages: Option<i64>,
    /// Pages read.
    pub pages_read: i64,
    /// Lowest resolution, when the file says it.
    pub dpi: Option<i64>,
    /// What reads it, or the name of what is missing while it waits.
    pub engine: Option<String>,
    /// What was proposed.
    pub proposals: Vec<Proposal>,
    /// What was confirmed.
    pub facts: Option<Facts>,
    /// Why it cannot be read.
    pub failure: Option<String>,
    /// Who handed it in.
    pub uploaded_name: String,
    /// When.
    pub uploaded_at: Timestamp,
    /// When it was read.
    pub read_at: Option<Timestamp>,
    /// Who confirmed it.
    pub confirmed_name: Option<String>,
    /// When.
    pub confirmed_at: Option<Timestamp>,
    /// Id of the incoming document it became.
    pub registered_as: Option<String>,
    /// When it was withdrawn, by whom and why.
    pub withdrawn: Option<Withdrawn>,
    /// Number of changes, for forms that were open meanwhile.
    pub revision: i64,
}

/// Why a scan counts no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawn {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub name: String,
    /// Why.
    pub reason: String,
}

impl Scan {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        let word = row.text("state")?;
        let state = State::parse(&word).ok_or_else(|| StoreError::Corrupt(format!("state of a scan: {word}")))?;
        let withdrawn = match row.opt_timestamp("withdrawn_at")? {
            None => None,
            Some(at) => Some(Withdrawn {
                at,
                name: row.opt_text("withdrawn_name")?.unwrap_or_default(),
                reason: row.opt_text("withdrawn_reason")?.unwrap_or_default(),
            }),
        };
        Ok(Self {
            id: row.text("id")?,
            agency: row.text("agency")?,
            name: row.text("name")?,
            media_type: row.text("media_type")?,
            sha256: row.text("sha256")?,
            size: row.integer("size")?,
            state,
            pages: row.opt_integer("pages")?,
            pages_read: row.integer("pages_read")?,
            dpi: row.opt_integer("dpi")?,
            engine: row.opt_text("engine")?,
            proposals: row.opt_json("proposals")?.unwrap_or_default(),
            facts: row.opt_json("facts")?,
            failure: row.opt_text("failure")?,
            uploaded_name: row.text("uploaded_name")?,
            uploaded_at: row.timestamp("uploaded_at")?,
            read_at: row.opt_timestamp("read_at")?,
            confirmed_name: row.opt_text("confirmed_name")?,
            confirmed_at: row.opt_timestamp("confirmed_at")?,
            registered_as: row.opt_text("registered_as")?,
            withdrawn,
            revision: row.integer("revision")?,
        })
    }

    /// The proposal of a field.
    pub fn proposal(&self, field: &str) -> Option<&Proposal> {
        self.proposals.iter().find(|proposal| proposal.field == field)
    }
}

/// What was read of a page: the side-car of the original, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageText {
    /// Form of this file.
    pub version: u32,
    /// SHA-256 of the original, hex.
    pub of: String,
    /// Page, from 1.
    pub page: u32,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// What read it.
    pub engine: String,
    /// Its words in reading order.
    pub words: Vec<ReadWord>,
}

impl PageText {
    /// Its text, a line each, paragraphs apart.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut last: Option<(u32, u32)> = None;
        for word in &self.words {
            match last {
                None => {}
                Some((paragraph, _)) if paragraph != word.paragraph => text.push_str("\n\n"),
                Some((_, line)) if line != word.line => text.push('\n'),
                Some(_) => text.push(' '),
            }
            text.push_str(&word.text);
            last = Some((word.paragraph, word.line));
        }
        haidang_kernel::text::nfc(&text)
    }
}

/// The row of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRow {
    /// Page, from 1.
    pub page: i64,
    /// Words on it.
    pub words: i64,
    /// Mean confidence.
    pub confidence: i64,
    /// Side-car with its text.
    pub text_sha256: String,
    /// Picture to be shown.
    pub preview_sha256: String,
}

impl PageRow {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            page: row.integer("page")?,
            words: row.integer("words")?,
            confidence: row.integer("confidence")?,
            text_sha256: row.text("text_sha256")?,
            preview_sha256: row.text("preview_sha256")?,
        })
    }
}
