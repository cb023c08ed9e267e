//! Texts that grow: an index on disk over the documents of the office, read through memory maps, told of every change.
//!
//! It is derived: whoever owns the record can always build it again, and it says up to where it has followed
//! ([`TextIndex::cursor`]). A writer exists only while changes are taken, so that an idle city holds no heap for it.
//!
//! Two forms of every word are kept, as typed (wherever its tone mark stands) and folded. A query with accents finds
//! both and shows what agrees in all accents first.

mod index;
mod query;
mod schema;

pub use index::TextIndex;
pub use query::{Clause, clauses};

/// One text that can be found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextEntry {
    /// What names it for the owner of the record; given back by a search.
    pub key: String,
    /// Title; what is found here counts most.
    pub title: String,
    /// Number with its notation, `05/QĐ-UBND`; may be empty.
    pub number: String,
    /// Who issued it.
    pub organ: String,
    /// Code of its kind, compared as it stands.
    pub kind: String,
    /// Which part of the record it belongs to, compared as it stands.
    pub part: String,
    /// Day of issue as `YYYYMMDD`; without it no range of days finds it.
    pub day: Option<i64>,
    /// Its text.
    pub body: String,
    /// Who may find it: marks compared as they stand with those of the reader. Without any, nobody.
    pub readers: Vec<String>,
}

/// One change of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextChange {
    /// A text is new or has another content.
    Put(Box<TextEntry>),
    /// The text with this key is no more.
    Remove(String),
}

/// What is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextQuery<'q> {
    /// Words; what stands in quotation marks is a phrase, what looks like `123/UBND-VP` a number. May be empty.
    pub words: &'q str,
    /// Marks of the reader. Without any, nothing is found.
    pub readers: &'q [String],
    /// Only this kind.
    pub kind: Option<&'q str>,
    /// Only this part of the record.
    pub part: Option<&'q str>,
    /// Only issuers whose name holds these words.
    pub organ: Option<&'q str>,
    /// First day, `YYYYMMDD`.
    pub from: Option<i64>,
    /// Last day, `YYYYMMDD`.
    pub until: Option<i64>,
    /// The newest first instead of the best.
    pub newest: bool,
    /// How many to leave out.
    pub skip: usize,
    /// How many to give.
    pub take: usize,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextHits {
    /// Keys, best first.
    pub keys: Vec<String>,
    /// How many there are in all.
    pub total: usize,
}
