//! Which headers travel on. They are filtered while they are read, in wire order, never by removing: `HeaderMap::remove`
//! disturbs the order, and what is hashed, stored and sent must be the same lines (names in lower case, repeats behind
//! the first of their name).

use std::collections::HashMap;

use hyper::header::{ACCEPT, DATE, HeaderMap, HeaderName, HeaderValue};

use super::fault::{Fault, Leaf};

/// One line of a head.
pub type Line = (HeaderName, HeaderValue);

/// Removed in both directions; length or chunking is set anew.
const HOP: &[&str] = &[
    "transfer-encoding",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "upgrade",
    "connection",
    "user-agent",
    "host",
    "content-length",
    "server",
    "expect",
];

/// `X-Road-Client`
pub const CLIENT: HeaderName = HeaderName::from_static("x-road-client");
/// `X-Road-Id`
pub const MESSAGE_ID: HeaderName = HeaderName::from_static("x-road-id");
/// `X-Road-Service`; only in responses.
pub const SERVICE: HeaderName = HeaderName::from_static("x-road-service");
/// `X-Road-Request-Id`; always ours.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-road-request-id");
/// `X-Road-Request-Hash`; always ours.
pub const REQUEST_HASH: HeaderName = HeaderName::from_static("x-road-request-hash");
/// `X-Road-Error`; marks what the exchange itself answers.
pub const ERROR: HeaderName = HeaderName::from_static("x-road-error");
/// `X-Road-UserId`
pub const USER_ID: HeaderName = HeaderName::from_static("x-road-userid");
/// `X-Road-Issue`
pub const ISSUE: HeaderName = HeaderName::from_static("x-road-issue");
const SECURITY_SERVER: HeaderName = HeaderName::from_static("x-road-security-server");
const REPRESENTED_PARTY: HeaderName = HeaderName::from_static("x-road-represented-party");
/// `X-HD-Purpose`
pub const PURPOSE: HeaderName = HeaderName::from_static("x-hd-purpose");
/// `X-HD-Procedure`
pub const PROCEDURE: HeaderName = HeaderName::from_static("x-hd-procedure");

/// Said once or always the same: two values could be read differently by us and by the provider.
const SINGLE: [HeaderName; 7] = [MESSAGE_ID, USER_ID, ISSUE, SECURITY_SERVER, REPRESENTED_PARTY, PURPOSE, PROCEDURE];

/// What the head of a request says, and the lines that go on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestHead {
    /// `X-Road-Client`; the last one wins.
    pub client: Option<String>,
    /// `X-Road-Id`
    pub message_id: Option<String>,
    /// `X-Road-UserId`: a person; never in records of operation.
    pub user_id: Option<String>,
    /// `X-Road-Issue`
    pub issue: Option<String>,
    /// `X-Road-Security-Server`
    pub security_server: Option<String>,
    /// `X-Road-Represented-Party`
    pub represented_party: Option<String>,
    /// `X-HD-Purpose`
    pub purpose: Option<String>,
    /// `X-HD-Procedure`
    pub procedure: Option<String>,
    /// Lines that travel on, before ours are added.
    pub lines: Vec<Line>,
}

/// Reads and filters the headers of a request.
///
/// # Errors
/// `client.duplicate_header_field` for a second, different value; `client.bad_request` for values that are no text and
/// for `X_Road_…`, which CGI and WSGI providers cannot tell from `X-Road-…`; and for a coding other than `chunked`.
pub fn read_request(map: &HeaderMap) -> Result<RequestHead, Fault> {
    let mut head = RequestHead::default();
    let last_client = map.get_all(CLIENT).iter().next_back();
    let mut client_written = false;
    for (name, value) in map {
        let word = name.as_str();
        if word == "transfer-encoding" && !value.as_bytes().eq_ignore_ascii_case(b"chunked") {
            return Err(Fault::client(Leaf::BadRequest, "Transfer-Encoding may only be `chunked`"));
        }
        if HOP.contains(&word) || [REQUEST_ID, REQUEST_HASH, SERVICE, ERROR].contains(name) {
            continue;
        }
        if word.contains('_') && imitates(word) {
            return Err(Fault::client(
                Leaf::BadRequest,
                format!("The header name {word} must be written with hyphens"),
            ));
        }
        if *name == CLIENT {
            if !std::mem::replace(&mut client_written, true)
                && let Some(last) = last_client
            {
                head.client = Some(text(name, last)?);
                head.lines.push((name.clone(), last.clone()));
            }
            continue;
        }
        if SINGLE.contains(name) {
            let value = text(name, value)?;
            let place = head.place(name);
            if place.as_ref().is_some_and(|earlier| *earlier != value) {
                return Err(Fault::client(Leaf::DuplicateHeaderField, format!("{word} came with two values")));
            }
            if place.replace(value).is_some() {
                continue;
            }
        }
        head.lines.push((name.clone(), value.clone()));
    }
    Ok(head)
}

impl RequestHead {
    fn place(&mut self, name: &HeaderName) -> &mut Option<String> {
        match name.as_str() {
            "x-road-id" => &mut self.message_id,
            "x-road-userid" => &mut self.user_id,
            "x-road-issue" => &mut self.issue,
            "x-road-security-server" => &mut self.security_server,
            "x-road-represented-party" => &mut self.represented_party,
            "x-hd-purpose" => &mut self.purpose,
            _ => &mut self.procedure,
        }
    }
}

fn imitates(name: &str) -> bool {
    let plain = name.replace('_', "-");
    plain.starts_with("x-road-") || plain.starts_with("x-hd-") || HOP.contains(&plain.as_str())
}

/// A value as text: printable, not empty.
fn text(name: &HeaderName, value: &HeaderValue) -> Result<String, Fault> {
    let text = std::str::from_utf8(value.as_bytes()).ok().map(str::trim).filter(|text| !text.is_empty());
    text.filter(|text| text.len() <= 1024 && !text.chars().any(char::is_control))
        .map(str::to_owned)
        .ok_or_else(|| Fault::client(Leaf::BadRequest, format!("The value of {name} is empty, too long or no text")))
}

/// Repeats behind the first of their name, in the order in which a header map writes them.
pub fn grouped(lines: Vec<Line>) -> Vec<Line> {
    let mut order: HashMap<HeaderName, usize> = HashMap::with_capacity(lines.len());
    let mut placed: Vec<(usize, Line)> = Vec::with_capacity(lines.len());
    for (place, line) in lines.into_iter().enumerate() {
        let first = *order.entry(line.0.clone()).or_insert(place);
        placed.push((first, line));
    }
    placed.sort_by_key(|(first, _)| *first);
    placed.into_iter().map(|(_, line)| line).collect()
}

/// The `Accept` lines of a request.
pub fn accept(map: &HeaderMap) -> impl Iterator<Item = &str> {
    map.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok())
}

/// Lines of a provider's response that go back, without those that the exchange adds itself; one `Date` at most.
///
/// `changed` says that the body was cut down: digests of the whole body would tell about what was left out.
pub fn read_response(map: &HeaderMap, changed: bool) -> Vec<Line> {
    const DIGESTS: &[&str] = &["content-md5", "digest", "content-digest", "repr-digest", "etag", "accept-ranges"];
    let mut lines = Vec::with_capacity(map.len() + 5);
    let mut dated = false;
    for (name, value) in map {
        if HOP.contains(&name.as_str()) || [MESSAGE_ID, CLIENT, SERVICE, REQUEST_ID, REQUEST_HASH, ERROR].contains(name)
        {
            continue;
        }
        if changed && DIGESTS.contains(&name.as_str()) {
            continue;
        }
        if *name == DATE && std::mem::replace(&mut dated, true) {
            continue;
        }
        lines.push((name.clone(), value.clone()));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(lines: &[(&str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in lines {
            map.append(
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            );
        }
        map
    }

    fn shown(lines: &[Line]) -> Vec<String> {
        lines.iter().map(|(name, value)| format!("{name}:{}", value.to_str().unwrap())).collect()
    }

    #[test]
    fn requests_keep_wire_order_and_lose_what_belongs_to_the_hop() {
        let head = read_request(&map(&[
            ("Host", "h"),
            ("Z-Last", "1"),
            ("User-Agent", "p/1"),
            ("X-Road-Client", "A/B/C/OLD"),
            ("A-First", "x y"),
            ("Z-Last", "2"),
            ("Connection", "close"),
            ("X-Road-Request-Id", "mine"),
            ("X-Road-Request-Hash", "mine"),
            ("X-Road-Service", "mine"),
            ("X-Road-Client", "A/B/C/D"),
            ("Authorization", "Bearer x"),
            ("X-Road-UserId", "VN001"),
            ("X-Road-UserId", "VN001"),
            ("Expect", "100-continue"),
            ("Transfer-Encoding", "Chunked"),
        ]))
        .unwrap();
        assert_eq!(head.client.as_deref(), Some("A/B/C/D"));
        assert_eq!(head.user_id.as_deref(), Some("VN001"));
        let expected = [
            "z-last:1",
            "z-last:2",
            "x-road-client:A/B/C/D",
            "a-first:x y",
            "authorization:Bearer x",
            "x-road-userid:VN001",
        ];
        assert_eq!(shown(&head.lines), expected);
    }

    #[test]
    fn smuggled_headers_are_refused() {
        for (lines, leaf) in [
            (vec![("X-Road-UserId", "VN1"), ("X-Road-UserId", "VN2")], Leaf::DuplicateHeaderField),
            (vec![("X-Road-Id", "1"), ("x-road-id", "2")], Leaf::DuplicateHeaderField),
            (vec![("X_Road_Client", "A/B/C/D")], Leaf::BadRequest),
            (vec![("X-Road_UserId", "VN1")], Leaf::BadRequest),
            (vec![("Content_Length", "5")], Leaf::BadRequest),
            (vec![("Transfer-Encoding", "gzip, chunked")], Leaf::BadRequest),
            (vec![("X-Road-Client", "\u{e9}\u{fffd}")], Leaf::AccessDenied),
            (vec![("X-HD-Purpose", "  ")], Leaf::BadRequest),
        ] {
            let found = read_request(&map(&lines)).map_err(|fault| fault.leaf);
            // A name with letters outside ASCII is readable; it is only never registered.
            assert_eq!(found.err().unwrap_or(Leaf::AccessDenied), leaf, "{lines:?}");
        }
        assert!(read_request(&map(&[("my_header", "kept")])).is_ok());
    }

    #[test]
    fn responses_lose_what_the_provider_must_not_say() {
        let provider = map(&[
            ("Content-Type", "application/json"),
            ("Date", "Thu, 01 Jan 2015 00:00:00 GMT"),
            ("X-Road-Id", "forged"),
            ("X-Road-Service", "forged"),
            ("X-Road-Error", "forged"),
            ("Keep-Alive", "timeout=77"),
            ("Server", "secret/9"),
            ("Date", "Fri, 02 Jan 2015 00:00:00 GMT"),
            ("ETag", "\"1\""),
            ("Cache-Control", "no-store"),
        ]);
        let whole = [
            "content-type:application/json",
            "date:Thu, 01 Jan 2015 00:00:00 GMT",
            "etag:\"1\"",
            "cache-control:no-store",
        ];
        assert_eq!(shown(&read_response(&provider, false)), whole);
        assert_eq!(shown(&read_response(&provider, true)).len(), 3);
    }
}
