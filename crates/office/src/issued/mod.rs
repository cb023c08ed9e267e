//! Issued documents as anyone who holds one may know them: found by the code of the paper or by the digest of the file,
//! with what became of them and whether those who signed were competent.

mod finding;
mod rules;
mod sql;

use crate::room::{Inner, OfficeRoom};
use std::sync::{Arc, Weak};

/// Texts of this part.
pub const TEXTS: [(&str, haidang_ui::Lang, &str); 2] = [
    ("office_issued", haidang_ui::Lang::Vi, include_str!("../../locales/vi/office_issued.ftl")),
    ("office_issued", haidang_ui::Lang::En, include_str!("../../locales/en/office_issued.ftl")),
];

/// A handle on the room that does not keep it alive, for neighbours which the room itself holds.
#[derive(Clone)]
pub struct OfficeHandle(Weak<Inner>);

impl OfficeRoom {
    /// A handle on the room that does not keep it alive.
    pub fn handle(&self) -> OfficeHandle {
        OfficeHandle(Arc::downgrade(&self.0))
    }
}

impl OfficeHandle {
    /// The room, while it is open.
    pub fn room(&self) -> Option<OfficeRoom> {
        self.0.upgrade().map(OfficeRoom)
    }
}
