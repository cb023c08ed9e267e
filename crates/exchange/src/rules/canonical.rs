//! The bytes that stand for a message, read and written, and the hash that ties an answer to its request (handbook 3.3; X-Road PR-REST 4.7).

use hyper::header::{HeaderName, HeaderValue};
use sha2::{Digest, Sha512};

use super::headers::{Line, grouped};

/// A SHA-512 digest.
pub type Hash = [u8; 64];

/// `VERB CRLF target CRLF` and a line `name:value CRLF` a header; the caller ends with `x-road-request-id` and a
/// generated `x-road-id`.
pub fn request_bytes<'a>(method: &str, target: &str, lines: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    bytes(method, target, lines)
}

/// `status CRLF reason CRLF` and the header lines.
pub fn response_bytes<'a>(status: u16, reason: &str, lines: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    bytes(&status.to_string(), reason, lines)
}

fn bytes<'a>(first: &str, second: &str, lines: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    for line in [first, second] {
        out.extend_from_slice(line.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    for (name, value) in lines {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        out.extend_from_slice(value);
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// The first two lines and the headers of such bytes. Only bytes that would be written again as they are count: names in
/// lower case, repeats behind the first of their name, nothing after the last line.
pub fn read(bytes: &[u8]) -> Option<(String, String, Vec<Line>)> {
    let mut rest = bytes;
    let mut line = || {
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let (line, after) = rest.split_at(end);
        rest = after.get(2..)?;
        Some(line)
    };
    let mut text = || String::from_utf8(line()?.to_vec()).ok();
    let (first, second) = (text()?, text()?);
    let mut lines = Vec::new();
    while let Some(written) = line() {
        let colon = written.iter().position(|byte| *byte == b':')?;
        let (name, value) = written.split_at(colon);
        lines.push((HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value.get(1..)?).ok()?));
    }
    let lines = grouped(lines);
    let again = self::bytes(&first, &second, lines.iter().map(|(name, value)| (name.as_str(), value.as_bytes())));
    (again == bytes).then_some((first, second, lines))
}

/// The digest of these bytes.
pub fn digest(bytes: &[u8]) -> Hash {
    Sha512::digest(bytes).into()
}

/// `X-Road-Request-Hash`: of the message alone, or of the digests of message and body; an empty body is none.
pub fn request_hash(message: &[u8], body: Option<&Hash>) -> String {
    let mut hash = digest(message);
    if let Some(body) = body {
        let mut both = Sha512::new();
        both.update(hash);
        both.update(body);
        hash = both.finalize().into();
    }
    data_encoding::BASE64.encode(&hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &str, target: &str, lines: &[(&str, &str)], body: Option<&[u8]>, length: usize, expected: &str) {
        let message = request_bytes(method, target, lines.iter().map(|(name, value)| (*name, value.as_bytes())));
        assert_eq!(message.len(), length);
        assert_eq!(request_hash(&message, body.map(digest).as_ref()), expected);
    }

    #[test]
    fn golden_values() {
        check(
            "GET",
            "/r1/VN-HP/GOV/000.00.01.H24/DANCU/tra-cuu/cong-dan?ma=001",
            &[
                ("X-Road-Client", "VN-HP/GOV/000.00.25.H24/MOTCUA"),
                ("Accept", "application/json"),
                ("X-Road-Id", "hp-0001"),
                ("x-road-request-id", "3f2b8c1e-5a44-4d19-9a3e-7c6b0d5e1f20"),
            ],
            None,
            210,
            "xtCB5UFyO5ZO8mwLO6IRKRPNygU8jolpe9A0SYXOza3TR+NhahFeuRf6nzVnnGKj8xiuucGKd7wwUVvjZytj0A==",
        );
        check(
            "POST",
            "/r1/VN-HP/GOV/000.00.01.H24/DANCU/tra-cuu/cong-dan",
            &[
                ("X-Road-Client", "VN-HP/GOV/000.00.25.H24/MOTCUA"),
                ("Content-Type", "application/json"),
                ("x-road-request-id", "3f2b8c1e-5a44-4d19-9a3e-7c6b0d5e1f20"),
                ("x-road-id", "VN-HP-9d0c7f52-1e0b-4b65-8f6e-2a1c3d4e5f60"),
            ],
            Some(b"{\"soDinhDanh\":\"031090000001\"}"),
            245,
            "0KN0mUztJo5GTUmCis9pxqjOTX1JF/6e/ryz3fRhCtn+QMXduIRa5OrnPDAM+DfEmxccX6jWT9RFqOae0oDH5A==",
        );
    }

    #[test]
    fn only_what_would_be_written_so_is_read() {
        let check = |bytes: &str, lines: Option<usize>| {
            assert_eq!(read(bytes.as_bytes()).map(|(_, _, lines)| lines.len()), lines, "{bytes:?}");
        };
        check("GET\r\n/r1/x\r\na:1\r\nb:\r\nb:2\r\n", Some(3));
        check("200\r\nOK\r\n", Some(0));
        for wrong in [
            "",
            "GET\r\n",
            "GET\r\n/x",
            "GET\r\n/x\r\nA:1\r\n",
            "GET\r\n/x\r\na:1",
            "GET\r\n/x\r\na:1\r\n\r\n",
            "GET\r\n/x\r\na:1\r\nb:1\r\na:2\r\n",
            "GET\r\n/x\r\nnothing\r\n",
            "GET\r\n/x\r\na b:1\r\n",
            "GET\r\n/x\r\na:\n\r\n",
        ] {
            check(wrong, None);
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_read_is_written_again(
            first in "[A-Z]{1,7}",
            second in "/[!-~]{0,20}",
            lines in proptest::collection::vec(("[a-c]{1,2}", "[ -~]{0,10}"), 0..6),
            noise in proptest::collection::vec(proptest::num::u8::ANY, 0..60),
        ) {
            let lines: Vec<Line> =
                lines.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            let lines = grouped(lines);
            let shown = lines.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
            let written = request_bytes(&first, &second, shown);
            proptest::prop_assert_eq!(read(&written), Some((first, second, lines)));
            if let Some((first, second, lines)) = read(&noise) {
                let shown = lines.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
                proptest::prop_assert_eq!(request_bytes(&first, &second, shown), noise);
            }
        }
    }

    #[test]
    fn responses_have_the_same_form() {
        let lines = [("content-type", &b"text/plain"[..]), ("x-road-id", b"1")];
        assert_eq!(
            response_bytes(404, "Not Found", lines),
            b"404\r\nNot Found\r\ncontent-type:text/plain\r\nx-road-id:1\r\n"
        );
    }
}
