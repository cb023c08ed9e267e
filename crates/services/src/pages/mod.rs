//! The pages of this room: `office` for officials; the pages of residents stand beside it.

pub mod office;

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
    office::routes(Routes::new("services", state))
}
