//! Complaints about accesses and their answers, for those who answer for the audit; and the accesses held back by law.

use crate::room::{LEGAL_BASIS, Reader, VaultRoom};
use crate::rules::{self, ComplaintState};
use crate::sql;
use haidang_contracts::actor::PersonId;
use haidang_contracts::events::{ACCESS_ANSWERED, AccessAnswered};
use haidang_kernel::problem::Problem;
use haidang_kernel::text;
use haidang_store::{AuditEntry, Row, StoreError, args};
use jiff::Timestamp;
use serde_json::json;

/// Shown on one page.
const SHOWN: i64 = 200;
/// Longest answer.
const MOST_WORDS: usize = 2000;
/// What allows answering complaints about accesses of one's own agency.
pub(crate) const ANSWER: &str = "access.answer";
/// Who sees every complaint, and answers those that no agency can.
pub(crate) const AUDIT: &str = "audit.read";

fn missing() -> Problem {
    Problem::not_found("complaint_not_found", "no such complaint")
}

/// A complaint about an access.
#[derive(Debug, Clone)]
pub struct Complaint {
    /// Id.
    pub id: String,
    /// Audit record it is about.
    pub audit_id: String,
    /// Whose data it is about; stays out of pages of officials.
    pub(crate) owner: PersonId,
    /// The human who complained, the owner or whoever acts for them.
    pub(crate) asked_by: PersonId,
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
            asked_by: row.id("asked_by")?,
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

    /// The complaints that concern the reader: all of them for those who answer for the audit, else those about accesses
    /// of the agencies for which the reader answers.
    ///
    /// # Errors
    /// What the database says.
    pub async fn complaints_for(&self, reader: &Reader<'_>) -> Result<Vec<Complaint>, StoreError> {
        if reader.actor.can(AUDIT) {
            return self.complaints().await;
        }
        let mut all = Vec::new();
        for agency in reader.actor.agencies_with(ANSWER) {
            for row in self.inner().db.fetch_all(sql::COMPLAINTS_OF_AGENCY, args![agency, SHOWN]).await? {
                all.push(Complaint::read(&row)?);
            }
        }
        all.sort_by_key(|one| (one.state != ComplaintState::Open, std::cmp::Reverse(one.asked_at)));
        Ok(all)
    }

    /// One complaint that concerns the reader.
    ///
    /// # Errors
    /// `complaint_not_found`, also for somebody else's.
    pub async fn complaint_for(&self, reader: &Reader<'_>, id: &str) -> Result<Complaint, Problem> {
        let complaint = self.complaint(id).await?;
        let own = complaint.agency.as_deref().is_some_and(|agency| reader.actor.can_in(ANSWER, agency));
        if own || reader.actor.can(AUDIT) { Ok(complaint) } else { Err(missing()) }
    }

    /// Whether the reader is the one to answer: the agency that looked does, and the auditors where nobody there can.
    /// Nobody judges a look of their own.
    ///
    /// # Errors
    /// What the directory and the log say.
    pub async fn answers(&self, reader: &Reader<'_>, complaint: &Complaint) -> Result<bool, Problem> {
        let looked = self.inner().accesses.made_by(&complaint.audit_id).await?;
        if looked.as_ref() == Some(&reader.actor.person) {
            return Ok(false);
        }
        let held = match complaint.agency.as_deref() {
            Some(agency) => self.inner().directory.is_held(ANSWER, agency, looked.as_ref()).await?,
            None => false,
        };
        let (mine, audits) = (reader.actor.agencies_with(ANSWER), reader.actor.can(AUDIT));
        Ok(rules::may_answer(complaint.agency.as_deref(), held, &mine, audits))
    }

    /// One complaint.
    ///
    /// # Errors
    /// `complaint_not_found`.
    pub async fn complaint(&self, id: &str) -> Result<Complaint, Problem> {
        let row = self.inner().db.fetch_optional(sql::COMPLAINT, args![id]).await?;
        let row = row.ok_or_else(missing)?;
        Ok(Complaint::read(&row)?)
    }

    /// Answers a complaint; the person reads the answer beside the access, and is told that it is there.
    ///
    /// # Errors
    /// `complaint_not_found`, `not_the_answerer`, `answer_invalid`, `complaint_closed`.
    pub async fn answer_complaint(
        &self,
        reader: &Reader<'_>,
        id: &str,
        upheld: bool,
        words: &str,
    ) -> Result<(), Problem> {
        let complaint = self.complaint_for(reader, id).await?;
        if !self.answers(reader, &complaint).await? {
            return Err(Problem::conflict("not_the_answerer", "the agency that looked answers"));
        }
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
        let now = self.inner().ambient.now();
        let (complaint_id, to) = (id.to_owned(), complaint.asked_by.to_string());
        let event = AccessAnswered { complaint: complaint_id, to, at: now.as_microsecond() };
        let values = args![id, state.as_str(), words, reader.actor.person.as_str(), now];
        let moved = self
            .inner()
            .db
            .transaction(move |tx| {
                let (values, entry, event) = (values.clone(), entry.clone(), event.clone());
                Box::pin(async move {
                    if tx.execute(sql::ANSWER_QUESTION, values).await? == 0 {
                        return Ok(false);
                    }
                    tx.audit(entry).await?;
                    tx.emit(ACCESS_ANSWERED, &event.to, &event).await?;
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
