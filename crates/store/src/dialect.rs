//! Splits SQL text into tokens and statements: enough to check the dialect and to read table definitions.

/// A token of SQL text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// Identifier or keyword as written.
    Word(String),
    /// `'…'` with its quotes removed.
    Text(String),
    /// Number.
    Number(String),
    /// `$n`.
    Bind(usize),
    /// One or two characters of punctuation.
    Sign(String),
}

impl Token {
    pub(crate) fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(text) if text.eq_ignore_ascii_case(word))
    }

    pub(crate) fn sign(&self, sign: &str) -> bool {
        matches!(self, Self::Sign(text) if text == sign)
    }
}

/// A token and where it ends in the text.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) token: Token,
    pub(crate) end: usize,
}

const TWO: [&str; 9] = ["::", "||", "<=", ">=", "<>", "!=", "->", "==", "@>"];

/// The tokens of a text; comments are left out.
pub(crate) fn tokens(text: &str) -> Vec<Placed> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let byte = bytes[at];
        if byte.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        if rest.starts_with("--") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        if rest.starts_with("/*") {
            at += rest.find("*/").map_or(rest.len(), |end| end + 2);
            continue;
        }
        let (token, length) = if byte == b'\'' {
            quoted(rest)
        } else if byte == b'$' {
            let length = 1 + rest[1..].bytes().take_while(u8::is_ascii_digit).count();
            (rest[1..length].parse().map_or_else(|_| Token::Sign("$".to_owned()), Token::Bind), length.max(1))
        } else if byte.is_ascii_digit() {
            let length = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'.').count();
            (Token::Number(rest[..length].to_owned()), length)
        } else if byte.is_ascii_alphabetic() || byte == b'_' {
            let length = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
            (Token::Word(rest[..length].to_owned()), length)
        } else {
            let length = match rest.get(..2) {
                Some(two) if TWO.contains(&two) => 2,
                _ => rest.chars().next().map_or(1, char::len_utf8),
            };
            (Token::Sign(rest[..length].to_owned()), length)
        };
        found.push(Placed { token, end: at + length });
        at += length;
    }
    found
}

fn quoted(rest: &str) -> (Token, usize) {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        if bytes[at] == b'\'' {
            if bytes.get(at + 1) == Some(&b'\'') {
                at += 2;
                continue;
            }
            return (Token::Text(rest[1..at].replace("''", "'")), at + 1);
        }
        at += 1;
    }
    (Token::Text(rest[1..].to_owned()), rest.len())
}

/// The statements of a text, each as its tokens; the final `;` is not part of it.
pub(crate) fn statements(text: &str) -> Vec<Vec<Placed>> {
    let mut all = Vec::new();
    let mut current = Vec::new();
    for placed in tokens(text) {
        if placed.token.sign(";") {
            if !current.is_empty() {
                all.push(std::mem::take(&mut current));
            }
        } else {
            current.push(placed);
        }
    }
    if !current.is_empty() {
        all.push(current);
    }
    all
}
