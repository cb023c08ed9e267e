//! Signing with keys parsed once. `jsonwebtoken` reads a private key anew for each token, which costs as much as the
//! signature itself; its own extension point lets the house keep the parsed key.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, aws_lc};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{Error as SignatureError, Signer};
use jsonwebtoken::{Algorithm, AlgorithmFamily, EncodingKey};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// More keys than a city ever has at once; beyond it the memory begins anew.
const MOST: usize = 64;

type Parsed = RwLock<HashMap<Vec<u8>, Arc<EcdsaKeyPair>>>;

fn parsed() -> &'static Parsed {
    static PARSED: OnceLock<Parsed> = OnceLock::new();
    PARSED.get_or_init(RwLock::default)
}

struct Kept(Arc<EcdsaKeyPair>);

impl Signer<Vec<u8>> for Kept {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, SignatureError> {
        let signature = self.0.sign(&SystemRandom::new(), message).map_err(|_| SignatureError::new())?;
        Ok(signature.as_ref().to_vec())
    }
}

impl JwtSigner for Kept {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }
}

fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    if *algorithm != Algorithm::ES256 || key.family() != AlgorithmFamily::Ec {
        return (aws_lc::DEFAULT_PROVIDER.signer_factory)(algorithm, key);
    }
    let known = parsed().read().unwrap_or_else(PoisonError::into_inner).get(key.as_bytes()).cloned();
    if let Some(pair) = known {
        return Ok(Box::new(Kept(pair)));
    }
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.as_bytes())
        .map_err(|_| Error::from(ErrorKind::InvalidEcdsaKey))?;
    let pair = Arc::new(pair);
    let mut keys = parsed().write().unwrap_or_else(PoisonError::into_inner);
    if keys.len() >= MOST {
        keys.clear();
    }
    keys.insert(key.as_bytes().to_vec(), pair.clone());
    Ok(Box::new(Kept(pair)))
}

/// Makes the house's signer that of `jsonwebtoken`; doing it again changes nothing.
pub(crate) fn install() {
    static OURS: OnceLock<CryptoProvider> = OnceLock::new();
    let ours = OURS.get_or_init(|| CryptoProvider {
        signer_factory: signer,
        verifier_factory: aws_lc::DEFAULT_PROVIDER.verifier_factory,
        key_utils: aws_lc::DEFAULT_PROVIDER.key_utils.clone(),
    });
    // Another part of the process may have signed before: then its provider stays, which is only slower.
    let _ = ours.install_default();
}
