//! The workbench of officials ("Egov"): inbox, case, actions, counter, printed forms, supervision.

mod action;
mod action_fields;
mod case;
mod case_parts;
mod counter;
mod decide;
mod frame;
mod inbox;
mod list;
pub(crate) mod papers;
mod register;

use crate::api::State;
use haidang_web::Routes;

/// Adds the pages of officials.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    let routes = inbox::routes(routes);
    let routes = case::routes(routes);
    let routes = action::routes(routes);
    let routes = counter::routes(routes);
    let routes = papers::routes(routes);
    register::routes(routes)
}
