//! Versions: one as it was, and two side by side.

use super::{office_page, path, preview, reader, tabs};
use crate::documents::body;
use crate::documents::compare::{Change, changes};
use crate::room::OfficeRoom;
use askama::Template;
use haidang_ui::component::Select;
use haidang_ui::field::{Choice, Field};
use haidang_ui::{Html, Page};
use haidang_web::{Answer, Path, Query, State as Use, Visitor, html};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "documents_compare.html")]
struct ComparePage {
    page: Page,
    tabs: Html,
    back: String,
    action: String,
    from: Select,
    to: Select,
    /// Class, spoken word, line.
    lines: Vec<(&'static str, String, Html)>,
    same: bool,
}

#[derive(Template)]
#[template(path = "documents_version.html")]
struct VersionPage {
    page: Page,
    tabs: Html,
    back: String,
    subject: Html,
    bases: Vec<String>,
    shown: Html,
}

/// Which two versions.
#[derive(Debug, Deserialize)]
pub(crate) struct Pair {
    tu: Option<i64>,
    den: Option<i64>,
}

/// Two versions, paragraph by paragraph.
pub(crate) async fn compare_versions(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    Query(pair): Query<Pair>,
) -> Answer {
    let document = room.open_document(&reader(&visitor)?, &id).await?;
    let to = pair.den.unwrap_or(document.version);
    let from = pair.tu.unwrap_or((to - 1).max(1));
    let (old, new) = (room.content(&document, from).await?, room.content(&document, to).await?);
    let page = office_page(&visitor, visitor.page("", "").t("documents-compare-title"));
    let list = changes(&old, &new);
    let spoken = |change: &Change| match change {
        Change::Same(_) => ("", String::new()),
        Change::Gone(_) => ("del", page.t("documents-compare-gone")),
        Change::New(_) => ("ins", page.t("documents-compare-new")),
    };
    let select = |name: &str, chosen: i64| {
        let versions = (1..=document.version).rev();
        let choices = versions.map(|number| {
            Choice::new(number.to_string(), page.t1("documents-version", "number", number)).checked(number == chosen)
        });
        let label = page.t(&format!("documents-compare-{name}"));
        Select::new(Field::new(page.lang, name, label), choices.collect()).always()
    };
    html(ComparePage {
        tabs: tabs(&visitor),
        back: path(&id),
        action: page.href(format!("{}/so-sanh", path(&id))),
        from: select("tu", from),
        to: select("den", to),
        same: list.iter().all(|change| matches!(change, Change::Same(_))),
        lines: list
            .iter()
            .map(|change| {
                let (element, words) = spoken(change);
                (element, words, page.vietnamese(change.line()))
            })
            .collect(),
        page,
    })
}

/// A version as it was saved.
pub(crate) async fn show_version(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path((id, number)): Path<(String, i64)>,
) -> Answer {
    let document = room.open_document(&reader(&visitor)?, &id).await?;
    let content = room.content(&document, number).await?;
    let page = office_page(&visitor, visitor.page("", "").t1("documents-version", "number", number));
    html(VersionPage {
        tabs: tabs(&visitor),
        back: path(&id),
        subject: page.vietnamese(&content.subject),
        bases: content.bases.clone(),
        shown: preview(&body::blocks(&content.body)),
        page,
    })
}
