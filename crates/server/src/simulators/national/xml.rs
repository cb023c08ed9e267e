//! The little XML that SOAP 1.1 needs: elements and text, read without document types and without entities of a document,
//! written with everything escaped.

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

/// Elements inside each other.
const DEPTH: usize = 16;
/// Elements of a document.
const ELEMENTS: usize = 500;
/// Characters of one text.
const TEXT: usize = 64 * 1024;

/// An element: either children or text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Element {
    /// Name as written, with its prefix; of an element that was read, without.
    pub(super) name: String,
    /// Namespace of an element that was read.
    pub(super) namespace: String,
    /// Attributes, for writing.
    pub(super) attributes: Vec<(&'static str, String)>,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

/// Why a document was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum XmlFault {
    /// It is not well-formed.
    #[error("the document is not well-formed")]
    Malformed,
    /// It brings a document type or entities.
    #[error("document types and entities are not read")]
    Entities,
    /// It is too deep, too long or has too many elements.
    #[error("the document is too large")]
    TooLarge,
}

impl Element {
    /// An empty element.
    pub(super) fn new(name: &str) -> Element {
        Element { name: name.to_owned(), ..Element::default() }
    }

    /// An element with text.
    pub(super) fn text(name: &str, text: impl Into<String>) -> Element {
        Element { text: text.into(), ..Element::new(name) }
    }

    /// With children.
    pub(super) fn with(mut self, children: impl IntoIterator<Item = Element>) -> Element {
        self.children.extend(children);
        self
    }

    /// With an attribute.
    pub(super) fn attribute(mut self, name: &'static str, value: &str) -> Element {
        self.attributes.push((name, value.to_owned()));
        self
    }

    /// The first child with this name, in the namespace of its parent or in none.
    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The document, as this element is its root.
    pub(super) fn document(&self) -> String {
        let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
        self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) {
        out.push('<');
        out.push_str(&self.name);
        for (name, value) in &self.attributes {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            out.push_str(&quick_xml::escape::escape(value.as_str()));
            out.push('"');
        }
        if self.text.is_empty() && self.children.is_empty() {
            out.push_str("/>");
            return;
        }
        out.push('>');
        out.push_str(&quick_xml::escape::escape(self.text.as_str()));
        for child in &self.children {
            child.write(out);
        }
        out.push_str("</");
        out.push_str(&self.name);
        out.push('>');
    }

    /// Changes texts of elements by name without prefix; how many were.
    pub(super) fn falsify(&mut self, change: &dyn Fn(&str, &str) -> Option<String>) -> usize {
        let local = self.name.rsplit(':').next().unwrap_or_default();
        let own = match change(local, &self.text) {
            Some(other) if !self.text.is_empty() => {
                self.text = other;
                1
            }
            _ => 0,
        };
        own + self.children.iter_mut().map(|child| child.falsify(change)).sum::<usize>()
    }
}

/// Reads a document.
///
/// # Errors
/// See [`XmlFault`].
pub(super) fn read(text: &str) -> Result<Element, XmlFault> {
    let mut reader = NsReader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root: Option<Element> = None;
    let mut elements = 0;
    loop {
        let (namespace, event) = reader.read_resolved_event().map_err(|_| XmlFault::Malformed)?;
        let namespace = match namespace {
            ResolveResult::Bound(name) => name.0.to_owned(),
            ResolveResult::Unbound => String::new(),
            ResolveResult::Unknown(_) => return Err(XmlFault::Malformed),
        };
        match event {
            Event::Eof => break,
            Event::DocType(_) | Event::PI(_) => return Err(XmlFault::Entities),
            Event::GeneralRef(reference) => {
                // What XML itself names; nothing else is read, numbers neither.
                let found = resolve_xml_entity(reference.as_ref()).ok_or(XmlFault::Entities)?;
                open.last_mut().ok_or(XmlFault::Malformed)?.text.push_str(found);
            }
            Event::Start(start) => {
                elements += 1;
                let element = opened(&start, namespace);
                if elements > ELEMENTS || open.len() >= DEPTH {
                    return Err(XmlFault::TooLarge);
                }
                open.push(element);
            }
            Event::Empty(start) => {
                elements += 1;
                if elements > ELEMENTS || open.len() >= DEPTH {
                    return Err(XmlFault::TooLarge);
                }
                let element = opened(&start, namespace);
                close(element, &mut open, &mut root)?;
            }
            Event::End(_) => {
                let element = open.pop().ok_or(XmlFault::Malformed)?;
                close(element, &mut open, &mut root)?;
            }
            Event::Text(piece) => push(&piece.xml_content(XmlVersion::Implicit1_0), &mut open)?,
            Event::CData(piece) => push(&piece.xml_content(XmlVersion::Implicit1_0), &mut open)?,
            Event::Decl(_) | Event::Comment(_) => {}
        }
    }
    if open.is_empty() { root.ok_or(XmlFault::Malformed) } else { Err(XmlFault::Malformed) }
}

fn opened(start: &BytesStart<'_>, namespace: String) -> Element {
    Element { namespace, ..Element::new(start.local_name().as_ref()) }
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

fn push(text: &str, open: &mut [Element]) -> Result<(), XmlFault> {
    match open.last_mut() {
        Some(element) if element.text.len() + text.len() > TEXT => Err(XmlFault::TooLarge),
        Some(element) => {
            element.text.push_str(text);
            Ok(())
        }
        None if text.trim().is_empty() => Ok(()),
        None => Err(XmlFault::Malformed),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_not_plain_xml_is_refused() {
        let deep = format!("{}{}", "<a>".repeat(DEPTH + 1), "</a>".repeat(DEPTH + 1));
        let many = format!("<a>{}</a>", "<b/>".repeat(ELEMENTS));
        let long = format!("<a>{}</a>", "x".repeat(TEXT + 1));
        for (text, expected) in [
            ("<a><b>1</b></a>", Ok(1)),
            ("<a><b>&lt;x&amp;y&gt;</b></a>", Ok(1)),
            ("", Err(XmlFault::Malformed)),
            ("x", Err(XmlFault::Malformed)),
            ("<a>", Err(XmlFault::Malformed)),
            ("<a></b>", Err(XmlFault::Malformed)),
            ("<a/><a/>", Err(XmlFault::Malformed)),
            ("<p:a/>", Err(XmlFault::Malformed)),
            ("<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", Err(XmlFault::Entities)),
            ("<a>&x;</a>", Err(XmlFault::Entities)),
            ("<a>&#48;</a>", Err(XmlFault::Entities)),
            ("<a><?x y?></a>", Err(XmlFault::Entities)),
            (deep.as_str(), Err(XmlFault::TooLarge)),
            (many.as_str(), Err(XmlFault::TooLarge)),
            (long.as_str(), Err(XmlFault::TooLarge)),
        ] {
            let shown: String = text.chars().take(40).collect();
            assert_eq!(read(text).map(|element| element.children.len()), expected, "{shown}");
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_again(text in "[ -~À-ỹđĐ]{0,40}", name in "[A-Za-z]{1,12}") {
            let element = Element::new("r").with([Element::text(&name, text.clone())]);
            let again = read(&element.document()).unwrap();
            prop_assert_eq!(&again.children[0].name, &name);
            prop_assert_eq!(&again.children[0].text, &haidang_kernel::text::nfc(text.trim()));
        }

        #[test]
        fn nothing_makes_the_reader_fail_otherwise(text in "[<>/a-c&;!\\[\\]?\" =:x-]{0,60}") {
            let _ = read(&text);
        }
    }
}
