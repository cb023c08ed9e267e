//! How agencies stand with their tasks, on a page and as a table for spreadsheets.

use super::task_page;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use crate::tasks::looking::{Names, UnitFigures};
use crate::tasks::rules::csv_cell;
use askama::Template;
use axum::body::Body;
use haidang_ui::component::{Cell, Column, DateField, EmptyState, Table};
use haidang_ui::field::{ErrorItem, Field};
use haidang_ui::{Lang, Page, t};
use haidang_web::{Answer, Disposition, Query, State, Visitor, file, html, html_invalid};
use jiff::civil::Date;
use serde::Deserialize;

/// The period; the three fields of each day, or days as programs write them.
#[derive(Deserialize, Default)]
pub(crate) struct Period {
    #[serde(rename = "from.day")]
    from_day: Option<String>,
    #[serde(rename = "from.month")]
    from_month: Option<String>,
    #[serde(rename = "from.year")]
    from_year: Option<String>,
    #[serde(rename = "to.day")]
    to_day: Option<String>,
    #[serde(rename = "to.month")]
    to_month: Option<String>,
    #[serde(rename = "to.year")]
    to_year: Option<String>,
}

type Typed = [String; 3];

impl Period {
    fn typed(self, today: Date) -> (Typed, Typed) {
        let first = today.first_of_year();
        let day = |typed: [Option<String>; 3], usual: Date| {
            if typed.iter().all(Option::is_none) {
                return [usual.day().to_string(), usual.month().to_string(), usual.year().to_string()];
            }
            typed.map(Option::unwrap_or_default)
        };
        (
            day([self.from_day, self.from_month, self.from_year], first),
            day([self.to_day, self.to_month, self.to_year], today),
        )
    }
}

fn day_of([day, month, year]: &Typed) -> Option<Date> {
    Date::new(year.trim().parse().ok()?, month.trim().parse().ok()?, day.trim().parse().ok()?).ok()
}

#[derive(Template)]
#[template(path = "tasks_statistics.html")]
struct StatisticsPage {
    page: Page,
    errors: Vec<ErrorItem>,
    from: DateField,
    to: DateField,
    sentence: String,
    table: Option<Table>,
    empty: Option<EmptyState>,
    csv: String,
}

const COLUMNS: [&str; 7] = ["unit", "given", "in-time", "late", "open", "overdue", "score"];

fn numbers(figures: &UnitFigures) -> [i64; 5] {
    [figures.given, figures.in_time, figures.late, figures.open, figures.overdue]
}

/// The mean of the six, with one place.
fn score(lang: Lang, figures: &UnitFigures) -> String {
    let mean = if figures.given == 0 { 0.0 } else { figures.score as f64 / figures.given as f64 };
    haidang_kernel::format::decimal(lang, mean, 1)
}

async fn table_of(page: &Page, room: &OfficeRoom, figures: &[UnitFigures]) -> Result<Table, haidang_web::Fault> {
    let columns = COLUMNS.iter().enumerate().map(|(index, key)| {
        let text = page.t(&format!("tasks-figure-{key}"));
        if index == 0 { Column::new(text) } else { Column::numeric(text) }
    });
    let mut table = Table::new(page.t("tasks-statistics-title"), columns.collect()).caption_hidden();
    let mut names = Names::new(room);
    for one in figures {
        let mut cells = vec![Cell::from(page.vietnamese(names.agency(&one.unit).await?))];
        cells.extend(numbers(one).map(|number| Cell::from(page.number(number))));
        cells.push(Cell::from(score(page.lang, one)));
        table = table.row(cells);
    }
    Ok(table)
}

/// How agencies stand with the tasks given in a period.
pub(crate) async fn show_task_statistics(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Query(period): Query<Period>,
) -> Answer {
    let mut page = task_page(&visitor, "tasks-statistics-title");
    let reader = Reader::of(&visitor)?;
    let (from, to) = period.typed(room.ambient.today());
    let (mut errors, mut figures, mut csv) = (Vec::new(), Vec::new(), String::new());
    match (day_of(&from), day_of(&to)) {
        (Some(first), Some(last)) if first <= last => {
            figures = room.task_figures(&reader, first, last).await?;
            csv = page.href(format!("{}/thong-ke/tai-ve?tu={first}&den={last}", super::TASKS));
        }
        (Some(_), Some(_)) => errors.push(ErrorItem::of("to", page.t("tasks-error-to-before-from"))),
        (None, _) => errors.push(ErrorItem::of("from", page.t("tasks-error-due-no-day"))),
        (_, None) => errors.push(ErrorItem::of("to", page.t("tasks-error-due-no-day"))),
    }
    page.errors = !errors.is_empty();
    let question = |name: &str, key: &str, [day, month, year]: Typed| {
        DateField::new(Field::new(page.lang, name, page.t(key)).errors(&errors)).values(day, month, year)
    };
    let all = |number: fn(&UnitFigures) -> i64| figures.iter().map(number).sum::<i64>();
    let sentence = page.tn(
        "tasks-statistics-sentence",
        &[
            ("given", all(|one| one.given).into()),
            ("done", all(|one| one.in_time + one.late).into()),
            ("overdue", all(|one| one.overdue).into()),
        ],
    );
    let bad = !errors.is_empty();
    let shown = StatisticsPage {
        from: question("from", "tasks-statistics-from", from),
        to: question("to", "tasks-statistics-to", to),
        sentence: if bad { String::new() } else { sentence },
        empty: (figures.is_empty() && !bad).then(|| EmptyState::new(page.t("tasks-statistics-empty"))),
        table: if figures.is_empty() { None } else { Some(table_of(&page, &room, &figures).await?) },
        csv,
        errors,
        page,
    };
    if bad { html_invalid(shown) } else { html(shown) }
}

/// The period of the table for spreadsheets.
#[derive(Deserialize)]
pub(crate) struct Saved {
    tu: Date,
    den: Date,
}

/// The same as a table for spreadsheets.
pub(crate) async fn download_task_statistics(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Query(period): Query<Saved>,
) -> Answer {
    let figures = room.task_figures(&Reader::of(&visitor)?, period.tu, period.den).await?;
    // With a mark of the byte order, or spreadsheets take Vietnamese for another alphabet.
    let mut text = String::from('\u{feff}');
    let heads = COLUMNS.map(|key| csv_cell(&t(visitor.lang, &format!("tasks-figure-{key}"), &[])));
    text.push_str(&heads.join(","));
    text.push_str("\r\n");
    let mut names = Names::new(&room);
    for one in &figures {
        let mut cells = vec![csv_cell(&names.agency(&one.unit).await?)];
        cells.extend(numbers(one).map(|number| number.to_string()));
        cells.push(csv_cell(&score(visitor.lang, one)));
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    let name = format!("{}-{}-{}.csv", t(visitor.lang, "tasks-statistics-file", &[]), period.tu, period.den);
    let length = u64::try_from(text.len()).ok();
    file(Body::from(text), &name, "text/csv; charset=utf-8", length, Disposition::Attachment)
}
