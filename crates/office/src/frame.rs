//! What the pages of documents share: the tabs above them.

use haidang_ui::{Html, page, t};
use haidang_web::Visitor;

/// (text, address, capabilities of which one opens it)
const TABS: &[(&str, &str, &[&str])] = &[
    ("office-tab-issued", "/can-bo/van-ban", &["document.read_unit", "document.draft"]),
    ("office-tab-arrived", "/can-bo/van-ban-den", &["document.read_unit", "document.clerk", "document.route"]),
    ("office-tab-files", "/can-bo/ho-so-cong-viec", &["document.read_unit", "document.draft"]),
    ("office-tab-search", "/can-bo/tim-van-ban", &["document.read_unit"]),
    ("office-tab-registers", "/can-bo/so-van-ban", &["document.clerk", "document.read_unit", "register.inspect"]),
    ("office-tab-authority", "/can-bo/tham-quyen", &["document.read_unit", "authority.manage", "register.inspect"]),
    ("office-tab-scans", "/can-bo/van-ban-quet", &["scan.upload"]),
];

/// The tabs of documents that the reader may open; `current` is the address of the tab the page belongs to, without
/// language, such as `/can-bo/van-ban`.
pub fn tabs(visitor: &Visitor, current: &str) -> Html {
    let mut list = Html::trusted("<nav aria-label=\"")
        .then(Html::text(t(visitor.lang, "office-tab-label", &[])))
        .then(Html::trusted("\"><ul class=\"hd-filter\">"));
    for (text, address, capabilities) in TABS {
        if !capabilities.iter().any(|capability| visitor.can(capability)) {
            continue;
        }
        let here = if *address == current { "\" aria-current=\"page\">" } else { "\">" };
        list = list
            .then(Html::trusted("<li><a href=\""))
            .then(Html::text(page::localised(visitor.lang, address)))
            .then(Html::trusted(here))
            .then(Html::text(t(visitor.lang, text, &[])))
            .then(Html::trusted("</a></li>"));
    }
    list.then(Html::trusted("</ul></nav>"))
}
