//! Paths of allowed fields: the part of JSONPath (RFC 9535) that can be followed without looking back.
//!
//! - `$` the whole document; `.name`, `['name']` or `["name"]` the member of that name;
//! - `[*]` every element of an array. Unlike RFC 9535 it names no members of objects, and `.*` does not exist: an
//!   allow-list that says "whatever members there are" would allow fields nobody has agreed on;
//! - `..name`, `..['name']`, `..[*]` the same at any depth below.
//!
//! A named value is kept whole, with everything inside. Objects and arrays on the way to it are kept as far as it is
//! found in them; those that the path names step by step are kept even when they hold nothing allowed, so that an empty
//! list stays an empty list. Everything else is dropped.

use std::fmt;

/// One allowed field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldPath {
    text: String,
    pub(super) steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// Written with `..`: may also be taken further down.
    pub(super) descend: bool,
    /// The member of this name, or every element of an array.
    pub(super) member: Option<String>,
}

/// Why a path is no path of the list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the field path {path} is not understood at character {at}; write {}", forms(path))]
pub struct PathFault {
    /// The path.
    pub path: String,
    /// Where, counted in bytes from 0.
    pub at: usize,
}

fn forms(path: &str) -> &'static str {
    if path.starts_with('/') {
        "/root/child/leaf or /root/child/@name, with * for any one element on the way"
    } else {
        "$.name, $['name'], $.list[*].name or $..name for JSON, /root/child/leaf for XML"
    }
}

const MOST_STEPS: usize = 64;

impl FieldPath {
    /// Reads a path.
    ///
    /// # Errors
    /// [`PathFault`] where it leaves the subset.
    pub fn parse(text: &str) -> Result<Self, PathFault> {
        let fault = |rest: &str| PathFault { path: text.to_owned(), at: text.len() - rest.len() };
        let mut rest = text.strip_prefix('$').ok_or_else(|| fault(text))?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let before = rest;
            let descend = rest.starts_with("..");
            rest = rest.strip_prefix("..").unwrap_or(rest);
            let (member, after) = if rest.starts_with('[') {
                bracket(rest)
            } else if descend {
                shorthand(rest)
            } else {
                rest.strip_prefix('.').and_then(shorthand)
            }
            .ok_or_else(|| fault(before))?;
            steps.push(Step { descend, member });
            rest = after;
            if steps.len() > MOST_STEPS {
                return Err(fault(rest));
            }
        }
        Ok(Self { text: text.to_owned(), steps })
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

type Read<'a> = Option<(Option<String>, &'a str)>;

/// `name` after a dot: letters, digits, `_`; not a digit first.
fn shorthand(text: &str) -> Read<'_> {
    let end =
        text.find(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == '-')).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    (!name.is_empty() && !name.starts_with(|first: char| first.is_ascii_digit() || first == '-'))
        .then(|| (Some(name.to_owned()), rest))
}

/// `[*]`, `['name']`, `["name"]`; in quotes `\` makes the next quote or `\` a letter.
fn bracket(text: &str) -> Read<'_> {
    if let Some(rest) = text.strip_prefix("[*]") {
        return Some((None, rest));
    }
    let mut letters = text.strip_prefix('[')?.char_indices();
    let (_, quote) = letters.next().filter(|(_, quote)| matches!(quote, '\'' | '"'))?;
    let mut name = String::new();
    while let Some((_, letter)) = letters.next() {
        if letter == quote {
            return Some((Some(name), letters.as_str().strip_prefix(']')?));
        }
        if letter == '\\' {
            let (_, next) = letters.next().filter(|(_, next)| matches!(next, '\'' | '"' | '\\'))?;
            name.push(next);
        } else {
            name.push(letter);
        }
    }
    None
}

/// All allowed fields of an agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowList {
    pub(super) paths: Vec<FieldPath>,
}

/// A place within one of the paths: its number, and the steps that were taken.
pub(super) type Position = (u16, u16);

/// From a container to what lies in it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Edge<'a> {
    Member(&'a str),
    Element,
}

impl AllowList {
    /// The list of these paths; an empty one allows nothing.
    ///
    /// # Errors
    /// [`PathFault`] of the first path that is not understood, or of the one after the 1,000th.
    pub fn parse<'a>(paths: impl IntoIterator<Item = &'a str>) -> Result<Self, PathFault> {
        let paths = paths.into_iter().map(FieldPath::parse).collect::<Result<Vec<_>, _>>()?;
        match paths.get(1000) {
            Some(path) => Err(PathFault { path: path.text.clone(), at: 0 }),
            None => Ok(Self { paths }),
        }
    }

    /// The paths.
    pub fn paths(&self) -> &[FieldPath] {
        &self.paths
    }

    pub(super) fn roots(&self) -> Vec<Position> {
        (0..self.paths.len()).filter_map(|path| u16::try_from(path).ok()).map(|path| (path, 0)).collect()
    }

    fn step(&self, (path, taken): Position) -> Option<&Step> {
        self.paths.get(usize::from(path))?.steps.get(usize::from(taken))
    }

    /// Where the paths stand after an edge.
    pub(super) fn follow(&self, positions: &[Position], edge: Edge<'_>) -> Vec<Position> {
        let mut next = Vec::new();
        for (path, taken) in positions.iter().copied() {
            let Some(step) = self.step((path, taken)) else { continue };
            let fits = match (edge, &step.member) {
                (Edge::Member(name), Some(wanted)) => name == wanted,
                (Edge::Element, None) => true,
                _ => false,
            };
            let mut add = |position| {
                if !next.contains(&position) {
                    next.push(position);
                }
            };
            if fits {
                add((path, taken + 1));
            }
            if step.descend {
                add((path, taken));
            }
        }
        next
    }

    /// Whether one of the paths ends here.
    pub(super) fn selects(&self, positions: &[Position]) -> bool {
        positions.iter().any(|position| self.step(*position).is_none())
    }

    /// Whether a container is named step by step, so that it stays even when nothing in it is allowed.
    pub(super) fn names_container(&self, positions: &[Position], array: bool) -> bool {
        positions
            .iter()
            .filter_map(|position| self.step(*position))
            .any(|step| !step.descend && step.member.is_none() == array)
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subset_and_nothing_else() {
        for (path, steps) in [
            ("$", 0),
            ("$.hoTen", 1),
            ("$.a.b_c.d1", 3),
            ("$['họ tên'].x", 2),
            ("$[\"a\\\"b\"]", 1),
            ("$['it\\'s']", 1),
            ("$.list[*].ten", 3),
            ("$..soDinhDanh", 1),
            ("$.a..[*]", 2),
            ("$..['x']", 1),
            ("$[*][*]", 2),
            ("$.ngày", 1),
            ("$.a-b", 1),
        ] {
            assert_eq!(FieldPath::parse(path).map(|path| path.steps.len()), Ok(steps), "{path}");
        }
        for bad in [
            "",
            "a",
            "$a",
            "$.",
            "$..",
            "$.*",
            "$[0]",
            "$[?@.a]",
            "$[1:2]",
            "$['a'",
            "$['a]",
            "$.a b",
            "$.1a",
            "$...a",
            "$[]",
            "$['a','b']",
            "$['a\\n']",
            " $",
            "$ ",
        ] {
            assert!(FieldPath::parse(bad).is_err(), "{bad}");
        }
        assert!(FieldPath::parse(&format!("${}", ".a".repeat(65))).is_err());
        assert_eq!(FieldPath::parse("$.ok[7]").unwrap_err().at, 4);
    }
}
