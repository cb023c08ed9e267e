//! Files on their way to whoever may open them.

use crate::cases::papers::PaperRow;
use crate::cases::row::DocumentRow;
use crate::cases::trail::ResultRow;
use crate::service::Services;
use axum::body::Body;
use haidang_kernel::problem::Problem;
use haidang_web::{Answer, Disposition, file};

/// A stored file as a download: what came from outside is never shown inside our own pages.
pub(super) async fn download(services: &Services, row: &DocumentRow) -> Answer {
    let bytes = services.blobs.bytes(&row.sha256).await?;
    let length = bytes.len() as u64;
    file(Body::from(bytes), &row.file_name, &row.media_type, Some(length), Disposition::Attachment)
}

/// The signed file of a result in its newest provable form, named by the case.
pub(super) async fn result(services: &Services, case_no: &str, row: &ResultRow) -> Answer {
    let missing = || Problem::not_found("result_not_found", "the result has no file yet");
    let sha256 = row.sha256.as_deref().ok_or_else(missing)?;
    let media = row.media_type.as_deref().unwrap_or("application/octet-stream");
    let extension = if media.starts_with("text/html") { "html" } else { "pdf" };
    let newest = services.archive.newest(sha256).await.map_err(Problem::from)?;
    let bytes = services.blobs.bytes(&newest).await?;
    let length = bytes.len() as u64;
    let name = format!("{} {case_no}.{extension}", row.title);
    file(Body::from(bytes), &name, media, Some(length), Disposition::Attachment)
}

/// The detached signature of a result (JWS, RFC 7797), to keep beside the file.
pub(super) fn signature(case_no: &str, row: &ResultRow) -> Answer {
    let text = row.signature.clone().ok_or_else(|| Problem::not_found("result_not_found", "no signature yet"))?;
    let name = format!("{} {case_no}.jws", row.title);
    file(Body::from(text), &name, "application/jose", None, Disposition::Attachment)
}

/// A signed paper of an agency, named by its form.
pub(super) async fn paper(services: &Services, row: &PaperRow) -> Answer {
    services.archive.keep(&row.sha256, "application/pdf").await.map_err(Problem::from)?;
    let newest = services.archive.newest(&row.sha256).await.map_err(Problem::from)?;
    let bytes = services.blobs.bytes(&newest).await?;
    let length = bytes.len() as u64;
    let name = format!("Mẫu {} {}.pdf", row.form_no, row.about);
    file(Body::from(bytes), &name, "application/pdf", Some(length), Disposition::Attachment)
}
