//! Asking to withdraw a case.

use super::common::short_name;
use crate::api::{State, case_id};
use crate::cases::command::Command;
use crate::cases::reading::CaseView;
use crate::model::ActionKind;
use crate::service::Services;
use askama::Template;
use haidang_ui::component::TextArea;
use haidang_ui::field::{ErrorItem, Field};
use haidang_ui::{Html, Page, t};
use haidang_web::{Answer, Fault, FormFields, Path, Routes, Row, State as Use, Visitor, html, html_invalid, redirect};

#[derive(Template)]
#[template(path = "withdrawal.html")]
struct WithdrawalPage {
    page: Page,
    errors: Vec<ErrorItem>,
    back: String,
    caption: Html,
    reason: TextArea,
    action: String,
}

fn draw(
    services: &Services,
    visitor: &Visitor,
    view: &CaseView,
    errors: Vec<ErrorItem>,
    typed: &str,
) -> Result<WithdrawalPage, Fault> {
    let version = services.version(&view.case.version_id)?;
    let mut page = visitor.page(t(visitor.lang, "services-withdraw-title", &[]), "cases");
    page.private = true;
    page.errors = !errors.is_empty();
    page.part = Some(view.case.case_no.clone());
    let base = format!("/ho-so/{}", view.case.id);
    let field = Field::new(page.lang, "reason", page.t("services-withdraw-reason")).errors(&errors);
    Ok(WithdrawalPage {
        reason: TextArea::new(field).value(typed).limit(2000),
        back: base.clone(),
        caption: page.b(&short_name(&version)).then(Html::text(", ")).then(page.code(&view.case.case_no)),
        action: page.href(format!("{base}/rut")),
        errors,
        page,
    })
}

/// Asks for the reason of the withdrawal and says what follows.
pub async fn show_withdrawal(visitor: Visitor, Use(services): Use<State>, Path(case): Path<String>) -> Answer {
    let view = services.own_case(visitor.require_actor()?, &case_id(&case)?, &visitor.request_id).await?;
    html(draw(&services, &visitor, &view, Vec::new(), "")?)
}

/// Sends the request.
pub async fn withdraw_case(
    visitor: Visitor,
    Use(services): Use<State>,
    Path(case): Path<String>,
    form: FormFields,
) -> Answer {
    let (actor, id) = (visitor.require_actor()?, case_id(&case)?);
    let reason = form.text("reason").trim();
    let fault = match reason.chars().count() {
        0 => Some("services-withdraw-reason-empty"),
        count if count > 2000 => Some("services-withdraw-reason-long"),
        _ => None,
    };
    if let Some(key) = fault {
        let view = services.own_case(actor, &id, &visitor.request_id).await?;
        let errors = vec![ErrorItem::of("reason", t(visitor.lang, key, &[]))];
        return html_invalid(draw(&services, &visitor, &view, errors, form.text("reason"))?);
    }
    let command = Command::new(ActionKind::Withdraw, &visitor.request_id).because(reason);
    services.act(actor, &id, command).await?;
    redirect(visitor.lang, &format!("/ho-so/{case}"))
}

/// Adds the routes of this file.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .page(
            Row::get("show_withdrawal", "/ho-so/{case}/rut").signed_in().example("/ho-so/{case}/rut").role("resident"),
            show_withdrawal,
        )
        .page(Row::post("withdraw_case", "/ho-so/{case}/rut").signed_in().audit("case.withdrawal_asked"), withdraw_case)
}
