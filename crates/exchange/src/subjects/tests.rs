use std::collections::BTreeSet;

use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::filter::{Fields, FilterLimits};

fn headers(media: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(media))])
}

/// Reads a body that comes in pieces of so many bytes.
fn read(paths: &[&str], headers: &HeaderMap, body: &[u8], piece: usize) -> Found {
    let fields = Fields::parse(paths.iter().copied()).unwrap();
    let mut reader = SubjectReader::new(&fields, headers, FilterLimits::default());
    let mut found = Found::default();
    for piece in body.chunks(piece.max(1)) {
        reader.push(piece, &mut found);
    }
    reader.finish(&mut found);
    found
}

/// Who is found, in one word: the numbers, then `+` for more and `?` for what could not be read.
fn said(found: &Found) -> String {
    let numbers: Vec<&str> = found.numbers().collect();
    let marks = [(found.has_more(), "+"), (found.has_unread(), "?")];
    numbers.join(" ") + &marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark).collect::<String>()
}

const ONE: &str = "031090000001";
const TWO: &str = "031190000002";

#[test]
fn numbers_are_found_where_the_selectors_point() {
    for (media, path, body, expected) in [
        ("application/json", "$.so", format!("{{\"so\":\"{ONE}\",\"cha\":\"{TWO}\"}}"), ONE.to_owned()),
        ("application/json", "$.so", format!("{{\"so\" : \"VN{ONE}\" }}"), ONE.to_owned()),
        ("application/json", "$.so", "{\"so\":\"\\u00303109000000\\u0031\"}".to_owned(), ONE.to_owned()),
        ("application/json", "$.so", "{\"so\":310900000012}".to_owned(), "?".to_owned()),
        ("application/json", "$.so", "{\"so\":null}".to_owned(), String::new()),
        ("application/json", "$.so", "{\"so\":true}".to_owned(), String::new()),
        ("application/json", "$.so", "{\"so\":\"\"}".to_owned(), String::new()),
        ("application/json", "$.so", "{\"so\":\"012345678\"}".to_owned(), "?".to_owned()),
        ("application/json", "$.so", format!("{{\"so\":\"{}\"}}", "0".repeat(500)), "?".to_owned()),
        ("application/json", "$.so", "{\"so\":\"".to_owned(), "?".to_owned()),
        ("application/json", "$.so", "{}".to_owned(), String::new()),
        ("application/json", "$.so", format!("{{\"so\":{{\"{TWO}\":\"{ONE}\"}}}}"), ONE.to_owned()),
        ("application/json", "$[*].so", format!("[{{\"so\":\"{TWO}\"}},{{\"so\":\"{ONE}\"}}]"), format!("{ONE} {TWO}")),
        ("application/json", "$..so", format!("{{\"a\":[{{\"so\":\"{ONE}\"}}],\"so\":\"{ONE}\"}}"), ONE.to_owned()),
        ("text/xml", "/a/so", format!("<a><so>\n {ONE} </so><cha>{TWO}</cha></a>"), ONE.to_owned()),
        ("text/xml", "/a/so", format!("<a xmlns='u'><so k='1'><![CDATA[{ONE}]]></so></a>"), ONE.to_owned()),
        ("text/xml", "/a/so", "<a><so>&#48;3109<!-- - -->00&#x30;0001<?x y?></so></a>".to_owned(), ONE.to_owned()),
        ("text/xml", "/a/so", "<a><so>&lt;</so></a>".to_owned(), "?".to_owned()),
        ("text/xml", "/a/@so", format!("<a x='1' so=\"{ONE}\"/>"), ONE.to_owned()),
        ("text/xml", "/a/so", format!("<a><so>{ONE}</so><so>{TWO}</so></a>"), format!("{ONE} {TWO}")),
        ("text/xml", "/a/so", format!("<b><so>{ONE}</so></b>"), String::new()),
        ("text/xml", "/a/so", format!("<a><so>{ONE}</so>"), format!("{ONE}?")),
        ("text/xml", "/a/so", format!("<!DOCTYPE a><a><so>{ONE}</so></a>"), "?".to_owned()),
        ("text/plain", "$.so", format!("{{\"so\":\"{ONE}\"}}"), "?".to_owned()),
    ] {
        for piece in [1, 3, body.len()] {
            let found = read(&[path], &headers(media), body.as_bytes(), piece);
            assert_eq!(said(&found), expected, "{path} {body} in pieces of {piece}");
        }
    }
}

#[test]
fn what_is_packed_is_not_read_and_what_is_absent_is_nobody() {
    let mut packed = headers("application/json");
    packed.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    assert_eq!(said(&read(&["$.so"], &packed, b"{}", 9)), "?");
    assert_eq!(said(&read(&["$.so"], &packed, b"", 9)), "");
    assert_eq!(
        format!("{:?}", read(&["$.so"], &headers("application/json"), b"{\"so\":\"031090000001\"}", 9)),
        "Found(1 people, more: false, unread: false)"
    );
}

#[test]
fn selectors_are_read_or_told_to_be_wrong() {
    let parse = |text: &str| Selectors::parse(&[text.to_owned()]);
    for good in ["query ma", "request $.so", "response $.list[*].so", "request /a/b/@so", "response $..so"] {
        assert!(parse(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "query",
        "query ",
        "query a=b",
        "request $",
        "request /",
        "request so",
        "response $.*",
        "body $.so",
        "$.so",
    ] {
        assert!(parse(bad).unwrap_err().contains("subject_selector"), "{bad}");
    }
    assert!(Selectors::parse(&vec!["query a".to_owned(); 33]).is_err());
    assert_eq!(Selectors::parse(&[]).unwrap(), Selectors { query: vec![], request: None, response: None });
}

fn number(serial: u32) -> String {
    format!("031090{serial:06}")
}

/// Values of the member `so` wherever it stands below, as a reader of whole documents finds them.
fn everywhere(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| everywhere(item, found)),
        Value::Object(members) => {
            for (name, member) in members {
                if let (true, Some(text)) = (name == "so", member.as_str()) {
                    found.insert(text.to_owned());
                } else {
                    everywhere(member, found);
                }
            }
        }
        _ => {}
    }
}

fn documents() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        (0..500u32).prop_map(|serial| json!({ "so": number(serial) })),
        (0..500u32).prop_map(|serial| json!({ "khac": number(serial), "ten": "Đào \"\\ \u{1}" })),
        Just(Value::Null),
        any::<i32>().prop_map(|number| json!(number)),
        "[ -~]{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 60, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,3}", inner, 0..8)
                .prop_map(|members| Value::Object(members.into_iter().filter(|(name, _)| name != "so").collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_found_in_json_is_what_stands_there_however_it_is_split(document in documents(), piece in 1..40usize) {
        let mut expected = BTreeSet::new();
        everywhere(&document, &mut expected);
        let found = read(&["$..so"], &headers("application/json"), document.to_string().as_bytes(), piece);
        if expected.len() > MOST_SUBJECTS {
            prop_assert!(found.has_more());
        } else {
            prop_assert_eq!(found.numbers().map(str::to_owned).collect::<BTreeSet<_>>(), expected);
        }
        prop_assert!(!found.has_unread());
    }

    #[test]
    fn what_is_found_in_xml_is_what_stands_there_however_it_is_split(
        people in prop::collection::vec((0..500u32, 0..5u8), 0..160),
        piece in 1..40usize,
    ) {
        let mut body = String::from("<?xml version=\"1.0\"?><p:list xmlns:p=\"urn:p\">");
        for (serial, form) in &people {
            let so = number(*serial);
            body.push_str(&match form {
                0 => format!("<p:one><so>{so}</so><cha>{}</cha></p:one>", number(serial + 1000)),
                1 => format!("<one><so><![CDATA[ {so} ]]></so></one>"),
                2 => format!("<one k='{}' so = '{so}'/>", number(serial + 1000)),
                3 => format!("<one><so>{}<!-- {} -->{}</so></one>", &so[..5], number(serial + 1000), &so[5..]),
                _ => format!("<one><so>&#{};{}</so></one>", so.as_bytes()[0], &so[1..]),
            });
        }
        body.push_str("</p:list>");
        let expected: BTreeSet<String> = people.iter().map(|(serial, _)| number(*serial)).collect();
        let found = read(&["/list/one/so", "/list/one/@so"], &headers("text/xml"), body.as_bytes(), piece);
        if expected.len() > MOST_SUBJECTS {
            prop_assert!(found.has_more());
        } else {
            prop_assert_eq!(found.numbers().map(str::to_owned).collect::<BTreeSet<_>>(), expected);
        }
        prop_assert_eq!((found.has_unread(), found.len()), (false, expected_len(&found)));
    }

    #[test]
    fn bytes_of_any_kind_are_read_without_an_end_to_the_call(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for media in ["application/json", "text/xml", "image/png"] {
            let _ = read(&["$..so", "/a/b"], &headers(media), &bytes, 7);
        }
    }
}

fn expected_len(found: &Found) -> usize {
    found.numbers().count().min(MOST_SUBJECTS)
}
