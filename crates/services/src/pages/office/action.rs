//! One page for each action: what will happen is said first, then what the action needs, then one button.

use super::action_fields::{Fields, command_of, fields, problem_items};
use super::case::Opened;
use super::decide::{action_name, consequence};
use super::frame::{office_page, state_text};
use crate::api::{State, case_id};
use crate::cases::office::Offered;
use crate::model::ActionKind;
use crate::service::Services;
use askama::Template;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_kernel::time;
use haidang_ui::component::{Cell, Column, SummaryList, SummaryRow, Table};
use haidang_ui::field::ErrorItem;
use haidang_ui::{Html, Page, t};
use haidang_web::{
    Answer, Fault, FormFields, Path, Routes, Row, State as Use, StatusCode, Visitor, html, html_status, redirect,
};
use jiff::SignedDuration;

#[derive(Template)]
#[template(path = "office/action.html")]
struct ActionPage {
    page: Page,
    errors: Vec<ErrorItem>,
    back: String,
    facts: SummaryList,
    consequence: String,
    warn: bool,
    fields: Fields,
    button: String,
    dangerous: bool,
    revision: i64,
    seen: usize,
    /// What others did since the page was opened, when saving was refused for it.
    changed: Option<Table>,
    state_now: String,
    blocked: bool,
    /// What the result would say.
    draft: Option<Html>,
}

/// The action in the address; an unknown one is an address that does not exist.
fn action_of(text: &str) -> Result<ActionKind, Fault> {
    ActionKind::parse(text).ok_or_else(|| Problem::not_found("action_unknown", "no such action").into())
}

/// The offer of the action, or 409: the case has moved on, or the step belongs to somebody else.
fn offered(services: &Services, visitor: &Visitor, opened: &Opened, action: ActionKind) -> Result<Offered, Fault> {
    let actor = visitor.require_actor()?;
    let offers = services.offered(actor, &opened.view, &opened.consultations, &opened.results)?;
    offers.into_iter().find(|offer| offer.action == action).ok_or_else(|| {
        Problem::conflict("transition_not_allowed", format!("'{action}' is not open to this official now")).into()
    })
}

/// Whether the second factor must be shown again before this action.
fn stale_factor(services: &Services, visitor: &Visitor, action: ActionKind) -> Result<bool, Fault> {
    if !action.needs_fresh_factor() {
        return Ok(false);
    }
    let most = SignedDuration::from_secs(services.settings.fresh_factor_seconds);
    let now = services.ambient.now();
    let shown = visitor.require_actor()?.second_factor_at;
    Ok(shown.is_none_or(|at| now.duration_since(at) > most))
}

/// To the page of the second factor and back to the action.
fn step_up(visitor: &Visitor, back: &str) -> Answer {
    let next = haidang_web::encode([("next", back)]);
    redirect(visitor.lang, &format!("{}?{next}", visitor.site.settings.step_up_path))
}

/// Shows what an action does and asks for what it needs.
pub async fn show_action(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((id, action)): Path<(String, String)>,
) -> Answer {
    let action = action_of(&action)?;
    let opened = Opened::read(&services, &visitor, &id).await?;
    let offer = offered(&services, &visitor, &opened, action)?;
    if stale_factor(&services, &visitor, action)? {
        return step_up(&visitor, &format!("/can-bo/ho-so/{}/{action}", opened.view.case.id));
    }
    html(action_page(&visitor, &services, &opened, &offer, &FormFields::default(), Vec::new()).await?)
}

async fn action_page(
    visitor: &Visitor,
    services: &Services,
    opened: &Opened,
    offer: &Offered,
    typed: &FormFields,
    errors: Vec<ErrorItem>,
) -> Result<ActionPage, Fault> {
    let case = &opened.view.case;
    let mut page = office_page(visitor, "", "inbox");
    page.title = action_name(&page, opened, offer);
    page.part = Some(page.t1("office-case-part", "number", &case.case_no));
    page.errors = !errors.is_empty();
    let (text, warn) = consequence(services, &page, opened, offer);
    Ok(ActionPage {
        facts: facts(&page, opened, offer),
        fields: fields(services, &page, opened, offer.action, typed, &errors),
        back: format!("/can-bo/ho-so/{}", case.id),
        consequence: text,
        warn,
        button: page.title.clone(),
        dangerous: matches!(offer.action, ActionKind::Refuse | ActionKind::Stop | ActionKind::Correct),
        revision: case.revision,
        seen: opened.view.events.len(),
        changed: None,
        state_now: state_text(page.lang, case.state),
        blocked: offer.blocked.is_some(),
        draft: draft_of(visitor, services, opened, offer).await?,
        errors,
        page,
    })
}

/// What is proposed or signed, to be read before: nobody signs what they have not seen.
async fn draft_of(
    visitor: &Visitor,
    services: &Services,
    opened: &Opened,
    offer: &Offered,
) -> Result<Option<Html>, Fault> {
    if offer.blocked.is_some() || !matches!(offer.action, ActionKind::Propose | ActionKind::Approve | ActionKind::Sign)
    {
        return Ok(None);
    }
    let signs = matches!(offer.action, ActionKind::Sign);
    let signer = if signs { visitor.require_actor()?.display_name.as_str() } else { "" };
    Ok(services.draft_result(&opened.view.case, signer).await?.map(Html::trusted))
}

/// Of which case, in which state now, and where it goes.
fn facts(page: &Page, opened: &Opened, offer: &Offered) -> SummaryList {
    let case = &opened.view.case;
    let mut rows = vec![
        SummaryRow::new(page.t("office-column-owner"), page.vietnamese(&case.owner_name)),
        SummaryRow::new(page.t("office-column-case"), page.code(&case.case_no)),
        SummaryRow::new(page.t("office-column-procedure"), page.b(&opened.version.name())),
        SummaryRow::new(page.t("office-column-state"), state_text(page.lang, case.state)),
    ];
    if offer.blocked.is_none() && offer.next != case.state {
        rows.push(SummaryRow::new(page.t("office-action-next"), state_text(page.lang, offer.next)));
    }
    if let Some(step) = offer.to_step.as_ref().filter(|step| **step != case.step) {
        rows.push(SummaryRow::new(page.t("office-action-step"), opened.step_name(page, step)));
    }
    SummaryList::new(rows)
}

/// Does the action.
pub async fn take_action(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((id, action)): Path<(String, String)>,
    form: FormFields,
) -> Answer {
    let action = action_of(&action)?;
    let (actor, case) = (visitor.require_actor()?, case_id(&id)?);
    let command = match command_of(visitor.lang, action, &form, &visitor.request_id) {
        Ok(command) => command,
        Err(errors) => return refused(&visitor, &services, &id, action, &form, errors, 422).await,
    };
    match services.act(actor, &case, command).await {
        Ok(_) => redirect(visitor.lang, &format!("/can-bo/ho-so/{case}?done={action}")),
        Err(problem) if problem.code == "second_factor_required" => {
            step_up(&visitor, &format!("/can-bo/ho-so/{case}/{action}"))
        }
        Err(problem) if problem.code == "changed_meanwhile" => changed(&visitor, &services, &id, action, &form).await,
        Err(problem) => {
            let items = problem_items(visitor.lang, &problem);
            if items.is_empty() {
                return Err(problem.into());
            }
            let status = if problem.kind == ProblemKind::Conflict { 409 } else { 422 };
            refused(&visitor, &services, &id, action, &form, items, status).await
        }
    }
}

async fn refused(
    visitor: &Visitor,
    services: &Services,
    id: &str,
    action: ActionKind,
    form: &FormFields,
    errors: Vec<ErrorItem>,
    status: u16,
) -> Answer {
    let opened = Opened::read(services, visitor, id).await?;
    let offer = offered(services, visitor, &opened, action)?;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    html_status(status, action_page(visitor, services, &opened, &offer, form, errors).await?)
}

/// Somebody was faster: says what they did beside what the reader typed, which stays.
async fn changed(visitor: &Visitor, services: &Services, id: &str, action: ActionKind, form: &FormFields) -> Answer {
    let opened = Opened::read(services, visitor, id).await?;
    let offer = offered(services, visitor, &opened, action)?;
    let errors = vec![ErrorItem::general(t(visitor.lang, "office-problem-changed-meanwhile", &[]))];
    let mut template = action_page(visitor, services, &opened, &offer, form, errors).await?;
    let page = &template.page;
    let columns = ["when", "what", "reason"];
    let columns = columns.map(|key| Column::new(page.t(&format!("office-column-{key}")))).to_vec();
    let mut table = Table::new(page.t("office-changed-caption"), columns);
    let seen = form.filled("seen").and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
    for event in opened.view.events.iter().skip(seen) {
        let what = page.t(&format!("office-event-{}", super::frame::dashed(&event.action)));
        table = table.row(vec![
            Cell::from(page.time(event.at)),
            Cell::from(Html::text(what).then(Html::text(", ")).then(page.vietnamese(&event.actor_name))),
            Cell::from(page.vietnamese(event.reason.clone().unwrap_or_default())),
        ]);
    }
    template.changed = Some(table);
    html_status(StatusCode::CONFLICT, template)
}

/// A day as the form sent it, in three parts.
pub(super) fn day_of(form: &FormFields, name: &str) -> Option<jiff::civil::Date> {
    let part = |part: &str| form.filled(&format!("{name}.{part}"))?.parse::<i16>().ok();
    let (day, month, year) = (part("day")?, part("month")?, part("year")?);
    jiff::civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// The next working days, for the hint beside a new date.
pub(super) fn example_date(services: &Services) -> Option<jiff::civil::Date> {
    let clock = services.clock();
    let mut day = time::civil(services.ambient.now()).date();
    for _ in 0..3 {
        day = clock.calendar.next_working(day)?;
    }
    Some(day)
}

/// Adds the routes of this file.
pub(super) fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .page(
            Row::get("show_action", "/can-bo/ho-so/{case}/{action}")
                .official()
                .example("/can-bo/ho-so/{office_case}/apologise")
                .role("official"),
            show_action,
        )
        .page(Row::post("take_action", "/can-bo/ho-so/{case}/{action}").official().audit("case.acted"), take_action)
}
