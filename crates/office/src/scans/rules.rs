//! Where a scan stands and what may happen to it: one table.

use super::model::State;

/// What happens to a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It was looked at, but nothing can read it now.
    Wait,
    /// Reading begins or goes on.
    Begin,
    /// All pages are read.
    Finish,
    /// It cannot be read.
    Fail,
    /// Somebody wants it tried again.
    Retry,
    /// Somebody confirmed what it is.
    Confirm,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 6] = [Self::Wait, Self::Begin, Self::Finish, Self::Fail, Self::Retry, Self::Confirm];
}

/// Where a scan stands after a step, or `None` when the step is not possible there.
pub fn after(state: State, step: Step) -> Option<State> {
    use State::{Confirmed, Failed, Read, Reading, Uploaded, Waiting};
    match (state, step) {
        (Uploaded | Waiting | Reading, Step::Wait) => Some(Waiting),
        (Uploaded | Waiting | Reading, Step::Begin) => Some(Reading),
        (Reading, Step::Finish) => Some(Read),
        (Uploaded | Waiting | Reading, Step::Fail) => Some(Failed),
        (Failed, Step::Retry) => Some(Waiting),
        // A paper that no machine reads is confirmed by a person who does.
        (Read | Confirmed | Failed, Step::Confirm) => Some(Confirmed),
        _ => None,
    }
}

/// Whether the resolution is below what the law wants of a scan.
pub fn is_coarse(dpi: Option<i64>, least: u32) -> bool {
    dpi.is_some_and(|dpi| dpi < i64::from(least))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_is_confirmed_before_it_was_read_or_given_up() {
        for state in State::ALL {
            let confirmed = after(state, Step::Confirm).is_some();
            assert_eq!(confirmed, matches!(state, State::Read | State::Confirmed | State::Failed), "{state:?}");
        }
    }

    #[test]
    fn only_what_failed_is_tried_again() {
        for state in State::ALL {
            assert_eq!(after(state, Step::Retry).is_some(), state == State::Failed, "{state:?}");
        }
    }

    #[test]
    fn coarse_is_what_says_so() {
        assert!(is_coarse(Some(199), 200));
        assert!(!is_coarse(Some(200), 200));
        assert!(!is_coarse(None, 200));
    }

    proptest! {
        #[test]
        fn a_person_has_the_last_word(steps in proptest::collection::vec(0_usize..6, 0..40)) {
            let mut state = State::Uploaded;
            let mut confirmed = false;
            for step in steps {
                let Some(next) = after(state, Step::ALL[step]) else { continue };
                // No machine takes a confirmed paper back.
                prop_assert!(!confirmed || next == State::Confirmed);
                confirmed = next == State::Confirmed;
                state = next;
            }
        }
    }
}
