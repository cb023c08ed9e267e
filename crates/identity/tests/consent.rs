//! Decisions over both databases: receipts in a chain, withdrawal that counts at once.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{acting, person, room, seed};
use haidang_contracts::ContractError;
use haidang_contracts::actor::Actor;
use haidang_contracts::consent::{Consents as _, Decision, NewDecision};
use haidang_identity::IdentityRoom;
use haidang_identity::consent::proof::{self, ConsentReport, verify_consents};
use haidang_identity::consent::rar;
use haidang_store::transfer::{export, verify_export_with};
use haidang_store::{Db, args};
use haidang_testkit::{Rooms, TestDb, db_test};
use jiff::SignedDuration;

const ROOMS: Rooms = &[("identity", haidang_identity::MIGRATIONS)];

/// What an export of the database says of its receipts.
async fn offline(db: &TestDb) -> ConsentReport {
    let file = db.folder().join("export.zip");
    let _ = std::fs::remove_file(&file);
    export(db, None, None, &file, &|_, _| {}).await.unwrap();
    let receipts = async |db: &Db| verify_consents(db).await;
    verify_export_with(&file, None, ROOMS, &[proof::TABLE], receipts).await.unwrap().1
}

async fn decide(room: &IdentityRoom, actor: &Actor, purpose: &str, decision: Decision) -> Result<String, String> {
    let new = NewDecision {
        actor: actor.clone(),
        subject: actor.subject().clone(),
        purpose: purpose.into(),
        decision,
        channel: "online".into(),
        about: None,
        request_id: "r".into(),
    };
    room.decide(&new).await.map_err(|error| match error {
        ContractError::Refused { code, .. } => code.to_owned(),
        other => other.to_string(),
    })
}

db_test! {
    rooms = ROOMS;

    async fn every_decision_is_a_receipt_and_a_withdrawal_counts_at_once(db: TestDb) {
        let room = room(&db);
        let someone = person(&db, "Lê Thị Ví Dụ", "031190000015", "1990-05-01");
        seed(&db, std::slice::from_ref(&someone), &[]).await;
        let (me, id) = (acting(&room, &someone, None).await, someone.person.id.clone());
        let allowed = async || {
            let now = db.ambient().now();
            room.standing(&id, "vault_reuse").await.unwrap().is_some_and(|standing| standing.allows(now))
        };
        assert!(!allowed().await, "nothing is ticked for anybody");
        assert_eq!(decide(&room, &me, "vault_reuse", Decision::Withdrawn).await.unwrap_err(), "nothing_to_withdraw");
        assert_eq!(decide(&room, &me, "case_processing", Decision::Granted).await.unwrap_err(), "no_consent_needed");
        assert!(decide(&room, &me, "curiosity", Decision::Granted).await.is_err());

        decide(&room, &me, "vault_reuse", Decision::Refused).await.unwrap();
        assert!(!allowed().await);
        let first = decide(&room, &me, "vault_reuse", Decision::Granted).await.unwrap();
        assert_eq!(decide(&room, &me, "vault_reuse", Decision::Granted).await.unwrap(), first, "it stands already");
        assert!(allowed().await);
        decide(&room, &me, "vault_reuse", Decision::Withdrawn).await.unwrap();
        assert!(!allowed().await, "at once");
        let events = db.fetch_all("SELECT payload FROM store_event WHERE kind = 'consent.withdrawn'", vec![]).await.unwrap();
        assert_eq!(events.len(), 1);
        assert!(events[0].text("payload").unwrap().contains("vault_reuse"));

        decide(&room, &me, "vault_reuse", Decision::Granted).await.unwrap();
        db.ambient().advance(SignedDuration::from_hours(24 * 30));
        assert!(!allowed().await, "thirty days later it has ended by itself");

        let receipts = room.receipts(&id).await.unwrap();
        let said: Vec<_> = receipts.iter().map(|one| (one.seq, one.decision)).collect();
        use Decision::{Granted, Refused, Withdrawn};
        assert_eq!(said, [(1, Refused), (2, Granted), (3, Withdrawn), (4, Granted)], "refusals are kept too");
        assert_eq!(room.verify_receipts(&id).await.unwrap(), Ok(()));
    }

    async fn two_decisions_at_once_make_one_chain(db: TestDb) {
        let room = room(&db);
        let someone = person(&db, "Lê Thị Ví Dụ", "031190000015", "1990-05-01");
        seed(&db, std::slice::from_ref(&someone), &[]).await;
        let me = acting(&room, &someone, None).await;
        let (yes, no) = tokio::join!(
            decide(&room, &me, "vault_reuse", Decision::Granted),
            decide(&room, &me, "vault_reuse", Decision::Refused)
        );
        assert!(yes.is_ok(), "{yes:?} {no:?}");
        assert_eq!(room.verify_receipts(&someone.person.id).await.unwrap(), Ok(()));
    }

    async fn a_receipt_that_was_edited_or_removed_shows(db: TestDb) {
        let room = room(&db);
        let someone = person(&db, "Lê Thị Ví Dụ", "031190000015", "1990-05-01");
        seed(&db, std::slice::from_ref(&someone), &[]).await;
        let (me, id) = (acting(&room, &someone, None).await, someone.person.id.clone());
        for decision in [Decision::Refused, Decision::Granted, Decision::Withdrawn] {
            decide(&room, &me, "vault_reuse", decision).await.unwrap();
        }
        let run = async |statement: &'static str| { db.execute(statement, vec![]).await.unwrap(); };
        run("UPDATE identity_consent SET decision = 'GRANTED' WHERE seq = 3").await;
        assert_eq!(room.verify_receipts(&id).await.unwrap().unwrap_err().seq, 3);
        run("UPDATE identity_consent SET decision = 'WITHDRAWN' WHERE seq = 3").await;
        assert!(room.verify_receipts(&id).await.unwrap().is_ok());
        run("DELETE FROM identity_consent WHERE seq = 2").await;
        assert_eq!(room.verify_receipts(&id).await.unwrap().unwrap_err().seq, 2);
    }

    async fn authorization_details_are_checked_against_the_city(db: TestDb) {
        let room = room(&db);
        let details = |kind: &str, purpose: &str| format!(
            r#"[{{"type":"vn.haidang.vault.read","actions":["view"],"datatypes":["{kind}"],"purpose":"{purpose}","case_id":"01900000-0000-7000-8000-00000000ffff"}}]"#
        );
        let good = room.authorization_details(&details("KQ.1", "vault_reuse")).await.unwrap();
        assert_eq!((good.len(), good[0].datatypes[0].as_str()), (1, "KQ.1"));
        for (kind, purpose) in [("KQ.2", "vault_reuse"), ("KQ.1", "curiosity"), ("*", "vault_reuse")] {
            let refusal = room.authorization_details(&details(kind, purpose)).await.unwrap_err();
            assert_eq!(refusal.error(), rar::INVALID, "{kind} {purpose}");
        }
    }

    async fn receipts_that_were_changed_cut_off_or_slipped_in_are_named(db: TestDb) {
        let room = room(&db);
        let people = [("031190000015", "Lê Thị Ví Dụ"), ("031190000023", "Trần Văn Thử")]
            .map(|(number, name)| person(&db, name, number, "1990-05-01"));
        seed(&db, &people, &[]).await;
        for someone in &people {
            let me = acting(&room, someone, None).await;
            for decision in [Decision::Refused, Decision::Granted, Decision::Withdrawn] {
                decide(&room, &me, "vault_reuse", decision).await.unwrap();
            }
        }
        let report = verify_consents(&db.db()).await.unwrap();
        assert_eq!((report.people, report.receipts, report.problems), (2, 6, 0), "{report:?}");

        let id = people[0].person.id.to_string();
        let chain = room.receipts(&people[0].person.id).await.unwrap();
        let told = async || -> Vec<(String, &'static str)> {
            let report = verify_consents(&db.db()).await.unwrap();
            assert_eq!(report, offline(&db).await, "an export says the same");
            report.findings.into_iter().map(|finding| (finding.receipt, finding.what)).collect()
        };
        // A yes made of a no shows in the chain itself.
        db.execute("UPDATE identity_consent SET decision = 'GRANTED' WHERE id = $1", args![&chain[0].id]).await.unwrap();
        assert_eq!(told().await, [(chain[0].id.clone(), "was changed")]);
        db.execute("UPDATE identity_consent SET decision = 'REFUSED' WHERE id = $1", args![&chain[0].id]).await.unwrap();
        assert!(told().await.is_empty());
        // Its end written anew, with the right hash: the chain agrees with itself, the audit does not.
        let mut forged = chain[2].clone();
        forged.decision = Decision::Granted;
        let forged = forged.sealed();
        let statement = "UPDATE identity_consent SET decision = 'GRANTED', hash = $2 WHERE id = $1";
        db.execute(statement, args![&forged.id, forged.hash.to_string()]).await.unwrap();
        assert_eq!(told().await, [(forged.id.clone(), "has another hash than the audit holds")]);
        // Its end cut off: the withdrawal never was.
        db.execute("DELETE FROM identity_consent WHERE id = $1", args![&forged.id]).await.unwrap();
        assert_eq!(told().await, [(forged.id.clone(), "is gone, though the audit holds it")]);
        // A receipt that nobody gave, in a chain of its own.
        let stranger = "UPDATE identity_consent SET id = 'zz', subject = 'zz' WHERE subject = $1 AND seq = 1";
        db.execute(stranger, args![id]).await.unwrap();
        let told = told().await;
        assert!(told.contains(&("zz".to_owned(), "is on no record of the audit")), "{told:?}");
        assert!(told.contains(&("zz".to_owned(), "was changed")), "{told:?}");
    }
}
