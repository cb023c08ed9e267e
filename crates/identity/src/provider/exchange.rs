//! Exchange of a token for another one (RFC 8693): a system that took a person's token asks for one of its own, to go on
//! in the person's place at another resource. The person stays `sub`; `act` names who acts. What is exchanged only
//! shrinks: in scope, in life, in audience.

use super::dpop::Proof;
use super::error::{Refusal, Stop};
use super::issue::{Found, Making};
use super::model::{Client, Content, ResourceServer};
use super::params::Params;
use super::redeem::same_key;
use super::registry::Registry;
use super::token::{Granted, record};
use super::{Provider, scopes, sql};
use haidang_store::StoreError;
use haidang_web::Visitor;
use serde_json::{Value, json};

/// Name of the grant.
pub(crate) const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// The only kind of token that is taken and given.
pub(crate) const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// RFC 8693 2.2.2: a token that may not be exchanged is an invalid request.
fn wrong(description: &'static str) -> Stop {
    Refusal::request(description).into()
}

/// Whoever acts now, before whoever acted for them.
fn acting(client: &str, before: Option<&Value>) -> Value {
    let mut act = json!({ "sub": client, "client_id": client });
    if let Some(before) = before {
        act["act"] = before.clone();
    }
    act
}

/// What of the asked scopes may be given: each must be in the token, registered for the client, and known at the target.
fn shrunk(asked: &[String], held: &[String], client: &Client, server: &ResourceServer) -> Result<Vec<String>, Refusal> {
    let refused = |what: &'static str| Refusal::new("invalid_scope", what);
    let fits = |scope: &String| client.has_scope(scope) && server.scopes.contains(scope);
    if asked.is_empty() {
        let rest: Vec<String> = held.iter().filter(|scope| fits(scope)).cloned().collect();
        return if rest.is_empty() { Err(refused("nothing of the token is known at the target")) } else { Ok(rest) };
    }
    for scope in asked {
        if !held.contains(scope) {
            return Err(refused("an exchange can only narrow"));
        }
        let own = scopes::is_representee(scope) && client.has_scope(scope);
        if !own && !fits(scope) {
            return Err(refused("a scope is unknown at the target or not registered for this client"));
        }
    }
    Ok(asked.to_vec())
}

/// The resource for which a token is asked, by its address or its name.
fn target<'a>(registry: &'a Registry, params: &Params) -> Result<&'a ResourceServer, Refusal> {
    let refused = |what: &'static str| Refusal::new("invalid_target", what);
    let named = match (params.get("resource"), params.get("audience")) {
        (Some(one), Some(other)) if one != other => return Err(refused("resource and audience differ")),
        (Some(named), _) | (None, Some(named)) => named,
        (None, None) => return Err(refused("name the resource")),
    };
    registry.resources.get(named).map(AsRef::as_ref).ok_or_else(|| refused("the resource is unknown"))
}

impl Provider {
    /// The token of a person that this client was given, or that was sent to it.
    async fn exchangeable(&self, client: &Client, params: &Params, proof: Option<&Proof>) -> Result<Found, Stop> {
        if params.get("subject_token_type") != Some(ACCESS_TOKEN) {
            return Err(wrong("subject_token_type must be an access token"));
        }
        if params.get("requested_token_type").is_some_and(|kind| kind != ACCESS_TOKEN) {
            return Err(wrong("requested_token_type must be an access token"));
        }
        if params.has("actor_token") || params.has("actor_token_type") {
            return Err(wrong("the client itself is who acts"));
        }
        let token = params.get("subject_token").ok_or_else(|| wrong("subject_token is missing"))?;
        let found = self.found(token).await?.ok_or_else(|| wrong("the token is unknown, over or revoked"))?;
        let registry = self.registry().await?;
        let own = found.content.client == client.id;
        let server = registry.resources.get(&found.audience);
        if !own && server.is_none_or(|server| server.client.as_ref() != Some(&client.id)) {
            return Err(wrong("the token is neither this client's nor meant for it"));
        }
        // Whoever was sent a token holds no key of its owner; whoever owns it must show the key.
        if own {
            same_key(found.content.jkt.as_ref(), proof)?;
        }
        Ok(found)
    }

    /// A token for a token.
    pub(crate) async fn exchange(
        &self,
        visitor: &Visitor,
        client: &Client,
        params: &Params,
        proof: Option<&Proof>,
    ) -> Result<Granted, Stop> {
        let found = self.exchangeable(client, params, proof).await?;
        let held = &found.content;
        let who = held.signed_in.as_ref().ok_or_else(|| wrong("the token stands for no person"))?;
        let offline = held.scopes.iter().any(|scope| scope == "offline_access");
        let lives =
            if offline { self.is_known(&who.person).await? } else { self.still_signed_in(visitor, who).await? };
        if !lives {
            return Err(wrong("the session is over"));
        }
        let registry = self.registry().await?;
        let server = target(&registry, params)?;
        let scopes = shrunk(&params.words("scope"), &held.scopes, client, server)?;
        let behalf = scopes.iter().any(|scope| scopes::is_representee(scope));
        let content = Content {
            client: client.id.clone(),
            resource: Some(server.audience.clone()),
            claims: Vec::new(),
            jkt: proof.map(|proof| proof.jkt.clone()),
            signed_in: held.signed_in.clone(),
            details: Vec::new(),
            issued_at: 0,
            representee: held.representee.clone().filter(|_| behalf),
            act: Some(acting(&client.id, held.act.as_ref())),
            scopes,
        };
        let live = self.live(client, &content).await?;
        let (family, latest) = (found.family.as_deref(), Some(found.expires_at));
        let access = self.access(&Making { client, content: &content, family, live: &live, latest }).await?;
        let entry = record(visitor, client, &content, "token_exchange");
        let row = access.row.as_ref();
        self.db()
            .transaction(|tx| {
                let (row, entry) = (row.cloned(), entry.clone());
                Box::pin(async move {
                    if let Some(row) = row {
                        tx.later(sql::INSERT_TOKEN, row).await?;
                    }
                    tx.audit(entry).await?;
                    Ok::<(), StoreError>(())
                })
            })
            .await?;
        Ok(Granted { content, access, refresh: None, id_token: None, exchanged: true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_acted_before_stands_inside_whoever_acts_now() {
        let first = acting("a", None);
        assert_eq!(first, json!({ "sub": "a", "client_id": "a" }));
        assert_eq!(
            acting("b", Some(&first)),
            json!({ "sub": "b", "client_id": "b", "act": { "sub": "a", "client_id": "a" } })
        );
    }
}
