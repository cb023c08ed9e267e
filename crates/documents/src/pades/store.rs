//! The document security store (EN 319 142-1, 5.4.2): certificates and revocation data inside the file.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use haidang_signing::Certificate;

use super::PadesError;
use super::appearance::compressed;
use super::form::references;
use super::prepare::declare_extension;
use crate::pdf::{Appended, Dictionary, Object, PdfError, PdfFile, Reference, Update, View, dictionary};

/// Longest entry that is read.
const ENTRY_LIMIT: u64 = 8 << 20;
/// Most entries of one kind that are read.
const ENTRIES_LIMIT: usize = 256;

/// What a reader needs to judge a signature without asking anybody, as DER.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValidationData {
    /// Certificates of all paths.
    pub certificates: Vec<Certificate>,
    /// OCSP answers.
    pub ocsp: Vec<Vec<u8>>,
    /// Revocation lists.
    pub lists: Vec<Vec<u8>>,
}

impl ValidationData {
    /// Adds what is not there yet.
    pub fn merge(&mut self, other: ValidationData) {
        fn add<T: PartialEq>(to: &mut Vec<T>, from: Vec<T>) {
            for item in from {
                if !to.contains(&item) {
                    to.push(item);
                }
            }
        }
        add(&mut self.certificates, other.certificates);
        add(&mut self.ocsp, other.ocsp);
        add(&mut self.lists, other.lists);
    }
}

/// Reads the store of a file; empty when it has none. Certificates that cannot be read are passed over.
///
/// # Errors
/// [`PdfError`] when the store is malformed or beyond a limit.
pub fn read_store(view: &View<'_>) -> Result<ValidationData, PdfError> {
    let (_, catalog) = view.catalog()?;
    let Some(store) = view.dictionary(&catalog, "DSS")? else { return Ok(ValidationData::default()) };
    let bytes = |key: &'static str| -> Result<Vec<Vec<u8>>, PdfError> {
        let list = references(view, &store, key)?;
        if list.len() > ENTRIES_LIMIT {
            return Err(PdfError::Limit("entries of the security store"));
        }
        list.into_iter().map(|reference| stream(view, reference)).collect()
    };
    let certificates = bytes("Certs")?.iter().filter_map(|der| Certificate::from_der(der).ok()).collect();
    Ok(ValidationData { certificates, ocsp: bytes("OCSPs")?, lists: bytes("CRLs")? })
}

fn stream(view: &View<'_>, reference: Reference) -> Result<Vec<u8>, PdfError> {
    match view.object(reference)?.as_ref() {
        Object::Stream(stream) => view.stream_bytes(stream, ENTRY_LIMIT),
        _ => Err(PdfError::Object { number: reference.number, what: "is no entry of the security store" }),
    }
}

/// The name of a signature in the store: SHA-1 of its `/Contents`, padding included, as the standard fixes it.
pub(super) fn signature_key(contents: &[u8]) -> String {
    data_encoding::HEXUPPER.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, contents).as_ref())
}

/// Adds data to the store in a revision of its own; `signatures` are the `/Contents` it is for.
pub(super) fn add_to_store(
    file: &PdfFile,
    data: &ValidationData,
    signatures: &[Vec<u8>],
) -> Result<Appended, PadesError> {
    let mut update = Update::new(file);
    declare_extension(&mut update)?;
    let (root, _) = update.before().catalog()?;
    let view = update.before();
    let mut catalog = update.dictionary(root)?;
    let mut store = view.dictionary(&catalog, "DSS")?.unwrap_or_default();
    let mut entry = Dictionary::default();
    let certificates: Vec<Vec<u8>> = data.certificates.iter().map(|one| one.der().to_vec()).collect();
    for (key, own, values) in
        [("Certs", "Cert", &certificates), ("OCSPs", "OCSP", &data.ocsp), ("CRLs", "CRL", &data.lists)]
    {
        let mut list = references(&view, &store, key)?;
        let mut present = BTreeMap::new();
        for reference in &list {
            present.insert(fingerprint(&stream(&view, *reference)?), *reference);
        }
        let mut mine = Vec::new();
        for value in values {
            let reference = match present.get(&fingerprint(value)) {
                Some(reference) => *reference,
                None => {
                    let added = update.add(compressed(dictionary([]), value))?;
                    list.push(added);
                    present.insert(fingerprint(value), added);
                    added
                }
            };
            mine.push(Object::Reference(reference));
        }
        if !list.is_empty() {
            store.set(key, Object::Array(list.into_iter().map(Object::Reference).collect()));
        }
        if !mine.is_empty() {
            entry.set(own, Object::Array(mine));
        }
    }
    let mut named = view.dictionary(&store, "VRI")?.unwrap_or_default();
    for contents in signatures {
        let key = signature_key(contents);
        if !named.has_key(key.as_bytes()) {
            named.set(&key, Object::Dictionary(entry.clone()));
        }
    }
    store.set("VRI", Object::Dictionary(named));
    let reference = match catalog.get("DSS").and_then(Object::as_reference) {
        Some(reference) => reference,
        None => update.reserve()?,
    };
    update.set(reference, Object::Dictionary(store));
    catalog.set("DSS", Object::Reference(reference));
    update.set(root, Object::Dictionary(catalog));
    Ok(update.finish()?)
}

fn fingerprint(value: &[u8]) -> Vec<u8> {
    digest(&SHA256, value).as_ref().to_vec()
}
