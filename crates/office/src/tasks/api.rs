//! Tasks for programs.

use super::looking::{Folder, Wanted};
use super::model::{Act, Action, NewTask, Source, State, TaskRow, TaskView};
use super::pages::new::giving_agency;
use super::pages::one::send_blob;
use super::proposals;
use super::rules::Colour;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_contracts::actor::PersonId;
use haidang_kernel::problem::Problem;
use haidang_web::{Answer, Json, Path, Query, State as Held, Upload, Visitor, created, json};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which tasks.
#[derive(Deserialize, IntoParams)]
pub(crate) struct ListTasks {
    /// `mine`, `given` or `unit`; default `mine`.
    folder: Option<String>,
    /// A state; every open task when absent.
    state: Option<String>,
    /// `green`, `amber` or `red`.
    colour: Option<String>,
}

/// A task.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaskSummary {
    /// Id.
    id: String,
    /// Code, `ResponseForTask` of messages between organs.
    code: String,
    /// What shall be done.
    work: String,
    /// Opaque id of the owner.
    owner: String,
    /// Code of the responsible agency.
    unit: String,
    /// Last day, `YYYY-MM-DD`.
    due: String,
    /// State.
    state: &'static str,
    /// `green`, `amber`, `red`; absent when done.
    colour: Option<&'static str>,
    /// Working days until the end of the last day, negative when late; absent when done.
    days_left: Option<i64>,
    /// Filled of the six.
    score: i64,
    /// Progress, 0 to 100.
    percent: i64,
    /// Counts changes; send it with an act.
    revision: i64,
}

/// Tasks, due first.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaskList {
    /// At most 200.
    items: Vec<TaskSummary>,
}

/// One step of the history.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaskStepView {
    /// When, RFC 3339.
    at: String,
    /// Opaque id of the person.
    person: String,
    /// What was done.
    action: String,
    /// Where it stood afterwards.
    state: String,
    /// What was said.
    note: String,
    /// Last day before, when it moved.
    due_before: Option<String>,
    /// Last day afterwards, or the one asked for.
    due_after: Option<String>,
    /// Progress reported.
    percent: Option<i64>,
}

/// A file of a task.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaskFileView {
    /// Id.
    id: String,
    /// `product` or `evidence`.
    role: String,
    /// Name.
    name: String,
    /// Media type.
    media_type: String,
    /// Size in bytes.
    size: i64,
    /// SHA-256, hex.
    sha256: String,
}

/// A task with everything around it.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaskDetail {
    /// The task.
    task: TaskSummary,
    /// `document`, `meeting`, `indicator` or `hand`.
    source: &'static str,
    /// Id of the source.
    source_id: Option<String>,
    /// Name of the source.
    source_title: String,
    /// The sentence it was read from.
    quote: Option<String>,
    /// First day.
    start: Option<String>,
    /// Last day when it was given.
    first_due: String,
    /// Last day asked for.
    asked_due: Option<String>,
    /// Opaque ids of those who support.
    co_owners: Vec<String>,
    /// Opaque id of the leader.
    leader: Option<String>,
    /// What shall come out.
    expected_product: String,
    /// Notation of the document that came out.
    evidence_document: Option<String>,
    /// Why it is late or was extended.
    cause: Option<String>,
    /// What the reader may do now.
    actions: Vec<&'static str>,
    /// Files.
    files: Vec<TaskFileView>,
    /// History, oldest first.
    history: Vec<TaskStepView>,
}

/// A task to be given.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GiveTask {
    /// The same key gives one task.
    key: Option<String>,
    /// `document`, `meeting`, `indicator` or `hand`; default `hand`.
    source: Option<String>,
    /// Id of the source.
    source_id: Option<String>,
    /// Name of the source.
    #[serde(default)]
    source_title: String,
    /// Opaque id of the owner.
    owner: String,
    /// Opaque ids of those who support.
    #[serde(default)]
    co_owners: Vec<String>,
    /// What shall be done.
    work: String,
    /// First day, `YYYY-MM-DD`.
    #[schema(value_type = Option<String>)]
    start: Option<Date>,
    /// Last day, `YYYY-MM-DD`.
    #[schema(value_type = String)]
    due: Date,
    /// Code of the responsible agency; the giver's own when absent.
    unit: Option<String>,
    /// Opaque id of the leader.
    leader: Option<String>,
    /// What shall come out.
    #[serde(default)]
    expected_product: String,
}

/// An act on a task.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub(crate) struct ActOnTask {
    /// Revision that was seen; a task that moved on is refused.
    revision: Option<i64>,
    /// Progress, reason, question or answer.
    note: String,
    /// Progress, 0 to 100.
    percent: Option<i64>,
    /// Why it is late or needs more time.
    cause: String,
    /// New last day, `YYYY-MM-DD`.
    #[schema(value_type = Option<String>)]
    due: Option<Date>,
    /// Opaque id of the new owner.
    owner: Option<String>,
    /// Code of the new responsible agency.
    unit: Option<String>,
    /// Notation of the document that came out.
    evidence_document: String,
    /// The leader confirms the result without a document.
    confirmed: bool,
}

/// Where a task stands after an act.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaskMoved {
    /// State.
    state: &'static str,
}

/// A task that was given.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaskGiven {
    /// Id.
    id: String,
}

/// A text to be read for tasks.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadText {
    /// The text of a directive, at most 100,000 characters.
    #[serde(default)]
    text: String,
    /// Or the id of a document that came, whose text is read.
    #[serde(default)]
    arrival: Option<String>,
}

/// A task that a sentence asks for.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProposedTask {
    /// The sentence.
    quote: String,
    /// Who leads, as written.
    lead: String,
    /// Who supports, as written.
    support: String,
    /// What shall be done.
    work: String,
    /// Last day, `YYYY-MM-DD`.
    due: Option<String>,
}

/// What a text asks for.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProposedTasks {
    /// In the order of the text.
    items: Vec<ProposedTask>,
}

/// A period.
#[derive(Deserialize, IntoParams)]
pub(crate) struct FiguresOf {
    /// First day, `YYYY-MM-DD`.
    #[param(value_type = String)]
    from: Date,
    /// Last day, `YYYY-MM-DD`.
    #[param(value_type = String)]
    to: Date,
}

/// How an agency stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct UnitTasks {
    /// Code of the agency.
    unit: String,
    /// Given in the period.
    given: i64,
    /// Done in time.
    done_in_time: i64,
    /// Done late.
    done_late: i64,
    /// Open.
    open: i64,
    /// Open and overdue.
    overdue: i64,
    /// Filled of the six, all tasks together.
    score: i64,
}

/// How agencies stand.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaskFigures {
    /// By responsible agency.
    items: Vec<UnitTasks>,
}

fn instant(at: jiff::Timestamp) -> String {
    at.to_zoned(haidang_kernel::time::city_zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

fn summary(room: &OfficeRoom, task: &TaskRow) -> TaskSummary {
    let colour = room.task_colour(task);
    TaskSummary {
        id: task.id.clone(),
        code: task.code.clone(),
        work: task.work.clone(),
        owner: task.owner.clone(),
        unit: task.unit.clone(),
        due: task.due_on.to_string(),
        state: task.state.as_str(),
        colour: colour.map(Colour::as_str),
        days_left: colour.map(|_| room.task_days_left(task)),
        score: task.score,
        percent: task.percent,
        revision: task.revision,
    }
}

fn unknown(field: &'static str) -> Problem {
    Problem::invalid("task_invalid", "a value is not known").field(field, "unknown")
}

fn person(field: &'static str, id: &str) -> Result<PersonId, Problem> {
    PersonId::parse(id).map_err(|_| unknown(field))
}

/// Tasks of a folder.
pub(crate) async fn list_tasks(
    visitor: Visitor,
    Held(room): Held<OfficeRoom>,
    Query(asked): Query<ListTasks>,
) -> Answer {
    let folder = asked.folder.as_deref().map_or(Some(Folder::Mine), Folder::parse).ok_or_else(|| unknown("folder"))?;
    let state = asked.state.as_deref().map(|word| State::parse(word).ok_or_else(|| unknown("state"))).transpose()?;
    let colour = |word: &str| [Colour::Green, Colour::Amber, Colour::Red].into_iter().find(|one| one.as_str() == word);
    let colour = asked.colour.as_deref().map(|word| colour(word).ok_or_else(|| unknown("colour"))).transpose()?;
    let tasks = room.tasks_in(&Reader::of(&visitor)?, folder, Wanted { state, colour }).await?;
    json(200, &TaskList { items: tasks.iter().map(|task| summary(&room, task)).collect() })
}

/// Gives a task.
pub(crate) async fn give_task_api(
    visitor: Visitor,
    Held(room): Held<OfficeRoom>,
    Json(asked): Json<GiveTask>,
) -> Answer {
    let reader = Reader::of(&visitor)?;
    let agency = giving_agency(&reader)?;
    let source = asked.source.as_deref().map_or(Some(Source::Hand), Source::parse).ok_or_else(|| unknown("source"))?;
    let new = NewTask {
        key: asked.key,
        source,
        source_id: asked.source_id,
        source_title: asked.source_title,
        quote: None,
        owner: person("owner", &asked.owner)?,
        co_owners: asked.co_owners.iter().map(|id| person("co_owners", id)).collect::<Result<_, _>>()?,
        work: asked.work,
        start: asked.start,
        due: asked.due,
        unit: asked.unit.unwrap_or_else(|| agency.clone()),
        leader: asked.leader.as_deref().map(|id| person("leader", id)).transpose()?,
        expected_product: asked.expected_product,
        agency,
    };
    let id = room.give_task(&reader, &new).await?;
    created(&format!("/api/v1/office/tasks/{id}"), &TaskGiven { id: id.clone() })
}

fn detail(room: &OfficeRoom, reader: &Reader<'_>, view: TaskView) -> TaskDetail {
    let actions = room.task_actions(reader, &view).into_iter().map(Action::as_str).collect();
    let day = |day: Option<Date>| day.map(|day| day.to_string());
    let history = view.events.into_iter().map(|step| TaskStepView {
        at: instant(step.at),
        person: step.person,
        action: step.action,
        state: step.state_to,
        note: step.note,
        due_before: day(step.due_before),
        due_after: day(step.due_after),
        percent: step.percent,
    });
    let files = view.files.into_iter().map(|file| TaskFileView {
        id: file.id,
        role: file.role,
        name: file.name,
        media_type: file.media_type,
        size: file.size,
        sha256: file.sha256,
    });
    TaskDetail {
        task: summary(room, &view.task),
        source: view.task.source.as_str(),
        source_id: view.task.source_id,
        source_title: view.task.source_title,
        quote: view.task.quote,
        start: day(view.task.start_on),
        first_due: view.task.first_due_on.to_string(),
        asked_due: day(view.task.asked_due_on),
        co_owners: view.co_owners,
        leader: view.task.leader,
        expected_product: view.task.expected_product,
        evidence_document: view.task.evidence_document,
        cause: view.task.cause,
        actions,
        files: files.collect(),
        history: history.collect(),
    }
}

/// One task.
pub(crate) async fn get_task(visitor: Visitor, Held(room): Held<OfficeRoom>, Path(id): Path<String>) -> Answer {
    let reader = Reader::of(&visitor)?;
    let view = room.open_task(&reader, &id).await?;
    json(200, &detail(&room, &reader, view))
}

/// Acts on a task.
pub(crate) async fn act_on_task_api(
    visitor: Visitor,
    Held(room): Held<OfficeRoom>,
    Path((id, action)): Path<(String, String)>,
    Json(asked): Json<ActOnTask>,
) -> Answer {
    let reader = Reader::of(&visitor)?;
    let action = Action::parse(&action).ok_or_else(|| Problem::not_found("not_found", "no such act"))?;
    let act = Act {
        revision: asked.revision,
        note: asked.note,
        percent: asked.percent,
        cause: asked.cause,
        due: asked.due,
        owner: asked.owner.as_deref().map(|id| person("owner", id)).transpose()?,
        unit: asked.unit,
        evidence_document: asked.evidence_document,
        confirmed: asked.confirmed,
    };
    let state = room.act_on_task(&reader, &id, action, &act).await?;
    json(200, &TaskMoved { state: state.as_str() })
}

/// Adds files to a task.
pub(crate) async fn add_task_file_api(
    visitor: Visitor,
    Held(room): Held<OfficeRoom>,
    Path(id): Path<String>,
    upload: Upload,
) -> Answer {
    upload.complete()?;
    let reader = Reader::of(&visitor)?;
    for file in &upload.files {
        room.add_task_file(&reader, &id, upload.fields.text("role"), file).await?;
    }
    let view = room.open_task(&reader, &id).await?;
    json(201, &detail(&room, &reader, view))
}

/// A file of a task.
pub(crate) async fn get_task_file(
    visitor: Visitor,
    Held(room): Held<OfficeRoom>,
    Path((task, id)): Path<(String, String)>,
) -> Answer {
    let file = room.task_file(&Reader::of(&visitor)?, &task, &id).await?;
    send_blob(&room.blobs, &file.sha256, &file.name, &file.media_type).await
}

/// What a text asks for; nothing is kept.
pub(crate) async fn propose_tasks(
    visitor: Visitor,
    Held(room): Held<OfficeRoom>,
    Json(asked): Json<ReadText>,
) -> Answer {
    if asked.text.chars().count() > proposals::MOST {
        return Err(Problem::invalid("text_too_long", "the text is too long").field("text", "too_long").into());
    }
    let text = match &asked.arrival {
        Some(id) if asked.text.trim().is_empty() => {
            proposals::unbroken(&room.arrival_text(&Reader::of(&visitor)?, id).await?)
        }
        _ => asked.text,
    };
    let found = proposals::propose(&text, room.ambient.today()).into_iter().map(|one| ProposedTask {
        quote: one.quote,
        lead: one.lead,
        support: one.support,
        work: one.work,
        due: one.due.map(|day| day.to_string()),
    });
    json(200, &ProposedTasks { items: found.collect() })
}

/// How agencies stand with the tasks given in a period.
pub(crate) async fn get_task_statistics(
    visitor: Visitor,
    Held(room): Held<OfficeRoom>,
    Query(period): Query<FiguresOf>,
) -> Answer {
    let figures = room.task_figures(&Reader::of(&visitor)?, period.from, period.to).await?;
    let items = figures.into_iter().map(|one| UnitTasks {
        unit: one.unit,
        given: one.given,
        done_in_time: one.in_time,
        done_late: one.late,
        open: one.open,
        overdue: one.overdue,
        score: one.score,
    });
    json(200, &TaskFigures { items: items.collect() })
}
