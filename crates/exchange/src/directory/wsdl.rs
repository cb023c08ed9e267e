//! Descriptions in WSDL (1.1 and 2.0), read as far as people want to know what a service does. They come from whoever owns
//! the service: document types are refused, entities are not resolved, and nothing that a description imports is fetched.

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

/// Longest description in bytes.
pub const LARGEST: usize = 512 * 1024;
/// Elements inside each other.
const DEPTH: usize = 64;
/// Elements of a description.
const ELEMENTS: usize = 50_000;
/// Operations of a description.
const OPERATIONS: usize = 1_000;

/// By which elements of which namespace a description of either version leads to its operations.
const WAYS: &[Way] = &[
    ("http://schemas.xmlsoap.org/wsdl/", ["definitions", "portType", "operation"]),
    ("http://www.w3.org/ns/wsdl", ["description", "interface", "operation"]),
];

type Way = (&'static str, [&'static str; 3]);

/// The names of the operations, in the order of the description, each once; none where they are all in a file that it
/// imports.
///
/// # Errors
/// A sentence when this is no description that is read.
pub fn operations(text: &str) -> Result<Vec<String>, String> {
    if text.len() > LARGEST {
        return Err(format!("is longer than {LARGEST} bytes"));
    }
    let mut reader = NsReader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut read = Reading::default();
    loop {
        let (namespace, event) = reader.read_resolved_event().map_err(|_| malformed())?;
        let namespace = match namespace {
            ResolveResult::Bound(name) => name.0,
            ResolveResult::Unbound => "",
            ResolveResult::Unknown(_) => return Err(malformed()),
        };
        match event {
            Event::Eof => return read.finish(),
            Event::DocType(_) => return Err("has a document type, which is not read".to_owned()),
            Event::GeneralRef(reference) if !is_plain(&reference) => {
                return Err("has entities, which are not read".to_owned());
            }
            Event::Start(start) => read.enter(namespace, &start)?,
            Event::Empty(start) => {
                read.enter(namespace, &start)?;
                read.leave()?;
            }
            Event::End(_) => read.leave()?,
            Event::Text(piece) if read.open == 0 && !piece.xml_content(XmlVersion::Implicit1_0).trim().is_empty() => {
                return Err(malformed());
            }
            Event::CData(_) | Event::GeneralRef(_) if read.open == 0 => return Err(malformed()),
            _ => {}
        }
    }
}

fn malformed() -> String {
    "is not well-formed XML".to_owned()
}

/// Whether this is a character by its number, or one of the five that XML itself names.
fn is_plain(reference: &BytesRef<'_>) -> bool {
    match reference.resolve_char_ref() {
        Ok(Some(_)) => true,
        Ok(None) => resolve_xml_entity(reference.as_ref()).is_some(),
        Err(_) => false,
    }
}

/// How far a description was read.
#[derive(Default)]
struct Reading {
    way: Option<&'static Way>,
    /// Elements that are open.
    open: usize,
    /// How many of them, from the root, are on the way to the operations.
    on_way: usize,
    elements: usize,
    operations: Vec<String>,
}

impl Reading {
    fn enter(&mut self, namespace: &str, start: &BytesStart<'_>) -> Result<(), String> {
        self.elements += 1;
        if self.elements > ELEMENTS || self.open >= DEPTH {
            return Err("has too many elements, or too many in each other".to_owned());
        }
        let local = start.local_name();
        let name: &str = local.as_ref();
        if self.open == 0 {
            if self.way.is_some() {
                return Err(malformed());
            }
            self.way = WAYS.iter().find(|(of, [root, ..])| *of == namespace && *root == name);
        }
        let Some(&(of, names)) = self.way else { return Err("is no WSDL description".to_owned()) };
        let next = names.get(self.open).is_some_and(|next| *next == name);
        if self.on_way == self.open && of == namespace && next {
            self.on_way += 1;
            if self.on_way == names.len() {
                self.note(start)?;
            }
        }
        self.open += 1;
        Ok(())
    }

    fn leave(&mut self) -> Result<(), String> {
        self.open = self.open.checked_sub(1).ok_or_else(malformed)?;
        self.on_way = self.on_way.min(self.open);
        Ok(())
    }

    fn note(&mut self, operation: &BytesStart<'_>) -> Result<(), String> {
        let name = operation.try_get_attribute("name").map_err(|_| malformed())?;
        let name =
            name.and_then(|name| name.normalized_value(XmlVersion::Implicit1_0).ok().map(|name| name.into_owned()));
        let name = name.filter(|name| !name.trim().is_empty()).ok_or("has an operation without a name")?;
        if self.operations.contains(&name) {
            return Ok(());
        }
        if self.operations.len() >= OPERATIONS {
            return Err(format!("has more than {OPERATIONS} operations"));
        }
        self.operations.push(name);
        Ok(())
    }

    fn finish(self) -> Result<Vec<String>, String> {
        match (self.open, self.way) {
            (0, Some(_)) => Ok(self.operations),
            _ => Err(malformed()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
        <!-- dân cư -->
        <wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/">
          <wsdl:types><schema xmlns="http://www.w3.org/2001/XMLSchema"><element name="operation"/></schema></wsdl:types>
          <wsdl:portType name="DanCu">
            <wsdl:operation name="TraCuuThongTinCongDan"><wsdl:input message="a"/></wsdl:operation>
            <wsdl:operation name="X&#225;cThuc"/>
            <wsdl:operation name="TraCuuThongTinCongDan"/>
            <operation name="KhongPhai"/>
          </wsdl:portType>
          <wsdl:binding name="b"><wsdl:operation name="TraCuuThongTinCongDan"/><soap:operation name="Khac"/></wsdl:binding>
        </wsdl:definitions>"#;

    #[test]
    fn operations_are_named_in_their_order() {
        assert_eq!(operations(OLD).unwrap(), ["TraCuuThongTinCongDan", "XácThuc"]);
        assert_eq!(operations(&format!("\u{feff}{OLD}")).unwrap().len(), 2);
        let new = r#"<description xmlns="http://www.w3.org/ns/wsdl"><interface name="i"><operation name="hoi"/></interface></description>"#;
        assert_eq!(operations(new).unwrap(), ["hoi"]);
        let imports = r#"<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"><import location="http://10.0.0.1/a.wsdl"/></definitions>"#;
        assert!(operations(imports).unwrap().is_empty(), "nothing is fetched");
    }

    #[test]
    fn what_is_no_description_is_refused() {
        let of = |inner: &str| format!("<definitions xmlns=\"http://schemas.xmlsoap.org/wsdl/\">{inner}</definitions>");
        let deep = of(&format!("{}{}", "<a>".repeat(DEPTH), "</a>".repeat(DEPTH)));
        let wide = of(&"<a/>".repeat(ELEMENTS));
        let many = (0..=OPERATIONS).map(|number| format!("<operation name=\"o{number}\"/>")).collect::<String>();
        for (text, wanted) in [
            (format!("<!DOCTYPE a [<!ENTITY b \"c\">]>{}", of("")), "document type"),
            (of("<documentation>&b;</documentation>"), "entities"),
            (of("<documentation>&amp;&#225;</documentation>"), ""),
            (of("<documentation>"), "well-formed"),
            (format!("{}{}", of(""), of("")), "well-formed"),
            (format!("{} x", of("")), "well-formed"),
            ("<definitions/>".to_owned(), "no WSDL"),
            ("<schema xmlns=\"http://www.w3.org/2001/XMLSchema\"/>".to_owned(), "no WSDL"),
            ("<p:definitions/>".to_owned(), "well-formed"),
            (String::new(), "well-formed"),
            ("{}".to_owned(), "well-formed"),
            (deep, "too many"),
            (wide, "too many"),
            (of(&format!("<portType>{many}</portType>")), "more than 1000 operations"),
            (of("<portType><operation/></portType>"), "without a name"),
            (of(&" ".repeat(LARGEST)), "longer than"),
        ] {
            let said = operations(&text).err().unwrap_or_default();
            let beginning: String = text.chars().take(60).collect();
            assert!(said.contains(wanted) && said.is_empty() == wanted.is_empty(), "{beginning}: {said}");
        }
    }
}
