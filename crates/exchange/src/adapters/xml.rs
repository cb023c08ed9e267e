//! The XML that SOAP needs. It is read piece by piece into a small tree, without document types or entities of a
//! document, within bounds; it is written with everything escaped.

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;
use quick_xml::writer::Writer;

/// Elements inside each other.
const DEPTH: usize = 32;
/// Elements of a document.
const ELEMENTS: usize = 50_000;

/// An element that was read: its children, or its text in NFC without the blanks around it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Element {
    /// Without its prefix.
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

impl Element {
    /// The first child of this name, in the same namespace.
    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name && child.namespace == self.namespace)
    }
}

/// Why a document is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum XmlFault {
    #[error("is not well-formed XML in UTF-8")]
    Malformed,
    #[error("has a document type or entities, which are not read")]
    Entities,
    #[error("has too many elements, or too many in each other")]
    TooLarge,
}

/// Reads a document.
///
/// # Errors
/// See [`XmlFault`].
pub(super) fn read(bytes: &[u8]) -> Result<Element, XmlFault> {
    let text = std::str::from_utf8(bytes).map_err(|_| XmlFault::Malformed)?;
    let mut reader = NsReader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    let (mut open, mut root, mut elements): (Vec<Element>, Option<Element>, usize) = (Vec::new(), None, 0);
    loop {
        let (namespace, event) = reader.read_resolved_event().map_err(|_| XmlFault::Malformed)?;
        let namespace = match namespace {
            ResolveResult::Bound(name) => name.0.to_owned(),
            ResolveResult::Unbound => String::new(),
            ResolveResult::Unknown(_) => return Err(XmlFault::Malformed),
        };
        if matches!(event, Event::Start(_) | Event::Empty(_)) {
            elements += 1;
            if elements > ELEMENTS || open.len() >= DEPTH {
                return Err(XmlFault::TooLarge);
            }
        }
        match event {
            Event::Eof => break,
            Event::DocType(_) | Event::PI(_) => return Err(XmlFault::Entities),
            Event::Start(start) => open.push(opened(&start, namespace)),
            Event::Empty(start) => close(opened(&start, namespace), &mut open, &mut root)?,
            Event::End(_) => {
                let element = open.pop().ok_or(XmlFault::Malformed)?;
                close(element, &mut open, &mut root)?;
            }
            Event::Text(piece) => add(&piece.xml_content(XmlVersion::Implicit1_0), &mut open)?,
            Event::CData(piece) => add(&piece.xml_content(XmlVersion::Implicit1_0), &mut open)?,
            Event::GeneralRef(reference) => {
                let text = &mut open.last_mut().ok_or(XmlFault::Malformed)?.text;
                match reference.resolve_char_ref() {
                    Ok(Some(character)) => text.push(character),
                    Ok(None) => text.push_str(resolve_xml_entity(reference.as_ref()).ok_or(XmlFault::Entities)?),
                    Err(_) => return Err(XmlFault::Malformed),
                }
            }
            Event::Decl(_) | Event::Comment(_) => {}
        }
    }
    if open.is_empty() { root.ok_or(XmlFault::Malformed) } else { Err(XmlFault::Malformed) }
}

fn opened(start: &BytesStart<'_>, namespace: String) -> Element {
    Element { name: start.local_name().as_ref().to_owned(), namespace, ..Element::default() }
}

fn close(mut element: Element, open: &mut [Element], root: &mut Option<Element>) -> Result<(), XmlFault> {
    element.text = haidang_kernel::text::nfc(element.text.trim());
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None if root.is_none() => *root = Some(element),
        None => return Err(XmlFault::Malformed),
    }
    Ok(())
}

fn add(text: &str, open: &mut [Element]) -> Result<(), XmlFault> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(XmlFault::Malformed),
    }
    Ok(())
}

/// Writes a document into memory.
pub(super) struct Document(Writer<Vec<u8>>);

impl Document {
    /// An empty one with its declaration.
    pub(super) fn new() -> Self {
        Self(Writer::new(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>".to_vec()))
    }

    /// Opens an element with these attributes.
    ///
    /// # Errors
    /// None while it writes into memory.
    pub(super) fn open(&mut self, name: &str, attributes: &[(&str, &str)]) -> std::io::Result<()> {
        let mut start = BytesStart::new(name);
        for (attribute, value) in attributes {
            start.push_attribute((*attribute, *value));
        }
        self.0.write_event(Event::Start(start))
    }

    /// Closes an element.
    ///
    /// # Errors
    /// None while it writes into memory.
    pub(super) fn close(&mut self, name: &str) -> std::io::Result<()> {
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }

    /// An element with a text.
    ///
    /// # Errors
    /// None while it writes into memory.
    pub(super) fn text(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) -> std::io::Result<()> {
        self.open(name, attributes)?;
        self.0.write_event(Event::Text(BytesText::new(text)))?;
        self.close(name)
    }

    /// The bytes of it.
    pub(super) fn finish(self) -> Vec<u8> {
        self.0.into_inner()
    }
}

/// Whether a text can stand in XML 1.0 at all.
pub(super) fn is_writable(text: &str) -> bool {
    text.chars()
        .all(|letter| matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..))
}

/// Whether this is a name without a prefix, in letters that every tool reads.
pub(super) fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || "_-.".contains(letter))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn documents_are_read_within_bounds() {
        let root = read(
            "\u{feff}<?xml version=\"1.0\"?><a:r xmlns:a=\"urn:a\"><!-- c --><a:x> \u{111}&amp;&#x41;<![CDATA[<]]> </a:x><y/></a:r>"
                .as_bytes(),
        )
        .unwrap();
        assert_eq!((root.name.as_str(), root.namespace.as_str()), ("r", "urn:a"));
        assert_eq!(root.child("x").unwrap().text, "đ&A<");
        assert!(root.child("y").is_none(), "another namespace is another element");
        let deep = |levels: usize| format!("{}{}", "<a>".repeat(levels), "</a>".repeat(levels));
        let wide = |count: usize| format!("<r>{}</r>", "<a/>".repeat(count));
        for (text, expected) in [
            (deep(DEPTH), None),
            (deep(DEPTH + 1), Some(XmlFault::TooLarge)),
            (wide(ELEMENTS), Some(XmlFault::TooLarge)),
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".to_owned(), Some(XmlFault::Entities)),
            ("<a>&b;</a>".to_owned(), Some(XmlFault::Entities)),
            ("<a>".to_owned(), Some(XmlFault::Malformed)),
            ("<a></b>".to_owned(), Some(XmlFault::Malformed)),
            ("<x:a/>".to_owned(), Some(XmlFault::Malformed)),
            ("<a/><b/>".to_owned(), Some(XmlFault::Malformed)),
            ("text".to_owned(), Some(XmlFault::Malformed)),
            (String::new(), Some(XmlFault::Malformed)),
        ] {
            assert_eq!(read(text.as_bytes()).err(), expected, "{}", text.chars().take(40).collect::<String>());
        }
        assert_eq!(read(b"<a>\xff</a>").err(), Some(XmlFault::Malformed));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_it_was(text in "[^\\p{C}]{0,40}") {
            let text = haidang_kernel::text::nfc(text.trim());
            prop_assume!(is_writable(&text));
            let mut document = Document::new();
            document.open("m:r", &[("xmlns:m", &text)]).unwrap();
            document.text("m:x", &[], &text).unwrap();
            document.close("m:r").unwrap();
            let bytes = document.finish();
            let root = read(&bytes);
            // A namespace that is empty cannot be bound to a prefix.
            prop_assume!(!text.is_empty());
            let root = root.unwrap();
            prop_assert_eq!(&root.child("x").unwrap().text, &text);
            prop_assert_eq!(root.children.len(), 1);
        }

        #[test]
        fn nothing_breaks_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }
    }
}
