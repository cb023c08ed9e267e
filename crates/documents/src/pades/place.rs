//! New fields and their widgets.

use super::appearance::{form as appearance_form, number};
use super::form::{self, Field};
use super::{FieldLock, PadesError, structure};
use crate::pdf::{Appended, Dictionary, Object, PdfError, PdfFile, Reference, Update, dictionary, name, text};

/// Printed and locked (ISO 32000-1, table 165): what PDF/A wants of a widget that is seen.
const FLAGS: i64 = 132;

/// Which page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageChoice {
    /// The last one, where signatures stand.
    Last,
    /// By position, counted from 0.
    At(usize),
}

/// Where a field is seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placement {
    /// Page.
    pub page: PageChoice,
    /// Left, bottom, right, top in points from the lower left corner of the page.
    pub rectangle: [f64; 4],
}

impl Placement {
    pub(super) fn size(&self) -> (f64, f64) {
        let [left, bottom, right, top] = self.rectangle;
        ((right - left).abs(), (top - bottom).abs())
    }
}

/// What a new field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewFieldKind {
    /// A signature, which may close other fields.
    Signature {
        /// Fields that may not change once it is signed.
        lock: Option<FieldLock>,
    },
    /// A line of text that this house fills in, such as number and date between two signatures.
    Text,
}

/// A field to be added.
#[derive(Debug, Clone, PartialEq)]
pub struct NewField {
    /// Name, unique in the file, without full stops.
    pub name: String,
    /// What screen readers say (PDF/UA-1, 7.18.1).
    pub tooltip: String,
    /// Where it is seen; `None` for an invisible signature, or a text that only programs read.
    pub placement: Option<Placement>,
    /// What it holds.
    pub kind: NewFieldKind,
}

/// Adds fields to a file that nobody has signed yet. Fields that are seen belong here: in a tagged file their place in
/// the structure is fixed by the first signature, and after a certification none may appear.
///
/// # Errors
/// [`PadesError::FieldTooLate`] when the file is signed, [`PadesError::FieldTaken`] for a name in use.
pub fn add_fields(file: &PdfFile, new: &[NewField]) -> Result<Appended, PadesError> {
    let mut update = Update::new(file);
    let present = form::fields(&update.before())?;
    if let Some(first) = new.first().filter(|_| form::is_signed(&present)) {
        return Err(PadesError::FieldTooLate(first.name.clone()));
    }
    for field in new {
        create(&mut update, field, &present)?;
    }
    Ok(update.finish()?)
}

/// Adds one field; the answer is its object, which is its widget as well.
pub(super) fn create(update: &mut Update<'_>, new: &NewField, present: &[Field]) -> Result<Reference, PadesError> {
    if new.name.is_empty() || new.name.contains('.') || present.iter().any(|field| field.name == new.name) {
        return Err(PadesError::FieldTaken(new.name.clone()));
    }
    let signed = form::is_signed(present);
    let page = match new.placement.map(|placement| placement.page) {
        Some(PageChoice::Last) => update.before().page(None)?.0,
        Some(PageChoice::At(index)) => update.before().page(Some(index))?.0,
        None => update.before().page(Some(0))?.0,
    };
    let rectangle = new.placement.map_or([0.0; 4], |placement| placement.rectangle);
    let mut field = dictionary([
        ("Type", name("Annot")),
        ("Subtype", name("Widget")),
        ("T", text(&new.name)),
        ("TU", text(&new.tooltip)),
        ("F", Object::Integer(FLAGS)),
        ("P", Object::Reference(page)),
        ("Rect", Object::Array(rectangle.map(number).to_vec())),
    ]);
    match &new.kind {
        NewFieldKind::Signature { lock } => {
            field.set("FT", name("Sig"));
            if let Some(lock) = lock {
                let mut locked = dictionary([("Type", name("SigFieldLock"))]);
                lock.write(&mut locked);
                field.set("Lock", Object::Dictionary(locked));
            }
        }
        NewFieldKind::Text => {
            field.set("FT", name("Tx"));
            // Filled by the office, never typed into by a reader; the appearance brings its own font.
            field.set("Ff", Object::Integer(1));
            field.set("DA", text("0 g"));
        }
    }
    let reference = update.reserve()?;
    if let Some(placement) = new.placement {
        let empty = appearance_form(update, placement.size(), Dictionary::default(), "")?;
        field.set("AP", Object::Dictionary(dictionary([("N", Object::Reference(empty))])));
    }
    if let Some(root) = structure::root(update)? {
        if new.placement.is_some() {
            if signed {
                return Err(PadesError::FieldTooLate(new.name.clone()));
            }
            let key = structure::tag_widget(update, root, reference, page)?;
            field.set("StructParent", Object::Integer(key));
        }
        if !signed {
            order_by_structure(update, page)?;
        }
    }
    update.set(reference, Object::Dictionary(field));
    update.append(page, "Annots", vec![Object::Reference(reference)])?;
    add_to_form(update, reference)?;
    Ok(reference)
}

/// PDF/UA-1, 7.18.3: on a page with annotations the keyboard follows the structure.
fn order_by_structure(update: &mut Update<'_>, page: Reference) -> Result<(), PdfError> {
    let mut dictionary = update.dictionary(page)?;
    if dictionary.name("Tabs") != Some(b"S") {
        dictionary.set("Tabs", name("S"));
        update.set(page, Object::Dictionary(dictionary));
    }
    Ok(())
}

fn add_to_form(update: &mut Update<'_>, field: Reference) -> Result<(), PdfError> {
    let owner = form_owner(update)?;
    match owner {
        Some(form) => update.append(form, "Fields", vec![Object::Reference(field)]),
        None => {
            let (root, _) = update.before().catalog()?;
            let mut catalog = update.dictionary(root)?;
            let mut form = match catalog.get("AcroForm") {
                Some(Object::Dictionary(form)) => form.clone(),
                _ => Dictionary::default(),
            };
            match form.get("Fields").cloned() {
                Some(Object::Reference(list)) => {
                    let mut fields = update.object(list)?.as_array().map(<[_]>::to_vec).unwrap_or_default();
                    fields.push(Object::Reference(field));
                    update.set(list, Object::Array(fields));
                }
                Some(Object::Array(mut fields)) => {
                    fields.push(Object::Reference(field));
                    form.set("Fields", Object::Array(fields));
                }
                _ => form.set("Fields", Object::Array(vec![Object::Reference(field)])),
            }
            catalog.set("AcroForm", Object::Dictionary(form));
            update.set(root, Object::Dictionary(catalog));
            Ok(())
        }
    }
}

/// The object of the form when it is one of its own.
fn form_owner(update: &Update<'_>) -> Result<Option<Reference>, PdfError> {
    let (root, _) = update.before().catalog()?;
    let catalog = update.dictionary(root)?;
    Ok(catalog.get("AcroForm").and_then(Object::as_reference))
}

/// Sets keys of the form itself.
pub(super) fn set_form_flag(update: &mut Update<'_>, key: &str, value: Object) -> Result<(), PdfError> {
    if let Some(owner) = form_owner(update)? {
        let mut form = update.dictionary(owner)?;
        if form.get(key) != Some(&value) {
            form.set(key, value);
            update.set(owner, Object::Dictionary(form));
        }
        return Ok(());
    }
    let (root, _) = update.before().catalog()?;
    let mut catalog = update.dictionary(root)?;
    let mut form = match catalog.get("AcroForm") {
        Some(Object::Dictionary(form)) => form.clone(),
        _ => Dictionary::default(),
    };
    if form.get(key) != Some(&value) {
        form.set(key, value);
        catalog.set("AcroForm", Object::Dictionary(form));
        update.set(root, Object::Dictionary(catalog));
    }
    Ok(())
}
