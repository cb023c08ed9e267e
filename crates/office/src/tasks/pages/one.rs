//! One task: who must act now and until when, the six, files, history.

use super::{colour_tag, link, messages, on_form, six_label, slug, state_tag, task_page, task_path};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use crate::tasks::filing::file_address;
use crate::tasks::looking::Names;
use crate::tasks::model::{Part, State, TaskEvent, TaskFile, TaskRow, TaskView};
use crate::tasks::rules::{self, SIX, Six};
use askama::Template;
use axum::body::{Body, Bytes};
use haidang_kernel::problem::Problem;
use haidang_store::{Blobs, StoreError};
use haidang_ui::component::{
    Button, Choices, DocRow, FileUpload, Select, StepItem, StepState, Steps, SummaryList, SummaryRow, Tag,
};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Html, Page};
use haidang_web::{
    Answer, Disposition, Fault, FormFields, Path, State as Held, Upload, UploadLimits, Visitor, file, html,
    html_invalid, redirect,
};
use tokio::io::AsyncReadExt as _;

#[derive(Template)]
#[template(path = "tasks_one.html")]
struct TaskPage {
    page: Page,
    errors: Vec<ErrorItem>,
    path: String,
    state: Tag,
    colour: Option<Tag>,
    now: Html,
    actions: Vec<Button>,
    score: String,
    six: SummaryList,
    origin: SummaryList,
    files: Vec<DocRow>,
    upload: Option<(Choices, FileUpload)>,
    filed: Vec<Html>,
    file: Option<Select>,
    history: Steps,
}

/// Several lines, each its own.
fn lines(items: Vec<Html>) -> Html {
    let mut all = Html::default();
    for (index, item) in items.into_iter().filter(|item| !item.is_empty()).enumerate() {
        let line_break = if index > 0 { Html::trusted("<br>") } else { Html::default() };
        all = all.then(line_break).then(item);
    }
    all
}

/// "Đang chờ <name>, đến <day>."
async fn waits(page: &Page, names: &mut Names<'_>, task: &TaskRow) -> Result<Html, Problem> {
    let who = match rules::waits_for(task.state) {
        None => {
            let day = task.done_on.map(|day| page.date(day)).unwrap_or_default();
            return Ok(Html::text(page.t1("tasks-now-done", "day", day)));
        }
        Some(Part::Owner | Part::CoOwner) => names.person(&task.owner).await?,
        Some(Part::Giver) => names.person(&task.given_by).await?,
    };
    let until =
        if task.state == State::Assigned { page.moment(task.accept_by) } else { page.date_weekday(task.due_on) };
    let key = format!("tasks-now-{}", task.state.as_str().replace('_', "-"));
    Ok(Html::text(page.tn(&key, &[("name", who.into()), ("until", until.into())])))
}

async fn six_rows(
    page: &Page,
    room: &OfficeRoom,
    names: &mut Names<'_>,
    view: &TaskView,
) -> Result<SummaryList, Problem> {
    let task = &view.task;
    let mut person = vec![page.vietnamese(names.person(&task.owner).await?)];
    for co_owner in &view.co_owners {
        person.push(Html::text(page.t1("tasks-with", "name", names.person(co_owner).await?)));
    }
    let mut time = Vec::new();
    if let Some(start) = task.start_on {
        time.push(Html::text(page.t1("tasks-from", "day", page.date(start))));
    }
    time.push(Html::text(page.t1("tasks-until", "day", page.date_weekday(task.due_on))));
    if task.first_due_on != task.due_on {
        time.push(Html::text(page.t1("tasks-first-due", "day", page.date(task.first_due_on))));
    }
    if let Some(asked) = task.asked_due_on {
        time.push(Html::text(page.t1("tasks-asked-due", "day", page.date(asked))));
    }
    let mut responsibility = vec![page.vietnamese(names.agency(&task.unit).await?)];
    if let Some(leader) = &task.leader {
        responsibility.push(Html::text(page.t1("tasks-leader", "name", names.person(leader).await?)));
    }
    let mut result = vec![page.vietnamese(&task.expected_product)];
    if let Some(document) = &task.evidence_document {
        result.push(Html::text(page.t1("tasks-evidence", "document", document)));
    }
    if let Some(leader) = &task.confirmed_by {
        result.push(Html::text(page.t1("tasks-confirmed", "name", names.person(leader).await?)));
    }
    let cause = task.cause.as_deref().map(|cause| page.vietnamese(cause)).unwrap_or_default();
    let values = [lines(person), page.vietnamese(&task.work), lines(time), lines(responsibility), lines(result), cause];
    let filled = Six::of(task, room.ambient.today()).each();
    let rows = SIX.iter().zip(values).zip(filled).map(|((key, value), filled)| {
        let value = match (filled, value.is_empty()) {
            (true, true) => Html::text(page.t("tasks-cause-none")),
            (true, false) => value,
            (false, _) => lines(vec![value, Html::trusted(page.tag(page.t("tasks-six-missing")).wait().to_string())]),
        };
        SummaryRow::new(six_label(page, room, key), value)
    });
    Ok(SummaryList::new(rows.collect()))
}

async fn origin(page: &Page, names: &mut Names<'_>, task: &TaskRow) -> Result<SummaryList, Problem> {
    let row = |key: &str, value: Html| SummaryRow::new(page.t(key), value);
    let mut rows = vec![
        row("tasks-given-by", page.vietnamese(names.person(&task.given_by).await?)),
        row("tasks-given-at", page.time(task.given_at)),
        row(
            "tasks-source",
            lines(vec![
                Html::text(page.t(&format!("tasks-source-{}", task.source.as_str()))),
                page.vietnamese(&task.source_title),
            ]),
        ),
    ];
    rows.extend(task.quote.as_deref().map(|quote| row("tasks-quote", page.vietnamese(quote))));
    Ok(SummaryList::new(rows))
}

async fn history(page: &Page, names: &mut Names<'_>, view: &TaskView) -> Result<Steps, Problem> {
    let mut steps = Vec::new();
    for TaskEvent { at, person, action, note, due_before, due_after, percent, .. } in &view.events {
        let title = page.t(&format!("tasks-did-{}", action.replace('_', "-")));
        let who = Html::text(names.person(person).await?).then(Html::trusted(" · ")).then(page.time(*at));
        let mut step = StepItem::new(StepState::Done, title).line(who);
        if let Some(percent) = percent {
            step = step.line(page.t1("tasks-percent-done", "percent", *percent));
        }
        match (due_before, due_after) {
            (Some(from), Some(to)) => {
                step =
                    step.line(page.t2("tasks-due-moved", "from", page.date_table(*from), "to", page.date_table(*to)));
            }
            (None, Some(day)) => step = step.line(page.t1("tasks-until", "day", page.date_table(*day))),
            _ => {}
        }
        if !note.is_empty() {
            step = step.line(page.vietnamese(note));
        }
        steps.push(step);
    }
    Ok(Steps::new(page.lang, steps))
}

fn file_row(page: &Page, path: &str, one: &TaskFile) -> DocRow {
    let size = page.size(u64::try_from(one.size).unwrap_or_default());
    DocRow::new("file-text", one.name.as_str(), page.href(format!("{path}/tep/{}", one.id)))
        .line(page.t(&format!("tasks-role-{}", one.role)))
        .line(Html::text(size).then(Html::trusted(" · ")).then(page.time(one.added_at)))
}

async fn build(
    visitor: &Visitor,
    room: &OfficeRoom,
    view: &TaskView,
    errors: Vec<ErrorItem>,
) -> Result<TaskPage, Fault> {
    let reader = Reader::of(visitor)?;
    let task = &view.task;
    let mut page = task_page(visitor, "tasks-title");
    page.title = page.t1("tasks-one-title", "code", &task.code);
    page.errors = !errors.is_empty();
    let path = task_path(&task.id);
    let mut names = Names::new(room);
    let allowed = room.task_actions(&reader, view);
    let actions = allowed.iter().enumerate().map(|(index, action)| {
        let text = page.t(&format!("tasks-do-{}", action.as_str().replace('_', "-")));
        let button = page.link_button(text, format!("{path}/lam/{}", slug(*action)));
        if index == 0 { button } else { button.secondary() }
    });
    let actions = actions.collect();
    let adds =
        !allowed.is_empty() || reader.person() == task.owner || view.co_owners.iter().any(|one| one == reader.person());
    let kinds =
        ["product", "evidence"].map(|role| Choice::new(role, page.t(&format!("tasks-role-{role}"))).chosen("product"));
    let upload = (adds && task.state != State::Done).then(|| {
        let hint = page.t("tasks-files-hint");
        let file = Field::new(page.lang, "file", page.t("tasks-files-field")).hint(hint).errors(&errors);
        (
            Choices::radios(Field::new(page.lang, "role", page.t("tasks-files-role")), kinds.to_vec()).small(),
            FileUpload::new(file).accept(UploadLimits::DOCUMENTS.accept()).multiple(),
        )
    });
    let filed = room.case_files_of(&task.id).await?;
    let kept = if task.state == State::Done {
        room.files_for_task(&reader, &task.agency, &task.unit).await?
    } else {
        Vec::new()
    };
    let kept = kept.into_iter().filter(|(id, _)| filed.iter().all(|(other, _)| other != id));
    let choices: Vec<Choice> = kept.map(|(id, name)| Choice::new(id, name).lang(haidang_ui::Lang::Vi)).collect();
    let file = (!choices.is_empty()).then(|| {
        let field = Field::new(page.lang, "work_file", page.t("tasks-field-work-file")).errors(&errors);
        Select::new(field, choices)
    });
    let score = Six::of(task, room.ambient.today()).score();
    Ok(TaskPage {
        state: state_tag(&page, task.state),
        colour: colour_tag(&page, room, task),
        now: waits(&page, &mut names, task).await?,
        score: page.t1("tasks-score", "score", score),
        six: six_rows(&page, room, &mut names, view).await?,
        origin: origin(&page, &mut names, task).await?,
        files: view.files.iter().map(|one| file_row(&page, &path, one)).collect(),
        history: history(&page, &mut names, view).await?,
        upload,
        filed: filed.iter().map(|(id, name)| link(&page, &file_address(id), name)).collect(),
        file,
        actions,
        path,
        errors,
        page,
    })
}

/// One task.
pub(crate) async fn show_office_task(visitor: Visitor, Held(room): Held<OfficeRoom>, Path(id): Path<String>) -> Answer {
    let view = room.open_task(&Reader::of(&visitor)?, &id).await?;
    html(build(&visitor, &room, &view, Vec::new()).await?)
}

/// Adds files that prove the result.
pub(crate) async fn add_office_task_file(
    visitor: Visitor,
    Held(room): Held<OfficeRoom>,
    Path(id): Path<String>,
    upload: Upload,
) -> Answer {
    let reader = Reader::of(&visitor)?;
    let view = room.open_task(&reader, &id).await?;
    for one in &upload.files {
        room.add_task_file(&reader, &id, upload.fields.text("role"), one).await?;
    }
    let mut errors: Vec<ErrorItem> = upload
        .refused
        .iter()
        .map(|refused| ErrorItem::of("file", refused.message(visitor.lang, &UploadLimits::DOCUMENTS)))
        .collect();
    if upload.files.is_empty() && errors.is_empty() {
        errors.push(ErrorItem::of("file", haidang_ui::t(visitor.lang, "tasks-error-file-required", &[])));
    }
    if errors.is_empty() {
        return redirect(visitor.lang, &format!("{}#tai-lieu", task_path(&id)));
    }
    let view = if upload.files.is_empty() { view } else { room.open_task(&reader, &id).await? };
    html_invalid(build(&visitor, &room, &view, errors).await?)
}

/// Lays a finished task into a work file.
pub(crate) async fn file_office_task(
    visitor: Visitor,
    Held(room): Held<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let reader = Reader::of(&visitor)?;
    let errors = match room.file_task(&reader, &id, form.text("work_file")).await {
        Ok(()) => return redirect(visitor.lang, &task_path(&id)),
        Err(problem) if on_form(&problem) => messages(visitor.lang, &problem),
        Err(problem) => return Err(problem.into()),
    };
    let view = room.open_task(&reader, &id).await?;
    html_invalid(build(&visitor, &room, &view, errors).await?)
}

/// The bytes of a stored file, in pieces, to be saved and never shown inside our pages.
pub(crate) async fn send_blob(blobs: &Blobs, sha256: &str, name: &str, media_type: &str) -> Answer {
    let (content, size) = blobs.get(sha256).await.map_err(|error| match error {
        StoreError::NotFound => Problem::gone("file_gone", "the file is no longer in the store"),
        other => Problem::from(other),
    })?;
    let pieces = futures_util::stream::try_unfold(content, |mut content| async move {
        let mut piece = vec![0_u8; 64 * 1024];
        let length = content.read(&mut piece).await?;
        piece.truncate(length);
        Ok::<_, std::io::Error>((length > 0).then(|| (Bytes::from(piece), content)))
    });
    file(Body::from_stream(pieces), name, media_type, Some(size), Disposition::Attachment)
}

/// A file of a task.
pub(crate) async fn download_office_task_file(
    visitor: Visitor,
    Held(room): Held<OfficeRoom>,
    Path((task, id)): Path<(String, String)>,
) -> Answer {
    let one = room.task_file(&Reader::of(&visitor)?, &task, &id).await?;
    send_blob(&room.blobs, &one.sha256, &one.name, &one.media_type).await
}
