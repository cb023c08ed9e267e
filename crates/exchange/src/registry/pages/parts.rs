//! What the pages are put together from: sections, links, small forms.

use askama::Template;
use haidang_kernel::problem::Problem;
use haidang_ui::field::ErrorItem;
use haidang_ui::{Html, IntoHtml, Page};
use haidang_web::{Answer, Visitor, encode, html, html_invalid};

use super::{AGREEMENTS, OVERVIEW, SERVICES, SYSTEMS, TRIAL};
use crate::registry::RegistryError;

/// A page of sections, each under its heading.
#[derive(Template)]
#[template(path = "registry_page.html")]
pub(super) struct SectionPage {
    page: Page,
    back: Option<&'static str>,
    tabs: Html,
    errors: Vec<ErrorItem>,
    lead: Html,
    sections: Vec<(String, Html)>,
}

impl SectionPage {
    /// A page for officials, with the tabs above it; `current` is the address of its tab.
    pub(super) fn office(visitor: &Visitor, title: String, current: &'static str, errors: Vec<ErrorItem>) -> Self {
        let mut page = visitor.page(title, "exchange");
        page.errors = !errors.is_empty();
        let back = (current != OVERVIEW).then_some(current);
        let tabs = tabs(&page, current);
        Self { page, back, tabs, errors, lead: Html::default(), sections: Vec::new() }
    }

    /// A page for everybody.
    pub(super) fn public(visitor: &Visitor, title: String) -> Self {
        let page = visitor.page(title, "");
        Self {
            page,
            back: None,
            tabs: Html::default(),
            errors: Vec::new(),
            lead: Html::default(),
            sections: Vec::new(),
        }
    }

    /// The page is the list of its tab, so nothing lies behind it.
    pub(super) fn at_top(mut self) -> Self {
        self.back = None;
        self
    }

    pub(super) fn page(&self) -> &Page {
        &self.page
    }

    pub(super) fn lead(&mut self, lead: impl IntoHtml) {
        self.lead = lead.into_html();
    }

    pub(super) fn section(&mut self, key: &str, content: impl IntoHtml) {
        self.sections.push((self.page.t(key), content.into_html()));
    }

    /// The page, or the page with its errors.
    pub(super) fn answer(self) -> Answer {
        if self.errors.is_empty() { html(self) } else { html_invalid(self) }
    }
}

fn tabs(page: &Page, current: &str) -> Html {
    let tabs = [
        ("exchange-tab-overview", OVERVIEW),
        ("exchange-tab-systems", SYSTEMS),
        ("exchange-tab-services", SERVICES),
        ("exchange-tab-agreements", AGREEMENTS),
        ("exchange-tab-trial", TRIAL),
    ];
    let mut list = Html::trusted("<nav aria-label=\"")
        .then(Html::text(page.t("exchange-tabs")))
        .then(Html::trusted("\"><ul class=\"hd-filter\">"));
    for (text, address) in tabs {
        let here = if address == current { "\" aria-current=\"page\">" } else { "\">" };
        list = list
            .then(Html::trusted("<li><a href=\""))
            .then(Html::text(page.href(address)))
            .then(Html::trusted(here))
            .then(Html::text(page.t(text)))
            .then(Html::trusted("</a></li>"));
    }
    list.then(Html::trusted("</ul></nav>"))
}

/// A form that sends hidden values, some questions and one button.
#[derive(Template)]
#[template(path = "registry_form.html")]
pub(super) struct SmallForm {
    action: String,
    csrf: Html,
    hidden: Vec<(&'static str, String)>,
    questions: Vec<Html>,
    button: Html,
}

impl SmallForm {
    /// `path` has no language prefix.
    pub(super) fn new(page: &Page, path: &str, button: impl IntoHtml) -> Self {
        Self {
            action: page.href(path),
            csrf: page.csrf_field(),
            hidden: Vec::new(),
            questions: Vec::new(),
            button: button.into_html(),
        }
    }

    pub(super) fn hidden(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.hidden.push((name, value.into()));
        self
    }

    pub(super) fn question(mut self, question: impl IntoHtml) -> Self {
        self.questions.push(question.into_html());
        self
    }

    pub(super) fn finish(self) -> Result<Html, Problem> {
        self.render().map(Html::trusted).map_err(|error| Problem::internal(format!("template: {error}")))
    }
}

/// A link in the flow of a page; `path` has no language prefix.
pub(super) fn link(page: &Page, path: &str, text: impl IntoHtml) -> Html {
    Html::trusted("<a class=\"govuk-link\" href=\"")
        .then(Html::text(page.href(path)))
        .then(Html::trusted("\">"))
        .then(text.into_html())
        .then(Html::trusted("</a>"))
}

/// A link to the page of one entry.
pub(super) fn entry_link(page: &Page, path: &str, id: &str, text: impl IntoHtml) -> Html {
    link(page, &entry_path(path, id), text)
}

/// The page of one entry: its id holds slashes, so it stands in the query.
pub(super) fn entry_path(path: &str, id: &str) -> String {
    format!("{path}?{}", encode([("ma", id)]))
}

/// A paragraph.
pub(super) fn paragraph(text: impl IntoHtml) -> Html {
    Html::trusted("<p class=\"govuk-body\">").then(text.into_html()).then(Html::trusted("</p>"))
}

/// A list, one piece a line.
pub(super) fn bullets(items: impl IntoIterator<Item = Html>) -> Html {
    let mut list = Html::trusted("<ul class=\"govuk-list govuk-list--bullet\">");
    for item in items {
        list = list.then(Html::trusted("<li>")).then(item).then(Html::trusted("</li>"));
    }
    list.then(Html::trusted("</ul>"))
}

/// What the registry refused, as lines above the page; anything else is a problem.
pub(super) fn refused(page: &Page, error: RegistryError) -> Result<Vec<ErrorItem>, Problem> {
    match error {
        RegistryError::Refused(complaints) => Ok(complaints
            .0
            .iter()
            .map(|what| ErrorItem::general(page.t1("exchange-refused", "what", what.as_str())))
            .collect()),
        RegistryError::Outdated(_) => Ok(vec![ErrorItem::general(page.t("exchange-outdated"))]),
        other => Err(other.into()),
    }
}
