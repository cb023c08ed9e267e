//! Signed checkpoints of the chain in a file outside the database: who can rewrite the database cannot rewrite these.

use crate::StoreError;
use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use haidang_kernel::ambient::Ambient;
use haidang_kernel::chain::Hash;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Name of the file of checkpoints in its folder.
pub const CHECKPOINTS: &str = "audit-checkpoints.jsonl";

/// What the chain was at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Name of the log: `audit`.
    pub log: String,
    /// Records in the chain.
    pub size: u64,
    /// Root of the Merkle tree over the hashes of the records.
    pub root: Hash,
    /// The newest link of the chain.
    pub link: Hash,
    /// Microseconds UTC.
    pub at: i64,
    /// Ed25519 signature over the fields above, hex.
    pub signature: String,
}

impl Checkpoint {
    fn message(&self) -> Vec<u8> {
        format!("haidang checkpoint 1\n{}\n{}\n{}\n{}\n{}\n", self.log, self.size, self.root, self.link, self.at)
            .into_bytes()
    }

    /// Whether the signature is by this key.
    pub fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        let bytes = data_encoding::HEXLOWER.decode(self.signature.as_bytes()).ok();
        bytes
            .and_then(|bytes| Signature::from_slice(&bytes).ok())
            .is_some_and(|signature| key.verify(&self.message(), &signature).is_ok())
    }
}

/// Writes checkpoints: the folder and the key, both outside the database.
#[derive(Clone)]
pub struct CheckpointWriter {
    file: PathBuf,
    key: SigningKey,
}

impl CheckpointWriter {
    /// Opens the folder and the key; both are created when missing, the key readable by its owner alone, with the
    /// public key beside it (`.pub`).
    ///
    /// # Errors
    /// What the file system says; [`StoreError::Configuration`] for a key file that is none.
    pub fn open(folder: &Path, key_file: &Path, ambient: &Ambient) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder)?;
        let seed = secret_file(key_file, ambient)?;
        let key = SigningKey::from_bytes(&seed);
        let public = public_file(key_file);
        if !public.exists() {
            std::fs::write(public, format!("{}\n", data_encoding::HEXLOWER.encode(key.verifying_key().as_bytes())))?;
        }
        Ok(Self { file: folder.join(CHECKPOINTS), key })
    }

    /// The public half.
    pub fn public_key(&self) -> VerifyingKey {
        self.key.verifying_key()
    }

    /// Signs and appends; durable when this answers.
    ///
    /// # Errors
    /// What the file system says.
    pub fn append(&self, size: u64, root: Hash, link: Hash, at: i64) -> Result<Checkpoint, StoreError> {
        let mut checkpoint = Checkpoint { log: "audit".to_owned(), size, root, link, at, signature: String::new() };
        checkpoint.signature = data_encoding::HEXLOWER.encode(&self.key.sign(&checkpoint.message()).to_bytes());
        let mut line = serde_json::to_string(&checkpoint)?;
        line.push('\n');
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&self.file)?;
        file.write_all(line.as_bytes())?;
        file.sync_all()?;
        Ok(checkpoint)
    }
}

/// What a verifier trusts: the checkpoints and the public key, kept where the database's administrator cannot write.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// Checkpoints, oldest first.
    pub checkpoints: Vec<Checkpoint>,
    /// Lines of the file that are no checkpoint.
    pub unreadable: usize,
    /// Key they must be signed with.
    pub key: VerifyingKey,
}

impl Evidence {
    /// Reads the checkpoints of a folder and the public key (the `.pub` file, or the private key file beside it).
    ///
    /// # Errors
    /// What the file system says; [`StoreError::Configuration`] for a key file that is none.
    pub fn load(folder: &Path, key_file: &Path) -> Result<Self, StoreError> {
        let public =
            if key_file.extension().is_some_and(|e| e == "pub") { key_file.to_owned() } else { public_file(key_file) };
        let key = parse_key(&std::fs::read_to_string(public)?)?;
        let text = match std::fs::read_to_string(folder.join(CHECKPOINTS)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error.into()),
        };
        Ok(Self::parse(&text, key))
    }

    /// Reads the text of a file of checkpoints.
    pub fn parse(text: &str, key: VerifyingKey) -> Self {
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let mut checkpoints: Vec<Checkpoint> =
            lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let unreadable = lines.len() - checkpoints.len();
        checkpoints.sort_by_key(|checkpoint| (checkpoint.size, checkpoint.at));
        Self { checkpoints, unreadable, key }
    }
}

/// Reads a public key written as 64 hex digits.
pub(crate) fn parse_key(text: &str) -> Result<VerifyingKey, StoreError> {
    let wrong = || StoreError::Configuration("not a public key of 64 hex digits".to_owned());
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).map_err(|_| wrong())?;
    VerifyingKey::from_bytes(&bytes.try_into().map_err(|_| wrong())?).map_err(|_| wrong())
}

fn public_file(key_file: &Path) -> PathBuf {
    key_file.with_extension("pub")
}

/// Reads 32 secret bytes from a file of 64 hex digits; on the first start it is made, readable by its owner alone.
///
/// # Errors
/// What the file system says; [`StoreError::Configuration`] when the file holds something else.
pub fn secret_file(path: &Path, ambient: &Ambient) -> Result<[u8; 32], StoreError> {
    let wrong = || StoreError::Configuration(format!("{} is not a secret of 64 hex digits", path.display()));
    let read = |path: &Path| -> Result<[u8; 32], StoreError> {
        let text = std::fs::read_to_string(path)?;
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).map_err(|_| wrong())?;
        bytes.try_into().map_err(|_| wrong())
    };
    if path.exists() {
        return read(path);
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let secret = ambient.bytes::<32>();
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => {
            file.write_all(format!("{}\n", data_encoding::HEXLOWER.encode(&secret)).as_bytes())?;
            file.sync_all()?;
            Ok(secret)
        }
        // Another process was first.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => read(path),
        Err(error) => Err(error.into()),
    }
}
