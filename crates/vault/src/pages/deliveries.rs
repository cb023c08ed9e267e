//! `/chia-se-du-lieu-hang-loat`: deliveries of the data exchange about many people, for everybody; and the proof of one
//! about the reader alone.

use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::State;
use haidang_contracts::access::AccessRow;
use haidang_contracts::exchange::{BulkDelivery, Delivery};
use haidang_ui::component::{Cell, Column, EmptyState, Pagination, Table};
use haidang_ui::{Html, Page, paths, t};
use haidang_web::{Answer, Disposition, Path, Query, Visitor, file, html};
use serde::Deserialize;
use tokio::io::AsyncReadExt as _;

use super::office::link;
use super::reader;
use crate::room::VaultRoom;

/// Address of the notices.
pub(crate) const BULK: &str = "/chia-se-du-lieu-hang-loat";
/// Notices on one page.
const PAGE: usize = 20;

/// Which part of the notices.
#[derive(Deserialize)]
pub(crate) struct Part {
    /// Place after which the page begins.
    sau: Option<String>,
}

#[derive(Template)]
#[template(path = "bulk.html")]
struct BulkPage {
    page: Page,
    table: Option<Table>,
    empty: Option<EmptyState>,
    pages: Pagination,
}

/// The fields of a delivery as people call them; as the agreement writes them where nobody named them.
fn fields(page: &Page, delivery: &Delivery) -> Html {
    match (delivery.whole, delivery.field_names.is_empty()) {
        (true, _) => Html::text(page.t("vault-delivery-whole")),
        (false, true) => page.code(delivery.fields.join(", ")),
        (false, false) => page.vietnamese(delivery.field_names.join(", ")),
    }
}

/// What else is known of an access that was a delivery of the exchange; `proof` says where its proof is.
pub(super) fn facts(page: &Page, row: &AccessRow, delivery: &Delivery) -> Vec<Html> {
    let said = |key: &str, value: Html| Html::text(page.t(key)).then(Html::text(" ")).then(value);
    let mut facts = vec![said("vault-delivery-system", page.vietnamese(&delivery.receiver_system))];
    facts.extend(delivery.procedure.as_ref().map(|code| said("vault-delivery-procedure", page.code(code))));
    if row.refused {
        facts.push(Html::text(page.t("vault-delivery-nothing")));
        return facts;
    }
    facts.push(said("vault-delivery-fields", fields(page, delivery)));
    let version = page.t1("vault-delivery-version", "version", i64::from(delivery.agreement_version));
    facts.push(said("vault-delivery-agreement", page.code(&delivery.agreement).then(Html::text(version))));
    if delivery.sole {
        let path = format!("{}/{}/chung-cu", paths::WHO_LOOKED, row.audit_id);
        facts.push(link(page, &path, &page.t("vault-delivery-proof")));
    } else {
        let digest = Html::trusted("<span class=\"hd-anywhere hd-figures\">")
            .then(Html::text(&delivery.digest))
            .then(Html::trusted("</span>"));
        facts.push(said("vault-delivery-digest", digest));
    }
    facts
}

fn row(page: &Page, one: &BulkDelivery) -> Vec<Cell> {
    let delivery = &one.delivery;
    let receiver = page
        .vietnamese(&delivery.receiver_name)
        .then(Html::trusted("<br>"))
        .then(page.vietnamese(&delivery.receiver_system));
    vec![
        Cell::from(page.time(delivery.at)),
        Cell::from(receiver),
        Cell::from(page.vietnamese(&one.purpose)),
        Cell::from(page.vietnamese(&one.legal_basis)),
        Cell::from(fields(page, delivery)),
    ]
}

/// Shows the notices.
pub(crate) async fn list_bulk_deliveries(
    visitor: Visitor,
    State(room): State<VaultRoom>,
    Query(part): Query<Part>,
) -> Answer {
    let page = visitor.page(t(visitor.lang, "vault-bulk-title", &[]), "");
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut found = room.bulk_deliveries(part.sau.as_deref(), limit).await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let columns =
        ["when", "receiver", "purpose", "basis", "fields"].map(|key| Column::new(page.t(&format!("vault-bulk-{key}"))));
    let mut table = Table::new(page.t("vault-bulk-title"), columns.to_vec()).caption_hidden();
    for one in &found {
        table = table.row(row(&page, one));
    }
    let first = part.sau.is_some().then(|| page.href(BULK));
    let next = found
        .last()
        .filter(|_| more)
        .map(|one| format!("{}?{}", page.href(BULK), haidang_web::encode(vec![("sau", one.place.clone())])));
    html(BulkPage {
        empty: found.is_empty().then(|| EmptyState::new(page.t("vault-bulk-empty"))),
        table: (!found.is_empty()).then_some(table),
        pages: Pagination::simple(page.lang, first, next),
        page,
    })
}

/// Gives the signed answer behind an access; taking it is recorded.
pub(crate) async fn download_proof(
    visitor: Visitor,
    State(room): State<VaultRoom>,
    Path(audit): Path<String>,
) -> Answer {
    let proof = room.proof(&reader(&visitor)?, &audit).await?;
    let content = tokio::fs::File::from_std(proof.file);
    let pieces = futures_util::stream::try_unfold(content, |mut content| async move {
        let mut piece = vec![0_u8; 64 * 1024];
        let length = content.read(&mut piece).await?;
        piece.truncate(length);
        Ok::<_, std::io::Error>((length > 0).then(|| (Bytes::from(piece), content)))
    });
    file(Body::from_stream(pieces), &proof.name, &proof.media_type, Some(proof.length), Disposition::Attachment)
}
