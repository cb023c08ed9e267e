//! "Tôi đã đồng ý những gì": what, to whom, why, since when; agreeing, refusing, taking back, one purpose at a time.

use crate::room::IdentityRoom;
use askama::Template;
use axum::extract::State;
use haidang_contracts::Actor;
use haidang_contracts::consent::{Basis, Decision, NewDecision, Purpose};
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_ui::component::{Notification, SummaryList, SummaryRow, Tag};
use haidang_ui::{Html, Page, t};
use haidang_web::{Answer, Fault, FormFields, Path, Query, Visitor, html, redirect};
use jiff::Timestamp;
use serde::Deserialize;

use super::PATH;
use super::receipt::{Receipt, verify};

/// What was done a moment ago.
#[derive(Deserialize)]
pub(crate) struct Done {
    /// Code of the purpose that was decided.
    xong: Option<String>,
}

struct Card {
    code: String,
    title: Html,
    text: Html,
    state: Tag,
    facts: SummaryList,
    refusal: Html,
    asks: bool,
    granted: bool,
}

struct Line {
    at: Html,
    purpose: Html,
    decision: String,
    version: String,
    hash: String,
}

#[derive(Template)]
#[template(path = "consents.html")]
struct ConsentsPage {
    page: Page,
    done: Option<Notification>,
    asked: Vec<Card>,
    by_law: Vec<Card>,
    lines: Vec<Line>,
    intact: bool,
}

/// Refuses whoever acts for another in some procedures alone: consents are not part of a mandate.
pub(crate) fn in_full(actor: &Actor) -> Result<(), Problem> {
    if actor.acts_in_full() {
        return Ok(());
    }
    Err(Problem::forbidden("outside_mandate", "the mandate is for procedures alone"))
}

/// Whether a receipt allows a use now.
pub(crate) fn holds(receipt: &Receipt, now: Timestamp) -> bool {
    receipt.decision == Decision::Granted && receipt.expires_at.is_none_or(|end| now < end)
}

fn state(page: &Page, last: Option<&Receipt>, now: Timestamp) -> Tag {
    match last {
        None => page.tag(page.t("consent-state-none")),
        Some(last) if holds(last, now) => page.tag(page.t("consent-state-granted")).done(),
        Some(last) => match last.decision {
            Decision::Granted => page.tag(page.t("consent-state-expired")).wait(),
            Decision::Refused => page.tag(page.t("consent-state-refused")),
            Decision::Withdrawn => page.tag(page.t("consent-state-withdrawn")),
        },
    }
}

fn card(page: &Page, purpose: &Purpose, receipts: &[Receipt], now: Timestamp) -> Card {
    let last = receipts.iter().rev().find(|receipt| receipt.purpose == purpose.code);
    let row = |key: &str, value: Html| SummaryRow::new(page.t(key), value);
    let mut data = Html::text("");
    for (index, kind) in purpose.data.iter().enumerate() {
        if index > 0 {
            data = data.then(Html::text("; "));
        }
        data = data.then(page.b(kind));
    }
    let mut facts = vec![row("consent-controller", page.b(&purpose.controller))];
    facts.extend(purpose.processor.as_ref().map(|one| row("consent-processor", page.b(one))));
    facts.push(row("consent-data", data));
    facts.push(row("consent-basis", page.vietnamese(&purpose.legal_basis)));
    facts.extend(last.map(|last| row("consent-since", page.time(last.at))));
    facts.extend(last.and_then(|last| last.expires_at).map(|end| row("consent-until", page.time(end))));
    Card {
        code: purpose.code.clone(),
        title: page.b(&purpose.title),
        text: page.b(&purpose.text),
        state: match purpose.basis {
            Basis::Consent => state(page, last, now),
            Basis::Law => page.tag(page.t("consent-state-law")),
        },
        facts: SummaryList::new(facts),
        refusal: page.b(&purpose.refusal),
        asks: purpose.basis == Basis::Consent,
        granted: last.is_some_and(|last| holds(last, now)),
    }
}

/// Shows what one agreed to.
pub(crate) async fn list_consents(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Query(done): Query<Done>,
) -> Answer {
    let actor = visitor.require_actor()?;
    in_full(actor)?;
    let mut page = visitor.page(t(visitor.lang, "consent-title", &[]), "");
    page.private = true;
    let receipts = room.receipts(actor.subject()).await?;
    let (purposes, now) = (room.around().purposes(), visitor.site.ambient.now());
    let cards = |basis| {
        let chosen = purposes.all().iter().filter(move |purpose| purpose.basis == basis);
        chosen.map(|purpose| card(&page, purpose, &receipts, now)).collect::<Vec<_>>()
    };
    let (asked, by_law) = (cards(Basis::Consent), cards(Basis::Law));
    let decided = done.xong.filter(|code| receipts.last().is_some_and(|last| last.purpose == *code));
    let done =
        decided.map(|_| Notification::new("da-ghi", page.t("ui-notice-title"), page.t("consent-done")).success());
    let line = |receipt: &Receipt| Line {
        at: page.time(receipt.at),
        purpose: purposes.get(&receipt.purpose).map_or_else(|| Html::text(&receipt.purpose), |p| page.b(&p.title)),
        decision: page.t(&format!("consent-decision-{}", receipt.decision.as_str().to_lowercase())),
        version: receipt.text_version.clone(),
        hash: receipt.hash.to_string().chars().take(16).collect(),
    };
    let lines = receipts.iter().rev().map(line).collect();
    let intact = verify(&receipts).is_ok();
    html(ConsentsPage { done, asked, by_law, lines, intact, page })
}

/// Writes a decision down.
pub(crate) async fn decide_consent(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(purpose): Path<String>,
    form: FormFields,
) -> Answer {
    let actor = visitor.require_actor()?;
    let Some(decision) = Decision::parse(form.text("decision")) else {
        return Err(Problem::invalid("decision_invalid", "no such decision").into());
    };
    let new = NewDecision {
        actor: (**actor).clone(),
        subject: actor.subject().clone(),
        purpose: purpose.clone(),
        decision,
        channel: visitor.channel.as_str().to_owned(),
        about: None,
        request_id: visitor.request_id.clone(),
    };
    match room.decide_own(&new).await {
        Ok(_) => redirect(visitor.lang, &format!("{PATH}?xong={purpose}")),
        // Pressed on a page that has grown old: the page of now says how it stands.
        Err(Problem { kind: ProblemKind::Conflict, .. }) => redirect(visitor.lang, PATH),
        Err(problem) => Err(Fault::from(problem)),
    }
}
