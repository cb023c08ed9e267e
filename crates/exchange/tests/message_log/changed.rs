//! A log that somebody changed behind our back: found, and where.

use std::sync::atomic::Ordering;

use haidang_exchange::MIGRATIONS;
use haidang_exchange::message_log::model::Placed;
use haidang_exchange::message_log::{Judging, Notary as _, Wrong, check, sql};
use haidang_exchange::proxy::Evidence as _;
use haidang_exchange::proxy::Stored;
use haidang_kernel::chain::Hash as Link;
use haidang_signing::path::TrustAnchors;
use haidang_store::args;
use haidang_testkit::db_test;

use super::support::{Log, TestNotary, five_calls, request};

/// Changes of a log of ten stamped messages and an unstamped eleventh: what is done, and what is found where. The large
/// body is the fifth message.
const CHANGES: &[(&str, &[(i64, Wrong)])] = &[
    ("UPDATE exchange_message SET agreement = 'TT-02' WHERE seq = 4", &[(4, Wrong::Record)]),
    ("UPDATE exchange_message SET agreement_version = 2 WHERE seq = 1", &[(1, Wrong::Record)]),
    ("UPDATE exchange_message SET client = 'VN-HP/GOV/0001/C' WHERE seq = 11", &[(11, Wrong::Record)]),
    ("UPDATE exchange_message SET at = at + 1 WHERE seq = 6", &[(6, Wrong::Record)]),
    ("UPDATE exchange_message SET message_id = 'other' WHERE seq = 7", &[(7, Wrong::Record)]),
    (
        "UPDATE exchange_message SET signed_at = signed_at + 1 WHERE seq = 7",
        &[(7, Wrong::Record), (7, Wrong::Signature)],
    ),
    (
        "UPDATE exchange_message SET head = (SELECT head FROM exchange_message WHERE seq = 9) WHERE seq = 7",
        &[(7, Wrong::Head)],
    ),
    (
        "UPDATE exchange_message SET body = (SELECT body FROM exchange_message WHERE seq = 2) WHERE seq = 4",
        &[(4, Wrong::Body)],
    ),
    ("UPDATE exchange_message SET body = NULL WHERE seq = 8", &[(8, Wrong::Body)]),
    (
        "UPDATE exchange_message SET signature = (SELECT signature FROM exchange_message WHERE seq = 1), \
         leaf = (SELECT leaf FROM exchange_message WHERE seq = 1) WHERE seq = 3",
        &[(1, Wrong::Batch), (3, Wrong::Record), (3, Wrong::Signature)],
    ),
    ("DELETE FROM exchange_message WHERE seq = 5", &[(1, Wrong::Batch), (6, Wrong::Gap)]),
    ("DELETE FROM exchange_message WHERE seq = 11", &[(10, Wrong::End)]),
    ("UPDATE exchange_chain SET seq = 12", &[(11, Wrong::End)]),
    ("UPDATE exchange_batch SET top = previous", &[(1, Wrong::Batch)]),
    ("UPDATE exchange_batch SET last_seq = 9", &[(1, Wrong::Batch)]),
];

async fn whole(db: &haidang_testkit::TestDb) -> Log {
    let log = Log::open(db).await;
    five_calls(&log).await;
    log.log.stamp().await.unwrap();
    log.log.request(&request("call-6", Stored::Empty)).await.unwrap();
    log
}

async fn found(db: &haidang_testkit::TestDb, log: &Log) -> Vec<(i64, Wrong)> {
    let checked = log.check(db).await;
    checked.broken.iter().map(|broken| (broken.seq, broken.wrong)).collect()
}

/// What somebody does who may write to the database and knows how the chain is made.
async fn compute_the_chain_anew(db: &haidang_testkit::TestDb) {
    let rows = db.fetch_all(sql::MESSAGES_AFTER, args![0, 1000]).await.unwrap();
    let mut link = Link::GENESIS;
    for placed in rows.iter().map(|row| Placed::read(row).unwrap()) {
        link = placed.message.link(placed.seq, &link);
        let changed = args![link.to_string(), placed.seq];
        db.execute("UPDATE exchange_message SET link = $1 WHERE seq = $2", changed).await.unwrap();
    }
    db.execute("UPDATE exchange_chain SET link = $1", args![link.to_string()]).await.unwrap();
}

db_test! {
    rooms = &[("exchange", MIGRATIONS)];

    async fn a_fact_changed_together_with_the_chain_is_found_by_the_time_stamp(db: TestDb) {
        let log = whole(&db).await;
        compute_the_chain_anew(&db).await;
        assert_eq!(found(&db, &log).await, vec![], "it is as it was");
        for change in [
            "UPDATE exchange_message SET agreement = 'TT-02' WHERE seq = 4",
            "UPDATE exchange_message SET client = 'VN-HP/GOV/0001/C' WHERE seq = 10",
            "UPDATE exchange_message SET at = at + 1 WHERE seq = 1",
        ] {
            db.execute(change, vec![]).await.unwrap();
            compute_the_chain_anew(&db).await;
            assert_eq!(found(&db, &log).await, vec![(1, Wrong::Batch)], "{change}");
        }
    }

    async fn what_was_said_of_a_certificate_cannot_be_taken_back(db: TestDb) {
        let log = Log::open(&db).await;
        log.notary.revoked.store(true, Ordering::SeqCst);
        five_calls(&log).await;
        log.log.stamp().await.unwrap();
        assert_eq!(found(&db, &log).await, vec![(1, Wrong::Authority)]);
        db.execute("DELETE FROM exchange_status", vec![]).await.unwrap();
        assert_eq!(found(&db, &log).await, vec![(1, Wrong::Batch)]);
    }

    async fn stamps_and_signatures_of_nobody_who_is_believed_are_found(db: TestDb) {
        let log = whole(&db).await;
        let other = TrustAnchors::new(TestNotary::new(db.ambient()).anchors());
        let judging = Judging { anchors: &other, now: db.ambient().now() };
        let checked = check(&db, &log.blobs, &log.sealer, judging).await.unwrap();
        let found: Vec<_> = checked.broken.iter().map(|broken| (broken.seq, broken.wrong)).collect();
        assert_eq!(found, vec![(1, Wrong::Stamp), (1, Wrong::Authority), (11, Wrong::Authority)]);
    }

    async fn a_changed_record_is_found_and_located(db: TestDb) {
        let log = whole(&db).await;
        assert_eq!(found(&db, &log).await, vec![]);
        // The log as it is, to begin each time from it.
        let tables = ["exchange_message", "exchange_chain", "exchange_batch"];
        for table in tables {
            db.execute(haidang_store::Statement::Built(format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}").into()), vec![])
                .await
                .unwrap();
        }
        for (change, expected) in CHANGES {
            db.execute(*change, vec![]).await.unwrap();
            assert_eq!(found(&db, &log).await, *expected, "{change}");
            for table in tables {
                for text in [format!("DELETE FROM {table}"), format!("INSERT INTO {table} SELECT * FROM kept_{table}")] {
                    db.execute(haidang_store::Statement::Built(text.into()), vec![]).await.unwrap();
                }
            }
        }
        assert_eq!(found(&db, &log).await, vec![]);
    }

    async fn a_large_body_that_is_gone_or_changed_is_found(db: TestDb) {
        let log = whole(&db).await;
        let row = db.fetch_one("SELECT body_file FROM exchange_message WHERE body_file IS NOT NULL", vec![]).await;
        let path = log.blobs.path(&row.unwrap().text("body_file").unwrap()).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let frame = 4 + u32::from_be_bytes(bytes[..4].try_into().unwrap()) as usize;
        let changed = |place: usize| {
            let mut copy = bytes.clone();
            copy[place] ^= 1;
            copy
        };
        let swapped = [&bytes[frame..2 * frame], &bytes[..frame], &bytes[2 * frame..]].concat();
        for (what, content) in [
            ("a bit in the first piece", changed(200)),
            ("a bit in the last piece", changed(bytes.len() - 1)),
            ("without its last piece", bytes[..2 * frame].to_vec()),
            ("without its first piece", bytes[frame..].to_vec()),
            ("pieces in another order", swapped),
            ("cut off", bytes[..bytes.len() - 1].to_vec()),
            ("empty", Vec::new()),
        ] {
            std::fs::write(&path, content).unwrap();
            assert_eq!(found(&db, &log).await, vec![(5, Wrong::Body)], "{what}");
        }
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(found(&db, &log).await, vec![]);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(found(&db, &log).await, vec![(5, Wrong::Body)]);
    }

    async fn a_batch_that_is_gone_leaves_its_messages_unstamped(db: TestDb) {
        let log = whole(&db).await;
        db.execute("DELETE FROM exchange_batch", vec![]).await.unwrap();
        let checked = log.check(&db).await;
        assert_eq!((checked.broken.len(), checked.unstamped), (0, 11));
    }

    async fn another_certificate_is_found(db: TestDb) {
        let log = whole(&db).await;
        let other = TestNotary::new(db.ambient());
        let der = other.anchors()[0].der().to_vec();
        db.execute("UPDATE exchange_certificate SET certificate = $1", args![der]).await.unwrap();
        let found = found(&db, &log).await;
        assert_eq!(found.len(), 11);
        assert!(found.iter().all(|(_, wrong)| *wrong == Wrong::Certificate));
    }
}
