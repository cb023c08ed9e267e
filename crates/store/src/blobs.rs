//! Files by their SHA-256 in a local folder: written once, synced, never changed, with constant memory.
//!
//! A file is put before the transaction that mentions it; the transaction keeps it with [`Tx::keep_blob`]. What no
//! transaction kept is an orphan of an aborted upload and is swept after a while.

use crate::db::Db;
use crate::tx::Tx;
use crate::{Filter, StoreError, args, sql};
use haidang_kernel::ambient::Ambient;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tokio::fs::{self, File};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

/// Bytes read at a time.
const PIECE: usize = 64 * 1024;

/// A file in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// SHA-256, 64 lowercase hex digits; the address of the file.
    pub sha256: String,
    /// Size in bytes.
    pub size: u64,
}

/// Files by content in a local folder; cheap to clone.
#[derive(Debug, Clone)]
pub struct Blobs {
    root: PathBuf,
}

impl Blobs {
    /// Opens the folder, creating it when missing.
    ///
    /// # Errors
    /// What the file system says.
    pub async fn open(root: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let root = root.into();
        fs::create_dir_all(root.join("incoming")).await?;
        Ok(Self { root })
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Writes what the reader gives, at most `limit` bytes, and answers its address. Durable when this answers.
    ///
    /// # Errors
    /// [`StoreError::Check`] with `too_large` when there is more; otherwise what the file system says.
    pub async fn put(&self, mut reader: impl AsyncRead + Unpin, limit: u64) -> Result<Stored, StoreError> {
        let incoming = self.incoming();
        let written = async {
            let mut file = File::create(&incoming).await?;
            let mut digest = Sha256::new();
            let mut piece = vec![0_u8; PIECE];
            let mut size = 0_u64;
            loop {
                let length = reader.read(&mut piece).await?;
                if length == 0 {
                    break;
                }
                size += length as u64;
                if size > limit {
                    return Err(StoreError::Check("too_large".to_owned()));
                }
                digest.update(&piece[..length]);
                file.write_all(&piece[..length]).await?;
            }
            file.flush().await?;
            file.sync_all().await?;
            Ok(Stored { sha256: data_encoding::HEXLOWER.encode(&digest.finalize()), size })
        }
        .await;
        match written {
            Ok(stored) => {
                self.settle(&incoming, &stored).await?;
                Ok(stored)
            }
            Err(error) => {
                let _ = fs::remove_file(&incoming).await;
                Err(error)
            }
        }
    }

    /// As [`Blobs::put`] on a blocking thread, without a limit.
    ///
    /// # Errors
    /// What the file system says.
    pub fn put_blocking(&self, reader: &mut impl std::io::Read) -> Result<Stored, StoreError> {
        use std::io::Write as _;
        let incoming = self.incoming();
        let mut write = || {
            let mut file = std::fs::File::create(&incoming)?;
            let mut digest = Sha256::new();
            let mut piece = vec![0_u8; PIECE];
            let mut size = 0_u64;
            loop {
                let length = reader.read(&mut piece)?;
                if length == 0 {
                    break;
                }
                size += length as u64;
                digest.update(&piece[..length]);
                file.write_all(&piece[..length])?;
            }
            file.sync_all()?;
            let stored = Stored { sha256: data_encoding::HEXLOWER.encode(&digest.finalize()), size };
            let folder = self.root.join(&stored.sha256[..2]);
            if !folder.exists() {
                std::fs::create_dir_all(&folder)?;
                std::fs::File::open(&self.root)?.sync_all()?;
            }
            std::fs::rename(&incoming, folder.join(&stored.sha256))?;
            std::fs::File::open(&folder)?.sync_all()?;
            Ok::<_, StoreError>(stored)
        };
        let written = write();
        if written.is_err() {
            let _ = std::fs::remove_file(&incoming);
        }
        written
    }

    /// Writes bytes already in memory; for small things such as results.
    ///
    /// # Errors
    /// What the file system says.
    pub async fn put_bytes(&self, bytes: &[u8]) -> Result<Stored, StoreError> {
        self.put(bytes, u64::MAX).await
    }

    /// Opens a file for reading, with its size.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it is not there.
    pub async fn get(&self, sha256: &str) -> Result<(File, u64), StoreError> {
        let file = File::open(self.path(sha256)?).await.map_err(absent)?;
        let size = file.metadata().await?.len();
        Ok((file, size))
    }

    /// The whole content; for small things.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it is not there.
    pub async fn bytes(&self, sha256: &str) -> Result<Vec<u8>, StoreError> {
        fs::read(self.path(sha256)?).await.map_err(absent)
    }

    /// Whether the file is there.
    pub async fn has(&self, sha256: &str) -> bool {
        match self.path(sha256) {
            Ok(path) => fs::try_exists(path).await.unwrap_or(false),
            Err(_) => false,
        }
    }

    /// Reads the file and compares it with its address.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the content has another digest, [`StoreError::NotFound`] when it is not there.
    pub async fn verify(&self, sha256: &str) -> Result<(), StoreError> {
        let (mut file, _) = self.get(sha256).await?;
        let mut digest = Sha256::new();
        let mut piece = vec![0_u8; PIECE];
        loop {
            let length = file.read(&mut piece).await?;
            if length == 0 {
                break;
            }
            digest.update(&piece[..length]);
        }
        if data_encoding::HEXLOWER.encode(&digest.finalize()) == sha256 {
            Ok(())
        } else {
            Err(StoreError::Corrupt(format!("file {sha256} has another content")))
        }
    }

    /// Removes files that no transaction kept and that were put before this moment by the clock of the file system;
    /// answers how many. A day is a safe distance: a file is put shortly before the transaction that keeps it.
    ///
    /// # Errors
    /// What the database or the file system says.
    pub async fn sweep(&self, db: &Db, put_before: Timestamp) -> Result<u64, StoreError> {
        let before = SystemTime::from(put_before);
        let mut removed = 0;
        let mut firsts = fs::read_dir(&self.root).await?;
        while let Some(first) = firsts.next_entry().await? {
            if !first.file_type().await?.is_dir() {
                continue;
            }
            let incoming = first.file_name() == "incoming";
            let mut candidates = Vec::new();
            let mut files = fs::read_dir(first.path()).await?;
            while let Some(file) = files.next_entry().await? {
                let old = file.metadata().await.and_then(|m| m.modified()).is_ok_and(|modified| modified < before);
                if !old {
                    continue;
                }
                if incoming {
                    fs::remove_file(file.path()).await?;
                    removed += 1;
                } else if let Ok(name) = file.file_name().into_string() {
                    candidates.push(name);
                }
            }
            for chunk in candidates.chunks(256) {
                removed += self.sweep_some(db, chunk).await?;
            }
        }
        Ok(removed)
    }

    async fn sweep_some(&self, db: &Db, names: &[String]) -> Result<u64, StoreError> {
        let (statement, args) = Filter::select(sql::KNOWN_BLOBS).and_in("sha256", names).build();
        let rows = db.fetch_all(statement, args).await?;
        let known: BTreeSet<String> = rows.iter().map(|row| row.text("sha256")).collect::<Result<_, _>>()?;
        let mut removed = 0;
        for name in names.iter().filter(|name| !known.contains(*name)) {
            fs::remove_file(self.path(name)?).await?;
            removed += 1;
        }
        Ok(removed)
    }

    fn incoming(&self) -> PathBuf {
        // Not part of any record: a name that no two writers share is all that is needed.
        self.root.join("incoming").join(Ambient::system().token())
    }

    /// Where a file lies, for programs that read files by name. Never to be written.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when this is no address.
    pub fn path(&self, sha256: &str) -> Result<PathBuf, StoreError> {
        if sha256.len() != 64 || !sha256.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return Err(StoreError::NotFound);
        }
        Ok(self.root.join(&sha256[..2]).join(sha256))
    }

    /// Moves a synced file to its address. The same content put twice is one file; its age begins anew.
    async fn settle(&self, incoming: &Path, stored: &Stored) -> Result<(), StoreError> {
        let path = self.path(&stored.sha256)?;
        let folder = self.root.join(&stored.sha256[..2]);
        if !fs::try_exists(&folder).await? {
            fs::create_dir_all(&folder).await?;
            sync_folder(&self.root).await?;
        }
        fs::rename(incoming, &path).await?;
        sync_folder(&folder).await
    }
}

/// Makes a new name in a folder survive a power cut.
pub(crate) async fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    Ok(File::open(folder).await?.sync_all().await?)
}

fn absent(error: std::io::Error) -> StoreError {
    if error.kind() == std::io::ErrorKind::NotFound { StoreError::NotFound } else { StoreError::Io(error) }
}

impl Tx<'_> {
    /// Says that this file belongs to the record now: it is exported and never swept.
    ///
    /// # Errors
    /// What the database says.
    pub async fn keep_blob(&mut self, blob: &Stored) -> Result<(), StoreError> {
        let now = self.ambient().now();
        let size = i64::try_from(blob.size).unwrap_or(i64::MAX);
        self.execute(sql::KEEP_BLOB, args![&blob.sha256, size, now]).await?;
        Ok(())
    }
}
