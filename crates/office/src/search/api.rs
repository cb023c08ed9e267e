//! Search for programs.

use super::finding::{Find, Found};
use super::model::Part;
use super::snippet::Piece;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use axum::extract::State;
use haidang_kernel::problem::Problem;
use haidang_web::{Answer, Json, Visitor, json};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is looked for. Every part is optional; without any the newest documents come.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskedSearch {
    /// Words; a phrase in quotation marks; a number such as `123/UBND-VP`.
    #[serde(default)]
    words: String,
    /// `documents`, `incoming` or `scans`.
    part: Option<String>,
    /// Id of a kind in the pack, such as `quyet_dinh`.
    kind: Option<String>,
    /// Words of the issuer's name.
    organ: Option<String>,
    /// First day of issue, `YYYY-MM-DD`.
    from: Option<String>,
    /// Last day of issue, `YYYY-MM-DD`.
    until: Option<String>,
    /// The newest first instead of the best.
    #[serde(default)]
    newest: bool,
    /// 1 to 50, default 1.
    page: Option<usize>,
}

/// A piece of text.
#[derive(Serialize, ToSchema)]
pub(crate) struct PieceView {
    /// The text as it stands in the document.
    text: String,
    /// Whether it is one of the words looked for.
    hit: bool,
}

/// A document found.
#[derive(Serialize, ToSchema)]
pub(crate) struct FoundView {
    /// `documents`, `incoming` or `scans`.
    part: &'static str,
    /// Id within its part.
    id: String,
    /// What it is about.
    title: Vec<PieceView>,
    /// Number with notation; empty before it is numbered.
    number: String,
    /// Who issued it.
    organ: String,
    /// Id of its kind; empty when unknown.
    kind: String,
    /// Day of issue.
    issued_on: Option<String>,
    /// The place that shows why it was found.
    snippet: Vec<PieceView>,
}

/// A page of documents found.
#[derive(Serialize, ToSchema)]
pub(crate) struct FoundList {
    /// Best first.
    items: Vec<FoundView>,
    /// How many there are in all.
    total: usize,
    /// This page, from 1.
    page: usize,
    /// How many pages can be asked for.
    pages: usize,
}

fn pieces(pieces: Vec<Piece>) -> Vec<PieceView> {
    pieces.into_iter().map(|piece| PieceView { text: piece.text, hit: piece.hit }).collect()
}

fn view(found: Found) -> FoundList {
    let items = found.documents.into_iter().map(|one| FoundView {
        part: one.part.as_str(),
        id: one.document,
        title: pieces(one.title),
        number: one.number,
        organ: one.organ,
        kind: one.kind,
        issued_on: one.issued_on.map(|date| date.to_string()),
        snippet: pieces(one.snippet),
    });
    FoundList { items: items.collect(), total: found.total, page: found.page, pages: found.pages }
}

fn day(field: &'static str, text: Option<&str>) -> Result<Option<Date>, Problem> {
    let wrong = || Problem::invalid("search_invalid", "a day is written YYYY-MM-DD").field(field, "date_invalid");
    text.filter(|text| !text.is_empty()).map(|text| text.parse().map_err(|_| wrong())).transpose()
}

/// Finds documents the caller may read.
pub(crate) async fn find_documents(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Json(asked): Json<AskedSearch>,
) -> Answer {
    let actor = visitor.require_actor()?;
    let reader = Reader { actor, channel: visitor.channel.as_str(), request_id: &visitor.request_id };
    let part = match asked.part.as_deref().filter(|word| !word.is_empty()) {
        None => None,
        Some(word) => Some(
            Part::parse(word)
                .ok_or_else(|| Problem::invalid("search_invalid", "no such part").field("part", "unknown"))?,
        ),
    };
    let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let find = Find {
        words: asked.words,
        kind: given(asked.kind),
        part,
        organ: given(asked.organ),
        from: day("from", asked.from.as_deref())?,
        until: day("until", asked.until.as_deref())?,
        newest: asked.newest,
        page: asked.page.unwrap_or(1),
    };
    json(200, &view(room.find_documents(&reader, &find).await?))
}
