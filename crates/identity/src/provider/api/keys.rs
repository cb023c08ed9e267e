//! Signing keys for programs.

use super::text;
use crate::provider::Provider;
use crate::provider::key_admin::KeyView;
use axum::extract::State;
use haidang_web::{Answer, Json, Path, Visitor, json, no_content};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A signing key.
#[derive(Serialize, ToSchema)]
pub(crate) struct SigningKeyView {
    /// `kid`.
    id: String,
    /// `ES256`, `EdDSA`, `PS256` or `RS256`.
    algorithm: String,
    /// `announced`, `signing` or `verifying`.
    state: &'static str,
    /// When it was made and became public, RFC 3339.
    created_at: String,
    /// From when it signs.
    active_from: String,
    /// Whether it may be let sign now.
    may_sign: bool,
}

/// Signing keys.
#[derive(Serialize, ToSchema)]
pub(crate) struct SigningKeyList {
    /// Keys by algorithm, in their order.
    items: Vec<SigningKeyView>,
    /// Always absent: there are few.
    next: Option<String>,
}

fn view(key: KeyView) -> SigningKeyView {
    SigningKeyView {
        id: key.id,
        algorithm: key.algorithm,
        state: key.state.as_str(),
        created_at: text(key.created_at),
        active_from: text(key.active_from),
        may_sign: key.may_sign,
    }
}

/// All signing keys.
pub(crate) async fn list_signing_keys(State(provider): State<Provider>) -> Answer {
    let items = provider.signing_keys().await?.into_iter().map(view).collect();
    json(200, &SigningKeyList { items, next: None })
}

/// A successor to be announced.
#[derive(Deserialize, ToSchema)]
pub(crate) struct AnnounceKey {
    /// Algorithm.
    algorithm: String,
    /// From when it signs, RFC 3339, a day ahead at least; absent for tomorrow.
    #[schema(value_type = Option<String>)]
    from: Option<Timestamp>,
}

/// Announces a successor.
pub(crate) async fn announce_signing_key(
    visitor: Visitor,
    State(provider): State<Provider>,
    Json(body): Json<AnnounceKey>,
) -> Answer {
    provider.announce_key(&body.algorithm, body.from, (&visitor).into()).await?;
    Ok(no_content())
}

/// Lets an announced key sign now.
pub(crate) async fn rotate_signing_key(
    visitor: Visitor,
    State(provider): State<Provider>,
    Path(key): Path<String>,
) -> Answer {
    provider.rotate_key(&key, (&visitor).into()).await?;
    Ok(no_content())
}

/// Takes a key out.
pub(crate) async fn retire_signing_key(
    visitor: Visitor,
    State(provider): State<Provider>,
    Path(key): Path<String>,
) -> Answer {
    provider.retire_key(&key, (&visitor).into()).await?;
    Ok(no_content())
}
