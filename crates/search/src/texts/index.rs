//! The index itself: opened, told of changes, asked.

use super::schema::{DAY, Fields, schema};
use super::{TextChange, TextHits, TextQuery, query};
use crate::SearchError;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use tantivy::collector::{Count, TopDocs};
use tantivy::directory::MmapDirectory;
use tantivy::schema::Value as _;
use tantivy::{DocAddress, Index, IndexReader, IndexWriter, Order, ReloadPolicy, TantivyDocument, Term};

/// Memory of the writer while changes are taken, the least it accepts.
const BUDGET: usize = 15_000_000;

/// Folder of this form of the index; another form begins anew beside it.
const FORM: &str = "texts-1";

/// An index over texts that change. Asking and telling may happen at once.
pub struct TextIndex {
    index: Index,
    reader: IndexReader,
    fields: Fields,
    /// One writer at a time.
    writing: Mutex<()>,
}

impl TextIndex {
    /// An empty index in memory.
    ///
    /// # Errors
    /// [`SearchError`] when the engine fails.
    pub fn in_memory() -> Result<Self, SearchError> {
        let (schema, fields) = schema();
        Self::over(Index::create_in_ram(schema), fields)
    }

    /// The index in a folder. What cannot be read there, or has another form, is thrown away: it is derived and is
    /// told everything again.
    ///
    /// # Errors
    /// [`SearchError`] when the folder cannot be written.
    pub fn open(folder: &Path) -> Result<Self, SearchError> {
        let folder = folder.join(FORM);
        let attempt = || {
            std::fs::create_dir_all(&folder).map_err(|error| tantivy::TantivyError::IoError(error.into()))?;
            let (schema, fields) = schema();
            let directory = MmapDirectory::open(&folder).map_err(tantivy::TantivyError::from)?;
            Self::over(Index::open_or_create(directory, schema)?, fields)
        };
        match attempt() {
            Ok(index) => Ok(index),
            Err(_) => {
                let _ = std::fs::remove_dir_all(&folder);
                attempt()
            }
        }
    }

    fn over(index: Index, fields: Fields) -> Result<Self, SearchError> {
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { index, reader, fields, writing: Mutex::new(()) })
    }

    /// Up to where the record has been followed: what the last [`TextIndex::update`] was given.
    ///
    /// # Errors
    /// [`SearchError`] when the index cannot be read.
    pub fn cursor(&self) -> Result<Option<String>, SearchError> {
        Ok(self.index.load_metas()?.payload)
    }

    /// How many texts it holds.
    pub fn len(&self) -> usize {
        usize::try_from(self.reader.searcher().num_docs()).unwrap_or(usize::MAX)
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes changes, all or none, and remembers the cursor with them. A text put again replaces the one before.
    ///
    /// Blocking: call it on a thread that may wait.
    ///
    /// # Errors
    /// [`SearchError`] when the engine fails; the index then stands as before.
    pub fn update(&self, changes: impl IntoIterator<Item = TextChange>, cursor: &str) -> Result<(), SearchError> {
        let _one = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut writer: IndexWriter<TantivyDocument> = self.index.writer_with_num_threads(1, BUDGET)?;
        for change in changes {
            let key = match &change {
                TextChange::Put(entry) => &entry.key,
                TextChange::Remove(key) => key,
            };
            writer.delete_term(Term::from_field_text(self.fields.key, key));
            if let TextChange::Put(entry) = &change {
                writer.add_document(self.fields.document(entry))?;
            }
        }
        let mut prepared = writer.prepare_commit()?;
        prepared.set_payload(cursor);
        prepared.commit()?;
        // Few large pieces are asked faster than many small ones.
        writer.wait_merging_threads()?;
        self.reader.reload()?;
        Ok(())
    }

    /// What the reader may find.
    ///
    /// # Errors
    /// [`SearchError`] when the engine fails: an empty answer always means that nothing was found.
    pub fn search(&self, asked: &TextQuery<'_>) -> Result<TextHits, SearchError> {
        if asked.readers.is_empty() {
            return Ok(TextHits::default());
        }
        let query = query::build(&self.fields, asked);
        let searcher = self.reader.searcher();
        // The collector keeps room for what it may give, so what was asked is bounded here.
        let top = TopDocs::with_limit(asked.take.clamp(1, 200)).and_offset(asked.skip.min(10_000));
        let by_words = !asked.newest && !query::clauses(asked.words).is_empty();
        let (total, found): (usize, Vec<DocAddress>) = if by_words {
            let (total, hits) = searcher.search(&query, &(Count, top.order_by_score()))?;
            (total, hits.into_iter().map(|(_, at)| at).collect())
        } else {
            let newest = top.order_by_fast_field::<i64>(DAY, Order::Desc);
            let (total, hits) = searcher.search(&query, &(Count, newest))?;
            (total, hits.into_iter().map(|(_, at)| at).collect())
        };
        let mut keys = Vec::with_capacity(found.len());
        for at in found {
            let document: TantivyDocument = searcher.doc(at)?;
            keys.extend(document.get_first(self.fields.key).and_then(|key| key.as_str()).map(str::to_owned));
        }
        Ok(TextHits { keys, total })
    }
}
