//! The sign-in wall: which way to sign in.

use askama::Template;
use axum::extract::State;
use haidang_ui::Page;
use haidang_web::{Answer, Query, Visitor, html, return_path};

use super::Next;
use crate::room::IdentityRoom;

#[derive(Template)]
#[template(path = "choose.html")]
struct ChoosePage {
    page: Page,
    /// Addresses and names of the upstreams; none when this city has no connection to any yet.
    residents: Vec<(String, String)>,
    official: String,
    /// The session ended by itself; the page says so.
    ended: bool,
}

/// Shows the two doors.
pub(crate) async fn choose_sign_in(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Query(wanted): Query<Next>,
) -> Answer {
    let next = return_path(&visitor.site, wanted.next.as_deref());
    let with_next = |path: &str| match next.as_str() {
        "/" => path.to_owned(),
        next => format!("{path}?{}", haidang_web::encode([("next", next)])),
    };
    let page = visitor.page(haidang_ui::t(visitor.lang, "identity-choose-title", &[]), "");
    let doors: Vec<_> = room
        .upstream_doors()
        .into_iter()
        .map(|(id, name)| (page.href(with_next(&format!("/dang-nhap/{id}"))), name.text(visitor.lang).to_owned()))
        .collect();
    html(ChoosePage {
        residents: doors,
        official: page.href(with_next("/dang-nhap/can-bo")),
        ended: wanted.ended.is_some(),
        page,
    })
}
