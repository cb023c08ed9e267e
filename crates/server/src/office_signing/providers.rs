//! The file of keys: who signs with what.
//!
//! ```toml
//! [[key]]
//! agency = "H24.11824"          # the organ's own; with `person` that official's at this agency
//! kind = "file"                 # or "pkcs11", "csc"
//! certificate = "organ.pem"     # its certificate first, then those up to the root; beside this file
//! key = "organ.key"
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use haidang_contracts::ContractError;
use haidang_contracts::papers::SigningParty;
use haidang_signing::{
    Certificate, CscConfig, CscSigner, DocumentSigner, DocumentSignerError, FileKey, LocalSigner, Pkcs11Config,
    Pkcs11Key, PrivateKey, ServiceTransport, SigningError, private_file,
};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::config::Config;

/// Where one key lies.
#[derive(Debug, Clone, Deserialize)]
struct Key {
    agency: String,
    #[serde(default)]
    person: Option<String>,
    #[serde(flatten)]
    place: Place,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Place {
    /// An unencrypted PKCS#8 file that only its owner may read: for trials, and for keys of an agency on its own machine.
    File { certificate: PathBuf, key: PathBuf },
    /// A smart card or security module.
    Pkcs11 { certificate: PathBuf, module: PathBuf, token: String, label: String, pin_file: PathBuf },
    /// A remote signing service (CSC 1.0.4); the access token lies in a file that only its owner may read.
    Csc { service: String, credential: String, token_file: PathBuf },
}

impl Place {
    fn word(&self) -> &'static str {
        match self {
            Place::File { .. } => "file",
            Place::Pkcs11 { .. } => "pkcs11",
            Place::Csc { .. } => "csc",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    key: Vec<Key>,
}

/// Holder of a key: agency and, for an official, the person.
type Holder = (String, Option<String>);

/// The configured keys. A key is opened when it is first used and kept open.
#[derive(Default)]
pub struct Providers {
    folder: PathBuf,
    places: BTreeMap<Holder, Place>,
    open: Mutex<BTreeMap<Holder, Arc<dyn DocumentSigner>>>,
}

impl Providers {
    /// Reads the file that a configuration names; none where it names none.
    ///
    /// # Errors
    /// What is wrong with the file, naming it.
    pub fn read(config: &Config) -> Result<Providers> {
        let file = &config.signing.providers;
        if file.as_os_str().is_empty() {
            return Ok(Providers::default());
        }
        let read = || -> Result<Providers> {
            let text = std::fs::read_to_string(file)?;
            Providers::from_toml(&text, file.parent().unwrap_or(Path::new("")))
        };
        read().with_context(|| file.display().to_string())
    }

    /// Reads the text of such a file; paths in it begin at `folder`.
    ///
    /// # Errors
    /// What does not fit.
    pub fn from_toml(text: &str, folder: &Path) -> Result<Providers> {
        let file: File = toml::from_str(text).map_err(|error| anyhow::anyhow!("{}", error.message()))?;
        let mut seen = BTreeSet::new();
        let mut places = BTreeMap::new();
        for key in file.key {
            let holder = (key.agency, key.person);
            if !seen.insert(holder.clone()) {
                bail!("{} stands twice", words(&holder));
            }
            places.insert(holder, key.place);
        }
        Ok(Providers { folder: folder.to_owned(), places, open: Mutex::default() })
    }

    /// Whether the file names no key at all.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The key of an organ on this machine, opened anew; none when the file names none. A remote signing service is too
    /// far away for what asks here.
    ///
    /// # Errors
    /// What its place says.
    pub async fn open_local(&self, agency: &str) -> Result<Option<LocalSigner>, DocumentSignerError> {
        let Some(place) = self.places.get(&(agency.to_owned(), None)) else { return Ok(None) };
        let (folder, place) = (self.folder.clone(), place.clone());
        let opened = tokio::task::spawn_blocking(move || open_here(&folder, &place)).await;
        Ok(Some(opened.map_err(|_| DocumentSignerError::Answer("opening the key stopped"))??))
    }

    /// The key of somebody, and where it lies; none when the file names none.
    ///
    /// # Errors
    /// `Unavailable` when it is named and does not open, `Refused` when its certificate does not fit.
    pub async fn open(
        &self,
        party: &SigningParty,
        transport: Arc<dyn ServiceTransport>,
    ) -> Result<Option<(Arc<dyn DocumentSigner>, &'static str)>, ContractError> {
        let holder = match party {
            SigningParty::Officer { person, agency, .. } => (agency.clone(), Some(person.to_string())),
            SigningParty::Organ { agency, .. } => (agency.clone(), None),
        };
        let Some(place) = self.places.get(&holder) else { return Ok(None) };
        let mut open = self.open.lock().await;
        if let Some(signer) = open.get(&holder) {
            return Ok(Some((signer.clone(), place.word())));
        }
        let opened = open_place(self.folder.clone(), place.clone(), transport).await;
        let signer = opened.map_err(|error| fault(&holder, &error))?;
        open.insert(holder, signer.clone());
        Ok(Some((signer, place.word())))
    }
}

/// Names the key without the person: an agency, and whether it is an official's.
fn words((agency, person): &Holder) -> String {
    match person {
        Some(_) => format!("the key of an official at {agency}"),
        None => format!("the key of {agency}"),
    }
}

fn fault(holder: &Holder, error: &DocumentSignerError) -> ContractError {
    let detail = format!("{}: {error}", words(holder));
    match error {
        DocumentSignerError::Refused(_) => ContractError::Refused { code: "signature_not_authorised", detail },
        DocumentSignerError::Signing(
            SigningError::Mismatch | SigningError::Certificate(_) | SigningError::WeakAlgorithm(_),
        ) => ContractError::Refused { code: "certificate_missing", detail },
        _ => ContractError::Unavailable(detail),
    }
}

/// Opens a key where it lies; paths begin at `folder`.
pub(crate) async fn open_place(
    folder: PathBuf,
    place: Place,
    transport: Arc<dyn ServiceTransport>,
) -> Result<Arc<dyn DocumentSigner>, DocumentSignerError> {
    if let Place::Csc { service, credential, token_file } = place {
        let token = private_file::read(&folder.join(token_file))?;
        let token = token.and_then(|token| String::from_utf8(token).ok());
        let token = token.ok_or(DocumentSignerError::Answer("the file of the access token is absent or no text"))?;
        let config = CscConfig { service, credential, token: token.trim().to_owned() };
        return Ok(Arc::new(CscSigner::open(config, transport).await?));
    }
    // A token or a slow disk may take its time.
    let opened = tokio::task::spawn_blocking(move || open_here(&folder, &place)).await;
    Ok(Arc::new(opened.map_err(|_| DocumentSignerError::Answer("opening the key stopped"))??))
}

fn open_here(folder: &Path, place: &Place) -> Result<LocalSigner, SigningError> {
    let at = |path: &Path| folder.join(path);
    let (certificate, key): (_, Arc<dyn PrivateKey>) = match place {
        Place::File { certificate, key } => (certificate, Arc::new(FileKey::read(&at(key))?)),
        Place::Pkcs11 { certificate, module, token, label, pin_file } => {
            let config = Pkcs11Config {
                module: module.clone(),
                token: token.clone(),
                key: label.clone(),
                pin_file: at(pin_file),
            };
            (certificate, Arc::new(Pkcs11Key::open(config)?))
        }
        Place::Csc { .. } => return Err(SigningError::KeyRefused("it lies at a remote service")),
    };
    let mut bundle = read_bundle(&at(certificate))?.into_iter();
    let own = bundle.next().ok_or(SigningError::Certificate("the file of the certificate holds none"))?;
    LocalSigner::new(key, own, bundle.collect())
}

fn read_bundle(path: &Path) -> Result<Vec<Certificate>, SigningError> {
    let bytes = std::fs::read(path).map_err(|source| SigningError::Io { path: path.display().to_string(), source })?;
    Certificate::read_bundle(&bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_file_is_read_strictly() {
        let good = "[[key]]\nagency = \"A\"\nkind = \"file\"\ncertificate = \"a.pem\"\nkey = \"a.key\"\n";
        assert_eq!(Providers::from_toml(good, Path::new("x")).unwrap().places.len(), 1);
        for (name, text) in [
            ("twice", format!("{good}{good}")),
            ("an unknown place", good.replace("\"file\"", "\"paper\"")),
            ("no certificate", good.replace("certificate = \"a.pem\"\n", "")),
            ("another table", good.replace("[[key]]", "[[keys]]")),
            ("a word too much", format!("{good}pin = \"1\"\n")),
            ("no agency", good.replace("agency", "agent")),
        ] {
            assert!(Providers::from_toml(&text, Path::new("x")).is_err(), "{name}");
        }
    }
}
