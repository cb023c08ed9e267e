//! From the network to temporary files, piece by piece.

use super::archive::{ArchiveLimits, inspect};
use super::kind::{Sniffed, agree, of_listing, sniff};
use super::{FileKind, Refusal, RefusedFile, Upload, UploadLimits, UploadedFile};
use crate::answer::Fault;
use crate::form::{clean, verify};
use crate::visitor::{Channel, Visitor};
use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};
use haidang_contracts::files::ScanVerdict;
use haidang_kernel::problem::Problem;
use sha2::{Digest, Sha256};
use tempfile::{NamedTempFile, TempPath};
use tokio::io::AsyncWriteExt;

/// Largest text field, in bytes.
const TEXT_BYTES: usize = 64 * 1024;
/// All text fields together.
const TEXTS_BYTES: usize = 1024 * 1024;
/// Most parts of any kind: a body of a million empty parts costs time although it is small.
const MOST_PARTS: usize = 2_000;
/// Bytes kept for judging the kind.
const HEAD: usize = 8 * 1024;

pub(super) async fn receive(
    mut multipart: Multipart,
    visitor: &Visitor,
    limits: &UploadLimits,
) -> Result<Upload, Fault> {
    let mut upload = Upload::default();
    let (mut parts, mut texts) = (0, 0);
    while let Some(field) = multipart.next_field().await.map_err(broken)? {
        parts += 1;
        if parts > MOST_PARTS {
            return Err(Problem::bad_request("malformed_form", "too many parts").into());
        }
        let name = clean(field.name().unwrap_or_default());
        match field.file_name().map(base_name) {
            Some(file_name) => {
                let sent = upload.files.len() + upload.refused.len();
                file(field, name, file_name, sent >= limits.files, visitor, limits, &mut upload).await?;
            }
            None => {
                let value = text(field).await?;
                texts += name.len() + value.len();
                if texts > TEXTS_BYTES {
                    return Err(Problem::too_large("body_too_large", "the text fields are too large").into());
                }
                upload.fields.0.push((name, value));
            }
        }
    }
    if visitor.channel == Channel::Web {
        verify(visitor, &upload.fields)?;
    }
    upload.fields.0.retain(|(key, _)| key != crate::csrf::FIELD);
    Ok(upload)
}

/// The name without the folders some senders add.
fn base_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    clean(last).chars().filter(|c| !c.is_control()).take(200).collect()
}

fn broken(error: MultipartError) -> Fault {
    if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::too_large("body_too_large", "the upload is larger than this address accepts").into();
    }
    match crate::extract::unreadable(&error) {
        large if large.kind == haidang_kernel::problem::ProblemKind::TooLarge => large.into(),
        _ => Problem::bad_request("malformed_form", "the multipart body is broken").into(),
    }
}

async fn text(mut field: Field<'_>) -> Result<String, Fault> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        if bytes.len() + chunk.len() > TEXT_BYTES {
            return Err(Problem::too_large("field_too_large", "a text field is too large").into());
        }
        bytes.extend_from_slice(&chunk);
    }
    let value = String::from_utf8(bytes).map_err(|_| Problem::bad_request("malformed_form", "a value is no text"))?;
    Ok(clean(&value))
}

async fn file(
    mut field: Field<'_>,
    form_field: String,
    name: String,
    one_too_many: bool,
    visitor: &Visitor,
    limits: &UploadLimits,
    upload: &mut Upload,
) -> Result<(), Fault> {
    let declared = field.content_type().map(str::to_owned);
    let outcome = if one_too_many { Stored::refused(Refusal::TooMany) } else { store(&mut field, limits).await? };
    // What is left of a refused file is read and thrown away, so that the next one can be reached.
    let mut rest = 0_u64;
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        rest += chunk.len() as u64;
    }
    if name.is_empty() && rest == 0 && matches!(&outcome, Stored::Refused(Refusal::Empty | Refusal::TooMany)) {
        // A browser sends an empty part for a file field in which nothing was chosen.
        return Ok(());
    }
    let judged = match outcome {
        Stored::Refused(why) => Err(why),
        Stored::Whole { temporary, size, sha256, head } => {
            match judge(&temporary, &head, limits, &name, declared.as_deref()).await? {
                Err(why) => Err(why),
                Ok(kind) => match visitor.site.scanner.scan(&temporary).await? {
                    ScanVerdict::Infected(found) => {
                        tracing::warn!(request.id = visitor.request_id, found, "infected file refused");
                        Err(Refusal::Infected)
                    }
                    ScanVerdict::Clean => Ok(UploadedFile {
                        field: form_field.clone(),
                        name: name.clone(),
                        kind,
                        size,
                        sha256,
                        temporary,
                    }),
                },
            }
        }
    };
    match judged {
        Ok(file) => upload.files.push(file),
        Err(why) => {
            metrics::counter!("haidang_upload_refused_total", "code" => why.code()).increment(1);
            upload.refused.push(RefusedFile { field: form_field, name, why });
        }
    }
    Ok(())
}

enum Stored {
    Whole { temporary: TempPath, size: u64, sha256: String, head: Vec<u8> },
    Refused(Refusal),
}

impl Stored {
    fn refused(why: Refusal) -> Self {
        Self::Refused(why)
    }
}

/// Writes the file as it comes; stops, without the rest, when it is too large.
async fn store(field: &mut Field<'_>, limits: &UploadLimits) -> Result<Stored, Fault> {
    let failed = |_| Problem::unavailable("upload_storage", "a temporary file cannot be written");
    let temporary = NamedTempFile::new().map_err(failed)?.into_temp_path();
    let mut file = tokio::fs::File::create(&temporary).await.map_err(failed)?;
    let (mut size, mut digest, mut head) = (0_u64, Sha256::new(), Vec::new());
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        size += chunk.len() as u64;
        if size > limits.file_bytes {
            return Ok(Stored::Refused(Refusal::TooLarge));
        }
        let wanted = HEAD.saturating_sub(head.len()).min(chunk.len());
        head.extend_from_slice(&chunk[..wanted]);
        digest.update(&chunk);
        file.write_all(&chunk).await.map_err(failed)?;
    }
    if size == 0 {
        return Ok(Stored::Refused(Refusal::Empty));
    }
    file.flush().await.map_err(failed)?;
    let sha256 = data_encoding::HEXLOWER.encode(&digest.finalize());
    Ok(Stored::Whole { temporary, size, sha256, head })
}

/// What the file is, and whether it may come in.
async fn judge(
    path: &TempPath,
    head: &[u8],
    limits: &UploadLimits,
    name: &str,
    declared: Option<&str>,
) -> Result<Result<FileKind, Refusal>, Fault> {
    let kind = match sniff(head) {
        Sniffed::Unknown => return Ok(Err(Refusal::KindNotAllowed)),
        Sniffed::Known(kind) => kind,
        // Nothing is unpacked for an address that accepts no archive at all.
        Sniffed::Archive if !limits.kinds.iter().any(|k| k.is_archive()) => return Ok(Err(Refusal::KindNotAllowed)),
        Sniffed::Archive => {
            let path = path.to_path_buf();
            let inspected = tokio::task::spawn_blocking(move || inspect(&path, ArchiveLimits::default()))
                .await
                .map_err(|_| Problem::internal("the archive reader stopped"))?;
            match inspected {
                Ok(listing) => of_listing(&listing),
                Err(fault) if fault.is_bomb() => return Ok(Err(Refusal::ArchiveBomb)),
                Err(_) => return Ok(Err(Refusal::ArchiveUnreadable)),
            }
        }
    };
    Ok(agree(kind, limits.kinds, name, declared).map(|()| kind))
}
