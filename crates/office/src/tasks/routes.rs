//! Rows of tasks.

use super::giving::MAY_GIVE;
use super::{api, pages};
use crate::room::OfficeRoom;
use haidang_web::{Routes, Row, UploadLimits};

/// The rows of tasks, added to those of the room.
pub(crate) fn routes(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    endpoints(pages_of(routes))
}

fn pages_of(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    routes
        .page(
            Row::get("list_office_tasks", "/can-bo/nhiem-vu")
                .official()
                .office()
                .role("leader")
                .example("/can-bo/nhiem-vu"),
            pages::list::list_office_tasks,
        )
        .page(
            Row::get("show_new_office_task", "/can-bo/nhiem-vu/moi")
                .any_capability(MAY_GIVE)
                .office()
                .role("leader")
                .example("/can-bo/nhiem-vu/moi"),
            pages::new::show_new_office_task,
        )
        .page(
            Row::post("give_office_task", "/can-bo/nhiem-vu/moi").any_capability(MAY_GIVE).office().audit("task.given"),
            pages::new::give_office_task,
        )
        .page(
            Row::get("show_task_proposals", "/can-bo/nhiem-vu/de-xuat")
                .any_capability(MAY_GIVE)
                .office()
                .role("leader")
                .example("/can-bo/nhiem-vu/de-xuat"),
            pages::propose::show_task_proposals,
        )
        .page(
            Row::post("read_task_proposals", "/can-bo/nhiem-vu/de-xuat")
                .any_capability(MAY_GIVE)
                .office()
                .body_limit(1024 * 1024)
                .no_mutation("reads a text and keeps nothing"),
            pages::propose::read_task_proposals,
        )
        .page(
            Row::post("use_task_proposal", "/can-bo/nhiem-vu/de-xuat/dung")
                .any_capability(MAY_GIVE)
                .office()
                .no_mutation("fills the form of a new task"),
            pages::propose::use_task_proposal,
        )
        .page(
            Row::get("show_task_statistics", "/can-bo/nhiem-vu/thong-ke")
                .capability("task.supervise")
                .office()
                .role("leader")
                .example("/can-bo/nhiem-vu/thong-ke"),
            pages::statistics::show_task_statistics,
        )
        .page(
            Row::get("download_task_statistics", "/can-bo/nhiem-vu/thong-ke/tai-ve")
                .capability("task.supervise")
                .office()
                .role("leader")
                .not_html()
                .example("/can-bo/nhiem-vu/thong-ke/tai-ve?tu=2026-01-01&den=2026-12-31"),
            pages::statistics::download_task_statistics,
        )
        .page(
            Row::get("show_office_task", "/can-bo/nhiem-vu/{task}")
                .official()
                .office()
                .role("leader")
                .example("/can-bo/nhiem-vu/{office_task}"),
            pages::one::show_office_task,
        )
        .page(
            Row::post("add_office_task_file", "/can-bo/nhiem-vu/{task}/tep")
                .official()
                .office()
                .upload(UploadLimits::DOCUMENTS)
                .audit("task.file_added"),
            pages::one::add_office_task_file,
        )
        .page(
            Row::get("download_office_task_file", "/can-bo/nhiem-vu/{task}/tep/{file}").official().office().not_html(),
            pages::one::download_office_task_file,
        )
        .page(
            Row::post("file_office_task", "/can-bo/nhiem-vu/{task}/ho-so")
                .official()
                .office()
                .audit("case_file.document_added"),
            pages::one::file_office_task,
        )
        .page(
            Row::get("show_office_task_action", "/can-bo/nhiem-vu/{task}/lam/{action}")
                .official()
                .office()
                .role("official")
                .example("/can-bo/nhiem-vu/{office_task}/lam/tra-lai"),
            pages::act::show_office_task_action,
        )
        .page(
            Row::post("act_on_office_task", "/can-bo/nhiem-vu/{task}/lam/{action}")
                .official()
                .office()
                .audit("task.acted"),
            pages::act::act_on_office_task,
        )
}

fn endpoints(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    routes
        .api(
            Row::get("list_office_tasks_api", "/api/v1/office/tasks")
                .official()
                .summary("Tasks of the reader, of those given, or of the agency")
                .query::<api::ListTasks>()
                .returns::<api::TaskList>(200),
            api::list_tasks,
        )
        .api(
            Row::post("give_task_api", "/api/v1/office/tasks")
                .any_capability(MAY_GIVE)
                .audit("task.given")
                .summary("Gives a task by the six; the same key gives one task")
                .body::<api::GiveTask>()
                .returns::<api::TaskGiven>(201),
            api::give_task_api,
        )
        .api(
            Row::get("get_task", "/api/v1/office/tasks/{task}")
                .official()
                .summary("One task with its history, for whoever has to do with it")
                .returns::<api::TaskDetail>(200),
            api::get_task,
        )
        .api(
            Row::post("act_on_task_api", "/api/v1/office/tasks/{task}/actions/{action}")
                .official()
                .audit("task.acted")
                .summary("Accepts, reports, submits, approves, asks or answers")
                .body::<api::ActOnTask>()
                .returns::<api::TaskMoved>(200),
            api::act_on_task_api,
        )
        .api(
            Row::post("add_task_file_api", "/api/v1/office/tasks/{task}/files")
                .official()
                .upload(UploadLimits::DOCUMENTS)
                .audit("task.file_added")
                .summary("Adds files that prove the result")
                .returns::<api::TaskDetail>(201),
            api::add_task_file_api,
        )
        .api(
            Row::get("get_task_file", "/api/v1/office/tasks/{task}/files/{file}")
                .official()
                .summary("A file of a task")
                .returns_file(200, "application/octet-stream"),
            api::get_task_file,
        )
        .api(
            Row::post("propose_tasks", "/api/v1/office/task-proposals")
                .any_capability(MAY_GIVE)
                .no_mutation("reads a text and keeps nothing")
                .body_limit(1024 * 1024)
                .summary("The tasks that a text or a document that came asks for, each with its sentence")
                .body::<api::ReadText>()
                .returns::<api::ProposedTasks>(200),
            api::propose_tasks,
        )
        .api(
            Row::get("get_task_statistics", "/api/v1/office/task-statistics")
                .capability("task.supervise")
                .summary("Tasks given in a period by responsible agency")
                .query::<api::FiguresOf>()
                .returns::<api::TaskFigures>(200),
            api::get_task_statistics,
        )
}
