//! A parsed text, read only, and what is refused before it is parsed.

use std::borrow::Cow;

use uppsala::{Document, NodeId, NodeKind, Parser, XmlError as ParserError};

use super::XmlError;

/// What XML treats in one way in a value and in another in a reference.
const BREAKS: [char; 3] = ['\t', '\n', '\r'];

/// Bounds of one document. They hold before memory is taken for its tree.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Longest text, in bytes.
    pub bytes: usize,
    /// Most pieces of markup: tags, comments, instructions. A node of the tree takes about 200 bytes.
    pub markup: usize,
    /// Deepest nesting of elements.
    pub depth: u32,
    /// Most attributes and namespace declarations of one element.
    pub attributes: usize,
}

impl Default for Limits {
    /// For messages without attachments: 16 MB, 100,000 pieces of markup, 64 levels, 64 attributes.
    fn default() -> Limits {
        Limits { bytes: 16 << 20, markup: 100_000, depth: 64, attributes: 64 }
    }
}

/// The name of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name<'n> {
    /// Its namespace; empty for none.
    pub namespace: &'n str,
    /// Its local name.
    pub local: &'n str,
}

/// A document, parsed once. Its text stays where the caller has it; only what XML itself changes (line ends,
/// references) is copied.
pub struct XmlDocument<'a> {
    pub(super) tree: Document<'a>,
    text: &'a str,
    root: NodeId,
}

impl<'a> XmlDocument<'a> {
    /// Parses a text in UTF-8.
    ///
    /// # Errors
    /// [`XmlError`], without quoting the text.
    pub fn parse(bytes: &'a [u8], limits: &Limits) -> Result<XmlDocument<'a>, XmlError> {
        if bytes.len() > limits.bytes {
            return Err(XmlError::Limit("length of the text"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| XmlError::Encoding)?;
        look_over(text, limits)?;
        // `look_over` names the declaration; the parser would refuse it as well.
        let parser = Parser::new().with_forbid_dtd(true).with_forbid_entities(true).with_max_depth(limits.depth);
        let tree = parser.parse(text).map_err(|error| refused(&error))?;
        let utf8 = |encoding: &Cow<'_, str>| encoding.eq_ignore_ascii_case("utf-8");
        if let Some(declaration) = &tree.xml_declaration
            && (declaration.version != "1.0" || !declaration.encoding.as_ref().is_none_or(utf8))
        {
            return Err(XmlError::Declaration);
        }
        let root = tree.document_element().ok_or(XmlError::Malformed { line: 0, column: 0 })?;
        let document = XmlDocument { tree, text, root };
        document.refuse_attributes(limits)?;
        Ok(document)
    }

    /// The root element.
    pub fn root(&self) -> XmlElement<'_> {
        XmlElement { tree: &self.tree, id: self.root }
    }

    /// The text that was parsed.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// All elements, in the order of the document.
    pub fn elements(&self) -> impl Iterator<Item = XmlElement<'_>> {
        let all = self.tree.descendants(self.tree.root()).into_iter();
        all.filter(|id| self.tree.element(*id).is_some()).map(|id| XmlElement { tree: &self.tree, id })
    }

    fn refuse_attributes(&self, limits: &Limits) -> Result<(), XmlError> {
        for element in self.elements().filter_map(|one| self.tree.element(one.id)) {
            let declared = element.namespace_declarations.iter().map(|(_, uri)| uri);
            if element.attributes.len() + element.namespace_declarations.len() > limits.attributes {
                return Err(XmlError::Limit("attributes of an element"));
            }
            // The parser leaves them as they are (XML 1.0, 3.3.3 wants blanks).
            if element.attributes.iter().map(|one| &one.value).chain(declared).any(|value| value.contains(BREAKS)) {
                return Err(XmlError::Attribute);
            }
        }
        Ok(())
    }
}

/// What must be known before a tree is built, for a tree of a hostile text takes many times the memory of the text.
fn look_over(text: &str, limits: &Limits) -> Result<(), XmlError> {
    // No `<` stands inside a tag, so a tag lies between one and the next.
    for (count, piece) in text.split('<').skip(1).enumerate() {
        if count >= limits.markup {
            return Err(XmlError::Limit("pieces of markup"));
        }
        if piece.starts_with("!DOCTYPE") || piece.starts_with("!ENTITY") {
            return Err(XmlError::DocumentType);
        }
        if values_of_tag(piece, limits.attributes) > limits.attributes {
            return Err(XmlError::Limit("attributes of an element"));
        }
    }
    Ok(())
}

/// How many quoted values the start tag at the beginning of a piece has, counted up to one more than `limit`.
fn values_of_tag(piece: &str, limit: usize) -> usize {
    if piece.starts_with(['!', '?', '/']) {
        return 0;
    }
    let (mut count, mut within) = (0, None);
    for byte in piece.bytes() {
        match (within, byte) {
            (Some(quote), _) if quote == byte => within = None,
            (None, b'"' | b'\'') if count > limit => break,
            (None, b'"' | b'\'') => (within, count) = (Some(byte), count + 1),
            (None, b'>') => break,
            _ => {}
        }
    }
    count
}

/// The place only: the words of the parser may quote the text.
fn refused(error: &ParserError) -> XmlError {
    let (message, line, column) = match error {
        ParserError::WellFormedness(error) => (error.message.as_str(), error.line, error.column),
        ParserError::Namespace(error) => (error.message.as_str(), error.line, error.column),
        ParserError::Parse(error) => (error.message.as_str(), error.line, error.column),
        _ => ("", 0, 0),
    };
    if message.contains("maximum depth") { XmlError::Limit("nesting") } else { XmlError::Malformed { line, column } }
}

/// An element of a document.
#[derive(Clone, Copy)]
pub struct XmlElement<'d> {
    pub(super) tree: &'d Document<'d>,
    pub(super) id: NodeId,
}

impl std::fmt::Debug for XmlElement<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The name alone: what is in it may be about a person.
        f.debug_tuple("XmlElement").field(&self.local()).finish()
    }
}

impl PartialEq for XmlElement<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.tree, other.tree) && self.id == other.id
    }
}

impl<'d> XmlElement<'d> {
    fn parts(self) -> Option<&'d uppsala::Element<'d>> {
        self.tree.element(self.id)
    }

    /// Its local name.
    pub fn local(self) -> &'d str {
        self.parts().map_or("", |parts| &parts.name.local_name)
    }

    /// Its namespace; empty for none.
    pub fn namespace(self) -> &'d str {
        self.parts().and_then(|parts| parts.name.namespace_uri.as_deref()).unwrap_or_default()
    }

    /// The prefix it is written with; empty for none. It has no meaning of its own.
    pub fn prefix(self) -> &'d str {
        self.parts().and_then(|parts| parts.name.prefix.as_deref()).unwrap_or_default()
    }

    /// Whether it has this name.
    pub fn is(self, name: Name<'_>) -> bool {
        self.local() == name.local && self.namespace() == name.namespace
    }

    /// The value of an attribute without a namespace.
    pub fn attribute(self, local: &str) -> Option<&'d str> {
        let plain = |one: &&uppsala::Attribute<'_>| one.name.namespace_uri.is_none() && one.name.local_name == local;
        self.parts()?.attributes.iter().find(plain).map(|one| one.value.as_ref())
    }

    /// The element around it.
    pub fn parent(self) -> Option<XmlElement<'d>> {
        let id = self.tree.parent(self.id)?;
        self.tree.element(id).map(|_| XmlElement { tree: self.tree, id })
    }

    /// The elements in it, in their order.
    pub fn children(self) -> impl Iterator<Item = XmlElement<'d>> + use<'d> {
        let tree = self.tree;
        tree.children_iter(self.id).filter(|id| tree.element(*id).is_some()).map(move |id| XmlElement { tree, id })
    }

    /// The only element of this name in it; `None` when there is none or more than one.
    pub fn only(self, name: Name<'_>) -> Option<XmlElement<'d>> {
        let mut found = self.children().filter(|child| child.is(name));
        match (found.next(), found.next()) {
            (Some(one), None) => Some(one),
            _ => None,
        }
    }

    /// The text in it: all of it, so that a comment in the middle hides nothing. `None` when there is an element or an
    /// instruction beside the text.
    pub fn text(self) -> Option<Cow<'d, str>> {
        let mut whole: Option<Cow<'d, str>> = None;
        for id in self.tree.children_iter(self.id) {
            let part: &'d str = match self.tree.node_kind(id) {
                Some(NodeKind::Text(part) | NodeKind::CData(part)) => part,
                Some(NodeKind::Comment(_)) => continue,
                _ => return None,
            };
            match &mut whole {
                None => whole = Some(Cow::Borrowed(part)),
                Some(before) => before.to_mut().push_str(part),
            }
        }
        Some(whole.unwrap_or_default())
    }

    /// Where it stands in the text, in bytes.
    pub fn range(self) -> Option<std::ops::Range<usize>> {
        self.tree.node_range(self.id)
    }
}
