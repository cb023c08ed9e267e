//! Finding a procedure: by words with or without accents, or by its field.

use super::common::{element, joined, short_name};
use super::home::remark;
use crate::api::State;
use crate::procedure::Version;
use crate::service::Services;
use askama::Template;
use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::text;
use haidang_ui::component::{EmptyState, Pagination};
use haidang_ui::{Html, Page, paths, t};
use haidang_web::{Answer, Query, Routes, Row, State as Use, Visitor, encode, html, redirect};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most matches read from the index.
const MOST_FOUND: usize = 100;
/// Matches on one page.
const FOUND_A_PAGE: usize = 20;
/// Below this another spelling is offered.
const FEW: usize = 3;

/// What is searched for.
#[derive(Debug, Default, Deserialize)]
pub struct Words {
    /// Words of the reader.
    q: Option<String>,
    /// Page of the list, from 1.
    #[serde(rename = "trang")]
    page: Option<u64>,
}

struct Line {
    href: String,
    name: Html,
    why: Html,
    remark: Html,
}

fn line(page: &Page, services: &Services, version: &Version) -> Line {
    let field = &version.procedure.field;
    let field = Bilingual { vi: field.name.clone(), en: field.name_en.clone() };
    let mut why = vec![element("span", "hd-figures", &version.procedure.code), page.b(&field)];
    why.extend(version.procedure.plain.as_ref().map(|plain| page.b(plain)));
    Line {
        href: page.href(format!("/thu-tuc/{}", version.procedure.code)),
        name: page.b(&short_name(version)),
        why: joined(why, " · "),
        remark: if version.promises() {
            remark(page, services, version)
        } else {
            Html::text(page.t("services-list-listed"))
        },
    }
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    page: Page,
    words: String,
    count: String,
    suggestion: Option<(String, String)>,
    lines: Vec<Line>,
    empty: Option<EmptyState>,
    pages: Option<Pagination>,
}

/// Whether a title holds the words exactly as typed; such matches are told apart from those that only mean the same.
fn exact(version: &Version, words: &str) -> bool {
    let name = text::nfc(&version.procedure.name).to_lowercase();
    name.contains(&text::nfc(words.trim()).to_lowercase())
}

/// Searches the procedures in force today.
pub async fn search_procedures(visitor: Visitor, Use(services): Use<State>, Query(query): Query<Words>) -> Answer {
    let words = query.q.unwrap_or_default().trim().chars().take(200).collect::<String>();
    if words.is_empty() {
        return redirect(visitor.lang, paths::PROCEDURES);
    }
    let title = t(visitor.lang, "services-search-title", &[("words", words.as_str().into())]);
    let page = visitor.page(title, "services");
    let found = services.find_procedures(&words, MOST_FOUND);
    let all = found.len().div_ceil(FOUND_A_PAGE).max(1);
    let now = usize::try_from(query.page.unwrap_or(1)).unwrap_or(1).clamp(1, all);
    let lines = found
        .iter()
        .skip((now - 1) * FOUND_A_PAGE)
        .take(FOUND_A_PAGE)
        .map(|version| line(&page, &services, version))
        .collect();
    let address = |words: &str| page.href(format!("/tim?{}", encode([("q", words)])));
    let suggestion = (found.len() < FEW).then(|| services.suggest_words(&words)).flatten();
    let suggestion = suggestion.filter(|other| *other != words).map(|other| (address(&other), other));
    let literal = found.iter().filter(|version| exact(version, &words)).count();
    let count = if literal == found.len() {
        page.t1("services-search-count", "count", found.len())
    } else {
        page.t2("services-search-count-exact", "count", found.len(), "exact", literal)
    };
    let empty = found.is_empty().then(|| {
        EmptyState::new(page.t1("services-search-none", "words", &words))
            .text(page.t("services-search-none-text"))
            .next(page.t("services-search-none-next"), page.href(paths::PROCEDURES))
    });
    html(SearchPage {
        count,
        suggestion,
        lines,
        empty,
        pages: (all > 1).then(|| Pagination::numbered(page.lang, &address(&words), now as u64, all as u64)),
        words,
        page,
    })
}

/// Which field is open.
#[derive(Debug, Default, Deserialize)]
pub struct Chosen {
    /// Key of the field.
    #[serde(rename = "linh-vuc")]
    field: Option<String>,
}

struct FieldLine {
    href: String,
    name: Html,
    count: String,
}

#[derive(Template)]
#[template(path = "procedures.html")]
struct ProceduresPage {
    page: Page,
    heading: Html,
    count: String,
    fields: Vec<FieldLine>,
    lines: Vec<Line>,
}

fn field_key(version: &Version) -> String {
    text::search_key(&version.procedure.field.name).replace(' ', "-")
}

/// Lists the fields, or the procedures of one.
pub async fn list_all_procedures(visitor: Visitor, Use(services): Use<State>, Query(query): Query<Chosen>) -> Answer {
    let mut page = visitor.page(t(visitor.lang, "services-list-title", &[]), "services");
    let mut all = services.catalogue().all_current(services.ambient.today());
    all.sort_by_cached_key(|version| text::sort_key(&short_name(version).vi));
    let mut fields: BTreeMap<Vec<u8>, Vec<Arc<Version>>> = BTreeMap::new();
    for version in &all {
        fields.entry(text::sort_key(&version.procedure.field.name)).or_default().push(version.clone());
    }
    let name_of = |version: &Version| {
        let field = &version.procedure.field;
        Bilingual { vi: field.name.clone(), en: field.name_en.clone() }
    };
    let open = query.field.as_deref().and_then(|key| {
        fields.values().find(|versions| versions.first().is_some_and(|version| field_key(version) == key))
    });
    if let Some(versions) = open {
        let name = versions.first().map(|version| name_of(version)).unwrap_or_else(|| Bilingual::vietnamese(""));
        page.title = name.text(page.lang).to_owned();
        return html(ProceduresPage {
            heading: page.b(&name),
            count: page.t1("services-list-count", "count", versions.len()),
            fields: Vec::new(),
            lines: versions.iter().map(|version| line(&page, &services, version)).collect(),
            page,
        });
    }
    let fields = fields
        .values()
        .filter_map(|versions| {
            let first = versions.first()?;
            Some(FieldLine {
                href: page.href(format!("{}?linh-vuc={}", paths::PROCEDURES, field_key(first))),
                name: page.b(&name_of(first)),
                count: page.t1("services-list-count", "count", versions.len()),
            })
        })
        .collect();
    html(ProceduresPage {
        heading: Html::text(&page.title),
        count: page.t1("services-list-count", "count", all.len()),
        fields,
        lines: Vec::new(),
        page,
    })
}

/// Adds the routes of this file.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .page(Row::get("search_procedures", "/tim").public().example("/tim?q=khai+sinh"), search_procedures)
        .page(Row::get("list_all_procedures", "/thu-tuc").public().example("/thu-tuc"), list_all_procedures)
}
