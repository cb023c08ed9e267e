//! Typesetting: a template of the city's pack and data become one PDF that is PDF/A-3a and PDF/UA-1 at once.
//!
//! Text of people is data: it reaches the template as the file `/data.json` and is never read as markup. A template sees
//! the other templates given with it and nothing else: no file system, no package, no network, no clock. Work is
//! bounded: sizes before, pages and time while it runs. The same paper gives the same bytes.

mod engine;
mod fields;
mod figures;
mod fonts;
mod pack;
mod sheets;
mod worker;
mod world;

pub use fields::{empty_fields, placement};
pub use figures::{code_128, qr_rows};
pub use fonts::face;
pub use pack::{PackTypesetting, Templates};
pub use worker::serve;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Pages of the longest paper.
pub const MOST_PAGES: usize = 200;
/// Bytes of a template with its library.
pub const LARGEST_SOURCE: usize = 1 << 20;
/// Bytes of the data of one paper, as JSON.
pub const LARGEST_DATA: usize = 8 << 20;
/// Bytes of all attachments of one paper together.
pub const LARGEST_ATTACHMENTS: usize = 32 << 20;
/// Attachments of one paper.
pub const MOST_ATTACHMENTS: usize = 16;
/// How long one paper may take.
pub const LONGEST: Duration = Duration::from_secs(20);

/// What a file inside a paper is to it (ISO 32000-2, 7.11.3 `AFRelationship`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relationship {
    /// The paper was made from it.
    Source,
    /// The data that the paper shows.
    Data,
    /// The same content in another form.
    Alternative,
    /// Something more.
    Supplement,
}

/// A file that travels inside a paper.
#[derive(Debug, Clone)]
pub struct Attachment {
    /// File name, without folders.
    pub name: String,
    /// Media type, such as `application/json`.
    pub media_type: String,
    /// What it is, for readers.
    pub description: String,
    /// What it is to the paper.
    pub relationship: Relationship,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What is to be typeset.
#[derive(Debug, Clone)]
pub struct Paper {
    /// The template (typst).
    pub source: String,
    /// Other templates it may import, by name: `("lib.typ", …)` is imported as `/lib.typ`.
    pub library: Vec<(String, Arc<str>)>,
    /// What it prints, read by the template as `json("/data.json")`.
    pub data: serde_json::Value,
    /// Title, for the metadata and for readers of the screen.
    pub title: String,
    /// Language of the text: `vi`, `en`.
    pub language: String,
    /// The date of the document, in its metadata.
    pub dated: Timestamp,
    /// Files inside the document.
    pub attachments: Vec<Attachment>,
}

/// A rectangle on a page that the template reserves, in points (1/72 inch) from the lower left corner.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Page, from 0.
    pub page: usize,
    /// Left edge.
    pub x: f64,
    /// Lower edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// A typeset paper.
#[derive(Debug, Clone)]
pub struct Printed {
    /// The PDF.
    pub bytes: Vec<u8>,
    /// Number of pages.
    pub pages: usize,
    /// The rectangles the template names, such as `number`, `date`, `officer`, `organ`.
    pub places: BTreeMap<String, Place>,
}

/// Why a paper was not typeset.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TypesetError {
    /// Template, data or attachments beyond what one paper may have.
    #[error("{what} too large: {size}, at most {most}")]
    TooLarge {
        /// What.
        what: &'static str,
        /// How large, in bytes or in number.
        size: usize,
        /// What is allowed.
        most: usize,
    },
    /// A name of a library file or an attachment, or a language, that cannot be one.
    #[error("not a usable {what}")]
    Name {
        /// Of what.
        what: &'static str,
    },
    /// The template is wrong or does not fit the data: file, line and reason of each fault, never a value of the data.
    #[error("template: {0}")]
    Template(String),
    /// More pages than a paper may have.
    #[error("{0} pages, at most {MOST_PAGES}")]
    TooLong(usize),
    /// It took too long and was given up, or too much of what was given up still runs.
    #[error("typesetting took too long and was given up")]
    TimedOut,
    /// The typefaces cannot be loaded.
    #[error("typefaces: {0}")]
    Fonts(String),
    /// The engine itself failed.
    #[error("the typesetting engine failed: {0}")]
    Engine(String),
}

/// Typesets papers. Cloning is cheap; typefaces and the engine's library are loaded with the first paper.
#[derive(Clone)]
pub struct Typesetter {
    shared: Arc<Shared>,
    workers: Option<Arc<worker::Workers>>,
    longest: Duration,
}

struct Shared {
    fonts: Option<PathBuf>,
    stage: OnceLock<Result<Arc<world::Stage>, String>>,
    abandoned: Arc<std::sync::atomic::AtomicUsize>,
}

impl Typesetter {
    /// With the embedded Liberation Serif, or with the typefaces of a folder.
    pub fn new(fonts: Option<PathBuf>) -> Self {
        let shared = Shared { fonts, stage: OnceLock::new(), abandoned: Arc::default() };
        Typesetter { shared: Arc::new(shared), workers: None, longest: LONGEST }
    }

    /// Typesets in processes of their own, which this program runs as workers ([`serve`]): their time and memory are
    /// bounded from outside, so that no template can hold up or fill the process that asks.
    pub fn isolated(program: PathBuf, arguments: Vec<String>) -> Self {
        let workers = Some(Arc::new(worker::Workers::new(program, arguments)));
        Typesetter { workers, ..Typesetter::new(None) }
    }

    /// The same with another limit of time for each paper.
    #[must_use]
    pub fn with_limit(mut self, longest: Duration) -> Self {
        self.longest = longest;
        self
    }

    /// Typesets one paper. Blocks: call it where blocking is allowed.
    ///
    /// # Errors
    /// What [`TypesetError`] says; nothing of the data is in an error.
    pub fn set(&self, paper: &Paper) -> Result<Printed, TypesetError> {
        let data = engine::judge(paper)?;
        match &self.workers {
            Some(workers) => workers.set(paper, self.longest),
            None => engine::set(self.stage()?, paper, data, self.longest, &self.shared.abandoned),
        }
    }

    fn stage(&self) -> Result<Arc<world::Stage>, TypesetError> {
        let load = || {
            world::Stage::load(self.shared.fonts.as_deref()).map(Arc::new).map_err(|error| match error {
                TypesetError::Fonts(reason) => reason,
                other => other.to_string(),
            })
        };
        self.shared.stage.get_or_init(load).clone().map_err(TypesetError::Fonts)
    }
}
