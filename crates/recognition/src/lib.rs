//! Reading scanned papers: `tesseract` reads, `poppler` draws, each in a process of its own with limits of time, memory
//! and output, because both decode what strangers made. Nothing of a file is decoded in this process; before anything
//! is drawn its headers are read for the size of its pages.
//!
//! The file is only read, never written: what comes out is new.

mod headers;
mod machine;
mod tsv;
mod worker;

pub use headers::{Picture, pictures};
pub use machine::{Limits, Machine};
pub use tsv::page_of;
