//! What others ask over HTTP, each in the words of its standard.

mod authorities;
mod statuses;
mod time_stamps;

use crate::room::TrustRoom;
use crate::status_answers::Signed;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::IntoResponse as _;
use data_encoding::HEXLOWER;
use haidang_kernel::problem::Problem;
use haidang_signing::DigestAlgorithm;
use haidang_web::{Answer, Routes, Row};
use jiff::Timestamp;

/// Largest question, in bytes; a real one has a hundred.
const BODY: usize = 64 * 1024;

/// The routes of this room. Certificates name them, so that they stay where they are.
pub fn routes(room: TrustRoom) -> Routes<TrustRoom> {
    let get = |id, path| Row::get(id, path).public();
    let post = |id, path| Row::post(id, path).public().body_limit(BODY);
    Routes::new("trust", room)
        .protocol(post("give_time_stamp", "/tsa").audit("timestamp.issued"), time_stamps::give_time_stamp)
        .protocol(post("answer_status", "/ocsp").no_mutation("answers a question"), statuses::answer_status)
        .protocol(get("show_status", "/ocsp/{*request}").example("/ocsp/MA=="), statuses::show_status)
        .protocol(
            get("show_revocation_list", "/trust/crl/{file}").example("/trust/crl/issuing.crl").status(404),
            authorities::show_revocation_list,
        )
        .protocol(
            get("show_authority", "/trust/{file}").example("/trust/root.cer").status(404),
            authorities::show_authority,
        )
}

/// Whether a body is of this media type, whatever parameters follow it.
fn has_type(headers: &HeaderMap, wanted: &str) -> bool {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted)
}

/// Something signed that everybody may keep until it ends (RFC 5019, 6.2).
fn kept(signed: Signed, media_type: &'static str, now: Timestamp) -> Answer {
    let seconds = signed.until.duration_since(now).as_secs().max(0);
    let written = |at: Timestamp| HeaderValue::from_str(&at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
    let bad = |_| Problem::internal("a header does not fit");
    let control = format!("public, max-age={seconds}, no-transform, must-revalidate");
    let tag = HEXLOWER.encode(&DigestAlgorithm::Sha256.digest(&signed.content));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CACHE_CONTROL, HeaderValue::from_str(&control).map_err(bad)?),
        (header::LAST_MODIFIED, written(signed.from).map_err(bad)?),
        (header::EXPIRES, written(signed.until).map_err(bad)?),
        (header::ETAG, HeaderValue::from_str(&format!("\"{tag}\"")).map_err(bad)?),
    ];
    Ok((headers, signed.content).into_response())
}
