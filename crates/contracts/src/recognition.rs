//! Reading scanned papers: pages, words and where they stand. The file itself is never touched: every answer is new.

use crate::ContractError;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Whether papers can be read on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// They can; the name and version of what reads.
    Ready(String),
    /// Something is not installed: its name, such as `tesseract-ocr-vie`.
    Missing(String),
}

/// What a file is before anything of it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Survey {
    /// Pages.
    pub pages: u32,
    /// Lowest resolution of its pictures in dots per inch, when the file says it.
    pub dpi: Option<u32>,
}

/// A word on a page. Places are in pixels of the page as it was read, from its upper left corner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadWord {
    /// The word.
    pub text: String,
    /// Left edge.
    pub left: u32,
    /// Upper edge.
    pub top: u32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
    /// How sure the reader is, 0 to 100.
    pub confidence: u8,
    /// Number of its line on the page, from 0, in reading order.
    pub line: u32,
    /// Number of its paragraph on the page, from 0.
    pub paragraph: u32,
}

/// A page as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadPage {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Words in reading order.
    pub words: Vec<ReadWord>,
    /// A picture of the page to be shown beside its text, PNG.
    pub preview: Vec<u8>,
}

/// Reads scanned papers.
#[async_trait]
pub trait Recogniser: Send + Sync {
    /// Whether it can read now.
    async fn readiness(&self) -> Readiness;
    /// Looks at a file without drawing it.
    ///
    /// # Errors
    /// `Refused` with `scan_unreadable`, `scan_locked`, `scan_kind_unknown`, `scan_page_too_large`; `Unavailable` when a
    /// program behind it is missing or takes too long.
    async fn survey(&self, file: &Path, media_type: &str) -> Result<Survey, ContractError>;
    /// Reads one page, from 1.
    ///
    /// # Errors
    /// As [`Recogniser::survey`].
    async fn read_page(&self, file: &Path, media_type: &str, page: u32) -> Result<ReadPage, ContractError>;
}
