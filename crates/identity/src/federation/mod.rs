//! Sign-in through the national e-identity and the national service portal, each a configuration.
//!
//! `/dang-nhap/{idp}` begins, `GET /federation/{idp}/callback` ends. Other parts of this room ask for a higher level of
//! whoever is signed in through `begin`.

mod account;
mod claims;
mod config;
mod flow;
mod link;
mod pages;
mod reason;
mod remote;
mod rules;
mod sql;
mod verify;

pub use config::{ClaimMap, ClientAuth, ClientSecret, LevelMap, ProfileBy, Signature, Upstream, UpstreamError};
pub(crate) use flow::begin;
pub(crate) use pages::after_sign_out;

use std::time::Duration;

use haidang_kernel::bilingual::Bilingual;
use haidang_ui::Lang;
use haidang_web::client::{Guarded, OutboundLimits};
use haidang_web::session::Described;
use haidang_web::{Routes, Row};

use crate::room::IdentityRoom;
use remote::Remote;

/// Member of every document and token of the built-in simulator; a production city refuses whatever carries it.
pub const MARKER: &str = "haidang_simulator";

/// Texts of this part.
pub(crate) const TEXTS: &[(&str, Lang, &str)] = &[
    ("identity-federation", Lang::Vi, include_str!("../../locales/vi/identity-federation.ftl")),
    ("identity-federation", Lang::En, include_str!("../../locales/en/identity-federation.ftl")),
];

/// What federation needs besides the room.
#[derive(Debug, Clone)]
pub struct FederationSettings {
    /// Upstreams in the order people see them; those the city is no client of are left out.
    pub upstreams: Vec<Upstream>,
    /// Hosts that may be called although their addresses are private.
    pub private_hosts: Vec<String>,
    /// Longest wait for one answer of an upstream.
    pub timeout: Duration,
}

/// The connected upstreams.
pub(crate) struct Federation {
    remotes: Vec<Remote>,
}

impl Federation {
    pub(crate) fn find(&self, id: &str) -> Option<&Remote> {
        self.remotes.iter().find(|remote| remote.upstream.id == id)
    }
}

impl IdentityRoom {
    /// Connects the upstreams; to be called once, before the room answers.
    ///
    /// # Errors
    /// An upstream at an address that this city may not call.
    pub fn federate(&self, settings: FederationSettings) -> Result<(), UpstreamError> {
        let limits = OutboundLimits { timeout: settings.timeout, ..OutboundLimits::default() };
        let client = Guarded::new(settings.private_hosts, limits);
        let client = client.map_err(|error| UpstreamError::Form(error.to_string()))?;
        for upstream in settings.upstreams.iter().filter(|upstream| upstream.connected()) {
            upstream.check_addresses(self.settings().simulated, &client)?;
        }
        let (ambient, simulated) = (&self.inner.ambient, self.settings().simulated);
        let remotes = settings
            .upstreams
            .into_iter()
            .filter(Upstream::connected)
            .map(|upstream| Remote::new(upstream, client.clone(), ambient.clone(), simulated))
            .collect();
        // A second call would change what is already being answered with.
        let _ = self.inner.federation.set(Federation { remotes });
        Ok(())
    }

    pub(crate) fn federation(&self) -> Option<&Federation> {
        self.inner.federation.get()
    }

    pub(crate) fn remote(&self, id: &str) -> Option<&Remote> {
        self.federation()?.find(id)
    }

    /// The doors for residents: id and name, in order.
    pub(crate) fn upstream_doors(&self) -> Vec<(String, Bilingual)> {
        let remotes = self.federation().map(|federation| federation.remotes.as_slice()).unwrap_or_default();
        remotes.iter().map(|remote| (remote.upstream.id.clone(), remote.upstream.name.clone())).collect()
    }

    /// Where the person of an upstream can prove more: address and name of every upstream that reaches the level.
    pub(crate) fn raising_doors(&self, lang: Lang, level: u8, next: &str) -> Vec<(String, String)> {
        let remotes = self.federation().map(|federation| federation.remotes.as_slice()).unwrap_or_default();
        let able = remotes.iter().filter(|remote| remote.upstream.highest_level() >= level);
        able.map(|remote| {
            let mut query = vec![("acr", level.to_string())];
            if next != "/" {
                query.push(("next", next.to_owned()));
            }
            let address = format!("/dang-nhap/{}?{}", remote.upstream.id, haidang_web::encode(query));
            (address, remote.upstream.name.text(lang).to_owned())
        })
        .collect()
    }

    /// Highest level that the person of a session can reach here by asking an upstream; `None` for whoever came
    /// another way.
    pub(crate) fn upstream_reach(&self, session: &Described) -> Option<u8> {
        session.upstream.as_ref()?;
        let remotes = self.federation().map(|federation| federation.remotes.as_slice()).unwrap_or_default();
        remotes.iter().map(|remote| remote.upstream.highest_level()).max()
    }

    /// Asks every upstream for its addresses and keys, so that a production city does not start before a simulator.
    /// One that does not answer is only told to the log: it may be away, and the city has other doors.
    ///
    /// # Errors
    /// The id of an upstream that bears the simulator's mark.
    pub async fn check_upstreams(&self) -> Result<(), String> {
        for remote in self.federation().map(|federation| federation.remotes.as_slice()).unwrap_or_default() {
            match remote.keys(None).await {
                Ok(_) => {}
                Err(remote::RemoteFault::Simulated) => {
                    return Err(format!(
                        "upstream {} is a simulator; it never serves a production city",
                        remote.upstream.id
                    ));
                }
                Err(fault) => tracing::warn!(upstream = %remote.upstream.id, ?fault, "an upstream does not answer"),
            }
        }
        Ok(())
    }
}

/// Rows of this part; there are none in a city that is connected to no upstream when its routes are put together.
pub(crate) fn routes(room: IdentityRoom) -> Routes<IdentityRoom> {
    if room.upstream_doors().is_empty() {
        return Routes::new("identity", room);
    }
    Routes::new("identity", room)
        .page(
            Row::get("begin_federated_sign_in", "/dang-nhap/{idp}")
                .public()
                .not_html()
                .example("/dang-nhap/vneid")
                .status(303),
            pages::begin_federated_sign_in,
        )
        .plain(
            Row::get("finish_federated_sign_in", "/federation/{idp}/callback")
                .public()
                .not_html()
                .example("/federation/vneid/callback"),
            pages::finish_federated_sign_in,
        )
        .page(
            Row::get("show_failed_sign_in", "/dang-nhap/{idp}/khong-thanh")
                .public()
                .example("/dang-nhap/vneid/khong-thanh?ly-do=cancelled"),
            pages::show_failed_sign_in,
        )
        .page(
            Row::get("show_account_link", "/lien-ket-dang-nhap").public().example("/lien-ket-dang-nhap"),
            pages::show_account_link,
        )
        .page(Row::post("link_account", "/lien-ket-dang-nhap").resident().audit("identity.linked"), pages::link_account)
        .page(
            Row::get("show_signed_out", "/da-dang-xuat/{idp}").public().example("/da-dang-xuat/vneid"),
            pages::show_signed_out,
        )
}
