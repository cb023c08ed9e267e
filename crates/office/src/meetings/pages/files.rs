//! Files of a meeting: one paper, all of them, the minutes.

use crate::reader::Reader;
use crate::room::OfficeRoom;
use crate::tasks::pages::one::send_blob;
use axum::body::{Body, Bytes};
use haidang_kernel::problem::Problem;
use haidang_web::{Answer, Disposition, Path, State, Visitor, file};
use tokio::io::AsyncReadExt as _;

/// One paper.
pub(crate) async fn download_meeting_paper(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path((id, paper)): Path<(String, String)>,
) -> Answer {
    let view = room.open_meeting(&Reader::of(&visitor)?, &id).await?;
    let found = view.papers.into_iter().find(|one| one.id == paper);
    let found = found.ok_or_else(|| Problem::not_found("file_not_found", "no such paper of this meeting"))?;
    send_blob(&room.blobs, &found.sha256, &found.name, &found.media_type).await
}

/// All papers in one archive, with a page that opens them without a network.
pub(crate) async fn download_meeting_bundle(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path(id): Path<String>,
) -> Answer {
    let bundle = room.meeting_bundle(&Reader::of(&visitor)?, &id, visitor.lang).await?;
    let content = tokio::fs::File::from_std(bundle.file);
    let pieces = futures_util::stream::try_unfold(content, |mut content| async move {
        let mut piece = vec![0_u8; 64 * 1024];
        let length = content.read(&mut piece).await?;
        piece.truncate(length);
        Ok::<_, std::io::Error>((length > 0).then(|| (Bytes::from(piece), content)))
    });
    file(Body::from_stream(pieces), &bundle.name, "application/zip", Some(bundle.size), Disposition::Attachment)
}

/// The approved minutes.
pub(crate) async fn download_meeting_minutes(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path(id): Path<String>,
) -> Answer {
    let (sha256, name) = room.minutes_file(&Reader::of(&visitor)?, &id).await?;
    send_blob(&room.blobs, &sha256, &name, "application/pdf").await
}
