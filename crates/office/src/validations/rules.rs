//! What a judgement comes to, and what a report says of each signature. No input or output.

use haidang_contracts::papers::{JudgedAs, JudgedFile};
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::Value;

/// An answer of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// Proven.
    Valid,
    /// Disproven.
    Invalid,
    /// Neither can be said.
    Unknown,
    /// There is no signature to ask about.
    Absent,
}

impl Answer {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Unknown => "unknown",
            Self::Absent => "absent",
        }
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        [Self::Valid, Self::Invalid, Self::Unknown, Self::Absent].into_iter().find(|one| one.as_str() == word)
    }
}

/// The three answers about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) integrity: Answer,
    pub(super) identity: Answer,
    pub(super) authority: Answer,
}

fn worst(answers: impl Iterator<Item = JudgedAs>) -> Answer {
    answers.fold(Answer::Absent, |worst, one| match (worst, one) {
        (Answer::Invalid, _) | (_, JudgedAs::Invalid) => Answer::Invalid,
        (Answer::Unknown, _) | (_, JudgedAs::Unknown) => Answer::Unknown,
        _ => Answer::Valid,
    })
}

/// What a judgement comes to: the worst of its signatures; authority as the report says, which knows the books.
pub(super) fn outcome(judged: &JudgedFile) -> Outcome {
    let signed = !judged.signatures.is_empty();
    let said = judged.report.pointer("/answers/2/answer").and_then(Value::as_str).and_then(Answer::parse);
    Outcome {
        integrity: worst(judged.signatures.iter().map(|one| one.integrity)),
        identity: worst(judged.signatures.iter().map(|one| one.identity)),
        authority: if signed { said.unwrap_or(Answer::Unknown) } else { Answer::Absent },
    }
}

/// Until when a report of a day is kept.
pub(super) fn keep_until(day: Date, years: i64) -> Date {
    day.checked_add(years.years()).unwrap_or(Date::MAX)
}

/// A sentence in both languages.
pub(super) type Reason = (String, String);

/// What a report says of one signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) field: String,
    pub(super) signer: String,
    pub(super) issuer: String,
    pub(super) serial: String,
    pub(super) stamped_at: String,
    pub(super) level: String,
    pub(super) answers: [Answer; 3],
    pub(super) reasons: Vec<Reason>,
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn reasons(of: &Value, pointer: &str) -> Vec<Reason> {
    let findings = of.pointer(pointer).and_then(Value::as_array);
    let one = |finding: &Value| (text(finding, "/text"), text(finding, "/text_en"));
    findings.into_iter().flatten().map(one).filter(|(words, _)| !words.is_empty()).collect()
}

/// The verdict words of `pades` as answers of a report.
fn verdict(of: &Value, pointer: &str) -> Answer {
    match of.pointer(pointer).and_then(Value::as_str) {
        Some("passed" | "valid") => Answer::Valid,
        Some("failed" | "invalid") => Answer::Invalid,
        _ => Answer::Unknown,
    }
}

/// What a report says, signature by signature; document time stamps are none.
pub(super) fn said(report: &Value) -> Vec<Said> {
    let authority = report.get("authority").and_then(Value::as_array);
    let signatures = report.get("signatures").and_then(Value::as_array);
    let real = signatures.into_iter().flatten().filter(|one| one.get("kind").is_none_or(|kind| kind == "signature"));
    real.map(|one| {
        let field = text(one, "/field");
        let office = authority.into_iter().flatten().find(|other| text(other, "/field") == field);
        let mut why = reasons(one, "/integrity/findings");
        why.extend(reasons(one, "/identity/findings"));
        why.extend(office.map(|office| reasons(office, "/findings")).unwrap_or_default());
        Said {
            signer: text(one, "/signer"),
            issuer: text(one, "/issuer"),
            serial: text(one, "/serial"),
            stamped_at: text(one, "/stamped_at"),
            level: text(one, "/level"),
            answers: [
                verdict(one, "/integrity/verdict"),
                verdict(one, "/identity/verdict"),
                office.map_or(Answer::Unknown, |office| verdict(office, "/answer")),
            ],
            reasons: why,
            field,
        }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use haidang_contracts::papers::JudgedSignature;
    use serde_json::json;

    fn judged(answers: &[(JudgedAs, JudgedAs)], authority: &str) -> JudgedFile {
        let one = |(integrity, identity): &(JudgedAs, JudgedAs)| JudgedSignature {
            field: "officer".into(),
            integrity: *integrity,
            identity: *identity,
            signer: "A".into(),
            stamped_at: None,
            level: "B-T".into(),
            remarks: Vec::new(),
        };
        JudgedFile {
            sha256: String::new(),
            signatures: answers.iter().map(one).collect(),
            report: json!({ "answers": [{}, {}, { "answer": authority }] }),
            judged_at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_worst_signature_decides_and_an_unsigned_file_has_no_answer() {
        use JudgedAs::{Invalid, Unknown, Valid};
        let check = |answers: &[(JudgedAs, JudgedAs)], authority: &str, expected: [&str; 3]| {
            let found = outcome(&judged(answers, authority));
            assert_eq!([found.integrity, found.identity, found.authority].map(Answer::as_str), expected, "{answers:?}");
        };
        check(&[], "valid", ["absent", "absent", "absent"]);
        check(&[(Valid, Valid)], "valid", ["valid", "valid", "valid"]);
        check(&[(Valid, Unknown), (Valid, Valid)], "invalid", ["valid", "unknown", "invalid"]);
        check(&[(Valid, Unknown), (Invalid, Invalid)], "strange", ["invalid", "invalid", "unknown"]);
    }

    #[test]
    fn a_report_is_read_signature_by_signature() {
        let report = json!({
            "signatures": [
                { "field": "officer", "kind": "signature", "signer": "A", "integrity": { "verdict": "passed", "findings": [] },
                  "identity": { "verdict": "failed", "findings": [{ "text": "vì", "text_en": "for" }] } },
                { "field": "stamp", "kind": "time_stamp" },
            ],
            "authority": [{ "field": "officer", "answer": "unknown", "findings": [{ "text": "chưa", "text_en": "not yet" }] }],
        });
        let found = said(&report);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].answers, [Answer::Valid, Answer::Invalid, Answer::Unknown]);
        let expected = [("vì", "for"), ("chưa", "not yet")].map(|(one, other)| (one.to_owned(), other.to_owned()));
        assert_eq!(found[0].reasons, expected);
        assert!(said(&json!({ "of": "something else" })).is_empty());
    }

    #[test]
    fn a_report_is_kept_for_whole_years() {
        let day = jiff::civil::date(2024, 2, 29);
        assert_eq!(keep_until(day, 10), jiff::civil::date(2034, 2, 28));
        assert_eq!(keep_until(day, 9000), Date::MAX);
    }
}
