//! Pages of this room, one resource a file.

pub(crate) mod account;
pub(crate) mod behalf;
pub(crate) mod choose;
pub(crate) mod official;
pub(crate) mod tokens;

use haidang_contracts::actor::PersonId;
use haidang_store::{ActorRef, AuditEntry, Db, StoreError};
use haidang_ui::{Lang, t};
use serde::Deserialize;

/// Where to go after signing in.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Next {
    /// Path of this city, with or without language prefix; anything else is ignored.
    pub(crate) next: Option<String>,
    /// Present when a session just ended by itself.
    pub(crate) ended: Option<String>,
}

/// Writes one audit record in a transaction of its own, for acts whose other writes belong to `web`.
pub(crate) async fn audit(db: &Db, entry: AuditEntry) -> Result<(), StoreError> {
    db.transaction(|tx| {
        let entry = entry.clone();
        Box::pin(async move { tx.audit(entry).await.map(|_| ()) })
    })
    .await
}

/// Whoever just signed in, as the audit names them.
pub(crate) fn signed_in(kind: &str, person: &PersonId) -> ActorRef {
    ActorRef {
        kind: kind.to_owned(),
        person: Some(person.to_string()),
        channel: "web".to_owned(),
        ..ActorRef::default()
    }
}

/// "Try again in 8 seconds" or "a minute".
pub(crate) fn wait_text(lang: Lang, seconds: i64) -> String {
    t(lang, "identity-wait", &[("seconds", seconds.into())])
}
