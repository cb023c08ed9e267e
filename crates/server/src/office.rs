//! The officials' office put together: what the pack says of it, the ports it works through, its work beside requests.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use haidang_contracts::access::AccessLog;
use haidang_contracts::archive::Archive;
use haidang_contracts::files::FileScanner;
use haidang_contracts::interconnection::Messages;
use haidang_contracts::messages::Notifier;
use haidang_contracts::papers::{OfficeSigning, Typesetting};
use haidang_office::authority::AuthoritySettings;
use haidang_office::documents::{DispatchAnswers, KeepIssued, Settings as DocumentSettings};
use haidang_office::incoming::{Arrivals, ExchangeMessages, Folders, IncomingOffice, Settings as IncomingSettings};
use haidang_office::meetings::MeetingSettings;
use haidang_office::notices::{NoticeBoard, TellPeople};
use haidang_office::registers::RegisterSettings;
use haidang_office::scans::{ReadScans, ScanParts, ScanSettings};
use haidang_office::search::{FollowTexts, Texts};
use haidang_office::tasks::TaskSettings;
use haidang_office::validations::ValidationSettings;
use haidang_office::{Inner, OfficeRoom};
use haidang_recognition::{Limits, Machine};
use haidang_services::Services;
use haidang_store::jobs::{Handler, Job};
use haidang_store::outbox::Failure;
use haidang_store::{Blobs, Db, Jobs};
use jiff::SignedDuration;

use crate::config::Config;
use haidang_identity::IdentityRoom;
use haidang_kernel::ambient::Ambient;

/// What the office is made from.
pub struct Parts<'city> {
    /// Configuration.
    pub config: &'city Config,
    /// Folder of the pack.
    pub pack: &'city Path,
    /// Records.
    pub db: &'city Db,
    /// Files.
    pub blobs: &'city Blobs,
    /// Clock.
    pub ambient: &'city Ambient,
    /// People and agencies.
    pub identity: &'city IdentityRoom,
    /// The working calendar.
    pub services: &'city Arc<Services>,
    /// Who looked.
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
    /// Messages between organs.
    pub messages: Arc<dyn Messages>,
}

/// A file of the pack's folder `office`; none where the city says nothing about it.
fn file(pack: &Path, name: &str) -> Result<Option<String>> {
    let path = pack.join("office").join(name);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// What one file says, or what holds without it.
fn said<T: Default, E: std::error::Error + Send + Sync + 'static>(
    pack: &Path,
    name: &str,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T> {
    match file(pack, name)? {
        Some(text) => read(&text).with_context(|| pack.display().to_string()),
        None => Ok(T::default()),
    }
}

/// Where messages for and from organs outside lie, when the city exchanges with them.
fn folders(config: &Config) -> Option<Folders> {
    let (outgoing, incoming) = (config.interconnection.outgoing.clone(), config.interconnection.incoming.clone());
    let named = !outgoing.as_os_str().is_empty() && !incoming.as_os_str().is_empty();
    named.then_some(Folders { outgoing, incoming })
}

/// Puts the office together.
///
/// # Errors
/// A file of the pack that does not read, naming it; what the database says.
pub async fn open(parts: Parts<'_>) -> Result<OfficeRoom> {
    let pack = parts.pack;
    let kinds = file(pack, "kinds.toml")?;
    let documents = match (&kinds, file(pack, "organs.toml")?, file(pack, "files.toml")?) {
        (Some(kinds), Some(organs), Some(files)) => {
            DocumentSettings::from_toml(kinds, &organs, &files).with_context(|| pack.display().to_string())?
        }
        _ => DocumentSettings::default(),
    };
    let scans = match (&kinds, file(pack, "scans.toml")?) {
        (Some(kinds), Some(scans)) => {
            ScanSettings::from_toml(&scans, kinds).with_context(|| pack.display().to_string())?
        }
        _ => ScanSettings::default(),
    };
    let incoming = IncomingOffice {
        settings: said(pack, "incoming.toml", IncomingSettings::from_toml)?,
        attachments: Some(Arc::new(crate::inside::PdfInside)),
        messages: Some(parts.messages),
        folders: folders(parts.config),
    };
    let identity = Arc::new(parts.identity.clone());
    let room = OfficeRoom::new(Inner {
        db: parts.db.clone(),
        blobs: parts.blobs.clone(),
        ambient: parts.ambient.clone(),
        identity: identity.clone(),
        directory: identity.clone(),
        authorizer: identity,
        accesses: parts.accesses,
        notifier: Arc::new(NoticeBoard::new(parts.db.clone(), parts.ambient.clone(), parts.notifier)),
        typesetting: parts.typesetting,
        signing: parts.signing,
        archive: parts.archive,
        scanner: parts.scanner,
        days: parts.services.clone(),
        scans: ScanParts::new(scans, Arc::new(Machine::new(Limits::default()))),
        texts: Texts::in_folder(parts.config.store.folder.join("office-texts")),
        registers: said(pack, "registers.toml", RegisterSettings::from_toml)?,
        authority: said(pack, "authority.toml", AuthoritySettings::from_toml)?,
        documents,
        incoming,
        origin: parts.config.origin(parts.config.server.listen.port()),
        meetings: said(pack, "meetings.toml", MeetingSettings::from_toml)?,
        tasks: said(pack, "tasks.toml", TaskSettings::from_toml)?,
        validations: said(pack, "validations.toml", ValidationSettings::from_toml)?,
        results: parts.services.clone(),
    });
    room.import_registers().await.map_err(|problem| anyhow::anyhow!("{}: {}", problem.code, problem.detail))?;
    parts.db.register(Arc::new(Arrivals(room.clone())));
    parts.db.register(Arc::new(DispatchAnswers(room.clone())));
    Ok(room)
}

/// Adds its work beside the requests.
pub fn jobs(room: &OfficeRoom, jobs: Jobs) -> Jobs {
    jobs.with(Arc::new(KeepIssued(room.clone())))
        .with(Arc::new(TellPeople(room.clone())))
        .with(Arc::new(FollowTexts(room.clone())))
        .with(Arc::new(ReadScans(room.clone())))
        .with(Arc::new(ExchangeMessages(room.clone())))
        .with(Arc::new(BookRound(room.clone())))
        .with(Arc::new(TaskRound(room.clone())))
        .with(Arc::new(ReportRound(room.clone())))
}

/// Held numbers, closed days and years, roots and their stamps.
struct BookRound(OfficeRoom);

#[async_trait]
impl Handler for BookRound {
    fn kind(&self) -> &'static str {
        "office.books"
    }

    fn every(&self) -> Option<SignedDuration> {
        Some(SignedDuration::from_secs(60))
    }

    async fn run(&self, _: &Job) -> Result<(), Failure> {
        let round = self.0.tick_registers().await;
        if round.failed > 0 {
            return Err(Failure::Later("a part of the registers' round failed, see the log".to_owned()));
        }
        Ok(())
    }
}

/// Reminders and escalations of tasks.
struct TaskRound(OfficeRoom);

#[async_trait]
impl Handler for TaskRound {
    fn kind(&self) -> &'static str {
        "office.tasks"
    }

    fn every(&self) -> Option<SignedDuration> {
        Some(SignedDuration::from_secs(600))
    }

    async fn run(&self, _: &Job) -> Result<(), Failure> {
        let sent = self.0.tasks_round(self.0.ambient.now()).await;
        let sent = sent.map_err(|problem| Failure::Later(format!("{}: {}", problem.code, problem.detail)))?;
        if sent > 0 {
            tracing::info!(sent, "reminders of tasks");
        }
        Ok(())
    }
}

/// Destruction of reports whose term is over.
struct ReportRound(OfficeRoom);

#[async_trait]
impl Handler for ReportRound {
    fn kind(&self) -> &'static str {
        "office.reports"
    }

    fn every(&self) -> Option<SignedDuration> {
        Some(SignedDuration::from_hours(24))
    }

    async fn run(&self, _: &Job) -> Result<(), Failure> {
        let destroyed = self.0.forget_validations().await;
        let destroyed = destroyed.map_err(|problem| Failure::Later(format!("{}: {}", problem.code, problem.detail)))?;
        if destroyed > 0 {
            tracing::info!(destroyed, "reports of validation whose term is over");
        }
        Ok(())
    }
}
