//! The workbench of officials ("Egov"): inbox, case, actions, counter, printed forms, supervision.

mod action;
mod action_fields;
mod case;
mod case_parts;
mod decide;
mod frame;
mod inbox;
mod list;

use crate::api::State;
use haidang_web::Routes;

/// Adds the pages of officials.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    let routes = inbox::routes(routes);
    let routes = case::routes(routes);
    action::routes(routes)
}
