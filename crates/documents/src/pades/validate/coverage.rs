//! Which bytes a signature covers, and whether those are all a reader sees.

use crate::pades::form::{self, Field, FieldKind};
use crate::pdf::{Dictionary, Object, PdfError, PdfFile, Place, Reference, View};

use super::Code;

/// Longest `/Contents` that is read, in bytes of signed data.
const CONTENTS_LIMIT: u64 = 1 << 20;

/// A signature as it stands in the file; nothing in it is believed yet.
pub(in crate::pades) struct Covered {
    /// Name of its field.
    pub(super) field: String,
    pub(super) dictionary: Dictionary,
    /// `/Type /DocTimeStamp` or its subfilter.
    pub(in crate::pades) is_time_stamp: bool,
    /// Parts of the file that are signed.
    pub(super) ranges: [(u64, u64); 2],
    /// The revision it ends, counted from 0.
    pub(in crate::pades) revision: usize,
    /// The bytes of `/Contents`, padding included.
    pub(in crate::pades) contents: Vec<u8>,
}

/// A signature that cannot be judged, with its field.
pub(super) struct Uncovered {
    pub(super) field: String,
    pub(super) code: Code,
}

/// Each signature as it can be judged, and the fields of the newest revision.
type Signatures = (Vec<Result<Covered, Uncovered>>, Vec<Field>);

/// All signatures of the newest revision, and those that an older one had and the newest has not.
pub(super) fn read(file: &PdfFile) -> Result<Signatures, PdfError> {
    let view = file.newest();
    let fields = form::fields(&view)?;
    let signed = |fields: &[Field]| -> Vec<Field> {
        fields.iter().filter(|f| f.kind == FieldKind::Signature && f.value().is_some()).cloned().collect()
    };
    let present = signed(&fields);
    let mut found = Vec::new();
    for field in &present {
        let covered = match covered(file, &view, field)? {
            Ok(covered) => Ok(covered),
            Err(code) => Err(Uncovered { field: field.name.clone(), code }),
        };
        found.push(covered);
    }
    for revision in 0..file.revisions().len().saturating_sub(1) {
        let Some(older) = file.at(revision) else { continue };
        for field in signed(&form::fields(&older)?) {
            let kept = present.iter().any(|other| other.name == field.name && other.value() == field.value());
            let told = found.iter().any(|one| one.as_ref().err().is_some_and(|gone| gone.field == field.name));
            if !kept && !told {
                found.push(Err(Uncovered { field: field.name, code: Code::SignatureRemoved }));
            }
        }
    }
    Ok((found, fields))
}

fn covered(file: &PdfFile, view: &View<'_>, field: &Field) -> Result<Result<Covered, Code>, PdfError> {
    let Some(reference) = field.value().and_then(Object::as_reference) else {
        return Ok(Err(Code::SignatureMalformed));
    };
    let object = view.object(reference)?;
    let Object::Dictionary(dictionary) = object.as_ref() else { return Ok(Err(Code::SignatureMalformed)) };
    let Some(contents) = dictionary.get("Contents").and_then(Object::as_string) else {
        return Ok(Err(Code::SignatureMalformed));
    };
    let Some(ranges) = ranges(dictionary) else { return Ok(Err(Code::RangeMalformed)) };
    let [(start, before), (after, rest)] = ranges;
    let (Some(end), length) = (after.checked_add(rest), file.source().length()) else {
        return Ok(Err(Code::RangeMalformed));
    };
    if start != 0 || before == 0 || after < before || end > length {
        return Ok(Err(Code::RangeMalformed));
    }
    if !is_gap(view, reference, (before, after))? {
        return Ok(Err(Code::GapNotContents));
    }
    if contents.len() as u64 > CONTENTS_LIMIT {
        return Ok(Err(Code::SignatureMalformed));
    }
    let Some(revision) = revision_of(file, end) else { return Ok(Err(Code::RangeNotRevision)) };
    let own_start = revision.checked_sub(1).and_then(|r| file.revisions().get(r)).map_or(0, |r| r.end);
    if before < own_start {
        return Ok(Err(Code::RangeNotRevision));
    }
    let is_time_stamp =
        dictionary.name("Type") == Some(b"DocTimeStamp") || dictionary.name("SubFilter") == Some(b"ETSI.RFC3161");
    let (dictionary, contents) = (dictionary.clone(), contents.to_vec());
    Ok(Ok(Covered { field: field.name.clone(), dictionary, is_time_stamp, ranges, revision, contents }))
}

fn ranges(dictionary: &Dictionary) -> Option<[(u64, u64); 2]> {
    let numbers: Option<Vec<u64>> = dictionary
        .get("ByteRange")?
        .as_array()?
        .iter()
        .map(|number| number.as_integer().and_then(|number| u64::try_from(number).ok()))
        .collect();
    match numbers?.as_slice() {
        &[a, b, c, d] => Some([(a, b), (c, d)]),
        _ => None,
    }
}

/// The bytes that are not signed must be the value of `/Contents` and nothing else: `<`, digits, `>`.
fn is_gap(view: &View<'_>, reference: Reference, gap: (u64, u64)) -> Result<bool, PdfError> {
    if !matches!(view.place(reference.number)?, Place::At { .. }) || view.span(reference, "Contents")? != Some(gap) {
        return Ok(false);
    }
    // A literal string could carry more than digits past every check.
    view.is_hexadecimal(gap)
}

/// The revision whose end a range reaches, with or without the line break behind it.
fn revision_of(file: &PdfFile, end: u64) -> Option<usize> {
    let revisions = file.revisions();
    let found = revisions.iter().position(|revision| end == revision.end || end == revision.end_of_line);
    // Behind the last revision stands white space at most, or the file would not have opened.
    found.or_else(|| (end == file.source().length()).then(|| revisions.len() - 1))
}
