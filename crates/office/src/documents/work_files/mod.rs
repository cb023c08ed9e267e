//! Work files (hồ sơ công việc): the yearly catalogue, what lies in each file, when it goes to the archive.

mod api;
mod keeping;
mod laying;
mod model;
mod package;
mod pages;
mod routes;
pub mod rules;
pub mod sql;

pub use keeping::WantedFiles;
pub use model::{CaseFile, CaseFileForm, Entry, Laid};
pub(crate) use pages::LIST;
pub(crate) use routes::{TEXTS, routes};
pub use rules::{FileAct, FileState};
