//! Every word of the documents, in each spelling in which it occurs.

use std::collections::{BTreeSet, HashMap};

use haidang_kernel::text::{search_key, spelling_key, words};

use crate::Tier;
use crate::rank::{Place, Wanted, contradicts};

/// The number of a word in one spelling.
pub(crate) type WordNo = u32;

struct Word {
    text: String,
    key: String,
    spelling: String,
    /// In how many documents it occurs in this spelling.
    documents: u32,
    weight: f32,
}

#[derive(Default)]
pub(crate) struct Vocabulary {
    words: Vec<Word>,
    by_text: HashMap<String, WordNo>,
    by_key: HashMap<String, Vec<WordNo>>,
    /// In how many documents a word occurs in any spelling.
    documents_of_key: HashMap<String, u32>,
    documents: u32,
}

impl Vocabulary {
    /// The number of a word in lower case and normal form C; a new one when it was never seen.
    pub(crate) fn number(&mut self, text: &str) -> WordNo {
        if let Some(number) = self.by_text.get(text) {
            return *number;
        }
        let number = self.words.len() as WordNo;
        let key = search_key(text);
        self.by_text.insert(text.to_owned(), number);
        self.by_key.entry(key.clone()).or_default().push(number);
        self.words.push(Word { text: text.to_owned(), key, spelling: spelling_key(text), documents: 0, weight: 0.0 });
        number
    }

    /// Counts a document's words, each once.
    pub(crate) fn seen_in_document(&mut self, places: &[Place]) {
        let numbers: BTreeSet<WordNo> = places.iter().flat_map(|place| place.words.iter().copied()).collect();
        let mut keys = BTreeSet::new();
        for number in numbers {
            if let Some(word) = self.words.get_mut(number as usize) {
                word.documents += 1;
                keys.insert(word.key.clone());
            }
        }
        for key in keys {
            *self.documents_of_key.entry(key).or_default() += 1;
        }
        self.documents += 1;
    }

    pub(crate) fn key_of(&self, number: WordNo) -> &str {
        self.words.get(number as usize).map_or("", |word| &word.key)
    }

    /// Weighs the words once all documents are seen: a word tells little when it stands in every
    /// document, more the rarer it is.
    pub(crate) fn weigh(&mut self) {
        for word in &mut self.words {
            let holding = self.documents_of_key.get(&word.key).copied().unwrap_or(1).max(1);
            word.weight = (1.0 + self.documents as f32 / holding as f32).ln() - 0.6;
        }
    }

    pub(crate) fn weight(&self, number: WordNo) -> f32 {
        self.words.get(number as usize).map_or(0.0, |word| word.weight)
    }

    pub(crate) fn knows(&self, key: &str) -> bool {
        self.by_key.contains_key(key)
    }

    /// The keys of all words, with the number of documents that hold them.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (&str, u32)> {
        self.documents_of_key.iter().map(|(key, documents)| (key.as_str(), *documents))
    }

    /// The usual spelling of a word known by its key.
    pub(crate) fn usual_spelling(&self, key: &str) -> Option<&str> {
        let numbers = self.by_key.get(key)?.iter().filter_map(|number| self.words.get(*number as usize));
        numbers
            .max_by(|one, other| one.documents.cmp(&other.documents).then(other.text.cmp(&one.text)))
            .map(|word| word.text.as_str())
    }

    /// The words of a query with, for each known spelling of each, how well its accents agree.
    pub(crate) fn wanted(&self, query: &str) -> Vec<Wanted> {
        let mut wanted: Vec<Wanted> = Vec::new();
        for text in words(query) {
            let (key, spelling) = (search_key(&text), spelling_key(&text));
            if key.is_empty() {
                continue;
            }
            let known = self.by_key.get(&key).into_iter().flatten();
            let tiers = known.filter_map(|number| {
                let word = self.words.get(*number as usize)?;
                let tier = if word.text == text {
                    Tier::Exact
                } else if word.spelling == spelling {
                    Tier::TonePlacement
                } else if contradicts(&text, &word.text) {
                    Tier::Contradicts
                } else {
                    Tier::Folded
                };
                Some((*number, tier))
            });
            let tiers = tiers.collect();
            wanted.push(Wanted { key, tiers });
        }
        wanted
    }
}
