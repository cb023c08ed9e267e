//! What is copied: found by whoever may read it, in force, with its signatures judged anew.

use super::model::Original;
use super::rules::{CopyState, Held, SourceKind};
use crate::documents::table::State;
use crate::incoming::rules::State as Arrived;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use crate::scans::State as Scanned;
use haidang_contracts::papers::JudgedAs;
use haidang_kernel::problem::Problem;
use haidang_store::args;

/// Media types whose pages can be shown in a copy.
const SHOWN: [&str; 3] = ["application/pdf", "image/jpeg", "image/png"];

/// Something that may be copied.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// Code of the organ that holds it.
    pub(crate) agency: String,
    /// What it is; `held` is what its record says, where that is known.
    pub(crate) original: Original,
    /// Whether the record knows what is held, so that nobody has to say it.
    pub(crate) held_known: bool,
    /// Pages, where they are known.
    pub(crate) pages: Option<usize>,
    /// What was read of its pages, for those without a layer of text.
    pub(crate) texts: Vec<String>,
}

fn refused(code: &'static str, detail: &str) -> Problem {
    Problem::conflict(code, detail.to_owned())
}

impl OfficeRoom {
    /// What the reader wants to copy.
    ///
    /// # Errors
    /// `document_not_found`, `arrival_not_found`, `scan_not_found`, `copy_not_found`; `copy_source_not_ready` for what is
    /// not issued, registered or confirmed, or was recalled; `copy_source_kind` for a file whose pages cannot be shown.
    pub(crate) async fn copy_source(&self, reader: &Reader<'_>, kind: SourceKind, id: &str) -> Result<Source, Problem> {
        let source = match kind {
            SourceKind::Document => self.issued_source(reader, id).await?,
            SourceKind::Arrival => self.arrived_source(reader, id).await?,
            SourceKind::Scan => self.scanned_source(reader, id).await?,
            SourceKind::Copy => self.copied_source(reader, id).await?,
        };
        if !SHOWN.contains(&source.original.media_type.as_str()) {
            return Err(refused("copy_source_kind", "only PDF, JPEG and PNG are copied: make a PDF of it first"));
        }
        Ok(source)
    }

    async fn issued_source(&self, reader: &Reader<'_>, id: &str) -> Result<Source, Problem> {
        let document = self.document(reader, id).await?;
        let stands = document.state.after_issue() && document.state != State::Recalled;
        let Some(sha256) = document.file_sha256.clone().filter(|_| stands) else {
            return Err(refused("copy_source_not_ready", "only an issued document that was not recalled is copied"));
        };
        let pages = usize::try_from(self.paper(&document).await?.pages).ok();
        Ok(Source {
            original: Original {
                code: document.code().unwrap_or_default(),
                date: document.issued_on,
                organ: self.organ(&document.agency).await?.name_vi,
                subject: document.subject,
                sha256,
                media_type: "application/pdf".to_owned(),
                held: Held::Original,
            },
            agency: document.agency,
            held_known: true,
            pages,
            texts: Vec::new(),
        })
    }

    async fn arrived_source(&self, reader: &Reader<'_>, id: &str) -> Result<Source, Problem> {
        let arrival = self.arrival_of(reader, id).await?;
        if matches!(arrival.state, Arrived::Arrived | Arrived::Rejected | Arrived::Withdrawn) {
            return Err(refused("copy_source_not_ready", "only a registered document is copied"));
        }
        let file = self.arrival_file(reader, id, 0).await?;
        let details = &arrival.details;
        Ok(Source {
            original: Original {
                code: details.code(),
                date: details.issued_on,
                organ: details.from_name.clone(),
                subject: details.subject.clone(),
                sha256: file.sha256,
                media_type: file.media_type,
                held: Held::Original,
            },
            agency: arrival.agency,
            held_known: false,
            pages: None,
            texts: Vec::new(),
        })
    }

    async fn scanned_source(&self, reader: &Reader<'_>, id: &str) -> Result<Source, Problem> {
        let scan = self.open_scan(reader, id).await?;
        let facts = scan.facts.clone().filter(|_| scan.state == Scanned::Confirmed);
        let facts =
            facts.ok_or_else(|| refused("copy_source_not_ready", "a person confirms first what the scan is"))?;
        let texts = self.scan_texts(&scan).await?;
        Ok(Source {
            original: Original {
                code: facts.number(),
                date: facts.issued_on,
                organ: facts.organ,
                subject: facts.subject,
                sha256: scan.sha256.clone(),
                media_type: scan.media_type.clone(),
                held: Held::Original,
            },
            pages: scan.pages.and_then(|pages| usize::try_from(pages).ok()),
            agency: scan.agency,
            held_known: false,
            texts: texts.iter().map(crate::scans::PageText::text).collect(),
        })
    }

    async fn copied_source(&self, reader: &Reader<'_>, id: &str) -> Result<Source, Problem> {
        let copy = self.copy_of(reader, id).await?;
        if copy.state != CopyState::Issued {
            return Err(refused("copy_source_not_ready", "only an issued copy is copied again"));
        }
        Ok(Source {
            original: Original {
                sha256: copy.file_sha256.clone(),
                media_type: "application/pdf".to_owned(),
                held: Held::Copy,
                ..copy.original
            },
            agency: copy.agency,
            held_known: true,
            pages: usize::try_from(copy.file_pages).ok(),
            texts: Vec::new(),
        })
    }

    /// The bytes that are copied, in their newest form; what carries a disproven signature is never copied.
    ///
    /// # Errors
    /// `copy_source_signature_invalid`, `file_changed`.
    pub(super) async fn copy_bytes(&self, original: &Original) -> Result<Vec<u8>, Problem> {
        let bytes = self.paper_bytes(&original.sha256).await?;
        if original.media_type == "application/pdf" {
            let judged = self.signing.judge(&bytes).await?;
            let bad = |one: &haidang_contracts::papers::JudgedSignature| {
                one.integrity == JudgedAs::Invalid || one.identity == JudgedAs::Invalid
            };
            if judged.signatures.iter().any(bad) {
                return Err(refused("copy_source_signature_invalid", "a signature of the file does not hold"));
            }
        }
        Ok(bytes)
    }

    /// A copy that the reader may see.
    ///
    /// # Errors
    /// `copy_not_found`, also for the copy of another organ.
    pub(crate) async fn copy_of(&self, reader: &Reader<'_>, id: &str) -> Result<super::Copy, Problem> {
        let missing = || Problem::not_found("copy_not_found", "there is no such copy");
        let row = self.db.fetch_optional(super::sql::ONE, args![id]).await?.ok_or_else(missing)?;
        let copy = super::Copy::read(&row)?;
        let there = crate::documents::access::ANY.iter().any(|word| reader.actor.can_in(word, &copy.agency));
        if there { Ok(copy) } else { Err(missing()) }
    }
}
