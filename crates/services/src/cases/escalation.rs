//! Reminders and escalations: every declared rule becomes a row with the moment at which it fires, and a
//! scheduler fires each row once, agency by agency.

use super::clock::CityClock;
use super::deciding::{Plan, read_all};
use super::row::{CaseRow, Task, TaskRow};
use crate::procedure::Moment;
use crate::procedure::{Step, rows::EscalationRow};
use crate::service::Services;
use crate::sql;
use haidang_contracts::actor::{CaseId, PersonId};
use haidang_contracts::messages::Message;
use haidang_kernel::ambient::Ambient;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_store::{ActorRef, AuditEntry, Row, StoreError, Tx, args};
use jiff::Timestamp;
use serde_json::json;
use std::collections::HashMap;

/// A planned, fired or cancelled escalation.
#[derive(Debug, Clone)]
pub struct EscalationEntry {
    /// Opaque id.
    pub id: String,
    /// Task it watches; `None` for a rule on the whole limit.
    pub task_id: Option<String>,
    /// Agency it belongs to.
    pub agency: String,
    /// The rule in the words of the procedure data.
    pub rule: String,
    /// Role that is told.
    pub to_role: String,
    /// Notice template.
    pub notice: String,
    /// When it fires.
    pub fire_at: Timestamp,
}

impl EscalationEntry {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text("id")?,
            task_id: row.opt_text("task_id")?,
            agency: row.text("agency")?,
            rule: row.text("rule")?,
            to_role: row.text("to_role")?,
            notice: row.text("notice")?,
            fire_at: row.timestamp("fire_at")?,
        })
    }
}

enum Escalation {}

/// People by id and name.
type Holders = Vec<(PersonId, String)>;

/// Holders outside the unit and what stands above it, looked up once a round.
type CityRoles = HashMap<String, Holders>;

/// A task just opened, as its rules see it.
pub(super) struct Opened<'a> {
    /// Case.
    pub case_id: &'a str,
    /// When the case was accepted and when it is due; neither before intake.
    pub limit: (Option<Timestamp>, Option<Timestamp>),
    /// Step the task belongs to.
    pub step: &'a Step,
    /// The task.
    pub task: &'a Id<Task>,
    /// Where it is worked.
    pub agency: &'a str,
    /// End of the step's own budget.
    pub budget_end: Option<Timestamp>,
}

/// Plans the rules of a step's task.
pub(super) async fn plan_task(
    tx: &mut Tx<'_>,
    clock: &CityClock,
    ambient: &Ambient,
    opened: Opened<'_>,
    now: Timestamp,
) -> Result<(), Problem> {
    for rule in &opened.step.escalation {
        if let Some(at) = moment(clock, rule, now, opened.budget_end, opened.limit)? {
            insert(tx, ambient, opened.case_id, Some(opened.task), opened.agency, rule, at).await?;
        }
    }
    Ok(())
}

/// Plans again after a date has moved: the rules of open tasks and of the limit itself. What has fired stays fired.
pub(super) async fn replan_case(tx: &mut Tx<'_>, plan: &Plan, case: &CaseRow, now: Timestamp) -> Result<(), Problem> {
    tx.flush().await?;
    let fired: Vec<(Option<String>, String)> = tx
        .fetch_all(sql::task::ESCALATIONS_OF_CASE, args![case.id.as_str()])
        .await?
        .iter()
        .filter(|row| matches!(row.opt_integer("fired_at"), Ok(Some(_))))
        .map(|row| Ok((row.opt_text("task_id")?, row.text("rule")?)))
        .collect::<Result<_, StoreError>>()?;
    cancel_of_case(tx, &case.id, now).await?;
    let limit = (case.accepted_at, case.due_at);
    let unfired = |task: Option<&str>, rule: &str| !fired.iter().any(|(t, r)| t.as_deref() == task && r == rule);
    for task in read_all(tx.fetch_all(sql::task::OPEN_OF_CASE, args![case.id.as_str()]).await?, TaskRow::read)? {
        let Some(step) = plan.version.step(&task.step).filter(|_| task.kind == "step") else { continue };
        for rule in &step.escalation {
            let at = moment(&plan.clock, rule, task.opened_at, task.budget_due_at, limit)?;
            if let Some(at) = at.filter(|_| unfired(Some(task.id.as_str()), &rule.after)) {
                insert(tx, &plan.ambient, case.id.as_str(), Some(&task.id), &task.agency, rule, at).await?;
            }
        }
    }
    let agency = case.deciding_agency().to_owned();
    for rule in limit_rules(plan, case) {
        let at = moment(&plan.clock, rule, case.accepted_at.unwrap_or(now), None, limit)?;
        if let Some(at) = at.filter(|_| unfired(None, &rule.after)) {
            insert(tx, &plan.ambient, case.id.as_str(), None, &agency, rule, at).await?;
        }
    }
    Ok(())
}

/// Nothing that waits for this case fires any more.
pub(super) async fn cancel_of_case(tx: &mut Tx<'_>, case: &CaseId, now: Timestamp) -> Result<(), StoreError> {
    tx.flush().await?;
    tx.execute(sql::task::CANCEL_OF_CASE, args![case.as_str(), now]).await.map(drop)
}

/// Nothing that waits for this task fires any more.
pub(super) async fn cancel_of_task(tx: &mut Tx<'_>, task: &Id<Task>, now: Timestamp) -> Result<(), StoreError> {
    tx.flush().await?;
    tx.execute(sql::task::CANCEL_OF_TASK, args![task.as_str(), now]).await.map(drop)
}

/// Rules of the limit row the case was promised.
fn limit_rules<'a>(plan: &'a Plan, case: &CaseRow) -> &'a [EscalationRow] {
    let rows = &plan.version.procedure.sla;
    rows.iter()
        .find(|row| row.basis.as_deref() == Some(case.limit.basis.as_str()) && !row.escalation.is_empty())
        .or_else(|| rows.iter().find(|row| !row.escalation.is_empty()))
        .map(|row| row.escalation.as_slice())
        .unwrap_or_default()
}

fn moment(
    clock: &CityClock,
    rule: &EscalationRow,
    start: Timestamp,
    budget_end: Option<Timestamp>,
    limit: (Option<Timestamp>, Option<Timestamp>),
) -> Result<Option<Timestamp>, Problem> {
    let moment = Moment::parse(&rule.after).map_err(Problem::internal)?;
    clock.moment(moment, start, budget_end, limit)
}

async fn insert(
    tx: &mut Tx<'_>,
    ambient: &Ambient,
    case_id: &str,
    task: Option<&Id<Task>>,
    agency: &str,
    rule: &EscalationRow,
    at: Timestamp,
) -> Result<(), Problem> {
    let id: Id<Escalation> = ambient.new_id();
    let notice = rule.notify.clone().unwrap_or_else(|| "escalation".to_owned());
    tx.later(
        sql::task::INSERT_ESCALATION,
        args![
            id.as_str(),
            case_id,
            task.map(|t| t.as_str().to_owned()),
            agency,
            rule.after.as_str(),
            rule.to.as_str(),
            notice,
            at
        ],
    )
    .await?;
    Ok(())
}

impl Services {
    /// Fires every escalation that is due, agency by agency: a fault at one agency is reported and harms no other.
    /// Answers how many fired and which agencies failed.
    ///
    /// # Errors
    /// Only when the list of agencies cannot be read.
    pub async fn fire_escalations(&self) -> Result<(usize, Vec<(String, Problem)>), Problem> {
        let now = self.ambient.now();
        let mut fired = 0;
        let mut failed = Vec::new();
        let mut city_roles = CityRoles::new();
        for row in self.db.fetch_all(sql::task::DUE_AGENCIES, args![now]).await? {
            let agency = row.text("agency")?;
            match self.fire_of_agency(&agency, now, &mut city_roles).await {
                Ok(count) => fired += count,
                Err(problem) => failed.push((agency, problem)),
            }
        }
        Ok((fired, failed))
    }

    /// Who hears of an escalation: the holders of the role in the unit; where it has none, in the units above it, in
    /// the unit that coordinates, or in the one unit of the city that has the role, such as the supervisor's.
    async fn told_of(&self, entry: &EscalationEntry, city_roles: &mut CityRoles) -> Result<Holders, Problem> {
        let mut unit = Some(entry.agency.clone());
        // A unit has few above it; a circle in the data ends here too.
        for _ in 0..8 {
            let Some(code) = unit else { break };
            let here = self.directory.holders(&entry.to_role, &code).await?;
            if !here.is_empty() {
                return Ok(here);
            }
            unit = self.directory.agency(&code).await?.and_then(|agency| agency.parent);
        }
        if let Some(known) = city_roles.get(&entry.to_role) {
            return Ok(known.clone());
        }
        let mut told = self.directory.holders(&entry.to_role, &self.settings.coordination.0).await?;
        if told.is_empty() {
            let mut units = Vec::new();
            for agency in self.directory.agencies().await? {
                let holders = self.directory.holders(&entry.to_role, &agency.code).await?;
                if !holders.is_empty() {
                    units.push(holders);
                }
            }
            // A role that several units have belongs to each of them: no other unit's leader is told.
            told = if units.len() == 1 { units.remove(0) } else { Vec::new() };
        }
        city_roles.insert(entry.to_role.clone(), told.clone());
        Ok(told)
    }

    async fn fire_of_agency(&self, agency: &str, now: Timestamp, city_roles: &mut CityRoles) -> Result<usize, Problem> {
        let rows = self.db.fetch_all(sql::task::DUE_OF_AGENCY, args![agency, now]).await?;
        let mut fired = 0;
        for row in &rows {
            let case_id = row.text("case_id")?;
            let entry = EscalationEntry::read(row)?;
            let holders = self.told_of(&entry, city_roles).await?;
            for (person, _) in &holders {
                let message = Message {
                    key: format!("escalation/{}/{}", entry.id, person),
                    to: person.clone(),
                    template: entry.notice.clone(),
                    data: json!({ "rule": entry.rule }),
                    case_id: Some(case_id.clone()),
                };
                self.notifier.send(&message).await?;
            }
            if self.mark_fired(&entry, &case_id, holders.len(), now).await? {
                fired += 1;
            }
        }
        Ok(fired)
    }

    async fn mark_fired(
        &self,
        entry: &EscalationEntry,
        case_id: &str,
        told: usize,
        now: Timestamp,
    ) -> Result<bool, Problem> {
        let (id, case_id) = (entry.id.clone(), case_id.to_owned());
        let detail = json!({ "rule": entry.rule, "to_role": entry.to_role, "told": told });
        let agency = entry.agency.clone();
        self.db
            .transaction(move |tx| {
                let (id, case_id, detail, agency) = (id.clone(), case_id.clone(), detail.clone(), agency.clone());
                Box::pin(async move {
                    if tx.execute(sql::task::MARK_FIRED, args![id.as_str(), now]).await? == 0 {
                        return Ok(false);
                    }
                    let entry = AuditEntry::mutation("case.escalated", ActorRef::system())
                        .object("case", &case_id)
                        .agency(&agency)
                        .detail(detail);
                    tx.audit(entry).await?;
                    Ok(true)
                })
            })
            .await
    }

    /// Escalations of a case, fired or waiting, with the moment of firing.
    ///
    /// # Errors
    /// What the database says.
    pub async fn escalations(&self, case_id: &str) -> Result<Vec<(EscalationEntry, Option<Timestamp>)>, Problem> {
        let rows = self.db.fetch_all(sql::task::ESCALATIONS_OF_CASE, args![case_id]).await?;
        Ok(rows
            .iter()
            .map(|row| Ok((EscalationEntry::read(row)?, row.opt_timestamp("fired_at")?)))
            .collect::<Result<_, StoreError>>()?)
    }
}
