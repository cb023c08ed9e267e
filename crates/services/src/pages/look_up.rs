//! Following a case without signing in: by its number and the code on the receipt, or by the secret of its QR code.

use super::common::{due_text, short_name, state_tag};
use super::timeline::{agencies_of, calendar, holder, limit_line, name_of, steps};
use crate::api::State;
use crate::service::Services;
use askama::Template;
use haidang_kernel::problem::ProblemKind;
use haidang_kernel::time;
use haidang_ui::component::{Facts, Steps, Tag, TextInput};
use haidang_ui::field::{ErrorItem, Field};
use haidang_ui::{Html, Page, t};
use haidang_web::{Answer, FormFields, Path, Routes, Row, State as Use, Visitor, html, html_invalid, redirect};

#[derive(Template)]
#[template(path = "look_up.html")]
struct LookUpPage {
    page: Page,
    errors: Vec<ErrorItem>,
    number: TextInput,
    code: TextInput,
}

fn form(visitor: &Visitor, errors: Vec<ErrorItem>, number: &str, code: &str) -> LookUpPage {
    let mut page = visitor.page(t(visitor.lang, "services-look-up-title", &[]), "cases");
    page.errors = !errors.is_empty();
    let number_field = Field::new(page.lang, "number", page.t("services-receipt-number"))
        .hint(page.t("services-look-up-number-hint"))
        .errors(&errors);
    let code_field = Field::new(page.lang, "code", page.t("services-receipt-code"))
        .hint(page.t("services-look-up-code-hint"))
        .errors(&errors);
    LookUpPage {
        number: TextInput::new(number_field).value(number).width(30).figures(),
        code: TextInput::new(code_field).value(code).width(10).figures(),
        errors,
        page,
    }
}

/// Asks for number and code.
pub async fn show_look_up(visitor: Visitor) -> Answer {
    html(form(&visitor, Vec::new(), "", ""))
}

/// Finds the case and goes to its secret address.
pub async fn find_by_code(visitor: Visitor, Use(services): Use<State>, typed: FormFields) -> Answer {
    let (number, code) = (typed.text("number").trim(), typed.text("code").trim());
    let mut errors = Vec::new();
    for (value, field, key) in
        [(number, "number", "services-look-up-number-empty"), (code, "code", "services-look-up-code-empty")]
    {
        if value.is_empty() {
            errors.push(ErrorItem::of(field, t(visitor.lang, key, &[])));
        }
    }
    if errors.is_empty() {
        match services.look_up(&number.to_uppercase(), code).await {
            Ok(view) => return redirect(visitor.lang, &format!("/tra-cuu/{}", view.case.lookup_token)),
            Err(problem) if problem.kind == ProblemKind::NotFound => {
                errors.push(ErrorItem::of("number", t(visitor.lang, "services-look-up-none", &[])));
            }
            Err(problem) => return Err(problem.into()),
        }
    }
    html_invalid(form(&visitor, errors, typed.text("number"), typed.text("code")))
}

#[derive(Template)]
#[template(path = "look_up_case.html")]
struct FoundPage {
    page: Page,
    caption: Html,
    heading: Html,
    tag: Tag,
    facts: Facts,
    limit: Html,
    calendar: Option<Html>,
    steps: Steps,
    asked: bool,
}

/// Shows state and dates to whoever holds the receipt; no name, no answer, no file.
pub async fn look_up_by_token(visitor: Visitor, Use(services): Use<State>, Path(token): Path<String>) -> Answer {
    let view = services.look_up_token(&token).await?;
    let services: &Services = &services;
    let case = &view.case;
    let version = services.version(&case.version_id)?;
    let agencies = agencies_of(services, &view).await?;
    let mut page = visitor.page(t(visitor.lang, "services-look-up-title", &[]), "cases");
    page.private = true;
    page.part = Some(case.case_no.clone());
    let today = services.ambient.today();
    let (term, value) = match (case.ended_at, case.due_at.or(case.promised_at)) {
        (Some(at), _) => ("services-track-ended", page.date_weekday(time::civil(at).date())),
        (None, Some(due)) => ("services-track-due", due_text(page.lang, due, today)),
        (None, None) if case.accepted_at.is_none() => ("services-track-due", page.t("services-track-not-accepted")),
        (None, None) => ("services-track-due", page.t("services-start-no-date")),
    };
    let facts = Facts::new()
        .fact("calendar-days", page.t(term), value, "")
        .fact("landmark", page.t("services-track-holder"), name_of(&page, &agencies, holder(&view)), "")
        .fact("clock", page.t("services-receipt-at"), page.moment(case.submitted_at), "");
    html(FoundPage {
        caption: Html::text(page.t("services-track-caption")).then(Html::text(" ")).then(page.code(&case.case_no)),
        heading: page.b(&short_name(&version)),
        tag: state_tag(page.lang, case.state),
        facts,
        limit: limit_line(&page, &view),
        calendar: calendar(services, &page, &view)?,
        steps: steps(&page, &view, &version, &agencies, false),
        asked: super::tracking::waits_for_owner(case),
        page,
    })
}

/// Adds the routes of this file.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .page(Row::get("show_look_up", "/tra-cuu").public().example("/tra-cuu"), show_look_up)
        .page(Row::post("find_by_code", "/tra-cuu").public().no_mutation("finds a case, stores nothing"), find_by_code)
        .page(
            Row::get("look_up_by_token", "/tra-cuu/{token}").public().example("/tra-cuu/{receipt_token}"),
            look_up_by_token,
        )
}
