//! Secrets at rest: sealed with AES-256-GCM under a key that is kept apart from them.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use haidang_kernel::ambient::Ambient;
use std::sync::Arc;

use crate::SigningError;

/// First byte of everything sealed, so that another algorithm can follow.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 12;

/// Seals and opens small secrets. What is sealed for one purpose does not open for another.
#[derive(Clone)]
pub struct Sealer {
    key: Arc<LessSafeKey>,
    ambient: Ambient,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(***)")
    }
}

impl Sealer {
    /// Seals under this key of 32 bytes.
    ///
    /// # Errors
    /// [`SigningError::Malformed`] when the library refuses the key.
    pub fn new(key: &[u8; 32], ambient: Ambient) -> Result<Sealer, SigningError> {
        let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| SigningError::Malformed("sealing key"))?;
        Ok(Sealer { key: Arc::new(LessSafeKey::new(key)), ambient })
    }

    /// Version, nonce, cipher text and tag. Nonces are random: far fewer than 2³² things are ever sealed under one key.
    ///
    /// # Errors
    /// [`SigningError::Malformed`] when the library refuses.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Result<Vec<u8>, SigningError> {
        let nonce: [u8; NONCE_BYTES] = self.ambient.bytes();
        let mut secret = plain.to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(purpose), &mut secret)
            .map_err(|_| SigningError::Malformed("sealing"))?;
        let mut sealed = vec![VERSION];
        sealed.extend_from_slice(&nonce);
        sealed.append(&mut secret);
        Ok(sealed)
    }

    /// What was sealed for this purpose.
    ///
    /// # Errors
    /// [`SigningError::Malformed`] when it is cut, [`SigningError::Mismatch`] when it was changed, sealed under another
    /// key or for another purpose.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, SigningError> {
        let malformed = SigningError::Malformed("sealed secret");
        let Some((&VERSION, rest)) = sealed.split_first() else { return Err(malformed) };
        let Some((nonce, secret)) = rest.split_first_chunk::<NONCE_BYTES>() else { return Err(malformed) };
        let mut secret = secret.to_vec();
        let plain = self
            .key
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(purpose), &mut secret)
            .map_err(|_| SigningError::Mismatch)?;
        Ok(plain.to_vec())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sealer(key: u8) -> Sealer {
        Sealer::new(&[key; 32], Ambient::fixed("2026-11-24T02:00:00Z".parse().unwrap(), u64::from(key))).unwrap()
    }

    #[test]
    fn only_the_same_key_and_purpose_open() {
        let sealed = sealer(1).seal("totp", b"secret").unwrap();
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
        assert_eq!(sealer(1).open("totp", &sealed).unwrap(), b"secret");
        assert!(matches!(sealer(2).open("totp", &sealed), Err(SigningError::Mismatch)));
        assert!(matches!(sealer(1).open("key", &sealed), Err(SigningError::Mismatch)));
    }

    #[test]
    fn every_changed_byte_is_noticed_and_no_two_are_alike() {
        let one = sealer(1);
        let sealed = one.seal("totp", b"secret").unwrap();
        assert_ne!(sealed, one.seal("totp", b"secret").unwrap());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(one.open("totp", &changed).is_err(), "byte {at}");
            assert!(one.open("totp", &sealed[..at]).is_err(), "cut at {at}");
        }
    }
}
