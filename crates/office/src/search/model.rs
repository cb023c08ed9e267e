//! What can be searched of a document.

use haidang_contracts::actor::PersonId;
use haidang_store::{Row, StoreError};
use jiff::civil::Date;

/// The part of the office that a document belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Outgoing and internal documents.
    Documents,
    /// Incoming documents.
    Incoming,
    /// Scanned papers.
    Scans,
}

impl Part {
    /// All parts.
    pub const ALL: [Self; 3] = [Self::Documents, Self::Incoming, Self::Scans];

    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Documents => "documents",
            Self::Incoming => "incoming",
            Self::Scans => "scans",
        }
    }

    /// The part of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.as_str() == word)
    }

    /// Address of a document, without language prefix.
    pub fn address(self, document: &str) -> String {
        let list = match self {
            Self::Documents => "/can-bo/van-ban",
            Self::Incoming => "/can-bo/van-ban-den",
            Self::Scans => "/can-bo/van-ban-quet",
        };
        format!("{list}/{document}")
    }
}

/// Who may find a document. Nobody else can, whatever they type.
#[derive(Debug, Clone, Copy, Default)]
pub struct Readers<'d> {
    /// Everybody at the agency whose post reads the documents of the unit.
    pub unit: bool,
    /// These people while they hold a post at the agency: who drafted it, was asked to review it, or was handed it.
    pub people: &'d [PersonId],
}

/// A document as it is searched. Each call replaces what was said of the same document before.
#[derive(Debug, Clone)]
pub struct DocumentText<'d> {
    /// Which part it belongs to.
    pub part: Part,
    /// Its id there.
    pub document: &'d str,
    /// Code of the agency that holds it.
    pub agency: &'d str,
    /// Who may find it.
    pub readers: Readers<'d>,
    /// What it is about (trích yếu).
    pub title: &'d str,
    /// Number with notation, `05/QĐ-UBND`; empty before it is numbered.
    pub number: &'d str,
    /// Who issued it.
    pub organ: &'d str,
    /// Id of its kind in the pack (`office/kinds.toml`), such as `quyet_dinh`; empty when unknown.
    pub kind: &'d str,
    /// Day of issue.
    pub issued_on: Option<Date>,
    /// Its text.
    pub body: &'d str,
}

/// A row of the table.
#[derive(Debug, Clone)]
pub(crate) struct TextRow {
    pub(crate) part: Part,
    pub(crate) document: String,
    pub(crate) agency: String,
    pub(crate) unit_reads: bool,
    pub(crate) readers: Vec<String>,
    pub(crate) title: String,
    pub(crate) number: String,
    pub(crate) organ: String,
    pub(crate) kind: String,
    pub(crate) issued_on: Option<Date>,
    pub(crate) body: String,
    pub(crate) removed: bool,
}

impl TextRow {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            part: part_of(row)?,
            document: row.text("document_id")?,
            agency: row.text("agency")?,
            unit_reads: row.boolean("unit_reads")?,
            readers: row.json("readers")?,
            title: row.text("title")?,
            number: row.text("number")?,
            organ: row.text("organ")?,
            kind: row.text("kind")?,
            issued_on: row.opt_date("issued_on")?,
            body: row.text("body")?,
            removed: row.boolean("removed")?,
        })
    }

    /// The marks by which readers are let in.
    pub(crate) fn marks(&self) -> Vec<String> {
        let unit = self.unit_reads.then(|| unit_mark(&self.agency));
        unit.into_iter().chain(self.readers.iter().map(|person| person_mark(person, &self.agency))).collect()
    }
}

pub(crate) fn part_of(row: &Row) -> Result<Part, StoreError> {
    let word = row.text("part")?;
    Part::parse(&word).ok_or_else(|| StoreError::Corrupt(format!("part of a text: {word}")))
}

/// Mark of everybody who reads the documents of an agency.
pub(crate) fn unit_mark(agency: &str) -> String {
    format!("u:{agency}")
}

/// Mark of one person while they hold a post at the agency: a document does not follow who leaves.
pub(crate) fn person_mark(person: &str, agency: &str) -> String {
    format!("p:{person}@{agency}")
}
