//! The clock of one case: its date, its pauses, and what moves with it.

use super::row::{CaseRow, PinnedLimit, TaskRow};
use super::trail::PauseRow;
use crate::procedure::{Budget, Moment, Step, Version};
use haidang_kernel::calendar::{Due, OfficeHours, Pause, TimeLimit, Unit, WorkingCalendar};
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use jiff::Timestamp;
use std::sync::Arc;

/// Calendar and office hours of the city.
#[derive(Debug, Clone)]
pub struct CityClock {
    /// Working days.
    pub calendar: Arc<WorkingCalendar>,
    /// Office hours.
    pub hours: OfficeHours,
}

impl CityClock {
    /// The due date of a limit with its day-by-day explanation.
    ///
    /// # Errors
    /// `calendar_missing` when a year is not loaded.
    pub fn due(&self, accepted: Timestamp, limit: &TimeLimit, pauses: &[Pause]) -> Result<Due, Problem> {
        self.calendar.due(&self.hours, accepted, limit, pauses).map_err(clock_problem)
    }

    /// The due date alone, without the explanation.
    ///
    /// # Errors
    /// `calendar_missing` when a year is not loaded.
    pub fn due_at(
        &self,
        accepted: Timestamp,
        limit: &TimeLimit,
        pauses: &[Pause],
    ) -> Result<Option<Timestamp>, Problem> {
        self.calendar.due_at(&self.hours, accepted, limit, pauses).map(|due| due.at).map_err(clock_problem)
    }

    /// When a budget that starts now ends.
    ///
    /// # Errors
    /// `calendar_missing` when a year is not loaded.
    pub fn after(&self, start: Timestamp, budget: Budget) -> Result<Option<Timestamp>, Problem> {
        self.due_at(start, &limit_of(budget), &[])
    }

    /// When the internal budget of a step that begins now ends.
    ///
    /// # Errors
    /// `calendar_missing` when a year is not loaded.
    pub fn budget_end(&self, version: &Version, step: &Step, start: Timestamp) -> Result<Option<Timestamp>, Problem> {
        version.budget(step).map_or(Ok(None), |budget| self.after(start, budget))
    }

    /// The due date of a case now, from its pinned limit and its pauses that count.
    ///
    /// # Errors
    /// `calendar_missing` when a year is not loaded.
    pub fn of_case(&self, case: &CaseRow, pauses: &[PauseRow]) -> Result<Option<Timestamp>, Problem> {
        match case.accepted_at {
            Some(accepted) => self.due_at(accepted, &case.limit.limit, &counting(pauses)),
            None => Ok(None),
        }
    }

    /// The same with the explanation.
    ///
    /// # Errors
    /// `calendar_missing` when a year is not loaded.
    pub fn explain(&self, case: &CaseRow, pauses: &[PauseRow]) -> Result<Due, Problem> {
        self.due(case.accepted_at.unwrap_or(case.submitted_at), &case.limit.limit, &counting(pauses))
    }

    /// The moment at which an escalation fires, or `None` when what it is measured by does not exist: the budget of
    /// the step, or the limit, given as moment of acceptance and due date.
    ///
    /// # Errors
    /// `calendar_missing` when a year is not loaded.
    pub fn moment(
        &self,
        moment: Moment,
        start: Timestamp,
        budget_end: Option<Timestamp>,
        (accepted, due): (Option<Timestamp>, Option<Timestamp>),
    ) -> Result<Option<Timestamp>, Problem> {
        Ok(match moment {
            Moment::ShareOfBudget(share) => budget_end.map(|end| share_of(start, end, share)),
            Moment::ShareOfLimit(share) => match (accepted, due) {
                (Some(from), Some(due)) => Some(share_of(from, due, share)),
                _ => None,
            },
            Moment::AfterStart(length) => self.after(start, length)?,
            Moment::Due => due,
            Moment::AfterDue(length) => match due {
                Some(due) => self.after(due, length)?,
                None => None,
            },
            Moment::BeforeDue(length) => match due {
                Some(due) => Some(self.before(due, length)?),
                None => None,
            },
        })
    }

    /// The moment this much before a date: whole working days back keep the time of day, other units subtract.
    fn before(&self, due: Timestamp, length: Budget) -> Result<Timestamp, Problem> {
        let seconds = |n: i64| jiff::SignedDuration::from_secs(n);
        Ok(match length.unit {
            Unit::WorkingDay => {
                let wall = time::civil(due);
                let mut day = wall.date();
                for _ in 0..(length.halves / 2).max(1) {
                    day = self.previous_working(day)?;
                }
                time::at(day.to_datetime(wall.time()))
            }
            Unit::Day => due - seconds(length.halves * 12 * 3600),
            _ => due - seconds(length.halves * 1800),
        })
    }

    fn previous_working(&self, day: jiff::civil::Date) -> Result<jiff::civil::Date, Problem> {
        let mut day = day;
        // No run of days off is longer than a month; a calendar that says so is missing.
        for _ in 0..31 {
            day = day.yesterday().map_err(|e| Problem::internal(e.to_string()))?;
            if self.calendar.is_working(day) {
                return Ok(day);
            }
        }
        Err(Problem::internal("calendar_missing: no working day within a month"))
    }
}

fn share_of(from: Timestamp, to: Timestamp, share: u32) -> Timestamp {
    let span = time::micros(to) - time::micros(from);
    time::from_micros(time::micros(from) + span / 100 * i64::from(share))
}

fn limit_of(budget: Budget) -> TimeLimit {
    TimeLimit { unit: budget.unit, quantity_halves: budget.halves, cutoff: None, text: None }
}

fn clock_problem(error: haidang_kernel::calendar::ClockError) -> Problem {
    Problem::internal(format!("calendar: {error}"))
}

/// The pauses that the limit lets stop the clock.
pub fn counting(pauses: &[PauseRow]) -> Vec<Pause> {
    pauses
        .iter()
        .filter(|pause| pause.counts)
        .map(|pause| Pause { asked: pause.asked_at, received: pause.received_at, reason: pause.reason.clone() })
        .collect()
}

/// Where an open task sorts: by the case's date, cases without one last.
pub fn due_sort(due: Option<Timestamp>) -> i64 {
    due.map_or(i64::MAX, time::micros)
}

/// Whether the limit lets a reason stop the clock.
pub fn pauses_clock(limit: &PinnedLimit, reason: &str) -> bool {
    limit.pauses.iter().any(|pause| pause == reason)
}

/// Result of one hop for the control slip (form 06): before, on or after its budget.
pub fn hop_result(task: &TaskRow) -> Option<&'static str> {
    let (closed, due) = (task.closed_at?, task.budget_due_at?);
    let (closed_day, due_day) = (time::civil(closed).date(), time::civil(due).date());
    Some(if closed > due {
        "late"
    } else if closed_day < due_day {
        "early"
    } else {
        "on_time"
    })
}
