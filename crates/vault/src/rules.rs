//! Pure decisions: what may be offered for what, how a document stands, how the access log is read and saved.

use haidang_contracts::access::AccessRow;
use haidang_contracts::vault::VaultItem;
use jiff::{SignedDuration, Timestamp};

/// Who answers a complaint about an access: those of the agency that looked whose post lets them, and where nobody is
/// there, or no agency looked, those who answer for the audit of the city.
pub fn may_answer(agency: Option<&str>, held_there: bool, mine: &[String], audits: bool) -> bool {
    match agency {
        Some(agency) if held_there => mine.iter().any(|own| own == agency),
        _ => audits,
    }
}

/// Whether an item may stand for one of the wanted codes; `*` wants any document.
pub fn fits(item: &VaultItem, wanted: &[String]) -> bool {
    wanted.iter().any(|code| code == "*" || *code == item.code)
}

/// Whether an item is still valid on a day (`YYYY-MM-DD`); without an end it always is.
pub fn valid_on(item: &VaultItem, day: &str) -> bool {
    item.valid_until.as_deref().is_none_or(|until| until >= day)
}

/// How a document stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Issued or digitised by an agency and still valid.
    Valid,
    /// Its validity is over.
    Expired,
    /// Uploaded by the owner; no agency has verified it.
    Unverified,
}

impl Standing {
    /// The word in the API and in the ids of texts.
    pub fn word(self) -> &'static str {
        match self {
            Standing::Valid => "valid",
            Standing::Expired => "expired",
            Standing::Unverified => "unverified",
        }
    }
}

/// How an item stands on a day (`YYYY-MM-DD`).
pub fn standing(item: &VaultItem, day: &str) -> Standing {
    if !valid_on(item, day) {
        Standing::Expired
    } else if item.origin == "uploaded" {
        Standing::Unverified
    } else {
        Standing::Valid
    }
}

/// Name under which a file is saved: title, number, the ending of its kind.
pub fn file_name(item: &VaultItem) -> String {
    let ending = match item.media_type.split(';').next().unwrap_or_default().trim() {
        "text/html" => "html",
        "application/pdf" => "pdf",
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "text/plain" => "txt",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        _ => "bin",
    };
    match &item.number {
        Some(number) => format!("{} {}.{ending}", item.title, number.replace('/', "-")),
        None => format!("{}.{ending}", item.title),
    }
}

/// Whether an action only looked; everything else wrote something down.
pub fn looked(action: &str) -> bool {
    let verb = action.rsplit('.').next().unwrap_or_default();
    [
        "read",
        "opened",
        "listed",
        "searched",
        "looked_up",
        "reused",
        "downloaded",
        "printed",
        "exported",
        "disclosed",
        "emergency_read",
        "emergency_taken",
        "delivered",
    ]
    .contains(&verb)
}

/// What an access was about, as the last part of a text id (`vault-what-…`).
pub fn subject(action: &str, object_kind: &str) -> &'static str {
    match (action, object_kind) {
        ("exchange.delivered", _) => "exchange",
        ("case.searched" | "inbox.read" | "register.read", _) => "list",
        (_, "case" | "task" | "consultation") => "case",
        (_, "document" | "file") => "file",
        (_, "person") => "person",
        (_, "vault_item" | "emergency") => "item",
        (_, "consent") => "consent",
        (_, "mandate") => "mandate",
        (_, "audit_record") => "log",
        (_, "draft") => "draft",
        (_, "payment" | "fee") => "payment",
        (_, "result") => "result",
        _ => "other",
    }
}

/// Where an emergency access stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmergencyState {
    /// Asked for; nothing is open.
    Asked,
    /// Confirmed by a second official; open for an hour.
    Open,
    /// Refused by the second official.
    Refused,
    /// Its time is over, answered or not.
    Over,
}

/// Minutes for which a request waits, and for which a confirmed one is open.
pub const EMERGENCY_MINUTES: i64 = 60;
/// Fewest letters of a reason.
pub const REASON_LETTERS: usize = 20;

impl EmergencyState {
    /// The word in the database and in the ids of texts.
    pub fn as_str(self) -> &'static str {
        match self {
            EmergencyState::Asked => "ASKED",
            EmergencyState::Open => "OPEN",
            EmergencyState::Refused => "REFUSED",
            EmergencyState::Over => "OVER",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<EmergencyState> {
        use EmergencyState::{Asked, Open, Over, Refused};
        [Asked, Open, Refused, Over].into_iter().find(|state| state.as_str() == word)
    }

    /// The state at a moment: an emergency does not last.
    #[must_use]
    pub fn at(self, asked: Timestamp, answered: Option<Timestamp>, now: Timestamp) -> EmergencyState {
        let since = match self {
            EmergencyState::Asked => asked,
            EmergencyState::Open => answered.unwrap_or(asked),
            other => return other,
        };
        if now.duration_since(since) >= SignedDuration::from_mins(EMERGENCY_MINUTES) {
            EmergencyState::Over
        } else {
            self
        }
    }
}

/// Whether somebody may answer a request for emergency access, or the code of the refusal.
pub fn may_confirm(state: EmergencyState, asked_by: &str, confirms: &str) -> Result<(), &'static str> {
    if state != EmergencyState::Asked {
        Err("emergency_closed")
    } else if asked_by == confirms {
        Err("second_official_required")
    } else {
        Ok(())
    }
}

/// Whether a reason says something.
pub fn is_reason(text: &str) -> bool {
    text.chars().filter(|c| c.is_alphabetic()).count() >= REASON_LETTERS
}

/// Where a complaint about an access stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComplaintState {
    /// Nobody has answered.
    Open,
    /// The access was right; the answer says why.
    Justified,
    /// The access was wrong; the answer says what follows.
    Upheld,
}

impl ComplaintState {
    /// The word in the database and in the ids of texts.
    pub fn as_str(self) -> &'static str {
        match self {
            ComplaintState::Open => "OPEN",
            ComplaintState::Justified => "JUSTIFIED",
            ComplaintState::Upheld => "UPHELD",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<ComplaintState> {
        use ComplaintState::{Justified, Open, Upheld};
        [Open, Justified, Upheld].into_iter().find(|state| state.as_str() == word)
    }
}

/// Whether the person may see an access now: at once, but for those held back under a clause until a day.
pub fn visible(row: &AccessRow, now: Timestamp) -> bool {
    row.delayed.as_ref().is_none_or(|delayed| delayed.visible_from <= now)
}

/// A cell of a CSV file: always quoted, and a text that a spreadsheet would take for a formula becomes mere text.
pub fn csv_cell(text: &str) -> String {
    let formula = text
        .trim_start_matches([' ', '\u{a0}'])
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let mark = if formula { "'" } else { "" };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn item(code: &str, until: Option<&str>) -> VaultItem {
        VaultItem {
            id: "1".into(),
            code: code.into(),
            title: "Giấy khai sinh".into(),
            number: None,
            issuer: "Ủy ban nhân dân xã Mẫu".into(),
            issued_on: "2026-01-05".into(),
            valid_until: until.map(Into::into),
            origin: "result".into(),
            sha256: String::new(),
            media_type: "text/html".into(),
            size: 1,
            token: None,
        }
    }

    #[test]
    fn an_item_is_offered_for_its_own_code_or_for_any() {
        let cases = [
            ("KQ.G15.000031", vec!["KQ.G15.000031"], true),
            ("KQ.G15.000031", vec!["*"], true),
            ("KQ.G15.000031", vec!["KQ.G15.000021"], false),
            ("KQ.G15.000031", vec![], false),
        ];
        for (code, wanted, expected) in cases {
            let wanted: Vec<String> = wanted.into_iter().map(str::to_owned).collect();
            assert_eq!(fits(&item(code, None), &wanted), expected, "{code} for {wanted:?}");
        }
    }

    #[test]
    fn the_last_day_of_validity_still_counts() {
        for (until, day, expected) in [
            (None, "2030-01-01", true),
            (Some("2026-07-05"), "2026-07-05", true),
            (Some("2026-07-05"), "2026-07-06", false),
        ] {
            assert_eq!(valid_on(&item("x", until), day), expected, "{until:?} on {day}");
        }
    }

    #[test]
    fn a_document_stands_as_its_origin_and_its_end_say() {
        let check = |origin: &str, until: Option<&str>, expected: Standing| {
            let item = VaultItem { origin: origin.into(), ..item("x", until) };
            assert_eq!(standing(&item, "2026-03-03"), expected, "{origin} until {until:?}");
        };
        check("result", None, Standing::Valid);
        check("digitised", Some("2026-03-03"), Standing::Valid);
        check("digitised", Some("2026-03-02"), Standing::Expired);
        check("uploaded", None, Standing::Unverified);
        check("uploaded", Some("2020-01-01"), Standing::Expired);
    }

    #[test]
    fn a_file_is_saved_under_its_title_and_number() {
        let check = |number: Option<&str>, media: &str, expected: &str| {
            let item = VaultItem { number: number.map(Into::into), media_type: media.into(), ..item("x", None) };
            assert_eq!(file_name(&item), expected);
        };
        check(Some("12/2026"), "text/html; charset=utf-8", "Giấy khai sinh 12-2026.html");
        check(None, "application/pdf", "Giấy khai sinh.pdf");
        check(None, "application/x-msdownload", "Giấy khai sinh.bin");
    }

    #[test]
    fn a_saved_cell_runs_no_formula_and_keeps_its_quotes() {
        for (text, expected) in [
            ("Ủy ban nhân dân", "\"Ủy ban nhân dân\""),
            ("nói \"có\", rồi thôi", "\"nói \"\"có\"\", rồi thôi\""),
            ("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\""),
            ("+84912345678", "\"'+84912345678\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            (" =1+1", "\"' =1+1\""),
            ("\t=1", "\"'\t=1\""),
            ("＝1", "\"'＝1\""),
            ("a=b", "\"a=b\""),
            ("", "\"\""),
        ] {
            assert_eq!(csv_cell(text), expected, "{text:?}");
        }
    }

    #[test]
    fn an_emergency_takes_two_and_does_not_last() {
        use EmergencyState::{Asked, Open, Over, Refused};
        for (state, asked_by, confirms, expected) in [
            (Asked, "a", "b", Ok(())),
            (Asked, "a", "a", Err("second_official_required")),
            (Open, "a", "b", Err("emergency_closed")),
            (Refused, "a", "b", Err("emergency_closed")),
            (Over, "a", "b", Err("emergency_closed")),
        ] {
            assert_eq!(may_confirm(state, asked_by, confirms), expected, "{state:?} {asked_by} {confirms}");
        }
        let at = |minutes: i64| Timestamp::from_second(1_770_000_000 + minutes * 60).unwrap();
        for (state, answered, now, expected) in [
            (Asked, None, 59, Asked),
            (Asked, None, 60, Over),
            (Open, Some(30), 89, Open),
            (Open, Some(30), 90, Over),
            (Refused, Some(30), 900, Refused),
        ] {
            assert_eq!(state.at(at(0), answered.map(at), at(now)), expected, "{state:?} {answered:?} {now}");
            assert_eq!(EmergencyState::parse(state.as_str()), Some(state));
        }
        assert!(is_reason("Người bệnh hôn mê, cần tên người thân"));
        assert!(!is_reason("cần xem ngay !!!!!!!!!!!!!!!!"));
    }

    #[test]
    fn an_access_is_named_by_what_was_opened() {
        for (action, kind, expected, look) in [
            ("case.read", "case", "case", true),
            ("case.searched", "case", "list", true),
            ("file.read", "document", "file", true),
            ("person.looked_up", "person", "person", true),
            ("vault.reused", "vault_item", "item", true),
            ("case.submitted", "case", "case", false),
            ("something.new", "thing", "other", false),
        ] {
            assert_eq!((subject(action, kind), looked(action)), (expected, look), "{action}");
        }
    }
}
