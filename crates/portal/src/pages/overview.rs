//! How the queue stands, what waits for a decision, what was compared.

use super::comparison::{self, state_tag};
use super::{agency, link, office_page};
use crate::model::{Shown, Standing};
use crate::room::PortalRoom;
use askama::Template;
use haidang_kernel::problem::Problem;
use haidang_ui::Page;
use haidang_ui::component::{Cell, Column, DateField, EmptyState, SummaryList, SummaryRow, Table};
use haidang_ui::field::{ErrorItem, Field};
use haidang_ui::{Html, t};
use haidang_web::{Answer, Fault, FormFields, Query, State, Visitor, html};
use serde::Deserialize;

/// Address of the page, without language prefix.
pub(crate) const QUEUE: &str = haidang_ui::paths::PORTAL_QUEUE;
/// Messages of one page.
const PAGE: i64 = 50;
/// Comparisons shown.
const COMPARISONS: i64 = 10;

/// Which part of the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct QueueQuery {
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "queue.html")]
pub(crate) struct QueuePage {
    page: Page,
    errors: Vec<ErrorItem>,
    connected: bool,
    sentence: String,
    counts: SummaryList,
    refused: Option<Table>,
    empty: Option<EmptyState>,
    next: Option<String>,
    day: DateField,
    comparisons: Option<Table>,
}

/// The delay in words: whole minutes below two hours, whole hours from there on.
fn delay(page: &Page, room: &PortalRoom, standing: &Standing) -> String {
    let Some(oldest) = standing.oldest else { return page.t("portal-delay-none") };
    let minutes = room.ambient.now().duration_since(oldest).as_secs().max(0) / 60;
    if minutes < 120 {
        page.t1("portal-delay-minutes", "count", minutes)
    } else {
        page.t1("portal-delay-hours", "count", minutes / 60)
    }
}

fn counts(page: &Page, room: &PortalRoom, standing: &Standing) -> SummaryList {
    let row = |key: &str, value: Html| SummaryRow::new(page.t(key), value);
    let number = |key: &str, value: i64| row(key, Html::text(page.number(value)));
    let oldest = standing.oldest.map_or_else(|| Html::text(page.t("portal-none")), |oldest| page.time(oldest));
    SummaryList::new(vec![
        number("portal-state-waiting", standing.waiting),
        number("portal-state-sending", standing.sending),
        number("portal-state-refused", standing.refused),
        number("portal-state-delivered", standing.delivered),
        number("portal-state-skipped", standing.skipped),
        row("portal-oldest", oldest),
        row("portal-delay", Html::text(delay(page, room, standing))),
    ])
}

async fn refused_table(room: &PortalRoom, page: &Page, messages: &[Shown]) -> Result<Table, Problem> {
    let columns =
        ["case", "agency", "what", "reason", "since"].map(|key| Column::new(page.t(&format!("portal-column-{key}"))));
    let mut table = Table::new(page.t("portal-refused-title"), columns.to_vec());
    for one in messages {
        let message = &one.message;
        let href = format!("{QUEUE}/thong-diep/{}", message.id);
        table = table.row(vec![
            Cell::from(link(page, &href, &one.case_no)),
            Cell::from(agency(room, page, &one.agency).await?),
            Cell::from(super::message::what(page, message)),
            Cell::from(super::message::reason(page, message)),
            Cell::from(page.time(message.queued_at)),
        ]);
    }
    Ok(table)
}

/// The page, with the form of a comparison as it was filled.
pub(crate) async fn build(
    visitor: &Visitor,
    room: &PortalRoom,
    after: &str,
    form: &FormFields,
    errors: Vec<ErrorItem>,
) -> Result<QueuePage, Fault> {
    let mut page = office_page(visitor, "portal-title");
    page.errors = !errors.is_empty();
    let standing = room.standing().await.map_err(Problem::from)?;
    let messages = room.refused_messages(after, PAGE).await.map_err(Problem::from)?;
    let compared = room.comparisons(COMPARISONS).await.map_err(Problem::from)?;
    let columns = ["day", "asked", "state", "checked"].map(|key| Column::new(page.t(&format!("portal-column-{key}"))));
    let mut comparisons = Table::new(page.t("portal-comparisons-title"), columns.to_vec());
    for one in &compared {
        comparisons = comparisons.row(vec![
            Cell::from(link(&page, &comparison::address(&one.id), &page.date(one.day))),
            Cell::from(page.time(one.asked_at)),
            Cell::from(Html::trusted(state_tag(&page, one.state).to_string())),
            Cell::from(page.number(one.checked)),
        ]);
    }
    let full = i64::try_from(messages.len()).unwrap_or(0) == PAGE;
    let next = messages.last().filter(|_| full).map(|last| {
        let query = haidang_web::encode([("after", last.message.id.as_str())]);
        page.href(format!("{QUEUE}?{query}"))
    });
    let field =
        Field::new(page.lang, "ngay", page.t("portal-compare-day")).hint(page.t("portal-compare-hint")).errors(&errors);
    let sentence = match standing.refused {
        0 => page.t("portal-lead-well"),
        count => page.t1("portal-lead-refused", "count", count),
    };
    Ok(QueuePage {
        connected: room.connection.is_some(),
        sentence,
        counts: counts(&page, room, &standing),
        refused: if messages.is_empty() { None } else { Some(refused_table(room, &page, &messages).await?) },
        empty: messages.is_empty().then(|| EmptyState::new(page.t("portal-refused-none"))),
        next,
        day: DateField::new(field).values(form.text("ngay.day"), form.text("ngay.month"), form.text("ngay.year")),
        comparisons: (!compared.is_empty()).then_some(comparisons),
        errors,
        page,
    })
}

/// The queue.
pub(crate) async fn show_portal_queue(
    visitor: Visitor,
    State(room): State<PortalRoom>,
    Query(query): Query<QueueQuery>,
) -> Answer {
    let after = query.after.unwrap_or_default();
    html(build(&visitor, &room, &after, &FormFields::default(), Vec::new()).await?)
}

/// The words beside a field that does not fit.
pub(crate) fn wrong(visitor: &Visitor, field: &str, key: &str) -> ErrorItem {
    ErrorItem::of(field, t(visitor.lang, key, &[]))
}
