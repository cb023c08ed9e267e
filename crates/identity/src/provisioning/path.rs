//! Names of attributes as clients write them: with or without the name of their schema, with a part, with a filter.

use super::fault::{self, ScimFault};
use super::filter::Filter;
use super::schema::{Attribute, Kind, attribute_of};

/// A place in a resource.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Schema of an extension, when the attribute is one of it.
    pub(super) extension: Option<&'static str>,
    /// The attribute; `None` when the path names an extension as a whole.
    pub(super) attribute: Option<Attribute>,
    /// Which values of a list.
    pub(super) filter: Option<Filter>,
    /// Part of a complex attribute.
    pub(super) part: Option<Attribute>,
}

fn after_prefix<'p>(path: &'p str, prefix: &str) -> Option<&'p str> {
    let head = path.get(..prefix.len())?;
    if !head.eq_ignore_ascii_case(prefix) {
        return None;
    }
    match path.get(prefix.len()..)? {
        "" => Some(""),
        rest => rest.strip_prefix([':', '.']),
    }
}

/// Takes the name of the schema off; the rest is the attribute.
fn schema_of(kind: Kind, path: &str) -> (Option<&'static str>, &str) {
    for extension in kind.extensions() {
        if let Some(rest) = after_prefix(path, extension) {
            return (Some(extension), rest);
        }
    }
    (None, after_prefix(path, kind.core()).unwrap_or(path))
}

impl Place {
    /// Reads `attr`, `attr.part`, `attr[filter]`, `attr[filter].part`, each with or without the name of its schema.
    ///
    /// # Errors
    /// `invalidPath` for what the schemas do not know, `invalidFilter` for a filter that does not read.
    pub(super) fn parse(kind: Kind, path: &str) -> Result<Place, ScimFault> {
        let unknown = || fault::path(format!("no attribute is called {}", path.chars().take(80).collect::<String>()));
        let (extension, rest) = schema_of(kind, path.trim());
        if rest.is_empty() {
            let extension = Some(extension.ok_or_else(unknown)?);
            return Ok(Place { extension, attribute: None, filter: None, part: None });
        }
        let (name, filter, part) = match rest.split_once('[') {
            Some((name, tail)) => {
                let (inside, after) = tail.rsplit_once(']').ok_or_else(|| fault::path("a bracket is not closed"))?;
                let part = match after {
                    "" => None,
                    after => Some(after.strip_prefix('.').ok_or_else(unknown)?),
                };
                (name, Some(inside), part)
            }
            None => match rest.split_once('.') {
                Some((name, part)) => (name, None, Some(part)),
                None => (rest, None, None),
            },
        };
        let attribute = attribute_of(kind, extension, name).ok_or_else(unknown)?;
        let part = part.map(|part| attribute.part(part).ok_or_else(unknown)).transpose()?;
        if filter.is_some() && !attribute.is_many() {
            return Err(fault::path("only a list can be filtered"));
        }
        let filter = filter.map(|inside| Filter::parse_inside(attribute, inside)).transpose()?;
        Ok(Place { extension, attribute: Some(attribute), filter, part })
    }
}
