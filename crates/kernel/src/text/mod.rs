//! Vietnamese text: one normal form, keys for searching and keys for sorting.
//!
//! Keys are for comparing, never identities: `Xã Cẩm Giang` and `Xã Cẩm Giàng` fold alike.

mod keys;
mod sort;

pub use keys::{accent_key, decomposed, fold, has_accents, search_key, spelling_key, words};
pub use sort::{person_sort_key, sort_key};

use unicode_normalization::UnicodeNormalization;

/// The text in Unicode normal form C, as everything is stored.
pub fn nfc(text: &str) -> String {
    // Nearly all that arrives is composed already; composing it again would cost many times the look.
    if is_nfc(text) { text.to_owned() } else { text.nfc().collect() }
}

/// Whether the text is in normal form C already.
pub fn is_nfc(text: &str) -> bool {
    text.is_ascii() || unicode_normalization::is_nfc(text)
}

/// The text as a person meant it: normal form C, no blanks around it, runs of blanks (also line
/// breaks and no-break spaces) made one, and characters that cannot be seen removed.
pub fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    for word in text.split(char::is_whitespace) {
        let word: String = word.chars().filter(|c| !invisible(*c)).collect();
        if !word.is_empty() {
            if !tidied.is_empty() {
                tidied.push(' ');
            }
            tidied.push_str(&word);
        }
    }
    nfc(&tidied)
}

pub(crate) fn invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// The capital letters a person is shown by: of the first and the last word, `NK` for Nguyễn Thị
/// Minh Khai, one letter for a single word.
pub fn initials(name: &str) -> String {
    let tidied = tidy(name);
    let mut words = tidied.split(' ').filter_map(|word| word.chars().next());
    let first = words.next();
    first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect()
}

/// The text with its first letter in upper case, the rest untouched.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_text_is_tidied_without_changing_its_words() {
        let check = |text: &str, expected: &str| assert_eq!(tidy(text), expected, "{text:?}");
        check("  Nguyễn\u{a0} Văn \n An ", "Nguyễn Văn An");
        check("Ha\u{309}i Pho\u{300}ng", "Hải Phòng");
        check("\u{feff}An\u{200b}", "An");
        check(" \t", "");
    }

    #[test]
    fn a_person_is_shown_by_two_letters_at_most() {
        let check = |name: &str, expected: &str| assert_eq!(initials(name), expected, "{name}");
        check("Nguyễn Thị Minh Khai", "NK");
        check("đỗ  ánh", "ĐÁ");
        check("Y", "Y");
        check("", "");
    }

    #[test]
    fn only_the_first_letter_is_raised() {
        assert_eq!(capitalised("đồng ý"), "Đồng ý");
        assert_eq!(capitalised(""), "");
    }
}
