//! Books in the form of Decree 30/2020/NĐ-CP, Appendix IV, as PDF.
//!
//! Templates of the pack: `books/outgoing`, `books/incoming`, `books/tracking`. Their data: `title`, `agency`, `parent`
//! (may be empty), `year`, `from` and `to` (`YYYY-MM-DD`), `numbers` (`1–57`), `rows`: one list of texts a line, in the
//! order of the columns of the appendix. A void number keeps its line and says why it is void.

use crate::reader::Reader;
use crate::registers::model::{Direction, Line, NumberState, Register};
use crate::registers::reading::BookFilter;
use crate::registers::rules::{printed_code, printed_number};
use crate::room::OfficeRoom;
use haidang_contracts::papers::{PaperRequest, TypesetPaper};
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use jiff::civil::Date;
use serde_json::json;

/// Lines of one printed book; more is printed by months.
const MOST: i64 = 5_000;

/// Which form of book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Sổ đăng ký.
    Register,
    /// Sổ theo dõi giải quyết văn bản đến.
    Tracking,
}

impl OfficeRoom {
    /// A book, or a part of it, as PDF. The look is recorded.
    ///
    /// # Errors
    /// `register_not_found`; `book_form_unknown` for a tracking book of what did not arrive; `book_too_long`; what the
    /// typesetting says.
    pub async fn print_register(
        &self,
        reader: &Reader<'_>,
        id: &str,
        form: Form,
        filter: &BookFilter,
    ) -> Result<TypesetPaper, Problem> {
        let register = self.register(reader, id).await?;
        let template = match (form, register.direction) {
            (Form::Tracking, Direction::In) => "books/tracking",
            (Form::Register, Direction::In) => "books/incoming",
            (Form::Register, _) => "books/outgoing",
            (Form::Tracking, _) => {
                return Err(Problem::conflict("book_form_unknown", "only arrivals have a tracking book"));
            }
        };
        self.record_look(reader, &register, "register.printed").await?;
        let mut lines = self.select(&register, filter, MOST + 1).await?;
        if i64::try_from(lines.len()).is_ok_and(|count| count > MOST) {
            return Err(Problem::conflict("book_too_long", format!("more than {MOST} lines: print by months")));
        }
        lines.reverse();
        lines.retain(|line| matches!(line.state, NumberState::Issued | NumberState::Voided));
        let agency = self.directory.agency(&register.agency).await?;
        let parent = match agency.as_ref().and_then(|agency| agency.parent.as_deref()) {
            Some(parent) => self.directory.agency(parent).await?.map(|agency| agency.name_vi),
            None => None,
        };
        let rows: Vec<Vec<String>> = lines.iter().map(|line| columns(&register, form, line)).collect();
        let numbers = match (lines.first(), lines.last()) {
            (Some(first), Some(last)) => format!("{}–{}", printed_number(first.number), printed_number(last.number)),
            _ => String::new(),
        };
        let bounds = period(&register, filter, self.ambient.today());
        let title = match form {
            Form::Register => register.title.vi.clone(),
            Form::Tracking => "Sổ theo dõi giải quyết văn bản đến".to_owned(),
        };
        let data = json!({
            "title": title,
            "agency": agency.map_or_else(|| register.agency.clone(), |agency| agency.name_vi),
            "parent": parent.unwrap_or_default(),
            "year": register.year,
            "from": bounds.0.to_string(),
            "to": bounds.1.to_string(),
            "numbers": numbers,
            "rows": rows,
        });
        let request = PaperRequest {
            template: template.to_owned(),
            data,
            title: format!("{title} năm {}", register.year),
            language: "vi".to_owned(),
            dated: time::micros(self.ambient.now()),
            attachments: Vec::new(),
        };
        Ok(self.typesetting.typeset(&request).await?)
    }
}

/// From which day to which the printed part goes: within the year, and not beyond today.
fn period(register: &Register, filter: &BookFilter, today: Date) -> (Date, Date) {
    let first = Date::new(register.year, 1, 1).unwrap_or(Date::MIN);
    let last = Date::new(register.year, 12, 31).unwrap_or(Date::MAX).min(today);
    (filter.from.map_or(first, |from| from.max(first)), filter.to.map_or(last, |to| to.min(last)))
}

fn short(day: Date) -> String {
    day.strftime("%d/%m/%Y").to_string()
}

fn columns(register: &Register, form: Form, line: &Line) -> Vec<String> {
    let entry = &line.summary;
    let day = |day: Option<Date>| day.map(short).unwrap_or_default();
    let what = [entry.kind.as_str(), entry.subject.as_str()];
    let what = what.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let note = match &line.void_reason {
        Some(reason) => format!("Số bỏ trống: {reason}"),
        None => entry.note.clone(),
    };
    let void = line.state == NumberState::Voided;
    // Nothing of the paper that did not come about stands beside a void number.
    let kept = |text: &str| if void { String::new() } else { text.to_owned() };
    match (form, register.direction) {
        (Form::Tracking, _) => vec![
            printed_number(line.number),
            kept(&[entry.original_number.as_str(), what.as_str()].join(" ").trim().to_owned()),
            kept(&entry.receivers),
            kept(&day(entry.due_on)),
            kept(&entry.progress),
            kept(&entry.answered_by),
            note,
        ],
        (Form::Register, Direction::In) => vec![
            short(line.on),
            printed_number(line.number),
            kept(&entry.author),
            kept(&entry.original_number),
            kept(&day(entry.original_date)),
            kept(&what),
            kept(&entry.receivers),
            kept(&day(entry.sent_on)),
            kept(&entry.receipt),
            note,
        ],
        (Form::Register, _) => vec![
            if void { printed_number(line.number) } else { printed_code(line.number, &entry.notation) },
            short(line.on),
            kept(&what),
            kept(&entry.signer),
            kept(&entry.receivers),
            kept(&entry.kept_by),
            kept(&entry.copies.map(|count| count.to_string()).unwrap_or_default()),
            kept(&day(entry.sent_on)),
            kept(&entry.receipt),
            note,
        ],
    }
}
