//! Texts that are not taken for XML.

use super::*;

type Wanted = Box<dyn Fn(&XmlError) -> bool>;

fn refusal(bytes: &[u8], limits: &Limits) -> Option<XmlError> {
    XmlDocument::parse(bytes, limits).err()
}

#[test]
fn hostile_texts_are_refused_for_what_they_are() {
    let limits = Limits { bytes: 100_000, markup: 1_000, depth: 20, attributes: 8 };
    let malformed = |error: &XmlError| matches!(error, XmlError::Malformed { .. });
    let is = |wanted: XmlError| move |error: &XmlError| *error == wanted;
    let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    let attributes = |count: usize| {
        let all: String = (0..count).map(|number| format!(" a{number}='>'")).collect();
        format!("<a{all}/>")
    };
    let laughs = "<!DOCTYPE a [<!ENTITY b 'x'><!ENTITY c '&b;&b;&b;'>]><a>&c;</a>";
    let outside = "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>";
    let cases: Vec<(&str, Vec<u8>, Wanted)> = vec![
        ("entities", laughs.into(), Box::new(is(XmlError::DocumentType))),
        ("file", outside.into(), Box::new(is(XmlError::DocumentType))),
        ("declaration later", "<a/><!DOCTYPE a>".into(), Box::new(is(XmlError::DocumentType))),
        ("undeclared entity", "<a>&b;</a>".into(), Box::new(malformed)),
        ("entity in an attribute", "<a b='&c;'/>".into(), Box::new(malformed)),
        ("too long", vec![b' '; 100_001], Box::new(is(XmlError::Limit("length of the text")))),
        ("too much markup", "<a/>".repeat(2_000).into(), Box::new(is(XmlError::Limit("pieces of markup")))),
        ("too deep", nested(21).into(), Box::new(is(XmlError::Limit("nesting")))),
        ("attributes", attributes(9).into(), Box::new(is(XmlError::Limit("attributes of an element")))),
        ("very many", attributes(900).into(), Box::new(is(XmlError::Limit("attributes of an element")))),
        ("Latin-1", b"<a>\xe9</a>".to_vec(), Box::new(is(XmlError::Encoding))),
        ("UTF-16", b"\xff\xfe<\0a\0/\0>\0".to_vec(), Box::new(is(XmlError::Encoding))),
        ("other encoding", "<?xml version='1.0' encoding='UTF-7'?><a/>".into(), Box::new(is(XmlError::Declaration))),
        ("other version", "<?xml version='1.1'?><a/>".into(), Box::new(is(XmlError::Declaration))),
        ("line break in a value", "<a b='1\n2'/>".into(), Box::new(is(XmlError::Attribute))),
        ("tab by reference", "<a b='1&#9;2'/>".into(), Box::new(is(XmlError::Attribute))),
        ("in a namespace", "<a xmlns='u:\nu'/>".into(), Box::new(is(XmlError::Attribute))),
        ("nothing", "".into(), Box::new(malformed)),
        ("cut", "<a><b>".into(), Box::new(malformed)),
        ("two roots", "<a/><b/>".into(), Box::new(malformed)),
        ("text around", "<a/>b".into(), Box::new(malformed)),
        ("crossed", "<a><b></a></b>".into(), Box::new(malformed)),
        ("attribute twice", "<a b='1' b='2'/>".into(), Box::new(malformed)),
        ("twice by namespace", "<a xmlns:x='u:u' xmlns:y='u:u' x:b='' y:b=''/>".into(), Box::new(malformed)),
        ("undeclared prefix", "<x:a/>".into(), Box::new(malformed)),
        ("control character", "<a>\u{1}</a>".into(), Box::new(malformed)),
        ("control reference", "<a>&#1;</a>".into(), Box::new(malformed)),
        ("open tag in a value", "<a b='<'/>".into(), Box::new(malformed)),
        ("end of CDATA", "<a>]]></a>".into(), Box::new(malformed)),
    ];
    for (name, bytes, wanted) in cases {
        let answer = refusal(&bytes, &limits);
        assert!(answer.as_ref().is_some_and(wanted), "{name}: {answer:?}");
    }
    let declared = "<?xml version='1.0' encoding='utf-8'?><a/>".to_owned();
    let quoting = format!("<a b='>'><!-- it's --><![CDATA[{0}]]>{0}</a>", "b=\"c\" ".repeat(900));
    for fine in [nested(20), attributes(8), "\u{feff}<a/>".to_owned(), declared, quoting] {
        assert_eq!(refusal(fine.as_bytes(), &limits), None, "{fine}");
    }
}

#[test]
fn text_is_whole_or_none() {
    for (text, wanted) in [
        ("<a/>", Some("")),
        ("<a>b<!-- c -->d</a>", Some("bd")),
        ("<a>b<![CDATA[<c>]]>d&amp;</a>", Some("b<c>d&")),
        ("<a>b<c/>d</a>", None),
        ("<a>b<?c d?>e</a>", None),
    ] {
        assert_eq!(parse(text).root().text().as_deref(), wanted, "{text}");
    }
}
