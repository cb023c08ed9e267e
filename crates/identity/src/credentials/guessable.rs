//! Passwords that people here try first, and those made of what is known of the person.

use std::collections::HashSet;
use std::sync::LazyLock;

use haidang_kernel::text;

/// The least zxcvbn score: about 10^8 guesses, which the throttle stretches over more than a lifetime.
const LEAST_SCORE: zxcvbn::Score = zxcvbn::Score::Three;

static COMMON: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    include_str!("common.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
});

/// Whether somebody who knows people here, or this person, would guess it soon. Length is not judged here.
pub(crate) fn is_guessable(password: &str, username: &str, full_name: &str) -> bool {
    let folded: String = text::fold(password).chars().filter(|letter| !letter.is_whitespace()).collect();
    let letters = only_letters(&folded);
    letters.is_empty()
        || is_common(&letters)
        || is_common(&only_letters(&unmasked(folded.trim_matches(|letter: char| !letter.is_alphabetic()))))
        || holds_own_name(&folded, username, full_name)
        || zxcvbn::zxcvbn(password, &[username, full_name]).score() < LEAST_SCORE
}

fn only_letters(folded: &str) -> String {
    folded.chars().filter(|letter| letter.is_alphabetic()).collect()
}

/// `m@tkh4u` read as `matkhau`.
fn unmasked(folded: &str) -> String {
    let read = |letter| match letter {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        other => other,
    };
    folded.chars().map(read).collect()
}

/// Whether the letters are one or two words of the list, or one of them again and again.
fn is_common(letters: &str) -> bool {
    let known = |word: &str| COMMON.contains(word);
    let cuts = || letters.char_indices().map(|(at, _)| at).skip(1);
    known(letters)
        || cuts().any(|at| known(&letters[..at]) && known(&letters[at..]))
        || cuts().chain([letters.len()]).any(|at| {
            let first = &letters[..at];
            (known(first) || first.chars().count() == 1) && letters.replace(first, "").is_empty()
        })
}

/// Whether it holds the account name, or two syllables of the person's name that stand together.
///
/// One syllable alone is also an ordinary word in Vietnamese ("lan", "hương") and forbids nothing.
fn holds_own_name(folded: &str, username: &str, full_name: &str) -> bool {
    let name = text::words(&text::fold(full_name));
    let pairs = name.windows(2).map(|pair| pair.concat());
    let reversed = name.windows(2).map(|pair| format!("{}{}", pair[1], pair[0]));
    let bare: String = username.chars().filter(char::is_ascii_alphanumeric).collect();
    let account = [username.to_owned(), bare].into_iter().filter(|word| word.chars().count() >= 4);
    pairs.chain(reversed).filter(|word| word.chars().count() >= 4).chain(account).any(|word| folded.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_folded_and_long() {
        assert!(COMMON.len() > 500, "{}", COMMON.len());
        for word in COMMON.iter() {
            assert!(word.bytes().all(|byte| byte.is_ascii_lowercase()), "{word}");
        }
    }

    #[test]
    fn what_people_try_first_is_refused() {
        for password in [
            "matkhau12345678",
            "Mật khẩu 2026!!",
            "M@tKh4u!2026!!",
            "anhyeuemnhieulam",
            "Anh Yêu Em Mãi Mãi 1999",
            "haiphong2026haiphong",
            "HaiPhongHoaPhuongDo",
            "maatjkhaaur123456",
            "vieetjnam2026!!!",
            "nguyenvannguyenvan",
            "qwertyuiop123456",
            "congchucmotcua1",
            "20022002200220",
            "lanlanlanlanlan",
            "zzzzzzzzzzzzzzz1",
        ] {
            assert!(is_guessable(password, "can.bo", "Phạm Quốc Việt"), "{password}");
        }
    }

    #[test]
    fn the_own_name_is_refused_and_its_syllables_are_free() {
        let (username, name) = ("lan.nth", "Nguyễn Thị Hương Lan");
        for password in
            ["Hương Lan trồng rau 7", "lanhuong trồng rau 7", "chào lan.nth buổi sáng", "mèo của lannth ngủ say"]
        {
            assert!(is_guessable(password, username, name), "{password}");
        }
        for password in
            ["hoa lan nở sớm trên gác", "mùi hương bay khắp xóm nhỏ", "con mèo trèo cây cau", "tám con vịt lội ao bèo"]
        {
            assert!(!is_guessable(password, username, name), "{password}");
        }
    }
}
