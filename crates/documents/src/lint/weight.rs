//! How much a file inflates to, judged before anything reads it: a small file must not fill the memory.

use std::io::Read as _;

use super::LintError;

/// Most bytes that one stream may inflate to.
const ONE_STREAM: u64 = 64 << 20;
/// Most bytes that all streams together may inflate to.
const ALL_STREAMS: u64 = 512 << 20;
/// A file with a coding other than Flate that can inflate a thousandfold must be small.
const LARGEST_LZW: usize = 1 << 20;

/// Inflates every stream that looks like Flate, counting only.
pub(super) fn judge(bytes: &[u8]) -> Result<(), LintError> {
    if bytes.len() > LARGEST_LZW && find(bytes, b"/LZWDecode").is_some() {
        return Err(LintError::TooLarge);
    }
    let mut total = 0;
    let mut rest = bytes;
    while let Some(at) = find(rest, b"stream") {
        let body = rest.get(at + 6..).unwrap_or_default();
        rest = body;
        let body = body.strip_prefix(b"\r\n").or_else(|| body.strip_prefix(b"\n")).unwrap_or(body);
        if is_flate(body) {
            total += inflated(body)?;
            if total > ALL_STREAMS {
                return Err(LintError::TooLarge);
            }
        }
    }
    Ok(())
}

/// The two bytes before Flate data (RFC 1950).
fn is_flate(body: &[u8]) -> bool {
    matches!(body, [kind, flags, ..] if kind & 0x0f == 8 && (u16::from(*kind) << 8 | u16::from(*flags)) % 31 == 0)
}

/// Bytes after inflating, through a second layer where there is one. Damaged data counts as far as they go.
fn inflated(body: &[u8]) -> Result<u64, LintError> {
    let mut decoder = flate2::read::ZlibDecoder::new(body);
    let mut first = Vec::new();
    let _ = (&mut decoder).take(64 << 10).read_to_end(&mut first);
    let mut size = first.len() as u64;
    if is_flate(&first) {
        let second = std::io::Read::chain(first.as_slice(), decoder);
        return counted(flate2::read::ZlibDecoder::new(second), 0);
    }
    if size == 64 << 10 {
        size = counted(decoder, size)?;
    }
    Ok(size)
}

fn counted(mut from: impl std::io::Read, already: u64) -> Result<u64, LintError> {
    let mut buffer = vec![0_u8; 64 << 10];
    let mut size = already;
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        size += read as u64;
        if size > ONE_STREAM {
            return Err(LintError::TooLarge);
        }
    }
    Ok(size)
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, wanted)
}
