//! `GET /api/v1/due-dates`: the public due-date calculator.

use super::State;
use super::explained::DueDate;
use haidang_kernel::calendar::{Pause, TimeLimit, Unit};
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_web::{Answer, Query, Routes, Row, State as Use, json};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;

/// What may be asked.
#[derive(Debug, Clone, Deserialize, IntoParams)]
pub struct DueDateQuestion {
    /// RFC 3339 with offset.
    pub accepted_at: String,
    /// `working_day`, `day`, `month`, `same_day`, `hour`, `working_hour`, `instant`, `none` or `event`.
    pub unit: String,
    /// Whole or half units, such as `5` or `0.5`.
    pub quantity: Option<f64>,
    /// Latest time of day of a same-day promise, `15:00`.
    pub cutoff: Option<String>,
    /// Pauses as `asked/received` days or moments, separated by commas.
    pub pauses: Option<String>,
}

impl DueDateQuestion {
    /// The question as the clock understands it.
    ///
    /// # Errors
    /// `due_date_question` with the wrong field.
    pub fn read(&self) -> Result<(Timestamp, TimeLimit, Vec<Pause>), Problem> {
        let wrong = |field: &str, code: &'static str| {
            Problem::invalid("due_date_question", "the question cannot be read").field(field, code)
        };
        let accepted: Timestamp = self.accepted_at.trim().parse().map_err(|_| wrong("accepted_at", "not_a_moment"))?;
        let unit = Unit::parse(&self.unit).ok_or_else(|| wrong("unit", "unknown"))?;
        let counted = matches!(unit, Unit::WorkingDay | Unit::Day | Unit::Month | Unit::Hour | Unit::WorkingHour);
        let quantity = match self.quantity {
            Some(quantity) if quantity > 0.0 && quantity <= 10_000.0 && (quantity * 2.0).fract() == 0.0 => {
                (quantity * 2.0) as i64
            }
            None if !counted => 0,
            Some(_) if !counted => 0,
            _ => return Err(wrong("quantity", "not_a_quantity")),
        };
        let cutoff = match &self.cutoff {
            Some(text) if !text.is_empty() => Some(text.parse().map_err(|_| wrong("cutoff", "not_a_time"))?),
            _ => None,
        };
        let pauses = self
            .pauses
            .iter()
            .flat_map(|text| text.split(','))
            .filter(|text| !text.trim().is_empty())
            .map(|text| pause(text.trim()).ok_or_else(|| wrong("pauses", "not_a_pause")))
            .collect::<Result<_, _>>()?;
        Ok((accepted, TimeLimit { unit, quantity_halves: quantity, cutoff, text: None }, pauses))
    }
}

fn pause(text: &str) -> Option<Pause> {
    let (asked, received) = text.split_once('/')?;
    let received = if received.is_empty() { None } else { Some(at(received)?) };
    Some(Pause { asked: at(asked)?, received, reason: "supplement".to_owned() })
}

fn at(text: &str) -> Option<Timestamp> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    let day: jiff::civil::Date = text.parse().ok()?;
    Some(time::at(day.at(12, 0, 0, 0)))
}

/// Counts a due date day by day.
pub async fn get_due_date(Use(services): Use<State>, Query(question): Query<DueDateQuestion>) -> Answer {
    let (accepted, limit, pauses) = question.read()?;
    let due =
        services.clock().calendar.due(&services.clock().hours, accepted, &limit, &pauses).map_err(|error| {
            Problem::invalid("calendar_missing", error.to_string()).field("accepted_at", error.code())
        })?;
    json(200, &DueDate::new(&due, None))
}

/// Adds the routes of this file.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    routes.api(
        Row::get("get_due_date", "/api/v1/due-dates")
            .public()
            .query::<DueDateQuestion>()
            .returns::<DueDate>(200)
            .summary("A due date with each day counted or skipped, and why"),
        get_due_date,
    )
}
