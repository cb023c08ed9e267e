//! What is laid into work files and taken out again: issued documents, documents that came, scanned papers, finished
//! tasks. Each line says what the paper was when it was laid in.

use super::keeping::{closed, keeps, not_yours};
use super::model::{CaseFile, Entry};
use super::rules::FileState;
use super::{WantedFiles, sql};
use crate::documents::access;
use crate::documents::model::{Document, DocumentRecord};
use crate::documents::moving::Move;
use crate::documents::table::{Action, Given, State};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_kernel::id::Id;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_store::{Stored, args};
use serde_json::json;

/// What changes beside the file when something is laid in.
enum Beside<'m> {
    /// Nothing.
    Nothing,
    /// An issued document counts as filed.
    Issued(Move<'m>),
    /// A document that came and was handled counts as filed.
    Arrived,
    /// A paper that was made for the file is kept.
    Made(Stored),
}

/// Something to be laid in.
struct Paper<'p> {
    id: &'p str,
    /// `out`, `internal`, `in`, `scan`, `task`.
    source: &'static str,
    entry: Entry,
}

fn unknown() -> Problem {
    let problem =
        Problem::invalid("document_unknown", "no such document of this organ, issued, registered or confirmed");
    problem.field("document", "unknown")
}

/// A problem of somebody who may not know that there is such a thing is one of the field.
fn or_unknown<T>(answer: Result<T, Problem>) -> Result<Option<T>, Problem> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(problem) if problem.kind == ProblemKind::NotFound => Ok(None),
        Err(problem) => Err(problem),
    }
}

impl OfficeRoom {
    /// Open work files of an organ that the reader keeps, for lists to choose from: id, and notation with title.
    ///
    /// # Errors
    /// What the database says.
    pub(crate) async fn open_case_files(
        &self,
        reader: &Reader<'_>,
        agency: &str,
    ) -> Result<Vec<(String, String)>, Problem> {
        let wanted = WantedFiles { state: Some(FileState::Open.as_str().to_owned()), ..WantedFiles::default() };
        let files = self.list_case_files(reader, &wanted).await?;
        let kept = files.into_iter().filter(|file| file.agency == agency && keeps(file, reader));
        Ok(kept.map(|file| (file.id, format!("{}/{} {}", file.notation, file.year, file.title))).collect())
    }

    /// The work files in which something lies: id, and notation with title.
    ///
    /// # Errors
    /// What the database says.
    pub(crate) async fn case_files_of(&self, document: &str) -> Result<Vec<(String, String)>, Problem> {
        let mut found = Vec::new();
        for row in self.db.fetch_all(sql::FILES_OF, args![document]).await? {
            let name = format!("{}/{} {}", row.text("notation")?, row.integer("year")?, row.text("title")?);
            found.push((row.text("id")?, name));
        }
        Ok(found)
    }

    /// An open work file of an organ that the reader keeps, by its id or by its notation (`01.TH`, `01.TH/2026`).
    ///
    /// # Errors
    /// `case_file_unknown` with field `work_file`.
    pub(crate) async fn named_case_file(
        &self,
        reader: &Reader<'_>,
        agency: &str,
        word: &str,
    ) -> Result<CaseFile, Problem> {
        let word = haidang_kernel::text::tidy(word);
        let wrong = |code: &'static str| {
            Problem::invalid("case_file_unknown", "no open work file of this organ that the caller keeps")
                .field("work_file", code)
        };
        if word.is_empty() {
            return Err(wrong("required"));
        }
        let files = self.list_case_files(reader, &WantedFiles::default()).await?;
        let named = |file: &CaseFile| {
            file.id == word || file.notation == word || format!("{}/{}", file.notation, file.year) == word
        };
        let fits = |file: &CaseFile| file.agency == agency && file.state == FileState::Open && keeps(file, reader);
        files.into_iter().find(|file| fits(file) && named(file)).ok_or_else(|| wrong("unknown"))
    }

    /// Lays something in: an issued document of this organ by its number or id, or by its id a document that came, a
    /// confirmed scan, or a finished task. Documents count as filed from then on.
    ///
    /// # Errors
    /// `case_file_closed`, `already_filed`, `not_your_part`, `document_unknown` with field `document`.
    pub async fn lay_into_file(&self, reader: &Reader<'_>, id: &str, what: &str) -> Result<(), Problem> {
        let file = self.case_file(reader, id).await?;
        if !keeps(&file, reader) {
            return Err(not_yours());
        }
        let what = what.trim();
        if let Some(document) = self.issued_document(reader, &file.agency, what).await? {
            return self.lay_issued(reader, &file, &document).await;
        }
        if or_unknown(self.arrival_of(reader, what).await)?.is_some() {
            return self.lay_arrived(reader, &file, what).await;
        }
        if or_unknown(self.scan_of(reader, what).await)?.is_some() {
            return self.lay_scanned(reader, &file, what).await;
        }
        self.lay_task(reader, &file, what).await
    }

    async fn issued_document(
        &self,
        reader: &Reader<'_>,
        agency: &str,
        what: &str,
    ) -> Result<Option<Document>, Problem> {
        use crate::documents::sql as documents;
        let code = what
            .split_once('/')
            .and_then(|(number, notation)| Some((number.trim().parse::<i64>().ok()?, notation.trim())));
        let rows = match code {
            Some((number, notation)) => self.db.fetch_all(documents::BY_CODE, args![agency, number, notation]).await?,
            None => self.db.fetch_all(documents::BY_ID, args![what]).await?,
        };
        let documents: Vec<Document> = rows.iter().map(Document::read).collect::<Result<_, _>>()?;
        let fits = |one: &Document| one.agency == agency && one.state.after_issue() && access::reads(one, reader.actor);
        Ok(documents.into_iter().find(fits))
    }

    async fn lay_issued(&self, reader: &Reader<'_>, file: &CaseFile, document: &Document) -> Result<(), Problem> {
        let paper = self.paper(document).await?;
        let organ = self.organ(&document.agency).await?;
        let kind = self.documents.kind(&document.kind).map(|kind| kind.name.vi.clone()).unwrap_or_default();
        let entry = Entry {
            type_name: kind,
            code_number: document.code_number.map(|number| format!("{number:02}")).unwrap_or_default(),
            code_notation: document.code_notation.clone().unwrap_or_default(),
            issued_date: document.issued_on.map(|day| day.to_string()).unwrap_or_default(),
            organ_name: organ.name_vi,
            subject: document.subject.clone(),
            page_amount: Some(paper.pages),
            sha256: paper.sha256,
            media_type: "application/pdf".to_owned(),
        };
        let beside = match document.state {
            State::Issued => {
                let ready = self.ready(reader, &document.id, document.revision, Action::File, Given::default()).await?;
                Beside::Issued(Move::new(self, reader, document, ready.1).words(&file.notation))
            }
            // Filed before in another file, or withdrawn since: it is laid in as it stands.
            _ => Beside::Nothing,
        };
        self.lay(reader, file, Paper { id: &document.id, source: document.course.as_str(), entry }, beside).await
    }

    /// Lays a registered document in; one that is handled counts as filed.
    pub(crate) async fn lay_arrived(&self, reader: &Reader<'_>, file: &CaseFile, id: &str) -> Result<(), Problem> {
        let arrival = self.arrival_of(reader, id).await?;
        if arrival.agency != file.agency || arrival.arrival_number.is_none() {
            return Err(unknown());
        }
        let paper = self.arrival_file(reader, id, 0).await?;
        let details = &arrival.details;
        let entry = Entry {
            type_name: details.kind.clone(),
            code_number: details.code_number.clone(),
            code_notation: details.code_notation.clone(),
            issued_date: details.issued_on.map(|day| day.to_string()).unwrap_or_default(),
            organ_name: details.from_name.clone(),
            subject: details.subject.clone(),
            page_amount: details.pages,
            sha256: paper.sha256,
            media_type: paper.media_type,
        };
        self.lay(reader, file, Paper { id: &arrival.id, source: "in", entry }, Beside::Arrived).await
    }

    /// Lays a confirmed scan in. One that became an incoming document lies there as that document.
    pub(crate) async fn lay_scanned(&self, reader: &Reader<'_>, file: &CaseFile, id: &str) -> Result<(), Problem> {
        let scan = self.scan_of(reader, id).await?;
        if let Some(arrival) = &scan.registered_as {
            return self.lay_arrived(reader, file, arrival).await;
        }
        let (Some(facts), None) = (&scan.facts, &scan.withdrawn) else { return Err(unknown()) };
        if scan.agency != file.agency {
            return Err(unknown());
        }
        let kind = self.scans.settings.kind(&facts.kind);
        let entry = Entry {
            type_name: kind.map(|kind| kind.name.text(haidang_ui::Lang::Vi).to_owned()).unwrap_or_default(),
            code_number: facts.code_number.clone(),
            code_notation: facts.code_notation.clone(),
            issued_date: facts.issued_on.map(|day| day.to_string()).unwrap_or_default(),
            organ_name: facts.organ.clone(),
            subject: facts.subject.clone(),
            page_amount: scan.pages,
            sha256: scan.sha256.clone(),
            media_type: scan.media_type.clone(),
        };
        self.lay(reader, file, Paper { id: &scan.id, source: "scan", entry }, Beside::Nothing).await
    }

    /// Lays a finished task in: a record of it as it ended, with its history and the digests of what proves its result.
    pub(crate) async fn lay_task(&self, reader: &Reader<'_>, file: &CaseFile, id: &str) -> Result<(), Problem> {
        let Some(record) = or_unknown(self.task_record(reader, id).await)? else { return Err(unknown()) };
        if ![&record.agency, &record.unit].contains(&&file.agency) {
            return Err(unknown());
        }
        let bytes = serde_json::to_vec_pretty(&record.content);
        let bytes = bytes.map_err(|_| Problem::internal("the record of a task does not print"))?;
        let stored = self.blobs.put_bytes(&bytes).await?;
        let entry = Entry {
            type_name: "Nhiệm vụ".to_owned(),
            code_number: record.code,
            code_notation: String::new(),
            issued_date: record.given_on.to_string(),
            organ_name: record.unit_name,
            subject: record.work,
            page_amount: None,
            sha256: stored.sha256.clone(),
            media_type: "application/json".to_owned(),
        };
        self.lay(reader, file, Paper { id, source: "task", entry }, Beside::Made(stored)).await
    }

    async fn lay(
        &self,
        reader: &Reader<'_>,
        file: &CaseFile,
        paper: Paper<'_>,
        beside: Beside<'_>,
    ) -> Result<(), Problem> {
        let Paper { id: document, source, entry } = paper;
        let id: Id<DocumentRecord> = self.ambient.new_id();
        let line = serde_json::to_value(&entry).map_err(|_| Problem::internal("a line of a list does not print"))?;
        let (person, now, key) = (reader.actor.person.as_str(), self.ambient.now(), file.id.as_str());
        let audit = self.file_audit(
            "case_file.document_added",
            reader,
            file,
            json!({ "document": document, "sha256": entry.sha256 }),
        );
        // What is no document has a word of its own beside the three that the first files knew.
        let (source, part) = match source {
            "scan" | "task" => ("internal", Some(source)),
            other => (other, None),
        };
        let (id, line, audit, beside) = (&id, &line, &audit, &beside);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    // The file first: its row is what two hands at once wait for.
                    if tx.execute(sql::TOUCH, args![key]).await? == 0 {
                        return Err(closed());
                    }
                    let next = tx.fetch_one(sql::NEXT_ORDINAL, args![key]).await?.integer("next")?;
                    let row = args![id, key, document, source, next, line, person, now, part];
                    let mut changed = tx.execute(sql::LAY, row).await? > 0;
                    match beside {
                        Beside::Nothing => {}
                        Beside::Issued(moved) if changed => moved.write(tx).await?,
                        Beside::Issued(_) => {}
                        // Laid in while it was worked on, it counts as filed once it is laid in again when handled.
                        Beside::Arrived => changed |= self.arrival_laid(tx, reader, document, &file.notation).await?,
                        Beside::Made(blob) => tx.keep_blob(blob).await?,
                    }
                    if !changed {
                        return Err(Problem::conflict("already_filed", "the document lies in this file already"));
                    }
                    tx.audit(audit.clone()).await?;
                    Ok::<_, Problem>(())
                })
            })
            .await
    }

    /// Takes out what was laid in by mistake, while the file is open. A document that came and lies in no other file is
    /// handled but not filed from then on.
    ///
    /// # Errors
    /// `case_file_closed`, `not_your_part`, `document_unknown`.
    pub async fn take_out_of_file(&self, reader: &Reader<'_>, id: &str, document: &str) -> Result<(), Problem> {
        let file = self.case_file(reader, id).await?;
        if !keeps(&file, reader) {
            return Err(not_yours());
        }
        let audit = self.file_audit("case_file.document_removed", reader, &file, json!({ "document": document }));
        let audit = &audit;
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    if tx.execute(sql::TOUCH, args![id]).await? == 0 {
                        return Err(closed());
                    }
                    if tx.execute(sql::TAKE_OUT, args![id, document]).await? == 0 {
                        let problem = Problem::invalid("document_unknown", "it does not lie in this file");
                        return Err(problem.field("document", "unknown"));
                    }
                    if tx.fetch_optional(sql::LIES_SOMEWHERE, args![document]).await?.is_none() {
                        self.arrival_taken_out(tx, reader, document).await?;
                    }
                    tx.audit(audit.clone()).await?;
                    Ok::<_, Problem>(())
                })
            })
            .await
    }
}
