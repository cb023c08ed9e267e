//! Pushed authorization requests (RFC 9126).

use super::error::{Refusal, Stop, finish, private_json, put};
use super::params::Params;
use super::{Provider, request, sql};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use haidang_store::{StoreError, args};
use haidang_web::Answer;
use serde_json::json;

/// Beginning of our request addresses.
pub(crate) const URN: &str = "urn:ietf:params:oauth:request_uri:";

/// Takes a request and gives it a name for a minute.
pub(crate) async fn push_request(State(provider): State<Provider>, headers: HeaderMap, body: Bytes) -> Answer {
    finish(push(&provider, &headers, &body).await)
}

async fn push(provider: &Provider, headers: &HeaderMap, body: &Bytes) -> Result<Response, Stop> {
    let params = Params::of_form(headers, body)?;
    let client = provider.client_of(headers, &params).await?;
    if params.has("request_uri") {
        return Err(Refusal::request("request_uri does not belong into a pushed request").into());
    }
    let proof = provider.proof(headers, "POST", "/oauth2/par", None).await?;
    let redirect_uri = request::redirect_of(&client, &params)?;
    let mut request = provider.read_request(&client, redirect_uri, &params).await?;
    if let Some(proof) = &proof {
        if request.dpop_jkt.as_ref().is_some_and(|jkt| *jkt != proof.jkt) {
            return Err(Refusal::proof("dpop_jkt is another key").into());
        }
        request.dpop_jkt = Some(proof.jkt.clone());
    }
    let (name, life) = (format!("{URN}{}", provider.random()), provider.lives().pushed);
    let text = serde_json::to_string(&request).map_err(StoreError::from)?;
    let row = args![haidang_web::tokens::digest(&name), &client.id, text, provider.after(life)];
    provider.db().execute(sql::INSERT_PUSHED, row).await?;
    let mut response = private_json(201, &json!({ "request_uri": name, "expires_in": life }));
    if proof.is_some() {
        put(&mut response, "dpop-nonce", &provider.nonce());
    }
    Ok(response)
}
