//! Cross-reference sections: tables, streams and hybrids (ISO 32000-1, 7.5.4 and 7.5.8).

use super::file::{Raw, Reading};
use super::object::{Dictionary, Object, StreamData};
use super::parser::Stop;
use super::{OBJECT_LIMIT, PdfError, filter, malformed};

/// How a section is written; an update is written the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum XrefStyle {
    /// A plain table.
    Table,
    /// A stream.
    Stream,
}

/// Where an object is, as a section says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    Free,
    At { offset: u64, generation: u16 },
    In { container: u32, index: u32 },
}

/// Entries by number, ascending and unique.
pub(super) type Entries = Vec<(u32, Entry)>;

/// One cross-reference section with its trailer.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) start: u64,
    pub(super) style: XrefStyle,
    pub(super) entries: Entries,
    /// Of the stream that a hybrid file adds for readers that know streams.
    pub(super) hybrid: Option<Entries>,
    pub(super) trailer: Dictionary,
    /// What `startxref` says behind this section.
    pub(super) declared: u64,
    /// After `%%EOF`.
    pub(super) end: u64,
    /// After the line break that may follow it.
    pub(super) end_of_line: u64,
}

impl Section {
    pub(super) fn find(&self, number: u32) -> Option<Entry> {
        let look = |entries: &Entries| {
            entries.binary_search_by_key(&number, |(n, _)| *n).ok().and_then(|at| entries.get(at)).map(|(_, e)| *e)
        };
        match look(&self.entries) {
            // Older readers are told that hidden objects are free (7.5.8.4).
            None | Some(Entry::Free) if self.hybrid.is_some() => {
                self.hybrid.as_ref().and_then(look).or_else(|| look(&self.entries))
            }
            found => found,
        }
    }
}

/// Reads the section at an offset; `left` is how many entries the file may still list.
pub(super) fn read(file: &Reading, start: u64, left: &mut usize) -> Result<Section, PdfError> {
    let table = file.parse(start, |p| p.has_keyword("xref"))?;
    if !table {
        let (entries, raw, dictionary) = read_stream(file, start, left)?;
        let (declared, end, end_of_line) = file.parse(raw.end, |p| p.revision_end())?;
        let (hybrid, style) = (None, XrefStyle::Stream);
        return Ok(Section { start, style, entries, hybrid, trailer: dictionary, declared, end, end_of_line });
    }
    let (entries, after) = read_table(file, start, left)?;
    let (trailer, (declared, end, end_of_line)) = file.parse(after, |p| match p.object()? {
        Object::Dictionary(trailer) => Ok((trailer, p.revision_end()?)),
        _ => p.wrong("the trailer is no dictionary"),
    })?;
    let hybrid = match trailer.get("XRefStm") {
        None => None,
        Some(at) => {
            let at = at.as_integer().and_then(|at| u64::try_from(at).ok());
            let at = at.filter(|at| *at < start).ok_or(malformed("`XRefStm` leads nowhere", start))?;
            Some(read_stream(file, at, left)?.0)
        }
    };
    Ok(Section { start, style: XrefStyle::Table, entries, hybrid, trailer, declared, end, end_of_line })
}

fn charge(left: &mut usize, count: u64) -> Result<(), PdfError> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    *left = left.checked_sub(count).ok_or(PdfError::Limit("number of objects"))?;
    Ok(())
}

fn sorted(mut entries: Entries, at: u64) -> Result<Entries, PdfError> {
    entries.sort_by_key(|(number, _)| *number);
    if entries.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err(malformed("a cross-reference section lists an object twice", at));
    }
    Ok(entries)
}

/// The entries, and the offset behind the word `trailer`.
fn read_table(file: &Reading, start: u64, left: &mut usize) -> Result<(Entries, u64), PdfError> {
    let mut entries = Vec::new();
    let mut at = file.parse(start, |p| {
        p.keyword("xref", "no cross-reference section")?;
        Ok(p.position())
    })?;
    loop {
        let header = file.parse(at, |p| {
            if p.has_keyword("trailer")? {
                return Ok(Err(p.position()));
            }
            let first = p.unsigned("a part of the cross-reference table has no first number")?;
            let count = p.unsigned("a part of the cross-reference table has no count")?;
            p.skip_space();
            Ok(Ok((first, count, p.position())))
        })?;
        let (first, count, body) = match header {
            Ok(header) => header,
            Err(after) => return Ok((sorted(entries, start)?, after)),
        };
        charge(left, count)?;
        read_rows(file, first, count, body, &mut entries)?;
        at = body + count * 20;
    }
}

fn read_rows(file: &Reading, first: u64, count: u64, body: u64, entries: &mut Entries) -> Result<(), PdfError> {
    const ROWS: u64 = 2_000;
    let mut done = 0;
    while done < count {
        let rows = ROWS.min(count - done);
        let bytes = file.bytes(body + done * 20, rows * 20)?;
        for (index, row) in bytes.chunks_exact(20).enumerate() {
            let place = done + index as u64;
            let wrong = || malformed("a row of the cross-reference table is not in its form", body + place * 20);
            let number = u32::try_from(first + place).map_err(|_| wrong())?;
            if let Some(entry) = row_entry(row).ok_or_else(wrong)? {
                entries.push((number, entry));
            }
        }
        done += rows;
    }
    Ok(())
}

/// `nnnnnnnnnn ggggg n` and a line break of two bytes. Object 0 is free with generation 65535 and means nothing more.
fn row_entry(row: &[u8]) -> Option<Option<Entry>> {
    let digits = |part: &[u8]| -> Option<u64> {
        part.iter().all(u8::is_ascii_digit).then(|| std::str::from_utf8(part).ok()?.parse().ok())?
    };
    let offset = digits(row.get(..10)?)?;
    let generation = u16::try_from(digits(row.get(11..16)?)?).ok()?;
    let breaks = matches!(row.get(18..20)?, [b' ', b'\r' | b'\n'] | [b'\r', b'\n']);
    if row[10] != b' ' || row[16] != b' ' || !breaks {
        return None;
    }
    match row[17] {
        b'n' => Some(Some(Entry::At { offset, generation })),
        b'f' if generation == u16::MAX && offset == 0 => Some(Some(Entry::Free)),
        b'f' => Some(Some(Entry::Free)),
        _ => None,
    }
}

/// The entries of a cross-reference stream with the object that holds it.
fn read_stream(file: &Reading, start: u64, left: &mut usize) -> Result<(Entries, Raw, Dictionary), PdfError> {
    let raw =
        file.indirect(start, &|_| Err(malformed("the length of a cross-reference stream is no number", start)))?;
    let number = raw.reference.number;
    let refuse = |what| PdfError::Object { number, what };
    let Object::Stream(stream) = &raw.object else { return Err(refuse("no cross-reference section")) };
    let dictionary = &stream.dictionary;
    if dictionary.name("Type") != Some(b"XRef") {
        return Err(refuse("no cross-reference section"));
    }
    let StreamData::File { offset, length } = stream.data else { return Err(refuse("a stream is not in the file")) };
    let numbers = |key: &str| -> Option<Vec<u64>> {
        let items = dictionary.get(key)?.as_array()?;
        items.iter().map(|item| u64::try_from(item.as_integer()?).ok()).collect()
    };
    let widths = numbers("W").filter(|w| w.len() == 3 && w.iter().all(|n| *n <= 8));
    let widths = widths.ok_or(refuse("the widths of a cross-reference stream"))?;
    let size = dictionary.integer("Size").and_then(|n| u64::try_from(n).ok()).ok_or(refuse("its size is missing"))?;
    let index = if dictionary.get("Index").is_some() { numbers("Index") } else { Some(vec![0, size]) };
    let index = index.filter(|i| i.len() % 2 == 0).ok_or(refuse("the index of a cross-reference stream"))?;
    let row = widths.iter().sum::<u64>();
    let total = index.chunks_exact(2).try_fold(0_u64, |sum, pair| sum.checked_add(pair[1]));
    let total = total.ok_or(PdfError::Limit("number of objects"))?;
    charge(left, total)?;
    let coded = file.bytes(offset, length)?;
    let data = filter::decode(dictionary, coded, total * row, number)?;
    if row == 0 || data.len() as u64 != total * row {
        return Err(refuse("a cross-reference stream has not the promised rows"));
    }
    let mut rows = data.chunks_exact(usize::try_from(row).unwrap_or(usize::MAX));
    let mut entries = Vec::new();
    for pair in index.chunks_exact(2) {
        for offset in 0..pair[1] {
            let number = pair[0].checked_add(offset).and_then(|n| u32::try_from(n).ok());
            let number = number.ok_or(refuse("an object number is too large"))?;
            let row = rows.next().ok_or(refuse("rows are missing"))?;
            entries.push((number, stream_entry(row, &widths).ok_or(refuse("an unknown kind of row"))?));
        }
    }
    let dictionary = dictionary.clone();
    Ok((sorted(entries, start)?, raw, dictionary))
}

fn stream_entry(row: &[u8], widths: &[u64]) -> Option<Entry> {
    let mut rest = row;
    let mut fields = [1, 0, 0];
    for (field, width) in fields.iter_mut().zip(widths) {
        let (bytes, after) = rest.split_at_checked(usize::try_from(*width).ok()?)?;
        if *width > 0 {
            *field = bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
        }
        rest = after;
    }
    let [kind, second, third] = fields;
    match kind {
        0 => Some(Entry::Free),
        1 => Some(Entry::At { offset: second, generation: u16::try_from(third).ok()? }),
        2 => Some(Entry::In { container: u32::try_from(second).ok()?, index: u32::try_from(third).ok()? }),
        _ => None,
    }
}

/// How many entries a new file may list.
pub(super) fn allowance() -> usize {
    OBJECT_LIMIT
}

impl From<PdfError> for Stop {
    fn from(error: PdfError) -> Stop {
        Stop::Wrong(error)
    }
}
