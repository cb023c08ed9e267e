//! A city put together: records, clock, rooms and routes. `serve`, `demo` and the integration tests share it.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use haidang_contracts::access::AccessLog;
use haidang_contracts::documents::{Documents, Signer};
use haidang_contracts::files::FileScanner;
use haidang_contracts::once_only::OnceOnly;
use haidang_contracts::papers::OfficeSigning;
use haidang_identity::IdentityRoom;
use haidang_identity::provider::{GrantWithdrawals, Lives, LogoutNotices, Provider, ProviderSettings};
use haidang_kernel::ambient::Ambient;
use haidang_signing::{Certificate, FolderSigner, KeyFolder, Sealer};
use haidang_store::{Blobs, CheckpointWriter, Db, Migration, Options, secret_file};
use haidang_web::client::{Guarded, OutboundLimits};
use haidang_web::{App, Rates, Served, SessionLimits, Site};

use crate::archive::FileArchive;
use crate::config::Config;
use crate::deliveries::CityDeliveries;
use crate::desk::IssuedDesk;
use crate::documents::PageDocuments;
use crate::exchange::Records;
use crate::exchange::hosted::{Hosted, HostedParts};
use crate::exchange::registers::{self, RegisterDesk};
use crate::exchange::results::{self, ResultDesk};
use crate::interconnection::Edxml;
use crate::office_signing::OfficeSigner;
use crate::pack::Pack;
use crate::rooms::Rooms;
use crate::sealed::SealedDocuments;
use crate::webhooks::{self, Webhooks};
use crate::{rooms, simulators};

/// Tables of every room, in the order they are made.
pub const ROOMS: &[(&str, &[Migration])] = &[
    (haidang_store::ROOM, haidang_store::MIGRATIONS),
    ("web", haidang_web::MIGRATIONS),
    ("exchange", haidang_exchange::MIGRATIONS),
    ("identity", haidang_identity::MIGRATIONS),
    ("office", haidang_office::MIGRATIONS),
    ("portal", haidang_portal::MIGRATIONS),
    ("services", haidang_services::MIGRATIONS),
    ("trust", haidang_trust::MIGRATIONS),
    ("vault", haidang_vault::MIGRATIONS),
    ("server", crate::MIGRATIONS),
];

/// What tests and the demonstration generator may decide themselves.
#[derive(Clone)]
pub struct Surroundings {
    /// Clock, randomness and ids.
    pub ambient: Ambient,
    /// No limit of requests (benchmarks).
    pub unlimited: bool,
    /// Passwords are hashed at the lowest cost (tests, demonstration).
    pub cheap_passwords: bool,
    /// The city's own authorities are opened, and made when there are none. A seeded city comes out the same each time,
    /// and their keys never do: it gets them when it is first served.
    pub authorities: bool,
    /// This program, when templates shall be typeset in processes of their own.
    pub program: Option<std::path::PathBuf>,
}

impl Surroundings {
    /// The system's clock and production's costs.
    pub fn system() -> Self {
        Self {
            ambient: Ambient::system(),
            unlimited: false,
            cheap_passwords: false,
            authorities: true,
            program: std::env::current_exe().ok(),
        }
    }

    /// A fixed clock, seeded randomness, cheap passwords, no limits: for tests.
    pub fn fixed(ambient: Ambient) -> Self {
        Self { ambient, unlimited: true, cheap_passwords: true, authorities: true, program: None }
    }
}

/// A city that can answer requests.
pub struct City {
    /// Its configuration.
    pub config: Config,
    /// Its data pack.
    pub pack: Pack,
    /// Its records.
    pub db: Db,
    /// Its clock.
    pub ambient: Ambient,
    /// Its files.
    pub blobs: Blobs,
    /// Keys of its agencies.
    pub signer: FolderSigner,
    /// People and rights.
    pub identity: IdentityRoom,
    /// OpenID provider.
    pub provider: Provider,
    /// The domain rooms.
    pub rooms: Rooms,
    /// Certificates by which signatures of this city and of others are trusted.
    pub anchors: Vec<Certificate>,
    /// Signing and judging papers of the office.
    pub office_signing: OfficeSigner,
    /// Files whose proof is renewed.
    pub archive: FileArchive,
    /// What the data exchange delivered about people.
    pub deliveries: Arc<CityDeliveries>,
    /// Results that registers of other agencies are told of.
    pub results: ResultDesk,
    /// Other systems that wish to be told of facts.
    pub webhooks: Webhooks,
    /// The data exchange, where the server runs it.
    pub exchange: Option<Hosted>,
    /// What every request needs.
    pub site: Arc<Site>,
    /// Routes with their middleware.
    pub served: Served,
    pub(crate) checkpoints: CheckpointWriter,
}

/// Secrets of the house, one file each, outside the database.
struct Secrets {
    web: [u8; 32],
    webhooks: [u8; 32],
    /// Opens what is sealed at rest.
    unlock: [u8; 32],
    identity: [u8; 32],
    checkpoints: CheckpointWriter,
}

fn secrets(config: &Config, ambient: &Ambient) -> Result<Secrets> {
    let folder = config.keys().join("house");
    let secret = |name: &str| secret_file(&folder.join(name), ambient).with_context(|| format!("secret {name}"));
    Ok(Secrets {
        web: secret("web.secret")?,
        webhooks: secret("webhooks.secret")?,
        unlock: secret_file(&config.unlock_file(), ambient).context("store.unlock_file")?,
        identity: secret("identity.secret")?,
        checkpoints: CheckpointWriter::open(&config.checkpoints(), &folder.join("checkpoint.secret"), ambient)?,
    })
}

/// Opens the database of a configuration, without migrating it.
pub async fn open_store(config: &Config, ambient: &Ambient) -> Result<Db> {
    let subjects = secret_file(&config.keys().join("house/subjects.secret"), ambient).context("secret subjects")?;
    let url = config.database().context("store.database_file")?;
    let parent = url.strip_prefix("sqlite:").and_then(|path| Path::new(path).parent());
    if let Some(parent) = parent.filter(|parent| !parent.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
    }
    let readers = u32::try_from(config.store.readers).unwrap_or(4);
    let options = Options {
        readers,
        connections: readers.max(4) * 4,
        ambient: ambient.clone(),
        subject_secret: subjects.to_vec(),
        ..Options::default()
    };
    Ok(Db::open(&url, options).await?)
}

impl Drop for City {
    fn drop(&mut self) {
        self.db.forget_consumers();
    }
}

impl City {
    /// Opens the configured city: database, migrations, pack, rooms, routes. Nothing runs beside requests yet.
    pub async fn open(config: Config, surroundings: Surroundings) -> Result<City> {
        let faults = config.check();
        if !faults.is_empty() {
            bail!("{}", crate::config::FaultList(faults));
        }
        let ambient = surroundings.ambient.clone();
        let secrets = secrets(&config, &ambient)?;
        let folder = config.pack().context("no pack")?;
        let pack = Pack::load(&folder)?;
        let db = open_store(&config, &ambient).await?;
        haidang_store::migrate(&db, ROOMS).await?;
        let blobs = Blobs::open(config.blobs()).await?;
        let sealer = Sealer::open(secrets.unlock)?;
        let keys = KeyFolder::new(config.keys(), sealer.clone(), ambient.clone());
        let signer = FolderSigner::new(keys, ambient.clone());
        let identity = IdentityRoom::new(
            db.clone(),
            ambient.clone(),
            haidang_identity::Settings {
                simulated: config.simulated(),
                province_code: pack.city.province_code.clone(),
                roles: pack.roles.clone(),
                registers: pack.registers.clone(),
                cheap_passwords: surroundings.cheap_passwords,
            },
        )?;
        identity.use_house_key(secrets.unlock)?;
        identity.set_policies(pack.policies.clone());
        // Before the routes are put together: a city that is connected to no upstream has no doors to one.
        identity.federate(crate::upstreams::settings(&config)?)?;
        crate::import::claim(&db, &pack).await?;
        crate::import::put_agencies(&db, &pack).await?;
        if let Some(directory) = config.directory().context("directory.bind_password_file")? {
            identity.use_directory(directory).await?;
        }
        texts()?;
        let scanner: Arc<dyn FileScanner> = Arc::new(simulators::PatternScanner::default());
        let site = site(&config, &pack, &db, &surroundings, &identity, &scanner, secrets.web);
        let signing: Arc<dyn Signer> = Arc::new(signer.clone());
        let gateway = config.simulated().then(|| simulators::SimulatedGateway::new(db.clone(), ambient.clone()));
        let trust = match surroundings.authorities {
            true => crate::trust::open(&config, &pack.city.name, &db, &ambient, sealer.clone()).await?,
            false => None,
        };
        let own = trust.iter().map(|trust| trust.root().clone());
        let anchors: Vec<Certificate> = own.chain(crate::trust::anchors(&config)?).collect();
        let office_signing = OfficeSigner::open(&config, &ambient, trust.clone(), anchors.clone())?;
        let issued = Arc::new(IssuedDesk::default());
        office_signing.meet_office(issued.clone());
        let typesetting = crate::sealed::typesetting(&pack, surroundings.program.as_deref())?;
        let simple = PageDocuments::new(signing.clone(), pack.frame().name, config.simulated());
        // Without certificates nothing is sealed: results keep their simple form.
        let seals = trust.is_some() || !config.signing.providers.as_os_str().is_empty();
        let sealing = seals.then(|| Arc::new(office_signing.clone()) as Arc<dyn OfficeSigning>);
        let documents: Arc<dyn Documents> =
            Arc::new(SealedDocuments::new(simple, signing.clone(), typesetting.clone(), sealing, config.simulated()));
        let registry = crate::exchange_registry::open(&db, &ambient, &pack.folder).await?;
        let exchange = Hosted::open(HostedParts {
            config: &config,
            pack: &pack,
            registry: &registry,
            db: &db,
            blobs: &blobs,
            ambient: &ambient,
            sealer: sealer.clone(),
            trust: trust.clone(),
        })
        .await?;
        let once_only = once_only(&pack, &identity, exchange.as_ref(), &ambient)?;
        let archive = FileArchive::new(db.clone(), blobs.clone(), office_signing.clone());
        let records = Records::of_city(config.clone(), ambient.clone(), db.clone(), blobs.clone(), sealer);
        let deliveries = Arc::new(CityDeliveries::new(records, pack.city.name.clone()));
        if let Some(exchange) = &exchange {
            deliveries.use_log(exchange.log().clone());
        }
        let rooms = Rooms::open(rooms::Parts {
            config: &config,
            pack: &pack,
            db: &db,
            blobs: &blobs,
            ambient: &ambient,
            identity: &identity,
            documents,
            archive: Arc::new(archive.clone()),
            typesetting,
            office_signing: Arc::new(office_signing.clone()),
            issued,
            messages: Arc::new(Edxml::new(office_signing.clone())),
            signer: signing,
            scanner,
            gateway: gateway.clone(),
            access: Arc::new(db.clone()) as Arc<dyn AccessLog>,
            deliveries: deliveries.clone(),
            trust,
            once_only,
            registry,
            exchange: exchange.as_ref(),
        })
        .await?;
        let results = result_desk(&pack, &db, &identity, &rooms, exchange.as_ref())?;
        db.register(Arc::new(results.clone()));
        let provider = open_provider(&config, &identity, secrets.identity).await?;
        db.register(Arc::new(LogoutNotices(provider.clone())));
        db.register(Arc::new(GrantWithdrawals(provider.clone())));
        site.ask_for_form_targets(Arc::new(provider.clone()));
        let mut app = App::new(site.clone()).mount(haidang_identity::routes(identity.clone()));
        app = app.mount(haidang_identity::provider::routes(provider.clone()));
        app = app.mount(crate::keys::routes(signer.clone()));
        if let Some(gateway) = gateway {
            app = app.mount(simulators::routes(gateway));
        }
        let webhooks = Webhooks::open(&config, &db, &ambient, &identity, secrets.webhooks);
        db.register(Arc::new(webhooks.clone()));
        app = app.mount(webhooks::routes(webhooks.clone()));
        app = app.mount(results::routes(results.clone()));
        let served = rooms.mount(app).build()?;
        check_actions(&served, &pack)?;
        Ok(City {
            config,
            pack,
            db,
            ambient,
            blobs,
            signer,
            identity,
            provider,
            rooms,
            anchors,
            office_signing,
            archive,
            deliveries,
            results,
            webhooks,
            exchange,
            site,
            served,
            checkpoints: secrets.checkpoints,
        })
    }
}

/// The registers of the city, and those of others where an exchange leads to them.
fn once_only(
    pack: &Pack,
    identity: &IdentityRoom,
    exchange: Option<&Hosted>,
    ambient: &Ambient,
) -> Result<Arc<dyn OnceOnly>> {
    let local: Arc<dyn OnceOnly> = Arc::new(identity.clone());
    let Some(exchange) = exchange else { return Ok(local) };
    let file = pack.folder.join("exchange/registers.toml");
    let Some((consumer, registers)) = registers::read(&file, &pack.registers)? else { return Ok(local) };
    Ok(Arc::new(RegisterDesk {
        local,
        identity: Arc::new(identity.clone()),
        caller: exchange.insider(consumer),
        registers,
        names: pack.registers.clone(),
        ambient: ambient.clone(),
    }))
}

/// Who is told of results, where an exchange leads to them.
fn result_desk(
    pack: &Pack,
    db: &Db,
    identity: &IdentityRoom,
    rooms: &Rooms,
    exchange: Option<&Hosted>,
) -> Result<ResultDesk> {
    let told = results::read(&pack.folder.join("exchange/results.toml"))?;
    let (caller, entries) = match exchange.zip(told) {
        Some((exchange, (consumer, entries))) => (Some(exchange.insider(consumer)), entries),
        None => (None, Vec::new()),
    };
    let identity = Arc::new(identity.clone());
    Ok(ResultDesk {
        db: db.clone(),
        cases: rooms.services.clone(),
        identity: identity.clone(),
        directory: identity,
        caller,
        entries: Arc::new(entries),
    })
}

/// The OpenID provider of a configured city. A machine that cannot call others still serves; notices then wait.
async fn open_provider(config: &Config, identity: &IdentityRoom, secret: [u8; 32]) -> Result<Provider> {
    let outbound = Guarded::new(config.identity.private_hosts.clone(), OutboundLimits::default());
    if let Err(error) = &outbound {
        tracing::warn!(error = %error, "other systems cannot be called");
    }
    let settings = ProviderSettings {
        issuer: config.issuer(config.server.listen.port()),
        secret,
        key_days: i64::try_from(config.identity.key_days).unwrap_or(90),
        lives: Lives::default(),
        outbound: outbound.ok(),
    };
    Provider::open(identity.clone(), settings).await.map_err(|problem| anyhow::anyhow!("{}", problem.detail))
}

/// A row that asks for what no policy can be about would open to nobody: better not to start.
fn check_actions(served: &Served, pack: &Pack) -> Result<()> {
    for row in served.rows() {
        if let Some(action) = row.actions().into_iter().find(|action| !pack.policies.knows(action)) {
            bail!("route {} asks for {action}, which the schema of the policies does not know", row.id);
        }
    }
    Ok(())
}

fn site(
    config: &Config,
    pack: &Pack,
    db: &Db,
    surroundings: &Surroundings,
    identity: &IdentityRoom,
    scanner: &Arc<dyn FileScanner>,
    secret: [u8; 32],
) -> Arc<Site> {
    let origin = config.origin(config.server.listen.port());
    let mut settings = haidang_web::Settings::new(origin, secret);
    let minutes = |count: u64| std::time::Duration::from_secs(count * 60);
    let most = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    settings.demo = config.simulated();
    settings.trusted_proxy = config.server.trusted_proxy;
    settings.sessions = SessionLimits {
        resident_idle: minutes(config.session.resident_idle_minutes),
        official_idle: minutes(config.session.official_idle_minutes),
        resident_life: minutes(config.session.resident_life_minutes),
        official_life: minutes(config.session.official_life_minutes),
        fresh_factor: minutes(config.session.fresh_factor_minutes),
    };
    settings.rates = if surroundings.unlimited {
        Rates::unlimited()
    } else {
        Rates {
            per_address: most(config.rate.per_address),
            per_person: most(config.rate.per_person),
            per_system: most(config.rate.per_system),
            anonymous_writes: most(config.rate.anonymous_writes),
        }
    };
    let identity = Arc::new(identity.clone());
    let frame = Arc::new(pack.frame());
    Site::new(db.clone(), surroundings.ambient.clone(), identity, scanner.clone(), frame, settings)
}

/// Registers the texts of every room; doing it again changes nothing.
fn texts() -> Result<()> {
    haidang_ui::texts::register(haidang_identity::TEXTS)?;
    haidang_ui::texts::register(crate::TEXTS)?;
    rooms::texts()
}
