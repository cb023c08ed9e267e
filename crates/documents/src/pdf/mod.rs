//! PDF as far as signatures need it: a reader that parses only what is asked for and sees every revision apart, and a
//! writer that appends one revision and never touches earlier bytes.
//!
//! There is one parser for signing and for judging. Attacks on signed PDFs live from two readers that understand the
//! same bytes differently, so this one repairs nothing: a file that only opens after guessing is refused. Streams
//! of pages, fonts and images are never decoded, so memory does not grow with the file.

mod embedded;
mod file;
mod filter;
mod object;
mod parser;
mod source;
mod update;
mod view;
mod xref;

pub use embedded::{EMBEDDED_BYTES, EMBEDDED_FILES, EmbeddedFile, embedded_files};
pub use file::{PdfFile, Revision};
pub use object::{Dictionary, Object, Reference, Stream, StreamData};
pub use source::{FileSource, Source, digest_ranges, extended};
pub use update::{Appended, Update};
pub use view::View;
pub use xref::XrefStyle;

pub(crate) use file::Place;
pub(crate) use object::{dictionary, name, text};

/// Most bytes of structure (tables, dictionaries, inflated object streams) that are read from one file: 64 MB.
pub const STRUCTURE_LIMIT: u64 = 64 << 20;
/// Most objects the tables of one file may list.
pub const OBJECT_LIMIT: usize = 1_000_000;
/// Most revisions of one file.
pub const REVISION_LIMIT: usize = 256;
/// Deepest nesting of arrays and dictionaries.
pub const DEPTH_LIMIT: usize = 64;
/// Longest single object without its stream.
pub const OBJECT_BYTES_LIMIT: usize = 2 << 20;

/// Why a PDF cannot be read or extended.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// The bytes are no PDF, or one that only opens after repair; let its producer write it again.
    #[error("not a well-formed PDF: {what} at byte {at}")]
    Malformed {
        /// What does not fit.
        what: &'static str,
        /// Offset in the file, or in the decoded object stream.
        at: u64,
    },
    /// An object that something refers to is missing or of another kind.
    #[error("object {number}: {what}")]
    Object {
        /// Object number.
        number: u32,
        /// What does not fit.
        what: &'static str,
    },
    /// The file is encrypted; remove the password first.
    #[error("the PDF is encrypted; remove the password first")]
    Encrypted,
    /// A bound of this crate was passed.
    #[error("the PDF exceeds a limit: {0}")]
    Limit(&'static str),
}

pub(crate) fn malformed(what: &'static str, at: u64) -> PdfError {
    PdfError::Malformed { what, at }
}
