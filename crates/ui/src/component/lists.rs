//! Lists: summaries, tasks, steps, documents, pages.

use super::display::{Icon, Link, Tag};
use crate::Lang;
use crate::html::{Html, IntoHtml};
use crate::texts::t;
use askama::Template;

/// One row of a summary list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryRow {
    /// What it is.
    pub key: String,
    /// Language of the key when it is not the language of the page.
    pub key_lang: Option<Lang>,
    /// The value.
    pub value: Html,
    /// Ways to change it.
    pub actions: Vec<Link>,
}

impl SummaryRow {
    /// A row without actions.
    #[must_use]
    pub fn new(key: impl Into<String>, value: impl IntoHtml) -> Self {
        Self { key: key.into(), key_lang: None, value: value.into_html(), actions: Vec::new() }
    }

    /// The key is in this language.
    #[must_use]
    pub fn lang(mut self, lang: Lang) -> Self {
        self.key_lang = Some(lang);
        self
    }

    /// "Thay đổi" with the name of the row read out after it.
    #[must_use]
    pub fn change(mut self, lang: Lang, href: impl Into<String>) -> Self {
        let name = self.key.to_lowercase();
        self.actions.push(Link::new(t(lang, "ui-change", &[]), href).hidden(name));
        self
    }

    /// Another action.
    #[must_use]
    pub fn action(mut self, link: Link) -> Self {
        self.actions.push(link);
        self
    }
}

/// Rows of name and value.
#[derive(Debug, Clone, Template)]
#[template(
    source = r##"<dl class="govuk-summary-list{% if !borders %} govuk-summary-list--no-border{% endif %}">{% for row in rows %}<div class="govuk-summary-list__row{% if row.actions.is_empty() && any_actions %} govuk-summary-list__row--no-actions{% endif %}"><dt class="govuk-summary-list__key"{% if let Some(lang) = row.key_lang %} lang="{{ lang.code() }}"{% endif %}>{{ row.key }}</dt><dd class="govuk-summary-list__value">{{ row.value }}</dd>{% if !row.actions.is_empty() %}<dd class="govuk-summary-list__actions">{% for link in row.actions %}<a class="govuk-link" href="{{ link.href }}">{{ link.text }}{% if !link.hidden.is_empty() %}<span class="govuk-visually-hidden"> {{ link.hidden }}</span>{% endif %}</a>{% if !loop.last %} {% endif %}{% endfor %}</dd>{% endif %}</div>{% endfor %}</dl>"##,
    ext = "html"
)]
pub struct SummaryList {
    rows: Vec<SummaryRow>,
    borders: bool,
    any_actions: bool,
}

impl SummaryList {
    /// With hairlines.
    #[must_use]
    pub fn new(rows: Vec<SummaryRow>) -> Self {
        let any_actions = rows.iter().any(|row| !row.actions.is_empty());
        Self { rows, borders: true, any_actions }
    }

    /// Without hairlines.
    #[must_use]
    pub fn no_border(mut self) -> Self {
        self.borders = false;
        self
    }
}

/// State of a part of a long form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskState {
    /// "Đã hoàn thành".
    Completed,
    /// "Đang nhập".
    InProgress,
    /// "Chưa bắt đầu".
    NotStarted,
    /// "Chưa thể bắt đầu": plain text, no link.
    CannotStart,
    /// "Cần sửa".
    HasError,
}

/// One part of a task list.
#[derive(Debug, Clone)]
pub struct TaskItem {
    /// Name of the part.
    pub title: String,
    /// Language of the name when it is not the language of the page.
    pub lang: Option<Lang>,
    /// Complete address.
    pub href: String,
    /// Line under the name.
    pub hint: Option<String>,
    /// How far it is.
    pub state: TaskState,
}

impl TaskItem {
    /// A part without hint.
    #[must_use]
    pub fn new(title: impl Into<String>, href: impl Into<String>, state: TaskState) -> Self {
        Self { title: title.into(), lang: None, href: href.into(), hint: None, state }
    }

    /// Line under the name.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The name is in this language.
    #[must_use]
    pub fn lang(mut self, lang: Lang) -> Self {
        self.lang = Some(lang);
        self
    }
}

/// Parts of a long form with their states.
#[derive(Debug, Clone, Template)]
#[template(path = "components/task_list.html")]
pub struct TaskList {
    lang: Lang,
    id: String,
    items: Vec<TaskItem>,
}

impl TaskList {
    /// The id must be unique on the page.
    #[must_use]
    pub fn new(lang: Lang, id: impl Into<String>, items: Vec<TaskItem>) -> Self {
        Self { lang, id: id.into(), items }
    }

    fn status(&self, state: &TaskState) -> Html {
        let text = |key| t(self.lang, key, &[]);
        match state {
            TaskState::Completed => Html::text(text("ui-task-completed")),
            TaskState::CannotStart => Html::text(text("ui-task-cannot-start")),
            TaskState::InProgress => Tag::new(&text("ui-task-in-progress")).icon("pencil").into_html(),
            TaskState::NotStarted => Tag::new(&text("ui-task-not-started")).icon("circle-dashed").into_html(),
            TaskState::HasError => Tag::new(&text("ui-task-has-error")).late().into_html(),
        }
    }

    fn open(&self, state: &TaskState) -> bool {
        *state != TaskState::CannotStart
    }
}

/// State of a step of a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    /// Behind us.
    Done,
    /// Here.
    Now,
    /// Here, and waiting for the reader.
    Paused,
    /// Ended without success.
    Failed,
    /// Still to come.
    Next,
}

/// One step: heading and lines under it.
#[derive(Debug, Clone)]
pub struct StepItem {
    state: StepState,
    title: String,
    lines: Vec<Html>,
}

impl StepItem {
    /// A step without lines.
    #[must_use]
    pub fn new(state: StepState, title: impl Into<String>) -> Self {
        Self { state, title: title.into(), lines: Vec::new() }
    }

    /// Adds a line (time, unit, link).
    #[must_use]
    pub fn line(mut self, line: impl IntoHtml) -> Self {
        self.lines.push(line.into_html());
        self
    }

    fn class(&self) -> &'static str {
        match self.state {
            StepState::Done => "is-done",
            StepState::Now | StepState::Paused => "is-now",
            StepState::Failed => "is-failed",
            StepState::Next => "is-next",
        }
    }

    fn icon(&self) -> Icon {
        Icon::new(match self.state {
            StepState::Done => "check",
            StepState::Now => "clock",
            StepState::Paused => "circle-pause",
            StepState::Failed => "circle-x",
            StepState::Next => "circle-dashed",
        })
    }

    fn said(&self) -> &'static str {
        match self.state {
            StepState::Done => "ui-step-done",
            StepState::Now | StepState::Paused => "ui-step-now",
            StepState::Failed => "ui-step-failed",
            StepState::Next => "ui-step-next",
        }
    }
}

/// Timeline of a case.
#[derive(Debug, Clone, Template)]
#[template(
    source = r##"<ol class="hd-steps">{% for item in items %}<li class="{{ item.class() }}"><span class="hd-steps__dot">{{ item.icon() }}</span><{{ level }}><span class="govuk-visually-hidden">{{ self.say(item.said()) }} </span>{{ item.title }}</{{ level }}>{% for line in item.lines %}<p>{{ line }}</p>{% endfor %}</li>{% endfor %}</ol>"##,
    ext = "html"
)]
pub struct Steps {
    lang: Lang,
    items: Vec<StepItem>,
    level: &'static str,
}

impl Steps {
    /// Headings are `h3`.
    #[must_use]
    pub fn new(lang: Lang, items: Vec<StepItem>) -> Self {
        Self { lang, items, level: "h3" }
    }

    /// Level of the headings, for pages that nest them differently (2 to 4).
    #[must_use]
    pub fn level(mut self, level: u8) -> Self {
        self.level = match level {
            2 => "h2",
            4 => "h4",
            _ => "h3",
        };
        self
    }

    fn say(&self, key: &str) -> String {
        t(self.lang, key, &[])
    }
}

/// One document: name, lines, state, what can be done.
#[derive(Debug, Clone, Template)]
#[template(
    source = r##"<li class="hd-doc"><span class="hd-doc__icon">{{ icon }}</span><div><h3 class="govuk-heading-s"{% if let Some(lang) = lang %} lang="{{ lang.code() }}"{% endif %}>{% if href.is_empty() %}{{ title }}{% else %}<a class="govuk-link" href="{{ href }}">{{ title }}</a>{% endif %}</h3>{% for line in lines %}<p{% if !loop.first %} class="hd-second"{% endif %}>{{ line }}</p>{% endfor %}{% if !actions.is_empty() %}<div class="hd-doc__acts">{% for link in actions %}<a class="govuk-link" href="{{ link.href }}">{{ link.text }}<span class="govuk-visually-hidden"> {{ title }}</span></a>{% endfor %}</div>{% endif %}</div><div class="hd-doc__status">{{ status }}</div></li>"##,
    ext = "html"
)]
pub struct DocRow {
    icon: Icon,
    title: String,
    lang: Option<Lang>,
    href: String,
    lines: Vec<Html>,
    actions: Vec<Link>,
    status: Html,
}

impl DocRow {
    /// A row for `<ul class="hd-plainlist">`; an empty address makes no link.
    #[must_use]
    pub fn new(icon: &str, title: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            icon: Icon::new(icon),
            title: title.into(),
            lang: None,
            href: href.into(),
            lines: Vec::new(),
            actions: Vec::new(),
            status: Html::default(),
        }
    }

    /// The name is in this language.
    #[must_use]
    pub fn lang(mut self, lang: Lang) -> Self {
        self.lang = Some(lang);
        self
    }

    /// Adds a line; from the second on in the quieter colour.
    #[must_use]
    pub fn line(mut self, line: impl IntoHtml) -> Self {
        self.lines.push(line.into_html());
        self
    }

    /// Something that can be done with it; its name is read out after the text.
    #[must_use]
    pub fn action(mut self, text: impl Into<String>, href: impl Into<String>) -> Self {
        self.actions.push(Link::new(text, href));
        self
    }

    /// State, usually a tag.
    #[must_use]
    pub fn status(mut self, status: impl IntoHtml) -> Self {
        self.status = status.into_html();
        self
    }
}

/// Reasons or facts, each with an icon.
#[derive(Debug, Clone, Default, Template)]
#[template(
    source = r##"<ul class="hd-why">{% for (icon, text) in items %}<li>{{ icon }}{{ text }}</li>{% endfor %}</ul>"##,
    ext = "html"
)]
pub struct Reasons {
    items: Vec<(Icon, Html)>,
}

impl Reasons {
    /// An empty list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a line.
    #[must_use]
    pub fn item(mut self, icon: &str, text: impl IntoHtml) -> Self {
        self.items.push((Icon::new(icon), text.into_html()));
        self
    }
}

/// Links to the pages of a long list.
#[derive(Debug, Clone, Template)]
#[template(path = "components/pagination.html")]
pub struct Pagination {
    lang: Lang,
    previous: Option<String>,
    next: Option<String>,
    items: Vec<PageLink>,
    label: String,
}

#[derive(Debug, Clone)]
struct PageLink {
    number: u64,
    href: String,
    current: bool,
    gap: bool,
}

impl Pagination {
    /// Page `current` of `pages` (from 1). `base` is the complete address without the parameter of the page,
    /// for example `/vi/thu-tuc?q=khai+sinh`; `&trang=2` or `?trang=2` is appended.
    #[must_use]
    pub fn numbered(lang: Lang, base: &str, current: u64, pages: u64) -> Self {
        let separator = if base.contains('?') { '&' } else { '?' };
        let href = |number: u64| {
            if number <= 1 { base.to_owned() } else { format!("{base}{separator}trang={number}") }
        };
        let mut items: Vec<PageLink> = Vec::new();
        let mut last = 0;
        for number in 1..=pages {
            let near = number == 1 || number == pages || number.abs_diff(current) <= 1;
            if near {
                items.push(PageLink { number, href: href(number), current: number == current, gap: number > last + 1 });
                last = number;
            }
        }
        Self {
            lang,
            previous: (current > 1).then(|| href(current - 1)),
            next: (current < pages).then(|| href(current + 1)),
            items: if pages > 1 { items } else { Vec::new() },
            label: t(lang, "ui-pages", &[]),
        }
    }

    /// Only previous and next, for lists that are read by a key.
    #[must_use]
    pub fn simple(lang: Lang, previous: Option<String>, next: Option<String>) -> Self {
        Self { lang, previous, next, items: Vec::new(), label: t(lang, "ui-pages", &[]) }
    }

    fn say(&self, key: &str) -> String {
        t(self.lang, key, &[])
    }

    fn page_label(&self, number: &u64) -> String {
        t(self.lang, "ui-page-number", &[("number", number.into())])
    }
}
