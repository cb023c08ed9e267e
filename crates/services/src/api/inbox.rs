//! `/api/v1/inbox` and `/api/v1/tasks`: the open work of one's posts.

use super::{State, moment};
use crate::cases::inbox::{InboxFilter, InboxItem};
use crate::model::{CaseState, Channel};
use haidang_kernel::problem::Problem;
use haidang_web::{Answer, Json, Path, Query, Routes, Row, State as Use, Visitor, json, no_content};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One line.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskSummary {
    /// Task.
    pub task: String,
    /// `step`, `consultation` or `coordination`.
    pub kind: String,
    /// Step of the procedure.
    pub step: String,
    /// Unit.
    pub agency: String,
    /// Who has it.
    pub assignee: Option<String>,
    /// Whether it waits for the applicant.
    pub paused: bool,
    /// Case.
    pub case: String,
    /// Its number.
    pub case_no: String,
    /// Its procedure.
    pub procedure: String,
    /// Owner's name.
    pub owner: String,
    /// State.
    pub state: CaseState,
    /// Channel.
    pub channel: Channel,
    /// The promised date.
    pub due_at: Option<String>,
    /// End of the step's own budget.
    pub budget_due_at: Option<String>,
}

/// A page of the inbox.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskList {
    /// Lines.
    pub items: Vec<TaskSummary>,
    /// Where the next page begins.
    pub next: Option<String>,
}

impl From<&InboxItem> for TaskSummary {
    fn from(item: &InboxItem) -> Self {
        Self {
            task: item.task_id.clone(),
            kind: item.task_kind.clone(),
            step: item.step.clone(),
            agency: item.agency.clone(),
            assignee: item.assignee_id.as_ref().map(ToString::to_string),
            paused: item.paused,
            case: item.case_id.to_string(),
            case_no: item.case_no.clone(),
            procedure: item.procedure_code.clone(),
            owner: item.owner_name.clone(),
            state: item.state,
            channel: item.channel,
            due_at: item.due_at.map(moment),
            budget_due_at: item.budget_due_at.map(moment),
        }
    }
}

/// Open work of the caller's posts, by time left.
pub async fn list_tasks(visitor: Visitor, Use(services): Use<State>, Query(filter): Query<InboxFilter>) -> Answer {
    let page = services.inbox(visitor.require_actor()?, &filter, &visitor.request_id).await?;
    json(200, &TaskList { items: page.items.iter().map(TaskSummary::from).collect(), next: page.next })
}

/// Who should do it.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Assignment {
    /// Person id of the official.
    pub to: String,
}

/// Gives a task to an official of the unit.
pub async fn assign_task(
    visitor: Visitor,
    Use(services): Use<State>,
    Path(task): Path<String>,
    Json(ask): Json<Assignment>,
) -> Answer {
    let to = haidang_kernel::id::Id::parse(&ask.to)
        .map_err(|_| Problem::invalid("not_in_unit", "no such official").field("to", "unknown"))?;
    services.assign(visitor.require_actor()?, &task, &to, &visitor.request_id).await?;
    Ok(no_content())
}

/// Adds the routes of this file.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .api(
            Row::get("list_tasks", "/api/v1/inbox")
                .official()
                .role("official")
                .query::<InboxFilter>()
                .returns::<TaskList>(200)
                .summary("Open work of the caller's posts"),
            list_tasks,
        )
        .api(
            Row::post("assign_task", "/api/v1/tasks/{task}/assignee")
                .official()
                .audit("task.assigned")
                .body::<Assignment>()
                .returns_nothing(204)
                .summary("Gives a task to an official"),
            assign_task,
        )
}
