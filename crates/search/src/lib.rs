//! The text indexes of the house: Vietnamese with and without accents, rebuilt from the record. No other crate knows
//! the engine behind them. [`SearchIndex`] is for things named by people and stands in memory; [`texts`] is for whole
//! documents, grows on disk and asks who reads.
//!
//! All words of a query must be found, in any order. What is found with the very accents that were
//! typed comes first, then words whose tone mark stands elsewhere (`hoà`, `hòa`), then words that
//! agree once accents are taken away; what contradicts a typed accent comes last, but is not hidden.

mod engine;
mod rank;
mod suggest;
pub mod texts;
mod vocabulary;

use std::collections::HashMap;

use haidang_kernel::text::{sort_key, tidy};

use engine::Engine;
use rank::{Place, Wanted};
use vocabulary::Vocabulary;

/// Something that can be found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// Its id, given back by [`Hit::id`].
    pub id: String,
    /// Its code, found by prefix with or without dots and dashes; may be empty.
    pub code: String,
    /// Its title; what is found here counts most.
    pub title: String,
    /// Further words: the field, the legal basis, the agency.
    pub body: String,
    /// Other names, each of which finds it as if it were a title.
    pub synonyms: Vec<String>,
    /// What kind of thing it is, for asking about one kind only.
    pub kind: String,
}

/// How well a document agrees with the accents of the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// A typed accent is another one in the document.
    Contradicts,
    /// The words agree without accents, and no typed accent is contradicted.
    Folded,
    /// The words agree but for the place of a tone mark, or for i and y at their end.
    TonePlacement,
    /// The words agree with all accents; also what was found by its code.
    Exact,
}

/// Where a document was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matched {
    /// By its code.
    Code,
    /// All words in its title.
    Title,
    /// All words in this other name of it.
    Synonym(String),
    /// The words are spread over title, other names and body.
    Words,
}

/// One document found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The id of the document.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// How well it fits among the hits of its tier; higher is better.
    pub score: f32,
    /// How well its accents agree.
    pub tier: Tier,
    /// Where it was found.
    pub matched: Matched,
}

/// The index could not be built or asked.
#[derive(Debug, thiserror::Error)]
#[error("the text index failed")]
pub struct SearchError(#[from] tantivy::TantivyError);

struct Entry {
    document: Document,
    sort: Vec<u8>,
    /// The title, then each other name, then the body: the words of each by their number.
    places: Vec<Place>,
}

/// An index over documents; to change it, build another.
pub struct SearchIndex {
    entries: Vec<Entry>,
    /// Numbers of entries by their code without dots and dashes, ascending.
    codes: Vec<(String, usize)>,
    vocabulary: Vocabulary,
    engine: Engine,
}

impl SearchIndex {
    /// Builds the index.
    ///
    /// # Errors
    /// [`SearchError`] when the engine cannot take the documents.
    pub fn build(documents: Vec<Document>) -> Result<Self, SearchError> {
        let mut vocabulary = Vocabulary::default();
        let mut entries = Vec::with_capacity(documents.len());
        for document in documents {
            let names = std::iter::once(&document.title).chain(&document.synonyms);
            let mut places: Vec<Place> = names.map(|name| Place::of(&mut vocabulary, name)).collect();
            places.push(Place::of(
                &mut vocabulary,
                &format!("{} {} {}", document.body, document.code, code_key(&document.code)),
            ));
            vocabulary.seen_in_document(&places);
            let sort = sort_key(&document.title);
            entries.push(Entry { document, sort, places });
        }
        vocabulary.weigh();
        let by_code = entries.iter().enumerate().map(|(number, entry)| (code_key(&entry.document.code), number));
        let mut codes: Vec<(String, usize)> = by_code.filter(|(code, _)| !code.is_empty()).collect();
        codes.sort();
        let keys = entries.iter().map(|entry| {
            let words = entry.places.iter().flat_map(|place| &place.words);
            words.map(|word| vocabulary.key_of(*word)).collect::<Vec<_>>().join(" ")
        });
        let engine = Engine::build(keys)?;
        Ok(Self { entries, codes, vocabulary, engine })
    }

    /// How many documents the index holds.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether the index holds nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The best documents for a query, at most `limit`; nothing for a query without words.
    ///
    /// # Errors
    /// [`SearchError`] when the engine fails: an empty answer always means that nothing was found.
    pub fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, SearchError> {
        self.search_kind(query, None, limit)
    }

    /// As [`SearchIndex::search`], among the documents of one kind.
    ///
    /// # Errors
    /// As [`SearchIndex::search`].
    pub fn search_kind(&self, query: &str, kind: Option<&str>, limit: usize) -> Result<Vec<Hit>, SearchError> {
        let mut found: HashMap<usize, (Tier, f32, Matched)> = self.by_code(query);
        let wanted = self.vocabulary.wanted(query);
        for (number, relevance) in self.engine.find(&wanted)? {
            if let Some((tier, score, matched)) = self.judge(number, &wanted, relevance) {
                found.entry(number).or_insert((tier, score, matched));
            }
        }
        let mut hits: Vec<(usize, (Tier, f32, Matched))> = found.into_iter().collect();
        hits.retain(|(number, _)| {
            kind.is_none_or(|kind| self.entries.get(*number).is_some_and(|e| e.document.kind == kind))
        });
        hits.sort_by(|(one, (one_tier, one_score, _)), (other, (other_tier, other_score, _))| {
            let titles = || self.entries.get(*one).map(|e| &e.sort).cmp(&self.entries.get(*other).map(|e| &e.sort));
            other_tier.cmp(one_tier).then(other_score.total_cmp(one_score)).then_with(titles).then(one.cmp(other))
        });
        let hit = |(number, (tier, score, matched)): (usize, (Tier, f32, Matched))| {
            let document = &self.entries.get(number)?.document;
            Some(Hit { id: document.id.clone(), kind: document.kind.clone(), score, tier, matched })
        };
        Ok(hits.into_iter().filter_map(hit).take(limit).collect())
    }

    /// What the person may have meant: the query with misspelt words replaced, or split in two,
    /// such that something is found; `None` when every word is known or nothing better is.
    ///
    /// # Errors
    /// As [`SearchIndex::search`].
    pub fn suggest(&self, query: &str) -> Result<Option<String>, SearchError> {
        suggest::suggest(&self.vocabulary, query, |attempt| {
            let wanted = self.vocabulary.wanted(attempt);
            Ok(!self.engine.find(&wanted)?.is_empty())
        })
    }

    fn by_code(&self, query: &str) -> HashMap<usize, (Tier, f32, Matched)> {
        let typed = tidy(query);
        let key = code_key(&typed);
        let like_a_code = key.len() >= 3 && !typed.contains(' ') && key.bytes().any(|byte| byte.is_ascii_digit());
        if !like_a_code || !key.is_ascii() {
            return HashMap::new();
        }
        let from = self.codes.partition_point(|(code, _)| *code < key);
        let matching = self.codes.iter().skip(from).take_while(|(code, _)| code.starts_with(&key));
        // The shorter the rest of the code, the likelier it is the one meant.
        let score = |code: &str| rank::CODE + key.len() as f32 / code.len() as f32;
        matching.map(|(code, number)| (*number, (Tier::Exact, score(code), Matched::Code))).collect()
    }

    fn judge(&self, number: usize, wanted: &[Wanted], relevance: f32) -> Option<(Tier, f32, Matched)> {
        let entry = self.entries.get(number)?;
        let names = entry.places.len().checked_sub(1)?;
        let mut best: Option<(Tier, f32, Matched)> = None;
        for (at, place) in entry.places.iter().take(names).enumerate() {
            let Some((tier, fit)) = place.judge(wanted, &self.vocabulary) else { continue };
            let matched = match at.checked_sub(1).and_then(|synonym| entry.document.synonyms.get(synonym)) {
                Some(synonym) => Matched::Synonym(synonym.clone()),
                None => Matched::Title,
            };
            let score = rank::NAME + fit - if at > 0 { rank::SYNONYM_LOSS } else { 0.0 };
            if best.as_ref().is_none_or(|(t, s, _)| (tier, score) > (*t, *s)) {
                best = Some((tier, score, matched));
            }
        }
        let best = match best {
            Some(best) => best,
            None => {
                let (tier, share) = rank::judge_all(&entry.places, wanted)?;
                (tier, share, Matched::Words)
            }
        };
        Some((best.0, best.1 + relevance * rank::RELEVANCE, best.2))
    }
}

/// A code in capitals without dots, dashes and blanks.
fn code_key(code: &str) -> String {
    code.chars()
        .filter(|c| !matches!(c, '.' | '-' | '_' | '/') && !c.is_whitespace())
        .flat_map(char::to_uppercase)
        .collect()
}
