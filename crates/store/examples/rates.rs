//! Prints durable rates of a database: single-row inserts of one client, and transactions of the size of a filing
//! (13 statements with audit and outbox) of sixteen clients. `cargo run --example rates -- sqlite:/path/new.sqlite`.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a tool for developers: it prints, and stops at the first fault"
)]

use haidang_store::{ActorRef, AuditEntry, Db, Migration, Options, StoreError, args, migrate};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const ROOM: &[Migration] = &[Migration {
    name: "0001_create_row",
    sql: "CREATE TABLE bench_row (id TEXT NOT NULL PRIMARY KEY, payload TEXT NOT NULL); \
          CREATE TABLE bench_counter (name TEXT NOT NULL PRIMARY KEY, n BIGINT NOT NULL)",
}];
const INSERT: &str = "INSERT INTO bench_row (id, payload) VALUES ($1, $2)";
const NEXT: &str = "INSERT INTO bench_counter (name, n) VALUES ($1, 1) \
                    ON CONFLICT (name) DO UPDATE SET n = bench_counter.n + 1 RETURNING n";
const CLIENTS: usize = 16;
const SPAN: Duration = Duration::from_secs(4);

async fn filing(db: &Db, number: u64) -> Result<(), StoreError> {
    let agency = &format!("agency {}", number % 114);
    db.transaction(|tx| {
        Box::pin(async move {
            for _ in 0..7 {
                let id = tx.ambient().token();
                tx.later(INSERT, args![id, "one row of a case with some text in it"]).await?;
            }
            let entry = AuditEntry::mutation("case.submitted", ActorRef::system()).object("case", "c").subject("1");
            tx.audit(entry).await?;
            tx.emit("case.submitted", "c", &number).await?;
            // Last, so that on PostgreSQL the row of the agency is locked for the shortest time.
            tx.fetch_one(NEXT, args![agency]).await?;
            Ok(())
        })
    })
    .await
}

#[tokio::main]
async fn main() {
    let url = std::env::args().nth(1).unwrap();
    let db = Db::open(&url, Options::default()).await.unwrap();
    migrate(&db, &[("bench", ROOM)]).await.unwrap();
    for round in 0..3 {
        let begun = Instant::now();
        let mut rows = 0_u64;
        while begun.elapsed() < SPAN {
            let id = db.ambient().token();
            db.execute(INSERT, args![id, "one row"]).await.unwrap();
            rows += 1;
        }
        let raw = rows as f64 / begun.elapsed().as_secs_f64();
        let done = Arc::new(AtomicU64::new(0));
        let begun = Instant::now();
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let (db, done) = (db.clone(), Arc::clone(&done));
                tokio::spawn(async move {
                    let mut times = Vec::new();
                    while begun.elapsed() < SPAN {
                        let start = Instant::now();
                        filing(&db, done.fetch_add(1, Ordering::Relaxed)).await.unwrap();
                        times.push(start.elapsed());
                    }
                    times
                })
            })
            .collect();
        let mut times = Vec::new();
        for client in clients {
            times.extend(client.await.unwrap());
        }
        times.sort();
        let rate = times.len() as f64 / begun.elapsed().as_secs_f64();
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
        println!(
            "round {round}: raw {raw:.0}/s, filings {rate:.0}/s of {CLIENTS} clients, ratio {:.2}, p50 {:.1} ms, p99 {:.1} ms",
            rate / raw,
            at(0.5),
            at(0.99)
        );
    }
    db.close().await;
}
