//! A confirmed scan becomes an incoming document: from there on it walks as every other paper that came.

use super::model::{Scan, State};
use super::sql;
use crate::incoming::model::Details;
use crate::incoming::rules::Channel;
use crate::incoming::{NewArrival, NewFile};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_kernel::problem::Problem;
use haidang_store::{AuditEntry, args};

impl OfficeRoom {
    /// Hands a confirmed scan to the incoming documents, with its original as the file; doing it again answers the
    /// same document. The clerk registers it there and gives it its number.
    ///
    /// # Errors
    /// `scan_not_found`; `scan_state` before a person confirmed it.
    pub async fn register_scan(&self, reader: &Reader<'_>, id: &str) -> Result<String, Problem> {
        let scan = self.changeable(reader, id).await?;
        if let Some(known) = scan.registered_as {
            return Ok(known);
        }
        let (State::Confirmed, Some(new)) = (scan.state, self.scan_as_arrival(&scan)) else {
            return Err(Problem::conflict("scan_state", "nobody has confirmed the scan yet"));
        };
        // Another transaction, of another part; the file makes it one document however often this runs.
        let received = self.receive(reader, &new).await?.id;
        let (scan, document) = (&scan, &received);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    if tx.execute(sql::REGISTERED, args![&scan.id, document]).await? > 0 {
                        let entry = AuditEntry::mutation("scan.handed_over", reader.actor_ref(&scan.agency))
                            .object("scan", &scan.id)
                            .request(reader.request_id)
                            .detail(serde_json::json!({ "arrival": document }));
                        tx.audit(entry).await?;
                    }
                    Ok::<_, Problem>(())
                })
            })
            .await?;
        Ok(received)
    }

    fn scan_as_arrival(&self, scan: &Scan) -> Option<NewArrival> {
        let facts = scan.facts.as_ref()?;
        let kind = self.scans.settings.kind(&facts.kind);
        Some(NewArrival {
            agency: scan.agency.clone(),
            channel: Channel::Scan,
            source_key: Some(format!("scan/{}", scan.id)),
            dispatch: None,
            document: None,
            from_organ: None,
            envelope: None,
            envelope_signer: None,
            details: Details {
                from_name: facts.organ.clone(),
                code_number: facts.code_number.clone(),
                code_notation: facts.code_notation.clone(),
                issued_on: facts.issued_on,
                kind: kind.map(|kind| kind.name.text(haidang_ui::Lang::Vi).to_owned()).unwrap_or_default(),
                subject: facts.subject.clone(),
                pages: scan.pages,
                ..Details::default()
            },
            secrecy: 0,
            files: vec![NewFile {
                sha256: scan.sha256.clone(),
                name: scan.name.clone(),
                media_type: scan.media_type.clone(),
                size: scan.size,
            }],
        })
    }
}
