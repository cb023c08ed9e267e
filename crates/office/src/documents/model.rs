//! Documents on their way out, and within an organ.

use super::table::{Facts, State};
use haidang_store::{Row, StoreError};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Marker of a document.
#[derive(Debug)]
pub enum DocumentRecord {}

/// Whether a document leaves its organ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Course {
    /// Văn bản đi: sent to others.
    Out,
    /// Văn bản nội bộ: the same walk without dispatch.
    Internal,
}

impl Course {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::Internal => "internal",
        }
    }
}

/// A file that travels with a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Annex {
    /// Name as its sender gave it.
    pub name: String,
    /// SHA-256, hex.
    pub sha256: String,
    /// Media type.
    pub media_type: String,
    /// Bytes.
    pub size: i64,
}

/// Who receives a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "to", rename_all = "snake_case")]
pub enum Recipient {
    /// An organ of this city, delivered within the house.
    City {
        /// Its code.
        agency: String,
        /// Its name.
        name: String,
    },
    /// An organ elsewhere, by an edXML message.
    Organ {
        /// Its `OrganId` of 13 characters.
        organ_id: String,
        /// Its name.
        name: String,
    },
    /// Whoever is reached on paper.
    Paper {
        /// Name as printed.
        name: String,
    },
}

impl Recipient {
    /// The name as printed.
    pub fn name(&self) -> &str {
        match self {
            Self::City { name, .. } | Self::Organ { name, .. } | Self::Paper { name } => name,
        }
    }

    /// By which way it goes.
    pub fn channel(&self) -> &'static str {
        match self {
            Self::City { .. } => "city",
            Self::Organ { .. } => "edxml",
            Self::Paper { .. } => "paper",
        }
    }

    /// The line as it is typed in the form, read back to the same recipient.
    pub fn line(&self) -> String {
        match self {
            Self::Organ { organ_id, name } => format!("{organ_id} {name}"),
            other => other.name().to_owned(),
        }
    }
}

/// What a version of a draft says; stored as one file that never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Out or internal.
    pub course: Course,
    /// Code of the kind in the pack.
    pub kind: String,
    /// Field of work, when the pack knows fields.
    pub field: Option<String>,
    /// Trích yếu.
    pub subject: String,
    /// 0 thường, 1 khẩn, 2 thượng khẩn, 3 hỏa tốc.
    pub urgency: i64,
    /// When an answer is due.
    pub due_on: Option<Date>,
    /// Who receives it.
    pub recipients: Vec<Recipient>,
    /// Legal bases, one a line, without the marks at their ends.
    pub bases: Vec<String>,
    /// The text, in the plain form of `body`.
    pub body: String,
    /// Opaque id of whoever is wanted to sign.
    pub signer: String,
    /// Their name.
    pub signer_name: String,
    /// Annex files.
    #[serde(default)]
    pub annexes: Vec<Annex>,
    /// The word-processor file from which the text was taken.
    #[serde(default)]
    pub source: Option<Annex>,
}

/// A document as the register of drafts knows it.
#[derive(Debug, Clone)]
pub struct Document {
    /// Id.
    pub id: String,
    /// Code of the organ.
    pub agency: String,
    /// Out or internal.
    pub course: Course,
    /// Where it stands.
    pub state: State,
    /// Counts every change; a form carries the one it was made from.
    pub revision: i64,
    /// Number of the newest version.
    pub version: i64,
    /// Code of the kind.
    pub kind: String,
    /// Field of work.
    pub field: Option<String>,
    /// Trích yếu.
    pub subject: String,
    /// 0 to 3.
    pub urgency: i64,
    /// When an answer is due.
    pub due_on: Option<Date>,
    /// Who drafts.
    pub drafter: String,
    /// Their name.
    pub drafter_name: String,
    /// Who was asked to review; `None` = any reviewer of the organ.
    pub reviewer: Option<String>,
    /// Who is to sign.
    pub signer: String,
    /// Their name.
    pub signer_name: String,
    /// The newest form of the paper.
    pub file_sha256: Option<String>,
    /// Register that gave the number.
    pub register: Option<String>,
    /// Số.
    pub code_number: Option<i64>,
    /// Ký hiệu.
    pub code_notation: Option<String>,
    /// Date of the number.
    pub issued_on: Option<Date>,
    /// When the officer signed.
    pub signed_at: Option<Timestamp>,
    /// Delegation under which the officer signed.
    pub delegation: Option<String>,
    /// Appendix VI record, once issued.
    pub record: Option<serde_json::Value>,
    /// The document that replaced or corrected this one.
    pub by_document: Option<String>,
    /// Public check token, in the QR code of the paper.
    pub token: String,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
}

/// `05/QĐ-UBND`: below ten padded with a zero (Decree 30/2020, Appendix I, Part I, II.3).
pub fn code(number: i64, notation: &str) -> String {
    format!("{number:02}/{notation}")
}

impl Document {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        let word = row.text("state")?;
        let state = State::parse(&word).ok_or_else(|| StoreError::Corrupt("office_document.state".to_owned()))?;
        let course = if row.text("direction")? == "internal" { Course::Internal } else { Course::Out };
        Ok(Self {
            id: row.text("id")?,
            agency: row.text("agency")?,
            course,
            state,
            revision: row.integer("revision")?,
            version: row.integer("version")?,
            kind: row.text("kind")?,
            field: row.opt_text("field")?,
            subject: row.text("subject")?,
            urgency: row.integer("urgency")?,
            due_on: row.opt_date("due_on")?,
            drafter: row.text("drafter")?,
            drafter_name: row.text("drafter_name")?,
            reviewer: row.opt_text("reviewer")?,
            signer: row.text("signer")?,
            signer_name: row.text("signer_name")?,
            file_sha256: row.opt_text("file_sha256")?,
            register: row.opt_text("register")?,
            code_number: row.opt_integer("code_number")?,
            code_notation: row.opt_text("code_notation")?,
            issued_on: row.opt_date("issued_on")?,
            signed_at: row.opt_timestamp("signed_at")?,
            delegation: row.opt_text("delegation")?,
            record: row.opt_json("record")?,
            by_document: row.opt_text("by_document")?,
            token: row.text("token")?,
            created_at: row.timestamp("created_at")?,
            changed_at: row.timestamp("changed_at")?,
        })
    }

    /// Number and notation as printed, once there is a number.
    pub fn code(&self) -> Option<String> {
        Some(code(self.code_number?, self.code_notation.as_deref()?))
    }

    /// What the state table wants to know; signatures are counted on the file itself, never taken from here.
    pub(crate) fn facts(&self) -> Facts {
        Facts { state: self.state, officer: false, organ: false, number: self.code_number.is_some() }
    }
}

/// A version.
#[derive(Debug, Clone)]
pub struct Version {
    /// From 1.
    pub number: i64,
    /// SHA-256 of its content, hex.
    pub content_sha256: String,
    /// What its author said of it.
    pub note: String,
    /// Name of the author.
    pub saved_name: String,
    /// When.
    pub saved_at: Timestamp,
}

impl Version {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            number: row.integer("number")?,
            content_sha256: row.text("content_sha256")?,
            note: row.text("note")?,
            saved_name: row.text("saved_name")?,
            saved_at: row.timestamp("saved_at")?,
        })
    }
}

/// A remark about a version.
#[derive(Debug, Clone)]
pub struct Comment {
    /// Which version.
    pub version: i64,
    /// What was said.
    pub words: String,
    /// By whom.
    pub said_name: String,
    /// When.
    pub said_at: Timestamp,
}

impl Comment {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            version: row.integer("version")?,
            words: row.text("words")?,
            said_name: row.text("said_name")?,
            said_at: row.timestamp("said_at")?,
        })
    }
}

/// One step of the history.
#[derive(Debug, Clone)]
pub struct Happened {
    /// What was done.
    pub action: String,
    /// State before.
    pub from: String,
    /// State after.
    pub to: String,
    /// Reason or remark.
    pub words: String,
    /// The paper as it stood then.
    pub sha256: Option<String>,
    /// Who.
    pub acted_name: String,
    /// In which post.
    pub post: String,
    /// When.
    pub at: Timestamp,
}

impl Happened {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            action: row.text("action")?,
            from: row.text("from_state")?,
            to: row.text("to_state")?,
            words: row.text("words")?,
            sha256: row.opt_text("sha256")?,
            acted_name: row.text("acted_name")?,
            post: row.text("post")?,
            at: row.timestamp("at")?,
        })
    }
}

/// A message to or from an organ outside about one dispatch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Id of the dispatch.
    pub dispatch: String,
    /// Whether the organ outside said it; else it was sent there.
    pub theirs: bool,
    /// `document`, `recall`, `update`, `replace`, `status`.
    pub kind: String,
    /// Code of a status, `01` to `16`.
    pub code: Option<String>,
    /// Why, of a status.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl Told {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Said {
            code: Option<String>,
            reason: Option<String>,
        }
        let said: Said = row.json("payload")?;
        Ok(Self {
            dispatch: row.text("dispatch")?,
            theirs: row.text("direction")? == "in",
            kind: row.text("kind")?,
            code: said.code,
            reason: said.reason,
            at: row.timestamp("at")?,
        })
    }
}

/// One receiver of an issued document.
#[derive(Debug, Clone)]
pub struct Dispatch {
    /// Id.
    pub id: String,
    /// `city`, `edxml`, `paper`.
    pub channel: String,
    /// Code of the agency, for `city`.
    pub to_agency: Option<String>,
    /// `OrganId`, for `edxml`.
    pub to_organ_id: Option<String>,
    /// Name.
    pub to_name: String,
    /// `waiting`, `sent`, `received`, `refused`, `withdrawn`.
    pub state: String,
    /// When it last changed.
    pub changed_at: Timestamp,
}

impl Dispatch {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text("id")?,
            channel: row.text("channel")?,
            to_agency: row.opt_text("to_agency")?,
            to_organ_id: row.opt_text("to_organ_id")?,
            to_name: row.text("to_name")?,
            state: row.text("state")?,
            changed_at: row.timestamp("changed_at")?,
        })
    }
}
