//! Writing the history: events and audit records in the order of time, then the cases as they stand at the end.

use super::history::{self, Happening, PastCase};
use super::people::People;
use anyhow::Result;
use haidang_contracts::actor::CaseId;
use haidang_kernel::ambient::Ambient;
use haidang_kernel::id::Id;
use haidang_kernel::money::Money;
use haidang_kernel::time;
use haidang_services::bulk::{self, CaseSeed, EventSeed, ResultSeed, TaskSeed};
use haidang_services::cases::clock::CityClock;
use haidang_services::cases::row::{CaseRow, FeeRow};
use haidang_services::model::{CaseState, Channel, DeliveryState, FinanceState, SyncState};
use haidang_store::{ActorRef, AuditEntry, Db, StoreError};
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

enum Thing {}

/// Numbers, names and rows of a history, ready to be written.
pub struct Prepared {
    seeds: Vec<CaseSeed>,
    events: Vec<(EventSeed, &'static str, String, Option<String>)>,
    numbers: Vec<(String, i64)>,
}

/// Gives every case its number in the order of filing and turns it into rows.
pub fn prepare(cases: &[PastCase], people: &People, clock: &CityClock, ambient: &Ambient) -> Prepared {
    let mut numbers: BTreeMap<String, i64> = BTreeMap::new();
    let mut prepared = Prepared { seeds: Vec::with_capacity(cases.len()), events: Vec::new(), numbers: Vec::new() };
    let mut issued: Vec<(Timestamp, usize)> = Vec::new();
    for case in cases {
        let filed = case.happenings.first().map_or_else(|| ambient.now(), |first| first.at);
        let day = time::civil(filed).date();
        let series = format!("{}-{:04}{:02}{:02}", case.receiving, day.year(), day.month(), day.day());
        let last = numbers
            .entry(format!("case/{}/{:04}{:02}{:02}", case.receiving, day.year(), day.month(), day.day()))
            .or_default();
        *last += 1;
        let case_no = format!("{series}-{last:07}");
        let seed = seed(case, people, clock, ambient, filed, case_no);
        if seed.result.is_some() {
            issued.push((seed.result.as_ref().map_or(filed, |result| result.signed_at), prepared.seeds.len()));
        }
        events(case, &seed.case, people, &mut prepared.events);
        prepared.seeds.push(seed);
    }
    // Registers of results are numbered in the order of signing, without a gap.
    issued.sort();
    for (at, index) in issued {
        if let Some(result) = prepared.seeds[index].result.as_mut() {
            let year = time::civil(at).year();
            let last = numbers.entry(format!("result/{}/KQ/{year}", result.agency)).or_default();
            *last += 1;
            result.number = format!("{last}/{year}-KQ");
        }
    }
    prepared.events.sort_by_key(|(event, ..)| (event.at, event.seq));
    prepared.numbers = numbers.into_iter().collect();
    prepared
}

fn seed(
    case: &PastCase,
    people: &People,
    clock: &CityClock,
    ambient: &Ambient,
    filed: Timestamp,
    case_no: String,
) -> CaseSeed {
    let id: CaseId = ambient.new_id();
    let last = case.happenings.last();
    let ended = case.happenings.iter().find(|h| {
        matches!(
            h.state,
            CaseState::Refused
                | CaseState::Stopped
                | CaseState::Withdrawn
                | CaseState::ResultReady
                | CaseState::Returned
        )
    });
    let supplements = case.happenings.iter().filter(|h| h.action == "supplement").count();
    let paid = case.accepted_at.is_some();
    let fees: Vec<FeeRow> = case.fees.iter().map(|line| fee(line, paid)).collect();
    let owed: i64 = fees.iter().map(|fee| fee.amount.dong()).sum();
    let row = CaseRow {
        case_no,
        external_no: None,
        version_id: case.version.id.clone(),
        procedure_code: case.version.procedure.code.clone(),
        variant: case.facts.variant.clone(),
        filed_by: case.owner.id.clone(),
        owner_id: case.owner.id.clone(),
        owner_name: case.owner.full_name.clone(),
        owner_number: Some(case.owner.personal_number().to_owned()),
        channel: case.facts.channel,
        receiving_agency: case.receiving.clone(),
        competent_agency: Some(case.competent.clone()),
        answers: case.facts.form.clone(),
        language: "vi".to_owned(),
        submitted_at: filed,
        accepted_at: case.accepted_at,
        due_at: if ended.is_some() && case.due_at.is_none() { None } else { case.due_at },
        promised_at: case.due_at,
        limit: case.limit.clone(),
        ended_at: ended.map(|h| h.at),
        returned_at: case.happenings.iter().find(|h| h.state == CaseState::Returned).map(|h| h.at),
        state: case.state,
        state_before: None,
        step: case.step.clone(),
        finance_state: if owed == 0 {
            FinanceState::None
        } else if paid {
            FinanceState::Paid
        } else {
            FinanceState::Due
        },
        delivery_state: match case.state {
            CaseState::ResultReady => DeliveryState::Ready,
            CaseState::Returned => DeliveryState::HandedOver,
            _ => DeliveryState::None,
        },
        delivery_way: if case.facts.channel == Channel::Postal { "post" } else { "counter" }.to_owned(),
        sync_state: SyncState::Clean,
        supplements: i64::try_from(supplements).unwrap_or(0),
        lookup_token: ambient.token(),
        lookup_code: ambient.token().to_uppercase().chars().filter(|c| !"01OI".contains(*c)).take(8).collect(),
        revision: i64::try_from(case.happenings.len()).unwrap_or(0),
        updated_at: last.map_or(filed, |h| h.at),
        id,
    };
    let pauses = case.pauses.iter().map(|p| (p.reason.clone(), p.asked, p.received, true)).collect();
    let asked = case.happenings.iter().filter(|h| h.action == "supplement");
    let supplements = asked
        .map(|h| {
            let answered = case
                .happenings
                .iter()
                .find(|other| other.action == "answer_supplement" && other.at > h.at)
                .map(|other| other.at);
            (h.reason.unwrap_or_default().to_owned(), h.at, answered)
        })
        .collect();
    let task = (!row.state.is_end()).then(|| task(case, &row, people, clock, last)).flatten();
    let result = result(case, &row, people, ambient);
    CaseSeed { case: row, fees, pauses, supplements, task, result }
}

fn fee(line: &haidang_services::procedure::FeeLine, paid: bool) -> FeeRow {
    let amount = if line.exempt.is_some() { Money::ZERO } else { line.amount.unwrap_or(Money::ZERO) };
    FeeRow {
        id: String::new(),
        code: line.code.clone(),
        kind: line.kind.as_str().to_owned(),
        name: line.name.vi.clone(),
        amount,
        collect_at: i64::from(line.collect_at),
        basis: line.basis.clone(),
        exemption: line.exempt.as_ref().map(|e| format!("{} ({})", e.name.vi, e.basis)),
        payment_id: (paid && !amount.is_zero()).then(|| "history".to_owned()),
    }
}

fn task(
    case: &PastCase,
    row: &CaseRow,
    people: &People,
    clock: &CityClock,
    last: Option<&Happening>,
) -> Option<TaskSeed> {
    let step = case.version.step(&row.step)?;
    let since = last.map_or(row.submitted_at, |h| h.at);
    let agency = haidang_services::cases::route::agency_of(&case.version, step, row).to_owned();
    let assignee =
        last.and_then(|h| history::official(people, h.official)).filter(|o| o.agency == agency && o.role == step.role);
    Some(TaskSeed {
        agency,
        role: step.role.clone(),
        assignee: assignee.map(|o| o.person.id.to_string()),
        budget_due_at: clock.budget_end(&case.version, step, since).ok().flatten(),
        opened_at: since,
    })
}

/// What was handed out in the past was paper: the record holds number and signer, and says that there is no file.
fn result(case: &PastCase, row: &CaseRow, people: &People, ambient: &Ambient) -> Option<ResultSeed> {
    if !matches!(row.state, CaseState::ResultReady | CaseState::Returned) {
        return None;
    }
    let signing = case.happenings.iter().rev().find(|h| h.action == "sign").or(case
        .happenings
        .iter()
        .rev()
        .find(|h| h.official.is_some()))?;
    let signer = history::official(people, signing.official)?;
    let kind = case.version.procedure.result.as_ref();
    let id: Id<Thing> = ambient.new_id();
    Some(ResultSeed {
        id: id.to_string(),
        code: kind.and_then(|k| k.code.clone()).unwrap_or_else(|| format!("KQ.{}", row.procedure_code)),
        title: kind.map_or_else(|| "Kết quả giải quyết".to_owned(), |k| k.name.clone()),
        agency: row.deciding_agency().to_owned(),
        signer: (signer.person.id.to_string(), signer.person.full_name.clone(), signer.title.clone()),
        signed_at: signing.at,
        number: String::new(),
        token: ambient.token(),
        file: None,
    })
}

fn events(
    case: &PastCase,
    row: &CaseRow,
    people: &People,
    into: &mut Vec<(EventSeed, &'static str, String, Option<String>)>,
) {
    let mut before = None;
    for (index, happening) in case.happenings.iter().enumerate() {
        let actor = match history::official(people, happening.official) {
            Some(official) => (
                official.person.id.to_string(),
                official.person.full_name.clone(),
                Some(official.title.clone()),
                Some(official.agency.clone()),
            ),
            None => (row.owner_id.to_string(), row.owner_name.clone(), None, None),
        };
        let event = EventSeed {
            case_id: row.id.to_string(),
            seq: i64::try_from(index).unwrap_or(0) + 1,
            action: happening.action.to_owned(),
            from: before,
            to: happening.state,
            step: happening.step.clone(),
            actor,
            reason: happening.reason.map(str::to_owned),
            at: happening.at,
            audit_id: String::new(),
        };
        before = Some(happening.state);
        into.push((event, audit_action(happening.action), row.case_no.clone(), row.owner_number.clone()));
    }
}

fn audit_action(action: &str) -> &'static str {
    match action {
        "submit" => "case.submitted",
        "accept" => "case.accepted",
        "refuse" => "case.refused",
        "supplement" => "case.supplement_asked",
        "answer_supplement" => "case.supplemented",
        "withdraw" => "case.withdrawal_asked",
        "accept_withdrawal" => "case.withdrawn",
        "propose" => "case.proposed",
        "sign" => "case.signed",
        "result_issued" => "result.issued",
        "hand_over" => "case.handed_over",
        _ => "case.moved",
    }
}

const EVENTS_AT_ONCE: usize = 1500;
const CASES_AT_ONCE: usize = 500;

/// Writes a prepared history; the clock stands at each event while its record is written.
///
/// # Errors
/// What the database says.
pub async fn write(
    db: &Db,
    ambient: &Ambient,
    prepared: Prepared,
    until: Timestamp,
    mut progress: impl FnMut(usize, usize),
) -> Result<()> {
    let total = prepared.events.len() + prepared.seeds.len();
    let mut done = 0;
    for chunk in prepared.events.chunks(EVENTS_AT_ONCE) {
        let chunk = Arc::new(chunk.to_vec());
        done += chunk.len();
        db.transaction(move |tx| {
            let chunk = chunk.clone();
            Box::pin(async move {
                let ambient = tx.ambient().clone();
                let mut rows = Vec::with_capacity(chunk.len());
                for (event, action, case_no, subject) in chunk.iter() {
                    ambient.set(event.at);
                    let (id, _, _, agency) = &event.actor;
                    let actor = ActorRef {
                        kind: if agency.is_some() { "official" } else { "resident" }.to_owned(),
                        person: Some(id.clone()),
                        agency: agency.clone(),
                        channel: if agency.is_some() { "counter" } else { "online" }.to_owned(),
                        ..ActorRef::default()
                    };
                    let mut entry = AuditEntry::mutation(action, actor)
                        .object("case", &event.case_id)
                        .because("118/2025/NĐ-CP", "dữ liệu minh họa")
                        .subjects(subject.clone())
                        .detail(json!({ "case_no": case_no, "to": event.to }));
                    if agency.is_none() {
                        entry = entry.own();
                    }
                    let mut row = event.clone();
                    row.audit_id = tx.audit(entry).await?.to_string();
                    rows.push(row);
                }
                bulk::insert_events(tx, &rows).await?;
                Ok::<_, StoreError>(())
            })
        })
        .await?;
        progress(done, total);
    }
    ambient.set(until);
    for chunk in prepared.seeds.chunks(CASES_AT_ONCE) {
        let chunk = Arc::new(chunk.to_vec());
        done += chunk.len();
        db.transaction(move |tx| {
            let chunk = chunk.clone();
            Box::pin(async move { bulk::insert_cases(tx, &chunk).await })
        })
        .await?;
        progress(done, total);
    }
    let numbers = Arc::new(prepared.numbers);
    db.transaction(move |tx| {
        let numbers = numbers.clone();
        Box::pin(async move { bulk::insert_numbers(tx, &numbers).await })
    })
    .await?;
    Ok(())
}
