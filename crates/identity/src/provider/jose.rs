//! Reading JSON Web Tokens of others. What a header says is looked at as it was written, before any library reads it:
//! private members of a key and critical extensions would otherwise go unseen.

use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::{Map, Value};

/// Longest token that is looked at.
const LONGEST: usize = 16_384;

/// The members of a key that only its owner may know (RFC 7518 6).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The protected header of a compact token, or `None` when it is none.
pub(crate) fn header(token: &str) -> Option<Map<String, Value>> {
    let mut parts = token.split('.');
    let (first, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || token.len() > LONGEST {
        return None;
    }
    // The claims must be an object too, or the token is none.
    object(claims)?;
    object(first)
}

fn object(part: &str) -> Option<Map<String, Value>> {
    let bytes = data_encoding::BASE64URL_NOPAD.decode(part.as_bytes()).ok()?;
    match serde_json::from_slice(&bytes).ok()? {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

/// Whether the header asks for something we do not understand (RFC 7515 4.1.11), or hides how the body is written.
pub(crate) fn is_strange(header: &Map<String, Value>) -> bool {
    header.contains_key("crit")
        || header.contains_key("b64")
        || header.contains_key("zip")
        || header.contains_key("enc")
}

/// A text member.
pub(crate) fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    members.get(name).and_then(Value::as_str)
}

/// The algorithm of a name out of those allowed; `none` and `HS…` are never among them.
pub(crate) fn algorithm(name: &str, allowed: &[&str]) -> Option<Algorithm> {
    if !allowed.contains(&name) {
        return None;
    }
    match name {
        "ES256" => Some(Algorithm::ES256),
        "PS256" => Some(Algorithm::PS256),
        "RS256" => Some(Algorithm::RS256),
        "EdDSA" => Some(Algorithm::EdDSA),
        _ => None,
    }
}

/// A public key as it was written, refused when it holds private members or is of a kind that can be forged.
pub(crate) fn public_key(value: &Value) -> Option<Jwk> {
    let members = value.as_object()?;
    if PRIVATE.iter().any(|name| members.contains_key(*name)) {
        return None;
    }
    serde_json::from_value(value.clone()).ok()
}

/// Thumbprint of RFC 7638.
pub(crate) fn thumbprint(key: &Jwk) -> Option<String> {
    key.thumbprint(ThumbprintHash::SHA256).ok()
}

/// The claims of a token whose signature fits the key. Times and audiences are judged by the caller, by our clock.
pub(crate) fn verified(token: &str, key: &DecodingKey, algorithm: Algorithm) -> Option<Map<String, Value>> {
    if key.family() != algorithm.family() {
        return None;
    }
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    decode::<Map<String, Value>>(token, key, &validation).ok().map(|data| data.claims)
}

/// The same with a key as it was written.
pub(crate) fn verified_by(token: &str, key: &Jwk, algorithm: Algorithm) -> Option<Map<String, Value>> {
    verified(token, &DecodingKey::from_jwk(key).ok()?, algorithm)
}

/// Keys of a set that may have signed a token with this header.
pub(crate) fn candidates<'a>(set: &'a Value, header: &Map<String, Value>) -> Vec<&'a Value> {
    let keys = set.get("keys").and_then(Value::as_array);
    let kid = text(header, "kid");
    keys.into_iter()
        .flatten()
        .filter(|key| kid.is_none() || key.get("kid").and_then(Value::as_str) == kid)
        .filter(|key| key.get("use").and_then(Value::as_str).is_none_or(|purpose| purpose == "sig"))
        .filter(|key| {
            let own = key.get("alg").and_then(Value::as_str);
            own.is_none_or(|own| Some(own) == text(header, "alg"))
        })
        .take(8)
        .collect()
}
