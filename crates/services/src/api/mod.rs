//! The API of this room: everything a page can do, as data. One resource a file.

pub mod cases;
pub mod drafts;
pub mod due_dates;
pub mod explained;
pub mod inbox;
pub mod papers;
pub mod payments;
pub mod procedures;
pub mod supervision;

use crate::service::Services;
use haidang_contracts::actor::CaseId;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_web::{Fault, Routes};
use jiff::Timestamp;
use std::sync::Arc;

/// State of the handlers.
pub type State = Arc<Services>;

/// Every API route of this room.
pub fn routes(state: State) -> Routes<State> {
    let routes = Routes::new("services", state);
    let routes = procedures::routes(routes);
    let routes = due_dates::routes(routes);
    let routes = drafts::routes(routes);
    let routes = cases::routes(routes);
    let routes = papers::routes(routes);
    let routes = payments::routes(routes);
    let routes = inbox::routes(routes);
    supervision::routes(routes)
}

/// A moment as the API writes it: RFC 3339 with the city's offset.
pub fn moment(at: Timestamp) -> String {
    at.to_zoned(time::city_zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// An id in a path: what cannot be one does not exist, before any SQL.
pub(crate) fn case_id(text: &str) -> Result<CaseId, Fault> {
    Id::parse(text).map_err(|_| Problem::not_found("case_not_found", "no such case").into())
}

/// The same for drafts.
pub(crate) fn draft_id(text: &str) -> Result<Id<crate::cases::row::Draft>, Fault> {
    Id::parse(text).map_err(|_| Problem::not_found("draft_not_found", "no such draft").into())
}
