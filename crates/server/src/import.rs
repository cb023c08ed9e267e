//! Bringing a pack into the database: whole or not at all, and the same pack twice changes nothing.

use anyhow::Result;
use haidang_identity::bulk;
use haidang_store::{ActorRef, AuditEntry, Db, StoreError, args};

use crate::pack::Pack;
use crate::sql;

/// Agencies of the pack into `identity_agency`, when the file changed since the last time. `true` when it did.
pub async fn put_agencies(db: &Db, pack: &Pack) -> Result<bool> {
    const PART: &str = "agencies";
    let known = db.fetch_optional(sql::PACK_PART, args![PART]).await?;
    if known.map(|row| row.text("sha256")).transpose()?.as_deref() == Some(&pack.agencies_sha256) {
        return Ok(false);
    }
    let agencies = pack.agencies()?;
    let digest = pack.agencies_sha256.clone();
    let city = pack.city.code.clone();
    db.transaction(|tx| {
        let (agencies, digest, city) = (agencies.clone(), digest.clone(), city.clone());
        Box::pin(async move {
            let rows = bulk::put_agencies(tx, &agencies).await?;
            let now = tx.ambient().now();
            tx.execute(sql::PUT_PACK_PART, args![PART, &digest, now]).await?;
            let detail = serde_json::json!({ "sha256": digest, "rows": rows });
            let entry = AuditEntry::mutation("pack.agencies_imported", ActorRef::system()).object("pack", &city);
            tx.audit(entry.detail(detail)).await?;
            Ok::<(), StoreError>(())
        })
    })
    .await?;
    Ok(true)
}
