//! A finished task as it is laid into a work file: what it was, how it went, what proves its result.

use super::looking::Names;
use super::model::State;
use crate::documents::work_files::LIST;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

/// What a work file needs of a task.
pub(crate) struct TaskRecord {
    /// Its code.
    pub(crate) code: String,
    /// Agency that gave it.
    pub(crate) agency: String,
    /// Agency that answers for it.
    pub(crate) unit: String,
    /// Name of that agency.
    pub(crate) unit_name: String,
    /// What was to be done.
    pub(crate) work: String,
    /// Day on which it was given.
    pub(crate) given_on: Date,
    /// The whole record.
    pub(crate) content: Value,
}

fn instant(at: Timestamp) -> String {
    at.to_zoned(time::city_zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

impl OfficeRoom {
    /// The record of a finished task, for whoever may open it.
    ///
    /// # Errors
    /// `task_not_found`; `task_open` with field `document` while it is not finished.
    pub(crate) async fn task_record(&self, reader: &Reader<'_>, id: &str) -> Result<TaskRecord, Problem> {
        let view = self.open_task(reader, id).await?;
        let task = &view.task;
        if task.state != State::Done {
            let problem = Problem::invalid("task_open", "a task is laid into a work file once it is finished");
            return Err(problem.field("document", "open"));
        }
        let mut names = Names::new(self);
        let (owner, given_by) = (names.person(&task.owner).await?, names.person(&task.given_by).await?);
        let unit_name = names.agency(&task.unit).await?;
        let mut support = Vec::new();
        for person in &view.co_owners {
            support.push(names.person(person).await?);
        }
        let mut history = Vec::new();
        for step in &view.events {
            history.push(json!({
                "at": instant(step.at), "act": step.action, "by": names.person(&step.person).await?,
                "words": step.note, "percent": step.percent,
            }));
        }
        let files =
            view.files.iter().map(|file| json!({ "role": file.role, "name": file.name, "sha256": file.sha256 }));
        let content = json!({
            "code": task.code, "work": task.work, "given_by": given_by, "given_at": instant(task.given_at),
            "owner": owner, "support": support, "unit": unit_name, "start": task.start_on.map(|day| day.to_string()),
            "due": task.due_on.to_string(), "done": task.done_on.map(|day| day.to_string()),
            "expected_product": task.expected_product, "evidence_document": task.evidence_document,
            "cause": task.cause, "source": task.source_title, "history": history, "files": files.collect::<Vec<_>>(),
        });
        Ok(TaskRecord {
            code: task.code.clone(),
            agency: task.agency.clone(),
            unit: task.unit.clone(),
            unit_name,
            work: task.work.clone(),
            given_on: time::civil(task.given_at).date(),
            content,
        })
    }

    /// Lays a finished task into an open work file of its organ, named by its id or notation.
    ///
    /// # Errors
    /// `task_not_found`, `task_open`, `case_file_unknown` with field `work_file`, `already_filed`.
    pub async fn file_task(&self, reader: &Reader<'_>, id: &str, work_file: &str) -> Result<(), Problem> {
        let record = self.task_record(reader, id).await?;
        let file = match self.named_case_file(reader, &record.agency, work_file).await {
            Err(_) if record.unit != record.agency => self.named_case_file(reader, &record.unit, work_file).await?,
            other => other?,
        };
        self.lay_task(reader, &file, id).await
    }

    /// Open work files into which the reader may lay a task of these agencies.
    pub(super) async fn files_for_task(
        &self,
        reader: &Reader<'_>,
        agency: &str,
        unit: &str,
    ) -> Result<Vec<(String, String)>, Problem> {
        let mut files = self.open_case_files(reader, agency).await?;
        if unit != agency {
            files.extend(self.open_case_files(reader, unit).await?);
        }
        Ok(files)
    }
}

/// Address of a work file.
pub(super) fn file_address(id: &str) -> String {
    format!("{LIST}/{id}")
}
