//! `haidang exchange serve`: the r1 door over a directory in a file, plain on this machine and over TLS, and the port for
//! other exchanges.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use clap::Args;
use haidang_exchange::adapters::Adapters;
use haidang_exchange::directory::{Directory, DirectoryDraft};
use haidang_exchange::message_log::MessageLog;
use haidang_exchange::operations::Operations;
use haidang_exchange::proxy::{Evidence, Exchange, Identity, Limits, OperationalLog, Port};
use haidang_kernel::ambient::Ambient;
use haidang_signing::private_file;
use haidang_store::stopper;
use tokio::net::TcpListener;

use super::exchange_adapters::{AdapterFiles, look};
use super::serve::signalled;
use super::{Outcome, say};
use crate::config::Config;
use crate::exchange::Records;

/// Where, and who may ask whom.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Members, subsystems, services and agreements (TOML); read again when it changes.
    #[arg(long, value_name = "FILE")]
    directory: PathBuf,
    /// Folder of the adapters that services name (NAME.toml); read again when a file changes.
    #[arg(long, value_name = "FOLDER")]
    adapters: Option<PathBuf>,
    /// Where the providers of the adapters are, a table each (TOML), in the place of what the adapters say themselves.
    #[arg(long, value_name = "FILE", requires = "adapters")]
    adapter_connections: Option<PathBuf>,
    /// Loopback address and port of plain HTTP.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// Address and port of TLS.
    #[arg(long, value_name = "ADDRESS:PORT", requires = "tls_certificate")]
    tls_listen: Option<SocketAddr>,
    /// Address and port for other exchanges, over TLS; the directory says which.
    #[arg(long, value_name = "ADDRESS:PORT", requires = "tls_certificate", conflicts_with = "without_evidence")]
    peer_listen: Option<SocketAddr>,
    /// Certificate of the exchange with the chain above it (PEM), for callers and providers; read again when it changes.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// Its key (PEM, mode 0600); read again when it changes.
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Folder for bodies above 1 MiB while they pass; on a disk, not in memory.
    #[arg(long, value_name = "FOLDER")]
    spool: Option<PathBuf>,
    /// Sign and keep no message: nothing that passes can be proved. For measuring the cost of proof alone.
    #[arg(long)]
    without_evidence: bool,
}

/// How often the files are looked at: a change holds within a second.
const LOOK: Duration = Duration::from_millis(500);

pub(super) async fn run(command: Serve, config: Config) -> Result<Outcome> {
    let directory = Watched::new(vec![command.directory]).await;
    let mut limits = Limits::default();
    if let Some(folder) = command.spool {
        limits.spool = folder;
    }
    is_folder(&limits.spool)?;
    let start = read_directory(&directory.files).await?;
    let mut spoken = Spoken { files: None, adapters: Adapters::default() };
    if let Some(folder) = command.adapters {
        let files = AdapterFiles::new(folder, command.adapter_connections).await?;
        spoken.adapters = files.read().await?;
        spoken.files = Some(files);
    }
    let lacking = spoken.adapters.lacking(&start);
    anyhow::ensure!(lacking.is_empty(), "{}; name their folder with --adapters", lacking.join("; "));
    let ambient = Ambient::system();
    let (log, operations) = match command.without_evidence {
        true => (None, None),
        false => {
            let records = Records::open(config, &ambient).await?;
            let log = records.log(start.instance(), &limits.spool).await?;
            let operations = Operations::open(records.db.clone(), ambient.clone(), Operations::USUAL_DAYS);
            log.keep_operations(operations.clone());
            (Some(log), Some(operations))
        }
    };
    let evidence: Arc<dyn Evidence> = match &log {
        Some(log) => Arc::new(log.clone()),
        None => Arc::new(OperationalLog::new(OperationalLog::USUAL)),
    };
    haidang_web::metrics::install();
    let exchange = Exchange::new(start, ambient, limits, evidence);
    look(&spoken.adapters).await;
    exchange.adapt(spoken.adapters.clone());
    exchange.tell_figures(haidang_web::metrics::render);
    let mut identity = None;
    if let (Some(certificate), Some(key)) = (command.tls_certificate, command.tls_key) {
        let watched = Watched::new(vec![certificate, key]).await;
        exchange.present(read_identity(&watched.files).await?);
        identity = Some(watched);
    }
    let plain = TcpListener::bind(command.listen).await.with_context(|| command.listen.to_string())?;
    say(format_args!("Trục tích hợp, chia sẻ dữ liệu / data exchange: http://{}", plain.local_addr()?))?;
    let tls = bind(command.tls_listen, "TLS").await?.map(Port::Tls);
    let peers = bind(command.peer_listen, "Trục khác / other exchanges").await?.map(Port::Peers);
    let watching = tokio::spawn(watch(exchange.clone(), directory, spoken, identity));
    let (stopping, stop) = stopper();
    let stamping = log.clone().map(|log| tokio::spawn(async move { log.run_stamping(stop).await }));
    let serve = async |port: Option<Port>| match port {
        Some(port) => haidang_exchange::proxy::serve(exchange.clone(), port, signalled()).await,
        None => Ok(()),
    };
    let telling = log.clone().map(|log| {
        let stop = stopping.listen();
        tokio::spawn(async move { log.usage().run(stop).await })
    });
    let served = tokio::try_join!(serve(Some(Port::Plain(plain))), serve(tls), serve(peers));
    watching.abort();
    stopping.stop();
    for task in [stamping, telling].into_iter().flatten() {
        task.await?;
    }
    if let Some(log) = log {
        finish(&log).await;
    }
    if let Some(operations) = operations {
        operations.close().await;
    }
    served?;
    Ok(Outcome::Good)
}

/// Listens at an address over TLS, if one is given, and says where.
async fn bind(address: Option<SocketAddr>, name: &str) -> Result<Option<TcpListener>> {
    let Some(address) = address else { return Ok(None) };
    let listener = TcpListener::bind(address).await.with_context(|| address.to_string())?;
    say(format_args!("{name}: https://{}", listener.local_addr()?))?;
    Ok(Some(listener))
}

/// Writes what is still on its way, and stamps what waits.
async fn finish(log: &MessageLog) {
    log.close().await;
    if let Err(error) = log.usage().drain().await {
        tracing::warn!(error = %error, "the last entries of the citizens' log wait until the next start");
    }
    if let Err(error) = log.stamp().await {
        tracing::warn!(error = %error, "the last messages wait for their time stamp until the next start");
    }
}

fn is_folder(folder: &Path) -> Result<()> {
    anyhow::ensure!(folder.is_dir(), "{}: is no folder; name one with --spool", folder.display());
    Ok(())
}

/// Files that are read together, and when they were last seen to change.
struct Watched {
    files: Vec<PathBuf>,
    seen: Vec<Option<SystemTime>>,
}

impl Watched {
    /// Looks at the times before the files are read, so that no change falls between.
    async fn new(files: Vec<PathBuf>) -> Self {
        let seen = modified(&files).await;
        Self { files, seen }
    }

    /// Whether one of the files is another than before; one that is away for a moment is being replaced.
    async fn changed(&mut self) -> bool {
        let now = modified(&self.files).await;
        let changed = now != self.seen && now.iter().all(Option::is_some);
        if changed {
            self.seen = now;
        }
        changed
    }
}

async fn modified(files: &[PathBuf]) -> Vec<Option<SystemTime>> {
    let mut times = Vec::with_capacity(files.len());
    for file in files {
        times.push(tokio::fs::metadata(file).await.and_then(|metadata| metadata.modified()).ok());
    }
    times
}

async fn read_directory(files: &[PathBuf]) -> Result<Directory> {
    let file = files.first().context("no directory is named")?;
    let text = tokio::fs::read_to_string(file).await.with_context(|| file.display().to_string())?;
    let directory = DirectoryDraft::from_toml(&text).and_then(DirectoryDraft::build);
    let directory = directory.with_context(|| file.display().to_string())?;
    for warning in directory.warnings() {
        tracing::warn!(warning, "the directory is allowed, and leaves something open");
    }
    Ok(directory)
}

async fn read_identity(files: &[PathBuf]) -> Result<Identity> {
    let [certificate, key] = files else { anyhow::bail!("a certificate and its key are needed") };
    let (certificate, key) = (certificate.clone(), key.clone());
    let reading = tokio::task::spawn_blocking(move || {
        let chain = std::fs::read(&certificate).with_context(|| certificate.display().to_string())?;
        let secret = private_file::read(&key)?.with_context(|| format!("{}: is not there", key.display()))?;
        Identity::from_pem(&chain, &secret).with_context(|| format!("{} with {}", certificate.display(), key.display()))
    });
    let identity = reading.await??;
    if !identity.certificate().is_valid_at(Ambient::system().now()) {
        tracing::warn!(
            from = %identity.certificate().not_before(),
            to = %identity.certificate().not_after(),
            "the certificate of the exchange is not valid now; whoever checks it refuses it"
        );
    }
    Ok(identity)
}

/// The adapters in force, and their files where there are any.
struct Spoken {
    files: Option<AdapterFiles>,
    adapters: Adapters,
}

impl Spoken {
    async fn take_changes(&mut self, exchange: &Exchange) {
        let Some(files) = &mut self.files else { return };
        look(&self.adapters).await;
        if !files.changed().await {
            return;
        }
        match files.read().await {
            Ok(adapters) => {
                look(&adapters).await;
                self.adapters = adapters;
                exchange.adapt(self.adapters.clone());
                tracing::info!("the adapters were read again");
            }
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "the changed adapters are wrong; the old ones hold")
            }
        }
    }
}

/// Takes every change of the files; what is wrong is told and leaves things as they were.
async fn watch(exchange: Arc<Exchange>, mut directory: Watched, mut spoken: Spoken, mut identity: Option<Watched>) {
    loop {
        tokio::time::sleep(LOOK).await;
        spoken.take_changes(&exchange).await;
        if directory.changed().await {
            match read_directory(&directory.files).await {
                Ok(directory) => {
                    exchange.replace(directory);
                    tracing::info!("the directory was read again");
                }
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "the changed directory is wrong; the old one holds")
                }
            }
        }
        let Some(identity) = &mut identity else { continue };
        if identity.changed().await {
            match read_identity(&identity.files).await {
                Ok(identity) => {
                    exchange.present(identity);
                    tracing::info!("the certificate of the exchange was read again");
                }
                Err(error) => tracing::error!(
                    error = format!("{error:#}"),
                    "the changed certificate and key cannot be used; the old ones hold"
                ),
            }
        }
    }
}
