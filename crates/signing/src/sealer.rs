//! Secrets at rest: what the city must be able to read again but nobody may read in its database, in a key file or in a
//! backup: keys, secrets of one-time codes, credentials at other systems. Encrypted under a secret of the house that can
//! be kept apart from all of them.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey};
use haidang_kernel::keyed::hmac_sha256;
use std::sync::Arc;

/// First byte of everything sealed, so that another way of sealing can be told from this one.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 12;

/// Why something could not be sealed or read again. It says nothing of the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The key, the purpose or the content is another one than when it was sealed.
    #[error("the seal does not fit")]
    Broken,
    /// It was sealed in a way this release does not know.
    #[error("unknown kind of seal")]
    Unknown,
}

/// Seals and reads again, AES-256-GCM-SIV (RFC 8452).
///
/// The nonce is derived from purpose and content: SIV forgives equal nonces, and a seeded city comes out the same each
/// time. All an equal result shows is that the same content was sealed twice for the same purpose, so a purpose names
/// the row it is for (`totp:<person>`).
#[derive(Clone)]
pub struct Sealer {
    key: Arc<LessSafeKey>,
    nonces: [u8; 32],
}

impl Sealer {
    /// A sealer under the key of the house (`haidang_store::secret_file`).
    ///
    /// # Errors
    /// [`SealError::Broken`] when the cipher refuses the key, which a key of this length never is.
    pub fn open(key: [u8; 32]) -> Result<Sealer, SealError> {
        let content = hmac_sha256(&key, b"haidang sealed content");
        let unbound = UnboundKey::new(&AES_256_GCM_SIV, &content).map_err(|_| SealError::Broken)?;
        Ok(Sealer { key: Arc::new(LessSafeKey::new(unbound)), nonces: hmac_sha256(&key, b"haidang sealed nonces") })
    }

    /// Seals a content for one purpose; it is read again with the same purpose only.
    ///
    /// # Errors
    /// [`SealError::Broken`] when the content is longer than the cipher takes (64 GiB).
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut message = (purpose.len() as u64).to_be_bytes().to_vec();
        message.extend_from_slice(purpose.as_bytes());
        message.extend_from_slice(plain);
        let mut nonce = [0; NONCE_BYTES];
        nonce.copy_from_slice(&hmac_sha256(&self.nonces, &message)[..NONCE_BYTES]);
        let mut content = plain.to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad(purpose), &mut content)
            .map_err(|_| SealError::Broken)?;
        let mut sealed = vec![VERSION];
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&content);
        Ok(sealed)
    }

    /// Reads what was sealed for this purpose.
    ///
    /// # Errors
    /// [`SealError::Broken`] when key, purpose or content is another, [`SealError::Unknown`] for another kind of seal.
    pub fn unseal(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let [VERSION, rest @ ..] = sealed else { return Err(SealError::Unknown) };
        let (nonce, content) = rest.split_at_checked(NONCE_BYTES).ok_or(SealError::Broken)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Broken)?;
        let mut content = content.to_vec();
        let plain = self.key.open_in_place(nonce, aad(purpose), &mut content).map_err(|_| SealError::Broken)?;
        Ok(plain.to_vec())
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(***)")
    }
}

fn aad(purpose: &str) -> Aad<&[u8]> {
    Aad::from(purpose.as_bytes())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_sealed_is_read_with_the_same_key_and_purpose_only() {
        let sealer = Sealer::open([7; 32]).unwrap();
        for plain in [&b""[..], b"x", &[9; 500]] {
            let sealed = sealer.seal("totp:a", plain).unwrap();
            assert_eq!(sealer.unseal("totp:a", &sealed).unwrap(), plain);
            assert_eq!(sealer.unseal("totp:b", &sealed), Err(SealError::Broken));
            assert_eq!(Sealer::open([8; 32]).unwrap().unseal("totp:a", &sealed), Err(SealError::Broken));
            assert!(plain.len() < 2 || !sealed.windows(plain.len()).any(|part| part == plain));
        }
    }

    #[test]
    fn every_changed_bit_is_noticed() {
        let sealer = Sealer::open([7; 32]).unwrap();
        let sealed = sealer.seal("totp:a", b"12345678901234567890").unwrap();
        for byte in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[byte] ^= 1;
            assert!(sealer.unseal("totp:a", &changed).is_err(), "byte {byte}");
            assert!(sealer.unseal("totp:a", &sealed[..byte]).is_err(), "cut at {byte}");
        }
    }

    #[test]
    fn the_same_content_for_two_purposes_looks_different() {
        let sealer = Sealer::open([7; 32]).unwrap();
        let (one, other) = (sealer.seal("totp:a", b"same").unwrap(), sealer.seal("totp:b", b"same").unwrap());
        assert_ne!(one, other);
        assert_eq!(one, sealer.seal("totp:a", b"same").unwrap(), "a seeded city comes out the same each time");
    }
}
