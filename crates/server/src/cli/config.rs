//! `haidang config check`.

use clap::Subcommand;

use super::{Outcome, say};
use crate::config::{Config, LoadError};

/// Configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Tell all faults at once, else show the values in force (secrets as ***).
    Check,
    /// Print the reference page (docs/guide/configuration.md).
    Reference,
}

pub(crate) fn run(command: &ConfigCommand, loaded: Result<Config, LoadError>) -> anyhow::Result<Outcome> {
    if matches!(command, ConfigCommand::Reference) {
        say(crate::config::reference().trim_end())?;
        return Ok(Outcome::Good);
    }
    let config = match loaded {
        Ok(config) => config,
        Err(LoadError::Faults(faults)) => {
            say(faults)?;
            return Ok(Outcome::Wrong);
        }
        Err(other) => return Err(other.into()),
    };
    let faults = config.check();
    if !faults.is_empty() {
        say(crate::config::FaultList(faults))?;
        return Ok(Outcome::Wrong);
    }
    for (name, value) in config.shown() {
        say(format_args!("{name} = {value}"))?;
    }
    Ok(Outcome::Good)
}
