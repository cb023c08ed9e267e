//! What the data exchange delivered: the proof of one delivery, for the person it is about, and the notices of deliveries
//! about many, for everybody.

use haidang_contracts::ContractError;
use haidang_contracts::exchange::{BulkDelivery, ProofFile};
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;

use crate::room::{Reader, VaultRoom};

impl VaultRoom {
    /// The signed answer behind an access to the reader's data; recorded as an own access.
    ///
    /// # Errors
    /// `proof_not_found` where there is none, or it is about other people too.
    pub async fn proof(&self, reader: &Reader<'_>, audit_id: &str) -> Result<ProofFile, Problem> {
        let missing = || Problem::not_found("proof_not_found", "no proof of such an access to one's own data alone");
        let deliveries = self.inner().deliveries.as_ref().ok_or_else(missing)?;
        let audit: Id<haidang_store::AuditRecord> = Id::parse(audit_id).map_err(|_| missing())?;
        let number = self.personal_number(reader.actor.subject()).await?.ok_or_else(missing)?;
        let proof = deliveries.proof(&number, audit.as_str()).await.map_err(|error| match error {
            ContractError::NotFound(_) => missing(),
            other => Problem::from(other),
        })?;
        self.record_own(reader, "vault.proof_downloaded", audit.as_str(), "tải chứng cứ về lần gửi dữ liệu của mình")
            .await?;
        Ok(proof)
    }

    /// Deliveries about many people, newest first, after a place; one more than asked for says that there are more.
    ///
    /// # Errors
    /// What the records say.
    pub async fn bulk_deliveries(&self, after: Option<&str>, limit: i64) -> Result<Vec<BulkDelivery>, Problem> {
        match &self.inner().deliveries {
            Some(deliveries) => Ok(deliveries.bulk(after, limit).await?),
            None => Ok(Vec::new()),
        }
    }
}
