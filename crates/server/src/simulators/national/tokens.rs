//! The gateway in front of the systems: a bearer token for the client's credentials, as provinces' platforms ask for.

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use data_encoding::BASE64;
use jiff::Timestamp;
use serde_json::json;

use super::messages::{Answer, Asked};
use super::{CLIENT, NationalSimulator, SECRET};

/// Seconds that a token lives, as the platforms say.
const SECONDS: i64 = 3_600;
/// Tokens at a time.
const MOST: usize = 1_000;

/// Tokens and when they end.
#[derive(Default)]
pub(super) struct Tokens(BTreeMap<String, Timestamp>);

/// Whether a caller may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    /// With a token that holds.
    Known,
    /// Without any token: the gateway itself refuses.
    Missing,
    /// With a token that is not or no more known.
    Wrong,
}

/// Issues a token: `POST /token` with `grant_type=client_credentials` and Basic credentials.
pub(super) fn issue(simulator: &NationalSimulator, asked: &Asked) -> Answer {
    if asked.method != Method::POST {
        return Answer::gateway(StatusCode::METHOD_NOT_ALLOWED);
    }
    let basic = asked.header("authorization").and_then(|text| text.strip_prefix("Basic "));
    let known = basic.and_then(|text| BASE64.decode(text.as_bytes()).ok());
    if known.as_deref() != Some(format!("{CLIENT}:{SECRET}").as_bytes()) {
        return Answer::json(StatusCode::UNAUTHORIZED, json!({ "error": "invalid_client" }));
    }
    let form = std::str::from_utf8(&asked.body).unwrap_or_default();
    let granted = form
        .split('&')
        .chain([asked.query("grant_type")])
        .any(|pair| matches!(pair, "grant_type=client_credentials" | "client_credentials"));
    if !granted {
        return Answer::json(StatusCode::BAD_REQUEST, json!({ "error": "unsupported_grant_type" }));
    }
    let Some(token) = grant(simulator) else { return Answer::gateway(StatusCode::TOO_MANY_REQUESTS) };
    Answer::good(json!({
        "access_token": token, "scope": "am_application_scope default", "token_type": "Bearer", "expires_in": SECONDS,
    }))
}

/// A new token; none when there are too many.
pub(super) fn grant(simulator: &NationalSimulator) -> Option<String> {
    let token = simulator.ambient.token();
    let now = simulator.ambient.now();
    let ends = now.saturating_add(jiff::SignedDuration::from_secs(SECONDS)).unwrap_or(now);
    let mut state = simulator.state();
    let tokens = &mut state.kept.tokens.0;
    tokens.retain(|_, ends| *ends > now);
    if tokens.len() >= MOST {
        return None;
    }
    tokens.insert(token.clone(), ends);
    Some(token)
}

/// Judges the bearer token of a caller.
pub(super) fn pass(simulator: &NationalSimulator, asked: &Asked) -> Pass {
    let Some(text) = asked.header("authorization") else { return Pass::Missing };
    let Some(token) = text.strip_prefix("Bearer ") else { return Pass::Wrong };
    let now = simulator.ambient.now();
    match simulator.state().kept.tokens.0.get(token) {
        Some(ends) if *ends > now => Pass::Known,
        _ => Pass::Wrong,
    }
}

/// Lets a caller with a token through, for systems that have no word of their own for a wrong one.
///
/// # Errors
/// The gateway's answer.
pub(super) fn required(simulator: &NationalSimulator, asked: &Asked) -> Result<(), Answer> {
    match pass(simulator, asked) {
        Pass::Known => Ok(()),
        Pass::Missing | Pass::Wrong => Err(Answer::gateway(StatusCode::UNAUTHORIZED)),
    }
}
