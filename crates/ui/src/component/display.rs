//! Buttons, links, messages, states.

use crate::field::ErrorItem;
use crate::html::{Html, IntoHtml};
use crate::texts::t;
use crate::{Lang, assets};
use askama::Template;

/// An icon of the sprite; decorative, so a word always stands beside it.
#[derive(Debug, Clone, Template)]
#[template(
    source = r##"<svg class="hd-icon" aria-hidden="true" focusable="false"><use href="{{ href }}"></use></svg>"##,
    ext = "html"
)]
pub struct Icon {
    href: String,
}

impl Icon {
    /// By its name in the sprite (`user`, `check`, `clock` …; see `assets/vendor/lucide/icons.svg`).
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { href: assets::icon_href(name) }
    }
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Text.
    pub text: String,
    /// Complete address.
    pub href: String,
    /// Read out after the text, not shown ("Thay đổi" + " ngày sinh của trẻ").
    pub hidden: String,
}

impl Link {
    /// A link with its complete address.
    #[must_use]
    pub fn new(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self { text: text.into(), href: href.into(), hidden: String::new() }
    }

    /// Adds what is read out after the text.
    #[must_use]
    pub fn hidden(mut self, text: impl Into<String>) -> Self {
        self.hidden = text.into();
        self
    }

    pub(crate) fn back(lang: Lang, href: String) -> Html {
        Html::trusted("<nav aria-label=\"")
            .then(Html::text(t(lang, "ui-page-nav", &[])))
            .then(Html::trusted("\" class=\"hd-back\"><a href=\""))
            .then(Html::text(href))
            .then(Html::trusted("\" class=\"govuk-back-link\">"))
            .then(Html::text(t(lang, "ui-back", &[])))
            .then(Html::trusted("</a></nav>"))
    }
}

/// A button, or a link that looks like one. One main button a page.
#[derive(Debug, Clone, Template)]
#[template(path = "components/button.html")]
pub struct Button {
    text: String,
    href: Option<String>,
    class: &'static str,
    name: Option<(String, String)>,
    icon: Option<Icon>,
    sending: String,
    hidden: String,
    small: bool,
    action: Option<String>,
}

impl Button {
    pub(crate) fn submit(lang: Lang, text: &str) -> Self {
        Self {
            text: text.to_owned(),
            href: None,
            class: "",
            name: None,
            icon: None,
            sending: t(lang, "ui-sending", &[]),
            hidden: String::new(),
            small: false,
            action: None,
        }
    }

    pub(crate) fn link(text: &str, href: String) -> Self {
        Self { href: Some(href), sending: String::new(), ..Self::submit(Lang::Vi, text) }
    }

    /// A second choice beside the main button.
    #[must_use]
    pub fn secondary(mut self) -> Self {
        self.class = " govuk-button--secondary";
        self
    }

    /// A dangerous action.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.class = " govuk-button--warning";
        self
    }

    /// Name and value sent when this button was pressed.
    #[must_use]
    pub fn named(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.name = Some((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Sends the form to another address (`formaction`).
    #[must_use]
    pub fn action(mut self, href: impl AsRef<str>) -> Self {
        self.action = Some(href.as_ref().to_owned());
        self
    }

    /// An icon after the words.
    #[must_use]
    pub fn icon(mut self, name: &str) -> Self {
        self.icon = Some(Icon::new(name));
        self
    }

    /// Read out after the words, not shown.
    #[must_use]
    pub fn hidden(mut self, text: impl AsRef<str>) -> Self {
        self.hidden = text.as_ref().to_owned();
        self
    }

    /// Smaller, for rows and tables.
    #[must_use]
    pub fn small(mut self) -> Self {
        self.small = true;
        self
    }
}

/// Breadcrumbs inside their landmark.
#[derive(Debug, Clone, Template)]
#[template(
    source = r##"<nav aria-label="{{ label }}" class="govuk-breadcrumbs"><ol class="govuk-breadcrumbs__list">{% for link in links %}<li class="govuk-breadcrumbs__list-item"><a class="govuk-breadcrumbs__link" href="{{ link.href }}">{{ link.text }}</a></li>{% endfor %}</ol></nav>"##,
    ext = "html"
)]
pub struct Breadcrumbs {
    label: String,
    links: Vec<Link>,
}

impl Breadcrumbs {
    /// From the home to the parent of the page.
    #[must_use]
    pub fn new(lang: Lang, links: Vec<Link>) -> Self {
        Self { label: t(lang, "ui-page-nav", &[]), links }
    }
}

/// Box at the top with a link to every wrong field; prints nothing when there is none.
#[derive(Debug, Clone, Template)]
#[template(
    source = r##"{% if !items.is_empty() %}<div class="govuk-error-summary" data-module="govuk-error-summary" tabindex="-1" autofocus aria-labelledby="error-summary-title"><div role="alert"><h2 class="govuk-error-summary__title" id="error-summary-title">{{ title }}</h2><div class="govuk-error-summary__body"><ul class="govuk-list govuk-error-summary__list">{% for item in items %}<li>{% if item.id.is_empty() %}{{ item.message }}{% else %}<a href="#{{ item.id }}">{{ item.message }}</a>{% endif %}</li>{% endfor %}</ul></div></div></div>{% endif %}"##,
    ext = "html"
)]
pub struct ErrorSummary {
    title: String,
    items: Vec<ErrorItem>,
}

impl ErrorSummary {
    /// With the messages of the fields, word for word.
    #[must_use]
    pub fn new(lang: Lang, items: Vec<ErrorItem>) -> Self {
        Self { title: t(lang, "ui-error-summary", &[]), items }
    }
}

/// What a status means; it chooses colour and icon, the word carries the meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Late, refused, broken.
    Late,
    /// Waits for someone.
    Wait,
    /// Done, valid.
    Done,
    /// Information.
    #[default]
    Neutral,
    /// No shape, only the word.
    Plain,
}

/// A status tag.
#[derive(Debug, Clone, Template)]
#[template(
    source = r##"<strong class="hd-tag{{ class }}">{% if let Some(icon) = icon %}{{ icon }}{% endif %}{{ text }}</strong>"##,
    ext = "html"
)]
pub struct Tag {
    text: String,
    class: &'static str,
    icon: Option<Icon>,
}

impl Tag {
    /// Neutral, with an information icon.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), class: "", icon: Some(Icon::new("info")) }
    }

    /// With the colour and icon of a tone.
    #[must_use]
    pub fn tone(mut self, tone: Tone) -> Self {
        let (class, icon) = match tone {
            Tone::Late => (" hd-tag--late", Some("circle-alert")),
            Tone::Wait => (" hd-tag--wait", Some("circle-pause")),
            Tone::Done => (" hd-tag--done", Some("circle-check")),
            Tone::Neutral => ("", Some("info")),
            Tone::Plain => (" hd-tag--plain", None),
        };
        self.class = class;
        self.icon = icon.map(Icon::new);
        self
    }

    /// Late, refused.
    #[must_use]
    pub fn late(self) -> Self {
        self.tone(Tone::Late)
    }

    /// Waits for someone.
    #[must_use]
    pub fn wait(self) -> Self {
        self.tone(Tone::Wait)
    }

    /// Done.
    #[must_use]
    pub fn done(self) -> Self {
        self.tone(Tone::Done)
    }

    /// Another icon.
    #[must_use]
    pub fn icon(mut self, name: &str) -> Self {
        self.icon = Some(Icon::new(name));
        self
    }
}

/// Folded content behind a summary.
#[derive(Debug, Clone, Template)]
#[template(
    source = r##"<details class="govuk-details"{% if open %} open{% endif %}><summary class="govuk-details__summary"><span class="govuk-details__summary-text">{{ summary }}</span></summary><div class="govuk-details__text">{{ content }}</div></details>"##,
    ext = "html"
)]
pub struct Details {
    summary: String,
    content: Html,
    open: bool,
}

impl Details {
    /// Closed.
    #[must_use]
    pub fn new(summary: impl AsRef<str>, content: impl IntoHtml) -> Self {
        Self { summary: summary.as_ref().to_owned(), content: content.into_html(), open: false }
    }

    /// Open from the start.
    #[must_use]
    pub fn open(mut self) -> Self {
        self.open = true;
        self
    }
}

/// A quiet emphasis.
#[derive(Debug, Clone, Template)]
#[template(source = r##"<div class="govuk-inset-text">{{ content }}</div>"##, ext = "html")]
pub struct Inset {
    content: Html,
}

impl Inset {
    /// Text or markup.
    #[must_use]
    pub fn new(content: impl IntoHtml) -> Self {
        Self { content: content.into_html() }
    }
}

/// A warning that stands in the page.
#[derive(Debug, Clone, Template)]
#[template(
    source = r##"<div class="govuk-warning-text"><span class="govuk-warning-text__icon" aria-hidden="true">!</span><strong class="govuk-warning-text__text"><span class="govuk-visually-hidden">{{ prefix }}</span> {{ content }}</strong></div>"##,
    ext = "html"
)]
pub struct WarningText {
    prefix: String,
    content: Html,
}

impl WarningText {
    /// Text or markup.
    #[must_use]
    pub fn new(lang: Lang, content: impl IntoHtml) -> Self {
        Self { prefix: t(lang, "ui-warning-prefix", &[]), content: content.into_html() }
    }
}

/// Something the reader should know that is not an answer to what they did.
#[derive(Debug, Clone, Template)]
#[template(
    source = r##"<{% if success %}div class="govuk-notification-banner govuk-notification-banner--success" role="alert"{% else %}section class="govuk-notification-banner"{% endif %} aria-labelledby="{{ id }}"><div class="govuk-notification-banner__header"><h2 class="govuk-notification-banner__title" id="{{ id }}">{{ title }}</h2></div><div class="govuk-notification-banner__content">{{ content }}</div></{% if success %}div{% else %}section{% endif %}>"##,
    ext = "html"
)]
pub struct Notification {
    id: String,
    title: String,
    content: Html,
    success: bool,
}

impl Notification {
    /// Title and content; the id must be unique on the page.
    #[must_use]
    pub fn new(id: impl AsRef<str>, title: impl AsRef<str>, content: impl IntoHtml) -> Self {
        Self {
            id: id.as_ref().to_owned(),
            title: title.as_ref().to_owned(),
            content: content.into_html(),
            success: false,
        }
    }

    /// Something worked.
    #[must_use]
    pub fn success(mut self) -> Self {
        self.success = true;
        self
    }
}

/// Green panel of a confirmation; its title is the `h1`.
#[derive(Debug, Clone, Template)]
#[template(
    source = r##"<div class="govuk-panel govuk-panel--confirmation"><h1 class="govuk-panel__title">{{ title }}</h1><div class="govuk-panel__body">{{ body }}</div></div>"##,
    ext = "html"
)]
pub struct Panel {
    title: String,
    body: Html,
}

impl Panel {
    /// Title and body.
    #[must_use]
    pub fn new(title: impl AsRef<str>, body: impl IntoHtml) -> Self {
        Self { title: title.as_ref().to_owned(), body: body.into_html() }
    }
}

/// A banner on all pages in an emergency: what, where, until when.
#[derive(Debug, Clone, Template)]
#[template(
    source = r##"<p class="hd-with-icon">{{ icon }}<span><strong>{{ title }}</strong> {{ text }}{% if let Some(link) = link %} <a href="{{ link.href }}">{{ link.text }}</a>{% endif %}</span></p>"##,
    ext = "html"
)]
pub struct Banner {
    icon: Icon,
    title: String,
    text: String,
    link: Option<Link>,
}

impl Banner {
    /// Title, text, and where to read more.
    #[must_use]
    pub fn new(title: impl Into<String>, text: impl Into<String>, link: Option<Link>) -> Self {
        Self { icon: Icon::new("triangle-alert"), title: title.into(), text: text.into(), link }
    }
}

/// Why a list is empty and what to do next.
#[derive(Debug, Clone, Template)]
#[template(
    source = r##"<div class="hd-empty"><p class="govuk-body"><strong>{{ title }}</strong></p>{% if !text.is_empty() %}<p class="govuk-body">{{ text }}</p>{% endif %}{% if let Some(link) = link %}<p class="govuk-body"><a class="govuk-link" href="{{ link.href }}">{{ link.text }}</a></p>{% endif %}</div>"##,
    ext = "html"
)]
pub struct EmptyState {
    title: String,
    text: Html,
    link: Option<Link>,
}

impl EmptyState {
    /// Why it is empty.
    #[must_use]
    pub fn new(title: impl AsRef<str>) -> Self {
        Self { title: title.as_ref().to_owned(), text: Html::default(), link: None }
    }

    /// A second sentence.
    #[must_use]
    pub fn text(mut self, text: impl IntoHtml) -> Self {
        self.text = text.into_html();
        self
    }

    /// The next step.
    #[must_use]
    pub fn next(mut self, text: impl Into<String>, href: impl Into<String>) -> Self {
        self.link = Some(Link::new(text, href));
        self
    }
}

/// "Phần 3 trong 5: Thông tin của trẻ" with a small picture.
#[derive(Debug, Clone, Template)]
#[template(path = "components/progress.html")]
pub struct Progress {
    text: String,
    bars: Vec<(u32, bool)>,
    width: u32,
}

impl Progress {
    /// Part `now` of `all` (from 1), with the name of the part.
    #[must_use]
    pub fn new(lang: Lang, now: usize, all: usize, name: impl Into<String>) -> Self {
        let name: String = name.into();
        let text = t(lang, "ui-progress", &[("now", now.into()), ("all", all.into()), ("name", name.into())]);
        let mut bars = Vec::with_capacity(all);
        let mut left = 0;
        for index in 0..all {
            bars.push((left, index < now));
            left += 27;
        }
        Self { text, bars, width: left.saturating_sub(3).max(1) }
    }
}

/// Three short answers in a row ("Lệ phí hôm nay", "Ngày hẹn trả", "Đang giữ hồ sơ").
#[derive(Debug, Clone, Default, Template)]
#[template(
    source = r##"<dl class="hd-facts">{% for fact in facts %}<div><dt>{{ fact.0 }}{{ fact.1 }}</dt><dd>{{ fact.2 }}</dd>{% if !fact.3.is_empty() %}<dd>{{ fact.3 }}</dd>{% endif %}</div>{% endfor %}</dl>"##,
    ext = "html"
)]
pub struct Facts {
    facts: Vec<(Icon, String, Html, Html)>,
}

impl Facts {
    /// An empty row.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an answer: icon, question, answer, remark.
    #[must_use]
    pub fn fact(mut self, icon: &str, term: impl Into<String>, value: impl IntoHtml, remark: impl IntoHtml) -> Self {
        self.facts.push((Icon::new(icon), term.into(), value.into_html(), remark.into_html()));
        self
    }
}
