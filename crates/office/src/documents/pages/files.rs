//! Files of a document: its paper, what travels with it, and the word-processor file its text is taken from.

use super::{detail, path, reader, words_of};
use crate::documents::docx;
use crate::documents::model::Annex;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use axum::body::Body;
use haidang_kernel::problem::Problem;
use haidang_store::StoreError;
use haidang_ui::field::ErrorItem;
use haidang_ui::{Lang, t};
use haidang_web::upload::{FileKind, Upload, UploadLimits, UploadedFile};
use haidang_web::{Answer, Disposition, FormFields, Path, State as Use, Visitor, file, html_invalid, redirect};
use std::time::Duration;

/// One word-processor file.
pub(in crate::documents) const ONE_DOCX: UploadLimits = UploadLimits {
    files: 1,
    file_bytes: 20_000_000,
    total_bytes: 21_000_000,
    kinds: &[FileKind::Docx],
    timeout: Duration::from_secs(300),
};

/// A name to save a paper under: its number when it has one.
fn name_of(document: &crate::documents::Document) -> String {
    let stem = document.code().unwrap_or_else(|| "du-thao".to_owned()).replace('/', "-");
    format!("{stem}.pdf")
}

/// The paper as it stands, shown by the browser.
pub(crate) async fn show_document_paper(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
) -> Answer {
    let (document, bytes) = room.read_paper(&reader(&visitor)?, &id).await?;
    let length = bytes.len() as u64;
    file(Body::from(bytes), &name_of(&document), "application/pdf", Some(length), Disposition::Inline)
}

/// A file that travels with the document, to be saved.
pub(crate) async fn show_document_file(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path((id, sha256)): Path<(String, String)>,
) -> Answer {
    let (annex, bytes) = room.read_annex(&reader(&visitor)?, &id, &sha256).await?;
    let length = bytes.len() as u64;
    file(Body::from(bytes), &annex.name, &annex.media_type, Some(length), Disposition::Attachment)
}

/// Messages of files that were refused on arrival; nothing chosen asks for a file.
fn refused(lang: Lang, upload: &Upload, field: &str, limits: &UploadLimits) -> Vec<ErrorItem> {
    let named = upload.refused.iter().filter(|file| !file.name.is_empty());
    let bad: Vec<ErrorItem> = named.map(|file| ErrorItem::of(field, file.message(lang, limits))).collect();
    if bad.is_empty() && upload.files.is_empty() {
        return vec![ErrorItem::of(field, t(lang, &format!("documents-error-{field}-required"), &[]))];
    }
    bad
}

pub(in crate::documents) async fn keep(room: &OfficeRoom, uploaded: &UploadedFile) -> Result<Annex, Problem> {
    let source = tokio::fs::File::open(uploaded.path()).await.map_err(StoreError::from)?;
    let stored = room.blobs.put(source, uploaded.size).await?;
    Ok(Annex {
        name: uploaded.name.clone(),
        sha256: stored.sha256,
        media_type: uploaded.media_type().to_owned(),
        size: i64::try_from(stored.size).unwrap_or(i64::MAX),
    })
}

async fn shown(visitor: &Visitor, room: &OfficeRoom, id: &str, errors: Vec<ErrorItem>) -> Answer {
    let document = room.document(&reader(visitor)?, id).await?;
    html_invalid(detail::build(visitor, room, document, &FormFields::default(), errors).await?)
}

/// Adds files; a bad one never loses the good ones.
pub(crate) async fn attach_document_files(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    upload: Upload,
) -> Answer {
    let mut errors = refused(visitor.lang, &upload, "files", &UploadLimits::DOCUMENTS);
    // Whoever may not read the document leaves before anything is stored.
    room.document(&reader(&visitor)?, &id).await?;
    let mut files = Vec::with_capacity(upload.files.len());
    for uploaded in &upload.files {
        files.push(keep(&room, uploaded).await?);
    }
    if !files.is_empty() {
        let revision = upload.fields.text("revision").parse().unwrap_or_default();
        if let Err(problem) = room.attach_files(&reader(&visitor)?, &id, revision, files).await {
            errors.extend(words_of(visitor.lang, problem)?);
        }
    }
    if errors.is_empty() { redirect(visitor.lang, &path(&id)) } else { shown(&visitor, &room, &id, errors).await }
}

/// Takes a file out of the draft.
pub(crate) async fn detach_document_file(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let revision = form.text("revision").parse().unwrap_or_default();
    match room.detach_file(&reader(&visitor)?, &id, revision, form.text("sha256")).await {
        Ok(()) => redirect(visitor.lang, &path(&id)),
        Err(problem) => shown(&visitor, &room, &id, words_of(visitor.lang, problem)?).await,
    }
}

/// Reads the text of an uploaded file on a thread of its own and saves it.
pub(in crate::documents) async fn take_text_of(
    room: &OfficeRoom,
    reader: &Reader<'_>,
    id: &str,
    revision: i64,
    uploaded: &UploadedFile,
) -> Result<(), Problem> {
    let bytes = tokio::fs::read(uploaded.path()).await.map_err(StoreError::from)?;
    let text = tokio::task::spawn_blocking(move || docx::text(&bytes)).await;
    let text = text.map_err(|_| Problem::internal("reading a DOCX broke off"))?;
    let text = text.map_err(|fault| Problem::invalid("docx_refused", fault.to_string()).field("word", fault.code()))?;
    room.take_text(reader, id, revision, keep(room, uploaded).await?, text).await
}

/// The text of a word-processor file becomes the text of a new version; the file stays with it.
pub(crate) async fn take_document_text(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    upload: Upload,
) -> Answer {
    let errors = refused(visitor.lang, &upload, "word", &ONE_DOCX);
    let Some(uploaded) = upload.files.first().filter(|_| errors.is_empty()) else {
        return shown(&visitor, &room, &id, errors).await;
    };
    let reader = reader(&visitor)?;
    room.document(&reader, &id).await?;
    let revision = upload.fields.text("revision").parse().unwrap_or_default();
    let answer = take_text_of(&room, &reader, &id, revision, uploaded).await;
    match answer {
        Ok(()) => redirect(visitor.lang, &path(&id)),
        Err(problem) => shown(&visitor, &room, &id, words_of(visitor.lang, problem)?).await,
    }
}
