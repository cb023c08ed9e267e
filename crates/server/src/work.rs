//! Work beside the requests: sealing the audit, delivering events, running jobs, sweeping.

use jiff::SignedDuration;
use std::sync::Arc;

use anyhow::Result;
use async_trait::async_trait;
use haidang_identity::provider::{LogoutDelivery, Provider};
use haidang_store::jobs::{Handler, Job};
use haidang_store::outbox::Failure;
use haidang_store::{ActorRef, Dispatcher, Jobs, Sealer, Stopper, stopper};
use tokio::task::JoinSet;

use crate::archive::Renewals;
use crate::city::City;
use crate::webhooks::Deliveries;

/// Everything that runs until it is told to stop.
pub struct Work {
    stopper: Stopper,
    tasks: JoinSet<()>,
}

impl Work {
    /// Tells everything to stop and waits for it to finish what it has begun.
    pub async fn finish(mut self) {
        self.stopper.stop();
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Sessions, idempotency keys and counters of failures that are over.
struct Sweep {
    site: Arc<haidang_web::Site>,
    identity: haidang_identity::IdentityRoom,
    provider: Provider,
}

#[async_trait]
impl Handler for Sweep {
    fn kind(&self) -> &'static str {
        "server.sweep"
    }

    fn every(&self) -> Option<SignedDuration> {
        Some(SignedDuration::from_mins(10))
    }

    async fn run(&self, _: &Job) -> Result<(), Failure> {
        haidang_web::session::sweep(&self.site).await?;
        self.identity.sweep().await?;
        self.provider.sweep().await.map_err(|problem| Failure::Later(problem.code.to_owned()))?;
        Ok(())
    }
}

/// Ends the sessions of whoever lost a post or a delegated duty by its date (T46: within a minute).
struct LostRights {
    site: Arc<haidang_web::Site>,
    identity: haidang_identity::IdentityRoom,
}

#[async_trait]
impl Handler for LostRights {
    fn kind(&self) -> &'static str {
        "identity.lost_rights"
    }

    fn every(&self) -> Option<SignedDuration> {
        Some(SignedDuration::from_secs(30))
    }

    async fn run(&self, _: &Job) -> Result<(), Failure> {
        self.identity.notice_ended_posts(&self.site).await?;
        self.identity.notice_ended_delegations(&self.site).await?;
        Ok(())
    }
}

/// Follows the directory of the administration.
struct Synchronise {
    site: Arc<haidang_web::Site>,
    identity: haidang_identity::IdentityRoom,
    every: SignedDuration,
}

#[async_trait]
impl Handler for Synchronise {
    fn kind(&self) -> &'static str {
        "identity.directory"
    }

    fn every(&self) -> Option<SignedDuration> {
        Some(self.every)
    }

    async fn run(&self, _: &Job) -> Result<(), Failure> {
        // A directory that does not answer is asked again at the next turn; trying harder would help nobody.
        match self.identity.synchronise_directory(&self.site, false, ActorRef::system()).await {
            Ok(done) if done.is_quiet() => {}
            Ok(done) => tracing::info!(
                arrived = done.arrived,
                changed = done.changed,
                left = done.left,
                returned = done.returned,
                given = done.given,
                ended = done.ended,
                aside = done.aside,
                "followed the directory"
            ),
            Err(error) => tracing::warn!(error = %error, "the directory was not followed"),
        }
        Ok(())
    }
}

impl City {
    fn all_jobs(&self) -> Jobs {
        let sweep = Sweep { site: self.site.clone(), identity: self.identity.clone(), provider: self.provider.clone() };
        let lost = LostRights { site: self.site.clone(), identity: self.identity.clone() };
        let mut jobs = Jobs::new(self.db.clone());
        if !self.config.directory.url.is_empty() {
            let seconds = i64::try_from(self.config.directory.sync_seconds).unwrap_or(45);
            let every = SignedDuration::from_secs(seconds);
            let (site, identity) = (self.site.clone(), self.identity.clone());
            jobs = jobs.with(Arc::new(Synchronise { site, identity, every }));
        }
        let jobs = jobs
            .with(Arc::new(sweep))
            .with(Arc::new(lost))
            .with(Arc::new(Deliveries(self.webhooks.clone())))
            .with(Arc::new(LogoutDelivery(self.provider.clone())))
            .with(Arc::new(Renewals(self.archive.clone())))
            .with(Arc::new(self.results.clone()));
        self.rooms.jobs(jobs)
    }

    /// Starts the work beside the requests.
    pub fn start_work(&self) -> Work {
        let (stopper, stop) = stopper();
        let mut tasks = JoinSet::new();
        tasks.spawn(Sealer::new(self.db.clone(), Some(self.checkpoints.clone())).run(stop.clone()));
        tasks.spawn(Dispatcher::new(self.db.clone()).run(stop.clone()));
        if let Some(exchange) = self.exchange.clone() {
            tasks.spawn(exchange.run(stop.clone()));
        }
        tasks.spawn(self.all_jobs().run(stop));
        Work { stopper, tasks }
    }

    /// Does now what is due, once and in order: deliveries, jobs, deliveries of what the jobs did, sealing. For tests
    /// and for the demonstration generator, whose clock stands still.
    pub async fn run_due(&self) -> Result<()> {
        let dispatcher = Dispatcher::new(self.db.clone());
        loop {
            let done = dispatcher.run_due().await? + self.all_jobs().run_due().await?;
            if done == 0 {
                break;
            }
        }
        Sealer::new(self.db.clone(), None).seal().await?;
        Ok(())
    }
}
