//! What every request needs: the records, the clock, the ports to other rooms and the settings of this city.

use crate::rate::{LoginThrottle, RateLimiter, Rates};
use async_trait::async_trait;
use haidang_contracts::authorizer::Authorizer;
use haidang_contracts::files::FileScanner;
use haidang_contracts::identity::Identity;
use haidang_kernel::ambient::Ambient;
use haidang_store::Db;
use haidang_ui::component::Banner;
use haidang_ui::{City, Lang};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How long sessions live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLimits {
    /// Idle time of a resident; the page warns two minutes before.
    pub resident_idle: Duration,
    /// Idle time of an official.
    pub official_idle: Duration,
    /// Whole life of a resident's session.
    pub resident_life: Duration,
    /// Whole life of an official's session.
    pub official_life: Duration,
    /// How old a second factor may be for signing, approving and keys.
    pub fresh_factor: Duration,
}

impl Default for SessionLimits {
    fn default() -> Self {
        let minutes = |n: u64| Duration::from_secs(n * 60);
        Self {
            resident_idle: minutes(15),
            official_idle: minutes(30),
            resident_life: minutes(8 * 60),
            official_life: minutes(12 * 60),
            fresh_factor: minutes(5),
        }
    }
}

/// Settings of the web face of a city.
#[derive(Clone)]
pub struct Settings {
    /// Public origin, such as `http://localhost:8080`; `https` turns on `__Host-` cookies and HSTS.
    pub origin: String,
    /// Marks a demonstration city on every page.
    pub demo: bool,
    /// Key of the tokens against forged requests; kept outside the database, the same on every machine of a city.
    pub secret: [u8; 32],
    /// Whether `X-Forwarded-For` of the machine in front may be believed.
    pub trusted_proxy: bool,
    /// How long sessions live.
    pub sessions: SessionLimits,
    /// How many requests one caller may send.
    pub rates: Rates,
    /// Sign-in page, without language prefix.
    pub sign_in_path: &'static str,
    /// Page that asks for the second factor again, without language prefix.
    pub step_up_path: &'static str,
    /// Page that offers the means to reach a higher level, without language prefix.
    pub assurance_path: &'static str,
}

impl Settings {
    /// Settings with the defaults of a city at this origin.
    pub fn new(origin: impl Into<String>, secret: [u8; 32]) -> Self {
        Self {
            origin: origin.into(),
            demo: false,
            secret,
            trusted_proxy: false,
            sessions: SessionLimits::default(),
            rates: Rates::default(),
            sign_in_path: haidang_ui::paths::SIGN_IN,
            step_up_path: "/dang-nhap/xac-thuc",
            assurance_path: "/dang-nhap/nang-muc",
        }
    }

    /// Whether browsers reach the city by an encrypted connection.
    pub fn secure(&self) -> bool {
        self.origin.starts_with("https://")
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("origin", &self.origin)
            .field("demo", &self.demo)
            .field("secret", &"***")
            .finish_non_exhaustive()
    }
}

/// Everything a request needs besides its own room's state. Shared by all requests.
pub struct Site {
    /// The records.
    pub db: Db,
    /// Clock, randomness and ids.
    pub ambient: Ambient,
    /// Turns a session or a token into an actor.
    pub identity: Arc<dyn Identity>,
    /// Says who may pass a row of the permission table.
    pub authorizer: Arc<dyn Authorizer>,
    /// Checks uploaded files.
    pub scanner: Arc<dyn FileScanner>,
    /// Facts of the city that the frame shows.
    pub city: Arc<City>,
    /// Settings.
    pub settings: Settings,
    /// Slows down guessing from one address of the network; identity asks it before it checks a password or a code.
    pub throttle: LoginThrottle,
    pub(crate) limiter: RateLimiter,
    pub(crate) emergency: std::sync::RwLock<Option<(Banner, Banner)>>,
    form_targets: OnceLock<Arc<dyn FormTargets>>,
}

/// Says where the forms of signing in may lead on to: the origins of registered systems, as they are stored now.
#[async_trait]
pub trait FormTargets: Send + Sync {
    /// The origins; none when the records do not answer, for a page that leads nowhere is better than none.
    async fn origins(&self) -> Vec<String>;
}

impl Site {
    /// Puts the parts together; `server` and tests do this once. Whoever knows the people also knows their rights.
    pub fn new<I: Identity + Authorizer + 'static>(
        db: Db,
        ambient: Ambient,
        identity: Arc<I>,
        scanner: Arc<dyn FileScanner>,
        city: Arc<City>,
        settings: Settings,
    ) -> Arc<Self> {
        let limiter = RateLimiter::new(settings.rates.clone());
        Arc::new(Self {
            db,
            ambient,
            identity: identity.clone(),
            authorizer: identity,
            scanner,
            city,
            settings,
            throttle: LoginThrottle::default(),
            limiter,
            emergency: std::sync::RwLock::new(None),
            form_targets: OnceLock::new(),
        })
    }

    /// Introduces whoever knows the registered systems; the first introduction counts.
    pub fn ask_for_form_targets(&self, targets: Arc<dyn FormTargets>) {
        let _ = self.form_targets.set(targets);
    }

    /// The origins as the end of a `form-action`.
    pub(crate) async fn form_targets(&self) -> String {
        match self.form_targets.get() {
            Some(targets) => targets.origins().await.iter().map(|origin| format!(" {origin}")).collect(),
            None => String::new(),
        }
    }

    /// Shows a banner on all pages (Vietnamese, English), or takes it away.
    pub fn set_emergency(&self, banner: Option<(Banner, Banner)>) {
        *self.emergency.write().unwrap_or_else(std::sync::PoisonError::into_inner) = banner;
    }

    pub(crate) fn emergency(&self, lang: Lang) -> Option<Banner> {
        let banner = self.emergency.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        banner.as_ref().map(|(vi, en)| if lang == Lang::En { en.clone() } else { vi.clone() })
    }
}
