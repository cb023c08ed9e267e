//! What receivers of the city say of a dispatch: arrived, refused, accepted; and whether they agreed to a recall.

use super::sql;
use crate::room::OfficeRoom;
use async_trait::async_trait;
use haidang_contracts::events::{DOCUMENT_STATUS, DocumentStatus};
use haidang_kernel::time::from_micros;
use haidang_store::args;
use haidang_store::outbox::{Consumer, Event, Failure};

/// Takes the answers of receivers into the dispatches of the sender.
pub struct DispatchAnswers(pub OfficeRoom);

#[async_trait]
impl Consumer for DispatchAnswers {
    fn name(&self) -> &'static str {
        "office.dispatch_answers"
    }

    fn wants(&self, kind: &str) -> bool {
        kind == DOCUMENT_STATUS
    }

    async fn take(&self, event: &Event) -> Result<(), Failure> {
        let told: DocumentStatus = event.read()?;
        let at = from_micros(told.at);
        let reason = told.reason.unwrap_or_default();
        let db = &self.0.db;
        match told.status.as_str() {
            "02" => db.execute(sql::DISPATCH_STATE, args![told.dispatch, "refused", reason, at]).await?,
            "01" | "03" | "04" | "05" | "06" => {
                db.execute(sql::DISPATCH_STATE, args![told.dispatch, "received", told.status, at]).await?
            }
            // Whether a recall was agreed to is kept beside what was withdrawn.
            _ => db.execute(sql::DISPATCH_WORDS, args![told.dispatch, format!("{} {reason}", told.status), at]).await?,
        };
        Ok(())
    }
}
