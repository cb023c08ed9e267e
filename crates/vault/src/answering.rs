//! Complaints about accesses and their answers, for those who answer for the audit; and the accesses held back by law.

use crate::room::{LEGAL_BASIS, Reader, VaultRoom};
use crate::rules::ComplaintState;
use crate::sql;
use haidang_contracts::actor::PersonId;
use haidang_kernel::problem::Problem;
use haidang_kernel::text;
use haidang_store::{AuditEntry, Row, StoreError, args};
use jiff::Timestamp;
use serde_json::json;

/// Shown on one page.
const SHOWN: i64 = 200;
/// Longest answer.
const MOST_WORDS: usize = 2000;

/// A complaint about an access.
#[derive(Debug, Clone)]
pub struct Complaint {
    /// Id.
    pub id: String,
    /// Audit record it is about.
    pub audit_id: String,
    /// Who complained; stays out of pages of officials.
    pub(crate) owner: PersonId,
    /// Agency of whoever looked.
    pub agency: Option<String>,
    /// What was done.
    pub action: String,
    /// When it was done.
    pub access_at: Timestamp,
    /// When it was complained about.
    pub asked_at: Timestamp,
    /// Where it stands.
    pub state: ComplaintState,
    /// The answer.
    pub answer: Option<String>,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
}

impl Complaint {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        let state = ComplaintState::parse(&row.text("state")?);
        Ok(Self {
            id: row.text("id")?,
            audit_id: row.text("audit_id")?,
            owner: row.id("owner_id")?,
            agency: row.opt_text("agency")?,
            action: row.text("action")?,
            access_at: row.timestamp("access_at")?,
            asked_at: row.timestamp("asked_at")?,
            state: state.ok_or_else(|| StoreError::Corrupt("vault_access_question.state".to_owned()))?,
            answer: row.opt_text("answer")?,
            answered_at: row.opt_timestamp("answered_at")?,
        })
    }
}

/// An access that the person sees from a later day.
#[derive(Debug, Clone)]
pub struct HeldBack {
    /// Audit record.
    pub audit_id: String,
    /// Agency of whoever looked.
    pub agency: Option<String>,
    /// Code of the purpose.
    pub purpose: String,
    /// The clause that allows the delay.
    pub legal_basis: String,
    /// When it was looked at.
    pub at: Timestamp,
    /// From when the person sees it.
    pub visible_from: Timestamp,
}

impl VaultRoom {
    /// Complaints of everybody, the open ones first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn complaints(&self) -> Result<Vec<Complaint>, StoreError> {
        self.inner().db.fetch_all(sql::COMPLAINTS, args![SHOWN]).await?.iter().map(Complaint::read).collect()
    }

    /// One complaint.
    ///
    /// # Errors
    /// `complaint_not_found`.
    pub async fn complaint(&self, id: &str) -> Result<Complaint, Problem> {
        let row = self.inner().db.fetch_optional(sql::COMPLAINT, args![id]).await?;
        let row = row.ok_or_else(|| Problem::not_found("complaint_not_found", "no such complaint"))?;
        Ok(Complaint::read(&row)?)
    }

    /// Answers a complaint; the person reads the answer beside the access.
    ///
    /// # Errors
    /// `complaint_not_found`, `answer_invalid`, `complaint_closed`.
    pub async fn answer_complaint(
        &self,
        reader: &Reader<'_>,
        id: &str,
        upheld: bool,
        words: &str,
    ) -> Result<(), Problem> {
        let complaint = self.complaint(id).await?;
        let words = text::tidy(words);
        if words.is_empty() || words.chars().count() > MOST_WORDS {
            let problem = Problem::invalid("answer_invalid", "an answer has words");
            return Err(problem.field("answer", if words.is_empty() { "required" } else { "too_long" }));
        }
        let state = if upheld { ComplaintState::Upheld } else { ComplaintState::Justified };
        let number = self.personal_number(&complaint.owner).await?;
        let entry = AuditEntry::mutation("vault.access_answered", reader.actor_ref())
            .object("audit_record", &complaint.audit_id)
            .request(reader.request_id)
            .because(LEGAL_BASIS, "trả lời khiếu nại về một lần truy cập")
            .subjects(number)
            .detail(json!({ "complaint": id, "state": state.as_str() }));
        let values = args![id, state.as_str(), words, reader.actor.person.as_str(), self.inner().ambient.now()];
        let moved = self
            .inner()
            .db
            .transaction(move |tx| {
                let (values, entry) = (values.clone(), entry.clone());
                Box::pin(async move {
                    if tx.execute(sql::ANSWER_QUESTION, values).await? == 0 {
                        return Ok(false);
                    }
                    tx.audit(entry).await?;
                    Ok::<_, StoreError>(true)
                })
            })
            .await?;
        if moved { Ok(()) } else { Err(Problem::conflict("complaint_closed", "it was answered before")) }
    }

    /// Accesses that people see later.
    ///
    /// # Errors
    /// What the database says.
    pub async fn held_back(&self) -> Result<Vec<HeldBack>, StoreError> {
        let rows = self.inner().db.fetch_all(sql::DELAYED, args![SHOWN]).await?;
        rows.iter()
            .map(|row| {
                Ok(HeldBack {
                    audit_id: row.text("audit_id")?,
                    agency: row.opt_text("agency")?,
                    purpose: row.text("purpose")?,
                    legal_basis: row.text("legal_basis")?,
                    at: row.timestamp("at")?,
                    visible_from: row.timestamp("visible_from")?,
                })
            })
            .collect()
    }
}
