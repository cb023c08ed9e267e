//! Keys of the city's own authorities with their certificates: one sealed file each, readable by its owner only.

use crate::error::TrustError;
use data_encoding::BASE64URL_NOPAD;
use haidang_kernel::ambient::Ambient;
use haidang_signing::{Certificate, FileKey, PrivateKey as _, Sealer, private_file};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A key and the certificate that speaks for it.
pub struct Credential {
    /// The key.
    pub key: FileKey,
    /// Its certificate.
    pub certificate: Certificate,
}

/// What a file holds. The name is repeated so that a renamed file is noticed; key and certificate lie in one file, so
/// that they always belong together.
#[derive(Serialize, Deserialize)]
struct Content {
    name: String,
    /// DER, base64url.
    certificate: String,
    /// PKCS#8, sealed for this name, base64url.
    sealed: String,
}

/// A seal for one name opens for no other, whatever its file is called.
fn purpose(name: &str) -> String {
    format!("authority key {name}")
}

/// The folder of these files.
pub struct CredentialFolder {
    folder: PathBuf,
    sealer: Sealer,
    ambient: Ambient,
}

impl CredentialFolder {
    /// Uses `folder`, which is created with mode 0700 at the first key; its files are sealed by `sealer`.
    pub fn new(folder: PathBuf, sealer: Sealer, ambient: Ambient) -> Self {
        Self { folder, sealer, ambient }
    }

    /// What is kept under a name; `None` when there is nothing yet.
    ///
    /// # Errors
    /// [`TrustError::KeyFile`] for a damaged or renamed file, [`TrustError::Signing`] for one that others may read.
    pub fn load(&self, name: &'static str) -> Result<Option<Credential>, TrustError> {
        let path = self.path(name);
        let Some(bytes) = private_file::read(&path)? else { return Ok(None) };
        let damaged = |reason| TrustError::KeyFile { path: path.display().to_string(), reason };
        let content: Content = serde_json::from_slice(&bytes).map_err(|_| damaged("not a key file"))?;
        if content.name != name {
            return Err(damaged("key of another authority"));
        }
        let decode = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| damaged("not base64url"));
        let key = self
            .sealer
            .unseal(&purpose(name), &decode(&content.sealed)?)
            .map_err(|_| damaged("the secret of store.unlock_file does not open it"))?;
        let key = FileKey::from_bytes(&key)?;
        let certificate = Certificate::from_der(&decode(&content.certificate)?)?;
        if der::Encode::to_der(certificate.public_key())? != key.public_key_info() {
            return Err(damaged("the certificate is not of this key"));
        }
        Ok(Some(Credential { key, certificate }))
    }

    /// Keeps the first credential of a name. When another process was faster, its credential is the answer.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn create(&self, name: &'static str, made: Credential) -> Result<Credential, TrustError> {
        let path = self.path(name);
        let temporary = self.write(name, &made)?;
        // A link fails where a rename would replace: two processes that start together agree on one key.
        let linked = std::fs::hard_link(&temporary, &path);
        let _ = std::fs::remove_file(&temporary);
        match linked {
            Ok(()) => Ok(made),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                self.load(name)?.ok_or(TrustError::KeyFile { path: path.display().to_string(), reason: "it vanished" })
            }
            Err(source) => Err(io(&path, source)),
        }
    }

    /// Keeps another credential under a name that has one.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn replace(&self, name: &'static str, made: &Credential) -> Result<(), TrustError> {
        let path = self.path(name);
        let temporary = self.write(name, made)?;
        std::fs::rename(&temporary, &path).map_err(|source| io(&path, source))
    }

    /// Keeps a credential: in the place of another, or as the first of its name.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn settle(&self, name: &'static str, replaces: bool, made: Credential) -> Result<Credential, TrustError> {
        if replaces { self.replace(name, &made).map(|()| made) } else { self.create(name, made) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.key"))
    }

    fn write(&self, name: &str, made: &Credential) -> Result<PathBuf, TrustError> {
        private_file::create_folder(&self.folder)?;
        let path = self.path(name);
        let damaged = |reason| TrustError::KeyFile { path: path.display().to_string(), reason };
        let sealed = self.sealer.seal(&purpose(name), &made.key.to_pkcs8()?).map_err(|_| damaged("sealing failed"))?;
        let content = Content {
            name: name.to_owned(),
            certificate: BASE64URL_NOPAD.encode(made.certificate.der()),
            sealed: BASE64URL_NOPAD.encode(&sealed),
        };
        let text = serde_json::to_vec(&content).map_err(|_| damaged("it cannot be written as JSON"))?;
        let temporary = self.folder.join(format!(".{name}.{}.new", self.ambient.token()));
        private_file::write_new(&temporary, &text)?;
        Ok(temporary)
    }
}

fn io(path: &Path, source: std::io::Error) -> TrustError {
    TrustError::Signing(haidang_signing::SigningError::Io { path: path.display().to_string(), source })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::self_signed;

    fn folder(path: &Path, secret: u8) -> CredentialFolder {
        let ambient = Ambient::fixed("2026-11-24T02:00:00Z".parse().unwrap(), 1);
        CredentialFolder::new(path.join("trust"), Sealer::open([secret; 32]).unwrap(), ambient)
    }

    #[test]
    fn a_credential_is_found_again_and_lies_sealed() {
        let place = tempfile::tempdir().unwrap();
        assert!(folder(place.path(), 7).load("root").unwrap().is_none());
        let made = folder(place.path(), 7).create("root", self_signed("A")).unwrap();
        let again = folder(place.path(), 7).load("root").unwrap().unwrap();
        assert_eq!(again.certificate, made.certificate);
        assert_eq!(again.key.public_key_info(), made.key.public_key_info());
        let text = std::fs::read_to_string(place.path().join("trust/root.key")).unwrap();
        assert!(!text.contains(&BASE64URL_NOPAD.encode(&made.key.to_pkcs8().unwrap())));
        assert!(matches!(folder(place.path(), 8).load("root"), Err(TrustError::KeyFile { .. })));
    }

    #[test]
    fn whoever_comes_second_takes_the_first_key() {
        let place = tempfile::tempdir().unwrap();
        let first = folder(place.path(), 7).create("root", self_signed("A")).unwrap();
        let second = folder(place.path(), 7).create("root", self_signed("B")).unwrap();
        assert_eq!(first.certificate, second.certificate);
        let third = self_signed("C");
        folder(place.path(), 7).replace("root", &third).unwrap();
        assert_eq!(folder(place.path(), 7).load("root").unwrap().unwrap().certificate, third.certificate);
        assert_eq!(std::fs::read_dir(place.path().join("trust")).unwrap().count(), 1, "nothing is left lying about");
    }

    #[test]
    fn a_renamed_file_or_a_foreign_certificate_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let trust = folder(place.path(), 7);
        trust.create("root", self_signed("A")).unwrap();
        std::fs::copy(place.path().join("trust/root.key"), place.path().join("trust/tsa.key")).unwrap();
        assert!(matches!(trust.load("tsa"), Err(TrustError::KeyFile { .. })));
        let mixed = Credential { key: self_signed("B").key, certificate: self_signed("C").certificate };
        trust.replace("root", &mixed).unwrap();
        assert!(matches!(trust.load("root"), Err(TrustError::KeyFile { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = tempfile::tempdir().unwrap();
        folder(place.path(), 7).create("root", self_signed("A")).unwrap();
        let file = place.path().join("trust/root.key");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let refused = folder(place.path(), 7).load("root");
        assert!(matches!(refused, Err(TrustError::Signing(haidang_signing::SigningError::OpenToOthers { .. }))));
    }
}
