//! Lists of documents: which of them, for whom, page by page.

use super::access;
use super::model::Document;
use super::sql;
use super::table::State;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_kernel::text;
use haidang_kernel::time::{from_micros, micros};
use haidang_store::{Filter, StoreError, args};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which documents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[serde(default)]
pub struct Wanted {
    /// `me` = awaiting the reader, `mine` = drafted by the reader, else everything the reader may see.
    pub view: Option<String>,
    /// A state, such as `issued`.
    pub state: Option<String>,
    /// A kind, such as `quyet_dinh`.
    pub kind: Option<String>,
    /// How the subject begins, with or without marks; or a number such as `05/QĐ-UBND`.
    pub q: Option<String>,
    /// Where the previous page ended.
    pub cursor: Option<String>,
}

fn point(cursor: &str) -> Option<(Timestamp, String)> {
    let (at, id) = cursor.split_once('.')?;
    Some((from_micros(at.parse().ok()?), id.to_owned()))
}

/// The number that somebody looks for: `05/QĐ-UBND`, `123`.
fn number_of(words: &str) -> Option<i64> {
    words.split('/').next()?.trim().parse().ok()
}

impl OfficeRoom {
    /// What the reader may see at all: documents of the organs whose papers they read, and their own.
    fn visible(&self, reader: &Reader<'_>, head: &'static str) -> Filter {
        let me = reader.actor.person.as_str();
        let read = reader.actor.agencies_with(access::READ_UNIT);
        let held = reader.actor.agencies();
        let filter = Filter::select(head).and_in("agency", held.clone());
        // Nearly everybody reads in every organ where they have a post; else only what names them is left.
        if held.iter().all(|agency| read.contains(agency)) {
            return filter;
        }
        filter.and("(drafter = ? OR signer = ? OR reviewer = ?)", args![me, me, me])
    }

    fn awaiting(&self, reader: &Reader<'_>, filter: Filter) -> Filter {
        let actor = reader.actor;
        let me = actor.person.as_str();
        let (review, sign) = (actor.can(access::REVIEW), actor.can(access::SIGN));
        let (clerk, check) = (actor.can(access::CLERK), actor.can(access::CLERK) || actor.can(access::REVIEW));
        filter.and(
            "((drafter = ? AND state IN ('draft', 'returned')) \
              OR (? AND state = 'unit_review' AND drafter <> ? AND (reviewer IS NULL OR reviewer = ?)) \
              OR (? AND state = 'office_check' AND drafter <> ?) \
              OR (? AND state = 'awaiting_signature' AND signer = ?) \
              OR (? AND state IN ('signed', 'numbered', 'sealed')))",
            args![me, review, me, me, check, me, sign, me, clerk],
        )
    }

    fn narrowed(&self, reader: &Reader<'_>, wanted: &Wanted, head: &'static str) -> Filter {
        let mut filter = self.visible(reader, head);
        filter = match wanted.view.as_deref() {
            Some("me") => self.awaiting(reader, filter),
            Some("mine") => filter.and("drafter = ?", args![reader.actor.person.as_str()]),
            _ => filter,
        };
        if let Some(state) = wanted.state.as_deref().and_then(State::parse) {
            filter = filter.and("state = ?", args![state.as_str()]);
        }
        filter = filter.and_some("kind = ?", wanted.kind.as_deref());
        if let Some(words) = wanted.q.as_deref().map(str::trim).filter(|words| !words.is_empty()) {
            filter = match number_of(words) {
                Some(number) => filter.and("code_number = ?", args![number]),
                None => {
                    let key = text::search_key(words);
                    // The last code point there is: everything that begins with the key lies between the two.
                    let end = format!("{key}\u{10FFFF}");
                    filter.and("subject_key >= ? AND subject_key <= ?", args![key, end])
                }
            };
        }
        filter
    }

    /// A page of documents, the last changed first, and where the next begins.
    ///
    /// # Errors
    /// What the database says.
    pub async fn list_documents(
        &self,
        reader: &Reader<'_>,
        wanted: &Wanted,
        limit: i64,
    ) -> Result<(Vec<Document>, Option<String>), StoreError> {
        let mut filter = self.narrowed(reader, wanted, sql::LIST);
        if let Some((at, id)) = wanted.cursor.as_deref().and_then(point) {
            filter = filter.and("(changed_at, id) < (?, ?)", args![at, id]);
        }
        let (statement, values) = filter.then("ORDER BY changed_at DESC, id DESC LIMIT ?", args![limit + 1]).build();
        let rows = self.db.fetch_all(statement, values).await?;
        let mut documents: Vec<Document> = rows.iter().map(Document::read).collect::<Result<_, _>>()?;
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = documents.len() > most;
        documents.truncate(most);
        let end = |last: &Document| format!("{}.{}", micros(last.changed_at), last.id);
        let next = documents.last().filter(|_| more).map(end);
        Ok((documents, next))
    }

    /// How many documents wait for the reader.
    ///
    /// # Errors
    /// What the database says.
    pub async fn count_awaiting(&self, reader: &Reader<'_>) -> Result<i64, StoreError> {
        let (statement, values) = self.awaiting(reader, self.visible(reader, sql::COUNT)).build();
        self.db.fetch_one(statement, values).await?.integer("count")
    }
}
