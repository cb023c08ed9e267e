//! Where the work of a case lies.

use super::row::CaseRow;
use crate::model::ActionKind;
use crate::procedure::{Seat, Step, Version};
use crate::rules::StepNature;

/// The first step of a nature.
pub fn first_of(version: &Version, wanted: StepNature) -> Option<&Step> {
    version.steps().iter().find(|step| version.nature(step) == wanted)
}

/// The agency at which a step of this case is worked.
pub fn agency_of<'a>(version: &Version, step: &Step, case: &'a CaseRow) -> &'a str {
    match version.seat(step) {
        Seat::Receiving => &case.receiving_agency,
        Seat::Competent => case.deciding_agency(),
    }
}

/// Actions that any step may see, whatever the procedure data lists: they answer the applicant's wish, a broken
/// promise or a mistake, and the law gives them without the route naming them.
pub const GENERAL: [ActionKind; 6] = [
    ActionKind::Apologise,
    ActionKind::AcceptWithdrawal,
    ActionKind::DeclineWithdrawal,
    ActionKind::Correct,
    ActionKind::RequestPayment,
    ActionKind::Forward,
];
