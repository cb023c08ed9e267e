//! From the clock of the kernel to days with reasons in words.

use super::dates::{DayMark, ExplainedDay};
use crate::Lang;
use crate::html::Html;
use crate::texts::t;
use haidang_kernel::calendar::{DayNote, DayReason, Due};
use haidang_kernel::format;
use haidang_kernel::time::civil;
use jiff::Timestamp;
use jiff::civil::Date;

pub(super) fn days_of(lang: Lang, due: &Due, accepted: Timestamp, today: Option<Date>) -> Vec<ExplainedDay> {
    let last = due.at.map(|at| civil(at).date());
    due.days
        .iter()
        .map(|note| ExplainedDay {
            date: note.date,
            mark: mark(note, last),
            number: note.number,
            reason: reason(lang, note, due, accepted, last, today),
        })
        .collect()
}

fn mark(note: &DayNote, last: Option<Date>) -> DayMark {
    match note.reason {
        _ if last == Some(note.date) => DayMark::Due,
        DayReason::Accepted => DayMark::Start,
        DayReason::Paused => DayMark::Paused,
        _ if note.counted => DayMark::Counted,
        _ => DayMark::Off,
    }
}

fn reason(lang: Lang, note: &DayNote, due: &Due, accepted: Timestamp, last: Option<Date>, today: Option<Date>) -> Html {
    let say = |key: &str| Html::text(t(lang, key, &[]));
    let received =
        Html::text(t(lang, "ui-day-received", &[("time", format::time_table(civil(accepted).time()).into())]));
    let number = || match note.number {
        Some(number) => Html::text(t(lang, "ui-day-number", &[("number", number.into())])),
        None => say("ui-day-counted"),
    };
    let mut text = match note.reason {
        DayReason::Accepted => received.then(Html::text(" ")).then(say("ui-day-first")),
        DayReason::SameDay => received.then(Html::text(" ")).then(say("ui-day-same")),
        DayReason::Working | DayReason::CalendarDay => number(),
        DayReason::ExtraWork => number().then(Html::text(". ")).then(say("ui-day-extra")),
        DayReason::WeeklyOff => say("ui-day-weekly-off"),
        DayReason::Holiday => say("ui-day-holiday").then(Html::text(" ")).then(name(lang, note)),
        DayReason::Compensatory | DayReason::Swap if note.name.is_some() => name(lang, note),
        DayReason::Compensatory | DayReason::Swap => say("ui-day-weekly-off"),
        DayReason::Paused => {
            let why = if note.name.as_deref().is_some_and(|name| !name.is_empty()) {
                Html::text(": ").then(name(lang, note))
            } else {
                Html::default()
            };
            say("ui-day-paused").then(why)
        }
        DayReason::Moved => say("ui-day-moved"),
        DayReason::Elapsed => {
            Html::text(t(lang, "ui-day-minutes", &[("minutes", note.minutes.unwrap_or_default().into())]))
        }
    };
    if let (Some(at), true) = (due.at, last == Some(note.date)) {
        let time = format::time_table(civil(at).time());
        text = text.then(Html::text(t(lang, "ui-day-due", &[("time", time.into())])));
    }
    if today == Some(note.date) {
        text = text.then(Html::text(" ")).then(say("ui-day-today"));
    }
    if note.provisional {
        text = text.then(Html::text(" ")).then(say("ui-day-provisional"));
    }
    text
}

fn name(lang: Lang, note: &DayNote) -> Html {
    let name = note.name.clone().unwrap_or_default();
    if lang == Lang::Vi {
        return Html::text(name);
    }
    Html::trusted("<span lang=\"vi\">").then(Html::text(name)).then(Html::trusted("</span>"))
}
