//! The public calculator of due dates: a GET form and an explained answer.

use super::common::{due_text, limit_text};
use crate::api::State;
use crate::service::Services;
use askama::Template;
use haidang_kernel::calendar::{TimeLimit, Unit};
use haidang_kernel::{format, time};
use haidang_ui::component::{DateField, ExplainedDate, Select, TextInput};
use haidang_ui::field::{Choice, ErrorItem, Field, LabelStyle};
use haidang_ui::{Html, IntoHtml, Page, t};
use haidang_web::{Answer, Query, Routes, Row, State as Use, Visitor, html, html_invalid};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde::Deserialize;

/// Units that one may ask for: those that give a date.
const UNITS: [Unit; 6] = [Unit::WorkingDay, Unit::Day, Unit::Month, Unit::SameDay, Unit::Hour, Unit::WorkingHour];
/// Longest limit asked for, in units.
const MOST: f64 = 1000.0;

/// The form as typed.
#[derive(Debug, Default, Clone, Deserialize)]
pub struct Asked {
    #[serde(rename = "ngay.day")]
    day: Option<String>,
    #[serde(rename = "ngay.month")]
    month: Option<String>,
    #[serde(rename = "ngay.year")]
    year: Option<String>,
    #[serde(rename = "gio")]
    time: Option<String>,
    #[serde(rename = "so")]
    quantity: Option<String>,
    #[serde(rename = "don-vi")]
    unit: Option<String>,
}

struct Answered {
    sentence: String,
    reason: String,
    calendar: Option<Html>,
}

#[derive(Template)]
#[template(path = "due_dates.html")]
struct DueDatesPage {
    page: Page,
    errors: Vec<ErrorItem>,
    day: DateField,
    time: TextInput,
    quantity: TextInput,
    unit: Select,
    answered: Option<Answered>,
}

/// `14:30`, `14h30`, `14 giờ 30`, `14`.
fn time_of(typed: &str) -> Option<Time> {
    let cleaned: String = typed.chars().map(|c| if c.is_ascii_digit() { c } else { ' ' }).collect();
    let mut parts = cleaned.split_whitespace().map(|part| part.parse::<i8>());
    let hour = parts.next()?.ok()?;
    let minute = parts.next().map_or(Ok(0), |part| part).ok()?;
    if parts.next().is_some() {
        return None;
    }
    Time::new(hour, minute, 0, 0).ok()
}

fn date_of(asked: &Asked) -> Option<Date> {
    let part = |text: &Option<String>| text.as_deref().map(str::trim).unwrap_or_default().to_owned();
    let year = part(&asked.year);
    if year.len() != 4 {
        return None;
    }
    Date::new(year.parse().ok()?, part(&asked.month).parse().ok()?, part(&asked.day).parse().ok()?).ok()
}

/// The limit in halves of its unit; what has no quantity needs none.
fn halves_of(unit: Unit, typed: Option<&str>) -> Option<i64> {
    if unit == Unit::SameDay {
        return Some(0);
    }
    let number = format::parse_decimal(typed?.trim()).ok()?;
    let halves = number * 2.0;
    (number > 0.0 && number <= MOST && halves.fract() == 0.0).then_some(halves as i64)
}

fn read(visitor: &Visitor, asked: &Asked) -> Result<(Timestamp, TimeLimit), Vec<ErrorItem>> {
    let say = |key: &str| t(visitor.lang, key, &[]);
    let mut errors = Vec::new();
    let date = date_of(asked);
    if date.is_none() {
        errors.push(ErrorItem::of("ngay", say("services-due-date-wrong")));
    }
    let wall = asked.time.as_deref().and_then(time_of);
    if wall.is_none() {
        errors.push(ErrorItem::of("gio", say("services-due-time-wrong")));
    }
    let unit = asked.unit.as_deref().and_then(Unit::parse).filter(|unit| UNITS.contains(unit));
    let unit = unit.unwrap_or(Unit::WorkingDay);
    let halves = halves_of(unit, asked.quantity.as_deref());
    if halves.is_none() {
        errors.push(ErrorItem::of("so", say("services-due-quantity-wrong")));
    }
    match (date, wall, halves) {
        (Some(date), Some(wall), Some(halves)) => {
            let limit = TimeLimit { unit, quantity_halves: halves, cutoff: None, text: None };
            Ok((time::at(date.to_datetime(wall)), limit))
        }
        _ => Err(errors),
    }
}

fn answer(services: &Services, page: &Page, accepted: Timestamp, limit: &TimeLimit) -> Result<Answered, ErrorItem> {
    let clock = services.clock();
    let missing = || ErrorItem::of("ngay", page.t("services-due-calendar-missing"));
    let due = clock.calendar.due(&clock.hours, accepted, limit, &[]).map_err(|_| missing())?;
    let at = due.at.ok_or_else(missing)?;
    let today = services.ambient.today();
    let calendar = (due.days.len() > 1).then(|| ExplainedDate::of(page.lang, &due, accepted, Some(today)).into_html());
    Ok(Answered {
        sentence: page.t1("services-due-answer", "due", due_text(page.lang, at, today)),
        reason: page.t2(
            "services-due-reason",
            "accepted",
            page.moment(accepted),
            "limit",
            limit_text(page.lang, limit),
        ),
        calendar,
    })
}

/// Counts a due date day by day. Without a question it shows the form, filled for now.
pub async fn show_due_dates(visitor: Visitor, Use(services): Use<State>, Query(asked): Query<Asked>) -> Answer {
    let first = asked.day.is_none() && asked.time.is_none() && asked.quantity.is_none() && asked.unit.is_none();
    let mut page = visitor.page(t(visitor.lang, "services-due-title", &[]), "services");
    let mut errors = Vec::new();
    let mut answered = None;
    let now = time::civil(services.ambient.now());
    let asked = if first {
        Asked {
            day: Some(now.day().to_string()),
            month: Some(now.month().to_string()),
            year: Some(now.year().to_string()),
            time: Some(format::time_table(now.time())),
            quantity: Some("5".to_owned()),
            unit: None,
        }
    } else {
        match read(&visitor, &asked) {
            Ok((accepted, limit)) => match answer(&services, &page, accepted, &limit) {
                Ok(found) => answered = Some(found),
                Err(error) => errors.push(error),
            },
            Err(found) => errors = found,
        }
        asked
    };
    page.errors = !errors.is_empty();
    let lang = page.lang;
    let unit = asked.unit.clone().unwrap_or_else(|| Unit::WorkingDay.code().to_owned());
    let units = UNITS
        .iter()
        .map(|known| {
            let text = page.t(&format!("services-due-unit-{}", super::common::dashed(known.code())));
            Choice::new(known.code(), text).chosen(&unit)
        })
        .collect();
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let day = Field::new(lang, "ngay", page.t("services-due-day")).style(LabelStyle::Strong).errors(&errors);
    let wall = Field::new(lang, "gio", page.t("services-due-time")).hint(page.t("services-hint-time")).errors(&errors);
    let number = Field::new(lang, "so", page.t("services-due-quantity"))
        .hint(page.t("services-due-quantity-hint"))
        .errors(&errors);
    let shown = DueDatesPage {
        day: DateField::new(day).values(text(&asked.day), text(&asked.month), text(&asked.year)),
        time: TextInput::new(wall).value(text(&asked.time)).width(5).figures(),
        quantity: TextInput::new(number).value(text(&asked.quantity)).width(5).figures(),
        unit: Select::new(Field::new(lang, "don-vi", page.t("services-due-unit")), units).always(),
        answered,
        errors,
        page,
    };
    if shown.errors.is_empty() { html(shown) } else { html_invalid(shown) }
}

/// Adds the routes of this file.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    routes.page(Row::get("show_due_dates", "/tinh-han").public().example("/tinh-han"), show_due_dates)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let check = |typed: &str, expected: Option<(i8, i8)>| {
            assert_eq!(time_of(typed).map(|time| (time.hour(), time.minute())), expected, "{typed}");
        };
        check("14:30", Some((14, 30)));
        check("9", Some((9, 0)));
        check("14 giờ 05", Some((14, 5)));
        check("7h30", Some((7, 30)));
        check("24:00", None);
        check("14:60", None);
        check("", None);
        check("14:30:15", None);
    }

    #[test]
    fn quantities_are_whole_or_half() {
        let check = |unit, typed: Option<&str>, expected| assert_eq!(halves_of(unit, typed), expected, "{typed:?}");
        check(Unit::WorkingDay, Some("5"), Some(10));
        check(Unit::WorkingDay, Some("0,5"), Some(1));
        check(Unit::WorkingDay, Some("0,3"), None);
        check(Unit::WorkingDay, Some("0"), None);
        check(Unit::WorkingDay, Some("-2"), None);
        check(Unit::WorkingDay, Some("5000"), None);
        check(Unit::WorkingDay, None, None);
        check(Unit::SameDay, None, Some(0));
    }
}
