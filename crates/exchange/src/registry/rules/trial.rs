//! A call that an official tries in the browser: what was typed becomes a request to the exchange, and what it answers
//! becomes words; pure.

use bytes::Bytes;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Method, Request};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::de::IgnoredAny;

use crate::rules::fault::Leaf;
use crate::rules::headers::{ISSUE, MESSAGE_ID, PROCEDURE, PURPOSE, USER_ID};
use crate::rules::identifier::ServiceId;

/// Methods that can be tried: those of r1 but TRACE, whose answer repeats the request with all that it carries.
pub const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Longest body that is sent, in bytes.
pub const LONGEST_BODY: usize = 64 * 1024;

/// Longest value of a header in bytes, as the exchange takes it.
const LONGEST_VALUE: usize = 1024;

/// What cannot stand in an address; escapes that were typed stay.
const IN_QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');
/// In a path, neither what would begin a query.
const IN_PATH: &AsciiSet = &IN_QUERY.add(b'?');

/// What an official typed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Typed<'form> {
    /// Method.
    pub method: &'form str,
    /// Path behind the code of the service; empty or with its first slash.
    pub path: &'form str,
    /// What follows `?`.
    pub query: &'form str,
    /// Body, in JSON.
    pub body: &'form str,
    /// Purpose.
    pub purpose: &'form str,
    /// Procedure.
    pub procedure: &'form str,
    /// The case or document for which it is asked.
    pub issue: &'form str,
    /// Whether they confirmed that the answer holds real data.
    pub confirmed: bool,
}

/// What the program says of the call by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marks {
    /// Id of the message.
    pub message: String,
    /// Who asks, with the country before.
    pub user: String,
}

/// What is wrong with one answer of the form: the name of the field, and the key of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wrong(pub &'static str, pub &'static str);

/// The request that was typed. A call about real data names its case and is confirmed each time.
///
/// # Errors
/// Everything that is wrong with the form.
pub fn request(
    typed: &Typed<'_>,
    service: &ServiceId,
    real: bool,
    marks: &Marks,
) -> Result<Request<Bytes>, Vec<Wrong>> {
    let wrong = judge(typed, real);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let mut target = format!("/r1/{service}{}", utf8_percent_encode(typed.path, IN_PATH));
    if !typed.query.is_empty() {
        target.push('?');
        target.extend(utf8_percent_encode(typed.query, IN_QUERY));
    }
    let issue = if typed.issue.is_empty() { marks.message.as_str() } else { typed.issue };
    let mut request = Request::new(Bytes::copy_from_slice(typed.body.as_bytes()));
    *request.uri_mut() = target.parse().map_err(|_| vec![Wrong("duong_dan", "exchange-trial-path-wrong")])?;
    *request.method_mut() = Method::from_bytes(typed.method.as_bytes())
        .map_err(|_| vec![Wrong("phuong_thuc", "exchange-onboarding-missing")])?;
    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if !typed.body.is_empty() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    let said: [(&str, HeaderName, &str); 5] = [
        ("", MESSAGE_ID, marks.message.as_str()),
        ("", USER_ID, marks.user.as_str()),
        ("ho_so", ISSUE, issue),
        ("muc_dich", PURPOSE, typed.purpose),
        ("thu_tuc", PROCEDURE, typed.procedure),
    ];
    for (field, name, text) in said.into_iter().filter(|(_, _, text)| !text.is_empty()) {
        // Letters with accents travel as UTF-8.
        let value = HeaderValue::from_bytes(text.as_bytes());
        headers.insert(name, value.map_err(|_| vec![Wrong(field, "exchange-trial-value-wrong")])?);
    }
    Ok(request)
}

fn judge(typed: &Typed<'_>, real: bool) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    if !METHODS.contains(&typed.method) {
        wrong.push(Wrong("phuong_thuc", "exchange-onboarding-missing"));
    }
    if !typed.path.is_empty() && !typed.path.starts_with('/') {
        wrong.push(Wrong("duong_dan", "exchange-trial-path-wrong"));
    }
    let reads = matches!(typed.method, "GET" | "HEAD");
    match typed.body {
        "" => {}
        _ if reads => wrong.push(Wrong("noi_dung", "exchange-trial-body-unread")),
        body if body.len() > LONGEST_BODY => wrong.push(Wrong("noi_dung", "exchange-trial-body-long")),
        body if serde_json::from_str::<IgnoredAny>(body).is_err() => {
            wrong.push(Wrong("noi_dung", "exchange-trial-body-wrong"));
        }
        _ => {}
    }
    for (field, text) in [("muc_dich", typed.purpose), ("thu_tuc", typed.procedure), ("ho_so", typed.issue)] {
        if text.len() > LONGEST_VALUE || text.chars().any(char::is_control) {
            wrong.push(Wrong(field, "exchange-trial-value-wrong"));
        }
    }
    if real && typed.issue.is_empty() {
        wrong.push(Wrong("ho_so", "exchange-onboarding-missing"));
    }
    if real && !typed.confirmed {
        wrong.push(Wrong("xac_nhan", "exchange-trial-unconfirmed"));
    }
    wrong
}

/// The method and the path with which the form begins: those of the first endpoint, `METHOD /glob`, up to the first place
/// that must be filled in.
pub fn proposal(endpoints: &[String]) -> (&str, &str) {
    let first = endpoints.first().and_then(|endpoint| endpoint.split_once(' '));
    let (method, path) = first.unwrap_or(("GET", ""));
    let path = path.split('*').next().unwrap_or_default();
    (if METHODS.contains(&method) { method } else { "GET" }, path)
}

/// The key of the text that explains a code of the exchange, in either of its spellings; `None` for one that it does not
/// make.
pub fn explained(code: &str) -> Option<String> {
    let fold = |text: &str| text.to_ascii_lowercase().replace('_', "");
    let mut parts = code.rsplit('.').map(fold);
    let (last, before) = (parts.next()?, parts.next());
    let leaf = Leaf::ALL.iter().find(|leaf| fold(leaf.word()) == last)?;
    // The same word for a caller and for a provider that did not prove itself.
    let word = match (leaf, before.as_deref()) {
        (Leaf::SslAuthenticationFailed, Some("servicefailed")) => "provider-unproved".to_owned(),
        (leaf, _) => leaf.word().replace('_', "-"),
    };
    Some(format!("exchange-fault-{word}"))
}

/// The beginning of an answer as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readable {
    /// There is none.
    Empty,
    /// It is text; JSON that is there whole stands in lines.
    Text(String),
    /// It is no text.
    Binary,
}

/// A body as it is shown; `whole` says that it was not cut off.
pub fn readable(body: &[u8], whole: bool) -> Readable {
    if body.is_empty() {
        return Readable::Empty;
    }
    let text = match std::str::from_utf8(body) {
        Ok(text) => text,
        // A letter at the cut.
        Err(error) if !whole && error.error_len().is_none() => {
            std::str::from_utf8(body.get(..error.valid_up_to()).unwrap_or_default()).unwrap_or_default()
        }
        Err(_) => return Readable::Binary,
    };
    let in_lines = serde_json::from_str::<serde_json::Value>(text).ok().filter(|_| whole);
    let in_lines = in_lines.and_then(|value| serde_json::to_string_pretty(&value).ok());
    // Lists within lists within lists grow many times when they are put into lines.
    Readable::Text(in_lines.filter(|lines| lines.len() <= 4 * body.len().max(256)).unwrap_or_else(|| text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPED: Typed<'static> = Typed {
        method: "POST",
        path: "/tra-cuu",
        query: "",
        body: "{\"so\": 1}",
        purpose: "KHAI-SINH",
        procedure: "1.001193",
        issue: "H24-1",
        confirmed: true,
    };

    fn ask(typed: &Typed<'_>, real: bool) -> Result<Request<Bytes>, Vec<Wrong>> {
        let marks = Marks { message: "VN-HP-1".to_owned(), user: "VN031190000017".to_owned() };
        request(typed, &ServiceId::parse("VN-HP/GOV/0002/B/tra-cuu").unwrap(), real, &marks)
    }

    #[test]
    fn what_was_typed_is_asked() {
        let asked = ask(&TYPED, true).unwrap();
        assert_eq!(
            (asked.method(), asked.uri().to_string().as_str()),
            (&Method::POST, "/r1/VN-HP/GOV/0002/B/tra-cuu/tra-cuu")
        );
        for (name, expected) in [
            ("x-road-id", "VN-HP-1"),
            ("x-road-userid", "VN031190000017"),
            ("x-road-issue", "H24-1"),
            ("x-hd-purpose", "KHAI-SINH"),
            ("x-hd-procedure", "1.001193"),
            ("content-type", "application/json"),
        ] {
            assert_eq!(asked.headers()[name], expected, "{name}");
        }
        assert_eq!(asked.body().as_ref(), b"{\"so\": 1}");
        let bare = ask(&Typed { method: "GET", ..Typed::default() }, false).unwrap();
        assert_eq!(bare.uri().to_string(), "/r1/VN-HP/GOV/0002/B/tra-cuu");
        assert_eq!(bare.headers()["x-road-issue"], "VN-HP-1", "a call without a case is known by itself");
        assert!(bare.headers().get("content-type").is_none() && bare.headers().get("x-hd-purpose").is_none());
    }

    #[test]
    fn addresses_may_be_typed_as_people_write() {
        for (path, query, expected) in [
            ("/a b", "", "/a%20b"),
            ("/đường/%C3%A0", "", "/%C4%91%C6%B0%E1%BB%9Dng/%C3%A0"),
            ("/a?b#c", "", "/a%3Fb%23c"),
            ("", "ten=Đào&x={y}", "?ten=%C4%90%C3%A0o&x=%7By%7D"),
            ("/a", "b=c?d=e", "/a?b=c?d=e"),
        ] {
            let asked = ask(&Typed { path, query, ..TYPED }, false).unwrap();
            assert_eq!(asked.uri().to_string(), format!("/r1/VN-HP/GOV/0002/B/tra-cuu{expected}"));
        }
    }

    #[test]
    fn the_form_begins_with_the_first_endpoint() {
        for (endpoint, expected) in [
            ("POST /tra-cuu", ("POST", "/tra-cuu")),
            ("GET /doanh-nghiep/*", ("GET", "/doanh-nghiep/")),
            ("* **", ("GET", "")),
            ("", ("GET", "")),
        ] {
            assert_eq!(proposal(&[endpoint.to_owned(), "GET /khac".to_owned()]), expected, "{endpoint}");
        }
        assert_eq!(proposal(&[]), ("GET", ""));
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let long = "x".repeat(LONGEST_VALUE + 1);
        let large = format!("\"{}\"", "x".repeat(LONGEST_BODY));
        for (typed, real, expected) in [
            (Typed { method: "TRACE", ..TYPED }, false, vec!["phuong_thuc"]),
            (Typed { path: "tra-cuu", body: "{", ..TYPED }, false, vec!["duong_dan", "noi_dung"]),
            (Typed { method: "GET", ..TYPED }, false, vec!["noi_dung"]),
            (Typed { body: &large, ..TYPED }, false, vec!["noi_dung"]),
            (Typed { purpose: "a\r\nx-road-client: b", procedure: &long, ..TYPED }, false, vec!["muc_dich", "thu_tuc"]),
            (Typed { confirmed: false, issue: "", ..TYPED }, false, vec![]),
            (Typed { confirmed: false, issue: "", ..TYPED }, true, vec!["ho_so", "xac_nhan"]),
        ] {
            let fields: Vec<_> = ask(&typed, real).err().unwrap_or_default().iter().map(|wrong| wrong.0).collect();
            assert_eq!(fields, expected, "{} {}", typed.method, typed.path);
        }
    }

    #[test]
    fn every_code_of_the_exchange_is_explained() {
        for (code, expected) in [
            ("server.serverproxy.access_denied", Some("exchange-fault-access-denied")),
            ("Server.ServerProxy.AccessDenied", Some("exchange-fault-access-denied")),
            ("Server.ServerProxy.IOError", Some("exchange-fault-io-error")),
            ("client.quota_exceeded", Some("exchange-fault-quota-exceeded")),
            ("server.clientproxy.ssl_authentication_failed", Some("exchange-fault-ssl-authentication-failed")),
            ("Server.ServerProxy.ServiceFailed.SslAuthenticationFailed", Some("exchange-fault-provider-unproved")),
            ("server.serverproxy.gossip", None),
            ("", None),
        ] {
            assert_eq!(explained(code).as_deref(), expected, "{code}");
        }
        let vietnamese = include_str!("../../../locales/vi/exchange.ftl");
        for leaf in Leaf::ALL {
            let key = explained(leaf.word()).unwrap();
            assert!(vietnamese.contains(&format!("\n{key} = ")), "{key}");
        }
    }

    #[test]
    fn a_body_is_shown_as_far_as_it_is_text() {
        let text = |text: &str| Readable::Text(text.to_owned());
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        for (body, whole, expected) in [
            (&b""[..], true, Readable::Empty),
            (b"{\"a\":1}", true, text("{\n  \"a\": 1\n}")),
            (b"{\"a\":1}", false, text("{\"a\":1}")),
            ("Đà".as_bytes(), true, text("Đà")),
            (&"Đà".as_bytes()[..3], false, text("Đ")),
            (&"Đà".as_bytes()[..3], true, Readable::Binary),
            (b"\xff\xfe", false, Readable::Binary),
            (deep.as_bytes(), true, text(&deep)),
        ] {
            assert_eq!(readable(body, whole), expected, "{body:?}");
        }
    }
}
