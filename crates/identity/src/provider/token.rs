//! The token endpoint: who asks, for which grant, with which proof.

use super::discovery::readable;
use super::dpop::Proof;
use super::error::{Refusal, Stop, finish, private_json, put};
use super::issue::{Access, Making};
use super::live::Live;
use super::model::{Client, Content};
use super::params::Params;
use super::{Provider, device, exchange, request, scopes, sql};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use haidang_store::{ActorRef, AuditEntry, StoreError};
use haidang_web::{Answer, Visitor};
use serde_json::{Map, Value, json};

/// A grant that was proven, with all that the answer needs.
pub(crate) struct Granted {
    pub(crate) content: Content,
    pub(crate) access: Access,
    pub(crate) refresh: Option<String>,
    pub(crate) id_token: Option<String>,
    /// Whether the token was exchanged for another one.
    pub(crate) exchanged: bool,
}

/// Every grant there is.
pub(crate) const GRANTS: [&str; 5] =
    ["authorization_code", "refresh_token", "client_credentials", device::GRANT, exchange::GRANT];

/// Gives tokens.
pub(crate) async fn give_tokens(
    visitor: Visitor,
    State(provider): State<Provider>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let outcome = give(&visitor, &provider, &headers, &body).await;
    // An application in a browser must be able to read a refusal too.
    let outcome = match outcome {
        Ok(response) => Ok(response),
        Err(Stop::Refused(refusal)) => Ok(refusal.into_response()),
        Err(fault) => Err(fault),
    };
    match outcome {
        Ok(response) => Ok(readable(&provider, &headers, response).await?),
        Err(fault) => finish(Err(fault)),
    }
}

async fn give(visitor: &Visitor, provider: &Provider, headers: &HeaderMap, body: &Bytes) -> Result<Response, Stop> {
    let params = Params::of_form(headers, body)?;
    let client = provider.client_of(headers, &params).await?;
    let grant = params.get("grant_type").ok_or_else(|| Refusal::request("grant_type is missing"))?;
    if !GRANTS.contains(&grant) {
        return Err(Refusal::new("unsupported_grant_type", "this grant is not offered").into());
    }
    if !client.may(grant) {
        return Err(Refusal::new("unauthorized_client", "the grant is not registered for this client").into());
    }
    let proof = provider.proof(headers, "POST", "/oauth2/token", None).await?;
    if proof.is_none() && client.must_prove() {
        return Err(Refusal::proof("this client must send a DPoP proof").into());
    }
    // What few ask for lies in a box, or every request for a token would carry and move the room for it.
    let granted = match grant {
        "authorization_code" => Box::pin(provider.redeem_code(visitor, &client, &params, proof.as_ref())).await?,
        "refresh_token" => Box::pin(provider.redeem_refresh(visitor, &client, &params, proof.as_ref())).await?,
        device::GRANT => Box::pin(provider.redeem_device(visitor, &client, &params, proof.as_ref())).await?,
        exchange::GRANT => Box::pin(provider.exchange(visitor, &client, &params, proof.as_ref())).await?,
        _ => provider.machine_token(visitor, &client, &params, proof.as_ref()).await?,
    };
    let mut response = private_json(200, &body_of(&granted, proof.as_ref()));
    if proof.is_some() {
        put(&mut response, "dpop-nonce", &provider.nonce());
    }
    Ok(response)
}

fn body_of(granted: &Granted, proof: Option<&Proof>) -> Value {
    let mut body = Map::new();
    body.insert("access_token".to_owned(), granted.access.token.as_str().into());
    body.insert("token_type".to_owned(), if proof.is_some() { "DPoP" } else { "Bearer" }.into());
    body.insert("expires_in".to_owned(), granted.access.expires_in.into());
    body.insert("scope".to_owned(), granted.content.scopes.join(" ").into());
    if granted.exchanged {
        body.insert("issued_token_type".to_owned(), exchange::ACCESS_TOKEN.into());
    }
    if let Some(refresh) = &granted.refresh {
        body.insert("refresh_token".to_owned(), refresh.as_str().into());
    }
    if let Some(id_token) = &granted.id_token {
        body.insert("id_token".to_owned(), id_token.as_str().into());
    }
    if !granted.content.details.is_empty() {
        body.insert("authorization_details".to_owned(), json!(granted.content.details));
    }
    Value::Object(body)
}

/// The record of tokens that were given.
pub(crate) fn record(visitor: &Visitor, client: &Client, content: &Content, grant: &str) -> AuditEntry {
    let actor = match &content.signed_in {
        Some(who) => ActorRef {
            kind: if who.official { "official" } else { "resident" }.to_owned(),
            person: Some(who.person.clone()),
            on_behalf: super::answer::principal_of(content.representee.as_deref()),
            channel: "api".to_owned(),
            ..ActorRef::default()
        },
        None => ActorRef { kind: "system".to_owned(), channel: "api".to_owned(), ..ActorRef::default() },
    };
    AuditEntry::mutation("token.issued", actor)
        .object("client", &client.id)
        .request(&visitor.request_id)
        .detail(json!({ "grant": grant, "scope": content.scopes.join(" "), "resource": content.resource }))
}

impl Provider {
    /// A token for a machine that stands for itself (RFC 6749 4.4).
    async fn machine_token(
        &self,
        visitor: &Visitor,
        client: &Client,
        params: &Params,
        proof: Option<&Proof>,
    ) -> Result<Granted, Stop> {
        let registry = self.registry().await?;
        let mut scopes = params.words("scope");
        if scopes.iter().any(|scope| scopes::is_own(scope)) {
            return Err(Refusal::new("invalid_scope", "scopes about people need a person").into());
        }
        let resource = request::target(&registry, client, &scopes, params.get("resource"))?;
        let resource = resource.ok_or_else(|| Refusal::new("invalid_target", "name the resource"))?;
        if scopes.is_empty() {
            let known = registry.resources.get(&resource).map(|server| server.scopes.clone()).unwrap_or_default();
            scopes = known.into_iter().filter(|scope| client.has_scope(scope)).collect();
        }
        if scopes.is_empty() {
            return Err(Refusal::new("invalid_scope", "no scope of this resource is registered").into());
        }
        let content = Content {
            client: client.id.clone(),
            scopes,
            resource: Some(resource),
            claims: Vec::new(),
            jkt: proof.map(|proof| proof.jkt.clone()),
            signed_in: None,
            details: Vec::new(),
            issued_at: 0,
            representee: None,
            act: None,
        };
        let live = Live::default();
        let making = Making { client, content: &content, family: None, live: &live, latest: None };
        let access = self.access(&making).await?;
        let mut entry = record(visitor, client, &content, "client_credentials");
        let Some(row) = &access.row else {
            // A token that carries everything itself leaves its record alone, and a machine asks for many at once.
            let request = std::mem::take(&mut entry.request_id);
            self.db().record_alike(entry, json!({ "jti": access.id, "request": request })).await?;
            return Ok(Granted { content, access, refresh: None, id_token: None, exchanged: false });
        };
        self.db()
            .transaction(|tx| {
                let (row, entry) = (row.clone(), entry.clone());
                Box::pin(async move {
                    tx.later(sql::INSERT_TOKEN, row).await?;
                    tx.audit(entry).await?;
                    Ok::<(), StoreError>(())
                })
            })
            .await?;
        Ok(Granted { content, access, refresh: None, id_token: None, exchanged: false })
    }
}
