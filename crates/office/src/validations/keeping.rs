//! Judging a stored file for an official, and keeping what was found.

use super::model::{About, Validation, ValidationRow};
use super::rules::{self, Outcome};
use super::sql;
use crate::incoming::model::ArrivedFile;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_contracts::papers::JudgedFile;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_store::{ActorRef, AuditEntry, StoreError, Value, args};
use serde_json::json;
use sha2::{Digest as _, Sha256};

const PDF: &str = "application/pdf";
/// Under which clauses signatures are checked.
const LEGAL_BASIS: &str = "30/2020/NĐ-CP Điều 21";
/// Who reads the reports of an agency.
pub(super) const READ: &[&str] = &["document.read_unit", "document.clerk"];
/// Reports of one round of destruction.
const ROUND: i64 = 200;
/// Sorts after every id.
const LAST: &str = "~";

/// What an official wants judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A document that came, by its id: each of its PDF files.
    Arrival(String),
    /// An issued document, by its id.
    Document(String),
    /// Whatever has this code printed on it.
    Code(String),
}

/// One file to be judged.
pub(crate) struct Target {
    pub(crate) about: About,
    pub(crate) object: String,
    pub(crate) title: String,
    pub(crate) agency: String,
    /// SHA-256 of the file as it is stored.
    pub(crate) sha256: String,
}

/// A report about to be kept.
pub(crate) struct NewValidation {
    id: String,
    agency: String,
    sha256: String,
    outcome: Outcome,
    values: Vec<Value>,
}

impl NewValidation {
    /// The statement and its record, for a transaction of the caller.
    pub(crate) async fn write(
        &self,
        tx: &mut haidang_store::Tx<'_>,
        actor: ActorRef,
        request: &str,
    ) -> Result<(), StoreError> {
        tx.execute(sql::INSERT, self.values.clone()).await?;
        let answers = [self.outcome.integrity, self.outcome.identity, self.outcome.authority].map(|one| one.as_str());
        let entry = AuditEntry::mutation("validation.kept", ActorRef { agency: Some(self.agency.clone()), ..actor })
            .object("validation", &self.id)
            .request(request)
            .because(LEGAL_BASIS, "kiểm tra chữ ký số")
            .detail(json!({ "sha256": self.sha256, "answers": answers }));
        tx.audit(entry).await.map(drop)
    }
}

fn missing() -> Problem {
    Problem::not_found("validation_not_found", "no such report, or not for this reader")
}

impl OfficeRoom {
    /// Judges what is asked for and keeps a report about each file; ids of the reports, the main file first.
    ///
    /// # Errors
    /// `document_not_found`, `arrival_not_found`, `not_allowed`; `file_missing` for what was not issued or has no PDF;
    /// `file_unreadable`; what the authorities say.
    pub async fn validate(&self, reader: &Reader<'_>, asked: &Asked) -> Result<Vec<String>, Problem> {
        let targets = self.targets(reader, asked).await?;
        let mut reports = Vec::with_capacity(targets.len());
        for target in targets {
            let newest = self.archive.newest(&target.sha256).await?;
            let judged = self.signing.judge(&self.blobs.bytes(&newest).await?).await?;
            let target = Target { sha256: newest, ..target };
            let by = (reader.actor.person.as_str(), reader.actor.display_name.as_str());
            reports.push(self.new_validation(by, target, &judged).await?);
        }
        let (reports, actor) = (&reports, reader.actor_ref(""));
        self.db
            .transaction(|tx| {
                let actor = actor.clone();
                Box::pin(async move {
                    for report in reports {
                        report.write(tx, actor.clone(), reader.request_id).await?;
                    }
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        Ok(reports.iter().map(|report| report.id.clone()).collect())
    }

    async fn targets(&self, reader: &Reader<'_>, asked: &Asked) -> Result<Vec<Target>, Problem> {
        let none = || Problem::conflict("file_missing", "there is no signed file to judge");
        match asked {
            Asked::Arrival(id) => {
                let view = self.open_arrival(reader, id).await?;
                let title = format!("{} {}", view.arrival.details.code(), view.arrival.details.from_name);
                let pdf = |file: &&ArrivedFile| file.media_type == PDF;
                let target = |file: &ArrivedFile| Target {
                    about: About::Arrival,
                    object: id.clone(),
                    title: title.trim().to_owned(),
                    agency: view.arrival.agency.clone(),
                    sha256: file.sha256.clone(),
                };
                let found: Vec<Target> = view.files.iter().filter(pdf).map(target).collect();
                if found.is_empty() { Err(none()) } else { Ok(found) }
            }
            Asked::Document(id) => {
                let document = self.open_document(reader, id).await?;
                let (Some(sha256), Some(title), true) =
                    (document.file_sha256.clone(), document.code(), document.state.after_issue())
                else {
                    return Err(none());
                };
                let agency = document.agency.clone();
                Ok(vec![Target { about: About::Document, object: id.clone(), title, agency, sha256 }])
            }
            Asked::Code(code) => {
                let agency = reader.actor.agencies().into_iter().next();
                let agency = agency.ok_or_else(|| Problem::forbidden("not_allowed", "only officials keep reports"))?;
                Ok(vec![self.target_of_code(code.trim(), agency).await?.ok_or_else(none)?])
            }
        }
    }

    async fn target_of_code(&self, code: &str, agency: String) -> Result<Option<Target>, Problem> {
        use haidang_contracts::issued::IssuedPapers as _;
        if let Some(paper) = self.by_token(code).await? {
            let title = format!("{} {}", paper.code, paper.organ);
            return Ok(Some(Target { about: About::Document, object: paper.id, title, agency, sha256: paper.sha256 }));
        }
        let result = self.results.result_paper(code).await?;
        Ok(result.map(|paper| Target {
            about: About::Result,
            object: String::new(),
            title: paper.title,
            agency,
            sha256: paper.sha256,
        }))
    }

    /// A report about a judgement, time stamped, for a transaction of the caller; `by` is id and name of the official.
    pub(crate) async fn new_validation(
        &self,
        by: (&str, &str),
        target: Target,
        judged: &JudgedFile,
    ) -> Result<NewValidation, Problem> {
        let outcome = rules::outcome(judged);
        let text = serde_json::to_string(&judged.report).map_err(|_| Problem::internal("a report does not print"))?;
        // Without an authority the report is kept all the same; who reads it sees that it bears no stamp.
        let token = match self.signing.stamp(&Sha256::digest(text.as_bytes()).into()).await {
            Ok(token) => Some(token),
            Err(error) => {
                tracing::warn!(error = %error, "a report of validation was kept without a time stamp");
                None
            }
        };
        let id: Id<ValidationRow> = self.ambient.new_id();
        let keep_until = rules::keep_until(self.ambient.today(), self.validations.keep_years);
        let values = args![
            &id,
            target.about.as_str(),
            target.object.as_str(),
            target.title.as_str(),
            target.agency.as_str(),
            target.sha256.as_str(),
            outcome.integrity.as_str(),
            outcome.identity.as_str(),
            outcome.authority.as_str(),
            text,
            token,
            by.0,
            by.1,
            self.ambient.now(),
            keep_until
        ];
        Ok(NewValidation { id: id.to_string(), agency: target.agency, sha256: target.sha256, outcome, values })
    }

    /// One report, for staff of its agency, whoever had it made, and inspectors. The look is recorded.
    ///
    /// # Errors
    /// `validation_not_found`, also for whoever may not read it.
    pub async fn open_validation(&self, reader: &Reader<'_>, id: &str) -> Result<Validation, Problem> {
        let row = self.db.fetch_optional(sql::ONE, args![id]).await?.ok_or_else(missing)?;
        let found = Validation::read(&row)?;
        if !may_read(reader, &found) {
            return Err(missing());
        }
        let entry = AuditEntry::read("validation.read", reader.actor_ref(&found.agency))
            .object("validation", id)
            .request(reader.request_id)
            .because(LEGAL_BASIS, "xem báo cáo kiểm tra chữ ký số");
        self.db.record_read(entry).await?;
        Ok(found)
    }

    /// Reports before one, the newest first: about a file, or else of the reader's agency. Those the reader may not open
    /// are left out.
    ///
    /// # Errors
    /// What the database says.
    pub async fn validations(
        &self,
        reader: &Reader<'_>,
        file: Option<&str>,
        before: Option<&str>,
        limit: i64,
    ) -> Result<Vec<Validation>, Problem> {
        let before = before.unwrap_or(LAST);
        let rows = match file {
            Some(sha256) => self.db.fetch_all(sql::OF_FILE, args![sha256, before, limit]).await?,
            None => {
                let agency = READ.iter().flat_map(|right| reader.actor.agencies_with(right)).next();
                let Some(agency) = agency.or_else(|| reader.actor.agencies().into_iter().next()) else {
                    return Ok(Vec::new());
                };
                self.db.fetch_all(sql::OF_AGENCY, args![agency, before, limit]).await?
            }
        };
        let all: Vec<Validation> = rows.iter().map(Validation::read).collect::<Result<_, StoreError>>()?;
        Ok(all.into_iter().filter(|one| may_read(reader, one)).collect())
    }

    /// Destroys reports whose term is over; how many. Those about files under a legal hold stay.
    ///
    /// # Errors
    /// What the database says.
    pub async fn forget_validations(&self) -> Result<usize, Problem> {
        let rows = self.db.fetch_all(sql::OVER, args![self.ambient.today(), ROUND]).await?;
        for row in &rows {
            let (id, sha256) = (row.text("id")?, row.text("sha256")?);
            let entry = AuditEntry::mutation("validation.destroyed", ActorRef::system()).object("validation", &id);
            let entry = entry.detail(json!({ "sha256": sha256, "reason": "retention" }));
            self.db
                .transaction(move |tx| {
                    let (id, entry) = (id.clone(), entry.clone());
                    Box::pin(async move {
                        if tx.execute(sql::DELETE, args![id]).await? > 0 {
                            tx.audit(entry).await?;
                        }
                        Ok::<_, StoreError>(())
                    })
                })
                .await?;
        }
        Ok(rows.len())
    }
}

fn may_read(reader: &Reader<'_>, one: &Validation) -> bool {
    let staff = READ.iter().any(|right| reader.actor.can_in(right, &one.agency));
    staff || one.judged_by == reader.actor.person.as_str() || reader.actor.can(crate::authority::INSPECT)
}
