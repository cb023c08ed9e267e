//! Paths of allowed fields in XML: the part of XPath that can be followed without looking back.
//!
//! - `/root/child/leaf` the element of that name under those, with everything inside;
//! - `/root/child/@name` an attribute;
//! - `*` in the place of an element on the way: any one. It is no last step, and `@*` and `//` do not exist: an allow-list
//!   that says "whatever there is" would allow fields nobody has agreed on.
//!
//! Names are local names, without prefixes: an element is meant whatever its namespace is. Who writes an agreement knows
//! the documents of the provider, and the provider is the owner of what a foreign namespace could hide.
//!
//! Elements on the way are kept with their namespace declarations, which what is kept may need, and with their allowed
//! attributes; text directly in them is dropped. Those that a path names stay even when they hold nothing allowed; those
//! that only `*` meets show themselves only when they do.

use super::allow::{PathFault, Position};
use super::xml_tag::is_plain_name;

const MOST_STEPS: usize = 64;
const MOST_PATHS: usize = 1000;

/// One allowed element or attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
struct XmlPath {
    /// Local names of elements from the root on; `None` for any.
    steps: Vec<Option<String>>,
    /// The attribute of the last of them.
    attribute: Option<String>,
}

impl XmlPath {
    fn parse(text: &str) -> Result<Self, PathFault> {
        let fault = |at: usize| PathFault { path: text.to_owned(), at };
        let rest = text.strip_prefix('/').ok_or_else(|| fault(0))?;
        let (mut steps, mut attribute, mut at) = (Vec::new(), None, 1);
        for step in rest.split('/') {
            let name = step.strip_prefix('@').unwrap_or(step);
            let is_attribute = name.len() < step.len();
            if attribute.is_some() || steps.len() >= MOST_STEPS || !(is_plain_name(name) || step == "*") {
                return Err(fault(at));
            }
            if is_attribute {
                attribute = Some(name.to_owned());
            } else {
                steps.push((name != "*").then(|| name.to_owned()));
            }
            at += step.len() + 1;
        }
        let is_field = attribute.is_some() || steps.last().is_some_and(Option::is_some);
        if steps.is_empty() || !is_field {
            return Err(fault(text.rfind('/').unwrap_or(0) + 1));
        }
        Ok(Self { steps, attribute })
    }
}

/// All allowed fields of an agreement in answers of XML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XmlAllowList {
    paths: Vec<XmlPath>,
}

/// What the list says of an element.
pub(super) enum Verdict {
    /// It is kept whole.
    Keep,
    /// It is on the way to something allowed. `named` when a path says its name.
    Way { positions: Vec<Position>, named: bool },
    /// It is dropped.
    Drop,
}

impl XmlAllowList {
    /// The list of these paths; an empty one allows nothing.
    ///
    /// # Errors
    /// [`PathFault`] of the first path that is not understood, or of the one after the 1,000th.
    pub fn parse<'a>(paths: impl IntoIterator<Item = &'a str>) -> Result<Self, PathFault> {
        let mut list = Self { paths: Vec::new() };
        for path in paths {
            if list.paths.len() >= MOST_PATHS {
                return Err(PathFault { path: path.to_owned(), at: 0 });
            }
            list.paths.push(XmlPath::parse(path)?);
        }
        Ok(list)
    }

    pub(super) fn roots(&self) -> Vec<Position> {
        (0..self.paths.len()).filter_map(|path| u16::try_from(path).ok()).map(|path| (path, 0)).collect()
    }

    fn path(&self, number: u16) -> Option<&XmlPath> {
        self.paths.get(usize::from(number))
    }

    /// What happens to an element of this local name under one where the paths stand so.
    pub(super) fn judge(&self, positions: &[Position], local: &str) -> Verdict {
        let (mut next, mut is_named) = (Vec::new(), false);
        for (number, taken) in positions.iter().copied() {
            let Some(path) = self.path(number) else { continue };
            let Some(step) = path.steps.get(usize::from(taken)) else { continue };
            if step.as_deref().is_some_and(|name| name != local) {
                continue;
            }
            if usize::from(taken) + 1 == path.steps.len() && path.attribute.is_none() {
                return Verdict::Keep;
            }
            is_named |= step.is_some();
            next.push((number, taken + 1));
        }
        if next.is_empty() { Verdict::Drop } else { Verdict::Way { positions: next, named: is_named } }
    }

    /// Whether an attribute of this local name is allowed in the element where the paths stand so.
    pub(super) fn allows_attribute(&self, positions: &[Position], local: &str) -> bool {
        positions
            .iter()
            .filter_map(|(number, taken)| Some((self.path(*number)?, taken)))
            .any(|(path, taken)| path.steps.len() == usize::from(*taken) && path.attribute.as_deref() == Some(local))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subset_and_nothing_else() {
        for (path, steps, attribute) in [
            ("/a", 1, None),
            ("/Envelope/Body/*/hoTen", 4, None),
            ("/a/@b", 1, Some("b")),
            ("/*/@b", 1, Some("b")),
            ("/*/*/c", 3, None),
            ("/họTên/x-1.y_2", 2, None),
        ] {
            let read = XmlPath::parse(path).unwrap();
            assert_eq!((read.steps.len(), read.attribute.as_deref()), (steps, attribute), "{path}");
        }
        for bad in [
            "",
            "a",
            "/",
            "//",
            "//a",
            "/a/",
            "/a//b",
            "/*",
            "/a/*",
            "/@a",
            "/a/@*",
            "/a/@",
            "/a/@b/c",
            "/a:b",
            "/a/@x:b",
            "/a[1]",
            "/a/text()",
            "/.",
            "/a/..",
            "/1a",
            "/a b",
            " /a",
            "/a ",
            "/a/**",
            "/-a",
            "/{u}a",
            "$.a",
        ] {
            assert!(XmlPath::parse(bad).is_err(), "{bad}");
        }
        assert!(XmlPath::parse(&"/a".repeat(64)).is_ok());
        assert!(XmlPath::parse(&"/a".repeat(65)).is_err());
        assert_eq!(XmlPath::parse("/ok/b c/d").unwrap_err().at, 4);
        assert_eq!(XmlPath::parse("/ok/*").unwrap_err().at, 4);
    }
}
