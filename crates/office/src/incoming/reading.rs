//! Lists of documents that came, and opening one: who may, who has read it, who must act now.

use super::arriving::CLERK;
use super::changing::missing;
use super::model::{Arrival, ArrivedFile, Routing, Step};
use super::rules::{self, Act, Colour, Part, State, Verdict};
use super::{READ, ROUTE, is_mine, sql};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_kernel::problem::Problem;
use haidang_store::{AuditEntry, Filter, args};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Most rows of a personal inbox.
const MOST: i64 = 200;

/// Which list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tray {
    /// What waits for the reader.
    #[default]
    Mine,
    /// Everything of the reader's organs.
    Unit,
    /// What waits for the clerk.
    Clerk,
}

/// What is listed.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Which list.
    pub tray: Tray,
    /// Only in this state.
    pub state: Option<State>,
    /// Only before this moment and id: the next page.
    pub before: Option<(Timestamp, String)>,
    /// How many.
    pub limit: i64,
}

/// Another document that says the same of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Same {
    /// Id.
    pub id: String,
    /// Its arrival number.
    pub number: Option<i64>,
    /// When it came.
    pub arrived_at: Timestamp,
}

/// Who must act now, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waits {
    /// The clerk of the organ.
    Clerk(Option<Date>),
    /// This leader.
    Leader(String, Option<Date>),
    /// Whoever leads the work.
    Lead(String, Option<Date>),
    /// Nobody.
    Nobody,
}

/// A document as one page shows it.
#[derive(Debug, Clone)]
pub struct View {
    /// The document.
    pub arrival: Arrival,
    /// Its files.
    pub files: Vec<ArrivedFile>,
    /// Its instructions.
    pub routings: Vec<Routing>,
    /// Its history.
    pub steps: Vec<Step>,
    /// Others that say the same of themselves.
    pub same: Vec<Same>,
}

/// Who must act now on a document.
pub fn waits(arrival: &Arrival) -> Waits {
    match arrival.state {
        State::Arrived | State::Registered | State::Done => Waits::Clerk(arrival.act_by),
        State::Submitted => Waits::Leader(arrival.leader_name.clone().unwrap_or_default(), arrival.act_by),
        State::Assigned | State::InProgress => {
            Waits::Lead(arrival.lead_name.clone().unwrap_or_default(), arrival.due_on)
        }
        State::Rejected | State::Filed | State::Withdrawn => Waits::Nobody,
    }
}

/// What a reader may do next with a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// Give it a number.
    Register,
    /// Return it to its sender.
    Return,
    /// Lay it before a leader.
    Submit,
    /// Instruct, or add receivers.
    Instruct,
    /// Begin the work.
    Begin,
    /// Answer an instruction, by its id; for whoever leads: hand it back.
    Answer(String, Part),
    /// Close it with its result.
    Finish,
    /// Put it into a work file.
    File,
}

/// What the reader may do next, the most likely first: right and state together.
pub fn choices(reader: &Reader<'_>, view: &View) -> Vec<Choice> {
    let arrival = &view.arrival;
    let can = |capability: &str| reader.actor.can_in(capability, &arrival.agency);
    let now = |act: Act| rules::after(arrival.state, act).is_some();
    let open: Vec<&Routing> =
        view.routings.iter().filter(|one| one.state.is_open() && is_mine(reader, arrival, one)).collect();
    let leads = open.iter().any(|one| one.part == Part::Lead);
    let led = view.routings.iter().any(|one| one.part == Part::Lead && is_mine(reader, arrival, one));
    let mut found = Vec::new();
    let mut offer = |wanted: bool, step: Choice| found.extend(wanted.then_some(step));
    offer(
        can(CLERK) && now(Act::Register) && rules::verdict(arrival.integrity, arrival.identity) != Verdict::Return,
        Choice::Register,
    );
    offer(can(CLERK) && now(Act::Reject), Choice::Return);
    offer(can(CLERK) && arrival.state == State::Registered, Choice::Submit);
    offer(leads && now(Act::Begin), Choice::Begin);
    let instructs = now(Act::Instruct) || now(Act::Add);
    offer(instructs && (can(ROUTE) || (leads && can("task.assign"))), Choice::Instruct);
    offer(now(Act::Finish) && (can(ROUTE) || leads), Choice::Finish);
    for one in open {
        offer(one.part != Part::Lead || now(Act::HandBack), Choice::Answer(one.id.clone(), one.part));
    }
    offer(can(CLERK) && arrival.state == State::Submitted, Choice::Submit);
    offer(now(Act::File) && (can(CLERK) || led), Choice::File);
    found
}

/// Who handles a document, as the tracking book names it.
pub(crate) fn unit(arrival: &Arrival, routings: &[Routing]) -> String {
    let lead = routings.iter().rev().find(|one| one.part == Part::Lead).map(|one| one.receiver_name.clone());
    lead.or_else(|| arrival.leader_name.clone()).unwrap_or_default()
}

/// The day that counts now: of the work, else of the clerk or the leader.
pub fn deadline(arrival: &Arrival) -> Option<Date> {
    match arrival.state {
        State::Assigned | State::InProgress => arrival.due_on,
        State::Arrived | State::Registered | State::Submitted => arrival.act_by,
        _ => None,
    }
}

impl OfficeRoom {
    /// The colour of a deadline today.
    pub fn arrival_colour(&self, due: Date) -> Colour {
        rules::colour(&self.days.calendar(), self.ambient.today(), due, self.incoming.settings.amber_days)
    }

    /// A document that the reader may open: of an organ whose documents they read, or given to them.
    ///
    /// # Errors
    /// `arrival_not_found`, also for what other organs got.
    pub(crate) async fn arrival_of(&self, reader: &Reader<'_>, id: &str) -> Result<Arrival, Problem> {
        let row = self.db.fetch_optional(sql::ONE, args![id]).await?.ok_or_else(missing)?;
        let arrival = Arrival::read(&row)?;
        if [READ, CLERK, ROUTE].iter().any(|capability| reader.actor.can_in(capability, &arrival.agency)) {
            return Ok(arrival);
        }
        if self.arrival_routings(id).await?.iter().any(|one| is_mine(reader, &arrival, one)) {
            return Ok(arrival);
        }
        Err(missing())
    }

    /// What came to an organ under the identifier of its sender, the newest.
    pub(crate) async fn arrival_of_document(&self, agency: &str, document: &str) -> Result<Option<Arrival>, Problem> {
        let rows = self.db.fetch_all(sql::BY_DOCUMENT, args![agency, document]).await?;
        Ok(rows.last().map(Arrival::read).transpose()?)
    }

    /// Opens a document: recorded before the answer, and a receipt where the reader is meant by an instruction.
    ///
    /// # Errors
    /// `arrival_not_found`.
    pub async fn open_arrival(&self, reader: &Reader<'_>, id: &str) -> Result<View, Problem> {
        let arrival = self.arrival_of(reader, id).await?;
        self.record_arrival_look(reader, &arrival, "office.arrival_read", None).await?;
        let unread: Vec<String> = self
            .arrival_routings(id)
            .await?
            .into_iter()
            .filter(|one| one.read_at.is_none() && is_mine(reader, &arrival, one))
            .map(|one| one.id)
            .collect();
        let (now, person, name) =
            (self.ambient.now(), reader.actor.person.as_str(), reader.actor.display_name.as_str());
        for routing in unread {
            self.db.execute(sql::MARK_READ, args![routing, now, person, name]).await?;
        }
        self.view_arrival(arrival).await
    }

    async fn view_arrival(&self, arrival: Arrival) -> Result<View, Problem> {
        let id = arrival.id.as_str();
        let files = self.db.fetch_all(sql::FILES, args![id]).await?;
        let steps = self.db.fetch_all(sql::EVENTS, args![id]).await?;
        Ok(View {
            files: files.iter().map(ArrivedFile::read).collect::<Result<_, _>>()?,
            routings: self.arrival_routings(id).await?,
            steps: steps.iter().map(Step::read).collect::<Result<_, _>>()?,
            same: self.same_arrivals(&arrival).await?,
            arrival,
        })
    }

    async fn same_arrivals(&self, arrival: &Arrival) -> Result<Vec<Same>, Problem> {
        let details = &arrival.details;
        let key = rules::same_key(&details.from_name, &details.code_number, &details.code_notation, details.issued_on);
        let Some(key) = key else { return Ok(Vec::new()) };
        let rows = self.db.fetch_all(sql::SAME, args![arrival.agency.as_str(), key, arrival.id.as_str()]).await?;
        let mut same = Vec::with_capacity(rows.len());
        for row in &rows {
            same.push(Same {
                id: row.text("id")?,
                number: row.opt_integer("arrival_number")?,
                arrived_at: row.timestamp("arrived_at")?,
            });
        }
        Ok(same)
    }

    /// A file of a document, recorded as taken before it leaves.
    ///
    /// # Errors
    /// `arrival_not_found`, also for a file that is none of its.
    pub async fn arrival_file(&self, reader: &Reader<'_>, id: &str, place: i64) -> Result<ArrivedFile, Problem> {
        let arrival = self.arrival_of(reader, id).await?;
        let rows = self.db.fetch_all(sql::FILES, args![id]).await?;
        let files: Vec<ArrivedFile> = rows.iter().map(ArrivedFile::read).collect::<Result<_, _>>()?;
        let file = files.into_iter().find(|file| file.place == place).ok_or_else(missing)?;
        self.record_arrival_look(reader, &arrival, "office.arrival_file_taken", Some(&file.sha256)).await?;
        Ok(file)
    }

    async fn record_arrival_look(
        &self,
        reader: &Reader<'_>,
        arrival: &Arrival,
        action: &'static str,
        sha256: Option<&str>,
    ) -> Result<(), Problem> {
        let entry = AuditEntry::read(action, reader.actor_ref(&arrival.agency))
            .object("arrival", &arrival.id)
            .request(reader.request_id)
            .because(super::changing::LEGAL_BASIS, "xem văn bản đến")
            .detail(serde_json::json!({ "sha256": sha256 }));
        self.db.record_read(entry).await?;
        Ok(())
    }

    /// The documents of a list: what waits for the reader by deadline, else the newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn arrivals(&self, reader: &Reader<'_>, wanted: &Wanted) -> Result<Vec<Arrival>, Problem> {
        match wanted.tray {
            Tray::Mine => self.arrivals_for_me(reader).await,
            Tray::Unit => {
                let mut agencies = reader.actor.agencies_with(READ);
                agencies.extend(reader.actor.agencies_with(ROUTE));
                agencies.extend(reader.actor.agencies_with(CLERK));
                agencies.sort();
                agencies.dedup();
                let filter = Filter::select(sql::LIST).and_in("a.agency", agencies);
                self.page_of_arrivals(filter, wanted).await
            }
            Tray::Clerk => {
                let filter = Filter::select(sql::LIST)
                    .and_in("a.agency", reader.actor.agencies_with(CLERK))
                    .and_in("a.state", ["arrived", "registered", "done"]);
                self.page_of_arrivals(filter, wanted).await
            }
        }
    }

    async fn page_of_arrivals(&self, filter: Filter, wanted: &Wanted) -> Result<Vec<Arrival>, Problem> {
        let filter = filter.and_some("a.state = ?", wanted.state.map(State::as_str));
        let filter = match &wanted.before {
            Some((at, id)) => filter.and("(a.arrived_at, a.id) < (?, ?)", args![*at, id.as_str()]),
            None => filter,
        };
        let limit = wanted.limit.clamp(1, MOST);
        let (text, values) = filter.then("ORDER BY a.arrived_at DESC, a.id DESC LIMIT ?", args![limit]).build();
        let rows = self.db.fetch_all(text, values).await?;
        Ok(rows.iter().map(Arrival::read).collect::<Result<_, _>>()?)
    }

    /// Everything that waits for the reader: given to them or to their post, laid before them, or theirs as clerk.
    async fn arrivals_for_me(&self, reader: &Reader<'_>) -> Result<Vec<Arrival>, Problem> {
        let person = reader.actor.person.as_str();
        let working = ["assigned", "in_progress", "submitted"];
        let mut filters = vec![
            Filter::select(sql::LIST).and_in("a.state", working).and(sql::OPEN_FOR_PERSON, args![person]),
            Filter::select(sql::LIST).and("a.state = ?", args!["submitted"]).and("a.leader = ?", args![person]),
            Filter::select(sql::LIST)
                .and_in("a.agency", reader.actor.agencies_with(CLERK))
                .and_in("a.state", ["arrived", "registered"]),
        ];
        for post in &reader.actor.positions {
            let values = args![post.agency.as_str(), post.role.as_str()];
            filters.push(Filter::select(sql::LIST).and_in("a.state", working).and(sql::OPEN_FOR_ROLE, values));
        }
        let mut found: BTreeMap<String, Arrival> = BTreeMap::new();
        for filter in filters {
            let (text, values) = filter.then("ORDER BY a.arrived_at LIMIT ?", args![MOST]).build();
            for row in self.db.fetch_all(text, values).await? {
                let arrival = Arrival::read(&row)?;
                found.insert(arrival.id.clone(), arrival);
            }
        }
        let mut found: Vec<Arrival> = found.into_values().collect();
        found.sort_by_key(|one| (deadline(one).is_none(), deadline(one), one.arrived_at));
        Ok(found)
    }

    /// What an organ registered in a span of days, by number, for the tracking book (Appendix IV).
    ///
    /// # Errors
    /// `arrival_not_found` for an organ whose documents the reader does not read.
    pub async fn tracking_book(
        &self,
        reader: &Reader<'_>,
        agency: &str,
        (from, until): (Date, Date),
    ) -> Result<Vec<(Arrival, Vec<Routing>)>, Problem> {
        if ![READ, CLERK, ROUTE].iter().any(|capability| reader.actor.can_in(capability, agency)) {
            return Err(missing());
        }
        let rows = self.db.fetch_all(sql::BOOK, args![agency, from.to_string(), until.to_string()]).await?;
        let mut lines = Vec::with_capacity(rows.len());
        for row in &rows {
            let arrival = Arrival::read(row)?;
            let routings = self.arrival_routings(&arrival.id).await?;
            lines.push((arrival, routings));
        }
        let entry = AuditEntry::read("office.tracking_book_read", reader.actor_ref(agency))
            .object("agency", agency)
            .request(reader.request_id)
            .because(super::changing::LEGAL_BASIS, "theo dõi giải quyết văn bản đến")
            .detail(serde_json::json!({ "from": from.to_string(), "until": until.to_string(), "lines": lines.len() }));
        self.db.record_read(entry).await?;
        Ok(lines)
    }
}
