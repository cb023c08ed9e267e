//! The one form of a document that is hashed: Canonical XML 1.0 and Exclusive XML Canonicalization 1.0, both without
//! comments, from a library.

use bergshamra_c14n::{C14nMode, C14nSink, canonicalize_doc_to};
use bergshamra_xml::NodeSet;

use super::document::{XmlDocument, XmlElement};
use super::{XmlError, XmlSignatureError};
use crate::{DigestAlgorithm, Hasher};

/// Bytes gathered before they are hashed: the canonical form comes in small pieces.
const BUFFER: usize = 16 * 1024;

/// A canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Canonicalization {
    /// Canonical XML 1.0: namespaces of the surroundings belong to a part. What edXML is signed with.
    Inclusive,
    /// Exclusive: a part keeps its form when it is moved. What SAML and XAdES are signed with.
    Exclusive,
}

impl Canonicalization {
    /// Its identifier.
    pub fn uri(self) -> &'static str {
        match self {
            Canonicalization::Inclusive => "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
            Canonicalization::Exclusive => "http://www.w3.org/2001/10/xml-exc-c14n#",
        }
    }

    pub(crate) fn from_uri(uri: &str) -> Option<Canonicalization> {
        let all = [Canonicalization::Inclusive, Canonicalization::Exclusive];
        all.into_iter().find(|one| one.uri() == uri)
    }

    fn mode(self) -> C14nMode {
        match self {
            Canonicalization::Inclusive => C14nMode::Inclusive,
            Canonicalization::Exclusive => C14nMode::Exclusive,
        }
    }
}

/// What is brought into canonical form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'d> {
    /// The element; the root with `whole` means the document, instructions around it included.
    pub(crate) element: XmlElement<'d>,
    pub(crate) whole: bool,
    /// The signature that is left out (the enveloped-signature transform).
    pub(crate) without: Option<XmlElement<'d>>,
}

/// How: a form and, for the exclusive one, the prefixes that are treated as in the inclusive one.
#[derive(Debug, Clone)]
pub(crate) struct Method {
    pub(crate) form: Canonicalization,
    pub(crate) prefixes: Vec<String>,
}

/// The digest of the canonical form, in constant memory.
pub(crate) fn digest(
    document: &XmlDocument<'_>,
    part: Part<'_>,
    method: &Method,
    algorithm: DigestAlgorithm,
) -> Result<Vec<u8>, XmlSignatureError> {
    let mut sink = Digest { hasher: Hasher::new(algorithm), waiting: Vec::with_capacity(BUFFER) };
    write(document, part, method, &mut sink)?;
    sink.hasher.update(&sink.waiting);
    Ok(sink.hasher.finish())
}

/// The canonical form itself, for parts that are small.
pub(crate) fn bytes(document: &XmlDocument<'_>, part: Part<'_>, method: &Method) -> Result<Vec<u8>, XmlSignatureError> {
    let mut out = Vec::new();
    write(document, part, method, &mut out)?;
    Ok(out)
}

fn write(
    document: &XmlDocument<'_>,
    part: Part<'_>,
    method: &Method,
    sink: &mut impl C14nSink,
) -> Result<(), XmlSignatureError> {
    let tree = &document.tree;
    let top = if part.whole { tree.root() } else { part.element.id };
    let mut nodes = NodeSet::tree_without_comments(top, tree);
    if let Some(signature) = part.without {
        nodes = nodes.subtract(&NodeSet::tree_with_comments(signature.id, tree));
    }
    canonicalize_doc_to(tree, method.form.mode(), Some(&nodes), &method.prefixes, sink)
        // The tree was parsed already: what remains is a form the library cannot write, a relative namespace say.
        .map_err(|_| XmlSignatureError::Xml(XmlError::Malformed { line: 0, column: 0 }))
}

struct Digest {
    hasher: Hasher,
    waiting: Vec<u8>,
}

impl C14nSink for Digest {
    fn write(&mut self, bytes: &[u8]) {
        if self.waiting.len() + bytes.len() > BUFFER {
            self.hasher.update(&self.waiting);
            self.waiting.clear();
        }
        if bytes.len() > BUFFER { self.hasher.update(bytes) } else { self.waiting.extend_from_slice(bytes) }
    }
}
