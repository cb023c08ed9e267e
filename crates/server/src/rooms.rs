//! The domain rooms, wired to each other through the traits of `contracts`.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use haidang_contracts::access::AccessLog;
use haidang_contracts::archive::Archive;
use haidang_contracts::documents::{Documents, Signer};
use haidang_contracts::exchange::Deliveries;
use haidang_contracts::files::FileScanner;
use haidang_contracts::identity::{Directory, Identity};
use haidang_contracts::interconnection::Messages;
use haidang_contracts::messages::Notifier;
use haidang_contracts::once_only::OnceOnly;
use haidang_contracts::papers::{OfficeSigning, Typesetting};
use haidang_contracts::payment::PaymentGateway;
use haidang_exchange::RegistryRoom;
use haidang_exchange::registry::Registry;
use haidang_identity::IdentityRoom;
use haidang_identity::federation::Upstream;
use haidang_kernel::ambient::Ambient;
use haidang_office::OfficeRoom;
use haidang_portal::PortalRoom;
use haidang_portal::manner::{self, Manner};
use haidang_services::Services;
use haidang_services::cases::clock::CityClock;
use haidang_services::procedure::{self, Severity};
use haidang_store::jobs::{Handler, Job};
use haidang_store::outbox::Failure;
use haidang_store::{Blobs, Db, Jobs};
use haidang_trust::TrustRoom;
use haidang_vault::VaultRoom;
use haidang_web::App;
use jiff::SignedDuration;
use jiff::civil::Date;

use crate::cli::{Outcome, say};
use crate::config::Config;
use crate::desk::{CaseDesk, IssuedDesk};
use crate::exchange::hosted::Hosted;
use crate::pack::Pack;
use crate::simulators::{NoGateway, SimulatedGateway, StoredMessages};

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
    /// Signed files that stay provable.
    pub archive: Arc<dyn Archive>,
    /// Papers.
    pub typesetting: Arc<dyn Typesetting>,
    /// Signatures of the office.
    pub office_signing: Arc<dyn OfficeSigning>,
    /// Where the office's issued documents are asked for.
    pub issued: Arc<IssuedDesk>,
    /// Messages between organs.
    pub messages: Arc<dyn Messages>,
    /// Keys.
    pub signer: Arc<dyn Signer>,
    /// Virus scanner.
    pub scanner: Arc<dyn FileScanner>,
    /// Simulated payments, where simulators may run.
    pub gateway: Option<Arc<SimulatedGateway>>,
    /// Who looked.
    pub access: Arc<dyn AccessLog>,
    /// What the data exchange delivered.
    pub deliveries: Arc<dyn Deliveries>,
    /// The city's own authorities, where they may run.
    pub trust: Option<TrustRoom>,
    /// What the registers know.
    pub once_only: Arc<dyn OnceOnly>,
    /// Who takes part in the data exchange.
    pub registry: Registry,
    /// The data exchange, where the server runs it.
    pub exchange: Option<&'city Hosted>,
}

/// The domain rooms of a running city. Cheap to clone.
#[derive(Clone)]
pub struct Rooms {
    /// Procedures and cases.
    pub services: Arc<Services>,
    /// What the city knows about a person.
    pub vault: VaultRoom,
    /// The officials' office.
    pub office: OfficeRoom,
    /// What the national portal is told.
    pub portal: PortalRoom,
    /// The city's own authorities, where they may run.
    pub trust: Option<TrustRoom>,
    /// Pages of the data exchange: its registry, and the exchange that runs in this process.
    pub exchange_pages: RegistryRoom,
    exchange_alerts: Arc<crate::exchange_registry::Round>,
    synonyms: Arc<Vec<(Vec<String>, Vec<String>)>>,
    imported: Arc<procedure::import::Imported>,
    round_seconds: i64,
}

impl Rooms {
    /// Puts the rooms together: procedures from the pack into memory, the index over them, the ports behind their traits.
    pub async fn open(parts: Parts<'_>) -> Result<Rooms> {
        let folder = parts.pack.folder.clone();
        let pack = tokio::task::spawn_blocking(move || procedure::pack::Pack::load(&folder)).await??;
        for version in &pack.refused {
            tracing::warn!(procedure.version = %version, "procedure version refused, see `haidang pack lint`");
        }
        let (catalogue, imported) = procedure::import::import(parts.db, &parts.pack.folder, &pack).await?;
        for version in &imported.kept {
            tracing::warn!(procedure.version = %version, "changed in the pack although cases pin it: the stored version stands");
        }
        let synonyms: Vec<_> = pack.synonyms.iter().map(|row| (row.words.clone(), row.means.clone())).collect();
        let search = haidang_services::finding::index(&catalogue, parts.ambient.today(), &synonyms)?;
        let identity: Arc<dyn Identity> = Arc::new(parts.identity.clone());
        let directory: Arc<dyn Directory> = Arc::new(parts.identity.clone());
        let desk = Arc::new(CaseDesk::default());
        parts.identity.meet_cases(desk.clone());
        parts.identity.settle_purposes(parts.pack.purposes.clone());
        parts.identity.settle_mandate_years(parts.pack.city.mandates.most_years);
        let notifier: Arc<dyn Notifier> = Arc::new(StoredMessages::new(parts.db.clone(), parts.ambient.clone()));
        let vault = VaultRoom::new(haidang_vault::Inner {
            db: parts.db.clone(),
            blobs: parts.blobs.clone(),
            ambient: parts.ambient.clone(),
            identity: identity.clone(),
            authorizer: Arc::new(parts.identity.clone()),
            directory: directory.clone(),
            accesses: parts.access.clone(),
            consents: Arc::new(parts.identity.clone()),
            cases: desk.clone(),
            notifier: notifier.clone(),
            archive: parts.archive.clone(),
            deliveries: Some(parts.deliveries.clone()),
        });
        parts.db.register(Arc::new(vault.clone()));
        let payments: Arc<dyn PaymentGateway> = match parts.gateway {
            Some(gateway) => gateway,
            None => Arc::new(NoGateway),
        };
        let settings = haidang_services::Settings {
            draft_days: parts.pack.city.drafts.keep_days,
            coordination: parts.pack.coordination().context("no role of positions.toml holds case.coordinate")?,
            origin: parts.config.origin(parts.config.server.listen.port()),
            portal_open: parts.pack.city.portal_switch.enabled,
            fresh_factor_seconds: seconds(parts.config.session.fresh_factor_minutes.saturating_mul(60)),
            checkpoints: Some((parts.config.checkpoints(), parts.config.keys().join("house/checkpoint.secret"))),
            role_names: pack.roles.values().map(|role| (role.id.clone(), role.name.clone())).collect(),
        };
        let clock = CityClock { calendar: pack.calendar.clone(), hours: pack.hours.clone() };
        let services = Arc::new(Services {
            db: parts.db.clone(),
            blobs: parts.blobs.clone(),
            ambient: parts.ambient.clone(),
            catalogue: RwLock::new(catalogue),
            clock: RwLock::new(Arc::new(clock)),
            codes: pack.codes.clone(),
            pack_texts: pack.texts.clone(),
            search: RwLock::new(Arc::new(search)),
            identity,
            authorizer: Arc::new(parts.identity.clone()),
            directory,
            once_only: parts.once_only,
            vault: Arc::new(vault.clone()),
            documents: parts.documents,
            issued: parts.issued.clone(),
            archive: parts.archive.clone(),
            payments,
            scanner: parts.scanner.clone(),
            notifier: notifier.clone(),
            filings: Arc::default(),
            settings,
        });
        desk.open(&services);
        let round_seconds = seconds(parts.config.work.escalation_seconds.max(1));
        let office = crate::office::open(crate::office::Parts {
            config: parts.config,
            pack: &parts.pack.folder,
            db: parts.db,
            blobs: parts.blobs,
            ambient: parts.ambient,
            identity: parts.identity,
            services: &services,
            accesses: parts.access,
            notifier,
            typesetting: parts.typesetting,
            signing: parts.office_signing,
            archive: parts.archive,
            scanner: parts.scanner,
            messages: parts.messages,
        })
        .await
        .context("the office")?;
        parts.issued.open(&office);
        let portal = crate::portal::open(parts.config, parts.pack, parts.db, parts.ambient, parts.identity, &services)
            .context("the national portal")?;
        let trust = parts.trust;
        let exchange_pages = crate::exchange_registry::pages(parts.registry, &services, parts.exchange);
        let exchange_alerts = Arc::new(crate::exchange_registry::Round {
            pages: exchange_pages.clone(),
            directory: services.directory.clone(),
            roles: parts.pack.roles.clone(),
            notifier: services.notifier.clone(),
        });
        Ok(Rooms {
            services,
            vault,
            office,
            portal,
            trust,
            exchange_pages,
            exchange_alerts,
            synonyms: Arc::new(synonyms),
            imported: Arc::new(imported),
            round_seconds,
        })
    }

    /// What was loaded, in one line.
    pub fn summary(&self) -> String {
        let catalogue = self.services.catalogue();
        let today = self.services.ambient.today();
        let imported = &self.imported;
        format!(
            "{} procedure versions, {} in force today; {} new, {} corrected, {} kept as pinned, {} no longer in the pack",
            catalogue.len(),
            catalogue.all_current(today).len(),
            imported.added.len(),
            imported.corrected.len(),
            imported.kept.len(),
            imported.absent.len(),
        )
    }

    /// Adds their routes.
    pub fn mount(&self, app: App) -> App {
        let app = app
            .mount(haidang_services::api::routes(self.services.clone()))
            .mount(haidang_services::pages::routes(self.services.clone()))
            .mount(haidang_vault::routes(self.vault.clone()))
            .mount(haidang_office::routes(self.office.clone()))
            .mount(haidang_portal::routes(self.portal.clone()))
            .mount(haidang_exchange::routes(self.exchange_pages.clone()));
        let app = match &self.trust {
            Some(trust) => {
                let desk = haidang_trust::SigningDesk::new(trust.clone(), self.services.identity.clone());
                app.mount(haidang_trust::routes(trust.clone())).mount(haidang_trust::signing_routes(desk))
            }
            None => app,
        };
        let (identity, directory) = (self.services.identity.clone(), self.services.directory.clone());
        app.mount(haidang_trust::key_routes(haidang_trust::KeyDesk::new(self.trust.clone(), identity, directory)))
    }

    /// Adds their work beside the requests.
    pub fn jobs(&self, jobs: Jobs) -> Jobs {
        let day = Mutex::new(self.services.ambient.today());
        let jobs = crate::office::jobs(&self.office, jobs.with(Arc::new(Round { rooms: self.clone(), day })));
        let jobs = crate::portal::jobs(&self.portal, jobs).with(self.exchange_alerts.clone());
        match &self.trust {
            Some(trust) => jobs.with(Arc::new(haidang_trust::Round(trust.clone()))),
            None => jobs,
        }
    }

    /// Builds the index anew over what is in force today.
    fn index_again(&self) -> Result<()> {
        let catalogue = self.services.catalogue();
        let index = haidang_services::finding::index(&catalogue, self.services.ambient.today(), &self.synonyms)?;
        *self.services.search.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(index);
        Ok(())
    }
}

fn seconds(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Escalations, interrupted results, lost answers of payments, expired drafts; and at midnight the index.
struct Round {
    rooms: Rooms,
    day: Mutex<Date>,
}

#[async_trait]
impl Handler for Round {
    fn kind(&self) -> &'static str {
        "services.round"
    }

    fn every(&self) -> Option<SignedDuration> {
        Some(SignedDuration::from_secs(self.rooms.round_seconds))
    }

    async fn run(&self, _: &Job) -> Result<(), Failure> {
        let round = self.rooms.services.tick().await;
        if round.escalations + round.results + round.payments + round.drafts > 0 {
            tracing::info!(
                escalations = round.escalations,
                results = round.results,
                payments = round.payments,
                drafts = round.drafts,
                "round of the services"
            );
        }
        let today = self.rooms.services.ambient.today();
        let new_day = std::mem::replace(&mut *self.day.lock().unwrap_or_else(PoisonError::into_inner), today) != today;
        if new_day {
            // Versions come into force and end at midnight.
            self.rooms.index_again().map_err(|error| Failure::Later(error.to_string()))?;
        }
        Ok(())
    }
}

/// Registers their texts.
pub fn texts() -> Result<()> {
    haidang_ui::texts::register(haidang_services::TEXTS)?;
    haidang_ui::texts::register(haidang_vault::TEXTS)?;
    haidang_ui::texts::register(haidang_office::TEXTS)?;
    haidang_ui::texts::register(haidang_portal::TEXTS)?;
    haidang_ui::texts::register(haidang_trust::TEXTS)?;
    haidang_ui::texts::register(haidang_exchange::TEXTS)?;
    Ok(())
}

/// Applies every rule to a pack and prints what it finds, one finding a line.
pub fn lint(folder: &Path, json: bool) -> Result<Outcome> {
    let pack = procedure::pack::Pack::load(folder)?;
    let policies = haidang_identity::Policies::load(&folder.join("policies")).err().map_or_else(Vec::new, |all| all.0);
    let upstreams = upstream_fault(folder);
    let portal = portal_fault(folder);
    let exchange = crate::exchange_registry::fault(folder);
    let errors = pack.findings.iter().filter(|finding| finding.severity == Severity::Error).count()
        + policies.len()
        + upstreams.iter().count()
        + portal.iter().count()
        + exchange.iter().count();
    if json {
        let mut findings: Vec<serde_json::Value> = pack.findings.iter().map(finding_json).collect();
        findings.extend(policies.iter().map(policy_json));
        findings.extend(upstreams.iter().map(|fault| file_json("upstreams_refused", "upstreams.toml", fault)));
        findings.extend(portal.iter().map(|fault| file_json("national_portal_refused", manner::FILE, fault)));
        findings.extend(
            exchange.iter().map(|fault| file_json("exchange_refused", crate::exchange_registry::DIRECTORY, fault)),
        );
        say(serde_json::to_string_pretty(&findings)?)?;
    } else {
        for finding in &pack.findings {
            say(finding.line_text(haidang_ui::Lang::En))?;
        }
        for fault in &policies {
            say(format_args!("error policy_refused {fault}"))?;
        }
        if let Some(fault) = &upstreams {
            say(format_args!("error upstreams_refused upstreams.toml: {fault}"))?;
        }
        if let Some(fault) = &portal {
            say(format_args!("error national_portal_refused {}: {fault}", manner::FILE))?;
        }
        if let Some(fault) = &exchange {
            say(format_args!("error exchange_refused {}: {fault}", crate::exchange_registry::DIRECTORY))?;
        }
        let refused = policies.len() + upstreams.iter().count() + portal.iter().count() + exchange.iter().count();
        let warnings = pack.findings.len() + refused - errors;
        say(format_args!(
            "{}: {} versions, {errors} errors, {warnings} warnings",
            folder.display(),
            pack.catalogue.len()
        ))?;
    }
    Ok(if errors == 0 { Outcome::Good } else { Outcome::Wrong })
}

/// What is wrong with the upstreams of a pack that has some.
fn upstream_fault(folder: &Path) -> Option<String> {
    let file = folder.join("upstreams.toml");
    if !file.exists() {
        return None;
    }
    let read = std::fs::read_to_string(file).map_err(|error| error.to_string());
    read.and_then(|text| Upstream::from_toml(&text).map_err(|error| error.to_string())).err()
}

/// What is wrong with the words and codes of the national portal of a pack that has some.
fn portal_fault(folder: &Path) -> Option<String> {
    let file = folder.join(manner::FILE);
    if !file.exists() {
        return None;
    }
    let read = std::fs::read_to_string(file).map_err(|error| error.to_string());
    read.and_then(|text| Manner::from_toml(&text)).err()
}

fn file_json(code: &str, file: &str, fault: &str) -> serde_json::Value {
    serde_json::json!({ "code": code, "severity": Severity::Error.as_str(), "file": file, "message": fault })
}

fn policy_json(fault: &haidang_identity::PolicyFault) -> serde_json::Value {
    serde_json::json!({
        "code": "policy_refused",
        "severity": Severity::Error.as_str(),
        "file": format!("policies/{}", fault.file),
        "line": fault.line,
        "message": fault.reason,
    })
}

fn finding_json(finding: &procedure::Finding) -> serde_json::Value {
    serde_json::json!({
        "code": finding.code.as_str(),
        "severity": finding.severity.as_str(),
        "version": finding.version,
        "file": finding.file,
        "line": finding.line,
        "clause": finding.clause,
        "message": finding.message,
        "repair": finding.repair,
    })
}
