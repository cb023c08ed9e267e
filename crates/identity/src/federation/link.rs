//! Two upstreams, one account: joined only by somebody who has just shown both in one browser.

use haidang_contracts::actor::PersonId;
use haidang_store::{Row, StoreError, args};
use haidang_web::{Fault, Site, Visitor, session, tokens};
use jiff::SignedDuration;

use super::sql;
use crate::room::IdentityRoom;

/// How fresh both proofs must be.
const FRESH: SignedDuration = SignedDuration::from_mins(5);

/// An identifier that was shown and waits for the account's other upstream.
pub(crate) struct Waiting {
    pub(crate) upstream: String,
    pub(crate) subject: String,
}

/// Remembers, for this browser, what was just shown.
pub(super) async fn wait(
    site: &Site,
    tx: &str,
    upstream: &str,
    subject: &str,
    person: &PersonId,
) -> Result<(), StoreError> {
    let now = site.ambient.now();
    let expires = now.checked_add(FRESH).unwrap_or(now);
    let row = args![tokens::digest(tx), upstream, subject, person, now, expires];
    site.db
        .transaction(|tx| {
            let row = row.clone();
            Box::pin(async move { tx.execute(sql::PUT_LINK, row).await.map(|_| ()) })
        })
        .await
}

/// What waits in this browser, whoever is signed in.
pub(super) async fn pending(site: &Site, tx: &str) -> Result<Option<(Waiting, PersonId)>, StoreError> {
    let row = site.db.fetch_optional(sql::LINK, args![tokens::digest(tx), site.ambient.now()]).await?;
    let read = |row: &Row| -> Result<(Waiting, PersonId), StoreError> {
        Ok((Waiting { upstream: row.text("upstream")?, subject: row.text("subject")? }, row.id("person")?))
    };
    row.as_ref().map(read).transpose()
}

/// What may be joined now: it waits here, and its person signed in within the last minutes.
pub(super) async fn ready(visitor: &Visitor, tx: Option<&str>) -> Result<Option<Waiting>, Fault> {
    let (Some(tx), Some(described)) = (tx, session::current(visitor)) else { return Ok(None) };
    let fresh = visitor.site.ambient.now().duration_since(described.authenticated_at) <= FRESH;
    let waiting = pending(&visitor.site, tx).await?;
    Ok(waiting.filter(|(_, person)| fresh && *person == described.person).map(|(waiting, _)| waiting))
}

impl IdentityRoom {
    /// Forgets sign-ins that never came back and identifiers that were never joined.
    pub(crate) async fn sweep_upstreams(&self) -> Result<(), StoreError> {
        let now = self.inner.ambient.now();
        self.inner.db.execute(sql::SWEEP_LOGINS, args![now]).await?;
        self.inner.db.execute(sql::SWEEP_LINKS, args![now]).await.map(drop)
    }
}

/// It waits no more.
pub(super) async fn forget(site: &Site, tx: &str) -> Result<(), StoreError> {
    site.db.execute(sql::DELETE_LINK, args![tokens::digest(tx), site.ambient.now()]).await.map(|_| ())
}
