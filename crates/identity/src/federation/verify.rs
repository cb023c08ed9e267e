//! Whether an id_token is what the upstream really says, to us, now, about this sign-in.

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::config::Upstream;

/// Claims of a verified token or document.
pub(crate) type Claims = Map<String, Value>;

/// Clocks differ by seconds, never by a minute.
const SKEW_SECONDS: i64 = 10;

/// Why an id_token is refused. The words go to log and audit, which hold no part of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdTokenFault {
    Algorithm,
    Key,
    Signature,
    Issuer,
    Audience,
    AuthorizedParty,
    Expired,
    IssuedAt,
    Nonce,
    AccessTokenHash,
    AuthenticatedAt,
    Subject,
    Simulated,
}

impl IdTokenFault {
    /// The word for log and audit.
    pub(crate) fn word(self) -> &'static str {
        match self {
            IdTokenFault::Algorithm => "algorithm",
            IdTokenFault::Key => "key",
            IdTokenFault::Signature => "signature",
            IdTokenFault::Issuer => "iss",
            IdTokenFault::Audience => "aud",
            IdTokenFault::AuthorizedParty => "azp",
            IdTokenFault::Expired => "exp",
            IdTokenFault::IssuedAt => "iat",
            IdTokenFault::Nonce => "nonce",
            IdTokenFault::AccessTokenHash => "at_hash",
            IdTokenFault::AuthenticatedAt => "auth_time",
            IdTokenFault::Subject => "sub",
            IdTokenFault::Simulated => "simulated",
        }
    }
}

/// What must hold.
pub(crate) struct Expected<'a> {
    pub(crate) upstream: &'a Upstream,
    /// The nonce of this sign-in, when the upstream repeats one.
    pub(crate) nonce: Option<&'a str>,
    pub(crate) access_token: &'a str,
    pub(crate) now: Timestamp,
    /// The person had to prove themselves anew after this moment.
    pub(crate) asked_anew_at: Option<Timestamp>,
    /// Whether a simulator may speak here.
    pub(crate) simulated: bool,
}

/// The name of the key that the token says it is signed with.
pub(crate) fn key_name(id_token: &str) -> Result<Option<String>, IdTokenFault> {
    // A header that names no algorithm we know, `none` among them, does not even parse.
    decode_header(id_token).map(|header| header.kid).map_err(|_| IdTokenFault::Algorithm)
}

/// Verifies an id_token and gives its claims.
pub(crate) fn verify(id_token: &str, keys: &JwkSet, expected: &Expected<'_>) -> Result<Claims, IdTokenFault> {
    let header = decode_header(id_token).map_err(|_| IdTokenFault::Algorithm)?;
    if !expected.upstream.algorithms.iter().any(|known| known.algorithm() == header.alg) {
        return Err(IdTokenFault::Algorithm);
    }
    let key = match &header.kid {
        Some(kid) => keys.find(kid),
        None if keys.keys.len() == 1 => keys.keys.first(),
        None => None,
    };
    let key = DecodingKey::from_jwk(key.ok_or(IdTokenFault::Key)?).map_err(|_| IdTokenFault::Key)?;
    let mut validation = Validation::new(header.alg);
    // The library reads the system's clock and only some of the claims; ours are judged below, by our own clock.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims = decode::<Claims>(id_token, &key, &validation).map_err(|_| IdTokenFault::Signature)?.claims;
    judge(&claims, expected)?;
    Ok(claims)
}

fn judge(claims: &Claims, expected: &Expected<'_>) -> Result<(), IdTokenFault> {
    let upstream = expected.upstream;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if !expected.simulated && claims.contains_key(super::MARKER) {
        return Err(IdTokenFault::Simulated);
    }
    if text("iss") != Some(upstream.issuer.as_str()) {
        return Err(IdTokenFault::Issuer);
    }
    let audiences: Vec<&str> = match claims.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !audiences.contains(&upstream.client_id.as_str()) {
        return Err(IdTokenFault::Audience);
    }
    match text("azp") {
        Some(party) if party == upstream.client_id => {}
        None if audiences.len() == 1 => {}
        _ => return Err(IdTokenFault::AuthorizedParty),
    }
    if text("sub").is_none_or(str::is_empty) {
        return Err(IdTokenFault::Subject);
    }
    judge_times(claims, expected)?;
    if let Some(nonce) = expected.nonce
        && text("nonce").is_none_or(|given| !same(given, nonce))
    {
        return Err(IdTokenFault::Nonce);
    }
    match claims.get("at_hash") {
        None => Ok(()),
        Some(Value::String(given)) if same(given, &half_hash(expected.access_token)) => Ok(()),
        Some(_) => Err(IdTokenFault::AccessTokenHash),
    }
}

fn judge_times(claims: &Claims, expected: &Expected<'_>) -> Result<(), IdTokenFault> {
    let seconds = |name: &str| claims.get(name).and_then(Value::as_i64);
    let now = expected.now.as_second();
    if seconds("exp").is_none_or(|exp| exp.saturating_add(SKEW_SECONDS) <= now) {
        return Err(IdTokenFault::Expired);
    }
    if seconds("iat").is_none_or(|iat| iat > now.saturating_add(SKEW_SECONDS)) {
        return Err(IdTokenFault::IssuedAt);
    }
    match (expected.asked_anew_at, seconds("auth_time")) {
        (Some(asked), Some(at)) if at.saturating_add(SKEW_SECONDS) < asked.as_second() => {
            Err(IdTokenFault::AuthenticatedAt)
        }
        _ => Ok(()),
    }
}

fn same(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

/// The left half of the hash of a token, as `at_hash` has it for algorithms over SHA-256.
fn half_hash(token: &str) -> String {
    let digest = Sha256::digest(token.as_bytes());
    BASE64URL_NOPAD.encode(digest.get(..16).unwrap_or_default())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    const UPSTREAM: &str = r#"
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

    /// What is wrong with claims that differ from right ones in one member.
    fn judged(name: &str, value: Value, simulated: bool) -> Result<(), IdTokenFault> {
        let now: Timestamp = "2026-03-03T02:00:00Z".parse().unwrap();
        let second = now.as_second();
        let upstream = Upstream::from_toml(UPSTREAM).unwrap().remove(0);
        let mut claims = json!({
            "iss": "https://id.example.vn", "sub": "s-1", "aud": "city", "nonce": "n-1", "iat": second,
            "exp": second + 900, "auth_time": second, "at_hash": half_hash("token"),
        });
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value,
        }
        let expected = Expected {
            upstream: &upstream,
            nonce: Some("n-1"),
            access_token: "token",
            now,
            asked_anew_at: Some(now),
            simulated,
        };
        judge(claims.as_object().unwrap(), &expected)
    }

    #[test]
    fn t24_every_claim_is_held_to_what_was_asked() {
        let second = 1_772_503_200_i64;
        for (name, value, expected) in [
            ("sub", json!("s-2"), Ok(())),
            ("sub", json!(""), Err(IdTokenFault::Subject)),
            ("sub", Value::Null, Err(IdTokenFault::Subject)),
            ("iss", json!("https://id.example.vn/"), Err(IdTokenFault::Issuer)),
            ("iss", Value::Null, Err(IdTokenFault::Issuer)),
            ("aud", json!("other"), Err(IdTokenFault::Audience)),
            ("aud", json!(["other"]), Err(IdTokenFault::Audience)),
            ("aud", json!(["city"]), Ok(())),
            ("aud", json!(["city", "other"]), Err(IdTokenFault::AuthorizedParty)),
            ("azp", json!("other"), Err(IdTokenFault::AuthorizedParty)),
            ("azp", json!("city"), Ok(())),
            ("nonce", json!("n-2"), Err(IdTokenFault::Nonce)),
            ("nonce", Value::Null, Err(IdTokenFault::Nonce)),
            ("exp", json!(second - 10), Err(IdTokenFault::Expired)),
            ("exp", json!(second - 9), Ok(())),
            ("exp", Value::Null, Err(IdTokenFault::Expired)),
            ("iat", json!(second + 10), Ok(())),
            ("iat", json!(second + 11), Err(IdTokenFault::IssuedAt)),
            ("auth_time", json!(second - 10), Ok(())),
            ("auth_time", json!(second - 11), Err(IdTokenFault::AuthenticatedAt)),
            ("at_hash", json!(half_hash("other")), Err(IdTokenFault::AccessTokenHash)),
            ("at_hash", json!(7), Err(IdTokenFault::AccessTokenHash)),
            ("at_hash", Value::Null, Ok(())),
        ] {
            assert_eq!(judged(name, value.clone(), false), expected, "{name} {value}");
        }
    }

    #[test]
    fn t50_a_token_of_a_simulator_is_worth_nothing_where_real_people_live() {
        assert_eq!(judged(super::super::MARKER, json!(true), true), Ok(()));
        for value in [json!(true), json!(false), json!("")] {
            assert_eq!(judged(super::super::MARKER, value, false), Err(IdTokenFault::Simulated));
        }
    }
}
