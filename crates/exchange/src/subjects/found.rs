//! The people found in a call.

use std::collections::BTreeSet;

use haidang_kernel::number::CitizenNo;

/// Most people of one call that are told one by one; a call about more is one entry for all, and published.
pub const MOST_SUBJECTS: usize = 100;

/// The longest text that is looked at as a number; the rest of a longer one is not kept.
pub(super) const LONGEST_NUMBER: usize = 256;

/// Personal numbers, each once, and what could not be understood. Never logged.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Found {
    numbers: BTreeSet<String>,
    more: bool,
    unread: bool,
}

impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Found({} people, more: {}, unread: {})", self.numbers.len(), self.more, self.unread)
    }
}

impl Found {
    /// Takes a value that stands where a number should. An empty one is nobody; one that is no personal number of
    /// twelve digits, with `VN` before it or not, is somebody who cannot be named.
    pub fn add(&mut self, text: &str) {
        if !self.add_if_number(text) && !text.trim().is_empty() {
            self.unread = true;
        }
    }

    /// Takes a value that need not be a number; whether it is one.
    pub(super) fn add_if_number(&mut self, text: &str) -> bool {
        let text = text.trim();
        let Ok(number) = CitizenNo::parse(text.strip_prefix("VN").unwrap_or(text)) else { return false };
        if self.numbers.len() < MOST_SUBJECTS {
            self.numbers.insert(number.as_str().to_owned());
        } else if !self.numbers.contains(number.as_str()) {
            self.more = true;
        }
        true
    }

    /// Notes that something could not be read in which people may stand.
    pub fn leave_unread(&mut self) {
        self.unread = true;
    }

    /// Takes what was found elsewhere in the same call.
    pub fn merge(&mut self, other: Found) {
        for number in other.numbers {
            self.add(&number);
        }
        self.more |= other.more;
        self.unread |= other.unread;
    }

    /// Whether there are more people than are told one by one: nothing more has to be read.
    pub fn has_more(&self) -> bool {
        self.more
    }

    /// Whether somebody may be missing here.
    pub fn has_unread(&self) -> bool {
        self.unread
    }

    /// The numbers, in their order; at most [`MOST_SUBJECTS`].
    pub fn numbers(&self) -> impl Iterator<Item = &str> {
        self.numbers.iter().map(String::as_str)
    }

    /// How many of them.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether nobody was found.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }
}
