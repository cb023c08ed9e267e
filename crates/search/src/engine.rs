//! The engine behind the index: which documents hold all the words, and how rare those words are.

use tantivy::collector::TopDocs;
use tantivy::indexer::NoMergePolicy;
use tantivy::query::{BooleanQuery, Query, TermQuery};
use tantivy::schema::{FAST, Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::{Index, IndexReader, ReloadPolicy, TantivyDocument, Term};

use crate::SearchError;
use crate::rank::Wanted;

const NUMBER: &str = "number";

/// Memory of the writer while building, the least it accepts.
const BUDGET: usize = 15_000_000;

pub(crate) struct Engine {
    reader: IndexReader,
    words: Field,
}

impl Engine {
    /// Takes the search keys of each document, blanks between them, in order.
    pub(crate) fn build(documents: impl Iterator<Item = String>) -> Result<Self, SearchError> {
        let mut schema = Schema::builder();
        let number = schema.add_u64_field(NUMBER, FAST);
        let indexing =
            TextFieldIndexing::default().set_tokenizer("whitespace").set_index_option(IndexRecordOption::WithFreqs);
        let words = schema.add_text_field("words", TextOptions::default().set_indexing_options(indexing));
        let index = Index::create_in_ram(schema.build());
        let mut writer = index.writer_with_num_threads::<TantivyDocument>(1, BUDGET)?;
        writer.set_merge_policy(Box::new(NoMergePolicy));
        for (at, keys) in documents.enumerate() {
            let mut document = TantivyDocument::new();
            document.add_u64(number, at as u64);
            document.add_text(words, keys);
            writer.add_document(document)?;
        }
        writer.commit()?;
        writer.wait_merging_threads()?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { reader, words })
    }

    /// The numbers of the documents that hold a form of every wanted word, with their BM25 score.
    pub(crate) fn find(&self, wanted: &[Wanted]) -> Result<Vec<(usize, f32)>, SearchError> {
        let searcher = self.reader.searcher();
        let most = usize::try_from(searcher.num_docs()).unwrap_or(usize::MAX);
        if wanted.is_empty() || most == 0 {
            return Ok(Vec::new());
        }
        let term = |key: &str| -> Box<dyn Query> {
            Box::new(TermQuery::new(Term::from_field_text(self.words, key), IndexRecordOption::WithFreqs))
        };
        let all = wanted.iter().map(|wanted| term(&wanted.key)).collect();
        let top = searcher.search(&BooleanQuery::intersection(all), &TopDocs::with_limit(most).order_by_score())?;
        let mut columns = Vec::new();
        for segment in searcher.segment_readers() {
            columns.push(segment.fast_fields().u64(NUMBER)?);
        }
        let number =
            |segment: u32, document: u32| columns.get(segment as usize).and_then(|column| column.first(document));
        let found = top.into_iter().filter_map(|(score, at)| {
            let number = number(at.segment_ord, at.doc_id)?;
            Some((usize::try_from(number).ok()?, score))
        });
        Ok(found.collect())
    }
}
