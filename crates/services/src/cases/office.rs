//! What the workbench needs beside the case itself: the actions open to this official now, and tasks by their ids.

use super::command::Command;
use super::deciding::{Loaded, Plan, authorise, case_facts, may_see, situation, target_step};
use super::reading::CaseView;
use super::route;
use super::row::{CaseRow, DocumentRow, TaskRow};
use super::trail::{ConsultationRow, ResultRow};
use crate::model::{ActionKind, CaseState};
use crate::procedure::Facts;
use crate::rules::{self, Consent, Offer};
use crate::service::Services;
use crate::sql;
use haidang_contracts::actor::{Actor, CaseId};
use haidang_contracts::identity::{NewPerson, PersonRecord};
use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_store::{ActorRef, AuditEntry, args};

/// One action that stands open to an official, or would if something else were done first.
#[derive(Debug, Clone)]
pub struct Offered {
    /// The action.
    pub action: ActionKind,
    /// Words of the button from the procedure data, when it has its own.
    pub name: Option<Bilingual>,
    /// State it leads to.
    pub next: CaseState,
    /// Step it leads to; `None` at the end.
    pub to_step: Option<String>,
    /// Code of what must be done first (`fee_due`, `consultation_open`).
    pub blocked: Option<&'static str>,
}

impl Services {
    /// The actions this official may take now, in the order of the procedure data, general ones last. It judges by the
    /// same rules as [`Services::act`], which judges again.
    ///
    /// # Errors
    /// `version_missing`.
    pub fn offered(
        &self,
        actor: &Actor,
        view: &CaseView,
        consultations: &[ConsultationRow],
        results: &[ResultRow],
    ) -> Result<Vec<Offered>, Problem> {
        let case = &view.case;
        let version = self.version(&case.version_id)?;
        let Some(from) = version.step(&case.step) else { return Ok(Vec::new()) };
        let loaded = Loaded {
            case: case.clone(),
            task: view.tasks.iter().find(|task| task.kind != "consultation").cloned(),
            pauses: view.pauses.clone(),
            supplements: view.supplements.clone(),
            consultations: consultations.to_vec(),
            fees: view.fees.clone(),
            results: results.to_vec(),
            events: view.events.len() as i64,
        };
        let now = self.ambient.now();
        // Whether the second factor is fresh is asked when the action is taken, not when it is offered.
        let mut actor = actor.clone();
        actor.second_factor_at = Some(now);
        let mut plan = Plan {
            actor,
            case_id: case.id.clone(),
            command: Command::new(ActionKind::Accept, String::new()),
            version: version.clone(),
            clock: self.clock(),
            ambient: self.ambient.clone(),
            agencies: Vec::new(),
            owner_number: None,
            coordination: self.settings.coordination.clone(),
            fresh_factor_seconds: self.settings.fresh_factor_seconds,
        };
        let rows = version.actions(&from.id, &case_facts(case));
        let listed = rows.iter().filter_map(|row| Some((ActionKind::parse(&row.id)?, Some(*row))));
        let unlisted = route::GENERAL.iter().chain(&[ActionKind::AnswerSupplement, ActionKind::Withdraw]);
        let unlisted = unlisted.map(|action| (*action, None));
        let mut offers: Vec<Offered> = Vec::new();
        for (action, row) in listed.chain(unlisted) {
            if offers.iter().any(|known| known.action == action) {
                continue;
            }
            plan.command.action = action;
            if authorise(&plan, &loaded, from).is_err() {
                continue;
            }
            let to = target_step(&plan, from, row.map(|row| row.to.as_str()))?;
            let offer = Offer { from_step: version.nature(from), to_step: to.map(|step| version.nature(step)) };
            let consent = Consent { second_supplement: true };
            let (next, blocked) = match rules::decide(action, &situation(&loaded, now), &offer, consent) {
                Ok(next) => (next, None),
                Err(problem) if matches!(problem.code, "fee_due" | "consultation_open") => {
                    (case.state, Some(problem.code))
                }
                Err(_) => continue,
            };
            let name = row.and_then(|row| row.name.clone().map(|vi| Bilingual { vi, en: row.name_en.clone() }));
            offers.push(Offered { action, name, next, to_step: to.map(|step| step.id.clone()), blocked });
        }
        Ok(offers)
    }

    /// What the conditions of the procedure are judged on for a filed case: its answers, its owner, the day of filing.
    ///
    /// # Errors
    /// What the directory says.
    pub async fn facts_of_case(&self, case: &CaseRow) -> Result<Facts, Problem> {
        let version = self.version(&case.version_id)?;
        let agency = self.directory.agency(&case.receiving_agency).await?;
        let mut facts = match self.identity.person(&case.owner_id).await? {
            Some(owner) => self.facts(&version, &case.answers, case.channel, &owner, agency.as_ref()),
            None => case_facts(case),
        };
        facts.submitted_on = time::civil(case.submitted_at).date();
        facts.variant.clone_from(&case.variant);
        Ok(facts)
    }

    /// Open tasks with their cases, of those the official may see; unknown and closed ones are left out.
    ///
    /// # Errors
    /// What the database says.
    pub async fn open_tasks(&self, actor: &Actor, ids: &[&str]) -> Result<Vec<(TaskRow, CaseRow)>, Problem> {
        let mut found = Vec::new();
        for id in ids {
            let row = self.db.fetch_optional(sql::task::BY_ID, args![*id]).await?;
            let task = row.as_ref().map(TaskRow::read).transpose()?.filter(|task| task.closed_at.is_none());
            if let Some(task) = task {
                let case = self.case(&task.case_id).await?;
                if may_see(actor, &case) || actor.can_in("case.read_unit", &task.agency) {
                    found.push((task, case));
                }
            }
        }
        Ok(found)
    }

    /// One file of a case for an official of its units; opening it is an access on the owner's log.
    ///
    /// # Errors
    /// `case_not_found`, `document_not_found`.
    pub async fn office_file(
        &self,
        actor: &Actor,
        case_id: &CaseId,
        document: &str,
        request_id: &str,
    ) -> Result<DocumentRow, Problem> {
        let view = self.office_case(actor, case_id, request_id).await?;
        let found = view.documents.into_iter().find(|row| row.id.as_str() == document);
        let found = found.ok_or_else(|| Problem::not_found("document_not_found", "no such file"))?;
        let entry = AuditEntry::read("file.read", ActorRef::of(actor, "office"))
            .object("document", document)
            .request(request_id)
            .because(super::writing::LEGAL_BASIS, "giải quyết hồ sơ")
            .subjects(view.case.owner_number);
        self.db.record_read(entry).await?;
        Ok(found)
    }

    /// A person looked up by number at the counter; the look is on the person's log whether a case follows or not.
    ///
    /// # Errors
    /// What the directory says.
    pub async fn find_person(
        &self,
        actor: &Actor,
        number: &str,
        request_id: &str,
    ) -> Result<Option<PersonRecord>, Problem> {
        let found = self.identity.person_by_number(number).await?;
        self.record_counter_look(actor, found.as_ref().map_or("unknown", |p| p.id.as_str()), number, request_id)
            .await?;
        Ok(found)
    }

    /// A person chosen before, by opaque id.
    ///
    /// # Errors
    /// `person_not_found`.
    pub async fn person_at_counter(
        &self,
        actor: &Actor,
        id: &haidang_contracts::actor::PersonId,
        request_id: &str,
    ) -> Result<PersonRecord, Problem> {
        let missing = || Problem::not_found("person_not_found", "no such person");
        let person = self.identity.person(id).await?.ok_or_else(missing)?;
        self.record_counter_look(actor, id.as_str(), person.personal_number(), request_id).await?;
        Ok(person)
    }

    async fn record_counter_look(
        &self,
        actor: &Actor,
        object: &str,
        number: &str,
        request_id: &str,
    ) -> Result<(), Problem> {
        let entry = AuditEntry::read("person.looked_up", ActorRef::of(actor, "counter"))
            .object("person", object)
            .request(request_id)
            .because(super::writing::LEGAL_BASIS, "tiếp nhận hồ sơ tại quầy")
            .subject(number);
        self.db.record_read(entry).await?;
        Ok(())
    }

    /// Registers somebody who stands at the counter and has no account; the same number always gives the same person.
    ///
    /// # Errors
    /// What the directory says.
    pub async fn register_person(
        &self,
        actor: &Actor,
        new: &NewPerson,
        request_id: &str,
    ) -> Result<PersonRecord, Problem> {
        let person = self.identity.find_or_create(new).await?;
        let entry = AuditEntry::mutation("person.registered", ActorRef::of(actor, "counter"))
            .object("person", person.id.as_str())
            .request(request_id)
            .because(super::writing::LEGAL_BASIS, "tiếp nhận hồ sơ tại quầy")
            .subject(person.personal_number());
        self.db
            .transaction(move |tx| {
                let entry = entry.clone();
                Box::pin(async move { Ok::<_, Problem>(tx.audit(entry).await.map(|_| ())?) })
            })
            .await?;
        Ok(person)
    }
}
