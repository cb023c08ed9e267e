//! Pages of meetings: calendar, one meeting, its forms, joining, voting, minutes.

pub(crate) mod act;
pub(crate) mod files;
pub(crate) mod join;
pub(crate) mod list;
pub(crate) mod new;
pub(crate) mod one;
pub(crate) mod sections;
pub(crate) mod vote;

use super::model::{Action, State};
use askama::Template;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_ui::component::{Button, Component as _, Tag};
use haidang_ui::field::ErrorItem;
use haidang_ui::{Html, Lang, Page, t};
use haidang_web::Visitor;

/// Address of the calendar.
pub(crate) const MEETINGS: &str = haidang_ui::paths::MEETINGS;

/// A page of one meeting: who must act, what may be done, and its sections.
#[derive(Template)]
#[template(path = "meetings_one.html")]
pub(crate) struct MeetingPage {
    pub(crate) page: Page,
    pub(crate) errors: Vec<ErrorItem>,
    pub(crate) back: String,
    pub(crate) heading: String,
    pub(crate) state: Option<Tag>,
    pub(crate) now: Html,
    pub(crate) actions: Vec<Button>,
    /// Id, heading, content.
    pub(crate) sections: Vec<(&'static str, String, Html)>,
}

/// The frame of a page of meetings.
pub(crate) fn meeting_page(visitor: &Visitor, title: &str) -> Page {
    visitor.page(t(visitor.lang, title, &[]), "meetings")
}

/// Address of a meeting.
pub(crate) fn meeting_path(id: &str) -> String {
    format!("{MEETINGS}/{id}")
}

/// The last part of the address of an action.
pub(crate) fn slug(action: Action) -> &'static str {
    match action {
        Action::Open => "mo",
        Action::AddItem => "them-noi-dung",
        Action::Invite => "moi-dai-bieu",
        Action::InviteGuests => "moi-khach",
        Action::Comment => "gop-y",
        Action::Speak => "dang-ky-phat-bieu",
        Action::Call => "moi-phat-bieu",
        Action::Join => "co-mat",
        Action::RollCall => "diem-danh",
        Action::RenewLink => "doi-ma",
        Action::AskVote => "hoi-y-kien",
        Action::CloseVote => "dong-bieu-quyet",
        Action::Conclude => "ket-luan",
        Action::Note => "dien-bien",
        Action::Close => "dong",
        Action::Approve => "duyet-bien-ban",
        Action::DraftNotice => "thong-bao",
        Action::GiveTask => "giao-viec",
    }
}

/// The word of an action in keys of texts.
pub(crate) fn key(action: Action) -> String {
    action.as_str().replace('_', "-")
}

/// The state as a word in a shape.
pub(crate) fn state_tag(page: &Page, state: State) -> Tag {
    let tag = page.tag(page.t(&format!("meetings-state-{}", state.as_str())));
    match state {
        State::Planned => tag.icon("clock"),
        State::Open => tag.wait().icon("clock"),
        State::Closed => tag.wait(),
        State::Approved => tag.done(),
    }
}

/// The messages of a refused act, beside their fields.
pub(crate) fn messages(lang: Lang, problem: &Problem) -> Vec<ErrorItem> {
    let word = |code: &str| code.replace('_', "-");
    if problem.kind == ProblemKind::Invalid && !problem.errors.is_empty() {
        let one = |error: &haidang_kernel::problem::FieldError| {
            let text = t(lang, &format!("meetings-error-{}-{}", word(&error.field), word(&error.code)), &[]);
            ErrorItem::of(&error.field, text)
        };
        return problem.errors.iter().map(one).collect();
    }
    vec![ErrorItem::general(t(lang, &format!("meetings-refused-{}", word(problem.code)), &[]))]
}

/// A form that is one button.
pub(crate) fn one_button(page: &Page, path: &str, hidden: &[(&str, &str)], button: Button) -> Html {
    let mut form = Html::trusted("<form method=\"post\" action=\"")
        .then(Html::text(page.href(path)))
        .then(Html::trusted("\">"))
        .then(page.csrf_field());
    for (name, value) in hidden {
        form = form
            .then(Html::trusted("<input type=\"hidden\" name=\""))
            .then(Html::text(name))
            .then(Html::trusted("\" value=\""))
            .then(Html::text(value))
            .then(Html::trusted("\">"));
    }
    form.then(button.html()).then(Html::trusted("</form>"))
}

/// A paragraph.
pub(crate) fn paragraph(text: impl haidang_ui::html::IntoHtml) -> Html {
    Html::trusted("<p class=\"govuk-body\">").then(text.into_html()).then(Html::trusted("</p>"))
}

/// Items of a numbered list, or of a plain one.
pub(crate) fn list(items: Vec<Html>, numbered: bool) -> Html {
    let (open, close) = if numbered {
        ("<ol class=\"govuk-list govuk-list--number\">", "</ol>")
    } else {
        ("<ul class=\"govuk-list govuk-list--bullet\">", "</ul>")
    };
    let mut all = Html::trusted(open);
    for item in items {
        all = all.then(Html::trusted("<li>")).then(item).then(Html::trusted("</li>"));
    }
    all.then(Html::trusted(close))
}
