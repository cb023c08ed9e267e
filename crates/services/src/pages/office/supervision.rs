//! What leaders, supervisors and coordinators look at: is it well, if not where; and cases nobody is competent for.

use super::frame::{Names, left, office_page};
use super::inbox::case_link;
use super::list::short_moment;
use crate::api::State;
use crate::api::supervision::AgencyNumbers;
use crate::cases::inbox::InboxFilter;
use crate::service::Services;
use askama::Template;
use haidang_kernel::format;
use haidang_ui::component::{Cell, Column, EmptyState, Table};
use haidang_ui::{Html, Page, t};
use haidang_web::{Answer, Routes, Row, State as Use, Visitor, html};

#[derive(Template)]
#[template(path = "office/supervision.html")]
struct SupervisionPage {
    page: Page,
    sentence: String,
    well: bool,
    fresh: String,
    numbers: Option<Table>,
    overdue: Option<Table>,
    empty: Option<EmptyState>,
}

const MOST_OVERDUE: i64 = 100;

/// Share of a whole in percent, as the page writes it.
fn share(page: &Page, part: i64, whole: i64) -> String {
    #[allow(clippy::cast_precision_loss)] // counts of cases of one city
    let percent = if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 };
    format::percent(page.lang, percent)
}

/// One sentence, numbers by agency with the worst first, and every overdue case.
pub async fn show_supervision(visitor: Visitor, Use(services): Use<State>) -> Answer {
    let actor = visitor.require_actor()?;
    let page = office_page(&visitor, t(visitor.lang, "office-supervision-title", &[]), "supervision");
    let mut numbers = services.agency_numbers(actor).await?;
    numbers.retain(|row| row.open + row.ended > 0);
    numbers.sort_by(|one, other| worst(other).total_cmp(&worst(one)).then(other.open.cmp(&one.open)));
    let names = Names::load(&services, &[]).await?;
    let (open, late): (i64, i64) = (numbers.iter().map(|n| n.open).sum(), numbers.iter().map(|n| n.overdue).sum());
    let sentence = match numbers.first().filter(|_| late > 0) {
        Some(first) => page.tn(
            "office-supervision-late",
            &[
                ("late", late.into()),
                ("open", open.into()),
                ("share", share(&page, late, open).into()),
                ("agency", names.of(page.lang, &first.agency).into()),
                ("most", first.overdue.into()),
            ],
        ),
        None => page.t1("office-supervision-well", "open", open),
    };
    let overdue = services.overdue_cases(actor, MOST_OVERDUE).await?;
    if !overdue.is_empty() {
        let entry = visitor
            .audit_read("case.overdue_listed", "case", "overdue")
            .because("118/2025/NĐ-CP", "giám sát hồ sơ quá hạn")
            .subjects(overdue.iter().filter_map(|case| case.owner_number.clone()));
        services.db.record_read(entry).await?;
    }
    let empty = numbers.is_empty().then(|| EmptyState::new(page.t("office-supervision-empty")));
    html(SupervisionPage {
        sentence,
        well: late == 0,
        fresh: page.t1("office-supervision-fresh", "at", short_moment(services.ambient.now())),
        numbers: (!numbers.is_empty()).then(|| numbers_table(&page, &names, &numbers)),
        overdue: (!overdue.is_empty()).then(|| overdue_table(&services, &page, &names, &overdue)),
        empty,
        page,
    })
}

/// How bad an agency stands: overdue per open case, large numbers before small ones at equal shares.
fn worst(row: &AgencyNumbers) -> f64 {
    #[allow(clippy::cast_precision_loss)]
    let (overdue, open) = (row.overdue as f64, row.open.max(1) as f64);
    overdue / open * 1_000.0 + overdue / 1_000.0
}

fn numbers_table(page: &Page, names: &Names, numbers: &[AgencyNumbers]) -> Table {
    let mut columns = vec![Column::new(page.t("office-column-unit"))];
    columns.extend(
        ["open", "overdue", "share", "ended", "ended-late"]
            .map(|key| Column::numeric(page.t(&format!("office-column-{key}")))),
    );
    let mut table = Table::new(page.t("office-supervision-numbers"), columns);
    let mut sum = [0_i64; 4];
    let row_of = |name: String, values: [i64; 4]| {
        let [open, overdue, ended, ended_late] = values;
        vec![
            Cell::from(name),
            Cell::from(page.number(open)),
            Cell::from(page.number(overdue)),
            Cell::from(share(page, overdue, open)),
            Cell::from(page.number(ended)),
            Cell::from(page.number(ended_late)),
        ]
    };
    for row in numbers {
        let values = [row.open, row.overdue, row.ended, row.ended_late];
        for (total, value) in sum.iter_mut().zip(values) {
            *total += value;
        }
        table = table.row(row_of(names.of(page.lang, &row.agency), values));
    }
    if numbers.len() > 1 {
        table = table.total(row_of(page.t("office-supervision-all"), sum));
    }
    table
}

fn overdue_table(services: &Services, page: &Page, names: &Names, cases: &[crate::cases::row::CaseRow]) -> Table {
    let columns = ["owner", "case", "procedure", "unit", "left"];
    let columns = columns.map(|key| Column::new(page.t(&format!("office-column-{key}")))).to_vec();
    let mut table = Table::new(page.t("office-supervision-overdue"), columns);
    let (clock, now) = (services.clock(), services.ambient.now());
    for case in cases {
        let name = services.catalogue().by_id(&case.version_id);
        let name = name.map_or_else(|| Html::text(&case.procedure_code), |version| page.b(&version.name()));
        let left = case.due_at.map_or_else(String::new, |due| left(page.lang, &clock, now, due).0);
        table = table.row(vec![
            Cell::from(case_link(page, case.id.as_str(), &case.owner_name)),
            Cell::from(page.code(&case.case_no)),
            Cell::from(name),
            Cell::from(names.of(page.lang, case.deciding_agency())),
            Cell::from(left),
        ]);
    }
    table
}

#[derive(Template)]
#[template(path = "office/coordination.html")]
struct CoordinationPage {
    page: Page,
    table: Option<Table>,
    empty: Option<EmptyState>,
    more: Option<String>,
}

/// Cases of which nobody knows yet who is competent, oldest first.
pub async fn show_coordination(visitor: Visitor, Use(services): Use<State>) -> Answer {
    let actor = visitor.require_actor()?;
    let page = office_page(&visitor, t(visitor.lang, "office-coordination-title", &[]), "coordination");
    let filter = InboxFilter {
        view: Some("coordination".to_owned()),
        sort: Some("oldest".to_owned()),
        limit: Some(100),
        ..Default::default()
    };
    let found = services.inbox(actor, &filter, &visitor.request_id).await?;
    let columns = ["owner", "case", "procedure", "waiting", "decision"];
    let columns = columns.map(|key| Column::new(page.t(&format!("office-column-{key}")))).to_vec();
    let mut table = Table::new(page.t("office-coordination-caption"), columns);
    for item in &found.items {
        let name = services.catalogue().by_id(&item.version_id);
        let name = name.map_or_else(|| Html::text(&item.procedure_code), |version| page.b(&version.name()));
        let href = format!("/can-bo/ho-so/{}/forward", item.case_id);
        table = table.row(vec![
            Cell::from(case_link(&page, item.case_id.as_str(), &item.owner_name)),
            Cell::from(page.code(&item.case_no)),
            Cell::from(name),
            Cell::from(page.time(item.opened_at)),
            Cell::from(super::case_parts::link(&page, &href, &page.t("office-action-forward"))),
        ]);
    }
    let empty = found
        .items
        .is_empty()
        .then(|| EmptyState::new(page.t("office-coordination-empty")).text(page.t("office-coordination-empty-text")));
    let more = found.next.is_some().then(|| page.t("office-coordination-more"));
    html(CoordinationPage { table: (!found.items.is_empty()).then_some(table), empty, more, page })
}

/// Adds the routes of this file.
pub(super) fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .page(
            Row::get("show_supervision", haidang_ui::paths::SUPERVISION)
                .any_capability(&["case.read_all", "case.assign"])
                .example(haidang_ui::paths::SUPERVISION)
                .role("supervisor"),
            show_supervision,
        )
        .page(
            Row::get("show_coordination", haidang_ui::paths::COORDINATION)
                .capability("case.coordinate")
                .example(haidang_ui::paths::COORDINATION)
                .role("coordinator"),
            show_coordination,
        )
}
