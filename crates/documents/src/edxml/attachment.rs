//! The bytes of attachments: base64 that is decoded piece by piece, sometimes a zip around one file.

use std::borrow::Cow;
use std::io::{self, Cursor, Read as _, Write};

use data_encoding::{BASE64, HEXLOWER};
use haidang_signing::{DigestAlgorithm, Hasher};
use serde::Serialize;
use zip::ZipArchive;

use super::fields::{At, Log};
use super::rule::Rule;
use super::{EdxmlError, MESSAGE_LIMIT, ZIP_RATIO, name};

/// Digits that are decoded at once; a multiple of four.
const DIGITS: usize = 64 * 1024;
/// The media type of a packed attachment.
const ZIP: &str = "application/zip";

/// The bytes of one attachment, still encoded as they came.
#[derive(Debug, Clone)]
pub struct Content<'d> {
    base64: Cow<'d, str>,
    packed: bool,
    digested: Digested,
}

/// What is known of the bytes of an attachment; of a packed one, of the file in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Digested {
    /// Length in bytes.
    pub size: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

impl Content<'_> {
    /// Length and hash.
    pub fn digested(&self) -> &Digested {
        &self.digested
    }

    /// Whether it came packed.
    pub fn is_packed(&self) -> bool {
        self.packed
    }

    /// Writes the bytes out, unpacked, in constant memory unless they came packed.
    ///
    /// # Errors
    /// [`EdxmlError::Io`].
    pub fn copy_to(&self, out: &mut dyn Write) -> Result<(), EdxmlError> {
        let mut sink = |bytes: &[u8]| out.write_all(bytes).map_err(Stop::Io);
        match unfold(&self.base64, self.packed, &mut sink) {
            Ok(()) => Ok(()),
            Err(Stop::Io(error)) => Err(error.into()),
            // They were read once already when the message was.
            Err(Stop::Broken(rule)) => Err(io::Error::other(rule.english()).into()),
        }
    }
}

pub(super) fn looks_like_pdf(bytes: &[u8]) -> bool {
    bytes.starts_with(b"%PDF-")
}

/// Takes the bytes of an attachment out of its element, having read them once from begin to end.
pub(super) fn content_of<'d>(log: &mut Log, at: &At<'d>, file: &str, media_type: &str) -> Option<Content<'d>> {
    let place = at.below("ContentTransferEncoded");
    let Some(element) = at.element.only(name("ContentTransferEncoded")) else {
        log.refuse(Rule::Missing, place);
        return None;
    };
    let Some(base64) = element.text() else {
        log.refuse(Rule::NotBase64, place);
        return None;
    };
    let file = file.to_lowercase();
    let packed = media_type == ZIP && !file.ends_with(".zip");
    let mut hasher = Hasher::new(DigestAlgorithm::Sha256);
    let (mut size, mut head) = (0_u64, Vec::new());
    let mut sink = |bytes: &[u8]| {
        hasher.update(bytes);
        size += bytes.len() as u64;
        if head.len() < 8 {
            head.extend(bytes.iter().take(8));
        }
        Ok(())
    };
    if let Err(stop) = unfold(&base64, packed, &mut sink) {
        let rule = if let Stop::Broken(rule) = stop { rule } else { Rule::NotBase64 };
        log.refuse(rule, place);
        return None;
    }
    if size == 0 {
        log.refuse(Rule::EmptyAttachment, place);
        return None;
    }
    if packed {
        log.remark(Rule::Packed, at.place.clone());
    }
    if file.ends_with(".pdf") && !looks_like_pdf(&head) {
        log.remark(Rule::NotPdf, at.place.clone());
    }
    let digested = Digested { size, sha256: HEXLOWER.encode(&hasher.finish()) };
    Some(Content { base64, packed, digested })
}

enum Stop {
    Broken(Rule),
    Io(io::Error),
}

type Sink<'s> = &'s mut dyn FnMut(&[u8]) -> Result<(), Stop>;

/// Decodes and, where it is packed, unpacks.
fn unfold(base64: &str, packed: bool, sink: Sink<'_>) -> Result<(), Stop> {
    if !packed {
        return decode(base64, sink);
    }
    let mut archive = Vec::new();
    decode(base64, &mut |bytes| {
        archive.extend_from_slice(bytes);
        Ok(())
    })?;
    if archive.is_empty() {
        return Err(Stop::Broken(Rule::EmptyAttachment));
    }
    unpack(archive, sink)
}

/// Base64 with blanks anywhere, padded, nothing behind the padding.
fn decode(base64: &str, sink: Sink<'_>) -> Result<(), Stop> {
    let broken = || Stop::Broken(Rule::NotBase64);
    let mut digits = Vec::with_capacity(DIGITS.min(base64.len()));
    let mut bytes = vec![0; DIGITS / 4 * 3];
    let mut padded = false;
    let mut pass = |digits: &mut Vec<u8>| -> Result<(), Stop> {
        let room = bytes.get_mut(..digits.len() / 4 * 3).ok_or_else(broken)?;
        let length = BASE64.decode_mut(digits, room).map_err(|_| broken())?;
        digits.clear();
        sink(room.get(..length).unwrap_or_default())
    };
    for digit in base64.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        if padded && digit != b'=' {
            return Err(broken());
        }
        padded |= digit == b'=';
        digits.push(digit);
        if digits.len() == DIGITS {
            pass(&mut digits)?;
        }
    }
    if !digits.len().is_multiple_of(4) {
        return Err(broken());
    }
    pass(&mut digits)
}

/// The one file of an archive, which may not unfold to more than [`ZIP_RATIO`] times its size.
fn unpack(archive: Vec<u8>, sink: Sink<'_>) -> Result<(), Stop> {
    let damaged = || Stop::Broken(Rule::DamagedZip);
    let limit = (archive.len() as u64).saturating_mul(ZIP_RATIO).min(MESSAGE_LIMIT as u64);
    let mut archive = ZipArchive::new(Cursor::new(archive)).map_err(|_| damaged())?;
    if archive.len() != 1 {
        return Err(Stop::Broken(Rule::ZipEntries));
    }
    let mut entry = archive.by_index(0).map_err(|_| damaged())?;
    if !entry.is_file() {
        return Err(Stop::Broken(Rule::ZipEntries));
    }
    let mut left = limit;
    let mut piece = vec![0; DIGITS];
    loop {
        let length = entry.read(&mut piece).map_err(|_| damaged())?;
        if length == 0 {
            return Ok(());
        }
        left = left.checked_sub(length as u64).ok_or(Stop::Broken(Rule::ZipTooLarge))?;
        sink(piece.get(..length).unwrap_or_default())?;
    }
}
