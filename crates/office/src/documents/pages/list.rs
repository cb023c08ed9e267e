//! The list of documents with its filters.

use super::{LIST, dashed, kind_name, link, office_page, path, reader, state_tag, tabs, urgency_tag};
use crate::documents::access;
use crate::documents::listing::Wanted;
use crate::documents::model::Document;
use crate::documents::table::State;
use crate::room::OfficeRoom;
use askama::Template;
use haidang_ui::component::{Cell, Column, EmptyState, Pagination, Select, Table, TextInput};
use haidang_ui::field::{Choice, Field};
use haidang_ui::{Html, Page};
use haidang_web::{Answer, Query, State as Use, Visitor, html};

const SHOWN: i64 = 25;

/// One of the views.
pub(super) struct View {
    text: String,
    href: String,
    current: bool,
    count: Option<i64>,
}

#[derive(Template)]
#[template(path = "documents_list.html")]
struct ListPage {
    page: Page,
    tabs: Html,
    views: Vec<View>,
    view: String,
    words: TextInput,
    state: Select,
    table: Option<Table>,
    empty: Option<EmptyState>,
    pages: Option<Pagination>,
    drafts: bool,
    signs: bool,
}

fn query(wanted: &Wanted, view: &str, cursor: Option<&str>) -> String {
    let named =
        [("view", Some(view)), ("state", wanted.state.as_deref()), ("q", wanted.q.as_deref()), ("cursor", cursor)];
    let pairs = named.into_iter().filter_map(|(key, value)| Some((key, value.filter(|value| !value.is_empty())?)));
    let query = haidang_web::encode(pairs);
    if query.is_empty() { LIST.to_owned() } else { format!("{LIST}?{query}") }
}

fn table(room: &OfficeRoom, page: &Page, documents: &[Document]) -> Table {
    let columns = ["subject", "number", "kind", "state", "drafter", "changed"]
        .map(|key| Column::new(page.t(&format!("documents-column-{key}"))));
    let mut table = Table::new(page.t("documents-title"), columns.to_vec()).caption_hidden();
    for one in documents {
        let mut subject = link(page, &path(&one.id), &one.subject);
        if let Some(tag) = urgency_tag(page, one.urgency) {
            subject = subject.then(Html::trusted(" ")).then(Html::trusted(tag.to_string()));
        }
        table = table.row(vec![
            Cell::from(subject),
            Cell::from(one.code().unwrap_or_else(|| page.t("documents-number-none"))),
            Cell::from(kind_name(room, page, &one.kind)),
            Cell::from(Html::trusted(state_tag(page, one.state).to_string())),
            Cell::from(page.vietnamese(&one.drafter_name)),
            Cell::from(page.time(one.changed_at)),
        ]);
    }
    table
}

/// Documents the reader may see, narrowed.
pub(crate) async fn list_documents(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Query(wanted): Query<Wanted>,
) -> Answer {
    let page = office_page(&visitor, visitor.page("", "").t("documents-title"));
    let reader = reader(&visitor)?;
    let waiting = room.count_awaiting(&reader).await?;
    let (documents, next) = room.list_documents(&reader, &wanted, SHOWN).await?;
    let view = wanted.view.clone().unwrap_or_default();
    let views = [("", None), ("me", Some(waiting)), ("mine", None)].map(|(word, count)| View {
        text: page.t(&format!("documents-view-{}", if word.is_empty() { "all" } else { word })),
        href: page.href(query(&Wanted::default(), word, None)),
        current: view == word,
        count,
    });
    let states = State::ALL.map(|state| {
        let text = page.t(&format!("documents-state-{}", dashed(state.as_str())));
        Choice::new(state.as_str(), text).chosen(wanted.state.as_deref().unwrap_or_default())
    });
    let field = |name: &str, key: &str| Field::new(page.lang, name, page.t(key));
    let narrowed = wanted.q.is_some() || wanted.state.is_some();
    let nothing = if narrowed { "documents-empty-narrowed" } else { "documents-empty" };
    html(ListPage {
        tabs: tabs(&visitor),
        views: views.into(),
        words: TextInput::new(field("q", "documents-filter-words")).value(wanted.q.clone().unwrap_or_default()),
        state: Select::new(field("state", "documents-filter-state"), states.into()),
        table: (!documents.is_empty()).then(|| table(&room, &page, &documents)),
        empty: documents.is_empty().then(|| EmptyState::new(page.t(nothing))),
        pages: next
            .map(|cursor| Pagination::simple(page.lang, None, Some(page.href(query(&wanted, &view, Some(&cursor)))))),
        drafts: visitor.can(access::DRAFT),
        signs: visitor.can(access::SIGN),
        view,
        page,
    })
}
