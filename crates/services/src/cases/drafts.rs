//! Drafts: what a resident, or a clerk for the person in front of them, has typed so far. Saved with every page,
//! resumable on another device, forgotten after the pack's number of days.

use super::deciding::read_all;
use super::filing::strong_enough;
use super::mandate::within;
use super::row::{Document, DocumentRow, Draft, DraftRow};
use crate::form::apply;
use crate::model::Channel;
use crate::procedure::{Facts, Version};
use crate::service::Services;
use crate::sql;
use haidang_contracts::actor::{Actor, ActorKind, PersonId};
use haidang_contracts::identity::{Agency, PersonRecord};
use haidang_contracts::once_only::{Known, Occasion};
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_store::{ActorRef, AuditEntry, Stored, Tx, args};
use jiff::SignedDuration;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A draft with everything a page needs to show it.
pub struct DraftView {
    /// The row.
    pub row: DraftRow,
    /// The pinned procedure version.
    pub version: Arc<Version>,
    /// Whose case it will be.
    pub owner: PersonRecord,
    /// One-stop unit that receives, once chosen.
    pub receiving: Option<Agency>,
    /// Attached files.
    pub documents: Vec<DocumentRow>,
    /// What the conditions of the procedure are judged on.
    pub facts: Facts,
    /// What the registers said, by field key.
    pub known: BTreeMap<String, Known>,
}

/// How a draft begins.
#[derive(Debug, Clone)]
pub struct NewDraft {
    /// Procedure code.
    pub procedure: String,
    /// Channel.
    pub channel: Channel,
    /// Whose case it will be, when a clerk types for the person in front of them.
    pub owner: Option<PersonId>,
    /// The clerk's one-stop unit.
    pub agency: Option<String>,
    /// Id of the request.
    pub request_id: String,
}

/// A file to attach: its bytes already lie in the blob store, scanned and sniffed.
#[derive(Debug, Clone)]
pub struct NewDocument {
    /// Component id of the procedure.
    pub component: String,
    /// Name as the applicant knows it.
    pub file_name: String,
    /// Media type found in the bytes.
    pub media_type: String,
    /// Size in bytes.
    pub size: i64,
    /// SHA-256, hex.
    pub sha256: String,
    /// `uploaded`, `digitised` or `reused`.
    pub origin: &'static str,
    /// Vault item it was reused from.
    pub reused_from: Option<String>,
}

impl NewDocument {
    /// The file itself, as the blob store knows it.
    pub(super) fn stored(&self) -> Stored {
        Stored { sha256: self.sha256.clone(), size: u64::try_from(self.size).unwrap_or_default() }
    }
}

/// Marks a record as one of registers that were read for a form.
fn reading_of(owner: &PersonRecord, actor: &Actor, entry: AuditEntry) -> AuditEntry {
    let entry = entry
        .because("118/2025/NĐ-CP; 45/2020/NĐ-CP", "khai hồ sơ, dùng lại dữ liệu đã có")
        .subject(owner.personal_number());
    if owner.id == actor.person { entry.own() } else { entry }
}

/// The same words whether a draft does not exist, has expired, or is somebody else's.
fn draft_not_found() -> Problem {
    Problem::not_found("draft_not_found", "no such draft; drafts are kept for a limited time")
}

impl Services {
    /// Begins a draft in the version in force today.
    ///
    /// # Errors
    /// `procedure_not_found`, `channel_closed`, `portal_closed`, `not_your_unit`,
    /// `insufficient_user_authentication`.
    pub async fn start_draft(&self, actor: &Actor, new: NewDraft) -> Result<Id<Draft>, Problem> {
        let version = self.catalogue().in_force(&new.procedure, self.ambient.today()).ok_or_else(|| {
            Problem::not_found("procedure_not_found", "no procedure with this code is in force today")
        })?;
        if !version.procedure.channels.contains(&new.channel) {
            return Err(Problem::conflict(
                "channel_closed",
                format!("this procedure is not received by '{}'", new.channel),
            ));
        }
        let at_counter = new.agency.is_some();
        if let Some(agency) = &new.agency {
            if !actor.can_in("case.receive", agency) {
                return Err(Problem::forbidden("not_your_unit", "only a clerk of the unit receives there"));
            }
        } else if !self.settings.portal_open {
            return Err(Problem::conflict("portal_closed", "filing on this portal is switched off in this city"));
        }
        let actor = &within(actor, &new.procedure)?;
        strong_enough(actor, &version)?;
        let owner = match (&new.owner, at_counter) {
            (Some(owner), true) => owner.clone(),
            (None, false) => actor.subject().clone(),
            _ => {
                return Err(
                    Problem::invalid("owner_required", "name the person whose case it is").field("owner", "required")
                );
            }
        };
        let person = self
            .identity
            .person(&owner)
            .await?
            .ok_or_else(|| Problem::not_found("person_not_found", "no such person"))?;
        let facts = self.facts(&version, &json!({}), new.channel, &person, None);
        let id: Id<Draft> = self.ambient.new_id();
        let occasion =
            Occasion { procedure: new.procedure.clone(), issue: id.to_string(), acting: actor.person.clone() };
        let known = self.ask_registers(version.prefills(&facts), &person, &occasion).await?;
        let now = self.ambient.now();
        let expires = now + SignedDuration::from_hours(24 * self.settings.draft_days);
        let known_json = serde_json::to_string(&known).map_err(|e| Problem::internal(e.to_string()))?;
        let entry =
            AuditEntry::mutation("draft.started", ActorRef::of(actor, if at_counter { "counter" } else { "online" }))
                .object("draft", id.as_str())
                .request(&new.request_id)
                .detail(json!({ "procedure": new.procedure, "known": known.keys().collect::<Vec<_>>() }));
        let entry = reading_of(&person, actor, entry);
        let row = args![
            id.as_str(),
            version.id.as_str(),
            new.procedure.as_str(),
            actor.person.as_str(),
            owner.as_str(),
            new.agency.clone(),
            new.channel.as_str(),
            new.agency.clone(),
            "{}",
            known_json,
            "[]",
            now,
            expires
        ];
        self.db
            .transaction(move |tx| {
                let (row, entry) = (row.clone(), entry.clone());
                Box::pin(async move {
                    tx.execute(sql::draft::INSERT, row).await?;
                    tx.audit(entry).await?;
                    Ok::<_, Problem>(())
                })
            })
            .await?;
        Ok(id)
    }

    /// A draft for its owner, its author, or a clerk of the unit where it was begun.
    ///
    /// # Errors
    /// `draft_not_found`.
    pub async fn draft(&self, actor: &Actor, id: &Id<Draft>) -> Result<DraftView, Problem> {
        let row = self.db.fetch_optional(sql::draft::BY_ID, args![id.as_str()]).await?.ok_or_else(draft_not_found)?;
        let row = DraftRow::read(&row)?;
        let allowed = match &row.filed_at_agency {
            Some(agency) => actor.can_in("case.receive", agency),
            None => {
                actor.kind != ActorKind::Official
                    && (*actor.subject() == row.owner_id
                        || actor.kind == ActorKind::System && actor.person == row.filed_by)
            }
        };
        if !allowed || row.expires_at <= self.ambient.now() {
            return Err(draft_not_found());
        }
        // The mandate may have ended, or named another procedure, since the draft was begun.
        within(actor, &row.procedure_code)?;
        self.view_of(row).await
    }

    /// Completes a draft row to what pages and rules need.
    pub(super) async fn view_of(&self, row: DraftRow) -> Result<DraftView, Problem> {
        let version = self.version(&row.version_id)?;
        let owner = self.identity.person(&row.owner_id).await?.ok_or_else(draft_not_found)?;
        let receiving = match &row.receiving_agency {
            Some(code) => self.directory.agency(code).await?,
            None => None,
        };
        let documents = read_all(
            self.db.fetch_all(sql::draft::DOCUMENTS_OF_DRAFT, args![row.id.as_str()]).await?,
            DocumentRow::read,
        )?;
        let known: BTreeMap<String, Known> = serde_json::from_value(row.known.clone()).unwrap_or_default();
        let mut facts = self.facts(&version, &row.answers, row.channel, &owner, receiving.as_ref());
        facts.claimed.clone_from(&row.claimed);
        Ok(DraftView { row, version, owner, receiving, documents, facts, known })
    }

    /// What the conditions of a procedure are judged on, as of today.
    pub fn facts(
        &self,
        version: &Version,
        answers: &Json,
        channel: Channel,
        owner: &PersonRecord,
        agency: Option<&Agency>,
    ) -> Facts {
        let mut facts = Facts {
            form: answers.clone(),
            variant: None,
            channel,
            submitted_on: self.ambient.today(),
            applicant: applicant(owner),
            agency: agency
                .map(|a| json!({ "code": a.code, "kind": a.kind, "commune_code": a.commune_code, "name": a.name_vi }))
                .unwrap_or_else(|| json!({})),
            claimed: Vec::new(),
        };
        facts.variant = version.variant(&facts);
        facts
    }

    /// Saves the answers of one page. `done` says whether the page had no error; what was typed is kept either way.
    ///
    /// # Errors
    /// `draft_not_found`, `changed_elsewhere` when another device saved first, `too_large`.
    pub async fn save_answers(
        &self,
        actor: &Actor,
        id: &Id<Draft>,
        page: &str,
        patch: Map<String, Json>,
        done: bool,
        request_id: &str,
    ) -> Result<(), Problem> {
        let view = self.draft(actor, id).await?;
        let row = &view.row;
        let mut answers = row.answers.clone();
        apply(&mut answers, &patch);
        if answers.to_string().len() > 256 * 1024 {
            return Err(Problem::too_large("answers_too_large", "the answers of one form are limited to 256 KB"));
        }
        let (known, asked) = self.known_after(actor, &view, &mut answers, &patch).await?;
        let mut entry = AuditEntry::mutation("draft.saved", ActorRef::of(actor, row.channel.as_str()))
            .object("draft", id.as_str())
            .request(request_id);
        let mut detail = json!({ "page": page, "done": done });
        if let Some(fields) = asked {
            entry = reading_of(&view.owner, actor, entry);
            detail["known"] = json!(fields);
        }
        let entry = entry.detail(detail);
        let mut pages: Vec<String> = row.pages_done.iter().filter(|p| *p != page).cloned().collect();
        if done {
            pages.push(page.to_owned());
        }
        let known_json = serde_json::to_string(&known).map_err(|e| Problem::internal(e.to_string()))?;
        let now = self.ambient.now();
        let values = args![
            id.as_str(),
            row.revision,
            answers.to_string(),
            known_json,
            json!(pages).to_string(),
            now,
            now + SignedDuration::from_hours(24 * self.settings.draft_days)
        ];
        self.db
            .transaction(move |tx| {
                let (values, entry) = (values.clone(), entry.clone());
                Box::pin(async move {
                    if tx.execute(sql::draft::SAVE, values).await? == 0 {
                        return Err(Problem::conflict(
                            "changed_elsewhere",
                            "this draft was changed on another device; open it again",
                        ));
                    }
                    tx.audit(entry).await?;
                    Ok(())
                })
            })
            .await
    }

    /// Chooses the one-stop unit that receives. Procedures that any unit receives allow any of the city's.
    ///
    /// # Errors
    /// `draft_not_found`, `agency_unknown`.
    pub async fn choose_receiving(
        &self,
        actor: &Actor,
        id: &Id<Draft>,
        agency: &str,
        request_id: &str,
    ) -> Result<(), Problem> {
        let view = self.draft(actor, id).await?;
        if view.row.filed_at_agency.is_some() {
            return Err(Problem::conflict("unit_fixed", "a case at the counter is received by the counter's own unit"));
        }
        let agency = self
            .directory
            .agency(agency)
            .await?
            .ok_or_else(|| Problem::invalid("agency_unknown", "no such unit").field("agency", "unknown"))?;
        let values = args![id.as_str(), agency.code.as_str(), self.ambient.now()];
        let entry = AuditEntry::mutation("draft.unit_chosen", ActorRef::of(actor, "online"))
            .object("draft", id.as_str())
            .request(request_id)
            .detail(json!({ "agency": agency.code }));
        self.write(sql::draft::SET_RECEIVING, values, entry).await
    }

    /// Claims exemptions from fees; the official at intake checks the proof.
    ///
    /// # Errors
    /// `draft_not_found`, `exemption_unknown`.
    pub async fn claim_exemptions(
        &self,
        actor: &Actor,
        id: &Id<Draft>,
        claimed: &[String],
        request_id: &str,
    ) -> Result<(), Problem> {
        let view = self.draft(actor, id).await?;
        let known: Vec<String> = view
            .version
            .fees(&view.facts)
            .iter()
            .flat_map(|line| line.may_exempt.iter().map(|e| e.id.clone()))
            .collect();
        if let Some(unknown) = claimed.iter().find(|id| !known.contains(id)) {
            return Err(Problem::invalid("exemption_unknown", format!("the fees know no exemption '{unknown}'"))
                .field("exemption", "unknown"));
        }
        let entry = AuditEntry::mutation("draft.exemption_claimed", ActorRef::of(actor, view.row.channel.as_str()))
            .object("draft", id.as_str())
            .request(request_id)
            .detail(json!({ "claimed": claimed }));
        self.write(sql::draft::SET_CLAIMED, args![id.as_str(), json!(claimed).to_string(), self.ambient.now()], entry)
            .await
    }

    /// Attaches a file to a draft.
    ///
    /// # Errors
    /// `draft_not_found`, `component_unknown`, `too_many_files`.
    pub async fn attach(
        &self,
        actor: &Actor,
        id: &Id<Draft>,
        new: NewDocument,
        request_id: &str,
    ) -> Result<Id<Document>, Problem> {
        let view = self.draft(actor, id).await?;
        let component =
            view.version.procedure.components.iter().find(|component| component.id == new.component).ok_or_else(
                || {
                    Problem::invalid("component_unknown", "the checklist has no such item")
                        .field("component", "unknown")
                },
            )?;
        let there = view.documents.iter().filter(|d| d.component == component.id).count();
        if there >= component.max_files as usize {
            return Err(Problem::invalid(
                "too_many_files",
                format!("at most {} files for one item", component.max_files),
            )
            .field("file", "too_many"));
        }
        let document: Id<Document> = self.ambient.new_id();
        let values = args![
            document.as_str(),
            Some(id.as_str().to_owned()),
            None::<String>,
            component.id.as_str(),
            component.code.clone(),
            component.name.clone().unwrap_or_else(|| component.id.clone()),
            new.file_name.as_str(),
            new.media_type.as_str(),
            new.size,
            new.sha256.as_str(),
            new.origin,
            new.reused_from.clone(),
            None::<i64>,
            actor.person.as_str(),
            self.ambient.now()
        ];
        let entry = AuditEntry::mutation("draft.file_attached", ActorRef::of(actor, view.row.channel.as_str()))
            .object("draft", id.as_str())
            .request(request_id)
            .detail(json!({ "component": component.id, "sha256": new.sha256, "size": new.size, "origin": new.origin }));
        self.write_keeping(sql::draft::INSERT_DOCUMENT, values, entry, Some(new.stored())).await?;
        Ok(document)
    }

    /// Takes a file out of a draft.
    ///
    /// # Errors
    /// `draft_not_found`, `document_not_found`.
    pub async fn detach(&self, actor: &Actor, id: &Id<Draft>, document: &str, request_id: &str) -> Result<(), Problem> {
        let view = self.draft(actor, id).await?;
        if !view.documents.iter().any(|d| d.id.as_str() == document) {
            return Err(Problem::not_found("document_not_found", "no such file"));
        }
        let entry = AuditEntry::mutation("draft.file_removed", ActorRef::of(actor, view.row.channel.as_str()))
            .object("draft", id.as_str())
            .request(request_id)
            .detail(json!({ "document": document }));
        self.write(sql::draft::REMOVE_DOCUMENT, args![document, id.as_str(), self.ambient.now()], entry).await
    }

    /// Uses a document of the owner's vault instead of asking for it again, with the owner's consent.
    ///
    /// # Errors
    /// `draft_not_found`, `component_unknown`, what the vault says.
    pub async fn reuse(
        &self,
        actor: &Actor,
        id: &Id<Draft>,
        component: &str,
        item: &str,
        request_id: &str,
    ) -> Result<Id<Document>, Problem> {
        let view = self.draft(actor, id).await?;
        let actor = &within(actor, &view.version.procedure.code)?;
        let purpose = format!("dùng lại khi nộp hồ sơ {}", view.version.procedure.code);
        let found = self.vault.reuse(actor, &view.owner.id, item, &purpose, id.as_str()).await?;
        let new = NewDocument {
            component: component.to_owned(),
            file_name: found.title.clone(),
            media_type: found.media_type.clone(),
            size: found.size,
            sha256: found.sha256.clone(),
            origin: "reused",
            reused_from: Some(found.id.clone()),
        };
        self.attach(actor, id, new, request_id).await
    }

    /// Open drafts of a resident or, at a counter, of a clerk.
    ///
    /// # Errors
    /// What the database says.
    pub async fn open_drafts(&self, actor: &Actor) -> Result<Vec<DraftRow>, Problem> {
        let now = time::micros(self.ambient.now());
        let rows = if actor.kind == ActorKind::Official {
            self.db.fetch_all(sql::draft::OPEN_OF_OFFICIAL, args![actor.person.as_str(), now]).await?
        } else {
            self.db.fetch_all(sql::draft::OPEN_OF_OWNER, args![actor.subject().as_str(), now]).await?
        };
        let mut drafts: Vec<DraftRow> = read_all(rows, DraftRow::read)?;
        drafts.retain(|draft| actor.may_act_in(&draft.procedure_code));
        Ok(drafts)
    }

    /// Forgets a draft at its owner's wish.
    ///
    /// # Errors
    /// `draft_not_found`.
    pub async fn discard_draft(&self, actor: &Actor, id: &Id<Draft>, request_id: &str) -> Result<(), Problem> {
        self.draft(actor, id).await?;
        let entry = AuditEntry::mutation("draft.discarded", ActorRef::of(actor, "online"))
            .object("draft", id.as_str())
            .request(request_id);
        self.write(sql::draft::DELETE, args![id.as_str()], entry).await
    }

    /// Forgets drafts whose time has run out. Answers how many.
    ///
    /// # Errors
    /// What the database says.
    pub async fn sweep_drafts(&self) -> Result<usize, Problem> {
        let rows = self.db.fetch_all(sql::draft::EXPIRED, args![self.ambient.now()]).await?;
        for row in &rows {
            let id = row.text("id")?;
            let entry = AuditEntry::mutation("draft.expired", ActorRef::system()).object("draft", &id);
            self.write(sql::draft::DELETE, args![id], entry).await?;
        }
        Ok(rows.len())
    }

    /// One statement with its audit record.
    pub(super) async fn write(
        &self,
        statement: &'static str,
        values: Vec<haidang_store::Value>,
        entry: AuditEntry,
    ) -> Result<(), Problem> {
        self.write_keeping(statement, values, entry, None).await
    }

    /// As [`Services::write`], for a row that names a file: from then on the file belongs to the record, so that a
    /// backup takes it along and no sweep removes it.
    pub(super) async fn write_keeping(
        &self,
        statement: &'static str,
        values: Vec<haidang_store::Value>,
        entry: AuditEntry,
        file: Option<Stored>,
    ) -> Result<(), Problem> {
        self.db
            .transaction(move |tx: &mut Tx<'_>| {
                let (values, entry, file) = (values.clone(), entry.clone(), file.clone());
                Box::pin(async move {
                    tx.execute(statement, values).await?;
                    if let Some(file) = file {
                        tx.keep_blob(&file).await?;
                    }
                    tx.audit(entry).await?;
                    Ok::<_, Problem>(())
                })
            })
            .await
    }
}

/// The applicant as the procedure's conditions see them.
pub(super) fn applicant(person: &PersonRecord) -> Json {
    json!({
        "kind": person.kind,
        "full_name": person.full_name,
        "citizen_no": person.citizen_no,
        "tax_no": person.tax_no,
        "birth_date": person.birth_date,
        "sex": person.sex,
        "nationality": person.nationality,
        "ethnicity": person.ethnicity,
        "residence": person.commune_code.as_ref().map(|code| json!({ "commune_code": code, "detail": person.address })),
    })
}
