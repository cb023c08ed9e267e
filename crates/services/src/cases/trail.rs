//! Rows that accompany a case: supplements, consultations, forms, results, pauses.

use super::row::{CaseResult, Consultation};
use haidang_contracts::actor::{CaseId, PersonId};
use haidang_kernel::id::Id;
use haidang_store::{Row, StoreError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// One thing the applicant must add or correct.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SupplementItem {
    /// Component id or form page id; `None` for something else.
    pub component: Option<String>,
    /// What exactly, in the official's words.
    pub what: String,
}

/// A request for a supplement (form 02).
#[derive(Debug, Clone)]
pub struct SupplementRow {
    /// 1 for the first one.
    pub seq: i64,
    /// Why, in the official's words.
    pub reason: String,
    /// What is missing.
    pub items: Vec<SupplementItem>,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When the applicant answered.
    pub answered_at: Option<Timestamp>,
    /// Date promised before.
    pub old_due_at: Option<Timestamp>,
    /// Date after the answer.
    pub new_due_at: Option<Timestamp>,
}

impl SupplementRow {
    /// Reads a row of `services_supplement`.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            seq: row.integer("seq")?,
            reason: row.text("reason")?,
            items: row.json("items")?,
            asked_at: row.timestamp("asked_at")?,
            answered_at: row.opt_timestamp("answered_at")?,
            old_due_at: row.opt_timestamp("old_due_at")?,
            new_due_at: row.opt_timestamp("new_due_at")?,
        })
    }
}

/// A question to another agency.
#[derive(Debug, Clone)]
pub struct ConsultationRow {
    /// Opaque id.
    pub id: Id<Consultation>,
    /// Task of the other agency.
    pub task_id: String,
    /// Agency asked.
    pub agency: String,
    /// The question.
    pub question: String,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// When the answer is due.
    pub due_at: Option<Timestamp>,
    /// The answer.
    pub answer: Option<String>,
    /// Who answered.
    pub answered_by: Option<PersonId>,
    /// When.
    pub answered_at: Option<Timestamp>,
}

impl ConsultationRow {
    /// Reads a row of `services_consultation`.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id("id")?,
            task_id: row.text("task_id")?,
            agency: row.text("agency")?,
            question: row.text("question")?,
            asked_at: row.timestamp("asked_at")?,
            due_at: row.opt_timestamp("due_at")?,
            answer: row.opt_text("answer")?,
            answered_by: row.opt_id("answered_by")?,
            answered_at: row.opt_timestamp("answered_at")?,
        })
    }
}

/// An issued form of TT 03/2025/TT-VPCP: the facts as they were when it was issued.
#[derive(Debug, Clone)]
pub struct FormRow {
    /// Opaque id.
    pub id: String,
    /// Case.
    pub case_id: CaseId,
    /// `01` to `07`.
    pub form_no: String,
    /// Number within the case.
    pub seq: i64,
    /// The facts printed on it.
    pub body: Json,
    /// When.
    pub issued_at: Timestamp,
    /// Who issued it.
    pub issued_by: PersonId,
}

impl FormRow {
    /// Reads a row of `services_form`.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text("id")?,
            case_id: row.id("case_id")?,
            form_no: row.text("form_no")?,
            seq: row.integer("seq")?,
            body: row.json("body")?,
            issued_at: row.timestamp("issued_at")?,
            issued_by: row.id("issued_by")?,
        })
    }
}

/// A result: signed by a leader, then numbered and issued.
#[derive(Debug, Clone)]
pub struct ResultRow {
    /// Opaque id.
    pub id: Id<CaseResult>,
    /// Case it decides.
    pub case_id: CaseId,
    /// Result code.
    pub code: String,
    /// Title in Vietnamese.
    pub title: String,
    /// Issuing agency.
    pub agency: String,
    /// Name of the leader who signed.
    pub signer_name: String,
    /// Title of the leader who signed.
    pub signer_title: String,
    /// When the leader signed.
    pub signed_at: Timestamp,
    /// Official number.
    pub number: Option<String>,
    /// When it was numbered.
    pub numbered_at: Option<Timestamp>,
    /// Public verification token.
    pub token: Option<String>,
    /// SHA-256 of the file.
    pub sha256: Option<String>,
    /// Media type of the file.
    pub media_type: Option<String>,
    /// Size in bytes.
    pub size: Option<i64>,
    /// Detached signature.
    pub signature: Option<String>,
    /// Key that signed.
    pub key_id: Option<String>,
    /// When the file was there.
    pub issued_at: Option<Timestamp>,
    /// Last day of validity.
    pub valid_until: Option<String>,
    /// When it was declared void.
    pub revoked_at: Option<Timestamp>,
    /// Why.
    pub revoked_reason: Option<String>,
}

impl ResultRow {
    /// Reads a row of `services_result`.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id("id")?,
            case_id: row.id("case_id")?,
            code: row.text("code")?,
            title: row.text("title")?,
            agency: row.text("agency")?,
            signer_name: row.text("signer_name")?,
            signer_title: row.text("signer_title")?,
            signed_at: row.timestamp("signed_at")?,
            number: row.opt_text("number")?,
            numbered_at: row.opt_timestamp("numbered_at")?,
            token: row.opt_text("token")?,
            sha256: row.opt_text("sha256")?,
            media_type: row.opt_text("media_type")?,
            size: row.opt_integer("size")?,
            signature: row.opt_text("signature")?,
            key_id: row.opt_text("key_id")?,
            issued_at: row.opt_timestamp("issued_at")?,
            valid_until: row.opt_text("valid_until")?,
            revoked_at: row.opt_timestamp("revoked_at")?,
            revoked_reason: row.opt_text("revoked_reason")?,
        })
    }
}

/// A pause of a case's clock.
#[derive(Debug, Clone)]
pub struct PauseRow {
    /// Number within the case.
    pub seq: i64,
    /// `supplement`, `payment`, `consult` …
    pub reason: String,
    /// When the agency asked.
    pub asked_at: Timestamp,
    /// When the answer came.
    pub received_at: Option<Timestamp>,
    /// Whether the procedure's limit lets this reason stop the clock.
    pub counts: bool,
}

impl PauseRow {
    /// Reads a row of `services_case_pause`.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            seq: row.integer("seq")?,
            reason: row.text("reason")?,
            asked_at: row.timestamp("asked_at")?,
            received_at: row.opt_timestamp("received_at")?,
            counts: row.boolean("counts")?,
        })
    }
}
