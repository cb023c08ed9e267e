//! Certified copies as stored.

use super::rules::{CopyForm, CopyState, Held, SourceKind};
use crate::documents::model::code;
use haidang_contracts::papers::PaperPlace;
use haidang_store::{Row, StoreError};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Marker of a copy.
#[derive(Debug)]
pub enum CopyRecord {}

/// What the copied document is: printed on the copy and kept in the record inside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Original {
    /// Number and notation, such as `05/QĐ-UBND`; empty when it has none.
    pub code: String,
    /// Its day of issue.
    #[schema(value_type = Option<String>, format = "date")]
    pub date: Option<Date>,
    /// Who issued it.
    pub organ: String,
    /// Trích yếu.
    pub subject: String,
    /// SHA-256 of the file that is copied, hex.
    pub sha256: String,
    /// Its media type.
    pub media_type: String,
    /// What the organ holds of it.
    pub held: Held,
}

/// A certified copy.
#[derive(Debug, Clone)]
pub struct Copy {
    /// Id.
    pub id: String,
    /// Code of the organ that copies.
    pub agency: String,
    /// Sao y, sao lục, trích sao.
    pub form: CopyForm,
    /// Where it stands.
    pub state: CopyState,
    /// Counts every change; a form carries the one it was made from.
    pub revision: i64,
    /// What is copied.
    pub source_kind: SourceKind,
    /// Its id.
    pub source: String,
    /// What it is.
    pub original: Original,
    /// Pages of an extract, from 1; empty for all.
    pub pages: Vec<usize>,
    /// Who receives it.
    pub recipients: Vec<String>,
    /// Opaque id of whoever is to sign.
    pub signer: String,
    /// Their name.
    pub signer_name: String,
    /// Newest form of the file, SHA-256, hex.
    pub file_sha256: String,
    /// Pages of the file.
    pub file_pages: i64,
    /// Named places on its pages.
    pub places: BTreeMap<String, PaperPlace>,
    /// Lines above the signature.
    pub block: Vec<String>,
    /// Number in the register of copies.
    pub code_number: Option<i64>,
    /// Ký hiệu, such as `SY-UBND`.
    pub code_notation: Option<String>,
    /// Date of the number.
    pub copied_on: Option<Date>,
    /// When the organ closed it.
    pub copied_at: Option<Timestamp>,
    /// When the person signed.
    pub signed_at: Option<Timestamp>,
    /// Public check token.
    pub token: String,
    /// Opaque id of who asked for it.
    pub asked_by: String,
    /// Their name.
    pub asked_name: String,
    /// When.
    pub asked_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
}

impl Copy {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        let wrong = |column: &str| StoreError::Corrupt(format!("office_copy.{column}"));
        Ok(Self {
            id: row.text("id")?,
            agency: row.text("agency")?,
            form: CopyForm::parse(&row.text("form")?).ok_or_else(|| wrong("form"))?,
            state: CopyState::parse(&row.text("state")?).ok_or_else(|| wrong("state"))?,
            revision: row.integer("revision")?,
            source_kind: SourceKind::parse(&row.text("source_kind")?).ok_or_else(|| wrong("source_kind"))?,
            source: row.text("source")?,
            original: row.json("original")?,
            pages: row.json("pages")?,
            recipients: row.json("recipients")?,
            signer: row.text("signer")?,
            signer_name: row.text("signer_name")?,
            file_sha256: row.text("file_sha256")?,
            file_pages: row.integer("file_pages")?,
            places: row.json("places")?,
            block: row.json("block")?,
            code_number: row.opt_integer("code_number")?,
            code_notation: row.opt_text("code_notation")?,
            copied_on: row.opt_date("copied_on")?,
            copied_at: row.opt_timestamp("copied_at")?,
            signed_at: row.opt_timestamp("signed_at")?,
            token: row.text("token")?,
            asked_by: row.text("asked_by")?,
            asked_name: row.text("asked_name")?,
            asked_at: row.timestamp("asked_at")?,
            changed_at: row.timestamp("changed_at")?,
        })
    }

    /// Number and notation as printed, once there is a number: `01/SY-UBND`.
    pub fn code(&self) -> Option<String> {
        Some(code(self.code_number?, self.code_notation.as_deref()?))
    }
}

/// One step of the history.
#[derive(Debug, Clone)]
pub struct CopyStep {
    /// What was done: `ask`, `sign`, `number`, `seal`, `withdraw`.
    pub action: String,
    /// Why.
    pub words: String,
    /// The file as it stood after it, SHA-256, hex.
    pub sha256: String,
    /// Who.
    pub acted_name: String,
    /// In which post.
    pub post: String,
    /// When.
    pub at: Timestamp,
}

impl CopyStep {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            action: row.text("action")?,
            words: row.text("words")?,
            sha256: row.text("sha256")?,
            acted_name: row.text("acted_name")?,
            post: row.text("post")?,
            at: row.timestamp("at")?,
        })
    }
}
