//! Dates and fees with their reasons, in the words of the API.

use super::moment;
use crate::cases::row::PinnedLimit;
use crate::procedure::FeeLine;
use haidang_kernel::calendar::{Due, DueKind};
use serde::Serialize;
use utoipa::ToSchema;

/// A due date and why it is that one.
#[derive(Debug, Serialize, ToSchema)]
pub struct DueDate {
    /// RFC 3339 with offset; absent when there is no date.
    pub due_at: Option<String>,
    /// `dated`, `paused`, `instant` or `no_date`.
    pub kind: &'static str,
    /// Legal line of the limit.
    pub basis: Option<String>,
    /// Every day from acceptance on.
    pub days: Vec<Day>,
}

/// One day of the way to the due date.
#[derive(Debug, Serialize, ToSchema)]
pub struct Day {
    /// `YYYY-MM-DD`.
    pub date: String,
    /// Whether the day counts.
    pub counted: bool,
    /// Which counted day it is.
    pub number: Option<u32>,
    /// Stable reason code.
    pub reason: &'static str,
    /// Name of the holiday or swap.
    pub name: Option<String>,
    /// Legal line of the day.
    pub basis: Option<String>,
}

impl DueDate {
    /// From the clock's answer.
    pub fn new(due: &Due, basis: Option<String>) -> Self {
        let kind = match due.kind {
            DueKind::Dated => "dated",
            DueKind::Paused => "paused",
            DueKind::Instant => "instant",
            DueKind::NoDate => "no_date",
        };
        let days = due
            .days
            .iter()
            .map(|day| Day {
                date: day.date.to_string(),
                counted: day.counted,
                number: day.number,
                reason: day.reason.code(),
                name: day.name.clone(),
                basis: day.basis.clone(),
            })
            .collect();
        Self { due_at: due.at.map(moment), kind, basis, days }
    }

    /// With the legal line of a pinned limit.
    pub fn of_limit(due: &Due, limit: &PinnedLimit) -> Self {
        Self::new(due, Some(limit.basis.clone()).filter(|basis| !basis.is_empty()))
    }
}

/// One charge with its law.
#[derive(Debug, Serialize, ToSchema)]
pub struct Fee {
    /// Fee code.
    pub code: String,
    /// `phi` or `le_phi`.
    pub kind: String,
    /// Name in Vietnamese.
    pub name: String,
    /// Đồng to pay; absent while it cannot be known.
    pub amount: Option<i64>,
    /// Legal line.
    pub basis: String,
    /// Exemption that applies.
    pub exemption: Option<String>,
    /// 1 at intake, 2 at supplement, 4 with the result.
    pub collect_at: i64,
    /// Whether it has been paid; absent in a quote.
    pub paid: Option<bool>,
}

impl Fee {
    /// From a line that is not yet on a case.
    pub fn quoted(line: &FeeLine) -> Self {
        Self {
            code: line.code.clone(),
            kind: line.kind.as_str().to_owned(),
            name: line.name.vi.clone(),
            amount: line.amount.map(|amount| amount.dong()),
            basis: line.basis.clone(),
            exemption: line.exempt.as_ref().map(|exempt| format!("{} ({})", exempt.name.vi, exempt.basis)),
            collect_at: i64::from(line.collect_at),
            paid: None,
        }
    }

    /// From a line of a case.
    pub fn of_case(row: &crate::cases::row::FeeRow) -> Self {
        Self {
            code: row.code.clone(),
            kind: row.kind.clone(),
            name: row.name.clone(),
            amount: Some(row.amount.dong()),
            basis: row.basis.clone(),
            exemption: row.exemption.clone(),
            collect_at: row.collect_at,
            paid: Some(!row.is_due()),
        }
    }
}
