//! How well a document fits a query: by accents first, then by how much of a name was asked for.

use crate::Tier;
use crate::vocabulary::{Vocabulary, WordNo};

/// A document found by its code stands before all that were found by words.
pub(crate) const CODE: f32 = 10.0;
/// All words within one name.
pub(crate) const NAME: f32 = 2.0;
/// A synonym counts a little less than a title that fits as well.
pub(crate) const SYNONYM_LOSS: f32 = 0.05;
/// The engine's score only decides between documents that are otherwise alike.
pub(crate) const RELEVANCE: f32 = 0.001;
/// The words stand side by side in the order they were typed.
const IN_ORDER: f32 = 0.25;

/// One word of a query.
pub(crate) struct Wanted {
    /// Its search key.
    pub(crate) key: String,
    /// The known spellings of it, with how well each agrees.
    pub(crate) tiers: Vec<(WordNo, Tier)>,
}

impl Wanted {
    fn tier(&self, word: WordNo) -> Option<Tier> {
        self.tiers.iter().find(|(known, _)| *known == word).map(|(_, tier)| *tier)
    }

    fn best_in<'a>(&self, words: impl Iterator<Item = &'a WordNo>) -> Option<Tier> {
        words.filter_map(|word| self.tier(*word)).max()
    }
}

/// The words of a title, of another name or of a body.
pub(crate) struct Place {
    pub(crate) words: Vec<WordNo>,
}

impl Place {
    pub(crate) fn of(vocabulary: &mut Vocabulary, text: &str) -> Self {
        Self { words: haidang_kernel::text::words(text).iter().map(|word| vocabulary.number(word)).collect() }
    }

    /// When all wanted words are here: the tier of the worst, and from 0 to 1.25 how much of this
    /// place they make up and whether they stand in order.
    pub(crate) fn judge(&self, wanted: &[Wanted], vocabulary: &Vocabulary) -> Option<(Tier, f32)> {
        let mut tier = Tier::Exact;
        for word in wanted {
            tier = tier.min(word.best_in(self.words.iter())?);
        }
        let (mut asked, mut all) = (0.0, f32::MIN_POSITIVE);
        for word in &self.words {
            let weight = vocabulary.weight(*word);
            all += weight;
            asked += if wanted.iter().any(|wanted| wanted.tier(*word).is_some()) { weight } else { 0.0 };
        }
        let in_order = self
            .words
            .windows(wanted.len())
            .any(|window| window.iter().zip(wanted).all(|(word, wanted)| wanted.tier(*word).is_some()));
        Some((tier, asked / all + if in_order { IN_ORDER } else { 0.0 }))
    }
}

/// When all wanted words are somewhere in the document: the tier of the worst, and which share of
/// them stands in the title.
pub(crate) fn judge_all(places: &[Place], wanted: &[Wanted]) -> Option<(Tier, f32)> {
    let mut tier = Tier::Exact;
    let mut in_title = 0.0;
    for word in wanted {
        tier = tier.min(word.best_in(places.iter().flat_map(|place| &place.words))?);
        let title = places.first().and_then(|title| word.best_in(title.words.iter()));
        in_title += if title.is_some() { 1.0 } else { 0.0 };
    }
    Some((tier, in_title / wanted.len().max(1) as f32))
}

/// Whether the word as typed has an accent that the other word, equal without accents, lacks or has
/// otherwise. A letter typed without accents contradicts nothing.
pub(crate) fn contradicts(typed: &str, other: &str) -> bool {
    let (typed, other) = (letters(typed), letters(other));
    let tone = typed.tone.is_some() && typed.tone != other.tone;
    tone || typed.marks.iter().zip(&other.marks).any(|(typed, other)| typed.is_some() && typed != other)
}

/// A word taken apart: the mark of each letter, and the tone of the whole.
struct Letters {
    marks: Vec<Option<char>>,
    tone: Option<char>,
}

fn letters(word: &str) -> Letters {
    let mut letters = Letters { marks: Vec::new(), tone: None };
    for c in haidang_kernel::text::decomposed(word) {
        match c {
            '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}' => letters.tone = Some(c),
            '\u{302}' | '\u{306}' | '\u{31b}' => {
                if let Some(mark) = letters.marks.last_mut() {
                    *mark = Some(c);
                }
            }
            'đ' => letters.marks.push(Some(c)),
            _ => letters.marks.push(None),
        }
    }
    letters
}
