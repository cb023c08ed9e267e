//! Stamps of roots that outlive the certificates of their authorities: before the newest stamp of a day ends, another one
//! is taken over it (RFC 4998, 5.2, renewal of a time stamp). What comes out is a chain; whoever trusts the last stamp
//! trusts that the first stood while its own authority could be believed.
//!
//! The authority is asked outside the transaction; a stamp that somebody else took meanwhile stays, and ours is dropped.

use crate::registers::sql;
use crate::registers::taking::audit_of_day;
use crate::room::OfficeRoom;
use haidang_contracts::papers::{JudgedAs, StampChain};
use haidang_kernel::chain::Hash;
use haidang_kernel::problem::Problem;
use haidang_store::{StoreError, args};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// How long before its certificate ends a stamp is followed by another one; the archive does the same with papers.
const BEFORE: SignedDuration = SignedDuration::from_hours(24 * 90);
/// How soon a day is looked at again at the earliest.
const PAUSE: SignedDuration = SignedDuration::from_hours(1);
/// Days of one round.
const ROUND: i64 = 200;

/// The chain of a day as it is stored.
pub(crate) struct Stamps {
    /// Tokens, the first over the root, each next over the one before.
    pub(crate) tokens: Vec<Vec<u8>>,
    /// When the newest was taken; none for the first.
    pub(crate) renewed_at: Option<Timestamp>,
}

/// When a day is looked at again whose newest stamp ends then: in time, and never at once. An authority may stamp with a
/// certificate that itself ends soon; half of what is left is waited then.
pub(super) fn look_again(end: Timestamp, now: Timestamp) -> Timestamp {
    let half = now.saturating_add(end.duration_since(now).max(SignedDuration::ZERO) / 2).unwrap_or(end);
    let from = end.saturating_sub(BEFORE).unwrap_or(now);
    from.max(half).max(now.saturating_add(PAUSE).unwrap_or(end))
}

/// Whether a stamp that ends then must be followed by another one now.
pub(super) fn is_due(end: Timestamp, now: Timestamp) -> bool {
    end.saturating_sub(BEFORE).is_ok_and(|from| from <= now)
}

impl OfficeRoom {
    /// The chain of stamps of a day; empty while its root has none.
    pub(crate) async fn register_stamps(&self, day: &str) -> Result<Stamps, Problem> {
        let root = self.db.fetch_optional(sql::ROOT, args![day]).await?;
        let first = root.map(|row| row.opt_bytes("token")).transpose()?.flatten();
        let Some(first) = first else { return Ok(Stamps { tokens: Vec::new(), renewed_at: None }) };
        let mut stamps = Stamps { tokens: vec![first], renewed_at: None };
        for row in &self.db.fetch_all(sql::RENEWED_STAMPS, args![day]).await? {
            stamps.tokens.push(row.bytes("token")?);
            stamps.renewed_at = Some(row.timestamp("stamped_at")?);
        }
        Ok(stamps)
    }

    /// Judges the chain of a day over its root.
    pub(crate) async fn judge_register_stamps(&self, root: &Hash, tokens: &[Vec<u8>]) -> Result<StampChain, Problem> {
        Ok(self.signing.judge_stamps(&Hash::of(&root.0).0, tokens).await?)
    }

    /// Looks at the stamps that are due and renews what must be renewed; how many. A day that fails is looked at again
    /// later and does not stop the others.
    pub(super) async fn renew_register_stamps(&self) -> Result<usize, Problem> {
        let now = self.ambient.now();
        let mut renewed = 0;
        let mut failed = None;
        for row in &self.db.fetch_all(sql::STAMPS_TO_LOOK_AT, args![now, ROUND]).await? {
            let (day, root) = (row.text("day")?, row.text("root")?);
            match self.look_at_stamps(&day, &root, now).await {
                Ok(true) => renewed += 1,
                Ok(false) => {}
                Err(problem) => {
                    self.watch_stamps(&day, now.saturating_add(PAUSE).unwrap_or(now)).await?;
                    failed = Some(Problem { detail: format!("{day}: {}", problem.detail), ..problem });
                }
            }
        }
        failed.map_or(Ok(renewed), Err)
    }

    async fn watch_stamps(&self, day: &str, look_at: Timestamp) -> Result<(), StoreError> {
        self.db.execute(sql::WATCH_STAMPS, args![day, look_at]).await.map(drop)
    }

    /// Looks at one day; true when its stamp was renewed.
    async fn look_at_stamps(&self, day: &str, root: &str, now: Timestamp) -> Result<bool, Problem> {
        let root = Hash::parse(root).map_err(|_| Problem::internal("a root is no hash"))?;
        let stamps = self.register_stamps(day).await?;
        let chain = self.judge_register_stamps(&root, &stamps.tokens).await?;
        if chain.answer == JudgedAs::Invalid {
            // A new stamp over a broken chain would say that it was well.
            let code = chain.remarks.first().map_or("", String::as_str);
            return Err(Problem::conflict("stamps_broken", format!("the stamps do not prove the root: {code}")));
        }
        let last = stamps.tokens.last().zip(chain.stamps.last());
        let (newest, ends) = last
            .map(|(token, facts)| (token, facts.until))
            .ok_or_else(|| Problem::internal("a day without a stamp is looked at"))?;
        if !is_due(ends, now) {
            self.watch_stamps(day, look_again(ends, now)).await?;
            return Ok(false);
        }
        let token = self.signing.stamp(&Hash::of(newest).0).await?;
        let tokens: Vec<Vec<u8>> = stamps.tokens.iter().cloned().chain([token.clone()]).collect();
        let chain = self.judge_register_stamps(&root, &tokens).await?;
        let until = chain.stamps.last().map(|facts| facts.until).unwrap_or(now);
        if chain.answer == JudgedAs::Invalid || until <= now {
            return Err(Problem::unavailable("stamp_refused", "the authority's new stamp does not hold"));
        }
        if until <= ends && now < ends {
            // The authority has no later certificate yet: another stamp of this one would prove nothing more.
            self.watch_stamps(day, look_again(ends, now)).await?;
            return Ok(false);
        }
        let position = i64::try_from(stamps.tokens.len()).unwrap_or(i64::MAX);
        self.keep_renewed_stamp(day, position, token, look_again(until, now)).await
    }

    async fn keep_renewed_stamp(
        &self,
        day: &str,
        position: i64,
        token: Vec<u8>,
        look_at: Timestamp,
    ) -> Result<bool, Problem> {
        let entry = audit_of_day("register.root_restamped", day).detail(json!({ "stamp": position + 1 }));
        let (token, entry) = (&token, &entry);
        let kept = self
            .db
            .transaction(|tx| {
                Box::pin(async move {
                    let now = tx.ambient().now();
                    if tx.execute(sql::INSERT_RENEWED_STAMP, args![day, position, token, now]).await? == 0 {
                        return Ok::<_, StoreError>(false);
                    }
                    tx.execute(sql::WATCH_STAMPS, args![day, look_at]).await?;
                    tx.audit(entry.clone()).await?;
                    Ok(true)
                })
            })
            .await?;
        Ok(kept)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + hours * 3_600).unwrap()
    }

    proptest! {
        /// Whenever a stamp ends: the next look comes later than now and before the end, and finds it due in time.
        #[test]
        fn the_next_look_is_never_now_and_never_too_late(hours in 3_i64..200_000) {
            let (now, end) = (at(0), at(hours));
            let next = look_again(end, now);
            prop_assert!(next > now && next < end);
            prop_assert!(hours < 24 * 180 || is_due(end, next));
            prop_assert_eq!(is_due(end, now), hours <= 24 * 90);
        }
    }
}
