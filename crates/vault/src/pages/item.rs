//! `/giay-to/{item}`: one document with its proof, and its file.

use super::{day, item_path, origin, reader, send_file, status};
use crate::room::VaultRoom;
use crate::rules;
use askama::Template;
use axum::extract::State;
use haidang_ui::component::{Component as _, SummaryList, SummaryRow};
use haidang_ui::{Html, Lang, Page, paths, qr_picture};
use haidang_web::{Answer, Path, Visitor, html};

#[derive(Template)]
#[template(path = "item.html")]
struct ItemPage {
    page: Page,
    foreign: bool,
    facts: SummaryList,
    file: String,
    check: Option<Check>,
    uploaded: bool,
}

/// Where anybody may check the document.
struct Check {
    path: String,
    address: String,
    qr: Html,
}

/// Shows one document of the reader.
pub(crate) async fn show_vault_item(visitor: Visitor, State(room): State<VaultRoom>, Path(id): Path<String>) -> Answer {
    let row = room.open_own(&reader(&visitor)?, &id).await?;
    let item = &row.item;
    let mut page = visitor.page(item.title.clone(), "vault");
    page.part = Some(page.t("vault-title"));
    page.private = true;
    let fact = |key: &str, value: Html| SummaryRow::new(page.t(key), value);
    let text = |key: &str, value: String| fact(key, Html::text(value));
    let standing = rules::standing(item, &room.inner().ambient.today().to_string());
    let uploaded = item.origin == "uploaded";
    let mut facts = vec![fact("vault-fact-status", status(&page, standing).html())];
    facts.extend(item.number.as_ref().map(|number| fact("vault-fact-number", page.code(number))));
    if !uploaded {
        facts.push(fact("vault-fact-issuer", page.vietnamese(&item.issuer)));
    }
    facts.push(text(if uploaded { "vault-fact-uploaded" } else { "vault-fact-issued" }, day(&page, &item.issued_on)));
    if !uploaded {
        let until = item.valid_until.as_ref();
        facts.push(text("vault-fact-until", until.map_or_else(|| page.t("vault-no-end"), |until| day(&page, until))));
    }
    facts.push(text("vault-fact-origin", origin(&page, item)));
    facts.push(fact("vault-fact-kept", page.time(row.kept_at)));
    facts.push(fact("vault-fact-code", page.code(&item.code)));
    if let Some(case) = &row.case_id {
        let link = Html::trusted("<a class=\"govuk-link\" href=\"")
            .then(Html::text(page.href(format!("{}/{case}", paths::CASES))))
            .then(Html::trusted("\">"))
            .then(Html::text(page.t("vault-case-open")))
            .then(Html::trusted("</a>"));
        facts.push(fact("vault-fact-case", link));
    }
    let size = page.size(u64::try_from(item.size).unwrap_or_default());
    facts.push(text("vault-fact-file", format!("{} · {size}", rules::file_name(item))));
    let digest = Html::trusted("<span class=\"hd-anywhere hd-figures\">")
        .then(Html::text(&item.sha256))
        .then(Html::trusted("</span>"));
    facts.push(fact("vault-fact-sha", digest));
    let check = item.token.as_ref().map(|token| {
        let path = format!("{}/{token}", paths::VERIFY);
        let address = format!("{}{path}", visitor.site.settings.origin.trim_end_matches('/'));
        let qr = qr_picture(&address, &page.t("vault-proof-qr"));
        Check { path, address, qr }
    });
    html(ItemPage {
        foreign: page.lang != Lang::Vi,
        facts: SummaryList::new(facts),
        file: format!("{}/tep", item_path(&item.id)),
        check,
        uploaded,
        page,
    })
}

/// Gives the file of one document; taking it is recorded.
pub(crate) async fn download_vault_item(
    visitor: Visitor,
    State(room): State<VaultRoom>,
    Path(id): Path<String>,
) -> Answer {
    let row = room.download_own(&reader(&visitor)?, &id).await?;
    send_file(&room, &row.item).await
}
