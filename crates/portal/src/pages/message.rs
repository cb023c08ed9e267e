//! One message: what it tells, why the portal does not take it, and what can be done.

use super::overview::{QUEUE, wrong};
use super::{agency, by, office_page, status};
use crate::deciding::LONGEST_NOTE;
use crate::model::{Message, State as MessageState};
use crate::room::PortalRoom;
use askama::Template;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_ui::component::{SummaryList, SummaryRow, Tag, TextArea};
use haidang_ui::field::{ErrorItem, Field};
use haidang_ui::{Html, Page};
use haidang_web::{Answer, Fault, FormFields, Path, State, Visitor, html, html_invalid, redirect};

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage {
    page: Page,
    errors: Vec<ErrorItem>,
    id: String,
    state: Tag,
    facts: SummaryList,
    /// What to do, in words.
    advice: Option<String>,
    note: TextArea,
}

/// What a message tells, in words.
pub(super) fn what(page: &Page, message: &Message) -> String {
    let key = format!("portal-kind-{}", message.kind.as_str());
    page.t1(&key, "status", status(page, message.status))
}

/// Why it was refused: our words for the kind, then the portal's own.
pub(super) fn reason(page: &Page, message: &Message) -> Html {
    let word = message.reason_code.as_deref().filter(|word| ["content", "missing", "order"].contains(word));
    let ours = word.map_or_else(String::new, |word| page.t(&format!("portal-reason-{word}")));
    match message.reason.as_deref().filter(|text| !text.is_empty()) {
        Some(theirs) => Html::text(ours).then(Html::trusted("<br>")).then(page.vietnamese(theirs)),
        None => Html::text(ours),
    }
}

fn tag(page: &Page, state: MessageState) -> Tag {
    let tag = page.tag(page.t(&format!("portal-state-{}", state.as_str())));
    match state {
        MessageState::Refused => tag.late(),
        MessageState::Waiting | MessageState::Sending => tag.wait(),
        MessageState::Delivered => tag.done(),
        MessageState::Skipped => tag,
    }
}

async fn build(
    visitor: &Visitor,
    room: &PortalRoom,
    id: &str,
    form: &FormFields,
    errors: Vec<ErrorItem>,
) -> Result<MessagePage, Fault> {
    let shown = room.shown_message(id).await?;
    let mut page = office_page(visitor, "portal-message-title");
    page.errors = !errors.is_empty();
    let message = &shown.message;
    let row = |key: &str, value: Html| SummaryRow::new(page.t(key), value);
    let mut facts = vec![
        row("portal-column-case", page.code(&shown.case_no)),
        row("portal-column-procedure", page.code(&shown.procedure)),
        row("portal-column-agency", agency(room, &page, &shown.agency).await?),
        row("portal-column-what", Html::text(what(&page, message))),
        row("portal-column-since", page.time(message.queued_at)),
        row("portal-column-attempts", Html::text(page.number(message.attempts))),
    ];
    facts.extend(message.tried_at.map(|at| row("portal-column-tried", page.time(at))));
    facts.extend(message.reason_code.as_deref().map(|_| row("portal-column-reason", reason(&page, message))));
    facts.extend(message.sha256.as_deref().map(|digest| row("portal-column-digest", page.code(digest))));
    let refused = message.state == MessageState::Refused;
    let field = Field::new(page.lang, "note", page.t("portal-note")).hint(page.t("portal-note-hint")).errors(&errors);
    let advice =
        message.reason_code.as_deref().filter(|word| refused && ["content", "missing", "order"].contains(word));
    Ok(MessagePage {
        id: message.id.clone(),
        state: tag(&page, message.state),
        facts: SummaryList::new(facts),
        advice: advice.map(|word| page.t(&format!("portal-advice-{word}"))),
        note: TextArea::new(field).value(form.text("note")).limit(u32::try_from(LONGEST_NOTE).unwrap_or(500)),
        errors,
        page,
    })
}

/// One message.
pub(crate) async fn show_portal_message(
    visitor: Visitor,
    State(room): State<PortalRoom>,
    Path(id): Path<String>,
) -> Answer {
    html(build(&visitor, &room, &id, &FormFields::default(), Vec::new()).await?)
}

/// Whoever was slower sees how it stands now.
fn decided(visitor: &Visitor, id: &str, outcome: Result<(), Problem>) -> Answer {
    match outcome {
        Ok(()) => redirect(visitor.lang, QUEUE),
        Err(Problem { kind: ProblemKind::Conflict, .. }) => redirect(visitor.lang, &format!("{QUEUE}/thong-diep/{id}")),
        Err(problem) => Err(problem.into()),
    }
}

/// Sends it again.
pub(crate) async fn send_portal_message_again(
    visitor: Visitor,
    State(room): State<PortalRoom>,
    Path(id): Path<String>,
) -> Answer {
    let outcome = room.send_again(by(&visitor)?, &id).await;
    decided(&visitor, &id, outcome)
}

/// Leaves it out, with the reason.
pub(crate) async fn leave_portal_message_out(
    visitor: Visitor,
    State(room): State<PortalRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    match room.leave_out(by(&visitor)?, &id, form.text("note")).await {
        Err(Problem { kind: ProblemKind::Invalid, errors, .. }) => {
            let long = errors.iter().any(|error| error.code == "too_long");
            let key = if long { "portal-note-too-long" } else { "portal-note-required" };
            html_invalid(build(&visitor, &room, &id, &form, vec![wrong(&visitor, "note", key)]).await?)
        }
        outcome => decided(&visitor, &id, outcome),
    }
}
