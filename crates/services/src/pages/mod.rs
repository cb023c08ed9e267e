//! The pages of this room: `office` for officials; the pages of residents stand beside it.

mod check;
mod common;
mod confirmation;
mod due_dates;
mod fields;
mod files;
mod filing;
mod finding;
mod home;
mod known;
mod look_up;
pub mod office;
mod papers;
mod procedure;
mod question;
mod supplement;
mod timeline;
mod tracking;
mod unit;
mod verify;
pub(crate) mod verify_file;
pub(crate) mod verify_paper;
mod withdrawal;

use crate::api::State;
use haidang_ui::Lang;
use haidang_web::Routes;

/// Texts of this room: `services.ftl` for residents, `office.ftl` for officials.
pub const TEXTS: &[(&str, Lang, &str)] = &[
    ("services", Lang::Vi, include_str!("../../locales/vi/services.ftl")),
    ("services", Lang::En, include_str!("../../locales/en/services.ftl")),
    ("office", Lang::Vi, include_str!("../../locales/vi/office.ftl")),
    ("office", Lang::En, include_str!("../../locales/en/office.ftl")),
];

/// Every page of this room.
pub fn routes(state: State) -> Routes<State> {
    let routes = Routes::new("services", state);
    let routes = procedure::routes(routes);
    let routes = filing::routes(routes);
    let routes = question::routes(routes);
    let routes = papers::routes(routes);
    let routes = unit::routes(routes);
    let routes = check::routes(routes);
    let routes = confirmation::routes(routes);
    let routes = tracking::routes(routes);
    let routes = supplement::routes(routes);
    let routes = withdrawal::routes(routes);
    let routes = look_up::routes(routes);
    let routes = home::routes(routes);
    let routes = finding::routes(routes);
    let routes = due_dates::routes(routes);
    let routes = verify::routes(routes);
    let routes = verify_file::routes(routes);
    office::routes(routes)
}
