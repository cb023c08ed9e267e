//! Keeping work files: opening, laying documents in, closing, handing over.

use super::model::{CaseFile, CaseFileForm, Entry, KEEPER, Laid, UNIT};
use super::rules::{self, FileAct, FileState};
use super::sql;
use crate::documents::access;
use crate::documents::drafting::moved_meanwhile;
use crate::documents::model::{Document, DocumentRecord};
use crate::documents::moving::Move;
use crate::documents::table::{Action, Given, State};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_kernel::id::Id;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_kernel::text;
use haidang_store::{AuditEntry, Filter, StoreError, args};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

/// The clause under which work files are kept.
const LEGAL_BASIS: &str = "30/2020/NĐ-CP Điều 28 đến Điều 31";

/// Which work files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[serde(default)]
pub struct WantedFiles {
    /// Year of the catalogue.
    pub year: Option<i64>,
    /// `open`, `closed`, `handed_over`.
    pub state: Option<String>,
    /// `due` = those to be handed over soon or late already; `mine` = kept by the reader.
    pub view: Option<String>,
}

fn missing() -> Problem {
    Problem::not_found("case_file_not_found", "no such work file for this reader")
}

fn keeps(file: &CaseFile, reader: &Reader<'_>) -> bool {
    let clerk = reader.actor.can_in(access::CLERK, &file.agency);
    let keeper = file.keeper == reader.actor.person.as_str() && reader.actor.can_in(access::DRAFT, &file.agency);
    keeper || clerk
}

fn reads(file: &CaseFile, reader: &Reader<'_>) -> bool {
    keeps(file, reader) || (file.rights == UNIT && reader.actor.can_in(access::READ_UNIT, &file.agency))
}

fn not_yours() -> Problem {
    Problem::forbidden("not_your_part", "the file is its keeper's and the clerk's")
}

impl OfficeRoom {
    fn checked_file(&self, form: &CaseFileForm) -> Result<[String; 3], Problem> {
        let mut problem = Problem::invalid("case_file_invalid", "something is missing or wrong");
        let notation = text::tidy(&form.notation);
        let title = text::tidy(&form.title);
        let description = text::tidy(&form.description);
        let mut limit = |field: &str, value: &str, most: usize, required: bool| {
            let length = value.chars().count();
            if required && length == 0 {
                problem.errors.push(haidang_kernel::problem::FieldError::new(field, "required"));
            } else if length > most {
                problem.errors.push(haidang_kernel::problem::FieldError::new(field, "too_long"));
            }
        };
        limit("notation", &notation, 20, true);
        limit("title", &title, 500, true);
        limit("description", &description, 500, false);
        if self.documents.retention(&form.retention).is_none() {
            problem = problem.field("retention", "required");
        }
        if ![UNIT, KEEPER].contains(&form.rights.as_str()) {
            problem = problem.field("rights", "required");
        }
        if problem.errors.is_empty() { Ok([notation, title, description]) } else { Err(problem) }
    }

    /// Opens a work file in this year's catalogue; whoever opens it keeps it.
    ///
    /// # Errors
    /// `case_file_invalid` with every wrong field, also when the notation is taken.
    pub async fn open_case_file(&self, reader: &Reader<'_>, form: &CaseFileForm) -> Result<String, Problem> {
        let [notation, title, description] = self.checked_file(form)?;
        let held = reader.actor.agencies_with(access::DRAFT);
        let found = if form.agency.is_empty() { held.first() } else { held.iter().find(|code| **code == form.agency) };
        let agency = found.ok_or_else(|| Problem::forbidden("not_allowed", "no post there allows this"))?;
        let id: Id<DocumentRecord> = self.ambient.new_id();
        let today = self.ambient.today();
        let values = args![
            &id,
            agency,
            i64::from(today.year()),
            notation.as_str(),
            title.as_str(),
            text::search_key(&title),
            form.retention.as_str(),
            form.rights.as_str(),
            description,
            reader.actor.person.as_str(),
            reader.actor.display_name.as_str(),
            today,
            self.ambient.now()
        ];
        let entry = AuditEntry::mutation("case_file.opened", reader.actor_ref(agency))
            .object("case_file", id.as_str())
            .request(reader.request_id)
            .because(LEGAL_BASIS, "lập hồ sơ công việc")
            .detail(json!({ "notation": notation, "retention": form.retention }));
        let (values, entry) = (&values, &entry);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    if tx.execute(sql::INSERT, values.clone()).await? == 0 {
                        let problem = Problem::invalid("case_file_invalid", "the notation is taken this year");
                        return Err(problem.field("notation", "taken"));
                    }
                    tx.audit(entry.clone()).await?;
                    Ok::<_, Problem>(())
                })
            })
            .await?;
        Ok(id.to_string())
    }

    /// A work file for somebody who may read it.
    ///
    /// # Errors
    /// `case_file_not_found`, also for a file of another organ.
    pub async fn case_file(&self, reader: &Reader<'_>, id: &str) -> Result<CaseFile, Problem> {
        let row = self.db.fetch_optional(sql::BY_ID, args![id]).await?.ok_or_else(missing)?;
        let file = CaseFile::read(&row)?;
        if reads(&file, reader) { Ok(file) } else { Err(missing()) }
    }

    /// A work file opened: recorded before it is answered.
    ///
    /// # Errors
    /// `case_file_not_found`.
    pub async fn open_to_read(&self, reader: &Reader<'_>, id: &str) -> Result<(CaseFile, Vec<Laid>), Problem> {
        let file = self.case_file(reader, id).await?;
        let entry = AuditEntry::read("case_file.read", reader.actor_ref(&file.agency))
            .object("case_file", id)
            .request(reader.request_id)
            .because(LEGAL_BASIS, "xem hồ sơ công việc");
        self.db.record_read(entry).await?;
        Ok((file, self.laid(id).await?))
    }

    pub(super) async fn laid(&self, id: &str) -> Result<Vec<Laid>, StoreError> {
        self.db.fetch_all(sql::DOCUMENTS, args![id]).await?.iter().map(Laid::read).collect()
    }

    /// Work files the reader may see, the newest year first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn list_case_files(
        &self,
        reader: &Reader<'_>,
        wanted: &WantedFiles,
    ) -> Result<Vec<CaseFile>, StoreError> {
        let me = reader.actor.person.as_str();
        let mut filter = Filter::select(sql::LIST)
            .and_in("agency", reader.actor.agencies())
            .and_some("year = ?", wanted.year)
            .and_some("state = ?", wanted.state.as_deref().and_then(FileState::parse).map(FileState::as_str));
        if wanted.view.as_deref() == Some("mine") {
            filter = filter.and("keeper = ?", args![me]);
        }
        if wanted.view.as_deref() == Some("due") {
            let last = self.ambient.today().saturating_add(jiff::Span::new().days(self.documents.remind_days));
            filter = filter.and("state = 'closed' AND hand_over_by <= ?", args![last]);
        }
        let (statement, values) = filter.then("ORDER BY year DESC, notation, id LIMIT ?", args![500_i64]).build();
        let rows = self.db.fetch_all(statement, values).await?;
        let files: Vec<CaseFile> = rows.iter().map(CaseFile::read).collect::<Result<_, _>>()?;
        Ok(files.into_iter().filter(|file| reads(file, reader)).collect())
    }

    /// Lays a document in: an issued one of this organ by its number or id, or one that came by its id. An issued one
    /// counts as filed from then on.
    ///
    /// # Errors
    /// `case_file_closed`, `already_filed`, `not_your_part`, `document_unknown` with field `document`.
    pub async fn lay_into_file(&self, reader: &Reader<'_>, id: &str, what: &str) -> Result<(), Problem> {
        let file = self.case_file(reader, id).await?;
        if !keeps(&file, reader) {
            return Err(not_yours());
        }
        let what = what.trim();
        match self.issued_document(reader, &file.agency, what).await? {
            Some(document) => self.lay_issued(reader, &file, &document).await,
            None => self.lay_arrived(reader, &file, what).await,
        }
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
        let step = match document.state {
            State::Issued => {
                let ready = self.ready(reader, &document.id, document.revision, Action::File, Given::default()).await?;
                Some(ready.1)
            }
            // Filed before in another file, or withdrawn since: it is laid in as it stands.
            _ => None,
        };
        let moved = step.map(|step| Move::new(self, reader, document, step).words(&file.notation));
        self.lay(reader, file, &document.id, document.course.as_str(), entry, moved).await
    }

    async fn lay_arrived(&self, reader: &Reader<'_>, file: &CaseFile, what: &str) -> Result<(), Problem> {
        let unknown = || {
            let problem = Problem::invalid("document_unknown", "no such document of this organ, issued or registered");
            problem.field("document", "unknown")
        };
        let arrival = match self.arrival_of(reader, what).await {
            Ok(arrival) if arrival.agency == file.agency && arrival.arrival_number.is_some() => arrival,
            Ok(_) => return Err(unknown()),
            Err(problem) if problem.kind == ProblemKind::NotFound => return Err(unknown()),
            Err(problem) => return Err(problem),
        };
        let paper = self.arrival_file(reader, what, 0).await?;
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
        self.lay(reader, file, &arrival.id, "in", entry, None).await
    }

    async fn lay(
        &self,
        reader: &Reader<'_>,
        file: &CaseFile,
        document: &str,
        source: &str,
        entry: Entry,
        moved: Option<Move<'_>>,
    ) -> Result<(), Problem> {
        let id: Id<DocumentRecord> = self.ambient.new_id();
        let line = serde_json::to_value(&entry).map_err(|_| Problem::internal("a line of a list does not print"))?;
        let (person, now, key) = (reader.actor.person.as_str(), self.ambient.now(), file.id.as_str());
        let audit = self.file_audit(
            "case_file.document_added",
            reader,
            file,
            json!({ "document": document, "sha256": entry.sha256 }),
        );
        let (id, line, audit, moved) = (&id, &line, &audit, &moved);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    // The file first: its row is what two hands at once wait for.
                    if tx.execute(sql::TOUCH, args![key]).await? == 0 {
                        return Err(closed());
                    }
                    let next = tx.fetch_one(sql::NEXT_ORDINAL, args![key]).await?.integer("next")?;
                    if tx.execute(sql::LAY, args![id, key, document, source, next, line, person, now]).await? == 0 {
                        return Err(Problem::conflict("already_filed", "the document lies in this file already"));
                    }
                    if let Some(moved) = moved {
                        moved.write(tx).await?;
                    }
                    tx.audit(audit.clone()).await?;
                    Ok::<_, Problem>(())
                })
            })
            .await
    }

    /// Takes out a document that was laid in by mistake, while the file is open.
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
                    tx.audit(audit.clone()).await?;
                    Ok::<_, Problem>(())
                })
            })
            .await
    }

    /// What the reader may do with a file now.
    pub(super) fn file_acts(&self, reader: &Reader<'_>, file: &CaseFile) -> Vec<FileAct> {
        if !keeps(file, reader) {
            return Vec::new();
        }
        let held = file.legal_hold.is_some();
        FileAct::ALL.into_iter().filter(|act| act.from(file.state, held).is_some()).collect()
    }

    fn file_audit(
        &self,
        action: &'static str,
        reader: &Reader<'_>,
        file: &CaseFile,
        detail: serde_json::Value,
    ) -> AuditEntry {
        AuditEntry::mutation(action, reader.actor_ref(&file.agency))
            .object("case_file", &file.id)
            .request(reader.request_id)
            .because(LEGAL_BASIS, "quản lý hồ sơ công việc")
            .detail(detail)
    }

    /// Closes, reopens, hands over, holds, lifts the hold.
    ///
    /// # Errors
    /// `file_act_not_allowed`, `document_moved` when somebody was faster, `not_your_part`, `reason_required`,
    /// `case_file_empty` for a file without documents.
    pub async fn act_on_file(
        &self,
        reader: &Reader<'_>,
        id: &str,
        revision: i64,
        act: FileAct,
        words: &str,
    ) -> Result<(), Problem> {
        let file = self.case_file(reader, id).await?;
        if !keeps(&file, reader) {
            return Err(not_yours());
        }
        let words = text::tidy(words);
        let not_now = || Problem::conflict("file_act_not_allowed", "the file does not allow this now");
        let to = act.from(file.state, file.legal_hold.is_some()).ok_or_else(not_now)?;
        if act.asks_why() && words.is_empty() {
            return Err(Problem::invalid("reason_required", "say why").field("words", "required"));
        }
        let mut next = CaseFile { state: to, ..file.clone() };
        let today = self.ambient.today();
        let mut package = None;
        match act {
            FileAct::Close => {
                if self.laid(id).await?.is_empty() {
                    return Err(Problem::conflict("case_file_empty", "lay a document in before closing the file"));
                }
                let years = self.documents.retention(&file.retention).map_or(0, |class| class.years);
                next.closed_on = Some(today);
                next.destroy_from = rules::destroy_from(today, years);
                let obliged = rules::must_hand_over(years, self.documents.obligatory_years);
                next.hand_over_by = obliged.then(|| rules::hand_over_by(today, self.documents.hand_over_months));
            }
            FileAct::Reopen => (next.closed_on, next.destroy_from, next.hand_over_by) = (None, None, None),
            FileAct::HandOver => {
                let bytes = self.package(&file).await?;
                let stored = self.blobs.put_bytes(&bytes).await?;
                next.handed_over_on = Some(today);
                next.package_sha256 = Some(stored.sha256.clone());
                package = Some(stored);
            }
            FileAct::Hold => next.legal_hold = Some(words.clone()),
            FileAct::Lift => next.legal_hold = None,
        }
        let values = args![
            id,
            revision,
            next.state.as_str(),
            next.closed_on,
            next.hand_over_by,
            next.destroy_from,
            next.legal_hold,
            next.handed_over_on,
            next.package_sha256
        ];
        let audit = self.file_audit(
            act.audit(),
            reader,
            &file,
            json!({ "words": words, "package": package.as_ref().map(|blob| blob.sha256.clone()) }),
        );
        let (values, audit, package) = (&values, &audit, &package);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    if tx.execute(sql::MOVE, values.clone()).await? == 0 {
                        return Err(moved_meanwhile());
                    }
                    if let Some(blob) = package {
                        tx.keep_blob(blob).await?;
                    }
                    tx.audit(audit.clone()).await?;
                    Ok::<_, Problem>(())
                })
            })
            .await
    }
}

fn closed() -> Problem {
    Problem::conflict("case_file_closed", "the file is closed: reopen it first")
}

/// The name under which a package is saved.
pub(super) fn package_name(file: &CaseFile) -> String {
    format!("{}-{}.zip", file.notation.replace('/', "-"), file.year)
}
