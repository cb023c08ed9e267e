//! Telling people of a step: noted in the transaction of the step, sent by a job after it, again until it succeeds.

use super::rules::{self, Outgoing};
use crate::documents::State;
use crate::incoming::model::{Arrival, Routing};
use crate::incoming::rules::{Part, State as Arrived};
use crate::room::OfficeRoom;
use async_trait::async_trait;
use haidang_contracts::actor::PersonId;
use haidang_contracts::messages::Message;
use haidang_kernel::problem::Problem;
use haidang_kernel::{format, time};
use haidang_store::jobs::{Handler, Job};
use haidang_store::outbox::Failure;
use haidang_store::{StoreError, Tx, args};
use haidang_ui::Lang;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Kind of the job.
pub const TELL: &str = "office.tell";

/// A step that somebody should know of.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Told {
    /// `document`, `copy`, `arrival`.
    pub(crate) object: String,
    /// Its id.
    pub(crate) id: String,
    /// State the step led to.
    pub(crate) state: String,
    /// Which change of the object it was, so that each is told once.
    pub(crate) revision: i64,
    /// Opaque id of who did it.
    pub(crate) by: String,
}

/// Notes in the transaction of a step that people are to be told of it.
pub(crate) async fn tell(tx: &mut Tx<'_>, told: &Told) -> Result<(), StoreError> {
    let now = tx.ambient().now();
    let key = format!("{}/{}/{}", told.object, told.id, told.revision);
    tx.enqueue(TELL, &key, told, now).await?;
    Ok(())
}

/// Sends what steps made necessary.
pub struct TellPeople(pub OfficeRoom);

#[async_trait]
impl Handler for TellPeople {
    fn kind(&self) -> &'static str {
        TELL
    }

    async fn run(&self, job: &Job) -> Result<(), Failure> {
        let told: Told = job.read()?;
        let sent = match told.object.as_str() {
            "document" => self.0.tell_of_document(&told).await,
            "copy" => self.0.tell_of_copy(&told).await,
            _ => self.0.tell_of_arrival(&told).await,
        };
        sent.map_err(|problem| Failure::Later(format!("{}: {}", problem.code, problem.detail)))
    }
}

impl OfficeRoom {
    async fn send_notices(&self, told: &Told, sends: Vec<Outgoing>, data: &serde_json::Value) -> Result<(), Problem> {
        for send in sends {
            for person in &send.to {
                let Ok(to) = PersonId::parse(person) else { continue };
                let message = Message {
                    key: format!("{}/{}/{}/{}/{person}", told.object, told.id, told.revision, send.template),
                    to,
                    template: send.template.to_owned(),
                    data: data.clone(),
                    case_id: None,
                };
                self.notifier.send(&message).await?;
            }
        }
        Ok(())
    }

    async fn tell_of_document(&self, told: &Told) -> Result<(), Problem> {
        let Some(state) = State::parse(&told.state) else { return Ok(()) };
        let row = self.db.fetch_optional(crate::documents::sql::BY_ID, args![told.id.as_str()]).await?;
        let Some(document) = row.as_ref().map(crate::documents::Document::read).transpose()? else { return Ok(()) };
        // Whoever was slower than the document is not asked for what is done already.
        if document.state != state {
            return Ok(());
        }
        let staff = self.directory.staff(&document.agency).await?;
        let data = json!({ "number": document.code().unwrap_or_default() });
        self.send_notices(told, rules::of_document(&document, state, &told.by, &staff), &data).await
    }

    async fn tell_of_copy(&self, told: &Told) -> Result<(), Problem> {
        let Some(copy) = self.copy_by_id(&told.id).await? else { return Ok(()) };
        if copy.state.as_str() != told.state {
            return Ok(());
        }
        let staff = self.directory.staff(&copy.agency).await?;
        let data = json!({ "number": copy.code().unwrap_or_default() });
        self.send_notices(told, rules::of_copy(&copy, &told.by, &staff), &data).await
    }

    async fn tell_of_arrival(&self, told: &Told) -> Result<(), Problem> {
        let row = self.db.fetch_optional(crate::incoming::sql::ONE, args![told.id.as_str()]).await?;
        let Some(arrival) = row.as_ref().map(Arrival::read).transpose()? else { return Ok(()) };
        let number = arrival.arrival_number.map(|number| number.to_string()).unwrap_or_default();
        let day = |day: Option<jiff::civil::Date>| day.map(|day| format::date_table(Lang::Vi, day)).unwrap_or_default();
        if arrival.state == Arrived::Submitted
            && let Some(leader) = arrival.leader.as_deref().filter(|leader| *leader != told.by)
        {
            let send = Outgoing { template: "arrival_submitted", to: [leader.to_owned()].into() };
            self.send_notices(told, vec![send], &json!({ "number": number, "due": day(arrival.act_by) })).await?;
        }
        for routing in self.arrival_routings(&told.id).await?.iter().filter(|one| one.state.is_open()) {
            let to = self.meant_by(&arrival, routing, &told.by).await?;
            let template = if routing.part == Part::ForInfo { "arrival_for_info" } else { "arrival_routed" };
            let data = json!({ "number": number, "due": day(routing.due_on) });
            for person in to {
                // An instruction is told once, whatever happens to the document later.
                let given = time::micros(routing.given_at);
                let message = Message {
                    key: format!("arrival/{}/routing/{}/{given}/{}", told.id, routing.id, person.as_str()),
                    to: person,
                    template: template.to_owned(),
                    data: data.clone(),
                    case_id: None,
                };
                self.notifier.send(&message).await?;
            }
        }
        Ok(())
    }

    /// The person an instruction is for, or the holders of the role; never who gave it.
    async fn meant_by(&self, arrival: &Arrival, routing: &Routing, by: &str) -> Result<Vec<PersonId>, Problem> {
        let mut people = match (&routing.person, &routing.role) {
            (Some(person), _) => PersonId::parse(person).into_iter().collect(),
            (None, Some(role)) => {
                let found = self.directory.holders(role, &arrival.agency).await?;
                found.into_iter().map(|(person, _)| person).collect::<Vec<_>>()
            }
            (None, None) => Vec::new(),
        };
        people.retain(|person| person.as_str() != by);
        Ok(people)
    }
}
