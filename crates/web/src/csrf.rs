//! Proof that a form was ours: the browser's own word (Fetch Metadata, Origin) and a token bound to the session.

use crate::site::Settings;
use axum::http::{HeaderMap, header};
use haidang_kernel::keyed::hmac_sha256;
use subtle::ConstantTimeEq;

/// Name of the hidden field.
pub const FIELD: &str = "csrf";
/// Header for scripts that cannot send a field.
pub const HEADER: &str = "x-csrf-token";

/// The token of whoever holds this session (or visitor) cookie.
pub(crate) fn token(secret: &[u8; 32], cookie: &str) -> String {
    let digest = hmac_sha256(secret, format!("csrf\u{0}{cookie}").as_bytes());
    data_encoding::BASE64URL_NOPAD.encode(&digest[..18])
}

/// Whether the given token is the visitor's, without telling by time how much of it is right.
pub(crate) fn matches(secret: &[u8; 32], cookie: &str, given: &str) -> bool {
    bool::from(token(secret, cookie).as_bytes().ct_eq(given.as_bytes()))
}

/// What the browser says of where an unsafe request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// One of our own pages.
    Own,
    /// Another site.
    Foreign,
    /// The browser is old or it is no browser.
    Unknown,
}

/// Reads `Sec-Fetch-Site` and `Origin`; one word against us is enough. A page that sends no referrer (`unreferred`)
/// sends the origin `null`: there it says nothing, elsewhere it speaks against us.
pub(crate) fn origin(settings: &Settings, headers: &HeaderMap, unreferred: bool) -> Origin {
    let text = |name: &str| headers.get(name).map(|v| v.to_str().unwrap_or("unreadable"));
    let site = match text("sec-fetch-site") {
        Some("same-origin" | "none") => Origin::Own,
        Some(_) => return Origin::Foreign,
        None => Origin::Unknown,
    };
    let Some(origin) = text("origin").filter(|origin| !(unreferred && *origin == "null")) else { return site };
    let own_host = || {
        let host = headers.get(header::HOST).and_then(|v| v.to_str().ok());
        let authority = origin.split_once("://").map(|(_, rest)| rest);
        host.is_some() && host == authority
    };
    if origin == settings.origin || own_host() { Origin::Own } else { Origin::Foreign }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_browser_says_where_a_request_comes_from() {
        let settings = Settings::new("https://city.example", [1; 32]);
        let check = |pairs: &[(&'static str, &'static str)], expected| {
            let headers: HeaderMap =
                pairs.iter().map(|(k, v)| (k.parse().unwrap(), HeaderValue::from_static(v))).collect();
            assert_eq!(origin(&settings, &headers, false), expected, "{pairs:?}");
        };
        check(&[], Origin::Unknown);
        check(&[("sec-fetch-site", "same-origin")], Origin::Own);
        check(&[("sec-fetch-site", "cross-site")], Origin::Foreign);
        check(&[("sec-fetch-site", "same-site")], Origin::Foreign);
        check(&[("origin", "https://city.example")], Origin::Own);
        check(&[("origin", "https://city.example.evil")], Origin::Foreign);
        check(&[("origin", "null")], Origin::Foreign);
        check(&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")], Origin::Own);
        check(&[("origin", "https://evil.example"), ("host", "city.example")], Origin::Foreign);
        check(&[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")], Origin::Foreign);
    }

    #[test]
    fn a_page_without_referrer_leaves_it_to_the_token() {
        let settings = Settings::new("https://city.example", [1; 32]);
        let check = |pairs: &[(&'static str, &'static str)], expected| {
            let headers: HeaderMap =
                pairs.iter().map(|(k, v)| (k.parse().unwrap(), HeaderValue::from_static(v))).collect();
            assert_eq!(origin(&settings, &headers, true), expected, "{pairs:?}");
        };
        check(&[("origin", "null")], Origin::Unknown);
        check(&[("sec-fetch-site", "same-origin"), ("origin", "null")], Origin::Own);
        check(&[("sec-fetch-site", "cross-site"), ("origin", "null")], Origin::Foreign);
        check(&[("origin", "https://evil.example")], Origin::Foreign);
    }

    #[test]
    fn a_token_is_bound_to_its_cookie_and_key() {
        let good = token(&[1; 32], "cookie");
        assert!(matches(&[1; 32], "cookie", &good));
        assert!(!matches(&[1; 32], "other", &good));
        assert!(!matches(&[2; 32], "cookie", &good));
        assert!(!matches(&[1; 32], "cookie", ""));
        assert!(!matches(&[1; 32], "cookie", &good[..good.len() - 1]));
    }
}
