//! It arrived: the number, the receipt of submission, the expected date with its reason, and paying what is due.

use super::common::{agency_of, due_text, element, limit_text, procedure_name, short_name};
use crate::api::{State, case_id};
use crate::cases::reading::CaseView;
use crate::service::Services;
use askama::Template;
use haidang_kernel::format;
use haidang_kernel::money::Money;
use haidang_ui::component::{ExplainedDate, Panel, Reasons, SummaryList, SummaryRow};
use haidang_ui::{Html, IntoHtml, Page, qr_picture, t};
use haidang_web::{Answer, Fault, Path, Routes, Row, State as Use, Visitor, html, redirect};

/// What is due now on a case, in đồng.
pub(super) fn due_now(view: &CaseView) -> Money {
    use crate::model::CaseState;
    let late = matches!(view.case.state, CaseState::ResultReady | CaseState::AwaitingPayment);
    let upto = if late { 4 } else { 2 };
    Money(view.fees.iter().filter(|fee| fee.is_due() && fee.collect_at <= upto).map(|fee| fee.amount.dong()).sum())
}

/// The public address that follows a case without signing in.
pub(super) fn look_up_address(services: &Services, token: &str) -> String {
    format!("{}/tra-cuu/{token}", services.settings.origin)
}

#[derive(Template)]
#[template(path = "confirmation.html")]
struct ConfirmationPage {
    page: Page,
    panel: Panel,
    receipt: SummaryList,
    qr: Html,
    address: String,
    due: Option<String>,
    words: Option<String>,
    pay: String,
    expected: Html,
    calendar: Option<Html>,
    next: Reasons,
    track: String,
}

async fn receipt(services: &Services, page: &Page, view: &CaseView) -> Result<SummaryList, Fault> {
    let case = &view.case;
    let version = services.version(&case.version_id)?;
    let unit = agency_of(services, page.lang, &case.receiving_agency).await?;
    let row = |key: &str, value: Html| SummaryRow::new(page.t(key), value);
    Ok(SummaryList::new(vec![
        row("services-receipt-procedure", page.b(&short_name(&version))),
        row("services-receipt-owner", page.vietnamese(&case.owner_name)),
        row("services-receipt-at", Html::text(page.moment(case.submitted_at))),
        row("services-receipt-unit", Html::text(unit)),
        row("services-receipt-code", page.code(&case.lookup_code)),
    ]))
}

/// Shows that the case arrived.
pub async fn show_confirmation(visitor: Visitor, Use(services): Use<State>, Path(case): Path<String>) -> Answer {
    let actor = visitor.require_actor()?;
    let view = services.own_case(actor, &case_id(&case)?, &visitor.request_id).await?;
    let lang = visitor.lang;
    let version = services.version(&view.case.version_id)?;
    let mut page = visitor.page(t(lang, "services-filed-title", &[]), "cases");
    page.private = true;
    page.part = Some(procedure_name(lang, &version));
    let body = Html::text(page.t("services-filed-number")).then(Html::trusted("<br>")).then(element(
        "span",
        "hd-small hd-strong",
        page.code(&view.case.case_no),
    ));
    let clock = services.clock().explain(&view.case, &view.pauses)?;
    let today = services.ambient.today();
    let expected = match clock.at.filter(|_| version.promises()) {
        Some(at) => page.t2(
            "services-filed-expected",
            "limit",
            limit_text(lang, &view.case.limit.limit),
            "due",
            due_text(lang, at, today),
        ),
        None => page.t("services-check-no-date"),
    };
    let start = view.case.accepted_at.unwrap_or(view.case.submitted_at);
    let calendar = (clock.at.is_some() && clock.days.len() > 1 && version.promises())
        .then(|| ExplainedDate::of(lang, &clock, start, Some(today)).into_html());
    let address = look_up_address(&services, &view.case.lookup_token);
    let amount = due_now(&view);
    let owed = amount.dong() > 0;
    let mut next = Reasons::new();
    if owed {
        next = next.item("banknote", page.t("services-filed-next-pay"));
    }
    let next = next
        .item("check", page.t("services-filed-next-accept"))
        .item("bell", page.t("services-filed-next-message"))
        .item("file-text", page.t("services-filed-next-result"));
    html(ConfirmationPage {
        panel: Panel::new(&page.title, body),
        receipt: receipt(&services, &page, &view).await?,
        qr: qr_picture(&address, &page.t("services-filed-qr")),
        due: owed.then(|| page.money(amount)),
        words: owed.then(|| page.t1("services-fees-words", "words", format::money_words(lang, amount))),
        pay: page.href(format!("/ho-so/{case}/thanh-toan")),
        expected: Html::text(expected),
        calendar,
        next,
        track: page.href(format!("/ho-so/{case}")),
        address,
        page,
    })
}

/// Opens a payment of what is due and goes to the gateway.
pub async fn pay_fees(visitor: Visitor, Use(services): Use<State>, Path(case): Path<String>) -> Answer {
    let id = case_id(&case)?;
    let back = format!("/ho-so/{case}/thanh-toan");
    let started = services.start_payment(visitor.require_actor()?, &id, &back, &visitor.request_id).await;
    match started {
        Ok(start) => redirect(visitor.lang, &start.redirect),
        // Paid meanwhile, perhaps in another tab: the page of the payment says so.
        Err(problem) if problem.code == "nothing_due" => redirect(visitor.lang, &back),
        Err(problem) => Err(problem.into()),
    }
}

#[derive(Template)]
#[template(path = "payment_result.html")]
struct PaymentPage {
    page: Page,
    pending: bool,
    text: String,
    rows: SummaryList,
    pay: Option<String>,
    again: String,
    track: String,
}

/// Shows what became of the payment: the gateway itself is asked, never the browser.
pub async fn show_payment(visitor: Visitor, Use(services): Use<State>, Path(case): Path<String>) -> Answer {
    let (actor, id) = (visitor.require_actor()?, case_id(&case)?);
    let view = services.own_case(actor, &id, &visitor.request_id).await?;
    for payment in view.payments.iter().filter(|payment| payment.state == "pending") {
        if let Some(reference) = &payment.reference {
            services.settle_payment(reference).await?;
        }
    }
    let payments = services.payments_of(&id).await?;
    let last = payments.first();
    let (title, text) = match last.map(|payment| payment.state.as_str()) {
        Some("paid") => ("services-paid-title", "services-paid-text"),
        Some("failed") => ("services-payment-failed-title", "services-payment-failed-text"),
        Some(_) => ("services-payment-pending-title", "services-payment-pending-text"),
        None => ("services-payment-none-title", "services-payment-none-text"),
    };
    let mut page = visitor.page(t(visitor.lang, title, &[]), "cases");
    page.private = true;
    let mut rows = vec![SummaryRow::new(page.t("services-receipt-number"), page.code(&view.case.case_no))];
    if let Some(last) = last {
        let words = format::money_words(page.lang, last.amount);
        rows.push(SummaryRow::new(page.t("services-payment-amount"), page.money(last.amount)));
        rows.push(SummaryRow::new(page.t("services-payment-words"), words));
        rows.extend(last.settled_at.map(|at| SummaryRow::new(page.t("services-payment-at"), page.moment(at))));
        let reference = last.reference.as_ref().map(|code| page.code(code));
        rows.extend(reference.map(|code| SummaryRow::new(page.t("services-payment-reference"), code)));
    }
    let fees = services.fee_rows(&id).await?;
    let owed = fees.iter().any(|fee| fee.is_due() && fee.collect_at <= 2);
    html(PaymentPage {
        pending: last.is_some_and(|payment| payment.state == "pending"),
        text: page.t(text),
        rows: SummaryList::new(rows),
        pay: (owed && last.is_none_or(|payment| payment.state == "failed"))
            .then(|| page.href(format!("/ho-so/{case}/thanh-toan"))),
        again: page.href(format!("/ho-so/{case}/thanh-toan")),
        track: page.href(format!("/ho-so/{case}")),
        page,
    })
}

/// Adds the routes of this file.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .page(
            Row::get("show_confirmation", "/ho-so/{case}/da-nop")
                .signed_in()
                .example("/ho-so/{case}/da-nop")
                .role("resident"),
            show_confirmation,
        )
        .page(Row::post("pay_fees", "/ho-so/{case}/thanh-toan").signed_in().audit("payment.started"), pay_fees)
        .page(
            Row::get("show_payment", "/ho-so/{case}/thanh-toan")
                .signed_in()
                .example("/ho-so/{case}/thanh-toan")
                .role("resident"),
            show_payment,
        )
}
