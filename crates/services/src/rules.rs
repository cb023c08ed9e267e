//! Pure decisions about a case: which action may follow which state, and where it leads.
//!
//! The national table of allowed transitions (handbook, 3.3) is checked on top of whatever the procedure data
//! says: data can narrow it, never widen it.

use crate::model::{ActionKind, CaseState};
use haidang_kernel::problem::Problem;

/// The national table (`TrangThaiHoSo`), which data can narrow and never widen.
pub use haidang_kernel::national::allows as national_allows;

/// Whether one of our states may follow another. The first act of the handling official on an accepted case (2)
/// takes it into work (4) and from there on: both steps of the national table are walked at once.
pub fn may_follow(from: CaseState, to: CaseState) -> bool {
    let (before, after) = (from.national(), to.national());
    national_allows(before, after) || (from == CaseState::Accepted && national_allows(4, after))
}

/// What the executor must know of a case to judge an action; taken from its row inside the transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Situation {
    /// State now.
    pub state: CaseState,
    /// Whether intake has happened.
    pub accepted: bool,
    /// Supplements asked so far.
    pub supplements: i64,
    /// Whether the applicant has answered the open supplement.
    pub supplement_answered: bool,
    /// Consultations still without an answer.
    pub open_consultations: i64,
    /// Whether a fee to be paid at intake is still due.
    pub intake_fee_due: bool,
    /// Whether a fee to be paid with the result is still due.
    pub result_fee_due: bool,
    /// Whether the case is past its due date.
    pub overdue: bool,
}

/// What the procedure data says about the step that offers the action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Step the action leads to; `None` at the end.
    pub to_step: Option<StepNature>,
    /// Step the case stands on.
    pub from_step: StepNature,
}

/// The kind of work a step is, read from the procedure data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepNature {
    /// Intake at a one-stop unit.
    Receive,
    /// Work on the case.
    Work,
    /// A leader signs.
    Sign,
    /// A clerk numbers and issues.
    Issue,
    /// The result is handed over.
    HandOver,
}

/// Extra consent the official gave on the page that stated the consequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Consent {
    /// "The case will count as late" was read and confirmed.
    pub second_supplement: bool,
}

/// Judges an action: the state it leads to, or the problem that says why not.
///
/// # Errors
/// `transition_not_allowed`, `second_supplement_unconfirmed`, `fee_due`, `consultation_open`.
pub fn decide(action: ActionKind, now: &Situation, offer: &Offer, consent: Consent) -> Result<CaseState, Problem> {
    guard(action, now, consent)?;
    let next = target(action, now, offer)?;
    if !may_follow(now.state, next) {
        return Err(not_allowed(action, now.state));
    }
    Ok(next)
}

fn guard(action: ActionKind, now: &Situation, consent: Consent) -> Result<(), Problem> {
    if action == ActionKind::Supplement && now.supplements >= 1 && !consent.second_supplement {
        return Err(Problem::conflict(
            "second_supplement_unconfirmed",
            "a second supplement counts the case as late; confirm it first",
        ));
    }
    if action == ActionKind::Accept && now.intake_fee_due {
        return Err(Problem::conflict(
            "fee_due",
            "the fee due at intake is not paid; collect it or wait for the payment",
        ));
    }
    if action == ActionKind::HandOver && now.result_fee_due {
        return Err(Problem::conflict("fee_due", "the fee due with the result is not paid"));
    }
    if matches!(action, ActionKind::Propose | ActionKind::Sign) && now.open_consultations > 0 {
        return Err(Problem::conflict("consultation_open", "another agency has not answered yet"));
    }
    if action == ActionKind::Apologise && (!now.accepted || now.state.is_end()) {
        return Err(not_allowed(action, now.state));
    }
    Ok(())
}

fn target(action: ActionKind, now: &Situation, offer: &Offer) -> Result<CaseState, Problem> {
    use ActionKind as A;
    use CaseState as S;
    let refused = || Err(not_allowed(action, now.state));
    let waiting_for_intake = matches!(now.state, S::Submitted | S::Coordinating)
        || (now.state == S::AwaitingSupplement && !now.accepted && now.supplement_answered);
    let at_work = matches!(now.state, S::Accepted | S::InProgress | S::Consulting);
    Ok(match action {
        A::Accept if waiting_for_intake && offer.from_step == StepNature::Receive && now.state != S::Coordinating => {
            S::Accepted
        }
        A::Refuse if waiting_for_intake && !now.accepted && now.state != S::AwaitingSupplement => S::Refused,
        // 5 → 3 is not in the national table: an answered supplement that still fails is stopped (form 05).
        A::Forward if matches!(now.state, S::Submitted | S::Coordinating) => S::Submitted,
        A::Supplement if waiting_for_intake || at_work => S::AwaitingSupplement,
        A::AnswerSupplement if now.state == S::AwaitingSupplement && !now.supplement_answered => {
            if now.accepted {
                S::InProgress
            } else {
                S::AwaitingSupplement
            }
        }
        A::Consult if at_work => S::Consulting,
        A::RequestPayment if at_work => S::AwaitingPayment,
        A::Propose | A::Approve if at_work || now.state == S::AwaitingSignature => to_state(offer),
        A::Sign if now.state == S::AwaitingSignature => to_state(offer),
        A::Return if matches!(now.state, S::AwaitingSignature | S::AwaitingIssue) || at_work => S::InProgress,
        A::Issue if now.state == S::AwaitingIssue => S::ResultReady,
        A::HandOver if now.state == S::ResultReady => S::Returned,
        A::Stop
            if now.accepted && (at_work || now.state == S::AwaitingSupplement || now.state == S::AwaitingPayment) =>
        {
            S::Stopped
        }
        A::Stop if now.state == S::AwaitingSupplement => S::Stopped,
        A::Apologise => now.state,
        A::Withdraw
            if matches!(
                now.state,
                S::Submitted | S::Accepted | S::InProgress | S::Consulting | S::AwaitingSupplement
            ) =>
        {
            S::WithdrawalRequested
        }
        A::AcceptWithdrawal if now.state == S::WithdrawalRequested => S::Withdrawn,
        // Declining sends an accepted case back to work; before intake there is no work to go back to.
        A::DeclineWithdrawal if now.state == S::WithdrawalRequested && now.accepted => S::InProgress,
        A::Correct if now.state == S::ResultReady => S::InProgress,
        _ => return refused(),
    })
}

fn to_state(offer: &Offer) -> CaseState {
    match offer.to_step {
        Some(StepNature::Sign) => CaseState::AwaitingSignature,
        Some(StepNature::Issue) => CaseState::AwaitingIssue,
        _ => CaseState::InProgress,
    }
}

fn not_allowed(action: ActionKind, state: CaseState) -> Problem {
    Problem::conflict("transition_not_allowed", format!("'{action}' cannot follow state '{state}'"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use proptest::prelude::*;

    fn situation(state: CaseState) -> Situation {
        let accepted = !matches!(state, CaseState::Submitted | CaseState::Coordinating | CaseState::Refused);
        Situation {
            state,
            accepted,
            supplements: 0,
            supplement_answered: false,
            open_consultations: 0,
            intake_fee_due: false,
            result_fee_due: false,
            overdue: false,
        }
    }

    fn offer(from: StepNature, to: Option<StepNature>) -> Offer {
        Offer { from_step: from, to_step: to }
    }

    fn check(name: &str, action: ActionKind, now: Situation, offer: &Offer, expected: Result<CaseState, &str>) {
        let got = decide(action, &now, offer, Consent::default()).map_err(|p| p.code.to_string());
        assert_eq!(got, expected.map_err(str::to_string), "{name}");
    }

    #[test]
    fn the_main_job_walks_from_submission_to_hand_over() {
        use ActionKind as A;
        use CaseState as S;
        use StepNature as N;
        let walk = [
            (A::Accept, S::Submitted, N::Receive, Some(N::Work), S::Accepted),
            (A::Propose, S::Accepted, N::Work, Some(N::Sign), S::AwaitingSignature),
            (A::Sign, S::AwaitingSignature, N::Sign, Some(N::Issue), S::AwaitingIssue),
            (A::Issue, S::AwaitingIssue, N::Issue, Some(N::HandOver), S::ResultReady),
            (A::HandOver, S::ResultReady, N::HandOver, None, S::Returned),
        ];
        for (action, state, from, to, next) in walk {
            check(action.as_str(), action, situation(state), &offer(from, to), Ok(next));
        }
    }

    #[test]
    fn what_may_not_follow_is_refused_with_its_reason() {
        use ActionKind as A;
        use CaseState as S;
        use StepNature as N;
        let o = offer(N::Work, Some(N::Sign));
        check("hand over before the result", A::HandOver, situation(S::InProgress), &o, Err("transition_not_allowed"));
        check(
            "accept twice",
            A::Accept,
            situation(S::Accepted),
            &offer(N::Receive, Some(N::Work)),
            Err("transition_not_allowed"),
        );
        check("refuse after intake", A::Refuse, situation(S::InProgress), &o, Err("transition_not_allowed"));
        check("sign what was not proposed", A::Sign, situation(S::InProgress), &o, Err("transition_not_allowed"));
        let mut second = situation(S::InProgress);
        second.supplements = 1;
        check("second supplement unread", A::Supplement, second, &o, Err("second_supplement_unconfirmed"));
        let mut unpaid = situation(S::Submitted);
        unpaid.intake_fee_due = true;
        check("intake with the fee due", A::Accept, unpaid, &offer(N::Receive, Some(N::Work)), Err("fee_due"));
        let mut asked = situation(S::Consulting);
        asked.open_consultations = 1;
        check("propose while another agency is asked", A::Propose, asked, &o, Err("consultation_open"));
        let mut before_intake = situation(S::WithdrawalRequested);
        before_intake.accepted = false;
        check(
            "decline a withdrawal before intake",
            A::DeclineWithdrawal,
            before_intake,
            &o,
            Err("transition_not_allowed"),
        );
    }

    #[test]
    fn a_supplement_before_intake_waits_for_the_clerk_and_after_intake_resumes_work() {
        use ActionKind as A;
        use CaseState as S;
        let o = offer(StepNature::Receive, Some(StepNature::Work));
        let mut before = situation(S::AwaitingSupplement);
        before.accepted = false;
        check("answer before intake", A::AnswerSupplement, before.clone(), &o, Ok(S::AwaitingSupplement));
        before.supplement_answered = true;
        check("accept after the answer", A::Accept, before, &o, Ok(S::Accepted));
        check("answer after intake", A::AnswerSupplement, situation(S::AwaitingSupplement), &o, Ok(S::InProgress));
    }

    proptest! {
        /// Whatever is tried, an allowed action never leaves the national table and an end is an end.
        #[test]
        fn no_action_leaves_the_national_table(a in 0..ActionKind::ALL.len(), s in 0..CaseState::ALL.len(), accepted: bool, answered: bool, supplements in 0..3i64, to in 0..4usize) {
            let state = CaseState::ALL[s];
            let mut now = situation(state);
            now.accepted = accepted;
            now.supplement_answered = answered;
            now.supplements = supplements;
            let to = [None, Some(StepNature::Work), Some(StepNature::Sign), Some(StepNature::Issue)][to];
            let consent = Consent { second_supplement: true };
            if let Ok(next) = decide(ActionKind::ALL[a], &now, &offer(StepNature::Receive, to), consent) {
                prop_assert!(may_follow(state, next));
                prop_assert!(!state.is_end());
            }
        }
    }
}
