//! Keys for Vietnamese order, by the collation of Unicode (locale `vi`), as bytes: both databases
//! then sort alike. The keys change with the version of the collation data and are rebuilt with it.

use std::sync::OnceLock;

use icu_collator::options::CollatorOptions;
use icu_collator::{Collator, CollatorBorrowed, CollatorPreferences};
use icu_locale::locale;

use super::{nfc, tidy};

fn collator() -> Option<&'static CollatorBorrowed<'static>> {
    static COLLATOR: OnceLock<Option<CollatorBorrowed<'static>>> = OnceLock::new();
    COLLATOR
        .get_or_init(|| {
            let preferences = CollatorPreferences::from(&locale!("vi"));
            Collator::try_new(preferences, CollatorOptions::default()).ok()
        })
        .as_ref()
}

/// Bytes that sort as the text does in Vietnamese: `Lê An < Lê Ánh < Lê Ăn < Lê Ân < Lê Đức`.
pub fn sort_key(text: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(text.len() * 2);
    write(&nfc(text), &mut key);
    key
}

/// Bytes that sort names of people as lists do: by the given name (the last word), then the words
/// before it.
pub fn person_sort_key(name: &str) -> Vec<u8> {
    let name = tidy(name);
    let (before, given) = name.rsplit_once(' ').unwrap_or(("", &name));
    let mut key = Vec::with_capacity(name.len() * 2 + 1);
    write(given, &mut key);
    // A sort key never holds a zero byte, so the shorter given name comes first.
    key.push(0);
    write(before, &mut key);
    key
}

fn write(text: &str, key: &mut Vec<u8>) {
    match collator() {
        Some(collator) => {
            let Ok(()) = collator.write_sort_key_to(text, key);
        }
        None => key.extend_from_slice(text.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(key: fn(&str) -> Vec<u8>, ascending: &[&str]) {
        for pair in ascending.windows(2) {
            assert!(key(pair[0]) < key(pair[1]), "{} before {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn the_order_is_that_of_the_dictionary() {
        check(
            sort_key,
            &[
                "Lê An",
                "Lê Ánh",
                "Lê Ăn",
                "Lê Ân",
                "Lê Dung",
                "Lê Dũng",
                "Lê Đức",
                "Lê Hoà",
                "Lê Hòa",
                "Lê Hóa",
                "Lê Zung",
            ],
        );
        assert_eq!(sort_key("Hải"), sort_key("Ha\u{309}i"));
    }

    #[test]
    fn people_are_listed_by_given_name() {
        check(person_sort_key, &["An", "Lê An", "Trần Văn An", "Bùi Ánh", "Nguyễn Anh Đức", "Vũ Bảo Đức", "Lê Zung"]);
        assert!(!sort_key("Nguyễn Thị Minh Khai").contains(&0));
    }
}
