//! Bytes of a file that need not fit into memory.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{Algorithm, Context, Digest};

/// Bytes that can be read at any place.
pub trait Source: Send + Sync {
    /// How many bytes there are.
    fn length(&self) -> u64;

    /// Fills the buffer from this offset on.
    ///
    /// # Errors
    /// What the system answers; `UnexpectedEof` when the bytes end before the buffer is full.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;
}

impl Source for [u8] {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let part = start.checked_add(buffer.len()).and_then(|end| self.get(start..end));
        buffer.copy_from_slice(part.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

impl Source for Vec<u8> {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.as_slice().read_at(offset, buffer)
    }
}

/// A file on disk.
#[derive(Debug)]
pub struct FileSource {
    file: Mutex<File>,
    length: u64,
}

impl FileSource {
    /// Opens a file for reading.
    ///
    /// # Errors
    /// What the system answers.
    pub fn open(path: &Path) -> io::Result<FileSource> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok(FileSource { file: Mutex::new(file), length })
    }
}

impl Source for FileSource {
    fn length(&self) -> u64 {
        self.length
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(buffer)
    }
}

struct Extended {
    before: Arc<dyn Source>,
    base: u64,
    after: Arc<Vec<u8>>,
}

/// A file and what is to be written behind it, as one, without copying what was there before.
pub fn extended(before: Arc<dyn Source>, after: Arc<Vec<u8>>) -> Arc<dyn Source> {
    Arc::new(Extended { base: before.length(), before, after })
}

impl Source for Extended {
    fn length(&self) -> u64 {
        self.base + self.after.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        if offset >= self.base {
            return self.after.read_at(offset - self.base, buffer);
        }
        let first = usize::try_from(self.base - offset).unwrap_or(usize::MAX).min(buffer.len());
        let (head, tail) = buffer.split_at_mut(first);
        self.before.read_at(offset, head)?;
        if tail.is_empty() { Ok(()) } else { self.after.read_at(0, tail) }
    }
}

/// Digest of ranges (offset, length) of a source followed by `tail`, read in pieces of 64 kB.
///
/// # Errors
/// What the system answers, or `UnexpectedEof` when a range passes the end.
pub fn digest_ranges(
    source: &dyn Source,
    ranges: &[(u64, u64)],
    tail: &[&[u8]],
    algorithm: &'static Algorithm,
) -> io::Result<Digest> {
    let mut context = Context::new(algorithm);
    let mut buffer = vec![0; 64 << 10];
    for &(mut offset, mut left) in ranges {
        while left > 0 {
            let piece = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            source.read_at(offset, &mut buffer[..piece])?;
            context.update(&buffer[..piece]);
            offset += piece as u64;
            left -= piece as u64;
        }
    }
    for bytes in tail {
        context.update(bytes);
    }
    Ok(context.finish())
}
