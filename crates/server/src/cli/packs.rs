//! `haidang pack lint` and `haidang pack import`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;

use super::{Outcome, say};
use crate::city::{City, Surroundings};
use crate::config::Config;

/// Check or import data packs.
#[derive(Debug, Subcommand)]
pub(crate) enum PackCommand {
    /// Apply every rule to a pack; each finding names file, line, clause and the sentence that repairs it.
    Lint {
        /// Folder of the pack; default the configured one.
        folder: Option<PathBuf>,
        /// One JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Bring a pack into the database: whole or not at all, and twice is once.
    Import {
        /// Folder of the pack; default the configured one.
        folder: Option<PathBuf>,
    },
}

pub(crate) async fn run(command: PackCommand, mut config: Config) -> Result<Outcome> {
    match command {
        PackCommand::Lint { folder, json } => {
            let folder = folder.or_else(|| config.pack()).ok_or_else(|| anyhow::anyhow!("no pack is named"))?;
            crate::rooms::lint(&folder, json)
        }
        PackCommand::Import { folder } => {
            if let Some(folder) = folder {
                config.city.pack = folder;
            }
            // Opening a city imports what changed; nothing else is left to do.
            let city = City::open(config, Surroundings::system()).await?;
            say(format_args!("{}: {}", city.pack.city.code, city.rooms.summary()))?;
            city.run_due().await?;
            Ok(Outcome::Good)
        }
    }
}
