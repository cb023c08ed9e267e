//! Comparing the cases of a day with what the portal holds: in slices, so that a run that was interrupted goes on where
//! it stood.

use crate::model::{Comparison, ComparisonRecord, ComparisonState, DifferenceKind, DifferenceRecord};
use crate::portal::{PortalCase, Unanswered};
use crate::room::{Connection, PortalRoom};
use crate::rules;
use crate::sql;
use async_trait::async_trait;
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use haidang_contracts::ContractError;
use haidang_contracts::synchronisation::CaseOfDay;
use haidang_kernel::id::Id;
use haidang_kernel::time;
use haidang_store::jobs::{Handler, Job};
use haidang_store::outbox::Failure;
use haidang_store::{ActorRef, AuditEntry, StoreError, Tx, Value, args};
use jiff::SignedDuration;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Kind of the jobs that compare.
const COMPARE: &str = "portal.compare";
/// Cases of one slice.
const SLICE: i64 = 100;
/// Pages of the portal's list that are read at most.
const PAGES: i64 = 2_000;
/// Hour of the night from which yesterday is compared.
const NIGHT: i8 = 1;

/// A difference to be noted.
struct New {
    case_id: Option<String>,
    case_no: String,
    kind: DifferenceKind,
    ours: Option<i64>,
    theirs: Option<i64>,
}

fn later(error: Unanswered) -> Failure {
    Failure::Later(error.to_string())
}

fn unavailable(error: ContractError) -> Failure {
    Failure::Later(error.to_string())
}

async fn note(tx: &mut Tx<'_>, comparison: &str, new: &[New]) -> Result<(), StoreError> {
    for one in new {
        let id: Id<DifferenceRecord> = tx.ambient().new_id();
        let (case, ours, theirs) = (one.case_id.clone(), one.ours, one.theirs);
        let row: Vec<Value> = args![&id, comparison, case, one.case_no.as_str(), one.kind.as_str(), ours, theirs];
        tx.execute(sql::INSERT_DIFFERENCE, row).await?;
    }
    Ok(())
}

impl PortalRoom {
    /// Begins to compare the cases that were filed on a day; its id.
    ///
    /// # Errors
    /// What the database says.
    pub async fn ask_comparison(
        &self,
        day: Date,
        by: ActorRef,
        person: Option<&str>,
        request: &str,
    ) -> Result<String, StoreError> {
        let id: Id<ComparisonRecord> = self.ambient.new_id();
        let now = self.ambient.now();
        let row = args![&id, day, person.map(str::to_owned), now, false];
        let entry = AuditEntry::mutation("portal.compared", by)
            .object("portal_comparison", id.as_str())
            .request(request)
            .detail(serde_json::json!({ "day": day.to_string() }));
        let id = id.to_string();
        let key = &id;
        self.db
            .transaction(|tx| {
                let (row, entry) = (row.clone(), entry.clone());
                Box::pin(async move {
                    tx.execute(sql::INSERT_COMPARISON, row).await?;
                    tx.audit(entry).await?;
                    tx.enqueue(COMPARE, key, &(), now).await.map(drop)
                })
            })
            .await?;
        Ok(id)
    }

    /// Compares yesterday, once a night.
    pub(crate) async fn compare_yesterday(&self) -> Result<(), StoreError> {
        let now = time::civil(self.ambient.now());
        if self.connection.is_none() || !self.settings.nightly || now.hour() < NIGHT {
            return Ok(());
        }
        let Ok(yesterday) = now.date().yesterday() else { return Ok(()) };
        let midnight = time::at(now.date().to_datetime(jiff::civil::Time::midnight()));
        if self.db.fetch_optional(sql::COMPARED_BY_ITSELF, args![yesterday, midnight]).await?.is_some() {
            return Ok(());
        }
        self.ask_comparison(yesterday, ActorRef::system(), None, "").await.map(drop)
    }

    /// Does a comparison to its end.
    async fn compare(&self, id: &str) -> Result<(), Failure> {
        let Some(connection) = &self.connection else {
            return Err(Failure::Later("the city is not connected to the portal".to_owned()));
        };
        let row = self.db.fetch_optional(sql::COMPARISON, args![id]).await?;
        let Some(mut run) = row.as_ref().map(Comparison::read).transpose()? else { return Ok(()) };
        if run.state != ComparisonState::Running {
            return Ok(());
        }
        loop {
            let slice = self.stories.cases_of_day(run.day, &run.reached, SLICE).await.map_err(unavailable)?;
            let Some(last) = slice.last().map(|case| case.id.clone()) else { break };
            let found = self.differences_of(connection, &slice).await?;
            self.reach(&run, &last, slice.len(), &found).await?;
            run.reached = last;
        }
        let listed = self.look_for_strangers(connection, &run).await?;
        let end = args![id, ComparisonState::Done.as_str(), self.ambient.now(), listed];
        self.db.execute(sql::END_COMPARISON, end).await?;
        Ok(())
    }

    /// Asks about each case of a slice, as many side by side as messages are sent.
    async fn differences_of(&self, connection: &Connection, slice: &[CaseOfDay]) -> Result<Vec<New>, Failure> {
        let mut questions = Vec::with_capacity(slice.len());
        for case in slice.iter().filter(|case| case.reported) {
            let question =
                async move { Ok::<_, Failure>((case, connection.portal.look_up(&case.case_no).await.map_err(later)?)) };
            questions.push(question.boxed());
        }
        let asked: Vec<(&CaseOfDay, Option<PortalCase>)> =
            futures_util::stream::iter(questions).buffer_unordered(self.settings.parallel.max(1)).try_collect().await?;
        let mut found = Vec::new();
        for (case, there) in asked {
            let on_the_way = self.db.fetch_optional(sql::HEAD, args![case.id.as_str()]).await?.is_some();
            if let Some(kind) = rules::difference(case, there.as_ref(), on_the_way) {
                found.push(New {
                    case_id: Some(case.id.clone()),
                    case_no: case.case_no.clone(),
                    kind,
                    ours: Some(case.status),
                    theirs: there.map(|there| there.status),
                });
            }
        }
        Ok(found)
    }

    async fn reach(&self, run: &Comparison, last: &str, count: usize, found: &[New]) -> Result<(), StoreError> {
        let count = i64::try_from(count).unwrap_or(0);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    note(tx, &run.id, found).await?;
                    tx.execute(sql::REACH, args![run.id.as_str(), run.reached.as_str(), last, count]).await.map(drop)
                })
            })
            .await
    }

    /// Looks for cases of the portal that the city does not have; whether the portal gives lists.
    async fn look_for_strangers(&self, connection: &Connection, run: &Comparison) -> Result<bool, Failure> {
        if connection.portal.cases_of_day(run.day, 1).await.map_err(later)?.is_none() {
            return Ok(false);
        }
        let known = self.known(run.day).await?;
        for page in 1..=PAGES {
            let theirs = connection.portal.cases_of_day(run.day, page).await.map_err(later)?.unwrap_or_default();
            if theirs.is_empty() {
                break;
            }
            let stranger = |case: &PortalCase| New {
                case_id: None,
                case_no: case.case_no.clone(),
                kind: DifferenceKind::MissingHere,
                ours: None,
                theirs: Some(case.status),
            };
            let found: Vec<New> = rules::missing_here(&theirs, &known).into_iter().map(stranger).collect();
            let found = &found;
            self.db.transaction(|tx| Box::pin(async move { note(tx, &run.id, found).await })).await?;
        }
        Ok(true)
    }

    /// Numbers of the city's cases of a day, with their ids.
    async fn known(&self, day: Date) -> Result<BTreeMap<String, String>, Failure> {
        let mut known = BTreeMap::new();
        let mut after = String::new();
        loop {
            let slice = self.stories.cases_of_day(day, &after, SLICE).await.map_err(unavailable)?;
            let Some(last) = slice.last() else { return Ok(known) };
            after.clone_from(&last.id);
            known.extend(slice.into_iter().map(|case| (case.case_no, case.id)));
        }
    }
}

/// Does what [`PortalRoom::ask_comparison`] asked for.
pub struct Comparisons(pub PortalRoom);

#[async_trait]
impl Handler for Comparisons {
    fn kind(&self) -> &'static str {
        COMPARE
    }

    fn lease(&self) -> SignedDuration {
        SignedDuration::from_hours(2)
    }

    async fn run(&self, job: &Job) -> Result<(), Failure> {
        let answer = self.0.compare(&job.key).await;
        if answer.is_err() && job.attempt >= self.attempts() {
            let end = args![job.key.as_str(), ComparisonState::Failed.as_str(), self.0.ambient.now(), false];
            self.0.db.execute(sql::END_COMPARISON, end).await?;
        }
        answer
    }
}
