#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::action_fields::{command_of, problem_items};
use super::counter::read_number;
use super::frame::dashed;
use crate::model::{ActionKind, CaseState, Channel};
use haidang_contracts::identity::PersonKind;
use haidang_kernel::problem::Problem;
use haidang_ui::{Lang, t};
use haidang_web::FormFields;

fn texts() {
    // Registering twice is harmless: the same wording is no repetition.
    haidang_ui::texts::register(crate::TEXTS).unwrap();
}

fn form(fields: &[(&str, &str)]) -> FormFields {
    FormFields(fields.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
}

#[test]
fn every_word_of_the_model_has_a_text_in_both_languages() {
    texts();
    let check = |key: String| {
        for lang in [Lang::Vi, Lang::En] {
            assert_ne!(t(lang, &key, &[]), key, "{lang:?}");
        }
    };
    for action in ActionKind::ALL {
        for part in ["action", "done", "event", "then"] {
            check(format!("office-{part}-{}", dashed(action.as_str())));
        }
        if let Some(form) = action.form() {
            for part in ["paper", "print-title", "print-opening", "print-closing"] {
                check(format!("office-{part}-{form}"));
            }
        }
    }
    for state in CaseState::ALL {
        check(format!("office-state-{}", dashed(state.as_str())));
    }
    for channel in Channel::ALL {
        check(format!("office-channel-{}", channel.as_str()));
    }
    for event in ["submit", "paid", "payment-failed", "consultation-answered", "result-issued"] {
        check(format!("office-event-{event}"));
    }
}

#[test]
fn what_a_form_lacks_is_said_beside_its_field() {
    texts();
    let check = |action: ActionKind, fields: &[(&str, &str)], expected: &[&str]| {
        let wrong = match command_of(Lang::Vi, action, &form(fields), "request") {
            Ok(_) => Vec::new(),
            Err(errors) => errors.into_iter().map(|error| error.id).collect(),
        };
        assert_eq!(wrong, expected, "{action} {fields:?}");
    };
    check(ActionKind::Accept, &[], &[]);
    check(ActionKind::Propose, &[("reason", "  ")], &[]);
    check(ActionKind::Refuse, &[("reason", "  ")], &["reason"]);
    check(ActionKind::Supplement, &[("reason", "thiếu")], &["item"]);
    check(ActionKind::Supplement, &[("reason", "thiếu"), ("other", "\n \n")], &["item"]);
    check(ActionKind::Supplement, &[("reason", "thiếu"), ("other", "ảnh rõ hơn")], &[]);
    check(ActionKind::Forward, &[], &["to_agency"]);
    check(ActionKind::Consult, &[("consult_agency", "A")], &["question"]);
    let date = |day| [("reason", "trễ"), ("new_date.day", day), ("new_date.month", "2"), ("new_date.year", "2027")];
    check(ActionKind::Apologise, &date("28"), &[]);
    check(ActionKind::Apologise, &date("30"), &["new_date"]);
    check(ActionKind::Apologise, &date(""), &["new_date"]);
}

#[test]
fn a_supplement_names_each_item_with_its_words() {
    texts();
    let fields = form(&[
        ("reason", "thiếu"),
        ("item", "birth_notice"),
        ("what.birth_notice", "chụp đủ hai mặt"),
        ("part", "parents"),
        ("item", "photo"),
        ("other", "bản dịch\n\nảnh"),
        ("confirm", "1"),
        ("revision", "7"),
    ]);
    let command = command_of(Lang::En, ActionKind::Supplement, &fields, "request").unwrap();
    let items: Vec<(Option<&str>, &str)> =
        command.items.iter().map(|item| (item.component.as_deref(), item.what.as_str())).collect();
    assert_eq!(
        items,
        [
            (Some("birth_notice"), "chụp đủ hai mặt"),
            (Some("photo"), "Bổ sung hoặc nộp lại cho đúng"),
            (Some("parents"), "Sửa lại phần khai này"),
            (None, "bản dịch"),
            (None, "ảnh"),
        ]
    );
    assert!(command.confirm_second_supplement);
    assert_eq!(command.expected_revision, Some(7));
}

#[test]
fn refusals_of_the_rules_become_messages_or_pages() {
    texts();
    let check = |code: &'static str, field: Option<&str>| {
        let items = problem_items(Lang::Vi, &Problem::conflict(code, "x"));
        assert_eq!(items.first().map(|item| item.id.as_str()), field, "{code}");
        assert!(items.iter().all(|item| !item.message.starts_with("office-")), "{code}");
    };
    check("second_supplement_unconfirmed", Some("confirm"));
    check("date_not_later", Some("new_date"));
    check("fee_due", Some(""));
    check("transition_not_allowed", None);
}

#[test]
fn numbers_typed_at_the_counter_are_read_leniently() {
    let check = |typed: &str, expected: Option<(PersonKind, &str)>| {
        let got = read_number(typed);
        assert_eq!(got.as_ref().map(|(kind, number)| (*kind, number.as_str())), expected, "{typed}");
    };
    check("031 197 216 660", Some((PersonKind::Person, "031197216660")));
    check("0311.9721.6660", Some((PersonKind::Person, "031197216660")));
    check("0312", None);
    check("", None);
}
