//! Calls to an upstream: discovery, keys, token, profile. Every one goes through the guarded client.

use axum::http::{HeaderMap, HeaderValue};
use data_encoding::BASE64;
use haidang_kernel::ambient::Ambient;
use haidang_web::client::{Guarded, OutboundAnswer, OutboundError};
use haidang_web::encode;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::config::{ClientAuth, ProfileBy, Upstream};
use super::verify::Claims;

/// How long addresses and keys of an upstream are believed without asking again.
const BELIEVED: SignedDuration = SignedDuration::from_hours(1);
/// An unknown key name makes us ask for the keys again, at most this often.
const ASK_AGAIN: SignedDuration = SignedDuration::from_secs(10);
/// Life of an assertion by which we prove who we are.
const ASSERTION_SECONDS: i64 = 60;

/// Why an upstream gave us nothing to use. The words go to log and audit and hold no answer of the upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RemoteFault {
    /// No answer in time.
    Timeout,
    /// No answer.
    Unreachable,
    /// An answer that is no success.
    Status,
    /// An answer of another form than agreed.
    Form,
    /// The discovery document of somebody else.
    Issuer,
    /// A simulator where real people live.
    Simulated,
    /// Our own key does not sign.
    ClientKey,
}

impl From<OutboundError> for RemoteFault {
    fn from(error: OutboundError) -> Self {
        if error == OutboundError::Timeout { RemoteFault::Timeout } else { RemoteFault::Unreachable }
    }
}

/// Addresses of an upstream, from its configuration or its discovery document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoints {
    pub(crate) authorize: String,
    pub(crate) token: String,
    pub(crate) jwks: String,
    pub(crate) profile: String,
    pub(crate) logout: String,
}

/// What the token endpoint gave.
pub(crate) struct Tokens {
    pub(crate) id_token: String,
    pub(crate) access_token: String,
}

/// A connected upstream with what is remembered of it.
pub(crate) struct Remote {
    pub(crate) upstream: Upstream,
    client: Guarded,
    ambient: Ambient,
    simulated: bool,
    endpoints: Mutex<Option<(Timestamp, Endpoints)>>,
    keys: Mutex<Option<(Timestamp, JwkSet)>>,
}

fn fresh<T: Clone>(kept: &Option<(Timestamp, T)>, now: Timestamp, life: SignedDuration) -> Option<T> {
    kept.as_ref().filter(|(at, _)| now.duration_since(*at) < life).map(|(_, value)| value.clone())
}

impl Remote {
    pub(crate) fn new(upstream: Upstream, client: Guarded, ambient: Ambient, simulated: bool) -> Remote {
        Remote { upstream, client, ambient, simulated, endpoints: Mutex::new(None), keys: Mutex::new(None) }
    }

    /// Whether a simulator may stand behind it.
    pub(crate) fn simulated(&self) -> bool {
        self.simulated
    }

    /// Addresses; those the configuration leaves out come from the discovery document of exactly this issuer.
    pub(crate) async fn endpoints(&self) -> Result<Endpoints, RemoteFault> {
        let given = Endpoints {
            authorize: self.upstream.authorize.clone(),
            token: self.upstream.token.clone(),
            jwks: self.upstream.jwks.clone(),
            profile: self.upstream.profile_uri.clone(),
            logout: self.upstream.logout_uri.clone(),
        };
        if !given.authorize.is_empty() && !given.token.is_empty() && !given.jwks.is_empty() {
            return Ok(given);
        }
        let now = self.ambient.now();
        let mut kept = self.endpoints.lock().await;
        if let Some(known) = fresh(&kept, now, BELIEVED) {
            return Ok(known);
        }
        let url = format!("{}/.well-known/openid-configuration", self.upstream.issuer);
        let document = self.document(self.client.get(&url).await?)?;
        let text = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        if text("issuer") != self.upstream.issuer {
            return Err(RemoteFault::Issuer);
        }
        let or = |own: String, name: &str| if own.is_empty() { text(name) } else { own };
        let found = Endpoints {
            authorize: or(given.authorize, "authorization_endpoint"),
            token: or(given.token, "token_endpoint"),
            jwks: or(given.jwks, "jwks_uri"),
            profile: or(given.profile, "userinfo_endpoint"),
            logout: or(given.logout, "end_session_endpoint"),
        };
        // What a document says is called by us and shown to people: it is judged like any foreign address.
        for address in [&found.authorize, &found.token, &found.jwks] {
            self.client.check(address).map_err(|_| RemoteFault::Form)?;
        }
        for address in [&found.profile, &found.logout] {
            if !address.is_empty() {
                self.client.check(address).map_err(|_| RemoteFault::Form)?;
            }
        }
        *kept = Some((now, found.clone()));
        Ok(found)
    }

    /// The keys of the upstream; asked for again when `wanted` is not among those we remember.
    pub(crate) async fn keys(&self, wanted: Option<&str>) -> Result<JwkSet, RemoteFault> {
        let now = self.ambient.now();
        let mut kept = self.keys.lock().await;
        if let Some(known) = fresh(&kept, now, BELIEVED) {
            let missing = wanted.is_some_and(|name| known.find(name).is_none());
            if !missing || fresh(&kept, now, ASK_AGAIN).is_some() {
                return Ok(known);
            }
        }
        let url = self.endpoints().await?.jwks;
        let document = self.document(self.client.get(&url).await?)?;
        let found: JwkSet = serde_json::from_value(Value::Object(document)).map_err(|_| RemoteFault::Form)?;
        *kept = Some((now, found.clone()));
        Ok(found)
    }

    /// Exchanges the code. `verifier` is absent where the upstream knows no PKCE.
    pub(crate) async fn tokens(
        &self,
        code: &str,
        redirect_uri: &str,
        verifier: Option<&str>,
    ) -> Result<Tokens, RemoteFault> {
        let upstream = &self.upstream;
        let mut form = vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", code.to_owned()),
            ("redirect_uri", redirect_uri.to_owned()),
        ];
        form.extend(verifier.map(|verifier| ("code_verifier", verifier.to_owned())));
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
        headers.insert("accept", HeaderValue::from_static("application/json"));
        match upstream.client_auth {
            ClientAuth::ClientSecretPost => {
                form.push(("client_id", upstream.client_id.clone()));
                form.push(("client_secret", upstream.secret.reveal().to_owned()));
            }
            ClientAuth::ClientSecretBasic => {
                // RFC 6749, 2.3.1: both halves are encoded as a form before they are joined.
                let half = |text: &str| encode([("", text)]).trim_start_matches('=').to_owned();
                let pair = format!("{}:{}", half(&upstream.client_id), half(upstream.secret.reveal()));
                let value = format!("Basic {}", BASE64.encode(pair.as_bytes()));
                headers.insert("authorization", sensitive(&value)?);
            }
            ClientAuth::PrivateKeyJwt => {
                form.push(("client_id", upstream.client_id.clone()));
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                form.push(("client_assertion_type", kind.to_owned()));
                form.push(("client_assertion", self.assertion()?));
            }
        }
        let url = self.endpoints().await?.token;
        let answer = self.document(self.client.post(&url, headers, encode(form).into_bytes()).await?)?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
        let (Some(id_token), Some(access_token)) = (text("id_token"), text("access_token")) else {
            return Err(RemoteFault::Form);
        };
        Ok(Tokens { id_token, access_token })
    }

    /// What the upstream knows of the person; `None` where the id_token already says everything.
    pub(crate) async fn profile(&self, tokens: &Tokens) -> Result<Option<Claims>, RemoteFault> {
        let url = self.endpoints().await?.profile;
        let answer = match self.upstream.profile_by {
            ProfileBy::IdToken => return Ok(None),
            _ if url.is_empty() => return Err(RemoteFault::Form),
            ProfileBy::Bearer => {
                let mut headers = HeaderMap::new();
                headers.insert("authorization", sensitive(&format!("Bearer {}", tokens.access_token))?);
                self.client.get_with(&url, headers).await?
            }
            ProfileBy::TokenId => {
                let join = if url.contains('?') { '&' } else { '?' };
                let url = format!("{url}{join}{}", encode([("token_id", tokens.id_token.as_str())]));
                self.client.get_with(&url, HeaderMap::new()).await?
            }
        };
        self.document(answer).map(Some)
    }

    /// The JSON object of an answer; one that bears the simulator's mark is refused where real people live.
    fn document(&self, answer: OutboundAnswer) -> Result<Claims, RemoteFault> {
        if answer.status != 200 {
            return Err(RemoteFault::Status);
        }
        let document: Claims = serde_json::from_slice(&answer.body).map_err(|_| RemoteFault::Form)?;
        if !self.simulated && document.contains_key(super::MARKER) {
            return Err(RemoteFault::Simulated);
        }
        Ok(document)
    }

    fn assertion(&self) -> Result<String, RemoteFault> {
        let key =
            EncodingKey::from_ec_pem(self.upstream.secret.reveal().as_bytes()).map_err(|_| RemoteFault::ClientKey)?;
        let now = self.ambient.now().as_second();
        let claims = json!({
            "iss": self.upstream.client_id, "sub": self.upstream.client_id, "aud": self.upstream.issuer,
            "iat": now, "exp": now + ASSERTION_SECONDS, "jti": self.ambient.token(),
        });
        jsonwebtoken::encode(&Header::new(Algorithm::ES256), &claims, &key).map_err(|_| RemoteFault::ClientKey)
    }
}

/// A header value that no log prints.
fn sensitive(text: &str) -> Result<HeaderValue, RemoteFault> {
    let mut value = HeaderValue::from_str(text).map_err(|_| RemoteFault::Form)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use haidang_web::client::OutboundLimits;

    fn remote(simulated: bool) -> Remote {
        let text = r#"
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
        let client = Guarded::new([], OutboundLimits::default()).unwrap();
        let ambient = Ambient::fixed("2026-03-03T02:00:00Z".parse().unwrap(), 1);
        Remote::new(Upstream::from_toml(text).unwrap().remove(0), client, ambient, simulated)
    }

    #[test]
    fn t50_a_document_of_a_simulator_is_refused_where_real_people_live() {
        let marked = r#"{ "keys": [], "haidang_simulator": true }"#;
        for (status, body, simulated, expected) in [
            (200, marked, false, Some(RemoteFault::Simulated)),
            (200, marked, true, None),
            (200, r#"{ "keys": [] }"#, false, None),
            (200, "[]", false, Some(RemoteFault::Form)),
            (200, "<html>", true, Some(RemoteFault::Form)),
            (302, "{}", true, Some(RemoteFault::Status)),
            (500, marked, true, Some(RemoteFault::Status)),
        ] {
            let answer = OutboundAnswer { status, media_type: None, body: body.into() };
            assert_eq!(remote(simulated).document(answer).err(), expected, "{status} {body} {simulated}");
        }
    }
}
