//! The list with its form for handing in.

use super::super::model::{Scan, State};
use super::super::uploading::{ListScans, NewScan};
use super::{SCANS, next_step, path, reader, status};
use crate::frame::tabs;
use crate::room::OfficeRoom;
use askama::Template;
use axum::extract::State as RoomState;
use haidang_contracts::recognition::Readiness;
use haidang_ui::component::{Cell, Choices, Column, EmptyState, FileUpload, Pagination, Table, WarningText};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Html, Page, t};
use haidang_web::{Answer, Fault, Query, Upload, UploadLimits, Visitor, html, html_invalid, redirect};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What narrows the list.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Narrow {
    /// Only scans that stand here.
    state: Option<String>,
    /// Before this one.
    before: Option<String>,
}

struct FilterLink {
    text: String,
    count: String,
    href: String,
    current: bool,
}

#[derive(Template)]
#[template(path = "scans_list.html")]
struct ListPage {
    page: Page,
    tabs: Html,
    errors: Vec<ErrorItem>,
    missing: Option<WarningText>,
    file: FileUpload,
    secrecy: Choices,
    filters: Vec<FilterLink>,
    table: Option<Table>,
    empty: Option<EmptyState>,
    more: Option<Pagination>,
}

fn link(page: &Page, scan: &Scan) -> Html {
    let title = scan.facts.as_ref().map(|facts| facts.subject.clone());
    let title = title.or_else(|| scan.proposal("subject").map(|proposal| proposal.value.clone()));
    Html::trusted("<a class=\"govuk-link hd-anywhere\" lang=\"vi\" href=\"")
        .then(Html::text(page.href(path(&scan.id))))
        .then(Html::trusted("\">"))
        .then(Html::text(title.unwrap_or_else(|| scan.name.clone())))
        .then(Html::trusted("</a>"))
}

fn number(page: &Page, scan: &Scan) -> Html {
    let number = scan.facts.as_ref().map(|facts| facts.number());
    let number = number.or_else(|| scan.proposal("number").map(|proposal| proposal.value.clone())).unwrap_or_default();
    if number.is_empty() { Html::text(page.t("scans-none")) } else { page.code(number) }
}

fn table(page: &Page, scans: &[Scan]) -> Table {
    let columns =
        ["paper", "number", "uploaded", "state", "next"].map(|key| Column::new(page.t(&format!("scans-column-{key}"))));
    let table = Table::new(page.t("scans-title"), columns.to_vec()).caption_hidden();
    scans.iter().fold(table, |table, scan| {
        table.row(vec![
            Cell::from(link(page, scan)),
            Cell::from(number(page, scan)),
            Cell::from(page.time(scan.uploaded_at)),
            Cell::from(status(page, scan.state)),
            Cell::from(next_step(page, scan)),
        ])
    })
}

fn filters(page: &Page, counts: &BTreeMap<State, i64>, current: Option<State>) -> Vec<FilterLink> {
    let all: i64 = counts.values().sum();
    let link = |state: Option<State>, count: i64| FilterLink {
        text: page.t(&format!("scans-filter-{}", state.map_or("all", State::as_str))),
        count: page.number(count),
        href: page.href(state.map_or(SCANS.to_owned(), |state| format!("{SCANS}?state={}", state.as_str()))),
        current: current == state,
    };
    let states = State::ALL.into_iter().filter_map(|state| {
        let count = counts.get(&state).copied().unwrap_or(0);
        (count > 0 || current == Some(state)).then(|| link(Some(state), count))
    });
    [link(None, all)].into_iter().chain(states).collect()
}

async fn build(
    visitor: &Visitor,
    room: &OfficeRoom,
    narrow: &Narrow,
    chosen: &str,
    errors: Vec<ErrorItem>,
) -> Result<ListPage, Fault> {
    let reader = reader(visitor)?;
    let mut page = visitor.page(t(visitor.lang, "scans-title", &[]), "documents");
    page.errors = !errors.is_empty();
    let state = narrow.state.as_deref().and_then(State::parse);
    let asked = ListScans { state, before: narrow.before.clone() };
    let (scans, next) = room.scans(&reader, &asked).await?;
    let counts = room.scan_counts(&reader).await?;
    let missing = match room.scans.recogniser.readiness().await {
        Readiness::Ready(_) => None,
        Readiness::Missing(what) => Some(WarningText::new(page.lang, page.t1("scans-missing", "what", what))),
    };
    let next = next.map(|id| {
        let pairs = narrow.state.iter().map(|state| ("state", state.as_str())).chain([("before", id.as_str())]);
        page.href(format!("{SCANS}?{}", haidang_web::encode(pairs)))
    });
    let limits = UploadLimits::SCANS;
    let hint =
        page.tn("scans-file-hint", &[("files", limits.files.into()), ("size", page.size(limits.file_bytes).into())]);
    let field = |name: &str, key: &str| Field::new(page.lang, name, page.t(key)).errors(&errors);
    let secret = ["no", "yes"].map(|word| Choice::new(word, page.t(&format!("scans-secrecy-{word}"))).chosen(chosen));
    Ok(ListPage {
        tabs: tabs(visitor, SCANS),
        missing,
        file: FileUpload::new(field("file", "scans-file").hint(hint)).accept(limits.accept()).multiple(),
        secrecy: Choices::radios(field("secrecy", "scans-secrecy").hint(page.t("scans-secrecy-hint")), secret.to_vec())
            .small(),
        filters: filters(&page, &counts, state),
        table: (!scans.is_empty()).then(|| table(&page, &scans)),
        empty: scans.is_empty().then(|| EmptyState::new(page.t("scans-empty")).text(page.t("scans-empty-next"))),
        more: next.map(|next| Pagination::simple(page.lang, None, Some(next))),
        errors,
        page,
    })
}

/// Scans of the reader's agency.
pub(crate) async fn list_scans(
    visitor: Visitor,
    RoomState(room): RoomState<OfficeRoom>,
    Query(narrow): Query<Narrow>,
) -> Answer {
    html(build(&visitor, &room, &narrow, "", Vec::new()).await?)
}

/// Takes the files that are good; what was refused is named beside the field.
pub(crate) async fn upload_scans(visitor: Visitor, RoomState(room): RoomState<OfficeRoom>, upload: Upload) -> Answer {
    let lang = visitor.lang;
    let limits = UploadLimits::SCANS;
    let mut errors: Vec<ErrorItem> =
        upload.refused.iter().map(|file| ErrorItem::of("file", file.message(lang, &limits))).collect();
    if errors.is_empty() && upload.files.is_empty() {
        errors.push(ErrorItem::of("file", t(lang, "scans-error-file", &[])));
    }
    let chosen = upload.fields.text("secrecy").to_owned();
    match chosen.as_str() {
        "no" => {}
        "yes" => errors.push(ErrorItem::of("secrecy", t(lang, "scans-error-secret", &[]))),
        _ => errors.push(ErrorItem::of("secrecy", t(lang, "scans-error-secrecy", &[]))),
    }
    let mut last = None;
    // A paper whose secrecy is not answered for is not kept, not even for a moment.
    if chosen == "no" {
        let reader = reader(&visitor)?;
        for file in &upload.files {
            let new = NewScan { path: file.path(), name: &file.name, media_type: file.media_type(), size: file.size };
            last = Some(room.upload_scan(&reader, &new, false).await?.id);
        }
    }
    if !errors.is_empty() {
        return html_invalid(build(&visitor, &room, &Narrow::default(), &chosen, errors).await?);
    }
    match last {
        Some(id) if upload.files.len() == 1 => redirect(lang, &path(&id)),
        _ => redirect(lang, SCANS),
    }
}
