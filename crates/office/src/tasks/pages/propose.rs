//! Proposals of tasks from the text of a directive; a person confirms each.

use super::new::{build, giving_agency, iso};
use super::{day_values, task_page};
use crate::documents::{Document, Wanted};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use crate::tasks::proposals::{self, Proposal};
use askama::Template;
use haidang_kernel::problem::Problem;
use haidang_kernel::text::search_key;
use haidang_ui::component::{Component as _, EmptyState, Inset, Select, SummaryList, SummaryRow, TextArea, TextInput};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Html, Page, t};
use haidang_web::{Answer, Fault, FormFields, Query, State, Visitor, html, html_invalid};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "tasks_proposals.html")]
struct ProposalsPage {
    page: Page,
    errors: Vec<ErrorItem>,
    /// The document that came whose text is read: its id and its name.
    arrival: Option<(String, String)>,
    document: Select,
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

fn found(page: &Page, title: &str, document: &str, one: Proposal) -> Found {
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
            ("source_id", document.to_owned()),
            ("quote", one.quote),
            ("lead", one.lead),
            ("work", one.work),
            ("due", one.due.map(|day| day.to_string()).unwrap_or_default()),
        ],
    }
}

/// Documents that the reader may choose from, the last changed first.
const MOST_DOCUMENTS: i64 = 50;

/// What a document is called among others.
fn document_name(document: &Document) -> String {
    match (document.code_number, &document.code_notation) {
        (Some(number), Some(notation)) => format!("{number:02}/{notation} {}", document.subject),
        _ => document.subject.clone(),
    }
}

/// The document that came which a form names, for whoever may open it.
async fn arrival_named(
    room: &OfficeRoom,
    reader: &Reader<'_>,
    form: &FormFields,
) -> Result<Option<(String, String)>, Problem> {
    let Some(id) = form.filled("arrival") else { return Ok(None) };
    let arrival = room.arrival_of(reader, id).await?;
    let name = format!("{} {}", arrival.details.code(), arrival.details.subject);
    Ok(Some((arrival.id, name.trim().to_owned())))
}

async fn page_of(
    visitor: &Visitor,
    room: &OfficeRoom,
    form: &FormFields,
    errors: Vec<ErrorItem>,
    read: Option<Vec<Proposal>>,
) -> Result<ProposalsPage, Fault> {
    let mut page = task_page(visitor, "tasks-proposals-title");
    page.errors = !errors.is_empty();
    let field = |name: &str, key: &str| Field::new(page.lang, name, page.t(key)).errors(&errors);
    let (documents, _) = room.list_documents(&Reader::of(visitor)?, &Wanted::default(), MOST_DOCUMENTS).await?;
    let chosen = form.text("document");
    let choices = documents.iter().map(|one| Choice::new(&one.id, document_name(one)).chosen(chosen));
    let document = field("document", "tasks-proposals-document").hint(page.t("tasks-proposals-document-hint"));
    let title = form.text("title").trim();
    let arrival = arrival_named(room, &Reader::of(visitor)?, form).await?;
    let chosen = arrival.as_ref().map_or(chosen, |(id, _)| id.as_str());
    Ok(ProposalsPage {
        document: Select::new(document.optional(true), choices.collect()),
        title: TextInput::new(field("title", "tasks-proposals-source").optional(true)).value(title),
        text: TextArea::new(field("text", "tasks-proposals-text").optional(true)).value(form.text("text")).rows(12),
        empty: read
            .as_ref()
            .is_some_and(Vec::is_empty)
            .then(|| EmptyState::new(page.t("tasks-proposals-none")).text(page.t("tasks-proposals-none-text"))),
        found: read.unwrap_or_default().into_iter().map(|one| found(&page, title, chosen, one)).collect(),
        arrival,
        errors,
        page,
    })
}

/// A document that another page names.
#[derive(Deserialize)]
pub(crate) struct Named {
    /// Id of the document.
    #[serde(rename = "van-ban")]
    document: Option<String>,
    /// Id of a document that came.
    #[serde(rename = "van-ban-den")]
    arrival: Option<String>,
}

/// The form for a text or a document.
pub(crate) async fn show_task_proposals(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Query(named): Query<Named>,
) -> Answer {
    let pairs = [("document", named.document), ("arrival", named.arrival)];
    let pairs = pairs.into_iter().filter_map(|(name, id)| Some((name.to_owned(), id?)));
    let form = FormFields(pairs.collect());
    html(page_of(&visitor, &room, &form, Vec::new(), None).await?)
}

/// The form with the text of the chosen document, where nothing was pasted; the look at the document is recorded.
async fn with_document(room: &OfficeRoom, reader: &Reader<'_>, form: FormFields) -> Result<FormFields, Problem> {
    if let Some(id) = form.filled("arrival").filter(|_| form.filled("text").is_none()) {
        let text = proposals::unbroken(&room.arrival_text(reader, id).await?);
        let text: String = text.chars().take(proposals::MOST).collect();
        let known = arrival_named(room, reader, &form).await?.map(|(_, name)| name).unwrap_or_default();
        let title = form.filled("title").map_or(known, str::to_owned);
        let fields = [("arrival", id), ("title", &title), ("text", &text)];
        return Ok(FormFields(fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()));
    }
    let Some(id) = form.filled("document").filter(|_| form.filled("text").is_none()) else { return Ok(form) };
    let document = room.open_document(reader, id).await?;
    let content = room.content(&document, document.version).await?;
    let title = form.filled("title").map_or_else(|| document_name(&document), str::to_owned);
    let fields = [("document", document.id.as_str()), ("title", &title), ("text", &content.body)];
    Ok(FormFields(fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()))
}

/// What the text asks for. Nothing is kept of it.
pub(crate) async fn read_task_proposals(visitor: Visitor, State(room): State<OfficeRoom>, form: FormFields) -> Answer {
    let form = match with_document(&room, &Reader::of(&visitor)?, form.clone()).await {
        Ok(form) => form,
        Err(Problem { code: "text_unreadable", .. }) => {
            let message = t(visitor.lang, "tasks-error-text-unreadable", &[]);
            return html_invalid(page_of(&visitor, &room, &form, vec![ErrorItem::of("text", message)], None).await?);
        }
        Err(problem) => return Err(problem.into()),
    };
    let code = match form.filled("text") {
        None => "required",
        Some(text) if text.chars().count() > proposals::MOST => "too_long",
        Some(text) => {
            let read = proposals::propose(text, room.ambient.today());
            return html(page_of(&visitor, &room, &form, Vec::new(), Some(read)).await?);
        }
    };
    let message = t(visitor.lang, &format!("tasks-error-text-{}", code.replace('_', "-")), &[]);
    html_invalid(page_of(&visitor, &room, &form, vec![ErrorItem::of("text", message)], None).await?)
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
        ("source_id".to_owned(), form.text("source_id").to_owned()),
        ("quote".to_owned(), form.text("quote").to_owned()),
        ("work".to_owned(), form.text("work").to_owned()),
    ];
    filled.extend(iso(form.text("due")).into_iter().flat_map(|day| day_values("due", day)));
    html(build(&visitor, &room, &FormFields(filled), Vec::new()).await?)
}
