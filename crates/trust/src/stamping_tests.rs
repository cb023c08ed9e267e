#![allow(clippy::unwrap_used)]
use super::*;
use haidang_testkit::{TestDb, db_test};
use jiff::SignedDuration;
use std::collections::BTreeSet;

const ACCURACY: u64 = 1_000;
const CLIENTS: u64 = 50;
const EACH: u64 = 4;

fn imprint(byte: u64) -> Imprint {
    Imprint { algorithm: DigestAlgorithm::Sha256, digest: vec![u8::try_from(byte % 256).unwrap(); 32] }
}

/// Numbers and times of the log, in the order of the numbers.
async fn log(db: &TestDb) -> Vec<(i64, Timestamp)> {
    let rows = db.fetch_all("SELECT number, at FROM trust_stamp ORDER BY number", args![]).await.unwrap();
    rows.iter().map(|row| (row.integer("number").unwrap(), row.timestamp("at").unwrap())).collect()
}

#[track_caller]
fn without_gap(log: &[(i64, Timestamp)], expected: u64) {
    let numbers: Vec<i64> = log.iter().map(|(serial, _)| *serial).collect();
    assert_eq!(numbers, (1..=i64::try_from(expected).unwrap()).collect::<Vec<i64>>());
    assert!(log.windows(2).all(|pair| pair[0].1 <= pair[1].1), "time runs back: {log:?}");
}

/// Takes numbers inside a transaction that then fails, as one does whose process dies before the commit.
async fn roll_back(db: &haidang_store::Db, count: u64) {
    let imprints: &Vec<Imprint> = &(0..count).map(imprint).collect();
    let lost: Result<(), StampError> = db
        .transaction(|tx| {
            Box::pin(async move {
                record(tx, imprints, ACCURACY).await?;
                tx.flush().await?;
                Err(StampError::Record("the power failed".to_owned()))
            })
        })
        .await;
    assert_eq!(lost.unwrap_err().to_string(), "the series of time stamps: the power failed");
}

db_test! {
    rooms = &[("trust", crate::MIGRATIONS)];

    async fn fifty_at_once_leave_no_gap_though_others_fail(db: TestDb) {
        // Two processes on one database: each has a series of its own, and both need the same row.
        let series = [Series::open(db.db(), ACCURACY).await.unwrap(), Series::open(db.db(), ACCURACY).await.unwrap()];
        let mut running = tokio::task::JoinSet::new();
        for client in 0..CLIENTS {
            let (series, db) = (Arc::clone(&series[usize::try_from(client % 2).unwrap()]), db.db());
            running.spawn(async move {
                let mut taken = Vec::new();
                for turn in 0..EACH {
                    if client % 5 == 0 {
                        roll_back(&db, 1 + turn).await;
                    }
                    taken.push(series.take(imprint(client)).await.unwrap());
                }
                taken
            });
        }
        let taken: Vec<Taken> = running.join_all().await.into_iter().flatten().collect();
        let serials: BTreeSet<u64> = taken.iter().map(|taken| taken.serial).collect();
        assert_eq!(serials, (1..=CLIENTS * EACH).collect());
        assert_eq!(taken.len(), serials.len(), "a number was given twice");
        without_gap(&log(&db).await, CLIENTS * EACH);
    }

    async fn whoever_goes_away_leaves_no_gap(db: TestDb) {
        let series = Series::open(db.db(), ACCURACY).await.unwrap();
        for byte in 0..10 {
            // The request is dropped while its stamp is being recorded.
            let mut asked = Box::pin(series.take(imprint(byte)));
            assert!(std::future::poll_fn(|context| std::task::Poll::Ready(asked.as_mut().poll(context))).await.is_pending());
            drop(asked);
        }
        let last = series.take(imprint(99)).await.unwrap();
        assert_eq!(last.serial, 11);
        without_gap(&log(&db).await, 11);
    }

    async fn time_never_runs_back_with_the_clock(db: TestDb) {
        let series = Series::open(db.db(), ACCURACY).await.unwrap();
        let first = series.take(imprint(1)).await.unwrap();
        db.ambient().advance(SignedDuration::from_millis(-900));
        let second = series.take(imprint(2)).await.unwrap();
        assert_eq!((second.serial, second.at), (2, first.at), "within the accuracy the last time is repeated");
        db.ambient().advance(SignedDuration::from_millis(-200));
        let refused = series.take(imprint(3)).await.unwrap_err();
        assert!(matches!(refused, StampError::Clock(ClockBehind { behind_milliseconds: 1_100 })), "{refused:?}");
        // Nor after a new start: the last time is in the record.
        let series = Series::open(db.db(), ACCURACY).await.unwrap();
        assert!(series.take(imprint(3)).await.is_err());
        db.ambient().advance(SignedDuration::from_secs(5));
        let third = series.take(imprint(3)).await.unwrap();
        assert_eq!(third.serial, 3, "a refusal takes no number");
        assert!(third.at > second.at);
        without_gap(&log(&db).await, 3);
    }

    async fn a_group_has_one_audit_record(db: TestDb) {
        let series = Series::open(db.db(), ACCURACY).await.unwrap();
        let first = series.record(&[imprint(1), imprint(2), imprint(3)]).await.unwrap();
        assert_eq!(first.serial, 1);
        let rows = db.fetch_all("SELECT detail FROM store_audit WHERE action = 'timestamp.issued'", args![]).await.unwrap();
        let details: Vec<String> = rows.iter().map(|row| row.text("detail").unwrap()).collect();
        assert_eq!(details, [r#"{"first":1,"last":3}"#]);
        let logged = db.fetch_all("SELECT algorithm, imprint FROM trust_stamp ORDER BY number", args![]).await.unwrap();
        assert_eq!(logged[2].bytes("imprint").unwrap(), [3; 32]);
        assert_eq!(logged[2].text("algorithm").unwrap(), "sha256");
    }
}
