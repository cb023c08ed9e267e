//! The domain rooms, wired to each other through the traits of `contracts`.

use std::sync::Arc;

use anyhow::Result;
use haidang_contracts::access::AccessLog;
use haidang_contracts::documents::{Documents, Signer};
use haidang_contracts::files::FileScanner;
use haidang_identity::IdentityRoom;
use haidang_kernel::ambient::Ambient;
use haidang_store::{Blobs, Db, Jobs};
use haidang_web::App;

use crate::config::Config;
use crate::pack::Pack;
use crate::simulators::SimulatedGateway;

/// What the rooms are made from.
pub struct Parts<'city> {
    /// Configuration.
    pub config: &'city Config,
    /// Data pack.
    pub pack: &'city Pack,
    /// Records.
    pub db: &'city Db,
    /// Files.
    pub blobs: &'city Blobs,
    /// Clock.
    pub ambient: &'city Ambient,
    /// People, agencies, registers.
    pub identity: &'city IdentityRoom,
    /// Rendering and signing.
    pub documents: Arc<dyn Documents>,
    /// Keys.
    pub signer: Arc<dyn Signer>,
    /// Virus scanner.
    pub scanner: Arc<dyn FileScanner>,
    /// Simulated payments, where simulators may run.
    pub gateway: Option<Arc<SimulatedGateway>>,
    /// Who looked.
    pub access: Arc<dyn AccessLog>,
}

/// The domain rooms of a running city.
#[derive(Clone)]
pub struct Rooms {}

impl Rooms {
    /// Puts the rooms together.
    pub async fn open(_parts: Parts<'_>) -> Result<Rooms> {
        Ok(Rooms {})
    }

    /// What was loaded, in one line.
    pub fn summary(&self) -> String {
        String::new()
    }

    /// Adds their routes.
    pub fn mount(&self, app: App) -> App {
        app
    }

    /// Adds their work beside the requests.
    pub fn jobs(&self, jobs: Jobs) -> Jobs {
        jobs
    }
}

/// Registers their texts.
pub fn texts() -> Result<()> {
    Ok(())
}

/// Applies every rule to a pack.
pub fn lint(_folder: &std::path::Path, _json: bool) -> Result<crate::cli::Outcome> {
    anyhow::bail!("not yet")
}
