//! A process is killed in the middle of its work: whatever it was told is there, and nothing is half done.

use haidang_store::{ActorRef, AuditEntry, Db, Migration, Options, Sealer, StoreError, args, migrate, stopper, verify};
use haidang_testkit::{POSTGRES_VARIABLE, TestDb, db_test};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

const ROOM: &[Migration] = &[Migration {
    name: "0001_create_receipt",
    sql: "CREATE TABLE room_receipt (number BIGINT NOT NULL PRIMARY KEY); \
          CREATE TABLE room_number (day TEXT NOT NULL PRIMARY KEY, last BIGINT NOT NULL)",
}];
const ROOMS: haidang_testkit::Rooms = &[("room", ROOM)];
const NEXT: &str = "INSERT INTO room_number (day, last) VALUES ($1, 1) \
                    ON CONFLICT (day) DO UPDATE SET last = room_number.last + 1 RETURNING last";
/// Set for the process that is to be killed: the address of its database.
const VICTIM: &str = "HAIDANG_TEST_VICTIM";
/// Receipts seen before the blow.
const ENOUGH: usize = 250;

async fn receipt(db: &Db) -> Result<i64, StoreError> {
    db.transaction(|tx| {
        Box::pin(async move {
            let number = tx.fetch_one(NEXT, args!["today"]).await?.integer("last")?;
            tx.execute("INSERT INTO room_receipt (number) VALUES ($1)", args![number]).await?;
            tx.audit(AuditEntry::mutation("case.submitted", ActorRef::system()).subject("1")).await?;
            tx.emit("case.submitted", "k", &number).await?;
            Ok(number)
        })
    })
    .await
}

/// Not a test of its own: the body of the process that is killed, which never ends by itself.
#[test]
fn victim() {
    let Ok(url) = std::env::var(VICTIM) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let db = Db::open(&url, Options::default()).await.unwrap();
        migrate(&db, ROOMS).await.unwrap();
        let (_stopper, stop) = stopper();
        tokio::spawn(Sealer::new(db.clone(), None).run(stop));
        let clients = (0..16).map(|_| {
            let db = db.clone();
            tokio::spawn(async move {
                loop {
                    let number = receipt(&db).await.unwrap();
                    // Standard output is the person at the counter: what was said there must hold.
                    writeln!(std::io::stdout().lock(), "receipt {number}").unwrap();
                }
            })
        });
        futures_util::future::join_all(clients).await;
    });
}

fn address(db: &TestDb) -> String {
    match (db.sqlite_path(), db.postgres_schema()) {
        (Some(path), _) => format!("sqlite:{}", path.display()),
        (None, schema) => {
            let url = std::env::var(POSTGRES_VARIABLE).unwrap();
            let mark = if url.contains('?') { '&' } else { '?' };
            format!("{url}{mark}schema={}", schema.unwrap())
        }
    }
}

fn kill_in_the_middle(url: &str) -> BTreeSet<i64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["crash::victim", "--exact", "--nocapture"])
        .env(VICTIM, url)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut told = BTreeSet::new();
    let mut killed = false;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        // The last line may be cut; the first shares its line with the test runner.
        if let Some(number) = line.unwrap().rsplit_once("receipt ").and_then(|(_, number)| number.parse::<i64>().ok()) {
            told.insert(number);
        }
        if told.len() >= ENOUGH && !killed {
            child.kill().unwrap();
            killed = true;
        }
    }
    child.wait().unwrap();
    told
}

db_test! {
    rooms = ROOMS;

    async fn every_receipt_survives_the_blow(db: TestDb) {
        let url = address(&db);
        let told = tokio::task::spawn_blocking(move || kill_in_the_middle(&url)).await.unwrap();
        assert!(told.len() >= ENOUGH, "{} receipts", told.len());
        let mut snapshot = db.snapshot().await.unwrap();
        let rows = snapshot.fetch_all("SELECT number FROM room_receipt ORDER BY number", args![]).await.unwrap();
        let kept: Vec<i64> = rows.iter().map(|row| row.integer("number").unwrap()).collect();
        let last = snapshot.fetch_one("SELECT last FROM room_number", args![]).await.unwrap().integer("last").unwrap();
        assert_eq!(kept, (1..=last).collect::<Vec<i64>>(), "a gap, a twin or a number without its receipt");
        for number in &told {
            assert!(kept.binary_search(number).is_ok(), "receipt {number} was told and is lost");
        }
        for table in ["SELECT count(*) AS n FROM store_audit", "SELECT count(*) AS n FROM store_event"] {
            assert_eq!(snapshot.fetch_one(table, args![]).await.unwrap().integer("n").unwrap(), last, "{table}");
        }
        drop(snapshot);
        let report = verify(&db, None).await.unwrap();
        assert!(report.is_good(), "{report:?}");
        Sealer::new(db.db(), None).seal().await.unwrap();
        assert_eq!(receipt(&db).await.unwrap(), last + 1);
        let report = verify(&db, None).await.unwrap();
        assert!(report.is_good(), "{report:?}");
        assert_eq!((i64::try_from(report.sealed).unwrap(), report.unsealed), (last, 1));
    }
}
