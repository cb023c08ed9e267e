//! The objects of a file as they were at one revision.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::file::{CACHE_BYTES, PdfFile, Place};
use super::object::{Dictionary, Object, Reference, Stream, StreamData};
use super::parser::{Parser, Stop};
use super::xref::{self, Entry, Section};
use super::{PdfError, STRUCTURE_LIMIT, filter, malformed};

/// A decoded object stream.
pub(super) struct Container {
    numbers: Vec<(u32, usize)>,
    data: Vec<u8>,
}

/// The objects of a file at one revision.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub(super) file: &'a PdfFile,
    pub(super) sections: usize,
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
    pub(super) fn stream_length(&self, reference: Reference) -> Result<u64, PdfError> {
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
