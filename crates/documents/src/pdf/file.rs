//! A PDF that is read piece by piece, revision by revision.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::object::{Dictionary, Object, Reference, Stream, StreamData};
use super::parser::{Parser, Spans, Stop};
use super::source::Source;
use super::xref::{self, Entry, Section, XrefStyle};
use super::{OBJECT_BYTES_LIMIT, PdfError, REVISION_LIMIT, STRUCTURE_LIMIT, filter, malformed};

/// Decoded objects and object streams that are kept, in bytes of their source.
const CACHE_BYTES: u64 = 8 << 20;

/// Bytes with the account of what was read from them.
pub(super) struct Reading {
    source: Arc<dyn Source>,
    read: AtomicU64,
}

/// An indirect object as it stands in the file.
#[derive(Debug)]
pub(super) struct Raw {
    pub(super) reference: Reference,
    pub(super) object: Object,
    /// After `endobj`.
    pub(super) end: u64,
    spans: Spans,
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
    sections: usize,
    /// First byte of its last cross-reference section.
    pub(crate) xref: u64,
}

#[derive(Default)]
struct Cache {
    objects: HashMap<Place, Arc<Object>>,
    containers: HashMap<u64, Arc<Container>>,
    bytes: u64,
}

/// A decoded object stream.
struct Container {
    numbers: Vec<(u32, usize)>,
    data: Vec<u8>,
}

/// An opened PDF. Structure is read on demand; equal files give equal answers.
pub struct PdfFile {
    reading: Reading,
    sections: Vec<Section>,
    revisions: Vec<Revision>,
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
        rows.filter_map(|(_, entry)| if let Entry::In { container, .. } = entry { Some(*container) } else { None }).collect()
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

    fn cache(&self) -> MutexGuard<'_, Cache> {
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
    let at = bytes.windows(9).rposition(|part| part == b"startxref").ok_or(malformed("`startxref` is missing", base))?;
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

/// The objects of a file at one revision.
#[derive(Clone, Copy)]
pub struct View<'a> {
    file: &'a PdfFile,
    sections: usize,
}

impl View<'_> {
    /// The trailer of this revision.
    pub fn trailer(&self) -> &Dictionary {
        static NONE: Dictionary = Dictionary::EMPTY;
        self.sections.checked_sub(1).and_then(|at| self.file.sections.get(at)).map_or(&NONE, |s| &s.trailer)
    }

    /// The number after the highest one in use.
    pub(super) fn size(&self) -> u32 {
        let highest = |section: &Section| {
            let of = |entries: &xref::Entries| entries.last().map_or(0, |(number, _)| *number);
            of(&section.entries).max(section.hybrid.as_ref().map_or(0, of))
        };
        let used = self.file.sections.iter().take(self.sections).map(highest).max().unwrap_or(0);
        let declared = self.trailer().integer("Size").and_then(|size| u32::try_from(size).ok()).unwrap_or(0);
        used.saturating_add(1).max(declared)
    }

    /// Where an object is at this revision.
    pub(crate) fn place(&self, number: u32) -> Result<Place, PdfError> {
        let sections = self.file.sections.get(..self.sections).unwrap_or_default();
        for (index, section) in sections.iter().enumerate().rev() {
            let Some(entry) = section.find(number) else { continue };
            return match entry {
                Entry::Free => Ok(Place::Nowhere),
                Entry::At { offset, generation } => {
                    // A table that points behind its own revision shows what was not there when it was written.
                    let revision = self.file.revisions.iter().find(|revision| index < revision.sections);
                    if revision.is_none_or(|revision| offset >= revision.end) {
                        return Err(PdfError::Object { number, what: "lies behind the revision that lists it" });
                    }
                    Ok(Place::At { offset, generation })
                }
                Entry::In { container, index: at } => {
                    // A container that a later revision replaces changes what it holds. Containers do not nest (7.5.7).
                    match self.find(container) {
                        Some(Entry::At { .. }) => match self.place(container)? {
                            Place::At { offset, .. } => Ok(Place::In { container: offset, index: at }),
                            _ => Err(PdfError::Object { number, what: "its object stream is missing" }),
                        },
                        _ => Err(PdfError::Object { number, what: "its object stream is missing" }),
                    }
                }
            };
        }
        Ok(Place::Nowhere)
    }

    fn find(&self, number: u32) -> Option<Entry> {
        let sections = self.file.sections.get(..self.sections).unwrap_or_default();
        sections.iter().rev().find_map(|section| section.find(number))
    }

    /// The object; `Null` when it is free, never defined or of another generation.
    ///
    /// # Errors
    /// [`PdfError`] when what stands there is malformed or beyond a limit.
    pub fn object(&self, reference: Reference) -> Result<Arc<Object>, PdfError> {
        let place = self.place(reference.number)?;
        let matches = match place {
            Place::Nowhere => false,
            Place::At { generation, .. } => generation == reference.generation,
            Place::In { .. } => reference.generation == 0,
        };
        if !matches {
            return Ok(Arc::new(Object::Null));
        }
        if let Some(found) = self.file.cache().objects.get(&place) {
            return Ok(found.clone());
        }
        let (object, cost) = match place {
            Place::Nowhere => (Object::Null, 0),
            Place::At { offset, .. } => {
                let raw = self.file.reading.indirect(offset, &|to| self.stream_length(to))?;
                if raw.reference != reference {
                    return Err(malformed("another object stands where the table says", offset));
                }
                let cost = raw.end.saturating_sub(offset);
                let inside = if let Object::Stream(_) = raw.object { 1_024 } else { cost };
                (raw.object, inside)
            }
            Place::In { container, index } => self.contained(reference.number, container, index)?,
        };
        if matches!(object, Object::Reference(_)) {
            return Err(PdfError::Object { number: reference.number, what: "is only a reference" });
        }
        let object = Arc::new(object);
        let mut cache = self.file.cache();
        if cache.bytes + cost <= CACHE_BYTES {
            cache.bytes += cost;
            cache.objects.insert(place, object.clone());
        }
        Ok(object)
    }

    /// A length that is written as an object of its own.
    fn stream_length(&self, reference: Reference) -> Result<u64, PdfError> {
        let refuse = |what| PdfError::Object { number: reference.number, what };
        // Read without this function, so that lengths cannot lead in a circle.
        let length = match self.place(reference.number)? {
            Place::At { offset, .. } => {
                self.file.reading.indirect(offset, &|_| Err(refuse("a length is a stream")))?.object.as_integer()
            }
            Place::In { container, index } => self.contained(reference.number, container, index)?.0.as_integer(),
            Place::Nowhere => None,
        };
        length.and_then(|length| u64::try_from(length).ok()).ok_or(refuse("is no length of a stream"))
    }

    fn contained(&self, number: u32, offset: u64, index: u32) -> Result<(Object, u64), PdfError> {
        let container = self.container(offset)?;
        let refuse = |what| PdfError::Object { number, what };
        let place = usize::try_from(index).ok().and_then(|index| container.numbers.get(index));
        let (found, start) = *place.ok_or(refuse("is not in its object stream"))?;
        if found != number {
            return Err(refuse("is not in its object stream"));
        }
        let bytes = container.data.get(start..).ok_or(refuse("is not in its object stream"))?;
        let mut parser = Parser::new(bytes, start as u64, true);
        match parser.object() {
            Ok(object) => Ok((object, parser.position().saturating_sub(start as u64))),
            Err(Stop::Wrong(error)) => Err(error),
            Err(Stop::Short) => Err(refuse("ends too early")),
        }
    }

    fn container(&self, offset: u64) -> Result<Arc<Container>, PdfError> {
        if let Some(found) = self.file.cache().containers.get(&offset) {
            return Ok(found.clone());
        }
        let reading = &self.file.reading;
        // Its length must be direct: a container may not need another one to be read.
        let raw = reading.indirect(offset, &|to| match self.place(to.number)? {
            Place::At { .. } => self.stream_length(to),
            _ => Err(PdfError::Object { number: to.number, what: "a length is missing" }),
        })?;
        let number = raw.reference.number;
        let refuse = |what| PdfError::Object { number, what };
        let Object::Stream(stream) = raw.object else { return Err(refuse("is no object stream")) };
        let dictionary = &stream.dictionary;
        let StreamData::File { offset: start, length } = stream.data else { return Err(refuse("is no object stream")) };
        if dictionary.name("Type") != Some(b"ObjStm") {
            return Err(refuse("is no object stream"));
        }
        let used = reading.read.load(Ordering::Relaxed);
        let coded = reading.bytes(start, length)?;
        let limit = STRUCTURE_LIMIT.saturating_sub(used).min(CACHE_BYTES * 2);
        let data = filter::decode(dictionary, coded, limit, number)?;
        reading.read.fetch_add(data.len() as u64, Ordering::Relaxed);
        let whole = |key: &str| dictionary.integer(key).and_then(|n| usize::try_from(n).ok());
        let (count, first) = whole("N").zip(whole("First")).ok_or(refuse("an object stream without its counts"))?;
        if first > data.len() || count > first {
            return Err(refuse("an object stream without its counts"));
        }
        let mut parser = Parser::new(&data[..first], 0, true);
        let mut numbers = Vec::with_capacity(count);
        for _ in 0..count {
            let mut next = || match parser.unsigned("an object stream has no numbers") {
                Ok(value) => Ok(value),
                Err(Stop::Wrong(error)) => Err(error),
                Err(Stop::Short) => Err(refuse("ends too early")),
            };
            let (object, start) = (next()?, next()?);
            let object = u32::try_from(object).map_err(|_| refuse("an object number is too large"))?;
            let start = usize::try_from(start).ok().and_then(|start| first.checked_add(start));
            numbers.push((object, start.ok_or(refuse("an object lies outside its stream"))?));
        }
        let container = Arc::new(Container { numbers, data });
        let mut cache = self.file.cache();
        if cache.containers.values().map(|c| c.data.len() as u64).sum::<u64>() > CACHE_BYTES {
            cache.containers.clear();
        }
        cache.containers.insert(offset, container.clone());
        Ok(container)
    }

    /// The object itself, or what the reference leads to.
    ///
    /// # Errors
    /// As [`View::object`].
    pub fn resolve(&self, object: &Object) -> Result<Arc<Object>, PdfError> {
        match object {
            Object::Reference(reference) => self.object(*reference),
            direct => Ok(Arc::new(direct.clone())),
        }
    }

    /// The resolved value of a key; `None` when it is absent or leads to `null`.
    ///
    /// # Errors
    /// As [`View::object`].
    pub fn value(&self, dictionary: &Dictionary, key: &str) -> Result<Option<Arc<Object>>, PdfError> {
        let Some(value) = dictionary.get(key) else { return Ok(None) };
        let value = self.resolve(value)?;
        Ok(if *value == Object::Null { None } else { Some(value) })
    }

    /// The resolved dictionary of a key.
    ///
    /// # Errors
    /// As [`View::object`]; a value of another kind is malformed.
    pub fn dictionary(&self, dictionary: &Dictionary, key: &'static str) -> Result<Option<Dictionary>, PdfError> {
        match self.value(dictionary, key)?.as_deref() {
            None => Ok(None),
            Some(Object::Dictionary(found)) => Ok(Some(found.clone())),
            Some(_) => Err(malformed(key, 0)),
        }
    }

    /// Reference and dictionary of the catalog.
    ///
    /// # Errors
    /// As [`View::object`]; a file without one is malformed.
    pub fn catalog(&self) -> Result<(Reference, Dictionary), PdfError> {
        let root = self.trailer().get("Root").and_then(Object::as_reference);
        let root = root.ok_or(malformed("the trailer has no Root", 0))?;
        match self.object(root)?.as_ref() {
            Object::Dictionary(catalog) => Ok((root, catalog.clone())),
            _ => Err(PdfError::Object { number: root.number, what: "the catalog is no dictionary" }),
        }
    }

    /// A page by its position, the last one for `None`.
    ///
    /// # Errors
    /// As [`View::object`]; a page tree that is broken or has no such page.
    pub fn page(&self, index: Option<usize>) -> Result<(Reference, Dictionary), PdfError> {
        let (root, catalog) = self.catalog()?;
        let pages = catalog.get("Pages").and_then(Object::as_reference);
        let pages = pages.ok_or(PdfError::Object { number: root.number, what: "has no pages" })?;
        let mut seen = HashSet::new();
        let mut waiting = vec![pages];
        let mut position = 0;
        while let Some(next) = waiting.pop() {
            let refuse = |what| PdfError::Object { number: next.number, what };
            if !seen.insert(next) {
                return Err(refuse("pages form a circle"));
            }
            let node = self.object(next)?;
            let Object::Dictionary(node) = node.as_ref() else { return Err(refuse("is no page")) };
            if let Some(kids) = self.value(node, "Kids")? {
                let kids = kids.as_array().ok_or(refuse("its kids are no array"))?;
                let kids = kids.iter().map(|kid| kid.as_reference().ok_or(refuse("a kid is no reference")));
                let mut kids = kids.collect::<Result<Vec<_>, _>>()?;
                // The last page is the first one of the tree read backwards.
                if index.is_some() {
                    kids.reverse();
                }
                waiting.extend(kids);
            } else if index.is_none_or(|wanted| wanted == position) {
                return Ok((next, node.clone()));
            } else {
                position += 1;
            }
        }
        Err(PdfError::Object { number: pages.number, what: "has no such page" })
    }

    /// First byte and byte after the last of the value of a key of an object that stands by itself in the file.
    pub(crate) fn span(&self, reference: Reference, key: &str) -> Result<Option<(u64, u64)>, PdfError> {
        let Place::At { offset, .. } = self.place(reference.number)? else { return Ok(None) };
        let raw = self.file.reading.indirect(offset, &|to| self.stream_length(to))?;
        Ok(raw.spans.iter().find(|(name, ..)| name == key.as_bytes()).map(|(_, start, end)| (*start, *end)))
    }

    /// Whether a span is `<`, hexadecimal digits, `>`.
    pub(crate) fn is_hexadecimal(&self, span: (u64, u64)) -> Result<bool, PdfError> {
        let bytes = self.file.reading.bytes(span.0, span.1.saturating_sub(span.0))?;
        let digits = bytes.strip_prefix(b"<").and_then(|rest| rest.strip_suffix(b">"));
        Ok(digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)))
    }

    /// The bytes of a stream as they are in the file.
    pub(crate) fn stream_bytes(&self, stream: &Stream, limit: u64) -> Result<Vec<u8>, PdfError> {
        match &stream.data {
            StreamData::Bytes(bytes) => Ok(bytes.clone()),
            StreamData::File { length, .. } if *length > limit => Err(PdfError::Limit("size of a stream")),
            StreamData::File { offset, length } => {
                let bytes = self.file.reading.bytes(*offset, *length)?;
                filter::decode(&stream.dictionary, bytes, limit, 0)
            }
        }
    }
}
