//! The rows of notices.

use super::{api, pages};
use crate::room::OfficeRoom;
use haidang_ui::Lang;
use haidang_web::{Routes, Row};

/// Texts of this part.
pub(crate) const TEXTS: [(&str, Lang, &str); 2] = [
    ("office_notices", Lang::Vi, include_str!("../../locales/vi/office_notices.ftl")),
    ("office_notices", Lang::En, include_str!("../../locales/en/office_notices.ftl")),
];

/// Adds the rows of notices.
pub(crate) fn routes(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    routes
        .page(
            Row::get("list_office_notices", pages::LIST).official().role("official").example(pages::LIST),
            pages::list_office_notices,
        )
        .page(
            Row::post("put_office_notices_away", pages::LIST).official().audit("notice.seen"),
            pages::put_office_notices_away,
        )
        .api(
            Row::get("list_office_notices_api", "/api/v1/office/notices")
                .official()
                .summary("What the caller should know of their work, newest first")
                .returns::<api::NoticeList>(200),
            api::list_office_notices_api,
        )
        .api(
            Row::post("put_office_notices_away_api", "/api/v1/office/notices/seen")
                .official()
                .audit("notice.seen")
                .summary("Put away the notices that were seen")
                .body::<api::SeenBody>()
                .returns_nothing(204),
            api::put_office_notices_away_api,
        )
}
