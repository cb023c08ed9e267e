//! The box on top of a case: what must be decided, by which actions, with which consequences.

use super::case::Opened;
use super::frame::{dashed, due_text};
use crate::cases::office::Offered;
use crate::model::{ActionKind, CaseState};
use crate::service::Services;
use haidang_ui::component::Button;
use haidang_ui::{Html, Page};

/// One action with its consequence.
pub(super) struct Outcome {
    pub button: Option<Button>,
    pub name: String,
    pub text: String,
    pub warn: bool,
}

/// The box.
pub(super) struct Decide {
    pub title: String,
    pub text: Html,
    pub outcomes: Vec<Outcome>,
    pub more: Vec<Outcome>,
}

/// Actions of daily work stand open; the others behind a fold.
fn is_rare(action: ActionKind, state: CaseState) -> bool {
    use ActionKind as A;
    match action {
        A::Apologise | A::RequestPayment | A::Correct | A::Withdraw => true,
        A::Forward => state != CaseState::Coordinating,
        _ => false,
    }
}

/// The words of an action's button, named by its result.
pub(super) fn action_name(page: &Page, opened: &Opened, offer: &Offered) -> String {
    if let Some(name) = &offer.name {
        return name.text(page.lang).to_owned();
    }
    let case = &opened.view.case;
    if offer.action == ActionKind::Supplement && case.supplements > 0 {
        return page.t1("office-action-supplement-again", "time", case.supplements + 1);
    }
    page.t(&format!("office-action-{}", dashed(offer.action.as_str())))
}

/// What the action brings about, said before it is taken, and whether it is a warning.
pub(super) fn consequence(services: &Services, page: &Page, opened: &Opened, offer: &Offered) -> (String, bool) {
    let case = &opened.view.case;
    if let Some(code) = offer.blocked {
        return (page.t(&format!("office-blocked-{}", dashed(code))), true);
    }
    match offer.action {
        ActionKind::Accept => {
            let due = services.clock().due_at(services.ambient.now(), &case.limit.limit, &[]).ok().flatten();
            match due {
                Some(due) => (page.t1("office-then-accept-due", "due", due_text(page, due)), false),
                None => (page.t("office-then-accept"), false),
            }
        }
        ActionKind::Supplement if case.supplements > 0 => (page.t("office-then-supplement-again"), true),
        ActionKind::Supplement if case.accepted_at.is_none() => (page.t("office-then-supplement-before"), false),
        action => (page.t(&format!("office-then-{}", dashed(action.as_str()))), false),
    }
}

/// Builds the box for what stands open to the reader.
pub(super) fn decide(services: &Services, page: &Page, opened: &Opened, offers: &[Offered]) -> Decide {
    let case = &opened.view.case;
    let (mut outcomes, mut more) = (Vec::new(), Vec::new());
    for offer in offers {
        let (text, warn) = consequence(services, page, opened, offer);
        let name = action_name(page, opened, offer);
        let rare = is_rare(offer.action, case.state);
        let main = outcomes.is_empty() && !rare && !matches!(offer.action, ActionKind::Supplement | ActionKind::Return);
        let button = page.link_button(&name, format!("/can-bo/ho-so/{}/{}", case.id, offer.action));
        let button = if main { button } else { button.secondary() };
        let button = offer.blocked.is_none().then_some(button);
        let outcome = Outcome { button, name, text, warn };
        if rare { more.push(outcome) } else { outcomes.push(outcome) }
    }
    let title = if outcomes.is_empty() { page.t("office-decide-none") } else { title(page, opened) };
    let text = if outcomes.is_empty() { waiting(page, opened) } else { Html::default() };
    Decide { title, text, outcomes, more }
}

/// "Cần quyết định: thiếu 1 trong 4 giấy tờ", counted over the papers that must be there.
fn title(page: &Page, opened: &Opened) -> String {
    let needs = opened.version.components(&opened.facts);
    let required: Vec<_> = needs.iter().filter(|need| need.required).collect();
    let there = |id: &str| opened.view.documents.iter().any(|document| document.component == id);
    let missing = required.iter().filter(|need| !need.by_form && !need.presented && !there(&need.id)).count();
    match (required.len(), missing) {
        (0, _) => page.t("office-decide"),
        (_, 0) => page.t("office-decide-complete"),
        (all, missing) => page.t2("office-decide-missing", "missing", missing, "all", all),
    }
}

/// Why there is nothing to decide here now.
fn waiting(page: &Page, opened: &Opened) -> Html {
    let case = &opened.view.case;
    let key = match case.state {
        CaseState::AwaitingSupplement => "office-wait-supplement",
        CaseState::AwaitingPayment => "office-wait-payment",
        state if state.is_end() => "office-wait-ended",
        CaseState::Consulting => "office-wait-consulting",
        _ => "office-wait-other",
    };
    Html::text(page.t(key))
}
