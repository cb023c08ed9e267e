//! Paths that mean the same to us and to every provider. What could be read in two ways is refused before rights are
//! looked up, because a right over one reading would be a hole over the other (X-Road until 7.7.1).

use super::identifier::{PartError, percent_decode};

/// Why a path is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// A segment that is `.` or `..` once decoded and without its parameters.
    #[error("a segment `.` or `..`")]
    DotSegment,
    /// `%2F` or `%5C`.
    #[error("an encoded separator")]
    EncodedSeparator,
    /// An encoded control character, NUL included.
    #[error("an encoded control character")]
    EncodedControl,
    /// A `\`, which some providers read as `/`.
    #[error("a backslash")]
    Backslash,
    /// An escape of an escape that hides one of the above.
    #[error("a doubly encoded character")]
    DoublyEncoded,
    /// `//`.
    #[error("an empty segment")]
    EmptySegment,
    /// `%` without two hexadecimal digits.
    #[error("a broken percent escape")]
    BrokenEscape,
    /// Bytes that are no text once decoded, overlong forms included.
    #[error("bytes that are not UTF-8")]
    NotUtf8,
    /// A path that begins with another character than `/`.
    #[error("no `/` at its beginning")]
    NotAbsolute,
}

/// What a provider may take the path for: rights must cover every reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readings {
    /// Each segment decoded once.
    pub decoded: String,
    /// The same without what follows `;` in each segment, as servlet containers read it; absent where nothing follows.
    pub without_parameters: Option<String>,
}

impl Readings {
    /// All of them; one in almost every case.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.decoded.as_str()).chain(self.without_parameters.as_deref())
    }
}

/// Judges the path behind the service code, as it came; an empty one is fine.
///
/// # Errors
/// [`PathError`], the first thing found from the left.
pub fn read(path: &str) -> Result<Readings, PathError> {
    if path.contains('\\') {
        return Err(PathError::Backslash);
    }
    if path.is_empty() {
        return Ok(Readings { decoded: String::new(), without_parameters: None });
    }
    let segments = path.strip_prefix('/').ok_or(PathError::NotAbsolute)?;
    let mut decoded = String::with_capacity(path.len());
    let mut bare = String::new();
    let mut segments = segments.split('/').peekable();
    while let Some(raw) = segments.next() {
        if raw.is_empty() && segments.peek().is_some() {
            return Err(PathError::EmptySegment);
        }
        let segment = read_segment(raw)?;
        let kept = without_parameters(&segment);
        if matches!(kept, "." | "..") {
            return Err(PathError::DotSegment);
        }
        bare.push('/');
        bare.push_str(kept);
        decoded.push('/');
        decoded.push_str(&segment);
    }
    let without_parameters = (bare != decoded).then_some(bare);
    Ok(Readings { decoded, without_parameters })
}

fn without_parameters(segment: &str) -> &str {
    segment.split_once(';').map_or(segment, |(before, _)| before)
}

fn read_segment(raw: &str) -> Result<String, PathError> {
    let bytes = percent_decode(raw).map_err(|error| match error {
        PartError::BrokenEscape => PathError::BrokenEscape,
        PartError::Control | PartError::Empty | PartError::NotUtf8 => PathError::NotUtf8,
    })?;
    let segment = String::from_utf8(bytes).map_err(|_| PathError::NotUtf8)?;
    if segment.contains(['/', '\\']) {
        return Err(PathError::EncodedSeparator);
    }
    if segment.chars().any(char::is_control) {
        return Err(PathError::EncodedControl);
    }
    if hides_more(&segment) {
        return Err(PathError::DoublyEncoded);
    }
    Ok(segment)
}

/// Whether more decoding, however often, brings out a dot, a separator or NUL.
fn hides_more(segment: &str) -> bool {
    let mut text = segment.to_ascii_lowercase();
    while text.contains('%') {
        if ["%2e", "%2f", "%5c", "%00"].iter().any(|hidden| text.contains(hidden)) {
            return true;
        }
        // Each round is shorter than the last, so this ends.
        let next = text.replace("%25", "%");
        if next.len() == text.len() {
            return false;
        }
        text = next;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_has_two_meanings_is_refused() {
        use PathError::*;
        for (path, why) in [
            ("/probe/../x", DotSegment),
            ("/probe/./x", DotSegment),
            ("/..", DotSegment),
            ("/x/.", DotSegment),
            ("/%2e%2e/x", DotSegment),
            ("/%2E%2e", DotSegment),
            ("/probe/.%2e/x", DotSegment),
            ("/..;/x", DotSegment),
            ("/..;a=b/x", DotSegment),
            ("/..%3b/x", DotSegment),
            ("/.;x", DotSegment),
            ("/..%2fx", EncodedSeparator),
            ("/probe%2Fx", EncodedSeparator),
            ("/probe%5cx", EncodedSeparator),
            ("/probe\\x", Backslash),
            ("\\x", Backslash),
            ("//x", EmptySegment),
            ("/probe//x", EmptySegment),
            ("/probe//", EmptySegment),
            ("/%252e%252e/x", DoublyEncoded),
            ("/a%252Fb", DoublyEncoded),
            ("/a%255cb", DoublyEncoded),
            ("/a%2500", DoublyEncoded),
            ("/a%25252fb", DoublyEncoded),
            ("/%00x", EncodedControl),
            ("/x%0d%0aX-Evil:1", EncodedControl),
            ("/x%7F", EncodedControl),
            ("/x%C2%85", EncodedControl),
            ("/%c0%ae%c0%ae/x", NotUtf8),
            ("/%ff", NotUtf8),
            ("/x%", BrokenEscape),
            ("/x%z", BrokenEscape),
            ("/x%zz", BrokenEscape),
            ("/x%2", BrokenEscape),
            ("x", NotAbsolute),
        ] {
            assert_eq!(read(path), Err(why), "{path}");
        }
    }

    #[test]
    fn honest_paths_are_read() {
        for (path, decoded, bare) in [
            ("", "", None),
            ("/", "/", None),
            ("/a/", "/a/", None),
            ("/probe/path%3B/x%20y/%C4%91", "/probe/path;/x y/đ", Some("/probe/path/x y/đ")),
            ("/a;v=1/b", "/a;v=1/b", Some("/a/b")),
            ("/%66orbidden", "/forbidden", None),
            ("/100%25", "/100%", None),
            ("/...", "/...", None),
            ("/.well-known/a..b", "/.well-known/a..b", None),
        ] {
            let readings = read(path).unwrap();
            assert_eq!((readings.decoded.as_str(), readings.without_parameters.as_deref()), (decoded, bare), "{path}");
        }
    }

    proptest! {
        #[test]
        fn no_accepted_path_leaves_its_folder(path in "(/|%2e|%2f|%25|%5c|\\.|;|a|%|2e|2f|%c4%91|\\\\){0,12}") {
            if let Ok(readings) = read(&path) {
                for reading in readings.all() {
                    let mut text = reading.to_owned();
                    for _ in 0..6 {
                        prop_assert!(!text.split(['/', '\\']).any(|s| matches!(s.split(';').next(), Some("." | ".."))), "{}", path);
                        text = percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned();
                    }
                }
            }
        }
    }
}
