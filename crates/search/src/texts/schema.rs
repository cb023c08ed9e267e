//! The fields of the index and what of a text goes into each.

use super::TextEntry;
use haidang_kernel::text::{accent_key, fold, search_key, words};
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::{TantivyDocument, Term};

/// Longest word kept; OCR of a drawing gives longer ones, which nobody types.
const LONGEST: usize = 80;

#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    pub(super) key: Field,
    pub(super) folded: Field,
    pub(super) exact: Field,
    pub(super) title: Field,
    pub(super) number: Field,
    pub(super) organ: Field,
    pub(super) kind: Field,
    pub(super) part: Field,
    pub(super) day: Field,
    pub(super) reader: Field,
}

/// Name of the column of days.
pub(super) const DAY: &str = "day";

pub(super) fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let indexed = |option| {
        let indexing = TextFieldIndexing::default().set_tokenizer("whitespace").set_index_option(option);
        TextOptions::default().set_indexing_options(indexing)
    };
    let fields = Fields {
        key: schema.add_text_field("key", STRING | STORED),
        folded: schema.add_text_field("folded", indexed(IndexRecordOption::WithFreqsAndPositions)),
        exact: schema.add_text_field("exact", indexed(IndexRecordOption::WithFreqsAndPositions)),
        title: schema.add_text_field("title", indexed(IndexRecordOption::WithFreqs)),
        number: schema.add_text_field("number", STRING),
        organ: schema.add_text_field("organ", indexed(IndexRecordOption::Basic)),
        kind: schema.add_text_field("kind", STRING),
        part: schema.add_text_field("part", STRING),
        day: schema.add_i64_field(DAY, FAST | INDEXED),
        reader: schema.add_text_field("reader", STRING),
    };
    (schema.build(), fields)
}

impl Fields {
    pub(super) fn term(field: Field, text: &str) -> Term {
        Term::from_field_text(field, text)
    }

    pub(super) fn document(&self, entry: &TextEntry) -> TantivyDocument {
        let mut document = TantivyDocument::new();
        document.add_text(self.key, &entry.key);
        // Each place is a value of its own: a phrase never runs from the title into the text.
        for place in [&entry.title, &entry.number, &entry.organ, &entry.body] {
            let words = short_words(place);
            document.add_text(self.folded, words.iter().map(|word| search_key(word)).collect::<Vec<_>>().join(" "));
            document.add_text(self.exact, words.iter().map(|word| accent_key(word)).collect::<Vec<_>>().join(" "));
        }
        document.add_text(self.title, search_key(&entry.title));
        document.add_text(self.organ, search_key(&entry.organ));
        for key in number_keys(&entry.number) {
            document.add_text(self.number, key);
        }
        document.add_text(self.kind, &entry.kind);
        document.add_text(self.part, &entry.part);
        if let Some(day) = entry.day {
            document.add_i64(self.day, day);
        }
        for reader in &entry.readers {
            document.add_text(self.reader, reader);
        }
        document
    }
}

fn short_words(text: &str) -> Vec<String> {
    words(text).into_iter().filter(|word| word.len() <= LONGEST).collect()
}

/// A number as it is compared: folded, without blanks, zeros before the first digit taken away.
pub(super) fn number_key(number: &str) -> String {
    let folded: String = fold(number).chars().filter(|c| !c.is_whitespace()).collect();
    let stripped = folded.trim_start_matches('0');
    if stripped.starts_with(|c: char| c.is_ascii_digit()) { stripped.to_owned() } else { folded }
}

/// What a number is found by: all of it, what stands before the first stroke, what stands after it.
fn number_keys(number: &str) -> Vec<String> {
    let key = number_key(number);
    let mut keys = vec![key.clone()];
    if let Some((code, notation)) = key.split_once('/') {
        keys.extend([code.to_owned(), notation.to_owned()]);
    }
    keys.retain(|key| !key.is_empty());
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_whole_and_in_its_parts() {
        let check = |number: &str, expected: &[&str]| assert_eq!(number_keys(number), expected, "{number}");
        check("05/QĐ-UBND", &["5/qd-ubnd", "5", "qd-ubnd"]);
        check("123/UBND-VP", &["123/ubnd-vp", "123", "ubnd-vp"]);
        check("12 / TB - VP", &["12/tb-vp", "12", "tb-vp"]);
        check("7816/VPCP-TTĐT", &["7816/vpcp-ttdt", "7816", "vpcp-ttdt"]);
        check("45", &["45"]);
        check("", &[]);
    }
}
