//! Reading the archive, strictly: every byte of it belongs to one entry, and every reader sees the same entries.
//!
//! A library that is made to open whatever can be opened passes over doubled names, hidden entries and contradictions
//! between the two places where an entry is described. They are what forgeries of signed archives live from, so both
//! places are read here and must agree; only unpacking is left to a library.

use std::collections::BTreeMap;
use std::io::Read as _;

use flate2::Crc;
use flate2::read::DeflateDecoder;

use super::verdict::{Fault, Reason};

/// Longest entry, unpacked.
pub const MAX_ENTRY: u64 = 64 << 20;
/// Longest container.
pub const MAX_CONTAINER: usize = 160 << 20;
/// Most of all entries together, unpacked.
const MAX_TOTAL: u64 = 192 << 20;
/// Most entries.
const MAX_ENTRIES: usize = 256;

const END: &[u8] = b"PK\x05\x06";
const END_LENGTH: usize = 22;
const CENTRAL: &[u8] = b"PK\x01\x02";
const CENTRAL_LENGTH: usize = 46;
const LOCAL: &[u8] = b"PK\x03\x04";
const LOCAL_LENGTH: usize = 30;
/// Flags that change nothing here: levels of packing, sizes behind the data, names in UTF-8.
const HARMLESS_FLAGS: u16 = 0b1000_0000_1110;
const SIZES_BEHIND: u16 = 0b1000;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// The entries of a container, unpacked.
pub(super) struct Archive {
    entries: BTreeMap<String, Vec<u8>>,
    /// Whether `mimetype` is the first entry, at the very beginning, not packed and without an extra field.
    pub(super) begins_with_mimetype: bool,
}

impl Archive {
    /// Reads all of it.
    pub(super) fn read(bytes: &[u8]) -> Result<Archive, Fault> {
        if bytes.len() > MAX_CONTAINER {
            return Err(malformed("longer than 160 MB"));
        }
        let headers = directory(bytes)?;
        let first = headers.first().ok_or_else(|| malformed("an empty archive"))?;
        let begins_with_mimetype = first.name == super::entry::MIMETYPE
            && first.method == STORED
            && first.offset == 0
            && first.extra == 0
            && first.local_extra == 0;
        let mut entries = BTreeMap::new();
        for header in &headers {
            let content = header.content(bytes)?;
            if header.name.ends_with('/') {
                continue;
            }
            entries.insert(header.name.clone(), content);
        }
        Ok(Archive { entries, begins_with_mimetype })
    }

    pub(super) fn get(&self, name: &str) -> Option<&[u8]> {
        self.entries.get(name).map(Vec::as_slice)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// An entry that must be there.
    pub(super) fn need(&self, name: &str) -> Result<&[u8], Fault> {
        self.get(name).ok_or_else(|| Fault::new(Reason::Missing, name))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }
}

fn malformed(text: impl Into<String>) -> Fault {
    Fault::new(Reason::Malformed, text)
}

/// Reads little-endian numbers one after another.
struct Numbers<'b>(&'b [u8]);

impl Numbers<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (head, rest) = self.0.split_first_chunk::<N>().map_or(([0; N], &[][..]), |(head, rest)| (*head, rest));
        self.0 = rest;
        head
    }

    fn short(&mut self) -> u16 {
        u16::from_le_bytes(self.take())
    }

    fn long(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }
}

/// An entry, as both places describe it.
struct Header {
    name: String,
    flags: u16,
    method: u16,
    crc: u32,
    packed: u32,
    length: u32,
    offset: usize,
    extra: usize,
    local_extra: usize,
    /// Where its data begins.
    start: usize,
}

/// The end record: number of entries, and where the directory lies. A comment may follow it, nothing else.
fn end(bytes: &[u8]) -> Result<(usize, usize, usize), Fault> {
    let last = bytes.len().checked_sub(END_LENGTH).ok_or_else(|| malformed("not a zip archive"))?;
    let lowest = last.saturating_sub(usize::from(u16::MAX));
    for place in (lowest..=last).rev() {
        let Some(record) = bytes.get(place..place + END_LENGTH).filter(|record| record.starts_with(END)) else {
            continue;
        };
        let mut numbers = Numbers(record.get(4..).unwrap_or_default());
        let (disk, first_disk) = (numbers.short(), numbers.short());
        let (here, all) = (numbers.short(), numbers.short());
        let (size, offset, comment) = (numbers.long(), numbers.long(), numbers.short());
        if place + END_LENGTH + usize::from(comment) != bytes.len() {
            continue;
        }
        let whole = disk == 0 && first_disk == 0 && here == all;
        let (size, offset) = (size as usize, offset as usize);
        if !whole || offset.checked_add(size) != Some(place) {
            return Err(malformed("an archive in several parts, or with something between its parts"));
        }
        return Ok((usize::from(all), offset, place));
    }
    Err(malformed("not a zip archive"))
}

fn directory(bytes: &[u8]) -> Result<Vec<Header>, Fault> {
    let (count, mut place, stop) = end(bytes)?;
    let begin = place;
    if count > MAX_ENTRIES {
        return Err(malformed("too many entries"));
    }
    let mut headers: Vec<Header> = Vec::with_capacity(count);
    let mut total = 0;
    for _ in 0..count {
        let (header, next) = central(bytes, place)?;
        if headers.iter().any(|one| one.name.trim_end_matches('/') == header.name.trim_end_matches('/')) {
            return Err(malformed(format!("an entry name occurs twice: {}", header.name)));
        }
        total += u64::from(header.length);
        if u64::from(header.length) > MAX_ENTRY || total > MAX_TOTAL {
            return Err(malformed(format!("entry too large: {}", header.name)));
        }
        headers.push(header);
        place = next;
    }
    if place != stop {
        return Err(malformed("the directory is longer than its entries"));
    }
    for header in &mut headers {
        header.agree_with_local(bytes)?;
    }
    // No data is shared, and none is hidden in the directory.
    let mut taken: Vec<(usize, usize)> =
        headers.iter().map(|header| (header.offset, header.start + header.packed as usize)).collect();
    taken.sort_unstable();
    let ends = taken.iter().map(|(_, end)| *end);
    let begins = taken.iter().skip(1).map(|(begin, _)| *begin).chain(std::iter::once(begin));
    if ends.zip(begins).any(|(end, next)| end > next) {
        return Err(malformed("entries lie over each other"));
    }
    Ok(headers)
}

/// One line of the directory, and where the next begins.
fn central(bytes: &[u8], place: usize) -> Result<(Header, usize), Fault> {
    let broken = || malformed("the directory is broken");
    let record = bytes.get(place..place + CENTRAL_LENGTH).filter(|record| record.starts_with(CENTRAL));
    let mut numbers = Numbers(record.and_then(|record| record.get(8..)).ok_or_else(broken)?);
    let (flags, method) = (numbers.short(), numbers.short());
    let _date = numbers.long();
    let (crc, packed, length) = (numbers.long(), numbers.long(), numbers.long());
    let (name, extra, comment) = (numbers.short().into(), numbers.short().into(), numbers.short());
    let (disk, _inner, _outer, offset) = (numbers.short(), numbers.short(), numbers.long(), numbers.long());
    let start = place + CENTRAL_LENGTH;
    let name: usize = name;
    let written = bytes.get(start..start + name).and_then(|name| std::str::from_utf8(name).ok()).ok_or_else(broken)?;
    if !is_plain(written) {
        return Err(malformed(format!("entry name {}", written.escape_debug())));
    }
    if disk != 0 || flags & !HARMLESS_FLAGS != 0 || !matches!(method, STORED | DEFLATED) {
        return Err(malformed(format!("{written} is encrypted, or packed in a way that is not accepted")));
    }
    let offset = offset as usize;
    let header = Header {
        name: written.to_owned(),
        flags,
        method,
        crc,
        packed,
        length,
        offset,
        extra,
        local_extra: 0,
        start: 0,
    };
    Ok((header, start + name + extra + usize::from(comment)))
}

/// A relative path with one way to write it. A folder ends with `/`.
fn is_plain(name: &str) -> bool {
    let path = name.strip_suffix('/').unwrap_or(name);
    let step = |step: &str| !matches!(step, "" | "." | "..");
    path.split('/').all(step) && !name.chars().any(|c| c == '\\' || c.is_control())
}

impl Header {
    /// Reads the description before the data, which must be the same.
    fn agree_with_local(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let differs = || malformed(format!("{} is described in two ways", self.name));
        let end = self.offset.checked_add(LOCAL_LENGTH).ok_or_else(differs)?;
        let record = bytes.get(self.offset..end).filter(|record| record.starts_with(LOCAL));
        let mut numbers = Numbers(record.and_then(|record| record.get(6..)).ok_or_else(differs)?);
        let (flags, method) = (numbers.short(), numbers.short());
        let _date = numbers.long();
        let (crc, packed, length) = (numbers.long(), numbers.long(), numbers.long());
        let (name, extra) = (usize::from(numbers.short()), usize::from(numbers.short()));
        let sizes = (crc, packed, length) == (self.crc, self.packed, self.length);
        let behind = flags & SIZES_BEHIND != 0 && (packed, length) == (0, 0);
        let same = flags == self.flags
            && method == self.method
            && (sizes || behind)
            && bytes.get(end..end + name) == Some(self.name.as_bytes());
        if !same {
            return Err(differs());
        }
        self.local_extra = extra;
        self.start = end + name + extra;
        Ok(())
    }

    fn content(&self, bytes: &[u8]) -> Result<Vec<u8>, Fault> {
        let broken = || malformed(format!("{} cannot be unpacked", self.name));
        let packed = bytes.get(self.start..self.start + self.packed as usize).ok_or_else(broken)?;
        let length = self.length as usize;
        let content = if self.method == STORED {
            packed.to_vec()
        } else {
            let mut decoder = DeflateDecoder::new(packed);
            let mut content = Vec::new();
            // One byte more than stated shows that there are more; memory grows with what comes, not with the statement.
            let limit = u64::from(self.length) + 1;
            decoder.by_ref().take(limit).read_to_end(&mut content).map_err(|_| broken())?;
            if decoder.total_in() != u64::from(self.packed) {
                return Err(broken());
            }
            content
        };
        let mut crc = Crc::new();
        crc.update(&content);
        if content.len() != length || crc.sum() != self.crc || (self.name.ends_with('/') && length != 0) {
            return Err(broken());
        }
        Ok(content)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_written_one_way_only() {
        for (name, wanted) in [
            ("mimetype", true),
            ("META-INF/signatures.xml", true),
            ("META-INF/", true),
            ("/message.xml", false),
            ("META-INF//signatures.xml", false),
            ("./message.xml", false),
            ("META-INF/../message.xml", false),
            ("META-INF\\signatures.xml", false),
            ("message.xml\n", false),
            ("", false),
            ("/", false),
        ] {
            assert_eq!(is_plain(name), wanted, "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..300), tail in any::<bool>()) {
            let mut bytes = bytes;
            if tail {
                bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0\x01\0\x01\0\x10\0\0\0\x05\0\0\0\0\0");
            }
            let _ = Archive::read(&bytes);
        }
    }
}
