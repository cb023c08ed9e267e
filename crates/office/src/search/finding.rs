//! What a reader finds: the index proposes, the record decides who may see it, the look is written down first.

use super::following::{OwnedQuery, day, key_of};
use super::model::{Part, TextRow, person_mark, unit_mark};
use super::snippet::{Piece, keys, snippet};
use super::sql;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_kernel::problem::Problem;
use haidang_store::{AuditEntry, Filter};
use jiff::civil::Date;
use std::collections::HashMap;

/// Documents on a page.
pub const PAGE: usize = 20;
/// Last page that can be opened; who looks further narrows the search.
pub const LAST_PAGE: usize = 50;

/// What is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Find {
    /// Words, phrases in quotation marks, numbers.
    pub words: String,
    /// Only this kind, by its id in the pack.
    pub kind: Option<String>,
    /// Only this part.
    pub part: Option<Part>,
    /// Only issuers whose name holds these words.
    pub organ: Option<String>,
    /// First day of issue.
    pub from: Option<Date>,
    /// Last day of issue.
    pub until: Option<Date>,
    /// The newest first instead of the best.
    pub newest: bool,
    /// Page, from 1.
    pub page: usize,
}

impl Find {
    /// Whether anything is looked for at all.
    pub fn is_empty(&self) -> bool {
        *self == Self { page: self.page, newest: self.newest, ..Self::default() }
    }
}

/// A document found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundDocument {
    /// Which part it belongs to.
    pub part: Part,
    /// Its id there.
    pub document: String,
    /// What it is about.
    pub title: Vec<Piece>,
    /// Number with notation.
    pub number: String,
    /// Who issued it.
    pub organ: String,
    /// Id of its kind.
    pub kind: String,
    /// Day of issue.
    pub issued_on: Option<Date>,
    /// The place of its text that shows why it was found.
    pub snippet: Vec<Piece>,
}

/// A page of what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Best first.
    pub documents: Vec<FoundDocument>,
    /// How many there are in all.
    pub total: usize,
    /// Page, from 1.
    pub page: usize,
    /// How many pages there are.
    pub pages: usize,
}

impl OfficeRoom {
    /// Finds documents the reader may read. The look is recorded before this answers, without the words.
    ///
    /// # Errors
    /// What the database or the index says.
    pub async fn find_documents(&self, reader: &Reader<'_>, asked: &Find) -> Result<Found, Problem> {
        self.texts.follow_when_stale(&self.db).await?;
        let marks = marks_of(reader);
        let page = asked.page.clamp(1, LAST_PAGE);
        let hits = self.texts.search(query(asked, &marks, page)).await?;
        let mut rows = self.rows(&hits.keys, &marks).await?;
        let wanted = keys(&asked.words);
        let found = hits.keys.iter().filter_map(|key| rows.remove(key)).map(|row| FoundDocument {
            title: snippet(&row.title, &wanted),
            snippet: snippet(&row.body, &wanted),
            part: row.part,
            document: row.document,
            number: row.number,
            organ: row.organ,
            kind: row.kind,
            issued_on: row.issued_on,
        });
        let documents: Vec<FoundDocument> = found.collect();
        let shown: Vec<String> = documents.iter().map(|one| key_of(one.part, &one.document)).collect();
        let agency = reader.actor.agencies_with("document.read_unit").into_iter().next().unwrap_or_default();
        let entry = AuditEntry::read("document.searched", reader.actor_ref(&agency))
            .object("document_search", reader.request_id)
            .request(reader.request_id)
            .because("30/2020/NĐ-CP Phụ lục VI", "tra cứu văn bản")
            .detail(serde_json::json!({ "total": hits.total, "page": page, "shown": shown }));
        self.db.record_read(entry).await?;
        Ok(Found { documents, total: hits.total, page, pages: hits.total.div_ceil(PAGE).clamp(1, LAST_PAGE) })
    }

    /// The rows of these keys that the marks open now: rights may have changed since the index followed.
    async fn rows(&self, keys: &[String], marks: &[String]) -> Result<HashMap<String, TextRow>, Problem> {
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let ids = keys.iter().filter_map(|key| key.split_once(':')).map(|(_, id)| id);
        let (statement, args) = Filter::select(sql::TEXTS).and_in("document_id", ids).build();
        let mut rows = HashMap::new();
        for row in self.db.fetch_all(statement, args).await? {
            let row = TextRow::read(&row)?;
            if !row.removed && row.marks().iter().any(|mark| marks.contains(mark)) {
                rows.insert(key_of(row.part, &row.document), row);
            }
        }
        Ok(rows)
    }
}

/// What lets this reader in.
fn marks_of(reader: &Reader<'_>) -> Vec<String> {
    let units = reader.actor.agencies_with("document.read_unit");
    let posts = reader.actor.agencies();
    let named = posts.iter().map(|agency| person_mark(reader.actor.person.as_str(), agency));
    units.iter().map(|agency| unit_mark(agency)).chain(named).collect()
}

fn query(asked: &Find, marks: &[String], page: usize) -> OwnedQuery {
    OwnedQuery {
        words: asked.words.clone(),
        readers: marks.to_vec(),
        kind: asked.kind.clone(),
        part: asked.part,
        organ: asked.organ.clone(),
        from: asked.from.map(day),
        until: asked.until.map(day),
        newest: asked.newest,
        skip: (page - 1) * PAGE,
        take: PAGE,
    }
}
