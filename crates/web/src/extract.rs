//! Reading JSON, query and path: what does not fit answers as a problem with a stable code.

use crate::answer::Fault;
use crate::form::{clean, field_of};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header;
use axum::http::request::Parts;
use haidang_kernel::problem::{FieldError, Problem};
use http_body_util::{BodyExt, LengthLimitError};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The whole body, within the limit of the row.
pub(crate) async fn body(request: Request) -> Result<Bytes, Fault> {
    match request.into_body().collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) => Err(unreadable(&error).into()),
    }
}

/// The problem of a body that does not end well.
pub(crate) fn unreadable(error: &(dyn std::error::Error + 'static)) -> Problem {
    let mut source = Some(error);
    while let Some(cause) = source {
        if cause.is::<LengthLimitError>() {
            return Problem::too_large("body_too_large", "the body is larger than this address accepts");
        }
        source = cause.source();
    }
    Problem::bad_request("body_incomplete", "the body broke off")
}

/// A JSON body read into a type; texts are NFC. Anything else answers 400, 415 or 422 as `problem+json`.
#[derive(Debug, Clone)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        let is_json = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).is_some_and(|v| {
            let media = v.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            media == "application/json" || (media.starts_with("application/") && media.ends_with("+json"))
        });
        if !is_json {
            return Err(Problem::unsupported_media_type("json_expected", "the body must be application/json").into());
        }
        let bytes = body(request).await?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|error| {
            // Only the place: the text of a parser quotes what was sent.
            let detail = format!("the body is no JSON (line {}, column {})", error.line(), error.column());
            Problem::bad_request("malformed_json", detail)
        })?;
        typed(clean_json(value)).map(Self)
    }
}

/// Reads a value into a type; a wrong field is named by a JSON pointer.
fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Fault> {
    // axum's own reader names the path of the fault; the value has been normalised before.
    let bytes = serde_json::to_vec(&value).map_err(|_| Problem::internal("a JSON value does not print"))?;
    axum::Json::<T>::from_bytes(&bytes).map(|axum::Json(value)| value).map_err(|rejection| {
        let field = field_of(&rejection.body_text());
        let pointer = format!("/{}", field.replace(['.', '['], "/").replace(']', ""));
        let problem = Problem::invalid("body_invalid", "a field of the body does not fit");
        problem.with_errors(vec![FieldError::new(pointer, "invalid")]).into()
    })
}

fn clean_json(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(clean(&text)),
        Value::Array(items) => Value::Array(items.into_iter().map(clean_json).collect()),
        Value::Object(members) => Value::Object(members.into_iter().map(|(k, v)| (clean(&k), clean_json(v))).collect()),
        other => other,
    }
}

/// Query parameters read into a type. What does not fit answers 422 on pages and 422 `problem+json` on the API.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let fields = crate::form::decode(parts.uri.query().unwrap_or_default().as_bytes())?;
        // An empty parameter of a GET form means "not given": `?trang=&q=` reads as no page and no words.
        let given = fields.0.into_iter().filter(|(_, value)| !value.is_empty());
        let again = crate::form::encode(given);
        let uri = axum::http::Uri::builder()
            .path_and_query(format!("/?{again}"))
            .build()
            .map_err(|_| Problem::bad_request("query_invalid", "the query is too long"))?;
        axum::extract::Query::<T>::try_from_uri(&uri).map(|axum::extract::Query(value)| Self(value)).map_err(
            |rejection| {
                let field = field_of(&rejection.body_text());
                let problem = Problem::invalid("query_invalid", "a query parameter does not fit");
                problem.with_errors(vec![FieldError::new(field, "invalid")]).into()
            },
        )
    }
}

/// Path parameters read into a type. A malformed one is an address that does not exist: 404, before any look.
#[derive(Debug, Clone)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(_) => Err(Problem::not_found("not_found", "no such address").into()),
        }
    }
}
