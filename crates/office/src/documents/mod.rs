//! Outgoing and internal documents, from the first draft to what becomes of them after issue; and work files.
//!
//! `table` holds the walk as data; nothing moves a document but a row of it. Papers are files: each step makes a new
//! one, earlier ones stay.

pub(crate) mod access;
mod answers;
mod api;
pub mod body;
mod compare;
mod content;
pub mod copies;
pub mod docx;
mod drafting;
mod issuing;
mod listing;
mod model;
mod moving;
mod numbering;
mod pages;
mod paper;
mod record;
mod routes;
mod searching;
mod settings;
mod signing;
pub mod sql;
pub mod table;
pub mod work_files;

pub use answers::DispatchAnswers;
pub use compare::Change;
pub use content::DraftForm;
pub use issuing::{KEEP_ISSUED, KeepIssued};
pub use listing::Wanted;
pub use model::{Annex, Comment, Content, Course, Dispatch, Document, Happened, Recipient, Told, Version};
pub use paper::Paper;
pub(crate) use routes::{TEXTS, routes};
pub use settings::{Kind, Organ, Retention, Settings, SettingsFault};
pub use signing::{AskedSignature, Chosen};
pub use table::{Action, Facts, Given, State};
