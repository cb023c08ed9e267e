//! What people see of the queue and decide about it.

use crate::model::{Comparison, Difference, DifferenceKind, Shown, Standing};
use crate::room::PortalRoom;
use crate::rules::{self, Happening};
use crate::sql;
use crate::taking;
use haidang_contracts::actor::Actor;
use haidang_kernel::problem::Problem;
use haidang_store::{ActorRef, AuditEntry, StoreError, Value, args};
use jiff::SignedDuration;

/// Capability of whoever keeps city and portal in step.
pub const RECONCILE: &str = "portal.reconcile";
/// By what law.
const LEGAL_BASIS: &str = "118/2025/NĐ-CP";
/// What for.
const PURPOSE: &str = "đồng bộ hồ sơ với Cổng Dịch vụ công quốc gia";
/// Longest reason for leaving a message out, in characters.
pub(crate) const LONGEST_NOTE: usize = 500;

/// Who acts.
#[derive(Debug, Clone, Copy)]
pub struct By<'b> {
    /// The official.
    pub actor: &'b Actor,
    /// How the request came.
    pub channel: &'b str,
    /// Its id.
    pub request: &'b str,
}

impl By<'_> {
    /// The actor in the audit, in the post that allows it.
    pub(crate) fn actor_ref(&self) -> ActorRef {
        let post = self.actor.positions.iter().find(|post| post.capabilities.contains(RECONCILE));
        ActorRef { agency: post.map(|post| post.agency.clone()), ..ActorRef::of(self.actor, self.channel) }
    }

    fn entry(&self, action: &'static str, kind: &str, id: &str) -> AuditEntry {
        AuditEntry::mutation(action, self.actor_ref())
            .object(kind, id)
            .request(self.request)
            .because(LEGAL_BASIS, PURPOSE)
    }
}

fn message_missing() -> Problem {
    Problem::not_found("portal_message_not_found", "no message to the portal has this id")
}

fn not_refused() -> Problem {
    Problem::conflict("portal_message_not_refused", "only a message that the portal refused waits for a decision")
}

impl PortalRoom {
    /// How the queue stands.
    ///
    /// # Errors
    /// What the database says.
    pub async fn standing(&self) -> Result<Standing, StoreError> {
        let day_ago = self.ambient.now().saturating_sub(SignedDuration::from_hours(24)).unwrap_or_default();
        let mut rows = self.db.fetch_all(sql::COUNT_OPEN, args![]).await?;
        rows.extend(self.db.fetch_all(sql::COUNT_SETTLED, args![day_ago]).await?);
        let mut standing = Standing::default();
        for row in rows {
            let count = row.integer("n")?;
            match row.text("state")?.as_str() {
                "waiting" => standing.waiting = count,
                "sending" => standing.sending = count,
                "refused" => standing.refused = count,
                "delivered" => standing.delivered = count,
                _ => standing.skipped = count,
            }
        }
        let oldest = self.db.fetch_optional(sql::OLDEST, args![]).await?;
        standing.oldest = oldest.map(|row| row.opt_timestamp("oldest")).transpose()?.flatten();
        Ok(standing)
    }

    /// Refused messages after an id, in the order they were queued.
    ///
    /// # Errors
    /// What the database says.
    pub async fn refused_messages(&self, after: &str, limit: i64) -> Result<Vec<Shown>, StoreError> {
        self.db.fetch_all(sql::REFUSED, args![after, limit]).await?.iter().map(Shown::read).collect()
    }

    /// One message.
    ///
    /// # Errors
    /// `portal_message_not_found`.
    pub async fn shown_message(&self, id: &str) -> Result<Shown, Problem> {
        let row = self.db.fetch_optional(sql::MESSAGE, args![id]).await?.ok_or_else(message_missing)?;
        Ok(Shown::read(&row)?)
    }

    /// Has a refused message written anew from the case as it stands, and sent.
    ///
    /// # Errors
    /// `portal_message_not_found`, `portal_message_not_refused`.
    pub async fn send_again(&self, by: By<'_>, id: &str) -> Result<(), Problem> {
        let person = by.actor.person.as_str();
        let entry = by.entry("portal.sent_again", "portal_message", id);
        self.decide(id, Happening::SentAgain, sql::SEND_AGAIN, args![id, person], entry).await
    }

    /// Leaves a refused message out, with the reason; the next one of the case goes on.
    ///
    /// # Errors
    /// `note_required`, `portal_message_not_found`, `portal_message_not_refused`.
    pub async fn leave_out(&self, by: By<'_>, id: &str, note: &str) -> Result<(), Problem> {
        let note = haidang_kernel::text::nfc(note.trim());
        let fault = |code: &'static str| Problem::invalid("note_invalid", "say why").field("note", code);
        if note.is_empty() {
            return Err(fault("required"));
        }
        if note.chars().count() > LONGEST_NOTE {
            return Err(fault("too_long"));
        }
        let person = by.actor.person.as_str();
        let entry = by.entry("portal.left_out", "portal_message", id);
        let row = args![id, self.ambient.now(), person, note];
        self.decide(id, Happening::LeftOut, sql::LEAVE_OUT, row, entry).await
    }

    async fn decide(
        &self,
        id: &str,
        happening: Happening,
        statement: &'static str,
        row: Vec<Value>,
        entry: AuditEntry,
    ) -> Result<(), Problem> {
        let shown = self.shown_message(id).await?;
        if rules::after(shown.message.state, happening).is_none() {
            return Err(not_refused());
        }
        let (case, now) = (&shown.message.case_id, self.ambient.now());
        let entry = entry.detail(serde_json::json!({ "case_no": shown.case_no, "number": shown.message.number }));
        let done = self
            .db
            .transaction(|tx| {
                let (row, entry) = (row.clone(), entry.clone());
                Box::pin(async move {
                    if tx.execute(statement, row).await? == 0 {
                        return Ok(false);
                    }
                    tx.execute(sql::GO_ON, args![case.as_str(), now, false, true]).await?;
                    tx.audit(entry).await?;
                    Ok::<bool, StoreError>(true)
                })
            })
            .await?;
        if done { Ok(()) } else { Err(not_refused()) }
    }

    /// The newest comparisons.
    ///
    /// # Errors
    /// What the database says.
    pub async fn comparisons(&self, limit: i64) -> Result<Vec<Comparison>, StoreError> {
        self.db.fetch_all(sql::COMPARISONS, args![limit]).await?.iter().map(Comparison::read).collect()
    }

    /// One comparison.
    ///
    /// # Errors
    /// `portal_comparison_not_found`.
    pub async fn comparison(&self, id: &str) -> Result<Comparison, Problem> {
        let missing = || Problem::not_found("portal_comparison_not_found", "no comparison has this id");
        let row = self.db.fetch_optional(sql::COMPARISON, args![id]).await?.ok_or_else(missing)?;
        Ok(Comparison::read(&row)?)
    }

    /// Differences of a comparison, after an id.
    ///
    /// # Errors
    /// What the database says.
    pub async fn differences(&self, id: &str, after: &str, limit: i64) -> Result<Vec<Difference>, StoreError> {
        self.db.fetch_all(sql::DIFFERENCES, args![id, after, limit]).await?.iter().map(Difference::read).collect()
    }

    /// Tells the portal anew how a case stands that it lacks or holds otherwise. The portal is asked first, for it may
    /// have moved since.
    ///
    /// # Errors
    /// `portal_difference_not_found`; `case_not_here`; `messages_wait` while others of the case are under way or refused;
    /// `no_way` when the portal's status can never become ours; `portal_silent`.
    pub async fn tell_again(&self, by: By<'_>, comparison: &str, difference: &str) -> Result<(), Problem> {
        let missing = || Problem::not_found("portal_difference_not_found", "no difference has this id");
        let row = self.db.fetch_optional(sql::DIFFERENCE, args![comparison, difference]).await?.ok_or_else(missing)?;
        let found = Difference::read(&row)?;
        let elsewhere = || Problem::conflict("case_not_here", "the city does not have this case");
        let case_id = found.case_id.filter(|_| found.kind != DifferenceKind::MissingHere).ok_or_else(elsewhere)?;
        let silent = |_| Problem::unavailable("portal_silent", "the national portal does not answer; try again later");
        let connection = self.connection.as_ref().ok_or(()).map_err(silent)?;
        let case = self.stories.reported_case(&case_id).await.map_err(Problem::from)?.ok_or_else(elsewhere)?;
        let there = connection.portal.look_up(&found.case_no).await.map_err(|_| silent(()))?;
        let planned = rules::plan_again(there.map(|there| there.status), case.status);
        if planned.is_empty() {
            return Err(Problem::conflict(
                "no_way",
                "the status at the portal is an end; people there must correct it",
            ));
        }
        let entry = by
            .entry("portal.told_again", "portal_difference", difference)
            .detail(serde_json::json!({ "case_no": found.case_no }));
        let (case, case_id, planned, now) = (&case, &case_id, &planned, self.ambient.now());
        let told = self
            .db
            .transaction(|tx| {
                let entry = entry.clone();
                Box::pin(async move {
                    let line = taking::line(tx, case_id, case).await?;
                    if tx.fetch_optional(sql::HEAD, args![case_id.as_str()]).await?.is_some() {
                        return Ok(false);
                    }
                    taking::lengthen(tx, &line, case.last_seq, "again", planned).await?;
                    tx.execute(sql::SETTLE_DIFFERENCE, args![difference, now]).await?;
                    tx.audit(entry).await?;
                    Ok::<bool, StoreError>(true)
                })
            })
            .await?;
        if told {
            Ok(())
        } else {
            Err(Problem::conflict(
                "messages_wait",
                "messages about this case are under way or refused; settle them first",
            ))
        }
    }
}
