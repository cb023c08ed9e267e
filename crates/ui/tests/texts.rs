//! The texts of the frame: complete in both languages, used, sorted, and written as the house writes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use haidang_ui::texts::check_keys;

const VI: &str = include_str!("../locales/vi/ui.ftl");
const EN: &str = include_str!("../locales/en/ui.ftl");

#[test]
fn both_languages_are_complete_and_used() {
    let root = env!("CARGO_MANIFEST_DIR");
    let sources = [format!("{root}/src"), format!("{root}/templates")];
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    let faults = check_keys(VI, EN, "ui-", &sources);
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn vietnamese_is_written_as_the_house_writes() {
    let mut long = 0;
    let mut sentences = 0;
    for line in VI.lines() {
        let (key, text) = line.split_once(" = ").unwrap();
        for word in ["vui lòng", "quý khách", "bạn ", "không hợp lệ", "tại đây"] {
            assert!(!text.to_lowercase().contains(word), "{key}: {word}");
        }
        for sentence in text.split(['.', '?', '!']).filter(|sentence| !sentence.trim().is_empty()) {
            sentences += 1;
            long += usize::from(sentence.split_whitespace().count() > 20);
        }
    }
    assert!(long * 20 <= sentences, "{long} of {sentences} sentences have more than 20 words");
}
