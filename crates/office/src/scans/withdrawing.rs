//! A scan that was handed in by mistake is withdrawn with a reason: it is found no more, and its trace stays.

use super::model::Scan;
use super::sql;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use crate::search::{Part, forget_document};
use haidang_kernel::problem::Problem;
use haidang_kernel::text::tidy;
use haidang_store::{AuditEntry, args};

/// Longest reason, in characters.
const LONGEST: usize = 500;

fn used() -> Problem {
    Problem::conflict("scan_used", "the scan became an incoming document, lies in a work file, or was withdrawn before")
}

impl OfficeRoom {
    /// Withdraws a scan that is used nowhere yet.
    ///
    /// # Errors
    /// `scan_not_found`; `scan_invalid` with field `reason`; `scan_used` once it became an incoming document or lies in
    /// a work file; `scan_withdrawn` when it is withdrawn already.
    pub async fn withdraw_scan(&self, reader: &Reader<'_>, id: &str, reason: &str) -> Result<(), Problem> {
        let scan = &self.changeable(reader, id).await?;
        let reason = &tidy(reason);
        let wrong = |code: &'static str| Problem::invalid("scan_invalid", "say why").field("reason", code);
        if reason.is_empty() {
            return Err(wrong("required"));
        }
        if reason.chars().count() > LONGEST {
            return Err(wrong("too_long"));
        }
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    let now = tx.ambient().now();
                    let (who, name) = (reader.actor.person.as_str(), &reader.actor.display_name);
                    if tx.execute(sql::WITHDRAW, args![id, now, who, name, reason]).await? == 0 {
                        return Err(used());
                    }
                    forget_document(tx, Part::Scans, id).await?;
                    let entry = AuditEntry::mutation("scan.withdrawn", reader.actor_ref(&scan.agency))
                        .object("scan", id)
                        .request(reader.request_id)
                        .because("30/2020/NĐ-CP Điều 21", "rút văn bản quét nhầm");
                    tx.audit(entry).await?;
                    Ok(())
                })
            })
            .await
    }

    /// The words of the scan that an incoming document was, page by page; `None` for what was never scanned here.
    pub(crate) async fn scanned_text(&self, arrival: &str) -> Result<Option<String>, Problem> {
        let row = self.db.fetch_optional(sql::OF_ARRIVAL, args![arrival]).await?;
        let Some(scan) = row.as_ref().map(Scan::read).transpose()? else { return Ok(None) };
        let pages = self.scan_texts(&scan).await?;
        let text = pages.iter().map(super::model::PageText::text).collect::<Vec<_>>().join("\n\n");
        Ok(Some(text).filter(|text| !text.trim().is_empty()))
    }
}
