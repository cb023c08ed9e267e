//! Acting for somebody else: only in the procedures of the mandate, from the first question to the last page.

use super::row::CaseRow;
use haidang_contracts::actor::{Actor, ActorKind};
use haidang_kernel::problem::Problem;

/// The actor with the one mandate that counts in this procedure, so that every record of the act names it.
///
/// # Errors
/// `outside_mandate` when somebody acts for another in a procedure that no mandate of theirs names, or after signing in
/// more weakly than it asks.
pub(super) fn within(actor: &Actor, procedure: &str) -> Result<Actor, Problem> {
    if actor.may_act_in(procedure) {
        return Ok(actor.within(procedure));
    }
    Err(Problem::forbidden("outside_mandate", format!("the mandate does not cover procedure {procedure}")))
}

/// Whether the actor filed the case for somebody: a system for its people, a clerk at the counter. A resident who filed
/// for another is let in by the mandate alone, and no longer when that has ended.
pub(super) fn filed(actor: &Actor, case: &CaseRow) -> bool {
    actor.kind != ActorKind::Resident && actor.person == case.filed_by
}

/// Whether a case is the actor's own business: theirs, or that of the one they act for, within the mandate.
pub(super) fn owns(actor: &Actor, case: &CaseRow) -> bool {
    *actor.subject() == case.owner_id && actor.may_act_in(&case.procedure_code)
}
