//! Introspection (RFC 7662) and revocation (RFC 7009): for whoever owns a token or takes it, and for nobody else.

use super::error::{Refusal, Stop, finish, private_json};
use super::issue::Found;
use super::model::{Client, ClientAuth, Content};
use super::params::Params;
use super::{Provider, rules, sql};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use haidang_store::{ActorRef, AuditEntry, StoreError, args};
use haidang_web::tokens::digest;
use haidang_web::{Answer, Visitor};
use serde_json::{Map, Value, json};

/// Says what a token stands for.
pub(crate) async fn introspect_token(State(provider): State<Provider>, headers: HeaderMap, body: Bytes) -> Answer {
    finish(introspect(&provider, &headers, &body).await)
}

async fn introspect(provider: &Provider, headers: &HeaderMap, body: &Bytes) -> Result<Response, Stop> {
    let params = Params::of_form(headers, body)?;
    let client = provider.client_of(headers, &params).await?;
    if client.metadata.token_endpoint_auth_method == ClientAuth::None {
        return Err(Refusal::client("introspection needs a client that proves itself").into());
    }
    let token = params.get("token").ok_or_else(|| Refusal::request("token is missing"))?;
    // RFC 7662 2.2: whoever may not know is told no more than about a token that never was.
    let nothing = json!({ "active": false });
    let body = match provider.found(token).await? {
        Some(found) if provider.may_know(&client, &found).await? => {
            let mut body = described(provider, &found);
            if let Some(owner) = provider.open_client(&found.content.client).await? {
                body.extend(provider.live(&owner, &found.content).await?.in_access_token());
            }
            Value::Object(body)
        }
        Some(_) => nothing,
        None => provider.described_refresh(&client, token).await?.unwrap_or(nothing),
    };
    Ok(private_json(200, &body))
}

fn described(provider: &Provider, found: &Found) -> Map<String, Value> {
    let content = &found.content;
    let mut body = common(provider, content);
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    put("token_type", if content.jkt.is_some() { "DPoP" } else { "Bearer" }.into());
    put("sub", found.sub.as_str().into());
    put("aud", found.audience.as_str().into());
    put("exp", found.expires_at.into());
    if let Some(jti) = &found.jti {
        put("jti", jti.as_str().into());
    }
    if let Some(jkt) = &content.jkt {
        put("cnf", json!({ "jkt": jkt }));
    }
    if !content.details.is_empty() {
        put("authorization_details", json!(content.details));
    }
    if let Some(act) = &content.act {
        put("act", act.clone());
    }
    body
}

fn common(provider: &Provider, content: &Content) -> Map<String, Value> {
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    put("active", true.into());
    put("iss", provider.issuer().into());
    put("client_id", content.client.as_str().into());
    put("scope", content.scopes.join(" ").into());
    put("iat", content.issued_at.into());
    if let Some(who) = &content.signed_in {
        put("acr", rules::acr(who.acr).into());
        put("auth_time", who.auth_time.into());
    }
    body
}

impl Provider {
    /// Whether the token is this client's own, or is meant for the resource server that this client is.
    async fn may_know(&self, client: &Client, found: &Found) -> Result<bool, Stop> {
        if found.content.client == client.id {
            return Ok(true);
        }
        let registry = self.registry().await?;
        let server = registry.resources.get(&found.audience);
        Ok(server.is_some_and(|server| server.client.as_ref() == Some(&client.id)))
    }

    async fn described_refresh(&self, client: &Client, token: &str) -> Result<Option<Value>, Stop> {
        let Some(row) = self.db().fetch_optional(sql::REFRESH, args![digest(token)]).await? else { return Ok(None) };
        let expires_at = row.timestamp("expires_at")?;
        let over = expires_at <= self.now()
            || row.opt_timestamp("rotated_at")?.is_some()
            || row.opt_timestamp("revoked_at")?.is_some();
        if over || row.text("client")? != client.id {
            return Ok(None);
        }
        let mut body = common(self, &row.json("content")?);
        body.insert("exp".to_owned(), expires_at.as_second().into());
        Ok(Some(Value::Object(body)))
    }

    async fn revoke(&self, visitor: &Visitor, client: &Client, token: &str) -> Result<(), Stop> {
        if let Some(found) = self.found(token).await? {
            if found.content.client != client.id {
                return Ok(());
            }
            let actor = ActorRef { kind: "system".to_owned(), channel: "api".to_owned(), ..ActorRef::default() };
            let entry = AuditEntry::mutation("token.revoked", actor)
                .object("client", &client.id)
                .request(&visitor.request_id)
                .detail(json!({ "kept": found.kept }));
            let content = serde_json::to_string(&found.content).map_err(StoreError::from)?;
            let until = found.expires_at.saturating_mul(1_000_000);
            let row = args![&found.id, &client.id, &found.audience, content, until, self.now()];
            self.db()
                .transaction(|tx| {
                    let (row, entry) = (row.clone(), entry.clone());
                    Box::pin(async move {
                        tx.execute(sql::DENY_TOKEN, row).await?;
                        tx.audit(entry).await?;
                        Ok::<(), StoreError>(())
                    })
                })
                .await?;
            self.inner.asked.forget();
            return Ok(());
        }
        let row = self.db().fetch_optional(sql::REFRESH, args![digest(token)]).await?;
        if let Some(row) = row
            && row.text("client")? == client.id
        {
            self.revoke_family(&row.text("family")?, "revoked by its client").await?;
        }
        Ok(())
    }
}

/// Ends a token; the same answer whether it was there or not.
pub(crate) async fn revoke_issued_token(
    visitor: Visitor,
    State(provider): State<Provider>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    finish(revoke(&visitor, &provider, &headers, &body).await)
}

async fn revoke(visitor: &Visitor, provider: &Provider, headers: &HeaderMap, body: &Bytes) -> Result<Response, Stop> {
    let params = Params::of_form(headers, body)?;
    let client = provider.client_of(headers, &params).await?;
    let token = params.get("token").ok_or_else(|| Refusal::request("token is missing"))?;
    provider.revoke(visitor, &client, token).await?;
    Ok(private_json(200, &json!({})))
}
