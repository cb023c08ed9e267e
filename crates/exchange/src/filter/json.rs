//! The filter over JSON (RFC 8259): a strict reader that takes any number of bytes at a time and gives out those that
//! are allowed. It remembers the containers it stands in and the name it reads, and nothing else.

use std::sync::Arc;

use super::allow::{AllowList, Edge, Position};
use super::utf8::Utf8;
use super::{FilterError, FilterLimits, LONGEST_NAME};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrEnd,
    Name,
    NameOrEnd,
    Colon,
    /// A comma or the end of the container; nothing more at the root.
    Next,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    None,
    Text { name: bool, escape: Escape },
    Number(Number),
    Word(&'static [u8]),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escape {
    No,
    Begun,
    Hex(u8),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Number {
    Minus,
    Zero,
    Integer,
    Point,
    Fraction,
    Exponent,
    ExponentSign,
    ExponentDigits,
}

impl Number {
    fn next(self, byte: u8) -> Option<Self> {
        use Number::*;
        Some(match (self, byte) {
            (Minus, b'0') => Zero,
            (Minus, b'1'..=b'9') | (Integer, b'0'..=b'9') => Integer,
            (Zero | Integer, b'.') => Point,
            (Point | Fraction, b'0'..=b'9') => Fraction,
            (Zero | Integer | Fraction, b'e' | b'E') => Exponent,
            (Exponent, b'+' | b'-') => ExponentSign,
            (Exponent | ExponentSign | ExponentDigits, b'0'..=b'9') => ExponentDigits,
            _ => return None,
        })
    }

    fn may_end(self) -> bool {
        matches!(self, Self::Zero | Self::Integer | Self::Fraction | Self::ExponentDigits)
    }
}

#[derive(Debug)]
struct Frame {
    array: bool,
    treatment: Treatment,
}

#[derive(Debug)]
enum Treatment {
    /// Within an allowed value.
    Copy,
    /// Within something dropped.
    Drop,
    /// On the way: written once something in it is.
    Way(Way),
}

#[derive(Debug)]
struct Way {
    positions: Vec<Position>,
    /// Its name in the object around it, as written.
    name: Vec<u8>,
    opened: bool,
    filled: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sink {
    Out,
    Name,
    Drop,
}

/// Cuts one body down; what it gives out does not depend on how the body was split.
#[derive(Debug)]
pub struct JsonFilter {
    allow: Arc<AllowList>,
    limits: FilterLimits,
    stack: Vec<Frame>,
    expect: Expect,
    token: Token,
    utf8: Utf8,
    /// Where bytes of the token go.
    sink: Sink,
    /// The member name last read on the way, as written.
    name: Vec<u8>,
    /// Bytes before those being read.
    seen: u64,
    wrote: bool,
}

impl JsonFilter {
    /// A filter for one body.
    pub fn new(allow: Arc<AllowList>, limits: FilterLimits) -> Self {
        Self {
            allow,
            limits,
            stack: Vec::new(),
            expect: Expect::Value,
            token: Token::None,
            utf8: Utf8::default(),
            sink: Sink::Drop,
            name: Vec::new(),
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
            if let Token::Text { escape: Escape::No, .. } = self.token
                && self.utf8.is_whole()
            {
                // Most bytes are plain letters of texts: they go together.
                let plain =
                    rest.iter().take_while(|byte| matches!(byte, 0x20..=0x7f) && !matches!(byte, b'"' | b'\\')).count();
                if plain > 0 {
                    let (letters, after) = rest.split_at(plain);
                    self.emit(letters, out)?;
                    rest = after;
                    continue;
                }
            }
            if self.step(byte, out, place)? {
                rest = after;
            }
        }
        self.seen += input.len() as u64;
        Ok(())
    }

    /// Says that the body has ended.
    ///
    /// # Errors
    /// [`FilterError::Incomplete`].
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(), FilterError> {
        if let Token::Number(number) = self.token
            && number.may_end()
        {
            self.end_value();
        }
        if self.token != Token::None || self.expect != Expect::Next || !self.stack.is_empty() {
            return Err(FilterError::Incomplete);
        }
        if !self.wrote {
            // A bare value that nothing allows: JSON has no way to say "nothing" but this.
            out.extend_from_slice(b"null");
        }
        Ok(())
    }

    /// One byte; `false` when it ended a number and is to be looked at again.
    fn step(&mut self, byte: u8, out: &mut Vec<u8>, place: u64) -> Result<bool, FilterError> {
        match self.token {
            Token::None => self.structure(byte, out, place)?,
            Token::Text { name, escape } => self.text(byte, name, escape, out, place)?,
            Token::Number(number) => match number.next(byte) {
                Some(next) => {
                    self.token = Token::Number(next);
                    self.emit(&[byte], out)?;
                }
                None if number.may_end() => {
                    self.end_value();
                    return Ok(false);
                }
                None => return Err(FilterError::Syntax(place)),
            },
            Token::Word(left) => match left.split_first() {
                Some((wanted, left)) if *wanted == byte => {
                    self.emit(&[byte], out)?;
                    self.token = Token::Word(left);
                    if left.is_empty() {
                        self.end_value();
                    }
                }
                _ => return Err(FilterError::Syntax(place)),
            },
        }
        Ok(true)
    }

    fn text(&mut self, byte: u8, name: bool, escape: Escape, out: &mut Vec<u8>, place: u64) -> Result<(), FilterError> {
        let next = match escape {
            Escape::No if self.utf8.is_whole() && byte == b'"' => {
                self.emit(b"\"", out)?;
                if name {
                    (self.token, self.expect) = (Token::None, Expect::Colon);
                } else {
                    self.end_value();
                }
                return Ok(());
            }
            Escape::No if self.utf8.is_whole() && byte == b'\\' => Escape::Begun,
            Escape::No if byte >= 0x20 && self.utf8.take(byte) => Escape::No,
            Escape::Begun if byte == b'u' => Escape::Hex(4),
            Escape::Begun if b"\"\\/bfnrt".contains(&byte) => Escape::No,
            Escape::Hex(left) if byte.is_ascii_hexdigit() => {
                if left > 1 {
                    Escape::Hex(left - 1)
                } else {
                    Escape::No
                }
            }
            _ => return Err(FilterError::Syntax(place)),
        };
        self.token = Token::Text { name, escape: next };
        self.emit(&[byte], out)
    }

    fn structure(&mut self, byte: u8, out: &mut Vec<u8>, place: u64) -> Result<(), FilterError> {
        let within = matches!(self.stack.last(), Some(Frame { treatment: Treatment::Copy, .. }));
        match (byte, self.expect) {
            (b' ' | b'\t' | b'\n' | b'\r', _) => {}
            (b'"', Expect::Name | Expect::NameOrEnd) => return self.begin_name(out),
            (b':', Expect::Colon) => self.expect = Expect::Value,
            (b',', Expect::Next) => {
                let Some(frame) = self.stack.last() else { return Err(FilterError::Syntax(place)) };
                self.expect = if frame.array { Expect::Value } else { Expect::Name };
            }
            (b']', Expect::Next | Expect::ValueOrEnd) => return self.end_container(true, out, place),
            (b'}', Expect::Next | Expect::NameOrEnd) => return self.end_container(false, out, place),
            (_, Expect::Value | Expect::ValueOrEnd) => return self.begin_value(byte, out, place),
            _ => return Err(FilterError::Syntax(place)),
        }
        if within {
            out.push(byte);
        }
        Ok(())
    }

    fn begin_name(&mut self, out: &mut Vec<u8>) -> Result<(), FilterError> {
        self.name.clear();
        self.sink = match self.stack.last().map(|frame| &frame.treatment) {
            Some(Treatment::Copy) => Sink::Out,
            Some(Treatment::Way(_)) => Sink::Name,
            Some(Treatment::Drop) | None => Sink::Drop,
        };
        self.token = Token::Text { name: true, escape: Escape::No };
        self.emit(b"\"", out)
    }

    fn begin_value(&mut self, byte: u8, out: &mut Vec<u8>, place: u64) -> Result<(), FilterError> {
        let container = matches!(byte, b'{' | b'[');
        let treatment = self.treatment(container.then_some(byte == b'['), out, place)?;
        if container {
            return self.begin_container(byte, treatment, out);
        }
        self.sink = if matches!(treatment, Treatment::Copy) { Sink::Out } else { Sink::Drop };
        self.token = match byte {
            b'"' => Token::Text { name: false, escape: Escape::No },
            b'-' => Token::Number(Number::Minus),
            b'0' => Token::Number(Number::Zero),
            b'1'..=b'9' => Token::Number(Number::Integer),
            b't' => Token::Word(b"rue"),
            b'f' => Token::Word(b"alse"),
            b'n' => Token::Word(b"ull"),
            _ => return Err(FilterError::Syntax(place)),
        };
        self.emit(&[byte], out)
    }

    /// What happens to the value that begins here; what stands before an allowed one is written. `container` says
    /// whether it is an array, where it is a container.
    fn treatment(&mut self, container: Option<bool>, out: &mut Vec<u8>, place: u64) -> Result<Treatment, FilterError> {
        let positions = match self.stack.last() {
            None => self.allow.roots(),
            Some(Frame { treatment: Treatment::Copy, .. }) => return Ok(Treatment::Copy),
            Some(Frame { treatment: Treatment::Drop, .. }) => return Ok(Treatment::Drop),
            Some(Frame { treatment: Treatment::Way(way), array: true }) => {
                self.allow.follow(&way.positions, Edge::Element)
            }
            Some(Frame { treatment: Treatment::Way(way), array: false }) => {
                let plain = self.name.get(1..self.name.len().saturating_sub(1)).filter(|name| !name.contains(&b'\\'));
                let decoded = match plain.and_then(|name| std::str::from_utf8(name).ok()) {
                    Some(name) => std::borrow::Cow::Borrowed(name),
                    // Escapes, also of half characters, which no allowed name has.
                    None => {
                        serde_json::from_slice::<String>(&self.name).map_err(|_| FilterError::Syntax(place))?.into()
                    }
                };
                self.allow.follow(&way.positions, Edge::Member(&decoded))
            }
        };
        if self.allow.selects(&positions) {
            self.open(out);
            self.separate(out);
            return Ok(Treatment::Copy);
        }
        let root = self.stack.is_empty();
        match container {
            Some(array) if root || !positions.is_empty() => {
                let named = root || self.allow.names_container(&positions, array);
                if named {
                    self.open(out);
                    self.separate(out);
                }
                let name = if named { Vec::new() } else { std::mem::take(&mut self.name) };
                Ok(Treatment::Way(Way { positions, name, opened: named, filled: false }))
            }
            _ => Ok(Treatment::Drop),
        }
    }

    /// Writes the containers around, as far as they are not yet.
    fn open(&mut self, out: &mut Vec<u8>) {
        self.wrote = true;
        for place in 0..self.stack.len() {
            let (around, here) = self.stack.split_at_mut(place);
            let Some(Frame { array, treatment: Treatment::Way(way) }) = here.first_mut() else { continue };
            if std::mem::replace(&mut way.opened, true) {
                continue;
            }
            if let Some(Frame { array, treatment: Treatment::Way(around) }) = around.last_mut() {
                if std::mem::replace(&mut around.filled, true) {
                    out.push(b',');
                }
                if !*array {
                    out.extend_from_slice(&way.name);
                    out.push(b':');
                }
            }
            out.push(if *array { b'[' } else { b'{' });
        }
    }

    /// Writes what stands between the value before and this one: a comma and its name.
    fn separate(&mut self, out: &mut Vec<u8>) {
        if let Some(Frame { array, treatment: Treatment::Way(way) }) = self.stack.last_mut() {
            if std::mem::replace(&mut way.filled, true) {
                out.push(b',');
            }
            if !*array {
                out.extend_from_slice(&self.name);
                out.push(b':');
            }
        }
    }

    fn begin_container(&mut self, byte: u8, treatment: Treatment, out: &mut Vec<u8>) -> Result<(), FilterError> {
        if self.stack.len() >= self.limits.depth {
            return Err(FilterError::TooDeep(self.limits.depth));
        }
        let array = byte == b'[';
        let written = match &treatment {
            Treatment::Copy => true,
            Treatment::Drop => false,
            Treatment::Way(way) => way.opened,
        };
        if written {
            out.push(byte);
        }
        self.stack.push(Frame { array, treatment });
        self.expect = if array { Expect::ValueOrEnd } else { Expect::NameOrEnd };
        Ok(())
    }

    fn end_container(&mut self, array: bool, out: &mut Vec<u8>, place: u64) -> Result<(), FilterError> {
        let Some(frame) = self.stack.pop().filter(|frame| frame.array == array) else {
            return Err(FilterError::Syntax(place));
        };
        let written = match frame.treatment {
            Treatment::Copy => true,
            Treatment::Drop => false,
            Treatment::Way(way) => way.opened,
        };
        if written {
            out.push(if array { b']' } else { b'}' });
        }
        self.expect = Expect::Next;
        Ok(())
    }

    fn end_value(&mut self) {
        (self.token, self.expect) = (Token::None, Expect::Next);
    }

    fn emit(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), FilterError> {
        match self.sink {
            Sink::Out => out.extend_from_slice(bytes),
            Sink::Name if self.name.len() + bytes.len() > LONGEST_NAME => return Err(FilterError::NameTooLong),
            Sink::Name => self.name.extend_from_slice(bytes),
            Sink::Drop => {}
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
