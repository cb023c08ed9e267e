//! Certified copies: sao y, sao lục, trích sao (Decree 30/2020/NĐ-CP, Articles 25 to 27, Appendix I Part II).
//!
//! A copy is a new file: the pages of the original as they are, a last page with the block of the copy, and the original
//! itself inside as an attachment with its own signatures. The competent person signs it, the clerk takes the next number
//! of the organ's register of copies, and the organ's signature closes it.

mod api;
mod asking;
mod model;
mod pages;
mod reading;
mod routes;
pub mod rules;
mod signing;
mod source;
mod sql;

pub use asking::AskCopy;
pub use model::{Copy, CopyStep, Original};
pub(crate) use pages::offer;
pub use reading::WantedCopies;
pub(crate) use routes::{TEXTS, routes};
pub use rules::{CopyAct, CopyForm, CopyState, SourceKind};
