//! What a container proves beside its signature: hash chains and time stamps.

use data_encoding::BASE64;

use super::archive::Archive;
use super::verdict::{Fault, ProvenTime, Reason, StampKind};
use super::xades::{LIMITS, Signature};
use super::{Layout, SIGNATURE_VALUE_ID, entry};
use crate::DigestAlgorithm;
use crate::hash_chain::{Address, Files, HashChainError, evaluate};
use crate::time_stamp::TimeStamp;
use crate::xml::verify::{dsig, identifier};
use crate::xml::{Name, XmlDocument, XmlElement, algorithm};

/// Namespace of `ASiCManifest.xml` as X-Road writes it.
pub(super) const MANIFEST_NAMESPACE: &str = "http://uri.etsi.org/2918/v1.2.1#";

impl Files for Archive {
    fn file(&self, name: &str) -> Option<&[u8]> {
        self.get(name)
    }
}

/// The entries, and the signature value as a piece of one of them.
struct WithValue<'a> {
    archive: &'a Archive,
    signature: &'a Signature<'a>,
}

impl Files for WithValue<'_> {
    fn file(&self, name: &str) -> Option<&[u8]> {
        self.archive.get(name)
    }

    fn digest(&self, name: &str, fragment: Option<&str>, algorithm: DigestAlgorithm) -> Option<Vec<u8>> {
        match fragment {
            None => self.archive.digest(name, None, algorithm),
            Some(id) if name == entry::SIGNATURES => self.signature.value_digest(id, algorithm),
            Some(_) => None,
        }
    }
}

impl From<HashChainError> for Fault {
    fn from(error: HashChainError) -> Fault {
        let reason = match &error {
            HashChainError::Xml { .. } => Reason::Malformed,
            HashChainError::Absent(_) => Reason::Missing,
            _ => Reason::HashChain,
        };
        Fault::new(reason, error.to_string())
    }
}

/// The entries under a chain that the signature covers in place of the message.
pub(super) fn signed_chain(archive: &Archive, required: &[&str]) -> Result<Vec<String>, Fault> {
    Ok(evaluate(archive, entry::SIGNED_RESULT, required)?.into_iter().collect())
}

/// A time stamp that is over what it must be, and the time it proves. Trust in it is asked later.
pub(super) struct Stamped {
    pub(super) time: ProvenTime,
    pub(super) stamp: TimeStamp,
}

/// All time stamps of a container, each checked against what it is over.
pub(super) fn time_stamps(
    archive: &Archive,
    signature: &Signature<'_>,
    asked: Option<Layout>,
) -> Result<Vec<Stamped>, Fault> {
    let mut found = Vec::new();
    if archive.has(entry::XROAD_TOKEN) {
        evaluate(archive, entry::XROAD_RESULT, &[entry::SIGNATURES])?;
        token_manifest(archive)?;
        found.push(batch(archive, entry::XROAD_TOKEN, entry::XROAD_RESULT)?);
    }
    let own = [entry::BATCH_CHAIN, entry::BATCH_RESULT, entry::BATCH_TOKEN];
    if own.iter().any(|name| archive.has(name)) {
        let files = WithValue { archive, signature };
        evaluate(&files, entry::BATCH_RESULT, &[&format!("{}#{SIGNATURE_VALUE_ID}", entry::SIGNATURES)])?;
        found.push(batch(archive, entry::BATCH_TOKEN, entry::BATCH_RESULT)?);
    }
    for (method, token) in signature.time_stamps()? {
        let stamp = read(&token)?;
        let kind = if stamp.covers(&signature.canonical_value(&method)?).is_ok() {
            StampKind::Signature
        } else if asked != Some(Layout::Standard) && stamp.covers(&signature.value).is_ok() {
            StampKind::XRoadSignature
        } else {
            return Err(Fault::new(Reason::TimeStamp, "it is over something else than the signature value"));
        };
        found.push(stamped(kind, stamp));
    }
    Ok(found)
}

fn batch(archive: &Archive, token: &str, result: &str) -> Result<Stamped, Fault> {
    let stamp = read(archive.need(token)?)?;
    match stamp.covers(archive.need(result)?) {
        Ok(()) => Ok(stamped(StampKind::Batch, stamp)),
        Err(_) => Err(Fault::new(Reason::TimeStamp, format!("{token} is not over {result}"))),
    }
}

fn stamped(kind: StampKind, stamp: TimeStamp) -> Stamped {
    Stamped { time: ProvenTime { kind, at: stamp.info.time, authority: stamp.authority.clone() }, stamp }
}

fn read(token: &[u8]) -> Result<TimeStamp, Fault> {
    let fault = |text: &str| Fault::new(Reason::TimeStamp, text);
    let stamp = TimeStamp::read(token, &[]).map_err(|error| fault(&error.to_string()))?;
    if stamp.der().len() != token.len() {
        return Err(fault("something follows the token"));
    }
    crate::cms::refuse_idle_changes(token).map_err(|error| fault(&error.to_string()))?;
    let purposes = stamp.authority.extended_key_usage().unwrap_or_default();
    if !purposes.contains(&der::oid::db::rfc5280::ID_KP_TIME_STAMPING) {
        return Err(fault("its certificate is not for time stamps"));
    }
    Ok(stamp)
}

/// `ASiCManifest.xml` says which file the token is over. Who leaves it away says nothing wrong; what it says must hold.
fn token_manifest(archive: &Archive) -> Result<(), Fault> {
    let Some(bytes) = archive.get(entry::XROAD_MANIFEST) else { return Ok(()) };
    let document = XmlDocument::parse(bytes, &LIMITS)?;
    let fault = |text: String| Fault::new(Reason::TimeStamp, text);
    let unread = || fault(format!("{} cannot be read", entry::XROAD_MANIFEST));
    let name = |local| Name { namespace: MANIFEST_NAMESPACE, local };
    let entry_of = |element: XmlElement<'_>| element.attribute("URI").and_then(Address::read).map(|one| one.file);
    let root = document.root();
    let is_of = |element: XmlElement<'_>, kind: &str| element.attribute("MimeType") == Some(kind);
    let token = root.only(name("SigReference")).filter(|one| is_of(*one, "vnd.etsi.timestamp-token"));
    if !root.is(name("ASiCManifest")) || token.and_then(entry_of).as_deref() != Some(entry::XROAD_TOKEN) {
        return Err(unread());
    }
    let mut covers = false;
    for object in root.children().filter(|one| one.is(name("DataObjectReference"))) {
        let file = entry_of(object).filter(|_| is_of(object, "text/xml")).ok_or_else(unread)?;
        let method = object.only(dsig("DigestMethod")).ok_or_else(unread)?;
        let hash = identifier(method).and_then(algorithm::digest).map_err(|_| unread())?;
        let text = object.only(dsig("DigestValue")).and_then(XmlElement::text).ok_or_else(unread)?;
        let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let digest = BASE64.decode(&digits).map_err(|_| unread())?;
        if hash.digest(archive.need(&file)?) != digest {
            return Err(fault(format!("{file} is not what the manifest of the token says")));
        }
        covers |= file == entry::XROAD_RESULT;
    }
    if covers { Ok(()) } else { Err(unread()) }
}
