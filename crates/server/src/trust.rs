//! By what others trust this city: its own authorities where they may run, and the anchors it is told.

use anyhow::{Context as _, Result};
use haidang_kernel::ambient::Ambient;
use haidang_signing::{Certificate, Sealer};
use haidang_store::Db;
use haidang_trust::rules::Freshness;
use haidang_trust::{Settings, TrustRoom};

use crate::config::Config;

/// Certificates of other authorities, as the configuration names them; none where it names no file.
///
/// # Errors
/// A file that cannot be read or holds no certificate, naming it.
pub fn anchors(config: &Config) -> Result<Vec<Certificate>> {
    let file = &config.trust.anchors;
    if file.as_os_str().is_empty() {
        return Ok(Vec::new());
    }
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    let found = Certificate::read_bundle(&bytes).with_context(|| file.display().to_string())?;
    anyhow::ensure!(!found.is_empty(), "{}: no certificate (PEM) in it", file.display());
    Ok(found)
}

/// Where stamps of time are asked for: at the configured address, else at the city's own authority where it runs.
pub fn time_stamps(config: &Config, own: bool) -> Option<String> {
    match config.signing.time_stamps.as_str() {
        "" => own.then(|| format!("{}/tsa", config.origin(config.server.listen.port()))),
        given => Some(given.to_owned()),
    }
}

/// The city's own authorities. A production city has none unless its configuration says so: what they sign is worth as
/// much as the care for their keys, and no law stands behind it.
///
/// # Errors
/// What their keys or the database say.
pub async fn open(
    config: &Config,
    city: &str,
    db: &Db,
    ambient: &Ambient,
    sealer: Sealer,
) -> Result<Option<TrustRoom>> {
    if !(config.simulated() || config.trust.own_authority_in_production) {
        return Ok(None);
    }
    let settings = Settings {
        origin: config.origin(config.server.listen.port()),
        city: city.to_owned(),
        keys: config.trust_keys(),
        policy: Settings::policy(&config.trust.time_stamp_policy)?,
        accuracy_milliseconds: config.trust.time_stamp_accuracy_milliseconds,
        freshness: Freshness::default(),
    };
    let room = TrustRoom::open(db.clone(), ambient.clone(), sealer, settings).await;
    room.map(Some).context("the city's own authorities")
}
