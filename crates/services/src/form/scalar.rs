//! One typed text to one JSON value and back. What cannot be read stays as it was typed.

use super::field::Widget;
use crate::procedure::expression::{full_date, span_of};
use haidang_kernel::format::{NumberError, parse_decimal, parse_money, parse_number};
use haidang_kernel::number::{Phone, TaxNo};
use haidang_kernel::text;
use serde_json::{Number, Value as Json, json};

/// Keys of a date that could not be read; the parts are kept as typed.
const DAY: &str = "day";
const MONTH: &str = "month";
const YEAR: &str = "year";

/// Reads a single text input.
pub(super) fn read(widget: Widget, typed: &str) -> Option<Json> {
    let tidy = match widget {
        Widget::LongText => lines(typed),
        _ => text::tidy(typed),
    };
    if tidy.is_empty() {
        return None;
    }
    Some(match widget {
        Widget::CitizenNo => Json::String(without_blanks(&tidy)),
        Widget::TaxNo => {
            let bare = without_blanks(&tidy);
            Json::String(TaxNo::parse(&bare).map_or(bare, |number| number.as_str().to_owned()))
        }
        Widget::Phone => Json::String(Phone::parse(&tidy).map_or(tidy, |number| number.as_str().to_owned())),
        Widget::Email => Json::String(tidy),
        Widget::Time => Json::String(time(&tidy).unwrap_or(tidy)),
        Widget::Boolean => match tidy.as_str() {
            "true" | "yes" | "on" => Json::Bool(true),
            "false" | "no" => Json::Bool(false),
            _ => Json::String(tidy),
        },
        Widget::Money => parse_money(&tidy).map_or(Json::String(tidy), |amount| json!(amount.dong())),
        Widget::Integer => parse_number(&tidy).map_or(Json::String(tidy), |number| json!(number)),
        Widget::Area => area(&tidy).map_or(Json::String(tidy), Json::Number),
        _ => Json::String(tidy),
    })
}

/// Why a number field holds text.
pub(super) fn number_fault(widget: Widget, typed: &str) -> NumberError {
    let fault = match widget {
        Widget::Area => parse_decimal(typed).map(|_| ()),
        Widget::Money => parse_money(typed).map(|_| ()),
        _ => parse_number(typed).map(|_| ()),
    };
    fault.err().unwrap_or(NumberError::NotANumber)
}

fn area(typed: &str) -> Option<Number> {
    let value = parse_decimal(typed).ok()?;
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return parse_number(typed).ok().map(Number::from);
    }
    Number::from_f64(value)
}

fn lines(typed: &str) -> String {
    let kept: Vec<String> = typed.replace("\r\n", "\n").replace('\r', "\n").split('\n').map(text::tidy).collect();
    kept.join("\n").trim_matches('\n').to_owned()
}

fn without_blanks(typed: &str) -> String {
    typed.chars().filter(|c| !c.is_whitespace()).collect()
}

/// `14:30`, `14.30`, `14h30`, `14 giờ 30`, `9 giờ` as `HH:MM`.
fn time(typed: &str) -> Option<String> {
    let plain = typed.to_lowercase().replace("giờ", ":").replace(['h', '.'], ":").replace("phút", "").replace(' ', "");
    let (hour, minute) = plain.split_once(':')?;
    let minute = if minute.is_empty() { "0" } else { minute };
    let short =
        |part: &str| (!part.is_empty() && part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit())).then_some(());
    short(hour)?;
    short(minute)?;
    let (hour, minute): (u8, u8) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then(|| format!("{hour:02}:{minute:02}"))
}

/// Reads three inputs as a date; `partial` allows day, or day and month, to stay empty.
pub(super) fn read_date(day: &str, month: &str, year: &str, partial: bool) -> Option<Json> {
    let [day, month, year] = [day, month, year].map(text::tidy);
    if day.is_empty() && month.is_empty() && year.is_empty() {
        return None;
    }
    let read = iso(&day, &month, &year, partial);
    Some(read.map_or_else(|| json!({ DAY: day, MONTH: month, YEAR: year }), Json::String))
}

fn iso(day: &str, month: &str, year: &str, partial: bool) -> Option<String> {
    let digits = |part: &str, most: usize| part.len() <= most && part.bytes().all(|b| b.is_ascii_digit());
    if year.len() != 4 || !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
        return None;
    }
    let written = match (day.is_empty(), month.is_empty()) {
        (true, true) if partial => year.to_owned(),
        (true, false) if partial => format!("{year}-{month:0>2}"),
        (false, false) => format!("{year}-{month:0>2}-{day:0>2}"),
        _ => return None,
    };
    let real = if partial { span_of(&written).is_some() } else { full_date(&written).is_some() };
    real.then_some(written)
}

/// Day, month and year inputs of a stored date, read or not.
pub(super) fn date_inputs(value: &Json) -> [String; 3] {
    match value {
        Json::String(text) => {
            let mut parts = text.split('-').map(|part| part.trim_start_matches('0').to_owned());
            let year = text.split('-').next().unwrap_or_default().to_owned();
            parts.next();
            let month = parts.next().unwrap_or_default();
            let day = parts.next().unwrap_or_default();
            [day, month, year]
        }
        Json::Object(raw) => {
            [DAY, MONTH, YEAR].map(|key| raw.get(key).and_then(Json::as_str).unwrap_or_default().to_owned())
        }
        _ => [String::new(), String::new(), String::new()],
    }
}

/// Text of a stored scalar for a text input: what the person would type.
pub(super) fn written(widget: Widget, value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Bool(truth) => truth.to_string(),
        Json::Number(number) if widget == Widget::Area => number.to_string().replace('.', ","),
        Json::Number(number) => number.to_string(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn what_people_type_becomes_one_value() {
        let cases = [
            (Widget::Text, "  Nguyễn   Văn\u{a0}An ", json!("Nguyễn Văn An")),
            (Widget::Text, "Ho\u{302}", json!("Hô")),
            (Widget::LongText, " một \r\n hai ", json!("một\nhai")),
            (Widget::CitizenNo, "031 099 000 000", json!("031099000000")),
            (Widget::CitizenNo, "031.abc", json!("031.abc")),
            (Widget::Phone, "+84 912 345 678", json!("0912345678")),
            (Widget::Phone, "0912.345.678", json!("0912345678")),
            (Widget::Phone, "12", json!("12")),
            (Widget::Money, "1.234.567", json!(1_234_567)),
            (Widget::Money, "1 234 567 đ", json!(1_234_567)),
            (Widget::Money, "1.5", json!("1.5")),
            (Widget::Integer, "12", json!(12)),
            (Widget::Integer, "mười", json!("mười")),
            (Widget::Area, "1,5", json!(1.5)),
            (Widget::Area, "1.5", json!("1.5")),
            (Widget::Area, "120", json!(120)),
            (Widget::Boolean, "true", json!(true)),
            (Widget::Boolean, "có lẽ", json!("có lẽ")),
            (Widget::Time, "9h05", json!("09:05")),
            (Widget::Time, "14 giờ 30", json!("14:30")),
            (Widget::Time, "25:00", json!("25:00")),
        ];
        for (widget, typed, expected) in cases {
            assert_eq!(read(widget, typed), Some(expected), "{widget:?} {typed}");
        }
        assert_eq!(read(Widget::Text, " \u{a0} "), None);
    }

    #[test]
    fn dates_are_lenient_in_zeros_and_strict_in_days() {
        let cases = [
            (("5", "8", "2026"), false, Some(json!("2026-08-05"))),
            (("05", "08", "2026"), false, Some(json!("2026-08-05"))),
            (("29", "2", "2024"), false, Some(json!("2024-02-29"))),
            (("29", "2", "2026"), false, Some(json!({ "day": "29", "month": "2", "year": "2026" }))),
            (("", "", "1960"), true, Some(json!("1960"))),
            (("", "3", "1960"), true, Some(json!("1960-03"))),
            (("1", "", "1960"), true, Some(json!({ "day": "1", "month": "", "year": "1960" }))),
            (("", "", "1960"), false, Some(json!({ "day": "", "month": "", "year": "1960" }))),
            (("1", "1", "26"), false, Some(json!({ "day": "1", "month": "1", "year": "26" }))),
            (("", "", ""), true, None),
        ];
        for ((day, month, year), partial, expected) in cases {
            assert_eq!(read_date(day, month, year, partial), expected, "{day}/{month}/{year}");
            if let Some(value) = expected {
                let [day, month, year] = date_inputs(&value);
                assert_eq!(read_date(&day, &month, &year, partial), Some(value));
            }
        }
    }
}
