//! Outgoing and internal documents, from the first draft to what becomes of them after issue; and work files.
//!
//! `table` holds the walk as data; nothing moves a document but a row of it. Papers are files: each step makes a new
//! one, earlier ones stay.

pub(crate) mod access;
pub mod body;
mod content;
mod drafting;
mod issuing;
mod listing;
mod model;
mod moving;
mod numbering;
mod paper;
mod record;
mod settings;
mod signing;
pub mod sql;
pub mod table;

pub use content::DraftForm;
pub use issuing::{KEEP_ISSUED, KeepIssued};
pub use listing::Wanted;
pub use model::{Annex, Comment, Content, Course, Dispatch, Document, Happened, Recipient, Version};
pub use paper::Paper;
pub use settings::{Kind, Organ, Retention, Settings, SettingsFault};
pub use signing::{AskedSignature, Chosen};
pub use table::{Action, Facts, Given, State};
