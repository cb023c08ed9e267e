//! `POST /ocsp` and `GET /ocsp/{request}`: whether a certificate is good (RFC 6960, appendix A).

use crate::room::TrustRoom;
use crate::status_answers::StatusAnswer;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::IntoResponse as _;
use data_encoding::BASE64;
use haidang_kernel::problem::Problem;
use haidang_web::{Answer, Path, State};

const ANSWER: &str = "application/ocsp-response";
/// RFC 6960, A.1 wants requests by GET shorter than 255 bytes; longer ones come by POST.
const LONGEST_GET: usize = 1024;

/// Asked with a body.
pub(super) async fn answer_status(State(room): State<TrustRoom>, headers: HeaderMap, body: Bytes) -> Answer {
    if !super::has_type(&headers, "application/ocsp-request") {
        let detail = "the body must be application/ocsp-request";
        return Err(Problem::unsupported_media_type("ocsp_request_expected", detail).into());
    }
    respond(&room, &body).await
}

/// Asked in the address: base64, in which a slash may or may not be escaped.
pub(super) async fn show_status(State(room): State<TrustRoom>, Path(request): Path<String>) -> Answer {
    let short = Some(request).filter(|text| text.len() <= LONGEST_GET);
    let bytes = short.and_then(|text| BASE64.decode(text.as_bytes()).ok()).unwrap_or_default();
    respond(&room, &bytes).await
}

async fn respond(room: &TrustRoom, request: &[u8]) -> Answer {
    let content = match room.answer_status(request).await? {
        StatusAnswer::Signed { answer, shared: true } => return super::kept(answer, ANSWER, room.now()),
        StatusAnswer::Signed { answer, shared: false } => answer.content,
        StatusAnswer::Refused(content) => content,
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(ANSWER)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, content).into_response())
}
