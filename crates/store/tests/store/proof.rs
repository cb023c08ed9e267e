//! The audit chain: what was written is proved, and what was tampered with shows.

use haidang_store::{ActorRef, AuditEntry, CheckpointWriter, Db, Evidence, Report, Sealer, StoreError, args, verify};
use haidang_testkit::{TestDb, db_test};
use serde_json::json;

async fn act(db: &Db, action: &'static str, subject: &str) -> String {
    let answer: Result<_, StoreError> = db
        .transaction(|tx| {
            Box::pin(async move {
                let entry = AuditEntry::mutation(action, ActorRef::system())
                    .object("case", "c1")
                    .request("r1")
                    .subject(subject)
                    .because("Điều 1", "kiểm thử")
                    .detail(json!({"n": 1}));
                tx.audit(entry).await
            })
        })
        .await;
    answer.unwrap().to_string()
}

fn writer(db: &TestDb) -> CheckpointWriter {
    let key = db.folder().join("keys/audit.key");
    CheckpointWriter::open(&db.folder().join("checkpoints"), &key, db.ambient()).unwrap()
}

fn evidence(db: &TestDb) -> Evidence {
    Evidence::load(&db.folder().join("checkpoints"), &db.folder().join("keys/audit.key")).unwrap()
}

/// A city with seven sealed records, a checkpoint, and two records that wait.
async fn city(db: &TestDb) {
    let mut sealer = Sealer::new(db.db(), Some(writer(db)));
    for _ in 0..4 {
        act(db, "case.submitted", "031190000001").await;
    }
    assert_eq!(sealer.seal().await.unwrap(), 4);
    assert_eq!(sealer.checkpoint().await.unwrap().unwrap().size, 4);
    for _ in 0..3 {
        act(db, "case.accepted", "031190000002").await;
    }
    assert_eq!(sealer.seal().await.unwrap(), 3);
    assert_eq!(sealer.checkpoint().await.unwrap().unwrap().size, 7);
    assert!(sealer.checkpoint().await.unwrap().is_none());
    act(db, "case.signed", "031190000002").await;
    act(db, "case.issued", "031190000002").await;
}

fn codes(report: &Report) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.code).collect()
}

/// Tampers with the database as its administrator could, and expects these findings among others.
async fn check(db: &TestDb, statements: &[&'static str], expected: &[&str]) {
    city(db).await;
    for statement in statements {
        assert!(db.execute(*statement, args![]).await.unwrap() > 0, "{statement}");
    }
    let report = verify(db, Some(&evidence(db))).await.unwrap();
    for code in expected {
        assert!(codes(&report).contains(code), "{code} not in {report:?}");
    }
    assert_eq!(report.is_good(), expected.is_empty(), "{report:?}");
}

db_test! {
    async fn an_honest_log_is_proved(db: TestDb) {
        check(&db, &[], &[]).await;
        let report = verify(&db, Some(&evidence(&db))).await.unwrap();
        assert_eq!((report.sealed, report.unsealed, report.checkpoints, report.proved), (7, 2, 2, 7));
    }

    async fn an_empty_log_is_proved(db: TestDb) {
        let report = verify(&db, None).await.unwrap();
        assert!(report.is_good(), "{report:?}");
        assert_eq!(report.sealed, 0);
    }

    async fn a_changed_record_shows(db: TestDb) {
        check(&db, &["UPDATE store_audit SET purpose = 'khác' WHERE id = (SELECT audit FROM store_chain WHERE seq = 3)"],
            &["record_changed"]).await;
    }

    async fn an_absent_value_made_empty_shows(db: TestDb) {
        check(&db, &["UPDATE store_audit SET agency = '' WHERE id = (SELECT audit FROM store_chain WHERE seq = 3)"],
            &["record_changed"]).await;
    }

    async fn a_changed_subject_shows(db: TestDb) {
        check(&db, &["DELETE FROM store_audit_subject WHERE audit = (SELECT audit FROM store_chain WHERE seq = 2)"],
            &["record_changed"]).await;
    }

    async fn a_removed_record_shows(db: TestDb) {
        check(&db, &["DELETE FROM store_audit WHERE id = (SELECT audit FROM store_chain WHERE seq = 5)"],
            &["record_missing"]).await;
    }

    async fn a_record_removed_with_its_link_shows(db: TestDb) {
        check(&db, &[
            "DELETE FROM store_audit WHERE id = (SELECT audit FROM store_chain WHERE seq = 5)",
            "DELETE FROM store_chain WHERE seq = 5",
        ], &["gap"]).await;
    }

    async fn a_truncated_tail_shows(db: TestDb) {
        check(&db, &[
            "DELETE FROM store_audit_open",
            "DELETE FROM store_audit WHERE id NOT IN (SELECT audit FROM store_chain WHERE seq <= 4)",
            "DELETE FROM store_chain WHERE seq > 4",
            "UPDATE store_chain_head SET size = 4, link = (SELECT link FROM store_chain WHERE seq = 4)",
        ], &["tail_missing"]).await;
    }

    async fn an_unsealed_record_that_was_changed_shows(db: TestDb) {
        check(&db, &["UPDATE store_audit SET action = 'case.read' WHERE action = 'case.issued'"], &["unsealed_changed"]).await;
    }

    async fn a_record_hidden_from_the_sealer_shows(db: TestDb) {
        check(&db, &["DELETE FROM store_audit_open"], &["stray_records"]).await;
    }

    async fn a_chain_rewritten_from_the_start_shows(db: TestDb) {
        city(&db).await;
        for statement in [
            "DELETE FROM store_audit_open",
            "INSERT INTO store_audit_open (audit, hash) SELECT id, hash FROM store_audit WHERE action = 'case.accepted'",
            "DELETE FROM store_audit WHERE action <> 'case.accepted'",
            "DELETE FROM store_chain",
            "DELETE FROM store_chain_head",
        ] {
            db.execute(statement, args![]).await.unwrap();
        }
        for _ in 0..6 {
            act(&db, "case.accepted", "031190000009").await;
        }
        Sealer::new(db.db(), None).seal().await.unwrap();
        assert!(verify(&db, None).await.unwrap().is_good(), "without checkpoints a rewritten chain looks true");
        let report = verify(&db, Some(&evidence(&db))).await.unwrap();
        assert!(codes(&report).contains(&"checkpoint_mismatch"), "{report:?}");
    }

    async fn a_forged_checkpoint_shows(db: TestDb) {
        city(&db).await;
        let file = db.folder().join("checkpoints").join(haidang_store::CHECKPOINTS);
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replace("\"size\":7", "\"size\":6")).unwrap();
        let report = verify(&db, Some(&evidence(&db))).await.unwrap();
        assert!(codes(&report).contains(&"checkpoint_unsigned"), "{report:?}");
    }

    async fn two_sealers_never_seal_twice(db: TestDb) {
        for _ in 0..40 {
            act(&db, "case.submitted", "031190000001").await;
        }
        let (one, two) = (Sealer::new(db.db(), None), Sealer::new(db.db(), None));
        let (a, b) = tokio::join!(one.seal(), two.seal());
        assert_eq!(a.unwrap() + b.unwrap(), 40);
        let report = verify(&db, None).await.unwrap();
        assert!(report.is_good(), "{report:?}");
        assert_eq!(report.sealed, 40);
    }

    async fn a_running_sealer_leaves_nothing_open_at_shutdown(db: TestDb) {
        let (stop, listen) = haidang_store::stopper();
        let running = tokio::spawn(Sealer::new(db.db(), Some(writer(&db))).run(listen));
        act(&db, "case.submitted", "031190000001").await;
        // Within a second of the commit, without anybody asking.
        while verify(&db, None).await.unwrap().sealed < 1 {
            tokio::task::yield_now().await;
        }
        act(&db, "case.accepted", "031190000001").await;
        stop.stop();
        running.await.unwrap();
        let report = verify(&db, Some(&evidence(&db))).await.unwrap();
        assert!(report.is_good(), "{report:?}");
        assert_eq!((report.sealed, report.unsealed, report.proved), (2, 0, 2));
    }

    async fn people_see_who_looked(db: TestDb) {
        act(&db, "case.submitted", "031190000001").await;
        let looks = (0..20).map(|_| {
            let actor = ActorRef { kind: "official".to_owned(), agency: Some("H24.11824".to_owned()), ..ActorRef::system() };
            db.record_read(AuditEntry::read("case.read", actor).object("case", "c9").subject("031190000001"))
        });
        for id in futures_util::future::join_all(looks).await {
            id.unwrap();
        }
        act(&db, "case.submitted", "031190000002").await;
        let first = db.accesses_of("031190000001", None, 15).await.unwrap();
        assert_eq!(first.len(), 15);
        assert_eq!((first[0].action.as_str(), first[0].agency.as_deref()), ("case.read", Some("H24.11824")));
        let rest = db.accesses_of("031190000001", Some(&first[14].audit_id), 15).await.unwrap();
        assert_eq!(rest.len(), 6);
        assert_eq!(rest[5].action, "case.submitted");
        assert!(db.accesses_of("031190000003", None, 15).await.unwrap().is_empty());
    }

    async fn acts_that_are_alike_share_a_record_that_names_each(db: TestDb) {
        let act = |client: &str, number: i64| {
            let entry = AuditEntry::mutation("token.issued", ActorRef::system()).object("client", client);
            db.record_alike(entry.detail(json!({ "grant": "g" })), json!({ "jti": number }))
        };
        let acts = (0..30).map(|number| act(if number % 3 == 0 { "one" } else { "other" }, number));
        let ids = futures_util::future::join_all(acts).await;
        let rows = db.fetch_all("SELECT id, object_id, detail FROM store_audit ORDER BY id", args![]).await.unwrap();
        assert!(rows.len() < 30, "{} records", rows.len());
        let mut named = 0;
        for row in &rows {
            let detail: serde_json::Value = row.json("detail").unwrap();
            assert_eq!(detail["grant"], "g");
            for own in detail["each"].as_array().unwrap() {
                let number = usize::try_from(own["jti"].as_i64().unwrap()).unwrap();
                assert_eq!(row.text("object_id").unwrap(), if number.is_multiple_of(3) { "one" } else { "other" });
                assert_eq!(ids[number].as_ref().unwrap().as_str(), row.text("id").unwrap(), "each is told its own record");
                named += 1;
            }
        }
        assert_eq!(named, 30);
        Sealer::new(db.db(), None).seal().await.unwrap();
        assert!(verify(&db, None).await.unwrap().is_good());
    }

    async fn a_rolled_back_act_leaves_no_record(db: TestDb) {
        let answer: Result<(), StoreError> = db.transaction(|tx| Box::pin(async move {
            tx.audit(AuditEntry::mutation("case.submitted", ActorRef::system())).await?;
            Err(StoreError::NotFound)
        })).await;
        assert!(answer.is_err());
        assert_eq!(db.fetch_one("SELECT count(*) AS n FROM store_audit", args![]).await.unwrap().integer("n").unwrap(), 0);
    }
}

#[test]
fn the_key_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys/audit.key");
    let ambient = haidang_kernel::ambient::Ambient::system();
    let first = CheckpointWriter::open(folder.path(), &file, &ambient).unwrap();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let second = CheckpointWriter::open(folder.path(), &file, &ambient).unwrap();
    assert_eq!(first.public_key(), second.public_key());
}
