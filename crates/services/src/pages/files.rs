//! Files on their way to whoever may open them.

use crate::cases::row::DocumentRow;
use crate::service::Services;
use axum::body::Body;
use haidang_web::{Answer, Disposition, file};

/// A stored file as a download: what came from outside is never shown inside our own pages.
pub(super) async fn download(services: &Services, row: &DocumentRow) -> Answer {
    let bytes = services.blobs.bytes(&row.sha256).await?;
    let length = bytes.len() as u64;
    file(Body::from(bytes), &row.file_name, &row.media_type, Some(length), Disposition::Attachment)
}
