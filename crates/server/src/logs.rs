//! Log lines: JSON in production, text for people elsewhere; ids only, never personal data.

use std::io::IsTerminal as _;

use anyhow::{Context as _, Result};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{Config, Environment, LogFormat};

/// Starts writing log lines to standard error. A second call in one process changes nothing.
pub fn start(config: &Config) -> Result<()> {
    let filter = EnvFilter::try_new(&config.log.filter).context("log.filter")?;
    let json = match config.log.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => config.city.environment == Environment::Production,
    };
    let registry = tracing_subscriber::registry().with(filter);
    let started = if json {
        registry.with(layer().json().flatten_event(true).with_writer(std::io::stderr)).try_init()
    } else {
        let colours = std::io::stderr().is_terminal();
        registry.with(layer().with_ansi(colours).with_writer(std::io::stderr)).try_init()
    };
    if started.is_err() {
        tracing::debug!("log lines are written already");
    }
    Ok(())
}
