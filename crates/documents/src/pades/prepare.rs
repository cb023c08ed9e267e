//! The revision of a signature: laid out with room for the signed data, digested, completed.

use std::sync::Arc;

use aws_lc_rs::digest::SHA256;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use super::appearance::{self, Appearance};
use super::form::{self, FieldKind};
use super::permission::Permissions;
use super::place::{self, NewField, NewFieldKind, Placement};
use super::{FieldLock, PadesError, fill};
use crate::pdf::{
    Appended, Dictionary, Object, PdfError, PdfFile, Reference, Source, Update, dictionary, digest_ranges, name, text,
};

/// Vietnam keeps one time all year.
const ZONE: Offset = Offset::constant(7);
/// Digits kept for each number of `/ByteRange`.
const RANGE_DIGITS: usize = 10;

/// What may still change in a certified document (DocMDP).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certification {
    /// Nothing but data of validation.
    NoChanges = 1,
    /// Fields may be filled and signatures added.
    FormFilling = 2,
}

/// What a signature says and shows.
#[derive(Debug, Clone)]
pub struct SignatureOptions {
    /// Name of the field; it is made when the file has none of that name.
    pub field: String,
    /// What screen readers say of a new field.
    pub tooltip: String,
    /// Where a new field is seen; `None` keeps it invisible.
    pub placement: Option<Placement>,
    /// What is seen.
    pub appearance: Appearance,
    /// The time that the signer claims; the time stamp proves it.
    pub at: Timestamp,
    /// Name of the signer, as the certificate says it.
    pub signer: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Where.
    pub location: Option<String>,
    /// Makes this the certification of the document; only for the first signature.
    pub certification: Option<Certification>,
}

/// A revision that waits for its signed data.
#[derive(Debug, Clone)]
pub struct Prepared {
    appended: Appended,
    /// Offsets in the file of the first digit and after the last of `/Contents`.
    room: (u64, u64),
    ranges: [(u64, u64); 2],
    digest: Vec<u8>,
}

impl Prepared {
    /// SHA-256 of everything but the room, 32 bytes: what is signed or stamped.
    pub fn digest(&self) -> &[u8] {
        &self.digest
    }

    /// Puts the signed data (DER) into the room.
    ///
    /// # Errors
    /// [`PadesError::Room`] when it is longer.
    pub fn embed(mut self, signed_data: &[u8]) -> Result<Appended, PadesError> {
        let start = usize::try_from(self.room.0 - self.appended.base).unwrap_or(usize::MAX);
        let room = usize::try_from((self.room.1 - self.room.0) / 2).unwrap_or(0);
        let fault = PadesError::Room { needed: signed_data.len(), room };
        if signed_data.len() > room {
            return Err(fault);
        }
        let place = self.appended.bytes.get_mut(start..start + signed_data.len() * 2).ok_or(fault)?;
        place.copy_from_slice(data_encoding::HEXUPPER.encode(signed_data).as_bytes());
        Ok(self.appended)
    }

    /// `/ByteRange` as offset and length of its two parts.
    pub fn ranges(&self) -> [(u64, u64); 2] {
        self.ranges
    }
}

/// Lays out a signature. `room` is how many bytes of signed data must fit.
///
/// # Errors
/// [`PadesError`]: the field is taken, an earlier signature forbids it, a picture or font cannot be used.
pub fn prepare(file: &PdfFile, options: &SignatureOptions, room: usize) -> Result<Prepared, PadesError> {
    let mut update = Update::new(file);
    let view = update.before();
    let fields = form::fields(&view)?;
    let permissions = Permissions::read(&view, &fields)?;
    if !permissions.allows_filling() || permissions.closes(&options.field) {
        return Err(PadesError::Forbidden("no further signature"));
    }
    if options.certification.is_some() && form::is_signed(&fields) {
        return Err(PadesError::Forbidden("a certification must be the first signature"));
    }
    let found = fields.iter().find(|field| field.name == options.field);
    if found.is_none() && options.placement.is_some() && permissions.certification.is_some() {
        return Err(PadesError::Forbidden("a field that is seen, after a certification"));
    }
    let widget = match found {
        Some(field) => {
            let free = field.kind == FieldKind::Signature && field.value().is_none();
            if !free || field.widgets != [field.reference] {
                return Err(PadesError::FieldTaken(options.field.clone()));
            }
            field.reference
        }
        None => place::create(
            &mut update,
            &NewField {
                name: options.field.clone(),
                tooltip: options.tooltip.clone(),
                placement: options.placement,
                kind: NewFieldKind::Signature { lock: None },
            },
            &fields,
        )?,
    };
    let signature = update.reserve()?;
    let mut field = update.dictionary(widget)?;
    field.set("V", Object::Reference(signature));
    let size = fill::rectangle(&view, &field)?;
    if size.0 * size.1 > 0.0 {
        let drawn = appearance::draw(&mut update, &options.appearance, size)?;
        field.set("AP", Object::Dictionary(dictionary([("N", Object::Reference(drawn))])));
    }
    let lock = field.get("Lock").map(|lock| view.resolve(lock)).transpose()?;
    let lock = lock.as_deref().and_then(Object::as_dictionary).map(|lock| FieldLock::read(&view, lock)).transpose()?;
    update.set(widget, Object::Dictionary(field));
    if options.certification.is_some() {
        certify(&mut update, signature)?;
    }
    let entries = signature_entries(options, lock.flatten().as_ref());
    lay_out(update, file.source(), signature, entries, room)
}

/// Lays out a document time stamp (B-LTA, EN 319 142-1, 5.4.3); the digest is what the authority stamps.
///
/// # Errors
/// As [`prepare`].
pub fn prepare_time_stamp(file: &PdfFile, field: &str, room: usize) -> Result<Prepared, PadesError> {
    let mut update = Update::new(file);
    let fields = form::fields(&update.before())?;
    let new = NewField {
        name: field.to_owned(),
        tooltip: "Dấu thời gian".to_owned(),
        placement: None,
        kind: NewFieldKind::Signature { lock: None },
    };
    let widget = place::create(&mut update, &new, &fields)?;
    let signature = update.reserve()?;
    let mut made = update.dictionary(widget)?;
    made.set("V", Object::Reference(signature));
    update.set(widget, Object::Dictionary(made));
    let entries = dictionary([
        ("Type", name("DocTimeStamp")),
        ("Filter", name("Adobe.PPKLite")),
        ("SubFilter", name("ETSI.RFC3161")),
    ]);
    lay_out(update, file.source(), signature, entries, room)
}

fn signature_entries(options: &SignatureOptions, lock: Option<&FieldLock>) -> Dictionary {
    let mut entries = dictionary([
        ("Type", name("Sig")),
        ("Filter", name("Adobe.PPKLite")),
        ("SubFilter", name("ETSI.CAdES.detached")),
        ("M", text(&pdf_date(options.at))),
    ]);
    for (key, value) in [("Name", &options.signer), ("Reason", &options.reason), ("Location", &options.location)] {
        if let Some(value) = value {
            entries.set(key, text(value));
        }
    }
    let mut references = Vec::new();
    let transformation = |method: &str, mut parameters: Dictionary| {
        parameters.set("Type", name("TransformParams"));
        parameters.set("V", name("1.2"));
        Object::Dictionary(dictionary([
            ("Type", name("SigRef")),
            ("TransformMethod", name(method)),
            ("TransformParams", Object::Dictionary(parameters)),
        ]))
    };
    if let Some(level) = options.certification {
        references.push(transformation("DocMDP", dictionary([("P", Object::Integer(level as i64))])));
    }
    if let Some(lock) = lock {
        let mut parameters = Dictionary::default();
        lock.write(&mut parameters);
        references.push(transformation("FieldMDP", parameters));
    }
    if !references.is_empty() {
        entries.set("Reference", Object::Array(references));
    }
    entries
}

/// `D:YYYYMMDDHHmmSS+07'00'` (ISO 32000-1, 7.9.4).
fn pdf_date(at: Timestamp) -> String {
    let local = at.to_zoned(TimeZone::fixed(ZONE));
    format!("D:{}+07'00'", local.strftime("%Y%m%d%H%M%S"))
}

fn certify(update: &mut Update<'_>, signature: Reference) -> Result<(), PdfError> {
    let (root, _) = update.before().catalog()?;
    let mut catalog = update.dictionary(root)?;
    let allowed = catalog.get("Perms").map(|allowed| update.resolve(allowed)).transpose()?;
    let mut allowed = allowed.as_deref().and_then(Object::as_dictionary).cloned().unwrap_or_default();
    allowed.set("DocMDP", Object::Reference(signature));
    catalog.set("Perms", Object::Dictionary(allowed));
    update.set(root, Object::Dictionary(catalog));
    Ok(())
}

/// The developer extension that names the forms of ETSI (EN 319 142-1, 5.6).
pub(super) fn declare_extension(update: &mut Update<'_>) -> Result<(), PdfError> {
    let (root, _) = update.before().catalog()?;
    let mut catalog = update.dictionary(root)?;
    let present = catalog.get("Extensions").map(|present| update.resolve(present)).transpose()?;
    let mut present = present.as_deref().and_then(Object::as_dictionary).cloned().unwrap_or_default();
    if present.has_key(b"ESIC") {
        return Ok(());
    }
    let level = dictionary([("BaseVersion", name("1.7")), ("ExtensionLevel", Object::Integer(1))]);
    present.set("ESIC", Object::Dictionary(level));
    catalog.set("Extensions", Object::Dictionary(present));
    update.set(root, Object::Dictionary(catalog));
    Ok(())
}

/// Writes the dictionary of the signature by hand, so that the places of its two open values are known.
fn lay_out(
    mut update: Update<'_>,
    source: &Arc<dyn Source>,
    signature: Reference,
    entries: Dictionary,
    room: usize,
) -> Result<Prepared, PadesError> {
    // Signatures exist, and the file may only be extended (ISO 32000-1, table 219).
    place::set_form_flag(&mut update, "SigFlags", Object::Integer(3))?;
    declare_extension(&mut update)?;
    let mut raw = Vec::new();
    Object::Dictionary(entries).write(&mut raw);
    raw.truncate(raw.len() - 2);
    raw.extend_from_slice(b"\n/Contents ");
    let contents = raw.len() as u64;
    raw.push(b'<');
    raw.resize(raw.len() + room * 2, b'0');
    raw.extend_from_slice(b">\n/ByteRange ");
    let range = raw.len();
    raw.extend_from_slice(format!("[0{:1$}]", "", 3 * (RANGE_DIGITS + 1)).as_bytes());
    raw.extend_from_slice(b">>");
    update.set_raw(signature, raw);
    let mut appended = update.finish()?;
    let missing = PdfError::Object { number: signature.number, what: "was not written" };
    let body = appended.body_of(signature).ok_or(missing)?;
    let gap = (body + contents, body + contents + room as u64 * 2 + 2);
    let end = appended.base + appended.bytes.len() as u64;
    let ranges = [(0, gap.0), (gap.1, end - gap.1)];
    let start = usize::try_from(body - appended.base).unwrap_or(usize::MAX).saturating_add(range);
    let written = format!("[0 {} {} {}", ranges[0].1, ranges[1].0, ranges[1].1);
    if let Some(place) = appended.bytes.get_mut(start..start + written.len()) {
        place.copy_from_slice(written.as_bytes());
    }
    let inside = |offset: u64| usize::try_from(offset - appended.base).unwrap_or(usize::MAX);
    let (before, after) = (&appended.bytes[..inside(gap.0)], &appended.bytes[inside(gap.1)..]);
    let digest = digest_ranges(source.as_ref(), &[(0, appended.base)], &[before, after], &SHA256);
    let digest = digest.map_err(PdfError::from)?.as_ref().to_vec();
    Ok(Prepared { appended, room: (gap.0 + 1, gap.1 - 1), ranges, digest })
}
