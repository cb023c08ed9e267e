//! The zip file of an export, written and read by one blocking thread with constant memory.
//!
//! Files of residents go into at most 256 tar archives inside the zip, because the directory of a zip is held in
//! memory whole, and a city keeps millions of files.

use super::Manifest;
use super::lines::gone;
use crate::{Blobs, StoreError};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Name of the manifest in the zip.
pub(crate) const MANIFEST: &str = "manifest.json";
/// Bytes of one block of a tar archive.
const BLOCK: usize = 512;
/// Pieces under way between the database and the file.
pub(crate) const UNDER_WAY: usize = 16;
/// Bytes read at a time.
const PIECE: usize = 64 * 1024;

/// What the writing thread is told.
pub(crate) enum Order {
    /// Begin a compressed entry.
    Begin(String),
    /// Begin an entry that is stored as it is.
    BeginStored(String),
    /// Append to the entry.
    Bytes(Vec<u8>),
    /// Append a file as a member of the tar archive that the entry is.
    Member { name: String, path: PathBuf, size: u64 },
    /// End the tar archive that the entry is.
    EndArchive,
}

fn broken(error: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(format!("zip: {error}"))
}

/// Writes entries until the channel closes, then syncs the file.
pub(crate) fn write(path: &Path, mut orders: mpsc::Receiver<Order>) -> Result<(), StoreError> {
    let mut zip = ZipWriter::new(BufWriter::with_capacity(PIECE, File::create(path)?));
    let options = SimpleFileOptions::default().large_file(true).last_modified_time(zip::DateTime::default());
    while let Some(order) = orders.blocking_recv() {
        match order {
            Order::Begin(name) => {
                zip.start_file(name, options.compression_method(CompressionMethod::Deflated)).map_err(broken)?;
            }
            Order::BeginStored(name) => {
                zip.start_file(name, options.compression_method(CompressionMethod::Stored)).map_err(broken)?;
            }
            Order::Bytes(bytes) => zip.write_all(&bytes)?,
            Order::Member { name, path, size } => append_member(&mut zip, &name, &path, size)?,
            Order::EndArchive => zip.write_all(&[0; 2 * BLOCK])?,
        }
    }
    let file = zip.finish().map_err(broken)?.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    Ok(())
}

fn append_member(out: &mut impl Write, name: &str, path: &Path, size: u64) -> Result<(), StoreError> {
    let mut file = File::open(path).map_err(|_| StoreError::Corrupt(format!("file {name} is missing")))?;
    out.write_all(&member_header(name, size)?)?;
    let mut digest = Sha256::new();
    let mut piece = vec![0; PIECE];
    let mut left = size;
    while left > 0 {
        let want = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        let length = file.read(&mut piece[..want])?;
        if length == 0 {
            break;
        }
        digest.update(&piece[..length]);
        out.write_all(&piece[..length])?;
        left -= length as u64;
    }
    if left > 0 || data_encoding::HEXLOWER.encode(&digest.finalize()) != name {
        return Err(StoreError::Corrupt(format!("file {name} has another content")));
    }
    out.write_all(&vec![0; padding(size)])?;
    Ok(())
}

fn padding(size: u64) -> usize {
    (BLOCK - usize::try_from(size % BLOCK as u64).unwrap_or(0)) % BLOCK
}

/// A header of the POSIX ustar form (IEEE Std 1003.1-1988).
fn member_header(name: &str, size: u64) -> Result<[u8; BLOCK], StoreError> {
    if name.len() > 100 || size >= 1 << 33 {
        return Err(StoreError::Corrupt(format!("file {name} is too large for an export")));
    }
    let mut header = [0_u8; BLOCK];
    let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, "0000600\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{size:011o}\0"));
    put(136, "00000000000\0");
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\u{0}00");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Ok(header)
}

/// An export opened for reading.
pub(crate) struct Reader {
    zip: ZipArchive<BufReader<File>>,
}

impl Reader {
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let file = BufReader::with_capacity(PIECE, File::open(path)?);
        Ok(Self { zip: ZipArchive::new(file).map_err(broken)? })
    }

    /// A small entry as text; `None` when it is not there.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        if self.zip.index_for_name(name).is_none() {
            return Ok(None);
        }
        let mut text = String::new();
        self.zip.by_name(name).map_err(broken)?.read_to_string(&mut text)?;
        Ok(Some(text))
    }

    pub(crate) fn manifest(&mut self) -> Result<Manifest, StoreError> {
        let text = self.text(MANIFEST)?.ok_or_else(|| broken("no manifest: the export was not finished"))?;
        Ok(serde_json::from_str(&text)?)
    }

    /// Gives the lines of a table in pieces of whole lines.
    pub(crate) fn lines(
        &mut self,
        table: &str,
        mut give: impl FnMut(Vec<u8>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut entry = self.zip.by_name(&table_entry(table)).map_err(broken)?;
        let mut held = Vec::new();
        let mut piece = vec![0; PIECE];
        loop {
            let length = entry.read(&mut piece)?;
            if length == 0 {
                break;
            }
            match piece[..length].iter().rposition(|byte| *byte == b'\n') {
                Some(end) => {
                    held.extend_from_slice(&piece[..=end]);
                    give(std::mem::take(&mut held))?;
                    held.extend_from_slice(&piece[end + 1..length]);
                }
                None => held.extend_from_slice(&piece[..length]),
            }
        }
        if held.is_empty() { Ok(()) } else { Err(StoreError::Corrupt(format!("{table} does not end with a line"))) }
    }

    /// Puts every file into the store, or, without one, only checks its content. Answers files and bytes.
    pub(crate) fn blobs(
        &mut self,
        into: Option<&Blobs>,
        progress: super::Progress<'_>,
    ) -> Result<(u64, u64), StoreError> {
        let (mut files, mut bytes) = (0, 0);
        for prefix in 0..=255_u8 {
            let name = blob_entry(prefix);
            if self.zip.index_for_name(&name).is_none() {
                continue;
            }
            let mut entry = self.zip.by_name(&name).map_err(broken)?;
            while let Some((name, size)) = next_member(&mut entry)? {
                let mut content = (&mut entry).take(size);
                let stored = match into {
                    Some(blobs) => blobs.put_blocking(&mut content)?,
                    None => digest(&mut content)?,
                };
                if stored.sha256 != name || stored.size != size {
                    return Err(StoreError::Corrupt(format!("file {name} has another content")));
                }
                io::copy(&mut (&mut entry).take(padding(size) as u64), &mut io::sink())?;
                files += 1;
                bytes += size;
                progress("blobs", files);
            }
        }
        Ok((files, bytes))
    }
}

fn digest(content: &mut impl Read) -> Result<crate::Stored, StoreError> {
    let mut digest = Sha256::new();
    let size = io::copy(content, &mut DigestWriter(&mut digest))?;
    Ok(crate::Stored { sha256: data_encoding::HEXLOWER.encode(&digest.finalize()), size })
}

struct DigestWriter<'d>(&'d mut Sha256);

impl Write for DigestWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Name and size of the next member; `None` at the end of the archive.
fn next_member(entry: &mut impl Read) -> Result<Option<(String, u64)>, StoreError> {
    let mut header = [0_u8; BLOCK];
    entry.read_exact(&mut header)?;
    if header.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    let text = |from: usize, to: usize| {
        let bytes = &header[from..to];
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        std::str::from_utf8(&bytes[..end]).map_err(|_| broken("tar header"))
    };
    let size = u64::from_str_radix(text(124, 136)?.trim(), 8).map_err(|_| broken("tar header"))?;
    Ok(Some((text(0, 100)?.to_owned(), size)))
}

/// Name of a table's entry.
pub(crate) fn table_entry(table: &str) -> String {
    format!("tables/{table}.jsonl")
}

/// Name of the entry with files whose digest begins with this byte.
pub(crate) fn blob_entry(prefix: u8) -> String {
    format!("blobs/{prefix:02x}.tar")
}

/// Sends to the writing thread.
pub(crate) async fn order(orders: &mpsc::Sender<Order>, order: Order) -> Result<(), StoreError> {
    orders.send(order).await.map_err(|_| gone())
}
