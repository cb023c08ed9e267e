//! `/kq/khoa-cong-khai`: the public keys by which anybody checks what the city signed.

use axum::extract::State;
use haidang_kernel::problem::Problem;
use haidang_signing::FolderSigner;
use haidang_web::{Answer, Routes, Row, json};

/// The one route of this module.
pub fn routes(signer: FolderSigner) -> Routes<FolderSigner> {
    Routes::new("server", signer).plain(
        Row::get("list_public_keys", "/kq/khoa-cong-khai").public().not_html().example("/kq/khoa-cong-khai"),
        list_public_keys,
    )
}

/// A JSON Web Key Set (RFC 7517, RFC 8037) of all agencies that have signed something.
async fn list_public_keys(State(signer): State<FolderSigner>) -> Answer {
    let keys = signer.folder().public_keys().map_err(|error| Problem::internal(error.to_string()))?;
    json(200, &keys)
}
