//! Signing and judging files on disk.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use haidang_signing::DocumentSigner;

use super::sign::{Authorities, Level, sign_by};
use super::validate::{Judge, Report, verify};
use super::{PadesError, SignatureOptions};
use crate::pdf::{FileSource, PdfError, Source};

/// Signs `input` into the new file `output`, which must not exist; the input stays as it is. `signer` comes with the PIN
/// or code of a key that wants one. The file comes back written and not yet synced: whoever signs many lets the disk
/// gather them.
///
/// # Errors
/// [`PadesError`]; no file is left behind then.
pub async fn sign_file(
    input: &Path,
    output: &Path,
    signer: (&dyn DocumentSigner, Option<&str>),
    options: &SignatureOptions,
    level: Level,
    authorities: &Authorities,
) -> Result<File, PadesError> {
    let source = open(input)?;
    let written = sign_by(source.clone(), signer, options, level, authorities).await?;
    Ok(write_extended(source.as_ref(), &written, output).map_err(PdfError::from)?)
}

/// Judges a file. A file that cannot be opened is reported like one that cannot be read.
///
/// # Errors
/// What the system answers when the file cannot be opened.
pub async fn verify_file(path: &Path, judge: &Judge) -> io::Result<Report> {
    Ok(verify(Arc::new(FileSource::open(path)?), judge).await)
}

fn open(path: &Path) -> Result<Arc<dyn Source>, PdfError> {
    Ok(Arc::new(FileSource::open(path)?))
}

/// Writes what was there and what comes behind it, in pieces, and removes the file when that fails.
fn write_extended(before: &dyn Source, after: &[u8], path: &Path) -> io::Result<File> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    let result = copy(before, after, &mut file);
    if result.is_err() {
        // The first fault tells; a file that cannot be removed either is seen by whoever looks for the output.
        let _ = std::fs::remove_file(path);
    }
    result.map(|()| file)
}

fn copy(before: &dyn Source, after: &[u8], file: &mut File) -> io::Result<()> {
    let mut buffer = vec![0; 256 << 10];
    let (mut offset, length) = (0, before.length());
    while offset < length {
        let piece = usize::try_from(length - offset).unwrap_or(usize::MAX).min(buffer.len());
        before.read_at(offset, &mut buffer[..piece])?;
        file.write_all(&buffer[..piece])?;
        offset += piece as u64;
    }
    file.write_all(after)
}
