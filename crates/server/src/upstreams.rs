//! Where residents sign in: the upstreams of the pack or of an installation, or the simulator that stands for them.

use std::time::Duration;

use anyhow::{Context as _, Result};
use haidang_identity::federation::{FederationSettings, Upstream};

use crate::config::Config;
use crate::simulators::eid;

/// Reads the upstreams that a configuration names; none where there is no file.
///
/// # Errors
/// What is wrong with the file, naming it.
pub fn read(config: &Config) -> Result<Vec<Upstream>> {
    let Some(file) = config.upstreams_file() else { return Ok(Vec::new()) };
    let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    Upstream::from_toml(&text).with_context(|| file.display().to_string())
}

/// The upstreams as this city calls them: with their secrets, or with the simulator in the place of those it can stand
/// for. Those without `client_id` are left as they are, and nobody is shown a door to them.
///
/// # Errors
/// A file or a secret that does not read.
pub fn settings(config: &Config) -> Result<FederationSettings> {
    let mut upstreams = read(config)?;
    let mut private_hosts = config.federation.private_hosts.clone();
    let simulator = config.federation.simulator.trim_end_matches('/');
    if !simulator.is_empty() {
        upstreams = eid::stand_in(upstreams, simulator);
        let host = simulator.split("://").nth(1).unwrap_or_default();
        private_hosts.push(host.rsplit_once(':').map_or(host, |(host, _)| host).to_owned());
    }
    for upstream in upstreams.iter_mut().filter(|upstream| upstream.connected() && !upstream.has_secret()) {
        upstream.read_secret(&config.keys())?;
    }
    let timeout = Duration::from_secs(config.federation.timeout_seconds);
    Ok(FederationSettings { upstreams, private_hosts, timeout })
}
