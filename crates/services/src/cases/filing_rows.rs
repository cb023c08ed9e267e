//! The rows of filings, several of them in one transaction when they arrive together.

use super::filing::{Filing, Receipt};
use super::row::Task;
use super::{clock, escalation, numbering, writing};
use crate::model::{CaseState, FinanceState};
use crate::procedure::FeeLine;
use crate::sql;
use haidang_contracts::actor::{CaseId, PersonId};
use haidang_contracts::events::{CASE_SUBMITTED, CaseSubmitted};
use haidang_kernel::ambient::Ambient;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_kernel::{text, time};
use haidang_store::{ActorRef, AuditEntry, Db, Tx, Value, args};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Semaphore, oneshot};

/// What became of a filing.
pub(super) enum Written {
    /// A case.
    New(Box<Receipt>),
    /// Its draft had been submitted before, as this case.
    Before(CaseId),
}

enum FeeItem {}

/// Filings that are written together, at most.
const MOST: usize = 32;

/// Filings that arrive while others are being written wait for each other and are written in one transaction: they
/// need the same numbers, and one commit serves them all.
pub struct FilingQueue {
    waiting: Mutex<Vec<Waiting>>,
    turns: Semaphore,
}

impl Default for FilingQueue {
    fn default() -> Self {
        // While one group waits for the disk, the next one is prepared.
        Self { waiting: Mutex::default(), turns: Semaphore::new(2) }
    }
}

struct Waiting {
    filing: Filing,
    answer: oneshot::Sender<Result<Written, Problem>>,
}

impl FilingQueue {
    /// Writes a filing, alone or together with others, and answers when it is durable.
    pub(super) async fn write(self: &Arc<Self>, db: &Db, filing: Filing) -> Result<Written, Problem> {
        let (answer, written) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(Waiting { filing, answer });
        let (queue, db) = (Arc::clone(self), db.clone());
        // A task of its own: a caller who goes away must not take the answers of the others along.
        tokio::spawn(async move { queue.turn(&db).await });
        written.await.unwrap_or_else(|_| Err(Problem::internal("the filing was not written")))
    }

    async fn turn(&self, db: &Db) {
        let Ok(_turn) = self.turns.acquire().await else { return };
        let waiting: Vec<Waiting> = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let count = waiting.len().min(MOST);
            waiting.drain(..count).collect()
        };
        let (filings, answers): (Vec<_>, Vec<_>) =
            waiting.into_iter().map(|one| (Arc::new(one.filing), one.answer)).unzip();
        match together(db, filings.clone()).await {
            Ok(written) => {
                for (answer, written) in answers.into_iter().zip(written) {
                    let _ = answer.send(Ok(written));
                }
            }
            // One of them cannot be written: it alone hears so.
            Err(_) if filings.len() > 1 => {
                for (answer, filing) in answers.into_iter().zip(filings) {
                    let written = together(db, vec![filing]).await;
                    let _ = answer.send(written.and_then(|mut one| one.pop().ok_or_else(|| Problem::internal("none"))));
                }
            }
            Err(problem) => {
                for answer in answers {
                    let _ = answer.send(Err(problem.clone()));
                }
            }
        }
    }
}

async fn together(db: &Db, filings: Vec<Arc<Filing>>) -> Result<Vec<Written>, Problem> {
    if filings.is_empty() {
        return Ok(Vec::new());
    }
    db.transaction(move |tx| {
        let filings = filings.clone();
        Box::pin(async move { write_filings(tx, &filings).await })
    })
    .await
}

async fn write_filings(tx: &mut Tx<'_>, filings: &[Arc<Filing>]) -> Result<Vec<Written>, Problem> {
    let mut claims = Vec::with_capacity(filings.len());
    let mut wanted: BTreeMap<(&str, Date), i64> = BTreeMap::new();
    for filing in filings {
        let now = filing.ambient.now();
        let claim = claim(tx, filing, now).await?;
        if matches!(claim, Claim::New(_)) {
            *wanted.entry((&filing.receiving, time::civil(now).date())).or_default() += 1;
        }
        claims.push((claim, now));
    }
    // In the order of the series, so that two processes cannot wait for each other.
    let mut last = BTreeMap::new();
    for ((agency, day), count) in wanted {
        let reserved = numbering::reserve(tx, &numbering::case_series(agency, day), count).await?;
        last.insert((agency, day), reserved - count);
    }
    let mut written = Vec::with_capacity(filings.len());
    for (filing, (claim, now)) in filings.iter().zip(claims) {
        written.push(match claim {
            Claim::Before(case) => Written::Before(case),
            Claim::New(id) => {
                let day = time::civil(now).date();
                let number = last.get_mut(&(filing.receiving.as_str(), day)).map(|last| {
                    *last += 1;
                    *last
                });
                let number = number.ok_or_else(|| Problem::internal("a filing without number"))?;
                let case_no = numbering::case_no(&filing.receiving, day, number);
                let receipt = write_filing(tx, filing, id, case_no, now).await?;
                tx.end_set().await?;
                Written::New(Box::new(receipt))
            }
        });
    }
    Ok(written)
}

enum Claim {
    New(CaseId),
    Before(CaseId),
}

/// The id of the case to be, if the draft was not submitted before.
async fn claim(tx: &mut Tx<'_>, filing: &Filing, now: Timestamp) -> Result<Claim, Problem> {
    let case_id: CaseId = filing.ambient.new_id();
    if let Some(draft) = &filing.draft
        && tx.execute(sql::draft::CLAIM, args![draft.as_str(), case_id.as_str(), now]).await? == 0
    {
        let row = tx.fetch_optional(sql::draft::BY_ID, args![draft.as_str()]).await?;
        let before = row.map(|row| row.opt_id("case_id")).transpose()?.flatten();
        return before.map(Claim::Before).ok_or_else(|| Problem::not_found("draft_not_found", "no such draft"));
    }
    Ok(Claim::New(case_id))
}

async fn write_filing(
    tx: &mut Tx<'_>,
    filing: &Filing,
    case_id: CaseId,
    case_no: String,
    now: Timestamp,
) -> Result<Receipt, Problem> {
    let fee_due: i64 = filing
        .fees
        .iter()
        .filter(|fee| fee.exempt.is_none())
        .filter_map(|fee| fee.amount)
        .map(|amount| amount.dong())
        .sum();
    let intake_due: i64 = filing
        .fees
        .iter()
        .filter(|fee| fee.exempt.is_none() && fee.collect_at <= 1)
        .filter_map(|fee| fee.amount)
        .map(|amount| amount.dong())
        .sum();
    let (state, step) = first_state(filing)?;
    let (token, code) = (filing.ambient.token(), short_code(&filing.ambient));
    let limit = serde_json::to_string(&filing.limit).map_err(|e| Problem::internal(e.to_string()))?;
    let unit = serde_json::to_value(filing.limit.limit.unit)
        .ok()
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default();
    let finance = if fee_due > 0 { FinanceState::Due } else { FinanceState::None };
    let owner_name = text::nfc(&filing.owner.full_name);
    // What nothing reads back goes to the database in one exchange; the number stays locked for no longer than that.
    tx.later(
        sql::case::INSERT,
        args![
            case_id.as_str(),
            case_no.as_str(),
            None::<String>,
            filing.version.id.as_str(),
            filing.version.procedure.code.as_str(),
            filing.variant.clone(),
            filing.actor.person.as_str(),
            filing.owner.id.as_str(),
            owner_name.as_str(),
            text::search_key(&owner_name),
            Some(filing.owner.personal_number().to_owned()),
            filing.channel.as_str(),
            filing.receiving.as_str(),
            filing.competent.clone(),
            filing.answers.to_string(),
            filing.language.as_str(),
            now,
            unit,
            limit,
            state.as_str(),
            state.national(),
            step.as_str(),
            finance.as_str(),
            filing.delivery_way.as_str(),
            token.as_str(),
            code.as_str(),
            now
        ],
    )
    .await?;
    for fee in &filing.fees {
        tx.later(sql::record::INSERT_FEE, fee_values(filing, &case_id, fee)).await?;
    }
    if let Some(draft) = &filing.draft {
        tx.later(sql::draft::ADOPT_DOCUMENTS, args![case_id.as_str(), draft.as_str()]).await?;
    }
    open_first_task(tx, filing, &case_id, state, &step, now).await?;
    record(tx, filing, &case_id, &case_no, state, &step, now).await?;
    Ok(Receipt {
        case_id: case_id.as_str().to_owned(),
        case_no,
        submitted_at: time::micros(now),
        lookup_token: token,
        lookup_code: code,
        fee_due: intake_due,
        state: state.as_str().to_owned(),
        repeated: false,
    })
}

fn first_state(filing: &Filing) -> Result<(CaseState, String), Problem> {
    let first = filing.version.procedure.steps.first().ok_or_else(|| Problem::internal("procedure without steps"))?;
    let state = if filing.competent.is_some() { CaseState::Submitted } else { CaseState::Coordinating };
    Ok((state, first.id.clone()))
}

fn fee_values(filing: &Filing, case_id: &CaseId, fee: &FeeLine) -> Vec<Value> {
    let id: Id<FeeItem> = filing.ambient.new_id();
    let exemption = match (&fee.exempt, fee.amount) {
        (Some(exemption), _) => Some(format!("{} ({})", exemption.name.vi, exemption.basis)),
        (None, None) => Some("chưa xác định được mức thu".to_owned()),
        (None, Some(_)) => None,
    };
    let amount = if fee.exempt.is_some() { 0 } else { fee.amount.map_or(0, |amount| amount.dong()) };
    args![
        id.as_str(),
        case_id.as_str(),
        fee.code.as_str(),
        fee.kind.as_str(),
        fee.name.vi.as_str(),
        amount,
        i64::from(fee.collect_at),
        fee.basis.as_str(),
        exemption
    ]
}

async fn open_first_task(
    tx: &mut Tx<'_>,
    filing: &Filing,
    case_id: &CaseId,
    state: CaseState,
    step: &str,
    now: Timestamp,
) -> Result<(), Problem> {
    let first = filing.version.step(step).ok_or_else(|| Problem::internal("first step vanished"))?;
    let (kind, agency, role) = if state == CaseState::Coordinating {
        ("coordination", filing.coordination.0.as_str(), filing.coordination.1.as_str())
    } else {
        ("step", filing.receiving.as_str(), first.role.as_str())
    };
    let budget = filing.clock.budget_end(&filing.version, first, now)?;
    let id: Id<Task> = filing.ambient.new_id();
    // Before intake there is no date: what waits longest for intake sorts by the end of its budget.
    let sort = clock::due_sort(budget);
    tx.later(
        sql::task::INSERT,
        args![
            id.as_str(),
            case_id.as_str(),
            kind,
            step,
            agency,
            role,
            None::<String>,
            filing.version.procedure.code.as_str(),
            state.as_str(),
            false,
            sort,
            budget,
            now
        ],
    )
    .await?;
    if kind == "step" {
        let opened = escalation::Opened {
            case_id: case_id.as_str(),
            limit: (None, None),
            step: first,
            task: &id,
            agency,
            budget_end: budget,
        };
        escalation::plan_task(tx, &filing.clock, &filing.ambient, opened, now).await?;
    }
    Ok(())
}

async fn record(
    tx: &mut Tx<'_>,
    filing: &Filing,
    case_id: &CaseId,
    case_no: &str,
    state: CaseState,
    step: &str,
    now: Timestamp,
) -> Result<(), Problem> {
    let channel = if filing.at_counter { "counter" } else { "online" };
    let mut actor = ActorRef::of(&filing.actor, channel);
    if filing.at_counter {
        actor.agency = Some(filing.receiving.clone());
    }
    let mut entry = AuditEntry::mutation("case.submitted", actor)
        .object("case", case_id.as_str())
        .request(&filing.request_id)
        .because(writing::LEGAL_BASIS, "nộp hồ sơ thủ tục hành chính")
        .subject(filing.owner.personal_number())
        .detail(json!({ "case_no": case_no, "procedure": filing.version.procedure.code, "version": filing.version.id, "channel": filing.channel, "receiving": filing.receiving, "competent": filing.competent, "state": state }));
    if *filing.actor.subject() == filing.owner.id {
        entry = entry.own();
    }
    let audit_id = tx.audit(entry).await?;
    let on_behalf: Option<PersonId> = (filing.actor.person != filing.owner.id).then(|| filing.owner.id.clone());
    tx.later(
        sql::case::INSERT_EVENT,
        args![
            case_id.as_str(),
            1_i64,
            "submit",
            None::<String>,
            state.as_str(),
            step,
            filing.actor.person.as_str(),
            filing.actor.display_name.as_str(),
            None::<String>,
            filing.at_counter.then(|| filing.receiving.clone()),
            on_behalf.map(|id| id.as_str().to_owned()),
            None::<String>,
            writing::LEGAL_BASIS,
            now,
            audit_id.as_str()
        ],
    )
    .await?;
    let event = CaseSubmitted {
        case_id: case_id.as_str().to_owned(),
        case_no: case_no.to_owned(),
        procedure: filing.version.procedure.code.clone(),
        owner: filing.owner.id.as_str().to_owned(),
        receiving_agency: filing.receiving.clone(),
        at: time::micros(now),
    };
    tx.emit(CASE_SUBMITTED, case_id.as_str(), &event).await?;
    Ok(())
}

/// Eight letters and digits without look-alikes, read out or typed from a printed receipt.
fn short_code(ambient: &Ambient) -> String {
    const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    ambient.bytes::<8>().iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect()
}
