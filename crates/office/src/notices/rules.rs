//! Who is told what of a step. No input or output.

use crate::documents::copies::CopyState;
use crate::documents::{Document, State};
use haidang_contracts::identity::StaffMember;
use std::collections::BTreeSet;

/// A message and those who receive it, by opaque id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outgoing {
    pub(super) template: &'static str,
    pub(super) to: BTreeSet<String>,
}

fn holders(staff: &[StaffMember], capability: &str) -> BTreeSet<String> {
    let fits = staff.iter().filter(|member| member.capabilities.contains(capability));
    fits.map(|member| member.person.to_string()).collect()
}

fn one(template: &'static str, person: &str) -> Vec<Outgoing> {
    vec![Outgoing { template, to: BTreeSet::from([person.to_owned()]) }]
}

/// What follows from a document that came to a state: whoever must act now, whoever it came back to, whoever waited for
/// its issue. Who did the step is never told of it.
pub(super) fn of_document(document: &Document, state: State, by: &str, staff: &[StaffMember]) -> Vec<Outgoing> {
    let sends = match state {
        State::UnitReview => match &document.reviewer {
            Some(asked) => one("document_review", asked),
            None => vec![Outgoing { template: "document_review", to: holders(staff, "document.review") }],
        },
        State::OfficeCheck => vec![Outgoing { template: "document_review", to: holders(staff, "document.clerk") }],
        State::AwaitingSignature => one("document_to_sign", &document.signer),
        State::Returned => one("document_returned", &document.drafter),
        State::Signed => vec![Outgoing { template: "document_to_number", to: holders(staff, "document.clerk") }],
        State::Issued => {
            let to = BTreeSet::from([document.drafter.clone(), document.signer.clone()]);
            vec![Outgoing { template: "document_issued", to }]
        }
        _ => Vec::new(),
    };
    // Nobody passes a draft of their own, so its drafter is not asked to.
    let reviews = matches!(state, State::UnitReview | State::OfficeCheck);
    let besides = |person: &String| person != by && !(reviews && *person == document.drafter);
    without(sends, besides)
}

/// The same for a certified copy.
pub(super) fn of_copy(copy: &crate::documents::copies::Copy, by: &str, staff: &[StaffMember]) -> Vec<Outgoing> {
    let sends = match copy.state {
        CopyState::Asked => one("copy_to_sign", &copy.signer),
        CopyState::Signed => vec![Outgoing { template: "copy_to_number", to: holders(staff, "document.clerk") }],
        CopyState::Issued => one("copy_issued", &copy.asked_by),
        CopyState::Numbered | CopyState::Withdrawn => Vec::new(),
    };
    without(sends, |person| person != by)
}

fn without(sends: Vec<Outgoing>, keep: impl Fn(&String) -> bool) -> Vec<Outgoing> {
    let kept =
        sends.into_iter().map(|send| Outgoing { to: send.to.into_iter().filter(|one| keep(one)).collect(), ..send });
    kept.filter(|send| !send.to.is_empty()).collect()
}
