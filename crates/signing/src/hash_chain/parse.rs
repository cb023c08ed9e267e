//! Reading the two files of a chain, strictly.

use std::collections::BTreeMap;

use data_encoding::BASE64;

use super::{HASH_CHAIN_NAMESPACE, HashChainError};
use crate::DigestAlgorithm;
use crate::xml::{Limits, Name, SIGNATURE_NAMESPACE, XmlDocument, XmlElement, algorithm};

/// Files of a chain are small: a batch of ten thousand has 15 steps of 300 bytes.
const LIMITS: Limits = Limits { bytes: 1 << 20, markup: 20_000, depth: 8, attributes: 16 };

/// What a step holds, in its order.
pub(super) enum Part {
    /// The digest of something that is not here.
    Value(Vec<u8>),
    /// The value of another step, by file (none for this one) and name.
    Step(Option<String>, String),
    /// A file, or a piece of one, that is here.
    Data(Vec<u8>, Address),
}

/// An address inside a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// The file, by its name in the container.
    pub(crate) file: String,
    /// The piece of it.
    pub(crate) fragment: Option<String>,
}

impl Address {
    /// Reads an address: relative to the container with or without a leading `/`. Ways around (`.`, `..`, empty steps,
    /// escapes, queries) are no addresses, so that a file has one name only.
    pub(crate) fn read(uri: &str) -> Option<Address> {
        let (path, fragment) = match uri.split_once('#') {
            Some((path, fragment)) => (path, Some(fragment)),
            None => (uri, None),
        };
        let path = path.strip_prefix('/').unwrap_or(path);
        let plain = |step: &str| !matches!(step, "" | "." | "..") && !step.contains(['%', '\\', '?', ':']);
        let whole = path.split('/').all(plain) && fragment.is_none_or(|fragment| !fragment.is_empty());
        whole.then(|| Address { file: path.to_owned(), fragment: fragment.map(str::to_owned) })
    }
}

/// The chain file.
pub(super) struct Chain {
    pub(super) hash: DigestAlgorithm,
    pub(super) steps: BTreeMap<String, Vec<(DigestAlgorithm, Part)>>,
}

/// The result file.
pub(super) struct Outcome {
    pub(super) file: String,
    pub(super) step: String,
    pub(super) hash: DigestAlgorithm,
    pub(super) top: Vec<u8>,
}

/// Reads parts of one file, whose name stands in the errors.
struct Reading<'f>(&'f str);

fn chain_name(local: &str) -> Name<'_> {
    Name { namespace: HASH_CHAIN_NAMESPACE, local }
}

fn signature_name(local: &str) -> Name<'_> {
    Name { namespace: SIGNATURE_NAMESPACE, local }
}

pub(super) fn outcome(file: &str, bytes: &[u8]) -> Result<Outcome, HashChainError> {
    let reading = Reading(file);
    let document = reading.document(bytes)?;
    let root = document.root();
    if !root.is(chain_name("HashChainResult")) {
        return Err(reading.fault("its root is not HashChainResult"));
    }
    let [method, value] = reading.exactly(root)?;
    let hash = reading.hash(method)?;
    let address = reading.address(root)?;
    let Address { file, fragment: Some(step) } = address else {
        return Err(reading.fault("its address names no step"));
    };
    Ok(Outcome { file, step, hash, top: reading.digest(value, hash)? })
}

pub(super) fn chain(file: &str, bytes: &[u8]) -> Result<Chain, HashChainError> {
    let reading = Reading(file);
    let document = reading.document(bytes)?;
    let root = document.root();
    if !root.is(chain_name("HashChain")) {
        return Err(reading.fault("its root is not HashChain"));
    }
    let mut children = root.children();
    let method = children.next().filter(|one| one.is(chain_name("DefaultDigestMethod")));
    let hash = reading.hash(method.ok_or_else(|| reading.fault("it names no hash"))?)?;
    let mut steps = BTreeMap::new();
    for step in children {
        if !step.is(chain_name("HashStep")) {
            return Err(reading.fault("something that is no step"));
        }
        let name = step.attribute("id").filter(|id| !id.is_empty());
        let name = name.ok_or_else(|| reading.fault("a step without a name"))?;
        let parts: Result<Vec<_>, _> = step.children().map(|part| reading.part(part, hash)).collect();
        let parts = parts?;
        if parts.is_empty() || steps.insert(name.to_owned(), parts).is_some() {
            return Err(reading.fault("a step that is empty or stands twice"));
        }
    }
    Ok(Chain { hash, steps })
}

impl Reading<'_> {
    fn fault(&self, fault: &'static str) -> HashChainError {
        HashChainError::Form { file: self.0.to_owned(), fault }
    }

    fn document<'b>(&self, bytes: &'b [u8]) -> Result<XmlDocument<'b>, HashChainError> {
        XmlDocument::parse(bytes, &LIMITS).map_err(|fault| HashChainError::Xml { file: self.0.to_owned(), fault })
    }

    /// Both children of a value: the hash and the digest.
    fn exactly<'d>(&self, element: XmlElement<'d>) -> Result<[XmlElement<'d>; 2], HashChainError> {
        let children: Vec<XmlElement<'d>> = element.children().take(3).collect();
        children.try_into().map_err(|_| self.fault("a value is not a hash and a digest"))
    }

    fn hash(&self, method: XmlElement<'_>) -> Result<DigestAlgorithm, HashChainError> {
        let named = method.is(signature_name("DigestMethod")) || method.is(chain_name("DefaultDigestMethod"));
        let uri = method.attribute("Algorithm").filter(|_| named && method.children().next().is_none());
        uri.and_then(|uri| algorithm::digest(uri).ok()).ok_or_else(|| self.fault("a hash that is not accepted"))
    }

    fn address(&self, element: XmlElement<'_>) -> Result<Address, HashChainError> {
        element.attribute("URI").and_then(Address::read).ok_or_else(|| self.fault("an address that is none"))
    }

    fn digest(&self, value: XmlElement<'_>, hash: DigestAlgorithm) -> Result<Vec<u8>, HashChainError> {
        let malformed = || self.fault("a digest that is none");
        let text = value.text().filter(|_| value.is(signature_name("DigestValue"))).ok_or_else(malformed)?;
        let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let digest = BASE64.decode(&digits).map_err(|_| malformed())?;
        if digest.len() == hash.length() { Ok(digest) } else { Err(malformed()) }
    }

    fn part(&self, part: XmlElement<'_>, default: DigestAlgorithm) -> Result<(DigestAlgorithm, Part), HashChainError> {
        let mut children = part.children().peekable();
        let method = children.next_if(|one| one.is(signature_name("DigestMethod")));
        let hash = method.map_or(Ok(default), |method| self.hash(method))?;
        let value = children.next();
        if children.next().is_some() {
            // Transforms among others: nobody makes them, and what they would mean is not known.
            return Err(self.fault("a part with more than a digest"));
        }
        let missing = || self.fault("a part without a digest");
        let digest = |value: Option<XmlElement<'_>>| self.digest(value.ok_or_else(missing)?, hash);
        let made = if part.is(chain_name("HashValue")) {
            Part::Value(digest(value)?)
        } else if part.is(chain_name("DataRef")) {
            Part::Data(digest(value)?, self.address(part)?)
        } else if part.is(chain_name("StepRef")) && value.is_none() {
            match part.attribute("URI").and_then(|uri| uri.strip_prefix('#')).filter(|step| !step.is_empty()) {
                Some(step) => Part::Step(None, step.to_owned()),
                None => match self.address(part)? {
                    Address { file, fragment: Some(step) } => Part::Step(Some(file), step),
                    _ => return Err(self.fault("an address names no step")),
                },
            }
        } else {
            return Err(self.fault("a part of another kind"));
        };
        Ok((hash, made))
    }
}
