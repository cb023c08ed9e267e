//! Pages of whoever keeps city and portal in step.

pub(crate) mod comparison;
pub(crate) mod message;
pub(crate) mod overview;

use crate::deciding::By;
use crate::room::PortalRoom;
use haidang_kernel::problem::Problem;
use haidang_ui::{Html, Lang, Page, t};
use haidang_web::{Fault, Visitor};

/// Who acts on this page.
pub(super) fn by(visitor: &Visitor) -> Result<By<'_>, Fault> {
    let actor = visitor.require_actor()?;
    Ok(By { actor, channel: visitor.channel.as_str(), request: &visitor.request_id })
}

/// The frame of a page; its navigation holds what the reader may open.
pub(super) fn office_page(visitor: &Visitor, title: &str) -> Page {
    let mut page = visitor.page(t(visitor.lang, title, &[]), "portal");
    page.private = true;
    page
}

/// A link in the flow of a page; the address has no language prefix.
pub(super) fn link(page: &Page, path: &str, text: &str) -> Html {
    Html::trusted("<a class=\"govuk-link\" href=\"")
        .then(Html::text(page.href(path)))
        .then(Html::trusted("\">"))
        .then(Html::text(text))
        .then(Html::trusted("</a>"))
}

/// The words of a national status.
pub(super) fn status(page: &Page, status: i64) -> String {
    if (1..=10).contains(&status) { page.t(&format!("portal-status-{status}")) } else { status.to_string() }
}

/// The name of an agency in the language of the page; its code when nobody knows it.
pub(super) async fn agency(room: &PortalRoom, page: &Page, code: &str) -> Result<Html, Problem> {
    let Some(agency) = room.directory.agency(code).await? else { return Ok(Html::text(code)) };
    Ok(match page.lang {
        Lang::En if !agency.name_en.is_empty() => Html::text(agency.name_en),
        _ => page.vietnamese(agency.name_vi),
    })
}
