//! Pages of tasks: lists, one task, its forms, proposals, statistics.

pub(crate) mod act;
pub(crate) mod list;
pub(crate) mod new;
pub(crate) mod one;
pub(crate) mod propose;
pub(crate) mod statistics;

use super::model::{Action, State, TaskRow};
use super::rules::Colour;
use crate::room::OfficeRoom;
use askama::Template;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_ui::component::{Button, DateField, Tag};
use haidang_ui::field::{ErrorItem, Field};
use haidang_ui::{Html, Lang, Page, t};
use haidang_web::{FormFields, Visitor};
use jiff::civil::Date;

/// Address of the lists.
pub(crate) const TASKS: &str = haidang_ui::paths::TASKS;

/// A form of its own page.
#[derive(Template)]
#[template(path = "tasks_form.html")]
pub(crate) struct FormPage {
    pub(crate) page: Page,
    pub(crate) errors: Vec<ErrorItem>,
    pub(crate) back: String,
    pub(crate) action: String,
    pub(crate) lead: String,
    pub(crate) inset: Option<Html>,
    pub(crate) hidden: Vec<(String, String)>,
    pub(crate) fields: Vec<Html>,
    pub(crate) buttons: Vec<Button>,
}

/// The frame of a page of tasks.
pub(crate) fn task_page(visitor: &Visitor, title: &str) -> Page {
    visitor.page(t(visitor.lang, title, &[]), "tasks")
}

/// Address of a task.
pub(crate) fn task_path(id: &str) -> String {
    format!("{TASKS}/{id}")
}

/// The last part of the address of an action.
pub(crate) fn slug(action: Action) -> &'static str {
    match action {
        Action::Accept => "nhan-viec",
        Action::HandBack => "tra-lai",
        Action::Report => "bao-cao",
        Action::Submit => "nop-ket-qua",
        Action::Approve => "duyet",
        Action::SendBack => "lam-lai",
        Action::AskExtension => "xin-gia-han",
        Action::GrantExtension => "cho-gia-han",
        Action::RefuseExtension => "khong-gia-han",
        Action::AskExplanation => "yeu-cau-giai-trinh",
        Action::Explain => "giai-trinh",
        Action::Reassign => "giao-lai",
    }
}

/// The state as a word in a shape.
pub(crate) fn state_tag(page: &Page, state: State) -> Tag {
    let tag = page.tag(page.t(&format!("tasks-state-{}", state.as_str().replace('_', "-"))));
    match state {
        State::Done => tag.done(),
        State::Returned | State::ExtensionRequested | State::ExplanationRequested | State::AwaitingApproval => {
            tag.wait()
        }
        State::Assigned | State::Accepted | State::InProgress => tag,
    }
}

/// The colour as words: how many working days are left.
pub(crate) fn colour_tag(page: &Page, room: &OfficeRoom, task: &TaskRow) -> Option<Tag> {
    let colour = room.task_colour(task)?;
    let days = room.task_days_left(task);
    let text = match days {
        0 => page.t("tasks-left-today"),
        days if days < 0 => page.t1("tasks-left-late", "days", days.abs()),
        days => page.t1("tasks-left-days", "days", days),
    };
    Some(match colour {
        Colour::Red => page.tag(text).late(),
        Colour::Amber => page.tag(text).wait().icon("clock"),
        Colour::Green => page.tag(text).done().icon("clock"),
    })
}

/// The label of one of the six: the city's own, or the usual one.
pub(crate) fn six_label(page: &Page, room: &OfficeRoom, key: &str) -> String {
    let own = room.tasks.labels.get(key).map(|label| label.text(page.lang).to_owned());
    own.unwrap_or_else(|| page.t(&format!("tasks-six-{key}")))
}

/// The messages of a refused act, beside their fields.
pub(crate) fn messages(lang: Lang, problem: &Problem) -> Vec<ErrorItem> {
    let key = |code: &str| code.replace('_', "-");
    if problem.kind == ProblemKind::Invalid && !problem.errors.is_empty() {
        let one = |error: &haidang_kernel::problem::FieldError| {
            let text = t(lang, &format!("tasks-error-{}-{}", key(&error.field), key(&error.code)), &[]);
            ErrorItem::of(&error.field, text)
        };
        return problem.errors.iter().map(one).collect();
    }
    vec![ErrorItem::general(t(lang, &format!("tasks-refused-{}", key(problem.code)), &[]))]
}

/// Whether a problem is shown on the form that caused it; the others are pages of their own.
pub(crate) fn on_form(problem: &Problem) -> bool {
    matches!(problem.kind, ProblemKind::Invalid | ProblemKind::Conflict)
}

/// A day as three fields of a form: nothing typed, a day, or something that is none.
pub(crate) fn typed_day(form: &FormFields, name: &str) -> Result<Option<Date>, ()> {
    let part = |part: &str| form.text(&format!("{name}.{part}")).trim().to_owned();
    let (day, month, year) = (part("day"), part("month"), part("year"));
    if day.is_empty() && month.is_empty() && year.is_empty() {
        return Ok(None);
    }
    let (Ok(day), Ok(month), Ok(year)) = (day.parse(), month.parse(), year.parse()) else { return Err(()) };
    Date::new(year, month, day).map(Some).map_err(|_| ())
}

/// The question of a day with what was typed.
pub(crate) fn day_field(field: Field, form: &FormFields) -> DateField {
    let part = |part: &str| form.text(&format!("{}.{part}", field.name)).to_owned();
    let (day, month, year) = (part("day"), part("month"), part("year"));
    DateField::new(field).values(day, month, year)
}

/// The three fields of a day, as a form sends them.
pub(crate) fn day_values(name: &str, day: Date) -> [(String, String); 3] {
    [
        (format!("{name}.day"), day.day().to_string()),
        (format!("{name}.month"), day.month().to_string()),
        (format!("{name}.year"), day.year().to_string()),
    ]
}

/// A link in the flow of a page.
pub(crate) fn link(page: &Page, path: &str, text: &str) -> Html {
    Html::trusted("<a class=\"govuk-link\" href=\"")
        .then(Html::text(page.href(path)))
        .then(Html::trusted("\">"))
        .then(page.vietnamese(text))
        .then(Html::trusted("</a>"))
}
