//! Minimisation: an answer is cut down to the fields an agreement allows, while it streams, before it is hashed or
//! signed. Kept bytes are copied unchanged; what no path names is dropped; nothing grows with the size of the body.

mod allow;
mod json;

pub use allow::{AllowList, FieldPath, PathFault};
pub use json::{FilterError, FilterLimits, JsonFilter};

/// Whether bodies of this `Content-Type` can be filtered: `application/json` and everything `+json`.
///
/// XML is not filtered yet: such an answer is refused unless the agreement is opaque.
pub fn is_json(content_type: &str) -> bool {
    let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(media.as_str(), "application/json" | "text/json")
        || (media.starts_with("application/") && media.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_json_is_filtered() {
        for (media, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/problem+json", true),
            ("text/json", true),
            ("application/xml", false),
            ("text/plain", false),
            ("application/jsonp", false),
            ("", false),
        ] {
            assert_eq!(super::is_json(media), expected, "{media}");
        }
    }
}
