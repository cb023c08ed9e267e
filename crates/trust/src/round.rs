//! Work beside the requests.

use crate::room::TrustRoom;
use async_trait::async_trait;
use haidang_store::jobs::{Handler, Job};
use haidang_store::outbox::Failure;
use jiff::SignedDuration;

/// Looks after the certificates of the city's own services: ends, revocations, what another process replaced.
pub struct Round(pub TrustRoom);

#[async_trait]
impl Handler for Round {
    fn kind(&self) -> &'static str {
        "trust.round"
    }

    fn every(&self) -> Option<SignedDuration> {
        Some(SignedDuration::from_mins(5))
    }

    async fn run(&self, _: &Job) -> Result<(), Failure> {
        self.0.renew().await.map_err(|error| Failure::Later(error.to_string()))
    }
}
