//! The lint: what our own papers measure, what faults are found, and what hostile files do to it.

use std::time::{Duration, Instant};

use haidang_documents::lint::{LARGEST_FILE, LintError, Severity, layout_lint};
use haidang_documents::typeset::{Paper, Typesetter};
use proptest::prelude::*;
use serde_json::json;

use super::pack::{official, set};

/// Sets a paper from the library of the pack after one change in it.
fn changed(from: &str, to: &str) -> Vec<u8> {
    let read = |name: &str| std::fs::read_to_string(super::pack::folder("haiphong").join(name)).unwrap();
    let library = read("lib.typ");
    assert!(library.contains(from), "{from} is not in the library");
    let mut data = official("QĐ", true);
    data["urgency"] = json!("khan");
    let paper = Paper {
        source: read("official/document.typ"),
        library: vec![("lib.typ".to_owned(), library.replace(from, to).into())],
        data,
        title: "Thử".to_owned(),
        language: "vi".to_owned(),
        dated: "2026-01-05T02:00:00Z".parse().unwrap(),
        attachments: Vec::new(),
    };
    Typesetter::new(None).set(&paper).unwrap().bytes
}

fn rules(bytes: &[u8]) -> Vec<String> {
    let mut found: Vec<String> = layout_lint(bytes).unwrap().into_iter().map(|finding| finding.rule).collect();
    found.dedup();
    found
}

#[test]
fn every_departure_from_the_table_is_found_by_its_rule() {
    for (from, to, rule) in [
        ("top: 20mm, bottom: 20mm, left: 30mm", "top: 20mm, bottom: 20mm, left: 24mm", "margin_left"),
        ("left: 30mm", "left: 37mm", "margin_left"),
        ("right: 15mm)", "right: 12mm)", "margin_right"),
        ("(top: 20mm", "(top: 28mm", "margin_top"),
        ("paper: \"a4\"", "paper: \"us-letter\"", "page_size"),
        ("national: 13pt", "national: 14pt", "national_name"),
        ("\"CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\"", "\"CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAN\"", "national_name"),
        ("motto: 14pt", "motto: 12pt", "motto"),
        ("\"Độc lập - Tự do - Hạnh phúc\"", "\"Độc Lập - Tự Do - Hạnh Phúc\"", "motto"),
        ("context rule(measure(motto).width)", "rule(20mm)", "motto_rule"),
        ("organ: 13pt", "organ: 15pt", "organ"),
        ("rule(organ-rule", "rule(0.2 * organ-rule", "organ_rule"),
        ("number: 13pt", "number: 14pt", "number"),
        ("\"Số: \"", "\"Số \"", "number"),
        ("if text.len() == 1 { \"0\" + text }", "if text.len() == 1 { text }", "number"),
        ("date: 14pt", "date: 12pt", "date"),
        ("if month < 3 { two(month) } else { str(month) }", "str(month)", "date"),
        ("title: 14pt", "title: 16pt", "kind"),
        ("body: 14pt", "body: 12pt", "body_size"),
        ("{ \".\" } else { \";\" })))", "{ \".\" } else { \",\" })))", "bases"),
        ("par(emph(without-end(base)", "par((without-end(base)", "bases"),
        ("first-line = 1.27cm", "first-line = 1.6cm", "first_line"),
        ("line-gap = 0.15em", "line-gap = 0.9em", "line_spacing"),
        ("paragraph-gap = 6pt", "paragraph-gap = 0pt", "paragraph_gap"),
        ("+ \"./.\" } else", "+ \".\" } else", "ending"),
        ("signature: 14pt", "signature: 11.5pt", "signature"),
        (
            "get(block-data, \"name\", default: \"\")",
            "\"TS. \" + get(block-data, \"name\", default: \"\")",
            "academic_title",
        ),
        ("get(block-data, \"name\", default: \"\")", "upper(get(block-data, \"name\", default: \"\"))", "signature"),
        ("recipients-title: 12pt", "recipients-title: 14pt", "recipients"),
        ("recipients: 11pt", "recipients: 9pt", "recipients"),
        ("\"- Lưu: \"", "\"- Lưu \"", "archive_copy"),
        ("khan: (\"KHẨN\", 20mm)", "khan: (\"KHẨN\", 35mm)", "urgency"),
        ("place(top + center, dy: 11mm, page-number)", "place(top + right, dy: 11mm, page-number)", "page_number"),
        ("if number > 1 {", "if number > 0 {", "page_number"),
        ("hyphenate: false,", "hyphenate: false, fill: blue,", "colour"),
    ] {
        let found = rules(&changed(from, to));
        // Two pages are needed to see where a number stands.
        let found = if from.contains("page-number)") { rules(&long(from, to)) } else { found };
        assert!(found.iter().any(|found| found == rule), "{from} -> {to}: {found:?}");
    }
}

/// The same with text for several pages.
fn long(from: &str, to: &str) -> Vec<u8> {
    let read = |name: &str| std::fs::read_to_string(super::pack::folder("haiphong").join(name)).unwrap();
    let mut data = official("QĐ", true);
    let paragraph = data["body"][0].clone();
    data["body"] = json!(vec![paragraph; 30]);
    data["annexes"] = json!([{ "title": "Danh mục", "body": [{ "text": "Nội dung phụ lục." }] }]);
    let paper = Paper {
        source: read("official/document.typ"),
        library: vec![("lib.typ".to_owned(), read("lib.typ").replace(from, to).into())],
        data,
        title: "Thử".to_owned(),
        language: "vi".to_owned(),
        dated: "2026-01-05T02:00:00Z".parse().unwrap(),
        attachments: Vec::new(),
    };
    Typesetter::new(None).set(&paper).unwrap().bytes
}

#[test]
fn a_long_paper_with_an_annex_and_an_urgent_one_pass() {
    assert_eq!(rules(&long("¤", "¤")), Vec::<String>::new());
    let same = changed("#let sizes = (", "#let sizes = (");
    assert_eq!(layout_lint(&same).unwrap(), Vec::new());
}

#[test]
fn the_kind_and_its_abbreviation_agree() {
    let wrong = |kind: &str, notation: &str| {
        let mut data = official(kind, true);
        data["notation"] = json!(notation);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        rules(&runtime.block_on(set("haiphong", "official/document", data)).bytes)
    };
    assert_eq!(wrong("TB", "QĐ-SNV"), ["kind_abbreviation"]);
    assert_eq!(wrong("CV", "CV-SNV"), Vec::<String>::new());
    assert_eq!(wrong("CV", "TB-SNV"), ["kind_abbreviation"]);
}

#[test]
fn a_finding_cites_its_clause() {
    let findings = layout_lint(&changed("left: 30mm", "left: 24mm")).unwrap();
    let finding = findings.iter().find(|finding| finding.rule == "margin_left").unwrap();
    assert_eq!(finding.found, "24.0 mm");
    assert_eq!((finding.page, finding.severity), (Some(1), Severity::Error));
    assert!(finding.article.contains("30/2020/NĐ-CP") && finding.wanted.contains("30–35"));
}

#[test]
fn another_face_and_another_paper_are_found() {
    let content = "BT /F 14 Tf 90 700 Td (Van ban) Tj ET";
    let file = format!(
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
         3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj\n\
         4 0 obj<</Length {}>>stream\n{content}\nendstream endobj\n\
         5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF",
        content.len()
    );
    let found = rules(file.as_bytes());
    for rule in ["page_size", "national_name", "motto", "number", "date", "kind", "recipients"] {
        assert!(found.iter().any(|found| found == rule), "{rule}: {found:?}");
    }
}

#[test]
fn a_picture_of_a_paper_is_told_from_text() {
    let file = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
                3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595.28 841.89]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF";
    assert_eq!(rules(file.as_bytes()), ["no_text"]);
}

#[test]
fn hostile_files_end_soon() {
    assert_eq!(layout_lint(b"").unwrap_err(), LintError::Unreadable);
    assert_eq!(layout_lint(b"%PDF-1.7\n%%EOF").unwrap_err(), LintError::Unreadable);
    assert_eq!(layout_lint(&vec![b'%'; LARGEST_FILE + 1]).unwrap_err(), LintError::TooLarge);
    // A stream that inflates to 80 MB, once and through a second layer.
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![0_u8; 1 << 20];
    for _ in 0..80 {
        std::io::Write::write_all(&mut encoder, &zeros).unwrap();
    }
    let once = encoder.finish().unwrap();
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, &once).unwrap();
    let begun = Instant::now();
    for bomb in [once, encoder.finish().unwrap()] {
        let mut file = b"%PDF-1.7\n1 0 obj\n<</Filter/FlateDecode/Length ".to_vec();
        file.extend(format!("{}>>\nstream\n", bomb.len()).bytes());
        file.extend(bomb);
        file.extend(b"\nendstream endobj");
        assert_eq!(layout_lint(&file).unwrap_err(), LintError::TooLarge);
    }
    assert!(begun.elapsed() < Duration::from_secs(30));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A damaged file is judged or refused; nothing else happens.
    #[test]
    fn damaged_files_are_judged_or_refused(cuts in prop::collection::vec((0.0..1.0_f64, any::<u8>()), 1..40), end in 0.2..1.0_f64) {
        static GOOD: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        let good = GOOD.get_or_init(|| changed("#let sizes = (", "#let sizes = ("));
        let mut file = good.clone();
        for (at, byte) in cuts {
            let at = (at * file.len() as f64) as usize;
            file[at.min(good.len() - 1)] = byte;
        }
        file.truncate((end * file.len() as f64) as usize);
        let _ = layout_lint(&file);
    }
}
