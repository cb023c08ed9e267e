//! What changed between two versions, line by line.

use super::model::{Content, Recipient};
use similar::{Algorithm, ChangeTag};
use std::time::{Duration, Instant};

/// After so long the rest is shown as removed and added anew; a hostile pair of texts costs no more.
const PATIENCE: Duration = Duration::from_millis(500);

/// A line of the comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Stands in both.
    Same(String),
    /// Stands in the earlier one only.
    Gone(String),
    /// Stands in the later one only.
    New(String),
}

impl Change {
    /// Its words.
    pub fn line(&self) -> &str {
        match self {
            Self::Same(line) | Self::Gone(line) | Self::New(line) => line,
        }
    }
}

/// A version as lines: subject, receivers, bases, then the text.
fn lines(content: &Content) -> Vec<String> {
    let mut lines = vec![content.subject.clone()];
    lines.extend(content.recipients.iter().map(Recipient::line));
    lines.extend(content.bases.iter().cloned());
    lines.extend(super::body::blocks(&content.body).iter().map(super::body::Block::line));
    lines.extend(content.annexes.iter().map(|file| file.name.clone()));
    lines
}

/// What changed from one version to another.
pub fn changes(old: &Content, new: &Content) -> Vec<Change> {
    between(&lines(old), &lines(new))
}

fn between(old: &[String], new: &[String]) -> Vec<Change> {
    let until = Instant::now().checked_add(PATIENCE);
    let steps = similar::capture_diff_slices_deadline(Algorithm::Myers, old, new, until);
    let every = steps.iter().flat_map(|step| step.iter_changes(old, new));
    every
        .map(|change| match change.tag() {
            ChangeTag::Equal => Change::Same(change.value()),
            ChangeTag::Delete => Change::Gone(change.value()),
            ChangeTag::Insert => Change::New(change.value()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Leaving out what is new gives the earlier text, leaving out what is gone the later one.
        #[test]
        fn both_texts_can_be_read_from_the_comparison(old in proptest::collection::vec("[a-d]", 0..12), new in proptest::collection::vec("[a-d]", 0..12)) {
            let list = between(&old, &new);
            let earlier: Vec<&str> = list.iter().filter(|one| !matches!(one, Change::New(_))).map(Change::line).collect();
            let later: Vec<&str> = list.iter().filter(|one| !matches!(one, Change::Gone(_))).map(Change::line).collect();
            prop_assert_eq!(earlier, old.iter().map(String::as_str).collect::<Vec<_>>());
            prop_assert_eq!(later, new.iter().map(String::as_str).collect::<Vec<_>>());
        }
    }
}
