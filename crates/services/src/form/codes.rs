//! Code lists of a pack: what a form offers for selection and knows by name.

use haidang_kernel::bilingual::Bilingual;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// One entry of a code list. Codes are text: `00031` and `31` are different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The code.
    pub code: String,
    /// Its name.
    pub name: Bilingual,
    /// First day of validity.
    pub from: Option<Date>,
    /// Last day of validity.
    pub to: Option<Date>,
    /// Code that replaced it.
    pub successor: Option<String>,
}

impl Code {
    /// Whether the code is valid on a day.
    pub fn valid_on(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

/// The lists by name: `ethnic_groups`, `countries`, `provinces`, `communes` and whatever else a pack brings.
#[derive(Debug, Clone, Default)]
pub struct CodeLists {
    lists: BTreeMap<String, Vec<Code>>,
    home_province: Option<String>,
}

impl CodeLists {
    /// Empty lists of a city in this province (its code decides which addresses need a commune of the list).
    pub fn new(home_province: Option<String>) -> Self {
        Self { lists: BTreeMap::new(), home_province }
    }

    /// Adds or replaces a list.
    pub fn insert(&mut self, name: impl Into<String>, codes: Vec<Code>) {
        self.lists.insert(name.into(), codes);
    }

    /// Whether the pack has the list.
    pub fn has(&self, list: &str) -> bool {
        self.lists.contains_key(list)
    }

    /// Names of the lists.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.lists.keys().map(String::as_str)
    }

    /// All entries of a list, in the order of its file.
    pub fn all(&self, list: &str) -> &[Code] {
        self.lists.get(list).map_or(&[], Vec::as_slice)
    }

    /// Entries valid on a day: what a page offers.
    pub fn on(&self, list: &str, day: Date) -> impl Iterator<Item = &Code> {
        self.all(list).iter().filter(move |code| code.valid_on(day))
    }

    /// The entry of a code; of several with one code the one without an end wins.
    pub fn find(&self, list: &str, code: &str) -> Option<&Code> {
        let mut found = self.all(list).iter().filter(|entry| entry.code == code);
        let first = found.next()?;
        if first.to.is_none() { Some(first) } else { found.find(|entry| entry.to.is_none()).or(Some(first)) }
    }

    /// Province of the city, whose communes the list `communes` holds.
    pub fn home_province(&self) -> Option<&str> {
        self.home_province.as_deref()
    }
}
