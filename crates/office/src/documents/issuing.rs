//! Issue and what may follow it: dispatch to each receiver, recall, replacement, corrigendum.

use super::drafting::LEGAL_BASIS;
use super::model::{Content, Course, Dispatch, Document, DocumentRecord, Recipient};
use super::moving::{Move, refused};
use super::sql;
use super::table::{Action, Given, Step};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use async_trait::async_trait;
use haidang_contracts::events::{DOCUMENT_DISPATCHED, DOCUMENT_WITHDRAWN, DocumentDispatched, DocumentWithdrawn};
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_store::jobs::{Handler, Job};
use haidang_store::outbox::Failure;
use haidang_store::{AuditEntry, Value, args};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Kind of the job that hands an issued file to the archive.
pub const KEEP_ISSUED: &str = "office.keep_issued";

/// Payload of the job.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Keep {
    pub(super) sha256: String,
}

/// Hands issued files to the archive: outside the transaction that issues, and again until it succeeds.
pub struct KeepIssued(pub OfficeRoom);

#[async_trait]
impl Handler for KeepIssued {
    fn kind(&self) -> &'static str {
        KEEP_ISSUED
    }

    async fn run(&self, job: &Job) -> Result<(), Failure> {
        let keep: Keep = job.read()?;
        let kept = self.0.archive.keep(&keep.sha256, "application/pdf").await;
        kept.map_err(|error| Failure::Later(error.to_string()))
    }
}

/// One receiver: the row, and the event when the organ is of this city.
struct Receiver {
    values: Vec<Value>,
    event: Option<DocumentDispatched>,
}

impl OfficeRoom {
    /// Issues a sealed document: every receiver gets its dispatch, organs of the city at once through the outbox.
    ///
    /// # Errors
    /// `transition_not_allowed`, `document_moved`, `not_your_part`, `officer_signature_missing`,
    /// `organ_signature_missing`, `number_missing`, `signature_invalid`.
    pub async fn issue_document(&self, reader: &Reader<'_>, id: &str, revision: i64) -> Result<(), Problem> {
        let (document, step) = self.ready(reader, id, revision, Action::Issue, Given::default()).await?;
        let content = self.content(&document, document.version).await?;
        let paper = self.paper(&document).await?;
        let organ = self.organ(&document.agency).await?;
        let appendix = self.record_of(&document, &paper).await?;
        let receivers = self.receivers(&document, &content, &organ.name_vi, &paper.sha256, paper.size)?;
        let moved = Move::new(self, reader, &document, step);
        let keep = Keep { sha256: paper.sha256.clone() };
        let now = self.ambient.now();
        let (moved, receivers, appendix, keep) = (&moved, &receivers, &appendix, &keep);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    moved.write(tx).await?;
                    tx.execute(sql::SET_RECORD, args![id, appendix]).await?;
                    for receiver in receivers {
                        tx.execute(sql::INSERT_DISPATCH, receiver.values.clone()).await?;
                        if let Some(event) = &receiver.event {
                            tx.emit(DOCUMENT_DISPATCHED, id, event).await?;
                        }
                    }
                    tx.enqueue(KEEP_ISSUED, id, keep, now).await?;
                    Ok::<_, Problem>(())
                })
            })
            .await
    }

    fn receivers(
        &self,
        document: &Document,
        content: &Content,
        from_name: &str,
        sha256: &str,
        size: i64,
    ) -> Result<Vec<Receiver>, Problem> {
        if document.course == Course::Internal {
            return Ok(Vec::new());
        }
        let (Some(number), Some(notation), Some(date)) =
            (document.code_number, document.code_notation.clone(), document.issued_on)
        else {
            return Err(refused("number_missing"));
        };
        let mut list = Vec::with_capacity(content.recipients.len());
        for (seq, one) in content.recipients.iter().enumerate() {
            let id: Id<DocumentRecord> = self.ambient.new_id();
            let (agency, organ_id) = match one {
                Recipient::City { agency, .. } => (Some(agency.clone()), None),
                Recipient::Organ { organ_id, .. } => (None, Some(organ_id.clone())),
                Recipient::Paper { .. } => (None, None),
            };
            let event = agency.clone().map(|to_agency| DocumentDispatched {
                dispatch: id.to_string(),
                document: document.id.clone(),
                from_agency: document.agency.clone(),
                from_name: from_name.to_owned(),
                to_agency,
                code_number: number,
                code_notation: notation.clone(),
                issued_on: date.to_string(),
                kind: document.kind.clone(),
                subject: document.subject.clone(),
                sha256: sha256.to_owned(),
                size,
                signer: document.signer_name.clone(),
                urgency: document.urgency,
                due_date: document.due_on.map(|day| day.to_string()),
            });
            let state = if event.is_some() { "sent" } else { "waiting" };
            let seq = i64::try_from(seq).unwrap_or(i64::MAX);
            let (key, now) = (document.id.as_str(), self.ambient.now());
            let values = args![&id, key, seq, one.channel(), agency, organ_id, one.name(), state, now];
            list.push(Receiver { values, event });
        }
        Ok(list)
    }

    /// Says that a paper copy was posted or handed over.
    ///
    /// # Errors
    /// `document_not_found`, `not_your_part`, `dispatch_not_waiting`.
    pub async fn dispatch_sent(&self, reader: &Reader<'_>, id: &str, dispatch: &str) -> Result<(), Problem> {
        let document = self.document(reader, id).await?;
        if !super::access::holds(super::table::Part::Clerk, &document, reader.actor) {
            return Err(Problem::forbidden("not_your_part", "dispatch is the clerk's"));
        }
        let entry = AuditEntry::mutation("document.dispatch_sent", reader.actor_ref(&document.agency))
            .object("office_document", id)
            .request(reader.request_id)
            .because(LEGAL_BASIS, "chuyển văn bản giấy")
            .detail(json!({ "dispatch": dispatch }));
        let (entry, now) = (&entry, self.ambient.now());
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    if tx.execute(sql::DISPATCH_SENT, args![dispatch, id, now]).await? == 0 {
                        return Err(Problem::conflict("dispatch_not_waiting", "this dispatch does not wait any more"));
                    }
                    tx.audit(entry.clone()).await?;
                    Ok::<_, Problem>(())
                })
            })
            .await
    }

    /// Recall, replacement or corrigendum of an issued document. Receivers of the city are told through the outbox.
    ///
    /// # Errors
    /// `transition_not_allowed`, `document_moved`, `not_your_part`, `reason_required`, `other_document_required`,
    /// `signature_invalid`.
    pub async fn withdraw_document(
        &self,
        reader: &Reader<'_>,
        id: &str,
        revision: i64,
        action: Action,
        reason: &str,
        by_document: Option<&str>,
    ) -> Result<(), Problem> {
        let kind = match action {
            Action::Recall => "recall",
            Action::Replace => "replace",
            Action::Correct => "corrigendum",
            _ => return Err(refused("transition_not_allowed")),
        };
        let found = match by_document.map(str::trim).filter(|id| !id.is_empty()) {
            Some(other) if other != id => self.issued_by_same(reader, id, other).await?,
            _ => None,
        };
        let given = Given { reason: !reason.trim().is_empty(), by_document: found.is_some() };
        let (document, step) = self.ready(reader, id, revision, action, given).await?;
        let dispatches = self.dispatches(&document).await?;
        self.write_withdrawal(reader, &document, step, kind, reason, found, &dispatches).await
    }

    /// The other document by its id or its number, when the same organ issued it and it stands.
    async fn issued_by_same(&self, reader: &Reader<'_>, id: &str, other: &str) -> Result<Option<String>, Problem> {
        let agency = self.document(reader, id).await?.agency;
        let by_number = other
            .split_once('/')
            .and_then(|(number, notation)| Some((number.trim().parse::<i64>().ok()?, notation.trim().to_owned())));
        let rows = match by_number {
            Some((number, notation)) => {
                self.db.fetch_all(sql::BY_CODE, args![agency.as_str(), number, notation]).await?
            }
            None => self.db.fetch_all(sql::BY_ID, args![other]).await?,
        };
        for row in &rows {
            let document = Document::read(row)?;
            let stands = document.state.after_issue() && document.state != super::table::State::Recalled;
            if document.agency == agency && stands && document.id != id {
                return Ok(Some(document.id));
            }
        }
        Ok(None)
    }

    #[allow(clippy::too_many_arguments)] // one transaction, told once; a struct would only be named here
    async fn write_withdrawal(
        &self,
        reader: &Reader<'_>,
        document: &Document,
        step: &'static Step,
        kind: &'static str,
        reason: &str,
        by_document: Option<String>,
        dispatches: &[Dispatch],
    ) -> Result<(), Problem> {
        let moved = Move::new(self, reader, document, step).words(reason);
        let event = |dispatch: &Dispatch| DocumentWithdrawn {
            dispatch: dispatch.id.clone(),
            document: document.id.clone(),
            kind: kind.to_owned(),
            reason: reason.trim().to_owned(),
            by_document: by_document.clone(),
        };
        let here = dispatches.iter().filter(|dispatch| dispatch.channel == "city");
        let events: Vec<DocumentWithdrawn> = here.map(event).collect();
        let (id, now) = (document.id.as_str(), self.ambient.now());
        let (moved, events, by_document) = (&moved, &events, &by_document);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    moved.write(tx).await?;
                    tx.execute(sql::SET_BY_DOCUMENT, args![id, by_document.clone()]).await?;
                    // A corrected document stays with its receivers; a recalled or replaced one does not.
                    if kind != "corrigendum" {
                        tx.execute(sql::DISPATCHES_WITHDRAWN, args![id, kind, now]).await?;
                    }
                    for event in events {
                        tx.emit(DOCUMENT_WITHDRAWN, id, event).await?;
                    }
                    Ok::<_, Problem>(())
                })
            })
            .await
    }
}
