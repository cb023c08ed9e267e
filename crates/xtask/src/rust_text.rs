//! Reads Rust text just far enough to tell code, string literals and comments apart.

/// One string literal.
#[derive(Debug, PartialEq, Eq)]
pub struct Literal {
    /// First line, from 1.
    pub line: usize,
    /// What stands between the quotes; escapes other than line continuations are left as written.
    pub text: String,
}

/// A Rust file taken apart. `code` has the lines of the file with literals and comments blanked.
pub struct RustText {
    /// Code alone; every literal is `""`, every comment is gone, line breaks are kept.
    pub code: String,
    /// The literals, in order.
    pub literals: Vec<Literal>,
    /// Comments with their first line.
    pub comments: Vec<Literal>,
    /// First line of a `#[cfg(test)]` module, if the file has one: from there on it is test code.
    pub tests_from: usize,
}

impl RustText {
    /// Takes a file apart.
    pub fn new(text: &str) -> Self {
        let mut reader = Reader { bytes: text.as_bytes(), text, at: 0, line: 1 };
        let mut rust = Self {
            code: String::with_capacity(text.len()),
            literals: vec![],
            comments: vec![],
            tests_from: usize::MAX,
        };
        while reader.at < text.len() {
            reader.step(&mut rust);
        }
        rust.tests_from = tests_from(&rust.code);
        rust
    }

    /// Lines of code with their numbers from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code.lines().enumerate().map(|(index, line)| (index + 1, line))
    }
}

/// The line of `#[cfg(test)]` before an inline module, or `usize::MAX`.
fn tests_from(code: &str) -> usize {
    let lines: Vec<&str> = code.lines().map(str::trim).collect();
    for (index, line) in lines.iter().enumerate() {
        if line.starts_with("#[cfg(test)]") {
            let next = lines[index..]
                .iter()
                .find(|line| line.contains("mod ") || line.contains("fn ") || line.contains("use "));
            if next.is_some_and(|line| line.contains("mod ") && line.contains('{')) {
                return index + 1;
            }
        }
    }
    usize::MAX
}

struct Reader<'a> {
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
    line: usize,
}

impl Reader<'_> {
    fn step(&mut self, rust: &mut RustText) {
        let rest = &self.text[self.at..];
        if rest.starts_with("//") {
            let end = rest.find('\n').unwrap_or(rest.len());
            rust.comments.push(Literal { line: self.line, text: rest[..end].to_owned() });
            self.at += end;
        } else if rest.starts_with("/*") {
            let end = rest.find("*/").map_or(rest.len(), |end| end + 2);
            rust.comments.push(Literal { line: self.line, text: rest[..end].to_owned() });
            self.keep_lines(end, rust);
        } else if let Some((open, hashes)) = raw_opening(rest, self.previous()) {
            let close = format!("\"{}", "#".repeat(hashes));
            let length = rest[open..].find(&close).unwrap_or(rest.len() - open);
            self.literal(open, length, (open + length + close.len()).min(rest.len()), false, rust);
        } else if rest.starts_with('"') {
            let length = string_length(&self.bytes[self.at + 1..]);
            self.literal(1, length, (length + 2).min(rest.len()), true, rust);
        } else if let Some(length) = character_length(rest) {
            rust.code.push_str("' '");
            self.at += length;
        } else if let Some(character) = rest.chars().next() {
            if character == '\n' {
                self.line += 1;
            }
            rust.code.push(character);
            self.at += character.len_utf8();
        }
    }

    fn literal(&mut self, open: usize, length: usize, whole: usize, continues: bool, rust: &mut RustText) {
        let raw = &self.text[self.at + open..self.at + open + length];
        let text = if continues { join_continued(raw) } else { raw.to_owned() };
        rust.literals.push(Literal { line: self.line, text });
        rust.code.push_str("\"\"");
        self.keep_lines(whole, rust);
    }

    fn keep_lines(&mut self, length: usize, rust: &mut RustText) {
        for _ in self.bytes[self.at..self.at + length].iter().filter(|byte| **byte == b'\n') {
            rust.code.push('\n');
            self.line += 1;
        }
        self.at += length;
    }

    fn previous(&self) -> Option<u8> {
        self.at.checked_sub(1).map(|at| self.bytes[at])
    }
}

/// `r"`, `r#"`, `br##"`: length of the opening and the number of hashes.
fn raw_opening(rest: &str, previous: Option<u8>) -> Option<(usize, usize)> {
    // `for"` and the like: the r belongs to a word.
    if previous.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return None;
    }
    let prefix = ["br", "cr", "r"].into_iter().find(|prefix| rest.starts_with(prefix))?;
    let hashes = rest[prefix.len()..].bytes().take_while(|byte| *byte == b'#').count();
    let open = prefix.len() + hashes;
    rest[open..].starts_with('"').then_some((open + 1, hashes))
}

fn string_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// A character literal, told from a lifetime by its closing quote.
fn character_length(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('\'')?;
    if inner.starts_with('\\') {
        return inner[2..].find('\'').map(|end| end + 4);
    }
    let first = inner.chars().next()?;
    inner[first.len_utf8()..].starts_with('\'').then_some(first.len_utf8() + 2)
}

/// `\` at the end of a line joins it with the next, without the blanks that begin that line.
fn join_continued(text: &str) -> String {
    let mut parts = text.split("\\\n");
    let mut joined = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        joined.push_str(part.trim_start());
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_literals_and_comments_are_told_apart() {
        let rust = RustText::new(
            "// todo!() in a comment\nconst A: &str = \"SELECT 1 \\\n   FROM x\"; let c = '\"'; let r = r#\"raw \" text\"#;\nfn f<'a>(x: &'a str) {}\n",
        );
        assert_eq!(rust.literals[0], Literal { line: 2, text: "SELECT 1 FROM x".into() });
        assert_eq!(rust.literals[1], Literal { line: 3, text: "raw \" text".into() });
        assert!(!rust.code.contains("todo"));
        assert!(rust.code.contains("fn f<'a>(x: &'a str) {}"));
        assert_eq!(rust.code.lines().count(), 4);
    }

    #[test]
    fn the_test_module_of_a_file_is_found() {
        let text = "fn a() {}\n#[cfg(test)]\nuse x::y;\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n";
        assert_eq!(RustText::new(text).tests_from, 4);
        assert_eq!(RustText::new("fn a() {}\n#[cfg(test)]\nmod tests;\n").tests_from, usize::MAX);
    }
}
