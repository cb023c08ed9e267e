//! For those who answer for the audit: complaints about accesses, accesses held back by law.

use super::accesses::Names;
use super::reader;
use crate::answering::{AUDIT, Complaint};
use crate::room::VaultRoom;
use crate::rules::{self, ComplaintState};
use askama::Template;
use axum::extract::State;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_ui::component::{Cell, Choices, Column, EmptyState, SummaryList, SummaryRow, Table, Tag, TextArea};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Html, Page, t};
use haidang_web::{Answer, Fault, FormFields, Path, Visitor, html, html_invalid, redirect};

/// Address of the list of complaints.
pub(crate) const COMPLAINTS: &str = "/can-bo/khieu-nai-truy-cap";
/// Address of the list of accesses held back.
pub(crate) const HELD_BACK: &str = "/can-bo/truy-cap-hoan";

#[derive(Template)]
#[template(path = "office_list.html")]
struct ListPage {
    page: Page,
    lead: String,
    table: Option<Table>,
    empty: Option<EmptyState>,
    other: Html,
}

#[derive(Template)]
#[template(path = "complaint.html")]
struct ComplaintPage {
    page: Page,
    errors: Vec<ErrorItem>,
    id: String,
    state: Tag,
    facts: SummaryList,
    /// It waits, and the reader is the one to answer.
    open: bool,
    /// It waits for an answer of the agency that looked.
    elsewhere: bool,
    verdict: Choices,
    words: TextArea,
}

/// The frame of an official's page; its navigation holds what the reader may open.
pub(super) fn office_page(visitor: &Visitor, title: &str, nav: &'static str) -> Page {
    visitor.page(t(visitor.lang, title, &[]), nav)
}

/// A link in the flow of a page.
pub(super) fn link(page: &Page, path: &str, text: &str) -> Html {
    Html::trusted("<a class=\"govuk-link\" href=\"")
        .then(Html::text(page.href(path)))
        .then(Html::trusted("\">"))
        .then(Html::text(text))
        .then(Html::trusted("</a>"))
}

fn tag(page: &Page, state: ComplaintState) -> Tag {
    let tag = page.tag(page.t(&format!("vault-complaint-{}", state.as_str().to_lowercase())));
    match state {
        ComplaintState::Open => tag.wait(),
        ComplaintState::Justified => tag.done(),
        ComplaintState::Upheld => tag.late(),
    }
}

async fn agency(page: &Page, names: &mut Names<'_>, code: Option<&str>) -> Result<Html, Problem> {
    let Some(code) = code else { return Ok(Html::text(page.t("vault-who-system"))) };
    let [vi, en] = names.of(code).await?;
    Ok(if page.lang == haidang_ui::Lang::Vi { page.vietnamese(vi) } else { Html::text(en) })
}

fn what(page: &Page, complaint: &Complaint) -> String {
    page.t(&format!("vault-what-{}", rules::subject(&complaint.action, "")))
}

/// Complaints of residents about accesses, the open ones first.
pub(crate) async fn list_access_complaints(visitor: Visitor, State(room): State<VaultRoom>) -> Answer {
    let page = office_page(&visitor, "vault-complaints-title", "audit");
    let complaints = room.complaints_for(&reader(&visitor)?).await?;
    let columns =
        ["asked", "agency", "when", "what", "state"].map(|key| Column::new(page.t(&format!("vault-column-{key}"))));
    let mut table = Table::new(page.t("vault-complaints-title"), columns.to_vec()).caption_hidden();
    let mut names = Names::new(&room);
    for one in &complaints {
        let href = format!("{COMPLAINTS}/{}", one.id);
        table = table.row(vec![
            Cell::from(link(&page, &href, &page.moment(one.asked_at))),
            Cell::from(agency(&page, &mut names, one.agency.as_deref()).await?),
            Cell::from(page.time(one.access_at)),
            Cell::from(what(&page, one)),
            Cell::from(Html::trusted(tag(&page, one.state).to_string())),
        ]);
    }
    let empty = complaints.is_empty().then(|| EmptyState::new(page.t("vault-complaints-empty")));
    html(ListPage {
        lead: page.t("vault-complaints-lead"),
        table: (!complaints.is_empty()).then_some(table),
        empty,
        other: match visitor.can(AUDIT) {
            true => link(&page, HELD_BACK, &page.t("vault-held-title")),
            false => Html::text(""),
        },
        page,
    })
}

async fn build(
    visitor: &Visitor,
    room: &VaultRoom,
    one: Complaint,
    form: &FormFields,
    errors: Vec<ErrorItem>,
) -> Result<ComplaintPage, Fault> {
    let mut page = office_page(visitor, "vault-complaint-title", "audit");
    page.errors = !errors.is_empty();
    let answers = room.answers(&reader(visitor)?, &one).await?;
    let mut names = Names::new(room);
    let row = |key: &str, value: Html| SummaryRow::new(page.t(key), value);
    let mut facts = vec![
        row("vault-column-agency", agency(&page, &mut names, one.agency.as_deref()).await?),
        row("vault-column-when", page.time(one.access_at)),
        row("vault-column-what", Html::text(what(&page, &one))),
        row("vault-column-asked", page.time(one.asked_at)),
        row("vault-csv-id", page.code(&one.audit_id)),
    ];
    facts.extend(one.answer.as_deref().map(|answer| row("vault-complaint-answer", page.vietnamese(answer))));
    facts.extend(one.answered_at.map(|at| row("vault-complaint-answered", page.time(at))));
    let verdict = ["justified", "upheld"]
        .map(|word| Choice::new(word, page.t(&format!("vault-complaint-verdict-{word}"))).chosen(form.text("verdict")));
    let field = |name: &str, key: &str| Field::new(page.lang, name, page.t(key)).errors(&errors);
    Ok(ComplaintPage {
        state: tag(&page, one.state),
        facts: SummaryList::new(facts),
        open: one.state == ComplaintState::Open && answers,
        elsewhere: one.state == ComplaintState::Open && !answers,
        verdict: Choices::radios(field("verdict", "vault-complaint-verdict"), verdict.to_vec()),
        words: TextArea::new(field("answer", "vault-complaint-answer")).value(form.text("answer")).limit(2000),
        id: one.id,
        errors,
        page,
    })
}

/// One complaint and the form of its answer.
pub(crate) async fn show_access_complaint(
    visitor: Visitor,
    State(room): State<VaultRoom>,
    Path(id): Path<String>,
) -> Answer {
    let complaint = room.complaint_for(&reader(&visitor)?, &id).await?;
    html(build(&visitor, &room, complaint, &FormFields::default(), Vec::new()).await?)
}

/// Answers a complaint.
pub(crate) async fn answer_access_complaint(
    visitor: Visitor,
    State(room): State<VaultRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let complaint = room.complaint_for(&reader(&visitor)?, &id).await?;
    let message = |field: &str, code: &str| {
        ErrorItem::of(field, t(visitor.lang, &format!("vault-complaint-error-{field}-{}", code.replace('_', "-")), &[]))
    };
    let upheld = match form.text("verdict") {
        "justified" => false,
        "upheld" => true,
        _ => {
            return html_invalid(build(&visitor, &room, complaint, &form, vec![message("verdict", "required")]).await?);
        }
    };
    match room.answer_complaint(&reader(&visitor)?, &id, upheld, form.text("answer")).await {
        Ok(()) => redirect(visitor.lang, &format!("{COMPLAINTS}/{id}")),
        Err(Problem { kind: ProblemKind::Conflict, .. }) => redirect(visitor.lang, &format!("{COMPLAINTS}/{id}")),
        Err(Problem { kind: ProblemKind::Invalid, errors, .. }) => {
            let items = errors.iter().map(|error| message(&error.field, &error.code)).collect();
            html_invalid(build(&visitor, &room, complaint, &form, items).await?)
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Accesses that people see from a later day, each with its clause.
pub(crate) async fn list_held_back_accesses(visitor: Visitor, State(room): State<VaultRoom>) -> Answer {
    let page = office_page(&visitor, "vault-held-title", "audit");
    let rows = room.held_back().await?;
    let columns = ["when", "agency", "purpose", "clause", "visible"]
        .map(|key| Column::new(page.t(&format!("vault-column-{key}"))));
    let mut table = Table::new(page.t("vault-held-title"), columns.to_vec()).caption_hidden();
    let mut names = Names::new(&room);
    for row in &rows {
        let purpose = room.inner().consents.purpose(&row.purpose);
        table = table.row(vec![
            Cell::from(page.time(row.at)),
            Cell::from(agency(&page, &mut names, row.agency.as_deref()).await?),
            Cell::from(purpose.map_or_else(|| Html::text(&row.purpose), |purpose| page.b(&purpose.title))),
            Cell::from(page.vietnamese(&row.legal_basis)),
            Cell::from(page.time(row.visible_from)),
        ]);
    }
    let empty = rows.is_empty().then(|| EmptyState::new(page.t("vault-held-empty")));
    html(ListPage {
        lead: page.t("vault-held-lead"),
        table: (!rows.is_empty()).then_some(table),
        empty,
        other: link(&page, COMPLAINTS, &page.t("vault-complaints-title")),
        page,
    })
}
