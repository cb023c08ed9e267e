//! Kinds of files we know, by their bytes.

use super::Refusal;
use super::archive::Listing;

/// A kind of file an address may accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Portable document.
    Pdf,
    /// Photograph.
    Jpeg,
    /// Picture.
    Png,
    /// Scanned pages.
    Tiff,
    /// Text document (Office Open XML).
    Docx,
    /// Table (Office Open XML).
    Xlsx,
    /// Text document (OpenDocument).
    Odt,
    /// Archive.
    Zip,
}

impl FileKind {
    /// All kinds.
    pub const ALL: &'static [Self] =
        &[Self::Pdf, Self::Jpeg, Self::Png, Self::Tiff, Self::Docx, Self::Xlsx, Self::Odt, Self::Zip];

    /// Media type as registered.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Tiff => "image/tiff",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Odt => "application/vnd.oasis.opendocument.text",
            Self::Zip => "application/zip",
        }
    }

    /// The kind of a media type.
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.media_type() == media_type)
    }

    /// Endings of names, without dot.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["pdf"],
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Png => &["png"],
            Self::Tiff => &["tif", "tiff"],
            Self::Docx => &["docx"],
            Self::Xlsx => &["xlsx"],
            Self::Odt => &["odt"],
            Self::Zip => &["zip"],
        }
    }

    /// Short name for messages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Pdf => "PDF",
            Self::Jpeg => "JPG",
            Self::Png => "PNG",
            Self::Tiff => "TIFF",
            Self::Docx => "DOCX",
            Self::Xlsx => "XLSX",
            Self::Odt => "ODT",
            Self::Zip => "ZIP",
        }
    }

    /// Whether the bytes are an archive that must be inspected.
    pub fn is_archive(self) -> bool {
        matches!(self, Self::Docx | Self::Xlsx | Self::Odt | Self::Zip)
    }

    /// Media types a browser may honestly declare for this kind besides the registered one.
    fn also_declared(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["application/x-pdf"],
            Self::Jpeg => &["image/jpg", "image/pjpeg"],
            Self::Png => &["image/x-png"],
            Self::Tiff => &["image/tif", "image/x-tiff"],
            Self::Docx | Self::Xlsx | Self::Odt => &["application/zip"],
            Self::Zip => &["application/x-zip-compressed", "application/x-zip"],
        }
    }
}

/// What the first bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sniffed {
    /// A kind known by its first bytes alone.
    Known(FileKind),
    /// Some archive; its content decides.
    Archive,
    /// Nothing we accept anywhere.
    Unknown,
}

/// Judges the first bytes of a file.
pub(crate) fn sniff(head: &[u8]) -> Sniffed {
    match infer::get(head).map(|t| t.mime_type()) {
        Some("application/pdf") => Sniffed::Known(FileKind::Pdf),
        Some("image/jpeg") => Sniffed::Known(FileKind::Jpeg),
        Some("image/png") => Sniffed::Known(FileKind::Png),
        Some("image/tiff") => Sniffed::Known(FileKind::Tiff),
        // The magic of a zip container is the same for all; `infer` guesses by its first entry, which anyone can forge.
        _ if head.starts_with(b"PK\x03\x04") => Sniffed::Archive,
        _ => Sniffed::Unknown,
    }
}

/// The kind of an archive by what it holds.
pub(crate) fn of_listing(listing: &Listing) -> FileKind {
    let has = |name: &str| listing.names.iter().any(|n| n == name);
    if has("[Content_Types].xml") && has("word/document.xml") {
        FileKind::Docx
    } else if has("[Content_Types].xml") && has("xl/workbook.xml") {
        FileKind::Xlsx
    } else if has("mimetype") && has("content.xml") && has("META-INF/manifest.xml") {
        FileKind::Odt
    } else {
        FileKind::Zip
    }
}

/// Whether kind, name and declared type agree and the kind is accepted.
pub(crate) fn agree(kind: FileKind, accepted: &[FileKind], name: &str, declared: Option<&str>) -> Result<(), Refusal> {
    if !accepted.contains(&kind) {
        return Err(Refusal::KindNotAllowed);
    }
    let extension = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase()).unwrap_or_default();
    if !kind.extensions().contains(&extension.as_str()) {
        return Err(Refusal::ExtensionMismatch);
    }
    let declared = declared.map(|d| d.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    match declared.as_deref() {
        // Systems that do not know a file say nothing or "some bytes".
        None | Some("" | "application/octet-stream" | "binary/octet-stream") => Ok(()),
        Some(declared) if declared == kind.media_type() || kind.also_declared().contains(&declared) => Ok(()),
        Some(_) => Err(Refusal::DeclaredMismatch),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn bytes_decide_and_name_and_claim_must_agree() {
        const ALL: &[FileKind] = FileKind::ALL;
        let check = |kind, accepted: &[FileKind], name: &str, declared: Option<&str>, expected: Result<(), Refusal>| {
            assert_eq!(agree(kind, accepted, name, declared), expected, "{name} {declared:?}");
        };
        check(FileKind::Pdf, ALL, "a.pdf", Some("application/pdf"), Ok(()));
        check(FileKind::Pdf, ALL, "A.PDF", None, Ok(()));
        check(FileKind::Pdf, ALL, "a.pdf", Some("application/octet-stream"), Ok(()));
        check(FileKind::Pdf, ALL, "a.pdf", Some("image/png"), Err(Refusal::DeclaredMismatch));
        check(FileKind::Pdf, ALL, "a.jpg", Some("application/pdf"), Err(Refusal::ExtensionMismatch));
        check(FileKind::Pdf, ALL, "a", Some("application/pdf"), Err(Refusal::ExtensionMismatch));
        check(FileKind::Pdf, ALL, "a.pdf.exe", None, Err(Refusal::ExtensionMismatch));
        check(FileKind::Zip, &[FileKind::Pdf], "a.zip", None, Err(Refusal::KindNotAllowed));
        check(FileKind::Jpeg, ALL, "ảnh.JPEG", Some("image/jpeg; x=1"), Ok(()));
    }

    #[test]
    fn the_first_bytes_are_read() {
        assert_eq!(sniff(b"%PDF-1.7\n"), Sniffed::Known(FileKind::Pdf));
        assert_eq!(sniff(&[0xFF, 0xD8, 0xFF, 0xE0]), Sniffed::Known(FileKind::Jpeg));
        assert_eq!(sniff(b"II*\0\x08\0\0\0\x0e\0"), Sniffed::Known(FileKind::Tiff));
        assert_eq!(sniff(b"PK\x03\x04rest"), Sniffed::Archive);
        for nothing in [&b"MZ\x90\x00"[..], b"<html>", b"\x7fELF", b"<svg xmlns", b"#!/bin/sh", b"", b"GIF89a"] {
            assert_eq!(sniff(nothing), Sniffed::Unknown, "{nothing:?}");
        }
    }
}
