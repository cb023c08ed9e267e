//! Objects of ISO 32000 section 7.3, and how they are written.

use std::io::Write as _;

/// Number of an indirect object. The generation is kept to refuse what does not match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// Object number, 1 or more.
    pub number: u32,
    /// Generation, nearly always 0.
    pub generation: u16,
}

impl Reference {
    /// An object of generation 0, as every new one is.
    pub fn new(number: u32) -> Reference {
        Reference { number, generation: 0 }
    }
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Object {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a point, as it is written, so that copying loses nothing.
    Real(String),
    /// Decoded bytes of a string.
    String(Vec<u8>),
    /// Decoded bytes of a name, without the slash.
    Name(Vec<u8>),
    /// `[…]`.
    Array(Vec<Object>),
    /// `<<…>>`.
    Dictionary(Dictionary),
    /// A dictionary with bytes.
    Stream(Box<Stream>),
    /// `n g R`.
    Reference(Reference),
}

/// A stream: its dictionary and its encoded bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// Everything but `/Length`, when it is to be written.
    pub dictionary: Dictionary,
    /// Where the encoded bytes are.
    pub data: StreamData,
}

/// Where the encoded bytes of a stream are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamData {
    /// In the file that was read.
    File {
        /// Offset of the first byte.
        offset: u64,
        /// How many bytes.
        length: u64,
    },
    /// New bytes.
    Bytes(Vec<u8>),
}

/// Keys and values in the order they were written; keys are unique.
#[derive(Debug, Clone, Default)]
pub struct Dictionary(Vec<(Vec<u8>, Object)>);

impl PartialEq for Dictionary {
    /// The order of keys means nothing.
    fn eq(&self, other: &Dictionary) -> bool {
        self.0.len() == other.0.len() && self.0.iter().all(|(key, value)| other.get(key) == Some(value))
    }
}

impl Eq for Dictionary {}

impl Dictionary {
    /// One without keys.
    pub const EMPTY: Dictionary = Dictionary(Vec::new());

    /// The value of a key; `null` counts as absent (ISO 32000-1, 7.3.7).
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<&Object> {
        let key = key.as_ref();
        self.0.iter().find(|(k, _)| k == key).map(|(_, v)| v).filter(|v| **v != Object::Null)
    }

    /// Whether the key is there, with any value.
    pub(crate) fn has_key(&self, key: &[u8]) -> bool {
        self.0.iter().any(|(k, _)| k == key)
    }

    /// Sets a key, keeping its place when it was there.
    pub fn set(&mut self, key: impl AsRef<[u8]>, value: Object) {
        let key = key.as_ref();
        match self.0.iter_mut().find(|(k, _)| k == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key.to_vec(), value)),
        }
    }

    /// Removes a key.
    pub fn remove(&mut self, key: impl AsRef<[u8]>) {
        let key = key.as_ref();
        self.0.retain(|(k, _)| k != key);
    }

    /// Adds a pair whose key is known to be new.
    pub(crate) fn push(&mut self, key: Vec<u8>, value: Object) {
        self.0.push((key, value));
    }

    /// All pairs.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &Object)> {
        self.0.iter().map(|(k, v)| (k.as_slice(), v))
    }

    /// The value of a key when it is a name.
    pub fn name(&self, key: &str) -> Option<&[u8]> {
        self.get(key).and_then(Object::as_name)
    }

    /// The value of a key when it is a whole number.
    pub fn integer(&self, key: &str) -> Option<i64> {
        self.get(key).and_then(Object::as_integer)
    }
}

/// A dictionary from pairs.
pub(crate) fn dictionary<const N: usize>(pairs: [(&str, Object); N]) -> Dictionary {
    Dictionary(pairs.into_iter().map(|(key, value)| (key.as_bytes().to_vec(), value)).collect())
}

/// A name.
pub(crate) fn name(text: &str) -> Object {
    Object::Name(text.as_bytes().to_vec())
}

/// A text string: ASCII as it is, everything else in UTF-16 with its mark (ISO 32000-1, 7.9.2.2).
pub(crate) fn text(text: &str) -> Object {
    if text.is_ascii() {
        return Object::String(text.as_bytes().to_vec());
    }
    let mut bytes = vec![0xfe, 0xff];
    bytes.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
    Object::String(bytes)
}

impl Object {
    /// The number, when it is whole.
    pub fn as_integer(&self) -> Option<i64> {
        if let Object::Integer(value) = self { Some(*value) } else { None }
    }

    /// The number, whole or not.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Object::Integer(value) => Some(*value as f64),
            Object::Real(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The bytes of a name.
    pub fn as_name(&self) -> Option<&[u8]> {
        if let Object::Name(bytes) = self { Some(bytes) } else { None }
    }

    /// The bytes of a string.
    pub fn as_string(&self) -> Option<&[u8]> {
        if let Object::String(bytes) = self { Some(bytes) } else { None }
    }

    /// The elements of an array.
    pub fn as_array(&self) -> Option<&[Object]> {
        if let Object::Array(items) = self { Some(items) } else { None }
    }

    /// The dictionary, also that of a stream.
    pub fn as_dictionary(&self) -> Option<&Dictionary> {
        match self {
            Object::Dictionary(value) => Some(value),
            Object::Stream(stream) => Some(&stream.dictionary),
            _ => None,
        }
    }

    /// The reference.
    pub fn as_reference(&self) -> Option<Reference> {
        if let Object::Reference(value) = self { Some(*value) } else { None }
    }

    /// A string read as text: UTF-16 or UTF-8 with their marks, else Latin-1, which PDFDocEncoding extends.
    pub fn as_text(&self) -> Option<String> {
        let bytes = self.as_string()?;
        if let Some(rest) = bytes.strip_prefix(&[0xfe, 0xff]) {
            let units: Vec<u16> = rest.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            return Some(String::from_utf16_lossy(&units));
        }
        if let Some(rest) = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]) {
            return Some(String::from_utf8_lossy(rest).into_owned());
        }
        Some(bytes.iter().map(|byte| char::from(*byte)).collect())
    }

    /// A stream of new bytes.
    pub fn stream(dictionary: Dictionary, bytes: Vec<u8>) -> Object {
        Object::Stream(Box::new(Stream { dictionary, data: StreamData::Bytes(bytes) }))
    }

    /// Appends the object in PDF syntax. A stream that still lies in a file is written as its dictionary alone:
    /// an update refers to it by number and never copies it.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Object::Null => out.extend_from_slice(b"null"),
            Object::Boolean(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Object::Integer(value) => put(out, format_args!("{value}")),
            Object::Real(text) => out.extend_from_slice(text.as_bytes()),
            Object::String(bytes) => write_string(bytes, out),
            Object::Name(bytes) => write_name(bytes, out),
            Object::Array(items) => {
                out.push(b'[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(b' ');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
            Object::Dictionary(value) => value.write(out),
            Object::Stream(stream) => stream.write(out),
            Object::Reference(value) => put(out, format_args!("{} {} R", value.number, value.generation)),
        }
    }
}

impl Dictionary {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"<<");
        for (key, value) in &self.0 {
            write_name(key, out);
            out.push(b' ');
            value.write(out);
            out.push(b'\n');
        }
        if out.last() == Some(&b'\n') {
            out.pop();
        }
        out.extend_from_slice(b">>");
    }
}

impl Stream {
    fn write(&self, out: &mut Vec<u8>) {
        let StreamData::Bytes(bytes) = &self.data else { return self.dictionary.write(out) };
        let mut dictionary = self.dictionary.clone();
        dictionary.set("Length", Object::Integer(i64::try_from(bytes.len()).unwrap_or(i64::MAX)));
        dictionary.write(out);
        out.extend_from_slice(b"\nstream\n");
        out.extend_from_slice(bytes);
        out.extend_from_slice(b"\nendstream");
    }
}

pub(super) fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing into memory cannot fail.
    let _ = out.write_fmt(text);
}

fn write_name(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'/');
    for byte in bytes {
        match byte {
            b'!'..=b'~' if !b"()<>[]{}/%#".contains(byte) => out.push(*byte),
            _ => put(out, format_args!("#{byte:02X}")),
        }
    }
}

fn write_string(bytes: &[u8], out: &mut Vec<u8>) {
    if bytes.iter().any(|byte| !matches!(byte, b' '..=b'~')) {
        out.push(b'<');
        out.extend_from_slice(data_encoding::HEXUPPER.encode(bytes).as_bytes());
        out.push(b'>');
        return;
    }
    out.push(b'(');
    for byte in bytes {
        if b"()\\".contains(byte) {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b')');
}
