//! Syntax of objects (ISO 32000-1, 7.2 and 7.3). Nothing is repaired.

use super::object::{Dictionary, Object, Reference};
use super::{DEPTH_LIMIT, PdfError, malformed};

/// Why parsing stopped.
#[derive(Debug)]
pub(super) enum Stop {
    /// The window ended before the object did; read a larger one.
    Short,
    /// The bytes are wrong.
    Wrong(PdfError),
}

type Parsed<T> = Result<T, Stop>;

/// Where the values of the outermost dictionary stand: key, first byte, byte after the last.
pub(super) type Spans = Vec<(Vec<u8>, u64, u64)>;

/// Reads objects from a window of bytes.
pub(super) struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Offset of the window in the file.
    base: u64,
    /// The window reaches the end of the file.
    whole: bool,
    spans: Option<Spans>,
}

fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

fn is_delimiter(byte: u8) -> bool {
    b"()<>[]{}/%".contains(&byte)
}

impl<'a> Parser<'a> {
    pub(super) fn new(bytes: &'a [u8], base: u64, whole: bool) -> Parser<'a> {
        Parser { bytes, at: 0, base, whole, spans: None }
    }

    /// Notes where the values of the outermost dictionary stand.
    pub(super) fn note_spans(&mut self) {
        self.spans = Some(Vec::new());
    }

    pub(super) fn take_spans(&mut self) -> Spans {
        self.spans.take().unwrap_or_default()
    }

    /// Offset in the file of the next byte.
    pub(super) fn position(&self) -> u64 {
        self.base + self.at as u64
    }

    pub(super) fn wrong<T>(&self, what: &'static str) -> Parsed<T> {
        Err(Stop::Wrong(malformed(what, self.position())))
    }

    fn end<T>(&self, what: &'static str) -> Parsed<T> {
        if self.whole { self.wrong(what) } else { Err(Stop::Short) }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Parsed<u8> {
        match self.peek() {
            Some(byte) => {
                self.at += 1;
                Ok(byte)
            }
            None => self.end("the file ends inside an object"),
        }
    }

    /// Skips white space and comments.
    pub(super) fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                while self.peek().is_some_and(|b| b != b'\n' && b != b'\r') {
                    self.at += 1;
                }
            } else if is_space(byte) {
                self.at += 1;
            } else {
                break;
            }
        }
    }

    /// A run of regular characters. It must not touch the end of the window, for it may go on behind it.
    fn word(&mut self) -> Parsed<&'a [u8]> {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|b| is_space(*b) || is_delimiter(*b)).unwrap_or(rest.len());
        if length == rest.len() && !self.whole {
            return Err(Stop::Short);
        }
        self.at += length;
        Ok(&rest[..length])
    }

    /// Reads exactly this keyword after white space.
    pub(super) fn keyword(&mut self, expected: &str, what: &'static str) -> Parsed<()> {
        self.skip_space();
        let before = self.at;
        if self.word()? == expected.as_bytes() {
            return Ok(());
        }
        self.at = before;
        self.wrong(what)
    }

    /// Whether this keyword comes next after white space; it is then read.
    pub(super) fn has_keyword(&mut self, expected: &str) -> Parsed<bool> {
        self.skip_space();
        let before = self.at;
        let found = self.word()? == expected.as_bytes();
        if !found {
            self.at = before;
        }
        Ok(found)
    }

    /// An unsigned number of plain digits.
    pub(super) fn unsigned(&mut self, what: &'static str) -> Parsed<u64> {
        self.skip_space();
        let word = self.word()?;
        match std::str::from_utf8(word).ok().filter(|w| w.bytes().all(|b| b.is_ascii_digit())).map(str::parse) {
            Some(Ok(value)) => Ok(value),
            _ => self.wrong(what),
        }
    }

    /// The line break after `stream`: CR LF or LF (7.3.8.1), and nothing else.
    pub(super) fn stream_break(&mut self) -> Parsed<()> {
        match self.next()? {
            b'\n' => Ok(()),
            b'\r' if self.next()? == b'\n' => Ok(()),
            _ => self.wrong("no line break after `stream`"),
        }
    }

    /// `startxref`, its number and the mark `%%EOF` that ends a revision: the number, the byte after the mark, and the
    /// byte after the line break that may follow.
    pub(super) fn revision_end(&mut self) -> Parsed<(u64, u64, u64)> {
        self.keyword("startxref", "`startxref` is missing after a cross-reference section")?;
        let declared = self.unsigned("`startxref` has no number")?;
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
        let rest = &self.bytes[self.at..];
        if rest.len() < 7 && !self.whole {
            return Err(Stop::Short);
        }
        let Some(after) = rest.strip_prefix(b"%%EOF") else {
            return self.wrong("`%%EOF` is missing at the end of a revision");
        };
        let broken = match after {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            _ => 0,
        };
        self.at += 5;
        let end = self.position();
        Ok((declared, end, end + broken))
    }

    /// One object.
    pub(super) fn object(&mut self) -> Parsed<Object> {
        self.value(0)
    }

    fn value(&mut self, depth: usize) -> Parsed<Object> {
        if depth > DEPTH_LIMIT {
            return Err(Stop::Wrong(PdfError::Limit("nesting of objects")));
        }
        self.skip_space();
        match self.peek() {
            None => self.end("an object is missing"),
            Some(b'/') => Ok(Object::Name(self.name()?)),
            Some(b'(') => Ok(Object::String(self.literal()?)),
            Some(b'[') => self.array(depth),
            Some(b'<') => {
                if self.at + 1 >= self.bytes.len() {
                    return self.end("an object is missing");
                }
                if self.bytes[self.at + 1] == b'<' {
                    Ok(Object::Dictionary(self.dictionary(depth)?))
                } else {
                    Ok(Object::String(self.hexadecimal()?))
                }
            }
            Some(byte) if byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.') => self.number(),
            Some(_) => match self.word()? {
                b"true" => Ok(Object::Boolean(true)),
                b"false" => Ok(Object::Boolean(false)),
                b"null" => Ok(Object::Null),
                _ => self.wrong("unknown keyword"),
            },
        }
    }

    fn array(&mut self, depth: usize) -> Parsed<Object> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                Some(b']') => {
                    self.at += 1;
                    return Ok(Object::Array(items));
                }
                _ => items.push(self.value(depth + 1)?),
            }
        }
    }

    fn dictionary(&mut self, depth: usize) -> Parsed<Dictionary> {
        self.at += 2;
        let mut found = Dictionary::default();
        let mut keys = std::collections::HashSet::new();
        loop {
            self.skip_space();
            match self.peek() {
                Some(b'>') => {
                    self.at += 1;
                    if self.next()? != b'>' {
                        return self.wrong("a dictionary does not end with >>");
                    }
                    return Ok(found);
                }
                Some(b'/') => {
                    let key = self.name()?;
                    // Readers differ in which of two equal keys counts; who signs one shows the other.
                    if !keys.insert(key.clone()) {
                        return self.wrong("a key stands twice in a dictionary");
                    }
                    self.skip_space();
                    let start = self.position();
                    let value = self.value(depth + 1)?;
                    let end = self.position();
                    if let Some(spans) = self.spans.as_mut().filter(|_| depth == 0) {
                        spans.push((key.clone(), start, end));
                    }
                    found.push(key, value);
                }
                None => return self.end("a dictionary does not end"),
                Some(_) => return self.wrong("a key of a dictionary is no name"),
            }
        }
    }

    fn name(&mut self) -> Parsed<Vec<u8>> {
        self.at += 1;
        let word = self.word()?;
        let mut name = Vec::with_capacity(word.len());
        let mut rest = word.iter();
        while let Some(&byte) = rest.next() {
            if byte != b'#' {
                name.push(byte);
                continue;
            }
            match (rest.next().and_then(|b| hex(*b)), rest.next().and_then(|b| hex(*b))) {
                (Some(high), Some(low)) => name.push(high << 4 | low),
                _ => return self.wrong("a name has # without two hexadecimal digits"),
            }
        }
        Ok(name)
    }

    fn hexadecimal(&mut self) -> Parsed<Vec<u8>> {
        self.at += 1;
        let rest = &self.bytes[self.at..];
        let Some(length) = rest.iter().position(|b| *b == b'>') else {
            return self.end("a string does not end");
        };
        let mut bytes = Vec::with_capacity(length / 2 + 1);
        let mut high = None;
        for byte in rest[..length].iter().filter(|b| !is_space(**b)) {
            let Some(digit) = hex(*byte) else { return self.wrong("a string has other than hexadecimal digits") };
            match high.take() {
                None => high = Some(digit),
                Some(first) => bytes.push(first << 4 | digit),
            }
        }
        bytes.extend(high.map(|digit| digit << 4));
        self.at += length + 1;
        Ok(bytes)
    }

    fn literal(&mut self) -> Parsed<Vec<u8>> {
        self.at += 1;
        let mut bytes = Vec::new();
        let mut open = 1_u32;
        loop {
            match self.next()? {
                b'(' => {
                    open += 1;
                    bytes.push(b'(');
                }
                b')' => {
                    open -= 1;
                    if open == 0 {
                        return Ok(bytes);
                    }
                    bytes.push(b')');
                }
                b'\\' => self.escape(&mut bytes)?,
                b'\r' => {
                    if self.peek() == Some(b'\n') {
                        self.at += 1;
                    }
                    bytes.push(b'\n');
                }
                byte => bytes.push(byte),
            }
        }
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) -> Parsed<()> {
        match self.next()? {
            b'n' => bytes.push(b'\n'),
            b'r' => bytes.push(b'\r'),
            b't' => bytes.push(b'\t'),
            b'b' => bytes.push(8),
            b'f' => bytes.push(12),
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.at += 1;
                }
            }
            b'\n' => {}
            first @ b'0'..=b'7' => {
                let mut value = u32::from(first - b'0');
                for _ in 0..2 {
                    match self.peek() {
                        Some(digit @ b'0'..=b'7') => {
                            self.at += 1;
                            value = value * 8 + u32::from(digit - b'0');
                        }
                        _ => break,
                    }
                }
                bytes.push((value & 0xff) as u8);
            }
            other => bytes.push(other),
        }
        Ok(())
    }

    /// A number, or a reference when a second number and `R` follow.
    fn number(&mut self) -> Parsed<Object> {
        let word = self.word()?;
        let Ok(text) = std::str::from_utf8(word) else { return self.wrong("a number has strange characters") };
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        if digits.is_empty()
            || !digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            || digits.matches('.').count() > 1
        {
            return self.wrong("a number has strange characters");
        }
        if digits.contains('.') {
            return if digits == "." {
                self.wrong("a number has no digits")
            } else {
                Ok(Object::Real(text.to_owned()))
            };
        }
        let Ok(value) = text.strip_prefix('+').unwrap_or(text).parse::<i64>() else {
            return self.wrong("a number is too large");
        };
        if digits.len() == text.len()
            && value > 0
            && let Some(generation) = self.reference_tail()?
        {
            let Ok(number) = u32::try_from(value) else { return self.wrong("an object number is too large") };
            return Ok(Object::Reference(Reference { number, generation }));
        }
        Ok(Object::Integer(value))
    }

    /// `g R` after a number.
    fn reference_tail(&mut self) -> Parsed<Option<u16>> {
        let before = self.at;
        self.skip_space();
        if !self.peek().is_some_and(|b| b.is_ascii_digit()) {
            if self.peek().is_none() && !self.whole {
                return Err(Stop::Short);
            }
            self.at = before;
            return Ok(None);
        }
        let generation = self.word()?;
        self.skip_space();
        if self.peek().is_none() && !self.whole {
            return Err(Stop::Short);
        }
        if self.peek() == Some(b'R') && self.word()? == b"R" {
            let generation = std::str::from_utf8(generation).ok().and_then(|g| g.parse().ok());
            return match generation {
                Some(generation) => Ok(Some(generation)),
                None => self.wrong("a generation is no number"),
            };
        }
        self.at = before;
        Ok(None)
    }
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
