//! The place of a text that shows why it was found.

use haidang_kernel::text::{search_key, words};
use haidang_search::texts::{Clause, clauses};
use std::collections::BTreeSet;

/// About as many letters as two lines hold.
const LENGTH: usize = 220;
/// Letters shown before the first word found.
const BEFORE: usize = 50;
/// Only so much of a text is looked through: two lines out of a thousand pages are not worth a second.
const LOOK: usize = 60_000;

/// A piece of a snippet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The text as it stands in the document.
    pub text: String,
    /// Whether it is one of the words looked for.
    pub hit: bool,
}

/// Folded words of a query.
pub fn keys(query: &str) -> BTreeSet<String> {
    let of_clause = |clause: Clause| match clause {
        Clause::Word(word) => vec![word],
        Clause::Phrase(words) | Clause::Number(_, words) => words,
    };
    let all = clauses(query).into_iter().flat_map(of_clause);
    all.map(|word| search_key(&word)).filter(|key| !key.is_empty()).collect()
}

struct Word<'t> {
    /// Its letters in the text, counted in bytes.
    at: usize,
    text: &'t str,
    key: Option<String>,
}

/// The words of a text with the blanks and signs between them left out.
fn split<'t>(text: &'t str, keys: &BTreeSet<String>) -> Vec<Word<'t>> {
    let is_letter = |c: char| c.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&c);
    let mut found = Vec::new();
    let mut begin = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (is_letter(c), begin) {
            (true, None) => begin = Some(at),
            (false, Some(from)) => {
                begin = None;
                let Some(word) = text.get(from..at) else { continue };
                let key = words(word).first().map(|word| search_key(word)).filter(|key| keys.contains(key));
                found.push(Word { at: from, text: word, key });
            }
            _ => {}
        }
    }
    found
}

/// The two lines of a text in which most of the words stand, with the words marked; its beginning when none does.
pub fn snippet(text: &str, keys: &BTreeSet<String>) -> Vec<Piece> {
    let text = head(text, LOOK);
    let words = split(text, keys);
    let hits: Vec<&Word<'_>> = words.iter().filter(|word| word.key.is_some()).collect();
    let distinct = |from: usize| {
        let near =
            hits.iter().skip(from).take_while(|word| hits.get(from).is_some_and(|first| word.at < first.at + LENGTH));
        near.filter_map(|word| word.key.as_ref()).collect::<BTreeSet<_>>().len()
    };
    // The earliest among the best.
    let best = (0..hits.len()).max_by_key(|from| (distinct(*from), std::cmp::Reverse(*from)));
    let first = best.and_then(|from| hits.get(from)).map_or(0, |word| word.at);
    let begin = words.iter().map(|word| word.at).find(|at| at + BEFORE >= first).unwrap_or(0);
    let begin = if first <= BEFORE { 0 } else { begin };
    let mut pieces = Vec::new();
    let mut plain = String::from(if begin > 0 { "… " } else { "" });
    let mut at = begin;
    let mut letters = 0;
    for word in words.iter().filter(|word| word.at >= begin) {
        letters += word.text.chars().count() + 1;
        if letters > LENGTH {
            plain.push_str(" …");
            push(&mut pieces, plain, false);
            return pieces;
        }
        plain.push_str(&flat(text.get(at..word.at).unwrap_or_default()));
        if word.key.is_some() {
            push(&mut pieces, std::mem::take(&mut plain), false);
            push(&mut pieces, word.text.to_owned(), true);
        } else {
            plain.push_str(word.text);
        }
        at = word.at + word.text.len();
    }
    plain.push_str(flat(head(text.get(at..).unwrap_or_default(), 20)).trim_end());
    push(&mut pieces, plain, false);
    pieces
}

fn push(pieces: &mut Vec<Piece>, text: String, hit: bool) {
    if !text.is_empty() {
        pieces.push(Piece { text, hit });
    }
}

/// Blanks and line ends as one blank.
fn flat(between: &str) -> String {
    let mut flat = String::with_capacity(between.len());
    for c in between.chars() {
        match c {
            c if c.is_whitespace() => {
                if !flat.ends_with(' ') {
                    flat.push(' ');
                }
            }
            c => flat.push(c),
        }
    }
    flat
}

fn head(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marked(text: &str, query: &str) -> String {
        let pieces = snippet(text, &keys(query));
        pieces.into_iter().map(|piece| if piece.hit { format!("[{}]", piece.text) } else { piece.text }).collect()
    }

    #[test]
    fn words_are_marked_as_they_stand_in_the_text() {
        let check = |text: &str, query: &str, expected: &str| assert_eq!(marked(text, query), expected, "{query}");
        check("Quyết định phê duyệt", "quyet dinh", "[Quyết] [định] phê duyệt");
        check("Quyết định phê duyệt.", "duyệt", "Quyết định phê [duyệt].");
        check("Số: 05/QĐ-UBND\nngày 05", "05/QĐ-UBND", "Số: [05]/[QĐ]-[UBND] ngày [05]");
        check("Thuỷ lợi", "thủy", "[Thuỷ] lợi");
        check("Không có gì", "khác", "Không có gì");
        check("", "khác", "");
    }

    #[test]
    fn of_a_long_text_the_place_with_most_words_is_shown() {
        let filler = "lời dẫn dài ".repeat(200);
        let text = format!("kế hoạch {filler} duyệt kế hoạch sử dụng đất năm 2026 {filler}");
        let shown = marked(&text, "kế hoạch đất");
        assert!(shown.starts_with("… ") && shown.ends_with(" …"), "{shown}");
        assert!(shown.contains("duyệt [kế] [hoạch] sử dụng [đất] năm 2026"), "{shown}");
        assert!(shown.chars().count() < LENGTH + 20, "{shown}");
    }

    proptest! {
        #[test]
        fn a_snippet_invents_nothing(text in "[a-zA-ZàđếÀĐ0-9 .,/\n-]{0,600}", query in "[a-zđế ]{0,12}") {
            let shown: String = snippet(&text, &keys(&query)).into_iter().map(|piece| piece.text).collect();
            let inner = shown.trim_start_matches("… ").trim_end_matches(" …").trim();
            prop_assert!(flat(&text).contains(inner), "{inner}");
        }
    }
}
