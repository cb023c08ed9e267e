//! The room's own state: what it needs from the house to do its work.

use crate::cases::clock::CityClock;
use crate::cases::filing_rows::FilingQueue;
use crate::form::CodeLists;
use crate::procedure::pack::PackTexts;
use crate::procedure::{Catalogue, Version};
use haidang_contracts::actor::{Actor, ActorKind, PersonId};
use haidang_contracts::archive::Archive;
use haidang_contracts::authorizer::Authorizer;
use haidang_contracts::documents::Documents;
use haidang_contracts::files::FileScanner;
use haidang_contracts::identity::{Directory, Identity};
use haidang_contracts::issued::IssuedPapers;
use haidang_contracts::messages::Notifier;
use haidang_contracts::once_only::OnceOnly;
use haidang_contracts::payment::PaymentGateway;
use haidang_contracts::vault::Vault;
use haidang_kernel::ambient::Ambient;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_search::SearchIndex;
use haidang_store::{Blobs, Db};
use std::sync::{Arc, RwLock};

/// Settings of this room; from the pack's `city.toml` and the configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Days a draft is kept after its last save.
    pub draft_days: i64,
    /// Agency and role that work the coordination queue.
    pub coordination: (String, String),
    /// Public origin, such as `https://…`, for addresses in QR codes.
    pub origin: String,
    /// Whether residents may file on our own portal; the counter always may.
    pub portal_open: bool,
    /// How old a second factor may be for a signature, in seconds.
    pub fresh_factor_seconds: i64,
    /// Folder of the signed checkpoints and file of their key, for the auditor's page; both outside the database.
    pub checkpoints: Option<(std::path::PathBuf, std::path::PathBuf)>,
    /// Names of the pack's roles, by id.
    pub role_names: std::collections::BTreeMap<String, haidang_kernel::bilingual::Bilingual>,
}

/// Everything the room uses. One per process, shared by all handlers and jobs.
pub struct Services {
    /// Records.
    pub db: Db,
    /// Files.
    pub blobs: Blobs,
    /// Clock and randomness.
    pub ambient: Ambient,
    /// Procedure versions in memory; replaced as a whole by an import.
    pub catalogue: RwLock<Arc<Catalogue>>,
    /// Working calendar and office hours; replaced as a whole by a change of calendar.
    pub clock: RwLock<Arc<CityClock>>,
    /// Texts of the pack for the home page.
    pub pack_texts: Arc<PackTexts>,
    /// Code lists of the pack.
    pub codes: Arc<CodeLists>,
    /// Index over the procedures in force.
    pub search: RwLock<Arc<SearchIndex>>,
    /// People.
    pub identity: Arc<dyn Identity>,
    /// Agencies.
    pub directory: Arc<dyn Directory>,
    /// Who may open what.
    pub authorizer: Arc<dyn Authorizer>,
    /// What the registers know.
    pub once_only: Arc<dyn OnceOnly>,
    /// What the vault offers.
    pub vault: Arc<dyn Vault>,
    /// Rendering and signing.
    pub documents: Arc<dyn Documents>,
    /// Documents of organs, with their standing and the competence of their signers.
    pub issued: Arc<dyn IssuedPapers>,
    /// Signed files that stay provable.
    pub archive: Arc<dyn Archive>,
    /// Payments.
    pub payments: Arc<dyn PaymentGateway>,
    /// Virus scanner.
    pub scanner: Arc<dyn FileScanner>,
    /// Messages to people.
    pub notifier: Arc<dyn Notifier>,
    /// Filings that are being written.
    pub filings: Arc<FilingQueue>,
    /// Settings.
    pub settings: Settings,
}

impl Services {
    /// The procedures now in memory.
    pub fn catalogue(&self) -> Arc<Catalogue> {
        self.catalogue.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// The clock now in force.
    pub fn clock(&self) -> Arc<CityClock> {
        self.clock.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// The index now in force.
    pub fn search(&self) -> Arc<SearchIndex> {
        self.search.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Puts a new index in force.
    pub fn replace_search(&self, index: SearchIndex) {
        *self.search.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(index);
    }

    /// Puts a new catalogue in force; open cases keep their pinned versions, which it must still hold.
    pub fn replace_catalogue(&self, catalogue: Arc<Catalogue>) {
        *self.catalogue.write().unwrap_or_else(std::sync::PoisonError::into_inner) = catalogue;
    }

    /// Puts a new calendar in force. No date moves by this alone.
    pub fn replace_clock(&self, clock: CityClock) {
        *self.clock.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(clock);
    }

    /// The pinned version of a case.
    ///
    /// # Errors
    /// `version_missing` when the catalogue lost it, which an import never does.
    pub fn version(&self, id: &str) -> Result<Arc<Version>, Problem> {
        self.catalogue().by_id(id).ok_or_else(|| Problem::internal(format!("version_missing: {id}")))
    }
}

impl haidang_contracts::calendar::WorkingDays for Services {
    fn calendar(&self) -> Arc<haidang_kernel::calendar::WorkingCalendar> {
        self.clock().calendar.clone()
    }
}

/// The platform itself as an actor, for what the clock or a job does.
pub fn system_actor() -> Actor {
    Actor {
        person: system_person(),
        display_name: "Hệ thống".to_owned(),
        kind: ActorKind::System,
        on_behalf_of: None,
        on_behalf_name: None,
        mandates: Vec::new(),
        positions: Vec::new(),
        assurance: 0,
        second_factor_at: None,
    }
}

/// The id under which the platform itself appears in events and audit records.
pub fn system_person() -> PersonId {
    const SYSTEM: &str = "00000000-0000-7000-8000-000000000000";
    match Id::parse(SYSTEM) {
        Ok(id) => id,
        Err(_) => unreachable!("a constant UUIDv7"),
    }
}
