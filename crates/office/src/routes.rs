//! The rows of this room's pages and endpoints, part by part, and its texts.

use crate::documents;
use crate::incoming;
use crate::room::OfficeRoom;
use haidang_ui::Lang;
use haidang_web::Routes;

/// Texts of this room, for `haidang_ui::texts::register`.
pub const TEXTS: &[(&str, Lang, &str)] = &[
    ("office_frame", Lang::Vi, include_str!("../locales/vi/office_frame.ftl")),
    ("office_frame", Lang::En, include_str!("../locales/en/office_frame.ftl")),
    ("office_authority", Lang::Vi, include_str!("../locales/vi/office_authority.ftl")),
    ("office_authority", Lang::En, include_str!("../locales/en/office_authority.ftl")),
    ("office_registers", Lang::Vi, include_str!("../locales/vi/office_registers.ftl")),
    ("office_registers", Lang::En, include_str!("../locales/en/office_registers.ftl")),
    documents::TEXTS[0],
    documents::TEXTS[1],
    documents::work_files::TEXTS[0],
    documents::work_files::TEXTS[1],
    crate::issued::TEXTS[0],
    crate::issued::TEXTS[1],
    crate::validations::TEXTS[0],
    crate::validations::TEXTS[1],
    documents::copies::TEXTS[0],
    documents::copies::TEXTS[1],
    ("office_incoming", Lang::Vi, include_str!("../locales/vi/office_incoming.ftl")),
    ("office_incoming", Lang::En, include_str!("../locales/en/office_incoming.ftl")),
    crate::notices::TEXTS[0],
    crate::notices::TEXTS[1],
    ("office_tasks", Lang::Vi, include_str!("../locales/vi/office_tasks.ftl")),
    ("office_tasks", Lang::En, include_str!("../locales/en/office_tasks.ftl")),
    ("office_scans", Lang::Vi, include_str!("../locales/vi/office_scans.ftl")),
    ("office_scans", Lang::En, include_str!("../locales/en/office_scans.ftl")),
    ("office_search", Lang::Vi, include_str!("../locales/vi/office_search.ftl")),
    ("office_search", Lang::En, include_str!("../locales/en/office_search.ftl")),
    ("office_meetings", Lang::Vi, include_str!("../locales/vi/office_meetings.ftl")),
    ("office_meetings", Lang::En, include_str!("../locales/en/office_meetings.ftl")),
];

/// All routes; each part adds its own.
pub fn routes(room: OfficeRoom) -> Routes<OfficeRoom> {
    let routes = Routes::new("office", room);
    let routes = crate::registers::routes(routes);
    let routes = crate::authority::routes(routes);
    let routes = documents::routes(routes);
    let routes = documents::work_files::routes(routes);
    let routes = documents::copies::routes(routes);
    let routes = incoming::routes(routes);
    let routes = crate::tasks::routes(routes);
    let routes = crate::meetings::routes(routes);
    let routes = crate::validations::routes(routes);
    let routes = crate::notices::routes(routes);
    let routes = crate::scans::routes(routes);
    crate::search::routes(routes)
}
