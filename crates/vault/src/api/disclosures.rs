//! Documents for other systems, under a grant.

use super::instant;
use crate::disclosing::Grant;
use crate::pages::{any_reader, send_file};
use crate::room::VaultRoom;
use axum::extract::State;
use haidang_web::{Answer, Json, Visitor, json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A document of somebody, as a system sees it.
#[derive(Serialize, ToSchema)]
pub(crate) struct DisclosedItem {
    /// Id, for taking the file.
    id: String,
    /// Code of the kind.
    code: String,
    /// Title in Vietnamese.
    title: String,
    /// Official number.
    number: Option<String>,
    /// Who issued it.
    issuer: String,
    /// Day of issue, `YYYY-MM-DD`.
    issued_on: String,
    /// Last day of validity.
    valid_until: Option<String>,
    /// SHA-256 of the file, hex.
    sha256: String,
    /// When it was kept, RFC 3339.
    kept_at: String,
}

/// What a grant covers.
#[derive(Serialize, ToSchema)]
pub(crate) struct Disclosure {
    /// Id of the record that stands on the person's log.
    access: String,
    /// Documents, newest first.
    items: Vec<DisclosedItem>,
}

/// One document of a grant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Extract {
    /// The grant.
    grant: Grant,
    /// Id of the document.
    item: String,
}

/// What a grant covers, without the files.
pub(crate) async fn read_under_grant(
    visitor: Visitor,
    State(room): State<VaultRoom>,
    Json(grant): Json<Grant>,
) -> Answer {
    let disclosed = room.disclose(&any_reader(&visitor)?, &grant, None).await?;
    let items = disclosed.items.into_iter().map(|row| DisclosedItem {
        id: row.item.id,
        code: row.item.code,
        title: row.item.title,
        number: row.item.number,
        issuer: row.item.issuer,
        issued_on: row.item.issued_on,
        valid_until: row.item.valid_until,
        sha256: row.item.sha256,
        kept_at: instant(row.kept_at),
    });
    json(200, &Disclosure { access: disclosed.access, items: items.collect() })
}

/// The file of one document of a grant.
pub(crate) async fn extract_under_grant(
    visitor: Visitor,
    State(room): State<VaultRoom>,
    Json(asked): Json<Extract>,
) -> Answer {
    let disclosed = room.disclose(&any_reader(&visitor)?, &asked.grant, Some(&asked.item)).await?;
    let missing = || haidang_kernel::problem::Problem::not_found("item_not_found", "no such document");
    let row = disclosed.items.first().ok_or_else(missing)?;
    send_file(&room, &row.item).await
}
