//! The way of a case in steps: behind it, here, still to come; and the reason of its date.

use super::common::{agency_name, dashed, element, link, state_text};
use crate::cases::reading::CaseView;
use crate::cases::row::EventRow;
use crate::model::CaseState;
use crate::procedure::Version;
use crate::service::Services;
use haidang_contracts::identity::Agency;
use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::problem::Problem;
use haidang_ui::component::{ExplainedDate, StepItem, StepState, Steps};
use haidang_ui::{Html, IntoHtml, Page};
use std::collections::BTreeMap;

/// Names of the agencies a case has met.
pub(super) type Agencies = BTreeMap<String, Agency>;

/// Reads the agencies that a case names.
pub(super) async fn agencies_of(services: &Services, view: &CaseView) -> Result<Agencies, Problem> {
    let case = &view.case;
    let mut codes = vec![case.receiving_agency.clone(), case.deciding_agency().to_owned()];
    codes.extend(view.events.iter().filter_map(|event| event.agency.clone()));
    codes.extend(view.tasks.iter().map(|task| task.agency.clone()));
    let mut found = Agencies::new();
    for code in codes {
        if !found.contains_key(&code)
            && let Some(agency) = services.directory.agency(&code).await?
        {
            found.insert(code, agency);
        }
    }
    Ok(found)
}

/// The name of an agency of the case.
pub(super) fn name_of(page: &Page, agencies: &Agencies, code: &str) -> String {
    agencies.get(code).map_or_else(|| code.to_owned(), |agency| agency_name(page.lang, agency))
}

/// The unit that has the case on its desk now.
pub(super) fn holder(view: &CaseView) -> &str {
    let task = view.tasks.iter().find(|task| task.kind != "consultation");
    task.map_or_else(|| view.case.deciding_agency(), |task| task.agency.as_str())
}

/// What its owner is told; what moves inside an agency stays inside.
const TOLD: [&str; 19] = [
    "submit",
    "accept",
    "supplement",
    "answer_supplement",
    "refuse",
    "forward",
    "consult",
    "request_payment",
    "paid",
    "payment_failed",
    "sign",
    "result_issued",
    "hand_over",
    "stop",
    "withdraw",
    "accept_withdrawal",
    "decline_withdrawal",
    "apologise",
    "correct",
];

fn told(page: &Page, event: &EventRow, agencies: &Agencies, forms: &BTreeMap<String, String>, open: bool) -> StepItem {
    let failed = matches!(event.action.as_str(), "refuse" | "stop" | "payment_failed");
    let state = if failed { StepState::Failed } else { StepState::Done };
    let title = page.t(&format!("services-event-{}", dashed(&event.action)));
    let mut item = StepItem::new(state, title).line(page.time(event.at));
    if let Some(agency) = &event.agency {
        item = item.line(name_of(page, agencies, agency));
    }
    if open {
        if let Some(reason) = event.reason.as_ref().filter(|reason| !reason.trim().is_empty()) {
            item = item.line(page.vietnamese(format!("“{}”", reason.trim())));
        }
        if let Some(href) = forms.get(&event.action) {
            item = item.line(link(href, page.t(&format!("services-event-form-{}", dashed(&event.action)))));
        }
    }
    item
}

/// All steps. `open` also tells reasons and papers, for the owner alone.
pub(super) fn steps(page: &Page, view: &CaseView, version: &Version, agencies: &Agencies, open: bool) -> Steps {
    let case = &view.case;
    let mut forms: BTreeMap<String, String> = BTreeMap::new();
    for form in &view.forms {
        let action = match form.form_no.as_str() {
            "01" => "accept",
            "02" => "supplement",
            "03" => "refuse",
            "04" => "apologise",
            "05" => "stop",
            _ => continue,
        };
        forms.insert(action.to_owned(), page.href(format!("/ho-so/{}/giay/{}", case.id, form.id)));
    }
    let mut items: Vec<StepItem> = view
        .events
        .iter()
        .filter(|event| TOLD.contains(&event.action.as_str()))
        .map(|event| told(page, event, agencies, &forms, open))
        .collect();
    if !case.state.is_end() {
        let paused = matches!(case.state, CaseState::AwaitingSupplement | CaseState::AwaitingPayment);
        let state = if paused { StepState::Paused } else { StepState::Now };
        let mut now = StepItem::new(state, state_text(page.lang, case.state));
        now = now.line(name_of(page, agencies, holder(view)));
        if paused {
            now = now.line(page.t("services-track-paused"));
        }
        items.push(now);
        items.extend(coming(page, view, version));
    }
    Steps::new(page.lang, items)
}

fn coming(page: &Page, view: &CaseView, version: &Version) -> Vec<StepItem> {
    let steps = version.steps();
    let here = steps.iter().position(|step| step.id == view.case.step).map_or(steps.len(), |place| place + 1);
    let later = steps.iter().skip(here).filter(|step| !step.optional);
    later
        .filter_map(|step| {
            let vi = step.name.clone()?;
            let name = Bilingual { vi, en: step.name_en.clone() };
            Some(StepItem::new(StepState::Next, name.text(page.lang)))
        })
        .collect()
}

/// The date of a case with the reason of every day; nothing where no date was promised.
pub(super) fn calendar(services: &Services, page: &Page, view: &CaseView) -> Result<Option<Html>, Problem> {
    let case = &view.case;
    let Some(accepted) = case.accepted_at else { return Ok(None) };
    let due = services.clock().explain(case, &view.pauses)?;
    if due.days.len() < 2 {
        return Ok(None);
    }
    let today = case.ended_at.is_none().then(|| services.ambient.today());
    Ok(Some(ExplainedDate::of(page.lang, &due, accepted, today).into_html()))
}

/// The sentence before the calendar: limit, law.
pub(super) fn limit_line(page: &Page, view: &CaseView) -> Html {
    let limit = super::common::limit_text(page.lang, &view.case.limit.limit);
    let text = Html::text(page.t1("services-track-limit", "limit", limit));
    if view.case.limit.basis.is_empty() {
        return text;
    }
    text.then(Html::text(" "))
        .then(Html::text(page.t("services-track-basis")))
        .then(Html::text(" "))
        .then(element("span", "", page.vietnamese(&view.case.limit.basis)))
        .then(Html::text("."))
}
