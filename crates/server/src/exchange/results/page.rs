//! What whoever keeps the city in step with others sees of the results that registers are told of.

use askama::Template;
use haidang_kernel::problem::Problem;
use haidang_ui::component::{Cell, Column, EmptyState, SummaryList, SummaryRow, Table};
use haidang_ui::paths::SHARED_RESULTS;
use haidang_ui::{Html, Lang, Page, t};
use haidang_web::{Answer, Path, Routes, Row, State, Visitor, html, redirect};

use super::{ResultDesk, Shared};

/// Who keeps the city in step with others.
const RECONCILE: &str = haidang_portal::RECONCILE;
/// Results shown.
const SHOWN: i64 = 200;

/// The rows of this page.
pub fn routes(desk: ResultDesk) -> Routes<ResultDesk> {
    Routes::new("server", desk)
        .page(
            Row::get("show_shared_results", SHARED_RESULTS)
                .capability(RECONCILE)
                .role("supervisor")
                .example(SHARED_RESULTS),
            show_shared_results,
        )
        .page(
            Row::post("share_result_again", "/can-bo/dong-bo/ket-qua/{shared_result}/gui-lai")
                .capability(RECONCILE)
                .audit("exchange.result_again"),
            share_result_again,
        )
}

#[derive(Template)]
#[template(path = "shared_results.html")]
struct SharedResultsPage {
    page: Page,
    connected: bool,
    sentence: String,
    counts: SummaryList,
    open: Option<Table>,
    empty: Option<EmptyState>,
}

async fn show_shared_results(visitor: Visitor, State(desk): State<ResultDesk>) -> Answer {
    let mut page = visitor.page(t(visitor.lang, "server-results-title", &[]), "portal");
    page.private = true;
    let open = desk.open(SHOWN).await.map_err(Problem::from)?;
    let mut counts = Vec::new();
    let mut refused = 0;
    for state in ["refused", "waiting", "told"] {
        let count = desk.count(state).await.map_err(Problem::from)?;
        if state == "refused" {
            refused = count;
        }
        let name = page.t(&format!("server-results-{state}"));
        counts.push(SummaryRow::new(name, Html::text(page.number(count))));
    }
    let sentence = match refused {
        0 => page.t("server-results-lead-well"),
        count => page.t1("server-results-lead-refused", "count", count),
    };
    let table = match open.is_empty() {
        true => None,
        false => Some(table(&desk, &page, &open).await?),
    };
    html(SharedResultsPage {
        connected: desk.caller.is_some() && !desk.entries.is_empty(),
        sentence,
        counts: SummaryList::new(counts),
        open: table,
        empty: open.is_empty().then(|| EmptyState::new(page.t("server-results-none"))),
        page,
    })
}

/// What register it is, by the purpose for which it is told: the words that the owner reads, too.
fn register(desk: &ResultDesk, page: &Page, one: &Shared) -> Html {
    match desk.entries.iter().find(|entry| entry.id == one.entry) {
        Some(entry) => page.vietnamese(&entry.purpose_text),
        None => page.code(&one.entry),
    }
}

async fn agency(desk: &ResultDesk, page: &Page, code: &str) -> Result<Html, Problem> {
    let Some(agency) = desk.directory.agency(code).await? else { return Ok(Html::text(code)) };
    Ok(match page.lang {
        Lang::En if !agency.name_en.is_empty() => Html::text(agency.name_en),
        _ => page.vietnamese(agency.name_vi),
    })
}

async fn table(desk: &ResultDesk, page: &Page, open: &[Shared]) -> Result<Table, Problem> {
    let columns = ["case", "agency", "register", "state", "reason", "attempts", "since", "tried", "act"]
        .map(|key| Column::new(page.t(&format!("server-results-column-{key}"))));
    let mut table = Table::new(page.t("server-results-table"), columns.to_vec());
    let csrf = page.csrf_field().to_string();
    for one in open {
        let tag = page.tag(page.t(&format!("server-results-{}", one.state)));
        let tag = if one.state == "refused" { tag.late() } else { tag.wait() };
        table = table.row(vec![
            Cell::from(page.code(&one.case_no)),
            Cell::from(agency(desk, page, &one.agency).await?),
            Cell::from(register(desk, page, one)),
            Cell::from(Html::trusted(tag.to_string())),
            Cell::from(one.reason.as_deref().map_or_else(Html::default, |reason| page.code(reason))),
            Cell::from(page.number(one.attempts)),
            Cell::from(page.time(one.queued_at)),
            Cell::from(one.tried_at.map_or_else(Html::default, |at| page.time(at))),
            Cell::from(if one.state == "refused" { again(page, &csrf, one) } else { Html::default() }),
        ]);
    }
    Ok(table)
}

/// The button that tells the register anew: a form, for it acts.
fn again(page: &Page, csrf: &str, one: &Shared) -> Html {
    let button = page.button(page.t("server-results-again")).secondary().small().hidden(&one.case_no);
    Html::trusted("<form method=\"post\" action=\"")
        .then(Html::text(page.href(format!("{SHARED_RESULTS}/{}/gui-lai", one.id))))
        .then(Html::trusted("\">"))
        .then(Html::trusted(csrf.to_owned()))
        .then(Html::trusted(button.to_string()))
        .then(Html::trusted("</form>"))
}

async fn share_result_again(visitor: Visitor, State(desk): State<ResultDesk>, Path(id): Path<String>) -> Answer {
    let actor = visitor.require_actor()?;
    desk.again(actor, visitor.channel.as_str(), &visitor.request_id, &id).await?;
    redirect(visitor.lang, SHARED_RESULTS)
}
