#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::super::model::Details;
use super::*;
use haidang_contracts::papers::JudgedSignature;
use jiff::civil::date;

fn calendar() -> WorkingCalendar {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packs/haiphong/calendars");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let texts: Vec<String> = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    WorkingCalendar::from_toml(&texts).unwrap()
}

/// Everything that any path of acts reaches, with what lies behind it: what must never be.
#[test]
fn no_path_passes_by_the_register() {
    let mut known = std::collections::BTreeSet::from([(State::Arrived, false, false)]);
    let mut open: Vec<_> = known.iter().copied().collect();
    while let Some((state, registered, done)) = open.pop() {
        for act in Act::ALL {
            let Some(next) = after(state, *act) else { continue };
            let reached = (next, registered || next == State::Registered, done || next == State::Done);
            let handled = matches!(next, State::Submitted | State::Assigned | State::InProgress | State::Done);
            assert!(!handled || reached.1, "{state:?} {act:?} {next:?}");
            assert!(next != State::Filed || reached.2, "{state:?} {act:?} {next:?}");
            assert!(next != State::Rejected || !reached.1, "what has a number is never returned: {state:?}");
            if known.insert(reached) {
                open.push(reached);
            }
        }
    }
    for state in State::ALL {
        assert!(known.iter().any(|(reached, ..)| reached == state), "{state:?} is reached");
    }
}

#[test]
fn what_is_over_stays_over() {
    for act in Act::ALL {
        assert_eq!(after(State::Rejected, *act), None, "{act:?}");
        assert_eq!(after(State::Withdrawn, *act), None, "{act:?}");
        let filed = after(State::Filed, *act);
        let expected = match act {
            Act::Withdraw => Some(State::Withdrawn),
            Act::TakeOut => Some(State::Done),
            _ => None,
        };
        assert_eq!(filed, expected, "{act:?}");
    }
}

#[test]
fn every_word_is_read_back() {
    for state in State::ALL {
        assert_eq!(State::parse(state.as_str()), Some(*state));
        assert_eq!(status_code(*state).len(), 2);
    }
    assert_eq!(State::parse("lost"), None);
}

fn judged(signatures: &[(JudgedAs, JudgedAs, bool)]) -> JudgedFile {
    let signature = |(integrity, identity, stamped): &(JudgedAs, JudgedAs, bool)| JudgedSignature {
        field: "organ".into(),
        integrity: *integrity,
        identity: *identity,
        signer: "Sở Mẫu".into(),
        stamped_at: stamped.then_some(1),
        level: "B-T".into(),
        remarks: Vec::new(),
    };
    JudgedFile {
        sha256: String::new(),
        signatures: signatures.iter().map(signature).collect(),
        report: serde_json::Value::Null,
        judged_at: jiff::Timestamp::UNIX_EPOCH,
    }
}

#[test]
fn the_worst_signature_decides() {
    use JudgedAs::{Invalid, Unknown, Valid};
    let check = |signatures: &[(JudgedAs, JudgedAs, bool)], expected, then| {
        let (integrity, identity, stamped) = answers(&judged(signatures));
        assert_eq!((integrity, identity, stamped), expected, "{signatures:?}");
        assert_eq!(verdict(integrity, identity), then, "{signatures:?}");
    };
    check(&[], (Answer::Absent, Answer::Absent, Answer::Absent), Verdict::Confirm);
    check(&[(Valid, Valid, true)], (Answer::Valid, Answer::Valid, Answer::Valid), Verdict::Good);
    check(
        &[(Valid, Valid, true), (Valid, Valid, false)],
        (Answer::Valid, Answer::Valid, Answer::Unknown),
        Verdict::Good,
    );
    check(
        &[(Valid, Unknown, true), (Valid, Valid, true)],
        (Answer::Valid, Answer::Unknown, Answer::Valid),
        Verdict::Confirm,
    );
    check(
        &[(Invalid, Valid, true), (Valid, Valid, true)],
        (Answer::Invalid, Answer::Valid, Answer::Valid),
        Verdict::Return,
    );
    check(&[(Unknown, Invalid, true)], (Answer::Unknown, Answer::Invalid, Answer::Valid), Verdict::Return);
}

#[test]
fn days_are_those_of_the_city() {
    let calendar = calendar();
    // 20/11/2026 is a Friday, and nobody works on Tuesday the 24th.
    let friday = date(2026, 11, 20);
    assert_eq!(register_by(&calendar, friday), friday);
    assert_eq!(register_by(&calendar, date(2026, 11, 21)), date(2026, 11, 23));
    assert_eq!(submit_by(&calendar, friday, 0), date(2026, 11, 23));
    assert_eq!(submit_by(&calendar, friday, 2), friday);
    assert_eq!(days_on(&calendar, friday, 3), Some(date(2026, 11, 26)));
    assert_eq!(days_on(&calendar, friday, 0), Some(friday));
    let check = |due, expected| assert_eq!(colour(&calendar, friday, due, 3), expected, "{due}");
    check(date(2026, 11, 19), Colour::Red);
    check(friday, Colour::Amber);
    check(date(2026, 11, 26), Colour::Amber);
    check(date(2026, 11, 27), Colour::Green);
}

#[test]
fn the_same_document_is_known_by_what_it_says() {
    let day = Some(date(2026, 11, 20));
    let key = same_key("Sở Mẫu", "05", "TB-SM", day);
    assert!(key.is_some());
    for (from, number, notation) in [("SỞ  MẪU", "5", "tb-sm"), (" sở mẫu ", "005", "TB-SM ")] {
        assert_eq!(same_key(from, number, notation, day), key, "{from} {number}");
    }
    assert_ne!(same_key("Sở Mẫu", "50", "TB-SM", day), key);
    assert_ne!(same_key("Sở Mẫu", "05", "TB-SM", Some(date(2026, 11, 21))), key);
    assert_eq!(same_key("Sở Mẫu", "05", "TB-SM", None), None);
    assert_eq!(same_key("", "05", "TB-SM", day), None);
}

#[test]
fn wrong_details_are_named() {
    let today = date(2026, 11, 20);
    let good = Details {
        from_name: "Sở Mẫu".into(),
        code_number: "05".into(),
        issued_on: Some(today),
        subject: "Về việc thử nghiệm".into(),
        ..Details::default()
    };
    assert_eq!(faults(&good, today), []);
    assert_eq!(
        faults(&Details { issued_on: today.tomorrow().ok(), ..good.clone() }, today),
        [("issued_on", "in_future")]
    );
    assert_eq!(faults(&Details { subject: "ă".repeat(501), ..good.clone() }, today), [("subject", "too_long")]);
    assert_eq!(
        faults(&Details { urgency: 4, pages: Some(0), ..good }, today),
        [("urgency", "invalid"), ("pages", "invalid")]
    );
    let fields: Vec<_> = faults(&Details::default(), today).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["from_name", "code_number", "subject", "issued_on"]);
}

#[test]
fn the_sender_hears_each_step_once_and_forward() {
    for (told, code, expected) in [
        ("01", "03", true),
        ("03", "03", false),
        ("04", "03", false),
        ("04", "05", true),
        ("02", "03", false),
        ("06", "15", true),
        ("15", "06", false),
    ] {
        assert_eq!(tells(told, code), expected, "{told} {code}");
    }
}
