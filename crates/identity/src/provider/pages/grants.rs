//! The systems that a person let know something, and taking it back.

use super::consent::scope_text;
use crate::provider::Provider;
use askama::Template;
use axum::extract::State;
use haidang_kernel::format;
use haidang_ui::{Page, t};
use haidang_web::{Answer, Path, Visitor, html, redirect};

/// Address of the list.
const PATH: &str = "/tai-khoan/he-thong";

struct Line {
    client: String,
    name: String,
    told: Vec<String>,
    when: String,
}

#[derive(Template)]
#[template(path = "clients/grants.html")]
struct GrantsPage {
    page: Page,
    lines: Vec<Line>,
}

/// Shows them.
pub(crate) async fn show_grants(visitor: Visitor, State(provider): State<Provider>) -> Answer {
    let lang = visitor.lang;
    let page = visitor.page(t(lang, "identity-grants-title", &[]), "");
    let grants = provider.grants_of(&visitor.require_actor()?.person).await?;
    let line = |grant: crate::provider::withdrawal::Granted| Line {
        name: grant.client.name_in(lang).to_owned(),
        told: grant.scopes.iter().map(|scope| scope_text(lang, scope)).collect(),
        when: format::date_time_text(lang, grant.at),
        client: grant.client.id.clone(),
    };
    html(GrantsPage { lines: grants.into_iter().map(line).collect(), page })
}

/// Takes one back; again changes nothing.
pub(crate) async fn withdraw_grant_page(
    visitor: Visitor,
    State(provider): State<Provider>,
    Path(client): Path<String>,
) -> Answer {
    let person = visitor.require_actor()?.person.clone();
    provider.withdraw_grant(&person, &client, visitor.actor_ref()).await?;
    redirect(visitor.lang, PATH)
}
