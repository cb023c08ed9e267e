//! What other systems read first: the metadata (OIDC Discovery, RFC 8414) and the public keys.

use super::error::Stop;
use super::{Provider, claims, client_auth, device, dpop, dynamic, keys, request, rules, scopes, token};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use haidang_store::StoreError;
use haidang_web::Answer;
use serde_json::{Value, json};

fn metadata(provider: &Provider, resource_scopes: &[String]) -> Value {
    let at = |path: &str| provider.address(path);
    let mut known: Vec<&str> = scopes::OWN.to_vec();
    known.extend(resource_scopes.iter().map(String::as_str));
    let mut claims: Vec<&str> =
        vec!["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp", "sid"];
    claims.extend(claims::known());
    claims.push("representee");
    let confidential = ["private_key_jwt", "client_secret_basic"];
    json!({
        "issuer": provider.issuer(),
        "authorization_endpoint": at("/oauth2/authorize"),
        "token_endpoint": at("/oauth2/token"),
        "userinfo_endpoint": at("/oauth2/userinfo"),
        "jwks_uri": at("/oauth2/jwks"),
        "pushed_authorization_request_endpoint": at("/oauth2/par"),
        "introspection_endpoint": at("/oauth2/introspect"),
        "revocation_endpoint": at("/oauth2/revoke"),
        "device_authorization_endpoint": at(device::ENDPOINT),
        "registration_endpoint": at(dynamic::PATH),
        "end_session_endpoint": at("/oauth2/logout"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": token::GRANTS,
        "subject_types_supported": ["pairwise", "public"],
        "scopes_supported": known,
        "claims_supported": claims,
        "claim_types_supported": ["normal"],
        "id_token_signing_alg_values_supported": keys::ALGORITHMS,
        "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_basic", "none"],
        "token_endpoint_auth_signing_alg_values_supported": client_auth::ALGORITHMS,
        "introspection_endpoint_auth_methods_supported": confidential,
        "introspection_endpoint_auth_signing_alg_values_supported": client_auth::ALGORITHMS,
        "revocation_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_basic", "none"],
        "revocation_endpoint_auth_signing_alg_values_supported": client_auth::ALGORITHMS,
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": dpop::ALGORITHMS,
        "authorization_response_iss_parameter_supported": true,
        "require_pushed_authorization_requests": false,
        "acr_values_supported": rules::ACRS,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "claims_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_details_types_supported": [request::VAULT_READ],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "ui_locales_supported": ["vi", "en"],
        "service_documentation": at("/vi/tro-giup"),
    })
}

/// A public answer that may be kept for an hour.
fn public_json(body: &Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
    ];
    (StatusCode::OK, headers, body.to_string()).into_response()
}

/// Lets a registered application in a browser read an answer; to everybody else the header does not appear.
pub(crate) async fn readable(
    provider: &Provider,
    headers: &HeaderMap,
    mut response: Response,
) -> Result<Response, StoreError> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(response) };
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Origin"));
    let known = match origin.to_str() {
        Ok(text) => provider.registry().await?.is_origin(text),
        Err(_) => false,
    };
    if known {
        let list = response.headers_mut();
        list.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        list.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("DPoP-Nonce, WWW-Authenticate"));
    }
    Ok(response)
}

/// The metadata, at both of its addresses.
pub(crate) async fn show_metadata(State(provider): State<Provider>, headers: HeaderMap) -> Answer {
    let registry = provider.registry().await?;
    let mut scopes: Vec<String> = registry.resources.values().flat_map(|server| server.scopes.clone()).collect();
    scopes.sort();
    scopes.dedup();
    Ok(readable(&provider, &headers, public_json(&metadata(&provider, &scopes))).await?)
}

/// The public keys.
pub(crate) async fn show_keys(State(provider): State<Provider>, headers: HeaderMap) -> Answer {
    let keys = provider.public_keys().await?;
    Ok(readable(&provider, &headers, public_json(&keys)).await?)
}

/// The question a browser asks before a page of another site may call us.
pub(crate) async fn allow_browser(State(provider): State<Provider>, headers: HeaderMap) -> Answer {
    let preflight = |response: Response| async { readable(&provider, &headers, response).await.map_err(Stop::from) };
    let mut response = super::error::finish(preflight(StatusCode::NO_CONTENT.into_response()).await)?;
    if response.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
        let list = response.headers_mut();
        list.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
        list.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("Authorization, Content-Type, DPoP"),
        );
        list.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    Ok(response)
}
