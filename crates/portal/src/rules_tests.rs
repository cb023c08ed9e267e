use super::*;
use proptest::prelude::*;

fn planned(kind: Kind, before: Option<i64>, status: i64) -> Planned {
    Planned { kind, before, status }
}

#[test]
fn an_event_becomes_messages() {
    use Kind::{Create, Progress, Update};
    for (what, told, action, status, expected) in [
        ("filed", None, "submit", 1, vec![planned(Create, None, 1)]),
        ("first heard of when at work", None, "propose", 4, vec![planned(Create, None, 4)]),
        ("accepted", Some(1), "accept", 2, vec![planned(Update, Some(1), 2)]),
        ("handed on", Some(4), "propose", 4, vec![planned(Progress, Some(4), 4)]),
        ("a supplement before intake", Some(1), "supplement", 5, vec![planned(Update, Some(1), 5)]),
        (
            "a supplement right after intake",
            Some(2),
            "supplement",
            5,
            vec![planned(Progress, Some(2), 4), planned(Update, Some(4), 5)],
        ),
        (
            "an electronic result",
            Some(4),
            "result_issued",
            10,
            vec![planned(Progress, Some(4), 9), planned(Update, Some(9), 10)],
        ),
        ("no way", Some(10), "correct", 4, vec![planned(Update, Some(10), 4)]),
    ] {
        assert_eq!(plan(told, action, status), expected, "{what}");
    }
}

#[test]
fn telling_again_walks_the_table_or_gives_up() {
    for (theirs, ours, expected) in [
        (None, 4, vec![planned(Kind::Create, None, 4)]),
        (Some(4), 4, vec![planned(Kind::Update, Some(4), 4)]),
        (Some(1), 4, vec![planned(Kind::Progress, Some(1), 2), planned(Kind::Update, Some(2), 4)]),
        (Some(10), 4, vec![]),
    ] {
        assert_eq!(plan_again(theirs, ours), expected, "{theirs:?} {ours}");
    }
}

#[test]
fn a_look_at_the_portal_tells_what_can_be_seen() {
    for (kind, before, status, there, expected) in [
        (Kind::Create, None, 1, Some(1), Found::Arrived),
        (Kind::Create, None, 1, None, Found::SendAgain),
        (Kind::Create, None, 1, Some(4), Found::SendAgain),
        (Kind::Update, Some(1), 2, Some(2), Found::Arrived),
        (Kind::Update, Some(1), 2, Some(1), Found::SendAgain),
        (Kind::Progress, Some(4), 4, Some(4), Found::SendAgain),
        (Kind::Progress, Some(4), 5, None, Found::SendAgain),
    ] {
        assert_eq!(found(kind, before, status, there), expected, "{kind:?} {before:?} {status} {there:?}");
    }
}

#[test]
fn differences_are_of_three_kinds() {
    let case = |status, reported| CaseOfDay { id: "c".into(), case_no: "n".into(), status, reported };
    let there = |status| PortalCase { case_no: "n".into(), status };
    for (ours, theirs, on_the_way, expected) in [
        (case(4, true), Some(there(4)), false, None),
        (case(4, true), Some(there(2)), false, Some(DifferenceKind::OtherStatus)),
        (case(4, true), Some(there(2)), true, None),
        (case(4, true), None, false, Some(DifferenceKind::MissingThere)),
        (case(4, false), None, false, None),
    ] {
        assert_eq!(difference(&ours, theirs.as_ref(), on_the_way), expected, "{ours:?} {theirs:?}");
    }
    let known = BTreeMap::from([("n".to_owned(), "c".to_owned())]);
    let other = PortalCase { case_no: "x".into(), status: 1 };
    assert_eq!(missing_here(&[there(1), other.clone(), other.clone()], &known), [&other]);
}

#[test]
fn reasons_lose_what_leads_to_a_person() {
    for (given, expected) in [
        ("Dữ liệu không hợp lệ: MaTTHC", "Dữ liệu không hợp lệ: MaTTHC"),
        ("so 031090000001 sai", "so … sai"),
        ("H24.11824-20260303-0000001", "H24.11824-20260303-0000001"),
        ("a\u{0}b\nc", "abc"),
    ] {
        assert_eq!(reason(given), expected);
    }
    assert!(reason(&"x".repeat(5_000)).len() <= 300);
}

fn happening() -> impl Strategy<Value = Happening> {
    (0..Happening::ALL.len()).prop_map(|index| Happening::ALL[index])
}

proptest! {
    /// Whatever happens, in whatever order: nothing is sent that was not begun, what is settled stays settled, only what
    /// was refused waits for people, and only a look precedes a second sending.
    #[test]
    fn a_message_moves_only_as_it_may(happenings in prop::collection::vec(happening(), 0..40)) {
        let mut state = State::Waiting;
        for happening in happenings {
            let next = after(state, happening);
            let settled = matches!(state, State::Delivered | State::Skipped);
            prop_assert!(!(settled && next.is_some()), "{:?} after {:?}", happening, state);
            let Some(next) = next else { continue };
            match next {
                State::Delivered | State::Refused => prop_assert_eq!(state, State::Sending),
                State::Skipped => prop_assert_eq!(state, State::Refused),
                State::Waiting => prop_assert!(matches!(state, State::Sending | State::Refused)),
                State::Sending => prop_assert!(matches!(state, State::Waiting | State::Sending)),
            }
            prop_assert_eq!(need(next) == Need::Ask, next == State::Sending);
            state = next;
        }
    }

    /// Each message begins where the one before it ended, and the last one tells the status of the event.
    #[test]
    fn plans_join_up(told in prop::option::of(1i64..=10), status in 1i64..=10, change in any::<bool>()) {
        let plan = plan(told, if change { "accept" } else { "propose" }, status);
        let mut before = told;
        for (index, one) in plan.iter().enumerate() {
            prop_assert_eq!(one.before, before);
            prop_assert_eq!(one.kind == Kind::Create, told.is_none());
            prop_assert!(one.kind != Kind::Update || index + 1 == plan.len());
            before = Some(one.status);
        }
        prop_assert_eq!(before, Some(status));
    }

    #[test]
    fn pauses_grow_and_stay_below_the_longest(attempt in 1i64..1_000, random in any::<u8>(), longest in 1i64..4_000) {
        let longest = SignedDuration::from_secs(longest);
        let waited = pause(attempt, longest, random);
        prop_assert!(waited >= SignedDuration::from_millis(500) && waited <= longest);
        prop_assert!(pause(attempt, longest, 0) <= waited && waited <= pause(attempt, longest, 255));
    }
}
