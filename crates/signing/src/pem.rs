//! PEM (RFC 7468) as it is found in the wild: several blocks in one file, text between them, any line length.

use data_encoding::BASE64;

/// Why a PEM text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Damaged;

/// The contents of all blocks with this label, in order, at most `limit`. Blocks with other labels are passed over.
pub(crate) fn blocks(text: &[u8], label: &str, limit: usize) -> Result<Vec<Vec<u8>>, Damaged> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = position(rest, begin.as_bytes()) {
        let body = rest.get(start + begin.len()..).ok_or(Damaged)?;
        let length = position(body, end.as_bytes()).ok_or(Damaged)?;
        if found.len() == limit {
            return Err(Damaged);
        }
        let (body, after) = body.split_at(length);
        let dense: Vec<u8> = body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        found.push(BASE64.decode(&dense).map_err(|_| Damaged)?);
        rest = after;
    }
    Ok(found)
}

fn position(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// One block, with lines of 64 characters.
pub(crate) fn text(label: &str, content: &[u8]) -> String {
    let encoded = BASE64.encode(content);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn blocks_of_the_label_are_read_and_others_passed_over() {
        let mixed = format!("subject=A\n{}{}trailer{}", text("X", b"one"), text("Y", b"no"), text("X", &[7; 100]));
        assert_eq!(blocks(mixed.as_bytes(), "X", 2).unwrap(), [b"one".to_vec(), vec![7; 100]]);
        assert_eq!(blocks(mixed.replace('\n', "\r\n").as_bytes(), "X", 2).unwrap().len(), 2);
        assert_eq!(blocks(mixed.as_bytes(), "X", 1), Err(Damaged));
        assert_eq!(blocks(b"-----BEGIN X-----\nAAAA", "X", 1), Err(Damaged));
        assert_eq!(blocks(b"-----BEGIN X-----\n!!\n-----END X-----", "X", 1), Err(Damaged));
        assert_eq!(blocks(b"nothing", "X", 1).unwrap().len(), 0);
    }
}
