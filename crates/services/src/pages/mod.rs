//! The pages of this room: `office` for officials; the pages of residents stand beside it.

mod check;
mod common;
mod confirmation;
mod fields;
mod files;
mod filing;
mod known;
pub mod office;
mod papers;
mod procedure;
mod question;
mod unit;

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
    office::routes(routes)
}
