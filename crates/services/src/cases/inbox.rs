//! The official's inbox: open work of one's posts, sorted by time left.

use crate::model::{CaseState, Channel};
use crate::service::Services;
use crate::sql;
use haidang_contracts::actor::{Actor, CaseId, PersonId};
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_store::{ActorRef, AuditEntry, Filter, Row, StoreError, args};
use jiff::{SignedDuration, Timestamp};

/// Which part of the work is wanted. Everything stands in the address, so a list can be bookmarked and sent.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct InboxFilter {
    /// `mine`, `unassigned`, `supplemented`, `consultation`, `coordination`, or empty for all.
    pub view: Option<String>,
    /// Only this procedure.
    pub procedure: Option<String>,
    /// `overdue`, `today`, `week`.
    pub due: Option<String>,
    /// Only this state.
    pub state: Option<String>,
    /// `due` (default), `newest` or `oldest`.
    pub sort: Option<String>,
    /// Where the previous page ended.
    pub cursor: Option<String>,
    /// 1 to 100, default 50.
    pub limit: Option<i64>,
}

/// One line of the inbox.
#[derive(Debug, Clone)]
pub struct InboxItem {
    /// Task.
    pub task_id: String,
    /// `step`, `consultation` or `coordination`.
    pub task_kind: String,
    /// Step of the procedure.
    pub step: String,
    /// Agency of the task.
    pub agency: String,
    /// Who has it.
    pub assignee_id: Option<PersonId>,
    /// Whether it waits for the applicant.
    pub paused: bool,
    /// End of the internal budget.
    pub budget_due_at: Option<Timestamp>,
    /// When it came.
    pub opened_at: Timestamp,
    /// Case.
    pub case_id: CaseId,
    /// Its number.
    pub case_no: String,
    /// Its procedure.
    pub procedure_code: String,
    /// Its version.
    pub version_id: String,
    /// Name of the owner.
    pub owner_name: String,
    /// State.
    pub state: CaseState,
    /// Channel.
    pub channel: Channel,
    /// Supplements asked so far.
    pub supplements: i64,
    /// The date promised by the clock.
    pub due_at: Option<Timestamp>,
    /// Agency that received.
    pub receiving_agency: String,
    /// Agency that decides.
    pub competent_agency: Option<String>,
    sort_key: i64,
}

impl InboxItem {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let bad = |column: &str| StoreError::Column { column: column.to_owned(), reason: "not in the list".to_owned() };
        Ok(Self {
            task_id: row.text("task_id")?,
            task_kind: row.text("task_kind")?,
            step: row.text("task_step")?,
            agency: row.text("task_agency")?,
            assignee_id: row.opt_id("assignee_id")?,
            paused: row.boolean("paused")?,
            budget_due_at: row.opt_timestamp("budget_due_at")?,
            opened_at: row.timestamp("opened_at")?,
            case_id: row.id("case_id")?,
            case_no: row.text("case_no")?,
            procedure_code: row.text("procedure_code")?,
            version_id: row.text("version_id")?,
            owner_name: row.text("owner_name")?,
            state: CaseState::parse(&row.text("state")?).ok_or_else(|| bad("state"))?,
            channel: Channel::parse(&row.text("channel")?).ok_or_else(|| bad("channel"))?,
            supplements: row.integer("supplements")?,
            due_at: row.opt_timestamp("due_at")?,
            receiving_agency: row.text("receiving_agency")?,
            competent_agency: row.opt_text("competent_agency")?,
            sort_key: row.integer("due_sort")?,
        })
    }
}

/// One page of the inbox.
#[derive(Debug, Clone)]
pub struct InboxPage {
    /// Lines.
    pub items: Vec<InboxItem>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// Counts beside the saved filters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InboxCounts {
    /// All open work.
    pub total: i64,
    /// Past its date.
    pub overdue: i64,
    /// Due today.
    pub today: i64,
    /// Due within the next seven days.
    pub week: i64,
    /// Nobody has taken it.
    pub unassigned: i64,
    /// Taken by or given to the official.
    pub mine: i64,
    /// The applicant has answered a supplement.
    pub supplemented: i64,
    /// Questions of other agencies.
    pub consultations: i64,
}

impl Services {
    /// The open work of the actor's posts. One record of access covers the page.
    ///
    /// # Errors
    /// `cursor_malformed`, what the database says.
    pub async fn inbox(&self, actor: &Actor, filter: &InboxFilter, request_id: &str) -> Result<InboxPage, Problem> {
        let limit = filter.limit.unwrap_or(50).clamp(1, 100);
        let newest = filter.sort.as_deref() == Some("newest");
        let by_age = newest || filter.sort.as_deref() == Some("oldest");
        let mut query = self.narrowed(Filter::select(sql::inbox::HEAD), actor, filter);
        if let Some(cursor) = &filter.cursor {
            let (key, id) = split_cursor(cursor)?;
            query = match (by_age, newest) {
                (false, _) => query.and("(t.due_sort, t.id) > (?, ?)", args![key, id]),
                (true, false) => query.and("(t.opened_at, t.id) > (?, ?)", args![key, id]),
                (true, true) => query.and("(t.opened_at, t.id) < (?, ?)", args![key, id]),
            };
        }
        let order = match (by_age, newest) {
            (false, _) => sql::inbox::BY_DUE,
            (true, false) => sql::inbox::OLDEST,
            (true, true) => sql::inbox::NEWEST,
        };
        let query = query.then(order, args![limit + 1]);
        let (statement, values) = query.build();
        let rows = self.db.fetch_all(statement, values).await?;
        let mut items: Vec<InboxItem> = rows.iter().map(InboxItem::read).collect::<Result<_, _>>()?;
        let more = items.len() as i64 > limit;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| more).map(|last| {
            let key = if by_age { time::micros(last.opened_at) } else { last.sort_key };
            format!("{key}.{}", last.task_id)
        });
        if !items.is_empty() {
            let entry = AuditEntry::read("inbox.read", ActorRef::of(actor, "office"))
                .object("inbox", actor.person.as_str())
                .request(request_id)
                .because(super::writing::LEGAL_BASIS, "xem danh sách việc")
                .detail(
                    serde_json::json!({ "cases": items.iter().map(|item| item.case_id.as_str()).collect::<Vec<_>>() }),
                );
            self.db.record_read(entry).await?;
        }
        Ok(InboxPage { items, next })
    }

    /// Counts of the actor's open work.
    ///
    /// # Errors
    /// What the database says.
    pub async fn inbox_counts(&self, actor: &Actor) -> Result<InboxCounts, Problem> {
        let now = self.ambient.now();
        let tomorrow = end_of_day(now, 0);
        let week = end_of_day(now, 7);
        let head = Filter::select_with(
            sql::inbox::COUNT_HEAD,
            args![now, now, tomorrow, tomorrow, week, actor.person.as_str()],
        );
        let (statement, values) = self.narrowed(head, actor, &InboxFilter::default()).build();
        let row = self.db.fetch_one(statement, values).await?;
        Ok(InboxCounts {
            total: row.integer("total")?,
            overdue: row.integer("overdue")?,
            today: row.integer("today")?,
            week: row.integer("week")?,
            unassigned: row.integer("unassigned")?,
            mine: row.integer("mine")?,
            supplemented: row.integer("supplemented")?,
            consultations: row.integer("consultations")?,
        })
    }

    fn narrowed(&self, query: Filter, actor: &Actor, filter: &InboxFilter) -> Filter {
        let agencies = actor.agencies();
        let mut roles: Vec<String> = actor.positions.iter().map(|p| p.role.clone()).collect();
        // A head sees the counter's work; whoever may read the unit's cases answers other agencies' questions.
        if actor.positions.iter().any(|p| p.role == "one_stop_head") {
            roles.push("one_stop_officer".to_owned());
        }
        if actor.can("case.process") || actor.can("case.read_unit") {
            roles.push("consultation".to_owned());
        }
        roles.sort();
        roles.dedup();
        let now = self.ambient.now();
        let mut query = query.and("t.closed_at IS NULL", args![]).and_in("t.agency", agencies).and_in("t.role", roles);
        query = query
            .and_some("t.procedure_code = ?", filter.procedure.clone())
            .and_some("t.case_state = ?", filter.state.clone());
        query = match filter.view.as_deref() {
            Some("mine") => query.and("t.assignee_id = ?", args![actor.person.as_str()]),
            Some("unassigned") => query.and("t.assignee_id IS NULL", args![]),
            Some("supplemented") => {
                query.and("NOT t.paused AND t.case_state = ?", args![CaseState::AwaitingSupplement.as_str()])
            }
            Some(kind @ ("consultation" | "coordination")) => query.and("t.kind = ?", args![kind]),
            _ => query,
        };
        match filter.due.as_deref() {
            Some("overdue") => query.and("t.due_sort < ? AND NOT t.paused", args![now]),
            Some("today") => {
                query.and("t.due_sort >= ? AND t.due_sort < ? AND NOT t.paused", args![now, end_of_day(now, 0)])
            }
            Some("week") => query.and(
                "t.due_sort >= ? AND t.due_sort < ? AND NOT t.paused",
                args![end_of_day(now, 0), end_of_day(now, 7)],
            ),
            _ => query,
        }
    }
}

fn end_of_day(now: Timestamp, days: i64) -> Timestamp {
    let wall = time::civil(now).date();
    let midnight = wall.tomorrow().map(|day| time::at(day.to_datetime(jiff::civil::Time::midnight()))).unwrap_or(now);
    midnight + SignedDuration::from_hours(24 * days)
}

fn split_cursor(cursor: &str) -> Result<(i64, String), Problem> {
    let bad = || Problem::bad_request("cursor_malformed", "the cursor is not one this list gave out");
    let (key, id) = cursor.split_once('.').ok_or_else(bad)?;
    if id.len() != 36 {
        return Err(bad());
    }
    Ok((key.parse().map_err(|_| bad())?, id.to_owned()))
}
