//! The Appendix VI record (Decree 30/2020/NĐ-CP) that an electronic document carries inside: what it says is proposed to
//! the clerk, who confirms it. JSON with the names of the Appendix.
//!
//! A record that was signed together with the paper knows no number yet (Article 15: the leader signs before the clerk
//! takes the number): then the lines tell that were filled in afterwards.

use super::model::Details;
use haidang_contracts::papers::PaperInside;
use haidang_kernel::text::{fold, words};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The most of a record that is read.
const MOST_BYTES: usize = 64 * 1024;

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Record {
    type_name: String,
    code_number: String,
    code_notation: String,
    issued_date: String,
    organ_name: String,
    subject: String,
    page_amount: Option<Number>,
    signer_info: Signer,
    priority: Option<Number>,
    due_date: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Signer {
    position: String,
    full_name: String,
}

/// A number, which some systems write as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Figure(i64),
    Text(String),
}

impl Number {
    fn value(&self) -> Option<i64> {
        match self {
            Self::Figure(value) => Some(*value),
            Self::Text(text) => text.trim().parse().ok(),
        }
    }
}

/// A day in the forms that are met: `2026-01-05`, `2026/01/05`, `05/01/2026`.
fn day(text: &str) -> Option<jiff::civil::Date> {
    let text = text.trim();
    ["%Y-%m-%d", "%Y/%m/%d", "%d/%m/%Y"].iter().find_map(|form| jiff::civil::Date::strptime(form, text).ok())
}

/// Longest text that is proposed, in characters: the S-fields of the appendix.
const LONGEST: usize = 500;

/// "05", or "Số: 05/TB-UBND".
fn filled_number(text: &str) -> Option<String> {
    let text = text.rsplit(':').next().unwrap_or(text);
    let digits: String = text.trim().chars().take_while(char::is_ascii_digit).collect();
    (1..=8).contains(&digits.len()).then_some(digits)
}

/// "ngày 05 tháng 01 năm 2026", with or without a place before it.
fn filled_day(text: &str) -> Option<jiff::civil::Date> {
    let words: Vec<String> = words(text).iter().map(|word| fold(word)).collect();
    words.windows(6).find_map(|window| {
        let [a, day, b, month, c, year] = window else { return None };
        let shaped = [a.as_str(), b.as_str(), c.as_str()] == ["ngay", "thang", "nam"];
        let (day, month, year) = (day.parse().ok()?, month.parse().ok()?, year.parse().ok()?);
        if shaped { jiff::civil::Date::new(year, month, day).ok() } else { None }
    })
}

/// What a document says of itself by what it carries; `None` without a record.
pub fn proposed(inside: &PaperInside) -> Option<Details> {
    let details = inside.files.iter().find_map(|one| read(&one.name, &one.bytes))?;
    Some(with_lines(details, &inside.filled))
}

fn with_lines(mut details: Details, filled: &BTreeMap<String, String>) -> Details {
    if details.code_number.is_empty() {
        details.code_number = filled.get("number").and_then(|text| filled_number(text)).unwrap_or_default();
    }
    if details.issued_on.is_none() {
        details.issued_on = filled.get("date").and_then(|text| filled_day(text));
    }
    details
}

/// The details of a record; `None` for any other file.
fn read(name: &str, bytes: &[u8]) -> Option<Details> {
    if bytes.len() > MOST_BYTES || !name.to_ascii_lowercase().ends_with(".json") {
        return None;
    }
    let record: Record = serde_json::from_slice(bytes).ok()?;
    // JSON of something else has neither.
    if record.organ_name.trim().is_empty() || record.subject.trim().is_empty() {
        return None;
    }
    let clip = |text: &str| haidang_kernel::text::tidy(text).chars().take(LONGEST).collect::<String>();
    let signer = [record.signer_info.position.trim(), record.signer_info.full_name.trim()];
    Some(Details {
        from_name: clip(&record.organ_name),
        code_number: clip(&record.code_number),
        code_notation: clip(&record.code_notation),
        issued_on: day(&record.issued_date),
        kind: clip(&record.type_name),
        subject: clip(&record.subject),
        signer: clip(&signer.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(", ")),
        urgency: record.priority.as_ref().and_then(Number::value).filter(|value| (0..=3).contains(value)).unwrap_or(0),
        pages: record.page_amount.as_ref().and_then(Number::value).filter(|pages| (1..=999).contains(pages)),
        answer_by: record.due_date.as_deref().and_then(day),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const RECORD: &str = r#"{"FileCode":{"OrganId":"000.00.00.H24"},"TypeName":"Thông báo","CodeNumber":"05","CodeNotation":"TB-SM",
        "IssuedDate":"05/01/2026","OrganName":"Sở Mẫu","Subject":"Về việc thử nghiệm","PageAmount":"2","Priority":1,
        "SignerInfo":{"Position":"Giám đốc","FullName":"Nguyễn Văn Mẫu"},"DueDate":"2026-02-05"}"#;

    #[test]
    fn a_record_is_read() {
        let details = read("ban-ghi.json", RECORD.as_bytes()).unwrap();
        assert_eq!(details.code(), "05/TB-SM");
        assert_eq!((details.issued_on, details.answer_by), (Some(date(2026, 1, 5)), Some(date(2026, 2, 5))));
        assert_eq!((details.pages, details.urgency), (Some(2), 1));
        assert_eq!(details.signer, "Giám đốc, Nguyễn Văn Mẫu");
    }

    /// A record of this product as it lies in the signed paper, with the two lines that were filled in later.
    #[test]
    fn a_record_from_before_the_number_is_completed_by_the_lines() {
        let early = RECORD.replace("\"05\"", "\"\"").replace("05/01/2026", "");
        let check = |number: &str, date: &str, code: &str, day: Option<jiff::civil::Date>| {
            let filled = [("number", number), ("date", date)];
            let filled = filled.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
            let details = with_lines(read("a.json", early.as_bytes()).unwrap(), &filled);
            assert_eq!((details.code().as_str(), details.issued_on), (code, day), "{number} {date}");
        };
        check("05", "ngày 05 tháng 01 năm 2026", "05/TB-SM", Some(date(2026, 1, 5)));
        check("Số: 05/TB-SM", "Hải Phòng, ngày 3 tháng 12 năm 2026", "05/TB-SM", Some(date(2026, 12, 3)));
        check("năm", "ngày 31 tháng 02 năm 2026", "/TB-SM", None);
        check("123456789", "05/01/2026", "/TB-SM", None);
        // What the record says counts before what was filled in.
        let filled = [("number".to_owned(), "77".to_owned())].into();
        assert_eq!(with_lines(read("a.json", RECORD.as_bytes()).unwrap(), &filled).code(), "05/TB-SM");
    }

    #[test]
    fn anything_else_is_not() {
        for (name, bytes) in [
            ("a.xml", RECORD),
            ("a.json", "[]"),
            ("a.json", "{}"),
            ("a.json", r#"{"OrganName":"Sở"}"#),
            ("a.json", "{"),
        ] {
            assert!(read(name, bytes.as_bytes()).is_none(), "{name} {bytes}");
        }
        assert!(read("a.json", &vec![b' '; MOST_BYTES + 1]).is_none());
        let wild = RECORD.replace("\"2\"", "\"many\"").replace(":1,", ":9,").replace("05/01/2026", "31/02/2026");
        let details = read("a.json", wild.as_bytes()).unwrap();
        assert_eq!((details.pages, details.urgency, details.issued_on), (None, 0, None));
    }
}
