//! Bringing a pack into the database: whole or not at all, and the same pack twice changes nothing.

use anyhow::{Result, bail};
use data_encoding::HEXLOWER;
use haidang_identity::bulk;
use haidang_store::{ActorRef, AuditEntry, Db, StoreError, args};
use sha2::{Digest as _, Sha256};

use crate::pack::Pack;
use crate::sql;

/// Remembers whose store this is, and refuses another city's pack in it: cases of two cities never share a store.
pub async fn claim(db: &Db, pack: &Pack) -> Result<()> {
    const PART: &str = "city";
    let digest = HEXLOWER.encode(&Sha256::digest(pack.city.code.as_bytes()));
    match db.fetch_optional(sql::PACK_PART, args![PART]).await? {
        Some(row) if row.text("sha256")? == digest => Ok(()),
        Some(_) => bail!("this store belongs to another city than {}; give it a store of its own", pack.city.code),
        None => {
            db.execute(sql::PUT_PACK_PART, args![PART, digest, db.ambient().now()]).await?;
            Ok(())
        }
    }
}

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
