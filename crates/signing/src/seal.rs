//! The signed statement printed as a QR code: enough to check a paper without a network.
//!
//! Form: `HD1.<first 22 characters of the key id>.<statement>.<signature>`, base64url parts. The statement is JSON;
//! the signature covers everything before its own point, so neither prefix nor key id can be exchanged.

use data_encoding::BASE64URL_NOPAD;
use serde::{Serialize, de::DeserializeOwned};

use crate::{AgencyKey, PublicKeySet, SigningError};

/// First characters of every seal; the digit is the version of the form.
pub const SEAL_PREFIX: &str = "HD1";

/// 22 base64url characters carry 132 bits of the key id: no second key with the same beginning will be found.
const SHORT_ID: usize = 22;

/// A seal that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal<T> {
    /// The statement, as signed.
    pub statement: T,
    /// Code of the agency whose key signed it.
    pub agency: String,
    /// Full key id.
    pub key_id: String,
}

/// Signs a short statement for a QR code. Keep it under about 300 bytes, or scanners of cheap phones fail.
pub fn write_seal<T: Serialize>(key: &AgencyKey, statement: &T) -> Result<String, SigningError> {
    let statement = serde_json::to_vec(statement).map_err(|_| SigningError::Malformed("statement"))?;
    let short = key.id().get(..SHORT_ID).ok_or(SigningError::Malformed("key id"))?;
    let signed = format!("{SEAL_PREFIX}.{short}.{}", BASE64URL_NOPAD.encode(&statement));
    let signature = BASE64URL_NOPAD.encode(&key.sign(signed.as_bytes()));
    Ok(format!("{signed}.{signature}"))
}

/// Checks a seal with the published keys and reads its statement.
pub fn read_seal<T: DeserializeOwned>(keys: &PublicKeySet, seal: &str) -> Result<Seal<T>, SigningError> {
    let (signed, signature) = seal.rsplit_once('.').ok_or(SigningError::Malformed("four parts expected"))?;
    let mut parts = signed.split('.');
    let (Some(SEAL_PREFIX), Some(short), Some(statement), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(SigningError::Malformed("four parts expected"));
    };
    if short.len() != SHORT_ID {
        return Err(SigningError::Malformed("key id"));
    }
    let key = keys.find(short).ok_or(SigningError::UnknownKey)?;
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).map_err(|_| SigningError::Malformed("signature"))?;
    key.check(signed.as_bytes(), &signature)?;
    let statement = BASE64URL_NOPAD.decode(statement.as_bytes()).map_err(|_| SigningError::Malformed("statement"))?;
    let statement = serde_json::from_slice(&statement).map_err(|_| SigningError::Malformed("statement"))?;
    Ok(Seal { statement, agency: key.agency.clone(), key_id: key.kid.clone() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    type Statement = (String, String, String);

    fn statement() -> Statement {
        ("12/2026/KS".to_owned(), "2026-11-24".to_owned(), "1.001193".to_owned())
    }

    #[test]
    fn a_seal_is_read_back_and_stays_short() {
        let key = AgencyKey::from_seed("H24.11824", &[3; 32]);
        let keys = PublicKeySet { keys: vec![AgencyKey::from_seed("H24.S01", &[4; 32]).public(), key.public()] };
        let seal = write_seal(&key, &statement()).unwrap();
        assert!(seal.len() < 200, "{} characters", seal.len());
        let read: Seal<Statement> = read_seal(&keys, &seal).unwrap();
        assert_eq!((read.statement, read.agency.as_str(), read.key_id.as_str()), (statement(), "H24.11824", key.id()));
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let key = AgencyKey::from_seed("H24.11824", &[3; 32]);
        let keys = PublicKeySet { keys: vec![key.public()] };
        let seal = write_seal(&key, &statement()).unwrap();
        for position in 0..seal.len() {
            let mut changed = seal.clone().into_bytes();
            changed[position] = if changed[position] == b'x' { b'y' } else { b'x' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(read_seal::<Statement>(&keys, &changed).is_err(), "position {position}");
        }
        assert!(read_seal::<Statement>(&PublicKeySet::default(), &seal).is_err());
    }
}
