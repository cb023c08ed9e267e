//! What may happen to a task, and what follows: pure decisions.

use super::model::{Action, Part, State, TaskRow};
use haidang_kernel::calendar::WorkingCalendar;
use haidang_kernel::time;
use jiff::Timestamp;
use jiff::civil::{Date, time as clock};

/// Where an action leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// To this state.
    State(State),
    /// Back to where it stood before the question.
    Back,
    /// The state stays, but for what was only accepted: that has begun now.
    Begun,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Transition {
    /// What is done.
    pub action: Action,
    /// In which states.
    pub from: &'static [State],
    /// By whom.
    pub by: &'static [Part],
    /// Where it leads.
    pub to: To,
}

use Action::{
    Accept, Approve, AskExplanation, AskExtension, Explain, GrantExtension, HandBack, Reassign, RefuseExtension,
    Report, SendBack, Submit,
};
use State::{
    Accepted, Assigned, AwaitingApproval, Done, ExplanationRequested, ExtensionRequested, InProgress, Returned,
};

/// Every state but the last.
pub const OPEN: &[State] =
    &[Assigned, Accepted, InProgress, AwaitingApproval, Returned, ExtensionRequested, ExplanationRequested];

const fn row(action: Action, from: &'static [State], by: &'static [Part], to: To) -> Transition {
    Transition { action, from, by, to }
}

/// All that may happen.
pub const TABLE: &[Transition] = &[
    row(Accept, &[Assigned], &[Part::Owner], To::State(Accepted)),
    row(Report, &[Accepted, InProgress], &[Part::Owner, Part::CoOwner], To::Begun),
    row(Submit, &[Accepted, InProgress], &[Part::Owner], To::State(AwaitingApproval)),
    row(Approve, &[AwaitingApproval], &[Part::Giver], To::State(Done)),
    row(SendBack, &[AwaitingApproval], &[Part::Giver], To::State(InProgress)),
    row(GrantExtension, &[ExtensionRequested], &[Part::Giver], To::Back),
    row(RefuseExtension, &[ExtensionRequested], &[Part::Giver], To::Back),
    row(Explain, &[ExplanationRequested], &[Part::Owner], To::Back),
    row(AskExtension, &[Accepted, InProgress], &[Part::Owner], To::State(ExtensionRequested)),
    row(AskExplanation, &[Assigned, Accepted, InProgress], &[Part::Giver], To::State(ExplanationRequested)),
    row(HandBack, &[Assigned], &[Part::Owner], To::State(Returned)),
    row(Reassign, OPEN, &[Part::Giver], To::State(Assigned)),
];

/// Where an action leads from here, for somebody in these parts.
///
/// # Errors
/// `task_not_yours` for the wrong part, `task_state` when the state does not allow it.
pub fn next(state: State, before: Option<State>, action: Action, parts: &[Part]) -> Result<State, &'static str> {
    let row = TABLE.iter().find(|row| row.action == action).ok_or("task_state")?;
    if !row.by.iter().any(|part| parts.contains(part)) {
        return Err("task_not_yours");
    }
    if !row.from.contains(&state) {
        return Err("task_state");
    }
    Ok(match row.to {
        To::State(next) => next,
        To::Back => before.unwrap_or(InProgress),
        To::Begun => InProgress,
    })
}

/// What somebody in these parts may do now, in the order of the table.
pub fn allowed(state: State, parts: &[Part]) -> Vec<Action> {
    TABLE.iter().map(|row| row.action).filter(|action| next(state, None, *action, parts).is_ok()).collect()
}

/// Who must act now: the owner, or whoever gave it. Nobody when it is done.
pub fn waits_for(state: State) -> Option<Part> {
    match state {
        Assigned | Accepted | InProgress | ExplanationRequested => Some(Part::Owner),
        AwaitingApproval | Returned | ExtensionRequested => Some(Part::Giver),
        Done => None,
    }
}

/// The colour of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Colour {
    /// Time enough.
    Green,
    /// Soon due.
    Amber,
    /// Overdue.
    Red,
}

impl Colour {
    /// The word in addresses and texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Amber => "amber",
            Self::Red => "red",
        }
    }
}

/// Green above the threshold, amber up to it, red after the last day.
pub fn colour(days_left: i64, amber_within: i64) -> Colour {
    match days_left {
        left if left < 0 => Colour::Red,
        left if left <= amber_within => Colour::Amber,
        _ => Colour::Green,
    }
}

/// Working days until the end of the last day; negative when it has passed.
pub fn days_left(calendar: &WorkingCalendar, now: Timestamp, due: Date) -> i64 {
    calendar.working_days_left(now, time::at(due.to_datetime(clock(23, 59, 59, 999_999_000))))
}

/// The six as they are filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Six {
    /// Rõ người.
    pub person: bool,
    /// Rõ việc.
    pub work: bool,
    /// Rõ thời gian.
    pub time: bool,
    /// Rõ trách nhiệm.
    pub responsibility: bool,
    /// Rõ kết quả.
    pub result: bool,
    /// Rõ nguyên nhân.
    pub cause: bool,
}

/// Keys of the six, in the order of the motto.
pub const SIX: [&str; 6] = ["person", "work", "time", "responsibility", "result", "cause"];

impl Six {
    /// The six of a task. A cause is missing only where one is owed: late or extended.
    pub fn of(task: &TaskRow, today: Date) -> Self {
        let late = task.done_on.unwrap_or(today) > task.due_on;
        let owes_cause = late || task.due_on != task.first_due_on;
        let produced = task.evidence_document.is_some() || task.confirmed_by.is_some() || task.state != Done;
        Self {
            person: !task.owner.is_empty(),
            work: !task.work.trim().is_empty(),
            time: task.start_on.is_some(),
            responsibility: !task.unit.is_empty() && task.leader.is_some(),
            result: !task.expected_product.trim().is_empty() && produced,
            cause: !owes_cause || task.cause.is_some(),
        }
    }

    /// Filled or not, in the order of [`SIX`].
    pub fn each(self) -> [bool; 6] {
        [self.person, self.work, self.time, self.responsibility, self.result, self.cause]
    }

    /// How many are filled.
    pub fn score(self) -> i64 {
        self.each().into_iter().map(i64::from).sum()
    }
}

/// What is wrong with a task to be given, as (field, code).
pub fn check_new(
    work: &str,
    product: &str,
    start: Option<Date>,
    due: Date,
    today: Date,
) -> Vec<(&'static str, &'static str)> {
    let mut wrong = Vec::new();
    let length = work.trim().chars().count();
    if length == 0 {
        wrong.push(("work", "required"));
    } else if length > 2000 {
        wrong.push(("work", "too_long"));
    }
    if product.trim().chars().count() > 1000 {
        wrong.push(("expected_product", "too_long"));
    }
    if due < today {
        wrong.push(("due", "past"));
    } else if start.is_some_and(|start| start > due) {
        wrong.push(("due", "before_start"));
    }
    wrong
}

/// A cell of a table for spreadsheets: quoted, and never a formula.
pub fn csv_cell(text: &str) -> String {
    let formula = text.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    format!("\"{}{}\"", if formula { "'" } else { "" }, text.replace('"', "\"\""))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_states() {
        use Part::{CoOwner, Giver, Owner};
        for (state, before, action, part, expected) in [
            (Assigned, None, Accept, Owner, Ok(Accepted)),
            (Assigned, None, Accept, Giver, Err("task_not_yours")),
            (Assigned, None, HandBack, Owner, Ok(Returned)),
            (Assigned, None, Submit, Owner, Err("task_state")),
            (Accepted, None, Report, CoOwner, Ok(InProgress)),
            (InProgress, None, Report, Owner, Ok(InProgress)),
            (InProgress, None, Submit, CoOwner, Err("task_not_yours")),
            (InProgress, None, Submit, Owner, Ok(AwaitingApproval)),
            (AwaitingApproval, None, Approve, Giver, Ok(Done)),
            (AwaitingApproval, None, Approve, Owner, Err("task_not_yours")),
            (AwaitingApproval, None, SendBack, Giver, Ok(InProgress)),
            (Accepted, None, AskExtension, Owner, Ok(ExtensionRequested)),
            (ExtensionRequested, Some(Accepted), GrantExtension, Giver, Ok(Accepted)),
            (ExtensionRequested, Some(InProgress), RefuseExtension, Giver, Ok(InProgress)),
            (Assigned, None, AskExplanation, Giver, Ok(ExplanationRequested)),
            (ExplanationRequested, Some(Assigned), Explain, Owner, Ok(Assigned)),
            (Returned, None, Reassign, Giver, Ok(Assigned)),
            (Done, None, Reassign, Giver, Err("task_state")),
            (Done, None, Report, Owner, Err("task_state")),
        ] {
            assert_eq!(next(state, before, action, &[part]), expected, "{state:?} {action:?} {part:?}");
        }
    }

    #[test]
    fn nothing_ends_without_approval_and_nothing_is_stuck() {
        let everybody = Part::ALL;
        for row in TABLE {
            let ends = row.to == To::State(Done);
            assert!(!ends || (row.action == Approve && row.from == [AwaitingApproval]), "{:?}", row.action);
        }
        for state in State::ALL {
            let open = !allowed(*state, everybody).is_empty();
            assert_eq!(open, *state != Done, "{state:?}");
            assert_eq!(waits_for(*state).is_some(), open, "{state:?}");
            // Whoever must act can.
            if let Some(part) = waits_for(*state) {
                assert!(!allowed(*state, &[part]).is_empty(), "{state:?}");
            }
        }
    }

    proptest::proptest! {
        /// However people act, a task reaches its end only from a result that waited for approval.
        #[test]
        fn no_way_around_approval(steps in proptest::collection::vec((0_usize..12, 0_usize..3), 0..60)) {
            let (mut state, mut before) = (Assigned, None);
            for (action, part) in steps {
                let (action, part) = (Action::ALL[action], Part::ALL[part]);
                if let Ok(next) = next(state, before, action, &[part]) {
                    proptest::prop_assert!(next != Done || (state == AwaitingApproval && part == Part::Giver));
                    if matches!(next, ExtensionRequested | ExplanationRequested) {
                        before = Some(state);
                    }
                    state = next;
                    // A question never leads back into a question.
                    proptest::prop_assert!(!matches!(before, Some(ExtensionRequested | ExplanationRequested | Done)));
                }
            }
        }

        #[test]
        fn colours_follow_the_days(left in -400_i64..400, amber in 0_i64..30) {
            let expected = if left < 0 { Colour::Red } else if left > amber { Colour::Green } else { Colour::Amber };
            proptest::prop_assert_eq!(colour(left, amber), expected);
        }

        #[test]
        fn a_cell_never_computes(text in ".{0,40}") {
            let cell = csv_cell(&text);
            let inner = cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            proptest::prop_assert!(inner.is_some_and(|inner| !inner.trim_start().starts_with(['=', '+', '-', '@'])));
        }
    }

    #[test]
    fn what_a_new_task_needs() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let today = day("2026-03-03");
        for (work, product, start, due, expected) in [
            ("Rà soát", "Báo cáo", None, "2026-03-03", vec![]),
            ("  ", "", None, "2026-03-10", vec![("work", "required")]),
            ("Rà soát", "", None, "2026-03-02", vec![("due", "past")]),
            ("Rà soát", "", Some("2026-03-12"), "2026-03-10", vec![("due", "before_start")]),
        ] {
            assert_eq!(check_new(work, product, start.map(day), day(due), today), expected, "{work} {due}");
        }
    }
}
