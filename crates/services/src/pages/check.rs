//! Check before filing: every answer, every file, every fee, the date and its reason; then filing itself.

use super::common::{element, fee_amount, fee_reason, lines, link, named};
use super::filing::{at_counter, behalf, case_path, chooses_unit, draft_page, draft_path, may_claim, open_draft};
use super::known;
use super::papers::file_link;
use crate::api::State;
use crate::cases::drafts::DraftView;
use crate::cases::filing::Review;
use crate::form;
use crate::model::CaseState;
use crate::procedure::{Competence, total};
use crate::service::Services;
use askama::Template;
use haidang_kernel::format;
use haidang_kernel::problem::Problem;
use haidang_ui::component::{Cell, Column, ExplainedDate, Inset, SummaryList, SummaryRow, Table};
use haidang_ui::field::ErrorItem;
use haidang_ui::{Html, IntoHtml, Page, t};
use haidang_web::{Answer, Fault, Path, Routes, Row, State as Use, Visitor, html, html_invalid, or_stronger, redirect};

struct Part {
    id: String,
    title: Html,
    source: Option<Html>,
    rows: SummaryList,
}

#[derive(Template)]
#[template(path = "check.html")]
struct CheckPage {
    page: Page,
    errors: Vec<ErrorItem>,
    behalf: Option<Inset>,
    back: String,
    missing: Vec<Html>,
    parts: Vec<Part>,
    fees: Option<Table>,
    words: Option<String>,
    no_fees: Option<String>,
    receiver: Option<String>,
    expected: Option<Html>,
    calendar: Option<Html>,
    declaration: String,
    consent: String,
    action: String,
    save: String,
    ready: bool,
}

/// Parts of the form with their answers, each with a way back to it.
fn parts(services: &Services, page: &Page, view: &DraftView) -> Vec<Part> {
    let base = draft_path(view);
    let all = form::summary(&view.version, &view.facts, page.lang, &services.codes);
    let mut parts = Vec::new();
    for part in view.version.pages(&view.facts) {
        let href = page.href(format!("{base}/cau-hoi/{}?ve=kiem-tra", part.id));
        let rows: Vec<SummaryRow> = all
            .iter()
            .filter(|line| line.page == part.id)
            .map(|line| {
                let (label, lang) = line.label.get(page.lang);
                let value = if line.values.is_empty() {
                    element("span", "hd-second", page.t("services-check-empty"))
                } else {
                    lines(&line.values)
                };
                let row = SummaryRow::new(label, value).change(page.lang, &href);
                if lang == page.lang { row } else { row.lang(lang) }
            })
            .collect();
        let fields: Vec<&form::Field> = part.keys().filter_map(|key| view.version.form.field(key)).collect();
        let known = known::known_fields(view, &fields);
        let taken: Vec<String> = known
            .iter()
            .filter(|one| view.row.answers.get(&one.field.key) == Some(&one.known.value))
            .map(|one| one.field.label.text(page.lang).to_lowercase())
            .collect();
        let source = known.first().filter(|_| !taken.is_empty()).map(|one| {
            Html::text(page.t2(
                "services-check-source",
                "fields",
                taken.join(", "),
                "register",
                one.known.register.text(page.lang),
            ))
        });
        parts.push(Part {
            id: format!("phan-{}", part.id),
            title: page.b(&part.title()),
            source,
            rows: SummaryList::new(rows),
        });
    }
    parts.extend(paper_part(page, view, &base));
    parts.extend(other_part(page, view, &base));
    parts
}

fn paper_part(page: &Page, view: &DraftView, base: &str) -> Option<Part> {
    let needs = super::filing::papers_to_upload(view);
    let rows: Vec<SummaryRow> = needs
        .iter()
        .filter_map(|need| {
            let files: Vec<Html> = view
                .documents
                .iter()
                .filter(|document| document.component == need.id)
                .map(|document| file_link(page, base, document))
                .collect();
            if files.is_empty() && !need.required {
                return None;
            }
            let value = if files.is_empty() {
                element("span", "hd-second", page.t("services-check-no-file"))
            } else {
                files.into_iter().fold(Html::default(), |all, file| all.then(element("div", "hd-anywhere", file)))
            };
            let href = page.href(format!("{base}/giay-to/{}", need.id));
            Some(SummaryRow::new(named(page.lang, &need.name), value).change(page.lang, href))
        })
        .collect();
    (!rows.is_empty()).then(|| Part {
        id: "phan-giay-to".to_owned(),
        title: Html::text(page.t("services-tasks-papers")),
        source: None,
        rows: SummaryList::new(rows),
    })
}

fn other_part(page: &Page, view: &DraftView, base: &str) -> Option<Part> {
    let mut rows = Vec::new();
    if chooses_unit(view) {
        let chosen = view.receiving.as_ref().map(|agency| super::common::agency_name(page.lang, agency));
        let value = chosen.unwrap_or_else(|| page.t("services-check-unit-by-law"));
        let href = page.href(format!("{base}/noi-nop"));
        rows.push(SummaryRow::new(page.t("services-tasks-unit"), value).change(page.lang, href));
    }
    if may_claim(view) {
        let names: Vec<String> = view
            .version
            .fees(&view.facts)
            .iter()
            .flat_map(|line| line.may_exempt.iter().chain(&line.exempt))
            .filter(|exemption| view.row.claimed.contains(&exemption.id))
            .map(|exemption| named(page.lang, &exemption.name))
            .collect();
        let value = if names.is_empty() { page.t("services-check-no-claims") } else { names.join(", ") };
        let href = page.href(format!("{base}/mien-giam"));
        rows.push(SummaryRow::new(page.t("services-tasks-claims"), value).change(page.lang, href));
    }
    (!rows.is_empty()).then(|| Part {
        id: "phan-khac".to_owned(),
        title: Html::text(page.t("services-tasks-more")),
        source: None,
        rows: SummaryList::new(rows),
    })
}

fn fee_table(page: &Page, review: &Review) -> Option<Table> {
    if review.fees.is_empty() {
        return None;
    }
    let columns = vec![Column::new(page.t("services-fees-line")), Column::numeric(page.t("services-fees-amount"))];
    let mut table = Table::new(page.t("services-fees-lines"), columns).caption_hidden();
    for line in &review.fees {
        let name = page.b(&line.name).then(Html::trusted("<br>")).then(element(
            "span",
            "hd-small hd-second",
            fee_reason(page, line),
        ));
        table = table.row(vec![Cell::from(name), Cell::from(fee_amount(page, line))]);
    }
    let sum = total(&review.fees).map_or_else(|| page.t("services-fee-unknown"), |sum| page.money(sum));
    Some(table.total(vec![Cell::from(page.t("services-fees-total")), Cell::from(sum)]))
}

/// What is still missing, each with a link to its place.
fn missing(page: &Page, view: &DraftView, review: &Review) -> Vec<(String, String, Html)> {
    let base = draft_path(view);
    let mut found = Vec::new();
    for part in view.version.pages(&view.facts) {
        let wrong = review
            .errors
            .iter()
            .any(|error| part.keys().any(|key| error.field == key || error.field.starts_with(&format!("{key}."))));
        if wrong {
            let text = page.t1("services-check-page-missing", "name", named(page.lang, &part.title()));
            let href = page.href(format!("{base}/cau-hoi/{}?ve=kiem-tra", part.id));
            found.push((format!("phan-{}", part.id), text.clone(), link(href, text)));
        }
    }
    if at_counter(view) {
        return found;
    }
    for need in super::filing::papers_to_upload(view) {
        if review.missing.contains(&need.id) {
            let text = page.t1("services-check-paper-missing", "name", named(page.lang, &need.name));
            let href = page.href(format!("{base}/giay-to/{}", need.id));
            found.push(("phan-giay-to".to_owned(), text.clone(), link(href, text)));
        }
    }
    found
}

async fn receiver(
    services: &Services,
    page: &Page,
    view: &DraftView,
    review: &Review,
) -> Result<Option<String>, Fault> {
    let found = match &review.competence {
        Competence::Commune(code) => services.directory.agency_of_commune(code).await,
        Competence::Agency(code) => services.directory.agency(code).await,
        Competence::Unknown { .. } => return Ok(Some(page.t("services-check-receiver-unknown"))),
    };
    let decider = found.map_err(Problem::from)?.map(|agency| super::common::agency_name(page.lang, &agency));
    let chosen = view.receiving.as_ref().map(|agency| super::common::agency_name(page.lang, agency));
    Ok(match (chosen, decider) {
        (Some(receives), Some(decides)) if receives != decides => {
            Some(page.t2("services-check-receiver-two", "receives", receives, "decides", decides))
        }
        (_, Some(decides)) => Some(page.t1("services-check-receiver", "agency", decides)),
        (Some(receives), None) => Some(page.t1("services-check-receiver", "agency", receives)),
        (None, None) => None,
    })
}

async fn draw(services: &Services, visitor: &Visitor, view: &DraftView, sent: bool) -> Result<CheckPage, Fault> {
    let lang = visitor.lang;
    let mut page = draft_page(visitor, view, t(lang, "services-check-title", &[]));
    let review = services.review(&view.version, &view.facts, &view.documents)?;
    let missing = missing(&page, view, &review);
    let errors: Vec<ErrorItem> = if sent {
        missing.iter().map(|(id, text, _)| ErrorItem { id: id.clone(), message: text.clone() }).collect()
    } else {
        Vec::new()
    };
    page.errors = !errors.is_empty();
    let due = review.expected.as_ref().filter(|_| view.version.promises());
    let today = services.ambient.today();
    let expected = match due.and_then(|due| due.at) {
        Some(at) => {
            let limit = super::common::limit_text(lang, &review.limit.limit);
            let due = super::common::due_text(lang, at, today);
            Html::text(page.t2("services-check-expected", "limit", limit, "due", due))
        }
        None => Html::text(page.t("services-check-no-date")),
    };
    let calendar = due
        .filter(|due| due.at.is_some() && due.days.len() > 1)
        .map(|due| ExplainedDate::of(lang, due, services.ambient.now(), Some(today)).into_html());
    let base = draft_path(view);
    let sum = total(&review.fees).filter(|sum| sum.dong() > 0);
    Ok(CheckPage {
        behalf: behalf(&page, view),
        back: base.clone(),
        ready: missing.is_empty(),
        missing: missing.into_iter().map(|(_, _, link)| link).collect(),
        parts: parts(services, &page, view),
        fees: fee_table(&page, &review),
        words: sum.map(|sum| page.t1("services-fees-words", "words", format::money_words(lang, sum))),
        no_fees: review.fees.is_empty().then(|| {
            page.t(if view.version.promises() { "services-fees-none" } else { "services-start-no-fee-source" })
        }),
        receiver: receiver(services, &page, view, &review).await?,
        expected: Some(expected),
        calendar,
        declaration: page.t(if at_counter(view) {
            "services-check-declared-counter"
        } else {
            "services-check-declared"
        }),
        consent: page.t("services-check-consent"),
        action: page.href(format!("{base}/nop")),
        save: page.href(format!("{base}?da-luu=1")),
        errors,
        page,
    })
}

/// Shows everything said so far before it is sent.
pub async fn check_answers(visitor: Visitor, Use(services): Use<State>, Path(draft): Path<String>) -> Answer {
    let view = open_draft(&services, &visitor, &draft).await?;
    match case_path(&view) {
        Some(path) => redirect(visitor.lang, &path),
        None => html(draw(&services, &visitor, &view, false).await?),
    }
}

/// Files the case. A second press answers the same case.
pub async fn file_case(visitor: Visitor, Use(services): Use<State>, Path(draft): Path<String>) -> Answer {
    let view = open_draft(&services, &visitor, &draft).await?;
    let actor = visitor.require_actor()?;
    match services.submit(actor, &view.row.id, visitor.lang.code(), &visitor.request_id).await {
        // At the counter intake follows at once; what must be paid or placed first is done on the case itself.
        Ok(receipt) if at_counter(&view) => {
            let ready = !receipt.repeated && receipt.fee_due == 0 && receipt.state == CaseState::Submitted.as_str();
            let next = if ready { "/accept" } else { "" };
            redirect(visitor.lang, &format!("/can-bo/ho-so/{}{next}", receipt.case_id))
        }
        Ok(receipt) => redirect(visitor.lang, &format!("/ho-so/{}/da-nop", receipt.case_id)),
        Err(problem) if matches!(problem.code, "answers_incomplete" | "component_missing") => {
            html_invalid(draw(&services, &visitor, &view, true).await?)
        }
        Err(problem) => or_stronger(&visitor, problem, &format!("/nop-ho-so/{draft}/kiem-tra")),
    }
}

/// Adds the routes of this file.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .page(
            Row::get("check_answers", "/nop-ho-so/{draft}/kiem-tra")
                .signed_in()
                .example("/nop-ho-so/{draft}/kiem-tra")
                .role("resident"),
            check_answers,
        )
        .page(Row::post("file_case", "/nop-ho-so/{draft}/nop").signed_in().audit("case.submitted"), file_case)
}
