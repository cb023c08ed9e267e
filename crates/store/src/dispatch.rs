//! Delivers events to the registered consumers: at least once, in order per key, with growing pauses and a place for
//! what cannot be delivered.

use crate::db::Db;
use crate::outbox::{Consumer, Event, Failure};
use crate::{Filter, Stop, StoreError, Value, args, sql};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Deliveries claimed at a time per consumer.
const CLAIM: i64 = 64;
/// A claim that is not settled by then belongs to a process that died.
const LEASE: SignedDuration = SignedDuration::from_secs(120);
/// After a round, events gather this long before the next one: a round costs two commits, however many it delivers.
const GATHER: Duration = Duration::from_millis(20);
/// Without a ring of the bell, the table is looked at this often.
const LOOK: Duration = Duration::from_secs(1);

/// The pause after the `attempt`-th failure: 1 s, doubled each time, at most one hour.
pub(crate) fn pause(attempt: i64) -> SignedDuration {
    let doublings = u32::try_from((attempt - 1).clamp(0, 12)).unwrap_or(12);
    SignedDuration::from_secs((1_i64 << doublings).min(3600))
}

/// An event that could not be delivered.
#[derive(Debug, Clone)]
pub struct DeadDelivery {
    /// Name of the consumer.
    pub consumer: String,
    /// Id of the event.
    pub event: String,
    /// Kind of the event.
    pub kind: String,
    /// Its key.
    pub key: String,
    /// Attempts made.
    pub attempts: i64,
    /// When it was put aside.
    pub at: Timestamp,
    /// The last reason.
    pub error: Option<String>,
}

/// Delivers the outbox of one store to the consumers registered with [`Db::register`].
#[derive(Clone)]
pub struct Dispatcher {
    db: Db,
}

struct Claimed {
    event: Event,
    attempt: i64,
}

enum Outcome {
    Done,
    Later(String),
    Dead(String),
    Untried,
}

/// How the events of different keys are taken.
#[derive(Clone, Copy)]
enum Pace {
    OneByOne,
    SideBySide,
}

impl Dispatcher {
    /// A dispatcher of this store.
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Delivers everything that is due now, one after another and so in the same order each time, and answers how many
    /// deliveries were tried.
    ///
    /// # Errors
    /// What the database says; failures of consumers are kept with their delivery instead.
    pub async fn run_due(&self) -> Result<usize, StoreError> {
        let mut tried = 0;
        loop {
            let mut round = 0;
            for consumer in self.db.consumers().iter() {
                round += self.round(consumer, Pace::OneByOne).await?;
            }
            if round == 0 {
                return Ok(tried);
            }
            tried += round;
        }
    }

    /// Delivers until told to stop. Each consumer has a pace of its own, so that a slow one holds up no other.
    pub async fn run(self, stop: Stop) {
        let consumers = self.db.consumers();
        let loops = consumers.iter().map(|consumer| self.serve(consumer, stop.clone()));
        futures_util::future::join_all(loops).await;
    }

    async fn serve(&self, consumer: &Arc<dyn Consumer>, mut stop: Stop) {
        loop {
            // Listening begins before the look, so that no ring between look and wait is missed.
            let bell = self.db.core.events.notified();
            tokio::pin!(bell);
            bell.as_mut().enable();
            match self.round(consumer, Pace::SideBySide).await {
                Ok(0) => {
                    tokio::select! {
                        () = bell => {}
                        () = tokio::time::sleep(LOOK) => {}
                        () = stop.wait() => return,
                    }
                }
                // A backlog is worked off without a pause.
                Ok(tried) if tried as i64 >= CLAIM => {}
                Ok(_) => {
                    tokio::select! {
                        () = tokio::time::sleep(GATHER) => {}
                        () = stop.wait() => return,
                    }
                }
                Err(error) => {
                    tracing::error!(consumer = consumer.name(), error = %error, "outbox");
                    tokio::select! {
                        () = tokio::time::sleep(LOOK) => {}
                        () = stop.wait() => return,
                    }
                }
            }
            if stop.is_set() {
                return;
            }
        }
    }

    /// Claims what is due for a consumer, lets it take the events of different keys at this pace and those of one key
    /// in order, and settles all of them in one transaction.
    async fn round(&self, consumer: &Arc<dyn Consumer>, pace: Pace) -> Result<usize, StoreError> {
        let claimed = self.claim(consumer).await?;
        if claimed.is_empty() {
            return Ok(0);
        }
        consumer.prepare().await?;
        let mut by_key: BTreeMap<String, Vec<Claimed>> = BTreeMap::new();
        for one in claimed {
            by_key.entry(one.event.key.clone()).or_default().push(one);
        }
        let mut settled = Vec::new();
        let lines = by_key.into_values().map(|line| take_line(consumer.as_ref(), line));
        match pace {
            Pace::OneByOne => {
                for line in lines {
                    settled.extend(line.await);
                }
            }
            Pace::SideBySide => {
                let mut running: FuturesUnordered<_> = lines.collect();
                while let Some(line) = running.next().await {
                    settled.extend(line);
                }
            }
        }
        self.settle(consumer.name(), &settled).await?;
        Ok(settled.iter().filter(|(_, outcome)| !matches!(outcome, Outcome::Untried)).count())
    }

    async fn claim(&self, consumer: &Arc<dyn Consumer>) -> Result<Vec<Claimed>, StoreError> {
        let name = consumer.name();
        let now = self.db.ambient().now();
        // A look on the readers first: an idle dispatcher must not take the writer every second.
        if self.db.fetch_optional(sql::ANY_DUE_DELIVERY, args![name, now]).await?.is_none() {
            return Ok(Vec::new());
        }
        let until = now.saturating_add(LEASE).unwrap_or(now);
        let claims: Result<BTreeMap<String, i64>, StoreError> = self
            .db
            .transaction(|tx| {
                Box::pin(async move {
                    let rows = tx.fetch_all(sql::CLAIM_DELIVERIES, args![name, now, until, CLAIM]).await?;
                    rows.iter().map(|row| Ok((row.text("event")?, row.integer("attempts")?))).collect()
                })
            })
            .await;
        let claims = claims?;
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        let (statement, args) =
            Filter::select(sql::EVENTS).and_in("id", claims.keys()).then("ORDER BY id", Vec::new()).build();
        let rows = self.db.fetch_all(statement, args).await?;
        rows.iter()
            .map(|row| {
                let id = row.text("id")?;
                Ok(Claimed {
                    attempt: claims.get(&id).copied().unwrap_or(1),
                    event: Event {
                        id: row.id("id")?,
                        at: row.timestamp("at")?,
                        kind: row.text("kind")?,
                        key: row.text("key")?,
                        payload: row.text("payload")?,
                    },
                })
            })
            .collect()
    }

    async fn settle(&self, name: &'static str, settled: &[(Claimed, Outcome)]) -> Result<(), StoreError> {
        let now = self.db.ambient().now();
        let mut done: BTreeMap<i64, Vec<String>> = BTreeMap::new();
        for (claimed, _) in settled.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Done)) {
            done.entry(claimed.attempt).or_default().push(claimed.event.id.as_str().to_owned());
        }
        let done = &done;
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    for (attempt, events) in done {
                        let taken = Filter::select_with(sql::DELIVERIES_DONE, args![now])
                            .and("consumer = ?", args![name])
                            .and("state = 'waiting'", Vec::new())
                            .and("attempts = ?", args![*attempt])
                            .and_in("event", events.iter().map(String::as_str));
                        let (statement, args) = taken.build();
                        tx.execute(statement, args).await?;
                    }
                    // The failed one of a line comes before the untried ones behind it, which wait as long.
                    let mut wait: BTreeMap<&str, Timestamp> = BTreeMap::new();
                    for (claimed, outcome) in settled {
                        let (event, attempt) = (&claimed.event, claimed.attempt);
                        let head: Vec<Value> = args![name, &event.id, attempt];
                        let with = |rest: Vec<Value>| head.iter().cloned().chain(rest).collect::<Vec<_>>();
                        match outcome {
                            Outcome::Done => 0,
                            Outcome::Dead(reason) => tx.execute(sql::DELIVERY_DEAD, with(args![now, reason])).await?,
                            Outcome::Later(reason) => {
                                let next = now.saturating_add(pause(attempt)).unwrap_or(now);
                                wait.insert(&event.key, next);
                                tx.execute(sql::DELIVERY_LATER, with(args![next, reason])).await?
                            }
                            Outcome::Untried => {
                                let next = wait.get(event.key.as_str()).copied().unwrap_or(now);
                                tx.execute(sql::DELIVERY_UNTRIED, with(args![next])).await?
                            }
                        };
                    }
                    Ok(())
                })
            })
            .await
    }
}

async fn take_line(consumer: &dyn Consumer, line: Vec<Claimed>) -> Vec<(Claimed, Outcome)> {
    let mut settled = Vec::with_capacity(line.len());
    let mut blocked = false;
    for claimed in line {
        if blocked {
            settled.push((claimed, Outcome::Untried));
            continue;
        }
        let outcome = match consumer.take(&claimed.event).await {
            Ok(()) => Outcome::Done,
            Err(Failure::Later(reason)) if claimed.attempt < consumer.attempts() => {
                blocked = true;
                Outcome::Later(reason)
            }
            Err(Failure::Later(reason) | Failure::Never(reason)) => {
                metrics::counter!("haidang_store_dead_deliveries_total", "consumer" => consumer.name()).increment(1);
                tracing::error!(consumer = consumer.name(), event = %claimed.event.id, kind = claimed.event.kind, "event put aside");
                Outcome::Dead(reason)
            }
        };
        settled.push((claimed, outcome));
    }
    settled
}

impl Db {
    /// Events that could not be delivered, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn dead_deliveries(&self, limit: i64) -> Result<Vec<DeadDelivery>, StoreError> {
        self.fetch_all(sql::DEAD_DELIVERIES, args![limit])
            .await?
            .iter()
            .map(|row| {
                Ok(DeadDelivery {
                    consumer: row.text("consumer")?,
                    event: row.text("event")?,
                    kind: row.text("kind")?,
                    key: row.text("key")?,
                    attempts: row.integer("attempts")?,
                    at: row.timestamp("done_at")?,
                    error: row.opt_text("error")?,
                })
            })
            .collect()
    }

    /// Lets a delivery that was put aside be tried again; answers whether there was one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn revive_delivery(&self, consumer: &str, event: &str) -> Result<bool, StoreError> {
        let now = self.ambient().now();
        let revived = self.execute(sql::REVIVE_DELIVERY, args![consumer, event, now]).await?;
        self.core.events.notify_waiters();
        Ok(revived > 0)
    }

    /// Forgets deliveries and jobs that were done before `before`; the events stay.
    ///
    /// # Errors
    /// What the database says.
    pub async fn forget_done(&self, before: Timestamp) -> Result<u64, StoreError> {
        let deliveries = self.execute(sql::FORGET_DELIVERIES, args![before]).await?;
        Ok(deliveries + self.execute(sql::FORGET_JOBS, args![before]).await?)
    }
}
