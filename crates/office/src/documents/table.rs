//! The walk of a document as data: who may do what in which state, what must be true, what it brings about.
//!
//! Everything that moves a document asks this table; there is no other way from one state to the next. Decree
//! 30/2020/NĐ-CP, Articles 8–18.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a document stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Being written.
    Draft,
    /// The unit reads it.
    UnitReview,
    /// The office checks layout and form.
    OfficeCheck,
    /// The leader decides.
    AwaitingSignature,
    /// Sent back with a reason.
    Returned,
    /// The officer's signature stands.
    Signed,
    /// The number is taken and can be taken by nothing else.
    Numbered,
    /// The organ's signature closed it.
    Sealed,
    /// Issued.
    Issued,
    /// Issued and laid into a work file.
    Filed,
    /// Taken back after issue.
    Recalled,
    /// Another document stands for it.
    Replaced,
    /// A corrigendum was issued about its layout.
    Corrected,
    /// Given up before it was signed.
    Discarded,
}

impl State {
    /// All, in the order of the walk.
    pub const ALL: [Self; 14] = [
        Self::Draft,
        Self::UnitReview,
        Self::OfficeCheck,
        Self::AwaitingSignature,
        Self::Returned,
        Self::Signed,
        Self::Numbered,
        Self::Sealed,
        Self::Issued,
        Self::Filed,
        Self::Recalled,
        Self::Replaced,
        Self::Corrected,
        Self::Discarded,
    ];

    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::UnitReview => "unit_review",
            Self::OfficeCheck => "office_check",
            Self::AwaitingSignature => "awaiting_signature",
            Self::Returned => "returned",
            Self::Signed => "signed",
            Self::Numbered => "numbered",
            Self::Sealed => "sealed",
            Self::Issued => "issued",
            Self::Filed => "filed",
            Self::Recalled => "recalled",
            Self::Replaced => "replaced",
            Self::Corrected => "corrected",
            Self::Discarded => "discarded",
        }
    }

    /// The state of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether the document was issued, whatever became of it later.
    pub fn after_issue(self) -> bool {
        matches!(self, Self::Issued | Self::Filed | Self::Recalled | Self::Replaced | Self::Corrected)
    }
}

/// What somebody does with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A new version is saved.
    Revise,
    /// Given up.
    Discard,
    /// Sent to the unit's review.
    Submit,
    /// Taken back by its drafter before anybody passed it.
    TakeBack,
    /// The unit agrees.
    PassUnit,
    /// The office agrees.
    PassOffice,
    /// Sent back with a reason.
    GiveBack,
    /// Ký nháy.
    Initial,
    /// Ký số cá nhân of the competent person.
    Sign,
    /// The clerk takes the number.
    Number,
    /// The organ's signature.
    Seal,
    /// Issued to its receivers.
    Issue,
    /// Laid into a work file.
    File,
    /// Taken back after issue.
    Recall,
    /// Replaced by another document.
    Replace,
    /// Corrected by a corrigendum.
    Correct,
}

impl Action {
    /// All.
    pub const ALL: [Self; 16] = [
        Self::Revise,
        Self::Discard,
        Self::Submit,
        Self::TakeBack,
        Self::PassUnit,
        Self::PassOffice,
        Self::GiveBack,
        Self::Initial,
        Self::Sign,
        Self::Number,
        Self::Seal,
        Self::Issue,
        Self::File,
        Self::Recall,
        Self::Replace,
        Self::Correct,
    ];

    /// The word in the history and in addresses of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revise => "revise",
            Self::Discard => "discard",
            Self::Submit => "submit",
            Self::TakeBack => "take_back",
            Self::PassUnit => "pass_unit",
            Self::PassOffice => "pass_office",
            Self::GiveBack => "give_back",
            Self::Initial => "initial",
            Self::Sign => "sign",
            Self::Number => "number",
            Self::Seal => "seal",
            Self::Issue => "issue",
            Self::File => "file",
            Self::Recall => "recall",
            Self::Replace => "replace",
            Self::Correct => "correct",
        }
    }

    /// The action of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == word)
    }
}

/// In which part somebody acts. What each part demands is in `access`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Whoever drafts this document.
    Drafter,
    /// Whoever reviews for the unit; never the drafter.
    Reviewer,
    /// Whoever checks for the office; never the drafter.
    Checker,
    /// Whoever was named to sign.
    Signer,
    /// A leader of the organ who may sign.
    Leader,
    /// The clerk of the organ.
    Clerk,
    /// Whoever keeps work files: officials who draft, and the clerk.
    Keeper,
}

/// What must be true before a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Words that say why.
    Reason,
    /// The officer's signature in the file, valid.
    OfficerSignature,
    /// The organ's signature in the file, valid.
    OrganSignature,
    /// A number from the register.
    Number,
    /// No number yet.
    NoNumber,
    /// A document of the same organ, issued already.
    ByDocument,
}

/// What a step brings about besides the new state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// A version is added.
    Version,
    /// Initials are put on the paper.
    Initials,
    /// The officer's signature is put on the paper.
    OfficerSignature,
    /// The next number of the register is taken, in the same transaction.
    TakeNumber,
    /// Number and date are filled in and the organ's signature closes the paper.
    OrganSignature,
    /// Receivers get it; the archive keeps it.
    Dispatch,
    /// Receivers are told that it no longer stands as it was.
    Withdraw,
}

/// One row of the table.
#[derive(Debug)]
pub struct Step {
    /// States from which it starts.
    pub from: &'static [State],
    /// What is done.
    pub action: Action,
    /// Who does it.
    pub part: Part,
    /// What must be true.
    pub needs: &'static [Need],
    /// The state after; `None` stays.
    pub to: Option<State>,
    /// What it brings about.
    pub effects: &'static [Effect],
    /// Its audit action.
    pub audit: &'static str,
}

const fn step(
    from: &'static [State],
    action: Action,
    part: Part,
    needs: &'static [Need],
    to: Option<State>,
    effects: &'static [Effect],
    audit: &'static str,
) -> Step {
    Step { from, action, part, needs, to, effects, audit }
}

use State as S;

/// The whole walk.
#[rustfmt::skip] // one row a line: it is read as a table
pub const STEPS: &[Step] = &[
    step(&[S::Draft, S::Returned], Action::Revise, Part::Drafter, &[], Some(S::Draft), &[Effect::Version], "document.revised"),
    step(&[S::Draft, S::Returned], Action::Discard, Part::Drafter, &[], Some(S::Discarded), &[], "document.discarded"),
    step(&[S::Draft], Action::Submit, Part::Drafter, &[], Some(S::UnitReview), &[], "document.submitted"),
    step(&[S::UnitReview], Action::TakeBack, Part::Drafter, &[], Some(S::Draft), &[], "document.taken_back"),
    step(&[S::UnitReview], Action::PassUnit, Part::Reviewer, &[], Some(S::OfficeCheck), &[], "document.unit_passed"),
    step(&[S::UnitReview], Action::GiveBack, Part::Reviewer, &[Need::Reason], Some(S::Returned), &[], "document.returned"),
    step(&[S::UnitReview], Action::Initial, Part::Reviewer, &[], None, &[Effect::Initials], "document.initialled"),
    step(&[S::OfficeCheck], Action::PassOffice, Part::Checker, &[], Some(S::AwaitingSignature), &[], "document.office_passed"),
    step(&[S::OfficeCheck], Action::GiveBack, Part::Checker, &[Need::Reason], Some(S::Returned), &[], "document.returned"),
    step(&[S::OfficeCheck], Action::Initial, Part::Checker, &[], None, &[Effect::Initials], "document.initialled"),
    step(&[S::AwaitingSignature], Action::GiveBack, Part::Signer, &[Need::Reason], Some(S::Returned), &[], "document.returned"),
    step(&[S::AwaitingSignature], Action::Sign, Part::Signer, &[Need::NoNumber], Some(S::Signed), &[Effect::OfficerSignature], "document.signed"),
    step(&[S::Signed], Action::Number, Part::Clerk, &[Need::OfficerSignature, Need::NoNumber], Some(S::Numbered), &[Effect::TakeNumber], "document.numbered"),
    step(&[S::Numbered], Action::Seal, Part::Clerk, &[Need::OfficerSignature, Need::Number], Some(S::Sealed), &[Effect::OrganSignature], "document.sealed"),
    step(&[S::Sealed], Action::Issue, Part::Clerk, &[Need::OfficerSignature, Need::OrganSignature, Need::Number], Some(S::Issued), &[Effect::Dispatch], "document.issued"),
    step(&[S::Issued], Action::File, Part::Keeper, &[Need::OfficerSignature, Need::OrganSignature, Need::Number], Some(S::Filed), &[], "document.filed"),
    step(&[S::Issued, S::Filed, S::Corrected], Action::Recall, Part::Leader, &[Need::Reason, Need::Number], Some(S::Recalled), &[Effect::Withdraw], "document.recalled"),
    step(&[S::Issued, S::Filed, S::Corrected], Action::Replace, Part::Clerk, &[Need::Reason, Need::Number, Need::ByDocument], Some(S::Replaced), &[Effect::Withdraw], "document.replaced"),
    step(&[S::Issued, S::Filed], Action::Correct, Part::Clerk, &[Need::Reason, Need::Number, Need::ByDocument], Some(S::Corrected), &[Effect::Withdraw], "document.corrected"),
];

/// What the table wants to know of a document. The two signatures are those that a judge found valid in the file now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Where it stands.
    pub state: State,
    /// The officer's signature is there and valid.
    pub officer: bool,
    /// The organ's signature is there and valid.
    pub organ: bool,
    /// It has a number.
    pub number: bool,
}

impl Facts {
    /// A document that was just begun.
    pub const BEGUN: Self = Self { state: State::Draft, officer: false, organ: false, number: false };
}

/// What a request brings along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Given {
    /// A reason was given.
    pub reason: bool,
    /// The other document is of the same organ and issued.
    pub by_document: bool,
}

/// Why a step is refused: a stable code.
pub type Refused = &'static str;

/// The row for an action in a state, whoever asks.
pub fn find(state: State, action: Action) -> Option<&'static Step> {
    STEPS.iter().find(|step| step.action == action && step.from.contains(&state))
}

/// The row for an action when everything it needs is there.
///
/// # Errors
/// `transition_not_allowed`, `reason_required`, `officer_signature_missing`, `organ_signature_missing`,
/// `number_missing`, `number_taken`, `other_document_required`.
pub fn judge(facts: Facts, action: Action, given: Given) -> Result<&'static Step, Refused> {
    let step = find(facts.state, action).ok_or("transition_not_allowed")?;
    for need in step.needs {
        let (met, code) = match need {
            Need::Reason => (given.reason, "reason_required"),
            Need::OfficerSignature => (facts.officer, "officer_signature_missing"),
            Need::OrganSignature => (facts.organ, "organ_signature_missing"),
            Need::Number => (facts.number, "number_missing"),
            Need::NoNumber => (!facts.number, "number_taken"),
            Need::ByDocument => (given.by_document, "other_document_required"),
        };
        if !met {
            return Err(code);
        }
    }
    Ok(step)
}

/// The facts after a step whose effects succeeded.
pub fn after(facts: Facts, step: &Step) -> Facts {
    let mut next = Facts { state: step.to.unwrap_or(facts.state), ..facts };
    for effect in step.effects {
        match effect {
            // A new version is a new paper: nothing signed stands for it.
            Effect::Version => (next.officer, next.organ) = (false, false),
            Effect::OfficerSignature => next.officer = true,
            Effect::OrganSignature => next.organ = true,
            Effect::TakeNumber => next.number = true,
            Effect::Initials | Effect::Dispatch | Effect::Withdraw => {}
        }
    }
    next
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GIVEN: Given = Given { reason: true, by_document: true };

    #[test]
    fn every_pair_of_state_and_action_has_one_row_at_most_and_an_audit_action() {
        for state in State::ALL {
            assert_eq!(State::parse(state.as_str()), Some(state));
            for action in Action::ALL {
                let rows = STEPS.iter().filter(|step| step.action == action && step.from.contains(&state)).count();
                assert!(rows <= 1, "{state:?} {action:?} has {rows} rows");
            }
        }
        assert!(STEPS.iter().all(|step| step.audit.starts_with("document.")));
    }

    #[test]
    fn nothing_leaves_an_end() {
        for state in [State::Recalled, State::Replaced, State::Discarded] {
            assert!(Action::ALL.into_iter().all(|action| find(state, action).is_none()), "{state:?}");
        }
    }

    #[test]
    fn needs_are_named_when_they_are_missing() {
        let check = |state, officer, organ, number, action, given: Given, expected: &str| {
            let facts = Facts { state, officer, organ, number };
            assert_eq!(judge(facts, action, given).map(|step| step.audit).unwrap_or_else(|code| code), expected);
        };
        let nothing = Given::default();
        check(S::Draft, false, false, false, Action::Submit, nothing, "document.submitted");
        check(S::Draft, false, false, false, Action::Issue, GIVEN, "transition_not_allowed");
        check(S::UnitReview, false, false, false, Action::GiveBack, nothing, "reason_required");
        check(S::AwaitingSignature, false, false, true, Action::Sign, nothing, "number_taken");
        check(S::Signed, false, false, false, Action::Number, nothing, "officer_signature_missing");
        check(S::Signed, true, false, true, Action::Number, nothing, "number_taken");
        check(S::Numbered, true, false, false, Action::Seal, nothing, "number_missing");
        check(S::Sealed, true, false, true, Action::Issue, nothing, "organ_signature_missing");
        check(S::Sealed, true, true, true, Action::Issue, nothing, "document.issued");
        check(
            S::Issued,
            true,
            true,
            true,
            Action::Replace,
            Given { reason: true, by_document: false },
            "other_document_required",
        );
    }

    proptest! {
        /// Whatever is tried in whatever order: what was issued has both signatures and a number, and they were put on
        /// the last version.
        #[test]
        fn nothing_is_issued_without_two_signatures_and_a_number(tried in proptest::collection::vec(0_usize..16, 0..200)) {
            let mut facts = Facts::BEGUN;
            for index in tried {
                if let Ok(step) = judge(facts, Action::ALL[index], GIVEN) {
                    facts = after(facts, step);
                }
                if facts.state.after_issue() {
                    prop_assert!(facts.officer && facts.organ && facts.number, "{facts:?}");
                }
                if facts.state < State::Signed {
                    prop_assert!(!facts.number && !facts.organ, "{facts:?}");
                }
            }
        }
    }
}
