//! Why may I, and why not: an official's own rights with the rules behind them.

use askama::Template;
use axum::extract::State;
use haidang_contracts::authorizer::{Authorizer as _, Circumstances, Ground, Question, Resource, Verdict};
use haidang_ui::component::{Cell, Column, Table};
use haidang_ui::{Html, Page, t};
use haidang_web::{Answer, Fault, Query, Visitor, html};
use serde::Deserialize;
use std::sync::Arc;

use super::action_text;
use crate::roles::CAPABILITIES;
use crate::room::IdentityRoom;

/// About which right.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    /// Capability; without one all are shown.
    action: Option<String>,
}

struct Answered {
    title: String,
    tag: String,
    lines: Vec<Html>,
}

#[derive(Template)]
#[template(path = "organisation/rights.html")]
struct RightsPage {
    page: Page,
    one: Option<Answered>,
    table: Table,
    policy_set: String,
}

/// The verdict on a capability for whoever asks, in the circumstances of this very request.
pub(in crate::organisation) async fn verdict(
    visitor: &Visitor,
    room: &IdentityRoom,
    action: &str,
) -> Result<Verdict, Fault> {
    let actor = visitor.require_actor()?;
    // No row in particular: the level of a row of its own is not part of "what may I".
    let resource = Resource::Route { id: "any".to_owned(), minimum_acr: 1 };
    let circumstances = Circumstances::of(actor, visitor.site.ambient.now());
    let question = Question { actor, action, resource: &resource, circumstances: &circumstances };
    Ok(room.authorize(&question).await?)
}

/// The words of the rules that count: those that decided, else those that would have permitted.
pub(super) fn rules(page: &Page, verdict: &Verdict) -> Vec<Html> {
    let line = |ground: &Arc<Ground>| page.b(&ground.text).then(Html::text(" ")).then(page.code(&ground.policy));
    let grounds = if verdict.grounds.is_empty() { &verdict.missed } else { &verdict.grounds };
    grounds.iter().map(line).collect()
}

pub(super) fn word(page: &Page, verdict: &Verdict) -> String {
    page.t(if verdict.allowed { "identity-rights-yes" } else { "identity-rights-no" })
}

/// Shows all rights, or one with its rules in full.
pub(crate) async fn show_rights(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Query(asked): Query<Asked>,
) -> Answer {
    let page = visitor.page(t(visitor.lang, "identity-rights-title", &[]), "");
    let one = match asked.action.as_deref().filter(|action| CAPABILITIES.contains(action)) {
        None => None,
        Some(action) => {
            let verdict = verdict(&visitor, &room, action).await?;
            let title = action_text(page.lang, action);
            Some(Answered { title, tag: word(&page, &verdict), lines: rules(&page, &verdict) })
        }
    };
    let columns = ["right", "answer", "rule"];
    let columns = columns.map(|key| Column::new(page.t(&format!("identity-rights-{key}")))).to_vec();
    let mut table = Table::new(page.t("identity-rights-all"), columns);
    for action in CAPABILITIES {
        let verdict = verdict(&visitor, &room, action).await?;
        let rules = rules(&page, &verdict).into_iter().next().unwrap_or_else(|| Html::text("—"));
        let right = action_text(page.lang, action);
        table = table.row(vec![Cell::from(right), Cell::from(word(&page, &verdict)), Cell::from(rules)]);
    }
    html(RightsPage { one, table, policy_set: room.policies().hash().to_string(), page })
}
