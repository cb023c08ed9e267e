//! An exchange follows the registry: every process looks at the revision and takes the new directory.

use std::sync::Arc;
use std::time::Duration;

use haidang_store::Stop;

use super::Registry;
use crate::proxy::Exchange;

/// How often the revision is looked at, so that a change holds on every instance within a second.
const LOOK: Duration = Duration::from_millis(250);

impl Registry {
    /// Gives the exchange every new directory until told to stop. What cannot be read leaves the old one in force, and
    /// is told once for each revision.
    pub async fn follow(&self, exchange: Arc<Exchange>, mut stop: Stop) {
        let (mut taken, mut told) = (None, None);
        loop {
            match self.revision().await {
                Ok(revision) if taken == Some(revision) || revision == 0 => {}
                Ok(revision) => match self.snapshot().await {
                    Ok((revision, directory)) => {
                        exchange.replace(directory);
                        taken = Some(revision);
                        tracing::info!(revision, "the directory of the registry was taken");
                    }
                    Err(error) if told != Some(revision) => {
                        told = Some(revision);
                        tracing::error!(error = %error, revision, "the registry cannot be read; the old directory holds");
                    }
                    Err(_) => {}
                },
                Err(error) => tracing::warn!(error = %error, "the revision of the registry cannot be read"),
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = stop.wait() => return,
            }
        }
    }
}
