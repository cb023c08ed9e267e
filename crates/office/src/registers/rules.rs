//! What a register allows. No input or output.

use crate::registers::model::{Direction, Entry};
use haidang_kernel::problem::Problem;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

/// The name of a book in its events: `out-2026-admin`.
pub fn register_name(direction: Direction, year: i16, group: &str) -> String {
    format!("{}-{year}-{group}", direction.as_str())
}

/// The number as printed: below ten with a zero before it (Decree 30/2020/NĐ-CP, Appendix I, Part I, II.3).
pub fn printed_number(number: i64) -> String {
    format!("{number:02}")
}

/// Number and notation as printed: `05/QĐ-UBND`.
pub fn printed_code(number: i64, notation: &str) -> String {
    if notation.is_empty() { printed_number(number) } else { format!("{}/{notation}", printed_number(number)) }
}

/// Whether the book of a year gives numbers: it does while its year lasts and nobody closed it.
///
/// # Errors
/// `register_frozen`.
pub fn is_open(year: i16, frozen: bool, today: Date) -> Result<(), Problem> {
    if frozen || year < today.year() {
        return Err(Problem::conflict("register_frozen", format!("the register of {year} is closed")));
    }
    Ok(())
}

/// Whether a date may stand beside the next number: not in the future, and never before the date of the number before
/// it, so that nothing is dated back and nothing is slipped in.
///
/// # Errors
/// `register_date_in_future`, `register_backdated`.
pub fn may_date(on: Date, last_on: Option<Date>, today: Date) -> Result<(), Problem> {
    if on > today {
        return Err(Problem::conflict("register_date_in_future", format!("{on} is after today, {today}")));
    }
    match last_on {
        Some(last) if on < last => {
            Err(Problem::conflict("register_backdated", format!("{on} is before {last}, the date of the last number")))
        }
        _ => Ok(()),
    }
}

/// Whether a number that was given back fits a date: not before the number below it, not after the one above it.
pub fn fits_between(on: Date, below: Option<Date>, above: Option<Date>) -> bool {
    below.is_none_or(|below| below <= on) && above.is_none_or(|above| on <= above)
}

/// Whether two versions of a line differ at most in what is known after the number: dispatch, receipt, remarks, the
/// columns of the tracking book.
pub fn only_later_columns(before: &Entry, after: &Entry) -> bool {
    let settled = Entry {
        sent_on: before.sent_on,
        receipt: before.receipt.clone(),
        note: before.note.clone(),
        due_on: before.due_on,
        progress: before.progress.clone(),
        answered_by: before.answered_by.clone(),
        ..after.clone()
    };
    settled == *before
}

/// How many numbers of a book are in which state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Counts {
    /// All numbers.
    pub lines: i64,
    /// On documents.
    pub issued: i64,
    /// Void with a reason.
    pub voided: i64,
    /// Held now.
    pub held: i64,
    /// Given back, to be taken again today.
    pub free: i64,
    /// The lowest number; 0 in an empty book.
    pub lowest: i64,
    /// The highest number; 0 in an empty book.
    pub highest: i64,
}

impl Counts {
    /// How many numbers there should be on documents: `max − min + 1 − voided`, less what is held or free at this moment.
    pub fn expected(&self) -> i64 {
        if self.highest == 0 {
            return 0;
        }
        self.highest - self.lowest + 1 - self.voided - self.held - self.free
    }

    /// Whether no number is missing, from 1 on.
    pub fn whole(&self) -> bool {
        self.issued == self.expected() && (self.lowest == 1 || self.highest == 0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn names_and_numbers() {
        assert_eq!(register_name(Direction::Out, 2026, "admin"), "out-2026-admin");
        for (number, notation, expected) in
            [(5, "QĐ-UBND", "05/QĐ-UBND"), (12, "UBND-VP", "12/UBND-VP"), (100, "", "100")]
        {
            assert_eq!(printed_code(number, notation), expected);
        }
    }

    #[test]
    fn a_book_is_open_in_its_year() {
        let today = date(2026, 1, 1);
        assert_eq!(is_open(2026, false, today), Ok(()));
        for (year, frozen) in [(2025, false), (2026, true)] {
            assert_eq!(is_open(year, frozen, today).unwrap_err().code, "register_frozen");
        }
    }

    #[test]
    fn dates_only_go_forward() {
        let today = date(2026, 3, 10);
        for (on, last, expected) in [
            (today, None, None),
            (today, Some(today), None),
            (date(2026, 3, 9), Some(date(2026, 3, 9)), None),
            (date(2026, 3, 9), Some(today), Some("register_backdated")),
            (date(2026, 3, 11), None, Some("register_date_in_future")),
        ] {
            let code = may_date(on, last, today).err().map(|problem| problem.code);
            assert_eq!(code, expected, "{on} after {last:?}");
        }
        let (monday, tuesday) = (date(2026, 3, 9), date(2026, 3, 10));
        for (on, below, above, expected) in [
            (monday, None, None, true),
            (monday, Some(monday), Some(monday), true),
            (tuesday, Some(monday), Some(monday), false),
            (monday, Some(tuesday), None, false),
        ] {
            assert_eq!(fits_between(on, below, above), expected, "{on} {below:?} {above:?}");
        }
    }

    #[test]
    fn no_number_is_missing() {
        let book = |issued, voided, held, free, lowest, highest| Counts {
            lines: issued + voided + held + free,
            issued,
            voided,
            held,
            free,
            lowest,
            highest,
        };
        for (counts, expected) in [
            (Counts::default(), true),
            (book(3, 0, 0, 0, 1, 3), true),
            (book(2, 1, 0, 0, 1, 3), true),
            (book(1, 1, 1, 1, 1, 4), true),
            (book(2, 0, 0, 0, 1, 3), false),
            (book(2, 0, 0, 0, 2, 3), false),
        ] {
            assert_eq!(counts.whole(), expected, "{counts:?}");
        }
    }

    #[test]
    fn what_may_be_filled_in_later() {
        let before = Entry { subject: "Về việc mẫu".into(), ..Entry::default() };
        let sent = Entry { sent_on: Some(date(2026, 1, 2)), receipt: "đã nhận".into(), ..before.clone() };
        assert!(only_later_columns(&before, &sent));
        assert!(!only_later_columns(&before, &Entry { subject: "Khác".into(), ..sent }));
    }
}
