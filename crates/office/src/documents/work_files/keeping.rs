//! Keeping work files: opening, closing, handing over.

use super::model::{CaseFile, CaseFileForm, KEEPER, Laid, UNIT};
use super::rules::{self, FileAct, FileState};
use super::sql;
use crate::documents::access;
use crate::documents::drafting::moved_meanwhile;
use crate::documents::model::DocumentRecord;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
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

pub(super) fn keeps(file: &CaseFile, reader: &Reader<'_>) -> bool {
    let clerk = reader.actor.can_in(access::CLERK, &file.agency);
    let keeper = file.keeper == reader.actor.person.as_str() && reader.actor.can_in(access::DRAFT, &file.agency);
    keeper || clerk
}

fn reads(file: &CaseFile, reader: &Reader<'_>) -> bool {
    keeps(file, reader) || (file.rights == UNIT && reader.actor.can_in(access::READ_UNIT, &file.agency))
}

pub(super) fn not_yours() -> Problem {
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

    /// What the reader may do with a file now.
    pub(super) fn file_acts(&self, reader: &Reader<'_>, file: &CaseFile) -> Vec<FileAct> {
        if !keeps(file, reader) {
            return Vec::new();
        }
        let held = file.legal_hold.is_some();
        FileAct::ALL.into_iter().filter(|act| act.from(file.state, held).is_some()).collect()
    }

    pub(super) fn file_audit(
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

pub(super) fn closed() -> Problem {
    Problem::conflict("case_file_closed", "the file is closed: reopen it first")
}

/// The name under which a package is saved.
pub(super) fn package_name(file: &CaseFile) -> String {
    format!("{}-{}.zip", file.notation.replace('/', "-"), file.year)
}
