//! Documents of the one who asks.

use super::instant;
use crate::model::ItemRow;
use crate::pages::{reader, send_file};
use crate::room::VaultRoom;
use crate::rules;
use crate::shelf::Shelf;
use axum::extract::State;
use haidang_kernel::problem::Problem;
use haidang_web::{Answer, Path, Query, Visitor, json};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which documents.
#[derive(Deserialize, IntoParams)]
pub(crate) struct ListItems {
    /// `all`, `valid` or `uploaded`; default `all`.
    shelf: Option<String>,
    /// Where the previous page ended: `next` of the last answer.
    cursor: Option<String>,
    /// 1 to 100, default 50.
    limit: Option<i64>,
}

/// A document in the vault.
#[derive(Serialize, ToSchema)]
pub(crate) struct ItemView {
    /// Id.
    id: String,
    /// Code of the component or result.
    code: String,
    /// Title in Vietnamese.
    title: String,
    /// Official number.
    number: Option<String>,
    /// Who issued it; empty for what the owner uploaded.
    issuer: String,
    /// Day of issue, `YYYY-MM-DD`.
    issued_on: String,
    /// Last day of validity.
    valid_until: Option<String>,
    /// `valid`, `expired` or `unverified`.
    status: &'static str,
    /// `result`, `digitised` or `uploaded`.
    origin: String,
    /// SHA-256 of the file, hex.
    sha256: String,
    /// Media type of the file.
    media_type: String,
    /// Size of the file in bytes.
    size: i64,
    /// Id of the case it came from.
    case_id: Option<String>,
    /// When it was kept, RFC 3339.
    kept_at: String,
    /// Address at which anybody may check it.
    verify: Option<String>,
}

/// A page of documents.
#[derive(Serialize, ToSchema)]
pub(crate) struct ItemList {
    /// Newest first.
    items: Vec<ItemView>,
    /// Cursor of the next page; absent on the last.
    next: Option<String>,
}

fn view(visitor: &Visitor, today: &str, row: ItemRow) -> ItemView {
    let status = rules::standing(&row.item, today).word();
    let origin = visitor.site.settings.origin.trim_end_matches('/');
    let verify = row.item.token.as_ref().map(|token| format!("{origin}{}/{token}", haidang_ui::paths::VERIFY));
    let item = row.item;
    ItemView {
        id: item.id,
        code: item.code,
        title: item.title,
        number: item.number,
        issuer: item.issuer,
        issued_on: item.issued_on,
        valid_until: item.valid_until,
        status,
        origin: item.origin,
        sha256: item.sha256,
        media_type: item.media_type,
        size: item.size,
        case_id: row.case_id,
        kept_at: instant(row.kept_at),
        verify,
    }
}

/// Documents of the one who asks, newest first.
pub(crate) async fn list_items(
    visitor: Visitor,
    State(room): State<VaultRoom>,
    Query(asked): Query<ListItems>,
) -> Answer {
    let shelf = match asked.shelf.as_deref() {
        None | Some("all") => Shelf::All,
        Some("valid") => Shelf::Valid,
        Some("uploaded") => Shelf::Uploaded,
        Some(_) => return Err(Problem::invalid("query_invalid", "no such shelf").field("shelf", "unknown").into()),
    };
    let limit = asked.limit.unwrap_or(50).clamp(1, 100);
    let (rows, next) = room.list_own(&reader(&visitor)?, shelf, asked.cursor.as_deref(), limit).await?;
    let today = room.inner().ambient.today().to_string();
    json(200, &ItemList { items: rows.into_iter().map(|row| view(&visitor, &today, row)).collect(), next })
}

/// One document of the one who asks.
pub(crate) async fn get_item(visitor: Visitor, State(room): State<VaultRoom>, Path(id): Path<String>) -> Answer {
    let row = room.open_own(&reader(&visitor)?, &id).await?;
    let today = room.inner().ambient.today().to_string();
    json(200, &view(&visitor, &today, row))
}

/// The file of one document.
pub(crate) async fn get_item_file(visitor: Visitor, State(room): State<VaultRoom>, Path(id): Path<String>) -> Answer {
    let row = room.download_own(&reader(&visitor)?, &id).await?;
    send_file(&room, &row.item).await
}
