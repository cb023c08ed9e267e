//! The form of one act on a task.

use super::{FormPage, day_field, day_values, messages, on_form, slug, task_page, task_path, typed_day};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use crate::tasks::model::{Act, Action, TaskView};
use haidang_contracts::actor::PersonId;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_ui::Html;
use haidang_ui::component::{Choices, Component as _, Select, TextArea, TextInput};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_web::{Answer, Fault, FormFields, Path, State, StatusCode, Visitor, html, html_status, redirect};

fn action_of(word: &str) -> Result<Action, Problem> {
    let found = Action::ALL.iter().copied().find(|action| slug(*action) == word);
    found.ok_or_else(|| Problem::not_found("not_found", "no such act"))
}

/// The questions of an act.
async fn fields(
    page: &haidang_ui::Page,
    room: &OfficeRoom,
    view: &TaskView,
    action: Action,
    form: &FormFields,
    errors: &[ErrorItem],
) -> Result<Vec<Html>, Problem> {
    let word = action.as_str().replace('_', "-");
    let field = |name: &str, key: &str| Field::new(page.lang, name, page.t(key)).errors(errors);
    let area = |name: &str, key: &str, optional: bool| {
        TextArea::new(field(name, key).optional(optional)).value(form.text(name)).limit(2000).html()
    };
    let note = |optional| area("note", &format!("tasks-note-{word}"), optional);
    let day = |key: &str| day_field(field("due", key), form).html();
    let late = room.ambient.today() > view.task.due_on;
    Ok(match action {
        Action::Accept => vec![],
        Action::HandBack | Action::SendBack | Action::RefuseExtension | Action::AskExplanation | Action::Explain => {
            vec![note(false)]
        }
        Action::Report => {
            let percent = field("percent", "tasks-percent").hint(page.t("tasks-percent-hint")).optional(true);
            let percent = TextInput::new(percent).value(form.text("percent")).width(3).numeric().suffix("%");
            vec![percent.html(), note(false)]
        }
        Action::Submit => {
            let document = field("evidence_document", "tasks-evidence-field").optional(true);
            let document = document.hint(page.t("tasks-evidence-hint"));
            let document = TextInput::new(document).value(form.text("evidence_document")).figures().html();
            let cause = late.then(|| area("cause", "tasks-cause-late", false));
            [document].into_iter().chain(cause).chain([note(true)]).collect()
        }
        Action::Approve => {
            let choice = Choice::new("yes", page.t("tasks-confirm")).checked(form.has("confirmed"));
            vec![Choices::checkboxes(field("confirmed", "tasks-confirm-legend"), vec![choice]).html(), note(true)]
        }
        Action::AskExtension => vec![day("tasks-new-due"), area("cause", "tasks-cause-extension", false)],
        Action::GrantExtension => vec![day("tasks-new-due"), note(true)],
        Action::Reassign => {
            let staff = room.office_staff(&view.task.unit).await?;
            let people = staff.iter().map(|member| {
                let text = format!("{}, {}", member.name, member.title);
                Choice::new(member.person.as_str(), text).chosen(form.text("owner"))
            });
            let owner = Select::new(field("owner", "tasks-owner"), people.collect()).html();
            vec![owner, day("tasks-new-due"), note(true)]
        }
    })
}

async fn build(
    visitor: &Visitor,
    room: &OfficeRoom,
    view: &TaskView,
    action: Action,
    form: &FormFields,
    errors: Vec<ErrorItem>,
) -> Result<FormPage, Fault> {
    let word = action.as_str().replace('_', "-");
    let mut page = task_page(visitor, &format!("tasks-do-{word}"));
    page.errors = !errors.is_empty();
    let back = task_path(&view.task.id);
    let fields = fields(&page, room, view, action, form, &errors).await?;
    let button = page.button(page.t(&format!("tasks-do-{word}")));
    let warning = matches!(action, Action::HandBack | Action::SendBack | Action::RefuseExtension);
    Ok(FormPage {
        lead: page.t(&format!("tasks-lead-{word}")),
        inset: Some(haidang_ui::component::Inset::new(page.vietnamese(&view.task.work)).html()),
        hidden: vec![("revision".to_owned(), form.text("revision").to_owned())],
        buttons: vec![if warning { button.warning() } else { button }],
        action: format!("{back}/lam/{}", slug(action)),
        fields,
        back,
        errors,
        page,
    })
}

/// The form of an act.
pub(crate) async fn show_office_task_action(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path((id, word)): Path<(String, String)>,
) -> Answer {
    let action = action_of(&word)?;
    let reader = Reader::of(&visitor)?;
    let view = room.open_task(&reader, &id).await?;
    if !room.task_actions(&reader, &view).contains(&action) {
        return redirect(visitor.lang, &task_path(&id));
    }
    let mut form = FormFields(vec![("revision".to_owned(), view.task.revision.to_string())]);
    let due = match action {
        Action::GrantExtension => view.task.asked_due_on,
        Action::Reassign => Some(view.task.due_on),
        _ => None,
    };
    form.0.extend(due.into_iter().flat_map(|day| day_values("due", day)));
    if action == Action::Report {
        form.0.push(("percent".to_owned(), view.task.percent.to_string()));
    }
    html(build(&visitor, &room, &view, action, &form, Vec::new()).await?)
}

fn typed(form: &FormFields) -> Result<Act, Problem> {
    let invalid = |field: &'static str, code: &'static str| {
        Problem::invalid("task_invalid", "the act is not complete").field(field, code)
    };
    let percent = form.filled("percent").map(|text| text.trim_end_matches('%').trim().parse()).transpose();
    let owner = form.filled("owner").map(PersonId::parse).transpose();
    Ok(Act {
        revision: form.text("revision").parse().ok(),
        note: form.text("note").to_owned(),
        percent: percent.map_err(|_| invalid("percent", "out_of_range"))?,
        cause: form.text("cause").to_owned(),
        due: typed_day(form, "due").map_err(|()| invalid("due", "no_day"))?,
        owner: owner.map_err(|_| invalid("owner", "required"))?,
        unit: None,
        evidence_document: form.text("evidence_document").to_owned(),
        confirmed: form.has("confirmed"),
    })
}

/// Acts.
pub(crate) async fn act_on_office_task(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path((id, word)): Path<(String, String)>,
    form: FormFields,
) -> Answer {
    let action = action_of(&word)?;
    let reader = Reader::of(&visitor)?;
    let acted = match typed(&form) {
        Ok(act) => room.act_on_task(&reader, &id, action, &act).await,
        Err(problem) => Err(problem),
    };
    match acted {
        Ok(_) => redirect(visitor.lang, &task_path(&id)),
        Err(problem) if on_form(&problem) => {
            let view = room.open_task(&reader, &id).await?;
            let errors = messages(visitor.lang, &problem);
            let status = if problem.kind == ProblemKind::Conflict {
                StatusCode::CONFLICT
            } else {
                StatusCode::UNPROCESSABLE_ENTITY
            };
            html_status(status, build(&visitor, &room, &view, action, &form, errors).await?)
        }
        Err(problem) => Err(problem.into()),
    }
}
