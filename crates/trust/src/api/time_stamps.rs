//! `POST /tsa`: time stamps over HTTP (RFC 3161, 3.4).

use crate::room::TrustRoom;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::IntoResponse as _;
use haidang_kernel::problem::Problem;
use haidang_signing::time_stamp::TimeStampFailure;
use haidang_web::{Answer, State};

/// A refusal is an answer of the standard too, so it comes with 200; what is no question comes with 400 beside it, for
/// programs that look no further than that.
pub(super) async fn give_time_stamp(State(room): State<TrustRoom>, headers: HeaderMap, body: Bytes) -> Answer {
    if !super::has_type(&headers, "application/timestamp-query") {
        let detail = "the body must be application/timestamp-query";
        return Err(Problem::unsupported_media_type("timestamp_query_expected", detail).into());
    }
    let answer = room.answer_stamp(&body).await?;
    let status =
        if answer.refusal == Some(TimeStampFailure::BadDataFormat) { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/timestamp-reply")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((status, headers, answer.content).into_response())
}
