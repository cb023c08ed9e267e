//! The workbench of officials ("Egov"): inbox, case, actions, counter, printed forms, supervision.

use crate::api::State;
use haidang_web::Routes;

/// Adds the pages of officials.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    routes
}
