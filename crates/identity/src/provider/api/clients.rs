//! Clients of the provider for programs of the administration.

use super::text;
use crate::provider::Provider;
use crate::provider::model::{Client, Profile};
use crate::provider::register::NewClient;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use haidang_kernel::problem::Problem;
use haidang_web::{Answer, Json, Path, Query, Visitor, created, json, no_content};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// A client as administrators see it; never its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClientView {
    /// `client_id`.
    id: String,
    /// Name in Vietnamese.
    name: String,
    /// `fapi2`, `public`, `service` or `legacy_rp`.
    profile: &'static str,
    /// `PENDING`, `APPROVED` or `REVOKED`.
    state: &'static str,
    /// Whether it may be used now.
    open: bool,
    /// End of the approval, RFC 3339.
    approved_until: Option<String>,
    /// Since when it is set aside.
    suspended_at: Option<String>,
    /// When it was registered.
    created_at: String,
    /// Registered facts in the words of RFC 7591.
    #[schema(value_type = Object)]
    metadata: Value,
}

/// Clients.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClientList {
    /// Clients by their ids.
    items: Vec<ClientView>,
    /// Cursor of the next page; absent on the last.
    next: Option<String>,
}

/// Which clients.
#[derive(Deserialize, IntoParams)]
pub(crate) struct ListClients {
    /// Where the previous page ended: `next` of the last answer.
    cursor: Option<String>,
    /// 1 to 100, default 50.
    limit: Option<usize>,
}

fn view(provider: &Provider, client: &Client) -> ClientView {
    ClientView {
        id: client.id.clone(),
        name: client.name.clone(),
        profile: client.profile.as_str(),
        state: client.state.as_str(),
        open: client.is_open(provider.now()),
        approved_until: client.approved_until.map(text),
        suspended_at: client.suspended_at.map(text),
        created_at: text(client.created_at),
        metadata: serde_json::json!(client.metadata),
    }
}

/// Clients by their ids.
pub(crate) async fn list_clients(State(provider): State<Provider>, Query(asked): Query<ListClients>) -> Answer {
    let (after, limit) = (asked.cursor.unwrap_or_default(), asked.limit.unwrap_or(50).clamp(1, 100));
    let clients = provider.clients().await?;
    let mut rest = clients.iter().filter(|client| client.id > after);
    let items: Vec<ClientView> = rest.by_ref().take(limit).map(|client| view(&provider, client)).collect();
    let next = rest.next().and(items.last()).map(|last| last.id.clone());
    json(200, &ClientList { items, next })
}

/// One client.
pub(crate) async fn get_client(State(provider): State<Provider>, Path(id): Path<String>) -> Answer {
    let client = provider.client(&id).await.map_err(Problem::from)?;
    json(200, &view(&provider, &client))
}

/// A registration in the words of RFC 7591; further members of it are taken too.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read as RFC 7591 says")]
pub(crate) struct RegisterClient {
    /// Name in Vietnamese.
    client_name: String,
    /// `private_key_jwt`, `client_secret_basic` or `none`.
    token_endpoint_auth_method: Option<String>,
    /// Where answers may be sent.
    redirect_uris: Option<Vec<String>>,
    /// Grants.
    grant_types: Option<Vec<String>>,
    /// Scopes between spaces.
    scope: Option<String>,
    /// Public keys.
    #[schema(value_type = Option<Object>)]
    jwks: Option<Value>,
    /// Address of the public keys.
    jwks_uri: Option<String>,
    /// `fapi2`, `public`, `service` or `legacy_rp`; follows from how the client proves itself when absent.
    profile: Option<String>,
    /// Agency whose clients know people by one name.
    sector: Option<String>,
}

/// A client that was just registered.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClientRegistered {
    /// `client_id`.
    id: String,
    /// Kind.
    profile: &'static str,
    /// Its secret, where it has one; told this once.
    client_secret: Option<String>,
}

/// Nobody keeps an answer with a secret in it.
fn once(answer: Answer) -> Result<Response, haidang_web::Fault> {
    let mut answer = answer?;
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer)
}

/// Registers a client; it waits for an approval.
pub(crate) async fn add_client(visitor: Visitor, State(provider): State<Provider>, Json(body): Json<Value>) -> Answer {
    let mut new = NewClient::from_json(&body).map_err(Problem::from)?;
    // Ours: a machine with a key is told from a system that people sign in at.
    new.profile = body.get("profile").and_then(Value::as_str).and_then(Profile::parse);
    let made = provider.register(new, &visitor).await.map_err(Problem::from)?;
    let location = format!("/api/v1/clients/{}", made.id);
    once(created(
        &location,
        &ClientRegistered { id: made.id, profile: made.profile.as_str(), client_secret: made.secret },
    ))
}

/// An approval, or its new end.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ApproveClient {
    /// End of the approval, RFC 3339; absent for no end. An old system needs one within three years.
    #[schema(value_type = Option<String>)]
    until: Option<Timestamp>,
    /// Scopes that the client gets, where they are others than it asked for.
    scope: Option<String>,
}

/// Lets a client in, with the scopes an official gives it.
pub(crate) async fn approve_client(
    visitor: Visitor,
    State(provider): State<Provider>,
    Path(id): Path<String>,
    Json(body): Json<ApproveClient>,
) -> Answer {
    if let Some(scope) = &body.scope {
        provider.give_scope(&id, scope, &visitor).await.map_err(Problem::from)?;
    }
    provider.approve(&id, body.until, &visitor).await.map_err(Problem::from)?;
    Ok(no_content())
}

/// Refuses a client that waits.
pub(crate) async fn refuse_client(
    visitor: Visitor,
    State(provider): State<Provider>,
    Path(id): Path<String>,
) -> Answer {
    provider.refuse(&id, &visitor).await.map_err(Problem::from)?;
    Ok(no_content())
}

/// Shuts a client out for good.
pub(crate) async fn shut_out_client(
    visitor: Visitor,
    State(provider): State<Provider>,
    Path(id): Path<String>,
) -> Answer {
    provider.shut_out(&id, &visitor).await.map_err(Problem::from)?;
    Ok(no_content())
}

/// The end of an approval.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ClientEnd {
    /// RFC 3339; absent for no end.
    #[schema(value_type = Option<String>)]
    until: Option<Timestamp>,
}

/// Moves the end of an approval.
pub(crate) async fn change_client_end(
    visitor: Visitor,
    State(provider): State<Provider>,
    Path(id): Path<String>,
    Json(body): Json<ClientEnd>,
) -> Answer {
    provider.change_end(&id, body.until, &visitor).await.map_err(Problem::from)?;
    Ok(no_content())
}

/// Sets a client aside.
pub(crate) async fn suspend_client(
    visitor: Visitor,
    State(provider): State<Provider>,
    Path(id): Path<String>,
) -> Answer {
    provider.suspend(&id, true, &visitor).await.map_err(Problem::from)?;
    Ok(no_content())
}

/// Takes a client back that was set aside.
pub(crate) async fn resume_client(
    visitor: Visitor,
    State(provider): State<Provider>,
    Path(id): Path<String>,
) -> Answer {
    provider.suspend(&id, false, &visitor).await.map_err(Problem::from)?;
    Ok(no_content())
}

/// A new secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecretMade {
    /// The secret, told this once.
    client_secret: String,
}

/// Makes a new secret; the old one ends at once.
pub(crate) async fn make_client_secret(
    visitor: Visitor,
    State(provider): State<Provider>,
    Path(id): Path<String>,
) -> Answer {
    let client_secret = provider.new_secret(&id, &visitor).await.map_err(Problem::from)?;
    once(json(201, &SecretMade { client_secret }))
}

/// For whom a token for registering is made.
#[derive(Deserialize, ToSchema)]
pub(crate) struct MakeRegistrationToken {
    /// Name of the system or its maker.
    name: String,
}

/// A token with which one system registers itself once.
#[derive(Serialize, ToSchema)]
pub(crate) struct RegistrationTokenMade {
    /// The token, told this once.
    token: String,
}

/// Makes a token with which one system may register itself.
pub(crate) async fn make_registration_token(
    visitor: Visitor,
    State(provider): State<Provider>,
    Json(body): Json<MakeRegistrationToken>,
) -> Answer {
    let token = provider.make_registration_token(&body.name, &visitor).await.map_err(Problem::from)?;
    once(json(201, &RegistrationTokenMade { token }))
}
