//! Reads by systems, emergencies, held-back rows, complaints: what the person sees of each.

use crate::around::{Around, CASE};
use crate::city::{self, NO_SUCH_ID, Visitor, person, room_with};
use crate::{ROOMS, new_item, reader};
use haidang_contracts::access::AccessFilter;
use haidang_contracts::actor::{Actor, ActorKind};
use haidang_contracts::consent::Decision;
use haidang_contracts::identity::Identity as _;
use haidang_contracts::vault::Vault as _;
use haidang_store::{ActorRef, AuditEntry, Dispatcher, Sealer, verify};
use haidang_testkit::db_test;
use haidang_vault::Grant;
use jiff::SignedDuration;
use std::sync::Arc;

async fn actor(name: &str) -> Actor {
    city::People.actor(&person(name), None).await.unwrap().unwrap()
}

/// A system of the agency with the capability to read vaults.
async fn system() -> Actor {
    let mut system = actor("official").await;
    system.kind = ActorKind::System;
    system.positions[0].capabilities = ["vault.read".to_owned()].into();
    system
}

/// An official who may open vaults in an emergency.
async fn rescuer(name: &str) -> Actor {
    let mut official = actor("official").await;
    official.person = person(name);
    official.display_name = format!("Cán bộ {name}");
    official.positions[0].capabilities = ["access.break_glass".to_owned()].into();
    official
}

fn grant(purpose: &str) -> Grant {
    Grant {
        subject: person("resident").to_string(),
        datatypes: vec!["G1".into()],
        purpose: purpose.into(),
        case_id: CASE.into(),
    }
}

db_test! {
    rooms = ROOMS;

    /// T43: the row is on the person's log when the answer leaves, and whoever edits, deletes or reorders rows is named.
    async fn t43_the_access_is_on_the_log_before_bytes_leave_and_nobody_can_change_it(db: TestDb) {
        let around = Arc::new(Around::default());
        let room = room_with(&db, &around).await;
        let item = room.deposit(&new_item("resident", "k", "G1", "result", None)).await.unwrap();
        room.deposit(&new_item("resident", "l", "G2", "result", None)).await.unwrap();
        let (system, me) = (system().await, actor("resident").await);
        let disclosed = room.disclose(&reader(&system), &grant("case_processing"), None).await.unwrap();
        assert_eq!(disclosed.items.len(), 1, "the kind that was named and no other");
        let looks = room.looks(&reader(&me), None, 10).await.unwrap().others;
        let row = looks.iter().find(|row| row.audit_id == disclosed.access).expect("on the person's page");
        assert_eq!((row.action.as_str(), row.actor_kind.as_str(), row.refused), ("vault.disclosed", "system", false));
        assert_eq!((row.agency.as_deref(), row.case_id.as_deref()), (Some("H24.11824"), Some(CASE)));
        assert_eq!(row.post.as_deref(), Some("Công chức"));
        assert_eq!((row.purpose.as_deref(), row.legal_basis.is_some()), (Some("Mục đích thử"), true));
        room.disclose(&reader(&system), &grant("case_processing"), Some(&item)).await.unwrap();

        while Sealer::new(db.db(), None).seal().await.unwrap() > 0 {}
        assert!(verify(&db.db(), None).await.unwrap().is_good());
        let id = disclosed.access.replace('\'', "");
        let tampered = |statement: String| {
            let db = db.db();
            async move {
                db.execute(Box::leak(statement.into_boxed_str()) as &'static str, vec![]).await.unwrap();
                !verify(&db, None).await.unwrap().is_good()
            }
        };
        assert!(tampered(format!("UPDATE store_audit SET purpose = 'khác' WHERE id = '{id}'")).await, "edited");
        assert!(!tampered(format!("UPDATE store_audit SET purpose = 'Mục đích thử' WHERE id = '{id}'")).await, "put back");
        assert!(tampered(format!("UPDATE store_audit SET at = at + 1 WHERE id = '{id}'")).await, "moved in time");
        assert!(!tampered(format!("UPDATE store_audit SET at = at - 1 WHERE id = '{id}'")).await, "put back");
        assert!(tampered(format!("DELETE FROM store_audit WHERE id = '{id}'")).await, "deleted");
    }

    async fn a_system_reads_for_a_purpose_and_a_case_alone(db: TestDb) {
        let around = Arc::new(Around::default());
        let room = room_with(&db, &around).await;
        room.deposit(&new_item("resident", "k", "G1", "result", None)).await.unwrap();
        let (system, weak) = (system().await, actor("official").await);
        let code = async |who: &Actor, grant: Grant| room.disclose(&reader(who), &grant, None).await.unwrap_err().code;
        let with = |change: fn(&mut Grant)| { let mut one = grant("case_processing"); change(&mut one); one };
        assert_eq!(code(&weak, grant("case_processing")).await, "not_allowed");
        assert_eq!(code(&system, grant("curiosity")).await, "invalid_authorization_details");
        assert_eq!(code(&system, with(|g| g.datatypes.clear())).await, "invalid_authorization_details");
        assert_eq!(code(&system, with(|g| g.datatypes = vec!["*".into()])).await, "invalid_authorization_details");
        assert_eq!(code(&system, with(|g| g.subject = "x".into())).await, "invalid_authorization_details");
        assert_eq!(code(&system, with(|g| g.case_id = NO_SUCH_ID.into())).await, "case_unrelated");
        assert_eq!(code(&system, with(|g| g.subject = person("stranger").to_string())).await, "case_unrelated");
        assert_eq!(code(&system, grant("partner_check")).await, "consent_missing");
        let refused = db.accesses_of(city::NUMBER, None, 10).await.unwrap();
        assert!(refused.iter().filter(|row| row.refused).count() >= 2, "refused attempts are on the log too");
    }

    /// T44: whoever takes a consent back is read no more, from the next request on.
    async fn t44_the_withdrawal_of_a_consent_stops_the_next_read(db: TestDb) {
        let around = Arc::new(Around::default());
        let room = room_with(&db, &around).await;
        let item = room.deposit(&new_item("resident", "k", "G1", "result", None)).await.unwrap();
        let (system, me) = (system().await, actor("resident").await);
        around.decided("resident", "partner_check", Decision::Granted);
        assert_eq!(room.disclose(&reader(&system), &grant("partner_check"), None).await.unwrap().items.len(), 1);
        around.decided("resident", "partner_check", Decision::Withdrawn);
        for item in [None, Some(item.as_str())] {
            let refused = room.disclose(&reader(&system), &grant("partner_check"), item).await.unwrap_err();
            assert_eq!(refused.code, "consent_withdrawn");
        }
        // The same for forms: nothing is offered, and what was offered before is not handed out.
        assert_eq!(room.offers(&person("resident"), &["G1".into()]).await.unwrap().len(), 1);
        room.reuse(&me, &person("resident"), &item, "thử", "draft").await.unwrap();
        around.decided("resident", "vault_reuse", Decision::Withdrawn);
        assert!(room.offers(&person("resident"), &["G1".into()]).await.unwrap().is_empty());
        assert!(room.reuse(&me, &person("resident"), &item, "thử", "draft").await.is_err());
    }

    /// T45: an emergency takes a reason and two officials, is told to the person, and does not last.
    async fn t45_break_glass_takes_a_reason_a_second_official_and_tells_the_person(db: TestDb) {
        let around = Arc::new(Around::default());
        let room = room_with(&db, &around).await;
        let dispatcher = Dispatcher::new(db.db());
        db.db().register(Arc::new(room.clone()));
        room.deposit(&new_item("resident", "k", "G1", "result", None)).await.unwrap();
        let (first, second, me) = (rescuer("official").await, rescuer("stranger").await, actor("resident").await);
        let reason = "Người bệnh hôn mê, cần tên người thân";
        assert_eq!(room.ask_emergency(&reader(&first), city::NUMBER, "cần xem").await.unwrap_err().code, "emergency_invalid");
        assert_eq!(room.ask_emergency(&reader(&first), "031190000099", reason).await.unwrap_err().code, "emergency_invalid");
        assert_eq!(room.ask_emergency(&reader(&me), city::NUMBER, reason).await.unwrap_err().code, "not_allowed");
        let id = room.ask_emergency(&reader(&first), city::NUMBER, reason).await.unwrap();
        assert_eq!(room.look_in_emergency(&reader(&first), &id).await.unwrap_err().code, "emergency_closed");
        assert_eq!(room.answer_emergency(&reader(&first), &id, true).await.unwrap_err().code, "second_official_required");
        room.answer_emergency(&reader(&second), &id, true).await.unwrap();
        let items = room.look_in_emergency(&reader(&first), &id).await.unwrap().1;
        assert_eq!(items.len(), 1);
        let item = items[0].item.id.clone();
        room.take_in_emergency(&reader(&second), &id, &item).await.unwrap();
        assert_eq!(room.take_in_emergency(&reader(&first), &id, city::NO_SUCH_ID).await.unwrap_err().code, "item_not_found");
        while dispatcher.run_due().await.unwrap() > 0 {}
        let told = around.messages.lock().unwrap().clone();
        let expected = ["emergency_access", "emergency_taken"].map(|template| (person("resident"), template.to_owned()));
        assert_eq!(told, expected, "of the opening, and of each file");
        let looks = room.looks(&reader(&me), None, 10).await.unwrap().others;
        let row = looks.iter().find(|row| row.action == "vault.emergency_read").expect("on the log");
        assert_eq!(row.emergency.as_deref(), Some(reason));
        let row = looks.iter().find(|row| row.action == "vault.emergency_taken").expect("on the log, with its document");
        assert_eq!((row.object_id.as_str(), row.emergency.as_deref()), (item.as_str(), Some(reason)));
        db.ambient().advance(SignedDuration::from_mins(60));
        assert_eq!(room.take_in_emergency(&reader(&second), &id, &item).await.unwrap_err().code, "emergency_closed");
        assert_eq!(room.look_in_emergency(&reader(&first), &id).await.unwrap_err().code, "emergency_closed", "an hour");
        let late = room.ask_emergency(&reader(&first), city::NUMBER, reason).await.unwrap();
        db.ambient().advance(SignedDuration::from_mins(60));
        assert_eq!(room.answer_emergency(&reader(&second), &late, true).await.unwrap_err().code, "emergency_closed");
    }

    async fn a_row_held_back_by_law_shows_on_its_day(db: TestDb) {
        let around = Arc::new(Around::default());
        let room = room_with(&db, &around).await;
        room.deposit(&new_item("resident", "k", "G1", "result", None)).await.unwrap();
        let (system, me) = (system().await, actor("resident").await);
        let access = room.disclose(&reader(&system), &grant("inspection"), None).await.unwrap().access;
        let seen = async || {
            let looks = room.looks(&reader(&me), None, 10).await.unwrap().others;
            let saved = room.export_looks(&reader(&me), &AccessFilter::default()).await.unwrap();
            assert_eq!(looks.iter().any(|r| r.audit_id == access), saved.iter().any(|r| r.audit_id == access));
            looks.into_iter().find(|row| row.audit_id == access)
        };
        assert!(seen().await.is_none());
        assert_eq!(room.ask(&reader(&me), &access).await.unwrap_err().code, "access_not_found");
        assert_eq!(room.held_back().await.unwrap().len(), 1, "those who answer for the audit see it at once");
        db.ambient().advance(SignedDuration::from_hours(24 * 90));
        assert_eq!(seen().await.unwrap().delayed.unwrap().legal_basis, "Luật Thanh tra");
    }

    async fn the_log_is_filtered_saved_and_complained_about(db: TestDb) {
        let around = Arc::new(Around::default());
        let room = room_with(&db, &around).await;
        let look = async |agency: &str, purpose: &str| {
            let by = ActorRef { kind: "official".into(), agency: Some(agency.into()), ..ActorRef::default() };
            let entry = AuditEntry::read("case.read", by).object("case", "c1").because("luật", purpose).subject(city::NUMBER);
            db.record_read(entry).await.unwrap().to_string()
        };
        let first = look("H24.11824", "=HYPERLINK(\"http://x\")").await;
        db.ambient().advance(SignedDuration::from_hours(24));
        look("H24.99999", "giải quyết").await;
        let mut browser = Visitor::signed_in(&db, &room, "resident").await;
        let page = browser.open("/vi/ai-da-xem?tu=2026-03-04&den=2026-03-04").await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(!page.text.contains(&first) && page.text.contains("H24.99999"));
        let page = browser.open("/vi/ai-da-xem?co-quan=H24.11824").await;
        assert!(page.text.contains(&first));
        let csv = browser.open("/vi/ai-da-xem/tai-ve").await;
        assert!(csv.text.contains("\"'=HYPERLINK") && csv.text.contains("H24.99999"), "{}", csv.text);
        let json = browser.open("/vi/ai-da-xem/tai-ve?dang=json&co-quan=H24.11824").await.json();
        let rows = json["items"].as_array().unwrap();
        assert!(rows.iter().any(|row| row["id"] == first.as_str()) && rows.iter().all(|row| row["agency"] != "H24.99999"));

        // One press, nothing typed; an official answers, once; the person reads the answer beside the access.
        let asked = browser.send(&format!("/vi/ai-da-xem/{first}/hoi"), &[]).await;
        assert_eq!(asked.status, 303);
        let auditor = actor("official").await;
        let complaint = room.complaints().await.unwrap().remove(0);
        assert_eq!(complaint.audit_id, first);
        let answer = async |words: &str| room.answer_complaint(&reader(&auditor), &complaint.id, true, words).await;
        assert_eq!(answer(" ").await.unwrap_err().code, "answer_invalid");
        answer("Cán bộ đã xem nhầm hồ sơ.").await.unwrap();
        assert_eq!(answer("Lần nữa.").await.unwrap_err().code, "complaint_closed");
        let page = browser.open("/vi/ai-da-xem").await;
        assert!(page.text.contains("Cán bộ đã xem nhầm hồ sơ."));
        let log = db.accesses_of(city::NUMBER, None, 50).await.unwrap();
        assert!(log.iter().any(|row| row.action == "vault.access_answered"));
    }

    /// The agency that looked answers; where nobody there can, the auditors of the city do. Whoever complained is told.
    async fn a_complaint_goes_to_the_agency_that_looked_and_its_answer_is_told(db: TestDb) {
        let around = Arc::new(Around::default());
        let room = room_with(&db, &around).await;
        let dispatcher = Dispatcher::new(db.db());
        db.db().register(Arc::new(room.clone()));
        let me = actor("resident").await;
        for (agency, looked) in
            [(Some("H24.99999"), "stranger"), (Some("H24.11824"), "stranger"), (None, "stranger"), (Some("H24.88888"), "lone")]
        {
            let person = Some(person(looked).to_string());
            let agency = agency.map(str::to_owned);
            let by = ActorRef { kind: "official".into(), person, agency, ..ActorRef::default() };
            let entry = AuditEntry::read("case.read", by).object("case", "c1").because("luật", "thử").subject(city::NUMBER);
            let access = db.record_read(entry).await.unwrap().to_string();
            room.ask(&reader(&me), &access).await.unwrap();
        }
        let auditor = actor("official").await;
        let mut chair = auditor.clone();
        chair.person = person("chair");
        chair.positions[0].agency = "H24.99999".into();
        chair.positions[0].capabilities = ["access.answer".to_owned()].into();
        let mut elsewhere = chair.clone();
        elsewhere.positions[0].agency = "H24.00001".into();
        let mut lone = chair.clone();
        lone.person = person("lone");
        lone.positions[0].agency = "H24.88888".into();

        let all = room.complaints_for(&reader(&auditor)).await.unwrap();
        assert_eq!(all.len(), 4, "auditors see them all");
        let own = room.complaints_for(&reader(&chair)).await.unwrap();
        assert_eq!(own.iter().map(|one| one.agency.as_deref()).collect::<Vec<_>>(), [Some("H24.99999")]);
        assert!(room.complaints_for(&reader(&elsewhere)).await.unwrap().is_empty());
        assert_eq!(room.complaint_for(&reader(&elsewhere), &own[0].id).await.unwrap_err().code, "complaint_not_found");

        let answer = async |who: &Actor, id: &str| {
            room.answer_complaint(&reader(who), id, false, "Xem đúng quy định.").await.map_err(|problem| problem.code)
        };
        for complaint in &all {
            let there = complaint.agency.as_deref() == Some("H24.99999");
            assert_eq!(answer(&elsewhere, &complaint.id).await, Err("complaint_not_found"));
            if complaint.agency.as_deref() == Some("H24.88888") {
                assert_eq!(answer(&lone, &complaint.id).await, Err("not_the_answerer"), "nobody judges a look of their own");
            }
            let by_auditor = answer(&auditor, &complaint.id).await;
            if there {
                assert_eq!(by_auditor, Err("not_the_answerer"), "the agency that looked is there to answer");
                assert_eq!(answer(&chair, &complaint.id).await, Ok(()));
            } else {
                assert_eq!(by_auditor, Ok(()), "nobody there can, or no agency looked");
            }
        }
        while dispatcher.run_due().await.unwrap() > 0 {}
        let told = around.messages.lock().unwrap().clone();
        assert_eq!(told, vec![(person("resident"), "access_answered".to_owned()); 4]);
    }
}
