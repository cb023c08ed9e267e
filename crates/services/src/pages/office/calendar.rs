//! The working calendar: what is loaded, what is provisional, and what a changed calendar would move.

use super::frame::{Names, office_page};
use crate::api::State;
use crate::service::Services;
use askama::Template;
use haidang_kernel::calendar::{DayKind, WorkingCalendar};
use haidang_kernel::format;
use haidang_ui::component::{Cell, Column, EmptyState, SummaryList, SummaryRow, Table};
use haidang_ui::{Html, Page, t};
use haidang_web::{Answer, Query, Routes, Row, State as Use, Visitor, html, redirect};
use jiff::civil::{Date, date};
use serde::Deserialize;

const CALENDAR: &str = "/can-bo/lich";
const MOST: i64 = 200;

struct YearPart {
    title: String,
    text: String,
    provisional: bool,
    days: Table,
}

#[derive(Template)]
#[template(path = "office/calendar.html")]
struct CalendarPage {
    page: Page,
    hours: SummaryList,
    years: Vec<YearPart>,
    run: Option<String>,
    differences: Option<Table>,
    none: Option<EmptyState>,
}

/// Which run of the recomputation is shown; default the latest.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CalendarQuery {
    run: Option<String>,
    checked: Option<i64>,
    different: Option<i64>,
    failed: Option<i64>,
}

/// The days of a year that differ from an ordinary week, with their legal basis.
fn year_part(page: &Page, calendar: &WorkingCalendar, year: i16) -> YearPart {
    let columns = ["day", "kind", "name", "basis"];
    let columns = columns.map(|key| Column::new(page.t(&format!("office-column-{key}")))).to_vec();
    let mut days = Table::new(page.t1("office-calendar-days", "year", year.to_string()), columns).caption_hidden();
    let (mut day, mut provisional, mut working) = (Some(date(year, 1, 1)), false, 0_i64);
    while let Some(today) = day.filter(|day| day.year() == year) {
        let kind = calendar.day(today);
        provisional |= calendar.is_provisional(today);
        working += i64::from(kind.is_working());
        if !matches!(kind, DayKind::Working | DayKind::WeeklyOff | DayKind::Unknown) {
            days = days.row(day_row(page, calendar, today, kind));
        }
        day = today.tomorrow().ok();
    }
    let key = if provisional { "office-calendar-provisional" } else { "office-calendar-final" };
    YearPart {
        title: page.t1("office-calendar-year", "year", year.to_string()),
        text: page.t1(key, "working", working),
        provisional,
        days,
    }
}

fn day_row(page: &Page, calendar: &WorkingCalendar, day: Date, kind: DayKind) -> Vec<Cell> {
    let (name, basis) = calendar.named(day).unwrap_or_default();
    let word = match kind {
        DayKind::ExtraWork => "office-day-extra-work",
        DayKind::Compensatory => "office-day-compensatory",
        DayKind::Swap => "office-day-swap",
        _ => "office-day-holiday",
    };
    let mut word = Html::text(page.t(word));
    if calendar.is_provisional(day) {
        word = word.then(Html::text(" ")).then(Html::text(page.t("office-day-provisional")));
    }
    vec![
        Cell::from(format::date_short(page.lang, day)),
        Cell::from(word),
        Cell::from(page.vietnamese(name)),
        Cell::from(page.vietnamese(basis)),
    ]
}

/// Shows the years, newest first, and the differences of the last recomputation.
pub async fn show_calendar(visitor: Visitor, Use(services): Use<State>, Query(query): Query<CalendarQuery>) -> Answer {
    let mut page = office_page(&visitor, t(visitor.lang, "office-calendar-title", &[]), "calendar");
    let clock = services.clock();
    let (first, last) = clock.calendar.years();
    let years = (first..=last).rev().map(|year| year_part(&page, &clock.calendar, year)).collect();
    let sessions = clock
        .hours
        .sessions()
        .iter()
        .map(|(from, to)| format!("{}–{}", format::time_table(*from), format::time_table(*to)));
    let hours = SummaryList::new(vec![
        SummaryRow::new(page.t("office-calendar-hours"), sessions.collect::<Vec<_>>().join(", ")),
        SummaryRow::new(page.t("office-calendar-years"), format!("{first}–{last}")),
    ]);
    if let (Some(checked), Some(different)) = (query.checked, query.different) {
        page.notice = Some(page.tn(
            "office-calendar-done",
            &[
                ("checked", checked.into()),
                ("different", different.into()),
                ("failed", query.failed.unwrap_or_default().into()),
            ],
        ));
    }
    let run = match query.run {
        Some(run) => Some(run),
        None => services.last_run().await?,
    };
    let differences = differences(&services, &page, run.as_deref()).await?;
    let none = (run.is_none() || differences.is_none())
        .then(|| EmptyState::new(page.t("office-calendar-none")).text(page.t("office-calendar-none-text")));
    html(CalendarPage { hours, years, run, differences, none, page })
}

async fn differences(
    services: &Services,
    page: &Page,
    run: Option<&str>,
) -> Result<Option<Table>, haidang_kernel::problem::Problem> {
    let Some(run) = run else { return Ok(None) };
    let rows = services.date_differences(run, "", MOST).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let names = Names::load(services, &[]).await?;
    let columns = ["case", "unit", "printed", "recomputed"];
    let columns = columns.map(|key| Column::new(page.t(&format!("office-column-{key}")))).to_vec();
    let mut table = Table::new(page.t("office-calendar-differences"), columns);
    for row in rows {
        table = table.row(vec![
            Cell::from(page.code(&row.case_no)),
            Cell::from(names.of(page.lang, &row.agency)),
            Cell::from(page.time(row.printed_at)),
            Cell::from(page.time(row.recomputed_at)),
        ]);
    }
    Ok(Some(table))
}

/// Computes every open case again with the calendar in force. No date moves by this.
pub async fn recompute_all_dates(visitor: Visitor, Use(services): Use<State>) -> Answer {
    let clock = services.clock();
    let found = services.recompute_dates(visitor.require_actor()?, &clock, &visitor.request_id).await?;
    let query = haidang_web::encode([
        ("run", found.run_id),
        ("checked", found.checked.to_string()),
        ("different", found.different.to_string()),
        ("failed", found.failed.to_string()),
    ]);
    redirect(visitor.lang, &format!("{CALENDAR}?{query}"))
}

/// Longest recomputation a page waits for.
const RECOMPUTE: std::time::Duration = std::time::Duration::from_secs(90);

/// Adds the routes of this file.
pub(super) fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .page(
            Row::get("show_calendar", CALENDAR).capability("calendar.manage").example(CALENDAR).role("administrator"),
            show_calendar,
        )
        .page(
            Row::post("recompute_all_dates", "/can-bo/lich/tinh-lai")
                .capability("calendar.manage")
                .audit("calendar.recomputed")
                .timeout(RECOMPUTE),
            recompute_all_dates,
        )
}
