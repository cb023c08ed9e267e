//! Cuts a file of policies into single ones, each with its line: the parser names no line, and an editor needs one.

/// One policy of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Statement<'file> {
    /// Line of its first letter, from 1.
    pub(super) line: usize,
    /// Its text up to and with the semicolon.
    pub(super) text: &'file str,
}

/// The policies of a file in order.
///
/// # Errors
/// The line on which a policy begins that has no semicolon.
pub(super) fn statements(text: &str) -> Result<Vec<Statement<'_>>, usize> {
    let bytes = text.as_bytes();
    let (mut found, mut line, mut at) = (Vec::new(), 1, 0);
    let mut begun: Option<(usize, usize)> = None;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\n' => line += 1,
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at += bytes[at..].iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len() - at);
                continue;
            }
            _ if byte.is_ascii_whitespace() => {}
            _ => {
                begun.get_or_insert((at, line));
                if byte == b'"' {
                    let (end, lines) = after_string(bytes, at + 1);
                    (at, line) = (end, line + lines);
                    continue;
                }
            }
        }
        at += 1;
        if byte == b';'
            && let Some((start, first)) = begun.take()
        {
            found.push(Statement { line: first, text: &text[start..at] });
        }
    }
    match begun {
        Some((_, first)) => Err(first),
        None => Ok(found),
    }
}

/// Where the text behind the closing quote begins, and how many lines the string holds.
fn after_string(bytes: &[u8], start: usize) -> (usize, usize) {
    let (mut at, mut lines) = (start, 0);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'"' => return (at + 1, lines),
            b'\n' => lines += 1,
            _ => {}
        }
        at += 1;
    }
    (bytes.len(), lines)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_cut_where_they_end_and_nowhere_else() {
        let text = "// a; comment\n@id(\"x;\\\"y\")\npermit (principal, action, resource); // end;\n\nforbid (a);";
        let found = statements(text).unwrap();
        assert_eq!(found.iter().map(|one| one.line).collect::<Vec<_>>(), [2, 5]);
        assert!(found[0].text.starts_with("@id") && found[0].text.ends_with("resource);"));
        assert_eq!(found[1].text, "forbid (a);");
        assert_eq!(statements("\n\npermit (principal"), Err(3));
        assert_eq!(statements("// nothing\n"), Ok(vec![]));
        assert_eq!(statements("\"never closed;"), Err(1));
    }
}
