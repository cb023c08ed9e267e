//! What one action writes: the case, its event, its tasks, the audit record and the outbox event, in one transaction.

use super::clock;
use super::deciding::{Change, Loaded, Plan, Post};
use super::escalation;
use super::row::{CaseResult, CaseRow, Consultation, Task, TaskRow};
use super::{numbering, route};
use crate::model::{ActionKind, CaseState};
use crate::procedure::Step;
use crate::sql;
use haidang_contracts::events::{CASE_MOVED, CaseMoved, DOCUMENT_KEPT, DocumentKept};
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_store::{ActorRef, AuditEntry, Tx, args};
use jiff::Timestamp;
use serde_json::json;

/// Legal line of the one-stop mechanism, under which every action of the route is done.
pub(super) const LEGAL_BASIS: &str = "118/2025/NĐ-CP";

/// Writes everything that an action changed.
pub(super) async fn write(
    tx: &mut Tx<'_>,
    plan: &Plan,
    before: &CaseRow,
    loaded: &Loaded,
    change: &Change,
    post: &Post,
) -> Result<(), Problem> {
    let now = plan.ambient.now();
    let after = &change.after;
    save_case(tx, before, after).await?;
    let audit_id = audit(tx, plan, before, after, post).await?;
    let seq = loaded.events + 1;
    let title = post.as_ref().map(|post| post.title.clone());
    let agency = post.as_ref().map(|post| post.agency.clone());
    tx.execute(
        sql::case::INSERT_EVENT,
        args![
            after.id.as_str(),
            seq,
            plan.command.action.as_str(),
            Some(before.state.as_str()),
            after.state.as_str(),
            before.step.as_str(),
            plan.actor.person.as_str(),
            plan.actor.display_name.as_str(),
            title,
            agency,
            plan.actor.on_behalf_of.as_ref().map(|id| id.as_str().to_owned()),
            plan.command.reason.clone(),
            LEGAL_BASIS,
            now,
            audit_id
        ],
    )
    .await?;
    tasks(tx, plan, loaded, change, now).await?;
    if let (Some((id, number)), Some(body)) = (&change.form, &change.form_body) {
        tx.execute(
            sql::record::INSERT_FORM,
            args![id.as_str(), after.id.as_str(), *number, seq, body.to_string(), now, plan.actor.person.as_str()],
        )
        .await?;
    }
    if change.ended {
        tx.execute(sql::case::END_ALL_PAUSES, args![after.id.as_str(), now]).await?;
        escalation::cancel_of_case(tx, &after.id, now).await?;
    }
    emit_moved(tx, after, seq, plan.command.action.as_str(), now).await
}

/// Saves the case if nobody was faster.
pub(super) async fn save_case(tx: &mut Tx<'_>, before: &CaseRow, after: &CaseRow) -> Result<(), Problem> {
    let limit = serde_json::to_string(&after.limit).map_err(|e| Problem::internal(e.to_string()))?;
    let changed = tx
        .execute(
            sql::case::UPDATE,
            args![
                after.id.as_str(),
                before.revision,
                after.receiving_agency.as_str(),
                after.competent_agency.clone(),
                after.accepted_at,
                after.due_at,
                after.promised_at,
                unit_text(after),
                limit,
                after.ended_at,
                after.returned_at,
                after.state.as_str(),
                after.state_before.map(|state| state.as_str().to_owned()),
                after.state.national(),
                after.step.as_str(),
                after.finance_state.as_str(),
                after.delivery_state.as_str(),
                after.sync_state.as_str(),
                after.supplements,
                after.answers.to_string(),
                after.updated_at
            ],
        )
        .await?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Problem::conflict("changed_meanwhile", "the case has changed since it was read; look at it again"))
    }
}

/// The unit of the pinned limit as stored beside it, for filters.
pub(super) fn unit_text(case: &CaseRow) -> String {
    serde_json::to_value(case.limit.limit.unit)
        .ok()
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_else(|| "none".to_owned())
}

/// Announces a movement to whoever listens.
pub(super) async fn emit_moved(
    tx: &mut Tx<'_>,
    case: &CaseRow,
    seq: i64,
    action: &str,
    now: Timestamp,
) -> Result<(), Problem> {
    let event = CaseMoved {
        case_id: case.id.as_str().to_owned(),
        case_no: case.case_no.clone(),
        owner: case.owner_id.as_str().to_owned(),
        seq,
        action: action.to_owned(),
        state: case.state.as_str().to_owned(),
        national_status: Some(case.state.national()),
        at: time::micros(now),
    };
    tx.emit(CASE_MOVED, case.id.as_str(), &event).await?;
    Ok(())
}

async fn audit(
    tx: &mut Tx<'_>,
    plan: &Plan,
    before: &CaseRow,
    after: &CaseRow,
    post: &Post,
) -> Result<String, Problem> {
    let mut actor = ActorRef::of(&plan.actor, if post.is_some() { "counter" } else { "online" });
    if let Some(post) = post {
        actor.agency = Some(post.agency.clone());
    }
    let mut entry = AuditEntry::mutation(audit_action(plan.command.action), actor)
        .object("case", after.id.as_str())
        .request(&plan.command.request_id)
        .because(LEGAL_BASIS, "giải quyết thủ tục hành chính")
        .detail(json!({
            "case_no": after.case_no, "from": before.state, "to": after.state, "step": before.step, "to_step": after.step,
            "due_before": before.promised_at.map(time::micros), "due_after": after.promised_at.map(time::micros),
        }));
    if let Some(number) = &plan.owner_number {
        entry = entry.subject(number);
    }
    if *plan.actor.subject() == after.owner_id {
        entry = entry.own();
    }
    Ok(tx.audit(entry).await?.as_str().to_owned())
}

/// Name of an action in the audit.
pub(super) fn audit_action(action: ActionKind) -> &'static str {
    match action {
        ActionKind::Accept => "case.accepted",
        ActionKind::Supplement => "case.supplement_asked",
        ActionKind::Refuse => "case.refused",
        ActionKind::Forward => "case.forwarded",
        ActionKind::Consult => "case.consulted",
        ActionKind::RequestPayment => "case.payment_asked",
        ActionKind::Propose => "case.proposed",
        ActionKind::Approve => "case.approved",
        ActionKind::Sign => "case.signed",
        ActionKind::Return => "case.sent_back",
        ActionKind::Issue => "case.numbered",
        ActionKind::HandOver => "case.handed_over",
        ActionKind::Stop => "case.stopped",
        ActionKind::Apologise => "case.date_moved",
        ActionKind::Withdraw => "case.withdrawal_asked",
        ActionKind::AcceptWithdrawal => "case.withdrawn",
        ActionKind::DeclineWithdrawal => "case.withdrawal_declined",
        ActionKind::AnswerSupplement => "case.supplemented",
        ActionKind::Correct => "case.reopened",
    }
}

async fn tasks(tx: &mut Tx<'_>, plan: &Plan, loaded: &Loaded, change: &Change, now: Timestamp) -> Result<(), Problem> {
    let after = &change.after;
    if change.ended || change.hand_on {
        for row in tx.fetch_all(sql::task::OPEN_OF_CASE, args![after.id.as_str()]).await? {
            let task = TaskRow::read(&row)?;
            if change.ended || task.kind != "consultation" {
                close(tx, plan, &task, now).await?;
            }
        }
    }
    if change.hand_on && !change.ended {
        let step = plan.version.step(&after.step).ok_or_else(|| Problem::internal("step vanished"))?;
        open(tx, plan, after, step, now).await?;
    }
    if !change.ended {
        let paused = change.paused && after.state != CaseState::WithdrawalRequested;
        tx.execute(
            sql::task::REFRESH,
            args![after.id.as_str(), after.state.as_str(), paused, clock::due_sort(after.due_at)],
        )
        .await?;
        if after.due_at != loaded.case.due_at {
            escalation::replan_case(tx, plan, after, now).await?;
        }
    }
    Ok(())
}

async fn close(tx: &mut Tx<'_>, plan: &Plan, task: &TaskRow, now: Timestamp) -> Result<(), Problem> {
    tx.execute(
        sql::task::CLOSE,
        args![task.id.as_str(), now, plan.actor.person.as_str(), plan.command.action.as_str()],
    )
    .await?;
    escalation::cancel_of_task(tx, &task.id, now).await?;
    Ok(())
}

/// Opens the task of a step at its agency, with its budget and its escalations.
pub(super) async fn open(
    tx: &mut Tx<'_>,
    plan: &Plan,
    case: &CaseRow,
    step: &Step,
    now: Timestamp,
) -> Result<(), Problem> {
    let agency = route::agency_of(&plan.version, step, case).to_owned();
    let budget = plan.clock.budget_end(&plan.version, step, now)?;
    let id: Id<Task> = plan.ambient.new_id();
    tx.execute(
        sql::task::INSERT,
        args![
            id.as_str(),
            case.id.as_str(),
            "step",
            step.id.as_str(),
            agency.as_str(),
            step.role.as_str(),
            None::<String>,
            case.procedure_code.as_str(),
            case.state.as_str(),
            false,
            clock::due_sort(case.due_at),
            budget,
            now
        ],
    )
    .await?;
    let opened = escalation::Opened {
        case_id: case.id.as_str(),
        limit: (case.accepted_at, case.due_at),
        step,
        task: &id,
        agency: &agency,
        budget_end: budget,
    };
    escalation::plan_task(tx, &plan.clock, &plan.ambient, opened, now).await
}

/// Starts a pause; whether it stops the clock is pinned with the case.
pub(super) async fn pause(
    tx: &mut Tx<'_>,
    loaded: &Loaded,
    change: &mut Change,
    reason: &str,
    now: Timestamp,
) -> Result<(), Problem> {
    if loaded.case.accepted_at.is_none() {
        return Ok(()); // before intake no clock runs
    }
    let counts = clock::pauses_clock(&loaded.case.limit, reason);
    let seq = loaded.pauses.len() as i64 + 1;
    tx.execute(sql::case::INSERT_PAUSE, args![loaded.case.id.as_str(), seq, reason, now, counts]).await?;
    if counts {
        change.after.due_at = None;
    }
    Ok(())
}

/// Ends a pause and gives the date the clock shows then; a date moved by form 04 never comes nearer again.
pub(super) async fn resume(
    tx: &mut Tx<'_>,
    plan: &Plan,
    case: &CaseRow,
    reason: &str,
    now: Timestamp,
) -> Result<Option<Timestamp>, Problem> {
    tx.execute(sql::case::END_PAUSE, args![case.id.as_str(), reason, now]).await?;
    let pauses = super::deciding::read_all(
        tx.fetch_all(sql::case::PAUSES, args![case.id.as_str()]).await?,
        super::trail::PauseRow::read,
    )?;
    let due = plan.clock.of_case(case, &pauses)?;
    Ok(match (due, case.promised_at) {
        (Some(due), Some(promised)) => Some(due.max(promised)),
        (due, _) => due,
    })
}

/// Asks for a supplement: form 02, the clock stops.
pub(super) async fn ask_supplement(
    tx: &mut Tx<'_>,
    plan: &Plan,
    loaded: &mut Loaded,
    change: &mut Change,
    now: Timestamp,
) -> Result<(), Problem> {
    let seq = loaded.case.supplements + 1;
    let items = serde_json::to_string(&plan.command.items).map_err(|e| Problem::internal(e.to_string()))?;
    tx.execute(
        sql::case::INSERT_SUPPLEMENT,
        args![
            loaded.case.id.as_str(),
            seq,
            plan.command.reason.clone().unwrap_or_default(),
            items,
            plan.actor.person.as_str(),
            now,
            loaded.case.promised_at
        ],
    )
    .await?;
    change.after.supplements = seq;
    change.hand_on = false;
    change.after.step = loaded.case.step.clone();
    pause(tx, loaded, change, "supplement", now).await
}

/// The applicant has answered: the clock runs on.
pub(super) async fn answer_supplement(
    tx: &mut Tx<'_>,
    plan: &Plan,
    loaded: &mut Loaded,
    change: &mut Change,
    now: Timestamp,
) -> Result<(), Problem> {
    let case = &loaded.case;
    if case.accepted_at.is_some() {
        let due = resume(tx, plan, case, "supplement", now).await?;
        change.after.due_at = due;
        change.after.promised_at = due.or(case.promised_at);
    }
    tx.execute(sql::case::ANSWER_SUPPLEMENT, args![case.id.as_str(), case.supplements, now, change.after.promised_at])
        .await?;
    change.hand_on = false;
    change.paused = false;
    Ok(())
}

/// Asks another agency; it gets a task of its own with its own budget.
pub(super) async fn consult(
    tx: &mut Tx<'_>,
    plan: &Plan,
    loaded: &Loaded,
    from: &Step,
    now: Timestamp,
) -> Result<(), Problem> {
    let Some((agency, question)) = &plan.command.consult else {
        return Err(Problem::invalid("question_required", "name the agency and the question"));
    };
    let row = from
        .consult
        .iter()
        .find(|row| &row.agency == agency || agency_matches(&row.agency, plan, agency))
        .or(from.consult.first());
    let budget = match row.and_then(|row| row.budget.as_deref()) {
        Some(text) => plan.clock.after(now, crate::procedure::Budget::parse(text).map_err(Problem::internal)?)?,
        None => None,
    };
    let (task, consultation): (Id<Task>, Id<Consultation>) = (plan.ambient.new_id(), plan.ambient.new_id());
    tx.execute(
        sql::task::INSERT,
        args![
            task.as_str(),
            loaded.case.id.as_str(),
            "consultation",
            from.id.as_str(),
            agency.as_str(),
            "consultation",
            None::<String>,
            loaded.case.procedure_code.as_str(),
            CaseState::Consulting.as_str(),
            false,
            clock::due_sort(budget.or(loaded.case.due_at)),
            budget,
            now
        ],
    )
    .await?;
    tx.execute(
        sql::task::INSERT_CONSULTATION,
        args![
            consultation.as_str(),
            loaded.case.id.as_str(),
            task.as_str(),
            agency.as_str(),
            question.as_str(),
            plan.actor.person.as_str(),
            now,
            budget
        ],
    )
    .await?;
    Ok(())
}

fn agency_matches(named: &str, plan: &Plan, code: &str) -> bool {
    plan.agencies.iter().any(|agency| agency.code == code && (agency.kind == named || named.starts_with(&agency.kind)))
}

/// The leader's signature: who decided, when, in which post. The paper follows with its number.
pub(super) async fn sign(
    tx: &mut Tx<'_>,
    plan: &Plan,
    loaded: &Loaded,
    post: &Post,
    now: Timestamp,
) -> Result<Id<CaseResult>, Problem> {
    let kind = plan.version.procedure.result.as_ref();
    let (code, title) = match kind {
        Some(kind) => {
            (kind.code.clone().unwrap_or_else(|| format!("KQ.{}", loaded.case.procedure_code)), kind.name.clone())
        }
        None => (format!("KQ.{}", loaded.case.procedure_code), "Kết quả giải quyết".to_owned()),
    };
    let valid_until = kind
        .and_then(|kind| kind.validity_months)
        .and_then(|months| time::civil(now).date().checked_add(jiff::Span::new().months(i64::from(months))).ok())
        .map(|day| day.to_string());
    let id: Id<CaseResult> = plan.ambient.new_id();
    let (agency, title_of_signer) = post.as_ref().map(|p| (p.agency.clone(), p.title.clone())).unwrap_or_default();
    tx.execute(
        sql::record::INSERT_RESULT,
        args![
            id.as_str(),
            loaded.case.id.as_str(),
            code,
            title,
            agency,
            plan.actor.person.as_str(),
            plan.actor.display_name.as_str(),
            title_of_signer,
            now,
            valid_until
        ],
    )
    .await?;
    Ok(id)
}

/// Draws the number of the result from the agency's register of the year, without a gap.
pub(super) async fn number(
    tx: &mut Tx<'_>,
    plan: &Plan,
    loaded: &Loaded,
    from: &Step,
    now: Timestamp,
) -> Result<Id<CaseResult>, Problem> {
    let Some(result) = loaded.results.iter().find(|result| result.revoked_at.is_none()) else {
        return Err(Problem::conflict("not_signed", "nobody has signed the result yet"));
    };
    if result.number.is_some() {
        return Ok(result.id.clone()); // the file is being made, or was interrupted: issuing again only finishes it
    }
    let year = time::civil(now).year();
    let register = from.number.as_deref().unwrap_or("KQ");
    let last = numbering::next(tx, &format!("result/{}/{register}/{year}", result.agency)).await?;
    let number = format!("{last}/{year}-{register}");
    let token = plan.ambient.token();
    tx.execute(sql::record::NUMBER_RESULT, args![result.id.as_str(), number, now, token]).await?;
    Ok(result.id.clone())
}

/// A correction voids what was issued; the public page says so from then on.
pub(super) async fn void_results(tx: &mut Tx<'_>, plan: &Plan, loaded: &Loaded, now: Timestamp) -> Result<(), Problem> {
    for result in loaded.results.iter().filter(|result| result.revoked_at.is_none()) {
        tx.execute(sql::record::REVOKE_RESULT, args![result.id.as_str(), now, plan.command.reason.clone()]).await?;
    }
    Ok(())
}

/// With intake the papers handed in become part of the owner's vault, so that no later form asks for them again.
pub(super) async fn keep_documents(
    tx: &mut Tx<'_>,
    plan: &Plan,
    loaded: &Loaded,
    now: Timestamp,
) -> Result<(), Problem> {
    let case = &loaded.case;
    let rows = tx.fetch_all(sql::draft::DOCUMENTS_OF_CASE, args![case.id.as_str()]).await?;
    for document in
        super::deciding::read_all(rows, super::row::DocumentRow::read)?.iter().filter(|d| d.origin != "reused")
    {
        let issuer = match document.origin.as_str() {
            "digitised" => plan.agencies.iter().find(|a| a.code == case.receiving_agency).map(|a| a.name_vi.clone()),
            _ => None,
        };
        let event = DocumentKept {
            document_id: document.id.as_str().to_owned(),
            case_id: case.id.as_str().to_owned(),
            owner: case.owner_id.as_str().to_owned(),
            code: document
                .component_code
                .clone()
                .unwrap_or_else(|| format!("{}/{}", case.procedure_code, document.component)),
            title: document.title.clone(),
            origin: document.origin.clone(),
            issuer: issuer.unwrap_or_else(|| case.owner_name.clone()),
            kept_on: time::civil(now).date().to_string(),
            sha256: document.sha256.clone(),
            media_type: document.media_type.clone(),
            size: document.size,
        };
        tx.emit(DOCUMENT_KEPT, case.id.as_str(), &event).await?;
    }
    Ok(())
}
