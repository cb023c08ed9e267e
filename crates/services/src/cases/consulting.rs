//! Answers of other agencies.

use super::command::MAX_WORDS;
use super::deciding::{case_not_found, load, read_all};
use super::row::TaskRow;
use super::trail::ConsultationRow;
use super::{clock, escalation, writing};
use crate::cases::command::Command;
use crate::cases::deciding::Plan;
use crate::model::{ActionKind, CaseState};
use crate::service::Services;
use crate::sql;
use haidang_contracts::actor::{Actor, CaseId};
use haidang_kernel::problem::Problem;
use haidang_store::{ActorRef, AuditEntry, args};
use serde_json::json;
use std::sync::Arc;

impl Services {
    /// Consultations of a case.
    ///
    /// # Errors
    /// What the database says.
    pub async fn consultations(&self, case_id: &CaseId) -> Result<Vec<ConsultationRow>, Problem> {
        read_all(self.db.fetch_all(sql::task::CONSULTATIONS, args![case_id.as_str()]).await?, ConsultationRow::read)
    }

    /// The asked agency answers, once. With the last answer the work of the asking agency goes on.
    ///
    /// # Errors
    /// `case_not_found`, `not_your_task`, `already_answered`, `answer_required`.
    pub async fn answer_consultation(
        &self,
        actor: &Actor,
        case_id: &CaseId,
        consultation: &str,
        answer: &str,
        request_id: &str,
    ) -> Result<(), Problem> {
        let answer = answer.trim().to_owned();
        if answer.is_empty() || answer.chars().count() > MAX_WORDS {
            return Err(Problem::invalid("answer_required", "write an answer").field("answer", "required"));
        }
        let case = self.case(case_id).await?;
        let plan = Arc::new(Plan {
            actor: actor.clone(),
            case_id: case_id.clone(),
            command: Command::new(ActionKind::Consult, request_id),
            version: self.version(&case.version_id)?,
            clock: self.clock(),
            ambient: self.ambient.clone(),
            agencies: Vec::new(),
            owner_number: case.owner_number.clone(),
            coordination: self.settings.coordination.clone(),
            fresh_factor_seconds: self.settings.fresh_factor_seconds,
        });
        let consultation = consultation.to_owned();
        self.db
            .transaction(move |tx| {
                let (plan, consultation, answer) = (plan.clone(), consultation.clone(), answer.clone());
                Box::pin(async move {
                    let now = plan.ambient.now();
                    let loaded = load(tx, &plan.case_id).await?;
                    let asked = loaded
                        .consultations
                        .iter()
                        .find(|c| c.id.as_str() == consultation)
                        .ok_or_else(case_not_found)?;
                    if !plan.actor.can_in("case.read_unit", &asked.agency) {
                        return Err(Problem::forbidden("not_your_task", "another agency was asked"));
                    }
                    let written = tx
                        .execute(
                            sql::task::ANSWER_CONSULTATION,
                            args![consultation.as_str(), answer.as_str(), plan.actor.person.as_str(), now],
                        )
                        .await?;
                    if written == 0 {
                        return Err(Problem::conflict("already_answered", "this question has been answered"));
                    }
                    tx.execute(
                        sql::task::CLOSE,
                        args![asked.task_id.as_str(), now, plan.actor.person.as_str(), "answer"],
                    )
                    .await?;
                    let mut after = loaded.case.clone();
                    let waiting = loaded.consultations.iter().filter(|c| c.answered_at.is_none()).count();
                    if waiting == 1 && after.state == CaseState::Consulting {
                        after.state = CaseState::InProgress;
                        if loaded.pauses.iter().any(|p| p.reason == "consult" && p.received_at.is_none()) {
                            after.due_at = writing::resume(tx, &plan, &loaded.case, "consult", now).await?;
                        }
                    }
                    after.updated_at = now;
                    writing::save_case(tx, &loaded.case, &after).await?;
                    tx.execute(
                        sql::task::REFRESH,
                        args![after.id.as_str(), after.state.as_str(), false, clock::due_sort(after.due_at)],
                    )
                    .await?;
                    if after.due_at != loaded.case.due_at {
                        escalation::replan_case(tx, &plan, &after, now).await?;
                    }
                    let entry = AuditEntry::mutation("case.consultation_answered", ActorRef::of(&plan.actor, "office"))
                        .agency(&asked.agency)
                        .object("case", after.id.as_str())
                        .request(&plan.command.request_id)
                        .because(writing::LEGAL_BASIS, "trả lời lấy ý kiến")
                        .subjects(plan.owner_number.clone())
                        .detail(json!({ "case_no": after.case_no, "consultation": consultation }));
                    let audit_id = tx.audit(entry).await?;
                    let seq = loaded.events + 1;
                    let title = plan.actor.positions.iter().find(|p| p.agency == asked.agency).map(|p| p.title.clone());
                    tx.execute(
                        sql::case::INSERT_EVENT,
                        args![
                            after.id.as_str(),
                            seq,
                            "consultation_answered",
                            Some(loaded.case.state.as_str()),
                            after.state.as_str(),
                            loaded.case.step.as_str(),
                            plan.actor.person.as_str(),
                            plan.actor.display_name.as_str(),
                            title,
                            Some(asked.agency.clone()),
                            None::<String>,
                            None::<String>,
                            writing::LEGAL_BASIS,
                            now,
                            audit_id.as_str()
                        ],
                    )
                    .await?;
                    writing::emit_moved(tx, &after, seq, "consultation_answered", now).await
                })
            })
            .await
    }

    /// Gives open tasks to an official of the same unit; each task answers for itself.
    ///
    /// # Errors
    /// `task_not_found`, `not_your_task`, `not_in_unit`.
    pub async fn assign(
        &self,
        actor: &Actor,
        task_id: &str,
        to: &haidang_contracts::actor::PersonId,
        request_id: &str,
    ) -> Result<(), Problem> {
        let row = self.db.fetch_optional(sql::task::BY_ID, args![task_id]).await?;
        let task = row.as_ref().map(TaskRow::read).transpose()?.filter(|task| task.closed_at.is_none());
        let task = task.ok_or_else(|| Problem::not_found("task_not_found", "no such open task"))?;
        let taking = *to == actor.person && actor.holds(&task.role, &task.agency);
        if !taking && !actor.can_in("case.assign", &task.agency) {
            return Err(Problem::forbidden("not_your_task", "only the head of the unit gives out its tasks"));
        }
        let holders = self.directory.holders(&task.role, &task.agency).await?;
        if !holders.iter().any(|(person, _)| person == to) {
            return Err(Problem::invalid("not_in_unit", "this official does not hold the role in the unit"));
        }
        let entry = AuditEntry::mutation("task.assigned", ActorRef::of(actor, "office"))
            .agency(&task.agency)
            .object("case", task.case_id.as_str())
            .request(request_id)
            .detail(json!({ "task": task_id, "to": to.as_str() }));
        let (task_id, to) = (task_id.to_owned(), to.as_str().to_owned());
        self.db
            .transaction(move |tx| {
                let (task_id, to, entry) = (task_id.clone(), to.clone(), entry.clone());
                Box::pin(async move {
                    if tx.execute(sql::task::ASSIGN, args![task_id.as_str(), to.as_str()]).await? == 0 {
                        return Err(Problem::conflict("task_closed", "the task was closed meanwhile"));
                    }
                    tx.audit(entry).await?;
                    Ok(())
                })
            })
            .await
    }
}
