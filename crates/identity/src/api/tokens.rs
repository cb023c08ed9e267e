//! Tokens of other systems.

use axum::extract::State;
use haidang_web::{Answer, Json, Path, Query, Visitor, created, json, no_content};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::model::TokenRow;
use crate::room::IdentityRoom;
use crate::tokens::NewToken;

/// Which tokens.
#[derive(Deserialize, IntoParams)]
pub(crate) struct ListTokens {
    /// Where the previous page ended: `next` of the last answer.
    cursor: Option<String>,
    /// 1 to 100, default 50.
    limit: Option<i64>,
}

/// A token to be made.
#[derive(Deserialize, ToSchema)]
pub(crate) struct MakeToken {
    /// Name of the system.
    name: String,
    /// Code of the agency for which it acts.
    agency: String,
    /// What it may do.
    capabilities: Vec<String>,
    /// When it ends by itself, RFC 3339; absent for no end.
    #[schema(value_type = Option<String>)]
    expires_at: Option<Timestamp>,
}

/// A token that was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenMade {
    /// Id for revoking it.
    id: String,
    /// The token, told this once.
    token: String,
}

/// A token as administrators see it.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenView {
    /// Id.
    id: String,
    /// Name of the system.
    name: String,
    /// Agency for which it acts.
    agency: Option<String>,
    /// What it may do.
    capabilities: Vec<String>,
    /// When it was made, RFC 3339.
    created_at: String,
    /// When it ends by itself.
    expires_at: Option<String>,
    /// When it was withdrawn.
    revoked_at: Option<String>,
}

/// A page of tokens.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenList {
    /// Tokens in the order they were made.
    items: Vec<TokenView>,
    /// Cursor of the next page; absent on the last.
    next: Option<String>,
}

fn text(instant: Timestamp) -> String {
    instant.to_zoned(haidang_kernel::time::city_zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

fn view(row: TokenRow) -> TokenView {
    TokenView {
        id: row.id,
        name: row.name,
        agency: row.agency,
        capabilities: row.capabilities,
        created_at: text(row.created_at),
        expires_at: row.expires_at.map(text),
        revoked_at: row.revoked_at.map(text),
    }
}

/// Tokens in the order they were made.
pub(crate) async fn list_tokens(State(room): State<IdentityRoom>, Query(asked): Query<ListTokens>) -> Answer {
    let limit = asked.limit.unwrap_or(50).clamp(1, 100);
    let mut rows = room.tokens(asked.cursor.as_deref().unwrap_or_default(), limit + 1).await?;
    let most = usize::try_from(limit).unwrap_or(100);
    let more = rows.len() > most;
    rows.truncate(most);
    let next = rows.last().filter(|_| more).map(|row| row.id.clone());
    json(200, &TokenList { items: rows.into_iter().map(view).collect(), next })
}

/// Makes a token.
pub(crate) async fn make_token(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Json(body): Json<MakeToken>,
) -> Answer {
    let actor = visitor.require("token.manage")?;
    let new =
        NewToken { name: body.name, agency: body.agency, capabilities: body.capabilities, expires_at: body.expires_at };
    let made = room.make_token(&new, visitor.actor_ref(), &actor.person, &visitor.request_id).await?;
    let location = format!("/api/v1/tokens/{}", made.id);
    created(&location, &TokenMade { id: made.id, token: made.token })
}

/// Withdraws a token; withdrawing it again changes nothing.
pub(crate) async fn revoke_token(visitor: Visitor, State(room): State<IdentityRoom>, Path(id): Path<String>) -> Answer {
    room.revoke_token(&id, visitor.actor_ref(), &visitor.request_id).await?;
    Ok(no_content())
}
