//! Registration by the system itself (RFC 7591, RFC 7592): with a token that an official made, of what harms nobody, and
//! of no effect until an official has approved it. What it may not take itself it is given by an official (T35).

use super::error::{Refusal, Stop, finish, private_json};
use super::model::{Client, ClientState, Metadata};
use super::register::{By, NewClient, RegisterError, check, facts};
use super::{Provider, scopes, sql};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use haidang_store::{ActorRef, StoreError, args};
use haidang_web::tokens::{bearer, digest, same};
use haidang_web::{Answer, Path, Visitor, no_content};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Address of registration.
pub(crate) const PATH: &str = "/oauth2/register";

/// Grants that a system may take itself; the others give rights without a person before the browser.
const GRANTS: [&str; 2] = ["authorization_code", "refresh_token"];

/// Members that only an official decides: by whose name people are known, which door they come through, who vouches.
const PRIVILEGED: [&str; 4] = ["client_id", "sector", "sign_in", "software_statement"];

/// Members that we wrote, which an update must not send back (RFC 7592 2.2).
const OURS: [&str; 4] =
    ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"];

/// RFC 6750 3.1: whoever shows no good token is told the scheme.
fn unauthorized() -> Stop {
    let mut refusal = Refusal::new("invalid_token", "the token is missing, over, used or another one");
    refusal.status = 401;
    refusal.challenge = Some("Bearer error=\"invalid_token\"".to_owned());
    refusal.into()
}

impl From<RegisterError> for Stop {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Facts { code, what } => Refusal::new(code, what).into(),
            RegisterError::Store(error) => error.into(),
            other => haidang_kernel::problem::Problem::from(other).into(),
        }
    }
}

/// A registration as it was sent.
fn object(body: &Bytes) -> Result<Map<String, Value>, RegisterError> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(facts("a registration is an object")),
    }
}

/// Whether a registration asks for nothing that only an official gives. `held` is what one gave before.
fn modest(members: &Map<String, Value>, held: Option<&Metadata>) -> Result<(), RegisterError> {
    if PRIVILEGED.iter().any(|name| members.contains_key(*name)) {
        return Err(facts("client_id, sector, sign_in and software_statement are not taken from a registration"));
    }
    let public = members.get("subject_type").is_some_and(|kind| kind == "public");
    if public && held.is_none_or(|held| held.subject_type != "public") {
        return Err(facts("subject_type public is given by an official"));
    }
    let scope = members.get("scope").and_then(Value::as_str).unwrap_or_default();
    let may_ask = |scope: &str| {
        scopes::UNPRIVILEGED.contains(&scope) || held.is_some_and(|held| held.scope.split(' ').any(|one| one == scope))
    };
    if !scope.split_whitespace().all(may_ask) {
        return Err(facts("scope holds one that only an official gives"));
    }
    let grants = members.get("grant_types").and_then(Value::as_array).into_iter().flatten();
    let may_use = |grant: &Value| {
        let grant = grant.as_str().unwrap_or_default();
        GRANTS.contains(&grant) || held.is_some_and(|held| held.grant_types.iter().any(|one| one == grant))
    };
    if !grants.into_iter().all(may_use) {
        return Err(facts("grant_types holds one that only an official gives"));
    }
    Ok(())
}

/// Takes a registration.
pub(crate) async fn register_client(
    visitor: Visitor,
    State(provider): State<Provider>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    finish(provider.self_register(&visitor, &headers, &body).await)
}

/// Shows a client its own registration.
pub(crate) async fn show_registration(
    State(provider): State<Provider>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    finish(
        provider
            .own_registration(&id, &headers)
            .await
            .map(|(client, token)| private_json(200, &information(&provider, &client, &token, None))),
    )
}

/// Takes a changed registration.
pub(crate) async fn change_registration(
    visitor: Visitor,
    State(provider): State<Provider>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    finish(provider.change_own(&visitor, &id, &headers, &body).await)
}

/// Ends a registration.
pub(crate) async fn end_registration(
    visitor: Visitor,
    State(provider): State<Provider>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    finish(provider.end_own(&visitor, &id, &headers).await)
}

/// The answer about a client to itself (RFC 7591 3.2.1).
fn information(provider: &Provider, client: &Client, token: &str, secret: Option<&str>) -> Value {
    let mut body = json!(client.metadata);
    if let Some(members) = body.as_object_mut() {
        members.retain(|name, value| !value.is_null() && !["sector", "sign_in"].contains(&name.as_str()));
    }
    body["client_id"] = client.id.as_str().into();
    body["client_name"] = client.name.as_str().into();
    body["client_id_issued_at"] = client.created_at.as_second().into();
    body["response_types"] = json!(["code"]);
    body["registration_access_token"] = token.into();
    body["registration_client_uri"] = provider.address(&format!("{PATH}/{}", client.id)).into();
    // Ours: whether an official has let it in.
    body["client_state"] = client.state.as_str().into();
    if let Some(secret) = secret {
        body["client_secret"] = secret.into();
        body["client_secret_expires_at"] = 0.into();
    }
    body
}

fn by_itself(visitor: &Visitor) -> By {
    let actor = ActorRef { kind: "system".to_owned(), channel: "api".to_owned(), ..ActorRef::default() };
    By::in_request(actor, visitor)
}

impl Provider {
    async fn self_register(&self, visitor: &Visitor, headers: &HeaderMap, body: &Bytes) -> Result<Response, Stop> {
        let given = digest(bearer(headers).ok_or_else(unauthorized)?);
        if self.db().fetch_optional(sql::REGISTRATION_TOKEN, args![&given, self.now()]).await?.is_none() {
            return Err(unauthorized());
        }
        let mut members = object(body)?;
        modest(&members, None)?;
        members.entry("scope").or_insert_with(|| "openid".into());
        let id = self.new_id();
        members.insert("client_id".to_owned(), id.as_str().into());
        // A sector of its own, so that it cannot join its people with those of another agency.
        members.insert("sector".to_owned(), id.as_str().into());
        let new = NewClient::from_json(&Value::Object(members))?;
        let (made, row, entry) = self.prepared(new, by_itself(visitor)).await?;
        let (token, now) = (self.random(), self.now());
        let kept = digest(&token);
        let registered = self
            .db()
            .transaction(|tx| {
                let (row, entry, given, kept, id) =
                    (row.clone(), entry.clone(), given.clone(), kept.clone(), made.id.clone());
                Box::pin(async move {
                    if tx.execute(sql::USE_REGISTRATION_TOKEN, args![given, now, &id]).await? == 0 {
                        return Ok(false);
                    }
                    tx.execute(sql::INSERT_CLIENT, row).await?;
                    tx.execute(sql::SET_CLIENT_REGISTRATION, args![&id, kept, now]).await?;
                    tx.audit(entry).await?;
                    Ok::<bool, StoreError>(true)
                })
            })
            .await?;
        if !registered {
            return Err(unauthorized());
        }
        let client = self.known(&made.id).await?;
        Ok(private_json(201, &information(self, &client, &token, made.secret.as_deref())))
    }

    /// The client behind a registration token, with the token.
    async fn own_registration(&self, id: &str, headers: &HeaderMap) -> Result<(Arc<Client>, String), Stop> {
        let token = bearer(headers).ok_or_else(unauthorized)?;
        let row = self.db().fetch_optional(sql::CLIENT_REGISTRATION, args![id]).await?;
        let known = row.map(|row| row.opt_text("registration_sha256")).transpose()?.flatten();
        // An unknown client costs the same comparison.
        let fits = same(known.as_deref().unwrap_or(&"-".repeat(64)), &digest(token));
        if known.is_none() || !fits {
            return Err(unauthorized());
        }
        let client = self.known(id).await?;
        match client.state {
            ClientState::Revoked => Err(unauthorized()),
            _ => Ok((client, token.to_owned())),
        }
    }

    async fn change_own(
        &self,
        visitor: &Visitor,
        id: &str,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Response, Stop> {
        let (client, token) = self.own_registration(id, headers).await?;
        let mut members = object(body)?;
        if members.remove("client_id").as_ref().and_then(Value::as_str) != Some(id) {
            return Err(facts("client_id is another client").into());
        }
        if OURS.iter().any(|name| members.contains_key(*name)) {
            return Err(facts("what the city wrote is not sent back").into());
        }
        let secret = members.remove("client_secret");
        let secret_fits = secret.as_ref().and_then(Value::as_str).map(digest) == client.secret_sha256;
        if secret.is_some() && !secret_fits {
            return Err(facts("client_secret is another one").into());
        }
        modest(&members, Some(&client.metadata))?;
        members.entry("scope").or_insert_with(|| "openid".into());
        let mut new = NewClient::from_json(&Value::Object(members))?;
        new.metadata.sector.clone_from(&client.metadata.sector);
        new.metadata.sign_in = client.metadata.sign_in;
        if new.metadata.token_endpoint_auth_method != client.metadata.token_endpoint_auth_method {
            return Err(facts("token_endpoint_auth_method cannot change: register anew").into());
        }
        let name = haidang_kernel::text::tidy(&new.name);
        if new.metadata != client.metadata || name != client.name {
            check(client.profile, &new.metadata)?;
            let entry = by_itself(visitor)
                .entry("client.changed", "client", id)
                .detail(json!({ "scope": new.metadata.scope, "before": client.state.as_str() }));
            let facts = serde_json::to_value(&new.metadata).map_err(StoreError::from)?;
            let (profile, state) = (client.profile.as_str(), ClientState::Pending.as_str());
            let row = args![id, name, profile, facts, state, None::<i64>, self.now()];
            self.change(sql::SET_CLIENT_FACTS, row, entry).await?;
        }
        let client = self.known(id).await?;
        Ok(private_json(200, &information(self, &client, &token, None)))
    }

    async fn end_own(&self, visitor: &Visitor, id: &str, headers: &HeaderMap) -> Result<Response, Stop> {
        self.own_registration(id, headers).await?;
        self.shut_out(id, by_itself(visitor)).await?;
        Ok(no_content().into_response())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn t35_nothing_privileged_is_taken_from_a_registration() {
        let judge = |value: Value, held: Option<&Metadata>| modest(value.as_object().unwrap(), held).is_ok();
        assert!(judge(json!({ "scope": "openid profile email", "grant_types": ["authorization_code"] }), None));
        let held: Metadata = serde_json::from_value(json!({
            "token_endpoint_auth_method": "none", "scope": "openid api:read", "grant_types": ["client_credentials"],
        }))
        .unwrap();
        for value in [json!({ "scope": "openid api:read" }), json!({ "grant_types": ["client_credentials"] })] {
            assert!(!judge(value.clone(), None), "{value}");
            assert!(judge(value.clone(), Some(&held)), "given before: {value}");
        }
        for value in [
            json!({ "scope": "openid roles" }),
            json!({ "scope": "representee.*" }),
            json!({ "scope": "representee_list" }),
            json!({ "scope": "account_level" }),
            json!({ "scope": "scim" }),
            json!({ "grant_types": [super::super::exchange::GRANT] }),
            json!({ "grant_types": [super::super::device::GRANT] }),
            json!({ "grant_types": [7] }),
            json!({ "subject_type": "public" }),
            json!({ "sector": "H24.S08" }),
            json!({ "sign_in": "official" }),
            json!({ "client_id": "portal" }),
            json!({ "software_statement": "a.b.c" }),
        ] {
            assert!(!judge(value.clone(), None) && !judge(value.clone(), Some(&held)), "{value}");
        }
    }
}
