//! Two signers, fields between them, and what signatures forbid.

use std::sync::Arc;

use haidang_documents::pades::{
    Appearance, AppearanceText, Certification, Change, FieldLock, FieldValue, Level, NewField, NewFieldKind,
    PadesError, PageChoice, Placement, Verdict, add_fields, fields, fill_fields,
};

use super::pki::Pki;
use super::samples::{FORMS, Form, plain, tagged};
use super::{joined, judged, open, options, signed};

/// The smallest font that draws: one square for the letters of the tests.
fn font() -> Arc<[u8]> {
    super::samples::font().into()
}

fn placed(left: f64) -> Option<Placement> {
    Some(Placement { page: PageChoice::Last, rectangle: [left, 50.0, left + 120.0, 90.0] })
}

fn signature(name: &str, lock: Option<FieldLock>) -> NewField {
    let kind = NewFieldKind::Signature { lock };
    NewField { name: name.to_owned(), tooltip: name.to_owned(), placement: placed(300.0), kind }
}

fn text(name: &str) -> NewField {
    NewField { name: name.to_owned(), tooltip: name.to_owned(), placement: placed(100.0), kind: NewFieldKind::Text }
}

/// Read by programs only.
fn unseen(name: &str) -> NewField {
    NewField { placement: None, ..text(name) }
}

fn value(field: &str) -> FieldValue {
    FieldValue { field: field.to_owned(), value: "05".to_owned(), font: font(), size: 13.0 }
}

fn with_fields(file: &[u8], new: &[NewField]) -> Vec<u8> {
    joined(file, &add_fields(&open(file), new).unwrap().bytes)
}

#[tokio::test]
async fn number_and_date_are_filled_between_two_signatures() {
    let pki = Pki::new();
    let (leader, organ) = (pki.signer("Leader", 10), pki.signer("Organ", 11));
    for form in FORMS {
        let file = with_fields(
            &tagged(form),
            &[signature("LanhDao", None), text("So"), text("Ngay"), unseen("PhuLuc"), signature("CoQuan", None)],
        );
        let mut shown = options("LanhDao");
        shown.appearance = Appearance {
            picture: Some(super::samples::picture().into()),
            text: Some(AppearanceText { lines: vec!["05".to_owned()], font: font(), size: 9.0, colour: [0, 0, 160] }),
        };
        let file = signed(&pki, &file, &leader, &shown, Level::Time).await;
        // A record of any length fits into the field that shows nothing.
        let record = format!("{{\"CodeNumber\":\"05\",\"Subject\":\"Về việc (thử) \\\\ {}\"}}", "đ".repeat(4_000));
        let filled = [value("So"), value("Ngay"), FieldValue { value: record.clone(), ..value("PhuLuc") }];
        let after = fill_fields(&open(&file), &filled).unwrap();
        let file = joined(&file, &after.bytes);
        let file = signed(&pki, &file, &organ, &options("CoQuan"), Level::Archive).await;
        let report = judged(&pki, &file).await;
        assert_eq!(report.integrity.verdict, Verdict::Passed, "{form:?} {report:#?}");
        assert_eq!(report.signatures.len(), 3);
        let changes = &report.signatures[0].changes;
        let filled = ["So", "Ngay", "PhuLuc"].map(|name| Change::Filled(name.to_owned()));
        for wanted in filled.into_iter().chain([Change::Signature("CoQuan".to_owned())]) {
            assert!(changes.contains(&wanted), "{form:?} {changes:?}");
        }
        let found = fields(&open(&file).newest()).unwrap().into_iter().find(|field| field.name == "PhuLuc").unwrap();
        assert_eq!(found.value().and_then(haidang_documents::pdf::Object::as_text), Some(record));
        assert!(found.dictionary.get("AP").is_none(), "it shows nothing");
        super::keep(&pki, &format!("record-{form:?}"), &file);
        let view = open(&file);
        let names: Vec<String> = fields(&view.newest()).unwrap().into_iter().map(|field| field.name).collect();
        assert_eq!(names, ["LanhDao", "So", "Ngay", "PhuLuc", "CoQuan", "DauThoiGian1"]);
    }
}

#[tokio::test]
async fn a_visible_field_comes_before_the_first_signature_of_a_tagged_file() {
    let pki = Pki::new();
    let signer = pki.signer("A", 10);
    let late = |file: &[u8]| {
        let mut late = options("CoQuan");
        late.placement = placed(100.0);
        haidang_documents::pades::prepare(&open(file), &late, 6_000).map(|_| ())
    };
    let file = signed(&pki, &tagged(Form::Table), &signer, &options("LanhDao"), Level::Basic).await;
    assert!(matches!(late(&file), Err(PadesError::FieldTooLate(_))));
    assert!(matches!(add_fields(&open(&file), &[text("So")]), Err(PadesError::FieldTooLate(_))));
    let file = signed(&pki, &plain(Form::Table), &signer, &options("LanhDao"), Level::Basic).await;
    assert!(late(&file).is_ok(), "without tags nothing is in the way");
}

#[tokio::test]
async fn what_a_signature_forbids_is_refused_before_it_is_done() {
    let pki = Pki::new();
    let signer = pki.signer("A", 10);
    let base = with_fields(
        &plain(Form::Stream),
        &[signature("LanhDao", Some(FieldLock::Include(vec!["So".to_owned()]))), text("So"), text("Ngay")],
    );
    let locked = signed(&pki, &base, &signer, &options("LanhDao"), Level::Basic).await;
    assert!(matches!(fill_fields(&open(&locked), &[value("So")]), Err(PadesError::Forbidden(_))));
    let filled = joined(&locked, &fill_fields(&open(&locked), &[value("Ngay")]).unwrap().bytes);
    assert!(judged(&pki, &filled).await.is_good());
    assert!(matches!(fill_fields(&open(&filled), &[value("Ngay")]), Err(PadesError::FieldTaken(_))));
    assert!(matches!(fill_fields(&open(&filled), &[value("Khac")]), Err(PadesError::FieldMissing(_))));

    for (level, opens) in [(Certification::NoChanges, false), (Certification::FormFilling, true)] {
        let mut certified = options("LanhDao");
        certified.certification = Some(level);
        let file = signed(&pki, &base, &signer, &certified, Level::Basic).await;
        assert!(judged(&pki, &file).await.is_good());
        assert_eq!(fill_fields(&open(&file), &[value("Ngay")]).is_ok(), opens);
        let second = haidang_documents::pades::prepare(&open(&file), &options("CoQuan"), 6_000);
        assert_eq!(second.is_ok(), opens);
        let mut seen = options("CoQuan");
        seen.placement = placed(10.0);
        assert!(matches!(haidang_documents::pades::prepare(&open(&file), &seen, 6_000), Err(PadesError::Forbidden(_))));
        let mut twice = options("CoQuan");
        twice.certification = Some(level);
        assert!(haidang_documents::pades::prepare(&open(&file), &twice, 6_000).is_err());
        // Data for validation may always be added.
        let after = haidang_documents::pades::renew(super::source(&file), &pki.authorities()).await.unwrap();
        let report = judged(&pki, &joined(&file, &after)).await;
        assert_eq!(report.integrity.verdict, Verdict::Passed, "{report:#?}");
    }
}
