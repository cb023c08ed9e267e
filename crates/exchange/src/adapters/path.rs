//! Paths of calls: what consumers call (`/nguoi/{so}`), and where a call goes at the provider.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What may stand in a segment or a value of a query as it is (RFC 3986, unreserved).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A path with places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Segment>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Fixed(String),
    Place(String),
}

/// A text as it stands in an address.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// A segment or a part of a query as it is meant.
pub(super) fn decoded(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned())
}

impl Template {
    /// Reads `/fixed/{place}`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('/')?;
        let mut segments: Vec<Segment> = Vec::new();
        for segment in rest.split('/').filter(|_| !rest.is_empty()) {
            let place = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            let name = place.unwrap_or(segment);
            let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.~".contains(letter);
            if name.is_empty() || matches!(name, "." | "..") || !name.chars().all(plain) {
                return None;
            }
            let segment = place.map_or_else(|| Segment::Fixed(name.to_owned()), |_| Segment::Place(name.to_owned()));
            if matches!(segment, Segment::Place(_)) && segments.contains(&segment) {
                return None;
            }
            segments.push(segment);
        }
        Some(Self(segments))
    }

    /// Its places.
    pub(super) fn places(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Place(name) => Some(name.as_str()),
            Segment::Fixed(_) => None,
        })
    }

    /// What stands in the places of a path as it came, decoded; `None` for another path.
    pub(super) fn matches(&self, path: &str) -> Option<Vec<(String, String)>> {
        let rest = path.strip_prefix('/').unwrap_or(path);
        let segments: Vec<&str> = rest.split('/').filter(|_| !rest.is_empty()).collect();
        if segments.len() != self.0.len() {
            return None;
        }
        let mut found = Vec::new();
        for (segment, given) in self.0.iter().zip(segments) {
            let given = decoded(given)?;
            match segment {
                Segment::Fixed(text) if *text == given => {}
                Segment::Place(name) if !given.is_empty() => found.push((name.clone(), given)),
                _ => return None,
            }
        }
        Some(found)
    }

    /// The path with these texts in its places; a place without a text is left empty, which the judgement excludes.
    pub(super) fn filled(&self, texts: &[(String, String)]) -> String {
        let mut path = String::new();
        for segment in &self.0 {
            path.push('/');
            match segment {
                Segment::Fixed(text) => path.push_str(text),
                Segment::Place(name) => {
                    let text = texts.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str());
                    path.push_str(&encoded(text.unwrap_or_default()));
                }
            }
        }
        path
    }
}

/// Names and values of a query in their order, decoded; `None` when it is not UTF-8.
pub(super) fn query(text: &str) -> Option<Vec<(String, String)>> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((decoded(&name.replace('+', " "))?, decoded(&value.replace('+', " "))?))
    });
    pairs.collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_path_matches_whole_and_its_places_are_decoded() {
        let template = Template::parse("/nguoi/{so}").unwrap();
        let so = |text: &str| Some(vec![("so".to_owned(), text.to_owned())]);
        for (path, expected) in [
            ("/nguoi/031", so("031")),
            ("/nguoi/a%2Fb", so("a/b")),
            ("/nguoi", None),
            ("/nguoi/", None),
            ("/nguoi/1/2", None),
            ("/khac/1", None),
            ("/nguoi/%ff", None),
        ] {
            assert_eq!(template.matches(path), expected, "{path}");
        }
        for wrong in ["", "nguoi", "/a//b", "/a/", "/../a", "/{a}/{a}", "/{}", "/a?b", "/a b"] {
            assert_eq!(Template::parse(wrong), None, "{wrong}");
        }
        assert_eq!(
            query("a=1+2&b=%C4%91&c"),
            Some(vec![
                ("a".to_owned(), "1 2".to_owned()),
                ("b".to_owned(), "đ".to_owned()),
                ("c".to_owned(), String::new()),
            ])
        );
        assert_eq!(query("a=%ff"), None);
    }

    proptest! {
        #[test]
        fn what_is_filled_in_is_read_again(text in "\\PC{1,20}") {
            let template = Template::parse("/a/{x}/b").unwrap();
            let filled = template.filled(&[("x".to_owned(), text.clone())]);
            prop_assert!(filled.is_ascii());
            prop_assert_eq!(template.matches(&filled), Some(vec![("x".to_owned(), text)]));
        }
    }
}
