//! Form fields of a file (ISO 32000-1, 12.7).

use std::collections::HashSet;

use crate::pdf::{Dictionary, Object, PdfError, Reference, View};

/// Most fields of one form.
const FIELD_LIMIT: usize = 10_000;
/// Deepest nesting of fields.
const DEPTH_LIMIT: usize = 16;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// A signature.
    Signature,
    /// Text.
    Text,
    /// Something else: buttons, choices.
    Other,
}

/// A field at the end of the tree of fields.
#[derive(Debug, Clone)]
pub struct Field {
    /// Full name: partial names joined by full stops.
    pub name: String,
    /// Its object.
    pub reference: Reference,
    /// What it holds.
    pub kind: FieldKind,
    /// Its dictionary.
    pub dictionary: Dictionary,
    /// Its widgets, which may be the field itself.
    pub widgets: Vec<Reference>,
}

impl Field {
    /// The object of its value, for a signature that is there.
    pub fn value(&self) -> Option<&Object> {
        self.dictionary.get("V")
    }
}

struct Walk<'a> {
    view: View<'a>,
    seen: HashSet<Reference>,
    found: Vec<Field>,
}

/// The form of a file: where it is and what it says.
pub(crate) fn form(view: &View<'_>) -> Result<Option<(Option<Reference>, Dictionary)>, PdfError> {
    let (_, catalog) = view.catalog()?;
    let reference = catalog.get("AcroForm").and_then(Object::as_reference);
    Ok(view.dictionary(&catalog, "AcroForm")?.map(|form| (reference, form)))
}

/// All fields with a name, in the order of the form.
///
/// # Errors
/// [`PdfError`] when the form is malformed or beyond a limit.
pub fn fields(view: &View<'_>) -> Result<Vec<Field>, PdfError> {
    let Some((_, form)) = form(view)? else { return Ok(Vec::new()) };
    let mut walk = Walk { view: *view, seen: HashSet::new(), found: Vec::new() };
    for reference in references(view, &form, "Fields")? {
        walk.visit(reference, "", None, 0)?;
    }
    Ok(walk.found)
}

/// The references of an array under a key.
pub(crate) fn references(view: &View<'_>, owner: &Dictionary, key: &'static str) -> Result<Vec<Reference>, PdfError> {
    let wrong = || PdfError::Malformed { what: key, at: 0 };
    match view.value(owner, key)?.as_deref() {
        None => Ok(Vec::new()),
        Some(Object::Array(items)) => {
            items.iter().map(|item| item.as_reference().ok_or_else(wrong)).collect::<Result<Vec<_>, _>>()
        }
        Some(_) => Err(wrong()),
    }
}

impl Walk<'_> {
    fn visit(
        &mut self,
        reference: Reference,
        above: &str,
        inherited: Option<&[u8]>,
        depth: usize,
    ) -> Result<(), PdfError> {
        if depth > DEPTH_LIMIT || self.found.len() >= FIELD_LIMIT {
            return Err(PdfError::Limit("fields of the form"));
        }
        let refuse = |what| PdfError::Object { number: reference.number, what };
        if !self.seen.insert(reference) {
            return Err(refuse("a field stands twice in the form"));
        }
        let object = self.view.object(reference)?;
        let Object::Dictionary(dictionary) = object.as_ref() else { return Err(refuse("is no field")) };
        let part = self.view.value(dictionary, "T")?.and_then(|name| name.as_text()).unwrap_or_default();
        let name = match (above, part.as_str()) {
            ("", part) => part.to_owned(),
            (above, "") => above.to_owned(),
            (above, part) => format!("{above}.{part}"),
        };
        let kind = dictionary.name("FT").or(inherited).map(<[u8]>::to_vec);
        let kids = references(&self.view, dictionary, "Kids")?;
        let (mut named, mut widgets) = (Vec::new(), Vec::new());
        for kid in kids {
            let object = self.view.object(kid)?;
            let has_name = object.as_dictionary().is_some_and(|kid| kid.has_key(b"T"));
            if has_name { &mut named } else { &mut widgets }.push(kid);
        }
        if !named.is_empty() {
            if !widgets.is_empty() {
                return Err(refuse("mixes fields and widgets"));
            }
            for kid in named {
                self.visit(kid, &name, kind.as_deref(), depth + 1)?;
            }
            return Ok(());
        }
        if widgets.is_empty() {
            widgets.push(reference);
        }
        let kind = match kind.as_deref() {
            Some(b"Sig") => FieldKind::Signature,
            Some(b"Tx") => FieldKind::Text,
            _ => FieldKind::Other,
        };
        if self.found.iter().any(|other| other.name == name) {
            return Err(refuse("two fields have one name"));
        }
        self.found.push(Field { name, reference, kind, dictionary: dictionary.clone(), widgets });
        Ok(())
    }
}

/// Whether a signature or time stamp stands in the file.
pub(crate) fn is_signed(fields: &[Field]) -> bool {
    fields.iter().any(|field| field.kind == FieldKind::Signature && field.value().is_some())
}
