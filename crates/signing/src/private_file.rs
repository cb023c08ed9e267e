//! Files that only their owner may read, for rooms that keep sealed keys of their own kind.

use std::io::Read as _;
use std::path::Path;

use crate::{SigningError, folder};

/// Longest file that is read, in bytes: a sealed key with its certificate has a few thousand.
const LONGEST: u64 = 256 * 1024;

/// Makes a folder, and those above it, with mode 0700; one that is there stays as it is.
///
/// # Errors
/// [`SigningError::Io`].
pub fn create_folder(path: &Path) -> Result<(), SigningError> {
    folder::create_folder(path)
}

/// Writes a new file with mode 0600, durably. An existing one stays.
///
/// # Errors
/// [`SigningError::Io`] when it exists or cannot be written.
pub fn write_new(path: &Path, content: &[u8]) -> Result<(), SigningError> {
    folder::write_private(path, content).map_err(|source| folder::io(path, source))
}

/// Reads a file; `None` when there is none.
///
/// # Errors
/// [`SigningError::OpenToOthers`] when others may read it, [`SigningError::Damaged`] when it is longer than any such
/// file, else [`SigningError::Io`].
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, SigningError> {
    let io = |source| folder::io(path, source);
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(io(source)),
    };
    // The open file is asked, not the path: what is checked is what is read.
    folder::refuse_open_to_others(path, &file.metadata().map_err(io)?)?;
    let mut bytes = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > LONGEST {
        return Err(SigningError::Damaged {
            path: path.display().to_string(),
            reason: "longer than a key file can be",
        });
    }
    Ok(Some(bytes))
}
