//! What documents carry besides their pages: the Appendix VI record, and the lines filled in after the first signature.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::papers::{PaperAttachment, PaperAttachments, PaperInside, RECORD_FIELD};
use haidang_documents::lint::{LintError, page_text};
use haidang_documents::pades::{FieldKind, fields};
use haidang_documents::pdf::{Object, PdfError, PdfFile, embedded_files};
use haidang_kernel::text::nfc;

use crate::office_signing::LARGEST_FILE;

/// Longest text of a filled line, in characters: a number or a date has a few dozen.
const LONGEST_LINE: usize = 100;

/// Largest record that is taken out of a field, in bytes.
const LARGEST_RECORD: usize = 64 * 1024;

fn sealed_record(text: &str) -> PaperAttachment {
    PaperAttachment {
        name: format!("{RECORD_FIELD}.json"),
        media_type: "application/json".to_owned(),
        description: "Phụ lục VI".to_owned(),
        bytes: text.as_bytes().to_vec(),
    }
}

/// Reads PDF.
#[derive(Debug, Clone, Copy, Default)]
pub struct PdfInside;

fn refused(error: &PdfError) -> ContractError {
    ContractError::Refused { code: "file_unreadable", detail: error.to_string() }
}

fn stopped(_: tokio::task::JoinError) -> ContractError {
    ContractError::Internal("the reader of a document stopped".to_owned())
}

fn read(file: Vec<u8>) -> Result<PaperInside, PdfError> {
    let file = PdfFile::open(Arc::new(file))?;
    let view = file.newest();
    let files = embedded_files(&view)?.into_iter().map(|one| PaperAttachment {
        name: nfc(&one.name),
        media_type: one.media_type,
        description: nfc(&one.description),
        bytes: one.bytes,
    });
    let mut files: Vec<PaperAttachment> = files.collect();
    let mut filled = BTreeMap::new();
    for field in fields(&view)?.iter().filter(|field| field.kind == FieldKind::Text) {
        let text = field.value().and_then(Object::as_text).map(|text| nfc(text.trim())).unwrap_or_default();
        if field.name == RECORD_FIELD && !text.is_empty() && text.len() <= LARGEST_RECORD {
            // It has the number and the day, which the record that was there before the first signature cannot have.
            files.insert(0, sealed_record(&text));
        } else if !text.is_empty() && text.chars().count() <= LONGEST_LINE {
            filled.insert(field.name.clone(), text);
        }
    }
    Ok(PaperInside { files, filled })
}

#[async_trait]
impl PaperAttachments for PdfInside {
    async fn inside(&self, file: Vec<u8>) -> Result<PaperInside, ContractError> {
        if file.len() > LARGEST_FILE {
            let detail = format!("the file has {} bytes, and {LARGEST_FILE} are read at most", file.len());
            return Err(ContractError::Refused { code: "file_unreadable", detail });
        }
        let read = tokio::task::spawn_blocking(move || read(file)).await;
        read.map_err(stopped)?.map_err(|error| refused(&error))
    }

    async fn text(&self, file: Vec<u8>) -> Result<String, ContractError> {
        let read = tokio::task::spawn_blocking(move || page_text(&file)).await;
        read.map_err(stopped)?.map(|text| nfc(&text)).map_err(|error| match error {
            LintError::TimedOut => ContractError::Unavailable(error.to_string()),
            other => ContractError::Refused { code: "file_unreadable", detail: other.to_string() },
        })
    }
}
