//! How a client proves itself at token, PAR, introspection and revocation: a signed assertion, a secret, or its id.

use super::error::{Refusal, Stop};
use super::model::{Client, ClientAuth};
use super::params::{Params, unescape};
use super::{Provider, jose, rules};
use axum::http::{HeaderMap, header};
use haidang_web::tokens;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use std::sync::{Arc, PoisonError};

/// Algorithms of assertions; RSA with its old padding is not among them.
pub(crate) const ALGORITHMS: [&str; 3] = ["ES256", "EdDSA", "PS256"];

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Longest life of an assertion, in seconds.
const LIFE: i64 = 120;
/// A clock of another machine may be ahead by this much; ten seconds must pass, a minute must not.
const AHEAD: i64 = 30;
/// A clock of another machine may be behind by this much.
const BEHIND: i64 = 10;

/// Keys of a client that publishes them itself, as they were fetched.
pub(crate) struct Fetched {
    set: Arc<Value>,
    at: Timestamp,
}

/// Keys fetched from a client are good for so long.
const KEPT: SignedDuration = SignedDuration::from_mins(10);
/// An unknown key is looked for no more often than this.
const AGAIN: SignedDuration = SignedDuration::from_secs(60);

/// The claims of an assertion, judged by themselves. Answers its `jti` and when it ends.
fn judge(claims: &Map<String, Value>, client: &str, issuer: &str, now: i64) -> Result<(String, i64), &'static str> {
    let text = |name: &str| jose::text(claims, name);
    let time = |name: &str| claims.get(name).and_then(Value::as_i64);
    if text("iss") != Some(client) || text("sub") != Some(client) {
        return Err("iss and sub are not the client");
    }
    // FAPI 2.0: the issuer, as one text. An address of an endpoint would make assertions exchangeable between servers.
    if text("aud") != Some(issuer) {
        return Err("aud is not the issuer");
    }
    let (Some(exp), Some(jti)) = (time("exp"), text("jti").filter(|jti| !jti.is_empty() && jti.len() <= 512)) else {
        return Err("exp or jti is missing");
    };
    let issued = time("iat").unwrap_or(now);
    if exp <= now - BEHIND || exp - issued > LIFE || exp > now + LIFE + AHEAD {
        return Err("the assertion is over or lives too long");
    }
    if issued > now + AHEAD || time("nbf").is_some_and(|nbf| nbf > now + AHEAD) {
        return Err("the assertion is from the future");
    }
    Ok((jti.to_owned(), exp))
}

/// The two halves of `Authorization: Basic`, decoded as RFC 6749 2.3.1 says.
fn basic(headers: &HeaderMap) -> Option<Result<(String, String), Refusal>> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let read = || {
        let bytes = data_encoding::BASE64.decode(rest.trim().as_bytes()).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (id, secret) = text.split_once(':')?;
        Some((unescape(id)?, unescape(secret)?))
    };
    Some(read().ok_or_else(|| challenged("the Authorization header cannot be read")))
}

/// A refusal of whoever tried a secret.
fn challenged(description: &'static str) -> Refusal {
    let mut refusal = Refusal::client(description);
    refusal.challenge = Some("Basic realm=\"haidang\"".to_owned());
    refusal
}

impl Provider {
    /// The client that sent a request, proven in the one way it registered.
    pub(crate) async fn client_of(&self, headers: &HeaderMap, params: &Params) -> Result<Arc<Client>, Stop> {
        let basic = basic(headers);
        let asserted = params.has("client_assertion") || params.has("client_assertion_type");
        if basic.is_some() && (asserted || params.has("client_secret")) {
            return Err(Refusal::request("two ways of proof at once").into());
        }
        if params.has("client_secret") {
            return Err(Refusal::client("a secret in the body is not offered").into());
        }
        if let Some(pair) = basic {
            return self.by_secret(pair?, params).await;
        }
        if asserted {
            return self.by_assertion(params).await;
        }
        let id = params.get("client_id").ok_or_else(|| Refusal::client("no client is named"))?;
        let client = self.open_client(id).await?;
        let client = client.filter(|client| client.metadata.token_endpoint_auth_method == ClientAuth::None);
        client.ok_or_else(|| Refusal::client("the client must prove itself").into())
    }

    async fn by_secret(&self, (id, secret): (String, String), params: &Params) -> Result<Arc<Client>, Stop> {
        if params.get("client_id").is_some_and(|other| other != id) {
            return Err(Refusal::request("client_id is another client").into());
        }
        let client = self.open_client(&id).await?;
        let client =
            client.filter(|client| client.metadata.token_endpoint_auth_method == ClientAuth::ClientSecretBasic);
        // An unknown client costs the same digest and the same comparison.
        let given = tokens::digest(&secret);
        let known = client.as_ref().and_then(|client| client.secret_sha256.clone()).unwrap_or_else(|| "-".repeat(64));
        let fits = tokens::same(&known, &given);
        client.filter(|_| fits).ok_or_else(|| challenged("unknown client or wrong secret").into())
    }

    async fn by_assertion(&self, params: &Params) -> Result<Arc<Client>, Stop> {
        let wrong = |what: &'static str| Stop::from(Refusal::client(what));
        if params.get("client_assertion_type") != Some(ASSERTION) {
            return Err(wrong("client_assertion_type is not offered"));
        }
        let token = params.get("client_assertion").ok_or_else(|| wrong("client_assertion is missing"))?;
        let header = jose::header(token).ok_or_else(|| wrong("the assertion is no JSON Web Token"))?;
        let name = jose::text(&header, "alg").unwrap_or_default();
        let algorithm = jose::algorithm(name, &ALGORITHMS).ok_or_else(|| wrong("alg is not offered"))?;
        if jose::is_strange(&header) {
            return Err(wrong("the header asks for an extension"));
        }
        // Whose keys to try is said by the assertion itself, and believed only once the signature fits.
        let named = jsonwebtoken::dangerous::insecure_decode_claims::<Map<String, Value>>(token).unwrap_or_default();
        let id = jose::text(&named, "sub").unwrap_or_default();
        if params.get("client_id").is_some_and(|other| other != id) {
            return Err(wrong("client_id is another client"));
        }
        let client = self.open_client(id).await?;
        let client = client.filter(|client| client.metadata.token_endpoint_auth_method == ClientAuth::PrivateKeyJwt);
        let client = client.ok_or_else(|| wrong("unknown client or wrong assertion"))?;
        let claims = self.signed_by(&client, token, &header, algorithm).await?;
        let claims = claims.ok_or_else(|| wrong("unknown client or wrong assertion"))?;
        let (jti, exp) = judge(&claims, &client.id, self.issuer(), self.seconds()).map_err(wrong)?;
        let key = format!("assertion/{}/{}", client.id, rules::s256(&jti));
        if !self.first_seen(&key, exp + LIFE).await? {
            return Err(wrong("the assertion was used before"));
        }
        Ok(client)
    }

    /// The claims when a key of the client made the signature.
    async fn signed_by(
        &self,
        client: &Client,
        token: &str,
        header: &Map<String, Value>,
        algorithm: jsonwebtoken::Algorithm,
    ) -> Result<Option<Map<String, Value>>, Stop> {
        let try_set = |set: &Value| {
            let keys = jose::candidates(set, header);
            keys.into_iter().filter_map(jose::public_key).find_map(|key| jose::verified_by(token, &key, algorithm))
        };
        if let Some(set) = &client.metadata.jwks {
            return Ok(try_set(set));
        }
        let Some(uri) = &client.metadata.jwks_uri else { return Ok(None) };
        let set = self.fetched(uri, KEPT).await?;
        if let Some(claims) = set.and_then(|set| try_set(&set)) {
            return Ok(Some(claims));
        }
        // A client that changed its keys is found again, though not for every wrong signature.
        Ok(self.fetched(uri, AGAIN).await?.and_then(|set| try_set(&set)))
    }

    /// Keys at an address, not older than this.
    async fn fetched(&self, uri: &str, age: SignedDuration) -> Result<Option<Arc<Value>>, Stop> {
        let now = self.now();
        let known = {
            let fetched = self.inner.fetched.lock().unwrap_or_else(PoisonError::into_inner);
            fetched.get(uri).filter(|one| now.duration_since(one.at) < age).map(|one| one.set.clone())
        };
        if known.is_some() {
            return Ok(known);
        }
        let Some(outbound) = &self.inner.settings.outbound else { return Ok(None) };
        let answer = outbound.get(uri).await.ok().filter(|answer| answer.status == 200);
        let set = answer.and_then(|answer| serde_json::from_slice::<Value>(&answer.body).ok());
        // A failure is remembered too, or every request would wait for a client that is down.
        let set = Arc::new(set.unwrap_or(Value::Null));
        let mut fetched = self.inner.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        fetched.insert(uri.to_owned(), Fetched { set: set.clone(), at: now });
        Ok(Some(set))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn t37_t49_an_assertion_is_for_this_issuer_and_for_now() {
        let now = 1_772_500_000;
        let judged = |changes: Value| {
            let mut claims =
                json!({ "iss": "c", "sub": "c", "aud": "https://id.example", "jti": "1", "iat": now, "exp": now + 60 });
            for (name, change) in changes.as_object().unwrap() {
                claims[name] = change.clone();
            }
            judge(claims.as_object().unwrap(), "c", "https://id.example", now)
        };
        assert_eq!(judged(json!({})), Ok(("1".to_owned(), now + 60)));
        let accepted = [
            json!({ "iat": now + 10, "nbf": now + 10, "exp": now + 70 }),
            json!({ "iat": now - 100, "exp": now + 20 }),
            json!({ "iat": now - 65, "exp": now - 5 }),
        ];
        for changes in accepted {
            assert!(judged(changes.clone()).is_ok(), "{changes}");
        }
        let refused = [
            json!({ "aud": ["https://id.example"] }),
            json!({ "aud": "https://id.example/" }),
            json!({ "aud": "https://id.example/oauth2/token" }),
            json!({ "aud": "https://id.example/oauth2/par" }),
            json!({ "aud": null }),
            json!({ "iss": "d" }),
            json!({ "sub": "d" }),
            json!({ "jti": "" }),
            json!({ "jti": null }),
            json!({ "exp": null }),
            json!({ "exp": now - 10 }),
            json!({ "exp": now + 121 }),
            json!({ "iat": now + 61, "exp": now + 90 }),
            json!({ "nbf": now + 61 }),
        ];
        for changes in refused {
            assert!(judged(changes.clone()).is_err(), "{changes}");
        }
    }
}
