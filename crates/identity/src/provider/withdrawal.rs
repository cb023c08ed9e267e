//! What was agreed to can be taken back: the agreement with a system, a consent about a purpose, a mandate. Everything
//! that was given out on its strength ends with it.

use super::model::Client;
use super::{Provider, sql};
use async_trait::async_trait;
use haidang_contracts::actor::PersonId;
use haidang_contracts::events::{CONSENT_WITHDRAWN, ConsentWithdrawn, MANDATE_CHANGED, MandateChanged};
use haidang_store::outbox::{Consumer, Event, Failure};
use haidang_store::{ActorRef, AuditEntry, StoreError, args};
use jiff::Timestamp;
use serde_json::json;
use std::sync::Arc;

/// Takes withdrawn consents and ended mandates from the outbox.
pub struct GrantWithdrawals(pub Provider);

/// A state in which a mandate allows nothing; one that was only proposed gave nothing out.
const ENDED: [&str; 3] = ["REVOKED", "EXPIRED", "REJECTED"];

#[async_trait]
impl Consumer for GrantWithdrawals {
    fn name(&self) -> &'static str {
        "identity.withdrawals"
    }

    fn wants(&self, kind: &str) -> bool {
        kind == CONSENT_WITHDRAWN || kind == MANDATE_CHANGED
    }

    async fn take(&self, event: &Event) -> Result<(), Failure> {
        if event.kind == CONSENT_WITHDRAWN {
            let withdrawn: ConsentWithdrawn = event.read()?;
            let rests = |family: &Family| {
                let named = family.purposes.split(' ').any(|purpose| purpose == withdrawn.purpose);
                named && *family.principal.as_ref().unwrap_or(&family.person) == withdrawn.subject
            };
            self.0.end_families(&withdrawn.subject, "consent withdrawn", event.at, rests).await?;
        } else {
            let changed: MandateChanged = event.read()?;
            if ENDED.contains(&changed.state.as_str()) {
                let rests = |family: &Family| {
                    family.person == changed.delegate && family.principal.as_deref() == Some(&changed.principal)
                };
                self.0.end_families(&changed.delegate, "mandate ended", event.at, rests).await?;
            }
        }
        Ok(())
    }
}

/// Tokens of one sign-in, with what they rest on.
#[derive(Debug, Clone)]
struct Family {
    id: String,
    client: String,
    person: String,
    principal: Option<String>,
    purposes: String,
    begun_at: Timestamp,
}

/// A system that somebody let know something.
#[derive(Debug, Clone)]
pub(crate) struct Granted {
    pub(crate) client: Arc<Client>,
    pub(crate) scopes: Vec<String>,
    pub(crate) at: Timestamp,
}

impl Provider {
    async fn families_of(&self, person: &str) -> Result<Vec<Family>, StoreError> {
        let rows = self.db().fetch_all(sql::FAMILIES_OF, args![person]).await?;
        rows.iter()
            .map(|row| {
                Ok(Family {
                    id: row.text("family")?,
                    client: row.text("client")?,
                    person: row.text("person")?,
                    principal: row.opt_text("principal")?,
                    purposes: row.text("purposes")?,
                    begun_at: row.timestamp("begun_at")?,
                })
            })
            .collect()
    }

    /// Ends what rests on something that is no more, and takes the agreement with each of its systems back: the next
    /// sign-in asks anew. An agreement given after the fact stands.
    async fn end_families(
        &self,
        person: &str,
        why: &'static str,
        at: Timestamp,
        rests: impl Fn(&Family) -> bool + Send,
    ) -> Result<(), StoreError> {
        let mut families = self.families_of(person).await?;
        families.retain(|family| rests(family) && family.begun_at <= at);
        for family in families {
            let ids = std::slice::from_ref(&family.id);
            self.end(&family.person, &family.client, ids, (why, at), ActorRef::system()).await?;
        }
        Ok(())
    }

    /// Ends families of tokens and the agreement they rest on, in one transaction; `false` when nothing was left to end.
    async fn end(
        &self,
        person: &str,
        client: &str,
        families: &[String],
        (why, at): (&'static str, Timestamp),
        by: ActorRef,
    ) -> Result<bool, StoreError> {
        let now = self.now();
        let entry = AuditEntry::mutation("client_grant.withdrawn", by)
            .object("client", client)
            .detail(json!({ "why": why, "families": families.len() }));
        let ended = self
            .db()
            .transaction(|tx| {
                let entry = entry.clone();
                Box::pin(async move {
                    let mut ended = tx.execute(sql::REVOKE_GRANT, args![person, client, now, at]).await?;
                    for family in families {
                        ended += tx.execute(sql::REVOKE_TOKENS_OF_FAMILY, args![family, now]).await?;
                        ended += tx.execute(sql::REVOKE_REFRESH_OF_FAMILY, args![family, now]).await?;
                    }
                    if ended > 0 {
                        tx.audit(entry).await?;
                    }
                    Ok::<bool, StoreError>(ended > 0)
                })
            })
            .await;
        self.inner.asked.forget();
        ended
    }

    /// Takes back what a person agreed to give a client: its tokens end at once, and the next sign-in asks anew.
    /// `false` when there was nothing to take back.
    ///
    /// # Errors
    /// What the database says.
    pub async fn withdraw_grant(&self, person: &PersonId, client: &str, by: ActorRef) -> Result<bool, StoreError> {
        let mut families = self.families_of(person.as_str()).await?;
        families.retain(|family| family.client == client && family.person == person.as_str());
        let ids: Vec<String> = families.into_iter().map(|family| family.id).collect();
        self.end(person.as_str(), client, &ids, ("by the person", self.now()), by).await
    }

    /// The systems that a person let know something, the newest first.
    pub(crate) async fn grants_of(&self, person: &PersonId) -> Result<Vec<Granted>, StoreError> {
        let registry = self.registry().await?;
        let rows = self.db().fetch_all(sql::GRANTS_OF, args![person]).await?;
        let mut grants = Vec::new();
        for row in rows {
            let Some(client) = registry.client(&row.text("client")?) else { continue };
            let scopes = row.text("scopes")?.split(' ').filter(|s| !s.is_empty()).map(str::to_owned).collect();
            grants.push(Granted { client: client.clone(), scopes, at: row.timestamp("granted_at")? });
        }
        Ok(grants)
    }
}
