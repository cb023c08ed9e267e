//! The rows of this room's pages and endpoints, part by part, and its texts.

use crate::room::OfficeRoom;
use haidang_ui::Lang;
use haidang_web::Routes;

/// Texts of this room, for `haidang_ui::texts::register`.
pub const TEXTS: &[(&str, Lang, &str)] = &[
    ("office_frame", Lang::Vi, include_str!("../locales/vi/office_frame.ftl")),
    ("office_frame", Lang::En, include_str!("../locales/en/office_frame.ftl")),
    ("office_meetings", Lang::Vi, include_str!("../locales/vi/office_meetings.ftl")),
    ("office_meetings", Lang::En, include_str!("../locales/en/office_meetings.ftl")),
    ("office_tasks", Lang::Vi, include_str!("../locales/vi/office_tasks.ftl")),
    ("office_tasks", Lang::En, include_str!("../locales/en/office_tasks.ftl")),
];

/// All routes; each part adds its own.
pub fn routes(room: OfficeRoom) -> Routes<OfficeRoom> {
    let routes = Routes::new("office", room);
    let routes = crate::tasks::routes(routes);
    crate::meetings::routes(routes)
}
