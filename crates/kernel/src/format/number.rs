//! Numbers, money, sizes; and reading what people type.

use super::Lang;
use crate::money::Money;

const NO_BREAK: char = '\u{a0}';

fn grouped(digits: &str, separator: char) -> String {
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

/// A whole number, grouped from four digits: `1.937`, `-1.234`; English `1,937`.
///
/// Years, codes and house numbers are not numbers in this sense and are shown as they are.
pub fn number(lang: Lang, value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}", grouped(&value.unsigned_abs().to_string(), lang.pick('.', ',')))
}

/// A number with so many decimal places, rounded: `1.234.567,89`; English `1,234,567.89`.
pub fn decimal(lang: Lang, value: f64, places: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let plain = format!("{value:.places$}");
    let unsigned = plain.trim_start_matches('-');
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let negative = plain.starts_with('-') && unsigned.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    let mut text = String::from(if negative { "-" } else { "" });
    text.push_str(&grouped(whole, lang.pick('.', ',')));
    if !fraction.is_empty() {
        text.push(lang.pick(',', '.'));
        text.push_str(fraction);
    }
    text
}

/// Hundredths with one decimal place: `81,5%`.
pub fn percent(lang: Lang, hundredths: f64) -> String {
    format!("{}%", decimal(lang, hundredths, 1))
}

/// Hundredths with two decimal places, as the service-quality index shows them: `81,53%`.
pub fn percent_precise(lang: Lang, hundredths: f64) -> String {
    format!("{}%", decimal(lang, hundredths, 2))
}

/// An amount in text: `1.234.567 đồng`, `VND 1,234,567` (no-break space); nothing is `Không thu`, `No charge`.
pub fn money(lang: Lang, amount: Money) -> String {
    match (lang, amount.0) {
        (_, 0) => lang.pick("Không thu", "No charge").to_owned(),
        (Lang::Vi, dong) => format!("{}{NO_BREAK}đồng", number(lang, dong)),
        (Lang::En, dong) => format!("VND{NO_BREAK}{}", number(lang, dong)),
    }
}

/// An amount in a table: `1.234.567 đ`, `VND 1,234,567` (no-break space); nothing as in [`money`].
pub fn money_table(lang: Lang, amount: Money) -> String {
    match (lang, amount.0) {
        (Lang::Vi, dong) if dong != 0 => format!("{}{NO_BREAK}đ", number(lang, dong)),
        _ => money(lang, amount),
    }
}

/// At most one decimal place, none when it is zero.
fn short(lang: Lang, value: f64) -> String {
    let text = decimal(lang, value, 1);
    match text.strip_suffix(lang.pick(",0", ".0")) {
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

/// The size of a file: `9,5 MB`, `512 B` (1 MB = 1,000,000 bytes).
pub fn size(lang: Lang, bytes: u64) -> String {
    let steps = [(1e9, "GB"), (1e6, "MB"), (1e3, "KB")];
    let value = bytes as f64;
    for (step, unit) in steps {
        // 999,96 KB would be shown as 1.000 KB; it belongs to the next unit.
        if value >= step * 0.999_95 && bytes >= 1000 {
            return format!("{}{NO_BREAK}{unit}", short(lang, value / step));
        }
    }
    format!("{bytes}{NO_BREAK}B")
}

/// A distance: `1,2 km`, below one kilometre `850 m`.
pub fn distance(lang: Lang, metres: f64) -> String {
    if metres < 999.5 {
        format!("{}{NO_BREAK}m", decimal(lang, metres, 0))
    } else {
        format!("{}{NO_BREAK}km", short(lang, metres / 1000.0))
    }
}

/// Why a typed number was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.code())]
pub enum NumberError {
    /// Nothing was typed.
    Empty,
    /// Something other than digits and separators.
    NotANumber,
    /// It can be read in two ways (`1.5`): the person is asked, never guessed for.
    Ambiguous,
    /// A fraction where a whole number is needed.
    NotWhole,
    /// More digits than can be held.
    TooLarge,
}

impl NumberError {
    /// The stable snake_case code of the fault.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotANumber => "not_a_number",
            Self::Ambiguous => "ambiguous_number",
            Self::NotWhole => "not_whole",
            Self::TooLarge => "too_large",
        }
    }
}

/// Reads a whole number as people type it: `1234567`, `1.234.567`, `1 234 567` are one number.
///
/// # Errors
/// [`NumberError`]; `1.5` is [`NumberError::Ambiguous`], `1,5` is [`NumberError::NotWhole`].
pub fn parse_number(text: &str) -> Result<i64, NumberError> {
    let (negative, whole, fraction) = parts(text)?;
    if fraction.is_some_and(|fraction| fraction.bytes().any(|byte| byte != b'0')) {
        return Err(NumberError::NotWhole);
    }
    let signed = if negative { format!("-{whole}") } else { whole };
    signed.parse().map_err(|_| NumberError::TooLarge)
}

/// Reads a number with a decimal comma: `1,5` is one and a half.
///
/// # Errors
/// [`NumberError`]; `1.5` is [`NumberError::Ambiguous`].
pub fn parse_decimal(text: &str) -> Result<f64, NumberError> {
    let (negative, whole, fraction) = parts(text)?;
    if whole.len() > 15 {
        return Err(NumberError::TooLarge);
    }
    let plain = format!("{}{whole}.{}", if negative { "-" } else { "" }, fraction.as_deref().unwrap_or("0"));
    plain.parse().map_err(|_| NumberError::NotANumber)
}

/// Reads an amount as people type it, with or without `đ`, `đồng` or `VND` after or before it.
///
/// # Errors
/// As [`parse_number`].
pub fn parse_money(text: &str) -> Result<Money, NumberError> {
    let lower = crate::text::tidy(text).to_lowercase();
    let mut bare = lower.as_str();
    for unit in ["đồng", "vnđ", "vnd", "đ"] {
        bare = bare.strip_suffix(unit).or_else(|| bare.strip_prefix(unit)).unwrap_or(bare).trim();
    }
    parse_number(bare).map(Money)
}

/// Sign, digits of the whole part, digits after a decimal comma.
fn parts(text: &str) -> Result<(bool, String, Option<String>), NumberError> {
    let text = text.trim();
    let (negative, unsigned) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text),
    };
    if unsigned.is_empty() {
        return Err(if negative { NumberError::NotANumber } else { NumberError::Empty });
    }
    let (whole, fraction) = match unsigned.split_once(',') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    // Two commas group in English fashion; whether one meant that is for the person to say.
    if fraction.is_some_and(|fraction| fraction.contains(',')) {
        return Err(NumberError::Ambiguous);
    }
    if fraction.is_some_and(|fraction| fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(if fraction.is_some_and(|rest| rest.contains('.')) {
            NumberError::Ambiguous
        } else {
            NumberError::NotANumber
        });
    }
    let separator = |c: char| c == '.' || c.is_whitespace();
    if !whole.chars().all(|c| c.is_ascii_digit() || separator(c)) || !whole.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(NumberError::NotANumber);
    }
    let mut groups = whole.split(separator);
    let first = groups.next().unwrap_or_default();
    let mut digits = first.to_owned();
    for group in groups {
        if group.len() != 3 || first.len() > 3 || (first.starts_with('0') && first != "0") {
            return Err(NumberError::Ambiguous);
        }
        digits.push_str(group);
    }
    if whole.chars().any(separator) && first == "0" {
        return Err(NumberError::Ambiguous);
    }
    Ok((negative, digits, fraction.map(str::to_owned)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(shown: &str, expected: &str) {
        assert_eq!(shown.replace(NO_BREAK, " "), expected);
    }

    #[test]
    fn numbers_are_grouped_from_four_digits() {
        check(&decimal(Lang::Vi, 1_234_567.89, 2), "1.234.567,89");
        check(&number(Lang::Vi, -1_234), "-1.234");
        check(&number(Lang::Vi, 1_937), "1.937");
        check(&number(Lang::Vi, 937), "937");
        check(&number(Lang::Vi, 0), "0");
        check(&number(Lang::En, 1_234_567), "1,234,567");
        check(&number(Lang::Vi, i64::MIN), "-9.223.372.036.854.775.808");
        check(&decimal(Lang::Vi, -0.04, 1), "0,0");
        check(&decimal(Lang::Vi, f64::NAN, 1), "–");
        check(&percent(Lang::Vi, 81.5), "81,5%");
        check(&percent_precise(Lang::Vi, 81.5), "81,50%");
        check(&percent(Lang::En, 100.0), "100.0%");
    }

    #[test]
    fn money_keeps_its_unit_on_the_same_line() {
        assert_eq!(money(Lang::Vi, Money(1_234_567)), "1.234.567\u{a0}đồng");
        check(&money_table(Lang::Vi, Money(1_234_567)), "1.234.567 đ");
        check(&money(Lang::En, Money(1_234_567)), "VND 1,234,567");
        check(&money_table(Lang::En, Money(8_000)), "VND 8,000");
        check(&money(Lang::Vi, Money::ZERO), "Không thu");
        check(&money_table(Lang::Vi, Money::ZERO), "Không thu");
        check(&money(Lang::En, Money::ZERO), "No charge");
    }

    #[test]
    fn sizes_and_distances_take_one_decimal_place() {
        check(&size(Lang::Vi, 9_500_000), "9,5 MB");
        check(&size(Lang::En, 9_500_000), "9.5 MB");
        check(&size(Lang::Vi, 10_000_000), "10 MB");
        check(&size(Lang::Vi, 999_990), "1 MB");
        check(&size(Lang::Vi, 999), "999 B");
        check(&size(Lang::Vi, 0), "0 B");
        check(&size(Lang::Vi, 1_500), "1,5 KB");
        check(&distance(Lang::Vi, 1_200.0), "1,2 km");
        check(&distance(Lang::Vi, 850.0), "850 m");
    }

    #[test]
    fn typed_numbers_are_read_leniently_and_never_guessed() {
        let check = |text: &str, expected: Result<i64, NumberError>| assert_eq!(parse_number(text), expected, "{text}");
        check("1234567", Ok(1_234_567));
        check("1.234.567", Ok(1_234_567));
        check("1 234 567", Ok(1_234_567));
        check(" 1\u{a0}234\u{a0}567 ", Ok(1_234_567));
        check("-1.234", Ok(-1_234));
        check("1234567,00", Ok(1_234_567));
        check("0", Ok(0));
        check("007", Ok(7));
        check("1.5", Err(NumberError::Ambiguous));
        check("1.50", Err(NumberError::Ambiguous));
        check("0.500", Err(NumberError::Ambiguous));
        check("1,234,567", Err(NumberError::Ambiguous));
        check("1,234.5", Err(NumberError::Ambiguous));
        check("1,5", Err(NumberError::NotWhole));
        check("", Err(NumberError::Empty));
        check("-", Err(NumberError::NotANumber));
        check("12a", Err(NumberError::NotANumber));
        check(".5", Err(NumberError::NotANumber));
        check("１２", Err(NumberError::NotANumber));
        check("99999999999999999999", Err(NumberError::TooLarge));
        assert_eq!(parse_decimal("1,5"), Ok(1.5));
        assert_eq!(parse_decimal("1.234,25"), Ok(1234.25));
        assert_eq!(parse_decimal("1.5"), Err(NumberError::Ambiguous));
        assert_eq!(parse_money("1.234.567 đồng"), Ok(Money(1_234_567)));
        assert_eq!(parse_money("VND 8000"), Ok(Money(8_000)));
        assert_eq!(parse_money("8.000đ"), Ok(Money(8_000)));
    }

    proptest! {
        #[test]
        fn what_is_shown_in_vietnamese_is_read_back(value in any::<i64>(), money_value in 1..i64::MAX) {
            prop_assert_eq!(parse_number(&number(Lang::Vi, value)), Ok(value));
            prop_assert_eq!(parse_money(&money(Lang::Vi, Money(money_value))), Ok(Money(money_value)));
        }

        #[test]
        fn reading_never_panics(text in "\\PC{0,20}") {
            let _ = (parse_number(&text), parse_decimal(&text), parse_money(&text));
        }
    }
}
