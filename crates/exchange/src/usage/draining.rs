//! From the message log to the access log.

use std::time::Duration;

use haidang_contracts::exchange::Delivery;
use haidang_store::{ActorRef, AuditEntry, Stop, StoreError, Tx, args};
use jiff::Timestamp;
use serde_json::json;

use super::record::{UsageRecord, unseal};
use super::{UsageLog, sql};

/// Messages fetched at a time.
const FETCHED: i64 = 50;
/// Longest wait between two rounds: a process that stopped left something behind, or another one writes.
const WAIT: Duration = Duration::from_secs(2);

/// What the entries do, as the access log names it.
const DELIVERED: &str = "exchange.delivered";
/// Kind of what they are about.
const MESSAGE: &str = "exchange_message";

impl UsageLog {
    /// Tells everything that waits to be told; how many messages there were. One that cannot be told stays, whoever runs
    /// the exchange reads of it, and it keeps no other from being told.
    ///
    /// # Errors
    /// What the database says; nothing is lost, and the next round goes on.
    pub async fn drain(&self) -> Result<usize, StoreError> {
        let (mut last, mut told) = (String::new(), 0);
        loop {
            let rows = self.db.fetch_all(sql::OPEN_AFTER, args![last.as_str(), FETCHED]).await?;
            for row in &rows {
                last = row.text("message")?;
                match self.tell_row(&last, &row.bytes("sealed")?).await {
                    Ok(new) => told += usize::from(new),
                    Err(error) => {
                        tracing::error!(error = %error, "the people of a message are not told; the next round tries again")
                    }
                }
            }
            if rows.is_empty() {
                return Ok(told);
            }
        }
    }

    /// Tells until told to stop, and once more then.
    pub async fn run(&self, mut stop: Stop) {
        loop {
            if let Err(error) = self.drain().await {
                tracing::warn!(error = %error, "entries of the citizens' log wait");
            }
            if stop.is_set() {
                return;
            }
            tokio::select! {
                () = stop.wait() => {}
                () = self.arrived.notified() => {}
                () = tokio::time::sleep(WAIT) => {}
            }
        }
    }

    async fn tell_row(&self, message: &str, sealed: &[u8]) -> Result<bool, StoreError> {
        let (usage, digest) = unseal(&self.sealer, message, sealed)?;
        self.tell(message, &usage, &digest).await
    }

    /// One message, in one transaction; `false` when another process was faster.
    async fn tell(&self, message: &str, usage: &UsageRecord, digest: &str) -> Result<bool, StoreError> {
        let delivery = usage.delivery(message, digest);
        let delivery = &delivery;
        let told = self.db.transaction(|tx| {
            Box::pin(async move {
                if tx.execute(sql::CLOSE, args![message]).await? == 0 {
                    return Ok(false);
                }
                if usage.bulk {
                    self.enter(tx, usage, delivery, None).await?;
                }
                for number in &usage.subjects {
                    self.enter(tx, usage, delivery, Some(number)).await?;
                }
                Ok::<_, StoreError>(true)
            })
        });
        told.await
    }

    async fn enter(
        &self,
        tx: &mut Tx<'_>,
        usage: &UsageRecord,
        delivery: &Delivery,
        number: Option<&str>,
    ) -> Result<(), StoreError> {
        let audit = tx.audit(entry(usage, delivery, number)).await?;
        if !usage.delivered {
            return Ok(());
        }
        let facts = match number {
            Some(_) => None,
            None => Some(json!({ "delivery": delivery, "legal_basis": usage.legal_basis, "purpose": usage.purpose })),
        };
        let visible_from = usage.hidden.as_ref().map_or(Timestamp::MIN, |(until, _)| *until);
        let values = args![
            number.map(|number| self.db.subject_key(number)).unwrap_or_default(),
            delivery.message.as_str(),
            usage.at,
            audit.as_str(),
            usage.purpose.as_str(),
            usage.receiver_code.as_str(),
            usage.receiver_name.as_str(),
            usage.receiver_system.as_str(),
            visible_from,
            delivery.sole,
            facts.map(|facts| facts.to_string())
        ];
        tx.later(sql::INSERT_USAGE, values).await
    }
}

/// The entry for one person, or for all of them.
fn entry(usage: &UsageRecord, delivery: &Delivery, number: Option<&str>) -> AuditEntry {
    let actor = ActorRef {
        kind: "system".to_owned(),
        agency: Some(usage.receiver_code.clone()),
        channel: "api".to_owned(),
        ..ActorRef::default()
    };
    let mut entry = AuditEntry::read(DELIVERED, actor)
        .object(MESSAGE, &delivery.message)
        .because(&usage.legal_basis, &usage.purpose)
        .subjects(number.map(str::to_owned))
        .detail(json!({ "delivery": delivery, "bulk": usage.bulk }));
    if let Some(case) = &usage.case {
        entry = entry.case(case);
    }
    if let Some(delayed) = usage.delayed() {
        entry = entry.delayed(&delayed);
    }
    if usage.delivered { entry } else { entry.refused() }
}
