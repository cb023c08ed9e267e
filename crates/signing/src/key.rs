//! One agency key, its public half and the published set.

use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::SigningError;

/// The private key of one agency. Its `Debug` shows the key id only.
#[derive(Clone)]
pub struct AgencyKey {
    agency: String,
    id: String,
    key: SigningKey,
}

impl std::fmt::Debug for AgencyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AgencyKey").field("agency", &self.agency).field("id", &self.id).finish_non_exhaustive()
    }
}

impl AgencyKey {
    /// Makes the key of `agency` from 32 secret random bytes.
    pub fn from_seed(agency: &str, seed: &[u8; 32]) -> AgencyKey {
        let key = SigningKey::from_bytes(seed);
        AgencyKey { agency: agency.to_owned(), id: thumbprint(&key.verifying_key()), key }
    }

    /// Code of the agency that owns the key.
    pub fn agency(&self) -> &str {
        &self.agency
    }

    /// Key id: the RFC 7638 thumbprint of the public key, base64url, 43 characters.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The half that is published.
    pub fn public(&self) -> PublicKey {
        PublicKey::new(&self.agency, &self.key.verifying_key())
    }

    /// Ed25519 over exactly these bytes (RFC 8032, no pre-hash).
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    pub(crate) fn seed(&self) -> [u8; 32] {
        self.key.to_bytes()
    }
}

/// A public key as a JSON Web Key (RFC 8037), with the agency it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKey {
    /// Always `OKP`.
    pub kty: String,
    /// Always `Ed25519`.
    pub crv: String,
    /// The 32 bytes of the key, base64url.
    pub x: String,
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// Always `EdDSA`.
    pub alg: String,
    /// Always `sig`.
    #[serde(rename = "use")]
    pub usage: String,
    /// Code of the agency that signs with it.
    pub agency: String,
}

impl PublicKey {
    fn new(agency: &str, key: &VerifyingKey) -> PublicKey {
        PublicKey {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            x: BASE64URL_NOPAD.encode(key.as_bytes()),
            kid: thumbprint(key),
            alg: "EdDSA".to_owned(),
            usage: "sig".to_owned(),
            agency: agency.to_owned(),
        }
    }

    /// Checks an Ed25519 signature; small-order keys and malleable signatures are refused.
    pub(crate) fn check(&self, message: &[u8], signature: &[u8]) -> Result<(), SigningError> {
        let bytes = BASE64URL_NOPAD.decode(self.x.as_bytes()).map_err(|_| SigningError::Malformed("public key"))?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| SigningError::Malformed("public key length"))?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| SigningError::Malformed("public key point"))?;
        // The id is a promise about the bytes; a set that pairs an id with other bytes must not verify.
        if thumbprint(&key) != self.kid {
            return Err(SigningError::Malformed("key id does not belong to the key"));
        }
        let signature = Signature::from_slice(signature).map_err(|_| SigningError::Malformed("signature length"))?;
        key.verify_strict(message, &signature).map_err(|_| SigningError::Mismatch)
    }
}

/// A JSON Web Key Set: what `/kq/khoa-cong-khai` publishes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKeySet {
    /// All keys, sorted by agency and id.
    pub keys: Vec<PublicKey>,
}

impl PublicKeySet {
    /// The key with this id, or with this id's beginning of at least 16 characters (as QR seals shorten it).
    pub fn find(&self, id: &str) -> Option<&PublicKey> {
        if id.len() < 16 {
            return None;
        }
        self.keys.iter().find(|key| key.kid.starts_with(id))
    }
}

/// RFC 7638: SHA-256 over the required members in lexical order without blanks.
fn thumbprint(key: &VerifyingKey) -> String {
    let x = BASE64URL_NOPAD.encode(key.as_bytes());
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    BASE64URL_NOPAD.encode(&Sha256::digest(canonical.as_bytes()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn thumbprint_equals_the_example_of_rfc_8037_appendix_a3() {
        let seed = BASE64URL_NOPAD.decode(b"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let key = AgencyKey::from_seed("H24", &seed.try_into().unwrap());
        assert_eq!(key.public().x, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(key.id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn debug_shows_no_key_material() {
        let key = AgencyKey::from_seed("H24", &[7; 32]);
        let shown = format!("{key:?}");
        assert!(shown.contains(key.id()));
        assert!(!shown.contains(&BASE64URL_NOPAD.encode(&[7; 32])));
        assert!(!shown.contains("7, 7"));
    }

    #[test]
    fn a_set_that_pairs_an_id_with_other_bytes_does_not_verify() {
        let honest = AgencyKey::from_seed("H24", &[1; 32]);
        let other = AgencyKey::from_seed("H24", &[2; 32]);
        let mut forged = other.public();
        forged.kid = honest.id().to_owned();
        let signature = other.sign(b"x");
        assert!(matches!(forged.check(b"x", &signature), Err(SigningError::Malformed(_))));
    }
}
