//! Procedures as administrators see them: state, sources, what is unverified, what is missing, what the lint says.

use super::frame::{Names, budget_text, dashed, office_page, role_text, word};
use crate::api::State;
use crate::procedure::lint::{Around, lint};
use crate::procedure::{Severity, State as Published, Version};
use crate::service::Services;
use askama::Template;
use haidang_kernel::problem::Problem;
use haidang_ui::component::{Cell, Column, EmptyState, SummaryList, SummaryRow, Table, Tag};
use haidang_ui::{Html, Lang, Page, t};
use haidang_web::{Answer, Path, Query, Routes, Row, State as Use, Visitor, html};
use serde::Deserialize;

const PROCEDURES: &str = "/can-bo/thu-tuc";

#[derive(Template)]
#[template(path = "office/procedures.html")]
struct ProceduresPage {
    page: Page,
    words: String,
    sentence: String,
    table: Option<Table>,
    empty: Option<EmptyState>,
}

/// Words that narrow the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ProceduresQuery {
    q: Option<String>,
}

/// Parts whose source is not verified.
fn unverified(version: &Version) -> usize {
    version.procedure.evidence.values().filter(|source| source.contains("unverified")).count()
}

fn state_tag(page: &Page, version: &Version) -> Tag {
    match version.state {
        Published::Published => page.tag(page.t("office-procedure-published")).done(),
        _ => page.tag(page.t("office-procedure-listed")).wait(),
    }
}

const MOST: usize = 100;

/// All procedures in force today.
pub async fn list_office_procedures(
    visitor: Visitor,
    Use(services): Use<State>,
    Query(query): Query<ProceduresQuery>,
) -> Answer {
    let page = office_page(&visitor, t(visitor.lang, "office-procedures-title", &[]), "procedures");
    let words = query.q.unwrap_or_default();
    let today = services.ambient.today();
    let all = services.catalogue().all_current(today);
    let complete = all.iter().filter(|version| version.promises()).count();
    let sentence = page.t2("office-procedures-count", "all", all.len(), "complete", complete);
    let mut shown = if words.trim().is_empty() { all } else { services.find_procedures(&words, MOST) };
    if words.trim().is_empty() {
        // What is promised to residents first.
        shown.sort_by_key(|version| !version.promises());
    }
    let mut columns = vec![
        Column::new(page.t("office-column-procedure")),
        Column::new(page.t("office-column-code")),
        Column::new(page.t("office-column-state")),
    ];
    columns.extend(["unverified", "missing"].map(|key| Column::numeric(page.t(&format!("office-column-{key}")))));
    let mut table = Table::new(page.t("office-procedures-caption"), columns).caption_hidden();
    for version in &shown {
        let name = version.name().text(page.lang).to_owned();
        let href = format!("{PROCEDURES}/{}", version.procedure.code);
        table = table.row(vec![
            Cell::from(super::case_parts::link(&page, &href, &name)),
            Cell::from(page.code(&version.procedure.code)),
            Cell::from(state_tag(&page, version)),
            Cell::from(page.number(count(unverified(version)))),
            Cell::from(page.number(count(version.procedure.missing.len()))),
        ]);
    }
    let empty = shown.is_empty().then(|| {
        EmptyState::new(page.t1("office-counter-no-procedure", "words", &words))
            .next(page.t("office-procedures-all"), page.href(PROCEDURES))
    });
    html(ProceduresPage { table: (!shown.is_empty()).then_some(table), words, sentence, empty, page })
}

fn count(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[derive(Template)]
#[template(path = "office/procedure.html")]
struct ProcedurePage {
    page: Page,
    name: Html,
    state: Tag,
    facts: SummaryList,
    evidence: Table,
    missing: Vec<Html>,
    findings: Option<Table>,
    steps: Table,
}

/// One procedure with its sources and gaps.
pub async fn show_office_procedure(visitor: Visitor, Use(services): Use<State>, Path(code): Path<String>) -> Answer {
    let catalogue = services.catalogue();
    let version = catalogue
        .in_force(&code, services.ambient.today())
        .or_else(|| catalogue.versions(&code).last().cloned())
        .ok_or_else(|| Problem::not_found("procedure_not_found", "no such procedure"))?;
    let mut page = office_page(&visitor, "", "procedures");
    page.title = version.name().text(page.lang).to_owned();
    let names = Names::load(&services, &[]).await?;
    html(ProcedurePage {
        name: page.b(&version.name()),
        state: state_tag(&page, &version),
        facts: facts(&page, &version, catalogue.versions(&code).len()),
        evidence: evidence(&page, &version),
        missing: version.procedure.missing.iter().map(|gap| page.b(gap)).collect(),
        findings: findings(&services, &names, &page, &version),
        steps: steps(&services, &page, &version),
        page,
    })
}

fn facts(page: &Page, version: &Version, versions: usize) -> SummaryList {
    let procedure = &version.procedure;
    let to = procedure.effective.to.map_or_else(|| page.t("office-procedure-open-end"), |day| page.date_table(day));
    SummaryList::new(vec![
        SummaryRow::new(page.t("office-column-code"), page.code(&procedure.code)),
        SummaryRow::new(page.t("office-procedure-version"), page.code(&version.id)),
        SummaryRow::new(page.t("office-procedure-versions"), page.number(count(versions))),
        SummaryRow::new(
            page.t("office-procedure-effective"),
            format!("{} – {to}", page.date_table(procedure.effective.from)),
        ),
        SummaryRow::new(page.t("office-procedure-field"), page.vietnamese(&procedure.field.name)),
        SummaryRow::new(page.t("office-law-basis"), page.vietnamese(procedure.legal_basis.join("; "))),
        SummaryRow::new(
            page.t("office-procedure-sha"),
            Html::trusted("<span class=\"hd-anywhere hd-figures\">")
                .then(Html::text(&version.sha256))
                .then(Html::trusted("</span>")),
        ),
    ])
}

fn evidence(page: &Page, version: &Version) -> Table {
    let columns = ["part", "source", "state"];
    let columns = columns.map(|key| Column::new(page.t(&format!("office-column-{key}")))).to_vec();
    let mut table = Table::new(page.t("office-procedure-evidence"), columns);
    for (part, source) in &version.procedure.evidence {
        let tag = if source.contains("unverified") {
            page.tag(page.t("office-procedure-unverified")).wait()
        } else {
            page.tag(page.t("office-procedure-sourced")).done()
        };
        table = table.row(vec![
            Cell::from(word(page, &format!("office-evidence-{}", dashed(part)), part)),
            Cell::from(page.vietnamese(source)),
            Cell::from(tag),
        ]);
    }
    table
}

/// The publish gate, run now over the version in memory; file and line are told by `haidang pack lint`.
fn findings(services: &Services, names: &Names, page: &Page, version: &Version) -> Option<Table> {
    let clock = services.clock();
    let around = Around {
        calendar: Some(clock.calendar.clone()),
        hours: clock.hours.clone(),
        codes: services.codes.clone(),
        communes: names.communes(),
        ..Around::default()
    };
    let found = lint(version, &version.id, "", &around);
    if found.is_empty() {
        return None;
    }
    let columns = ["finding", "clause", "repair"];
    let columns = columns.map(|key| Column::new(page.t(&format!("office-column-{key}")))).to_vec();
    let mut table = Table::new(page.t("office-procedure-findings"), columns);
    for finding in found {
        let word = match finding.severity {
            Severity::Error => "office-procedure-error",
            Severity::Warning => "office-procedure-warning",
        };
        let what = Html::text(page.t(word)).then(Html::text(": ")).then(page.b(&finding.message));
        table = table.row(vec![Cell::from(what), Cell::from(finding.clause), Cell::from(page.b(&finding.repair))]);
    }
    Some(table)
}

fn steps(services: &Services, page: &Page, version: &Version) -> Table {
    let columns = ["step", "role", "budget", "actions"];
    let columns = columns.map(|key| Column::new(page.t(&format!("office-column-{key}")))).to_vec();
    let mut table = Table::new(page.t("office-procedure-steps"), columns);
    for step in version.steps() {
        let name = match (&step.name, &step.name_en) {
            (_, Some(en)) if page.lang == Lang::En => Html::text(en),
            (Some(vi), _) => page.vietnamese(vi),
            (None, _) => Html::text(&step.id),
        };
        let actions = step.actions.iter().map(|row| page.t(&format!("office-action-{}", dashed(&row.id))));
        table = table.row(vec![
            Cell::from(name),
            Cell::from(role_text(services, page, &step.role)),
            Cell::from(version.budget(step).map_or_else(String::new, |budget| budget_text(page, budget))),
            Cell::from(actions.collect::<Vec<_>>().join(", ")),
        ]);
    }
    table
}

/// Adds the routes of this file.
pub(super) fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .page(
            Row::get("list_office_procedures", PROCEDURES)
                .capability("pack.manage")
                .example(PROCEDURES)
                .role("administrator"),
            list_office_procedures,
        )
        .page(
            Row::get("show_office_procedure", "/can-bo/thu-tuc/{code}")
                .capability("pack.manage")
                .example("/can-bo/thu-tuc/{procedure}")
                .role("administrator"),
            show_office_procedure,
        )
}
