//! What a person agreed to tell other systems, and taking it back.

use super::text;
use crate::provider::Provider;
use axum::extract::State;
use haidang_kernel::problem::Problem;
use haidang_web::{Answer, Path, Visitor, json, no_content};
use serde::Serialize;
use utoipa::ToSchema;

/// A system that one let know something.
#[derive(Serialize, ToSchema)]
pub(crate) struct GrantView {
    /// `client_id`.
    client: String,
    /// Name of the system.
    name: String,
    /// What it may know and do.
    scopes: Vec<String>,
    /// When one agreed, RFC 3339.
    granted_at: String,
}

/// Systems that one let know something.
#[derive(Serialize, ToSchema)]
pub(crate) struct GrantList {
    /// The newest first.
    items: Vec<GrantView>,
    /// Always absent: a person has few.
    next: Option<String>,
}

/// Systems that the caller let know something.
pub(crate) async fn list_my_grants(visitor: Visitor, State(provider): State<Provider>) -> Answer {
    let person = &visitor.require_actor()?.person;
    let view = |grant: crate::provider::withdrawal::Granted| GrantView {
        client: grant.client.id.clone(),
        name: grant.client.name_in(visitor.lang).to_owned(),
        scopes: grant.scopes,
        granted_at: text(grant.at),
    };
    let items = provider.grants_of(person).await?.into_iter().map(view).collect();
    json(200, &GrantList { items, next: None })
}

/// Takes back what one agreed to tell a system.
pub(crate) async fn withdraw_my_grant(
    visitor: Visitor,
    State(provider): State<Provider>,
    Path(client): Path<String>,
) -> Answer {
    let person = &visitor.require_actor()?.person;
    match provider.withdraw_grant(person, &client, visitor.actor_ref()).await? {
        true => Ok(no_content()),
        false => Err(Problem::not_found("grant_not_found", "nothing is agreed to with this system").into()),
    }
}
