//! Operational records in the record database: written in batches beside the calls, counted by hour, forgotten after
//! some days. A call never waits for its record; when too many wait to be written, further ones are counted as lost.

pub mod rules;
pub mod sql;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use haidang_kernel::ambient::Ambient;
use haidang_store::{Db, Row, StoreError, args};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::rules::identifier::{ClientId, MemberId, ServiceId, SubsystemId};
use crate::rules::record::OperationalRecord;
use rules::{Figures, hour_of, outcome};

/// Records that may wait to be written.
const MOST_WAITING: usize = 8192;
/// Most records of one transaction.
const MOST_TOGETHER: usize = 500;
/// How long the first record of a batch waits for others.
const GATHER: Duration = Duration::from_millis(200);
/// Days for which the counts of hours are kept.
const HOUR_DAYS: i64 = 400;

/// The operational records of an exchange. Cheap to clone.
#[derive(Clone)]
pub struct Operations(Arc<Inner>);

struct Inner {
    queue: Mutex<Option<mpsc::Sender<OperationalRecord>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// What is known of the calls to one service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Counts.
    pub figures: Figures,
    /// When the last call came.
    pub last: Option<Timestamp>,
}

impl Operations {
    /// Days for which records are kept unless told otherwise.
    pub const USUAL_DAYS: u16 = 30;

    /// Begins to write. Records are kept for `days`, at least one.
    pub fn open(db: Db, ambient: Ambient, days: u16) -> Self {
        let (queue, waiting) = mpsc::channel(MOST_WAITING);
        let keep = SignedDuration::from_hours(24 * i64::from(days.max(1)));
        let writer = Writer { db, ambient, keep, forgotten: None };
        let writer = tokio::spawn(writer.run(waiting));
        Self(Arc::new(Inner { queue: Mutex::new(Some(queue)), writer: Mutex::new(Some(writer)) }))
    }

    /// Takes a record; never waits.
    pub fn observe(&self, record: OperationalRecord) {
        let queue = self.0.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.as_ref().is_none_or(|queue| queue.try_send(record).is_err()) {
            metrics::counter!("haidang_exchange_lost_records_total").increment(1);
        }
    }

    /// Takes no more records and waits until those taken are written.
    pub async fn close(&self) {
        drop(self.0.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let writer = self.0.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer
            && let Err(error) = writer.await
        {
            tracing::error!(error = %error, "the writer of operational records stopped");
        }
    }
}

/// Calls to every service since the beginning of the hour of an instant, by its id.
///
/// # Errors
/// What the database says.
pub async fn hours_since(db: &Db, at: Timestamp) -> Result<HashMap<String, Seen>, StoreError> {
    read(&db.fetch_all(sql::HOURS_SINCE, args![hour_of(at)]).await?)
}

fn read(rows: &[Row]) -> Result<HashMap<String, Seen>, StoreError> {
    let mut found = HashMap::new();
    for row in rows {
        let figures = Figures {
            calls: row.integer("calls")?,
            refused: row.integer("refused")?,
            failed: row.integer("failed")?,
            millis: row.integer("millis")?,
            slowest: row.integer("slowest")?,
        };
        let last = Some(row.timestamp("last_at")?);
        found.insert(row.text("service")?, Seen { figures, last });
    }
    Ok(found)
}

/// The service a record is about, as ids are written; `None` when the call named none, or one that is not there: whoever
/// may call cannot make up services to be counted.
fn service_of(record: &OperationalRecord) -> Option<String> {
    if record.fault_code.as_deref().is_some_and(rules::names_nothing) {
        return None;
    }
    let member = MemberId {
        instance: record.service_instance.clone()?,
        class: record.service_member_class.clone()?,
        code: record.service_member_code.clone()?,
    };
    let subsystem = SubsystemId { member, code: record.service_subsystem_code.clone()? };
    Some(ServiceId { subsystem, code: record.service_code.clone()? }.to_string())
}

fn client_of(record: &OperationalRecord) -> Option<String> {
    let member = MemberId {
        instance: record.client_instance.clone()?,
        class: record.client_member_class.clone()?,
        code: record.client_member_code.clone()?,
    };
    Some(match &record.client_subsystem_code {
        Some(code) => ClientId::Subsystem(SubsystemId { member, code: code.clone() }).to_string(),
        None => ClientId::Member(member).to_string(),
    })
}

struct Writer {
    db: Db,
    ambient: Ambient,
    keep: SignedDuration,
    /// When old records were last forgotten.
    forgotten: Option<Timestamp>,
}

/// One record as it is written.
struct Line {
    id: String,
    at: Timestamp,
    service: Option<String>,
    client: Option<String>,
    outcome: rules::Outcome,
    millis: i64,
    record: String,
}

impl Writer {
    async fn run(mut self, mut waiting: mpsc::Receiver<OperationalRecord>) {
        let mut batch = Vec::new();
        while waiting.recv_many(&mut batch, MOST_TOGETHER).await > 0 {
            if batch.len() < MOST_TOGETHER && !waiting.is_closed() {
                tokio::time::sleep(GATHER).await;
            }
            while batch.len() < MOST_TOGETHER
                && let Ok(record) = waiting.try_recv()
            {
                batch.push(record);
            }
            let lines: Vec<Line> = batch.drain(..).filter_map(|record| self.line(&record)).collect();
            if let Err(error) = self.write(&lines).await {
                metrics::counter!("haidang_exchange_lost_records_total").increment(lines.len() as u64);
                tracing::error!(error = %error, records = lines.len(), "operational records could not be written");
            }
            self.forget().await;
        }
    }

    fn line(&self, record: &OperationalRecord) -> Option<Line> {
        Some(Line {
            id: self.ambient.new_id::<OperationalRecord>().to_string(),
            at: Timestamp::from_millisecond(record.request_in_ts).ok()?,
            service: service_of(record),
            client: client_of(record),
            outcome: outcome(record),
            millis: (record.response_out_ts - record.request_in_ts).max(0),
            record: serde_json::to_string(record).ok()?,
        })
    }

    async fn write(&self, lines: &[Line]) -> Result<(), StoreError> {
        let mut hours: BTreeMap<(Timestamp, &str), Seen> = BTreeMap::new();
        for line in lines {
            let Some(service) = &line.service else { continue };
            let hour = hours.entry((hour_of(line.at), service)).or_default();
            hour.figures.add(line.outcome, line.millis);
            hour.last = hour.last.max(Some(line.at));
        }
        let hours = &hours;
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    for line in lines {
                        let outcome = line.outcome.word();
                        let (service, client) = (line.service.clone(), line.client.clone());
                        let values = args![
                            line.id.as_str(),
                            line.at,
                            service,
                            client,
                            outcome,
                            line.millis,
                            line.record.as_str()
                        ];
                        tx.later(sql::INSERT, values).await?;
                    }
                    for ((hour, service), seen) in hours {
                        let of = seen.figures;
                        let values =
                            args![*hour, *service, of.calls, of.refused, of.failed, of.millis, of.slowest, seen.last];
                        tx.execute(sql::COUNT, values).await?;
                    }
                    Ok::<_, StoreError>(())
                })
            })
            .await
    }

    /// Lets go of what is old, at most once an hour.
    async fn forget(&mut self) {
        let now = self.ambient.now();
        if self.forgotten.is_some_and(|last| now.duration_since(last) < SignedDuration::from_hours(1)) {
            return;
        }
        self.forgotten = Some(now);
        for (statement, keep) in
            [(sql::FORGET, self.keep), (sql::FORGET_HOURS, SignedDuration::from_hours(24 * HOUR_DAYS))]
        {
            let Ok(before) = now.checked_sub(keep) else { continue };
            if let Err(error) = self.db.execute(statement, args![before]).await {
                tracing::warn!(error = %error, "old operational records could not be removed");
            }
        }
    }
}
