//! Jobs: enqueued with their fact, once per key, retried, put aside, repeated.

use async_trait::async_trait;
use haidang_store::jobs::{Handler, Job};
use haidang_store::outbox::Failure;
use haidang_store::{Db, Jobs, StoreError, args};
use haidang_testkit::db_test;
use jiff::{SignedDuration, Timestamp};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct Worker {
    did: Mutex<Vec<String>>,
    failures: AtomicI64,
    every: Option<SignedDuration>,
}

#[async_trait]
impl Handler for Worker {
    fn kind(&self) -> &'static str {
        "test.work"
    }
    fn attempts(&self) -> i64 {
        3
    }
    fn every(&self) -> Option<SignedDuration> {
        self.every
    }
    async fn run(&self, job: &Job) -> Result<(), Failure> {
        if self.failures.fetch_sub(1, Ordering::SeqCst) > 0 {
            return Err(Failure::Later("not now".to_owned()));
        }
        self.did.lock().unwrap().push(job.key.clone());
        Ok(())
    }
}

async fn enqueue(db: &Db, key: &str, at: Timestamp) -> bool {
    let answer: Result<_, StoreError> =
        db.transaction(|tx| Box::pin(async move { tx.enqueue("test.work", key, &1, at).await })).await;
    answer.unwrap().is_some()
}

fn runner(db: &Db, worker: &Arc<Worker>) -> Jobs {
    Jobs::new(db.clone()).with(worker.clone())
}

db_test! {
    async fn a_job_runs_when_due_and_once(db: TestDb) {
        let worker = Arc::new(Worker::default());
        let jobs = runner(&db, &worker);
        let now = db.ambient().now();
        assert!(enqueue(&db, "a", now).await);
        assert!(!enqueue(&db, "a", now).await, "the same work waits once");
        assert!(enqueue(&db, "b", now + SignedDuration::from_hours(1)).await);
        assert_eq!(jobs.run_due().await.unwrap(), 1);
        assert!(enqueue(&db, "a", now).await, "done work may be asked for again");
        assert_eq!(jobs.run_due().await.unwrap(), 1);
        db.ambient().advance(SignedDuration::from_hours(1));
        assert_eq!(jobs.run_due().await.unwrap(), 1);
        assert_eq!(*worker.did.lock().unwrap(), ["a", "a", "b"]);
    }

    async fn a_failing_job_is_retried_then_put_aside(db: TestDb) {
        let worker = Arc::new(Worker::default());
        worker.failures.store(3, Ordering::SeqCst);
        let jobs = runner(&db, &worker);
        enqueue(&db, "a", db.ambient().now()).await;
        for _ in 0..3 {
            assert_eq!(jobs.run_due().await.unwrap(), 1);
            assert_eq!(jobs.run_due().await.unwrap(), 0, "no second try without a pause");
            db.ambient().advance(SignedDuration::from_hours(1));
        }
        assert_eq!(jobs.run_due().await.unwrap(), 0);
        let dead = db.dead_jobs(5).await.unwrap();
        assert_eq!((dead.len(), dead[0].attempts, dead[0].error.as_deref()), (1, 3, Some("not now")));
        assert!(db.revive_job(&dead[0].id).await.unwrap());
        assert_eq!(jobs.run_due().await.unwrap(), 1);
        assert_eq!(*worker.did.lock().unwrap(), ["a"]);
    }

    async fn a_failing_job_yields_to_its_newer_twin(db: TestDb) {
        let worker = Arc::new(Worker::default());
        worker.failures.store(1, Ordering::SeqCst);
        let now = db.ambient().now();
        enqueue(&db, "a", now).await;
        db.execute("UPDATE store_job SET state = 'running', claimed_until = $1", args![now]).await.unwrap();
        enqueue(&db, "a", now).await;
        runner(&db, &worker).run_due().await.unwrap();
        assert_eq!(*worker.did.lock().unwrap(), ["a"]);
        assert!(db.dead_jobs(5).await.unwrap().is_empty());
    }

    async fn a_job_of_a_dead_worker_is_taken_over(db: TestDb) {
        let worker = Arc::new(Worker::default());
        let jobs = runner(&db, &worker);
        enqueue(&db, "a", db.ambient().now()).await;
        let until = db.ambient().now() + SignedDuration::from_mins(10);
        db.execute("UPDATE store_job SET state = 'running', attempts = 1, claimed_until = $1", args![until]).await.unwrap();
        assert_eq!(jobs.run_due().await.unwrap(), 0);
        db.ambient().advance(SignedDuration::from_mins(11));
        assert_eq!(jobs.run_due().await.unwrap(), 1);
    }

    async fn workers_take_different_jobs(db: TestDb) {
        let worker = Arc::new(Worker::default());
        for number in 0..40 {
            enqueue(&db, &format!("{number:02}"), db.ambient().now()).await;
        }
        let (one, two) = (runner(&db, &worker), runner(&db, &worker));
        let (a, b) = tokio::join!(one.run_due(), two.run_due());
        assert_eq!(a.unwrap() + b.unwrap(), 40);
        let mut did = worker.did.lock().unwrap().clone();
        did.sort();
        did.dedup();
        assert_eq!(did.len(), 40);
    }

    async fn repeating_work_repeats(db: TestDb) {
        let worker = Arc::new(Worker { every: Some(SignedDuration::from_hours(1)), ..Worker::default() });
        let jobs = runner(&db, &worker);
        assert_eq!(jobs.run_due().await.unwrap(), 1);
        assert_eq!(jobs.run_due().await.unwrap(), 0);
        worker.failures.store(5, Ordering::SeqCst);
        for _ in 0..5 {
            db.ambient().advance(SignedDuration::from_hours(1));
            assert_eq!(jobs.run_due().await.unwrap(), 1);
        }
        db.ambient().advance(SignedDuration::from_hours(1));
        assert_eq!(jobs.run_due().await.unwrap(), 1);
        assert_eq!(worker.did.lock().unwrap().len(), 2);
    }
}
