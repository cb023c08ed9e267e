//! What a system may know of the person who signed in (OIDC Core 5.3). The token comes in the header or in the body of
//! a form, never in the address.

use super::discovery::readable;
use super::error::{Refusal, Stop, finish, private_json, put};
use super::issue::Found;
use super::params::Params;
use super::{Provider, claims};
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use haidang_contracts::actor::PersonId;
use haidang_contracts::identity::Identity;
use haidang_kernel::problem::Problem;
use haidang_store::{ActorRef, AuditEntry};
use haidang_web::{Answer, Visitor};
use serde_json::Value;

/// A token and the scheme it was sent with.
struct Sent {
    token: String,
    bound: bool,
}

fn unauthorized(error: &'static str, description: &'static str) -> Refusal {
    Refusal::new(error, description).at_resource()
}

/// The token of a request, in one place only.
fn sent(headers: &HeaderMap, query: Option<&str>, params: &Params) -> Result<Sent, Refusal> {
    if query.is_some_and(|query| query.split('&').any(|pair| pair.split('=').next() == Some("access_token"))) {
        return Err(Refusal::request("a token does not belong into an address"));
    }
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let first = all.next().map(|value| value.to_str().unwrap_or_default());
    let in_body = params.get("access_token");
    match (first, in_body) {
        (Some(_), Some(_)) => Err(Refusal::request("two tokens")),
        (Some(_), None) if all.next().is_some() => Err(Refusal::request("two Authorization headers")),
        (None, Some(token)) => Ok(Sent { token: token.to_owned(), bound: headers.contains_key("dpop") }),
        (None, None) => {
            let mut refusal = unauthorized("invalid_token", "no token");
            // RFC 6750 3.1: whoever sent nothing is told the scheme, not an error.
            refusal.challenge = Some("DPoP, Bearer".to_owned());
            Err(refusal)
        }
        (Some(value), None) => {
            let (scheme, token) = value.split_once(' ').unwrap_or_default();
            let bound = scheme.eq_ignore_ascii_case("dpop");
            if !bound && !scheme.eq_ignore_ascii_case("bearer") {
                return Err(unauthorized("invalid_token", "the scheme is DPoP or Bearer"));
            }
            Ok(Sent { token: token.trim().to_owned(), bound })
        }
    }
}

/// Claims of the person, by GET.
pub(crate) async fn get_userinfo(
    visitor: Visitor,
    State(provider): State<Provider>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Answer {
    let sent = sent(&headers, query.as_deref(), &Params::default());
    answer(&visitor, &provider, &headers, "GET", sent).await
}

/// Claims of the person, by POST.
pub(crate) async fn post_userinfo(
    visitor: Visitor,
    State(provider): State<Provider>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let params = if body.is_empty() { Ok(Params::default()) } else { Params::of_form(&headers, &body) };
    let sent = params.and_then(|params| sent(&headers, query.as_deref(), &params));
    answer(&visitor, &provider, &headers, "POST", sent).await
}

async fn answer(
    visitor: &Visitor,
    provider: &Provider,
    headers: &HeaderMap,
    method: &str,
    sent: Result<Sent, Refusal>,
) -> Answer {
    let outcome = match sent {
        Ok(sent) => provider.userinfo(visitor, headers, method, &sent).await,
        Err(refusal) => Err(refusal.into()),
    };
    match outcome {
        Ok(response) => Ok(readable(provider, headers, response).await?),
        Err(Stop::Refused(refusal)) => {
            let refusal = match refusal.error {
                "invalid_dpop_proof" | "use_dpop_nonce" => refusal.at_resource(),
                _ => *refusal,
            };
            Ok(readable(provider, headers, refusal.into_response()).await?)
        }
        Err(fault) => finish(Err(fault)),
    }
}

impl Provider {
    /// The token of a request at a resource of our own: found, proven, and meant for us.
    async fn at_resource(&self, headers: &HeaderMap, method: &str, path: &str, sent: &Sent) -> Result<Found, Stop> {
        let refused = |what: &'static str| Stop::from(unauthorized("invalid_token", what));
        let proof = match sent.bound {
            true => self.proof(headers, method, path, Some(&sent.token)).await?,
            false => None,
        };
        let found = self.found(&sent.token).await?.ok_or_else(|| refused("the token is unknown, over or revoked"))?;
        match (&found.content.jkt, &proof) {
            (None, None) if !sent.bound => {}
            (None, _) => return Err(refused("the token is bound to no key")),
            (Some(_), _) if !sent.bound => return Err(refused("a bound token is no bearer token")),
            (Some(_), None) => return Err(Refusal::proof("a DPoP proof is missing").into()),
            (Some(jkt), Some(proof)) if *jkt != proof.jkt => {
                return Err(Refusal::proof("the token is bound to another key").into());
            }
            (Some(_), Some(_)) => {}
        }
        if found.audience != self.issuer() {
            return Err(refused("the token is for another resource"));
        }
        Ok(found)
    }

    async fn userinfo(
        &self,
        visitor: &Visitor,
        headers: &HeaderMap,
        method: &str,
        sent: &Sent,
    ) -> Result<Response, Stop> {
        let found = self.at_resource(headers, method, "/oauth2/userinfo", sent).await?;
        let content = &found.content;
        let who = content.signed_in.as_ref().filter(|_| content.scopes.iter().any(|scope| scope == "openid"));
        let Some(who) = who else {
            let mut refusal = unauthorized("insufficient_scope", "the token does not stand for a person");
            refusal.status = 403;
            return Err(refusal.into());
        };
        if !self.is_known(&who.person).await? {
            return Err(unauthorized("invalid_token", "the person may not sign in any more").into());
        }
        let id = PersonId::parse(&who.person).map_err(|_| Problem::internal("a person id that is none"))?;
        let person = self.inner.room.person(&id).await?;
        let person = person.ok_or_else(|| unauthorized("invalid_token", "the person is gone"))?;
        let mut told = claims::told(&person, &content.scopes, &content.claims);
        let client = self.open_client(&content.client).await?;
        let client = client.ok_or_else(|| unauthorized("invalid_token", "the client may not be used any more"))?;
        let live = self.live(&client, content).await?;
        told.extend(live.at_userinfo());
        if !told.is_empty() {
            // What leaves here is a look at personal data; it is written down before it leaves.
            let actor = ActorRef { kind: "system".to_owned(), channel: "api".to_owned(), ..ActorRef::default() };
            let names: Vec<&String> = told.keys().collect();
            let entry = AuditEntry::read("userinfo.read", actor)
                .object("client", &content.client)
                .request(&visitor.request_id)
                .subject(person.personal_number())
                .subjects(live.numbers)
                .detail(serde_json::json!({ "claims": names }));
            self.db().record_read(entry).await?;
        }
        told.insert("sub".to_owned(), found.sub.as_str().into());
        let mut response = private_json(200, &Value::Object(told));
        if sent.bound {
            put(&mut response, "dpop-nonce", &self.nonce());
        }
        Ok(response)
    }
}
