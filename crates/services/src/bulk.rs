//! Fast inserts of whole cases inside the caller's transaction, for demonstration cities and benchmarks. Callers
//! write the audit records of what they insert.

use crate::cases::row::{CaseRow, FeeRow};
use crate::model::CaseState;
use crate::sql::bulk::{
    CASES, COPY_CASES, COPY_EVENTS, COPY_FEES, COPY_PAUSES, COPY_RESULTS, COPY_SUPPLEMENTS, COPY_TASKS, EVENTS, FEES,
    NUMBERS, PAUSES, RESULTS, SUPPLEMENTS, TASKS,
};
use haidang_kernel::ambient::Ambient;
use haidang_kernel::id::Id;
use haidang_kernel::{text, time};
use haidang_store::{StoreError, Tx, Value, args};
use jiff::Timestamp;

/// A case with what accompanies it; its events are inserted apart, in the order of time.
#[derive(Debug, Clone)]
pub struct CaseSeed {
    /// The case.
    pub case: CaseRow,
    /// Fee lines.
    pub fees: Vec<FeeRow>,
    /// Pauses: reason, asked, received, whether it stops the clock.
    pub pauses: Vec<(String, Timestamp, Option<Timestamp>, bool)>,
    /// Supplements: reason, asked, answered.
    pub supplements: Vec<(String, Timestamp, Option<Timestamp>)>,
    /// Open task: agency, role, step, official, end of budget, since when.
    pub task: Option<TaskSeed>,
    /// Result on paper or as a file.
    pub result: Option<ResultSeed>,
}

/// An open task.
#[derive(Debug, Clone)]
pub struct TaskSeed {
    /// Agency.
    pub agency: String,
    /// Role.
    pub role: String,
    /// Official who has it.
    pub assignee: Option<String>,
    /// End of the step's budget.
    pub budget_due_at: Option<Timestamp>,
    /// Since when.
    pub opened_at: Timestamp,
}

/// A result.
#[derive(Debug, Clone)]
pub struct ResultSeed {
    /// Id.
    pub id: String,
    /// Code.
    pub code: String,
    /// Title.
    pub title: String,
    /// Agency that issued it.
    pub agency: String,
    /// Signer: id, name, title.
    pub signer: (String, String, String),
    /// When signed.
    pub signed_at: Timestamp,
    /// Number.
    pub number: String,
    /// Public token.
    pub token: String,
    /// The file, when there is one: SHA-256, media type, size, signature, key.
    pub file: Option<(String, String, i64, String, String)>,
}

/// One event of a case.
#[derive(Debug, Clone)]
pub struct EventSeed {
    /// Case.
    pub case_id: String,
    /// Number within the case, from 1.
    pub seq: i64,
    /// Action.
    pub action: String,
    /// State before.
    pub from: Option<CaseState>,
    /// State after.
    pub to: CaseState,
    /// Step.
    pub step: String,
    /// Who: id, name, title, agency.
    pub actor: (String, String, Option<String>, Option<String>),
    /// Reason.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Its audit record.
    pub audit_id: String,
}

enum Row {}

/// Inserts cases with what accompanies them.
///
/// # Errors
/// What the database says.
pub async fn insert_cases(tx: &mut Tx<'_>, seeds: &[CaseSeed]) -> Result<(), StoreError> {
    let ambient = tx.ambient().clone();
    tx.insert_rows(CASES, seeds.iter().map(|seed| case_values(&seed.case)), "").await?;
    let fees = seeds.iter().flat_map(|seed| seed.fees.iter().map(|fee| fee_values(&ambient, &seed.case, fee)));
    tx.insert_rows(FEES, fees.collect::<Vec<_>>(), "").await?;
    let pauses = seeds.iter().flat_map(|seed| {
        let id = seed.case.id.as_str();
        seed.pauses.iter().enumerate().map(move |(index, (reason, asked, received, counts))| {
            args![id, index as i64 + 1, reason.as_str(), *asked, *received, *counts]
        })
    });
    tx.insert_rows(PAUSES, pauses.collect::<Vec<_>>(), "").await?;
    let supplements = seeds.iter().flat_map(|seed| {
        let case = &seed.case;
        seed.supplements.iter().enumerate().map(move |(index, (reason, asked, answered))| {
            let items = serde_json::json!([{ "component": null, "what": reason }]).to_string();
            args![
                case.id.as_str(),
                index as i64 + 1,
                reason.as_str(),
                items,
                case.filed_by.as_str(),
                *asked,
                *answered,
                None::<i64>,
                case.promised_at
            ]
        })
    });
    tx.insert_rows(SUPPLEMENTS, supplements.collect::<Vec<_>>(), "").await?;
    let tasks = seeds.iter().filter_map(|seed| seed.task.as_ref().map(|task| task_values(&ambient, &seed.case, task)));
    tx.insert_rows(TASKS, tasks.collect::<Vec<_>>(), "").await?;
    let results = seeds.iter().filter_map(|seed| seed.result.as_ref().map(|result| result_values(&seed.case, result)));
    tx.insert_rows(RESULTS, results.collect::<Vec<_>>(), "").await?;
    Ok(())
}

/// Inserts events.
///
/// # Errors
/// What the database says.
pub async fn insert_events(tx: &mut Tx<'_>, events: &[EventSeed]) -> Result<(), StoreError> {
    let rows = events.iter().map(|event| {
        let (id, name, title, agency) = &event.actor;
        args![
            event.case_id.as_str(),
            event.seq,
            event.action.as_str(),
            event.from.map(|state| state.as_str().to_owned()),
            event.to.as_str(),
            event.step.as_str(),
            id.as_str(),
            name.as_str(),
            title.clone(),
            agency.clone(),
            None::<String>,
            event.reason.clone(),
            "118/2025/NĐ-CP",
            event.at,
            event.audit_id.as_str()
        ]
    });
    tx.insert_rows(EVENTS, rows.collect::<Vec<_>>(), "").await?;
    Ok(())
}

/// Sets where the series of numbers stand, so that the next number follows without a gap.
///
/// # Errors
/// What the database says.
pub async fn insert_numbers(tx: &mut Tx<'_>, numbers: &[(String, i64)]) -> Result<(), StoreError> {
    tx.insert_rows(NUMBERS, numbers.iter().map(|(name, last)| args![name.as_str(), *last]), "").await?;
    Ok(())
}

/// The tables that [`copy_cases`] fills.
pub const COPIED: [&str; 7] = [
    "services_case",
    "services_case_event",
    "services_case_pause",
    "services_supplement",
    "services_task",
    "services_fee_item",
    "services_result",
];

/// Copies every case of the city once more, with what accompanies it, as number `copy` (1 to 999): how a benchmark
/// comes to millions of cases. Running numbers of the copies leave gaps and their events have no audit records of
/// their own, so such a store serves measuring only.
///
/// # Errors
/// What the database says; the same copy made twice is a [`StoreError::Unique`].
pub async fn copy_cases(tx: &mut Tx<'_>, copy: u16) -> Result<u64, StoreError> {
    let (ids, numbers) = (format!("01{copy:06x}"), format!("{copy:03}"));
    for text in [COPY_EVENTS, COPY_PAUSES, COPY_SUPPLEMENTS, COPY_TASKS, COPY_FEES, COPY_RESULTS] {
        tx.execute(text, args![ids.as_str()]).await?;
    }
    tx.execute(COPY_CASES, args![ids.as_str(), numbers.as_str()]).await
}

fn case_values(case: &CaseRow) -> Vec<Value> {
    let limit = serde_json::to_string(&case.limit).unwrap_or_default();
    args![
        case.id.as_str(),
        case.case_no.as_str(),
        case.external_no.clone(),
        case.version_id.as_str(),
        case.procedure_code.as_str(),
        case.variant.clone(),
        case.filed_by.as_str(),
        case.owner_id.as_str(),
        case.owner_name.as_str(),
        text::search_key(&case.owner_name),
        case.owner_number.clone(),
        case.channel.as_str(),
        case.receiving_agency.as_str(),
        case.competent_agency.clone(),
        case.answers.to_string(),
        case.language.as_str(),
        case.submitted_at,
        case.accepted_at,
        case.due_at,
        case.promised_at,
        case.limit.limit.unit.code(),
        limit,
        case.ended_at,
        case.returned_at,
        case.state.as_str(),
        case.state_before.map(|state| state.as_str().to_owned()),
        case.state.national(),
        case.step.as_str(),
        case.finance_state.as_str(),
        case.delivery_state.as_str(),
        case.delivery_way.as_str(),
        case.sync_state.as_str(),
        case.supplements,
        case.lookup_token.as_str(),
        case.lookup_code.as_str(),
        case.revision,
        case.updated_at
    ]
}

fn fee_values(ambient: &Ambient, case: &CaseRow, fee: &FeeRow) -> Vec<Value> {
    let id: Id<Row> = ambient.new_id();
    args![
        id.as_str(),
        case.id.as_str(),
        fee.code.as_str(),
        fee.kind.as_str(),
        fee.name.as_str(),
        fee.amount.dong(),
        fee.collect_at,
        fee.basis.as_str(),
        fee.exemption.clone(),
        fee.payment_id.clone()
    ]
}

fn task_values(ambient: &Ambient, case: &CaseRow, task: &TaskSeed) -> Vec<Value> {
    let id: Id<Row> = ambient.new_id();
    let paused = matches!(case.state, CaseState::AwaitingSupplement | CaseState::AwaitingPayment);
    let sort = case
        .due_at
        .or(if case.accepted_at.is_none() { task.budget_due_at } else { None })
        .map_or(i64::MAX, time::micros);
    args![
        id.as_str(),
        case.id.as_str(),
        "step",
        case.step.as_str(),
        task.agency.as_str(),
        task.role.as_str(),
        task.assignee.clone(),
        case.procedure_code.as_str(),
        case.state.as_str(),
        paused,
        sort,
        task.budget_due_at,
        task.opened_at
    ]
}

fn result_values(case: &CaseRow, result: &ResultSeed) -> Vec<Value> {
    let (id, name, title) = &result.signer;
    let file = result.file.clone();
    args![
        result.id.as_str(),
        case.id.as_str(),
        result.code.as_str(),
        result.title.as_str(),
        result.agency.as_str(),
        id.as_str(),
        name.as_str(),
        title.as_str(),
        result.signed_at,
        Some(result.number.clone()),
        result.signed_at,
        Some(result.token.clone()),
        file.as_ref().map(|f| f.0.clone()),
        file.as_ref().map(|f| f.1.clone()),
        file.as_ref().map(|f| f.2),
        file.as_ref().map(|f| f.3.clone()),
        file.as_ref().map(|f| f.4.clone()),
        case.ended_at
    ]
}
