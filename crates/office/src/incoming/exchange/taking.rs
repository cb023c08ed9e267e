//! What comes in: documents of organs outside, what they take back or bring up to date, what they say of ours.

use super::sending::wall;
use super::{Exchanged, MOST_BYTES, ROUND, file_problem};
use crate::incoming::arriving::{MOST_FILES, NewArrival, NewFile};
use crate::incoming::changing::By;
use crate::incoming::model::{Arrival, Details, Notice};
use crate::incoming::rules::Channel;
use crate::incoming::sql;
use crate::room::OfficeRoom;
use haidang_contracts::ContractError;
use haidang_contracts::events::{DOCUMENT_STATUS, DocumentStatus};
use haidang_contracts::files::ScanVerdict;
use haidang_contracts::interconnection::{
    ExchangeAct, ExchangeDocument, ExchangeFile, ExchangeMessage, ExchangeStatus, Messages, ReadMessage,
};
use haidang_kernel::id::Id;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_kernel::time;
use haidang_store::args;
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;

enum MessageRow {}

/// What a message was, for the record of messages.
struct Known {
    key: String,
    kind: &'static str,
    organ_id: String,
    document_id: Option<String>,
    /// Of a status: the dispatch it is about, and what it says.
    said: Option<(String, String)>,
}

/// What the signature of a message proves, and whose name is in its certificate.
struct Envelope {
    signature: String,
    signer: Option<String>,
}

/// Whether a fault of the moment: the message stays for the next look.
fn is_passing(problem: &Problem) -> bool {
    matches!(problem.kind, ProblemKind::Internal | ProblemKind::Unavailable)
}

fn refused(detail: impl Into<String>) -> Problem {
    Problem::invalid("message_refused", detail)
}

impl OfficeRoom {
    /// Takes everything that lies in the folder; each message is moved to `taken` or `refused` beneath it.
    pub(super) async fn take_messages(
        &self,
        messages: &Arc<dyn Messages>,
        folder: &Path,
    ) -> Result<Exchanged, Problem> {
        let mut done = Exchanged::default();
        for path in listed(folder).await? {
            match self.take_exchanged(messages, &path).await {
                Ok(()) => {
                    put_away(&path, &folder.join("taken")).await?;
                    done.taken += 1;
                }
                Err(problem) if is_passing(&problem) => {
                    tracing::warn!(code = problem.code, detail = problem.detail, "a message waits for the next look");
                    done.waiting += 1;
                }
                Err(problem) => {
                    tracing::warn!(code = problem.code, detail = problem.detail, "a message is put aside");
                    self.note_exchange_refused(&path, &problem).await?;
                    put_away(&path, &folder.join("refused")).await?;
                    done.refused += 1;
                }
            }
        }
        Ok(done)
    }

    async fn take_exchanged(&self, messages: &Arc<dyn Messages>, path: &Path) -> Result<(), Problem> {
        let known = tokio::fs::metadata(path).await.map_err(|error| file_problem(path, &error))?;
        if known.len() > MOST_BYTES {
            return Err(refused("longer than 300 MB"));
        }
        let bytes = tokio::fs::read(path).await.map_err(|error| file_problem(path, &error))?;
        let read = match messages.read(bytes).await {
            Ok(read) => read,
            Err(ContractError::Refused { detail, .. }) => return Err(refused(detail)),
            Err(error) => return Err(error.into()),
        };
        let ReadMessage { message, signature, signer, remarks } = read;
        let note = (!remarks.is_empty()).then(|| remarks.join("; "));
        // A new document is taken all the same, so that the clerk sees what is wrong and returns it. What changes
        // something that is here already is not.
        let new = matches!(&message, ExchangeMessage::Document(document) if document.act == ExchangeAct::New);
        if !new && matches!(signature.as_str(), "invalid" | "untrusted") {
            return Err(refused(format!("its signature does not hold: {signature}")));
        }
        match message {
            ExchangeMessage::Document(document) => {
                self.take_exchanged_document(*document, Envelope { signature, signer }, note).await
            }
            ExchangeMessage::Status(status) => self.take_exchanged_status(status, note).await,
        }
    }

    async fn take_exchanged_document(
        &self,
        document: ExchangeDocument,
        envelope: Envelope,
        note: Option<String>,
    ) -> Result<(), Problem> {
        let named = &document.document_id;
        let code = format!("{}/{}", document.code_number, document.code_notation);
        // Some systems leave the identifier out: then the document is known by what it says of itself.
        let id = if named.is_empty() {
            format!("{},{},{code}", document.from.organ_id, document.issued_on.strftime("%Y/%m/%d"))
        } else {
            named.clone()
        };
        let organs = &self.documents.organs;
        let ours = |organ_id: &str| organs.iter().find(|one| one.organ_id.as_deref() == Some(organ_id));
        let agencies: Vec<String> =
            document.to.iter().filter_map(|to| ours(&to.organ_id)).map(|one| one.agency.clone()).collect();
        if agencies.is_empty() {
            return Err(refused("none of its receivers is an organ of this city"));
        }
        let kind = match document.act {
            ExchangeAct::New => "document",
            ExchangeAct::Recall => "recall",
            ExchangeAct::Update => "update",
            ExchangeAct::Replace => "replace",
        };
        // A recall carries the file that is here already.
        let files = match document.act {
            ExchangeAct::Recall => Vec::new(),
            _ => self.keep_exchanged_files(&document.files).await?,
        };
        if document.act != ExchangeAct::New {
            for agency in &agencies {
                self.take_exchanged_notice(agency, &document, &id, &files).await?;
            }
        }
        if matches!(document.act, ExchangeAct::New | ExchangeAct::Replace) {
            for agency in &agencies {
                let new = arrival_of(agency, &document, &id, &envelope, &files);
                self.take_in(&By::system(), &new, false).await?;
            }
        }
        let known = Known {
            key: format!("{kind}/{}/{id}/{}", document.from.organ_id, document.about.join(",")),
            kind,
            organ_id: document.from.organ_id.clone(),
            document_id: Some(id),
            said: None,
        };
        self.note_exchanged(&known, "taken", note).await
    }

    /// What a sender takes back, brings up to date or replaces. What never came here is nothing to cancel. The files of
    /// an update are laid beside those that came first.
    async fn take_exchanged_notice(
        &self,
        agency: &str,
        document: &ExchangeDocument,
        id: &str,
        files: &[NewFile],
    ) -> Result<(), Problem> {
        let kind = match document.act {
            ExchangeAct::Recall => "recall",
            ExchangeAct::Replace => "replace",
            ExchangeAct::Update | ExchangeAct::New => "corrigendum",
        };
        let notice = Notice {
            kind: kind.to_owned(),
            reason: document.reason.clone(),
            document: (document.act == ExchangeAct::Replace).then(|| id.to_owned()),
        };
        for about in &document.about {
            for row in self.db.fetch_all(sql::BY_DOCUMENT, args![agency, about.as_str()]).await? {
                let arrival = Arrival::read(&row)?;
                // Only who sent a document takes it back.
                if arrival.from_organ.as_deref() == Some(document.from.organ_id.as_str()) {
                    let more = if document.act == ExchangeAct::Update { files } else { &[] };
                    self.note_withdrawal(&arrival.id, &notice, more).await?;
                }
            }
        }
        Ok(())
    }

    /// Scans and keeps the files of a message.
    async fn keep_exchanged_files(&self, files: &[ExchangeFile]) -> Result<Vec<NewFile>, Problem> {
        if files.len() > MOST_FILES {
            return Err(refused("too many files"));
        }
        let mut kept = Vec::with_capacity(files.len());
        for file in files {
            self.scan_attachment(&file.bytes).await?;
            let stored = self.blobs.put_bytes(&file.bytes).await?;
            // The bytes decide what a file is, not its message.
            let media_type = if file.bytes.starts_with(b"%PDF-") {
                "application/pdf"
            } else if file.media_type == "application/pdf" {
                "application/octet-stream"
            } else {
                file.media_type.as_str()
            };
            kept.push(NewFile {
                sha256: stored.sha256,
                name: file.name.clone(),
                media_type: media_type.to_owned(),
                size: i64::try_from(stored.size).unwrap_or(i64::MAX),
            });
        }
        Ok(kept)
    }

    async fn scan_attachment(&self, bytes: &[u8]) -> Result<(), Problem> {
        let path = self.blobs.root().join("incoming").join(self.ambient.token());
        tokio::fs::write(&path, bytes).await.map_err(|error| file_problem(&path, &error))?;
        let verdict = self.scanner.scan(&path).await;
        tokio::fs::remove_file(&path).await.map_err(|error| file_problem(&path, &error))?;
        match verdict? {
            ScanVerdict::Clean => Ok(()),
            ScanVerdict::Infected(found) => Err(refused(format!("an attachment is harmful: {found}"))),
        }
    }

    /// What an organ outside says of a document of ours: told to whoever sent it, as a status of its dispatch.
    async fn take_exchanged_status(&self, status: ExchangeStatus, note: Option<String>) -> Result<(), Problem> {
        let Some(about) = &status.about else { return Err(refused("a status that names no document")) };
        let organ = status.from.organ_id.as_str();
        let row = self.db.fetch_optional(sql::SENT_TO, args![about.document_id.as_str(), organ]).await?;
        let Some(row) = row else { return Err(refused("a status of a document that was not sent to this organ")) };
        let dispatch = row.text("dispatch")?;
        let told = DocumentStatus {
            dispatch: dispatch.clone(),
            status: status.code.clone(),
            at: time::at(status.at).as_microsecond(),
            reason: Some(status.reason.clone()).filter(|reason| !reason.is_empty()),
        };
        let key = format!("status/{organ}/{}/{}/{}", about.document_id, status.code, wall(time::at(status.at)));
        let known = Known {
            key,
            kind: "status",
            organ_id: organ.to_owned(),
            document_id: Some(about.document_id.clone()),
            said: Some((
                dispatch.clone(),
                serde_json::json!({ "code": told.status, "reason": told.reason }).to_string(),
            )),
        };
        let values = self.exchange_values(&known, "taken", note);
        let (told, dispatch) = (&told, dispatch.as_str());
        self.db
            .transaction(|tx| {
                let values = values.clone();
                Box::pin(async move {
                    if tx.execute(sql::INSERT_MESSAGE, values).await? > 0 {
                        tx.emit(DOCUMENT_STATUS, dispatch, told).await?;
                    }
                    Ok::<_, Problem>(())
                })
            })
            .await
    }

    fn exchange_values(&self, known: &Known, state: &str, note: Option<String>) -> Vec<haidang_store::Value> {
        let (id, now): (Id<MessageRow>, _) = (self.ambient.new_id(), self.ambient.now());
        let (dispatch, payload) = match &known.said {
            Some((dispatch, payload)) => (Some(dispatch.clone()), payload.as_str()),
            None => (None, "{}"),
        };
        args![
            &id,
            "in",
            known.key.as_str(),
            known.kind,
            state,
            known.organ_id.as_str(),
            dispatch,
            known.document_id.clone(),
            None::<String>,
            payload,
            None::<String>,
            note,
            now,
            now
        ]
    }

    async fn note_exchanged(&self, known: &Known, state: &str, note: Option<String>) -> Result<(), Problem> {
        self.db.execute(sql::INSERT_MESSAGE, self.exchange_values(known, state, note)).await?;
        Ok(())
    }

    /// A message that was put aside, by the digest of its bytes, with the reason for an operator.
    async fn note_exchange_refused(&self, path: &Path, problem: &Problem) -> Result<(), Problem> {
        use tokio::io::AsyncReadExt as _;
        let mut file = tokio::fs::File::open(path).await.map_err(|error| file_problem(path, &error))?;
        let (mut digest, mut piece) = (Sha256::new(), vec![0_u8; 64 * 1024]);
        loop {
            let length = file.read(&mut piece).await.map_err(|error| file_problem(path, &error))?;
            if length == 0 {
                break;
            }
            digest.update(piece.get(..length).unwrap_or_default());
        }
        let key = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let known = Known { key, kind: "unreadable", organ_id: String::new(), document_id: None, said: None };
        self.note_exchanged(&known, "refused", Some(problem.detail.clone())).await
    }
}

fn arrival_of(
    agency: &str,
    document: &ExchangeDocument,
    id: &str,
    envelope: &Envelope,
    files: &[NewFile],
) -> NewArrival {
    let signer = [&document.signer_form, &document.signer_post, &document.signer_name];
    NewArrival {
        agency: agency.to_owned(),
        channel: Channel::Exchange,
        source_key: Some(format!("exchange/{}/{id}", document.from.organ_id)),
        dispatch: None,
        document: Some(id.to_owned()),
        from_organ: Some(document.from.organ_id.clone()),
        envelope: Some(envelope.signature.clone()),
        envelope_signer: envelope.signer.clone(),
        details: Details {
            from_name: document.from.name.clone(),
            code_number: document.code_number.clone(),
            code_notation: document.code_notation.clone(),
            issued_on: Some(document.issued_on),
            kind: kind_of(&document.kind_name),
            subject: document.subject.clone(),
            signer: signer.into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(", "),
            urgency: i64::from(document.urgency),
            pages: document.pages.map(i64::from),
            answer_by: document.due_on,
        },
        secrecy: 0,
        files: files.to_vec(),
    }
}

/// Messages name every kind; on paper an official letter has none.
fn kind_of(name: &str) -> String {
    if haidang_kernel::text::fold(name).trim() == "cong van" { String::new() } else { name.to_owned() }
}

/// Messages in a folder, by name, no more than one round takes. What begins with a dot is still being written.
async fn listed(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let fault = |error: std::io::Error| file_problem(folder, &error);
    let mut entries = tokio::fs::read_dir(folder).await.map_err(fault)?;
    let mut found = Vec::new();
    while let Some(entry) = entries.next_entry().await.map_err(fault)? {
        let name = entry.file_name().to_string_lossy().to_lowercase();
        let message = !name.starts_with('.') && (name.ends_with(".edxml") || name.ends_with(".xml"));
        if message && entry.file_type().await.map_err(fault)?.is_file() {
            found.push(entry.path());
        }
    }
    found.sort();
    found.truncate(ROUND);
    Ok(found)
}

/// Moves a message into a folder, beside those that were there under its name.
async fn put_away(path: &Path, folder: &Path) -> Result<(), Problem> {
    let fault = |error: std::io::Error| file_problem(path, &error);
    tokio::fs::create_dir_all(folder).await.map_err(fault)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut target = folder.join(&name);
    let mut number = 1;
    while tokio::fs::try_exists(&target).await.map_err(fault)? {
        number += 1;
        target = folder.join(format!("{number}-{name}"));
    }
    tokio::fs::rename(path, &target).await.map_err(fault)
}
