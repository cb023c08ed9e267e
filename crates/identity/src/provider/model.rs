//! What the provider knows of other systems, and what it remembers between two steps of a sign-in.

use super::scopes;
use haidang_store::{Row, StoreError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Kind of a client: what it may leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// Confidential client of the FAPI 2 security profile; the default.
    Fapi2,
    /// Application in a browser or on a telephone, which can keep no secret.
    Public,
    /// Machine to machine.
    Service,
    /// An old system that knows neither pushed requests nor ES256; lives until a date.
    LegacyRp,
}

impl Profile {
    /// The word in tables and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fapi2 => "fapi2",
            Self::Public => "public",
            Self::Service => "service",
            Self::LegacyRp => "legacy_rp",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Fapi2, Self::Public, Self::Service, Self::LegacyRp].into_iter().find(|p| p.as_str() == word)
    }
}

/// Whether an official let the client in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientState {
    /// Registered, not yet approved.
    Pending,
    /// May be used until its end date.
    Approved,
    /// Never again.
    Revoked,
}

impl ClientState {
    /// The word in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Approved => "APPROVED",
            Self::Revoked => "REVOKED",
        }
    }

    fn parse(word: &str) -> Result<Self, StoreError> {
        let found = [Self::Pending, Self::Approved, Self::Revoked].into_iter().find(|s| s.as_str() == word);
        found.ok_or_else(|| StoreError::Corrupt("identity_client.state".to_owned()))
    }
}

/// How a client proves itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// RFC 7523: signed by a key of its own.
    PrivateKeyJwt,
    /// A secret in the `Authorization` header.
    ClientSecretBasic,
    /// Not at all.
    None,
}

/// Where people of a client sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInDoor {
    /// The page that offers every way.
    #[default]
    Any,
    /// Officials' accounts of this city alone.
    Official,
}

/// Registered facts of a client (RFC 7591 names).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// How it proves itself.
    pub token_endpoint_auth_method: ClientAuth,
    /// Where answers may be sent, byte for byte.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// Where a person may be sent after signing out.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<String>,
    /// Grants it may use.
    #[serde(default)]
    pub grant_types: Vec<String>,
    /// Scopes it may ask for, between spaces.
    #[serde(default)]
    pub scope: String,
    /// Its public keys.
    #[serde(default)]
    pub jwks: Option<Value>,
    /// Where its public keys are.
    #[serde(default)]
    pub jwks_uri: Option<String>,
    /// Algorithm of its identity tokens.
    #[serde(default = "default_algorithm")]
    pub id_token_signed_response_alg: String,
    /// Where it is told that a session ended.
    #[serde(default)]
    pub backchannel_logout_uri: Option<String>,
    /// Whether it knows people by a name of its own (`pairwise`) or by the city's (`public`).
    #[serde(default = "default_subject")]
    pub subject_type: String,
    /// Which clients know people by the same name: one agency, one sector.
    #[serde(default)]
    pub sector: Option<String>,
    /// Where its people sign in.
    #[serde(default)]
    pub sign_in: SignInDoor,
    /// Name in English.
    #[serde(default, rename = "client_name#en")]
    pub name_en: Option<String>,
}

fn default_algorithm() -> String {
    "ES256".to_owned()
}

fn default_subject() -> String {
    "pairwise".to_owned()
}

/// A registered client.
#[derive(Debug, Clone, PartialEq)]
pub struct Client {
    /// `client_id`.
    pub id: String,
    /// Name in Vietnamese.
    pub name: String,
    /// Kind.
    pub profile: Profile,
    /// Whether it was let in.
    pub state: ClientState,
    /// Last moment of the approval.
    pub approved_until: Option<Timestamp>,
    /// Registered facts.
    pub metadata: Metadata,
    pub(crate) secret_sha256: Option<String>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// Since when it is set aside, when it is.
    pub suspended_at: Option<Timestamp>,
}

impl Client {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        let profile = Profile::parse(&row.text("profile")?);
        Ok(Self {
            id: row.text("id")?,
            name: row.text("name")?,
            profile: profile.ok_or_else(|| StoreError::Corrupt("identity_client.profile".to_owned()))?,
            state: ClientState::parse(&row.text("state")?)?,
            approved_until: row.opt_timestamp("approved_until")?,
            metadata: row.json("metadata")?,
            secret_sha256: row.opt_text("secret_sha256")?,
            created_at: row.timestamp("created_at")?,
            suspended_at: row.opt_timestamp("suspended_at")?,
        })
    }

    /// Whether the client may be used now.
    pub fn is_open(&self, now: Timestamp) -> bool {
        let approved = self.state == ClientState::Approved && self.approved_until.is_none_or(|end| now < end);
        approved && self.suspended_at.is_none()
    }

    /// Whether the grant is registered for it.
    pub(crate) fn may(&self, grant: &str) -> bool {
        self.metadata.grant_types.iter().any(|known| known == grant)
    }

    /// Whether it may ask for the scope. Whoever may let a person pick whom to act for may also name somebody.
    pub(crate) fn has_scope(&self, scope: &str) -> bool {
        let wanted = if scopes::is_representee(scope) { scopes::ANY_REPRESENTEE } else { scope };
        self.metadata.scope.split(' ').any(|known| known == wanted)
    }

    /// Whether requests must be pushed first.
    pub(crate) fn must_push(&self) -> bool {
        self.profile == Profile::Fapi2
    }

    /// Whether its tokens are bound to a key.
    pub(crate) fn must_prove(&self) -> bool {
        self.profile == Profile::Fapi2
    }

    /// Whether its refresh tokens change at each use.
    pub(crate) fn rotates(&self) -> bool {
        self.metadata.token_endpoint_auth_method == ClientAuth::None
    }

    /// Its name in a language.
    pub(crate) fn name_in(&self, lang: haidang_ui::Lang) -> &str {
        match (lang, &self.metadata.name_en) {
            (haidang_ui::Lang::En, Some(name)) => name,
            _ => &self.name,
        }
    }

    /// Origins to which answers are sent, as a policy of a page can name them.
    pub(crate) fn origins(&self) -> Vec<String> {
        let mut origins: Vec<String> =
            self.metadata.redirect_uris.iter().filter_map(|uri| super::rules::form_source(uri)).collect();
        origins.sort_unstable();
        origins.dedup();
        origins
    }
}

/// How access tokens of a resource server look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFormat {
    /// RFC 9068, read by the resource server itself.
    Jwt,
    /// A random text, looked up by introspection.
    Opaque,
}

/// A system that takes our access tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceServer {
    /// Value of `resource` and `aud`.
    pub audience: String,
    /// Scopes it knows.
    pub scopes: Vec<String>,
    /// How its tokens look.
    pub format: TokenFormat,
    /// Life of its access tokens in seconds.
    pub access_seconds: i64,
    /// The client by which it asks about tokens.
    pub client: Option<String>,
}

impl ResourceServer {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            audience: row.text("audience")?,
            scopes: row.text("scopes")?.split(' ').filter(|s| !s.is_empty()).map(str::to_owned).collect(),
            format: if row.text("token_format")? == "jwt" { TokenFormat::Jwt } else { TokenFormat::Opaque },
            access_seconds: row.integer("access_seconds")?,
            client: row.opt_text("client")?,
        })
    }
}

/// One thing that is asked of the vault (RFC 9396).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VaultRead {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) locations: Vec<String>,
    pub(crate) actions: Vec<String>,
    pub(crate) datatypes: Vec<String>,
    pub(crate) purpose: String,
    pub(crate) case_id: String,
}

/// A checked authorization request, as it waits for its person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) client: String,
    pub(crate) redirect_uri: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: String,
    pub(crate) dpop_jkt: Option<String>,
    pub(crate) resource: Option<String>,
    pub(crate) form_post: bool,
    pub(crate) prompt: Vec<String>,
    pub(crate) max_age: Option<i64>,
    /// Least level that will do, 1 to 4.
    pub(crate) least_acr: Option<u8>,
    pub(crate) login_hint: Option<String>,
    pub(crate) ui_locale: Option<String>,
    /// `sub` of the identity token given as a hint.
    pub(crate) hinted_sub: Option<String>,
    /// Claims asked for by name at userinfo, beside those of the scopes.
    pub(crate) claims: Vec<String>,
    pub(crate) details: Vec<VaultRead>,
    /// Opaque id of the one acted for, once it is known: named in a scope, or picked by the person.
    #[serde(default)]
    pub(crate) representee: Option<String>,
}

impl Request {
    /// Whether the person is to pick whom to act for.
    pub(crate) fn lets_pick(&self) -> bool {
        scopes::wish(&self.scopes) == Some(scopes::Wish::Picked)
    }

    pub(crate) fn prompts(&self, word: &str) -> bool {
        self.prompt.iter().any(|known| known == word)
    }

    /// What the person is asked to agree to: the scopes, and those that cover claims asked for by name.
    pub(crate) fn asked_scopes(&self) -> Vec<String> {
        let mut scopes = self.scopes.clone();
        for claim in &self.claims {
            if let Some(scope) = super::claims::scope_of(claim).filter(|scope| !scopes.iter().any(|s| s == scope)) {
                scopes.push(scope.to_owned());
            }
        }
        scopes
    }
}

/// Facts of the sign-in that tokens carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SignedIn {
    pub(crate) person: String,
    pub(crate) sid: String,
    pub(crate) official: bool,
    pub(crate) auth_time: i64,
    pub(crate) acr: u8,
    pub(crate) amr: Vec<String>,
}

/// What an access or refresh token stands for, as its row keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) client: String,
    pub(crate) scopes: Vec<String>,
    #[serde(default)]
    pub(crate) resource: Option<String>,
    #[serde(default)]
    pub(crate) claims: Vec<String>,
    #[serde(default)]
    pub(crate) jkt: Option<String>,
    #[serde(default)]
    pub(crate) signed_in: Option<SignedIn>,
    #[serde(default)]
    pub(crate) details: Vec<VaultRead>,
    #[serde(default)]
    pub(crate) issued_at: i64,
    /// Opaque id of the one acted for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) representee: Option<String>,
    /// Who acts with the token in the person's place (RFC 8693 4.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) act: Option<Value>,
}
