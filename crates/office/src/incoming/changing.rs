//! What every change of a document that came has in common: it is judged on the locked row, leaves a step, an audit
//! record and a word for the sender.

use super::model::Arrival;
use super::rules::{self, Act, Channel, State};
use super::sql;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_contracts::events::{DOCUMENT_STATUS, DocumentStatus};
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_store::{ActorRef, AuditEntry, Tx, args};
use serde_json::{Value, json};

/// Under which clauses documents are received and handled.
pub(crate) const LEGAL_BASIS: &str = "30/2020/NĐ-CP Điều 20 đến Điều 24";

enum StepRow {}
enum MessageRow {}

/// Who changes something.
#[derive(Debug, Clone)]
pub(crate) struct By {
    /// As the audit names them.
    pub(crate) actor: ActorRef,
    /// Their id, when it is a person.
    pub(crate) person: Option<String>,
    /// Their name as the history shows it; empty for the platform itself.
    pub(crate) name: String,
    /// Id of the request.
    pub(crate) request_id: String,
}

impl By {
    /// An official who acts for an agency.
    pub(crate) fn official(reader: &Reader<'_>, agency: &str) -> Self {
        Self {
            actor: reader.actor_ref(agency),
            person: Some(reader.actor.person.to_string()),
            name: reader.actor.display_name.clone(),
            request_id: reader.request_id.to_owned(),
        }
    }

    /// The platform: a delivery, a job.
    pub(crate) fn system() -> Self {
        Self { actor: ActorRef::system(), person: None, name: String::new(), request_id: String::new() }
    }
}

/// What is written beside the change itself.
pub(crate) struct Change<'c> {
    /// Who.
    pub(crate) by: &'c By,
    /// Word of the history: an [`Act`], or `arrive`, `answer`, `notice`.
    pub(crate) act: &'c str,
    /// Action of the audit.
    pub(crate) audit: &'static str,
    /// What was said.
    pub(crate) words: &'c str,
    /// Facts for the audit, without personal data.
    pub(crate) detail: Value,
}

/// The answer to whoever may not know that there is such a document.
pub(crate) fn missing() -> Problem {
    Problem::not_found("arrival_not_found", "no such document that came, or not for this reader")
}

/// The answer to an act that the state does not allow.
pub(crate) fn not_now(state: State, act: Act) -> Problem {
    let detail = format!("{} is not possible while the document is {}", act.as_str(), state.as_str());
    Problem::conflict("arrival_state", detail)
}

/// The locked row, as whoever acts saw it.
///
/// # Errors
/// `arrival_not_found`; `arrival_changed` when somebody was faster.
pub(crate) async fn locked(tx: &mut Tx<'_>, id: &str, revision: Option<i64>) -> Result<Arrival, Problem> {
    let row = tx.lock_optional(sql::ONE, args![id]).await?.ok_or_else(missing)?;
    let arrival = Arrival::read(&row)?;
    if revision.is_some_and(|seen| seen != arrival.revision) {
        return Err(Problem::conflict("arrival_changed", "somebody changed the document since it was read"));
    }
    Ok(arrival)
}

/// The state after an act on the locked row.
///
/// # Errors
/// `arrival_state`.
pub(crate) fn next(arrival: &Arrival, act: Act) -> Result<State, Problem> {
    rules::after(arrival.state, act).ok_or_else(|| not_now(arrival.state, act))
}

/// A step that is nothing but statements on the locked row: judged there, written, recorded.
pub(crate) struct Deed<'d> {
    /// What is done.
    pub(crate) act: Act,
    /// What is written, in this order.
    pub(crate) writes: Vec<(&'static str, Vec<haidang_store::Value>)>,
    /// Who, the audit action, what was said, the facts.
    pub(crate) by: &'d By,
    pub(crate) audit: &'static str,
    pub(crate) words: &'d str,
    pub(crate) detail: Value,
}

impl OfficeRoom {
    /// Does a step on the document as it stands when its row is locked.
    ///
    /// # Errors
    /// `arrival_not_found`, `arrival_state`.
    pub(crate) async fn do_to_arrival(&self, id: &str, deed: Deed<'_>) -> Result<(), Problem> {
        let deed = &deed;
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    let arrival = locked(tx, id, None).await?;
                    let state = next(&arrival, deed.act)?;
                    for (statement, values) in &deed.writes {
                        tx.execute(*statement, values.clone()).await?;
                    }
                    let Deed { by, audit, words, ref detail, act, .. } = *deed;
                    let change = Change { by, act: act.as_str(), audit, words, detail: detail.clone() };
                    self.record_change(tx, &arrival, state, change).await
                })
            })
            .await
    }

    /// Writes the step, the audit record and the word for the sender.
    pub(crate) async fn record_change(
        &self,
        tx: &mut Tx<'_>,
        arrival: &Arrival,
        state: State,
        change: Change<'_>,
    ) -> Result<(), Problem> {
        let now = self.ambient.now();
        let step: Id<StepRow> = self.ambient.new_id();
        let by = change.by;
        let values = args![
            &step,
            arrival.id.as_str(),
            now,
            change.act,
            state.as_str(),
            by.person.clone(),
            by.name.as_str(),
            change.words
        ];
        tx.execute(sql::INSERT_EVENT, values).await?;
        let entry = AuditEntry::mutation(change.audit, by.actor.clone())
            .agency(&arrival.agency)
            .object("arrival", &arrival.id)
            .request(&by.request_id)
            .because(LEGAL_BASIS, "tiếp nhận và giải quyết văn bản đến")
            .detail(json!({ "from": arrival.state.as_str(), "to": state.as_str(), "facts": change.detail }));
        tx.audit(entry).await?;
        if state != arrival.state {
            let reason = (state == State::Rejected).then_some(change.words);
            self.tell_sender(tx, arrival, rules::status_code(state), reason).await?;
        }
        if matches!(state, State::Submitted | State::Assigned | State::InProgress) {
            let told = crate::notices::Told {
                object: "arrival".to_owned(),
                id: arrival.id.clone(),
                state: state.as_str().to_owned(),
                revision: arrival.revision + 1,
                by: by.person.clone().unwrap_or_default(),
            };
            crate::notices::tell(tx, &told).await?;
        }
        Ok(())
    }

    /// Tells the sender what became of the document, each step once: inside the city by an event, beyond it by a message
    /// that is left to be written.
    pub(crate) async fn tell_sender(
        &self,
        tx: &mut Tx<'_>,
        arrival: &Arrival,
        code: &str,
        reason: Option<&str>,
    ) -> Result<(), Problem> {
        if !rules::tells(&arrival.told, code) {
            return Ok(());
        }
        tx.execute(sql::TELL, args![arrival.id.as_str(), code]).await?;
        self.say_status(tx, arrival, code, reason).await
    }

    /// Says it, whatever was said before.
    pub(crate) async fn say_status(
        &self,
        tx: &mut Tx<'_>,
        arrival: &Arrival,
        code: &str,
        reason: Option<&str>,
    ) -> Result<(), Problem> {
        let at = self.ambient.now();
        match (arrival.channel, &arrival.dispatch, &arrival.from_organ) {
            (Channel::City, Some(dispatch), _) => {
                let event = DocumentStatus {
                    dispatch: dispatch.clone(),
                    status: code.to_owned(),
                    at: at.as_microsecond(),
                    reason: reason.map(str::to_owned),
                };
                tx.emit(DOCUMENT_STATUS, dispatch, &event).await?;
            }
            (Channel::Exchange, _, Some(organ)) => {
                let id: Id<MessageRow> = self.ambient.new_id();
                // Every withdrawal is answered, every other step is told once.
                let key = match code {
                    "15" => format!("status/{}/15/{}", arrival.id, arrival.revision),
                    _ => format!("status/{}/{code}", arrival.id),
                };
                let payload = json!({ "code": code, "reason": reason, "at": at.as_microsecond() }).to_string();
                let values = args![
                    &id,
                    "out",
                    key,
                    "status",
                    "waiting",
                    organ.as_str(),
                    None::<String>,
                    arrival.document.clone(),
                    arrival.id.as_str(),
                    payload,
                    None::<String>,
                    None::<String>,
                    at,
                    None::<i64>
                ];
                tx.execute(sql::INSERT_MESSAGE, values).await?;
            }
            _ => {}
        }
        Ok(())
    }
}
