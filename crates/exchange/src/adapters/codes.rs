//! Code lists: what the provider's codes mean here, read in both directions.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Deserialize;

/// What happens to a code that the list does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Unknown {
    /// It is an error that names the field and the list.
    #[default]
    Refuse,
    /// It passes as it is.
    Keep,
}

/// A list of codes, each side to the other.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CodeList {
    name: String,
    ours: HashMap<String, String>,
    theirs: HashMap<String, String>,
    /// A code of ours that two of theirs mean: it cannot be sent.
    ambiguous: Option<String>,
}

/// The lists of an adapter by name.
pub(super) type CodeLists = BTreeMap<String, Arc<CodeList>>;

impl CodeList {
    /// Reads `"theirs" = "ours"`.
    pub(super) fn new(name: &str, rows: BTreeMap<String, String>) -> Self {
        let mut theirs: HashMap<String, String> = HashMap::new();
        let mut ambiguous = None;
        for (their, our) in &rows {
            if theirs.insert(our.clone(), their.clone()).is_some() {
                ambiguous = Some(our.clone());
            }
        }
        Self { name: name.to_owned(), ours: rows.into_iter().collect(), theirs, ambiguous }
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// A code of ours that two of theirs mean.
    pub(super) fn ambiguous(&self) -> Option<&str> {
        self.ambiguous.as_deref()
    }

    /// What the provider's code is here.
    pub(super) fn ours(&self, theirs: &str, unknown: Unknown) -> Option<String> {
        found(&self.ours, theirs, unknown)
    }

    /// What our code is at the provider.
    pub(super) fn theirs(&self, ours: &str, unknown: Unknown) -> Option<String> {
        found(&self.theirs, ours, unknown)
    }
}

fn found(rows: &HashMap<String, String>, code: &str, unknown: Unknown) -> Option<String> {
    match (rows.get(code), unknown) {
        (Some(found), _) => Some(found.clone()),
        (None, Unknown::Keep) => Some(code.to_owned()),
        (None, Unknown::Refuse) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_both_ways_and_unknown_ones_are_kept_or_refused() {
        let rows = [("1", "male"), ("2", "female"), ("02", "female")];
        let list = CodeList::new("sex", rows.map(|(a, b)| (a.to_owned(), b.to_owned())).into());
        for (their, unknown, our) in [
            ("1", Unknown::Refuse, Some("male")),
            ("02", Unknown::Refuse, Some("female")),
            ("9", Unknown::Refuse, None),
            ("9", Unknown::Keep, Some("9")),
        ] {
            assert_eq!(list.ours(their, unknown).as_deref(), our, "{their}");
        }
        assert_eq!(list.theirs("male", Unknown::Refuse).as_deref(), Some("1"));
        assert_eq!(list.theirs("other", Unknown::Refuse), None);
        assert_eq!(list.ambiguous(), Some("female"));
    }
}
