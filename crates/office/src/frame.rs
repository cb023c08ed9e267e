//! What the pages of documents share: the tabs above them.

use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_kernel::problem::Problem;
use haidang_ui::{Html, IntoHtml, Lang, Page, page, t};
use haidang_web::{Fault, Visitor};
use jiff::civil::Date;

/// (text, address, capabilities of which one opens it)
const TABS: &[(&str, &str, &[&str])] = &[
    ("office-tab-issued", "/can-bo/van-ban", &["document.read_unit", "document.draft"]),
    ("office-tab-arrived", "/can-bo/van-ban-den", &["document.read_unit", "document.clerk", "document.route"]),
    ("office-tab-copies", "/can-bo/ban-sao", &["document.read_unit", "document.draft"]),
    ("office-tab-files", "/can-bo/ho-so-cong-viec", &["document.read_unit", "document.draft"]),
    ("office-tab-search", "/can-bo/tim-van-ban", &["document.read_unit"]),
    ("office-tab-registers", "/can-bo/so-van-ban", &["document.clerk", "document.read_unit", "register.inspect"]),
    ("office-tab-authority", "/can-bo/tham-quyen", &["document.read_unit", "authority.manage", "register.inspect"]),
    ("office-tab-reports", "/can-bo/bao-cao-kiem-tra", &["document.read_unit", "document.clerk", "register.inspect"]),
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

/// Who reads or acts on this page or endpoint.
pub(crate) fn reader(visitor: &Visitor) -> Result<Reader<'_>, Fault> {
    let actor = visitor.require_actor()?;
    Ok(Reader { actor, channel: visitor.channel.as_str(), request_id: &visitor.request_id })
}

/// A link in the flow of a page; the address has no language prefix.
pub(crate) fn link(page: &Page, path: &str, text: impl IntoHtml) -> Html {
    Html::trusted("<a class=\"govuk-link\" href=\"")
        .then(Html::text(page.href(path)))
        .then(Html::trusted("\">"))
        .then(text.into_html())
        .then(Html::trusted("</a>"))
}

/// The name of an agency in the language of the page; its code when nobody knows it.
pub(crate) async fn agency_name(room: &OfficeRoom, page: &Page, code: &str) -> Result<Html, Problem> {
    let Some(agency) = room.directory.agency(code).await? else { return Ok(Html::text(code)) };
    Ok(match page.lang {
        Lang::En if !agency.name_en.is_empty() => Html::text(agency.name_en),
        _ => page.vietnamese(agency.name_vi),
    })
}

/// A day as somebody types it: `05/01/2026`, `5-1-2026` or `2026-01-05`.
pub(crate) fn typed_day(text: &str) -> Option<Date> {
    let text = text.trim();
    if let Ok(day) = text.parse::<Date>() {
        return Some(day);
    }
    let mut parts = text.split(['/', '-', '.']);
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::typed_day;
    use jiff::civil::date;

    #[test]
    fn days_are_read_as_people_type_them() {
        for (text, expected) in [
            ("05/01/2026", Some(date(2026, 1, 5))),
            (" 5-1-2026 ", Some(date(2026, 1, 5))),
            ("2026-01-05", Some(date(2026, 1, 5))),
            ("31/02/2026", None),
            ("5/1/26", None),
            ("5/1/2026/2", None),
            ("", None),
        ] {
            assert_eq!(typed_day(text), expected, "{text:?}");
        }
    }
}
