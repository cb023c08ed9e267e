//! Detached signatures over the exact bytes of a document: RFC 7515 appendix F with RFC 7797.

use data_encoding::BASE64URL_NOPAD;
use haidang_kernel::time;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AgencyKey, PublicKeySet, SigningError};

/// The protected header of a detached signature: everything here is covered by the signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetachedHeader {
    /// Always `EdDSA`.
    pub alg: String,
    /// Key id (RFC 7638 thumbprint).
    pub kid: String,
    /// Always false: the payload is signed as it is, not as base64url text (RFC 7797).
    pub b64: bool,
    /// Always `["b64"]`: a reader that does not know RFC 7797 must refuse.
    pub crit: Vec<String>,
    /// Code of the agency that signed.
    pub iss: String,
    /// When it was signed, seconds since 1970 UTC.
    pub iat: i64,
}

/// Signs `document` and returns `header..signature` (compact serialisation with the payload left out).
pub fn sign_detached(key: &AgencyKey, document: &[u8], at: Timestamp) -> Result<String, SigningError> {
    let header = DetachedHeader {
        alg: "EdDSA".to_owned(),
        kid: key.id().to_owned(),
        b64: false,
        crit: vec!["b64".to_owned()],
        iss: key.agency().to_owned(),
        iat: time::micros(at).div_euclid(1_000_000),
    };
    let header = serde_json::to_vec(&header).map_err(|_| SigningError::Malformed("header"))?;
    let header = BASE64URL_NOPAD.encode(&header);
    let signature = BASE64URL_NOPAD.encode(&key.sign(&input(&header, document)));
    Ok(format!("{header}..{signature}"))
}

/// Checks `signature` over `document` with the published keys and returns what was signed along with it.
///
/// The agency named in the header must be the one the key is published for.
pub fn verify_detached(keys: &PublicKeySet, document: &[u8], signature: &str) -> Result<DetachedHeader, SigningError> {
    let (header_text, value) = signature.split_once("..").ok_or(SigningError::Malformed("two parts expected"))?;
    let value = BASE64URL_NOPAD.decode(value.as_bytes()).map_err(|_| SigningError::Malformed("signature"))?;
    let header = BASE64URL_NOPAD.decode(header_text.as_bytes()).map_err(|_| SigningError::Malformed("header"))?;
    let header: DetachedHeader = serde_json::from_slice(&header).map_err(|_| SigningError::Malformed("header"))?;
    if header.alg != "EdDSA" || header.b64 || header.crit != ["b64"] {
        return Err(SigningError::Malformed("algorithm"));
    }
    let key = keys.keys.iter().find(|key| key.kid == header.kid).ok_or(SigningError::UnknownKey)?;
    if key.agency != header.iss {
        return Err(SigningError::Mismatch);
    }
    key.check(&input(header_text, document), &value)?;
    Ok(header)
}

fn input(header: &str, document: &[u8]) -> Vec<u8> {
    let mut input = Vec::with_capacity(header.len() + 1 + document.len());
    input.extend_from_slice(header.as_bytes());
    input.push(b'.');
    input.extend_from_slice(document);
    input
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const DOCUMENT: &[u8] = "Giấy khai sinh số 12/2026".as_bytes();

    fn key(agency: &str, seed: u8) -> AgencyKey {
        AgencyKey::from_seed(agency, &[seed; 32])
    }

    fn keys(all: &[&AgencyKey]) -> PublicKeySet {
        PublicKeySet { keys: all.iter().map(|key| key.public()).collect() }
    }

    fn signed() -> (AgencyKey, String) {
        let key = key("H24.11824", 1);
        let signature = sign_detached(&key, DOCUMENT, "2026-11-24T02:00:00Z".parse().unwrap()).unwrap();
        (key, signature)
    }

    #[test]
    fn what_was_signed_verifies_and_names_agency_and_time() {
        let (key, signature) = signed();
        let header = verify_detached(&keys(&[&key]), DOCUMENT, &signature).unwrap();
        assert_eq!((header.iss.as_str(), header.iat), ("H24.11824", 1_795_485_600));
    }

    #[test]
    fn any_changed_byte_of_document_or_signature_is_noticed() {
        let (key, signature) = signed();
        let keys = keys(&[&key]);
        for position in 0..DOCUMENT.len() {
            let mut changed = DOCUMENT.to_vec();
            changed[position] ^= 1;
            assert!(matches!(verify_detached(&keys, &changed, &signature), Err(SigningError::Mismatch)));
        }
        for position in 0..signature.len() {
            let mut changed = signature.clone().into_bytes();
            changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(verify_detached(&keys, DOCUMENT, &changed).is_err(), "position {position}");
        }
    }

    #[test]
    fn a_key_of_another_agency_or_none_does_not_verify() {
        let (signer, signature) = signed();
        let stranger = key("H24.S01", 2);
        assert!(matches!(verify_detached(&keys(&[&stranger]), DOCUMENT, &signature), Err(SigningError::UnknownKey)));
        let mut moved = signer.public();
        moved.agency = "H24.S01".to_owned();
        let moved = PublicKeySet { keys: vec![moved] };
        assert!(matches!(verify_detached(&moved, DOCUMENT, &signature), Err(SigningError::Mismatch)));
    }

    #[test]
    fn other_algorithms_and_unknown_header_members_are_refused() {
        let (key, signature) = signed();
        let (_, value) = signature.split_once("..").unwrap();
        for header in [
            format!(r#"{{"alg":"none","kid":"{}","b64":false,"crit":["b64"],"iss":"H24.11824","iat":0}}"#, key.id()),
            format!(r#"{{"alg":"EdDSA","kid":"{}","b64":true,"crit":["b64"],"iss":"H24.11824","iat":0}}"#, key.id()),
            format!(
                r#"{{"alg":"EdDSA","kid":"{}","b64":false,"crit":["b64"],"iss":"H24.11824","iat":0,"jku":"x"}}"#,
                key.id()
            ),
        ] {
            let forged = format!("{}..{value}", BASE64URL_NOPAD.encode(header.as_bytes()));
            let answer = verify_detached(&keys(&[&key]), DOCUMENT, &forged);
            assert!(matches!(answer, Err(SigningError::Malformed(_))), "{header}");
        }
    }
}
