//! The registry of the data exchange over the records of the city: begun from the pack, kept in the database.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use async_trait::async_trait;
use haidang_contracts::actor::PersonId;
use haidang_contracts::identity::Directory;
use haidang_contracts::messages::Notifier;
use haidang_exchange::adapters::Adapters;
use haidang_exchange::directory::DirectoryDraft;
use haidang_exchange::registry::Registry;
use haidang_exchange::{MANAGE, RegistryRoom, RoomParts};
use haidang_identity::roles::Roles;
use haidang_kernel::ambient::Ambient;
use haidang_kernel::problem::Problem;
use haidang_services::Services;
use haidang_store::Db;
use haidang_store::jobs::{Handler, Job};
use haidang_store::outbox::Failure;
use jiff::SignedDuration;

use crate::exchange::hosted::Hosted;

/// The directory with which the registry of a new city begins, in its pack.
pub(crate) const DIRECTORY: &str = "exchange/directory.toml";

/// Whether a pack says who takes part in an exchange.
pub fn has_directory(pack: &Path) -> bool {
    pack.join(DIRECTORY).is_file()
}

/// Opens the registry. A city whose registry is empty takes the directory of its pack; later the pack has no say, since
/// officials change the registry in the browser.
///
/// # Errors
/// A directory that is wrong, with all that is wrong with it; what the database says.
pub async fn open(db: &Db, ambient: &Ambient, pack: &Path) -> Result<Registry> {
    let registry = Registry::open(db.clone(), ambient.clone()).await?;
    let file = pack.join(DIRECTORY);
    match tokio::fs::read_to_string(&file).await {
        Ok(text) => {
            registry.seed(&text).await.with_context(|| file.display().to_string())?;
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| file.display().to_string()),
    }
    Ok(registry)
}

/// What is wrong with the directory of a pack that has one; an adapter that it names must be in the pack too.
pub fn fault(pack: &Path) -> Option<String> {
    judge(pack).err().map(|error| format!("{error:#}"))
}

fn judge(pack: &Path) -> Result<()> {
    if !has_directory(pack) {
        return Ok(());
    }
    let text = std::fs::read_to_string(pack.join(DIRECTORY))?;
    let directory = DirectoryDraft::from_toml(&text).and_then(DirectoryDraft::build)?;
    let lacking = adapters(pack, None)?.lacking(&directory);
    ensure!(lacking.is_empty(), "{}", lacking.join("; "));
    Ok(())
}

/// The adapters of a pack with the connections of an installation. One without a connection is there and says that it is
/// not ready.
pub fn adapters(pack: &Path, connections: Option<&Path>) -> Result<Adapters> {
    let folder = pack.join("exchange/adapters");
    match folder.is_dir() {
        true => Adapters::read(&folder, connections).with_context(|| folder.display().to_string()),
        false => Ok(Adapters::default()),
    }
}

/// The pages of the registry; they show and try the exchange that runs in this process, where one does.
pub fn pages(registry: Registry, services: &Arc<Services>, hosted: Option<&Hosted>) -> RegistryRoom {
    let pages = RegistryRoom::new(RoomParts {
        registry,
        db: services.db.clone(),
        ambient: services.ambient.clone(),
        days: services.clone(),
        identity: services.identity.clone(),
    });
    if let Some(hosted) = hosted {
        pages.attach(hosted.exchange().clone(), Some(hosted.log().clone()));
    }
    pages
}

/// Tells the operators of the exchange what fails or ends, each cause once.
pub struct Round {
    /// What fails or ends.
    pub pages: RegistryRoom,
    /// Who holds which post.
    pub directory: Arc<dyn Directory>,
    /// Which role makes an operator.
    pub roles: Roles,
    /// Sends no message twice under one key.
    pub notifier: Arc<dyn Notifier>,
}

impl Round {
    /// Who runs the exchange today. Only agencies that may hold such a role are asked for their staff.
    async fn operators(&self) -> Result<Vec<PersonId>, Problem> {
        let roles: Vec<_> = self.roles.iter().filter(|role| role.capabilities.contains(MANAGE)).collect();
        let mut found = Vec::new();
        for agency in self.directory.agencies().await? {
            if roles.iter().any(|role| self.roles.held_by(&role.id, &agency.kind, &agency.code)) {
                let staff = self.directory.staff(&agency.code).await?.into_iter();
                found.extend(staff.filter(|member| member.capabilities.contains(MANAGE)).map(|member| member.person));
            }
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    async fn tell(&self) -> Result<(), Problem> {
        let alerts = self.pages.alerts().await?;
        if alerts.is_empty() {
            return Ok(());
        }
        self.pages.tell(&alerts, &self.operators().await?, self.notifier.as_ref()).await
    }
}

#[async_trait]
impl Handler for Round {
    fn kind(&self) -> &'static str {
        "exchange.alerts"
    }

    fn every(&self) -> Option<SignedDuration> {
        Some(SignedDuration::from_mins(5))
    }

    async fn run(&self, _: &Job) -> Result<(), Failure> {
        self.tell().await.map_err(|problem| Failure::Later(problem.detail))
    }
}
