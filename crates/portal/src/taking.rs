//! Taking facts of cases from the outbox into the lines.

use crate::model::{Line, MessageRecord};
use crate::room::PortalRoom;
use crate::rules::{self, Planned};
use crate::sql;
use async_trait::async_trait;
use haidang_contracts::events::{CASE_MOVED, CASE_SUBMITTED, CaseMoved, CaseSubmitted};
use haidang_contracts::synchronisation::ReportedCase;
use haidang_kernel::id::Id;
use haidang_store::outbox::{Consumer, Event, Failure};
use haidang_store::{StoreError, Tx, args};

/// Status of a case that was just filed.
const FILED: i64 = 1;

/// A fact as this room needs it.
#[derive(Debug, Clone)]
struct Fact {
    case_id: String,
    seq: i64,
    action: String,
    status: i64,
}

fn fact(event: &Event) -> Result<Option<Fact>, StoreError> {
    if event.kind == CASE_SUBMITTED {
        let filed: CaseSubmitted = event.read()?;
        return Ok(Some(Fact { case_id: filed.case_id, seq: 1, action: "submit".to_owned(), status: FILED }));
    }
    let moved: CaseMoved = event.read()?;
    let fact = |status| Fact { case_id: moved.case_id, seq: moved.seq, action: moved.action, status };
    Ok(moved.national_status.map(fact))
}

/// The line of a case, opened when there is none, and held until the transaction ends: two writers never give one number
/// twice.
pub(crate) async fn line(tx: &mut Tx<'_>, id: &str, case: &ReportedCase) -> Result<Line, StoreError> {
    let row = args![id, case.case_no.as_str(), case.procedure.as_str(), case.agency.as_str(), false];
    tx.execute(sql::OPEN_LINE, row).await?;
    let locked = tx.lock_optional(sql::LINE, args![id]).await?.ok_or(StoreError::NotFound)?;
    Line::read(&locked)
}

/// Puts messages at the end of a line.
pub(crate) async fn lengthen(
    tx: &mut Tx<'_>,
    line: &Line,
    seq: i64,
    action: &str,
    planned: &[Planned],
) -> Result<(), StoreError> {
    let now = tx.ambient().now();
    let mut number = line.last_number;
    for one in planned {
        number += 1;
        let id: Id<MessageRecord> = tx.ambient().new_id();
        let case = line.case_id.as_str();
        let row = args![&id, case, number, seq, one.kind.as_str(), action, one.before, one.status, now];
        tx.execute(sql::INSERT_MESSAGE, row).await?;
    }
    let status = planned.last().map(|one| one.status).or(line.queued_status);
    let last_seq = seq.max(line.last_seq);
    tx.execute(sql::LENGTHEN, args![line.case_id.as_str(), last_seq, number, status, now]).await?;
    Ok(())
}

#[async_trait]
impl Consumer for PortalRoom {
    fn name(&self) -> &'static str {
        "portal.lines"
    }

    fn wants(&self, kind: &str) -> bool {
        self.connection.is_some() && [CASE_SUBMITTED, CASE_MOVED].contains(&kind)
    }

    async fn take(&self, event: &Event) -> Result<(), Failure> {
        let Some(fact) = fact(event)? else { return Ok(()) };
        let unavailable = |error: haidang_contracts::ContractError| Failure::Later(error.to_string());
        let Some(case) = self.stories.reported_case(&fact.case_id).await.map_err(unavailable)? else { return Ok(()) };
        let (fact, case) = (&fact, &case);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    let line = line(tx, &fact.case_id, case).await?;
                    if fact.seq <= line.last_seq {
                        return Ok(()); // taken before
                    }
                    let planned = rules::plan(line.queued_status, &fact.action, fact.status);
                    lengthen(tx, &line, fact.seq, &fact.action, &planned).await
                })
            })
            .await?;
        Ok(())
    }
}
