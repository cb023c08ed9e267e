//! The simulated national e-identity and national service portal: a small city-less application of its own on a
//! loopback port. It vouches for fictional people without a password, says so on every page, and can be told to fail.
//!
//! It refuses to start outside demonstration and test, and on any address that other machines reach.

pub mod faults;
mod manner;
mod pages;
pub mod personas;
mod protocol;
mod tokens;

pub use faults::Fault;
pub use manner::{CLIENT, Manner, SECRET, stand_in};

use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use anyhow::{Context as _, Result, bail};
use haidang_identity::IdentityRoom;
use haidang_kernel::ambient::Ambient;
use haidang_kernel::bilingual::Bilingual;
use haidang_store::Db;
use haidang_web::{App, Rates, Routes, Row, Served, Site};
use tokio::net::TcpListener;

use crate::config::Environment;
use tokens::{Grant, Keys};

/// How a city is configured for the clean manner.
pub const CLEAN_UPSTREAM: &str = include_str!("clean.toml");
/// Seconds a code and an access token live.
const CODE_SECONDS: i64 = 60;
const TOKEN_SECONDS: i64 = 600;

/// The simulator with what it remembers of sign-ins under way.
pub struct EidSimulator {
    origin: String,
    ambient: Ambient,
    /// People of the city, chosen by number.
    city: OnceLock<IdentityRoom>,
    keys: Keys,
    codes: Mutex<HashMap<String, Grant>>,
    granted: Mutex<HashMap<String, Grant>>,
}

/// The state of one manner's doors.
#[derive(Clone)]
pub(super) struct Door {
    pub(super) simulator: Arc<EidSimulator>,
    pub(super) manner: Manner,
}

impl EidSimulator {
    /// Whether it may run here.
    ///
    /// # Errors
    /// Outside demonstration and test, and on an address that other machines reach.
    pub fn may_run(environment: Environment, listen: SocketAddr) -> Result<()> {
        if environment == Environment::Production {
            bail!("the simulator of the national e-identity runs in demonstration and test environments only");
        }
        if !listen.ip().is_loopback() {
            bail!("the simulator of the national e-identity listens on loopback only, not on {listen}");
        }
        Ok(())
    }

    /// Prepares the simulator for this address.
    ///
    /// # Errors
    /// What [`EidSimulator::may_run`] says.
    pub fn new(environment: Environment, listen: SocketAddr, ambient: Ambient) -> Result<Arc<EidSimulator>> {
        EidSimulator::may_run(environment, listen)?;
        Ok(Arc::new(EidSimulator {
            origin: format!("http://{listen}"),
            ambient,
            city: OnceLock::new(),
            keys: Keys::generate()?,
            codes: Mutex::default(),
            granted: Mutex::default(),
        }))
    }

    /// Where it is reached.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The private key by which a city proves itself in the clean manner, PEM.
    pub fn client_key(&self) -> &str {
        &self.keys.client_pem
    }

    /// Signs with a new key from now on, as an upstream does that has lost one; the former is published no more.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn rotate_key(&self) -> Result<()> {
        self.keys.rotate()
    }

    /// Its pages and endpoints. The store is the city's and is only read: for its people, and so that a browser that
    /// calls both by one host name keeps its session.
    fn served(self: &Arc<Self>, city: IdentityRoom, db: Db) -> Result<Served> {
        let name = Bilingual::new("Định danh điện tử mô phỏng", "Simulated electronic identity");
        let frame = haidang_ui::City {
            name: name.clone(),
            portal: name.clone(),
            office: name.clone(),
            responsible: name,
            ..haidang_ui::City::default()
        };
        let mut settings = haidang_web::Settings::new(self.origin.clone(), self.ambient.bytes());
        settings.demo = true;
        settings.rates = Rates::unlimited();
        let scanner = Arc::new(super::PatternScanner::default());
        let site = Site::new(db, self.ambient.clone(), Arc::new(city), scanner, Arc::new(frame), settings);
        haidang_ui::texts::register(crate::TEXTS)?;
        let mut app = App::new(site).mount(
            Routes::new("server", self.clone())
                .page(Row::get("show_simulated_people", "/").public(), pages::show_simulated_people)
                // Where the frame of every page leads; all there is to see here is who may sign in, and where to begin.
                .page(Row::get("begin_at_the_city", haidang_ui::paths::SIGN_IN).public(), pages::show_simulated_people)
                .page(
                    Row::get("look_at_the_city", haidang_ui::paths::WHO_LOOKED).public(),
                    pages::show_simulated_people,
                ),
        );
        for manner in Manner::ALL {
            app = app.mount(routes(Door { simulator: self.clone(), manner: *manner }));
        }
        app.build().context("routes of the simulator")
    }

    /// Serves until `shutdown` ends, and vouches for the people of this city too.
    ///
    /// # Errors
    /// When the listener is not the one it was made for; what is awaited, when the listener fails.
    pub fn serve(
        self: Arc<Self>,
        city: IdentityRoom,
        db: Db,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<impl Future<Output = Result<()>> + Send + 'static> {
        if format!("http://{}", listener.local_addr()?) != self.origin {
            bail!("the simulator was made for {}", self.origin);
        }
        let _ = self.city.set(city.clone());
        let served = self.served(city, db)?;
        Ok(async move { Ok(served.serve(listener, shutdown).await?) })
    }

    fn keep(&self, grants: &Mutex<HashMap<String, Grant>>, name: String, grant: Grant) {
        let now = self.ambient.now().as_second();
        let mut grants = grants.lock().unwrap_or_else(PoisonError::into_inner);
        grants.retain(|_, grant| grant.at + TOKEN_SECONDS > now);
        grants.insert(name, grant);
    }

    /// Takes a code; it can be taken once.
    fn take_code(&self, code: &str) -> Option<Grant> {
        let now = self.ambient.now().as_second();
        let grant = self.codes.lock().unwrap_or_else(PoisonError::into_inner).remove(code)?;
        (grant.at + CODE_SECONDS > now).then_some(grant)
    }

    /// The grant behind an id_token, by the hash of the access token it came with.
    fn by_hash(&self, hash: &str) -> Option<Grant> {
        let granted = self.granted.lock().unwrap_or_else(PoisonError::into_inner);
        let token = granted.keys().find(|token| tokens::half_hash(token) == hash).cloned();
        drop(granted);
        token.and_then(|token| self.granted(&token))
    }

    fn granted(&self, token: &str) -> Option<Grant> {
        let now = self.ambient.now().as_second();
        let granted = self.granted.lock().unwrap_or_else(PoisonError::into_inner);
        granted.get(token).filter(|grant| grant.at + TOKEN_SECONDS > now).cloned()
    }
}

/// Ids of the rows of one manner: authorize, decide, token, keys, profile, logout.
fn ids(manner: Manner) -> [&'static str; 6] {
    match manner {
        Manner::Vneid => {
            ["vneid_authorize", "vneid_decide", "vneid_token", "vneid_keys", "vneid_profile", "vneid_logout"]
        }
        Manner::Dvcqg => {
            ["dvcqg_authorize", "dvcqg_decide", "dvcqg_token", "dvcqg_keys", "dvcqg_profile", "dvcqg_logout"]
        }
        Manner::Oidc => ["oidc_authorize", "oidc_decide", "oidc_token", "oidc_keys", "oidc_profile", "oidc_logout"],
    }
}

const NOTHING_KEPT: &str = "the simulator keeps nothing";

fn routes(door: Door) -> Routes<Door> {
    let manner = door.manner;
    let [authorize, decide, token, keys, profile, logout] = ids(manner);
    let routes = Routes::new("server", door)
        .plain(Row::get(authorize, manner.path("authorize")).public(), pages::show_sign_in)
        // A script signs somebody in by one POST; there is no session here that a forged form could use.
        .protocol(Row::post(decide, manner.path("authorize")).public().no_mutation(NOTHING_KEPT), pages::decide)
        .protocol(Row::post(token, manner.path("token")).public().no_mutation(NOTHING_KEPT), protocol::token)
        .protocol(Row::get(keys, manner.path("jwks")).public(), protocol::keys)
        .protocol(Row::get(profile, manner.path("profile")).public(), protocol::profile)
        .plain(Row::get(logout, manner.path("logout")).public(), pages::show_signed_out);
    if manner == Manner::Oidc {
        let path = "/oidc/.well-known/openid-configuration";
        return routes.protocol(Row::get("oidc_discovery", path).public(), protocol::discovery);
    }
    routes
}
