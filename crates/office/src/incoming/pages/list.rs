//! Lists of documents that came: what waits for me, my organ, the clerk's desk.

use super::{ARRIVED, code_html, link, office_page, part, path_of, reader, state_tag, subject, waits_html};
use crate::frame;
use crate::incoming::model::Arrival;
use crate::incoming::reading::{Tray, Wanted};
use crate::incoming::rules::State;
use crate::incoming::{CLERK, READ, ROUTE};
use crate::room::OfficeRoom;
use askama::Template;
use axum::extract::State as Use;
use haidang_ui::component::{Cell, Column, EmptyState, Pagination, Select, Table};
use haidang_ui::field::{Choice, Field};
use haidang_ui::{Html, Page};
use haidang_web::{Answer, Query, Visitor, html};
use jiff::Timestamp;
use serde::Deserialize;

/// Rows of one page.
const PAGE: i64 = 50;

/// Which list.
#[derive(Deserialize)]
pub(super) struct Asked {
    /// `toi`, `don-vi` or `van-thu`.
    hop: Option<String>,
    /// State.
    #[serde(rename = "trang-thai")]
    state: Option<String>,
    /// Where the page before ended.
    truoc: Option<String>,
}

struct TrayLink {
    href: String,
    text: String,
    current: bool,
}

#[derive(Template)]
#[template(path = "incoming_list.html")]
struct ListPage {
    page: Page,
    tabs: Html,
    trays: Vec<TrayLink>,
    tray: &'static str,
    states: Option<Select>,
    table: Option<Table>,
    empty: Option<EmptyState>,
    pages: Option<Pagination>,
    receives: bool,
}

/// Where a page ended, as one word.
pub(crate) fn cursor(arrival: &Arrival) -> String {
    format!("{}.{}", arrival.arrived_at.as_microsecond(), arrival.id)
}

/// The word of [`cursor`]; anything else begins at the newest.
pub(crate) fn before(word: &str) -> Option<(Timestamp, String)> {
    let (at, id) = word.split_once('.')?;
    let at = Timestamp::from_microsecond(at.parse().ok()?).ok()?;
    (id.len() <= 64).then(|| (at, id.to_owned()))
}

fn tray_of(word: Option<&str>) -> (Tray, &'static str) {
    match word {
        Some("don-vi") => (Tray::Unit, "don-vi"),
        Some("van-thu") => (Tray::Clerk, "van-thu"),
        _ => (Tray::Mine, "toi"),
    }
}

fn table(room: &OfficeRoom, page: &Page, rows: &[Arrival]) -> Table {
    let columns = ["document", "from", "arrived", "waits", "state"];
    let columns = columns.map(|key| Column::new(page.t(&format!("incoming-column-{key}")))).to_vec();
    let mut table = Table::new(page.t("incoming-list-caption"), columns).caption_hidden();
    for one in rows {
        let number = one.arrival_number.map_or_else(
            || Html::text(""),
            |number| Html::text(page.t1("incoming-number", "number", number)).then(Html::trusted("<br>")),
        );
        let urgency = match one.details.urgency {
            0 => Html::text(""),
            level => Html::trusted(" ").then(part(page.tag(page.t(&format!("incoming-urgency-{level}"))).late())),
        };
        let document = link(page, &path_of(&one.id), &subject(page, one))
            .then(urgency)
            .then(Html::trusted("<br><span class=\"hd-second\">"))
            .then(code_html(page, one))
            .then(Html::trusted("</span>"));
        table = table.row(vec![
            Cell::from(document),
            Cell::from(page.vietnamese(&one.details.from_name)),
            Cell::from(number.then(page.time(one.arrived_at))),
            Cell::from(waits_html(room, page, one)),
            Cell::from(part(state_tag(page, one.state))),
        ]);
    }
    table
}

/// Documents that came.
pub(super) async fn list_arrivals(visitor: Visitor, Use(room): Use<OfficeRoom>, Query(asked): Query<Asked>) -> Answer {
    let page = office_page(&visitor, "incoming-title");
    let (tray, word) = tray_of(asked.hop.as_deref());
    let state = asked.state.as_deref().and_then(State::parse);
    let before = asked.truoc.as_deref().and_then(before);
    let first = before.is_none();
    let wanted = Wanted { tray, state, before, limit: PAGE };
    let rows = room.arrivals(&reader(&visitor)?, &wanted).await?;
    let with = |tray: &str, more: &[(&str, &str)]| {
        let pairs = std::iter::once(("hop", tray)).chain(more.iter().copied());
        format!("{}?{}", page.href(ARRIVED), haidang_web::encode(pairs))
    };
    let tray_link = |name: &'static str| TrayLink {
        href: with(name, &[]),
        text: page.t(&format!("incoming-tray-{name}")),
        current: name == word,
    };
    let mut trays = vec![tray_link("toi")];
    if [READ, CLERK, ROUTE].iter().any(|capability| visitor.can(capability)) {
        trays.push(tray_link("don-vi"));
    }
    if visitor.can(CLERK) {
        trays.push(tray_link("van-thu"));
    }
    let chosen = state.map(State::as_str).unwrap_or_default();
    let states = (tray == Tray::Unit).then(|| {
        let all = Choice::new("", page.t("incoming-filter-all")).chosen(chosen);
        let each = State::ALL.iter().map(|state| {
            let text = page.t(&format!("incoming-state-{}", super::dashed(state.as_str())));
            Choice::new(state.as_str(), text).chosen(chosen)
        });
        let field = Field::new(page.lang, "trang-thai", page.t("incoming-filter-state"));
        Select::new(field, std::iter::once(all).chain(each).collect()).always()
    });
    let more = (tray != Tray::Mine && rows.len() >= PAGE as usize).then(|| rows.last().map(cursor)).flatten();
    let keep: Vec<(&str, &str)> = state.map(|state| ("trang-thai", state.as_str())).into_iter().collect();
    let next = more.map(|end| with(word, &[keep.as_slice(), &[("truoc", end.as_str())]].concat()));
    let start = (!first).then(|| with(word, &keep));
    let pages = (next.is_some() || start.is_some()).then(|| Pagination::simple(page.lang, start, next));
    let empty = rows.is_empty().then(|| {
        EmptyState::new(page.t(&format!("incoming-empty-{word}"))).text(page.t(&format!("incoming-empty-{word}-text")))
    });
    html(ListPage {
        tabs: frame::tabs(&visitor, ARRIVED),
        trays,
        tray: word,
        states,
        table: (!rows.is_empty()).then(|| table(&room, &page, &rows)),
        empty,
        pages,
        receives: visitor.can(CLERK),
        page,
    })
}
