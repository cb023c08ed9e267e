//! A widget in the structure of a tagged file (PDF/UA-1, 7.18.4: an element `Form` around it).

use super::PadesError;
use crate::pdf::{Dictionary, Object, PdfError, Reference, Update, dictionary, name};

/// Deepest number tree.
const DEPTH_LIMIT: usize = 16;

/// The root of the structure, when the file is tagged.
pub(super) fn root(update: &Update<'_>) -> Result<Option<Reference>, PdfError> {
    let (_, catalog) = update.before().catalog()?;
    Ok(catalog.get("StructTreeRoot").and_then(Object::as_reference))
}

/// Gives a widget its element; the answer is its `/StructParent`.
pub(super) fn tag_widget(
    update: &mut Update<'_>,
    root: Reference,
    widget: Reference,
    page: Reference,
) -> Result<i64, PadesError> {
    let tree = update.dictionary(root)?;
    let parent = parent_element(update, root, &tree)?;
    let content =
        dictionary([("Type", name("OBJR")), ("Obj", Object::Reference(widget)), ("Pg", Object::Reference(page))]);
    let element = update.add(Object::Dictionary(dictionary([
        ("Type", name("StructElem")),
        ("S", name("Form")),
        ("P", Object::Reference(parent)),
        ("Pg", Object::Reference(page)),
        ("K", Object::Dictionary(content)),
    ])))?;
    add_kid(update, parent, element)?;
    let key = next_key(update, &tree)?;
    match tree.get("ParentTree") {
        Some(Object::Reference(numbers)) => add_number(update, *numbers, key, element, true, 0)?,
        _ => {
            let pair = vec![Object::Integer(key), Object::Reference(element)];
            let mut tree = update.dictionary(root)?;
            let mut numbers = match tree.get("ParentTree") {
                Some(Object::Dictionary(numbers)) if !numbers.has_key(b"Kids") => numbers.clone(),
                None => Dictionary::default(),
                Some(_) => return Err(refuse(root, "its parent tree is not in a known form").into()),
            };
            let mut nums = numbers.get("Nums").and_then(Object::as_array).map(<[_]>::to_vec).unwrap_or_default();
            nums.extend(pair);
            numbers.set("Nums", Object::Array(nums));
            tree.set("ParentTree", Object::Dictionary(numbers));
            update.set(root, Object::Dictionary(tree));
        }
    }
    let mut tree = update.dictionary(root)?;
    tree.set("ParentTreeNextKey", Object::Integer(key + 1));
    update.set(root, Object::Dictionary(tree));
    Ok(key)
}

fn refuse(object: Reference, what: &'static str) -> PdfError {
    PdfError::Object { number: object.number, what }
}

/// The element `Document` that spans everything, else the root itself.
fn parent_element(update: &Update<'_>, root: Reference, tree: &Dictionary) -> Result<Reference, PdfError> {
    let first = match tree.get("K").map(|kids| update.resolve(kids).map(|kid| (kids.clone(), kid))).transpose()? {
        Some((_, kids)) if kids.as_array().is_some_and(|kids| kids.len() == 1) => {
            kids.as_array().and_then(|kids| kids.first()).and_then(Object::as_reference)
        }
        Some((Object::Reference(one), _)) => Some(one),
        _ => None,
    };
    let Some(first) = first else { return Ok(root) };
    let is_element = update.object(first)?.as_dictionary().is_some_and(|element| element.has_key(b"S"));
    Ok(if is_element { first } else { root })
}

fn add_kid(update: &mut Update<'_>, parent: Reference, element: Reference) -> Result<(), PdfError> {
    let mut owner = update.dictionary(parent)?;
    let kids = owner.get("K").cloned();
    let is_array = kids.as_ref().map(|kids| update.resolve(kids)).transpose()?.is_some_and(|k| k.as_array().is_some());
    if is_array || kids.is_none() {
        return update.append(parent, "K", vec![Object::Reference(element)]);
    }
    owner.set("K", Object::Array(kids.into_iter().chain([Object::Reference(element)]).collect()));
    update.set(parent, Object::Dictionary(owner));
    Ok(())
}

/// The key that no page and no object uses yet.
fn next_key(update: &Update<'_>, tree: &Dictionary) -> Result<i64, PdfError> {
    if let Some(next) = tree.integer("ParentTreeNextKey").filter(|next| (0..i64::from(u32::MAX)).contains(next)) {
        return Ok(next);
    }
    let mut node = match tree.get("ParentTree") {
        Some(node) => update.resolve(node)?,
        None => return Ok(0),
    };
    for _ in 0..DEPTH_LIMIT {
        let dictionary = node.as_dictionary().cloned().unwrap_or_default();
        if let Some(nums) = dictionary.get("Nums").map(|nums| update.resolve(nums)).transpose()? {
            let pairs = nums.as_array().map(|nums| nums.chunks_exact(2)).into_iter().flatten();
            let highest = pairs.filter_map(|pair| pair[0].as_integer()).max().unwrap_or(-1);
            return Ok(highest.clamp(-1, i64::from(u32::MAX)) + 1);
        }
        let Some(kids) = dictionary.get("Kids").map(|kids| update.resolve(kids)).transpose()? else { return Ok(0) };
        let Some(last) = kids.as_array().and_then(|kids| kids.last()).cloned() else { return Ok(0) };
        node = update.resolve(&last)?;
    }
    Err(PdfError::Limit("depth of the parent tree"))
}

/// Adds a pair at the right end of a number tree (ISO 32000-1, 7.9.7).
fn add_number(
    update: &mut Update<'_>,
    node: Reference,
    key: i64,
    element: Reference,
    is_root: bool,
    depth: usize,
) -> Result<(), PdfError> {
    if depth > DEPTH_LIMIT {
        return Err(PdfError::Limit("depth of the parent tree"));
    }
    let dictionary = update.dictionary(node)?;
    let kids = dictionary.get("Kids").map(|kids| update.resolve(kids)).transpose()?;
    let last = kids.as_deref().and_then(Object::as_array).and_then(|kids| kids.last()).and_then(Object::as_reference);
    match last {
        Some(last) => add_number(update, last, key, element, false, depth + 1)?,
        None => update.append(node, "Nums", vec![Object::Integer(key), Object::Reference(element)])?,
    }
    if !is_root {
        let mut dictionary = update.dictionary(node)?;
        let limits = dictionary.get("Limits").map(|limits| update.resolve(limits)).transpose()?;
        let first = limits.as_deref().and_then(Object::as_array).and_then(|limits| limits.first()).cloned();
        let first = first.unwrap_or(Object::Integer(key));
        dictionary.set("Limits", Object::Array(vec![first, Object::Integer(key)]));
        update.set(node, Object::Dictionary(dictionary));
    }
    Ok(())
}
