//! Proof of possession (RFC 9449): the checks in the order of the handbook, 3.10, and the nonces.

use super::error::{Refusal, Stop};
use super::{Provider, jose, rules, sql};
use axum::http::HeaderMap;
use haidang_kernel::keyed::hmac_sha256;
use haidang_store::args;
use serde_json::{Map, Value};

/// Algorithms of proofs.
pub(crate) const ALGORITHMS: [&str; 3] = ["ES256", "EdDSA", "PS256"];

/// How far `iat` may be off, in seconds.
const WINDOW: i64 = 60;
/// How long a proof's `jti` is remembered, in seconds.
const MEMORY: i64 = 300;
/// A nonce changes this often, in seconds.
const NONCE_LIFE: i64 = 60;
/// So many of the last nonces are accepted.
const NONCES: i64 = 5;

/// What a proof must be about.
pub(crate) struct Expected<'a> {
    pub(crate) method: &'a str,
    /// The address by which the caller reaches us, without query.
    pub(crate) uri: &'a str,
    /// The access token at a resource.
    pub(crate) token: Option<&'a str>,
    /// Seconds since the epoch.
    pub(crate) now: i64,
}

/// A proof whose own words are right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proof {
    pub(crate) jkt: String,
    jti: String,
    nonce: Option<String>,
    issued_at: i64,
}

/// The one `DPoP` header; `None` when there is none.
pub(crate) fn sent(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let mut all = headers.get_all("dpop").iter();
    let Some(first) = all.next() else { return Ok(None) };
    if all.next().is_some() {
        return Err(Refusal::proof("more than one DPoP header"));
    }
    first.to_str().map(Some).map_err(|_| Refusal::proof("the DPoP header is no text"))
}

/// Judges a proof by itself: everything but whether it was seen before and whether its nonce is ours.
pub(crate) fn judge(proof: &str, expected: &Expected<'_>) -> Result<Proof, Refusal> {
    let wrong = Refusal::proof;
    let header = jose::header(proof).ok_or_else(|| wrong("the proof is no JSON Web Token"))?;
    if jose::text(&header, "typ") != Some("dpop+jwt") {
        return Err(wrong("typ is not dpop+jwt"));
    }
    let name = jose::text(&header, "alg").unwrap_or_default();
    let algorithm = jose::algorithm(name, &ALGORITHMS).ok_or_else(|| wrong("alg is not one of ours"))?;
    if jose::is_strange(&header) {
        return Err(wrong("the header asks for an extension"));
    }
    let key = header.get("jwk").and_then(jose::public_key).ok_or_else(|| wrong("jwk is missing or not public"))?;
    let claims = jose::verified_by(proof, &key, algorithm);
    let words = claims.as_ref().map_or_else(|| unsigned(proof), Clone::clone);
    let claim = |name: &'static str| jose::text(&words, name).filter(|value| !value.is_empty());
    let (Some(jti), Some(htm), Some(htu)) = (claim("jti"), claim("htm"), claim("htu")) else {
        return Err(wrong("jti, htm or htu is missing"));
    };
    let issued_at = words.get("iat").and_then(Value::as_i64).ok_or_else(|| wrong("iat is missing"))?;
    if expected.token.is_some() && claim("ath").is_none() {
        return Err(wrong("ath is missing"));
    }
    if claims.is_none() {
        return Err(wrong("the signature does not fit jwk"));
    }
    if htm != expected.method {
        return Err(wrong("htm is another method"));
    }
    if htu.split(['?', '#']).next() != Some(expected.uri) {
        return Err(wrong("htu is another address"));
    }
    let bounds = ["nbf", "exp"].map(|name| words.get(name).and_then(Value::as_i64));
    let outside = bounds[0].is_some_and(|nbf| nbf > expected.now + WINDOW)
        || bounds[1].is_some_and(|exp| exp < expected.now - WINDOW);
    if (expected.now - issued_at).abs() > WINDOW || outside || jti.len() > 512 {
        return Err(wrong("the proof is not from now"));
    }
    if expected.token.is_some_and(|token| claim("ath") != Some(rules::s256(token).as_str())) {
        return Err(wrong("ath is of another token"));
    }
    let jkt = jose::thumbprint(&key).ok_or_else(|| wrong("jwk has no thumbprint"))?;
    Ok(Proof { jkt, jti: jti.to_owned(), nonce: claim("nonce").map(str::to_owned), issued_at })
}

/// Claims of a proof whose signature is wrong, to say first what is missing: the order of the handbook.
fn unsigned(proof: &str) -> Map<String, Value> {
    let part = proof.split('.').nth(1).unwrap_or_default();
    let bytes = data_encoding::BASE64URL_NOPAD.decode(part.as_bytes()).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// The nonce of a minute. It follows from the house's secret, so that every machine of a city knows it.
fn nonce_at(secret: &[u8; 32], period: i64) -> String {
    let digest = hmac_sha256(secret, format!("dpop-nonce/{period}").as_bytes());
    data_encoding::BASE64URL_NOPAD.encode(&digest[..18])
}

/// The nonce to be sent now.
pub(crate) fn nonce(secret: &[u8; 32], now: i64) -> String {
    nonce_at(secret, now.div_euclid(NONCE_LIFE))
}

fn is_ours(secret: &[u8; 32], given: &str, now: i64) -> bool {
    let period = now.div_euclid(NONCE_LIFE);
    (0..NONCES).any(|age| haidang_web::tokens::same(&nonce_at(secret, period - age), given))
}

impl Provider {
    /// The proof of a request, checked to the end; `None` when there is none.
    pub(crate) async fn proof(
        &self,
        headers: &HeaderMap,
        method: &str,
        path: &str,
        token: Option<&str>,
    ) -> Result<Option<Proof>, Stop> {
        let Some(sent) = sent(headers)? else { return Ok(None) };
        let now = self.seconds();
        let uri = self.address(path);
        let proof = judge(sent, &Expected { method, uri: &uri, token, now })?;
        let nonce = proof.nonce.as_deref();
        if !nonce.is_some_and(|nonce| is_ours(&self.inner.settings.secret, nonce, now)) {
            let mut refusal = Refusal::new("use_dpop_nonce", "the proof must carry the nonce of this server");
            refusal.nonce = Some(self.nonce());
            return Err(refusal.into());
        }
        let key = format!("dpop/{}/{}", proof.jkt, rules::s256(&proof.jti));
        if !self.first_seen(&key, proof.issued_at.max(now) + MEMORY).await? {
            return Err(Refusal::proof("the proof was used before").into());
        }
        Ok(Some(proof))
    }

    /// The nonce of this minute.
    pub(crate) fn nonce(&self) -> String {
        nonce(&self.inner.settings.secret, self.seconds())
    }

    /// Remembers a one-time value until a second since the epoch; `false` when it was seen before.
    pub(crate) async fn first_seen(&self, key: &str, until: i64) -> Result<bool, Stop> {
        let until = until.saturating_mul(1_000_000);
        Ok(self.db().execute(sql::SEE, args![key, until]).await? > 0)
    }
}

#[cfg(test)]
#[path = "dpop_tests.rs"]
mod tests;
