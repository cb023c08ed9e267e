//! The Appendix VI record (Decree 30/2020/NĐ-CP) that an electronic document carries inside: what it says is proposed to
//! the clerk, who confirms it. JSON with the names of the Appendix.

use super::model::Details;
use serde::Deserialize;

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

/// The details of a record; `None` for any other file.
pub fn read(name: &str, bytes: &[u8]) -> Option<Details> {
    if bytes.len() > MOST_BYTES || !name.to_ascii_lowercase().ends_with(".json") {
        return None;
    }
    let record: Record = serde_json::from_slice(bytes).ok()?;
    if record.organ_name.trim().is_empty() || record.code_number.trim().is_empty() {
        return None;
    }
    let signer = [record.signer_info.position.trim(), record.signer_info.full_name.trim()];
    Some(Details {
        from_name: record.organ_name,
        code_number: record.code_number,
        code_notation: record.code_notation,
        issued_on: day(&record.issued_date),
        kind: record.type_name,
        subject: record.subject,
        signer: signer.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(", "),
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
