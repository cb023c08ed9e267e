//! The workbench of officials ("Egov"): inbox, case, actions, counter, printed forms, supervision.

mod action;
mod action_fields;
mod audit;
mod calendar;
mod case;
mod case_parts;
mod counter;
mod decide;
mod frame;
mod inbox;
mod list;
pub(crate) mod papers;
mod procedures;
mod register;
pub(crate) mod sheets;
mod supervision;
#[cfg(test)]
mod tests;

use crate::api::State;
use haidang_web::Routes;

/// Adds the pages of officials.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    let routes = inbox::routes(routes);
    let routes = case::routes(routes);
    let routes = action::routes(routes);
    let routes = counter::routes(routes);
    let routes = papers::routes(routes);
    let routes = register::routes(routes);
    let routes = supervision::routes(routes);
    let routes = audit::routes(routes);
    let routes = calendar::routes(routes);
    procedures::routes(routes)
}
