//! The room itself: what its parts work with.

use haidang_contracts::access::AccessLog;
use haidang_contracts::archive::Archive;
use haidang_contracts::authorizer::Authorizer;
use haidang_contracts::calendar::WorkingDays;
use haidang_contracts::documents::ResultPapers;
use haidang_contracts::files::FileScanner;
use haidang_contracts::identity::{Directory, Identity};
use haidang_contracts::messages::Notifier;
use haidang_contracts::papers::{OfficeSigning, Typesetting};
use haidang_kernel::ambient::Ambient;
use haidang_store::{Blobs, Db};
use std::ops::Deref;
use std::sync::Arc;

/// What the room needs.
pub struct Inner {
    /// Records.
    pub db: Db,
    /// Files.
    pub blobs: Blobs,
    /// Clock and randomness.
    pub ambient: Ambient,
    /// People.
    pub identity: Arc<dyn Identity>,
    /// Agencies and who holds which post.
    pub directory: Arc<dyn Directory>,
    /// Who may do what.
    pub authorizer: Arc<dyn Authorizer>,
    /// Who looked at whose data.
    pub accesses: Arc<dyn AccessLog>,
    /// Messages to people.
    pub notifier: Arc<dyn Notifier>,
    /// Papers.
    pub typesetting: Arc<dyn Typesetting>,
    /// Signatures.
    pub signing: Arc<dyn OfficeSigning>,
    /// Files that stay provable.
    pub archive: Arc<dyn Archive>,
    /// Virus scanner.
    pub scanner: Arc<dyn FileScanner>,
    /// Working days.
    pub days: Arc<dyn WorkingDays>,
    /// Reading of scanned papers.
    pub scans: crate::scans::ScanParts,
    /// The index over all documents.
    pub texts: crate::search::Texts,
    /// Which books agencies keep.
    pub registers: crate::registers::RegisterSettings,
    /// How agencies sign.
    pub authority: crate::authority::AuthoritySettings,
    /// Kinds of document, organs on paper, retention.
    pub documents: crate::documents::Settings,
    /// Documents that come: settings, and what reads and writes messages.
    pub incoming: crate::incoming::IncomingOffice,
    /// Public address of the city, `https://…`, for QR codes.
    pub origin: String,
    /// What the city decides about meetings.
    pub meetings: crate::meetings::MeetingSettings,
    /// What the city decides about reports of validation.
    pub validations: crate::validations::ValidationSettings,
    /// Results of procedures by their printed code.
    pub results: Arc<dyn ResultPapers>,
    /// What the city decides about tasks.
    pub tasks: crate::tasks::TaskSettings,
}

/// The office of every agency of the city. Cheap to clone; handlers take it as their state.
#[derive(Clone)]
pub struct OfficeRoom(pub(crate) Arc<Inner>);

impl OfficeRoom {
    /// Opens the room.
    pub fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }
}

impl Deref for OfficeRoom {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}
