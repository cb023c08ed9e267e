//! `GET /trust/crl/{authority}.crl` and `GET /trust/{authority}.cer`: what certificates point to (RFC 5280, RFC 2585).

use crate::room::TrustRoom;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse as _;
use haidang_kernel::problem::Problem;
use haidang_web::{Answer, Path, State};

/// The list of revoked certificates of an authority, DER.
pub(super) async fn show_revocation_list(State(room): State<TrustRoom>, Path(file): Path<String>) -> Answer {
    let authority = file.strip_suffix(".crl").ok_or_else(unknown)?;
    let list = room.revocation_list(authority).await?.ok_or_else(unknown)?;
    super::kept(list, "application/pkix-crl", room.now())
}

/// The certificate of an authority, DER.
pub(super) async fn show_authority(State(room): State<TrustRoom>, Path(file): Path<String>) -> Answer {
    let authority = file.strip_suffix(".cer").ok_or_else(unknown)?;
    let row = room.authority(authority).await?.ok_or_else(unknown)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/pkix-cert")),
        // An id names the key: what it stands for never changes.
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400")),
    ];
    Ok((headers, row.certificate).into_response())
}

fn unknown() -> Problem {
    Problem::not_found("authority_not_found", "no such authority")
}
