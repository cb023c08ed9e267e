//! Refusals in the words of RFC 7644, section 3.12.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use haidang_kernel::problem::Problem;
use haidang_store::StoreError;
use serde_json::json;

use super::schema::ERROR;

/// Media type of everything here.
pub(super) const MEDIA: &str = "application/scim+json";

/// Why a request was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ScimFault {
    /// The request is wrong; the word is the `scimType`.
    #[error("{0}: {1}")]
    Wrong(&'static str, String),
    /// There is no such resource.
    #[error("not found")]
    NotFound,
    /// A value that must be unique is taken.
    #[error("taken: {0}")]
    Taken(&'static str),
    /// The resource changed since the client read it.
    #[error("changed meanwhile")]
    Changed,
    /// A fault of ours, or of the store.
    #[error("{0}")]
    House(String),
}

impl From<StoreError> for ScimFault {
    fn from(error: StoreError) -> Self {
        if error.is_unique() { Self::Taken("the name is taken") } else { Self::House(error.to_string()) }
    }
}

impl From<Problem> for ScimFault {
    fn from(problem: Problem) -> Self {
        Self::House(problem.to_string())
    }
}

/// `invalidValue` with a reason.
pub(super) fn value(reason: impl Into<String>) -> ScimFault {
    ScimFault::Wrong("invalidValue", reason.into())
}

/// `invalidPath` with a reason.
pub(super) fn path(reason: impl Into<String>) -> ScimFault {
    ScimFault::Wrong("invalidPath", reason.into())
}

/// `invalidFilter` with a reason.
pub(super) fn filter(reason: impl Into<String>) -> ScimFault {
    ScimFault::Wrong("invalidFilter", reason.into())
}

impl IntoResponse for ScimFault {
    fn into_response(self) -> Response {
        let (status, kind, detail) = match self {
            Self::Wrong(kind, detail) => (StatusCode::BAD_REQUEST, Some(kind), detail),
            Self::NotFound => (StatusCode::NOT_FOUND, None, "no such resource".to_owned()),
            Self::Taken(what) => (StatusCode::CONFLICT, Some("uniqueness"), what.to_owned()),
            Self::Changed => (StatusCode::PRECONDITION_FAILED, None, "the resource changed meanwhile".to_owned()),
            Self::House(reason) => {
                tracing::error!(reason, "provisioning failed");
                (StatusCode::INTERNAL_SERVER_ERROR, None, "the server could not do this".to_owned())
            }
        };
        let mut body = json!({ "schemas": [ERROR], "status": status.as_str(), "detail": detail });
        if let Some(kind) = kind {
            body["scimType"] = kind.into();
        }
        (status, [(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA))], body.to_string()).into_response()
    }
}
