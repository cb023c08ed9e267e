//! The index behind the search: opened when it is first needed, told of what changed after each commit.
//!
//! Every row carries when it changed. The index remembers up to where it has followed; a little before that point it
//! looks again, because a transaction becomes visible later than its rows say, and leaves out what it has taken
//! already. So it may follow at any time, as often as wanted, on any machine, and an index that was lost is whole again
//! after one round.

use super::model::{Part, TextRow, part_of};
use super::sql;
use crate::room::OfficeRoom;
use async_trait::async_trait;
use haidang_kernel::problem::Problem;
use haidang_search::texts::{TextChange, TextEntry, TextHits, TextIndex, TextQuery};
use haidang_store::jobs::{Handler, Job};
use haidang_store::outbox::Failure;
use haidang_store::{Db, Filter, args};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{Mutex, OnceCell};

/// Kind of the job that lets the index follow.
pub(super) const FOLLOW: &str = "office.follow_texts";
/// Rows looked at, and documents read, at a time.
const STEP: i64 = 250;
/// Documents taken into the index with one commit of it.
const BATCH: usize = 1_000;
/// How far before the point reached the index looks again: longer than any transaction runs.
const AGAIN: i64 = 120_000_000;
/// A search lets the index follow by itself when it has not for this long: another machine may have taken the job.
const STALE: SignedDuration = SignedDuration::from_secs(30);

/// The index over the documents of the office. Cheap to clone.
#[derive(Clone, Default)]
pub struct Texts(Arc<State>);

#[derive(Default)]
struct State {
    folder: Option<PathBuf>,
    index: OnceCell<Arc<TextIndex>>,
    followed: Mutex<Followed>,
}

/// How far this process has followed.
#[derive(Default)]
struct Followed {
    at: Option<Timestamp>,
    /// What was taken of the rows that are looked at again, with its revision and moment.
    taken: HashMap<(Part, String), (i64, i64)>,
}

impl Texts {
    /// An index in a folder of this machine; without one it stands in memory ([`Texts::default`]).
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self(Arc::new(State { folder: Some(folder.into()), ..State::default() }))
    }

    async fn index(&self) -> Result<&Arc<TextIndex>, Problem> {
        let folder = self.0.folder.clone();
        self.0
            .index
            .get_or_try_init(|| async move {
                blocking(move || match folder {
                    Some(folder) => TextIndex::open(&folder),
                    None => TextIndex::in_memory(),
                })
                .await
                .map(Arc::new)
            })
            .await
    }

    /// How many documents can be found now.
    ///
    /// # Errors
    /// When the index cannot be opened.
    pub async fn count(&self) -> Result<usize, Problem> {
        Ok(self.index().await?.len())
    }

    pub(super) async fn search(&self, asked: OwnedQuery) -> Result<TextHits, Problem> {
        let index = Arc::clone(self.index().await?);
        blocking(move || index.search(&asked.borrowed())).await
    }

    /// Takes everything that changed since the last time.
    ///
    /// # Errors
    /// What the database or the index says; what was taken before the failure stays taken.
    pub async fn follow(&self, db: &Db) -> Result<(), Problem> {
        let mut followed = self.0.followed.lock().await;
        let index = Arc::clone(self.index().await?);
        let cursor: Option<i64> = index.cursor().map_err(failed)?.and_then(|cursor| cursor.parse().ok());
        let reached = cursor.unwrap_or(i64::MIN);
        let mut point = (reached.saturating_sub(AGAIN), String::new(), String::new());
        let mut changes: Vec<TextChange> = Vec::new();
        let mut heads: Vec<((Part, String), (i64, i64))> = Vec::new();
        loop {
            let rows = db.fetch_all(sql::CHANGED, args![point.0, &point.1, &point.2, STEP]).await?;
            let mut wanted = Vec::new();
            for row in &rows {
                let key = (part_of(row)?, row.text("document_id")?);
                let state = (row.integer("revision")?, row.integer("changed_at")?);
                point = (state.1, key.0.as_str().to_owned(), key.1.clone());
                if followed.taken.get(&key) != Some(&state) {
                    wanted.push(key.1.clone());
                    heads.push((key, state));
                }
            }
            changes.extend(read(db, &wanted).await?);
            let last = rows.len() < usize::try_from(STEP).unwrap_or(usize::MAX);
            if changes.len() >= BATCH || (last && !changes.is_empty()) {
                let (batch, cursor) = (std::mem::take(&mut changes), point.0.max(reached));
                let index = Arc::clone(&index);
                blocking(move || index.update(batch, &cursor.to_string())).await?;
                followed.taken.extend(heads.drain(..));
                followed.taken.retain(|_, (_, at)| *at >= cursor.saturating_sub(AGAIN));
            }
            if last {
                followed.at = Some(db.ambient().now());
                return Ok(());
            }
        }
    }

    /// Follows when this process has not for a while.
    pub(super) async fn follow_when_stale(&self, db: &Db) -> Result<(), Problem> {
        let now = db.ambient().now();
        let at = self.0.followed.lock().await.at;
        match at {
            Some(at) if now.duration_since(at) < STALE => Ok(()),
            _ => self.follow(db).await,
        }
    }
}

async fn read(db: &Db, ids: &[String]) -> Result<Vec<TextChange>, Problem> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (statement, args) = Filter::select(sql::TEXTS).and_in("document_id", ids).build();
    let rows = db.fetch_all(statement, args).await?;
    let rows: Vec<TextRow> = rows.iter().map(TextRow::read).collect::<Result<_, _>>()?;
    Ok(rows.into_iter().map(change).collect())
}

/// What names a document in the index.
pub(super) fn key_of(part: Part, document: &str) -> String {
    format!("{}:{document}", part.as_str())
}

fn change(row: TextRow) -> TextChange {
    let key = key_of(row.part, &row.document);
    if row.removed {
        return TextChange::Remove(key);
    }
    let readers = row.marks();
    TextChange::Put(Box::new(TextEntry {
        key,
        title: row.title,
        number: row.number,
        organ: row.organ,
        kind: row.kind,
        part: row.part.as_str().to_owned(),
        day: row.issued_on.map(day),
        body: row.body,
        readers,
    }))
}

/// A day as the index compares it.
pub(super) fn day(date: jiff::civil::Date) -> i64 {
    i64::from(date.year()) * 10_000 + i64::from(date.month()) * 100 + i64::from(date.day())
}

/// A query that may travel to another thread.
#[derive(Debug, Clone, Default)]
pub(super) struct OwnedQuery {
    pub(super) words: String,
    pub(super) readers: Vec<String>,
    pub(super) kind: Option<String>,
    pub(super) part: Option<Part>,
    pub(super) organ: Option<String>,
    pub(super) from: Option<i64>,
    pub(super) until: Option<i64>,
    pub(super) newest: bool,
    pub(super) skip: usize,
    pub(super) take: usize,
}

impl OwnedQuery {
    fn borrowed(&self) -> TextQuery<'_> {
        TextQuery {
            words: &self.words,
            readers: &self.readers,
            kind: self.kind.as_deref(),
            part: self.part.map(Part::as_str),
            organ: self.organ.as_deref(),
            from: self.from,
            until: self.until,
            newest: self.newest,
            skip: self.skip,
            take: self.take,
        }
    }
}

fn failed(error: haidang_search::SearchError) -> Problem {
    Problem::internal(format!("the index of documents: {error}"))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, haidang_search::SearchError> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Problem::internal("the index of documents stopped"))?
        .map_err(failed)
}

/// The job that lets the index follow after a commit.
pub struct FollowTexts(pub OfficeRoom);

#[async_trait]
impl Handler for FollowTexts {
    fn kind(&self) -> &'static str {
        FOLLOW
    }

    async fn run(&self, _: &Job) -> Result<(), Failure> {
        self.0.texts.follow(&self.0.db).await.map_err(|problem| Failure::Later(problem.detail.to_string()))
    }
}
