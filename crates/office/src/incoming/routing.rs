//! What leaders and receivers do: instruct, begin, hand back, answer, finish.

use super::changing::{By, Change, Deed, locked, missing, next};
use super::model::{Arrival, Routing};
use super::rules::{self, Act, Part, RoutingState, State};
use super::{ROUTE, is_mine, sql, words_problem};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_contracts::identity::StaffMember;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_kernel::text;
use haidang_store::{Tx, args};
use jiff::civil::Date;
use serde_json::json;

/// What lets whoever leads give the work on.
const ASSIGN: &str = "task.assign";
/// Most receivers of one instruction.
pub const MOST_RECEIVERS: usize = 100;
/// Longest deadline, in working days.
pub const MOST_DAYS: i64 = 250;

enum RoutingRow {}

/// Whom an instruction means.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Receiver {
    /// One person, by opaque id.
    Person(String),
    /// Whoever holds this role in the organ: a unit.
    Role(String),
}

impl Receiver {
    /// As forms and the API write it: `person:<id>` or `role:<id>`.
    pub fn parse(word: &str) -> Option<Self> {
        match word.split_once(':')? {
            ("person", id) if !id.is_empty() => Some(Self::Person(id.to_owned())),
            ("role", id) if !id.is_empty() => Some(Self::Role(id.to_owned())),
            _ => None,
        }
    }

    /// The word of [`Receiver::parse`].
    pub fn word(&self) -> String {
        match self {
            Self::Person(id) => format!("person:{id}"),
            Self::Role(id) => format!("role:{id}"),
        }
    }

    /// The name as shown, when the organ has such a person or role.
    fn name(&self, staff: &[StaffMember]) -> Option<String> {
        match self {
            Self::Person(id) => staff
                .iter()
                .find(|member| member.person.as_str() == id)
                .map(|member| format!("{}, {}", member.name, member.title)),
            Self::Role(role) => staff.iter().find(|member| member.role == *role).map(|member| member.title.clone()),
        }
    }
}

/// Until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// A day.
    Day(Date),
    /// So many working days after today.
    Days(i64),
}

/// What a leader orders.
#[derive(Debug, Clone, Default)]
pub struct Instruction {
    /// Revision the leader saw.
    pub revision: Option<i64>,
    /// Who leads; may stay empty when somebody leads already and only others are added.
    pub lead: Option<Receiver>,
    /// Who co-operates.
    pub support: Vec<Receiver>,
    /// Who is to know.
    pub for_info: Vec<Receiver>,
    /// The leader's words.
    pub words: String,
    /// Until when; needed with a lead.
    pub until: Option<Until>,
}

struct Order {
    part: Part,
    to: Receiver,
    name: String,
}

impl OfficeRoom {
    /// Instructions of a document, oldest first.
    pub(crate) async fn arrival_routings(&self, id: &str) -> Result<Vec<Routing>, Problem> {
        let rows = self.db.fetch_all(sql::ROUTINGS, args![id]).await?;
        Ok(rows.iter().map(Routing::read).collect::<Result<_, _>>()?)
    }

    /// Says who leads, who co-operates, who is to know, with words and a deadline. A new lead replaces the one before.
    /// A leader of the organ may, and whoever leads when their post lets them assign work.
    ///
    /// # Errors
    /// `arrival_invalid` with fields `lead`, `support`, `for_info`, `words`, `due`; `arrival_state`; `arrival_changed`.
    pub async fn instruct_arrival(&self, reader: &Reader<'_>, id: &str, order: &Instruction) -> Result<(), Problem> {
        let arrival = self.arrival_of(reader, id).await?;
        let routings = self.arrival_routings(id).await?;
        let leads =
            routings.iter().any(|one| one.part == Part::Lead && one.state.is_open() && is_mine(reader, &arrival, one));
        let leader = reader.actor.can_in(ROUTE, &arrival.agency);
        let passes_on = leads && reader.actor.can_in(ASSIGN, &arrival.agency);
        if !leader && !passes_on {
            return Err(Problem::forbidden("not_allowed", "only a leader, or whoever leads and may assign, instructs"));
        }
        let act = if order.lead.is_some() || arrival.state == State::Submitted { Act::Instruct } else { Act::Add };
        next(&arrival, act)?;
        let staff = self.directory.staff(&arrival.agency).await?;
        let (orders, due) = self.checked_instruction(order, act, &staff)?;
        let words = text::tidy(&order.words);
        let (by, orders, words) = (&By::official(reader, &arrival.agency), &orders, words.as_str());
        let me = (reader.actor.person.as_str(), reader.actor.display_name.as_str());
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    let arrival = locked(tx, id, order.revision).await?;
                    let state = next(&arrival, act)?;
                    let now = self.ambient.now();
                    if act == Act::Instruct {
                        tx.execute(sql::REPLACE_LEADS, args![id, now]).await?;
                        // The leader to whom a document comes back is the one who gave it out.
                        let head = if leader {
                            Some(me)
                        } else {
                            arrival.leader.as_deref().zip(arrival.leader_name.as_deref())
                        };
                        let (head, name) = head.unzip();
                        let due = due.map(|day| day.to_string());
                        let lead = orders.iter().find(|one| one.part == Part::Lead).map(|one| one.name.as_str());
                        tx.execute(sql::INSTRUCT, args![id, state.as_str(), head, name, lead, due]).await?;
                    } else {
                        tx.execute(sql::MOVE, args![id, state.as_str(), None::<String>]).await?;
                    }
                    for one in orders {
                        self.insert_routing(tx, &arrival, one, words, due, me).await?;
                    }
                    let detail = json!({ "receivers": orders.len(), "due": due.map(|day| day.to_string()) });
                    let change = Change { by, act: act.as_str(), audit: "office.arrival_instructed", words, detail };
                    self.record_change(tx, &arrival, state, change).await?;
                    self.index_arrival(tx, id).await
                })
            })
            .await
    }

    async fn insert_routing(
        &self,
        tx: &mut Tx<'_>,
        arrival: &Arrival,
        order: &Order,
        words: &str,
        due: Option<Date>,
        (person, name): (&str, &str),
    ) -> Result<(), Problem> {
        let id: Id<RoutingRow> = self.ambient.new_id();
        let (to, role) = match &order.to {
            Receiver::Person(id) => (Some(id.clone()), None),
            Receiver::Role(role) => (None, Some(role.clone())),
        };
        let due = due.filter(|_| order.part != Part::ForInfo).map(|day| day.to_string());
        let values = args![
            &id,
            arrival.id.as_str(),
            arrival.agency.as_str(),
            order.part.as_str(),
            to,
            role,
            order.name.as_str(),
            words,
            due,
            person,
            name,
            self.ambient.now()
        ];
        tx.execute(sql::INSERT_ROUTING, values).await?;
        Ok(())
    }

    /// The receivers with their names and the day, or everything that is wrong.
    fn checked_instruction(
        &self,
        order: &Instruction,
        act: Act,
        staff: &[StaffMember],
    ) -> Result<(Vec<Order>, Option<Date>), Problem> {
        let mut problem = Problem::invalid("arrival_invalid", "the instruction is not complete");
        let mut orders: Vec<Order> = Vec::new();
        let asked = order.lead.iter().map(|to| (Part::Lead, to));
        let asked = asked.chain(order.support.iter().map(|to| (Part::Support, to)));
        for (part, to) in asked.chain(order.for_info.iter().map(|to| (Part::ForInfo, to))) {
            match to.name(staff) {
                // Whoever leads needs not be told again to co-operate or to know.
                Some(_) if orders.iter().any(|one| one.to == *to) => {}
                Some(name) => orders.push(Order { part, to: to.clone(), name }),
                None => problem = problem.field(part.as_str(), "unknown"),
            }
        }
        if act == Act::Instruct && order.lead.is_none() {
            problem = problem.field("lead", "required");
        } else if orders.is_empty() && problem.errors.is_empty() {
            problem = problem.field("support", "required");
        }
        if orders.len() > MOST_RECEIVERS {
            problem = problem.field("support", "too_many");
        }
        if let Some(code) = rules::words_fault(&order.words) {
            problem = problem.field("words", code);
        }
        let today = self.ambient.today();
        let due = match order.until {
            Some(Until::Day(day)) => Some(day),
            Some(Until::Days(days)) if (0..=MOST_DAYS).contains(&days) => {
                rules::days_on(&self.days.calendar(), today, days)
            }
            _ => None,
        };
        match due {
            Some(day) if day < today => problem = problem.field("due", "past"),
            None if order.until.is_some() => problem = problem.field("due", "invalid"),
            None if order.lead.is_some() => problem = problem.field("due", "required"),
            _ => {}
        }
        if problem.errors.is_empty() { Ok((orders, due)) } else { Err(problem) }
    }

    /// The open instruction by which the reader leads.
    async fn arrival_lead_of(&self, reader: &Reader<'_>, arrival: &Arrival) -> Result<Routing, Problem> {
        let routings = self.arrival_routings(&arrival.id).await?;
        let mut mine = routings.into_iter().filter(|one| one.part == Part::Lead && one.state.is_open());
        mine.find(|one| is_mine(reader, arrival, one))
            .ok_or_else(|| Problem::forbidden("not_allowed", "only whoever leads the work does this"))
    }

    /// Whoever leads begins; what was given to a unit is theirs from now on.
    ///
    /// # Errors
    /// `not_allowed`, `arrival_state`.
    pub async fn begin_arrival(&self, reader: &Reader<'_>, id: &str) -> Result<(), Problem> {
        let arrival = self.arrival_of(reader, id).await?;
        next(&arrival, Act::Begin)?;
        let lead = self.arrival_lead_of(reader, &arrival).await?;
        let (by, lead) = (&By::official(reader, &arrival.agency), &lead);
        let name = if lead.person.is_some() {
            lead.receiver_name.clone()
        } else {
            format!("{}, {}", reader.actor.display_name, lead.receiver_name)
        };
        let name = name.as_str();
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    let arrival = locked(tx, id, None).await?;
                    let state = next(&arrival, Act::Begin)?;
                    let person = by.person.clone();
                    if tx.execute(sql::TAKE_ROUTING, args![lead.id.as_str(), person, name]).await? == 0 {
                        return Err(Problem::conflict("arrival_changed", "somebody else leads by now"));
                    }
                    tx.execute(sql::NAME_LEAD, args![id, name]).await?;
                    tx.execute(sql::MOVE, args![id, state.as_str(), None::<String>]).await?;
                    let change = Change {
                        by,
                        act: Act::Begin.as_str(),
                        audit: "office.arrival_begun",
                        words: "",
                        detail: json!({}),
                    };
                    self.record_change(tx, &arrival, state, change).await?;
                    self.index_arrival(tx, id).await
                })
            })
            .await
    }

    /// A receiver answers: who leads gives the document back to the leader with the reason; who co-operates or is to know
    /// says what they have to say, or gives it back.
    ///
    /// # Errors
    /// `arrival_not_found` for an instruction to somebody else, `arrival_invalid` with field `words`, `arrival_state`.
    pub async fn answer_routing(
        &self,
        reader: &Reader<'_>,
        id: &str,
        routing: &str,
        back: bool,
        words: &str,
    ) -> Result<(), Problem> {
        let arrival = self.arrival_of(reader, id).await?;
        let row = self.db.fetch_optional(sql::ROUTING, args![routing, id]).await?.ok_or_else(missing)?;
        let routing = Routing::read(&row)?;
        if !is_mine(reader, &arrival, &routing) {
            return Err(missing());
        }
        if !routing.state.is_open() || (routing.part == Part::Lead && !back) {
            return Err(Problem::conflict("routing_state", "this instruction is answered in another way or is closed"));
        }
        let words = text::tidy(words);
        words_problem("words", &words)?;
        let (by, routing, words) = (&By::official(reader, &arrival.agency), &routing, words.as_str());
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    let arrival = locked(tx, id, None).await?;
                    let leads = routing.part == Part::Lead;
                    let state = if leads { next(&arrival, Act::HandBack)? } else { arrival.state };
                    let row = tx.fetch_one(sql::ROUTING, args![routing.id.as_str(), id]).await?;
                    if !Routing::read(&row)?.state.is_open() {
                        return Err(Problem::conflict("routing_state", "this instruction was closed meanwhile"));
                    }
                    let ended = if back { RoutingState::HandedBack } else { RoutingState::Answered };
                    let now = self.ambient.now();
                    tx.execute(sql::MOVE_ROUTING, args![routing.id.as_str(), ended.as_str(), words, now]).await?;
                    if leads {
                        let today = self.ambient.today();
                        let act_by = rules::submit_by(&self.days.calendar(), today, arrival.details.urgency);
                        tx.execute(sql::MOVE, args![id, state.as_str(), act_by.to_string()]).await?;
                    }
                    let (act, audit) = if back {
                        (Act::HandBack.as_str(), "office.arrival_handed_back")
                    } else {
                        ("answer", "office.arrival_answered")
                    };
                    let detail = json!({ "routing": routing.id, "part": routing.part.as_str() });
                    self.record_change(tx, &arrival, state, Change { by, act, audit, words, detail }).await
                })
            })
            .await
    }

    /// The document is handled: by an outgoing document that answers it, or by a conclusion.
    ///
    /// # Errors
    /// `arrival_invalid` with field `result_words`, `not_allowed`, `arrival_state`.
    pub async fn finish_arrival(
        &self,
        reader: &Reader<'_>,
        id: &str,
        document: &str,
        words: &str,
    ) -> Result<(), Problem> {
        let arrival = self.arrival_of(reader, id).await?;
        next(&arrival, Act::Finish)?;
        if !reader.actor.can_in(ROUTE, &arrival.agency) {
            self.arrival_lead_of(reader, &arrival).await?;
        }
        let (document, words) = (text::tidy(document), text::tidy(words));
        if document.is_empty() || !words.is_empty() {
            words_problem("result_words", &words)?;
        }
        if document.chars().count() > 60 {
            return Err(
                Problem::invalid("arrival_invalid", "no number of a document").field("result_document", "too_long")
            );
        }
        let document = Some(document).filter(|number| !number.is_empty());
        let deed = Deed {
            act: Act::Finish,
            writes: vec![
                (sql::FINISH, args![id, document.clone(), words.as_str()]),
                (sql::END_ROUTINGS, args![id, self.ambient.now()]),
            ],
            by: &By::official(reader, &arrival.agency),
            audit: "office.arrival_finished",
            words: &words,
            detail: json!({ "answered_by": document }),
        };
        self.do_to_arrival(id, deed).await
    }
}
