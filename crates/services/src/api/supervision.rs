//! `/api/v1/supervision`: what is late, and what a changed calendar would do.

use super::{State, moment};
use crate::cases::calendar_change::Recomputation;
use haidang_web::{Answer, Query, Routes, Row, State as Use, Visitor, json};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Numbers of one agency.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgencyNumbers {
    /// Agency code.
    pub agency: String,
    /// Open cases.
    pub open: i64,
    /// Open and past their date.
    pub overdue: i64,
    /// Ended since the first day of the month.
    pub ended: i64,
    /// Of those, ended late.
    pub ended_late: i64,
}

/// Open and late cases by agency, this month.
pub async fn list_agency_numbers(visitor: Visitor, Use(services): Use<State>) -> Answer {
    let numbers = services.agency_numbers(visitor.require_actor()?).await?;
    json(200, &numbers)
}

/// What may be asked.
#[derive(Debug, Deserialize, IntoParams)]
pub struct ListDifferences {
    /// Run; default the latest.
    pub run: Option<String>,
    /// Where the previous page ended.
    pub cursor: Option<String>,
}

/// One difference.
#[derive(Debug, Serialize, ToSchema)]
pub struct Difference {
    /// Id and cursor.
    pub id: String,
    /// Case.
    pub case: String,
    /// Its number.
    pub case_no: String,
    /// Agency.
    pub agency: String,
    /// The date as promised.
    pub printed: String,
    /// The date by the calendar now in force.
    pub recomputed: String,
}

/// Computes every open case again with the calendar in force and keeps the differences; no date moves.
pub async fn recompute_dates(visitor: Visitor, Use(services): Use<State>) -> Answer {
    let clock = services.clock();
    let found = services.recompute_dates(visitor.require_actor()?, &clock, &visitor.request_id).await?;
    json(200, &found)
}

/// Differences of a run.
pub async fn list_date_differences(Use(services): Use<State>, Query(ask): Query<ListDifferences>) -> Answer {
    let run = match ask.run {
        Some(run) => run,
        None => services.last_run().await?.unwrap_or_default(),
    };
    let rows = services.date_differences(&run, ask.cursor.as_deref().unwrap_or_default(), 200).await?;
    let rows: Vec<Difference> = rows
        .into_iter()
        .map(|d| Difference {
            id: d.id,
            case: d.case_id,
            case_no: d.case_no,
            agency: d.agency,
            printed: moment(d.printed_at),
            recomputed: moment(d.recomputed_at),
        })
        .collect();
    json(200, &rows)
}

/// Adds the routes of this file.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .api(
            Row::get("list_agency_numbers", "/api/v1/supervision/agencies")
                .any_capability(&["case.read_all", "case.read_unit"])
                .role("supervisor")
                .returns::<Vec<AgencyNumbers>>(200)
                .summary("Open and late cases by agency"),
            list_agency_numbers,
        )
        .api(
            Row::post("recompute_dates", "/api/v1/calendars/recomputation")
                .capability("calendar.manage")
                .audit("calendar.recomputed")
                .returns::<Recomputation>(200)
                .summary("Computes open cases again and lists the differences"),
            recompute_dates,
        )
        .api(
            Row::get("list_date_differences", "/api/v1/calendars/differences")
                .any_capability(&["calendar.manage", "case.read_all"])
                .role("administrator")
                .query::<ListDifferences>()
                .returns::<Vec<Difference>>(200)
                .summary("Differences of a recomputation"),
            list_date_differences,
        )
}
