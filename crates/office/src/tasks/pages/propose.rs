//! Proposals of tasks from the text of a directive; a person confirms each.

use super::new::{build, giving_agency, iso};
use super::{day_values, task_page};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use crate::tasks::proposals::{self, Proposal};
use askama::Template;
use haidang_kernel::problem::Problem;
use haidang_kernel::text::search_key;
use haidang_ui::component::{Component as _, EmptyState, Inset, SummaryList, SummaryRow, TextArea, TextInput};
use haidang_ui::field::{ErrorItem, Field};
use haidang_ui::{Html, Page, t};
use haidang_web::{Answer, FormFields, State, Visitor, html, html_invalid};

#[derive(Template)]
#[template(path = "tasks_proposals.html")]
struct ProposalsPage {
    page: Page,
    errors: Vec<ErrorItem>,
    title: TextInput,
    text: TextArea,
    empty: Option<EmptyState>,
    found: Vec<Found>,
}

struct Found {
    quote: Html,
    facts: SummaryList,
    hidden: Vec<(&'static str, String)>,
}

fn found(page: &Page, title: &str, one: Proposal) -> Found {
    let unsaid = || page.t("tasks-proposal-unsaid");
    let said = |text: &str| if text.is_empty() { Html::text(unsaid()) } else { page.vietnamese(text) };
    let due = one.due.map_or_else(unsaid, |day| page.date_weekday(day));
    let rows = vec![
        SummaryRow::new(page.t("tasks-proposal-lead"), said(&one.lead)),
        SummaryRow::new(page.t("tasks-proposal-support"), said(&one.support)),
        SummaryRow::new(page.t("tasks-work"), said(&one.work)),
        SummaryRow::new(page.t("tasks-due"), due),
    ];
    Found {
        quote: Inset::new(page.vietnamese(&one.quote)).html(),
        facts: SummaryList::new(rows),
        hidden: vec![
            ("source_title", title.to_owned()),
            ("quote", one.quote),
            ("lead", one.lead),
            ("work", one.work),
            ("due", one.due.map(|day| day.to_string()).unwrap_or_default()),
        ],
    }
}

fn page_of(visitor: &Visitor, form: &FormFields, errors: Vec<ErrorItem>, read: Option<Vec<Proposal>>) -> ProposalsPage {
    let mut page = task_page(visitor, "tasks-proposals-title");
    page.errors = !errors.is_empty();
    let field = |name: &str, key: &str| Field::new(page.lang, name, page.t(key)).errors(&errors);
    let title = form.text("title").trim();
    ProposalsPage {
        title: TextInput::new(field("title", "tasks-proposals-source").optional(true)).value(title),
        text: TextArea::new(field("text", "tasks-proposals-text")).value(form.text("text")).rows(12),
        empty: read
            .as_ref()
            .is_some_and(Vec::is_empty)
            .then(|| EmptyState::new(page.t("tasks-proposals-none")).text(page.t("tasks-proposals-none-text"))),
        found: read.unwrap_or_default().into_iter().map(|one| found(&page, title, one)).collect(),
        errors,
        page,
    }
}

/// The form for a text.
pub(crate) async fn show_task_proposals(visitor: Visitor) -> Answer {
    html(page_of(&visitor, &FormFields::default(), Vec::new(), None))
}

/// What the text asks for. Nothing is kept of it.
pub(crate) async fn read_task_proposals(visitor: Visitor, State(room): State<OfficeRoom>, form: FormFields) -> Answer {
    let code = match form.filled("text") {
        None => "required",
        Some(text) if text.chars().count() > proposals::MOST => "too_long",
        Some(text) => {
            let read = proposals::propose(text, room.ambient.today());
            return html(page_of(&visitor, &form, Vec::new(), Some(read)));
        }
    };
    let message = t(visitor.lang, &format!("tasks-error-text-{}", code.replace('_', "-")), &[]);
    html_invalid(page_of(&visitor, &form, vec![ErrorItem::of("text", message)], None))
}

/// The agency whose name a directive writes; names fold alike however they are spelled.
async fn unit_named(room: &OfficeRoom, lead: &str) -> Result<Option<String>, Problem> {
    let wanted = search_key(lead);
    if wanted.is_empty() {
        return Ok(None);
    }
    let agencies = room.directory.agencies().await?;
    Ok(agencies.into_iter().find(|agency| search_key(&agency.name_vi) == wanted).map(|agency| agency.code))
}

/// The form of a new task, filled from a proposal.
pub(crate) async fn use_task_proposal(visitor: Visitor, State(room): State<OfficeRoom>, form: FormFields) -> Answer {
    let own = giving_agency(&Reader::of(&visitor)?)?;
    let unit = unit_named(&room, form.text("lead")).await?.unwrap_or(own);
    let mut filled = vec![
        ("unit".to_owned(), unit),
        ("source".to_owned(), "document".to_owned()),
        ("source_title".to_owned(), form.text("source_title").to_owned()),
        ("quote".to_owned(), form.text("quote").to_owned()),
        ("work".to_owned(), form.text("work").to_owned()),
    ];
    filled.extend(iso(form.text("due")).into_iter().flat_map(|day| day_values("due", day)));
    html(build(&visitor, &room, &FormFields(filled), Vec::new()).await?)
}
