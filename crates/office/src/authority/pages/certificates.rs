//! The board of certificates: who cannot sign soon, or not any more.

use super::{AUTHORITY, AgencyQuery};
use crate::authority::rules::CertificateState;
use crate::frame::{agency_name, reader, tabs};
use crate::room::OfficeRoom;
use askama::Template;
use axum::extract::State;
use haidang_kernel::time;
use haidang_ui::component::{Cell, Column, EmptyState, Table, Tag};
use haidang_ui::{Html, Page, t};
use haidang_web::{Answer, Query, Visitor, encode, html};

#[derive(Template)]
#[template(path = "authority_certificates.html")]
struct BoardPage {
    page: Page,
    tabs: Html,
    back: String,
    agency: Html,
    sentence: String,
    table: Option<Table>,
    empty: Option<EmptyState>,
}

fn tag(page: &Page, state: CertificateState) -> Tag {
    let tag = page.tag(page.t(&format!("authority-certificate-{}", state.as_str())));
    match state {
        CertificateState::Fine => tag.done(),
        CertificateState::Expiring | CertificateState::Coming => tag.wait(),
        CertificateState::Missing | CertificateState::Mismatch | CertificateState::Expired => tag.late(),
    }
}

/// Certificates of everybody who signs in an agency.
pub(crate) async fn show_certificates(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Query(query): Query<AgencyQuery>,
) -> Answer {
    let reader = reader(&visitor)?;
    let agency = query.agency(&reader)?;
    let board = room.certificate_board(&reader, &agency).await?;
    let page = visitor.page(t(visitor.lang, "authority-certificates-title", &[]), "documents");
    let columns = ["person", "title", "certificate", "issuer", "until"];
    let columns = columns.map(|key| Column::new(page.t(&format!("authority-column-{key}"))));
    let mut table = Table::new(page.t("authority-certificates-title"), columns.to_vec()).caption_hidden();
    for row in &board {
        let certificate = row.certificate.as_ref();
        let mut until = certificate.map_or_else(Html::default, |one| page.time(time::from_micros(one.not_after)));
        if let Some(days) = row.days_left {
            until = until.then(Html::trusted("<br>")).then(Html::text(page.t1("authority-days-left", "days", days)));
        }
        table = table.row(vec![
            Cell::from(page.vietnamese(&row.name)),
            Cell::from(page.vietnamese(&row.title)),
            Cell::from(tag(&page, row.state)),
            Cell::from(certificate.map(|one| one.issuer.clone()).unwrap_or_default()),
            Cell::from(until),
        ]);
    }
    let urgent = board.iter().filter(|row| row.state != CertificateState::Fine).count();
    html(BoardPage {
        tabs: tabs(&visitor, AUTHORITY),
        back: format!("{AUTHORITY}?{}", encode([("co_quan", agency.as_str())])),
        agency: agency_name(&room, &page, &agency).await?,
        sentence: match urgent {
            0 => page.t("authority-certificates-fine"),
            _ => page.t1("authority-certificates-urgent", "count", i64::try_from(urgent).unwrap_or(0)),
        },
        empty: board.is_empty().then(|| EmptyState::new(page.t("authority-certificates-empty"))),
        table: (!board.is_empty()).then_some(table),
        page,
    })
}
