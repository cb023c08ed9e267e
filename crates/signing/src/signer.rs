//! The key folder behind `contracts::Signer`.

use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::documents::Signer;
use haidang_kernel::ambient::Ambient;

use crate::{KeyFolder, SigningError, sign_detached, verify_detached};

/// Signs with the keys of a folder. Cheap to clone.
#[derive(Clone)]
pub struct FolderSigner {
    folder: KeyFolder,
    ambient: Ambient,
}

impl FolderSigner {
    /// Signs with these keys at the time of this clock.
    pub fn new(folder: KeyFolder, ambient: Ambient) -> FolderSigner {
        FolderSigner { folder, ambient }
    }

    /// The folder, for publishing its public keys and for seals.
    pub fn folder(&self) -> &KeyFolder {
        &self.folder
    }
}

fn refused(error: SigningError) -> ContractError {
    match error {
        SigningError::AgencyName => {
            ContractError::Refused { code: "agency_name_refused", detail: "no key can have this name".to_owned() }
        }
        other => ContractError::Internal(other.to_string()),
    }
}

#[async_trait]
impl Signer for FolderSigner {
    async fn sign(&self, agency: &str, bytes: &[u8]) -> Result<(String, String), ContractError> {
        // The first use of a key reads or writes one small file; later ones only compute.
        let key = self.folder.key(agency).map_err(refused)?;
        let signature = sign_detached(&key, bytes, self.ambient.now()).map_err(refused)?;
        Ok((signature, key.id().to_owned()))
    }

    async fn verify(&self, bytes: &[u8], signature: &str, key_id: &str) -> Result<bool, ContractError> {
        let keys = self.folder.public_keys().map_err(refused)?;
        match verify_detached(&keys, bytes, signature) {
            Ok(header) => Ok(header.kid == key_id),
            Err(SigningError::Mismatch | SigningError::UnknownKey | SigningError::Malformed(_)) => Ok(false),
            Err(other) => Err(refused(other)),
        }
    }

    async fn public_keys(&self) -> Result<Vec<(String, String, String)>, ContractError> {
        let keys = self.folder.public_keys().map_err(refused)?;
        Ok(keys.keys.into_iter().map(|key| (key.kid, key.agency, key.x)).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn signs_verifies_and_notices_changes() {
        let place = tempfile::tempdir().unwrap();
        let ambient = Ambient::fixed("2026-11-24T02:00:00Z".parse().unwrap(), 1);
        let signer = FolderSigner::new(
            KeyFolder::new(place.path(), crate::Sealer::open([7; 32]).unwrap(), ambient.clone()),
            ambient,
        );
        let (signature, id) = signer.sign("H24.11824", b"document").await.unwrap();
        let (_, other) = signer.sign("H24.S01", b"document").await.unwrap();
        assert!(signer.verify(b"document", &signature, &id).await.unwrap());
        assert!(!signer.verify(b"documents", &signature, &id).await.unwrap());
        assert!(!signer.verify(b"document", &signature, &other).await.unwrap());
        assert!(!signer.verify(b"document", "nonsense", &id).await.unwrap());
        assert_eq!(signer.public_keys().await.unwrap().len(), 2);
    }
}
