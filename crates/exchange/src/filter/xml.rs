//! The filter over XML (1.0, in UTF-8, without a document type): a strict reader that takes any number of bytes at a time
//! and gives out those that are allowed. It remembers the elements it stands in and the tag it reads, and nothing else.
//!
//! A document type is refused: entities could make much of little, or name files. What is dropped is judged as strictly
//! as what is kept, so that nobody can hide where a tag begins.

use std::sync::Arc;

use super::allow::Position;
use super::utf8::Utf8;
use super::xml_path::{Verdict, XmlAllowList};
use super::xml_tag::{self, Declaration, StartTag};
use super::{FilterError, FilterLimits, LONGEST_NAME};

/// The longest tag with its attributes.
pub const LONGEST_TAG: usize = 64 * 1024;
/// The longest declaration of a document.
const LONGEST_DECLARATION: usize = 256;
/// The longest reference without its `;`, leading zeros among it.
const LONGEST_REFERENCE: usize = 16;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before anything but so many bytes of a byte order mark.
    Start(usize),
    /// Between tags; `]` that came last.
    Text(u8),
    /// After `&`.
    Reference,
    /// After `<`, until it is known what begins; all of it is in the token.
    Markup,
    /// Within a tag that begins an element, perhaps within quotes.
    Tag(Option<u8>),
    EndTag,
    /// Within the target of a processing instruction.
    Target,
    /// Within the declaration of the document.
    Declaration,
    /// Within a processing instruction; whether `?` came last, and nothing before it.
    Instruction {
        question: bool,
        bare: bool,
    },
    /// Within a comment; `-` that came last.
    Comment(u8),
    /// Within a CDATA section; `]` that came last.
    Characters(u8),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Document {
    Before,
    Within,
    After,
}

#[derive(Debug)]
struct Frame {
    /// Where its name begins among the names.
    name: usize,
    treatment: Treatment,
}

#[derive(Debug)]
enum Treatment {
    /// Within an allowed element.
    Copy,
    /// Within something dropped.
    Drop,
    /// On the way.
    Way {
        positions: Vec<Position>,
        /// Its tag as far as it is kept, until something in it is.
        waiting: Option<Vec<u8>>,
    },
}

/// Cuts one body down; what it gives out does not depend on how the body was split.
#[derive(Debug)]
pub struct XmlFilter {
    allow: Arc<XmlAllowList>,
    limits: FilterLimits,
    stack: Vec<Frame>,
    /// Names of the open elements, one behind the other.
    names: Vec<u8>,
    document: Document,
    state: State,
    /// Markup that is not yet whole.
    token: Vec<u8>,
    /// Whether the token stands at the very beginning, where a declaration may be.
    first: bool,
    declaration: Vec<u8>,
    utf8: Utf8,
    /// The two bytes before, by which the two characters that are none are known.
    last: [u8; 2],
    /// Bytes before those being read.
    seen: u64,
    wrote: bool,
}

impl XmlFilter {
    /// A filter for one body.
    pub fn new(allow: Arc<XmlAllowList>, limits: FilterLimits) -> Self {
        Self {
            allow,
            limits,
            stack: Vec::new(),
            names: Vec::new(),
            document: Document::Before,
            state: State::Start(0),
            token: Vec::new(),
            first: true,
            declaration: Vec::new(),
            utf8: Utf8::default(),
            last: [0; 2],
            seen: 0,
            wrote: false,
        }
    }

    /// Takes the next bytes and appends what is allowed of them. After an error the filter is of no more use.
    ///
    /// # Errors
    /// [`FilterError`]; what was given out before must not be delivered.
    pub fn push(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), FilterError> {
        if self.seen + input.len() as u64 > self.limits.bytes {
            return Err(FilterError::TooLarge(self.limits.bytes));
        }
        let mut rest = input;
        while let Some((&byte, after)) = rest.split_first() {
            let place = self.seen + (input.len() - rest.len()) as u64;
            let plain = self.plain(rest);
            if plain > 0 {
                let (letters, after) = rest.split_at(plain);
                self.emit(letters, out);
                (rest, self.last) = (after, [0; 2]);
                continue;
            }
            if !self.utf8.take(byte) {
                return Err(FilterError::NotUtf8(place));
            }
            let control = byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
            if control || (self.last == [0xef, 0xbf] && matches!(byte, 0xbe | 0xbf)) {
                return Err(FilterError::NotXml(place));
            }
            self.last = [self.last[1], byte];
            self.step(byte, out)?.then_some(()).ok_or(FilterError::NotXml(place))?;
            rest = after;
        }
        self.seen += input.len() as u64;
        Ok(())
    }

    /// Says that the body has ended.
    ///
    /// # Errors
    /// [`FilterError::Incomplete`]; [`FilterError::NothingAllowed`] when nothing was given out, because no path begins
    /// with the root of this document.
    pub fn finish(self) -> Result<(), FilterError> {
        if self.document != Document::After || !matches!(self.state, State::Text(_)) || !self.utf8.is_whole() {
            return Err(FilterError::Incomplete);
        }
        if self.wrote { Ok(()) } else { Err(FilterError::NothingAllowed) }
    }

    /// How many bytes are letters that change nothing: most are, and go together.
    fn plain(&self, rest: &[u8]) -> usize {
        let within = self.document == Document::Within;
        let streams = match self.state {
            State::Text(0) => within,
            State::Comment(0) | State::Characters(0) | State::Instruction { question: false, bare: false } => true,
            _ => false,
        };
        if !streams || !self.utf8.is_whole() {
            return 0;
        }
        let special = |byte: &u8| matches!(byte, b'<' | b'>' | b'&' | b']' | b'-' | b'?');
        rest.iter().take_while(|byte| matches!(byte, 0x20..=0x7f) && !special(byte)).count()
    }

    /// One byte; `false` where the document is not well-formed.
    fn step(&mut self, byte: u8, out: &mut Vec<u8>) -> Result<bool, FilterError> {
        match self.state {
            State::Start(matched) => {
                if BYTE_ORDER_MARK.get(matched) == Some(&byte) {
                    self.state = State::Start(matched + 1);
                    return Ok(true);
                }
                self.state = State::Text(0);
                if !matches!(matched, 0 | 3) {
                    return Ok(false);
                }
                return self.text(byte, 0, out);
            }
            State::Text(brackets) => return self.text(byte, brackets, out),
            State::Reference => return Ok(self.reference(byte, out)),
            State::Comment(dashes) => {
                self.emit(&[byte], out);
                self.state = match (byte, dashes) {
                    (b'>', 2) => State::Text(0),
                    (_, 2) => return Ok(false),
                    (b'-', _) => State::Comment(dashes + 1),
                    _ => State::Comment(0),
                };
            }
            State::Characters(brackets) => {
                self.emit(&[byte], out);
                self.state = match (byte, brackets) {
                    (b'>', 2) => State::Text(0),
                    (b']', _) => State::Characters((brackets + 1).min(2)),
                    _ => State::Characters(0),
                };
            }
            State::Instruction { question, bare } => {
                self.emit(&[byte], out);
                self.state = match (byte, question) {
                    (b'>', true) => State::Text(0),
                    _ if bare => return Ok(false),
                    _ => State::Instruction { question: byte == b'?', bare: false },
                };
            }
            State::Markup | State::Tag(_) | State::EndTag | State::Target | State::Declaration => {
                if self.token.len() >= LONGEST_TAG {
                    return Err(FilterError::TagTooLong);
                }
                self.token.push(byte);
                return self.markup(byte, out);
            }
        }
        Ok(true)
    }

    fn text(&mut self, byte: u8, brackets: u8, out: &mut Vec<u8>) -> Result<bool, FilterError> {
        if matches!(byte, b'<' | b'&') {
            self.token.clear();
            self.token.push(byte);
            self.state = if byte == b'<' { State::Markup } else { State::Reference };
            return Ok(byte == b'<' || self.document == Document::Within);
        }
        // Only the very first byte of a document may begin its declaration.
        self.first = false;
        if self.document != Document::Within {
            return Ok(matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        }
        self.emit(&[byte], out);
        self.state = State::Text(if byte == b']' { (brackets + 1).min(2) } else { 0 });
        Ok(byte != b'>' || brackets < 2)
    }

    fn reference(&mut self, byte: u8, out: &mut Vec<u8>) -> bool {
        self.token.push(byte);
        if byte != b';' {
            return self.token.len() <= LONGEST_REFERENCE;
        }
        let token = std::mem::take(&mut self.token);
        let name = token.get(1..token.len() - 1).and_then(|name| std::str::from_utf8(name).ok());
        let good = name.is_some_and(xml_tag::is_reference);
        self.emit(&token, out);
        (self.token, self.state) = (token, State::Text(0));
        good
    }

    /// One more byte of markup, which is in the token already.
    fn markup(&mut self, byte: u8, out: &mut Vec<u8>) -> Result<bool, FilterError> {
        match self.state {
            State::Markup => return self.kind(byte, out),
            State::Tag(Some(quote)) if byte == quote => self.state = State::Tag(None),
            State::Tag(None) => match byte {
                b'"' | b'\'' => self.state = State::Tag(Some(byte)),
                b'<' => return Ok(false),
                b'>' => return self.whole(Self::start, out),
                _ => {}
            },
            State::EndTag if byte == b'>' => return self.whole(Self::end, out),
            State::Declaration if self.token.len() > LONGEST_DECLARATION => return Ok(false),
            State::Declaration if self.token.ends_with(b"?>") => return self.whole(Self::declare, out),
            State::Target if matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'?') => {
                return self.whole(Self::instruct, out);
            }
            _ => {}
        }
        Ok(true)
    }

    /// What begins with these bytes after `<`.
    fn kind(&mut self, byte: u8, out: &mut Vec<u8>) -> Result<bool, FilterError> {
        self.state = match self.token.as_slice() {
            b"</" => State::EndTag,
            b"<?" => State::Target,
            b"<!--" => State::Comment(0),
            b"<![CDATA[" if self.document == Document::Within => State::Characters(0),
            b"<!D" => return Err(FilterError::DocumentType),
            token if b"<!--".starts_with(token) || b"<![CDATA[".starts_with(token) => return Ok(true),
            b"<>" => return Ok(false),
            _ if self.token.len() == 2 => State::Tag(None),
            _ => return Ok(false),
        };
        if matches!(self.state, State::Comment(_) | State::Characters(_)) {
            self.first = false;
            let token = std::mem::take(&mut self.token);
            self.emit(&token, out);
            self.token = token;
        }
        // A quote right after `<` is no name; the tag as a whole tells.
        Ok(self.state != State::Tag(None) || !matches!(byte, b'<' | b'"' | b'\''))
    }

    /// Judges the token, which is whole.
    fn whole(
        &mut self,
        judge: fn(&mut Self, &str, &mut Vec<u8>) -> Result<bool, FilterError>,
        out: &mut Vec<u8>,
    ) -> Result<bool, FilterError> {
        self.state = State::Text(0);
        let token = std::mem::take(&mut self.token);
        let good = match std::str::from_utf8(&token) {
            Ok(text) => judge(self, text, out)?,
            Err(_) => false,
        };
        self.first = false;
        self.token = token;
        Ok(good)
    }

    fn declare(&mut self, text: &str, _: &mut Vec<u8>) -> Result<bool, FilterError> {
        self.declaration = text.as_bytes().to_vec();
        match xml_tag::declaration(text) {
            Declaration::Good => Ok(true),
            Declaration::Malformed => Ok(false),
            Declaration::OtherEncoding => Err(FilterError::OtherEncoding),
        }
    }

    /// The target of a processing instruction, with the byte after it.
    fn instruct(&mut self, text: &str, out: &mut Vec<u8>) -> Result<bool, FilterError> {
        let (target, after) = text.split_at(text.len() - 1);
        let target = target.strip_prefix("<?").unwrap_or_default();
        if target == "xml" && self.first && after != "?" {
            self.state = State::Declaration;
            // It goes on; the token is put back when this returns.
            return Ok(true);
        }
        self.emit(text.as_bytes(), out);
        self.state = State::Instruction { question: after == "?", bare: after == "?" };
        Ok(xml_tag::is_plain_name(target) && !target.eq_ignore_ascii_case("xml"))
    }

    fn start(&mut self, text: &str, out: &mut Vec<u8>) -> Result<bool, FilterError> {
        let Some(tag) = xml_tag::start_tag(text) else { return Ok(false) };
        if self.document == Document::After {
            return Ok(false);
        }
        if tag.name.len() > LONGEST_NAME {
            return Err(FilterError::NameTooLong);
        }
        // An empty element is as deep as one that only could hold others.
        if self.stack.len() >= self.limits.depth {
            return Err(FilterError::TooDeep(self.limits.depth));
        }
        let treatment = self.treatment(&tag, text, out);
        if tag.empty {
            if self.stack.is_empty() {
                self.document = Document::After;
            }
            return Ok(true);
        }
        self.document = Document::Within;
        self.stack.push(Frame { name: self.names.len(), treatment });
        self.names.extend_from_slice(tag.name.as_bytes());
        Ok(true)
    }

    /// What happens to the element that begins here; its tag is written if it is known to be kept.
    fn treatment(&mut self, tag: &StartTag<'_>, text: &str, out: &mut Vec<u8>) -> Treatment {
        let verdict = match self.stack.last().map(|frame| &frame.treatment) {
            Some(Treatment::Copy) => {
                out.extend_from_slice(text.as_bytes());
                return Treatment::Copy;
            }
            Some(Treatment::Drop) => Verdict::Drop,
            Some(Treatment::Way { positions, .. }) => self.allow.judge(positions, tag.local),
            None => self.allow.judge(&self.allow.roots(), tag.local),
        };
        match verdict {
            Verdict::Drop => Treatment::Drop,
            Verdict::Keep => {
                self.open(out);
                out.extend_from_slice(text.as_bytes());
                Treatment::Copy
            }
            Verdict::Way { positions, named } => {
                let (cut, holds) = self.cut(tag, &positions);
                if !named && !holds {
                    return Treatment::Way { positions, waiting: Some(cut) };
                }
                self.open(out);
                out.extend_from_slice(&cut);
                Treatment::Way { positions, waiting: None }
            }
        }
    }

    /// The tag of an element on the way, and whether it holds anything allowed.
    fn cut(&self, tag: &StartTag<'_>, positions: &[Position]) -> (Vec<u8>, bool) {
        let (mut cut, mut holds) = (format!("<{}", tag.name), false);
        for attribute in &tag.attributes {
            let allowed = !attribute.is_declaration() && self.allow.allows_attribute(positions, attribute.local);
            if allowed || attribute.is_declaration() {
                cut.push(' ');
                cut.push_str(attribute.written);
            }
            holds |= allowed;
        }
        cut.push_str(if tag.empty { "/>" } else { ">" });
        (cut.into_bytes(), holds)
    }

    /// Writes the declaration and the elements around, as far as they are not yet.
    fn open(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.declaration);
        self.wrote = true;
        for frame in &mut self.stack {
            if let Treatment::Way { waiting, .. } = &mut frame.treatment {
                out.extend(waiting.take().unwrap_or_default());
            }
        }
    }

    fn end(&mut self, text: &str, out: &mut Vec<u8>) -> Result<bool, FilterError> {
        let (Some(name), Some(frame)) = (xml_tag::end_tag(text), self.stack.pop()) else { return Ok(false) };
        if self.names.get(frame.name..) != Some(name.as_bytes()) {
            return Ok(false);
        }
        self.names.truncate(frame.name);
        if matches!(frame.treatment, Treatment::Copy | Treatment::Way { waiting: None, .. }) {
            out.extend_from_slice(text.as_bytes());
        }
        if self.stack.is_empty() {
            self.document = Document::After;
        }
        Ok(true)
    }

    /// Gives out what lies in an allowed element.
    fn emit(&self, bytes: &[u8], out: &mut Vec<u8>) {
        if matches!(self.stack.last(), Some(Frame { treatment: Treatment::Copy, .. })) {
            out.extend_from_slice(bytes);
        }
    }
}

#[cfg(test)]
#[path = "xml_tests.rs"]
mod tests;
