//! What changed between two revisions, against a short list of what may.
//!
//! Both revisions are walked as a reader would see them. What hangs at the catalog, the pages and the form may differ
//! only in the ways named here; everything else that can be reached must be the very same object at the very same
//! place. An object that was referred to before it existed counts as changed when it appears: that is how hidden
//! content is switched on.

use std::collections::{BTreeSet, HashSet};

use serde::Serialize;

use super::Code;
use crate::pades::form::{self, references};
use crate::pades::permission::Permissions;
use crate::pdf::{Dictionary, Object, PdfError, PdfFile, Place, Reference, View};

/// Something that changed and may.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "change", content = "field", rename_all = "snake_case")]
pub enum Change {
    /// Data for validation was added.
    ValidationData,
    /// A document time stamp was added.
    TimeStamp(String),
    /// A signature was added.
    Signature(String),
    /// A field for a signature was added, without one.
    SignatureField(String),
    /// A field was filled.
    Filled(String),
    /// Date and producer of the file were brought up to date.
    Metadata,
}

/// Why a revision is not accepted.
#[derive(Debug)]
pub(super) enum Refusal {
    /// A rule was broken, by this object when one is to blame.
    Rule(Code, Option<u32>),
    /// The revision cannot be read.
    Unreadable(PdfError),
}

impl From<PdfError> for Refusal {
    fn from(error: PdfError) -> Refusal {
        Refusal::Unreadable(error)
    }
}

type Judged<T> = Result<T, Refusal>;

fn refuse<T>(code: Code, number: u32) -> Judged<T> {
    Err(Refusal::Rule(code, Some(number)))
}

struct Comparison<'a> {
    before: View<'a>,
    after: View<'a>,
    permissions: Permissions,
    /// Numbers whose place changed.
    changed: HashSet<u32>,
    /// Pages, fields and widgets that are compared on their own.
    own: HashSet<u32>,
    /// Widgets of new signature fields.
    new_widgets: HashSet<Reference>,
    visited: HashSet<u32>,
    changes: BTreeSet<Change>,
}

/// Judges the step from revision `index - 1` to `index`.
pub(super) fn judge(file: &PdfFile, index: usize) -> Judged<BTreeSet<Change>> {
    let missing = || Refusal::Rule(Code::ObjectChanged, None);
    let before = index.checked_sub(1).and_then(|at| file.at(at)).ok_or_else(missing)?;
    let after = file.at(index).ok_or_else(missing)?;
    let changed = changed_numbers(file, index, &before, &after)?;
    let fields = form::fields(&before)?;
    let permissions = Permissions::read(&before, &fields)?;
    let (own, visited, new_widgets) = (HashSet::new(), HashSet::new(), HashSet::new());
    let mut comparison =
        Comparison { before, after, permissions, changed, own, new_widgets, visited, changes: BTreeSet::new() };
    comparison.run()?;
    Ok(comparison.changes)
}

/// Numbers that this revision moved; refuses what only readers see that repair or read otherwise.
fn changed_numbers(file: &PdfFile, index: usize, before: &View<'_>, after: &View<'_>) -> Judged<HashSet<u32>> {
    let (listed, hybrid) = file.listed(index);
    if hybrid {
        return Err(Refusal::Rule(Code::HybridRevision, None));
    }
    let containers = file.containers(index);
    let mut changed = HashSet::new();
    let mut bodies = Vec::new();
    let revisions = file.revisions();
    let start = revisions.get(index - 1).map_or(0, |revision| revision.end);
    let end = revisions.get(index).map_or(0, |revision| revision.xref);
    for (number, _) in listed {
        if containers.contains(&number) {
            return refuse(Code::ObjectStreamReplaced, number);
        }
        let place = after.place(number)?;
        if place != before.place(number)? {
            changed.insert(number);
        }
        if let Place::At { offset, .. } = place
            && (start..end).contains(&offset)
        {
            bodies.push((offset, number));
        }
    }
    bodies.sort_unstable();
    let mut cursor = start;
    for (offset, number) in bodies {
        let (reference, after_object) = file.extent(after, offset)?;
        if reference.number != number || !file.is_blank(cursor, offset)? {
            return refuse(Code::HiddenBytes, number);
        }
        cursor = after_object;
    }
    if !file.is_blank(cursor, end)? {
        return Err(Refusal::Rule(Code::HiddenBytes, None));
    }
    Ok(changed)
}

impl Comparison<'_> {
    fn run(&mut self) -> Judged<()> {
        let (old, new) = (self.before.trailer().clone(), self.after.trailer().clone());
        for key in ["Root", "Info"] {
            if old.get(key) != new.get(key) {
                return Err(Refusal::Rule(Code::CatalogChanged, None));
            }
        }
        let (root, catalog) = self.before.catalog()?;
        let (_, later) = self.after.catalog()?;
        self.own.insert(root.number);
        for key in keys(&catalog, &later) {
            match key.as_slice() {
                b"AcroForm" | b"DSS" | b"Extensions" | b"Pages" | b"Metadata" => {}
                key if catalog.get(key) == later.get(key) => {}
                _ => return refuse(Code::CatalogChanged, root.number),
            }
        }
        self.extensions(&catalog, &later, root)?;
        self.form(&catalog, &later)?;
        self.validation_data(&catalog, &later)?;
        self.pages(&catalog, &later, root)?;
        for (key, value) in catalog.iter() {
            if !matches!(key, b"AcroForm" | b"DSS" | b"Extensions" | b"Pages" | b"Metadata") {
                self.unchanged(value)?;
            }
        }
        self.metadata(catalog.get("Metadata"), later.get("Metadata"))?;
        self.information(old.get("Info"))
    }

    /// The metadata stream may be written anew, as writers do to date a revision. It is no content: a stream of
    /// metadata cannot be drawn, and nothing else may refer to it, or that reference is found changed.
    fn metadata(&mut self, old: Option<&Object>, new: Option<&Object>) -> Judged<()> {
        let (Some(Object::Reference(old)), Some(Object::Reference(new))) = (old, new) else {
            return if old == new { Ok(()) } else { Err(Refusal::Rule(Code::CatalogChanged, None)) };
        };
        if old != new || self.visited.contains(&old.number) {
            return refuse(Code::CatalogChanged, new.number);
        }
        let after = self.after.object(*new)?;
        let kind = after.as_dictionary().and_then(|metadata| metadata.name("Type")).map(<[u8]>::to_vec);
        if self.changed.contains(&old.number) {
            if kind.as_deref() != Some(b"Metadata") {
                return refuse(Code::CatalogChanged, old.number);
            }
            self.changes.insert(Change::Metadata);
        }
        Ok(())
    }

    /// Of the information dictionary only date and producer may change.
    fn information(&mut self, info: Option<&Object>) -> Judged<()> {
        let Some(Object::Reference(reference)) = info else { return info.map_or(Ok(()), |info| self.unchanged(info)) };
        let (before, after) = (self.before.object(*reference)?, self.after.object(*reference)?);
        let empty = Dictionary::default();
        let (before, after) = (before.as_dictionary().unwrap_or(&empty), after.as_dictionary().unwrap_or(&empty));
        for key in keys(before, after) {
            let (old, new) = (before.get(&key), after.get(&key));
            if old != new && !matches!(key.as_slice(), b"ModDate" | b"Producer") {
                return refuse(Code::CatalogChanged, reference.number);
            }
            if let Some(old) = old.filter(|_| old == new) {
                self.unchanged(&old.clone())?;
            }
        }
        if self.changed.contains(&reference.number) {
            self.changes.insert(Change::Metadata);
        }
        Ok(())
    }

    /// Everything that can be reached from here stands where it stood.
    fn unchanged(&mut self, start: &Object) -> Judged<()> {
        let mut waiting = Vec::new();
        collect(start, &mut waiting);
        while let Some(reference) = waiting.pop() {
            let number = reference.number;
            if self.own.contains(&number) || !self.visited.insert(number) {
                continue;
            }
            if self.changed.contains(&number) {
                return refuse(Code::ObjectChanged, number);
            }
            collect(self.before.object(reference)?.as_ref(), &mut waiting);
        }
        Ok(())
    }

    fn extensions(&self, old: &Dictionary, new: &Dictionary, root: Reference) -> Judged<()> {
        let before = self.before.dictionary(old, "Extensions")?.unwrap_or_default();
        let after = self.after.dictionary(new, "Extensions")?.unwrap_or_default();
        let kept = before.iter().all(|(key, value)| after.get(key) == Some(value));
        let mut references = Vec::new();
        after.iter().for_each(|(_, value)| collect(value, &mut references));
        if kept && references.is_empty() { Ok(()) } else { refuse(Code::CatalogChanged, root.number) }
    }

    fn form(&mut self, old: &Dictionary, new: &Dictionary) -> Judged<()> {
        let before = self.before.dictionary(old, "AcroForm")?.unwrap_or_default();
        let after = self.after.dictionary(new, "AcroForm")?.unwrap_or_default();
        for key in keys(&before, &after) {
            let same = before.get(&key) == after.get(&key);
            if !matches!(key.as_slice(), b"Fields" | b"SigFlags") && !same {
                return Err(Refusal::Rule(Code::FormChanged, None));
            }
        }
        let fields = references(&self.before, &before, "Fields")?;
        let later = references(&self.after, &after, "Fields")?;
        let known: HashSet<Reference> = fields.iter().copied().collect();
        let kept: Vec<Reference> = later.iter().copied().filter(|field| known.contains(field)).collect();
        if kept != fields {
            return Err(Refusal::Rule(Code::FormChanged, None));
        }
        for field in fields {
            self.field(field, "", None, 0)?;
        }
        for field in later.into_iter().filter(|field| !known.contains(field)) {
            self.new_field(field)?;
        }
        let rest: Vec<Object> = before.iter().filter(|(key, _)| *key != b"Fields").map(|(_, v)| v.clone()).collect();
        rest.iter().try_for_each(|value| self.unchanged(value))
    }

    fn field(&mut self, reference: Reference, above: &str, inherited: Option<&[u8]>, depth: usize) -> Judged<()> {
        let number = reference.number;
        if depth > 16 || !self.own.insert(number) {
            return refuse(Code::FormChanged, number);
        }
        let (before, after) = (self.before.object(reference)?, self.after.object(reference)?);
        let (Object::Dictionary(before), Object::Dictionary(after)) = (before.as_ref(), after.as_ref()) else {
            return refuse(Code::FormChanged, number);
        };
        let part = before.get("T").and_then(Object::as_text).unwrap_or_default();
        let name = match (above, part.as_str()) {
            ("", part) => part.to_owned(),
            (above, "") => above.to_owned(),
            (above, part) => format!("{above}.{part}"),
        };
        let kind = before.name("FT").or(inherited).map(<[u8]>::to_vec);
        let open = self.may_change(&name, kind.as_deref(), before);
        let mut filled = false;
        for key in keys(before, after) {
            let (old, new) = (before.get(&key), after.get(&key));
            let value = matches!(key.as_slice(), b"V" | b"AP" | b"AS");
            let moved = old != new || (value && self.leads_to_change(old)?);
            if moved && !(value && open) {
                return refuse(Code::FieldChanged, number);
            }
            filled |= moved;
            let judged_elsewhere = matches!(key.as_slice(), b"Kids" | b"P" | b"Parent") || (value && open);
            if let Some(old) = old.filter(|_| !judged_elsewhere) {
                self.unchanged(&old.clone())?;
            }
        }
        if filled {
            self.filled(name.clone(), kind.as_deref(), after, number)?;
        }
        for kid in references(&self.before, before, "Kids")? {
            self.field(kid, &name, kind.as_deref(), depth + 1)?;
        }
        Ok(())
    }

    /// Whether value and appearance of a field are still open.
    fn may_change(&self, name: &str, kind: Option<&[u8]>, field: &Dictionary) -> bool {
        let free = self.permissions.allows_filling() && !self.permissions.closes(name);
        match kind {
            Some(b"Sig") => free && field.get("V").is_none(),
            Some(b"Tx" | b"Btn" | b"Ch") => free,
            _ => false,
        }
    }

    /// Whether an object near the value or appearance was rewritten in place.
    fn leads_to_change(&self, value: Option<&Object>) -> Judged<bool> {
        let mut waiting = Vec::new();
        if let Some(value) = value {
            collect(value, &mut waiting);
        }
        Ok(waiting.iter().any(|reference| self.changed.contains(&reference.number)))
    }

    fn filled(&mut self, name: String, kind: Option<&[u8]>, after: &Dictionary, number: u32) -> Judged<()> {
        // An appearance is a dictionary of streams, never a stream that some page could draw.
        let drawn = self.after.value(after, "AP")?;
        if drawn.as_deref().is_some_and(|drawn| !matches!(drawn, Object::Dictionary(_))) {
            return refuse(Code::FieldChanged, number);
        }
        let value = self.after.value(after, "V")?;
        let change = match (kind, value.as_deref()) {
            (Some(b"Sig"), Some(Object::Dictionary(signature))) => signature_change(name, signature),
            (Some(b"Sig"), _) => return refuse(Code::FieldChanged, number),
            (_, None | Some(Object::String(_) | Object::Name(_) | Object::Array(_))) => Change::Filled(name),
            _ => return refuse(Code::FieldChanged, number),
        };
        self.changes.insert(change);
        Ok(())
    }

    fn new_field(&mut self, reference: Reference) -> Judged<()> {
        let number = reference.number;
        if self.before.place(number)? != Place::Nowhere || !self.changed.contains(&number) {
            return refuse(Code::FormChanged, number);
        }
        let object = self.after.object(reference)?;
        let Object::Dictionary(field) = object.as_ref() else { return refuse(Code::FormChanged, number) };
        let is_signature = field.name("FT") == Some(b"Sig") && !field.has_key(b"Kids");
        let name = field.get("T").and_then(Object::as_text).filter(|name| !name.contains('.'));
        let Some(name) = name.filter(|_| is_signature && field.name("Subtype") == Some(b"Widget")) else {
            return refuse(Code::FormChanged, number);
        };
        let value = self.after.value(field, "V")?;
        let change = match value.as_deref() {
            None => Change::SignatureField(name),
            Some(Object::Dictionary(signature)) => signature_change(name, signature),
            Some(_) => return refuse(Code::FormChanged, number),
        };
        let stamp = matches!(change, Change::TimeStamp(_));
        let seen = is_seen(&self.after, field)?;
        // A certified document takes no field that is seen: it could cover what was certified.
        if (!stamp && !self.permissions.allows_filling())
            || (seen && (stamp || self.permissions.certification.is_some()))
        {
            return refuse(Code::FormChanged, number);
        }
        self.own.insert(number);
        self.new_widgets.insert(reference);
        self.changes.insert(change);
        Ok(())
    }

    fn validation_data(&mut self, old: &Dictionary, new: &Dictionary) -> Judged<()> {
        let (before, after) = (self.before.dictionary(old, "DSS")?, self.after.dictionary(new, "DSS")?);
        let Some(after) = after else {
            return if before.is_none() { Ok(()) } else { Err(Refusal::Rule(Code::ValidationDataChanged, None)) };
        };
        let wrong = || Refusal::Rule(Code::ValidationDataChanged, None);
        for (key, _) in after.iter() {
            match key {
                b"Type" => {}
                b"VRI" => {
                    for (_, entry) in self.after.dictionary(&after, "VRI")?.unwrap_or_default().iter() {
                        let entry = self.after.resolve(entry)?;
                        let entry = entry.as_dictionary().ok_or_else(wrong)?;
                        let known = |key: &[u8]| matches!(key, b"Type" | b"Cert" | b"CRL" | b"OCSP" | b"TU" | b"TS");
                        if !entry.iter().all(|(key, _)| known(key)) {
                            return Err(wrong());
                        }
                    }
                }
                b"Certs" => drop(references(&self.after, &after, "Certs")?),
                b"OCSPs" => drop(references(&self.after, &after, "OCSPs")?),
                b"CRLs" => drop(references(&self.after, &after, "CRLs")?),
                _ => return Err(wrong()),
            }
        }
        let listed = |view: &View<'_>, store: &Dictionary| -> Judged<usize> {
            let count = |key| references(view, store, key).map(|list| list.len());
            Ok(count("Certs")? + count("OCSPs")? + count("CRLs")?)
        };
        let more = before.as_ref().map(|before| listed(&self.before, before)).transpose()?
            != Some(listed(&self.after, &after)?);
        if more {
            self.changes.insert(Change::ValidationData);
        }
        Ok(())
    }

    fn pages(&mut self, old: &Dictionary, new: &Dictionary, root: Reference) -> Judged<()> {
        let Some(Object::Reference(pages)) = old.get("Pages") else { return refuse(Code::PageChanged, root.number) };
        if new.get("Pages") != Some(&Object::Reference(*pages)) {
            return refuse(Code::PageChanged, root.number);
        }
        let mut waiting = vec![*pages];
        let mut found = Vec::new();
        while let Some(reference) = waiting.pop() {
            if !self.own.insert(reference.number) {
                return refuse(Code::PageChanged, reference.number);
            }
            let object = self.before.object(reference)?;
            let Object::Dictionary(node) = object.as_ref() else { return refuse(Code::PageChanged, reference.number) };
            waiting.extend(references(&self.before, node, "Kids")?);
            found.push(reference);
        }
        found.into_iter().try_for_each(|reference| self.page(reference))
    }

    fn page(&mut self, reference: Reference) -> Judged<()> {
        let (before, after) = (self.before.object(reference)?, self.after.object(reference)?);
        let (Object::Dictionary(before), Object::Dictionary(after)) = (before.as_ref(), after.as_ref()) else {
            return refuse(Code::PageChanged, reference.number);
        };
        for key in keys(before, after) {
            if key != b"Annots" && before.get(&key) != after.get(&key) {
                return refuse(Code::PageChanged, reference.number);
            }
            if !matches!(key.as_slice(), b"Annots" | b"Kids" | b"Parent")
                && let Some(value) = before.get(&key)
            {
                self.unchanged(&value.clone())?;
            }
        }
        let list = |view: &View<'_>, page: &Dictionary| -> Judged<Vec<Object>> {
            match view.value(page, "Annots")?.as_deref() {
                None => Ok(Vec::new()),
                Some(Object::Array(items)) => Ok(items.clone()),
                Some(_) => refuse(Code::PageChanged, reference.number),
            }
        };
        let (old, new) = (list(&self.before, before)?, list(&self.after, after)?);
        let is_new = |item: &Object| item.as_reference().is_some_and(|item| self.new_widgets.contains(&item));
        let kept: Vec<&Object> = new.iter().filter(|item| !is_new(item)).collect();
        if !kept.iter().copied().eq(old.iter()) {
            return refuse(Code::AnnotationChanged, reference.number);
        }
        old.iter().try_for_each(|item| self.unchanged(item))
    }
}

fn signature_change(name: String, signature: &Dictionary) -> Change {
    if signature.name("Type") == Some(b"DocTimeStamp") { Change::TimeStamp(name) } else { Change::Signature(name) }
}

fn is_seen(view: &View<'_>, widget: &Dictionary) -> Judged<bool> {
    let (width, height) = crate::pades::fill::rectangle(view, widget)?;
    Ok(width * height > 0.0)
}

/// The keys of both.
fn keys(one: &Dictionary, other: &Dictionary) -> BTreeSet<Vec<u8>> {
    one.iter().chain(other.iter()).map(|(key, _)| key.to_vec()).collect()
}

/// All references inside an object.
fn collect(object: &Object, into: &mut Vec<Reference>) {
    match object {
        Object::Reference(reference) => into.push(*reference),
        Object::Array(items) => items.iter().for_each(|item| collect(item, into)),
        Object::Dictionary(dictionary) => dictionary.iter().for_each(|(_, value)| collect(value, into)),
        Object::Stream(stream) => stream.dictionary.iter().for_each(|(_, value)| collect(value, into)),
        _ => {}
    }
}
