//! The outbox: at least once, in order per key, and nothing without its transaction.

use async_trait::async_trait;
use haidang_store::outbox::{Consumer, Event, Failure};
use haidang_store::{Db, Dispatcher, StoreError, args, stopper};
use haidang_testkit::db_test;
use jiff::SignedDuration;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// Remembers what it took; refuses the payloads named.
#[derive(Default)]
struct Listener {
    took: Mutex<Vec<(String, i64)>>,
    refuse: Mutex<BTreeSet<i64>>,
    never: bool,
}

#[async_trait]
impl Consumer for Listener {
    fn name(&self) -> &'static str {
        "test.listener"
    }
    fn wants(&self, kind: &str) -> bool {
        kind.starts_with("thing.")
    }
    fn attempts(&self) -> i64 {
        3
    }
    async fn take(&self, event: &Event) -> Result<(), Failure> {
        let number: i64 = event.read()?;
        if self.refuse.lock().unwrap().contains(&number) {
            return Err(if self.never {
                Failure::Never("no".to_owned())
            } else {
                Failure::Later("not now".to_owned())
            });
        }
        self.took.lock().unwrap().push((event.key.clone(), number));
        Ok(())
    }
}

impl Listener {
    fn took(&self, key: &str) -> Vec<i64> {
        self.took.lock().unwrap().iter().filter(|(k, _)| k == key).map(|(_, n)| *n).collect()
    }
}

async fn emit(db: &Db, kind: &'static str, key: &str, number: i64) {
    let answer: Result<(), StoreError> =
        db.transaction(|tx| Box::pin(async move { tx.emit(kind, key, &number).await.map(drop) })).await;
    answer.unwrap();
}

async fn waiting(db: &Db) -> i64 {
    const WAITING: &str = "SELECT count(*) AS n FROM store_delivery WHERE state = 'waiting'";
    db.fetch_one(WAITING, args![]).await.unwrap().integer("n").unwrap()
}

db_test! {
    async fn events_arrive_once_and_in_order(db: TestDb) {
        let listener = Arc::new(Listener::default());
        db.register(listener.clone());
        for number in 0..5 {
            emit(&db, "thing.moved", "a", number).await;
            emit(&db, "thing.moved", "b", number).await;
            emit(&db, "other.moved", "a", 100 + number).await;
        }
        let dispatcher = Dispatcher::new(db.db());
        assert_eq!(dispatcher.run_due().await.unwrap(), 10);
        assert_eq!(listener.took("a"), [0, 1, 2, 3, 4]);
        assert_eq!(listener.took("b"), [0, 1, 2, 3, 4]);
        assert_eq!(dispatcher.run_due().await.unwrap(), 0);
        assert_eq!(db.forget_done(db.ambient().now() + SignedDuration::from_secs(1)).await.unwrap(), 10);
    }

    async fn a_rolled_back_fact_is_not_told(db: TestDb) {
        let listener = Arc::new(Listener::default());
        db.register(listener.clone());
        let answer: Result<(), StoreError> = db.transaction(|tx| Box::pin(async move {
            tx.emit("thing.moved", "a", &1_i64).await?;
            Err(StoreError::NotFound)
        })).await;
        assert!(answer.is_err());
        assert_eq!(Dispatcher::new(db.db()).run_due().await.unwrap(), 0);
    }

    async fn a_later_event_waits_for_the_one_before(db: TestDb) {
        let listener = Arc::new(Listener::default());
        db.register(listener.clone());
        listener.refuse.lock().unwrap().insert(1);
        for number in 0..3 {
            emit(&db, "thing.moved", "a", number).await;
        }
        emit(&db, "thing.moved", "b", 9).await;
        let dispatcher = Dispatcher::new(db.db());
        dispatcher.run_due().await.unwrap();
        assert_eq!(listener.took("a"), [0]);
        assert_eq!(listener.took("b"), [9]);
        emit(&db, "thing.moved", "a", 3).await;
        dispatcher.run_due().await.unwrap();
        assert_eq!(listener.took("a"), [0], "an event emitted later overtook");
        listener.refuse.lock().unwrap().clear();
        db.ambient().advance(SignedDuration::from_secs(2));
        dispatcher.run_due().await.unwrap();
        assert_eq!(listener.took("a"), [0, 1, 2, 3]);
        assert_eq!(waiting(&db).await, 0);
    }

    async fn a_hopeless_event_is_put_aside_and_blocks_nothing(db: TestDb) {
        let listener = Arc::new(Listener::default());
        db.register(listener.clone());
        listener.refuse.lock().unwrap().insert(0);
        emit(&db, "thing.moved", "a", 0).await;
        emit(&db, "thing.moved", "a", 1).await;
        let dispatcher = Dispatcher::new(db.db());
        for _ in 0..3 {
            dispatcher.run_due().await.unwrap();
            db.ambient().advance(SignedDuration::from_hours(2));
        }
        dispatcher.run_due().await.unwrap();
        assert_eq!(listener.took("a"), [1]);
        let dead = db.dead_deliveries(10).await.unwrap();
        assert_eq!((dead.len(), dead[0].attempts, dead[0].error.as_deref()), (1, 3, Some("not now")));
        listener.refuse.lock().unwrap().clear();
        assert!(db.revive_delivery("test.listener", &dead[0].event).await.unwrap());
        dispatcher.run_due().await.unwrap();
        assert_eq!(listener.took("a"), [1, 0]);
    }

    async fn a_useless_event_is_put_aside_at_once(db: TestDb) {
        let listener = Arc::new(Listener { never: true, ..Listener::default() });
        db.register(listener.clone());
        listener.refuse.lock().unwrap().insert(0);
        emit(&db, "thing.moved", "a", 0).await;
        emit(&db, "thing.moved", "a", 1).await;
        Dispatcher::new(db.db()).run_due().await.unwrap();
        assert_eq!(listener.took("a"), [1]);
        assert_eq!(db.dead_deliveries(10).await.unwrap().len(), 1);
    }

    async fn a_claim_of_a_dead_process_runs_out(db: TestDb) {
        let listener = Arc::new(Listener::default());
        db.register(listener.clone());
        emit(&db, "thing.moved", "a", 0).await;
        let far = db.ambient().now() + SignedDuration::from_secs(120);
        db.execute("UPDATE store_delivery SET attempts = 1, next_at = $1", args![far]).await.unwrap();
        let dispatcher = Dispatcher::new(db.db());
        assert_eq!(dispatcher.run_due().await.unwrap(), 0);
        db.ambient().advance(SignedDuration::from_secs(121));
        assert_eq!(dispatcher.run_due().await.unwrap(), 1);
    }

    async fn two_dispatchers_share_the_work_in_order(db: TestDb) {
        let listener = Arc::new(Listener::default());
        db.register(listener.clone());
        for number in 0..30 {
            emit(&db, "thing.moved", if number % 2 == 0 { "a" } else { "b" }, number).await;
        }
        let (one, two) = (Dispatcher::new(db.db()), Dispatcher::new(db.db()));
        while waiting(&db).await > 0 {
            let (x, y) = tokio::join!(one.run_due(), two.run_due());
            x.unwrap();
            y.unwrap();
        }
        assert_eq!(listener.took("a"), (0..30).step_by(2).collect::<Vec<i64>>());
        assert_eq!(listener.took("b"), (1..30).step_by(2).collect::<Vec<i64>>());
    }

    async fn a_running_dispatcher_hears_the_commit(db: TestDb) {
        let listener = Arc::new(Listener::default());
        db.register(listener.clone());
        let (stop, listen) = stopper();
        let running = tokio::spawn(Dispatcher::new(db.db()).run(listen));
        emit(&db, "thing.moved", "a", 7).await;
        while waiting(&db).await > 0 {
            tokio::task::yield_now().await;
        }
        stop.stop();
        running.await.unwrap();
        assert_eq!(listener.took("a"), [7]);
    }
}
