//! Looking at tasks: lists, files, statistics.

use super::model::{State, TaskEvent, TaskFile, TaskRow, words};
use super::{rules, sql};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_contracts::actor::PersonId;
use haidang_kernel::problem::Problem;
use haidang_store::{Filter, Row, StoreError, args};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Most tasks of one list.
const MOST: i64 = 200;

words! {
    /// Which tasks.
    Folder {
        /// What the reader owns or supports.
        Mine = "mine",
        /// What the reader gave or leads.
        Given = "given",
        /// What the reader's agency gave or answers for.
        Unit = "unit",
    }
}

/// Which tasks of a list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// In this state; every open one when absent and `done` is not asked for.
    pub state: Option<State>,
    /// Of this colour.
    pub colour: Option<rules::Colour>,
}

/// How an agency stands with its tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitFigures {
    /// Code of the agency.
    pub unit: String,
    /// Given in the period.
    pub given: i64,
    /// Done in time.
    pub in_time: i64,
    /// Done late.
    pub late: i64,
    /// Open.
    pub open: i64,
    /// Open and overdue.
    pub overdue: i64,
    /// Filled of the six, together.
    pub score: i64,
}

pub(super) fn event(row: &Row) -> Result<TaskEvent, StoreError> {
    Ok(TaskEvent {
        at: row.timestamp("at")?,
        person: row.text("person_id")?,
        action: row.text("action")?,
        state_to: row.text("state_to")?,
        note: row.text("note")?,
        due_before: row.opt_date("due_before")?,
        due_after: row.opt_date("due_after")?,
        percent: row.opt_integer("percent")?,
    })
}

pub(super) fn task_file(row: &Row) -> Result<TaskFile, StoreError> {
    Ok(TaskFile {
        id: row.text("id")?,
        role: row.text("role")?,
        name: row.text("name")?,
        media_type: row.text("media_type")?,
        size: row.integer("size")?,
        sha256: row.text("sha256")?,
        added_at: row.timestamp("added_at")?,
    })
}

impl OfficeRoom {
    /// Tasks of a folder, due first; every open one unless a state is asked for.
    ///
    /// # Errors
    /// `not_allowed` for the folder of an agency without supervising it.
    pub async fn tasks_in(&self, reader: &Reader<'_>, folder: Folder, wanted: Wanted) -> Result<Vec<TaskRow>, Problem> {
        let me = reader.person();
        let filter = Filter::select(sql::LIST);
        let filter = match folder {
            Folder::Mine => filter.and(sql::MINE, args![me, me]),
            Folder::Given => filter.and(sql::GIVEN, args![me, me]),
            Folder::Unit => {
                let agency = self.supervised_for_tasks(reader)?;
                filter.and(sql::OF_UNIT, args![&agency, &agency])
            }
        };
        let filter = filter
            .and_some("state = ?", wanted.state.map(State::as_str))
            .and_if(wanted.state.is_none(), sql::OPEN, args![])
            .then(sql::ORDER, args![MOST]);
        let (statement, values) = filter.build();
        let rows = self.db.fetch_all(statement, values).await?;
        let tasks = rows.iter().map(TaskRow::read).collect::<Result<Vec<_>, _>>()?;
        Ok(tasks
            .into_iter()
            .filter(|task| wanted.colour.is_none_or(|colour| self.task_colour(task) == Some(colour)))
            .collect())
    }

    /// The agency whose tasks the reader supervises.
    pub(super) fn supervised_for_tasks(&self, reader: &Reader<'_>) -> Result<String, Problem> {
        let held = reader.actor.agencies_with("task.supervise").into_iter().next();
        held.ok_or_else(|| Problem::forbidden("not_allowed", "no post supervises tasks"))
    }

    /// The colour of an open task; none when it is done.
    pub fn task_colour(&self, task: &TaskRow) -> Option<rules::Colour> {
        (task.state != State::Done).then(|| rules::colour(self.task_days_left(task), self.tasks.amber_within))
    }

    /// Working days until the end of a task.
    pub fn task_days_left(&self, task: &TaskRow) -> i64 {
        rules::days_left(&self.days.calendar(), self.ambient.now(), task.due_on)
    }

    /// A file of a task, for whoever may open the task; the look is recorded.
    ///
    /// # Errors
    /// `task_not_found`, `file_not_found`.
    pub async fn task_file(&self, reader: &Reader<'_>, task: &str, file: &str) -> Result<TaskFile, Problem> {
        let view = self.task_for(reader, task).await?;
        let found = view.files.into_iter().find(|known| known.id == file);
        let found = found.ok_or_else(|| Problem::not_found("file_not_found", "no such file of this task"))?;
        let look = reader.look("task.file_read", "task", task, &view.task.agency);
        self.db.record_read(look.detail(serde_json::json!({ "sha256": found.sha256 }))).await?;
        Ok(found)
    }

    /// Tasks given in a period, by responsible agency.
    ///
    /// # Errors
    /// `not_allowed` without supervising an agency, `period_invalid` when it ends before it begins.
    pub async fn task_figures(&self, reader: &Reader<'_>, from: Date, to: Date) -> Result<Vec<UnitFigures>, Problem> {
        let agency = self.supervised_for_tasks(reader)?;
        if to < from {
            return Err(
                Problem::invalid("period_invalid", "the period ends before it begins").field("to", "before_from")
            );
        }
        let rows = self.db.fetch_all(sql::STATISTICS, args![&agency, from, to, self.ambient.today()]).await?;
        let figures = |row: &Row| {
            Ok::<_, StoreError>(UnitFigures {
                unit: row.text("unit")?,
                given: row.integer("given")?,
                in_time: row.integer("in_time")?,
                late: row.integer("late")?,
                open: row.integer("open")?,
                overdue: row.integer("overdue")?,
                score: row.integer("score")?,
            })
        };
        Ok(rows.iter().map(figures).collect::<Result<_, _>>()?)
    }
}

/// Names of people and agencies, asked once each.
pub(crate) struct Names<'r> {
    room: &'r OfficeRoom,
    people: BTreeMap<String, String>,
    agencies: BTreeMap<String, String>,
}

impl<'r> Names<'r> {
    /// Nobody known yet.
    pub(crate) fn new(room: &'r OfficeRoom) -> Self {
        Self { room, people: BTreeMap::new(), agencies: BTreeMap::new() }
    }

    /// The full name of a person; empty when nobody has the id.
    pub(crate) async fn person(&mut self, id: &str) -> Result<String, Problem> {
        if let Some(name) = self.people.get(id) {
            return Ok(name.clone());
        }
        let found = match PersonId::parse(id) {
            Ok(person) => self.room.identity.person(&person).await?.map(|person| person.full_name),
            Err(_) => None,
        };
        let name = found.unwrap_or_default();
        self.people.insert(id.to_owned(), name.clone());
        Ok(name)
    }

    /// The official name of an agency; its code when nobody knows it.
    pub(crate) async fn agency(&mut self, code: &str) -> Result<String, Problem> {
        if let Some(name) = self.agencies.get(code) {
            return Ok(name.clone());
        }
        let found = self.room.directory.agency(code).await?.map(|agency| agency.name_vi);
        let name = found.unwrap_or_else(|| code.to_owned());
        self.agencies.insert(code.to_owned(), name.clone());
        Ok(name)
    }
}
