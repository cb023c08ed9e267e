//! One revision more, appended to a file whose bytes stay as they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};

use super::file::PdfFile;
use super::object::{Dictionary, Object, Reference, StreamData, put};
use super::source::{Source, extended};
use super::view::View;
use super::xref::XrefStyle;
use super::{PdfError, malformed};

/// Longest file whose offsets fit into a row of a table (ten digits).
const LENGTH_LIMIT: u64 = 9_999_999_999;

enum Body {
    Object(Object),
    Raw(Vec<u8>),
}

/// Objects that are new or changed.
pub struct Update<'a> {
    file: &'a PdfFile,
    view: View<'a>,
    next: u32,
    bodies: BTreeMap<Reference, Body>,
}

/// The bytes of a revision, to be written behind the file it was made for.
#[derive(Debug, Clone)]
pub struct Appended {
    /// Length of the file before.
    pub base: u64,
    /// The bytes to append.
    pub bytes: Vec<u8>,
    offsets: BTreeMap<u32, u64>,
}

impl Appended {
    /// Offset in the whole file at which the body of an object begins.
    pub(crate) fn body_of(&self, reference: Reference) -> Option<u64> {
        self.offsets.get(&reference.number).copied()
    }

    /// The whole file, without copying what was there before.
    pub fn join(self, before: Arc<dyn Source>) -> Arc<dyn Source> {
        extended(before, Arc::new(self.bytes))
    }
}

impl<'a> Update<'a> {
    /// Begins a revision on top of the newest one.
    pub fn new(file: &'a PdfFile) -> Update<'a> {
        let view = file.newest();
        Update { file, view, next: view.size(), bodies: BTreeMap::new() }
    }

    /// The file before this revision.
    pub fn before(&self) -> View<'a> {
        self.view
    }

    /// A number for an object that will be given later.
    ///
    /// # Errors
    /// [`PdfError::Limit`] when numbers end.
    pub fn reserve(&mut self) -> Result<Reference, PdfError> {
        let number = self.next;
        self.next = number.checked_add(1).ok_or(PdfError::Limit("number of objects"))?;
        Ok(Reference::new(number))
    }

    /// A new object.
    ///
    /// # Errors
    /// [`PdfError::Limit`] when numbers end.
    pub fn add(&mut self, object: Object) -> Result<Reference, PdfError> {
        let reference = self.reserve()?;
        self.set(reference, object);
        Ok(reference)
    }

    /// Gives an object its new value.
    pub fn set(&mut self, reference: Reference, object: Object) {
        self.bodies.insert(reference, Body::Object(object));
    }

    /// Gives an object its bytes, for those that need to know where they end up.
    pub(crate) fn set_raw(&mut self, reference: Reference, bytes: Vec<u8>) {
        self.bodies.insert(reference, Body::Raw(bytes));
    }

    /// The object with what this revision changed so far.
    ///
    /// # Errors
    /// As [`View::object`].
    pub fn object(&self, reference: Reference) -> Result<Arc<Object>, PdfError> {
        match self.bodies.get(&reference) {
            Some(Body::Object(object)) => Ok(Arc::new(object.clone())),
            Some(Body::Raw(_)) => Ok(Arc::new(Object::Null)),
            None => self.view.object(reference),
        }
    }

    /// The dictionary at a reference.
    ///
    /// # Errors
    /// As [`View::object`]; another kind of object.
    pub fn dictionary(&self, reference: Reference) -> Result<Dictionary, PdfError> {
        match self.object(reference)?.as_ref() {
            Object::Dictionary(found) => Ok(found.clone()),
            _ => Err(PdfError::Object { number: reference.number, what: "is no dictionary" }),
        }
    }

    /// The object itself or what it refers to, with what this revision changed so far.
    ///
    /// # Errors
    /// As [`View::object`].
    pub fn resolve(&self, object: &Object) -> Result<Arc<Object>, PdfError> {
        match object {
            Object::Reference(reference) => self.object(*reference),
            direct => Ok(Arc::new(direct.clone())),
        }
    }

    /// Appends to an array that stands under a key of an object, directly or as an object of its own.
    ///
    /// # Errors
    /// As [`View::object`]; another kind of object.
    pub fn append(&mut self, owner: Reference, key: &'static str, items: Vec<Object>) -> Result<(), PdfError> {
        let mut dictionary = self.dictionary(owner)?;
        let held = dictionary.get(key).cloned();
        let mut array = match held.as_ref().map(|held| self.resolve(held)).transpose()?.as_deref() {
            None | Some(Object::Null) => Vec::new(),
            Some(Object::Array(array)) => array.clone(),
            Some(_) => return Err(PdfError::Object { number: owner.number, what: key }),
        };
        array.extend(items);
        match held {
            Some(Object::Reference(own)) => self.set(own, Object::Array(array)),
            _ => {
                dictionary.set(key, Object::Array(array));
                self.set(owner, Object::Dictionary(dictionary));
            }
        }
        Ok(())
    }

    /// Writes the revision in the style of the newest section of the file.
    ///
    /// # Errors
    /// A file that is too long, or whose trailer is broken.
    pub fn finish(mut self) -> Result<Appended, PdfError> {
        let source = self.file.source();
        let base = source.length();
        let mut last = [0];
        source.read_at(base.checked_sub(1).ok_or(malformed("an empty file", 0))?, &mut last)?;
        let mut bytes = if matches!(last[0], b'\n' | b'\r') { Vec::new() } else { vec![b'\n'] };
        let mut offsets = BTreeMap::new();
        let mut rows = BTreeMap::new();
        let stream = (self.file.style() == XrefStyle::Stream).then(|| self.reserve()).transpose()?;
        for (reference, body) in &self.bodies {
            rows.insert(reference.number, (base + bytes.len() as u64, reference.generation));
            put(&mut bytes, format_args!("{} {} obj\n", reference.number, reference.generation));
            offsets.insert(reference.number, base + bytes.len() as u64);
            match body {
                Body::Object(Object::Stream(stream)) if matches!(stream.data, StreamData::File { .. }) => {
                    return Err(PdfError::Object {
                        number: reference.number,
                        what: "a stream of the file is rewritten",
                    });
                }
                Body::Object(object) => object.write(&mut bytes),
                Body::Raw(raw) => bytes.extend_from_slice(raw),
            }
            bytes.extend_from_slice(b"\nendobj\n");
        }
        let start = base + bytes.len() as u64;
        if start > LENGTH_LIMIT {
            return Err(PdfError::Limit("length of the file"));
        }
        let trailer = self.trailer(&bytes)?;
        match stream {
            None => write_table(&mut bytes, &rows, trailer),
            Some(own) => {
                rows.insert(own.number, (start, 0));
                write_stream(&mut bytes, own, &rows, trailer);
            }
        }
        put(&mut bytes, format_args!("startxref\n{start}\n%%EOF\n"));
        Ok(Appended { base, bytes, offsets })
    }

    fn trailer(&self, written: &[u8]) -> Result<Dictionary, PdfError> {
        let old = self.view.trailer();
        let mut trailer = Dictionary::default();
        trailer.set("Size", Object::Integer(i64::from(self.next)));
        for key in ["Root", "Info"] {
            if let Some(value) = old.get(key) {
                trailer.set(key, value.clone());
            }
        }
        let previous = i64::try_from(self.file.last_section()).map_err(|_| PdfError::Limit("length of the file"))?;
        trailer.set("Prev", Object::Integer(previous));
        // The first half names the document for life, the second this revision of it (ISO 32000-1, 14.4).
        let own = Object::String(digest(&SHA256, written).as_ref()[..16].to_vec());
        let id = self.view.value(old, "ID")?;
        let first = id.as_deref().and_then(Object::as_array).and_then(|halves| halves.first()).cloned();
        trailer.set("ID", Object::Array(vec![first.unwrap_or_else(|| own.clone()), own]));
        Ok(trailer)
    }
}

/// Runs of numbers that follow each other: the first number and the rows.
fn runs(rows: &BTreeMap<u32, (u64, u16)>) -> Vec<(u32, Vec<(u64, u16)>)> {
    let mut runs: Vec<(u32, Vec<(u64, u16)>)> = Vec::new();
    for (number, row) in rows {
        match runs.last_mut() {
            Some((first, run)) if *first as usize + run.len() == *number as usize => run.push(*row),
            _ => runs.push((*number, vec![*row])),
        }
    }
    runs
}

fn write_table(bytes: &mut Vec<u8>, rows: &BTreeMap<u32, (u64, u16)>, trailer: Dictionary) {
    bytes.extend_from_slice(b"xref\n");
    for (first, run) in runs(rows) {
        put(bytes, format_args!("{first} {}\n", run.len()));
        for (offset, generation) in run {
            put(bytes, format_args!("{offset:010} {generation:05} n \n"));
        }
    }
    bytes.extend_from_slice(b"trailer\n");
    Object::Dictionary(trailer).write(bytes);
    bytes.push(b'\n');
}

fn write_stream(bytes: &mut Vec<u8>, own: Reference, rows: &BTreeMap<u32, (u64, u16)>, mut trailer: Dictionary) {
    let mut data = Vec::new();
    let mut index = Vec::new();
    for (first, run) in runs(rows) {
        index.extend([i64::from(first), run.len() as i64].map(Object::Integer));
        for (offset, generation) in run {
            data.push(1);
            data.extend_from_slice(&offset.to_be_bytes()[3..]);
            data.extend_from_slice(&generation.to_be_bytes());
        }
    }
    trailer.set("Type", Object::Name(b"XRef".to_vec()));
    trailer.set("W", Object::Array([1, 5, 2].map(Object::Integer).to_vec()));
    trailer.set("Index", Object::Array(index));
    put(bytes, format_args!("{} 0 obj\n", own.number));
    Object::stream(trailer, data).write(bytes);
    bytes.extend_from_slice(b"\nendobj\n");
}
