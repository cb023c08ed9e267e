//! The tracking book (Decree 30/2020/NĐ-CP, Appendix IV): seven columns, on the page and as a paper.

use super::{ARRIVED, code_html, due_tag, link, office_page, part, path_of, reader, state_tag, subject};
use crate::incoming::reading::unit;
use crate::incoming::{CLERK, READ, ROUTE};
use crate::room::OfficeRoom;
use askama::Template;
use axum::body::Body;
use axum::extract::State as Use;
use haidang_contracts::papers::PaperRequest;
use haidang_kernel::problem::Problem;
use haidang_ui::component::{Cell, Column, EmptyState, Select, Table, TextInput};
use haidang_ui::field::{Choice, Field};
use haidang_ui::{Html, Page};
use haidang_web::{Answer, Disposition, Fault, Query, Visitor, file, html};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;

/// Address of the book.
pub(super) const BOOK: &str = "/can-bo/van-ban-den/so-theo-doi";

/// Which book.
#[derive(Deserialize)]
pub(super) struct Asked {
    /// First day.
    tu: Option<String>,
    /// Last day.
    den: Option<String>,
    /// Code of the agency.
    #[serde(rename = "co-quan")]
    agency: Option<String>,
}

struct Span {
    agency: String,
    agencies: Vec<String>,
    from: Date,
    until: Date,
}

/// The book that is asked for: of the reader's first organ and this month, unless said otherwise.
fn span(visitor: &Visitor, room: &OfficeRoom, asked: &Asked) -> Result<Span, Fault> {
    let actor = visitor.require_actor()?;
    let rights = [READ, CLERK, ROUTE];
    let agencies: BTreeSet<String> = rights.iter().flat_map(|right| actor.agencies_with(right)).collect();
    let agencies: Vec<String> = agencies.into_iter().collect();
    let named = asked.agency.clone().filter(|code| !code.is_empty());
    let missing = || Fault::from(super::missing());
    let agency = named.or_else(|| agencies.first().cloned()).ok_or_else(missing)?;
    let day = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Date>().ok());
    let today = room.ambient.today();
    let from = day(&asked.tu).unwrap_or_else(|| today.first_of_month());
    Ok(Span { agency, agencies, from, until: day(&asked.den).unwrap_or(today).max(from) })
}

#[derive(Template)]
#[template(path = "incoming_book.html")]
struct BookPage {
    page: Page,
    agency: Option<Select>,
    from: TextInput,
    until: TextInput,
    print: String,
    table: Option<Table>,
    empty: Option<EmptyState>,
}

/// The book on a page.
pub(super) async fn show_tracking_book(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Query(asked): Query<Asked>,
) -> Answer {
    let span = span(&visitor, &room, &asked)?;
    let page = office_page(&visitor, "incoming-book-title");
    let lines = room.tracking_book(&reader(&visitor)?, &span.agency, (span.from, span.until)).await?;
    let columns = ["number", "document", "unit", "due", "progress", "answer", "note"];
    let columns = columns.map(|key| Column::new(page.t(&format!("incoming-book-{key}")))).to_vec();
    let mut table = Table::new(page.t("incoming-book-title"), columns).caption_hidden().scroll();
    for (one, routings) in &lines {
        let due = one.due_on.map_or_else(Html::default, |day| part(due_tag(&room, &page, day)));
        let document = link(&page, &path_of(&one.id), &subject(&page, one))
            .then(Html::trusted("<br>"))
            .then(code_html(&page, one));
        table = table.row(vec![
            Cell::from(page.code(one.arrival_number.unwrap_or_default().to_string())),
            Cell::from(document),
            Cell::from(page.vietnamese(unit(one, routings))),
            Cell::from(due),
            Cell::from(part(state_tag(&page, one.state))),
            Cell::from(page.vietnamese(one.result_document.as_deref().unwrap_or_default())),
            Cell::from(page.vietnamese(one.notice.as_ref().map(|notice| notice.reason.as_str()).unwrap_or_default())),
        ]);
    }
    let mut choices = Vec::new();
    for code in &span.agencies {
        let agency = room.directory.agency(code).await?;
        let name = agency.map_or_else(|| code.clone(), |agency| agency.name_vi);
        choices.push(Choice::new(code, name).chosen(&span.agency));
    }
    let field = |name: &str, key: &str| Field::new(page.lang, name, page.t(key));
    let pairs = [("co-quan", span.agency.clone()), ("tu", span.from.to_string()), ("den", span.until.to_string())];
    html(BookPage {
        agency: (choices.len() > 1).then(|| Select::new(field("co-quan", "incoming-field-agency"), choices).always()),
        from: TextInput::new(field("tu", "incoming-book-from")).kind("date").value(span.from.to_string()).width(10),
        until: TextInput::new(field("den", "incoming-book-until")).kind("date").value(span.until.to_string()).width(10),
        print: format!("{}?{}", page.href(format!("{BOOK}/in")), haidang_web::encode(pairs)),
        empty: lines
            .is_empty()
            .then(|| EmptyState::new(page.t("incoming-book-empty")).next(page.t("incoming-title"), page.href(ARRIVED))),
        table: (!lines.is_empty()).then_some(table),
        page,
    })
}

/// The book as a paper.
pub(super) async fn print_tracking_book(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Query(asked): Query<Asked>,
) -> Answer {
    let span = span(&visitor, &room, &asked)?;
    let lines = room.tracking_book(&reader(&visitor)?, &span.agency, (span.from, span.until)).await?;
    let agency = room.directory.agency(&span.agency).await?;
    let page = office_page(&visitor, "incoming-book-title");
    let rows: Vec<_> = lines
        .iter()
        .map(|(one, routings)| {
            json!({
                "arrival_number": one.arrival_number,
                "document": format!("{} {}", one.details.kind, one.details.code()).trim(),
                "subject": one.details.subject,
                "unit": unit(one, routings),
                "due_on": one.due_on.map(|day| page.date_table(day)),
                "progress": page.t(&format!("incoming-state-{}", super::dashed(one.state.as_str()))),
                "answered_by": one.result_document,
                "note": one.notice.as_ref().map(|notice| notice.reason.clone()),
            })
        })
        .collect();
    let now = room.ambient.now();
    let request = PaperRequest {
        template: "books/tracking".to_owned(),
        data: json!({
            "agency": agency.map_or(span.agency, |agency| agency.name_vi),
            "from": page.date_table(span.from),
            "until": page.date_table(span.until),
            "rows": rows,
        }),
        title: page.title.clone(),
        language: "vi".to_owned(),
        dated: now.as_microsecond(),
        attachments: Vec::new(),
    };
    let paper = room.typesetting.typeset(&request).await.map_err(Problem::from)?;
    let size = u64::try_from(paper.bytes.len()).ok();
    file(Body::from(paper.bytes), "so-theo-doi-van-ban-den.pdf", "application/pdf", size, Disposition::Inline)
}
