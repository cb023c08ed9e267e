//! A PDF that is read piece by piece, revision by revision.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::object::{Object, Reference, Stream, StreamData};
use super::parser::{Parser, Spans, Stop};
use super::source::Source;
use super::view::{Container, View};
use super::xref::{self, Entry, Section, XrefStyle};
use super::{OBJECT_BYTES_LIMIT, PdfError, REVISION_LIMIT, STRUCTURE_LIMIT, malformed};

/// Decoded objects and object streams that are kept, in bytes of their source.
pub(super) const CACHE_BYTES: u64 = 8 << 20;

/// Bytes with the account of what was read from them.
pub(super) struct Reading {
    source: Arc<dyn Source>,
    pub(super) read: AtomicU64,
}

/// An indirect object as it stands in the file.
#[derive(Debug)]
pub(super) struct Raw {
    pub(super) reference: Reference,
    pub(super) object: Object,
    /// After `endobj`.
    pub(super) end: u64,
    pub(super) spans: Spans,
}

impl Reading {
    fn length(&self) -> u64 {
        self.source.length()
    }

    /// Reads bytes of structure and writes them to the account.
    pub(super) fn bytes(&self, offset: u64, length: u64) -> Result<Vec<u8>, PdfError> {
        if offset.checked_add(length).is_none_or(|end| end > self.length()) {
            return Err(malformed("the file ends too early", offset));
        }
        if self.read.fetch_add(length, Ordering::Relaxed).saturating_add(length) > STRUCTURE_LIMIT {
            return Err(PdfError::Limit("bytes of structure"));
        }
        let mut buffer = vec![0; usize::try_from(length).map_err(|_| PdfError::Limit("bytes of structure"))?];
        self.source.read_at(offset, &mut buffer)?;
        Ok(buffer)
    }

    /// Parses at an offset with windows that grow until what is there fits.
    pub(super) fn parse<T>(
        &self,
        offset: u64,
        step: impl Fn(&mut Parser<'_>) -> Result<T, Stop>,
    ) -> Result<T, PdfError> {
        let left = self.length().checked_sub(offset).ok_or(malformed("an offset lies behind the end", offset))?;
        let mut window = 1_024;
        loop {
            let bytes = self.bytes(offset, left.min(window))?;
            match step(&mut Parser::new(&bytes, offset, window >= left)) {
                Ok(found) => return Ok(found),
                Err(Stop::Wrong(error)) => return Err(error),
                Err(Stop::Short) if window >= OBJECT_BYTES_LIMIT as u64 => {
                    return Err(PdfError::Limit("size of one object"));
                }
                Err(Stop::Short) => window *= 4,
            }
        }
    }

    /// The object at an offset; `length_of` answers a stream length that is a reference.
    pub(super) fn indirect(
        &self,
        offset: u64,
        length_of: &dyn Fn(Reference) -> Result<u64, PdfError>,
    ) -> Result<Raw, PdfError> {
        let (reference, object, stream, end, spans) = self.parse(offset, |p| {
            let number = p.unsigned("an object does not begin with its number")?;
            let generation = p.unsigned("an object has no generation")?;
            p.keyword("obj", "an object does not begin with `obj`")?;
            let (Ok(number), Ok(generation)) = (u32::try_from(number), u16::try_from(generation)) else {
                return p.wrong("an object number is too large");
            };
            p.note_spans();
            let object = p.object()?;
            let spans = p.take_spans();
            let stream = matches!(object, Object::Dictionary(_)) && p.has_keyword("stream")?;
            if stream {
                p.stream_break()?;
            } else {
                p.keyword("endobj", "`endobj` is missing")?;
            }
            Ok((Reference { number, generation }, object, stream, p.position(), spans))
        })?;
        let Object::Dictionary(dictionary) = object else { return Ok(Raw { reference, object, end, spans }) };
        if !stream {
            return Ok(Raw { reference, object: Object::Dictionary(dictionary), end, spans });
        }
        let refuse = |what| PdfError::Object { number: reference.number, what };
        let length = match dictionary.get("Length") {
            Some(Object::Integer(length)) => u64::try_from(*length).map_err(|_| refuse("its length is negative"))?,
            Some(Object::Reference(to)) => length_of(*to)?,
            _ => return Err(refuse("its length is missing")),
        };
        let after = end.checked_add(length).ok_or(refuse("its length is too large"))?;
        let end_of_object = self.parse(after, |p| {
            p.keyword("endstream", "a stream has not the length it says")?;
            p.keyword("endobj", "`endobj` is missing")?;
            Ok(p.position())
        })?;
        let data = StreamData::File { offset: end, length };
        let object = Object::Stream(Box::new(Stream { dictionary, data }));
        Ok(Raw { reference, object, end: end_of_object, spans })
    }
}

/// Where an object really is; equal places hold the same object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// Nowhere: free or never defined.
    Nowhere,
    /// At an offset of the file.
    At {
        /// Offset of its number.
        offset: u64,
        /// Generation the table gives.
        generation: u16,
    },
    /// In an object stream.
    In {
        /// Offset of the object stream.
        container: u64,
        /// Position among its objects.
        index: u32,
    },
}

/// One revision: everything up to a `%%EOF`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revision {
    /// Byte after `%%EOF`.
    pub end: u64,
    /// Byte after the line break that may follow `%%EOF`.
    pub end_of_line: u64,
    /// How many sections the file has up to this revision.
    pub(super) sections: usize,
    /// First byte of its last cross-reference section.
    pub(crate) xref: u64,
}

#[derive(Default)]
pub(super) struct Cache {
    pub(super) objects: HashMap<Place, Arc<Object>>,
    pub(super) containers: HashMap<u64, Arc<Container>>,
    pub(super) bytes: u64,
}

/// An opened PDF. Structure is read on demand; equal files give equal answers.
pub struct PdfFile {
    pub(super) reading: Reading,
    pub(super) sections: Vec<Section>,
    pub(super) revisions: Vec<Revision>,
    cache: Mutex<Cache>,
}

impl PdfFile {
    /// Reads the cross-reference sections of all revisions.
    ///
    /// # Errors
    /// [`PdfError`]: no well-formed PDF, encrypted, or beyond a limit.
    pub fn open(source: Arc<dyn Source>) -> Result<PdfFile, PdfError> {
        let reading = Reading { source, read: AtomicU64::new(0) };
        let header = reading.bytes(0, reading.length().min(8))?;
        if !header.starts_with(b"%PDF-") {
            return Err(malformed("no PDF header", 0));
        }
        let sections = read_sections(&reading)?;
        let revisions = revisions(&sections)?;
        let file = PdfFile { reading, sections, revisions, cache: Mutex::default() };
        file.check_tail()?;
        Ok(file)
    }

    /// The bytes.
    pub fn source(&self) -> &Arc<dyn Source> {
        &self.reading.source
    }

    /// All revisions, oldest first; never empty.
    pub fn revisions(&self) -> &[Revision] {
        &self.revisions
    }

    /// How the newest section is written.
    pub fn style(&self) -> XrefStyle {
        self.sections.last().map_or(XrefStyle::Table, |section| section.style)
    }

    /// The file as it is now.
    pub fn newest(&self) -> View<'_> {
        View { file: self, sections: self.sections.len() }
    }

    /// The file as it was at a revision, counted from 0.
    pub fn at(&self, revision: usize) -> Option<View<'_>> {
        self.revisions.get(revision).map(|revision| View { file: self, sections: revision.sections })
    }

    /// Offset of the newest cross-reference section.
    pub(super) fn last_section(&self) -> u64 {
        self.sections.last().map_or(0, |section| section.start)
    }

    /// Numbers that the sections of a revision list, and whether one of them is hybrid.
    pub(crate) fn listed(&self, revision: usize) -> (Vec<(u32, bool)>, bool) {
        let end = self.revisions.get(revision).map_or(0, |r| r.sections);
        let start = revision.checked_sub(1).and_then(|before| self.revisions.get(before)).map_or(0, |r| r.sections);
        let own = self.sections.get(start..end).unwrap_or_default();
        let hybrid = own.iter().any(|section| section.hybrid.is_some());
        let rows = own.iter().flat_map(|section| section.entries.iter().chain(section.hybrid.iter().flatten()));
        (rows.map(|(number, entry)| (*number, *entry == Entry::Free)).collect(), hybrid)
    }

    /// Numbers that sections before a revision use as object streams.
    pub(crate) fn containers(&self, revision: usize) -> HashSet<u32> {
        let end = revision.checked_sub(1).and_then(|before| self.revisions.get(before)).map_or(0, |r| r.sections);
        let sections = self.sections.get(..end).unwrap_or_default();
        let rows = sections.iter().flat_map(|section| section.entries.iter().chain(section.hybrid.iter().flatten()));
        rows.filter_map(|(_, entry)| if let Entry::In { container, .. } = entry { Some(*container) } else { None })
            .collect()
    }

    /// First and last byte of an object that stands by itself at an offset.
    pub(crate) fn extent(&self, view: &View<'_>, offset: u64) -> Result<(Reference, u64), PdfError> {
        let raw = self.reading.indirect(offset, &|to| view.stream_length(to))?;
        Ok((raw.reference, raw.end))
    }

    /// Whether only white space and comments stand between two offsets.
    pub(crate) fn is_blank(&self, from: u64, to: u64) -> Result<bool, PdfError> {
        if to.checked_sub(from).is_none_or(|length| length > 4_096) {
            return Ok(false);
        }
        let bytes = self.reading.bytes(from, to - from)?;
        let mut parser = Parser::new(&bytes, from, true);
        parser.skip_space();
        Ok(parser.position() == to)
    }

    pub(super) fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Behind the last revision nothing may stand: what has no table of its own is read by repairing readers only.
    fn check_tail(&self) -> Result<(), PdfError> {
        let end = self.revisions.last().map_or(0, |revision| revision.end);
        let tail = self.reading.length().saturating_sub(end);
        if tail > 1_024 || self.reading.bytes(end, tail)?.iter().any(|b| !b.is_ascii_whitespace() && *b != 0) {
            return Err(malformed("bytes behind the last revision", end));
        }
        Ok(())
    }
}

fn read_sections(reading: &Reading) -> Result<Vec<Section>, PdfError> {
    let tail = reading.length().min(2_048);
    let base = reading.length() - tail;
    let bytes = reading.bytes(base, tail)?;
    let at =
        bytes.windows(9).rposition(|part| part == b"startxref").ok_or(malformed("`startxref` is missing", base))?;
    let (mut next, _, _) = reading.parse(base + at as u64, |p| p.revision_end())?;
    let mut left = xref::allowance();
    let mut seen = HashSet::new();
    let mut sections = Vec::new();
    loop {
        if !seen.insert(next) {
            return Err(malformed("cross-reference sections form a circle", next));
        }
        if sections.len() >= REVISION_LIMIT {
            return Err(PdfError::Limit("number of revisions"));
        }
        let section = xref::read(reading, next, &mut left)?;
        if section.trailer.has_key(b"Encrypt") {
            return Err(PdfError::Encrypted);
        }
        let previous = section.trailer.get("Prev").map(|value| {
            let offset = value.as_integer().and_then(|offset| u64::try_from(offset).ok());
            offset.ok_or(malformed("`Prev` is no offset", section.start))
        });
        sections.push(section);
        match previous.transpose()? {
            Some(previous) => next = previous,
            None => break,
        }
    }
    sections.reverse();
    Ok(sections)
}

/// Groups sections into revisions: one each, but two in the first revision of a linearised file, whose first-page
/// section stands before the main one (ISO 32000-1, Annex F).
fn revisions(sections: &[Section]) -> Result<Vec<Revision>, PdfError> {
    let mut found: Vec<Revision> = Vec::new();
    let mut index = 0;
    while let Some(section) = sections.get(index) {
        let first_page = sections.get(index + 1).filter(|next| next.start < section.start && index == 0);
        let declared = first_page.map_or(section.start, |first| first.start);
        if section.declared != declared {
            return Err(malformed("`startxref` does not lead to its own section", section.start));
        }
        if found.last().is_some_and(|before| section.start < before.end) {
            return Err(malformed("a newer cross-reference section stands before an older one", section.start));
        }
        index += if first_page.is_some() { 2 } else { 1 };
        let (end, end_of_line) = (section.end, section.end_of_line);
        found.push(Revision { end, end_of_line, sections: index, xref: section.start });
    }
    Ok(found)
}
