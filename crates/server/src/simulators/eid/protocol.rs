//! The simulator's endpoints for programs: discovery, keys, token, profile.

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use haidang_web::{Answer, FormFields, decode_form, json};
use serde_json::{Value, json as object};
use sha2::{Digest as _, Sha256};

use super::manner::{CLIENT, Manner, SECRET};
use super::{Door, Fault};
use haidang_kernel::problem::Problem;

/// How long a slow upstream takes.
const SLOW: std::time::Duration = std::time::Duration::from_secs(10);

/// The discovery document of the clean manner.
pub(super) async fn discovery(State(door): State<Door>) -> Answer {
    let origin = &door.simulator.origin;
    let at = |name: &str| format!("{origin}{}", Manner::Oidc.path(name));
    let mut document = object!({
        "issuer": Manner::Oidc.issuer(origin), "authorization_endpoint": at("authorize"), "token_endpoint": at("token"),
        "userinfo_endpoint": at("profile"), "jwks_uri": at("jwks"), "end_session_endpoint": at("logout"),
        "response_types_supported": ["code"], "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"], "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"], "scopes_supported": ["openid"],
        "authorization_response_iss_parameter_supported": true,
    });
    document[haidang_identity::federation::MARKER] = object!(true);
    json(200, &document)
}

/// The public keys.
pub(super) async fn keys(State(door): State<Door>) -> Answer {
    let document = door.simulator.keys.document().map_err(|error| Problem::internal(error.to_string()))?;
    json(200, &document)
}

fn refuse(status: u16, error: &str) -> Answer {
    json(status, &object!({ "error": error }))
}

/// Exchanges a code.
pub(super) async fn token(State(door): State<Door>, headers: HeaderMap, body: Bytes) -> Answer {
    let form = decode_form(&body)?;
    if !known_client(&door, &headers, &form) {
        return refuse(401, "invalid_client");
    }
    if form.text("grant_type") != "authorization_code" {
        return refuse(400, "unsupported_grant_type");
    }
    let Some(grant) = door.simulator.take_code(form.text("code")) else { return refuse(400, "invalid_grant") };
    let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(form.text("code_verifier").as_bytes()));
    let proven = grant.challenge.as_ref().is_none_or(|wanted| *wanted == challenge);
    if grant.manner != door.manner || grant.redirect_uri != form.text("redirect_uri") || !proven {
        return refuse(400, "invalid_grant");
    }
    match grant.fault {
        Some(Fault::Broken) => return refuse(500, "server_error"),
        Some(Fault::Slow) => tokio::time::sleep(SLOW).await,
        _ => {}
    }
    let simulator = &door.simulator;
    let access_token = simulator.ambient.secret();
    let id_token = grant
        .id_token(&simulator.keys, &simulator.origin, &access_token)
        .map_err(|error| Problem::internal(error.to_string()))?;
    let answer = object!({
        "access_token": access_token, "token_type": "Bearer", "expires_in": super::TOKEN_SECONDS, "id_token": id_token,
        "scope": "openid",
    });
    simulator.keep(&simulator.granted, access_token, grant);
    json(200, &answer)
}

/// Whether the caller is the one client there is.
fn known_client(door: &Door, headers: &HeaderMap, form: &FormFields) -> bool {
    if door.manner == Manner::Oidc {
        return known_by_key(door, form);
    }
    let basic = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let Some(pair) = basic.and_then(|text| text.strip_prefix("Basic ")) {
        return BASE64.decode(pair.as_bytes()).is_ok_and(|bytes| bytes == format!("{CLIENT}:{SECRET}").as_bytes());
    }
    form.text("client_id") == CLIENT && form.text("client_secret") == SECRET
}

/// `private_key_jwt`: issuer and subject are the client, the audience is the issuer as one text, short-lived.
fn known_by_key(door: &Door, form: &FormFields) -> bool {
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
    validation.validate_aud = false;
    validation.validate_exp = false;
    let assertion = form.text("client_assertion");
    let read = jsonwebtoken::decode::<Value>(assertion, &door.simulator.keys.client, &validation);
    let Ok(claims) = read.map(|data| data.claims) else { return false };
    let now = door.simulator.ambient.now().as_second();
    let issuer = door.manner.issuer(&door.simulator.origin);
    claims["iss"] == CLIENT
        && claims["sub"] == CLIENT
        && claims["aud"] == issuer.as_str()
        && claims["exp"].as_i64().is_some_and(|exp| exp > now && exp <= now + 120)
        && claims["jti"].is_string()
}

/// What is known of the person of a token.
pub(super) async fn profile(State(door): State<Door>, headers: HeaderMap, RawQuery(query): RawQuery) -> Answer {
    let simulator = &door.simulator;
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let grant = match door.manner {
        Manner::Vneid => {
            let query = decode_form(query.unwrap_or_default().as_bytes())?;
            let token = query.text("token_id");
            let claims = simulator.keys.read(token);
            claims.and_then(|claims| {
                let hash = claims.get("at_hash")?.as_str()?.to_owned();
                simulator.by_hash(&hash)
            })
        }
        _ => bearer.and_then(|text| text.strip_prefix("Bearer ")).and_then(|token| simulator.granted(token)),
    };
    match grant.filter(|grant| grant.manner == door.manner) {
        Some(grant) => json(200, &grant.profile(&simulator.origin)),
        None => refuse(401, "invalid_token"),
    }
}
