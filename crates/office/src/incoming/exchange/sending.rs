//! What goes out: issued documents to organs outside, what became of them later, and statuses of what came from outside.

use super::{ROUND, file_problem};
use crate::documents::{Document, State};
use crate::incoming::model::Arrival;
use crate::incoming::sql;
use crate::room::OfficeRoom;
use haidang_contracts::interconnection::{
    ExchangeAct, ExchangeDocument, ExchangeFile, ExchangeMessage, ExchangeOrgan, ExchangeReference, ExchangeStatus,
    Messages,
};
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_store::{ActorRef, AuditEntry, Row, args};
use jiff::civil::DateTime;
use serde::Deserialize;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

enum MessageRow {}

/// What a status that waits says.
#[derive(Deserialize)]
struct Said {
    code: String,
    reason: Option<String>,
    at: i64,
}

/// One receiver outside, as the dispatch names it.
struct Outside {
    dispatch: String,
    document: String,
    organ: ExchangeOrgan,
}

/// What is sent about a dispatch: its kind, the key under which it goes out once, the sender, the document that the
/// message itself names.
struct Going {
    kind: &'static str,
    key: &'static str,
    agency: String,
    document: ExchangeDocument,
}

impl Outside {
    fn read(row: &Row) -> Result<Self, Problem> {
        Ok(Self {
            dispatch: row.text("id")?,
            document: row.text("document")?,
            organ: ExchangeOrgan { organ_id: row.text("to_organ_id")?, name: row.text("to_name")? },
        })
    }
}

/// The wall clock in whole seconds, as messages have it.
pub(super) fn wall(at: jiff::Timestamp) -> DateTime {
    let wall = time::civil(at);
    wall.with().subsec_nanosecond(0).build().unwrap_or(wall)
}

/// Lays a message out: whole or not at all, under its own name, so that writing it again makes no second one.
async fn lay_out(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Problem> {
    let (hidden, path) = (folder.join(format!(".{name}")), folder.join(name));
    let written = async {
        tokio::fs::write(&hidden, bytes).await?;
        tokio::fs::File::open(&hidden).await?.sync_all().await?;
        tokio::fs::rename(&hidden, &path).await
    };
    written.await.map_err(|error| file_problem(&path, &error))
}

impl OfficeRoom {
    /// Writes everything that waits; answers how many messages.
    pub(super) async fn send_messages(&self, messages: &Arc<dyn Messages>, folder: &Path) -> Result<usize, Problem> {
        let mut written = 0;
        let limit = i64::try_from(ROUND).unwrap_or(i64::MAX);
        for row in self.db.fetch_all(sql::WAITING_DISPATCHES, args![limit]).await? {
            written += usize::from(self.send_dispatched(messages, folder, &Outside::read(&row)?).await?);
        }
        for row in self.db.fetch_all(sql::CHANGED_DISPATCHES, args![limit]).await? {
            written += usize::from(self.send_change(messages, folder, &row).await?);
        }
        for row in self.db.fetch_all(sql::WAITING_MESSAGES, args![limit]).await? {
            written += usize::from(self.send_arrival_status(messages, folder, &row).await?);
        }
        Ok(written)
    }

    /// Our own organ as messages name it; `None` while the city does not know its OrganId.
    async fn organ_outside(&self, agency: &str) -> Result<Option<ExchangeOrgan>, Problem> {
        let Some(organ_id) = self.documents.organ_id(agency) else { return Ok(None) };
        let name = self.directory.agency(agency).await?.map_or_else(|| agency.to_owned(), |found| found.name_vi);
        Ok(Some(ExchangeOrgan { organ_id: organ_id.to_owned(), name }))
    }

    /// The message of an issued document, with the code of its organ; `None` when the sender has no OrganId or the
    /// document is not issued.
    async fn outgoing_message(
        &self,
        document: &str,
        to: &ExchangeOrgan,
    ) -> Result<Option<(String, ExchangeDocument)>, Problem> {
        let row = self.db.fetch_optional(crate::documents::sql::BY_ID, args![document]).await?;
        let Some(row) = row else { return Ok(None) };
        let document = Document::read(&row)?;
        let Some(from) = self.organ_outside(&document.agency).await? else { return Ok(None) };
        let (Some(number), Some(notation), Some(issued_on), Some(sha256)) =
            (document.code_number, document.code_notation.clone(), document.issued_on, document.file_sha256.clone())
        else {
            return Ok(None);
        };
        let paper = self.paper(&document).await?;
        let code = format!("{number:02}/{notation}");
        let kind = self.documents.kind(&document.kind).map(|kind| kind.name.vi.clone()).unwrap_or_default();
        let (form, post) = match paper.block.as_slice() {
            [] => (String::new(), document.signer_name.clone()),
            [post] => (String::new(), post.clone()),
            [form @ .., post] => (form.join(" "), post.clone()),
        };
        let file = ExchangeFile {
            name: format!("{}.pdf", code.replace('/', "-")),
            media_type: "application/pdf".to_owned(),
            bytes: self.blobs.bytes(&sha256).await?,
        };
        let message = ExchangeDocument {
            from,
            to: vec![to.clone()],
            document_id: document.id.clone(),
            code_number: format!("{number:02}"),
            code_notation: notation,
            place: self.documents.place(&document.agency).to_owned(),
            issued_on,
            kind_name: kind,
            subject: document.subject.clone(),
            signer_form: form,
            signer_post: post,
            signer_name: document.signer_name.clone(),
            due_on: document.due_on,
            urgency: u32::try_from(document.urgency).unwrap_or(0),
            pages: u32::try_from(paper.pages).ok(),
            act: ExchangeAct::New,
            about: Vec::new(),
            reason: String::new(),
            files: vec![file],
        };
        Ok(Some((document.agency, message)))
    }

    async fn send_dispatched(
        &self,
        messages: &Arc<dyn Messages>,
        folder: &Path,
        to: &Outside,
    ) -> Result<bool, Problem> {
        let Some((agency, document)) = self.outgoing_message(&to.document, &to.organ).await? else {
            return Ok(false);
        };
        let going = Going { kind: "document", key: "document", agency, document };
        self.write_about(messages, folder, to, going).await
    }

    /// What became of a document after it was sent. A recall carries the file of the document, for no message about a
    /// document may be without one; a replacement is the message of the document that now stands; an update is about the
    /// document that was sent and carries the corrigendum beside it.
    async fn send_change(&self, messages: &Arc<dyn Messages>, folder: &Path, row: &Row) -> Result<bool, Problem> {
        let to = &Outside::read(row)?;
        let (state, by_document) = (State::parse(&row.text("state")?), row.opt_text("by_document")?);
        let words = self.db.fetch_optional(sql::CHANGE_WORDS, args![to.document.as_str()]).await?;
        let reason = words.map(|row| row.text("words")).transpose()?.unwrap_or_default();
        let named = match (state, &by_document) {
            (Some(State::Replaced), Some(other)) => other,
            _ => &to.document,
        };
        let Some((agency, mut document)) = self.outgoing_message(named, &to.organ).await? else { return Ok(false) };
        let (kind, key) = match state {
            Some(State::Replaced) => {
                document.act = ExchangeAct::Replace;
                ("replace", "withdraw")
            }
            Some(State::Corrected) => {
                document.act = ExchangeAct::Update;
                if let Some(other) = &by_document
                    && let Some((_, corrigendum)) = self.outgoing_message(other, &to.organ).await?
                {
                    document.files.extend(corrigendum.files);
                }
                ("update", "update")
            }
            _ => {
                document.act = ExchangeAct::Recall;
                ("recall", "withdraw")
            }
        };
        document.reason = reason;
        document.about = vec![to.document.clone()];
        self.write_about(messages, folder, to, Going { kind, key, agency, document }).await
    }

    /// Writes a message about a dispatch and remembers that it went out.
    async fn write_about(
        &self,
        messages: &Arc<dyn Messages>,
        folder: &Path,
        to: &Outside,
        going: Going,
    ) -> Result<bool, Problem> {
        let Going { kind, key, agency, document } = going;
        let (now, named) = (self.ambient.now(), document.document_id.clone());
        let message = ExchangeMessage::Document(Box::new(document));
        let bytes = match messages.write(message, &agency, wall(now)).await {
            Ok(bytes) => bytes,
            Err(error) => {
                // What cannot be said in the form of the exchange, or signed, stays waiting, for a person to mend it.
                tracing::error!(dispatch = to.dispatch, error = %error, "a message is not written");
                return Ok(false);
            }
        };
        let name = format!("{key}-{}.edxml", to.dispatch);
        lay_out(folder, &name, &bytes).await?;
        let id: Id<MessageRow> = self.ambient.new_id();
        let values = args![
            &id,
            "out",
            format!("{key}/{}", to.dispatch),
            kind,
            "written",
            to.organ.organ_id.as_str(),
            to.dispatch.as_str(),
            named.as_str(),
            None::<String>,
            "{}",
            name.as_str(),
            None::<String>,
            now,
            now
        ];
        let entry = AuditEntry::mutation("office.message_written", ActorRef::system())
            .object("dispatch", &to.dispatch)
            .because(crate::incoming::changing::LEGAL_BASIS, "gửi văn bản liên thông")
            .detail(json!({ "kind": kind, "organ_id": to.organ.organ_id, "document": named }));
        let entry = &entry;
        self.db
            .transaction(|tx| {
                let values = values.clone();
                Box::pin(async move {
                    if tx.execute(sql::INSERT_MESSAGE, values).await? > 0 {
                        tx.audit(entry.clone()).await?;
                    }
                    tx.execute(sql::DISPATCH_SENT, args![to.dispatch.as_str(), now]).await?;
                    Ok::<_, Problem>(true)
                })
            })
            .await
    }

    /// A status of what came from outside.
    async fn send_arrival_status(
        &self,
        messages: &Arc<dyn Messages>,
        folder: &Path,
        row: &Row,
    ) -> Result<bool, Problem> {
        let (id, arrival) = (row.text("id")?, row.text("arrival_id")?);
        let said: Said = serde_json::from_str(&row.text("payload")?)
            .map_err(|error| Problem::internal(format!("payload of message {id}: {error}")))?;
        let arrival = Arrival::read(&self.db.fetch_one(sql::ONE, args![arrival]).await?)?;
        let (Some(from), Some(issued_on)) = (self.organ_outside(&arrival.agency).await?, arrival.details.issued_on)
        else {
            return Ok(false);
        };
        let message = ExchangeMessage::Status(ExchangeStatus {
            from,
            about: Some(ExchangeReference {
                organ_id: row.text("organ_id")?,
                code: arrival.details.code(),
                issued_on,
                document_id: arrival.document.clone().unwrap_or_default(),
            }),
            code: said.code,
            reason: said.reason.unwrap_or_default(),
            at: wall(time::from_micros(said.at)),
        });
        let now = self.ambient.now();
        let bytes = match messages.write(message, &arrival.agency, wall(now)).await {
            Ok(bytes) => bytes,
            Err(error) => {
                tracing::error!(message = id, error = %error, "a status is not written");
                return Ok(false);
            }
        };
        let name = format!("status-{id}.edxml");
        lay_out(folder, &name, &bytes).await?;
        self.db.execute(sql::MESSAGE_WRITTEN, args![id, name, now]).await?;
        Ok(true)
    }
}
