//! Drafts: beginning one, saving versions, files that travel with it, remarks, and who reads what.

use super::access;
use super::content::{self, DraftForm};
use super::model::{Annex, Comment, Content, Dispatch, Document, DocumentRecord, Happened, Told, Version};
use super::moving::Move;
use super::sql;
use super::table::{Action, Given, State, judge};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_kernel::text;
use haidang_store::{AuditEntry, StoreError, Stored, Tx, Value, args};
use serde_json::json;

/// The clause under which documents are drafted.
pub(crate) const LEGAL_BASIS: &str = "30/2020/NĐ-CP Điều 10";
/// Longest remark, in characters.
const REMARK: usize = 4_000;
/// Most files that travel with one document.
const ANNEXES: usize = 20;

pub(super) fn missing() -> Problem {
    Problem::not_found("document_not_found", "no such document for this reader")
}

pub(super) fn moved_meanwhile() -> Problem {
    Problem::conflict("document_moved", "the document changed since the page was opened; open it again")
}

/// The agency in whose name somebody acts: the one asked for, else that of the first post with the right.
fn agency_for(reader: &Reader<'_>, asked: &str, capability: &str) -> Result<String, Problem> {
    let held = reader.actor.agencies_with(capability);
    let found = if asked.is_empty() { held.first() } else { held.iter().find(|code| *code == asked) };
    found.cloned().ok_or_else(|| Problem::forbidden("not_allowed", "no post there allows this"))
}

/// The statement that adds a version, with its values.
pub(super) struct NewVersion {
    values: Vec<Value>,
    blob: Stored,
}

impl NewVersion {
    pub(super) async fn write(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        tx.execute(sql::INSERT_VERSION, self.values.clone()).await?;
        tx.keep_blob(&self.blob).await
    }
}

impl OfficeRoom {
    /// The content as a file, and the row of the version.
    async fn new_version(
        &self,
        reader: &Reader<'_>,
        document: &str,
        number: i64,
        content: &Content,
        note: &str,
    ) -> Result<NewVersion, Problem> {
        let bytes = serde_json::to_vec(content).map_err(|_| Problem::internal("a draft does not serialise"))?;
        let blob = self.blobs.put_bytes(&bytes).await?;
        let id: Id<DocumentRecord> = self.ambient.new_id();
        let values = args![
            &id,
            document,
            number,
            blob.sha256.as_str(),
            content.source.as_ref().map(|source| source.sha256.clone()),
            text::tidy(note).chars().take(300).collect::<String>(),
            reader.actor.person.as_str(),
            reader.actor.display_name.as_str(),
            self.ambient.now()
        ];
        Ok(NewVersion { values, blob })
    }

    async fn understood(&self, agency: &str, form: &DraftForm) -> Result<Content, Problem> {
        let agencies = self.directory.agencies().await?;
        let staff = self.directory.staff(agency).await?;
        content::content(form, &self.documents, &agencies, &staff)
    }

    /// Begins a document and answers its id.
    ///
    /// # Errors
    /// `draft_invalid` with every wrong field, `secret_refused`, `not_allowed`.
    pub async fn draft_document(&self, reader: &Reader<'_>, form: &DraftForm) -> Result<String, Problem> {
        let agency = agency_for(reader, &form.agency, access::DRAFT)?;
        let content = self.understood(&agency, form).await?;
        self.begin(reader, &agency, &content, &form.note).await
    }

    /// Begins a document with a content that is understood already.
    pub(super) async fn begin(
        &self,
        reader: &Reader<'_>,
        agency: &str,
        content: &Content,
        note: &str,
    ) -> Result<String, Problem> {
        let id: Id<DocumentRecord> = self.ambient.new_id();
        let version = self.new_version(reader, id.as_str(), 1, content, note).await?;
        let values = args![
            &id,
            agency,
            content.course.as_str(),
            content.kind.as_str(),
            content.field.clone(),
            content.subject.as_str(),
            text::search_key(&content.subject),
            content.urgency,
            content.due_on,
            reader.actor.person.as_str(),
            reader.actor.display_name.as_str(),
            content.signer.as_str(),
            content.signer_name.as_str(),
            self.ambient.token(),
            self.ambient.now()
        ];
        let entry = AuditEntry::mutation("document.drafted", reader.actor_ref(agency))
            .object("office_document", id.as_str())
            .request(reader.request_id)
            .because(LEGAL_BASIS, "soạn thảo văn bản")
            .detail(json!({ "kind": content.kind, "content": version.blob.sha256 }));
        let found = self.findable_new(id.as_str(), agency, &reader.actor.person, content).await?;
        let (values, entry, version, found) = (&values, &entry, &version, &found);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    tx.execute(sql::INSERT, values.clone()).await?;
                    version.write(tx).await?;
                    found.write(tx).await?;
                    tx.audit(entry.clone()).await?;
                    Ok::<_, Problem>(())
                })
            })
            .await?;
        Ok(id.to_string())
    }

    /// Saves a new version; a document that was sent back is a draft again. Its files stay with it.
    ///
    /// # Errors
    /// As [`OfficeRoom::draft_document`]; `document_moved`, `transition_not_allowed`, `not_your_part`.
    pub async fn revise_document(
        &self,
        reader: &Reader<'_>,
        id: &str,
        revision: i64,
        form: &DraftForm,
    ) -> Result<(), Problem> {
        let document = self.document(reader, id).await?;
        let before = self.content(&document, document.version).await?;
        let mut content = self.understood(&document.agency, form).await?;
        (content.annexes, content.source) = (before.annexes, before.source);
        self.save_version(reader, &document, revision, &content, &form.note).await
    }

    /// Adds files to the draft, as a new version; one of them may be the source of its text.
    ///
    /// # Errors
    /// `too_many_files`, and as [`OfficeRoom::revise_document`].
    pub async fn attach_files(
        &self,
        reader: &Reader<'_>,
        id: &str,
        revision: i64,
        files: Vec<Annex>,
    ) -> Result<(), Problem> {
        let document = self.document(reader, id).await?;
        let mut content = self.content(&document, document.version).await?;
        for file in files {
            if !content.annexes.iter().any(|known| known.sha256 == file.sha256) {
                content.annexes.push(file);
            }
        }
        if content.annexes.len() > ANNEXES {
            let problem = Problem::invalid("too_many_files", format!("at most {ANNEXES} files travel with a document"));
            return Err(problem.field("files", "too_many_files"));
        }
        self.save_version(reader, &document, revision, &content, "").await
    }

    /// Takes a file out of the draft, as a new version; earlier versions keep it.
    ///
    /// # Errors
    /// `file_not_found`, and as [`OfficeRoom::revise_document`].
    pub async fn detach_file(&self, reader: &Reader<'_>, id: &str, revision: i64, sha256: &str) -> Result<(), Problem> {
        let document = self.document(reader, id).await?;
        let mut content = self.content(&document, document.version).await?;
        let before = content.annexes.len();
        content.annexes.retain(|file| file.sha256 != sha256);
        if content.annexes.len() == before {
            return Err(Problem::not_found("file_not_found", "the newest version has no such file"));
        }
        self.save_version(reader, &document, revision, &content, "").await
    }

    /// Takes the text of a word-processor file into a new version; the file stays with it.
    ///
    /// # Errors
    /// As [`OfficeRoom::revise_document`].
    pub async fn take_text(
        &self,
        reader: &Reader<'_>,
        id: &str,
        revision: i64,
        source: Annex,
        text: String,
    ) -> Result<(), Problem> {
        let document = self.document(reader, id).await?;
        let before = self.content(&document, document.version).await?;
        let note = source.name.clone();
        let content = Content { body: text, source: Some(source), ..before };
        self.save_version(reader, &document, revision, &content, &note).await
    }

    /// A file that travels with the document, in its newest version; the look is recorded.
    ///
    /// # Errors
    /// `document_not_found`, `file_not_found`.
    pub async fn read_annex(&self, reader: &Reader<'_>, id: &str, sha256: &str) -> Result<(Annex, Vec<u8>), Problem> {
        let document = self.document(reader, id).await?;
        let content = self.content(&document, document.version).await?;
        let found = content.annexes.into_iter().chain(content.source).find(|file| file.sha256 == sha256);
        let found = found.ok_or_else(|| Problem::not_found("file_not_found", "the newest version has no such file"))?;
        self.record_document_read(reader, &document, "document.file_read", Some(sha256)).await?;
        Ok((found, self.blobs.bytes(sha256).await?))
    }

    pub(super) async fn save_version(
        &self,
        reader: &Reader<'_>,
        document: &Document,
        revision: i64,
        content: &Content,
        note: &str,
    ) -> Result<(), Problem> {
        let step = judge(document.facts(), Action::Revise, Given::default()).map_err(super::moving::refused)?;
        super::moving::part_of(step, document, reader)?;
        if revision != document.revision {
            return Err(moved_meanwhile());
        }
        let number = document.version + 1;
        let version = self.new_version(reader, &document.id, number, content, note).await?;
        let mut files: Vec<Stored> = Vec::new();
        for file in content.annexes.iter().chain(content.source.as_ref()) {
            files.push(Stored { sha256: file.sha256.clone(), size: u64::try_from(file.size).unwrap_or_default() });
        }
        let values = args![
            document.id.as_str(),
            content.course.as_str(),
            content.kind.as_str(),
            content.field.clone(),
            content.subject.as_str(),
            text::search_key(&content.subject),
            content.urgency,
            content.due_on,
            content.signer.as_str(),
            content.signer_name.as_str(),
            number
        ];
        let moved = Move::new(self, reader, document, step).file(&version.blob.sha256);
        let found = self.findable(document, content).await?;
        let (moved, values, version, files, found) = (&moved, &values, &version, &files, &found);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    moved.write(tx).await?;
                    version.write(tx).await?;
                    for file in files {
                        tx.keep_blob(file).await?;
                    }
                    tx.execute(sql::REVISED, values.clone()).await?;
                    found.write(tx).await?;
                    Ok::<_, Problem>(())
                })
            })
            .await
    }

    /// A document, for somebody who may read it; nothing is recorded.
    pub(crate) async fn document(&self, reader: &Reader<'_>, id: &str) -> Result<Document, Problem> {
        let row = self.db.fetch_optional(sql::BY_ID, args![id]).await?.ok_or_else(missing)?;
        let document = Document::read(&row)?;
        if access::reads(&document, reader.actor) { Ok(document) } else { Err(missing()) }
    }

    /// A document opened: recorded before it is answered.
    ///
    /// # Errors
    /// `document_not_found`, also for a document of another organ.
    pub async fn open_document(&self, reader: &Reader<'_>, id: &str) -> Result<Document, Problem> {
        let document = self.document(reader, id).await?;
        self.record_document_read(reader, &document, "document.read", None).await?;
        Ok(document)
    }

    /// An issued document by the token of its QR code, for the public page that checks it: whoever holds the paper holds
    /// the token. Drafts have none to be found.
    ///
    /// # Errors
    /// What the database says.
    pub async fn issued_by_token(&self, token: &str) -> Result<Option<Document>, StoreError> {
        let row = self.db.fetch_optional(sql::BY_TOKEN, args![token]).await?;
        row.as_ref().map(Document::read).transpose()
    }

    /// Records a look at a document or at one of its files.
    pub(super) async fn record_document_read(
        &self,
        reader: &Reader<'_>,
        document: &Document,
        action: &'static str,
        sha256: Option<&str>,
    ) -> Result<(), Problem> {
        let entry = AuditEntry::read(action, reader.actor_ref(&document.agency))
            .object("office_document", &document.id)
            .request(reader.request_id)
            .because(LEGAL_BASIS, "xem văn bản trong công việc")
            .detail(json!({ "state": document.state.as_str(), "sha256": sha256 }));
        self.db.record_read(entry).await?;
        Ok(())
    }

    /// What a version says.
    ///
    /// # Errors
    /// `version_not_found`; what the store says.
    pub async fn content(&self, document: &Document, number: i64) -> Result<Content, Problem> {
        let row = self.db.fetch_optional(sql::VERSION, args![document.id.as_str(), number]).await?;
        let row = row.ok_or_else(|| Problem::not_found("version_not_found", "the document has no such version"))?;
        let version = Version::read(&row)?;
        let bytes = self.blobs.bytes(&version.content_sha256).await?;
        serde_json::from_slice(&bytes).map_err(|_| Problem::internal("a stored version cannot be read"))
    }

    /// Versions, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn versions(&self, document: &Document) -> Result<Vec<Version>, StoreError> {
        self.db.fetch_all(sql::VERSIONS, args![document.id.as_str()]).await?.iter().map(Version::read).collect()
    }

    /// The history, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn history(&self, document: &Document) -> Result<Vec<Happened>, StoreError> {
        self.db.fetch_all(sql::EVENTS, args![document.id.as_str()]).await?.iter().map(Happened::read).collect()
    }

    /// Receivers.
    ///
    /// # Errors
    /// What the database says.
    pub async fn dispatches(&self, document: &Document) -> Result<Vec<Dispatch>, StoreError> {
        self.db.fetch_all(sql::DISPATCHES, args![document.id.as_str()]).await?.iter().map(Dispatch::read).collect()
    }

    /// What was sent to organs outside about a document and what they said of it, in its order.
    ///
    /// # Errors
    /// What the database says.
    pub async fn told(&self, document: &Document) -> Result<Vec<Told>, StoreError> {
        self.db.fetch_all(sql::MESSAGES, args![document.id.as_str()]).await?.iter().map(Told::read).collect()
    }

    /// Remarks, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn comments(&self, document: &Document) -> Result<Vec<Comment>, StoreError> {
        self.db.fetch_all(sql::COMMENTS, args![document.id.as_str()]).await?.iter().map(Comment::read).collect()
    }

    /// Adds a remark about a version; whoever reads the document may, until it is signed.
    ///
    /// # Errors
    /// `comment_invalid`, `transition_not_allowed` once it is signed, `version_not_found`.
    pub async fn comment(&self, reader: &Reader<'_>, id: &str, version: i64, words: &str) -> Result<(), Problem> {
        let document = self.document(reader, id).await?;
        if !(1..=document.version).contains(&version) {
            return Err(Problem::not_found("version_not_found", "the document has no such version"));
        }
        let open = matches!(
            document.state,
            State::Draft | State::Returned | State::UnitReview | State::OfficeCheck | State::AwaitingSignature
        );
        if !open {
            return Err(super::moving::refused("transition_not_allowed"));
        }
        let words = text::nfc(words.trim());
        let problem = Problem::invalid("comment_invalid", "a remark has 1 to 4000 characters");
        match words.chars().count() {
            0 => return Err(problem.field("remark", "required")),
            length if length > REMARK => return Err(problem.field("remark", "too_long")),
            _ => {}
        }
        let remark: Id<DocumentRecord> = self.ambient.new_id();
        let actor = reader.actor;
        let now = self.ambient.now();
        let values = args![&remark, id, version, words, actor.person.as_str(), actor.display_name.as_str(), now];
        let entry = AuditEntry::mutation("document.commented", reader.actor_ref(&document.agency))
            .object("office_document", id)
            .request(reader.request_id)
            .because(LEGAL_BASIS, "góp ý dự thảo văn bản")
            .detail(json!({ "version": version, "comment": remark.as_str() }));
        let (values, entry) = (&values, &entry);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    tx.execute(sql::INSERT_COMMENT, values.clone()).await?;
                    tx.audit(entry.clone()).await?;
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        Ok(())
    }
}
