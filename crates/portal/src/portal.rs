//! The national portal as this room sees it.

use crate::model::Kind;
use async_trait::async_trait;
use jiff::civil::Date;

/// A message on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// What it does.
    pub kind: Kind,
    /// The portal knows a repetition by it.
    pub key: String,
    /// The row in the portal's own members, JSON.
    pub row: String,
}

/// Why the portal does not take a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// Something in it does not fit.
    Content,
    /// It has no such case.
    Missing,
    /// It cannot follow what is there.
    Order,
}

impl RefusalKind {
    /// The word that is stored and that texts are named by.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Missing => "missing",
            Self::Order => "order",
        }
    }
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The portal has it.
    Taken,
    /// The portal does not take it, and will not.
    Refused {
        /// Why, in kind.
        kind: RefusalKind,
        /// Why, in the portal's words.
        text: String,
    },
    /// A case that was to be created is there already.
    Exists,
    /// It surely did nothing: the sign-in failed, the portal is busy. Later.
    NotSent(&'static str),
    /// Nobody knows whether it arrived.
    Unknown(&'static str),
}

/// A case as the portal holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalCase {
    /// `MaHoSo`.
    pub case_no: String,
    /// `TrangThaiHoSo`, 1 to 10.
    pub status: i64,
}

/// The portal did not answer a question; the words hold no personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unanswered(pub &'static str);

/// The portal.
#[async_trait]
pub trait NationalPortal: Send + Sync {
    /// Sends a message.
    async fn send(&self, message: &Outgoing) -> Sent;
    /// The case with this number; `None` when the portal has none.
    async fn look_up(&self, case_no: &str) -> Result<Option<PortalCase>, Unanswered>;
    /// Cases whose numbers are of this day, page by page from 1, empty behind the last; `None` when this portal gives no
    /// lists.
    async fn cases_of_day(&self, day: Date, page: i64) -> Result<Option<Vec<PortalCase>>, Unanswered>;
}
