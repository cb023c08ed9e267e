//! Files from outside: streamed to temporary files in constant memory, judged by their bytes, never by their names.
//!
//! One bad file never loses the others: it is listed in [`Upload::refused`] with a stable code, and the handler shows
//! its message beside the field. Only what concerns the whole request (total size, a broken body, a missing token)
//! answers as a problem.

pub mod archive;
mod kind;
mod scan;
mod stream;

pub use kind::FileKind;
pub use scan::PatternScanner;

use crate::answer::Fault;
use crate::form::FormFields;
use crate::visitor::Visitor;
use axum::extract::{FromRequest, Multipart, Request};
use haidang_kernel::problem::{FieldError, Problem};
use haidang_ui::{Lang, t};
use std::path::Path;
use std::time::Duration;
use tempfile::TempPath;

/// What an address accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadLimits {
    /// Most files in one request.
    pub files: usize,
    /// Largest file in bytes.
    pub file_bytes: u64,
    /// Largest request in bytes.
    pub total_bytes: u64,
    /// Kinds accepted.
    pub kinds: &'static [FileKind],
    /// Longest time an upload may take.
    pub timeout: Duration,
}

/// As people read it: the messages say "20 MB" and mean this many bytes.
const MEGABYTE: u64 = 1_000_000;

impl UploadLimits {
    /// Papers a resident shows: PDF, photographs, office documents; 10 files of 20 MB, 60 MB in all, five minutes.
    pub const DOCUMENTS: Self = Self {
        files: 10,
        file_bytes: 20 * MEGABYTE,
        total_bytes: 60 * MEGABYTE,
        kinds: &[FileKind::Pdf, FileKind::Jpeg, FileKind::Png, FileKind::Docx, FileKind::Xlsx],
        timeout: Duration::from_secs(300),
    };

    /// Scanned papers: PDF and pictures; 20 files of 50 MB, 200 MB in all, ten minutes.
    pub const SCANS: Self = Self {
        files: 20,
        file_bytes: 50 * MEGABYTE,
        total_bytes: 200 * MEGABYTE,
        kinds: &[FileKind::Pdf, FileKind::Jpeg, FileKind::Png, FileKind::Tiff],
        timeout: Duration::from_secs(600),
    };

    /// One PDF.
    pub const ONE_PDF: Self = Self {
        files: 1,
        file_bytes: 20 * MEGABYTE,
        total_bytes: 21 * MEGABYTE,
        kinds: &[FileKind::Pdf],
        timeout: Duration::from_secs(300),
    };

    /// The value of the `accept` attribute of the file field.
    pub fn accept(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        for kind in self.kinds {
            parts.extend(kind.extensions().iter().map(|e| format!(".{e}")));
        }
        parts.join(",")
    }
}

/// A file that passed every check. It is deleted when this value is dropped.
#[derive(Debug)]
pub struct UploadedFile {
    /// Name of the form field.
    pub field: String,
    /// Name the sender gave, without folders; for display only.
    pub name: String,
    /// What the bytes are.
    pub kind: FileKind,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 as 64 lowercase hex digits.
    pub sha256: String,
    temporary: TempPath,
}

impl UploadedFile {
    /// Where the bytes are until this value is dropped.
    pub fn path(&self) -> &Path {
        &self.temporary
    }

    /// Media type of the bytes.
    pub fn media_type(&self) -> &'static str {
        self.kind.media_type()
    }
}

/// Why a file was refused. The words are stable problem codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Larger than the limit.
    TooLarge,
    /// No byte in it.
    Empty,
    /// One file more than accepted.
    TooMany,
    /// The bytes are of a kind this address does not accept, or of none we know.
    KindNotAllowed,
    /// The name says another kind than the bytes.
    ExtensionMismatch,
    /// The request says another kind than the bytes.
    DeclaredMismatch,
    /// An archive that unpacks to far more than it shows.
    ArchiveBomb,
    /// An archive that cannot be read to its end, is locked, or holds dangerous names.
    ArchiveUnreadable,
    /// The scanner found something harmful.
    Infected,
}

impl Refusal {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "file_too_large",
            Self::Empty => "file_empty",
            Self::TooMany => "too_many_files",
            Self::KindNotAllowed => "file_kind_not_allowed",
            Self::ExtensionMismatch => "file_extension_mismatch",
            Self::DeclaredMismatch => "file_declared_type_mismatch",
            Self::ArchiveBomb => "archive_bomb",
            Self::ArchiveUnreadable => "archive_unreadable",
            Self::Infected => "file_infected",
        }
    }
}

/// A file that did not pass, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedFile {
    /// Name of the form field.
    pub field: String,
    /// Name the sender gave, without folders.
    pub name: String,
    /// Why.
    pub why: Refusal,
}

impl RefusedFile {
    /// The message beside the field, in the reader's language.
    pub fn message(&self, lang: Lang, limits: &UploadLimits) -> String {
        let kinds: Vec<&str> = limits.kinds.iter().map(|k| k.label()).collect();
        let size = haidang_kernel::format::size(lang, limits.file_bytes);
        let key = format!("web-upload-{}", self.why.code().replace('_', "-"));
        t(
            lang,
            &key,
            &[
                ("name", self.name.as_str().into()),
                ("size", size.into()),
                ("files", limits.files.into()),
                ("kinds", kinds.join(", ").into()),
            ],
        )
    }
}

/// A form with files (`multipart/form-data`) on a row with [`Row::upload`](crate::Row::upload).
#[derive(Debug, Default)]
pub struct Upload {
    /// The other fields.
    pub fields: FormFields,
    /// Files that passed every check, in their order.
    pub files: Vec<UploadedFile>,
    /// Files that did not.
    pub refused: Vec<RefusedFile>,
}

impl Upload {
    /// 422 with one field error per refused file, for the API: there a half-taken upload helps nobody.
    ///
    /// # Errors
    /// `upload_refused` when a file was refused.
    pub fn complete(&self) -> Result<(), Fault> {
        if self.refused.is_empty() {
            return Ok(());
        }
        let errors = self.refused.iter().map(|r| FieldError::new(r.field.clone(), r.why.code())).collect();
        Err(Problem::invalid("upload_refused", "a file was refused").with_errors(errors).into())
    }
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let visitor = request
            .extensions()
            .get::<Visitor>()
            .cloned()
            .ok_or_else(|| Problem::internal("an upload outside the frame of this crate"))?;
        let limits =
            visitor.row.upload.clone().ok_or_else(|| Problem::internal("an upload on a row without .upload(…)"))?;
        let multipart = Multipart::from_request(request, state)
            .await
            .map_err(|_| Problem::unsupported_media_type("multipart_expected", "the body is no multipart form"))?;
        stream::receive(multipart, &visitor, &limits).await
    }
}
