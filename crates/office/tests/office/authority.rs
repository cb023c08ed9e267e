//! Who may sign what, by whose leave, then and now.

use crate::ROOMS;
use crate::city::{COMMUNE, DEPARTMENT, actor, full_name, person, room, room_with};
use crate::desk::Desk;
use haidang_contracts::actor::Actor;
use haidang_office::authority::{Allowed, Form, NewDelegation, NewMandate, Refusal, Signing};
use haidang_office::{OfficeRoom, Reader};
use haidang_testkit::{TestDb, db_test};
use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan as _};
use std::sync::Arc;

fn reader(actor: &Actor) -> Reader<'_> {
    Reader { actor, channel: "online", request_id: "r1" }
}

fn head(name: &str, from: Date, to: Option<Date>) -> NewMandate {
    NewMandate { person: person(name), acting: false, basis: "Quyết định số 01/QĐ-UBND".into(), from, to }
}

fn delegation(name: &str, form: Form, from: Date) -> NewDelegation {
    NewDelegation {
        from_person: person("chair"),
        person: person(name),
        form,
        kinds: if form == Form::ByOrder { vec!["TB".into(), "CV".into()] } else { Vec::new() },
        fields: Vec::new(),
        basis: "Quy chế làm việc".into(),
        basis_document: None,
        reason: "Phân công công việc".into(),
        from,
        to: None,
    }
}

async fn may(room: &OfficeRoom, who: &str, kind: &str) -> Result<Allowed, Refusal> {
    let what = Signing { kind, field: "", secrecy: 0 };
    room.may_sign(&person(who), COMMUNE, &what, room.ambient.now()).await.unwrap()
}

/// The chair heads the commune from today.
async fn with_head(db: &TestDb) -> OfficeRoom {
    let room = room(db).await;
    let chair = actor("chair").await;
    let today = room.ambient.today();
    room.give_mandate(&reader(&chair), COMMUNE, &head("chair", today, None)).await.unwrap();
    room
}

db_test! {
    rooms = ROOMS;

    async fn the_block_is_made_from_what_is_on_record(db: TestDb) {
        let room = room(&db).await;
        assert_eq!(may(&room, "chair", "QĐ").await, Err(Refusal::NoMandate));
        let chair = actor("chair").await;
        let today = room.ambient.today();
        room.give_mandate(&reader(&chair), COMMUNE, &head("chair", today, None)).await.unwrap();
        for (who, form) in [("deputy", Form::InPlace), ("reviewer", Form::ByOrder)] {
            room.give_delegation(&reader(&chair), COMMUNE, &delegation(who, form, today)).await.unwrap();
        }
        let other = actor("other_leader").await;
        room.give_mandate(&reader(&other), DEPARTMENT, &head("other_leader", today, None)).await.unwrap();
        for (who, kind, form, lines) in [
            ("chair", "QĐ", Form::Collective, &["TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"][..]),
            ("deputy", "QĐ", Form::InPlace, &["TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"]),
            ("reviewer", "TB", Form::ByOrder, &["TL. CHỦ TỊCH", "CHÁNH VĂN PHÒNG"]),
            ("reviewer", "", Form::ByOrder, &["TL. CHỦ TỊCH", "CHÁNH VĂN PHÒNG"]),
        ] {
            let allowed = may(&room, who, kind).await.unwrap();
            assert_eq!((allowed.form, allowed.block_lines.as_slice()), (form, lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>().as_slice()), "{who} {kind}");
            assert_eq!(allowed.name, full_name(who));
            assert_eq!(allowed.delegation.is_some(), who != "chair");
        }
        let what = Signing { kind: "QĐ", field: "", secrecy: 0 };
        let allowed = room.may_sign(&person("other_leader"), DEPARTMENT, &what, room.ambient.now()).await.unwrap();
        assert_eq!(allowed.unwrap().block_lines, ["GIÁM ĐỐC"]);
        for (who, kind, refusal) in [
            ("reviewer", "QĐ", Refusal::KindNotCovered),
            ("drafter", "QĐ", Refusal::NoDelegation),
        ] {
            assert_eq!(may(&room, who, kind).await, Err(refusal), "{who} {kind}");
        }
        let secret = Signing { secrecy: 1, ..what };
        let answer = room.may_sign(&person("chair"), COMMUNE, &secret, room.ambient.now()).await.unwrap();
        assert_eq!(answer, Err(Refusal::SecretRefused));
    }

    async fn an_earlier_moment_answers_as_it_was(db: TestDb) {
        let room = with_head(&db).await;
        let chair = actor("chair").await;
        let today = room.ambient.today();
        let before = room.ambient.now();
        room.ambient.advance(SignedDuration::from_hours(1));
        let given = room.give_delegation(&reader(&chair), COMMUNE, &delegation("deputy", Form::InPlace, today)).await.unwrap();
        room.ambient.advance(SignedDuration::from_hours(1));
        let during = room.ambient.now();
        room.ambient.advance(SignedDuration::from_hours(48));
        room.end_delegation(&reader(&chair), &given, "Chuyển công tác").await.unwrap();
        let again = room.end_delegation(&reader(&chair), &given, "Chuyển công tác").await.unwrap_err();
        assert_eq!(again.code, "already_ended");
        let what = Signing { kind: "QĐ", field: "", secrecy: 0 };
        for (at, expected) in [
            (before, Err(Refusal::NoDelegation)),
            (during, Ok(Form::InPlace)),
            (room.ambient.now(), Err(Refusal::DelegationExpired)),
        ] {
            let answer = room.may_sign(&person("deputy"), COMMUNE, &what, at).await.unwrap();
            assert_eq!(answer.map(|allowed| allowed.form), expected, "{at}");
        }
    }

    async fn what_the_law_refuses_is_not_written(db: TestDb) {
        let room = with_head(&db).await;
        let chair = actor("chair").await;
        let today = room.ambient.today();
        let check = async |new: NewDelegation, expected: &str| {
            let problem = room.give_delegation(&reader(&chair), COMMUNE, &new).await.unwrap_err();
            let named: Vec<String> = problem.errors.iter().map(|error| format!("{}:{}", error.field, error.code)).collect();
            assert_eq!(format!("{} {}", problem.code, named.join(" ")).trim(), expected);
        };
        let authorised = delegation("deputy", Form::Authorised, today);
        check(authorised.clone(), "authority_invalid basis_document:missing to:missing kinds:missing").await;
        check(NewDelegation { kinds: vec![], ..delegation("reviewer", Form::ByOrder, today) }, "authority_invalid kinds:missing").await;
        check(NewDelegation { form: Form::Collective, ..authorised.clone() }, "authority_invalid form:not_delegated").await;
        check(NewDelegation { reason: " ".into(), ..delegation("deputy", Form::InPlace, today) }, "authority_invalid reason:missing").await;
        check(delegation("other_drafter", Form::InPlace, today), "authority_invalid person:not_staff").await;
        check(delegation("chair", Form::InPlace, today), "authority_invalid person:is_head").await;
        check(NewDelegation { fields: vec!["no-such".into()], ..delegation("deputy", Form::InPlace, today) }, "authority_invalid fields:unknown").await;
        let full = NewDelegation { to: Some(today.saturating_add(9.days())), kinds: vec!["TB".into()], basis_document: Some("d1".into()), ..authorised };
        room.give_delegation(&reader(&chair), COMMUNE, &full).await.unwrap();
        assert_eq!(may(&room, "deputy", "TB").await.unwrap().block_lines, ["TUQ. CHỦ TỊCH", "PHÓ CHỦ TỊCH"]);
        // Whoever signs by authorisation gives nothing on; somebody without any mandate neither.
        check(NewDelegation { from_person: person("deputy"), ..delegation("reviewer", Form::ByOrder, today) }, "no_further_delegation").await;
        check(NewDelegation { from_person: person("drafter"), ..delegation("reviewer", Form::ByOrder, today) }, "no_mandate").await;
        // Over by itself.
        room.ambient.advance(SignedDuration::from_hours(24 * 10));
        assert_eq!(may(&room, "deputy", "TB").await, Err(Refusal::DelegationExpired));
        let clerk = actor("clerk").await;
        let refused = room.give_delegation(&reader(&clerk), COMMUNE, &full).await.unwrap_err();
        assert_eq!(refused.code, "not_allowed");
    }

    async fn an_agency_has_one_head(db: TestDb) {
        let room = with_head(&db).await;
        let chair = actor("chair").await;
        let today = room.ambient.today();
        let next = head("deputy", today.saturating_add(30.days()), None);
        let refused = room.give_mandate(&reader(&chair), COMMUNE, &next).await.unwrap_err();
        assert_eq!(refused.code, "mandate_overlaps");
        let mandates = room.heads(&reader(&chair), COMMUNE).await.unwrap();
        room.ambient.advance(SignedDuration::from_hours(1));
        room.end_mandate(&reader(&chair), &mandates[0].id, "Nghỉ hưu").await.unwrap();
        room.ambient.advance(SignedDuration::from_mins(1));
        assert_eq!(may(&room, "chair", "QĐ").await, Err(Refusal::NoMandate));
        let acting = NewMandate { acting: true, ..head("deputy", today, None) };
        room.give_mandate(&reader(&chair), COMMUNE, &acting).await.unwrap();
        let allowed = may(&room, "deputy", "QĐ").await.unwrap();
        assert_eq!((allowed.form, allowed.block_lines), (Form::Acting, vec!["TM. ỦY BAN NHÂN DÂN".to_owned(), "Q. CHỦ TỊCH".to_owned()]));
        // Two at once: one of them is refused, on both databases.
        let other = actor("other_leader").await;
        let (first, second) = (head("other_leader", today, None), head("other_drafter", today, None));
        let other = reader(&other);
        let (one, two) = tokio::join!(
            room.give_mandate(&other, DEPARTMENT, &first),
            room.give_mandate(&other, DEPARTMENT, &second)
        );
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    }

    async fn a_certificate_decides_too(db: TestDb) {
        let desk = Arc::new(Desk::default());
        let room = room_with(&db, &desk).await;
        let chair = actor("chair").await;
        room.give_mandate(&reader(&chair), COMMUNE, &head("chair", room.ambient.today(), None)).await.unwrap();
        *desk.refuse_signing.lock().unwrap() = Some("certificate_missing");
        assert_eq!(may(&room, "chair", "QĐ").await, Err(Refusal::CertMissing));
        *desk.refuse_signing.lock().unwrap() = None;
        assert!(may(&room, "chair", "QĐ").await.is_ok());
        room.ambient.set("2031-01-02T00:00:00Z".parse().unwrap());
        assert_eq!(may(&room, "chair", "QĐ").await, Err(Refusal::CertExpired));
    }
}
