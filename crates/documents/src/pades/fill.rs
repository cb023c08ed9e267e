//! Number and date, filled in between the leader's and the organisation's signature (Decree 30/2020, Điều 15).

use std::sync::Arc;

use super::form::{self, FieldKind};
use super::permission::Permissions;
use super::{PadesError, appearance, font};
use crate::pdf::{Appended, Dictionary, Object, PdfError, PdfFile, Update, View, dictionary, text};

/// A text for a field.
#[derive(Debug, Clone)]
pub struct FieldValue {
    /// Name of the field.
    pub field: String,
    /// One line of text.
    pub value: String,
    /// A TrueType font file; only the letters used are embedded.
    pub font: Arc<[u8]>,
    /// Size in points; down to four fifths of it where the text is too long for the field.
    pub size: f64,
}

/// Fills text fields, each with an appearance of its own, so that the signatures before stay valid. A field without area
/// is for programs: it takes a text of any length and shows nothing.
///
/// # Errors
/// [`PadesError::FieldMissing`], [`PadesError::FieldTaken`] for a field that is filled already or holds something
/// else, [`PadesError::Forbidden`] when an earlier signature closed it.
pub fn fill_fields(file: &PdfFile, values: &[FieldValue]) -> Result<Appended, PadesError> {
    let mut update = Update::new(file);
    let view = update.before();
    let fields = form::fields(&view)?;
    let permissions = Permissions::read(&view, &fields)?;
    if !permissions.allows_filling() {
        return Err(PadesError::Forbidden("no field may be filled"));
    }
    for value in values {
        let missing = || PadesError::FieldMissing(value.field.clone());
        let field = fields.iter().find(|field| field.name == value.field).ok_or_else(missing)?;
        if permissions.closes(&field.name) {
            return Err(PadesError::Forbidden("the field is closed"));
        }
        let empty = field.value().and_then(Object::as_string).is_none_or(<[u8]>::is_empty);
        if field.kind != FieldKind::Text || !empty || field.widgets != [field.reference] {
            return Err(PadesError::FieldTaken(value.field.clone()));
        }
        let (width, height) = rectangle(&view, &field.dictionary)?;
        let mut filled = field.dictionary.clone();
        filled.set("V", text(&value.value));
        if width * height == 0.0 {
            update.set(field.reference, Object::Dictionary(filled));
            continue;
        }
        let font = font::embed(&mut update, &value.font, &[&value.value])?;
        let size = fitting(font.width(&value.value), value.size, width);
        let size = size.ok_or_else(|| PadesError::Font(format!("the text is wider than field {}", value.field)))?;
        let base = (height - (font.ascent - font.descent) * size) / 2.0;
        let mut content = String::from("/Tx BMC q\n");
        appearance::draw_line(&mut content, &font, &value.value, (0.0, base), size, [0; 3]);
        content.push_str("Q EMC\n");
        let resources =
            dictionary([("Font", Object::Dictionary(dictionary([("F", Object::Reference(font.reference))])))]);
        let drawn = appearance::form(&mut update, (width, height), resources, &content)?;
        filled.set("AP", Object::Dictionary(dictionary([("N", Object::Reference(drawn))])));
        update.set(field.reference, Object::Dictionary(filled));
    }
    Ok(update.finish()?)
}

/// The size at which a text fits: the wanted one, or a little less for a long notation; never so small that it looks
/// like another part of the paper.
fn fitting(text_width: f64, wanted: f64, width: f64) -> Option<f64> {
    const LEAST: f64 = 0.8;
    let most = (width + 1.0) / text_width.max(f64::MIN_POSITIVE);
    (most >= wanted * LEAST).then_some(wanted.min(most))
}

/// Width and height of a widget in points.
pub(super) fn rectangle(view: &View<'_>, widget: &Dictionary) -> Result<(f64, f64), PdfError> {
    let sides = view.value(widget, "Rect")?;
    let sides: Option<Vec<f64>> =
        sides.as_deref().and_then(Object::as_array).and_then(|sides| sides.iter().map(Object::as_number).collect());
    match sides.as_deref() {
        Some(&[left, bottom, right, top]) => Ok(((right - left).abs(), (top - bottom).abs())),
        _ => Err(PdfError::Malformed { what: "a widget has no rectangle", at: 0 }),
    }
}
