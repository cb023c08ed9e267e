//! Webhooks: other systems are told of facts by a signed POST, at least once, without personal data.
//!
//! A fact goes the way of every event: the outbox gives it to [`Webhooks`], which enqueues one delivery per webhook
//! that wants its kind, so that a receiver that is down holds up no other. [`Deliveries`] sends them through the
//! guarded outbound client and tries again with growing pauses.

mod api;
mod message;
mod sql;
#[cfg(test)]
mod tests;

pub use api::routes;
pub use message::{OFFERED, signature};

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use haidang_contracts::actor::PersonId;
use haidang_contracts::identity::{Identity, PersonKind};
use haidang_identity::IdentityRoom;
use haidang_kernel::ambient::Ambient;
use haidang_kernel::id::Id;
use haidang_kernel::keyed::hmac_sha256;
use haidang_kernel::problem::Problem;
use haidang_store::jobs::{Handler, Job};
use haidang_store::outbox::{Consumer, Event, Failure};
use haidang_store::{ActorRef, AuditEntry, Db, Row, StoreError, args};
use haidang_web::client::{Guarded, OutboundError, OutboundLimits};
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use crate::config::Config;

/// Marker of a webhook.
pub enum Hook {}

/// Kind of the jobs that deliver.
const DELIVERY: &str = "server.webhook";

/// A registered webhook.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Id.
    pub id: Id<Hook>,
    /// System account it belongs to, or the administrator who made it.
    pub owner: PersonId,
    /// Where facts are sent.
    pub url: String,
    /// Kinds of events it wants.
    pub kinds: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Webhook {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id("id")?,
            owner: row.id("owner")?,
            url: row.text("url")?,
            kinds: row.json("kinds")?,
            created_at: row.timestamp("created_at")?,
        })
    }
}

/// A webhook to be made.
#[derive(Debug, Clone)]
pub struct NewWebhook {
    /// System account it belongs to; the maker when absent.
    pub owner: Option<String>,
    /// Where facts are sent: `https`, or `http` to a host that the configuration names.
    pub url: String,
    /// Kinds of events it wants, out of [`OFFERED`].
    pub kinds: Vec<String>,
}

/// The webhooks of a city. Cheap to clone.
#[derive(Clone)]
pub struct Webhooks {
    db: Db,
    ambient: Ambient,
    identity: Arc<dyn Identity>,
    key: [u8; 32],
    client: Option<Guarded>,
    /// As read when the round that is being taken began.
    active: Arc<RwLock<Arc<Vec<Webhook>>>>,
}

impl Webhooks {
    /// Over these records. `key` stays outside the database: the secret of each webhook is derived from it, so that
    /// a copy of the database signs nothing. Without a client nothing is sent, and deliveries wait.
    pub fn new(db: Db, ambient: Ambient, identity: Arc<dyn Identity>, key: [u8; 32], client: Option<Guarded>) -> Self {
        Self { db, ambient, identity, key, client, active: Arc::default() }
    }

    /// The webhooks of a configured city. A machine that cannot call others still serves; its deliveries wait.
    pub(crate) fn open(config: &Config, db: &Db, ambient: &Ambient, identity: &IdentityRoom, key: [u8; 32]) -> Self {
        let client = Guarded::new(config.work.webhook_private_hosts.clone(), OutboundLimits::default());
        if let Err(error) = &client {
            tracing::warn!(error = %error, "webhooks cannot be sent");
        }
        Self::new(db.clone(), ambient.clone(), Arc::new(identity.clone()), key, client.ok())
    }

    /// The secret with which the deliveries of a webhook are signed.
    fn secret(&self, id: &Id<Hook>) -> String {
        let derived = hmac_sha256(&self.key, format!("webhook/{id}").as_bytes());
        format!("whsec_{}", data_encoding::BASE64URL_NOPAD.encode(&derived))
    }

    fn check(&self, new: &NewWebhook) -> Result<(), Problem> {
        let mut problem = Problem::invalid("webhook_invalid", "a field of the webhook does not fit");
        let client = self.client.as_ref();
        match client.map(|client| client.check(&new.url)) {
            _ if new.url.len() > 2_000 => problem = problem.field("/url", "too_long"),
            Some(Ok(())) => {}
            Some(Err(OutboundError::Private)) => problem = problem.field("/url", "private_address"),
            Some(Err(_)) => problem = problem.field("/url", "address_not_allowed"),
            None => return Err(Problem::unavailable("no_outbound_client", "this machine cannot call other systems")),
        }
        if new.kinds.is_empty() {
            problem = problem.field("/kinds", "required");
        } else if !new.kinds.iter().all(|kind| OFFERED.contains(&kind.as_str())) {
            problem = problem.field("/kinds", "unknown");
        }
        if problem.errors.is_empty() { Ok(()) } else { Err(problem) }
    }

    async fn owner(&self, new: &NewWebhook, maker: &PersonId) -> Result<PersonId, Problem> {
        let Some(owner) = &new.owner else { return Ok(maker.clone()) };
        let unknown = || Problem::invalid("webhook_invalid", "no such system account").field("/owner", "unknown");
        let id = PersonId::parse(owner).map_err(|_| unknown())?;
        let person = self.identity.person(&id).await?;
        person.filter(|person| person.kind == PersonKind::System).map(|_| id).ok_or_else(unknown)
    }

    /// Makes a webhook and tells its secret, this once.
    ///
    /// # Errors
    /// `webhook_invalid` with the fields that do not fit.
    pub async fn make(
        &self,
        new: &NewWebhook,
        by: ActorRef,
        maker: &PersonId,
        request: &str,
    ) -> Result<(Webhook, String), Problem> {
        self.check(new)?;
        let mut kinds = new.kinds.clone();
        kinds.sort_unstable();
        kinds.dedup();
        let webhook = Webhook {
            id: self.ambient.new_id(),
            owner: self.owner(new, maker).await?,
            url: new.url.clone(),
            kinds,
            created_at: self.ambient.now(),
        };
        let row = args![
            &webhook.id,
            &webhook.owner,
            webhook.url.as_str(),
            serde_json::json!(webhook.kinds),
            true,
            maker,
            webhook.created_at,
        ];
        // The address may hold a secret of the receiver, so the audit names the webhook only.
        let entry = AuditEntry::mutation("webhook.created", by)
            .object("webhook", webhook.id.as_str())
            .request(request)
            .detail(serde_json::json!({ "owner": webhook.owner, "kinds": webhook.kinds }));
        self.db
            .transaction(|tx| {
                let (row, entry) = (row.clone(), entry.clone());
                Box::pin(async move {
                    tx.execute(sql::INSERT, row).await?;
                    tx.audit(entry).await?;
                    Ok::<(), StoreError>(())
                })
            })
            .await?;
        let secret = self.secret(&webhook.id);
        Ok((webhook, secret))
    }

    /// Webhooks in the order they were made, after an id.
    ///
    /// # Errors
    /// What the database says.
    pub async fn list(&self, after: &str, limit: i64) -> Result<Vec<Webhook>, StoreError> {
        let rows = self.db.fetch_all(sql::LIST, args![true, after, limit]).await?;
        rows.iter().map(Webhook::read).collect()
    }

    /// Ends a webhook: what waits for it is not sent any more. Ending it again changes nothing.
    ///
    /// # Errors
    /// `webhook_not_found` when there never was one with this id.
    pub async fn remove(&self, id: &str, by: ActorRef, request: &str) -> Result<(), Problem> {
        if self.db.fetch_optional(sql::EXISTS, args![id]).await?.is_none() {
            return Err(Problem::not_found("webhook_not_found", "no webhook has this id"));
        }
        let entry = AuditEntry::mutation("webhook.removed", by).object("webhook", id).request(request);
        let now = self.ambient.now();
        self.db
            .transaction(|tx| {
                let (id, entry) = (id.to_owned(), entry.clone());
                Box::pin(async move {
                    if tx.execute(sql::REMOVE, args![id.as_str(), false, now, true]).await? > 0 {
                        tx.audit(entry).await?;
                    }
                    Ok::<(), StoreError>(())
                })
            })
            .await?;
        Ok(())
    }

    async fn send(&self, delivery: &Delivery) -> Result<(), Failure> {
        let Some(row) = self.db.fetch_optional(sql::ACTIVE_BY_ID, args![delivery.webhook.as_str(), true]).await? else {
            return Ok(()); // ended meanwhile
        };
        let webhook = Webhook::read(&row)?;
        let client = self.client.as_ref().ok_or_else(|| Failure::Later("no outbound client".to_owned()))?;
        let signed = signature(self.secret(&webhook.id).as_bytes(), self.ambient.now().as_second(), &delivery.body);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in [
            ("haidang-event", &delivery.kind),
            ("haidang-delivery", &format!("{}.{}", delivery.event, webhook.id)),
            ("haidang-signature", &signed),
        ] {
            let value = HeaderValue::from_str(value).map_err(|_| Failure::Never("a header does not fit".to_owned()))?;
            headers.insert(HeaderName::from_static(name), value);
        }
        match client.post(&webhook.url, headers, delivery.body.clone().into_bytes()).await {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
            Ok(answer) if answer.status == 410 => Err(Failure::Never("the receiver is gone (410)".to_owned())),
            Ok(answer) => Err(Failure::Later(format!("the receiver answered {}", answer.status))),
            // What the receiver says beyond the status is of no interest; a large page is still an answer.
            Err(OutboundError::TooLarge) => Err(Failure::Later("the answer is too large".to_owned())),
            Err(error @ (OutboundError::Address | OutboundError::Private)) => Err(Failure::Never(error.to_string())),
            Err(error) => Err(Failure::Later(error.to_string())),
        }
    }
}

/// One fact for one webhook, as its job holds it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Delivery {
    webhook: String,
    event: String,
    kind: String,
    body: String,
}

#[async_trait]
impl Consumer for Webhooks {
    fn name(&self) -> &'static str {
        "server.webhooks"
    }

    fn wants(&self, kind: &str) -> bool {
        OFFERED.contains(&kind)
    }

    async fn prepare(&self) -> Result<(), StoreError> {
        let rows = self.db.fetch_all(sql::ACTIVE, args![true]).await?;
        let webhooks = rows.iter().map(Webhook::read).collect::<Result<Vec<_>, _>>()?;
        *self.active.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(webhooks);
        Ok(())
    }

    async fn take(&self, event: &Event) -> Result<(), Failure> {
        let webhooks = self.active.read().unwrap_or_else(PoisonError::into_inner).clone();
        let wanted: Vec<&Webhook> = webhooks.iter().filter(|w| w.kinds.contains(&event.kind)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let body = message::body(event)?;
        let deliveries: Vec<Delivery> = wanted
            .into_iter()
            .map(|webhook| Delivery {
                webhook: webhook.id.to_string(),
                event: event.id.to_string(),
                kind: event.kind.clone(),
                body: body.clone(),
            })
            .collect();
        let deliveries = &deliveries;
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    let now = tx.ambient().now();
                    for delivery in deliveries {
                        let key = format!("{}.{}", delivery.event, delivery.webhook);
                        tx.enqueue(DELIVERY, &key, delivery, now).await?;
                    }
                    Ok::<(), StoreError>(())
                })
            })
            .await?;
        Ok(())
    }
}

/// Sends what [`Webhooks`] enqueued.
pub struct Deliveries(pub Webhooks);

#[async_trait]
impl Handler for Deliveries {
    fn kind(&self) -> &'static str {
        DELIVERY
    }

    async fn run(&self, job: &Job) -> Result<(), Failure> {
        self.0.send(&job.read()?).await
    }

    /// About half a day: pauses grow to one hour.
    fn attempts(&self) -> i64 {
        24
    }
}
