//! An upstream is data: addresses, what it can do, and how its claims and levels read in our words.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use haidang_kernel::bilingual::Bilingual;
use haidang_web::client::{Guarded, on_this_machine};
use jsonwebtoken::Algorithm;
use serde::Deserialize;

/// A text that `Debug` never prints.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ClientSecret(String);

impl ClientSecret {
    /// Wraps it.
    pub fn new(text: impl Into<String>) -> ClientSecret {
        ClientSecret(text.into())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// How the city proves to the upstream who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// A signed assertion (RFC 7523); nothing secret leaves the city.
    #[default]
    PrivateKeyJwt,
    /// `Authorization: Basic`.
    ClientSecretBasic,
    /// Identifier and secret in the body.
    ClientSecretPost,
}

/// How the person's data are asked for once there is a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProfileBy {
    /// `GET` with the access token as bearer, as OpenID Connect has it.
    #[default]
    Bearer,
    /// `GET` with the id_token in the query, as public code of VNeID's callers has it (unverified).
    TokenId,
    /// The id_token says everything.
    IdToken,
}

/// Names of claims, the first that is present counts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimMap {
    /// Identifier of the account at the upstream (TechID).
    pub subject: Vec<String>,
    /// Personal identification number.
    pub personal_id: Vec<String>,
    /// Full name.
    pub name: Vec<String>,
    /// Date of birth.
    pub birth_date: Vec<String>,
    /// Sex.
    #[serde(default)]
    pub sex: Vec<String>,
    /// Telephone.
    #[serde(default)]
    pub phone: Vec<String>,
    /// E-mail address.
    #[serde(default)]
    pub email: Vec<String>,
    /// Permanent residence.
    #[serde(default)]
    pub address: Vec<String>,
    /// Nationality.
    #[serde(default)]
    pub nationality: Vec<String>,
}

/// How an upstream's words for levels read in ours. A value that stands nowhere means level 1 and xt1.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelMap {
    /// Claims with the level of the account.
    #[serde(default)]
    pub account_claim: Vec<String>,
    /// Their values: 1 or 2 (Decree 69/2024/NĐ-CP, Articles 5 and 6).
    #[serde(default)]
    pub account: BTreeMap<String, u8>,
    /// Claims with the strength of this authentication.
    #[serde(default)]
    pub acr_claim: Vec<String>,
    /// Their values: 1 to 4 (Article 20).
    #[serde(default)]
    pub acr: BTreeMap<String, u8>,
}

/// One configured upstream.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    /// Part of addresses: `/dang-nhap/{id}`.
    pub id: String,
    /// What people know it as.
    pub name: Bilingual,
    /// Value of `iss`.
    pub issuer: String,
    /// Authorization endpoint; empty: from the issuer's discovery document, as every other empty address.
    #[serde(default)]
    pub authorize: String,
    /// Token endpoint.
    #[serde(default)]
    pub token: String,
    /// Key set.
    #[serde(default)]
    pub jwks: String,
    /// Where the person's data are.
    #[serde(default)]
    pub profile_uri: String,
    /// How they are asked for.
    #[serde(default)]
    pub profile_by: ProfileBy,
    /// Where the person ends the session there; empty: nowhere.
    #[serde(default)]
    pub logout_uri: String,
    /// Our name there; empty: not connected yet, and nobody is shown a door.
    #[serde(default)]
    pub client_id: String,
    /// How we prove it.
    #[serde(default)]
    pub client_auth: ClientAuth,
    /// File of the secret or of the private key (EC P-256, PKCS#8, PEM), relative to the folder of keys.
    #[serde(default)]
    pub client_secret_file: String,
    /// Scopes asked for.
    #[serde(default = "openid")]
    pub scope: String,
    /// Whether the upstream takes a PKCE challenge.
    #[serde(default = "yes")]
    pub pkce: bool,
    /// Whether the upstream repeats a nonce.
    #[serde(default = "yes")]
    pub nonce: bool,
    /// Whether `prompt=login` makes the upstream ask the person again.
    #[serde(default = "yes")]
    pub prompt_login: bool,
    /// Signature algorithms accepted on its id_tokens.
    #[serde(default = "rs256")]
    pub algorithms: BTreeSet<Signature>,
    /// Our word in `amr`: `vneid`, `dvcqg`.
    pub method: String,
    /// `acr_values` that ask for level 1 to 4, when the upstream takes any.
    #[serde(default)]
    pub acr_values: BTreeMap<String, String>,
    /// How claims are called.
    pub claims: ClaimMap,
    /// How levels are called.
    #[serde(default)]
    pub levels: LevelMap,
    /// Manner of the built-in simulator that stands for it in a demonstration or test city; empty: none does.
    #[serde(default)]
    pub simulated_by: String,
    /// The secret itself; never in the file.
    #[serde(skip)]
    pub secret: ClientSecret,
}

/// Algorithms an upstream may sign with: public keys only, all over SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Signature {
    /// RSASSA-PKCS1-v1_5.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSASSA-PSS.
    #[serde(rename = "PS256")]
    Ps256,
    /// ECDSA over P-256.
    #[serde(rename = "ES256")]
    Es256,
}

impl Signature {
    pub(crate) fn algorithm(self) -> Algorithm {
        match self {
            Signature::Rs256 => Algorithm::RS256,
            Signature::Ps256 => Algorithm::PS256,
            Signature::Es256 => Algorithm::ES256,
        }
    }
}

fn openid() -> String {
    "openid".to_owned()
}

fn yes() -> bool {
    true
}

fn rs256() -> BTreeSet<Signature> {
    BTreeSet::from([Signature::Rs256])
}

/// Why a file of upstreams is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    /// No TOML of this form.
    #[error("{0}")]
    Form(String),
    /// A rule is broken.
    #[error("upstream {0}: {1}")]
    Rule(String, String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    upstream: Vec<Upstream>,
}

/// Words that stand at the same place of an address as the id of an upstream.
const RESERVED: &[&str] = &["can-bo", "xac-thuc", "nang-muc", "khoi-phuc", "khoa-truy-cap"];

impl Upstream {
    /// Reads a file of upstreams and holds it to the rules that need nothing else.
    ///
    /// # Errors
    /// The first thing that is wrong, naming the upstream.
    pub fn from_toml(text: &str) -> Result<Vec<Upstream>, UpstreamError> {
        let file: File = toml::from_str(text).map_err(|error| UpstreamError::Form(error.to_string()))?;
        let mut seen = BTreeSet::new();
        for upstream in &file.upstream {
            let refuse = |what: &str| Err(UpstreamError::Rule(upstream.id.clone(), what.to_owned()));
            let plain = |text: &str| {
                !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            };
            if !plain(&upstream.id) || RESERVED.contains(&upstream.id.as_str()) {
                return refuse("id must be lower-case letters, digits and hyphens, and no word of our own pages");
            }
            if !seen.insert(upstream.id.clone()) {
                return refuse("stands twice");
            }
            if upstream.issuer.is_empty() || upstream.issuer.ends_with('/') {
                return refuse("issuer must be an address without a slash at its end");
            }
            if upstream.algorithms.is_empty() {
                return refuse("algorithms names none");
            }
            let levels = &upstream.levels;
            if levels.account.values().any(|level| !(1..=2).contains(level)) {
                return refuse("levels.account goes from 1 to 2");
            }
            if levels.acr.values().any(|level| !(1..=4).contains(level)) {
                return refuse("levels.acr goes from 1 to 4");
            }
            for level in upstream.acr_values.keys() {
                if !matches!(level.as_str(), "1" | "2" | "3" | "4") {
                    return refuse("acr_values has the keys 1 to 4");
                }
            }
        }
        Ok(file.upstream)
    }

    /// Whether the city is a client of it.
    pub fn connected(&self) -> bool {
        !self.client_id.is_empty()
    }

    /// Whether the secret is known already.
    pub fn has_secret(&self) -> bool {
        !self.secret.reveal().is_empty()
    }

    /// Reads the secret or key of a connected upstream.
    ///
    /// # Errors
    /// A file that is absent, empty or open to everybody on the machine.
    pub fn read_secret(&mut self, keys: &Path) -> Result<(), UpstreamError> {
        let refuse = |what: String| UpstreamError::Rule(self.id.clone(), what);
        if self.client_secret_file.is_empty() {
            return Err(refuse("client_secret_file is required once client_id is given".to_owned()));
        }
        let path = keys.join(&self.client_secret_file);
        let meta =
            std::fs::metadata(&path).map_err(|error| refuse(format!("client_secret_file cannot be read: {error}")))?;
        if open_to_others(&meta) {
            return Err(refuse("client_secret_file may be read by everybody on this machine".to_owned()));
        }
        let text = std::fs::read_to_string(&path)
            .map_err(|error| refuse(format!("client_secret_file cannot be read: {error}")))?;
        if text.trim().is_empty() {
            return Err(refuse("client_secret_file is empty".to_owned()));
        }
        self.secret = ClientSecret::new(text.trim());
        Ok(())
    }

    /// Highest level of authentication that its words can assert, 1 to 4.
    pub fn highest_level(&self) -> u8 {
        self.levels.acr.values().copied().max().unwrap_or(1)
    }

    /// What its addresses must be: reached by `https`, and no others than this city may call. Only a demonstration or
    /// test city (`simulated`) may have its upstream on this machine, without encryption.
    ///
    /// # Errors
    /// The first address that is none of these.
    pub fn check_addresses(&self, simulated: bool, client: &Guarded) -> Result<(), UpstreamError> {
        let refuse = |what: &str| Err(UpstreamError::Rule(self.id.clone(), what.to_owned()));
        for address in [&self.issuer, &self.authorize, &self.token, &self.jwks, &self.profile_uri, &self.logout_uri] {
            if address.is_empty() {
                continue;
            }
            let here = on_this_machine(address);
            if here && !simulated {
                return refuse("an address lies on this machine: a simulator never serves a production city");
            }
            if !(address.starts_with("https://") || here) {
                return refuse("an address is not reached by https://");
            }
            if client.check(address).is_err() {
                return refuse(
                    "an address is none that this city may call (federation.private_hosts names exceptions)",
                );
            }
        }
        Ok(())
    }
}

#[cfg(unix)]
fn open_to_others(meta: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    meta.permissions().mode() & 0o007 != 0
}

#[cfg(not(unix))]
fn open_to_others(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use haidang_web::client::OutboundLimits;

    pub(crate) const SAMPLE: &str = r#"
        [[upstream]]
        id = "mau"
        name = { vi = "Mẫu", en = "Sample" }
        issuer = "https://id.example.vn"
        client_id = "city"
        method = "vneid"
        [upstream.claims]
        subject = ["TechID"]
        personal_id = ["SoDinhDanh"]
        name = ["HoVaTen"]
        birth_date = ["NgayThangNamSinh"]
    "#;

    #[test]
    fn a_file_of_upstreams_is_read_safe_by_default() {
        let read = Upstream::from_toml(SAMPLE).unwrap();
        let one = &read[0];
        assert!(one.pkce && one.nonce && one.prompt_login && one.connected());
        assert_eq!(one.client_auth, ClientAuth::PrivateKeyJwt);
        assert_eq!(one.algorithms, BTreeSet::from([Signature::Rs256]));
    }

    #[test]
    fn broken_files_are_refused() {
        for (from, to) in [
            ("id = \"mau\"", "id = \"can-bo\""),
            ("id = \"mau\"", "id = \"Mẫu\""),
            ("https://id.example.vn", "https://id.example.vn/"),
            ("method = ", "client_secret = \"inline\"\nmethod = "),
            ("method = ", "algorithms = [\"none\"]\nmethod = "),
            ("method = ", "algorithms = [\"HS256\"]\nmethod = "),
            ("method = ", "algorithms = []\nmethod = "),
            ("method = ", "acr_values = { 5 = \"x\" }\nmethod = "),
            ("method = ", "levels = { acr = { LoA9 = 5 } }\nmethod = "),
        ] {
            assert!(Upstream::from_toml(&SAMPLE.replacen(from, to, 1)).is_err(), "{to}");
        }
        assert!(Upstream::from_toml(&format!("{SAMPLE}{SAMPLE}")).is_err(), "twice");
    }

    #[test]
    fn t50_production_refuses_an_upstream_on_this_machine() {
        let client = Guarded::new(["127.0.0.1".to_owned()], OutboundLimits::default()).unwrap();
        let mut one = Upstream::from_toml(SAMPLE).unwrap().remove(0);
        for (address, production, demonstration) in [
            ("https://sso.example.vn/x", true, true),
            ("http://id.example.vn", false, false),
            ("https://127.0.0.1:81/x", false, true),
            ("http://127.0.0.1:81/x", false, true),
            ("https://LocalHost/x", false, true),
            ("https://localhost./x", false, true),
            ("https://id.localhost/x", false, true),
            ("https://vneid.vn@127.0.0.1/x", false, false),
            ("https://[::1]:4/x", false, false),
            ("https://0x7f.1/x", false, true),
            ("https://2130706433/x", false, true),
            ("https://[::ffff:127.0.0.1]/x", false, false),
            ("https://10.0.0.7/x", false, false),
        ] {
            one.token = address.to_owned();
            for (simulated, expected) in [(false, production), (true, demonstration)] {
                assert_eq!(one.check_addresses(simulated, &client).is_ok(), expected, "{address} {simulated}");
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_that_everybody_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = std::env::temp_dir().join(format!("haidang-upstream-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("city.secret");
        std::fs::write(&file, "geheim\n").unwrap();
        let mut one = Upstream::from_toml(SAMPLE).unwrap().remove(0);
        assert!(one.read_secret(&folder).is_err(), "no file is named");
        one.client_secret_file = "city.secret".to_owned();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(one.read_secret(&folder).is_err());
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        one.read_secret(&folder).unwrap();
        assert_eq!(one.secret.reveal(), "geheim");
        assert!(!format!("{one:?}").contains("geheim"));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
