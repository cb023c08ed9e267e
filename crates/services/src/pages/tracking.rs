//! A resident's cases: the list, and one case with what is asked of its owner first.

use super::common::{due_text, element, link, procedure_name, short_name, state_tag};
use super::confirmation::due_now;
use super::papers::file_link;
use super::timeline::{Agencies, agencies_of, calendar, holder, limit_line, name_of, steps};
use crate::api::{State, case_id};
use crate::cases::reading::CaseView;
use crate::cases::row::{CaseRow, DraftRow};
use crate::cases::supplementing::open_supplement;
use crate::cases::trail::ResultRow;
use crate::model::CaseState;
use crate::procedure::Version;
use crate::service::Services;
use askama::Template;
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_ui::component::{Breadcrumbs, Choices, EmptyState, Facts, Pagination, Steps, Tag, TextArea};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Html, Page, paths, t};
use haidang_web::{
    Answer, Fault, FormFields, Path, Query, Routes, Row, State as Use, Visitor, html, html_invalid, redirect,
};
use serde::Deserialize;

const CASES_A_PAGE: i64 = 20;

/// One line of a list of things to do or to look at.
pub(super) struct TodoLine {
    pub href: String,
    pub title: Html,
    pub tag: Tag,
    pub remark: String,
    pub side: Html,
}

/// A case as a line.
pub(super) fn case_line(services: &Services, page: &Page, case: &CaseRow) -> TodoLine {
    let version = services.catalogue().by_id(&case.version_id);
    let title = version.map_or_else(|| Html::text(&case.procedure_code), |version| page.b(&short_name(&version)));
    let today = services.ambient.today();
    let remark = match (case.ended_at, case.due_at.or(case.promised_at)) {
        (Some(ended), _) => page.t1("services-cases-ended", "day", page.date_table(time::civil(ended).date())),
        (None, Some(due)) => page.t1("services-cases-due", "due", due_text(page.lang, due, today)),
        (None, None) => page.t1("services-cases-filed", "day", page.date_table(time::civil(case.submitted_at).date())),
    };
    TodoLine {
        href: page.href(format!("/ho-so/{}", case.id)),
        title,
        tag: state_tag(page.lang, case.state),
        remark,
        side: page.code(&case.case_no),
    }
}

/// A draft as a line.
pub(super) fn draft_line(services: &Services, page: &Page, draft: &DraftRow) -> TodoLine {
    let version = services.catalogue().by_id(&draft.version_id);
    let title = version.map_or_else(|| Html::text(&draft.procedure_code), |version| page.b(&short_name(&version)));
    let until = page.date_table(time::civil(draft.expires_at).date());
    TodoLine {
        href: page.href(format!("/nop-ho-so/{}", draft.id)),
        title,
        tag: Tag::new(&page.t("services-cases-draft")).icon("pencil"),
        remark: page.t1("services-cases-draft-until", "until", until),
        side: Html::text(page.t("services-cases-not-filed")),
    }
}

#[derive(Template)]
#[template(path = "cases.html")]
struct CasesPage {
    page: Page,
    drafts: Vec<TodoLine>,
    asked: Vec<TodoLine>,
    cases: Vec<TodoLine>,
    empty: Option<EmptyState>,
    more: Option<Pagination>,
}

/// Which part of the list.
#[derive(Debug, Default, Deserialize)]
pub struct Older {
    /// Cases filed before this moment, microseconds.
    #[serde(rename = "truoc")]
    before: Option<i64>,
}

/// Whether the owner must do something before the case goes on.
pub(super) fn waits_for_owner(case: &CaseRow) -> bool {
    matches!(case.state, CaseState::AwaitingSupplement | CaseState::AwaitingPayment)
}

/// Lists the actor's drafts and cases, what waits for them first.
pub async fn list_own_cases(visitor: Visitor, Use(services): Use<State>, Query(query): Query<Older>) -> Answer {
    let actor = visitor.require_actor()?;
    let mut page = visitor.page(t(visitor.lang, "services-cases-title", &[]), "cases");
    page.private = true;
    let before = query.before.map(time::from_micros);
    let mut rows = services.own_cases(actor, before, CASES_A_PAGE + 1).await?;
    let more = rows.len() as i64 > CASES_A_PAGE;
    rows.truncate(usize::try_from(CASES_A_PAGE).unwrap_or(20));
    let next = rows
        .last()
        .filter(|_| more)
        .map(|last| page.href(format!("{}?truoc={}", paths::CASES, time::micros(last.submitted_at))));
    let drafts = if before.is_none() { services.open_drafts(actor).await? } else { Vec::new() };
    let (asked, cases): (Vec<&CaseRow>, Vec<&CaseRow>) = rows.iter().partition(|case| waits_for_owner(case));
    let empty = (rows.is_empty() && drafts.is_empty()).then(|| {
        EmptyState::new(page.t("services-cases-none"))
            .next(page.t("services-cases-none-next"), page.href(paths::PROCEDURES))
    });
    html(CasesPage {
        drafts: drafts.iter().map(|draft| draft_line(&services, &page, draft)).collect(),
        asked: asked.into_iter().map(|case| case_line(&services, &page, case)).collect(),
        cases: cases.into_iter().map(|case| case_line(&services, &page, case)).collect(),
        empty,
        more: next.is_some().then(|| Pagination::simple(page.lang, None, next)),
        page,
    })
}

struct FileLine {
    html: Html,
    tag: Option<Tag>,
}

struct Asked {
    title: String,
    items: Vec<Html>,
    quote: Option<Html>,
    text: Option<String>,
    href: Option<String>,
    button: String,
    pay: Option<String>,
}

#[derive(Template)]
#[template(path = "tracking.html")]
struct TrackingPage {
    page: Page,
    errors: Vec<ErrorItem>,
    crumbs: Breadcrumbs,
    caption: Html,
    heading: Html,
    asked: Option<Asked>,
    facts: Facts,
    why: Option<String>,
    limit: Html,
    calendar: Option<Html>,
    steps: Steps,
    results: Vec<Html>,
    files: Vec<FileLine>,
    forms: Vec<Html>,
    fees: Vec<Html>,
    code: Html,
    look_up: String,
    withdraw: Option<String>,
    rate: Option<(Choices, TextArea)>,
    rate_action: String,
    rated: bool,
}

/// What is asked of the owner now, if anything.
fn asked(services: &Services, page: &Page, view: &CaseView, agencies: &Agencies) -> Option<Asked> {
    let case = &view.case;
    if let Some(supplement) = open_supplement(view) {
        let promised = case.promised_at.map(|at| due_text(page.lang, at, services.ambient.today()));
        return Some(Asked {
            title: page.t("services-track-asked"),
            items: supplement.items.iter().map(|item| page.vietnamese(&item.what)).collect(),
            quote: Some(page.vietnamese(format!("“{}”", supplement.reason.trim()))),
            text: Some(match promised {
                Some(due) => page.t1("services-track-asked-date", "due", due),
                None => page.t("services-track-asked-no-date"),
            }),
            href: Some(page.href(format!("/ho-so/{}/bo-sung", case.id))),
            button: page.t("services-supplement-button"),
            pay: None,
        });
    }
    let amount = due_now(view);
    if amount.dong() > 0 && !case.state.is_end() {
        return Some(Asked {
            title: page.t1("services-track-pay", "amount", page.money(amount)),
            items: Vec::new(),
            quote: None,
            text: Some(page.t1("services-fees-words", "words", haidang_kernel::format::money_words(page.lang, amount))),
            href: None,
            button: page.t("services-pay"),
            pay: Some(page.href(format!("/ho-so/{}/thanh-toan", case.id))),
        });
    }
    (case.state == CaseState::ResultReady).then(|| Asked {
        title: page.t("services-track-collect"),
        items: Vec::new(),
        quote: None,
        text: Some(page.t1("services-track-collect-at", "agency", name_of(page, agencies, &case.receiving_agency))),
        href: None,
        button: String::new(),
        pay: None,
    })
}

fn facts(services: &Services, page: &Page, view: &CaseView, version: &Version, agencies: &Agencies) -> Facts {
    let case = &view.case;
    let today = services.ambient.today();
    let (term, value, remark) = match (case.ended_at, case.due_at.or(case.promised_at)) {
        (Some(at), _) => ("services-track-ended", page.date_weekday(time::civil(at).date()), String::new()),
        (None, Some(due)) => {
            let paused = case.due_at.is_none();
            let left = services.clock().calendar.working_days_left(services.ambient.now(), due);
            let remark = if paused {
                page.t("services-track-clock-stopped")
            } else {
                haidang_kernel::format::days_left(page.lang, left)
            };
            ("services-track-due", due_text(page.lang, due, today), remark)
        }
        (None, None) if case.accepted_at.is_none() => {
            ("services-track-due", page.t("services-track-not-accepted"), page.t("services-track-not-accepted-why"))
        }
        (None, None) => {
            ("services-track-due", page.t("services-start-no-date"), page.t("services-start-no-date-source"))
        }
    };
    let step = version.step(&case.step).and_then(|step| {
        let vi = step.name.clone()?;
        Some(haidang_kernel::bilingual::Bilingual { vi, en: step.name_en.clone() })
    });
    let step = step.filter(|_| !case.state.is_end()).map(|name| page.b(&name)).unwrap_or_default();
    let unpaid: i64 = view.fees.iter().filter(|fee| fee.is_due()).map(|fee| fee.amount.dong()).sum();
    let paid = view.fees.iter().any(|fee| fee.payment_id.is_some());
    let (fee, state) = match (unpaid, paid) {
        (0, false) => (page.money(haidang_kernel::money::Money(0)), String::new()),
        (0, true) => (page.t("services-track-fee-paid"), String::new()),
        _ => (page.money(haidang_kernel::money::Money(unpaid)), page.t("services-track-fee-due")),
    };
    Facts::new()
        .fact("calendar-days", page.t(term), value, remark)
        .fact("landmark", page.t("services-track-holder"), name_of(page, agencies, holder(view)), step)
        .fact("banknote", page.t("services-fees-title"), fee, state)
}

fn results(page: &Page, view: &CaseView, results: &[ResultRow]) -> Vec<Html> {
    results
        .iter()
        .filter(|result| result.issued_at.is_some())
        .map(|result| {
            let base = format!("/ho-so/{}/ket-qua/{}", view.case.id, result.id);
            let mut line = element("strong", "", page.vietnamese(&result.title));
            if let Some(number) = &result.number {
                line = line.then(Html::text(", ")).then(page.code(number));
            }
            if result.revoked_at.is_some() {
                line = line.then(Html::text(" ")).then(Tag::new(&page.t("services-result-revoked")).late());
            }
            line = line.then(Html::trusted("<br>")).then(link(page.href(&base), page.t("services-result-download")));
            line = line
                .then(Html::text(" · "))
                .then(link(page.href(format!("{base}/chu-ky")), page.t("services-result-signature")));
            match &result.token {
                Some(token) => {
                    line.then(Html::text(" · ")).then(link(format!("/kq/{token}"), page.t("services-result-verify")))
                }
                None => line,
            }
        })
        .collect()
}

fn rating(page: &Page, errors: &[ErrorItem], typed: &str) -> (Choices, TextArea) {
    let field = Field::new(page.lang, "level", page.t("services-rate-question")).errors(errors);
    let choices = (1..=5_i64)
        .rev()
        .map(|level| Choice::new(level.to_string(), page.t(&format!("services-rate-{level}"))))
        .collect();
    let words = Field::new(page.lang, "words", page.t("services-rate-words")).optional(true);
    (Choices::radios(field, choices), TextArea::new(words).value(typed).rows(3).limit(2000))
}

async fn draw(
    services: &Services,
    visitor: &Visitor,
    view: &CaseView,
    errors: Vec<ErrorItem>,
    typed: &str,
) -> Result<TrackingPage, Fault> {
    let case = &view.case;
    let version = services.version(&case.version_id)?;
    let agencies = agencies_of(services, view).await?;
    let mut page = visitor.page(procedure_name(visitor.lang, &version), "cases");
    page.private = true;
    page.errors = !errors.is_empty();
    page.part = Some(case.case_no.clone());
    let base = format!("/ho-so/{}", case.id);
    let found = services.results(&case.id).await?;
    let rated = services.is_rated(&case.id).await?;
    let asked_again: Vec<&str> =
        open_supplement(view).iter().flat_map(|row| &row.items).filter_map(|item| item.component.as_deref()).collect();
    let files = view
        .documents
        .iter()
        .map(|row| FileLine {
            html: file_link(&page, &base, row),
            tag: (asked_again.contains(&row.component.as_str()) && row.supplement_seq.is_none())
                .then(|| Tag::new(&page.t("services-track-again")).wait()),
        })
        .collect();
    let forms = view
        .forms
        .iter()
        .map(|form| {
            link(page.href(format!("{base}/giay/{}", form.id)), page.t(&format!("office-paper-{}", form.form_no)))
        })
        .collect();
    let fees = view
        .fees
        .iter()
        .map(|fee| {
            let state = match (&fee.exemption, fee.payment_id.is_some()) {
                (Some(why), _) => why.clone(),
                (None, true) => page.t("services-track-fee-paid"),
                (None, false) if fee.amount.dong() > 0 => page.t("services-track-fee-due"),
                _ => String::new(),
            };
            page.vietnamese(&fee.name)
                .then(Html::text(": "))
                .then(Html::text(page.money(fee.amount)))
                .then(Html::trusted("<br>"))
                .then(element("span", "hd-second", state))
        })
        .collect();
    let open = !case.state.is_end()
        && !matches!(case.state, CaseState::WithdrawalRequested | CaseState::ResultReady | CaseState::AwaitingIssue);
    let calendar = calendar(services, &page, view)?;
    let why = calendar
        .as_ref()
        .and_then(|_| case.due_at.or(case.promised_at))
        .map(|due| page.t1("services-track-why", "day", page.date(time::civil(due).date())));
    let (home, own) = (page.t("services-nav-home"), page.t("services-cases-title"));
    Ok(TrackingPage {
        crumbs: page.breadcrumbs(&[(home.as_str(), paths::HOME), (own.as_str(), paths::CASES)]),
        caption: Html::text(page.t("services-track-caption")).then(Html::text(" ")).then(page.code(&case.case_no)),
        heading: page.b(&short_name(&version)),
        asked: asked(services, &page, view, &agencies),
        facts: facts(services, &page, view, &version, &agencies),
        why,
        limit: limit_line(&page, view),
        calendar,
        steps: steps(&page, view, &version, &agencies, true),
        results: results(&page, view, &found),
        files,
        forms,
        fees,
        code: page.code(&case.lookup_code),
        look_up: page.href("/tra-cuu"),
        withdraw: open.then(|| page.href(format!("{base}/rut"))),
        rate: (case.ended_at.is_some() && !rated).then(|| rating(&page, &errors, typed)),
        rate_action: page.href(format!("{base}/danh-gia")),
        rated,
        errors,
        page,
    })
}

/// Shows one case to its owner.
pub async fn show_case(visitor: Visitor, Use(services): Use<State>, Path(case): Path<String>) -> Answer {
    let view = services.own_case(visitor.require_actor()?, &case_id(&case)?, &visitor.request_id).await?;
    html(draw(&services, &visitor, &view, Vec::new(), "").await?)
}

/// Keeps the owner's rating of a finished case.
pub async fn rate_own_case(
    visitor: Visitor,
    Use(services): Use<State>,
    Path(case): Path<String>,
    form: FormFields,
) -> Answer {
    let (actor, id) = (visitor.require_actor()?, case_id(&case)?);
    let Some(level) = form.filled("level").and_then(|level| level.parse::<i64>().ok()) else {
        let view = services.own_case(actor, &id, &visitor.request_id).await?;
        let errors = vec![ErrorItem::of("level", t(visitor.lang, "services-rate-choose", &[]))];
        return html_invalid(draw(&services, &visitor, &view, errors, form.text("words")).await?);
    };
    match services.rate(actor, &id, level, None, None, form.filled("words"), &visitor.request_id).await {
        Ok(()) => redirect(visitor.lang, &format!("/ho-so/{case}")),
        Err(problem) if problem.code == "already_rated" => redirect(visitor.lang, &format!("/ho-so/{case}")),
        Err(problem) => Err(problem.into()),
    }
}

/// Opens a file of one's own case, as a download.
pub async fn open_own_file(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((case, document)): Path<(String, String)>,
) -> Answer {
    let (actor, id) = (visitor.require_actor()?, case_id(&case)?);
    let row = services.open_document(actor, &id, &document, &visitor.request_id).await?;
    super::files::download(&services, &row).await
}

/// Shows a form that was issued to the owner, ready to print.
pub async fn show_case_form(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((case, form)): Path<(String, String)>,
) -> Answer {
    let (actor, id) = (visitor.require_actor()?, case_id(&case)?);
    let view = services.own_case(actor, &id, &visitor.request_id).await?;
    let form = services.form(&id, &form).await?;
    let mut page = visitor.page(t(visitor.lang, &format!("office-paper-{}", form.form_no), &[]), "");
    page.private = true;
    page.part = Some(view.case.case_no.clone());
    let sheet = super::office::sheets::of_form(&services, &page.city, &form, &view.documents);
    let shown = super::office::papers::PaperPage::new(page, &format!("/ho-so/{id}"), sheet);
    html(shown.form_file(&services, &form.id, &format!("/ho-so/{id}/giay/{}/tep", form.id)).await?)
}

/// Makes the signed file of a form that was issued to the owner, and goes to it.
pub async fn sign_case_form(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((case, form)): Path<(String, String)>,
) -> Answer {
    let (actor, id) = (visitor.require_actor()?, case_id(&case)?);
    let view = services.own_case(actor, &id, &visitor.request_id).await?;
    super::office::papers::make_signed_form(&services, &visitor, &id, &form, &view.documents).await?;
    redirect(visitor.lang, &format!("/ho-so/{id}/giay/{form}/tep"))
}

/// The signed file of a form that was issued to the owner.
pub async fn download_case_form(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((case, form)): Path<(String, String)>,
) -> Answer {
    let (actor, id) = (visitor.require_actor()?, case_id(&case)?);
    services.own_case(actor, &id, &visitor.request_id).await?;
    super::office::papers::signed_form(&services, &id, &form).await
}

async fn own_result(
    services: &Services,
    visitor: &Visitor,
    case: &str,
    result: &str,
) -> Result<(CaseView, ResultRow), Fault> {
    let view = services.own_case(visitor.require_actor()?, &case_id(case)?, &visitor.request_id).await?;
    let found = services.results(&view.case.id).await?.into_iter().find(|row| row.id.as_str() == result);
    let row = found.filter(|row| row.issued_at.is_some());
    Ok((view, row.ok_or_else(|| Problem::not_found("result_not_found", "no such result"))?))
}

/// Downloads the signed file of a result, byte for byte as it was signed.
pub async fn download_result(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((case, result)): Path<(String, String)>,
) -> Answer {
    let (view, row) = own_result(&services, &visitor, &case, &result).await?;
    super::files::result(&services, &view.case.case_no, &row).await
}

/// Downloads the detached signature of a result.
pub async fn download_signature(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((case, result)): Path<(String, String)>,
) -> Answer {
    let (view, row) = own_result(&services, &visitor, &case, &result).await?;
    super::files::signature(&view.case.case_no, &row)
}

/// Adds the routes of this file.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .page(Row::get("list_own_cases", "/ho-so").signed_in().example("/ho-so").role("resident"), list_own_cases)
        .page(Row::get("show_case", "/ho-so/{case}").signed_in().example("/ho-so/{case}").role("resident"), show_case)
        .page(Row::post("rate_own_case", "/ho-so/{case}/danh-gia").signed_in().audit("case.rated"), rate_own_case)
        .page(Row::get("open_own_file", "/ho-so/{case}/tep/{document}").signed_in().not_html(), open_own_file)
        .page(
            Row::get("show_case_form", "/ho-so/{case}/giay/{form}")
                .signed_in()
                .example("/ho-so/{case}/giay/{form}")
                .role("resident")
                .light_only(),
            show_case_form,
        )
        .page(
            Row::get("download_case_form", "/ho-so/{case}/giay/{form}/tep").signed_in().not_html(),
            download_case_form,
        )
        .page(
            Row::post("sign_case_form", "/ho-so/{case}/giay/{form}/tep").signed_in().audit("paper.sealed"),
            sign_case_form,
        )
        .page(Row::get("download_result", "/ho-so/{case}/ket-qua/{result}").signed_in().not_html(), download_result)
        .page(
            Row::get("download_signature", "/ho-so/{case}/ket-qua/{result}/chu-ky").signed_in().not_html(),
            download_signature,
        )
}
