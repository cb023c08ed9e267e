//! The engine: the same bytes for the same paper, places, attachments, and limits that hold.

use std::time::{Duration, Instant};

use haidang_documents::typeset::{Attachment, Paper, Printed, Relationship, TypesetError, Typesetter};
use serde_json::json;

fn paper(source: &str, data: serde_json::Value) -> Paper {
    Paper {
        source: source.to_owned(),
        library: vec![("lib.typ".to_owned(), "#let strong-name(it) = strong(it)".into())],
        data,
        title: "Giấy thử".to_owned(),
        language: "vi".to_owned(),
        dated: "2026-01-05T02:00:00Z".parse().unwrap(),
        attachments: Vec::new(),
    }
}

fn set(source: &str, data: serde_json::Value) -> Result<Printed, TypesetError> {
    Typesetter::new(None).set(&paper(source, data))
}

#[test]
fn the_same_paper_gives_the_same_bytes_and_another_gives_others() {
    let source = "#import \"/lib.typ\": *\n#let data = json(\"/data.json\")\n= Quyết định\n#strong-name(data.name)";
    let data = json!({ "name": "Nguyễn Thị Ngọc Ánh" });
    let first = set(source, data.clone()).unwrap();
    assert_eq!(first.bytes, set(source, data).unwrap().bytes);
    assert_ne!(first.bytes, set(source, json!({ "name": "Trần Văn Bình" })).unwrap().bytes);
    assert_eq!(first.pages, 1);
    let text = String::from_utf8_lossy(&first.bytes).into_owned();
    assert!(text.contains("pdfaid:part>3<") && text.contains("pdfaid:conformance>A<"), "{text}");
    assert!(text.contains("pdfuaid:part>1<") && text.contains("LiberationSerif-Bold"));
}

#[test]
fn text_is_data_and_never_markup() {
    let source = "#let data = json(\"/data.json\")\n= Thử\n#data.text";
    let hostile = "#panic(\"x\") = Đầu đề *đậm* $x$ #read(\"/data.json\") \\ @nguồn `mã` https://example.org";
    assert_eq!(set(source, json!({ "text": hostile })).unwrap().pages, 1);
}

#[test]
fn a_template_names_the_places_it_reserves() {
    let source = "#set page(width: 200pt, height: 300pt, margin: 20pt)\n= Thử\n#place(top + left, dx: 10pt, dy: 40pt, \
                  metadata((place: \"number\", width: 50pt, height: 12pt)))";
    let places = set(source, json!({})).unwrap().places;
    let place = places["number"];
    assert_eq!((place.page, place.width, place.height), (0, 50.0, 12.0));
    assert!((place.x - 30.0).abs() < 0.01 && (place.y - 228.0).abs() < 20.0, "{place:?}");
}

#[test]
fn files_travel_inside() {
    let mut paper = paper("= Thử", json!({}));
    paper.attachments.push(Attachment {
        name: "van-ban.json".to_owned(),
        media_type: "application/json".to_owned(),
        description: "Metadata \"of\" the document".to_owned(),
        relationship: Relationship::Data,
        bytes: br#"{"CodeNumber":"05"}"#.to_vec(),
    });
    let printed = Typesetter::new(None).set(&paper).unwrap();
    let file = lopdf::Document::load_mem(&printed.bytes).unwrap();
    let found = file.objects.values().filter_map(|object| object.as_dict().ok()).any(|dictionary| {
        dictionary.get(b"AFRelationship").is_ok_and(|name| name.as_name().is_ok_and(|name| name == b"Data"))
    });
    assert!(found, "the file is not related to the document");
    assert_eq!(printed.pages, 1);
    // What we put in, we read again, byte by byte; and what the pages say.
    let made = Typesetter::new(None).set(&paper).unwrap().bytes;
    let file = haidang_documents::pdf::PdfFile::open(std::sync::Arc::new(made.clone())).unwrap();
    let found = haidang_documents::pdf::embedded_files(&file.newest()).unwrap();
    let given = &paper.attachments[0];
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].name, &found[0].media_type, &found[0].bytes), (&given.name, &given.media_type, &given.bytes));
    assert!(haidang_documents::lint::page_text(&made).unwrap().contains("Thử"));
    paper.attachments[0].name = "../x".to_owned();
    assert!(matches!(Typesetter::new(None).set(&paper), Err(TypesetError::Name { .. })));
}

#[test]
fn a_template_reaches_nothing() {
    for source in [
        "#read(\"/etc/passwd\")",
        "#read(\"../../../../etc/passwd\")",
        "#import \"@preview/example:0.1.0\": *",
        "#image(\"https://example.org/a.png\")",
        "#datetime.today()",
        "#plugin(\"/x.wasm\")",
    ] {
        assert!(matches!(set(source, json!({})), Err(TypesetError::Template(_))), "{source}");
    }
}

#[test]
fn faults_name_the_line_and_no_value() {
    let fault = set("= Thử\n#let data = json(\"/data.json\")\n\n#(data.name + 1)", json!({ "name": "012345678901" }));
    let Err(TypesetError::Template(reason)) = fault else { panic!("{fault:?}") };
    assert!(reason.starts_with("paper.typ:4: ") && !reason.contains("0123"), "{reason}");
    let fault = set("#panic(json(\"/data.json\").name)", json!({ "name": "012345678901" }));
    let Err(TypesetError::Template(reason)) = fault else { panic!("{fault:?}") };
    assert!(!reason.contains("0123"), "{reason}");
}

#[test]
fn work_is_bounded() {
    let typesetter = Typesetter::new(None).with_limit(Duration::from_secs(2));
    let begun = Instant::now();
    for source in [
        "#while true { }",
        "#let f(n) = f(n + 1)\n#f(0)",
        "= Thử\n#for i in range(201) { pagebreak() }",
        "#let grow(it) = { let doubled = [#it #it]; grow(doubled) }\n#grow([a])",
    ] {
        let outcome = typesetter.set(&paper(source, json!({})));
        assert!(outcome.is_err(), "{source}");
    }
    // Layout that would go on far beyond the limit is given up and ends by itself.
    let long = "= Thử\n#for i in range(4000000) { [Một đoạn văn thứ #i. ] }";
    assert_eq!(typesetter.set(&paper(long, json!({}))).unwrap_err(), TypesetError::TimedOut);
    assert!(begun.elapsed() < Duration::from_secs(60));
    let large = json!({ "text": "a".repeat(9 << 20) });
    assert!(matches!(typesetter.set(&paper("= Thử", large)), Err(TypesetError::TooLarge { .. })));
}
