//! What earlier signatures allow: DocMDP and FieldMDP (ISO 32000-1, 12.8.2).

use super::form::{Field, FieldKind};
use crate::pdf::{Dictionary, Object, PdfError, View};

/// Fields that a signature closes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldLock {
    /// Every field.
    All,
    /// Only these.
    Include(Vec<String>),
    /// All but these.
    Exclude(Vec<String>),
}

impl FieldLock {
    /// Whether a field is closed; a name stands for everything below it.
    pub fn closes(&self, field: &str) -> bool {
        let named = |names: &[String]| {
            names
                .iter()
                .any(|name| field.strip_prefix(name.as_str()).is_some_and(|r| r.is_empty() || r.starts_with('.')))
        };
        match self {
            FieldLock::All => true,
            FieldLock::Include(names) => named(names),
            FieldLock::Exclude(names) => !named(names),
        }
    }

    /// The keys `Action` and `Fields`.
    pub(super) fn write(&self, into: &mut Dictionary) {
        let (action, names) = match self {
            FieldLock::All => ("All", None),
            FieldLock::Include(names) => ("Include", Some(names)),
            FieldLock::Exclude(names) => ("Exclude", Some(names)),
        };
        into.set("Action", crate::pdf::name(action));
        if let Some(names) = names {
            into.set("Fields", Object::Array(names.iter().map(|name| crate::pdf::text(name)).collect()));
        }
    }

    /// Reads the keys `Action` and `Fields`; `None` when they are not in their form.
    pub(super) fn read(view: &View<'_>, from: &Dictionary) -> Result<Option<FieldLock>, PdfError> {
        let names = match view.value(from, "Fields")?.as_deref() {
            Some(Object::Array(items)) => items.iter().map(Object::as_text).collect::<Option<Vec<_>>>(),
            _ => None,
        };
        Ok(match from.name("Action") {
            Some(b"All") => Some(FieldLock::All),
            Some(b"Include") => names.map(FieldLock::Include),
            Some(b"Exclude") => names.map(FieldLock::Exclude),
            _ => None,
        })
    }
}

/// What may still be done to a file, after all signatures that are in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Permissions {
    /// Level of the certification: 1 nothing, 2 fill and sign, 3 annotate as well.
    pub(crate) certification: Option<i64>,
    locks: Vec<FieldLock>,
}

impl Permissions {
    /// Whether the field is closed.
    pub(crate) fn closes(&self, field: &str) -> bool {
        self.locks.iter().any(|lock| lock.closes(field))
    }

    /// Whether fields may be filled and signatures added.
    pub(crate) fn allows_filling(&self) -> bool {
        self.certification.is_none_or(|level| level >= 2)
    }

    /// What the signatures among these fields allow. Who writes a transformation that nobody can read allows nothing.
    pub(crate) fn read(view: &View<'_>, fields: &[Field]) -> Result<Permissions, PdfError> {
        let mut found = Permissions::default();
        for field in fields.iter().filter(|field| field.kind == FieldKind::Signature) {
            let Some(value) = field.value() else { continue };
            let value = view.resolve(value)?;
            let Some(signature) = value.as_dictionary() else { continue };
            let Some(references) = view.value(signature, "Reference")? else { continue };
            for reference in references.as_array().unwrap_or_default() {
                let reference = view.resolve(reference)?;
                let Some(reference) = reference.as_dictionary() else { continue };
                let parameters = view.dictionary(reference, "TransformParams")?.unwrap_or_default();
                match reference.name("TransformMethod") {
                    Some(b"DocMDP") => {
                        let level = parameters.integer("P").unwrap_or(2);
                        let level = if (1..=3).contains(&level) { level } else { 1 };
                        found.certification = Some(found.certification.map_or(level, |other| other.min(level)));
                    }
                    Some(b"FieldMDP") => {
                        found.locks.push(FieldLock::read(view, &parameters)?.unwrap_or(FieldLock::All));
                    }
                    _ => {}
                }
            }
        }
        Ok(found)
    }
}
