//! Codes and identifiers of the standard.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($(#[$doc:meta])+ $kind:ident { $($name:ident $code:literal $vietnamese:literal $english:literal;)+ }) => {
        $(#[$doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $kind {
            $(#[doc = $english] #[serde(rename = $code)] $name,)+
        }

        impl $kind {
            /// All of them.
            pub const ALL: &'static [$kind] = &[$($kind::$name,)+];

            /// The code in a message.
            pub fn code(self) -> &'static str {
                match self { $($kind::$name => $code,)+ }
            }

            /// Its meaning in Vietnamese.
            pub fn vietnamese(self) -> &'static str {
                match self { $($kind::$name => $vietnamese,)+ }
            }

            /// Its meaning in English.
            pub fn english(self) -> &'static str {
                match self { $($kind::$name => $english,)+ }
            }
        }

        impl std::str::FromStr for $kind {
            type Err = &'static str;

            fn from_str(code: &str) -> Result<$kind, &'static str> {
                $kind::ALL.iter().copied().find(|one| one.code() == code).ok_or("the code is not in the list")
            }
        }
    };
}

codes! {
    /// What became of a document (`StatusCode`).
    StatusCode {
        Arrived "01" "đã đến" "arrived";
        Refused "02" "từ chối tiếp nhận" "refused";
        Accepted "03" "đã tiếp nhận" "accepted";
        Assigned "04" "phân công" "assigned";
        InProgress "05" "đang xử lý" "in progress";
        Done "06" "hoàn thành" "done";
        TakenBack "13" "lấy lại" "taken back";
        Agreed "15" "đồng ý cập nhật, lấy lại" "agreed to the update or recall";
        Disagreed "16" "từ chối cập nhật, lấy lại" "refused the update or recall";
    }
}

codes! {
    /// What a message does with a document (`BussinessDocType`).
    BusinessKind {
        New "0" "văn bản mới" "a new document";
        Recall "1" "thu hồi" "takes a document back";
        Update "2" "cập nhật" "brings a document up to date";
        Replace "3" "thay thế" "replaces documents";
    }
}

impl StatusCode {
    /// Whether a reason must stand in the description.
    pub fn needs_reason(self) -> bool {
        matches!(self, StatusCode::Refused | StatusCode::Disagreed)
    }

    /// Whether this may be said of a document after `before` was said of it: handling goes forward (01, 03, 04, 05, 06),
    /// steps may be left out, a refusal or the end is the end. Answers to an update or a recall (13, 15, 16) stand
    /// beside that order.
    pub fn may_follow(self, before: Option<StatusCode>) -> bool {
        let (Some(next), Some(before)) = (self.step(), before) else { return true };
        match before {
            StatusCode::Refused | StatusCode::Done | StatusCode::TakenBack => false,
            StatusCode::Agreed | StatusCode::Disagreed => true,
            _ => before.step() < Some(next),
        }
    }

    /// The place in the order of handling.
    fn step(self) -> Option<u8> {
        match self {
            StatusCode::Arrived => Some(1),
            StatusCode::Refused => Some(2),
            StatusCode::Accepted => Some(3),
            StatusCode::Assigned => Some(4),
            StatusCode::InProgress => Some(5),
            StatusCode::Done => Some(6),
            StatusCode::TakenBack | StatusCode::Agreed | StatusCode::Disagreed => None,
        }
    }
}

/// The forms a document identifier may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentIdForm<'a> {
    /// A UUID.
    Uuid,
    /// `OrganId,yyyy/MM/dd,number/notation`, made out of the document itself.
    Composed {
        /// The organ that issued it.
        organ_id: &'a str,
        /// When.
        date: Date,
        /// Number and notation, such as `7816/VPCP-TTĐT`.
        code: &'a str,
    },
    /// Neither; others send such ones.
    Other,
}

impl DocumentIdForm<'_> {
    /// The form of an identifier.
    pub fn of(id: &str) -> DocumentIdForm<'_> {
        if is_uuid(id) {
            return DocumentIdForm::Uuid;
        }
        let mut parts = id.splitn(3, ',');
        if let (Some(organ_id), Some(date), Some(code)) = (parts.next(), parts.next(), parts.next())
            && let Some(date) = parse_date(date)
            && !organ_id.is_empty()
            && !code.is_empty()
        {
            return DocumentIdForm::Composed { organ_id, date, code };
        }
        DocumentIdForm::Other
    }
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.len() == 5
        && groups.iter().zip([8, 4, 4, 4, 12]).all(|(group, length)| group.len() == length)
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether a text has the form of an organ identifier: groups of two or three capital letters or digits. Thirteen
/// characters and four groups by Decision 20/2020/QĐ-TTg (`000.00.00.H41`); shorter ones from before (`28.22.H17`).
pub fn is_organ_id(text: &str) -> bool {
    let groups: Vec<&str> = text.split('.').collect();
    let plain = |group: &&str| {
        matches!(group.len(), 2 | 3) && group.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
    };
    (3..=5).contains(&groups.len()) && groups.iter().all(plain)
}

/// A date as the standard writes it, `yyyy/MM/dd`.
pub(super) fn parse_date(text: &str) -> Option<Date> {
    let shape = |index: usize, byte: u8| if matches!(index, 4 | 7) { byte == b'/' } else { byte.is_ascii_digit() };
    if text.len() != 10 || !text.bytes().enumerate().all(|(index, byte)| shape(index, byte)) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i16>().ok();
    let part = |range| number(range).and_then(|value| i8::try_from(value).ok());
    Date::new(number(0..4)?, part(5..7)?, part(8..10)?).ok()
}

/// A time as the standard writes it, `yyyy/MM/dd HH:mm:ss`.
pub(super) fn parse_moment(text: &str) -> Option<jiff::civil::DateTime> {
    let (date, time) = text.split_once(' ')?;
    let shape = |index: usize, byte: u8| if matches!(index, 2 | 5) { byte == b':' } else { byte.is_ascii_digit() };
    if time.len() != 8 || !time.bytes().enumerate().all(|(index, byte)| shape(index, byte)) {
        return None;
    }
    let part = |range: std::ops::Range<usize>| time.get(range)?.parse::<i8>().ok();
    let time = jiff::civil::Time::new(part(0..2)?, part(3..5)?, part(6..8)?, 0).ok()?;
    Some(parse_date(date)?.to_datetime(time))
}

pub(super) fn date_text(date: Date) -> String {
    format!("{:04}/{:02}/{:02}", date.year(), date.month(), date.day())
}

pub(super) fn moment_text(at: jiff::civil::DateTime) -> String {
    format!("{} {:02}:{:02}:{:02}", date_text(at.date()), at.hour(), at.minute(), at.second())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn identifiers_have_their_forms() {
        for (id, wanted) in [
            ("000.00.00.H41", true),
            ("28.22.H17", true),
            ("000.00.00.00.H41", true),
            ("H41", false),
            ("000.00", false),
            ("000.00.00.00.00.H41", false),
            ("000.00.00.h41", false),
            ("0000.00.00.H41", false),
            ("", false),
            ("000.00.00.Đ41", false),
        ] {
            assert_eq!(is_organ_id(id), wanted, "{id}");
        }
        let composed =
            |organ_id, date: &str, code| DocumentIdForm::Composed { organ_id, date: date.parse().unwrap(), code };
        for (id, wanted) in [
            ("3f2b7c52-9c0e-4a55-8f1e-6f6c1a2b3c4d", DocumentIdForm::Uuid),
            ("3F2B7C52-9C0E-4A55-8F1E-6F6C1A2B3C4D", DocumentIdForm::Uuid),
            ("000.00.00.G22,2020/10/01,7816/VPCP-TTĐT", composed("000.00.00.G22", "2020-10-01", "7816/VPCP-TTĐT")),
            ("a,2020/10/01,1,2", composed("a", "2020-10-01", "1,2")),
            ("a,2020/13/01,1", DocumentIdForm::Other),
            ("a,2020-10-01,1", DocumentIdForm::Other),
            (",2020/10/01,1", DocumentIdForm::Other),
            ("3f2b7c52-9c0e-4a55-8f1e-6f6c1a2b3c4", DocumentIdForm::Other),
            ("12", DocumentIdForm::Other),
        ] {
            assert_eq!(DocumentIdForm::of(id), wanted, "{id}");
        }
    }

    #[test]
    fn days_and_times_are_written_one_way() {
        for (text, wanted) in [
            ("2026/01/05", true),
            ("2024/02/29", true),
            ("2026/02/29", false),
            ("2026/1/5", false),
            ("2026-01-05", false),
            ("2026/01/05 ", false),
            ("+026/01/05", false),
        ] {
            assert_eq!(parse_date(text).map(date_text).as_deref(), wanted.then_some(text), "{text}");
        }
        for (text, wanted) in [
            ("2026/01/05 08:30:00", true),
            ("2026/01/05 23:59:59", true),
            ("2026/01/05 24:00:00", false),
            ("2026/01/05T08:30:00", false),
            ("2026/01/05 8:30:00", false),
            ("2026/01/05", false),
        ] {
            assert_eq!(parse_moment(text).map(moment_text).as_deref(), wanted.then_some(text), "{text}");
        }
    }

    #[test]
    fn handling_goes_forward_and_ends() {
        use StatusCode::*;
        for (before, next, wanted) in [
            (None, Arrived, true),
            (Some(Arrived), Refused, true),
            (Some(Arrived), Accepted, true),
            (Some(Accepted), Assigned, true),
            (Some(Accepted), Done, true),
            (Some(Assigned), InProgress, true),
            (Some(InProgress), Done, true),
            (Some(InProgress), Accepted, false),
            (Some(Accepted), Refused, false),
            (Some(Refused), Accepted, false),
            (Some(Done), InProgress, false),
            (Some(Arrived), Arrived, false),
            (Some(Done), Agreed, true),
            (Some(Agreed), Assigned, true),
            (Some(TakenBack), InProgress, false),
        ] {
            assert_eq!(next.may_follow(before), wanted, "{before:?} {next:?}");
        }
        assert_eq!("13".parse::<StatusCode>(), Ok(TakenBack));
        assert!("07".parse::<StatusCode>().is_err());
    }
}
