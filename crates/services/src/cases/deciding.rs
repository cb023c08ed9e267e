//! The one way in which a case moves: judge, then write everything in one transaction.

use super::clock::{self, CityClock};
use super::command::{Command, MAX_WORDS, Moved};
use super::mandate::{filed, owns};
use super::row::{CaseResult, CaseRow, FeeRow, TaskRow};
use super::trail::{ConsultationRow, PauseRow, ResultRow, SupplementRow};
use super::{forms, route, writing};
use crate::model::{ActionKind, CaseState, DeliveryState, SyncState};
use crate::procedure::{Facts, Step, Version};
use crate::rules::{self, Consent, Offer, Situation};
use crate::service::Services;
use crate::sql;
use haidang_contracts::actor::{Actor, ActorKind, CaseId, Position};
use haidang_kernel::ambient::Ambient;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_store::{Tx, args};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// Everything about a case that the executor reads inside the transaction.
pub(super) struct Loaded {
    pub case: CaseRow,
    pub task: Option<TaskRow>,
    pub pauses: Vec<PauseRow>,
    pub supplements: Vec<SupplementRow>,
    pub consultations: Vec<ConsultationRow>,
    pub fees: Vec<FeeRow>,
    pub results: Vec<ResultRow>,
    pub events: i64,
}

/// What the executor needs besides the database, shared by every attempt.
pub(super) struct Plan {
    pub actor: Actor,
    pub case_id: CaseId,
    pub command: Command,
    pub version: Arc<Version>,
    pub clock: Arc<CityClock>,
    pub ambient: Ambient,
    pub agencies: Vec<haidang_contracts::identity::Agency>,
    pub owner_number: Option<String>,
    pub coordination: (String, String),
    pub fresh_factor_seconds: i64,
}

impl Services {
    /// Does one action on one case. Every rule is judged again inside the transaction, so two officials who press
    /// at the same moment get one success and one clear refusal.
    ///
    /// # Errors
    /// `case_not_found`, `not_your_task`, `transition_not_allowed`, `reason_required`, `fee_due`,
    /// `second_supplement_unconfirmed`, `changed_meanwhile`, `second_factor_required` and others of [`rules`].
    pub async fn act(&self, actor: &Actor, case_id: &CaseId, command: Command) -> Result<Moved, Problem> {
        check_words(&command)?;
        let issues = command.action == ActionKind::Issue;
        let case = self.case(case_id).await?;
        let actor = &actor.within(&case.procedure_code);
        let version = self.version(&case.version_id)?;
        let mut codes = vec![case.receiving_agency.clone(), case.deciding_agency().to_owned()];
        codes.extend(command.to_agency.clone());
        codes.extend(command.consult.as_ref().map(|(agency, _)| agency.clone()));
        let mut agencies = Vec::new();
        for code in codes {
            match self.directory.agency(&code).await? {
                Some(agency) => agencies.push(agency),
                None => return Err(Problem::invalid("agency_unknown", format!("no agency with code '{code}'"))),
            }
        }
        let plan = Arc::new(Plan {
            actor: actor.clone(),
            case_id: case_id.clone(),
            command,
            version,
            clock: self.clock(),
            ambient: self.ambient.clone(),
            agencies,
            owner_number: case.owner_number.clone(),
            coordination: self.settings.coordination.clone(),
            fresh_factor_seconds: self.settings.fresh_factor_seconds,
        });
        let moved = self
            .db
            .transaction(move |tx| {
                let plan = plan.clone();
                Box::pin(async move { execute(tx, &plan).await })
            })
            .await?;
        match &moved.result {
            // A signature also touches a result; only a number is followed by its paper.
            Some(result) if issues => self.complete_result(result).await,
            _ => Ok(moved),
        }
    }
}

fn check_words(command: &Command) -> Result<(), Problem> {
    let reason = command.reason.as_deref().map(str::trim).unwrap_or_default();
    if command.action.needs_reason() && reason.is_empty() {
        return Err(Problem::invalid("reason_required", "a reason in words is required").field("reason", "required"));
    }
    let too_long = |text: &str| text.chars().count() > MAX_WORDS;
    if too_long(reason) || command.items.iter().any(|item| too_long(&item.what)) {
        return Err(
            Problem::invalid("text_too_long", format!("at most {MAX_WORDS} characters")).field("reason", "too_long")
        );
    }
    if command.action == ActionKind::Supplement && command.items.iter().all(|item| item.what.trim().is_empty()) {
        return Err(
            Problem::invalid("items_required", "say at least one thing that is missing").field("items", "required")
        );
    }
    if command.action == ActionKind::Forward && command.to_agency.is_none() {
        return Err(Problem::invalid("agency_required", "choose the agency").field("to_agency", "required"));
    }
    if command.action == ActionKind::Apologise && command.new_date.is_none() {
        return Err(Problem::invalid("new_date_required", "name the new date").field("new_date", "required"));
    }
    if command.action == ActionKind::Consult
        && command.consult.as_ref().is_none_or(|(_, question)| question.trim().is_empty())
    {
        return Err(
            Problem::invalid("question_required", "name the agency and the question").field("question", "required")
        );
    }
    Ok(())
}

/// Reads the case and what belongs to it inside the transaction.
pub(super) async fn load(tx: &mut Tx<'_>, case_id: &CaseId) -> Result<Loaded, Problem> {
    let id = case_id.as_str();
    let Some(row) = tx.fetch_optional(sql::case::BY_ID, args![id]).await? else {
        return Err(case_not_found());
    };
    let case = CaseRow::read(&row)?;
    let tasks = read_all(tx.fetch_all(sql::task::OPEN_OF_CASE, args![id]).await?, TaskRow::read)?;
    let task = tasks.iter().find(|task| task.kind != "consultation").cloned();
    Ok(Loaded {
        task,
        pauses: read_all(tx.fetch_all(sql::case::PAUSES, args![id]).await?, PauseRow::read)?,
        supplements: read_all(tx.fetch_all(sql::case::SUPPLEMENTS, args![id]).await?, SupplementRow::read)?,
        consultations: read_all(tx.fetch_all(sql::task::CONSULTATIONS, args![id]).await?, ConsultationRow::read)?,
        fees: read_all(tx.fetch_all(sql::record::FEES, args![id]).await?, FeeRow::read)?,
        results: read_all(tx.fetch_all(sql::record::RESULTS, args![id]).await?, ResultRow::read)?,
        events: tx.fetch_all(sql::case::EVENTS, args![id]).await?.len() as i64,
        case,
    })
}

/// Reads every row with one reader.
pub(super) fn read_all<T>(
    rows: Vec<haidang_store::Row>,
    read: impl Fn(&haidang_store::Row) -> Result<T, haidang_store::StoreError>,
) -> Result<Vec<T>, Problem> {
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// The same words whether the case does not exist or is not the asker's business.
pub(super) fn case_not_found() -> Problem {
    Problem::not_found("case_not_found", "no such case")
}

async fn execute(tx: &mut Tx<'_>, plan: &Plan) -> Result<Moved, Problem> {
    let mut loaded = load(tx, &plan.case_id).await?;
    let command = &plan.command;
    if command.expected_revision.is_some_and(|seen| seen != loaded.case.revision) {
        return Err(Problem::conflict(
            "changed_meanwhile",
            "the case has changed since the page was opened; look at it again",
        ));
    }
    let version = &plan.version;
    let from = version.step(&loaded.case.step).ok_or_else(|| {
        Problem::internal(format!("step '{}' is not in version {}", loaded.case.step, loaded.case.version_id))
    })?;
    let post = authorise(plan, &loaded, from)?;
    let facts = case_facts(&loaded.case);
    let row = version.actions(&from.id, &facts).into_iter().find(|row| row.id == command.action.as_str());
    // The applicant's own actions are no offers of a step: a clerk does them for the person at the counter.
    let own = command.action.capabilities().is_empty();
    if row.is_none() && is_official(&plan.actor) && !own && !route::GENERAL.contains(&command.action) {
        return Err(Problem::conflict(
            "transition_not_allowed",
            format!("step '{}' does not offer '{}'", from.id, command.action),
        ));
    }
    let to = target_step(plan, from, row.map(|row| row.to.as_str()))?;
    let offer = Offer { from_step: version.nature(from), to_step: to.map(|step| version.nature(step)) };
    let consent = Consent { second_supplement: command.confirm_second_supplement };
    let next = rules::decide(command.action, &situation(&loaded, plan.ambient.now()), &offer, consent)?;
    let before = loaded.case.clone();
    let mut change = apply(tx, plan, &mut loaded, from, to, next, &post).await?;
    change.after.revision += 1;
    writing::write(tx, plan, &before, &loaded, &change, &post).await?;
    Ok(Moved { case: change.after, form: change.form, result: change.result })
}

/// What conditions on a filed case are judged on: the answers and the day of filing, both fixed.
pub(super) fn case_facts(case: &CaseRow) -> Facts {
    let mut facts = Facts::new(case.channel, time::civil(case.submitted_at).date()).with_form(case.answers.clone());
    facts.variant.clone_from(&case.variant);
    facts
}

fn is_official(actor: &Actor) -> bool {
    actor.kind == ActorKind::Official
}

/// The post in which the actor acts; residents and the platform itself act without one.
pub(super) type Post = Option<Position>;

pub(super) fn authorise(plan: &Plan, loaded: &Loaded, _from: &Step) -> Result<Post, Problem> {
    let (actor, action, case) = (&plan.actor, plan.command.action, &loaded.case);
    if actor.kind == ActorKind::System && actor.person == crate::service::system_person() {
        return Ok(None);
    }
    if action.capabilities().is_empty() {
        // The applicant's own actions: the owner, or whoever may act for the owner.
        return if owns(actor, case) || filed(actor, case) && !is_official(actor) {
            Ok(None)
        } else if let Some(post) = counter_post(actor, case) {
            Ok(Some(post)) // a clerk at the counter does it for the person in front of them
        } else {
            Err(case_not_found())
        };
    }
    let post = find_post(plan, loaded).ok_or_else(|| {
        if may_see(actor, case) {
            Problem::forbidden("not_your_task", "this step belongs to another unit or role")
        } else {
            case_not_found()
        }
    })?;
    if action.needs_fresh_factor() {
        let fresh = actor.second_factor_at.is_some_and(|at| {
            plan.ambient.now().duration_since(at) <= SignedDuration::from_secs(plan.fresh_factor_seconds)
        });
        if !fresh {
            return Err(Problem::forbidden("second_factor_required", "show the second factor again before signing"));
        }
    }
    Ok(Some(post))
}

fn counter_post(actor: &Actor, case: &CaseRow) -> Option<Position> {
    actor
        .positions
        .iter()
        .find(|p| p.agency == case.receiving_agency && p.capabilities.contains("case.receive"))
        .cloned()
}

fn find_post(plan: &Plan, loaded: &Loaded) -> Option<Position> {
    let (action, case) = (plan.command.action, &loaded.case);
    let able =
        |post: &&Position| action.capabilities().iter().any(|capability| post.capabilities.contains(*capability));
    let task = loaded.task.as_ref();
    let on_task = plan.actor.positions.iter().filter(able).find(|post| {
        task.is_some_and(|task| post.agency == task.agency && (post.role == task.role || stands_in(action, post, task)))
    });
    let general = || {
        plan.actor.positions.iter().filter(able).find(|post| {
            let unit = post.agency == case.deciding_agency() || post.agency == case.receiving_agency;
            match action {
                ActionKind::Apologise | ActionKind::AcceptWithdrawal | ActionKind::DeclineWithdrawal => unit,
                ActionKind::Correct => unit || post.capabilities.contains("case.read_all"),
                _ => false,
            }
        })
    };
    on_task.or_else(general).cloned()
}

/// A head may do what the officers of the same unit do at the counter: refusals are signed by the head.
fn stands_in(action: ActionKind, post: &Position, task: &TaskRow) -> bool {
    task.role == "one_stop_officer" && post.role == "one_stop_head" && action != ActionKind::Sign
}

/// Whether an official may see a case at all.
pub(super) fn may_see(actor: &Actor, case: &CaseRow) -> bool {
    actor.can("case.read_all")
        || actor.can_in("case.read_unit", &case.receiving_agency)
        || actor.can_in("case.read_unit", case.deciding_agency())
}

pub(super) fn situation(loaded: &Loaded, now: Timestamp) -> Situation {
    let case = &loaded.case;
    let due = |upto: i64| loaded.fees.iter().any(|fee| fee.is_due() && fee.collect_at <= upto);
    Situation {
        state: case.state,
        accepted: case.accepted_at.is_some(),
        supplements: case.supplements,
        supplement_answered: loaded.supplements.last().is_some_and(|last| last.answered_at.is_some()),
        open_consultations: loaded.consultations.iter().filter(|c| c.answered_at.is_none()).count() as i64,
        intake_fee_due: due(1),
        result_fee_due: due(4),
        overdue: case.due_at.is_some_and(|due| due < now),
    }
}

pub(super) fn target_step<'a>(plan: &'a Plan, from: &'a Step, to: Option<&str>) -> Result<Option<&'a Step>, Problem> {
    let version = &plan.version;
    match (plan.command.action, to) {
        (ActionKind::Correct, _) => Ok(route::first_of(version, crate::rules::StepNature::Work)),
        (_, Some("end")) => Ok(None),
        (_, Some(id)) => version
            .step(id)
            .map(Some)
            .ok_or_else(|| Problem::internal(format!("step '{id}' is not in version {}", plan.version.id))),
        (_, None) => Ok(Some(from)),
    }
}

/// What an action changes, gathered before it is written.
pub(super) struct Change {
    pub after: CaseRow,
    pub form: Option<(String, &'static str)>,
    pub form_body: Option<serde_json::Value>,
    pub result: Option<Id<CaseResult>>,
    /// Whether the open task is closed and one is opened for the step the case stands on now.
    pub hand_on: bool,
    /// Whether open tasks wait for the applicant.
    pub paused: bool,
    /// Whether an end was reached, so that nothing may fire or wait any more.
    pub ended: bool,
}

async fn apply(
    tx: &mut Tx<'_>,
    plan: &Plan,
    loaded: &mut Loaded,
    from: &Step,
    to: Option<&Step>,
    next: CaseState,
    post: &Post,
) -> Result<Change, Problem> {
    let now = plan.ambient.now();
    let action = plan.command.action;
    let mut after = loaded.case.clone();
    after.state = next;
    after.updated_at = now;
    after.sync_state = SyncState::Queued;
    if let Some(step) = to {
        after.step = step.id.clone();
    }
    let mut change = Change {
        hand_on: to.is_some_and(|step| step.id != from.id),
        paused: matches!(
            next,
            CaseState::AwaitingSupplement | CaseState::AwaitingPayment | CaseState::WithdrawalRequested
        ),
        ended: next.is_end(),
        after,
        form: None,
        form_body: None,
        result: None,
    };
    match action {
        ActionKind::Accept => {
            accept(plan, loaded, &mut change, now)?;
            writing::keep_documents(tx, plan, loaded, now).await?;
        }
        ActionKind::Supplement => writing::ask_supplement(tx, plan, loaded, &mut change, now).await?,
        ActionKind::AnswerSupplement => writing::answer_supplement(tx, plan, loaded, &mut change, now).await?,
        ActionKind::RequestPayment => writing::pause(tx, loaded, &mut change, "payment", now).await?,
        ActionKind::Forward => forward(plan, &mut change),
        ActionKind::Consult => {
            writing::consult(tx, plan, loaded, from, now).await?;
            if clock::pauses_clock(&loaded.case.limit, "consult") {
                writing::pause(tx, loaded, &mut change, "consult", now).await?;
            }
        }
        ActionKind::Apologise => apologise(plan, loaded, &mut change, now)?,
        ActionKind::Withdraw => change.after.state_before = Some(loaded.case.state),
        ActionKind::DeclineWithdrawal => change.after.state_before = None,
        ActionKind::Sign => {
            let result = writing::sign(tx, plan, loaded, post, now).await?;
            change.result = Some(result);
        }
        ActionKind::Issue => {
            // The number is drawn here; the file follows at once, and the case reaches status 9 with it.
            change.result = Some(writing::number(tx, plan, loaded, from, now).await?);
            change.after.state = CaseState::AwaitingIssue;
            change.after.step = from.id.clone();
            change.hand_on = false;
        }
        ActionKind::HandOver => {
            change.after.returned_at = Some(now);
            change.after.delivery_state = DeliveryState::HandedOver;
        }
        ActionKind::Correct => {
            writing::void_results(tx, plan, loaded, now).await?;
            change.after.ended_at = None;
            change.after.delivery_state = DeliveryState::None;
        }
        ActionKind::Refuse | ActionKind::Stop | ActionKind::AcceptWithdrawal => {
            change.after.ended_at = Some(now);
        }
        ActionKind::Propose | ActionKind::Approve | ActionKind::Return => {}
    }
    change.after.national_status_check(&loaded.case)?;
    if let Some(form_no) = action.form() {
        let id = plan.ambient.new_id::<FormMarker>().as_str().to_owned();
        change.form = Some((id, form_no));
        change.form_body = Some(forms::body(plan, loaded, &change.after, form_no, now, post));
    }
    Ok(change)
}

enum FormMarker {}

impl CaseRow {
    /// The national table has the last word, also over what an action did to the state afterwards.
    fn national_status_check(&self, before: &CaseRow) -> Result<(), Problem> {
        if rules::may_follow(before.state, self.state) {
            Ok(())
        } else {
            Err(Problem::conflict(
                "transition_not_allowed",
                format!("'{}' cannot follow '{}'", self.state, before.state),
            ))
        }
    }
}

fn accept(plan: &Plan, loaded: &Loaded, change: &mut Change, now: Timestamp) -> Result<(), Problem> {
    if loaded.case.competent_agency.is_none() {
        return Err(Problem::conflict("competence_unknown", "nobody has said yet which agency is competent"));
    }
    change.after.accepted_at = Some(now);
    let due = plan.clock.due_at(now, &loaded.case.limit.limit, &[])?;
    change.after.due_at = due;
    change.after.promised_at = due;
    Ok(())
}

fn forward(plan: &Plan, change: &mut Change) {
    change.after.competent_agency = plan.command.to_agency.clone();
    if let Some(step) = plan.version.procedure.steps.first() {
        change.after.step = step.id.clone();
    }
    // The receiving unit keeps the case; from the coordination queue it goes to the agency now found competent.
    if change.after.receiving_agency == plan.coordination.0
        && let Some(agency) = &plan.command.to_agency
    {
        change.after.receiving_agency = agency.clone();
    }
    change.hand_on = true;
}

fn apologise(plan: &Plan, loaded: &Loaded, change: &mut Change, now: Timestamp) -> Result<(), Problem> {
    let Some(date) = plan.command.new_date else {
        return Err(Problem::invalid("new_date_required", "name the new date").field("new_date", "required"));
    };
    if !plan.clock.calendar.is_working(date) {
        return Err(Problem::invalid("not_a_working_day", "the new date is not a working day")
            .field("new_date", "not_working_day"));
    }
    let moment = time::at(date.to_datetime(plan.clock.hours.close()));
    if moment <= now || loaded.case.promised_at.is_some_and(|promised| moment <= promised) {
        return Err(Problem::invalid(
            "date_not_later",
            "the new date must lie after today and after the date promised before",
        )
        .field("new_date", "not_later"));
    }
    change.after.due_at = Some(moment);
    change.after.promised_at = Some(moment);
    Ok(())
}
