//! The service for the national tracker (`findUsage`), beside the city and behind the data exchange.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::actor::EVERY_PROCEDURE;
use haidang_contracts::identity::Identity;
use haidang_exchange::usage::tracker::{Mandates, Tracker};
use haidang_store::{Stopper, stopper};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::city::City;

/// Mandates that the city knows.
struct CityMandates(Arc<dyn Identity>);

#[async_trait]
impl Mandates for CityMandates {
    async fn mandate(&self, user: &str, subject: &str) -> Result<Option<String>, ContractError> {
        let Some(user) = self.0.person_by_number(user).await? else { return Ok(None) };
        let Some(subject) = self.0.person_by_number(subject).await? else { return Ok(None) };
        let actor = self.0.actor(&user.id, Some(&subject.id)).await?;
        let actor = actor.filter(|actor| actor.on_behalf_of.as_ref() == Some(&subject.id));
        Ok(actor.and_then(|actor| actor.mandate_for(EVERY_PROCEDURE).map(|mandate| mandate.id.clone())))
    }
}

/// The running service.
pub struct Tracking {
    /// Where it listens.
    pub address: SocketAddr,
    stopper: Stopper,
    serving: JoinHandle<()>,
}

impl Tracking {
    /// Tells it to stop and waits for what runs.
    pub async fn finish(self) {
        self.stopper.stop();
        if let Err(error) = self.serving.await {
            tracing::error!(error = %error, "the service for the tracker stopped");
        }
    }
}

/// Starts the service where `tracker.listen` names an address; none otherwise.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn start(city: &City) -> Result<Option<Tracking>> {
    let listen = &city.config.tracker.listen;
    if listen.is_empty() {
        return Ok(None);
    }
    let listener = TcpListener::bind(listen).await.with_context(|| format!("tracker.listen {listen}"))?;
    let address = listener.local_addr()?;
    let (stopper, mut stop) = stopper();
    let mandates = Arc::new(CityMandates(Arc::new(city.identity.clone())));
    let tracker = Tracker::new(city.deliveries.usage().clone(), mandates);
    let serving = tokio::spawn(async move {
        if let Err(error) = tracker.serve(listener, async move { stop.wait().await }).await {
            tracing::error!(error = %error, "the service for the tracker does not run");
        }
    });
    Ok(Some(Tracking { address, stopper, serving }))
}
