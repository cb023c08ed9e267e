//! `/giay-to`: my documents.

use super::{day, item_path, origin, reader, status};
use crate::model::ItemRow;
use crate::room::VaultRoom;
use crate::rules;
use crate::shelf::Shelf;
use askama::Template;
use axum::extract::State;
use haidang_ui::component::{DocRow, EmptyState, Pagination};
use haidang_ui::{Lang, Page, paths, t};
use haidang_web::{Answer, Query, Visitor, html};
use serde::Deserialize;

/// Documents on one page.
const PAGE: i64 = 20;

/// Which documents.
#[derive(Deserialize)]
pub(crate) struct Asked {
    /// Word of the shelf.
    loc: Option<String>,
    /// Cursor of the last page.
    sau: Option<String>,
}

struct Tab {
    text: String,
    href: String,
    current: bool,
}

#[derive(Template)]
#[template(path = "items.html")]
struct ItemsPage {
    page: Page,
    tabs: Vec<Tab>,
    rows: Vec<DocRow>,
    empty: EmptyState,
    pages: Pagination,
}

/// Shows the reader's documents.
pub(crate) async fn list_vault_items(
    visitor: Visitor,
    State(room): State<VaultRoom>,
    Query(asked): Query<Asked>,
) -> Answer {
    let mut page = visitor.page(t(visitor.lang, "vault-title", &[]), "vault");
    page.private = true;
    let reader = reader(&visitor)?;
    let shelf = Shelf::of(asked.loc.as_deref().unwrap_or_default());
    let counts = room.counts(reader.actor.subject()).await?;
    let (rows, next) = room.list_own(&reader, shelf, asked.sau.as_deref(), PAGE).await?;
    let address = |shelf: Shelf| match shelf.word() {
        "" => paths::VAULT.to_owned(),
        word => format!("{}?loc={word}", paths::VAULT),
    };
    let tab = |(one, key): (Shelf, &str)| Tab {
        text: page.t1(key, "count", counts.of(one)),
        href: page.href(address(one)),
        current: one == shelf,
    };
    let tabs = [Shelf::All, Shelf::Valid, Shelf::Uploaded].into_iter().zip([
        "vault-filter-all",
        "vault-filter-valid",
        "vault-filter-uploaded",
    ]);
    let tabs = if counts.every > 0 { tabs.map(tab).collect() } else { Vec::new() };
    let today = room.inner().ambient.today().to_string();
    let base = page.href(address(shelf));
    let separator = if base.contains('?') { '&' } else { '?' };
    let first = asked.sau.is_some().then(|| base.clone());
    let next = next.map(|cursor| format!("{base}{separator}sau={cursor}"));
    html(ItemsPage {
        tabs,
        rows: rows.iter().map(|row| document(&page, row, &today)).collect(),
        empty: empty(&page, counts.every > 0),
        pages: Pagination::simple(page.lang, first, next),
        page,
    })
}

fn empty(page: &Page, elsewhere: bool) -> EmptyState {
    if elsewhere {
        return EmptyState::new(page.t("vault-empty-shelf"));
    }
    EmptyState::new(page.t("vault-empty"))
        .text(page.t("vault-empty-text"))
        .next(page.t("vault-empty-next"), page.href(paths::PROCEDURES))
}

fn document(page: &Page, row: &ItemRow, today: &str) -> DocRow {
    let item = &row.item;
    let icon = match item.origin.as_str() {
        "result" => "file-text",
        "digitised" => "files",
        _ => "upload",
    };
    let issued = day(page, &item.issued_on);
    let when = match (&item.number, item.origin.as_str()) {
        (_, "uploaded") => page.t1("vault-uploaded-on", "date", issued),
        (Some(number), _) => page.t2("vault-number-issued", "number", number.as_str(), "date", issued),
        (None, _) => page.t1("vault-issued", "date", issued),
    };
    let mut line = DocRow::new(icon, &item.title, page.href(item_path(&item.id)));
    if page.lang != Lang::Vi {
        line = line.lang(Lang::Vi);
    }
    line = line.line(when);
    if item.origin != "uploaded" {
        line = line.line(page.vietnamese(&item.issuer));
    }
    line = line.line(origin(page, item));
    if let Some(until) = &item.valid_until {
        line = line.line(page.t1("vault-valid-until", "date", day(page, until)));
    }
    let short: String = item.sha256.chars().take(12).collect();
    line.line(page.t1("vault-sha-short", "sha", short))
        .action(page.t("vault-download"), page.href(format!("{}/tep", item_path(&item.id))))
        .status(status(page, rules::standing(item, today)))
}
