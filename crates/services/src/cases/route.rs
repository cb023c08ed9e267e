//! Reading the route of a procedure: what kind of work a step is, and where its task lies.

use super::row::CaseRow;
use crate::model::ActionKind;
use crate::procedure::model::{ActionRow, Procedure, Seat, Step};
use crate::rules::StepNature;

/// The step with this id.
pub fn step<'a>(procedure: &'a Procedure, id: &str) -> Option<&'a Step> {
    procedure.steps.iter().find(|step| step.id == id)
}

/// What kind of work a step is, read from what it offers.
pub fn nature(step: &Step) -> StepNature {
    let offers = |action: ActionKind| step.actions.iter().any(|row| row.id == action.as_str());
    if step.sign.as_deref() == Some("required") {
        StepNature::Sign
    } else if step.number.is_some() || offers(ActionKind::Issue) {
        StepNature::Issue
    } else if offers(ActionKind::Accept) {
        StepNature::Receive
    } else if offers(ActionKind::HandOver) {
        StepNature::HandOver
    } else {
        StepNature::Work
    }
}

/// The row by which a step offers an action.
pub fn offer<'a>(step: &'a Step, action: ActionKind) -> Option<&'a ActionRow> {
    step.actions.iter().find(|row| row.id == action.as_str())
}

/// The first step of a nature.
pub fn first_of(procedure: &Procedure, wanted: StepNature) -> Option<&Step> {
    procedure.steps.iter().find(|step| nature(step) == wanted)
}

/// The agency at which a step of this case is worked.
pub fn agency_of<'a>(step: &Step, case: &'a CaseRow) -> &'a str {
    let seat = step.at.unwrap_or(if step.role == "one_stop_officer" { Seat::Receiving } else { Seat::Competent });
    match seat {
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
