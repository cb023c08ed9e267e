//! A changed calendar never moves a printed date by itself: open cases are computed again, the differences are
//! listed, and each is settled by a signed act (form 04) or left as printed.

use super::clock::CityClock;
use super::row::PinnedLimit;
use crate::service::Services;
use crate::sql;
use haidang_contracts::actor::Actor;
use haidang_kernel::calendar::Pause;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_store::{ActorRef, AuditEntry, Value, args};
use jiff::Timestamp;
use serde_json::json;
use std::collections::HashMap;

/// What a recomputation found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Recomputation {
    /// Id of the run.
    pub run_id: String,
    /// Open cases with a date that were looked at.
    pub checked: i64,
    /// Cases whose date would be another one.
    pub different: i64,
    /// Cases that the calendar does not cover.
    pub failed: i64,
}

/// One difference.
#[derive(Debug, Clone)]
pub struct DateDifference {
    /// Opaque id, also the cursor of the list.
    pub id: String,
    /// Case.
    pub case_id: String,
    /// Its number.
    pub case_no: String,
    /// Agency that decides.
    pub agency: String,
    /// The date as promised.
    pub printed_at: Timestamp,
    /// The date by the new calendar.
    pub recomputed_at: Timestamp,
}

enum Run {}
enum Difference {}

const PAGE: i64 = 5_000;

impl Services {
    /// Computes every open case again with another calendar and keeps the list of differences. No date moves.
    ///
    /// # Errors
    /// What the database says.
    pub async fn recompute_dates(
        &self,
        actor: &Actor,
        clock: &CityClock,
        request_id: &str,
    ) -> Result<Recomputation, Problem> {
        let run: Id<Run> = self.ambient.new_id();
        let mut found = Recomputation { run_id: run.as_str().to_owned(), checked: 0, different: 0, failed: 0 };
        let mut after = String::new();
        loop {
            let rows = self.db.fetch_all(sql::case::OPEN_WITH_DATE, args![after.as_str(), PAGE]).await?;
            let Some(last) = rows.last() else { break };
            let last = last.text("id")?;
            let pauses = self.pauses_between(&after, &last).await?;
            let mut inserts: Vec<Vec<Value>> = Vec::new();
            for row in &rows {
                found.checked += 1;
                let id = row.text("id")?;
                let (Some(accepted), Some(due)) = (row.opt_timestamp("accepted_at")?, row.opt_timestamp("due_at")?)
                else {
                    continue;
                };
                let limit: PinnedLimit = row.json("limit_body")?;
                let of_case = pauses.get(&id).map(Vec::as_slice).unwrap_or_default();
                match clock.due_at(accepted, &limit.limit, of_case) {
                    Ok(Some(again)) if again != due => {
                        found.different += 1;
                        let agency = row.opt_text("competent_agency")?.unwrap_or(row.text("receiving_agency")?);
                        let difference: Id<Difference> = self.ambient.new_id();
                        inserts.push(args![
                            difference.as_str(),
                            run.as_str(),
                            id,
                            row.text("case_no")?,
                            agency,
                            due,
                            again,
                            self.ambient.now()
                        ]);
                    }
                    Ok(_) => {}
                    Err(_) => found.failed += 1,
                }
            }
            self.keep(inserts).await?;
            after = last;
        }
        let entry = AuditEntry::mutation("calendar.recomputed", ActorRef::of(actor, "office"))
            .object("calendar", run.as_str())
            .request(request_id)
            .detail(json!({ "checked": found.checked, "different": found.different, "failed": found.failed }));
        self.db
            .transaction(move |tx| {
                let entry = entry.clone();
                Box::pin(async move { Ok::<_, Problem>(tx.audit(entry).await.map(|_| ())?) })
            })
            .await?;
        Ok(found)
    }

    async fn pauses_between(&self, after: &str, last: &str) -> Result<HashMap<String, Vec<Pause>>, Problem> {
        let mut pauses: HashMap<String, Vec<Pause>> = HashMap::new();
        for row in self.db.fetch_all(sql::case::PAUSES_OF_OPEN, args![after, last]).await? {
            let pause = Pause {
                asked: row.timestamp("asked_at")?,
                received: row.opt_timestamp("received_at")?,
                reason: row.text("reason")?,
            };
            pauses.entry(row.text("case_id")?).or_default().push(pause);
        }
        Ok(pauses)
    }

    async fn keep(&self, inserts: Vec<Vec<Value>>) -> Result<(), Problem> {
        if inserts.is_empty() {
            return Ok(());
        }
        self.db
            .transaction(move |tx| {
                let inserts = inserts.clone();
                Box::pin(async move {
                    tx.insert_rows(sql::case::INSERT_DIFFERENCES, inserts, "").await?;
                    Ok::<_, Problem>(())
                })
            })
            .await
    }

    /// Differences of a run, at most `limit` after a point.
    ///
    /// # Errors
    /// What the database says.
    pub async fn date_differences(&self, run: &str, after: &str, limit: i64) -> Result<Vec<DateDifference>, Problem> {
        let rows = self.db.fetch_all(sql::case::DIFFERENCES, args![run, after, limit]).await?;
        rows.iter()
            .map(|row| {
                Ok(DateDifference {
                    id: row.text("id")?,
                    case_id: row.text("case_id")?,
                    case_no: row.text("case_no")?,
                    agency: row.text("agency")?,
                    printed_at: row.timestamp("printed_at")?,
                    recomputed_at: row.timestamp("recomputed_at")?,
                })
            })
            .collect::<Result<_, haidang_store::StoreError>>()
            .map_err(Problem::from)
    }
}
