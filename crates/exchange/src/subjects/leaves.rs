//! The values in what a filter let through: texts and numbers of JSON, texts and attributes of XML. The filter has judged
//! the form already, so that nothing here has to be refused.

use super::found::{Found, LONGEST_NUMBER};

/// Bytes of a value, as far as it can still be a number.
#[derive(Debug, Default)]
struct Kept {
    bytes: Vec<u8>,
    too_long: bool,
}

impl Kept {
    fn push(&mut self, byte: u8) {
        if self.bytes.len() < LONGEST_NUMBER {
            self.bytes.push(byte);
        } else {
            self.too_long |= !byte.is_ascii_whitespace();
        }
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.too_long = false;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Json {
    Between,
    /// Within quotes; whether a backslash came last.
    Text(bool),
    /// After a text, until it is known whether it is a name.
    AfterText,
    /// Within a number or a word.
    Bare,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Xml {
    Text,
    /// After `<`, until it is known what begins.
    Markup,
    /// Within a tag, perhaps within quotes.
    Tag(Option<u8>),
    Comment,
    Instruction,
    Characters,
}

#[derive(Debug)]
enum State {
    Json(Json),
    Xml(Xml),
}

/// Takes the values out of any number of bytes at a time.
#[derive(Debug)]
pub(super) struct Leaves {
    state: State,
    value: Kept,
    /// A value of an attribute.
    attribute: Kept,
    /// The beginning of markup, or the end of what is passed over.
    markup: Vec<u8>,
}

impl Leaves {
    pub(super) fn json() -> Self {
        Self::of(State::Json(Json::Between))
    }

    pub(super) fn xml() -> Self {
        Self::of(State::Xml(Xml::Text))
    }

    fn of(state: State) -> Self {
        Self { state, value: Kept::default(), attribute: Kept::default(), markup: Vec::new() }
    }

    pub(super) fn push(&mut self, bytes: &[u8], found: &mut Found) {
        for byte in bytes.iter().copied() {
            self.state = match self.state {
                State::Json(state) => State::Json(self.json_step(state, byte, found)),
                State::Xml(state) => State::Xml(self.xml_step(state, byte, found)),
            };
        }
    }

    pub(super) fn finish(mut self, found: &mut Found) {
        match self.state {
            State::Json(Json::AfterText) => self.end_text(found),
            State::Json(Json::Bare) => self.end_bare(found),
            State::Json(_) => {}
            State::Xml(_) => self.end_characters(found),
        }
    }

    fn json_step(&mut self, state: Json, byte: u8, found: &mut Found) -> Json {
        match (state, byte) {
            (Json::Text(false), b'"') => Json::AfterText,
            (Json::Text(escaped), _) => {
                self.value.push(byte);
                Json::Text(!escaped && byte == b'\\')
            }
            (Json::AfterText, b' ' | b'\t' | b'\n' | b'\r') => Json::AfterText,
            (Json::AfterText, b':') => {
                self.value.clear();
                Json::Between
            }
            (Json::AfterText, _) => {
                self.end_text(found);
                Json::Between
            }
            (Json::Bare, b'0'..=b'9' | b'a'..=b'z' | b'E' | b'+' | b'-' | b'.') => {
                self.value.push(byte);
                Json::Bare
            }
            (Json::Bare, _) => {
                self.end_bare(found);
                Json::Between
            }
            (Json::Between, b'"') => Json::Text(false),
            (Json::Between, b'0'..=b'9' | b'a'..=b'z' | b'-') => {
                self.value.push(byte);
                Json::Bare
            }
            (Json::Between, _) => Json::Between,
        }
    }

    fn end_text(&mut self, found: &mut Found) {
        let quoted = [b"\"".as_slice(), &self.value.bytes, b"\""].concat();
        match serde_json::from_slice::<String>(&quoted) {
            Ok(text) if !self.value.too_long => found.add(&text),
            _ => found.leave_unread(),
        }
        self.value.clear();
    }

    /// A number; `true`, `false` and `null` are nobody.
    fn end_bare(&mut self, found: &mut Found) {
        if !self.value.bytes.starts_with(b"t") && !self.value.bytes.starts_with(b"f") && self.value.bytes != b"null" {
            found.add(&String::from_utf8_lossy(&self.value.bytes));
        }
        self.value.clear();
    }

    fn xml_step(&mut self, state: Xml, byte: u8, found: &mut Found) -> Xml {
        match (state, byte) {
            (Xml::Text, b'<') => {
                self.markup.clear();
                self.markup.push(byte);
                Xml::Markup
            }
            (Xml::Text, _) => {
                self.value.push(byte);
                Xml::Text
            }
            (Xml::Markup, _) => self.markup_step(byte, found),
            (Xml::Tag(None), b'"' | b'\'') => Xml::Tag(Some(byte)),
            (Xml::Tag(None), b'>') => Xml::Text,
            (Xml::Tag(None), _) => Xml::Tag(None),
            (Xml::Tag(Some(quote)), _) if byte == quote => {
                // Other attributes than the one that is meant pass with an element, and declarations of namespaces.
                found.add_if_number(&resolved(&self.attribute.bytes));
                self.attribute.clear();
                Xml::Tag(None)
            }
            (Xml::Tag(quote), _) => {
                self.attribute.push(byte);
                Xml::Tag(quote)
            }
            (Xml::Comment, _) => self.until(b"-->", byte, Xml::Comment),
            (Xml::Instruction, _) => self.until(b"?>", byte, Xml::Instruction),
            (Xml::Characters, _) => {
                self.value.push(byte);
                let next = self.until(b"]]>", byte, Xml::Characters);
                if next == Xml::Text {
                    let length = self.value.bytes.len();
                    self.value.bytes.truncate(length.saturating_sub(3));
                }
                next
            }
        }
    }

    fn markup_step(&mut self, byte: u8, found: &mut Found) -> Xml {
        self.markup.push(byte);
        let begins = |wanted: &[u8]| wanted.starts_with(&self.markup);
        let next = match self.markup.as_slice() {
            b"<!--" => Xml::Comment,
            b"<![CDATA[" => Xml::Characters,
            b"<?" => Xml::Instruction,
            _ if begins(b"<!--") || begins(b"<![CDATA[") => Xml::Markup,
            _ => {
                // A tag ends the text before it.
                self.end_characters(found);
                Xml::Tag(None)
            }
        };
        if next != Xml::Markup {
            self.markup.clear();
        }
        next
    }

    /// Goes on within something until these bytes end it.
    fn until(&mut self, end: &[u8], byte: u8, within: Xml) -> Xml {
        self.markup.push(byte);
        if self.markup.ends_with(end) {
            return Xml::Text;
        }
        if self.markup.len() >= end.len() {
            self.markup.remove(0);
        }
        within
    }

    fn end_characters(&mut self, found: &mut Found) {
        if self.value.too_long {
            found.leave_unread();
        } else {
            found.add(&resolved(&self.value.bytes));
        }
        self.value.clear();
    }
}

/// Text with its references to characters resolved; those by name stand for no digit.
fn resolved(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.split('&');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(';').unwrap_or((part, ""));
        let number = name.strip_prefix('#').and_then(|number| match number.strip_prefix('x') {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => number.parse().ok(),
        });
        whole.push(number.and_then(char::from_u32).unwrap_or('&'));
        whole.push_str(rest);
    }
    whole
}
