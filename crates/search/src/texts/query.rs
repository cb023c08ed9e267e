//! From what was typed to what the engine is asked.

use super::TextQuery;
use super::schema::{Fields, number_key};
use haidang_kernel::text::{accent_key, has_accents, search_key, tidy, words};
use std::ops::Bound;
use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, EmptyQuery, Occur, PhraseQuery, Query, RangeQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

/// What agrees in every accent stands before all that does not, whatever their relevance.
const EXACT: f32 = 1_000.0;
/// What bears the number asked for stands before what only mentions it.
const NUMBER: f32 = 2_000.0;
/// A word of the title counts this much more than one of the text.
const TITLE: f32 = 3.0;

/// A piece of a query; all of them must be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clause {
    /// One word, in lower case, accents as typed.
    Word(String),
    /// Words side by side, from between quotation marks.
    Phrase(Vec<String>),
    /// A number of a document, or a piece of one, with the words it is made of.
    Number(String, Vec<String>),
}

/// The pieces of what was typed.
pub fn clauses(typed: &str) -> Vec<Clause> {
    let typed = tidy(typed).replace(['“', '”', '„', '«', '»'], "\"");
    let mut clauses = Vec::new();
    // A mark that is not closed opens nothing: what follows it is words.
    let pieces: Vec<&str> = typed.split('"').collect();
    for (at, piece) in pieces.iter().enumerate() {
        let closed = at % 2 == 1 && at + 1 < pieces.len();
        if closed {
            let found = words(piece);
            match found.len() {
                0 => {}
                1 => clauses.extend(found.into_iter().map(Clause::Word)),
                _ => clauses.push(Clause::Phrase(found)),
            }
            continue;
        }
        for word in piece.split_whitespace() {
            clauses.extend(of_word(word));
        }
    }
    clauses
}

fn of_word(word: &str) -> Vec<Clause> {
    let found = words(word);
    let digits = word.chars().any(|c| c.is_ascii_digit());
    let of_a_number = digits && (word.contains(['/', '-']) || found.len() == 1);
    if of_a_number && !found.is_empty() {
        let trimmed = word.trim_matches(|c: char| !c.is_alphanumeric());
        return vec![Clause::Number(number_key(trimmed), found)];
    }
    found.into_iter().map(Clause::Word).collect()
}

fn term(field: Field, text: &str, option: IndexRecordOption) -> Box<dyn Query> {
    Box::new(TermQuery::new(Fields::term(field, text), option))
}

fn in_order(field: Field, keys: &[String]) -> Box<dyn Query> {
    match keys {
        [] => Box::new(EmptyQuery),
        [one] => term(field, one, IndexRecordOption::WithFreqs),
        many => {
            let terms: Vec<Term> = many.iter().map(|key| Fields::term(field, key)).collect();
            Box::new(PhraseQuery::new(terms))
        }
    }
}

fn folded_keys(words: &[String]) -> Vec<String> {
    words.iter().map(|word| search_key(word)).filter(|key| !key.is_empty()).collect()
}

impl Clause {
    fn words(&self) -> &[String] {
        match self {
            Self::Word(word) => std::slice::from_ref(word),
            Self::Phrase(words) | Self::Number(_, words) => words,
        }
    }

    /// The clause without regard to accents.
    fn folded(&self, fields: &Fields) -> Box<dyn Query> {
        let words = in_order(fields.folded, &folded_keys(self.words()));
        match self {
            Self::Number(key, _) => {
                let number = term(fields.number, key, IndexRecordOption::Basic);
                let number: Box<dyn Query> = Box::new(ConstScoreQuery::new(number, NUMBER));
                Box::new(BooleanQuery::union(vec![number, words]))
            }
            _ => words,
        }
    }

    /// The clause with its accents; `None` when it has none.
    fn exact(&self, fields: &Fields) -> Option<Box<dyn Query>> {
        if matches!(self, Self::Number(..)) || !self.words().iter().any(|word| has_accents(word)) {
            return None;
        }
        // A word typed without marks beside marked ones is meant as it stands only within a phrase.
        let keys: Vec<String> = self.words().iter().map(|word| accent_key(word)).collect();
        Some(in_order(fields.exact, &keys))
    }
}

/// What the engine is asked: conditions that must hold, and what lifts a hit.
pub(super) fn build(fields: &Fields, asked: &TextQuery<'_>) -> Box<dyn Query> {
    let mut parts: Vec<(Occur, Box<dyn Query>)> = Vec::new();
    let typed = clauses(asked.words);
    if typed.is_empty() {
        parts.push((Occur::Must, Box::new(AllQuery)));
    }
    let mut exact = Vec::new();
    for clause in &typed {
        parts.push((Occur::Must, clause.folded(fields)));
        for key in folded_keys(clause.words()) {
            let title = term(fields.title, &key, IndexRecordOption::WithFreqs);
            parts.push((Occur::Should, Box::new(BoostQuery::new(title, TITLE))));
        }
        exact.extend(clause.exact(fields));
    }
    if !exact.is_empty() {
        let all: Box<dyn Query> = Box::new(BooleanQuery::intersection(exact));
        parts.push((Occur::Should, Box::new(ConstScoreQuery::new(all, EXACT))));
    }
    parts.extend(conditions(fields, asked).into_iter().map(|condition| {
        let silent: Box<dyn Query> = Box::new(ConstScoreQuery::new(condition, 0.0));
        (Occur::Must, silent)
    }));
    Box::new(BooleanQuery::new(parts))
}

fn conditions(fields: &Fields, asked: &TextQuery<'_>) -> Vec<Box<dyn Query>> {
    let basic = |field, text: &str| term(field, text, IndexRecordOption::Basic);
    let readers = asked.readers.iter().map(|mark| basic(fields.reader, mark)).collect();
    let mut conditions: Vec<Box<dyn Query>> = vec![Box::new(BooleanQuery::union(readers))];
    conditions.extend(asked.kind.map(|kind| basic(fields.kind, kind)));
    conditions.extend(asked.part.map(|part| basic(fields.part, part)));
    for word in asked.organ.map(words).unwrap_or_default() {
        conditions.push(basic(fields.organ, &search_key(&word)));
    }
    if asked.from.is_some() || asked.until.is_some() {
        let bound = |day: Option<i64>| {
            day.map_or(Bound::Unbounded, |day| Bound::Included(Term::from_field_i64(fields.day, day)))
        };
        conditions.push(Box::new(RangeQuery::new(bound(asked.from), bound(asked.until))));
    }
    conditions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_taken_apart() {
        let word = |word: &str| Clause::Word(word.into());
        let phrase = |text: &str| Clause::Phrase(words(text));
        let number = |key: &str, text: &str| Clause::Number(key.into(), words(text));
        let check = |typed: &str, expected: &[Clause]| assert_eq!(clauses(typed), expected, "{typed}");
        check("", &[]);
        check(" .,; ", &[]);
        check("Quyết  định", &[word("quyết"), word("định")]);
        check("\"phê duyệt\" kế hoạch", &[phrase("phê duyệt"), word("kế"), word("hoạch")]);
        check("“phê duyệt dự án”", &[phrase("phê duyệt dự án")]);
        check("\"phê\"", &[word("phê")]);
        check("\"phê duyệt", &[word("phê"), word("duyệt")]);
        check("123", &[number("123", "123")]);
        check("0123", &[number("123", "0123")]);
        check("123/UBND-VP", &[number("123/ubnd-vp", "123 ubnd vp")]);
        check("số 05/QĐ-UBND,", &[word("số"), number("5/qd-ubnd", "05 qđ ubnd")]);
        check("khai-sinh", &[word("khai"), word("sinh")]);
    }
}
