//! Endpoints of notices.

use super::model::Notice;
use crate::frame::reader;
use crate::registers::moment;
use crate::room::OfficeRoom;
use haidang_kernel::time::from_micros;
use haidang_web::{Answer, Json, State as Use, Visitor, json, no_content};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A notice.
#[derive(Serialize, ToSchema)]
pub(crate) struct NoticeView {
    /// Id.
    id: String,
    /// What it says: `document_to_sign`, `arrival_routed`, `task_given`, …
    template: String,
    /// What it is about: `document`, `copy`, `arrival`, `task`, `meeting`.
    object_kind: String,
    /// Its id.
    object: String,
    /// Numbers and days.
    facts: serde_json::Value,
    /// When, RFC 3339.
    at: String,
    /// Whether the caller put it away.
    seen: bool,
}

impl From<Notice> for NoticeView {
    fn from(one: Notice) -> Self {
        Self {
            seen: one.seen_at.is_some(),
            at: moment(one.created_at),
            id: one.id,
            template: one.template,
            object_kind: one.object_kind,
            object: one.object,
            facts: one.facts,
        }
    }
}

/// Notices of the caller.
#[derive(Serialize, ToSchema)]
pub(crate) struct NoticeList {
    /// Newest first, 100 at most.
    items: Vec<NoticeView>,
    /// How many are not put away.
    unseen: i64,
    /// Newest moment of the list, microseconds UTC, to be sent when it is put away; 0 for an empty list.
    until: i64,
}

/// Until when.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeenBody {
    /// `until` of the list that was seen.
    until: i64,
}

/// The caller's notices.
pub(crate) async fn list_office_notices_api(visitor: Visitor, Use(room): Use<OfficeRoom>) -> Answer {
    let reader = reader(&visitor)?;
    let unseen = room.unseen_notices(&reader).await?;
    let notices = room.notices(&reader).await?;
    let until = notices.first().map_or(0, |one| one.created_at.as_microsecond());
    json(200, &NoticeList { items: notices.into_iter().map(NoticeView::from).collect(), unseen, until })
}

/// Puts them away.
pub(crate) async fn put_office_notices_away_api(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Json(body): Json<SeenBody>,
) -> Answer {
    room.put_notices_away(&reader(&visitor)?, from_micros(body.until)).await?;
    Ok(no_content())
}
