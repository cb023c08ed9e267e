//! The auditor's page: is the log whole, since when is that proved outside the database, who did what to an object.

use super::frame::{Names, dashed, office_page};
use super::list::short_moment;
use crate::api::State;
use crate::service::Services;
use askama::Template;
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_store::{Checkpoint, Evidence, ObjectRecord, Report};
use haidang_ui::component::{Cell, Column, EmptyState, SummaryList, SummaryRow, Table, TextInput};
use haidang_ui::field::{ErrorItem, Field, LabelStyle};
use haidang_ui::{Html, Page, t};
use haidang_web::{Answer, Fault, FormFields, Routes, Row, State as Use, Visitor, html, html_invalid};
use std::time::Duration;

const AUDIT: &str = haidang_ui::paths::AUDIT;
const MOST_RECORDS: i64 = 200;

/// The outcome of a verification in words.
struct Verdict {
    good: bool,
    sentence: String,
    facts: SummaryList,
    findings: Option<Table>,
}

#[derive(Template)]
#[template(path = "office/audit.html")]
struct AuditPage {
    page: Page,
    errors: Vec<ErrorItem>,
    state: SummaryList,
    verdict: Option<Verdict>,
    object: TextInput,
    records: Option<Table>,
    empty: Option<EmptyState>,
}

/// The checkpoints kept outside the database; none in a city that keeps none.
async fn evidence(services: &Services) -> Option<Evidence> {
    let (folder, key) = services.settings.checkpoints.clone()?;
    let read = tokio::task::spawn_blocking(move || Evidence::load(&folder, &key)).await;
    match read {
        Ok(Ok(evidence)) => Some(evidence),
        Ok(Err(error)) => {
            tracing::warn!(error = %error, "the checkpoints cannot be read");
            None
        }
        Err(_) => None,
    }
}

async fn audit_page(
    visitor: &Visitor,
    services: &Services,
    typed: &str,
    errors: Vec<ErrorItem>,
) -> Result<AuditPage, Fault> {
    let mut page = office_page(visitor, t(visitor.lang, "office-audit-title", &[]), "audit");
    page.errors = !errors.is_empty();
    let chain = services.db.chain_state().await?;
    let mut rows = vec![
        SummaryRow::new(page.t("office-audit-sealed"), page.number(count(chain.sealed))),
        SummaryRow::new(page.t("office-audit-unsealed"), page.number(count(chain.unsealed))),
    ];
    let last = evidence(services).await.and_then(|evidence| evidence.checkpoints.last().cloned());
    match &last {
        Some(last) => {
            rows.push(SummaryRow::new(page.t("office-audit-checkpoint"), checkpoint(&page, last)));
            let after = chain.sealed.saturating_sub(last.size);
            rows.push(SummaryRow::new(page.t("office-audit-after"), page.number(count(after))));
        }
        None => rows.push(SummaryRow::new(page.t("office-audit-checkpoint"), page.t("office-audit-no-checkpoint"))),
    }
    let field = Field::new(page.lang, "object", page.t("office-audit-object"))
        .style(LabelStyle::Strong)
        .hint(page.t("office-audit-object-hint"))
        .errors(&errors);
    let object = TextInput::new(field).value(typed).width(30);
    Ok(AuditPage { state: SummaryList::new(rows), verdict: None, object, records: None, empty: None, errors, page })
}

fn count(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn checkpoint(page: &Page, last: &Checkpoint) -> Html {
    Html::text(page.t2(
        "office-audit-checkpoint-text",
        "size",
        page.number(count(last.size)),
        "at",
        short_moment(time::from_micros(last.at)),
    ))
    .then(Html::trusted("<br><span class=\"hd-anywhere hd-figures\">"))
    .then(Html::text(last.root.to_string()))
    .then(Html::trusted("</span>"))
}

/// Shows how the log stands.
pub async fn show_audit(visitor: Visitor, Use(services): Use<State>) -> Answer {
    html(audit_page(&visitor, &services, "", Vec::new()).await?)
}

/// Computes every record, every link and every checkpoint again.
pub async fn verify_audit(visitor: Visitor, Use(services): Use<State>) -> Answer {
    let evidence = evidence(&services).await;
    let report = haidang_store::verify(&services.db, evidence.as_ref()).await?;
    let mut template = audit_page(&visitor, &services, "", Vec::new()).await?;
    template.verdict = Some(verdict(&template.page, &report, evidence.is_some()));
    html(template)
}

fn verdict(page: &Page, report: &Report, outside: bool) -> Verdict {
    let good = report.is_good();
    let key = match (good, outside) {
        (true, true) => "office-audit-good",
        (true, false) => "office-audit-good-inside",
        (false, _) => "office-audit-bad",
    };
    let sentence = page.t2(key, "sealed", count(report.sealed), "problems", count(report.problems));
    let facts = vec![
        SummaryRow::new(page.t("office-audit-sealed"), page.number(count(report.sealed))),
        SummaryRow::new(page.t("office-audit-unsealed"), page.number(count(report.unsealed))),
        SummaryRow::new(page.t("office-audit-compared"), page.number(count(report.checkpoints))),
        SummaryRow::new(page.t("office-audit-proved"), page.number(count(report.proved))),
        SummaryRow::new(page.t("office-audit-root"), page.code(&report.root)),
    ];
    let findings = (!report.findings.is_empty()).then(|| {
        let columns = ["finding", "place", "detail"];
        let columns = columns.map(|key| Column::new(page.t(&format!("office-column-{key}")))).to_vec();
        let mut table = Table::new(page.t("office-audit-findings"), columns);
        for finding in &report.findings {
            table = table.row(vec![
                Cell::from(page.t(&format!("office-audit-finding-{}", dashed(finding.code)))),
                Cell::from(finding.seq.map_or_else(String::new, |seq| page.number(count(seq)))),
                Cell::from(finding.detail.clone()),
            ]);
        }
        table
    });
    Verdict { good, sentence, facts: SummaryList::new(facts), findings }
}

/// Lists what happened to one case, found by its number or its id.
pub async fn list_object_records(visitor: Visitor, Use(services): Use<State>, form: FormFields) -> Answer {
    let typed = form.text("object").trim();
    if typed.is_empty() {
        let errors = vec![ErrorItem::of("object", t(visitor.lang, "office-audit-object-empty", &[]))];
        return html_invalid(audit_page(&visitor, &services, typed, errors).await?);
    }
    let (kind, id) = match typed.split_once('/') {
        Some((kind, id)) => (kind.to_owned(), id.to_owned()),
        None => match services.case_by_no(&typed.to_uppercase()).await {
            Ok(case) => ("case".to_owned(), case.id.to_string()),
            Err(Problem { code: "case_not_found", .. }) => ("case".to_owned(), typed.to_owned()),
            Err(problem) => return Err(problem.into()),
        },
    };
    let records = services.db.records_of(&kind, &id, MOST_RECORDS).await?;
    // Who looks into the log is in the log as well.
    let entry = visitor.audit_read("audit.read", &kind, &id).because("118/2025/NĐ-CP", "kiểm tra nhật ký");
    services.db.record_read(entry).await?;
    let mut template = audit_page(&visitor, &services, typed, Vec::new()).await?;
    if records.is_empty() {
        let empty =
            EmptyState::new(template.page.t("office-audit-none")).text(template.page.t("office-audit-none-text"));
        template.empty = Some(empty);
    } else {
        let names = Names::load(&services, &[]).await?;
        template.records = Some(records_table(&template.page, &names, &records));
    }
    html(template)
}

fn records_table(page: &Page, names: &Names, records: &[ObjectRecord]) -> Table {
    let columns = ["when", "event", "actor", "purpose", "place"];
    let columns = columns.map(|key| Column::new(page.t(&format!("office-column-{key}")))).to_vec();
    let mut table = Table::new(page.t1("office-audit-records", "count", records.len()), columns).small();
    for row in records {
        let actor = page.t(&format!("office-actor-{}", dashed(&row.actor_kind)));
        let actor = match &row.agency {
            Some(agency) => format!("{actor}, {}", names.of(page.lang, agency)),
            None => actor,
        };
        let mut event = Html::trusted("<span class=\"hd-anywhere\">").then(Html::text(&row.action));
        event = event.then(Html::trusted("</span>"));
        if row.refused {
            event = event.then(Html::text(format!(" ({})", page.t("office-audit-refused"))));
        }
        let place = match row.seq {
            Some(seq) => page.number(seq),
            None => page.t("office-audit-waiting"),
        };
        let why = [row.purpose.clone(), row.legal_basis.clone()].into_iter().flatten().collect::<Vec<_>>().join("; ");
        table = table.row(vec![
            Cell::from(page.time(row.at)),
            Cell::from(event),
            Cell::from(actor),
            Cell::from(page.vietnamese(why)),
            Cell::from(place),
        ]);
    }
    table
}

/// Longest verification a page waits for; longer logs are verified by the command line.
const VERIFY_TIME: Duration = Duration::from_secs(120);

/// Adds the routes of this file.
pub(super) fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .page(Row::get("show_audit", AUDIT).capability("audit.read").example(AUDIT).role("auditor"), show_audit)
        .page(
            Row::post("verify_audit", "/can-bo/nhat-ky/kiem-tra")
                .capability("audit.read")
                .no_mutation("only computes")
                .timeout(VERIFY_TIME),
            verify_audit,
        )
        .page(
            Row::post("list_object_records", AUDIT)
                .capability("audit.read")
                .no_mutation("only reads; the look is recorded"),
            list_object_records,
        )
}
