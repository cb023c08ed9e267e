//! `haidang exchange serve`: the r1 door over a directory in a file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use clap::Args;
use haidang_exchange::directory::{Directory, DirectoryDraft};
use haidang_exchange::proxy::{Exchange, Limits, OperationalLog};
use haidang_kernel::ambient::Ambient;
use tokio::net::TcpListener;

use super::serve::signalled;
use super::{Outcome, say};

/// Where, and who may ask whom.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Members, subsystems, services and agreements (TOML); read again when it changes.
    #[arg(long, value_name = "FILE")]
    directory: PathBuf,
    /// Loopback address and port.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// Folder for bodies above 1 MiB while they pass; on a disk, not in memory.
    #[arg(long, value_name = "FOLDER")]
    spool: Option<PathBuf>,
}

/// Records of operation that are kept in memory.
const RECORDS: usize = 10_000;
/// How often the file is looked at: a change holds within a second.
const LOOK: Duration = Duration::from_millis(500);

pub(super) async fn run(command: Serve) -> Result<Outcome> {
    let (directory, changed) = read(&command.directory).await?;
    let mut limits = Limits::default();
    if let Some(folder) = command.spool {
        limits.spool = folder;
    }
    is_folder(&limits.spool)?;
    let exchange = Exchange::new(directory, Ambient::system(), limits, Arc::new(OperationalLog::new(RECORDS)));
    let listener = TcpListener::bind(command.listen).await.with_context(|| command.listen.to_string())?;
    say(format_args!("Trục tích hợp, chia sẻ dữ liệu / data exchange: http://{}", listener.local_addr()?))?;
    let watching = tokio::spawn(watch(exchange.clone(), command.directory, changed));
    let served = haidang_exchange::proxy::serve(exchange, listener, signalled()).await;
    watching.abort();
    served?;
    Ok(Outcome::Good)
}

fn is_folder(folder: &Path) -> Result<()> {
    anyhow::ensure!(folder.is_dir(), "{}: is no folder; name one with --spool", folder.display());
    Ok(())
}

async fn read(file: &Path) -> Result<(Directory, Option<SystemTime>)> {
    let changed = modified(file).await;
    let text = tokio::fs::read_to_string(file).await.with_context(|| file.display().to_string())?;
    let directory = DirectoryDraft::from_toml(&text).and_then(DirectoryDraft::build);
    Ok((directory.with_context(|| file.display().to_string())?, changed))
}

async fn modified(file: &Path) -> Option<SystemTime> {
    tokio::fs::metadata(file).await.and_then(|metadata| metadata.modified()).ok()
}

/// Takes every change of the file; one that is wrong is told and leaves the directory as it was.
async fn watch(exchange: Arc<Exchange>, file: PathBuf, mut seen: Option<SystemTime>) {
    loop {
        tokio::time::sleep(LOOK).await;
        let now = modified(&file).await;
        if now.is_none() || now == seen {
            continue;
        }
        seen = now;
        match read(&file).await {
            Ok((directory, changed)) => {
                seen = changed;
                exchange.replace(directory);
                tracing::info!("the directory was read again");
            }
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "the changed directory is wrong; the old one holds")
            }
        }
    }
}
