//! Parameters of a protocol request: each at most once, empty ones as if they were absent (RFC 6749 3.1, 3.2).

use super::error::Refusal;
use axum::body::Bytes;
use axum::http::{HeaderMap, header};

/// Longest value that any parameter may have.
const LONGEST: usize = 16_384;

/// The parameters of one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// Takes pairs as they were sent. Which of two equal names would be meant is never guessed.
    pub(crate) fn new(pairs: Vec<(String, String)>) -> Result<Self, Refusal> {
        for (index, (name, value)) in pairs.iter().enumerate() {
            if pairs[..index].iter().any(|(other, _)| other == name) {
                return Err(Refusal::request("a parameter is given twice"));
            }
            if value.len() > LONGEST {
                return Err(Refusal::request("a parameter is too long"));
            }
        }
        Ok(Self(pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect()))
    }

    /// Reads an urlencoded text.
    pub(crate) fn decode(text: &[u8]) -> Result<Self, Refusal> {
        Self::new(pairs_of(text)?)
    }

    /// Reads the body of a form.
    pub(crate) fn of_form(headers: &HeaderMap, body: &Bytes) -> Result<Self, Refusal> {
        let media = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let is_form = media.split(';').next().unwrap_or_default().trim();
        if !is_form.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Refusal::request("the body is no form"));
        }
        Self::new(pairs_of(body)?)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Words between spaces.
    pub(crate) fn words(&self, name: &str) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        for word in self.get(name).unwrap_or_default().split(' ').filter(|word| !word.is_empty()) {
            if !words.iter().any(|known| known == word) {
                words.push(word.to_owned());
            }
        }
        words
    }
}

/// The pairs of an urlencoded text.
fn pairs_of(body: &[u8]) -> Result<Vec<(String, String)>, Refusal> {
    let text = std::str::from_utf8(body).map_err(|_| Refusal::request("the body is no text"))?;
    let wrong = || Refusal::request("the body is not urlencoded");
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((unescape(name).ok_or_else(wrong)?, unescape(value).ok_or_else(wrong)?))
        })
        .collect()
}

/// One percent-encoded piece, unchanged otherwise: a `state` must come back as it was sent.
pub(crate) fn unescape(piece: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(piece.len());
    let mut rest = piece.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = after.get(..2)?;
                let byte = data_encoding::HEXLOWER_PERMISSIVE.decode(digits).ok()?;
                bytes.extend(byte);
                rest = &after[2..];
                continue;
            }
            other => bytes.push(*other),
        }
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn t10_a_parameter_given_twice_is_refused_and_an_empty_one_is_absent() {
        let read = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, "application/x-www-form-urlencoded; charset=UTF-8".parse().unwrap());
            Params::of_form(&headers, &Bytes::from_static(text.as_bytes()))
        };
        let params = read("a=1&b=&c=x+y%2Bz").unwrap();
        assert_eq!((params.get("a"), params.get("b"), params.get("c")), (Some("1"), None, Some("x y+z")));
        assert_eq!(params, Params::decode(b"a=1&b=&c=x+y%2Bz").unwrap());
        for twice in ["a=1&a=1", "a=1&b=2&a=3", "a=&a=1", "a=1&%61=2"] {
            assert_eq!(read(twice).unwrap_err().error, "invalid_request", "{twice}");
            assert_eq!(Params::decode(twice.as_bytes()).unwrap_err().error, "invalid_request", "{twice}");
        }
        assert!(read("a=%zz").is_err() && read("a=%f").is_err() && read("a=%ff").is_err());
        assert_eq!(read("scope=a++b+a").unwrap().words("scope"), ["a", "b"]);
        assert!(Params::of_form(&HeaderMap::new(), &Bytes::from_static(b"a=1")).is_err());
    }
}
