//! The room that tells the national portal of cases, put together: the portal that is configured, and its work.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use haidang_identity::IdentityRoom;
use haidang_kernel::ambient::Ambient;
use haidang_portal::http::{Access, HttpPortal};
use haidang_portal::{Comparisons, Connection, Deliveries, Inner, PortalRoom, Settings};
use haidang_services::Services;
use haidang_store::{Db, Jobs};
use haidang_web::client::{Guarded, OutboundLimits};
use jiff::SignedDuration;

use crate::config::Config;
use crate::pack::Pack;

/// Largest answer of the portal in bytes: a page of a list.
const ANSWER: usize = 8 * 1024 * 1024;

fn seconds(count: u64) -> SignedDuration {
    SignedDuration::from_secs(i64::try_from(count).unwrap_or(i64::MAX))
}

/// The portal of a configuration; none without an address.
fn connection(config: &Config, pack: &Pack) -> Result<Option<Connection>> {
    let given = &config.national_portal;
    if given.address.is_empty() {
        return Ok(None);
    }
    let manner =
        pack.portal.clone().context("the pack has no national-portal.toml, which says how the portal writes things")?;
    let secret = std::fs::read_to_string(&given.secret_file).context("national_portal.secret_file")?;
    let base = given.address.trim_end_matches('/');
    let address = |path: &str| format!("{base}/{}", path.trim_matches('/'));
    let mut hosts = given.private_hosts.clone();
    if config.simulated() {
        // The configuration is checked: the address leads to this machine.
        let host = base.split("://").nth(1).unwrap_or_default().split('/').next().unwrap_or_default();
        hosts.push(host.rsplit_once(':').map_or(host, |(host, _)| host).to_owned());
    }
    let limits = OutboundLimits {
        timeout: Duration::from_secs(given.timeout_seconds),
        answer_bytes: ANSWER,
        redirects: 0,
        ..OutboundLimits::default()
    };
    let client = Guarded::new(hosts, limits).context("the client for the national portal")?;
    let access = Access {
        auth: address(&given.auth),
        share: address(&given.share),
        integration: address(&given.integration),
        unit: given.unit.clone(),
        user: given.user.clone(),
        secret: secret.trim_end_matches(['\r', '\n']).to_owned(),
        lists: given.lists,
    };
    let portal = Arc::new(HttpPortal::new(client, access, manner.clone()));
    Ok(Some(Connection { portal, manner }))
}

/// Opens the room; it hears of cases only where there is a portal to tell.
pub fn open(
    config: &Config,
    pack: &Pack,
    db: &Db,
    ambient: &Ambient,
    identity: &IdentityRoom,
    services: &Arc<Services>,
) -> Result<PortalRoom> {
    let given = &config.national_portal;
    let connection = connection(config, pack)?;
    let connected = connection.is_some();
    let room = PortalRoom::new(Inner {
        db: db.clone(),
        ambient: ambient.clone(),
        stories: services.clone(),
        directory: Arc::new(identity.clone()),
        connection,
        settings: Settings {
            parallel: usize::try_from(given.parallel).unwrap_or(1),
            look: seconds(given.look_seconds),
            longest_pause: seconds(given.longest_pause_seconds),
            nightly: given.nightly,
        },
    });
    if connected {
        db.register(Arc::new(room.clone()));
    }
    Ok(room)
}

/// Adds its work beside the requests; a city without a portal has none.
pub fn jobs(room: &PortalRoom, jobs: Jobs) -> Jobs {
    if room.connection.is_none() {
        return jobs;
    }
    jobs.with(Arc::new(Deliveries(room.clone()))).with(Arc::new(Comparisons(room.clone())))
}
