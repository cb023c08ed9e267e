//! `haidang migrate`, `backup`, `restore` and `copy-db`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use haidang_kernel::ambient::Ambient;
use haidang_store::transfer::{self, Checkpoints, TableDigest};
use haidang_store::{Blobs, Db, Sealer};
use indicatif::{ProgressBar, ProgressStyle};

use super::{Outcome, say};
use crate::city::{ROOMS, open_store};
use crate::config::{Config, Secret};

/// Write everything into one file, while the city is being served.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The file to write; it must not exist yet.
    file: PathBuf,
}

/// Fill an empty city from a backup.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The file to read.
    file: PathBuf,
}

/// Copy a city from one database into another.
#[derive(Debug, Args)]
pub(crate) struct CopyDb {
    /// Database to read: `sqlite:path` or `postgres://…`.
    #[arg(long)]
    from: String,
    /// Database to fill; its tables must be empty.
    #[arg(long)]
    to: String,
}

/// A line on standard error that says how far the work is; nothing where nobody looks.
struct Spinner(ProgressBar);

impl Spinner {
    fn new() -> Spinner {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {human_pos}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Spinner(bar)
    }

    fn show(&self, what: &str, done: u64) {
        self.0.set_message(what.to_owned());
        self.0.set_position(done);
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

async fn migrated(config: &Config) -> Result<Db> {
    let db = open_store(config, &Ambient::system()).await?;
    haidang_store::migrate(&db, ROOMS).await?;
    Ok(db)
}

fn list(tables: &[TableDigest]) -> Result<()> {
    for table in tables {
        say(format_args!("{:36} {:>10} rows  {}", table.name, table.rows, table.sha256))?;
    }
    Ok(())
}

pub(crate) async fn migrate(config: Config) -> Result<Outcome> {
    migrated(&config).await?.close().await;
    say("Tables are up to date.")?;
    Ok(Outcome::Good)
}

pub(crate) async fn backup(command: Backup, config: Config) -> Result<Outcome> {
    if command.file.exists() {
        bail!("{} exists already", command.file.display());
    }
    let db = migrated(&config).await?;
    let blobs = Blobs::open(config.blobs()).await?;
    let checkpoints =
        Checkpoints { folder: config.checkpoints(), key_file: config.keys().join("house/checkpoint.secret") };
    let spinner = Spinner::new();
    let progress = |what: &str, done: u64| spinner.show(what, done);
    let manifest = transfer::export(&db, Some(&blobs), Some(&checkpoints), &command.file, &progress).await?;
    drop(spinner);
    list(&manifest.tables)?;
    say(format_args!("{}: {} tables, {} files", command.file.display(), manifest.tables.len(), manifest.blobs.files))?;
    Ok(Outcome::Good)
}

pub(crate) async fn restore(command: Restore, config: Config) -> Result<Outcome> {
    let db = migrated(&config).await?;
    let blobs = Blobs::open(config.blobs()).await?;
    let spinner = Spinner::new();
    let progress = |what: &str, done: u64| spinner.show(what, done);
    let manifest = transfer::restore(&db, Some(&blobs), &command.file, &progress)
        .await
        .with_context(|| command.file.display().to_string())?;
    drop(spinner);
    // Records that waited for the sealer when the backup was taken: checkpoints of the old city may name them already.
    while Sealer::new(db.clone(), None).seal().await? > 0 {}
    list(&manifest.tables)?;
    db.close().await;
    say("Restored. The secrets of the old city's key folder are not in a backup: copy them before serving.")?;
    Ok(Outcome::Good)
}

pub(crate) async fn copy(command: CopyDb, config: Config) -> Result<Outcome> {
    let at = |url: &str| {
        let mut config = config.clone();
        config.store.database = Secret::new(url);
        config.store.database_file = PathBuf::new();
        config
    };
    let from = migrated(&at(&command.from)).await.context("--from")?;
    let to = migrated(&at(&command.to)).await.context("--to")?;
    let spinner = Spinner::new();
    let progress = |what: &str, done: u64| spinner.show(what, done);
    let tables = transfer::copy_db(&from, &to, &progress).await?;
    drop(spinner);
    list(&tables)?;
    from.close().await;
    to.close().await;
    say("Copied; rows and digests of both databases agree.")?;
    Ok(Outcome::Good)
}
