//! The calendar of meetings: a month, day by day.

use super::{MEETINGS, meeting_page, meeting_path, state_tag};
use crate::meetings::calling::CONVENE;
use crate::meetings::model::Meeting;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use crate::tasks::pages::link;
use askama::Template;
use haidang_kernel::{format, time};
use haidang_ui::Page;
use haidang_ui::component::{Button, Cell, Column, EmptyState, Table};
use haidang_web::{Answer, Query, State, Visitor, html};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Which month.
#[derive(Deserialize)]
pub(crate) struct Month {
    /// `YYYY-MM`; this month when absent.
    thang: Option<String>,
}

#[derive(Template)]
#[template(path = "meetings_list.html")]
struct ListPage {
    page: Page,
    new: Option<Button>,
    months: Vec<(String, String, bool)>,
    days: Vec<(String, Table)>,
    empty: Option<EmptyState>,
}

fn table(page: &Page, day: &str, meetings: &[Meeting]) -> Table {
    let columns = ["time", "title", "place", "state"].map(|key| Column::new(page.t(&format!("meetings-column-{key}"))));
    let mut table = Table::new(day, columns.to_vec()).caption_hidden();
    for one in meetings {
        let (from, to) = (time::civil(one.starts_at).time(), time::civil(one.ends_at).time());
        table = table.row(vec![
            Cell::from(format!("{}–{}", format::time_table(from), format::time_table(to))),
            Cell::from(link(page, &meeting_path(&one.id), &one.title)),
            Cell::from(page.vietnamese(&one.place)),
            Cell::from(state_tag(page, one.state)),
        ]);
    }
    table
}

/// Meetings of a month.
pub(crate) async fn list_meetings(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Query(asked): Query<Month>,
) -> Answer {
    let page = meeting_page(&visitor, "meetings-title");
    let typed = asked.thang.and_then(|month| format!("{month}-01").parse::<Date>().ok());
    let first = typed.unwrap_or_else(|| room.ambient.today()).first_of_month();
    let step = |months: i32| first.checked_add(months.months()).unwrap_or(first);
    let begin = |day: Date| time::at(day.at(0, 0, 0, 0));
    let meetings = room.meetings_of(&Reader::of(&visitor)?, begin(first), begin(step(1))).await?;
    let mut by_day: BTreeMap<Date, Vec<Meeting>> = BTreeMap::new();
    for meeting in meetings {
        by_day.entry(time::civil(meeting.starts_at).date()).or_default().push(meeting);
    }
    let months = [step(-1), first, step(1)].into_iter().map(|month| {
        let address = format!("{MEETINGS}?thang={}", month.strftime("%Y-%m"));
        (format::date_month(page.lang, month), page.href(address), month == first)
    });
    html(ListPage {
        new: visitor.can(CONVENE).then(|| page.link_button(page.t("meetings-new"), format!("{MEETINGS}/moi"))),
        months: months.collect(),
        empty: by_day.is_empty().then(|| EmptyState::new(page.t("meetings-empty"))),
        days: by_day
            .iter()
            .map(|(day, list)| {
                let day = page.date_weekday(*day);
                let table = table(&page, &day, list);
                (day, table)
            })
            .collect(),
        page,
    })
}
