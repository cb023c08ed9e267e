//! In which language to answer, and which addresses are safe to send somebody to.

use crate::site::Site;
use axum::http::{HeaderMap, HeaderValue, header};
use haidang_ui::Lang;

/// Cookie that remembers the last language chosen. Over an encrypted connection it is bound to this host, as the
/// session's is.
const LANGUAGE_COOKIES: [&str; 2] = ["__Host-hd_lang", "hd_lang"];

/// What the cookie remembers.
pub(crate) fn remembered(headers: &HeaderMap) -> Option<Lang> {
    LANGUAGE_COOKIES.iter().find_map(|name| cookie(headers, name)).and_then(Lang::parse)
}

/// Splits `/vi/ho-so` into its language and `/ho-so`; `None` when the address has no language prefix.
pub fn split(path: &str) -> Option<(Lang, &str)> {
    for (prefix, lang) in [("/vi", Lang::Vi), ("/en", Lang::En)] {
        if let Some(rest) = path.strip_prefix(prefix) {
            if rest.is_empty() {
                return Some((lang, "/"));
            }
            if rest.starts_with('/') {
                return Some((lang, rest));
            }
        }
    }
    None
}

/// The language of an address without prefix: the cookie, then `Accept-Language`, then Vietnamese.
pub fn negotiate(headers: &HeaderMap) -> Lang {
    remembered(headers).unwrap_or_else(|| accepted(headers))
}

/// What `Accept-Language` prefers; Vietnamese when it says nothing we speak.
pub fn accepted(headers: &HeaderMap) -> Lang {
    let Some(value) = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()) else { return Lang::Vi };
    let mut best = (Lang::Vi, 0.0_f32);
    for part in value.split(',').take(20) {
        let mut pieces = part.split(';');
        let tag = pieces.next().unwrap_or_default().trim().to_ascii_lowercase();
        let weight = pieces
            .filter_map(|p| p.trim().strip_prefix("q="))
            .find_map(|q| q.trim().parse::<f32>().ok())
            .unwrap_or(1.0);
        let lang = match tag.split('-').next() {
            Some("vi") => Lang::Vi,
            Some("en") => Lang::En,
            _ => continue,
        };
        if weight > best.1 {
            best = (lang, weight);
        }
    }
    best.0
}

/// `Set-Cookie` that remembers the language for a year.
pub(crate) fn remember(site: &Site, lang: Lang) -> Option<HeaderValue> {
    let [bound, plain] = LANGUAGE_COOKIES;
    let (name, secure) = if site.settings.secure() { (bound, "; Secure") } else { (plain, "") };
    HeaderValue::from_str(&format!("{name}={}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly{secure}", lang.code()))
        .ok()
}

/// The value of a cookie. A name given twice is read once, the first time.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// The address when it stays inside this city, else `None`: it begins with one slash and holds no trick by which a
/// browser reads it as another host.
pub fn safe_path(path: &str) -> Option<String> {
    let second = path.as_bytes().get(1);
    let inside = path.starts_with('/') && !matches!(second, Some(b'/' | b'\\'));
    // Browsers drop tabs and line ends inside an address, so "/\t/host" would become "//host".
    let clean = !path.chars().any(|c| c.is_control() || c == '\\');
    (inside && clean && path.len() <= 2_000).then(|| encode(path))
}

/// Percent-encodes what may not stand in a header; ASCII stays as it is.
fn encode(path: &str) -> String {
    const KEEP: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>');
    percent_encoding::utf8_percent_encode(path, KEEP).to_string()
}

/// Where to go after signing in: the given path when it is safe and is no sign-in page itself, else the home page.
/// The result has no language prefix and can be given to [`redirect`](crate::redirect).
pub fn return_path(site: &Site, wanted: Option<&str>) -> String {
    let Some(path) = wanted.and_then(safe_path) else { return "/".to_owned() };
    let bare = split(&path).map_or(path.as_str(), |(_, rest)| rest);
    // "/vi//host" would become "//host" once its prefix is gone.
    let Some(bare) = safe_path(bare) else { return "/".to_owned() };
    let address = bare.split(['?', '#']).next().unwrap_or_default();
    if address.starts_with(site.settings.sign_in_path) { "/".to_owned() } else { bare }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (k.parse().unwrap(), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn the_language_is_the_cookie_then_the_browser_then_vietnamese() {
        let check = |pairs: &[(&'static str, &'static str)], expected| {
            assert_eq!(negotiate(&headers(pairs)), expected, "{pairs:?}")
        };
        check(&[], Lang::Vi);
        check(&[("accept-language", "en-GB,en;q=0.9,vi;q=0.1")], Lang::En);
        check(&[("accept-language", "fr, en;q=0.2, vi;q=0.9")], Lang::Vi);
        check(&[("accept-language", "fr-FR")], Lang::Vi);
        check(&[("accept-language", "en;q=0")], Lang::Vi);
        check(&[("accept-language", "en;q=hello")], Lang::En);
        check(&[("accept-language", "en"), ("cookie", "x=1; hd_lang=vi")], Lang::Vi);
        check(&[("accept-language", "vi"), ("cookie", "hd_lang=en")], Lang::En);
        check(&[("cookie", "hd_lang=vi; __Host-hd_lang=en")], Lang::En);
        check(&[("cookie", "hd_lang=xx")], Lang::Vi);
    }

    #[test]
    fn a_prefix_is_a_whole_part_of_the_path() {
        assert_eq!(split("/vi"), Some((Lang::Vi, "/")));
        assert_eq!(split("/en/ho-so"), Some((Lang::En, "/ho-so")));
        assert_eq!(split("/video"), None);
        assert_eq!(split("/api/v1"), None);
    }

    #[test]
    fn an_address_of_another_host_is_never_safe() {
        for bad in [
            "//evil",
            "///evil",
            "/\\evil",
            "\\\\evil",
            "http://evil",
            "javascript:alert(1)",
            "/\t/evil",
            "/\n/evil",
            "",
            "evil",
            "/a\\b",
        ] {
            assert_eq!(safe_path(bad), None, "{bad:?}");
        }
        assert_eq!(safe_path("/ho-so?q=khai sinh").unwrap(), "/ho-so?q=khai%20sinh");
        assert_eq!(safe_path("/hồ-sơ").unwrap(), "/h%E1%BB%93-s%C6%A1");
    }
}
