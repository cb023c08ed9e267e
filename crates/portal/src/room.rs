//! The room itself: what its parts work with.

use crate::manner::Manner;
use crate::portal::NationalPortal;
use haidang_contracts::identity::Directory;
use haidang_contracts::synchronisation::CaseStories;
use haidang_kernel::ambient::Ambient;
use haidang_store::Db;
use jiff::SignedDuration;
use std::ops::Deref;
use std::sync::Arc;

/// How the room goes about its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Cases whose messages are sent side by side.
    pub parallel: usize,
    /// Between two looks at the queue.
    pub look: SignedDuration,
    /// Longest pause before a message is tried again.
    pub longest_pause: SignedDuration,
    /// Whether yesterday is compared each night by itself.
    pub nightly: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            parallel: 8,
            look: SignedDuration::from_secs(5),
            longest_pause: SignedDuration::from_secs(120),
            nightly: true,
        }
    }
}

/// A portal and how it writes things.
#[derive(Clone)]
pub struct Connection {
    /// The portal.
    pub portal: Arc<dyn NationalPortal>,
    /// Its codes and words.
    pub manner: Arc<Manner>,
}

/// What the room needs.
pub struct Inner {
    /// Records.
    pub db: Db,
    /// Clock and randomness.
    pub ambient: Ambient,
    /// Cases.
    pub stories: Arc<dyn CaseStories>,
    /// Names of agencies.
    pub directory: Arc<dyn Directory>,
    /// The portal, where the city is connected to one; without it nothing is queued and nothing is sent.
    pub connection: Option<Connection>,
    /// Settings.
    pub settings: Settings,
}

/// The room that tells the national portal of the city's cases. Cheap to clone; handlers take it as their state.
#[derive(Clone)]
pub struct PortalRoom(Arc<Inner>);

impl PortalRoom {
    /// Opens the room.
    pub fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }
}

impl Deref for PortalRoom {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}
