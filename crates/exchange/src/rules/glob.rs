//! Globs over service paths, as X-Road reads them: `*` any run without `/`, `**` (or more stars) anything, `\*` and
//! `\\` themselves. The whole path must match.

/// A compiled glob; matching takes time in proportion to pattern times path, whatever either holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    text: String,
    tokens: Vec<Token>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Byte(u8),
    /// `*`
    WithinSegment,
    /// `**`
    Anything,
}

impl Glob {
    /// Compiles a pattern; every text is one.
    pub fn new(text: &str) -> Self {
        let mut tokens = Vec::new();
        let mut bytes = text.bytes().peekable();
        while let Some(byte) = bytes.next() {
            tokens.push(match (byte, bytes.peek().copied()) {
                (b'\\', Some(literal @ (b'*' | b'\\'))) => {
                    bytes.next();
                    Token::Byte(literal)
                }
                (b'*', Some(b'*')) => {
                    while bytes.next_if_eq(&b'*').is_some() {}
                    Token::Anything
                }
                (b'*', _) => Token::WithinSegment,
                (other, _) => Token::Byte(other),
            });
        }
        Self { text: text.to_owned(), tokens }
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the whole path matches.
    pub fn matches(&self, path: &str) -> bool {
        if self.tokens == [Token::Anything] {
            return true;
        }
        // reached[i]: the tokens before i match what was read so far. Stars may also stand for nothing.
        let mut reached = vec![false; self.tokens.len() + 1];
        reached[0] = true;
        self.skip_stars(&mut reached);
        let mut next = vec![false; reached.len()];
        for byte in path.bytes() {
            next.fill(false);
            let mut any = false;
            for (place, token) in self.tokens.iter().enumerate().filter(|(place, _)| reached[*place]) {
                let target = match token {
                    Token::Byte(wanted) if *wanted == byte => place + 1,
                    Token::WithinSegment if byte != b'/' => place,
                    Token::Anything => place,
                    _ => continue,
                };
                next[target] = true;
                any = true;
            }
            if !any {
                return false;
            }
            self.skip_stars(&mut next);
            std::mem::swap(&mut reached, &mut next);
        }
        reached.last().copied().unwrap_or(false)
    }

    fn skip_stars(&self, reached: &mut [bool]) {
        for (place, token) in self.tokens.iter().enumerate() {
            if reached[place] && !matches!(token, Token::Byte(_)) {
                reached[place + 1] = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same, said so plainly that it can be believed: every way to use up the path is tried.
    fn slow(pattern: &[u8], path: &[u8]) -> bool {
        match pattern {
            [] => path.is_empty(),
            [b'\\', literal @ (b'*' | b'\\'), rest @ ..] => path.first() == Some(literal) && slow(rest, &path[1..]),
            [b'*', rest @ ..] => {
                let stars = 1 + rest.iter().take_while(|byte| **byte == b'*').count();
                (0..=path.len())
                    .take_while(|end| stars > 1 || !path[..*end].contains(&b'/'))
                    .any(|end| slow(&pattern[stars..], &path[end..]))
            }
            [byte, rest @ ..] => path.first() == Some(byte) && slow(rest, &path[1..]),
        }
    }

    #[test]
    fn cases_of_the_field() {
        for (pattern, path, expected) in [
            ("/*/", "/a/", true),
            ("/*/", "/a/b/", false),
            ("**/bar/**", "a/b/c/bar/e/f", true),
            ("**/bar/**", "a/bar", false),
            ("**/*/**", "//", true),
            ("**/*/**", "something/else", false),
            ("**", "", true),
            ("**", "/a/b", true),
            ("****", "/a/b", true),
            ("*", "", true),
            ("*", "a/b", false),
            ("", "", true),
            ("", "/", false),
            ("/a\\*b", "/a*b", true),
            ("/a\\*b", "/axb", false),
            ("/a\\\\b", "/a\\b", true),
            ("/a\\b", "/a\\b", true),
            ("/a?[b].", "/a?[b].", true),
            ("/cong-dan/*", "/cong-dan/đ", true),
            ("/a", "/A", false),
        ] {
            assert_eq!(Glob::new(pattern).matches(path), expected, "{pattern} {path}");
            assert_eq!(slow(pattern.as_bytes(), path.as_bytes()), expected, "reference: {pattern} {path}");
        }
    }

    #[test]
    fn a_hostile_pattern_costs_no_more_than_another() {
        let pattern = "*a".repeat(200);
        assert!(!Glob::new(&pattern).matches(&"a".repeat(199)));
        assert!(Glob::new(&pattern).matches(&"a".repeat(4000)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn agrees_with_the_slow_reference(pattern in "[ab/*\\\\]{0,8}", path in "[ab/*\\\\]{0,8}") {
            prop_assert_eq!(Glob::new(&pattern).matches(&path), slow(pattern.as_bytes(), path.as_bytes()));
        }
    }
}
