//! The port of everything that signs documents: a key in a file, on a token, or at a remote service.
//!
//! One act of will signs a batch: [`DocumentSigner::authorize`] is told the hash of every message and gives one
//! [`Authorisation`], which is good for exactly these hashes, each as often as it was named, and once.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{Certificate, DigestAlgorithm, PrivateKey, SigningError, TransportError};

/// Most messages of one batch.
pub const MAX_BATCH: usize = 200;

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum DocumentSignerError {
    /// The hash of a message was not authorised, or has been signed already.
    #[error("the authorisation does not cover this hash")]
    NotAuthorised,
    /// There is nothing to sign, or more than [`MAX_BATCH`] messages.
    #[error("a batch has 1 to {MAX_BATCH} messages, not {0}")]
    Batch(usize),
    /// The service refused: a wrong PIN, a locked or unknown key. The code is its own.
    #[error("the signing service refused: {0}")]
    Refused(String),
    /// The service answers something that is not of its standard.
    #[error("the signing service gave no usable answer: {0}")]
    Answer(&'static str),
    /// Nothing came back.
    #[error("the signing service did not answer: {0}")]
    Transport(#[from] TransportError),
    /// The key did not sign, or signed something else.
    #[error(transparent)]
    Signing(#[from] SigningError),
}

/// The right to sign certain hashes. Its `Debug` shows no secret.
pub struct Authorisation {
    /// SHA-256 of each message, and how often it may still be signed.
    left: BTreeMap<Vec<u8>, usize>,
    /// All hashes in the order they were named: what some services want to see again.
    hashes: Vec<Vec<u8>>,
    secret: Option<String>,
}

impl std::fmt::Debug for Authorisation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authorisation").field("hashes", &self.hashes.len()).finish_non_exhaustive()
    }
}

impl Authorisation {
    /// Binds a right to these hashes; `secret` is what the service wants to see (the SAD of CSC).
    ///
    /// # Errors
    /// [`DocumentSignerError::Batch`].
    pub fn over(hashes: &[Vec<u8>], secret: Option<String>) -> Result<Authorisation, DocumentSignerError> {
        if hashes.is_empty() || hashes.len() > MAX_BATCH {
            return Err(DocumentSignerError::Batch(hashes.len()));
        }
        let mut left = BTreeMap::new();
        for hash in hashes {
            *left.entry(hash.clone()).or_insert(0) += 1;
        }
        Ok(Authorisation { left, hashes: hashes.to_vec(), secret })
    }

    /// Takes the right to sign these hashes out of it: all of them or none.
    ///
    /// # Errors
    /// [`DocumentSignerError::NotAuthorised`] when one of them is not covered as often as it stands here.
    pub fn spend(&mut self, hashes: &[Vec<u8>]) -> Result<(), DocumentSignerError> {
        let mut left = self.left.clone();
        for hash in hashes {
            match left.get_mut(hash) {
                Some(count) if *count > 0 => *count -= 1,
                _ => return Err(DocumentSignerError::NotAuthorised),
            }
        }
        self.left = left;
        Ok(())
    }

    /// Every hash it was given for, in that order.
    pub fn hashes(&self) -> &[Vec<u8>] {
        &self.hashes
    }

    /// What the service gave for it.
    pub fn secret(&self) -> Option<&str> {
        self.secret.as_deref()
    }
}

/// A key with its certificates, wherever it is.
#[async_trait]
pub trait DocumentSigner: Send + Sync {
    /// The certificate of the key.
    fn certificate(&self) -> &Certificate;

    /// The certificates between it and the root.
    fn chain(&self) -> &[Certificate];

    /// Asks for the right to sign messages with these hashes (SHA-256, 32 bytes each); `activation` is the PIN or code
    /// of a key that wants one.
    ///
    /// # Errors
    /// [`DocumentSignerError`].
    async fn authorize(
        &self,
        hashes: &[Vec<u8>],
        activation: Option<&str>,
    ) -> Result<Authorisation, DocumentSignerError>;

    /// Signs messages, in their order; each is hashed with SHA-256 first. What was signed cannot be signed again under
    /// the same authorisation.
    ///
    /// # Errors
    /// [`DocumentSignerError::NotAuthorised`] for a message that is not covered; nothing was signed then.
    async fn sign(
        &self,
        authorisation: &mut Authorisation,
        messages: &[Vec<u8>],
    ) -> Result<Vec<Vec<u8>>, DocumentSignerError>;
}

/// SHA-256 of each message.
pub(crate) fn hashes_of(messages: &[Vec<u8>]) -> Vec<Vec<u8>> {
    messages.iter().map(|message| DigestAlgorithm::Sha256.digest(message)).collect()
}

/// A key of this machine: in a file ([`crate::FileKey`]) or on a token ([`crate::Pkcs11Key`]). Who may use it is decided
/// before; the token's PIN lies beside its configuration.
#[derive(Clone)]
pub struct LocalSigner {
    key: Arc<dyn PrivateKey>,
    certificate: Certificate,
    chain: Vec<Certificate>,
}

impl LocalSigner {
    /// Signs with this key under this certificate.
    ///
    /// # Errors
    /// [`SigningError::Mismatch`] when the certificate is of another key.
    pub fn new(
        key: Arc<dyn PrivateKey>,
        certificate: Certificate,
        chain: Vec<Certificate>,
    ) -> Result<LocalSigner, SigningError> {
        let info =
            der::Encode::to_der(certificate.public_key()).map_err(|_| SigningError::Certificate("public key"))?;
        if info != key.public_key_info() {
            return Err(SigningError::Mismatch);
        }
        Ok(LocalSigner { key, certificate, chain })
    }

    /// The key, for those who sign other things than documents with it.
    pub fn key(&self) -> Arc<dyn PrivateKey> {
        Arc::clone(&self.key)
    }
}

#[async_trait]
impl DocumentSigner for LocalSigner {
    fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    async fn authorize(&self, hashes: &[Vec<u8>], _: Option<&str>) -> Result<Authorisation, DocumentSignerError> {
        Authorisation::over(hashes, None)
    }

    async fn sign(
        &self,
        authorisation: &mut Authorisation,
        messages: &[Vec<u8>],
    ) -> Result<Vec<Vec<u8>>, DocumentSignerError> {
        authorisation.spend(&hashes_of(messages))?;
        let (key, messages) = (Arc::clone(&self.key), messages.to_vec());
        // A token may take its time; the threads that answer requests do not wait for it.
        let signed = tokio::task::spawn_blocking(move || {
            messages.iter().map(|message| key.sign(message)).collect::<Result<Vec<_>, _>>()
        });
        Ok(signed.await.map_err(|_| DocumentSignerError::Answer("the key stopped"))??)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;
    use crate::fixture::Order;
    use crate::{FileKey, SignatureAlgorithm};

    fn signer() -> LocalSigner {
        let issued = Order::signer("Nguyen Van A", 3).issue(None);
        LocalSigner::new(Arc::new(issued.key), issued.certificate, vec![]).unwrap()
    }

    #[tokio::test]
    async fn only_what_was_authorised_is_signed_and_only_as_often() {
        let signer = signer();
        let messages = [b"one".to_vec(), b"two".to_vec(), b"one".to_vec()];
        let mut right = signer.authorize(&hashes_of(&messages), None).await.unwrap();
        let outside = [b"one".to_vec(), b"three".to_vec()];
        assert!(matches!(signer.sign(&mut right, &outside).await, Err(DocumentSignerError::NotAuthorised)));
        let signatures = signer.sign(&mut right, &messages).await.unwrap();
        let info = signer.certificate().public_key();
        let way = SignatureAlgorithm::EcdsaP256.identifier();
        for (message, signature) in messages.iter().zip(&signatures) {
            crate::verify(info, &way, None, message, signature).unwrap();
        }
        assert!(matches!(signer.sign(&mut right, &messages[..1]).await, Err(DocumentSignerError::NotAuthorised)));
    }

    #[test]
    fn a_certificate_of_another_key_is_refused() {
        let issued = Order::signer("Nguyen Van A", 3).issue(None);
        let other = FileKey::generate(SignatureAlgorithm::EcdsaP256).unwrap();
        assert!(matches!(LocalSigner::new(Arc::new(other), issued.certificate, vec![]), Err(SigningError::Mismatch)));
    }

    #[test]
    fn a_batch_has_bounds() {
        assert!(matches!(Authorisation::over(&[], None), Err(DocumentSignerError::Batch(0))));
        let many = vec![vec![0; 32]; MAX_BATCH + 1];
        assert!(matches!(Authorisation::over(&many, None), Err(DocumentSignerError::Batch(_))));
    }

    proptest! {
        /// Whatever is asked for in whatever portions: never more than was authorised, and a refusal takes nothing.
        #[test]
        fn an_authorisation_is_spent_to_the_last(given in prop::collection::vec(0u8..4, 1..12),
                                                 asked in prop::collection::vec(prop::collection::vec(0u8..5, 0..6), 0..12)) {
            let hash = |one: &u8| vec![*one; 32];
            let mut right = Authorisation::over(&given.iter().map(hash).collect::<Vec<_>>(), None).unwrap();
            let mut left = given.clone();
            for portion in asked {
                let mut rest = left.clone();
                let covered = portion.iter().all(|one| {
                    rest.iter().position(|other| other == one).map(|at| rest.swap_remove(at)).is_some()
                });
                let spent = right.spend(&portion.iter().map(hash).collect::<Vec<_>>()).is_ok();
                prop_assert_eq!(spent, covered);
                if covered { left = rest; }
            }
        }
    }
}
