//! The inspector's page: whether a book is whole, and what proves it, in words.

use super::{REGISTERS, book_path, counts_rows};
use crate::frame::{reader, tabs};
use crate::registers::rules::Counts;
use crate::registers::verify::Finding;
use crate::registers::verifying::Verdict;
use crate::room::OfficeRoom;
use askama::Template;
use axum::extract::State;
use haidang_ui::component::{Cell, Column, SummaryList, SummaryRow, Table};
use haidang_ui::{Html, Page};
use haidang_web::{Answer, Path, Visitor, html};

#[derive(Template)]
#[template(path = "registers_inspect.html")]
struct InspectPage {
    page: Page,
    tabs: Html,
    back: String,
    sound: bool,
    sentence: String,
    invariant: String,
    facts: SummaryList,
    findings: Option<Table>,
    roots: Option<Table>,
    roots_words: String,
}

fn finding_row(page: &Page, finding: &Finding) -> Vec<Cell> {
    let place = match (finding.position, finding.number, finding.day) {
        (Some(position), ..) => page.t1("registers-place-event", "position", position),
        (_, Some(number), _) => page.t1("registers-place-number", "number", number),
        (.., Some(day)) => page.t1("registers-place-day", "day", page.date(day)),
        _ => String::new(),
    };
    let fault = finding.fault.as_str().replace('_', "-");
    vec![Cell::from(place), Cell::from(page.t(&format!("registers-fault-{fault}")))]
}

fn invariant(page: &Page, counts: &Counts) -> String {
    let values = [
        ("issued", counts.issued.into()),
        ("highest", counts.highest.into()),
        ("lowest", counts.lowest.into()),
        ("voided", counts.voided.into()),
        ("waiting", (counts.held + counts.free).into()),
        ("expected", counts.expected().into()),
    ];
    page.tn(if counts.whole() { "registers-invariant-holds" } else { "registers-invariant-broken" }, &values)
}

fn verdict_facts(page: &Page, verdict: &Verdict) -> SummaryList {
    let mut rows = counts_rows(page, &verdict.counts);
    rows.extend([
        SummaryRow::new(page.t("registers-chain-events"), page.number(verdict.events)),
        SummaryRow::new(page.t("registers-chain-head"), page.code(&verdict.head)),
        SummaryRow::new(page.t("registers-roots-agreed"), page.number(verdict.roots_agreed)),
        SummaryRow::new(page.t("registers-roots-stamped"), page.number(verdict.roots_stamped)),
        SummaryRow::new(page.t("registers-roots-renewed"), page.number(verdict.roots_renewed)),
        SummaryRow::new(page.t("registers-roots-open"), page.number(verdict.days_open)),
    ]);
    SummaryList::new(rows)
}

/// The inspector's page: whether the book is whole, and what proves it, in words.
pub(crate) async fn inspect_register(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path(id): Path<String>,
) -> Answer {
    let reader = reader(&visitor)?;
    let register = room.register(&reader, &id).await?;
    room.record_register_look(&reader, &register, "register.verified").await?;
    let verdict = room.verify_register(&reader, &id).await?;
    let title = format!(
        "{}: {}",
        haidang_ui::t(visitor.lang, "registers-inspect-title", &[]),
        register.title.text(visitor.lang)
    );
    let page = visitor.page(title, "documents");
    let mut findings = Table::new(
        page.t("registers-findings"),
        vec![Column::new(page.t("registers-column-place")), Column::new(page.t("registers-column-fault"))],
    );
    for finding in &verdict.findings {
        findings = findings.row(finding_row(&page, finding));
    }
    let roots = room.register_roots(30).await?;
    let mut table = Table::new(
        page.t("registers-roots"),
        vec![
            Column::new(page.t("registers-column-day")),
            Column::numeric(page.t("registers-column-leaves")),
            Column::new(page.t("registers-column-root")),
            Column::new(page.t("registers-column-stamp")),
        ],
    )
    .small();
    for root in &roots {
        table = table.row(vec![
            Cell::from(page.date_table(root.day)),
            Cell::from(page.number(root.leaves)),
            Cell::from(page.code(&root.root)),
            Cell::from(match root.renewed_at.or(root.stamped_at) {
                Some(at) => page.time(at),
                None => Html::text(page.t("registers-stamp-missing")),
            }),
        ]);
    }
    html(InspectPage {
        tabs: tabs(&visitor, REGISTERS),
        back: book_path(&register),
        sound: verdict.sound,
        sentence: match verdict.sound {
            true => page.t1("registers-verdict-sound", "events", verdict.events),
            false => page.t1("registers-verdict-broken", "count", i64::try_from(verdict.findings.len()).unwrap_or(0)),
        },
        invariant: invariant(&page, &verdict.counts),
        facts: verdict_facts(&page, &verdict),
        findings: (!verdict.findings.is_empty()).then_some(findings),
        roots: (!roots.is_empty()).then_some(table),
        roots_words: page.t(if roots.is_empty() { "registers-roots-none" } else { "registers-roots-text" }),
        page,
    })
}
