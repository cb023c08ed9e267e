//! Refusals in the words of the standard: `{"error": …, "error_description": …}` (CSC 1.0.4, 10.1).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use haidang_contracts::ContractError;
use haidang_kernel::problem::Problem;
use haidang_store::StoreError;
use serde::Serialize;
use serde_json::json;

use crate::error::TrustError;

/// Why something was refused.
#[derive(Debug)]
pub(super) enum Fault {
    /// No token, or one that opens nothing.
    Token,
    /// A parameter does not fit.
    Request(&'static str),
    /// No such key of the caller.
    Credential,
    /// The key cannot sign: its certificate was revoked or has ended, or no PIN was chosen.
    Disabled(&'static str),
    /// Another PIN.
    Pin,
    /// Too many wrong PINs.
    PinLocked,
    /// The activation is unknown, used, ended, or of another key.
    Activation,
    /// A hash that was not authorised.
    Hash,
    /// A fault of ours.
    Internal(String),
    /// The database or a partner does not answer now.
    Unavailable,
}

impl Fault {
    pub(super) fn contract(error: ContractError) -> Fault {
        match error {
            ContractError::Unavailable(_) => Fault::Unavailable,
            other => Fault::Internal(other.to_string()),
        }
    }

    fn words(&self) -> (StatusCode, &'static str, &'static str) {
        let bad = StatusCode::BAD_REQUEST;
        match self {
            Fault::Token => (StatusCode::UNAUTHORIZED, "invalid_token", "The access token is missing or opens nothing"),
            Fault::Request(what) => (bad, "invalid_request", what),
            Fault::Credential => (bad, "invalid_request", "Invalid parameter credentialID"),
            Fault::Disabled(what) => (bad, "invalid_request", what),
            Fault::Pin => (bad, "invalid_pin", "The PIN is invalid"),
            Fault::PinLocked => (bad, "invalid_pin", "The PIN is locked after too many attempts; try again later"),
            Fault::Activation => (bad, "invalid_request", "Invalid parameter SAD"),
            Fault::Hash => (bad, "invalid_request", "Hash is not authorized by the SAD"),
            Fault::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "server_error", "Something went wrong here"),
            Fault::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "Try again in a moment"),
        }
    }

    pub(super) fn response(self) -> Result<Response, Problem> {
        if let Fault::Internal(reason) = &self {
            tracing::error!(reason = %reason, "remote signing failed");
        }
        let (status, error, description) = self.words();
        let mut response = body(status, &json!({ "error": error, "error_description": description }))?;
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"haidang\", error=\"invalid_token\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        Ok(response)
    }
}

/// An answer as JSON.
pub(super) fn body<T: Serialize>(status: StatusCode, content: &T) -> Result<Response, Problem> {
    let text = serde_json::to_vec(content).map_err(|error| Problem::internal(error.to_string()))?;
    Ok((status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response())
}

impl From<TrustError> for Fault {
    fn from(error: TrustError) -> Fault {
        match error {
            TrustError::Store(error) => error.into(),
            other => Fault::Internal(other.to_string()),
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Fault {
        if error.is_transient() { Fault::Unavailable } else { Fault::Internal(error.to_string()) }
    }
}
