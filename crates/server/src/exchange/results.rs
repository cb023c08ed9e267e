//! Results of the city told to the registers of other agencies, through the exchange, under an agreement: a birth that was
//! registered here stands in the electronic civil status. Each result is told once to each register, again and again
//! while the register is away; what it refuses waits for people.

pub mod file;
mod page;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use async_trait::async_trait;
use axum::body::Bytes;
use axum::http::{Request, Response};
use haidang_contracts::actor::Actor;
use haidang_contracts::events::{RESULT_ISSUED, ResultIssued};
use haidang_contracts::identity::{Directory, Identity};
use haidang_contracts::synchronisation::{DecidedCase, DecidedCases, Disclosure};
use haidang_exchange::proxy::Insider;
use haidang_exchange::rules::identifier::SubsystemId;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_store::jobs::{Handler, Job};
use haidang_store::outbox::{Consumer, Event, Failure};
use haidang_store::{ActorRef, AuditEntry, Db, Row, StoreError, args};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sql;
use file::{Entry, ResultFile};

pub use page::routes;

/// Bytes of a register's answer.
const LARGEST_ANSWER: usize = 64 * 1024;
/// Attempts before people look: with the pauses of jobs, two days.
const ATTEMPTS: i64 = 60;
/// Longest reason that is kept.
const LONGEST_REASON: usize = 60;
/// The kind of the job that tells one.
const KIND: &str = "exchange.result";

/// Reads which results are told to whom; none where the file is absent.
///
/// # Errors
/// All that is wrong with the file.
pub fn read(file: &Path) -> Result<Option<(SubsystemId, Vec<Entry>)>> {
    if !file.exists() {
        return Ok(None);
    }
    let shown = || file.display().to_string();
    let text = std::fs::read_to_string(file).with_context(shown)?;
    let draft: ResultFile = toml::from_str(&text).with_context(shown)?;
    match draft.judge() {
        Ok(judged) => Ok(Some(judged)),
        Err(complaints) => bail!("{}: {}", shown(), complaints.join("; ")),
    }
}

/// Marker of a result that a register is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SharedResult {}

/// How it stands with one result and one register.
#[derive(Debug, Clone)]
pub struct Shared {
    /// Opaque id.
    pub id: String,
    case_id: String,
    entry: String,
    case_no: String,
    agency: String,
    /// `waiting`, `told` or `refused`.
    pub state: String,
    attempts: i64,
    /// Why the last attempt failed: a code, never a sentence of a register, for those may name people.
    pub reason: Option<String>,
    queued_at: Timestamp,
    tried_at: Option<Timestamp>,
}

impl Shared {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text("id")?,
            case_id: row.text("case_id")?,
            entry: row.text("entry")?,
            case_no: row.text("case_no")?,
            agency: row.text("agency")?,
            state: row.text("state")?,
            attempts: row.integer("attempts")?,
            reason: row.opt_text("reason")?,
            queued_at: row.timestamp("queued_at")?,
            tried_at: row.opt_timestamp("tried_at")?,
        })
    }
}

/// How a register took it.
#[derive(Debug, PartialEq, Eq)]
enum Taken {
    /// It has it; the id of the call, for the message log.
    Told(Option<String>),
    /// It will not have it as it is.
    Refused(String),
    /// It could not be reached, or fails for a while.
    Later(String),
}

/// Tells registers of results. Cheap to clone.
#[derive(Clone)]
pub struct ResultDesk {
    /// Records.
    pub db: Db,
    /// Cases.
    pub cases: Arc<dyn DecidedCases>,
    /// Who people are.
    pub identity: Arc<dyn Identity>,
    /// Names of agencies.
    pub directory: Arc<dyn Directory>,
    /// As whom the city calls; none where no exchange runs here, and then nothing is queued.
    pub caller: Option<Insider>,
    /// Who is told what.
    pub entries: Arc<Vec<Entry>>,
}

impl ResultDesk {
    fn entries_for<'d>(&'d self, procedure: &'d str) -> impl Iterator<Item = &'d Entry> {
        self.entries.iter().filter(move |entry| entry.procedures.iter().any(|one| one == procedure))
    }

    async fn shared(&self, id: &str) -> Result<Option<Shared>, StoreError> {
        let row = self.db.fetch_optional(sql::SHARED_RESULT, args![id]).await?;
        row.as_ref().map(Shared::read).transpose()
    }

    /// Those that are not told yet, what waits for people first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn open(&self, limit: i64) -> Result<Vec<Shared>, StoreError> {
        self.db.fetch_all(sql::OPEN_SHARED_RESULTS, args![limit]).await?.iter().map(Shared::read).collect()
    }

    /// How many stand in a state.
    async fn count(&self, state: &str) -> Result<i64, StoreError> {
        let rows = self.db.fetch_all(sql::COUNT_SHARED_RESULTS, args![]).await?;
        for row in &rows {
            if row.text("state")? == state {
                return row.integer("n");
            }
        }
        Ok(0)
    }

    /// Sends a refused one again, at the wish of whoever keeps the city in step with others.
    ///
    /// # Errors
    /// `not_found`, `not_refused`, what the database says.
    pub async fn again(&self, actor: &Actor, channel: &str, request: &str, id: &str) -> Result<(), Problem> {
        let missing = || Problem::not_found("shared_result_not_found", "no such result that a register is told of");
        let row = self.shared(id).await?.ok_or_else(missing)?;
        let entry = AuditEntry::mutation("exchange.result_again", ActorRef::of(actor, channel))
            .object("case", &row.case_id)
            .request(request)
            .detail(json!({ "entry": row.entry, "reason": row.reason }));
        let id = row.id;
        self.db
            .transaction(move |tx| {
                let (id, entry) = (id.clone(), entry.clone());
                Box::pin(async move {
                    if tx.execute(sql::SHARED_RESULT_AGAIN, args![id.as_str()]).await? == 0 {
                        return Err(Problem::conflict("not_refused", "it is not refused, or somebody was faster"));
                    }
                    let now = tx.ambient().now();
                    tx.enqueue(KIND, &id, &(), now).await?;
                    tx.audit(entry).await?;
                    Ok(())
                })
            })
            .await
    }

    /// Tells a register of a case.
    async fn tell(&self, caller: &Insider, entry: &Entry, case: &DecidedCase, told: &Value) -> Result<Taken, Failure> {
        let later = |error: haidang_contracts::ContractError| Failure::Later(error.to_string());
        let person = match &case.issued_by {
            Some(id) => self.identity.person(id).await.map_err(later)?,
            None => None,
        };
        let Some(person) = person else { return Ok(Taken::Refused("missing:issued_by".to_owned())) };
        let request = Request::post(format!("/r1/{}{}", entry.service, entry.path))
            .header("accept", "application/json")
            .header("content-type", "application/json")
            .header("x-road-userid", format!("VN{}", person.personal_number()))
            .header("x-road-issue", case.case_no.as_str())
            .header("x-hd-purpose", entry.purpose.as_str())
            .header("x-hd-procedure", case.procedure.as_str())
            .body(Bytes::from(told.to_string()))
            .map_err(|_| Failure::Never("the call cannot be written".to_owned()))?;
        let patience = Duration::from_millis(entry.timeout_ms);
        Ok(match caller.call(request, LARGEST_ANSWER, patience).await {
            Ok(answer) => taken(&answer),
            Err(error) => Taken::Later(code(&error.to_string())),
        })
    }

    async fn note(&self, statement: &'static str, id: &str, reason: Option<String>) -> Result<(), Failure> {
        let now = self.db.ambient().now();
        self.db.execute(statement, args![id, reason, now]).await?;
        Ok(())
    }
}

/// What stands in the records of a reason: letters, digits and little else.
fn code(text: &str) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() || "._:-".contains(c) { c } else { '_' };
    text.chars().map(kept).take(LONGEST_REASON).collect()
}

/// What an answer means. What the exchange itself refuses for good is for people, like what the register refuses.
fn taken(answer: &Response<Bytes>) -> Taken {
    let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(error) = header("x-road-error") {
        let passing = error.starts_with("server.") || error == "client.quota_exceeded";
        return if passing { Taken::Later(code(error)) } else { Taken::Refused(code(error)) };
    }
    let said: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let named = said["provider_code"].as_str().or(said["error"].as_str());
    let reason = || code(named.unwrap_or(answer.status().as_str()));
    match answer.status().as_u16() {
        200..=299 => Taken::Told(header("x-road-id").map(code)),
        400..=499 if answer.status().as_u16() != 429 => Taken::Refused(reason()),
        _ => Taken::Later(reason()),
    }
}

#[async_trait]
impl Consumer for ResultDesk {
    fn name(&self) -> &'static str {
        "exchange.results"
    }

    fn wants(&self, kind: &str) -> bool {
        self.caller.is_some() && !self.entries.is_empty() && kind == RESULT_ISSUED
    }

    async fn take(&self, event: &Event) -> Result<(), Failure> {
        let issued: ResultIssued = event.read()?;
        let unavailable = |error: haidang_contracts::ContractError| Failure::Later(error.to_string());
        let Some(case) = self.cases.decided_case(&issued.case_id, None).await.map_err(unavailable)? else {
            return Ok(());
        };
        let entries: Vec<String> = self.entries_for(&case.procedure).map(|entry| entry.id.clone()).collect();
        let (case, case_id) = (&case, &issued.case_id);
        self.db
            .transaction(|tx| {
                let entries = entries.clone();
                Box::pin(async move {
                    let now = tx.ambient().now();
                    for entry in entries {
                        let id: Id<SharedResult> = tx.ambient().new_id();
                        let row = args![&id, case_id.as_str(), entry, case.case_no.as_str(), case.agency.as_str(), now];
                        if tx.execute(sql::INSERT_SHARED_RESULT, row).await? > 0 {
                            tx.enqueue(KIND, id.as_str(), &(), now).await?;
                        }
                    }
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        Ok(())
    }
}

#[async_trait]
impl Handler for ResultDesk {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn attempts(&self) -> i64 {
        ATTEMPTS
    }

    async fn run(&self, job: &Job) -> Result<(), Failure> {
        let Some(row) = self.shared(&job.key).await?.filter(|row| row.state == "waiting") else { return Ok(()) };
        let entry = self.entries.iter().find(|entry| entry.id == row.entry);
        let Some((caller, entry)) = self.caller.as_ref().zip(entry) else {
            return Err(Failure::Later("no exchange leads to this register now".to_owned()));
        };
        let unavailable = |error: haidang_contracts::ContractError| Failure::Later(error.to_string());
        let disclosure = Disclosure { legal_basis: entry.legal_basis.clone(), purpose: entry.purpose_text.clone() };
        let case = self.cases.decided_case(&row.case_id, Some(&disclosure)).await.map_err(unavailable)?;
        let Some(case) = case else {
            return self.note(sql::SHARED_RESULT_REFUSED, &row.id, Some("missing:case".to_owned())).await;
        };
        let taken = match entry.message(&case) {
            Ok(told) => self.tell(caller, entry, &case, &told).await?,
            Err(missing) => Taken::Refused(code(&missing.to_string())),
        };
        match taken {
            Taken::Told(message) => self.note(sql::SHARED_RESULT_TOLD, &row.id, message).await,
            Taken::Refused(reason) => self.note(sql::SHARED_RESULT_REFUSED, &row.id, Some(reason)).await,
            Taken::Later(_) if job.attempt >= ATTEMPTS => {
                self.note(sql::SHARED_RESULT_REFUSED, &row.id, Some("unreachable".to_owned())).await
            }
            Taken::Later(reason) => {
                self.note(sql::SHARED_RESULT_LATER, &row.id, Some(reason.clone())).await?;
                Err(Failure::Later(reason))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, error: Option<&str>, body: &str, expected: Taken) {
        let mut answer = Response::builder().status(status).header("x-road-id", "m-1");
        if let Some(error) = error {
            answer = answer.header("x-road-error", error);
        }
        let answer = answer.body(Bytes::copy_from_slice(body.as_bytes())).unwrap();
        assert_eq!(taken(&answer), expected, "{status} {error:?} {body}");
    }

    #[test]
    fn an_answer_says_whether_people_must_look() {
        let refused = |word: &str| Taken::Refused(word.to_owned());
        let later = |word: &str| Taken::Later(word.to_owned());
        check(200, None, r#"{"trangThai":"da-tiep-nhan"}"#, Taken::Told(Some("m-1".to_owned())));
        check(422, None, r#"{"error":"provider_refused","provider_code":"500"}"#, refused("500"));
        check(409, None, r#"{"error":"provider_refused"}"#, refused("provider_refused"));
        check(404, None, "<h1>Không thấy Trần Thị Ví Dụ</h1>", refused("404"));
        check(429, None, "", later("429"));
        check(502, None, r#"{"error":"provider_refused","provider_code":"100"}"#, later("100"));
        check(500, Some("server.serverproxy.breaker_open"), "", later("server.serverproxy.breaker_open"));
        check(500, Some("client.access_denied"), "", refused("client.access_denied"));
        check(400, Some("client.quota_exceeded"), "", later("client.quota_exceeded"));
        check(422, None, r#"{"error":"Trần Thị Ví Dụ"}"#, refused("Tr_n_Th__V__D_"));
    }
}
