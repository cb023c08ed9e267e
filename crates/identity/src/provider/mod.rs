//! OpenID provider: the city signs its own systems and its officials in; for citizens it stands between them and the
//! national e-identity.
//!
//! Safe by default, without a switch: S256 always, exact redirect addresses, `iss` in every answer, pushed requests,
//! keys instead of secrets and bound tokens for confidential clients, rotation with family revocation for public ones.
//! Formats, lives and order of checks are those of the handbook "identity", 3.1 to 3.10.

mod administer;
mod answer;
mod api;
mod asked;
mod authorize;
mod backchannel;
mod claims;
mod client_auth;
mod crypto;
mod device;
mod discovery;
mod dpop;
mod dynamic;
mod error;
mod exchange;
mod introspect;
mod issue;
mod jose;
mod key_admin;
mod keys;
mod live;
mod logout;
mod model;
mod pages;
mod params;
mod pushed;
mod redeem;
mod register;
mod registry;
mod request;
mod routes;
mod rules;
mod scopes;
mod sql;
mod token;
mod userinfo;
mod withdrawal;

pub use administer::RegistrationToken;
pub use backchannel::{LogoutDelivery, LogoutNotices};
pub use key_admin::{KeyState, KeyView};
pub use model::{Client, ClientAuth, ClientState, Metadata, Profile, ResourceServer, SignInDoor, TokenFormat};
pub use register::{By, NewClient, RegisterError, Registered};
pub use routes::routes;
pub use withdrawal::GrantWithdrawals;

use crate::room::IdentityRoom;
use async_trait::async_trait;
use haidang_kernel::problem::Problem;
use haidang_store::{Db, StoreError, args};
use haidang_web::FormTargets;
use haidang_web::client::Guarded;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock};

/// What the provider needs to know of its city.
#[derive(Clone)]
pub struct ProviderSettings {
    /// Issuer: an origin without a slash at its end.
    pub issuer: String,
    /// The house's secret, kept outside the database: makes nonces and names of people per sector.
    pub secret: [u8; 32],
    /// Days that a signing key signs.
    pub key_days: i64,
    /// Lives in seconds.
    pub lives: Lives,
    /// How keys of clients are fetched and clients told of ended sessions; without it neither happens.
    pub outbound: Option<Guarded>,
}

/// How long things live, in seconds. The defaults are also the most that the fapi2 profile allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lives {
    /// Authorization code.
    pub code: i64,
    /// Pushed request.
    pub pushed: i64,
    /// Access token of an official.
    pub access_official: i64,
    /// Access token of anybody else.
    pub access: i64,
    /// Identity token.
    pub id_token: i64,
    /// Refresh token, bound to the session.
    pub refresh: i64,
    /// Refresh token of an application on a telephone that asked for `offline_access`.
    pub offline: i64,
    /// A sign-in that waits for its person.
    pub interaction: i64,
    /// A device that waits for its person.
    pub device: i64,
}

impl Default for Lives {
    fn default() -> Self {
        Self {
            code: 60,
            pushed: 60,
            access_official: 300,
            access: 600,
            id_token: 900,
            refresh: 8 * 3_600,
            offline: 30 * 86_400,
            interaction: 600,
            device: 600,
        }
    }
}

/// The provider of a city. Cheap to clone; handlers take it as their state.
#[derive(Clone)]
pub struct Provider {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) room: IdentityRoom,
    pub(crate) settings: ProviderSettings,
    pub(crate) keys: RwLock<Option<Arc<keys::KeyRing>>>,
    pub(crate) registry: RwLock<Option<Arc<registry::Registry>>>,
    pub(crate) fetched: Mutex<HashMap<String, client_auth::Fetched>>,
    pub(crate) asked: asked::Asked,
}

#[async_trait]
impl FormTargets for Provider {
    async fn origins(&self) -> Vec<String> {
        match self.form_origins().await {
            Ok(origins) => origins,
            Err(error) => {
                tracing::warn!(error = %error, "where forms may lead is not known");
                Vec::new()
            }
        }
    }
}

impl Provider {
    /// Opens the provider over a migrated database. Its first key is made when somebody first asks for one.
    ///
    /// # Errors
    /// An issuer that is no origin, or a key that this house cannot open.
    pub async fn open(room: IdentityRoom, settings: ProviderSettings) -> Result<Self, Problem> {
        crypto::install();
        if rules::origin(&settings.issuer) != Some(settings.issuer.as_str()) {
            return Err(Problem::internal("the issuer must be an origin such as https://id.example.vn"));
        }
        let inner = Inner {
            room,
            settings,
            keys: RwLock::default(),
            registry: RwLock::default(),
            fetched: Mutex::default(),
            asked: asked::Asked::default(),
        };
        let provider = Self { inner: Arc::new(inner) };
        provider.keys().await?;
        Ok(provider)
    }

    pub(crate) fn db(&self) -> &Db {
        &self.inner.room.inner.db
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.room.inner.ambient.now()
    }

    pub(crate) fn seconds(&self) -> i64 {
        self.now().as_second()
    }

    /// A random text of 256 bits.
    pub(crate) fn random(&self) -> String {
        self.inner.room.inner.ambient.secret()
    }

    pub(crate) fn new_id(&self) -> String {
        self.inner.room.inner.ambient.new_id::<Provider>().to_string()
    }

    pub(crate) fn after(&self, seconds: i64) -> Timestamp {
        let now = self.now();
        now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(now)
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.inner.settings.issuer
    }

    /// Address of one of our endpoints. Never from the `Host` header, which the caller writes.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.inner.settings.issuer)
    }

    pub(crate) fn lives(&self) -> Lives {
        self.inner.settings.lives
    }

    /// Removes what is over, and makes the keys that are due; a job calls it now and then.
    ///
    /// # Errors
    /// What the database says.
    pub async fn sweep(&self) -> Result<(), Problem> {
        let hour_ago = self.after(-3_600);
        for statement in sql::SWEEPS {
            self.db().execute(*statement, args![hour_ago]).await?;
        }
        // A session lives at most twelve hours; its end is told before.
        self.db().execute(sql::SWEEP_RELYING, args![self.after(-3 * 86_400)]).await?;
        self.rotate_keys().await
    }

    /// Ends everything that was issued with a family of tokens.
    pub(crate) async fn revoke_family(&self, family: &str, why: &'static str) -> Result<(), StoreError> {
        use haidang_store::{ActorRef, AuditEntry};
        let now = self.now();
        let entry = AuditEntry::mutation("token.family_revoked", ActorRef::system())
            .object("token_family", family)
            .detail(serde_json::json!({ "why": why }));
        let done = self
            .db()
            .transaction(|tx| {
                let entry = entry.clone();
                Box::pin(async move {
                    tx.execute(sql::REVOKE_TOKENS_OF_FAMILY, args![family, now]).await?;
                    tx.execute(sql::REVOKE_REFRESH_OF_FAMILY, args![family, now]).await?;
                    tx.audit(entry).await?;
                    Ok::<(), StoreError>(())
                })
            })
            .await;
        self.inner.asked.forget();
        done
    }
}
