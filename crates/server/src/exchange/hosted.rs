//! The exchange that runs inside the city's server, over the city's own records: the city's information systems call it
//! without a network, others at its door.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use haidang_exchange::adapters::Adapters;
use haidang_exchange::message_log::{MessageLog, Parts};
use haidang_exchange::operations::Operations;
use haidang_exchange::proxy::{Exchange, Insider, Limits, Port, serve};
use haidang_exchange::registry::Registry;
use haidang_exchange::rules::identifier::SubsystemId;
use haidang_kernel::ambient::Ambient;
use haidang_signing::Sealer;
use haidang_store::{Blobs, Db, Stop};
use haidang_trust::TrustRoom;
use tokio::net::TcpListener;

use super::{CityNotary, settings, simulated};
use crate::config::Config;
use crate::pack::Pack;

/// What the hosted exchange is made from.
pub struct HostedParts<'city> {
    /// Configuration.
    pub config: &'city Config,
    /// Data pack, with the adapters.
    pub pack: &'city Pack,
    /// Who takes part and who may ask whom.
    pub registry: &'city Registry,
    /// Records.
    pub db: &'city Db,
    /// Files.
    pub blobs: &'city Blobs,
    /// Clock.
    pub ambient: &'city Ambient,
    /// Seals what messages say.
    pub sealer: Sealer,
    /// The city's own authorities, where they may run.
    pub trust: Option<TrustRoom>,
}

/// The exchange of a running city. Cheap to clone.
#[derive(Clone)]
pub struct Hosted {
    exchange: Arc<Exchange>,
    log: MessageLog,
    operations: Operations,
    registry: Registry,
}

impl Hosted {
    /// Opens the exchange; none where the configuration does not ask for one.
    ///
    /// # Errors
    /// An empty registry, no key for anybody, or what the database says.
    pub async fn open(parts: HostedParts<'_>) -> Result<Option<Hosted>> {
        let HostedParts { config, pack, registry, db, blobs, ambient, sealer, trust } = parts;
        if !config.exchange.hosted {
            return Ok(None);
        }
        let (_, directory) = registry.snapshot().await.context("the registry of the data exchange")?;
        let limits = Limits { spool: config.exchange_spool(), ..Limits::default() };
        std::fs::create_dir_all(&limits.spool).with_context(|| limits.spool.display().to_string())?;
        let adapters = read_adapters(pack, config)?;
        let notary = CityNotary::new(config, ambient, trust).context("the data exchange")?;
        let log = MessageLog::open(Parts {
            db: db.clone(),
            blobs: blobs.clone(),
            ambient: ambient.clone(),
            sealer,
            notary: Arc::new(notary),
            settings: settings(config, &limits.spool),
        });
        let log = log.await.context("the message log")?;
        let operations = Operations::open(db.clone(), ambient.clone(), Operations::USUAL_DAYS);
        log.keep_operations(operations.clone());
        let exchange = Exchange::new(directory, ambient.clone(), limits, Arc::new(log.clone()));
        // Officials change the registry while the city runs: an adapter that it names and that is not there is told in
        // the log, and does not keep the city from starting.
        exchange.adapt(adapters);
        exchange.tell_figures(haidang_web::metrics::render);
        Ok(Some(Hosted { exchange, log, operations, registry: registry.clone() }))
    }

    /// A part of the city that is registered as this subsystem.
    pub fn insider(&self, subsystem: SubsystemId) -> Insider {
        Insider::new(self.exchange.clone(), subsystem)
    }

    /// The exchange itself.
    pub fn exchange(&self) -> &Arc<Exchange> {
        &self.exchange
    }

    /// Its message log.
    pub fn log(&self) -> &MessageLog {
        &self.log
    }

    /// Answers information systems of this machine until told to stop.
    ///
    /// # Errors
    /// An address that other machines reach: those come over TLS, to an exchange of its own.
    pub async fn answer(&self, door: TcpListener, stop: impl Future<Output = ()>) -> Result<()> {
        Ok(serve(self.exchange.clone(), Port::Plain(door), stop).await?)
    }

    /// Follows the registry, stamps what passed and tells people of it until told to stop; then writes what is under way
    /// and stamps it.
    pub async fn run(self, stop: Stop) {
        let (usage, exchange) = (self.log.usage(), self.exchange.clone());
        tokio::join!(
            self.log.run_stamping(stop.clone()),
            usage.run(stop.clone()),
            self.registry.follow(exchange, stop)
        );
        self.log.close().await;
        self.operations.close().await;
        if let Err(error) = self.log.stamp().await {
            tracing::warn!(error = %error, "the last messages wait for their time stamp until the next start");
        }
    }
}

/// Reads the adapters of a pack with the connections of this installation; with those to the simulator where one stands in
/// for the national systems.
fn read_adapters(pack: &Pack, config: &Config) -> Result<Adapters> {
    let connections = match (config.exchange.simulator.as_str(), config.exchange.connections.as_os_str().is_empty()) {
        ("", true) => None,
        ("", false) => Some(config.exchange.connections.clone()),
        (simulator, _) => Some(simulated::connections(&config.exchange_spool(), simulator)?),
    };
    crate::exchange_registry::adapters(&pack.folder, connections.as_deref())
}
