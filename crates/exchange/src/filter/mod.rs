//! Minimisation: an answer is cut down to the fields an agreement allows, while it streams, before it is hashed or
//! signed. Kept bytes are copied unchanged; what no path names is dropped; nothing grows with the size of the body.

mod allow;
mod json;
mod utf8;
mod xml;
mod xml_path;
mod xml_tag;

use std::sync::Arc;

pub use allow::{AllowList, FieldPath, PathFault};
pub use json::JsonFilter;
pub use xml::{LONGEST_TAG, XmlFilter};
pub use xml_path::XmlAllowList;

/// Bounds of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilterLimits {
    /// Containers within containers.
    pub depth: usize,
    /// Bytes of the whole body.
    pub bytes: u64,
}

impl Default for FilterLimits {
    fn default() -> Self {
        Self { depth: 100, bytes: 100 * 1024 * 1024 }
    }
}

/// Why a body cannot be cut down. Places are bytes from 0; nothing of the body is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Not JSON.
    #[error("the body is not JSON at byte {0}")]
    Syntax(u64),
    /// Not XML, or XML that is not well-formed.
    #[error("the body is not well-formed XML at byte {0}")]
    NotXml(u64),
    /// Not UTF-8.
    #[error("the body is not UTF-8 at byte {0}")]
    NotUtf8(u64),
    /// It says that it is in another encoding.
    #[error("the body says that it is not in UTF-8")]
    OtherEncoding,
    /// It has a document type.
    #[error("the body has a document type, which could hold entities")]
    DocumentType,
    /// No path of the list begins with its root.
    #[error("the root element of the body is not in the list of allowed fields")]
    NothingAllowed,
    /// It ended too early.
    #[error("the body ends too early")]
    Incomplete,
    /// Too many containers within containers.
    #[error("the body is nested more deeply than {0}")]
    TooDeep(usize),
    /// A name longer than 1024 bytes.
    #[error("a name in the body is longer than {LONGEST_NAME} bytes")]
    NameTooLong,
    /// A tag longer than 64 KiB.
    #[error("a tag in the body is longer than {LONGEST_TAG} bytes")]
    TagTooLong,
    /// More bytes than allowed.
    #[error("the body is longer than {0} bytes")]
    TooLarge(u64),
}

/// The longest name: of a member as written, with quotes; of an element with its prefix.
pub const LONGEST_NAME: usize = 1024;

/// The fields that an agreement allows: in answers of JSON by its paths of JSONPath (`$…`), in answers of XML by those of
/// XPath (`/…`). Answers of a kind without paths are not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields {
    json: Option<Arc<AllowList>>,
    xml: Option<Arc<XmlAllowList>>,
}

impl Fields {
    /// Reads paths of both kinds. None at all allow nothing in JSON, and no answer of XML.
    ///
    /// # Errors
    /// [`PathFault`] of the first path that is not understood.
    pub fn parse<'a>(paths: impl IntoIterator<Item = &'a str>) -> Result<Self, PathFault> {
        let (xml, json): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| path.starts_with('/'));
        Ok(Self {
            json: (xml.is_empty() || !json.is_empty()).then(|| AllowList::parse(json).map(Arc::new)).transpose()?,
            xml: (!xml.is_empty()).then(|| XmlAllowList::parse(xml).map(Arc::new)).transpose()?,
        })
    }

    /// The filter for a body of this `Content-Type`; `None` when it cannot be cut down to these fields.
    pub fn filter(&self, content_type: &str, limits: FilterLimits) -> Option<Filter> {
        match Kind::of(content_type)? {
            Kind::Json => self.json.clone().map(|allow| Filter::Json(JsonFilter::new(allow, limits))),
            Kind::Xml => self.xml.clone().map(|allow| Filter::Xml(XmlFilter::new(allow, limits))),
        }
    }
}

/// What bodies can be cut down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Json,
    Xml,
}

impl Kind {
    fn of(content_type: &str) -> Option<Self> {
        let mut parts = content_type.split(';').map(|part| part.trim().to_ascii_lowercase());
        let media = parts.next()?;
        let is_application = media.starts_with("application/");
        if matches!(media.as_str(), "application/json" | "text/json") || is_application && media.ends_with("+json") {
            return Some(Self::Json);
        }
        let is_xml = matches!(media.as_str(), "application/xml" | "text/xml") || media.ends_with("+xml");
        // The header counts for more than what the document says of itself (RFC 7303, section 3).
        let mut charsets = parts.filter_map(|part| part.strip_prefix("charset=").map(str::to_owned));
        (is_xml && charsets.all(|charset| charset.trim_matches('"') == "utf-8")).then_some(Self::Xml)
    }
}

/// The filter of one body.
#[derive(Debug)]
pub enum Filter {
    /// Over JSON.
    Json(JsonFilter),
    /// Over XML.
    Xml(XmlFilter),
}

impl Filter {
    /// Takes the next bytes and appends what is allowed of them. After an error the filter is of no more use.
    ///
    /// # Errors
    /// [`FilterError`]; what was given out before must not be delivered.
    pub fn push(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), FilterError> {
        match self {
            Self::Json(filter) => filter.push(input, out),
            Self::Xml(filter) => filter.push(input, out),
        }
    }

    /// Says that the body has ended, and appends what is still to come.
    ///
    /// # Errors
    /// [`FilterError::Incomplete`]; [`FilterError::NothingAllowed`] for XML of which nothing was given out.
    pub fn finish(self, out: &mut Vec<u8>) -> Result<(), FilterError> {
        match self {
            Self::Json(filter) => filter.finish(out),
            Self::Xml(filter) => filter.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_known_by_their_media_type() {
        for (media, expected) in [
            ("application/json", Some(Kind::Json)),
            ("Application/JSON; charset=utf-8", Some(Kind::Json)),
            ("application/problem+json", Some(Kind::Json)),
            ("text/json", Some(Kind::Json)),
            ("application/xml", Some(Kind::Xml)),
            ("text/xml; charset=\"UTF-8\"", Some(Kind::Xml)),
            ("application/soap+xml;charset=utf-8; action=x", Some(Kind::Xml)),
            ("text/xml; charset=utf-16", None),
            ("text/xml; charset=utf-8; charset=iso-8859-1", None),
            ("text/plain", None),
            ("application/jsonp", None),
            ("application/xmlx", None),
            ("", None),
        ] {
            assert_eq!(Kind::of(media), expected, "{media}");
        }
    }

    #[test]
    fn answers_of_a_kind_without_paths_have_no_filter() {
        for (paths, json, xml) in
            [(&["$.a"][..], true, false), (&["/a"], false, true), (&["$.a", "/a"], true, true), (&[], true, false)]
        {
            let fields = Fields::parse(paths.iter().copied()).unwrap();
            let has = |media| fields.filter(media, FilterLimits::default()).is_some();
            assert_eq!((has("text/json"), has("text/xml"), has("text/html")), (json, xml, false), "{paths:?}");
        }
        assert!(Fields::parse(["$.a", "/*"]).is_err() && Fields::parse(["/a", "$.*"]).is_err());
    }
}
