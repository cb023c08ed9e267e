//! Numbers and amounts in words: Vietnamese as spoken in the north (linh, nghìn), and English.

use super::Lang;
use crate::money::Money;

const DIGITS: [&str; 10] = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"];

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];

const TENS: [&str; 10] = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/// A whole number in words: `hai mươi mốt`, `một trăm linh năm`; `twenty-one`, `one hundred and five`.
pub fn number_words(lang: Lang, value: i64) -> String {
    let size = value.unsigned_abs();
    let words = match lang {
        _ if size == 0 => lang.pick(DIGITS[0], SMALL[0]).to_owned(),
        Lang::Vi => vietnamese(size, false).join(" "),
        Lang::En => english(size),
    };
    match value {
        0.. => words,
        _ => format!("{} {words}", lang.pick("âm", "minus")),
    }
}

/// An amount in words: `một triệu không trăm linh năm nghìn đồng`, `one million and five thousand dong`.
pub fn money_words(lang: Lang, amount: Money) -> String {
    format!("{} {}", number_words(lang, amount.0), lang.pick("đồng", "dong"))
}

fn digit(value: u64) -> &'static str {
    DIGITS[(value % 10) as usize]
}

/// `continued`: higher places were spoken before, so missing hundreds are spoken as zero.
fn vietnamese(value: u64, continued: bool) -> Vec<&'static str> {
    const BILLION: u64 = 1_000_000_000;
    let mut words = Vec::new();
    if value >= BILLION {
        words.extend(vietnamese(value / BILLION, continued));
        words.push("tỷ");
    }
    let below = value % BILLION;
    for (step, unit) in [(1_000_000, Some("triệu")), (1_000, Some("nghìn")), (1, None)] {
        let group = below / step % 1_000;
        if group > 0 {
            let spoken_before = continued || !words.is_empty();
            vietnamese_group(group, spoken_before, &mut words);
            words.extend(unit);
        }
    }
    words
}

fn vietnamese_group(group: u64, continued: bool, words: &mut Vec<&'static str>) {
    let (hundreds, tens, ones) = (group / 100, group / 10 % 10, group % 10);
    let with_hundreds = hundreds > 0 || continued;
    if with_hundreds {
        words.extend([digit(hundreds), "trăm"]);
    }
    match (tens, ones) {
        (0, 0) => {}
        (0, _) => {
            if with_hundreds {
                words.push("linh");
            }
            words.push(digit(ones));
        }
        (1, _) => words.push("mười"),
        (_, _) => words.extend([digit(tens), "mươi"]),
    }
    match (tens, ones) {
        (0, _) | (_, 0) => {}
        (2.., 1) => words.push("mốt"),
        (2.., 4) => words.push("tư"),
        (_, 5) => words.push("lăm"),
        _ => words.push(digit(ones)),
    }
}

fn english(value: u64) -> String {
    let mut parts = Vec::new();
    let units = [
        (1_000_000_000_000_000_000, " quintillion"),
        (1_000_000_000_000_000, " quadrillion"),
        (1_000_000_000_000, " trillion"),
        (1_000_000_000, " billion"),
        (1_000_000, " million"),
        (1_000, " thousand"),
        (1, ""),
    ];
    for (step, unit) in units {
        let group = value / step % 1_000;
        if group > 0 {
            let and = if step == 1 && group < 100 && !parts.is_empty() { "and " } else { "" };
            parts.push(format!("{and}{}{unit}", english_group(group)));
        }
    }
    parts.join(" ")
}

fn english_group(group: u64) -> String {
    let (hundreds, rest) = (group / 100, group % 100);
    let small = match (rest / 10, rest % 10) {
        (0 | 1, _) => SMALL[rest as usize].to_owned(),
        (tens, 0) => TENS[tens as usize].to_owned(),
        (tens, ones) => format!("{}-{}", TENS[tens as usize], SMALL[ones as usize]),
    };
    match (hundreds, rest) {
        (0, _) => small,
        (_, 0) => format!("{} hundred", SMALL[hundreds as usize]),
        _ => format!("{} hundred and {small}", SMALL[hundreds as usize]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn vietnamese_words_are_those_of_the_north() {
        let check = |value: i64, expected: &str| assert_eq!(number_words(Lang::Vi, value), expected, "{value}");
        check(0, "không");
        check(4, "bốn");
        check(5, "năm");
        check(10, "mười");
        check(11, "mười một");
        check(14, "mười bốn");
        check(15, "mười lăm");
        check(20, "hai mươi");
        check(21, "hai mươi mốt");
        check(24, "hai mươi tư");
        check(25, "hai mươi lăm");
        check(100, "một trăm");
        check(105, "một trăm linh năm");
        check(111, "một trăm mười một");
        check(121, "một trăm hai mươi mốt");
        check(1_000, "một nghìn");
        check(1_005, "một nghìn không trăm linh năm");
        check(1_050, "một nghìn không trăm năm mươi");
        check(8_000, "tám nghìn");
        check(1_000_001, "một triệu không trăm linh một");
        check(1_000_000_000, "một tỷ");
        check(1_005_000_000_000, "một nghìn không trăm linh năm tỷ");
        check(2_000_000_005, "hai tỷ không trăm linh năm");
        check(-21, "âm hai mươi mốt");
    }

    #[test]
    fn amounts_end_with_their_unit() {
        let check = |lang: Lang, dong: i64, expected: &str| assert_eq!(money_words(lang, Money(dong)), expected);
        check(Lang::Vi, 1_005_000, "một triệu không trăm linh năm nghìn đồng");
        check(Lang::Vi, 0, "không đồng");
        check(Lang::En, 1_005_000, "one million five thousand dong");
        check(
            Lang::En,
            1_234_567,
            "one million two hundred and thirty-four thousand five hundred and sixty-seven dong",
        );
        check(Lang::En, 1_005, "one thousand and five dong");
    }

    /// Reads Vietnamese words back, so that each number is known to have words of its own.
    fn value_of(words: &str) -> u64 {
        let (mut total, mut section, mut group, mut last) = (0u64, 0u64, 0u64, 0u64);
        for word in words.split(' ') {
            match word {
                "linh" => {}
                "trăm" => (group, last) = (group + last * 100, 0),
                "mươi" => (group, last) = (group + last * 10, 0),
                "mười" => group += 10,
                "nghìn" => (section, group, last) = (section + (group + last) * 1_000, 0, 0),
                "triệu" => (section, group, last) = (section + (group + last) * 1_000_000, 0, 0),
                "tỷ" => {
                    (total, section, group, last) = ((total + section + group + last) * 1_000_000_000, 0, 0, 0);
                }
                "mốt" => last = 1,
                "tư" => last = 4,
                "lăm" => last = 5,
                _ => last = DIGITS.iter().position(|digit| *digit == word).unwrap_or_default() as u64,
            }
        }
        total + section + group + last
    }

    proptest! {
        #[test]
        fn words_say_exactly_their_number(value in prop_oneof![0..2_000i64, 0..10_000_000i64, 0..i64::MAX]) {
            prop_assert_eq!(value_of(&number_words(Lang::Vi, value)), value.unsigned_abs());
        }
    }
}
