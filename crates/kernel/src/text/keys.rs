//! Keys for finding text: with and without accents, however the tone marks were placed.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::invisible;

/// The text for comparing without accents: lower case, marks stripped, `đ` as `d`, blanks collapsed.
///
/// `fold("ĐƯỜNG  Lê Hồng Phong")` is `duong le hong phong`. Folding twice changes nothing.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut blank = false;
    // Some capitals only give up their marks once they are small (İ), hence lower case first.
    for c in text.nfd().flat_map(char::to_lowercase).nfd() {
        if is_combining_mark(c) || (invisible(c) && !c.is_whitespace()) {
            continue;
        }
        if c.is_whitespace() {
            blank = !folded.is_empty();
            continue;
        }
        if std::mem::take(&mut blank) {
            folded.push(' ');
        }
        folded.push(plain_d(c));
    }
    folded
}

/// `đ` has no decomposition in Unicode; `ð` and `ɖ` look the same in capitals and are typed for it.
fn plain_d(c: char) -> char {
    match c {
        'đ' | 'ð' | 'ɖ' => 'd',
        _ => c,
    }
}

/// The words of a text: runs of letters and digits, in normal form C and lower case, accents kept.
pub fn words(text: &str) -> Vec<String> {
    let lower: String =
        text.nfc().filter(|c| !invisible(*c) || c.is_whitespace()).flat_map(char::to_lowercase).nfc().collect();
    lower
        .split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The key by which all search compares: the words of the text folded, one blank between them, and
/// a final `y` after h, k, l, m, s, t written `i` (`đăng ký` = `đăng kí`).
pub fn search_key(text: &str) -> String {
    let keys: Vec<String> = words(text).iter().map(|word| final_i(fold(word))).filter(|key| !key.is_empty()).collect();
    keys.join(" ")
}

/// One word with its accents, wherever its tone mark was placed: `hòa` and `hoà` have the same key.
pub fn accent_key(word: &str) -> String {
    let mut letters = String::with_capacity(word.len());
    let mut tones = String::new();
    for c in word.nfd().flat_map(char::to_lowercase) {
        if is_tone(c) { tones.push(c) } else { letters.push(c) }
    }
    letters.nfc().chain(tones.chars()).collect()
}

/// As [`accent_key`], with a final `y` after h, k, l, m, s, t written `i`: the two usual spellings
/// of a word, accents kept, have the same key.
pub fn spelling_key(word: &str) -> String {
    let key = accent_key(word);
    let (letters, tones) = key.split_at(key.find(is_tone).unwrap_or(key.len()));
    final_i(letters.to_owned()) + tones
}

/// Whether the text has any mark of Vietnamese: a tone, a hat, a horn or `đ`.
pub fn has_accents(text: &str) -> bool {
    text.nfd().any(|c| is_combining_mark(c) || matches!(c, 'đ' | 'Đ'))
}

/// The letters and marks of a text one by one, in lower case (normal form D).
pub fn decomposed(text: &str) -> impl Iterator<Item = char> {
    text.nfd().flat_map(char::to_lowercase).nfd()
}

fn is_tone(c: char) -> bool {
    matches!(c, '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}')
}

fn final_i(mut word: String) -> String {
    let mut ending = word.chars().rev();
    if ending.next() == Some('y') && ending.next().is_some_and(|c| matches!(c, 'h' | 'k' | 'l' | 'm' | 's' | 't')) {
        word.pop();
        word.push('i');
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn folding_strips_every_mark_and_d_bar() {
        let check = |text: &str, expected: &str| assert_eq!(fold(text), expected, "{text}");
        check("ĐƯỜNG  Lê Hồng Phong", "duong le hong phong");
        check("Thủy Nguyên", "thuy nguyen");
        check("Thuỷ Nguyên", "thuy nguyen");
        check("Hải Phòng", "hai phong");
        check("HẢI PHÒNG", "hai phong");
        check("Ha\u{309}i  Pho\u{300}ng", "hai phong");
        check("\u{a0}Xã\u{a0}Cẩm Giàng ", "xa cam giang");
        check("Ðặng", "dang");
        check("1.001193", "1.001193");
        check("", "");
    }

    #[test]
    fn searching_takes_i_and_y_as_one_after_six_letters() {
        let same = |one: &str, two: &str| assert_eq!(search_key(one), search_key(two), "{one} {two}");
        let different = |one: &str, two: &str| assert_ne!(search_key(one), search_key(two), "{one} {two}");
        same("đăng kí khai sinh", "Đăng  ký KHAI SINH");
        same("lí lịch", "lý lịch");
        same("kỹ thuật", "kĩ-thuật");
        same("bác sỹ", "bác sĩ");
        different("tai", "tay");
        different("thúi", "thúy");
        different("quí", "quý");
    }

    #[test]
    fn the_place_of_a_tone_does_not_matter_but_the_tone_does() {
        let same = |one: &str, two: &str| assert_eq!(accent_key(one), accent_key(two), "{one} {two}");
        let different = |one: &str, two: &str| assert_ne!(accent_key(one), accent_key(two), "{one} {two}");
        same("hòa", "hoà");
        same("Thủy", "thuỷ");
        same("qúy", "quý");
        same("hòa", "ho\u{300}a");
        different("hòa", "hóa");
        different("hoa", "hòa");
        different("ăn", "ân");
        different("đa", "da");
        assert_eq!(spelling_key("kí"), spelling_key("ký"));
        assert_ne!(spelling_key("kí"), spelling_key("kỳ"));
        assert_ne!(accent_key("kí"), accent_key("ký"));
    }

    #[test]
    fn accents_are_noticed_in_both_normal_forms() {
        assert!(has_accents("đi") && has_accents("Hải") && has_accents("Ha\u{309}i"));
        assert!(!has_accents("hai phong 1.001193"));
    }

    #[test]
    fn words_are_letters_and_digits() {
        assert_eq!(words("Khai-sinh, (lưu động)"), ["khai", "sinh", "lưu", "động"]);
        assert_eq!(words("KHAI  Si\u{301}nh"), ["khai", "sính"]);
        assert!(words(" .,; ").is_empty());
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn search_keys_are_stable_and_blind_to_normal_form_and_case(text in "[a-zA-ZàáảãạăằắâấêếôốơớưứỳýđĐÀÁẢẠÂẤƯỨ0-9 .-]{0,40}") {
            let key = search_key(&text);
            prop_assert_eq!(&search_key(&key), &key);
            let decomposed: String = text.nfd().collect();
            prop_assert_eq!(&search_key(&decomposed), &key);
            prop_assert_eq!(&search_key(&text.to_uppercase()), &key);
            prop_assert_eq!(&search_key(&fold(&text)), &key);
        }
    }
}
