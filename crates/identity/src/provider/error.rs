//! Refusals in the words of OAuth 2.0 (RFC 6749 5.2, RFC 9126, RFC 9449) and their bodies.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use haidang_kernel::problem::Problem;
use haidang_store::StoreError;
use haidang_web::{Answer, Fault};
use serde_json::json;

/// A refusal with its code; the description is for the developer of the other system and holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) error: &'static str,
    pub(crate) description: &'static str,
    /// Value of `WWW-Authenticate`, where one belongs.
    pub(crate) challenge: Option<String>,
    /// A fresh DPoP nonce to try again with.
    pub(crate) nonce: Option<String>,
}

impl Refusal {
    pub(crate) fn new(error: &'static str, description: &'static str) -> Self {
        Self { status: 400, error, description, challenge: None, nonce: None }
    }

    pub(crate) fn request(description: &'static str) -> Self {
        Self::new("invalid_request", description)
    }

    pub(crate) fn grant(description: &'static str) -> Self {
        Self::new("invalid_grant", description)
    }

    pub(crate) fn proof(description: &'static str) -> Self {
        Self::new("invalid_dpop_proof", description)
    }

    pub(crate) fn client(description: &'static str) -> Self {
        Self { status: 401, ..Self::new("invalid_client", description) }
    }

    /// The same, as a protected resource says it: 401 with a challenge.
    pub(crate) fn at_resource(mut self) -> Self {
        self.status = 401;
        let algorithms = super::dpop::ALGORITHMS.join(" ");
        self.challenge = Some(format!("DPoP error=\"{}\", algs=\"{algorithms}\"", self.error));
        self
    }
}

/// What ends a request early: a refusal in the protocol's words, or a fault of the house.
#[derive(Debug, Clone)]
pub(crate) enum Stop {
    Refused(Box<Refusal>),
    Fault(Fault),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Fault(problem.into())
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<haidang_contracts::ContractError> for Stop {
    fn from(error: haidang_contracts::ContractError) -> Self {
        Self::Fault(error.into())
    }
}

/// A JSON answer that nobody keeps.
pub(crate) fn private_json(status: u16, body: &serde_json::Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::PRAGMA, HeaderValue::from_static("no-cache")),
    ];
    (status, headers, body.to_string()).into_response()
}

/// Puts a header that was made from our own words.
pub(crate) fn put(response: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.error, "error_description": self.description });
        let mut response = private_json(self.status, &body);
        if let Some(challenge) = &self.challenge {
            put(&mut response, "www-authenticate", challenge);
        }
        if let Some(nonce) = &self.nonce {
            put(&mut response, "dpop-nonce", nonce);
        }
        response
    }
}

/// What a handler gives back to the frame.
pub(crate) fn finish(outcome: Result<Response, Stop>) -> Answer {
    match outcome {
        Ok(response) => Ok(response),
        Err(Stop::Refused(refusal)) => Ok(refusal.into_response()),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}
