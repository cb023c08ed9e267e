//! Who reads a document and in which part somebody acts on it. Denied unless a line here allows it.

use super::model::Document;
use super::table::{Part, STEPS, State, Step};
use haidang_contracts::Actor;

/// Writing drafts.
pub(crate) const DRAFT: &str = "document.draft";
/// Reading the documents of one's unit.
pub(crate) const READ_UNIT: &str = "document.read_unit";
/// Reviewing drafts.
pub(crate) const REVIEW: &str = "document.review";
/// Signing.
pub(crate) const SIGN: &str = "document.sign";
/// The clerk's office.
pub(crate) const CLERK: &str = "document.clerk";
/// What opens the pages of documents at all; the document itself decides the rest.
pub(crate) const ANY: &[&str] = &[DRAFT, READ_UNIT, REVIEW, SIGN, CLERK];

/// Whether somebody may read the document: staff of its organ with the right, and whoever has a part in it.
pub(crate) fn reads(document: &Document, actor: &Actor) -> bool {
    let me = actor.person.as_str();
    let named = document.drafter == me || document.signer == me || document.reviewer.as_deref() == Some(me);
    let there = actor.positions.iter().any(|post| post.agency == document.agency);
    actor.can_in(READ_UNIT, &document.agency) || (named && there)
}

/// Whether somebody acts in this part. Nobody passes a draft of their own.
pub(crate) fn holds(part: Part, document: &Document, actor: &Actor) -> bool {
    let me = actor.person.as_str();
    let can = |capability: &str| actor.can_in(capability, &document.agency);
    match part {
        Part::Drafter => document.drafter == me && can(DRAFT),
        Part::Reviewer => {
            let asked = document.reviewer.as_deref().is_none_or(|asked| asked == me);
            document.drafter != me && asked && can(REVIEW)
        }
        Part::Checker => document.drafter != me && (can(CLERK) || can(REVIEW)),
        Part::Signer => document.signer == me && can(SIGN),
        Part::Leader => can(SIGN),
        Part::Clerk => can(CLERK),
        Part::Keeper => can(DRAFT) || can(CLERK),
    }
}

/// What somebody may do next, in the order of the table.
pub(crate) fn open_to(document: &Document, actor: &Actor) -> Vec<&'static Step> {
    let starts = |step: &&Step| step.from.contains(&document.state) && holds(step.part, document, actor);
    STEPS.iter().filter(starts).collect()
}

/// Who must act now; `None` when nobody has to.
pub(crate) fn waits_for(state: State) -> Option<Part> {
    match state {
        State::Draft | State::Returned => Some(Part::Drafter),
        State::UnitReview => Some(Part::Reviewer),
        State::OfficeCheck => Some(Part::Checker),
        State::AwaitingSignature => Some(Part::Signer),
        State::Signed | State::Numbered | State::Sealed => Some(Part::Clerk),
        State::Issued | State::Filed | State::Recalled | State::Replaced | State::Corrected | State::Discarded => None,
    }
}
