//! The folder of agency keys: one file an agency, sealed, readable by its owner only.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::BASE64URL_NOPAD;
use haidang_kernel::ambient::Ambient;
use serde::{Deserialize, Serialize};

use crate::{AgencyKey, PublicKeySet, Sealer, SigningError};

/// Agency keys on disk, created when first needed. Cheap to clone.
#[derive(Clone)]
pub struct KeyFolder {
    folder: PathBuf,
    ambient: Ambient,
    sealer: Sealer,
    loaded: Arc<Mutex<BTreeMap<String, AgencyKey>>>,
}

/// What a key file holds. The agency is repeated so that a renamed file is noticed.
#[derive(Serialize, Deserialize)]
struct KeyFile {
    agency: String,
    kid: String,
    /// The seed, sealed for this agency, base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<String>,
    /// The seed as files before sealing held it; such a file is sealed when it is first read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seed: Option<String>,
}

impl KeyFile {
    fn of(key: &AgencyKey, sealer: &Sealer) -> Result<Vec<u8>, SigningError> {
        let agency = key.public().agency;
        let refused = |_| SigningError::Malformed("sealing");
        let sealed = sealer.seal(&purpose(&agency), &key.seed()).map_err(refused)?;
        let sealed = Some(BASE64URL_NOPAD.encode(&sealed));
        let content = KeyFile { kid: key.id().to_owned(), agency, sealed, seed: None };
        serde_json::to_vec(&content).map_err(|_| SigningError::Malformed("key file"))
    }
}

/// A seed sealed for one agency opens for no other, whatever its file is called.
fn purpose(agency: &str) -> String {
    format!("agency key {agency}")
}

impl KeyFolder {
    /// Uses `folder`, which is created with mode 0700 at the first key; its files are sealed by `sealer`.
    pub fn new(folder: impl Into<PathBuf>, sealer: Sealer, ambient: Ambient) -> KeyFolder {
        KeyFolder { folder: folder.into(), ambient, sealer, loaded: Arc::default() }
    }

    /// The key of `agency`; made and stored durably when there is none yet.
    ///
    /// Refuses a file that others may read (Unix), a damaged one, and a name that is not an agency code.
    pub fn key(&self, agency: &str) -> Result<AgencyKey, SigningError> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = loaded.get(agency) {
            return Ok(key.clone());
        }
        let path = self.path(agency)?;
        let key = match self.read(&path, agency)? {
            Some(key) => key,
            None => self.create(&path, agency)?,
        };
        loaded.insert(agency.to_owned(), key.clone());
        Ok(key)
    }

    /// The public halves of all keys in the folder, sorted by agency. An absent folder is an empty set.
    pub fn public_keys(&self) -> Result<PublicKeySet, SigningError> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(PublicKeySet::default()),
            Err(source) => return Err(io(&self.folder, source)),
        };
        let mut agencies = Vec::new();
        for entry in entries {
            let name = entry.map_err(|source| io(&self.folder, source))?.file_name();
            if let Some(agency) = name.to_str().and_then(|name| name.strip_suffix(".key")) {
                agencies.push(agency.to_owned());
            }
        }
        agencies.sort();
        let keys = agencies.iter().map(|agency| Ok(self.key(agency)?.public())).collect::<Result<_, SigningError>>()?;
        Ok(PublicKeySet { keys })
    }

    fn path(&self, agency: &str) -> Result<PathBuf, SigningError> {
        let fits = (1..=64).contains(&agency.len())
            && !agency.starts_with('.')
            && agency.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
        if fits { Ok(self.folder.join(format!("{agency}.key"))) } else { Err(SigningError::AgencyName) }
    }

    /// Writes to a temporary name and links it into place, so that two processes that start together agree on one key.
    fn create(&self, path: &Path, agency: &str) -> Result<AgencyKey, SigningError> {
        create_folder(&self.folder)?;
        let key = AgencyKey::from_seed(agency, &self.ambient.bytes::<32>());
        let text = KeyFile::of(&key, &self.sealer)?;
        let temporary = self.folder.join(format!(".{agency}.{}.new", self.ambient.token()));
        let written = write_private(&temporary, &text);
        let linked = written.and_then(|()| std::fs::hard_link(&temporary, path));
        let _ = std::fs::remove_file(&temporary);
        match linked {
            Ok(()) => Ok(key),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                self.read(path, agency)?.ok_or(SigningError::UnknownKey)
            }
            Err(source) => Err(io(path, source)),
        }
    }

    /// Writes a key that lay open in its file sealed in its place.
    fn seal_again(&self, path: &Path, key: &AgencyKey) -> Result<(), SigningError> {
        let temporary = path.with_extension(format!("{}.new", self.ambient.token()));
        let text = KeyFile::of(key, &self.sealer)?;
        write_private(&temporary, &text)
            .and_then(|()| std::fs::rename(&temporary, path))
            .map_err(|source| io(path, source))
    }

    fn read(&self, path: &Path, agency: &str) -> Result<Option<AgencyKey>, SigningError> {
        let damaged = |reason| SigningError::Damaged { path: path.display().to_string(), reason };
        let Some(content) = read_file(path)? else { return Ok(None) };
        if content.agency != agency {
            return Err(damaged("key of another agency"));
        }
        let decode = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| damaged("not base64url"));
        let open = content.seed.is_some();
        let seed = match (content.sealed, content.seed) {
            (Some(sealed), _) => self
                .sealer
                .unseal(&purpose(agency), &decode(&sealed)?)
                .map_err(|_| damaged("the secret of store.unlock_file does not open it"))?,
            (None, Some(seed)) => decode(&seed)?,
            (None, None) => return Err(damaged("no key in it")),
        };
        let seed: [u8; 32] = seed.try_into().map_err(|_| damaged("seed is not 32 bytes"))?;
        let key = AgencyKey::from_seed(agency, &seed);
        if key.id() != content.kid {
            return Err(damaged("key id does not belong to the seed"));
        }
        if open {
            self.seal_again(path, &key)?;
        }
        Ok(Some(key))
    }
}

pub(crate) fn io(path: &Path, source: std::io::Error) -> SigningError {
    SigningError::Io { path: path.display().to_string(), source }
}

fn create_folder(folder: &Path) -> Result<(), SigningError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|source| io(folder, source))
}

pub(crate) fn write_private(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

fn read_file(path: &Path) -> Result<Option<KeyFile>, SigningError> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(io(path, source)),
    };
    refuse_open_to_others(path, &std::fs::metadata(path).map_err(|source| io(path, source))?)?;
    let damaged = || SigningError::Damaged { path: path.display().to_string(), reason: "not a key file" };
    serde_json::from_slice(&text).map(Some).map_err(|_| damaged())
}

/// A key that others may read is not used (Unix; elsewhere the folder's own rights must do).
pub(crate) fn refuse_open_to_others(path: &Path, metadata: &std::fs::Metadata) -> Result<(), SigningError> {
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0 {
        return Err(SigningError::OpenToOthers { path: path.display().to_string() });
    }
    #[cfg(not(unix))]
    let _ = (path, metadata);
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn folder(path: &Path, seed: u64) -> KeyFolder {
        unlocked(path, seed, 7)
    }

    fn unlocked(path: &Path, seed: u64, secret: u8) -> KeyFolder {
        let ambient = Ambient::fixed("2026-11-24T02:00:00Z".parse().unwrap(), seed);
        KeyFolder::new(path, Sealer::open([secret; 32]).unwrap(), ambient)
    }

    #[test]
    fn a_stolen_folder_is_worth_nothing_without_the_secret() {
        let place = tempfile::tempdir().unwrap();
        let key = folder(place.path(), 1).key("H24").unwrap();
        let text = std::fs::read_to_string(place.path().join("H24.key")).unwrap();
        assert!(!text.contains(&BASE64URL_NOPAD.encode(&key.seed())), "{text}");
        assert!(matches!(unlocked(place.path(), 1, 8).key("H24"), Err(SigningError::Damaged { .. })));
    }

    #[test]
    fn a_key_that_lay_open_is_sealed_when_it_is_read() {
        let place = tempfile::tempdir().unwrap();
        let key = AgencyKey::from_seed("H24", &[3; 32]);
        let seed = BASE64URL_NOPAD.encode(&key.seed());
        let text = serde_json::json!({ "agency": "H24", "kid": key.id(), "seed": seed }).to_string();
        let file = place.path().join("H24.key");
        write_private(&file, text.as_bytes()).unwrap();
        assert_eq!(folder(place.path(), 1).key("H24").unwrap().id(), key.id());
        assert!(!std::fs::read_to_string(&file).unwrap().contains(&seed));
        assert_eq!(folder(place.path(), 2).key("H24").unwrap().id(), key.id());
    }

    #[test]
    fn a_key_is_made_once_and_found_again() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("keys");
        assert_eq!(folder(&path, 1).public_keys().unwrap().keys.len(), 0);
        let first = folder(&path, 1).key("H24.11824").unwrap();
        let again = folder(&path, 2).key("H24.11824").unwrap();
        assert_eq!(first.id(), again.id());
        let other = folder(&path, 2).key("H24.S01").unwrap();
        assert_ne!(other.id(), first.id());
        let published = folder(&path, 3).public_keys().unwrap();
        assert_eq!(published.keys.iter().map(|key| key.agency.as_str()).collect::<Vec<_>>(), ["H24.11824", "H24.S01"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = tempfile::tempdir().unwrap();
        folder(place.path(), 1).key("H24").unwrap();
        let file = place.path().join("H24.key");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(folder(place.path(), 1).key("H24"), Err(SigningError::OpenToOthers { .. })));
    }

    #[test]
    fn a_renamed_or_damaged_file_is_refused() {
        let place = tempfile::tempdir().unwrap();
        folder(place.path(), 1).key("H24").unwrap();
        std::fs::rename(place.path().join("H24.key"), place.path().join("H25.key")).unwrap();
        assert!(matches!(folder(place.path(), 1).key("H25"), Err(SigningError::Damaged { .. })));
    }

    #[test]
    fn names_that_leave_the_folder_are_refused() {
        let place = tempfile::tempdir().unwrap();
        for name in ["", "..", "../x", "a/b", ".hidden", "H24\0", "Sở"] {
            assert!(matches!(folder(place.path(), 1).key(name), Err(SigningError::AgencyName)), "{name:?}");
        }
    }
}
