//! Adapters of the data exchange: their files, read again when one of them changes, and the examples beside them.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use clap::Args;
use haidang_exchange::adapters::{Adapters, check_adapter_tests};
use haidang_kernel::ambient::Ambient;

use super::{Outcome, say};

/// Run the examples beside the adapters of a folder, without a network. Exit code 1 when one comes out otherwise.
#[derive(Debug, Args)]
pub(crate) struct CheckAdapters {
    /// Folder with `NAME.toml` and `NAME.test.toml`.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

/// Runs the examples.
pub(super) fn check(command: &CheckAdapters) -> Result<Outcome> {
    match check_adapter_tests(&command.folder) {
        Ok(count) => {
            say(format_args!("ok {count}"))?;
            Ok(Outcome::Good)
        }
        Err(complaints) => {
            for what in complaints.0 {
                say(format_args!("fail {what}"))?;
            }
            Ok(Outcome::Wrong)
        }
    }
}

/// The folder of the adapters and the file of their connections, and how they looked when they were last read.
pub(super) struct AdapterFiles {
    folder: PathBuf,
    connections: Option<PathBuf>,
    seen: Vec<(PathBuf, Option<SystemTime>)>,
}

impl AdapterFiles {
    /// Looks at the times before the files are read, so that no change falls between.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub(super) async fn new(folder: PathBuf, connections: Option<PathBuf>) -> Result<Self> {
        let seen = times(&folder, connections.as_deref()).await?;
        Ok(Self { folder, connections, seen })
    }

    /// The adapters as they are written now.
    ///
    /// # Errors
    /// Every complaint about them.
    pub(super) async fn read(&self) -> Result<Adapters> {
        let (folder, connections) = (self.folder.clone(), self.connections.clone());
        let reading = tokio::task::spawn_blocking(move || Adapters::read(&folder, connections.as_deref()));
        reading.await?.with_context(|| self.folder.display().to_string())
    }

    /// Whether a file came, went or changed. A folder that is away for a moment is being replaced.
    pub(super) async fn changed(&mut self) -> bool {
        match times(&self.folder, self.connections.as_deref()).await {
            Ok(now) if now != self.seen => {
                self.seen = now;
                true
            }
            _ => false,
        }
    }
}

async fn times(folder: &Path, connections: Option<&Path>) -> Result<Vec<(PathBuf, Option<SystemTime>)>> {
    let (folder, connections) = (folder.to_owned(), connections.map(Path::to_owned));
    let looking = tokio::task::spawn_blocking(move || {
        let files = Adapters::files(&folder, connections.as_deref())?;
        let time = |file: &PathBuf| std::fs::metadata(file).and_then(|metadata| metadata.modified()).ok();
        Ok(files.into_iter().map(|file| (file.clone(), time(&file))).collect())
    });
    looking.await?
}

/// Takes in what has arrived in the folders of adapters, so that it answers the next call.
pub(super) async fn look(adapters: &Adapters) {
    let adapters = adapters.clone();
    let looking = tokio::task::spawn_blocking(move || adapters.look(Ambient::system().now()));
    if let Err(error) = looking.await {
        tracing::error!(error = %error, "the folders of adapters were not looked at");
    }
}
