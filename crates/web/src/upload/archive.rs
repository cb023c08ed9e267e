//! Reading archives that strangers made: bounded in entries, size, ratio and depth, whatever their headers claim.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Component, Path};
use zip::ZipArchive;

/// What one archive may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchiveLimits {
    /// Most entries, counting those of archives inside.
    pub entries: usize,
    /// Most bytes unpacked, counting those of archives inside.
    pub unpacked_bytes: u64,
    /// Most unpacked bytes per packed byte of one entry, once it is larger than a megabyte.
    pub ratio: u64,
    /// Archives inside archives: 1 allows none.
    pub depth: u32,
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        // A table inside a text document is ordinary, an archive inside that table is not.
        Self { entries: 5_000, unpacked_bytes: 500_000_000, ratio: 200, depth: 2 }
    }
}

/// Why an archive is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveFault {
    /// More entries than allowed.
    #[error("too many entries")]
    TooManyEntries,
    /// More bytes than allowed, or far more than the packed size explains.
    #[error("unpacks to too much")]
    TooLarge,
    /// Archives inside archives inside archives.
    #[error("nested too deep")]
    TooDeep,
    /// Entries that share the same bytes, a trick of bombs.
    #[error("entries overlap")]
    Overlapping,
    /// A name that leads out of the folder, or no name.
    #[error("a dangerous name")]
    Name,
    /// A link instead of a file.
    #[error("a link inside")]
    Link,
    /// Locked with a password: nobody can check it.
    #[error("locked")]
    Locked,
    /// Broken, or packed in a way we do not read.
    #[error("unreadable")]
    Unreadable,
}

impl ArchiveFault {
    /// Whether the archive was built to harm by its size.
    pub fn is_bomb(&self) -> bool {
        matches!(self, Self::TooManyEntries | Self::TooLarge | Self::TooDeep | Self::Overlapping)
    }
}

/// What an archive holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Names of the files, with `/` between folders.
    pub names: Vec<String>,
    /// Bytes of all files unpacked.
    pub unpacked_bytes: u64,
}

/// Unpacks everything into nothing and says what was there; memory stays small whatever comes.
///
/// Blocking: call it in `tokio::task::spawn_blocking`.
///
/// # Errors
/// The first [`ArchiveFault`] met.
pub fn inspect(path: &Path, limits: ArchiveLimits) -> Result<Listing, ArchiveFault> {
    let mut left = Budget { entries: limits.entries, bytes: limits.unpacked_bytes };
    let file = File::open(path).map_err(|_| ArchiveFault::Unreadable)?;
    inspect_file(file, limits, 1, &mut left)
}

/// One file of an archive, at most `most` bytes of it.
///
/// Blocking: call it in `tokio::task::spawn_blocking`. Inspect the archive first.
///
/// # Errors
/// `Unreadable` when there is no such entry, `TooLarge` when it is larger.
pub fn read_entry(path: &Path, name: &str, most: u64) -> Result<Vec<u8>, ArchiveFault> {
    let file = File::open(path).map_err(|_| ArchiveFault::Unreadable)?;
    let mut archive = ZipArchive::new(file).map_err(|_| ArchiveFault::Unreadable)?;
    let entry = archive.by_name(name).map_err(|_| ArchiveFault::Unreadable)?;
    let mut bytes = Vec::new();
    entry.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(|_| ArchiveFault::Unreadable)?;
    if bytes.len() as u64 > most { Err(ArchiveFault::TooLarge) } else { Ok(bytes) }
}

struct Budget {
    entries: usize,
    bytes: u64,
}

/// Below this size no ratio is suspicious: a page of blanks packs well.
const RATIO_FROM: u64 = 1_000_000;

fn inspect_file(file: File, limits: ArchiveLimits, depth: u32, left: &mut Budget) -> Result<Listing, ArchiveFault> {
    let mut archive = ZipArchive::new(file).map_err(|_| ArchiveFault::Unreadable)?;
    left.entries = left.entries.checked_sub(archive.len()).ok_or(ArchiveFault::TooManyEntries)?;
    if archive.has_overlapping_files().map_err(|_| ArchiveFault::Unreadable)? {
        return Err(ArchiveFault::Overlapping);
    }
    let mut listing = Listing::default();
    for index in 0..archive.len() {
        // The raw look does not unpack and so works for locked entries too.
        {
            let raw = archive.by_index_raw(index).map_err(|_| ArchiveFault::Unreadable)?;
            if raw.encrypted() {
                return Err(ArchiveFault::Locked);
            }
            if raw.is_symlink() {
                return Err(ArchiveFault::Link);
            }
        }
        let mut entry = archive.by_index(index).map_err(|_| ArchiveFault::Unreadable)?;
        let name = entry.name().map_err(|_| ArchiveFault::Name)?.into_owned();
        if !is_plain(&name) {
            return Err(ArchiveFault::Name);
        }
        if entry.is_dir() {
            continue;
        }
        let packed = entry.compressed_size().max(1);
        let mut head = [0_u8; 4];
        let read = read_head(&mut entry, &mut head)?;
        let nested = read == 4 && &head == b"PK\x03\x04";
        if nested && depth >= limits.depth {
            return Err(ArchiveFault::TooDeep);
        }
        let most = left.bytes.min((packed.saturating_mul(limits.ratio)).max(RATIO_FROM));
        let mut inner = if nested { Some(tempfile::tempfile().map_err(|_| ArchiveFault::Unreadable)?) } else { None };
        let size = drain(&mut entry, &head[..read], most, inner.as_mut())?;
        drop(entry);
        left.bytes -= size;
        listing.unpacked_bytes += size;
        listing.names.push(name);
        if let Some(inner) = inner {
            inspect_file(inner, limits, depth + 1, left)?;
        }
    }
    Ok(listing)
}

fn read_head(entry: &mut impl Read, head: &mut [u8; 4]) -> Result<usize, ArchiveFault> {
    let mut read = 0;
    while read < head.len() {
        match entry.read(&mut head[read..]).map_err(|_| ArchiveFault::Unreadable)? {
            0 => break,
            n => read += n,
        }
    }
    Ok(read)
}

/// Reads the rest of an entry, keeping it only when it is an archive itself; the size with the head counted.
fn drain(entry: &mut impl Read, head: &[u8], most: u64, mut keep: Option<&mut File>) -> Result<u64, ArchiveFault> {
    let mut size = head.len() as u64;
    if let Some(file) = keep.as_mut() {
        file.write_all(head).map_err(|_| ArchiveFault::Unreadable)?;
    }
    let mut piece = vec![0_u8; 64 * 1024];
    loop {
        if size > most {
            return Err(ArchiveFault::TooLarge);
        }
        let read = entry.read(&mut piece).map_err(|_| ArchiveFault::Unreadable)?;
        if read == 0 {
            return Ok(size);
        }
        size += read as u64;
        if let Some(file) = keep.as_mut() {
            file.write_all(&piece[..read]).map_err(|_| ArchiveFault::Unreadable)?;
        }
    }
}

/// A relative name that stays where it is put, on every system.
fn is_plain(name: &str) -> bool {
    let clean = !name.is_empty() && !name.contains(['\\', '\0']) && !name.contains(':');
    clean && Path::new(name).components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
pub(crate) mod tests {
    use super::*;
    use std::io::Cursor;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    /// An archive of these entries, packed.
    pub(crate) fn packed(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn check(name: &str, bytes: &[u8], limits: ArchiveLimits, expected: Result<usize, ArchiveFault>) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        assert_eq!(inspect(file.path(), limits).map(|l| l.names.len()), expected, "{name}");
    }

    #[test]
    fn an_archive_costs_no_more_than_its_limits() {
        let common = ArchiveLimits::default();
        let plain = packed(&[("a.txt", b"hello"), ("b/c.txt", b"there")]);
        check("plain", &plain, common, Ok(2));
        check("cut off", &plain[..plain.len() - 10], common, Err(ArchiveFault::Unreadable));
        check("no archive", b"PK\x03\x04 but nothing else", common, Err(ArchiveFault::Unreadable));
        check("too many", &plain, ArchiveLimits { entries: 1, ..common }, Err(ArchiveFault::TooManyEntries));
        let zeros = vec![0_u8; 30_000_000];
        let bomb = packed(&[("zeros", &zeros)]);
        assert!(bomb.len() < 100_000);
        check("ratio", &bomb, common, Err(ArchiveFault::TooLarge));
        let large = ArchiveLimits { ratio: 100_000, unpacked_bytes: 1_000_000, ..common };
        check("size", &bomb, large, Err(ArchiveFault::TooLarge));
        let two = packed(&[("inner.zip", &plain)]);
        let three = packed(&[("middle.zip", &two)]);
        check("one inside", &two, common, Ok(1));
        check("two inside", &three, common, Err(ArchiveFault::TooDeep));
        check("a bomb inside", &packed(&[("b.zip", &bomb)]), common, Err(ArchiveFault::TooLarge));
        for name in ["../../etc/passwd", "/etc/passwd", "C:\\x", "a\\..\\b"] {
            check(name, &packed(&[(name, b"x")]), common, Err(ArchiveFault::Name));
        }
    }

    #[test]
    fn a_size_that_lies_is_not_believed() {
        // The header says 5 bytes, the entry unpacks to 3 million: the reader must count for itself.
        let mut bytes = packed(&[("zeros", &vec![0_u8; 3_000_000])]);
        let real = 3_000_000_u32.to_le_bytes();
        for at in 0..bytes.len() - 4 {
            if bytes[at..at + 4] == real {
                bytes[at..at + 4].copy_from_slice(&5_u32.to_le_bytes());
            }
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &bytes).unwrap();
        assert!(inspect(file.path(), ArchiveLimits::default()).is_err());
    }
}
