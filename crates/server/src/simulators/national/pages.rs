//! The list of the national systems, for programs and for people.

use askama::Template;
use axum::http::{Method, StatusCode};
use haidang_kernel::bilingual::Bilingual;
use haidang_ui::{Lang, t};
use serde_json::json;

use super::catalogue::Row;
use super::messages::{Answer, Asked, Body};
use super::{NationalSimulator, SOURCE_TEXT};

/// A page without the city's frame: nobody may take it for one of a city, and it needs no styles.
#[derive(Template)]
#[template(path = "national_systems.html")]
struct SystemsPage<'r> {
    lang: Lang,
    rows: &'r [Row],
}

impl SystemsPage<'_> {
    fn t(&self, key: &str) -> String {
        t(self.lang, key, &[])
    }

    fn word<'w>(&self, words: &'w Bilingual) -> &'w str {
        words.text(self.lang)
    }

    fn shape(&self, row: &Row) -> String {
        self.t(row.shape.text())
    }
}

/// Answers `/`: a page for browsers, JSON for everybody else.
pub(super) fn catalogue(simulator: &NationalSimulator, asked: &Asked) -> Answer {
    if asked.method != Method::GET && asked.method != Method::HEAD {
        return Answer::gateway(StatusCode::METHOD_NOT_ALLOWED);
    }
    if !asked.header("accept").is_some_and(|accept| accept.contains("text/html")) {
        return Answer::good(json!({ "source": SOURCE_TEXT, "systems": simulator.rows }));
    }
    let lang = if asked.query("lang") == "en" { Lang::En } else { Lang::Vi };
    match (SystemsPage { lang, rows: simulator.rows }).render() {
        Ok(text) => Answer { status: StatusCode::OK, body: Body::Html(text) },
        Err(error) => Answer::problem(StatusCode::INTERNAL_SERVER_ERROR, "page", error.to_string()),
    }
}
