//! The explained date: a calendar and the same days as a list, each with its reason.

use crate::Lang;
use crate::html::Html;
use crate::texts::t;
use askama::Template;
use haidang_kernel::calendar::Due;
use haidang_kernel::format;
use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// What a day means for the due date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayMark {
    /// The case was received; not counted.
    Start,
    /// Counted.
    Counted,
    /// A holiday, a day off or a day of the weekend.
    Off,
    /// Not counted because the clock stood still.
    Paused,
    /// The day of the due date, counted.
    Due,
}

/// One day with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedDay {
    /// The day.
    pub date: Date,
    /// What it means.
    pub mark: DayMark,
    /// Which counted day it is.
    pub number: Option<u32>,
    /// The reason in words ("Nghỉ Quốc khánh").
    pub reason: Html,
}

/// Calendar and list of a due date.
#[derive(Debug, Clone, Template)]
#[template(path = "components/explained_date.html")]
pub struct ExplainedDate {
    lang: Lang,
    days: Vec<ExplainedDay>,
    today: Option<Date>,
}

struct Square {
    day: String,
    note: String,
    class: &'static str,
}

impl ExplainedDate {
    /// From the days of the clock, in order. Long stretches are folded by the caller.
    #[must_use]
    pub fn new(lang: Lang, days: Vec<ExplainedDay>, today: Option<Date>) -> Self {
        Self { lang, days, today }
    }

    /// The explanation that the clock gave, in words. `today` outlines a day when it is among them.
    #[must_use]
    pub fn of(lang: Lang, due: &Due, accepted: Timestamp, today: Option<Date>) -> Self {
        Self::new(lang, super::reasons::days_of(lang, due, accepted, today), today)
    }

    fn say(&self, key: &str) -> String {
        t(self.lang, key, &[])
    }

    fn caption(&self) -> String {
        let span = match (self.days.first(), self.days.last()) {
            (Some(first), Some(last)) => {
                let (from, to) = (format::date_month(self.lang, first.date), format::date_month(self.lang, last.date));
                if from == to {
                    from
                } else {
                    t(self.lang, "ui-calendar-months", &[("from", from.into()), ("to", to.into())])
                }
            }
            _ => String::new(),
        };
        format!("{}. {}", capital(&span), self.say("ui-calendar-legend"))
    }

    fn weekdays(&self) -> Vec<(String, String)> {
        (0..7_i8)
            .filter_map(|offset| Weekday::from_monday_zero_offset(offset).ok())
            .map(|day| {
                let short = self.say(&format!("ui-weekday-{}", day.to_monday_one_offset()));
                (short, format::weekday(self.lang, day).to_owned())
            })
            .collect()
    }

    fn weeks(&self) -> Vec<Vec<Square>> {
        let (Some(first), Some(last)) = (self.days.first(), self.days.last()) else { return Vec::new() };
        let lead = i64::from(first.date.weekday().to_monday_zero_offset());
        let tail = i64::from(Weekday::Sunday.to_monday_zero_offset() - last.date.weekday().to_monday_zero_offset());
        let (Ok(mut date), Ok(end)) = (first.date.checked_sub(lead.days()), last.date.checked_add(tail.days())) else {
            return Vec::new();
        };
        let mut weeks = Vec::new();
        let mut week = Vec::with_capacity(7);
        loop {
            week.push(self.square(date, first.date));
            if week.len() == 7 {
                weeks.push(std::mem::take(&mut week));
            }
            match date.tomorrow() {
                Ok(next) if date < end => date = next,
                _ => return weeks,
            }
        }
    }

    fn square(&self, date: Date, first: Date) -> Square {
        let day = if date.day() == 1 && date != first { format!("1/{}", date.month()) } else { date.day().to_string() };
        let found = self.days.iter().find(|known| known.date == date);
        let now = self.today == Some(date);
        let number = |found: &ExplainedDay| found.number.map(|number| number.to_string()).unwrap_or_default();
        let (note, class) = match found.map(|known| known.mark) {
            Some(DayMark::Start) => (self.say("ui-calendar-received"), if now { "is-in is-now" } else { "is-in" }),
            Some(DayMark::Counted) => {
                (found.map(number).unwrap_or_default(), if now { "is-count is-now" } else { "is-count" })
            }
            Some(DayMark::Due) => (found.map(number).unwrap_or_default(), if now { "is-due is-now" } else { "is-due" }),
            Some(DayMark::Off) => (self.say("ui-calendar-off"), if now { "is-off is-now" } else { "is-off" }),
            Some(DayMark::Paused) => (self.say("ui-calendar-paused"), if now { "is-off is-now" } else { "is-off" }),
            None => (String::new(), if now { "is-now" } else { "" }),
        };
        Square { day, note, class }
    }

    fn rows(&self) -> Vec<(String, bool, Html)> {
        let mut rows: Vec<(Date, Date, bool, &Html)> = Vec::new();
        for day in &self.days {
            let counted = matches!(day.mark, DayMark::Counted | DayMark::Due);
            if let Some(last) = rows.last_mut() {
                let follows = last.1.tomorrow().ok() == Some(day.date);
                if !counted && !last.2 && follows && *last.3 == day.reason && day.mark != DayMark::Start {
                    last.1 = day.date;
                    continue;
                }
            }
            rows.push((day.date, day.date, counted, &day.reason));
        }
        rows.into_iter()
            .map(|(from, to, counted, reason)| (self.days_text(from, to), counted, reason.clone()))
            .collect()
    }

    /// `Thứ Năm, 27/08`, `29 và 30/08`, `16 đến 20/02`; the year stands in the caption of the calendar.
    fn days_text(&self, from: Date, to: Date) -> String {
        let short = |date: Date| {
            let table = format::date_table(self.lang, date);
            let cut = table.rfind(['/', ' ']).unwrap_or(table.len());
            table[..cut].to_owned()
        };
        if from == to {
            let separator = if self.lang == Lang::Vi { ", " } else { " " };
            return capital(&format!("{}{separator}{}", format::weekday(self.lang, from.weekday()), short(from)));
        }
        let key = if from.tomorrow().ok() == Some(to) { "ui-days-two" } else { "ui-days-range" };
        let first = if from.month() != to.month() {
            short(from)
        } else if self.lang == Lang::Vi {
            format!("{:02}", from.day())
        } else {
            from.day().to_string()
        };
        t(self.lang, key, &[("from", first.into()), ("to", short(to).into())])
    }
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().into_iter().flat_map(char::to_uppercase).chain(characters).collect()
}
