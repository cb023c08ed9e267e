#![allow(clippy::unwrap_used)]
use super::*;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

const NOW: i64 = 1_772_500_000;
const URI: &str = "https://city.example/oauth2/userinfo";

struct Holder {
    key: EncodingKey,
    jwk: Jwk,
}

fn holder() -> Holder {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let key = EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref());
    let mut jwk = Jwk::from_encoding_key(&key, Algorithm::ES256).unwrap();
    jwk.common.key_algorithm = None;
    Holder { key, jwk }
}

fn claims() -> Value {
    json!({ "jti": "one", "htm": "GET", "htu": URI, "iat": NOW, "ath": rules::s256("token") })
}

fn proof(holder: &Holder, typ: &str, jwk: Option<&Jwk>, claims: &Value) -> String {
    let mut header = Header::new(Algorithm::ES256);
    header.typ = Some(typ.into());
    header.jwk = jwk.cloned();
    jsonwebtoken::encode(&header, claims, &holder.key).unwrap()
}

fn judged(proof: &str) -> Result<Proof, &'static str> {
    let expected = Expected { method: "GET", uri: URI, token: Some("token"), now: NOW };
    judge(proof, &expected).map_err(|refusal| {
        assert_eq!(refusal.error, "invalid_dpop_proof");
        refusal.description
    })
}

/// A header of one's own over the claims of a right proof, with whatever signature.
fn forged(header: &Value, signature: &str) -> String {
    let encode = |value: &Value| data_encoding::BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    format!("{}.{}.{signature}", encode(header), encode(&claims()))
}

#[test]
fn t38_a_proof_is_judged_in_the_order_of_the_handbook() {
    let (me, other) = (holder(), holder());
    let right = |claims: &Value| proof(&me, "dpop+jwt", Some(&me.jwk), claims);
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        judged(&right(&claims))
    };
    let without = |name: &str| {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(name);
        judged(&right(&claims))
    };
    let good = judged(&right(&claims())).unwrap();
    assert_eq!(good.jkt, jose::thumbprint(&me.jwk).unwrap());
    assert!(judged("x.y.z").unwrap_err().contains("no JSON Web Token"));
    assert!(judged("").unwrap_err().contains("no JSON Web Token"));
    assert!(judged(&format!("{}, {}", right(&claims()), right(&claims()))).is_err(), "two joined by a comma");
    assert!(judged(&proof(&me, "jwt", Some(&me.jwk), &claims())).unwrap_err().contains("typ"));
    for alg in ["none", "HS256", "RS256", "ES384"] {
        let header = json!({ "typ": "dpop+jwt", "alg": alg, "jwk": me.jwk });
        assert!(judged(&forged(&header, "AAAA")).unwrap_err().contains("alg"), "{alg}");
    }
    assert!(judged(&proof(&me, "dpop+jwt", None, &claims())).unwrap_err().contains("jwk"));
    let mut private = serde_json::to_value(&me.jwk).unwrap();
    private["d"] = "AAAA".into();
    let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": private });
    assert!(judged(&forged(&header, "AAAA")).unwrap_err().contains("jwk"));
    let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": me.jwk, "crit": ["x"] });
    assert!(judged(&forged(&header, "AAAA")).unwrap_err().contains("extension"));
    for name in ["jti", "htm", "htu"] {
        assert!(without(name).unwrap_err().contains("missing"), "{name}");
    }
    assert!(without("iat").unwrap_err().contains("iat"));
    assert!(without("ath").unwrap_err().contains("ath"));
    assert!(judged(&proof(&other, "dpop+jwt", Some(&me.jwk), &claims())).unwrap_err().contains("signature"));
    assert!(with("htm", json!("POST")).unwrap_err().contains("htm"));
    assert!(with("htm", json!("get")).unwrap_err().contains("htm"));
    for wrong in [
        "https://city.example/oauth2/token",
        "http://city.example/oauth2/userinfo",
        "https://evil.example/oauth2/userinfo",
    ] {
        assert!(with("htu", json!(wrong)).unwrap_err().contains("htu"), "{wrong}");
    }
    assert!(with("htu", json!(format!("{URI}?a=1#b"))).is_ok());
    assert!(with("ath", json!(rules::s256("another"))).unwrap_err().contains("ath"));
}

#[test]
fn t49_ten_seconds_are_forgiven_and_an_hour_is_not() {
    let me = holder();
    let at = |name: &str, value: i64| {
        let mut claims = claims();
        claims[name] = value.into();
        judged(&proof(&me, "dpop+jwt", Some(&me.jwk), &claims)).is_ok()
    };
    for (offset, expected) in
        [(0, true), (-10, true), (10, true), (-61, false), (61, false), (-3_600, false), (3_600, false)]
    {
        assert_eq!(at("iat", NOW + offset), expected, "{offset}");
    }
    assert!(at("nbf", NOW + 10) && !at("nbf", NOW + 3_600));
    assert!(at("exp", NOW - 10) && !at("exp", NOW - 3_600));
}

#[test]
fn the_last_five_nonces_are_accepted() {
    let secret = [3; 32];
    let given = nonce(&secret, NOW);
    for minutes in 0..5 {
        assert!(is_ours(&secret, &given, NOW + minutes * 60), "{minutes}");
    }
    assert!(!is_ours(&secret, &given, NOW + 300));
    assert!(!is_ours(&secret, &nonce(&secret, NOW + 60), NOW), "one of tomorrow");
    assert!(!is_ours(&[4; 32], &given, NOW) && !is_ours(&secret, "", NOW));
}
