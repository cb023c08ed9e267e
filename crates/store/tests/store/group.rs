//! Several transactions in one commit: one that fails harms no other, and nobody is answered before the disk.

use haidang_store::{Db, Kind, Migration, StoreError, Tx, args};
use haidang_testkit::db_test;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Barrier;

const ROOM: &[Migration] = &[Migration {
    name: "0001_create_group",
    sql: "CREATE TABLE room_group (id TEXT NOT NULL PRIMARY KEY); \
          CREATE TABLE room_counter (name TEXT NOT NULL PRIMARY KEY, n BIGINT NOT NULL)",
}];
const INSERT: &str = "INSERT INTO room_group (id) VALUES ($1)";
const NEXT: &str = "INSERT INTO room_counter (name, n) VALUES ($1, 1) \
                    ON CONFLICT (name) DO UPDATE SET n = room_counter.n + 1 RETURNING n";

async fn ids(db: &Db) -> Vec<String> {
    let rows = db.fetch_all("SELECT id FROM room_group ORDER BY id", args![]).await.unwrap();
    rows.iter().map(|row| row.text("id").unwrap()).collect()
}

/// What a member of the crowd does to itself.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Well,
    ReadsFirst,
    Refuses,
    RefusesAfterReading,
    RefusesAtOnce,
    BreaksAKey,
    SwallowsAnError,
    IsCancelled,
    Panics,
}

/// By which way a transaction comes to its connection.
#[derive(Clone, Copy)]
enum Door {
    Free,
    InLine,
}

async fn act(tx: &mut Tx<'_>, id: &str, end: End) -> Result<(), StoreError> {
    const COUNT: &str = "SELECT count(*) AS n FROM room_group WHERE id = $1";
    if end == End::RefusesAtOnce {
        return Err(StoreError::NotFound);
    }
    if matches!(end, End::ReadsFirst | End::RefusesAfterReading) {
        assert_eq!(tx.fetch_one(COUNT, args![id]).await?.integer("n")?, 0);
    }
    assert_eq!(tx.execute(INSERT, args![id]).await?, 1);
    match end {
        End::Well | End::ReadsFirst => Ok(()),
        End::Refuses | End::RefusesAfterReading | End::RefusesAtOnce => Err(StoreError::NotFound),
        End::BreaksAKey => tx.execute(INSERT, args![id]).await.map(drop),
        End::SwallowsAnError => {
            assert!(tx.execute(INSERT, args![id]).await.is_err());
            assert!(tx.execute(INSERT, args!["other"]).await.is_err(), "nothing runs after a failure");
            Ok(())
        }
        End::IsCancelled => std::future::pending().await,
        End::Panics => panic!("on purpose"),
    }
}

async fn member(db: Db, number: usize, end: End, door: Door) -> Result<(), StoreError> {
    let id = format!("{number:03}");
    let id = &id;
    let work = async {
        match door {
            Door::Free => db.transaction(|tx| Box::pin(act(tx, id, end))).await,
            Door::InLine => db.transaction_in_line(|tx| Box::pin(act(tx, id, end))).await,
        }
    };
    if end == End::IsCancelled {
        // Long enough to be inside the transaction, short against the test.
        tokio::time::timeout(std::time::Duration::from_millis(5), work).await.unwrap_or(Err(StoreError::NotFound))
    } else {
        work.await
    }
}

/// Sixty transactions of all kinds at once: what ended well is there, nothing else.
async fn crowd(db: &Db, door: Door) {
    const ENDS: [End; 9] = [
        End::Well,
        End::Refuses,
        End::ReadsFirst,
        End::RefusesAtOnce,
        End::BreaksAKey,
        End::SwallowsAnError,
        End::IsCancelled,
        End::RefusesAfterReading,
        End::Panics,
    ];
    let end = |number: usize| ENDS[number % ENDS.len()];
    let crowd: Vec<_> = (0..90).map(|number| tokio::spawn(member(db.clone(), number, end(number), door))).collect();
    let mut kept = Vec::new();
    for (number, task) in crowd.into_iter().enumerate() {
        if matches!(task.await, Ok(Ok(()))) {
            kept.push(format!("{number:03}"));
        }
    }
    let well = |number: &usize| matches!(end(*number), End::Well | End::ReadsFirst);
    let well: Vec<String> = (0..90).filter(well).map(|number| format!("{number:03}")).collect();
    assert_eq!(kept, well);
    assert_eq!(ids(db).await, well);
}

db_test! {
    rooms = &[("room", ROOM)];

    async fn one_that_fails_harms_no_other(db: TestDb) {
        crowd(&db.db(), Door::Free).await;
    }

    async fn one_that_fails_in_the_line_harms_no_other(db: TestDb) {
        crowd(&db.db(), Door::InLine).await;
    }

    /// Whoever went away and left a batch that cannot be undone harms none that waits for its commit: it runs again.
    async fn a_batch_that_cannot_be_undone_runs_again(db: TestDb) {
        if db.kind() == Kind::Postgres {
            return;
        }
        let breaks = db.transaction(|tx| {
            Box::pin(async move {
                tx.execute(INSERT, args!["lost"]).await?;
                tx.execute("RELEASE member", args![]).await?;
                std::future::pending::<Result<(), StoreError>>().await
            })
        });
        let breaks = tokio::time::timeout(std::time::Duration::from_millis(5), breaks);
        let (well, broken) = tokio::join!(member(db.db(), 1, End::Well, Door::Free), breaks);
        well.unwrap();
        assert!(broken.is_err());
        assert_eq!(ids(&db).await, ["001"]);
    }

    /// A connection that breaks under a batch is not used again.
    async fn a_line_goes_on_after_its_connection_broke(db: TestDb) {
        let fault = match db.kind() {
            Kind::Sqlite => "SELECT x FROM nowhere",
            Kind::Postgres => "SELECT pg_terminate_backend(pg_backend_pid())",
        };
        for number in 0..4 {
            let broken: Result<(), StoreError> = db
                .transaction_in_line(|tx| {
                    Box::pin(async move {
                        tx.execute(INSERT, args!["lost"]).await?;
                        tx.fetch_all(fault, args![]).await.map(drop)?;
                        // What breaks by itself is not tried again.
                        Err(StoreError::NotFound)
                    })
                })
                .await;
            assert!(broken.is_err());
            member(db.db(), number, End::Well, Door::InLine).await.unwrap();
        }
        assert_eq!(ids(&db).await, ["000", "001", "002", "003"]);
    }

    async fn the_counter_has_no_gap_and_no_twin(db: TestDb) {
        let barrier = Arc::new(Barrier::new(50));
        let crowd: Vec<_> = (0..50)
            .map(|number| {
                let (db, barrier) = (db.db(), Arc::clone(&barrier));
                tokio::spawn(async move {
                    barrier.wait().await;
                    let answer: Result<i64, StoreError> = db
                        .transaction(|tx| {
                            Box::pin(async move {
                                let n = tx.fetch_one(NEXT, args!["day"]).await?.integer("n")?;
                                if number % 5 == 0 { Err(StoreError::NotFound) } else { Ok(n) }
                            })
                        })
                        .await;
                    answer.ok()
                })
            })
            .collect();
        let mut numbers = Vec::new();
        for task in crowd {
            numbers.extend(task.await.unwrap());
        }
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=40).collect::<Vec<i64>>());
    }

    async fn a_locked_row_is_decided_once(db: TestDb) {
        db.execute("INSERT INTO room_counter (name, n) VALUES ('state', 0)", args![]).await.unwrap();
        let crowd: Vec<_> = (0..20)
            .map(|_| {
                let db = db.db();
                tokio::spawn(async move {
                    db.transaction(|tx| {
                        Box::pin(async move {
                            const READ: &str = "SELECT n FROM room_counter WHERE name = 'state'";
                            if tx.lock_one(READ, args![]).await?.integer("n")? != 0 {
                                return Err(StoreError::NotFound);
                            }
                            tx.execute("UPDATE room_counter SET n = n + 1 WHERE name = 'state'", args![]).await
                        })
                    })
                    .await
                    .is_ok()
                })
            })
            .collect();
        let mut won = 0;
        for task in crowd {
            won += usize::from(task.await.unwrap());
        }
        assert_eq!(won, 1);
    }

    async fn a_lost_race_runs_again(db: TestDb) {
        let runs = AtomicUsize::new(0);
        let answer: Result<u64, StoreError> = db
            .transaction(|tx| {
                let runs = &runs;
                Box::pin(async move {
                    tx.execute(INSERT, args!["x"]).await?;
                    if runs.fetch_add(1, Ordering::SeqCst) < 3 {
                        return Err(tx.again("lost"));
                    }
                    Ok(7)
                })
            })
            .await;
        assert_eq!((answer.unwrap(), runs.load(Ordering::SeqCst)), (7, 4));
        assert_eq!(ids(&db).await, ["x"]);
    }

    async fn a_race_lost_for_ever_is_given_up(db: TestDb) {
        let answer: Result<u64, StoreError> = db.transaction(|tx| Box::pin(async move { Err(tx.again("lost")) })).await;
        assert!(answer.unwrap_err().is_transient());
    }

    async fn what_was_answered_is_visible(db: TestDb) {
        for number in 0..20 {
            member(db.db(), number, End::Well, Door::Free).await.unwrap();
            assert_eq!(ids(&db).await.len(), number + 1);
        }
    }
}

db_test! {
    rooms = &[("room", ROOM)];

    async fn what_was_left_for_later_is_done_or_undone_whole(db: TestDb) {
        for (twin, expected) in [(false, 3), (true, 3)] {
            let answer: Result<(), StoreError> = db
                .transaction(|tx| {
                    Box::pin(async move {
                        let name = if twin { "second" } else { "first" };
                        tx.later(INSERT, args![name]).await?;
                        tx.later(INSERT, args![format!("{name} '$1'")]).await?;
                        tx.later("INSERT INTO room_counter (name, n) VALUES ($1, 1)", args!["only once"]).await?;
                        tx.execute(INSERT, args![format!("{name} now")]).await?;
                        Ok(())
                    })
                })
                .await;
            assert_eq!(answer.is_err(), twin);
            assert_eq!(ids(&db).await.len(), expected);
        }
    }

    async fn many_left_for_later_are_sent_in_parts(db: TestDb) {
        let answer: Result<(), StoreError> = db
            .transaction(|tx| {
                Box::pin(async move {
                    for number in 0..2500 {
                        tx.later(INSERT, args![format!("{number:04}")]).await?;
                    }
                    Ok(())
                })
            })
            .await;
        answer.unwrap();
        assert_eq!(ids(&db).await.len(), 2500);
    }
}

db_test! {
    rooms = &[("room", ROOM)];

    async fn a_transaction_inside_another_is_refused(db: TestDb) {
        let inner = &db.db();
        let answer: Result<u64, StoreError> = db
            .transaction(|tx| {
                Box::pin(async move {
                    tx.execute(INSERT, args!["outer"]).await?;
                    inner.execute(INSERT, args!["inner"]).await
                })
            })
            .await;
        assert!(answer.unwrap_err().to_string().contains("inside another"));
        assert_eq!(ids(&db).await, Vec::<String>::new());
    }
}
