//! A comparison of one day: asking for it, its differences, telling the portal anew.

use super::overview::{self, QUEUE, wrong};
use super::{by, office_page, status};
use crate::model::{ComparisonState, Difference, DifferenceKind};
use crate::room::PortalRoom;
use askama::Template;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_ui::component::{Cell, Column, EmptyState, SummaryList, SummaryRow, Table, Tag};
use haidang_ui::{Html, Page};
use haidang_web::{Answer, FormFields, Path, Query, State, Visitor, html, html_invalid, redirect};
use jiff::civil::Date;
use serde::Deserialize;

/// Differences of one page.
const PAGE: i64 = 100;
/// Oldest day that can be asked for: before it there was no portal of this kind.
const FIRST: Date = jiff::civil::date(2019, 12, 9);
/// What stood in the way of telling the portal anew, as the page knows it.
const OBSTACLES: &[&str] = &["case_not_here", "messages_wait", "no_way", "portal_silent"];

#[derive(Template)]
#[template(path = "comparison.html")]
struct ComparisonPage {
    page: Page,
    state: Tag,
    facts: SummaryList,
    obstacle: Option<String>,
    table: Option<Table>,
    empty: Option<EmptyState>,
    next: Option<String>,
    running: bool,
}

/// Which part, and what stood in the way of the last act.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ComparisonQuery {
    after: Option<String>,
    obstacle: Option<String>,
}

/// Address of a comparison, without language prefix.
pub(super) fn address(id: &str) -> String {
    format!("{QUEUE}/doi-chieu/{id}")
}

/// The state as a tag.
pub(super) fn state_tag(page: &Page, state: ComparisonState) -> Tag {
    let tag = page.tag(page.t(&format!("portal-comparison-{}", state.as_str())));
    match state {
        ComparisonState::Running => tag.wait(),
        ComparisonState::Done => tag.done(),
        ComparisonState::Failed => tag.late(),
    }
}

fn day_of(form: &FormFields) -> Option<Date> {
    let part = |name: &str| form.text(name).trim().parse::<i16>().ok();
    let small = |name: &str| part(name).and_then(|number| i8::try_from(number).ok());
    Date::new(part("ngay.year")?, small("ngay.month")?, small("ngay.day")?).ok()
}

/// Begins a comparison.
pub(crate) async fn compare_with_portal(visitor: Visitor, State(room): State<PortalRoom>, form: FormFields) -> Answer {
    let key = match day_of(&form) {
        None => Some("portal-compare-wrong"),
        Some(day) if day > room.ambient.today() || day < FIRST => Some("portal-compare-outside"),
        Some(_) if room.connection.is_none() => Some("portal-compare-unconnected"),
        Some(_) => None,
    };
    if let Some(key) = key {
        let errors = vec![wrong(&visitor, "ngay", key)];
        return html_invalid(overview::build(&visitor, &room, "", &form, errors).await?);
    }
    let by = by(&visitor)?;
    let person = by.actor.person.as_str().to_owned();
    let day = day_of(&form).unwrap_or(FIRST);
    let id = room.ask_comparison(day, by.actor_ref(), Some(&person), by.request).await.map_err(Problem::from)?;
    redirect(visitor.lang, &address(&id))
}

/// The button that tells the portal anew: a form, for it acts.
fn again(page: &Page, csrf: &str, comparison: &str, one: &Difference) -> Html {
    if let Some(at) = one.settled_at {
        return Html::text(page.t("portal-told-again")).then(Html::text(" ")).then(page.time(at));
    }
    if one.kind == DifferenceKind::MissingHere {
        return Html::text(page.t("portal-look-here"));
    }
    let button = page.button(page.t("portal-tell-again")).secondary().small().hidden(&one.case_no);
    Html::trusted("<form method=\"post\" action=\"")
        .then(Html::text(page.href(format!("{}/dong-bo-lai", address(comparison)))))
        .then(Html::trusted("\">"))
        .then(Html::trusted(csrf.to_owned()))
        .then(Html::trusted("<input type=\"hidden\" name=\"difference\" value=\""))
        .then(Html::text(&one.id))
        .then(Html::trusted("\">"))
        .then(Html::trusted(button.to_string()))
        .then(Html::trusted("</form>"))
}

fn table(page: &Page, comparison: &str, differences: &[Difference]) -> Table {
    let columns =
        ["case", "difference", "ours", "theirs", "act"].map(|key| Column::new(page.t(&format!("portal-column-{key}"))));
    let mut table = Table::new(page.t("portal-differences-title"), columns.to_vec());
    let csrf = page.csrf_field().to_string();
    let word = |known: Option<i64>| known.map_or_else(|| page.t("portal-none"), |known| status(page, known));
    for one in differences {
        table = table.row(vec![
            Cell::from(page.code(&one.case_no)),
            Cell::from(page.t(&format!("portal-difference-{}", one.kind.as_str().replace('_', "-")))),
            Cell::from(word(one.ours)),
            Cell::from(word(one.theirs)),
            Cell::from(again(page, &csrf, comparison, one)),
        ]);
    }
    table
}

/// One comparison.
pub(crate) async fn show_portal_comparison(
    visitor: Visitor,
    State(room): State<PortalRoom>,
    Path(id): Path<String>,
    Query(query): Query<ComparisonQuery>,
) -> Answer {
    let one = room.comparison(&id).await?;
    let page = office_page(&visitor, "portal-comparison-title");
    let after = query.after.unwrap_or_default();
    let differences = room.differences(&id, &after, PAGE).await.map_err(Problem::from)?;
    let row = |key: &str, value: Html| SummaryRow::new(page.t(key), value);
    let mut facts = vec![
        row("portal-column-day", Html::text(page.date(one.day))),
        row("portal-column-asked", page.time(one.asked_at)),
        row("portal-column-checked", Html::text(page.number(one.checked))),
    ];
    let running = one.state == ComparisonState::Running;
    if one.state == ComparisonState::Done {
        let key = if one.listed { "portal-listed-yes" } else { "portal-listed-no" };
        facts.push(row("portal-column-listed", Html::text(page.t(key))));
    }
    let full = i64::try_from(differences.len()).unwrap_or(0) == PAGE;
    let next = differences.last().filter(|_| full).map(|last| {
        let query = haidang_web::encode([("after", last.id.as_str())]);
        page.href(format!("{}?{query}", address(&id)))
    });
    let obstacle = query.obstacle.filter(|word| OBSTACLES.contains(&word.as_str()));
    let none = differences.is_empty() && !running;
    html(ComparisonPage {
        state: state_tag(&page, one.state),
        facts: SummaryList::new(facts),
        obstacle: obstacle.map(|word| page.t(&format!("portal-obstacle-{}", word.replace('_', "-")))),
        table: (!differences.is_empty()).then(|| table(&page, &id, &differences)),
        empty: none.then(|| EmptyState::new(page.t("portal-differences-none"))),
        next,
        running,
        page,
    })
}

/// Tells the portal anew how a case stands.
pub(crate) async fn tell_portal_again(
    visitor: Visitor,
    State(room): State<PortalRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    match room.tell_again(by(&visitor)?, &id, form.text("difference")).await {
        Ok(()) => redirect(visitor.lang, &address(&id)),
        Err(Problem { kind: ProblemKind::Conflict | ProblemKind::Unavailable, code, .. }) => {
            let query = haidang_web::encode([("obstacle", code)]);
            redirect(visitor.lang, &format!("{}?{query}", address(&id)))
        }
        Err(problem) => Err(problem.into()),
    }
}
