//! What is known to have fooled readers of signed PDFs: every one is refused.

use haidang_documents::pades::{
    Certification, Code, FieldLock, FieldValue, Level, NewField, NewFieldKind, Report, Verdict, add_fields, prepare,
};
use haidang_documents::pdf::{Object, PdfFile, Reference, Update};
use haidang_signing::cms;
use std::sync::Arc;

use super::pki::Pki;
use super::samples::{self, CONTENT, FORMS, Form, PAGE, plain};
use super::{joined, judged, open, options, signed};

async fn refused(pki: &Pki, file: &[u8], what: &str) -> Report {
    let report = judged(pki, file).await;
    assert_ne!(report.integrity.verdict, Verdict::Passed, "{what}: {report:#?}");
    assert!(!report.is_good(), "{what}");
    report
}

fn codes(report: &Report) -> Vec<Code> {
    report.integrity.findings.iter().map(|finding| finding.code).collect()
}

async fn base(pki: &Arc<Pki>, file: &[u8]) -> Vec<u8> {
    signed(pki, file, &pki.signer("A", 10), &options("ChuKy"), Level::Basic).await
}

/// A revision that changes what this function says.
fn revised(file: &[u8], change: impl FnOnce(&mut Update<'_>)) -> Vec<u8> {
    let opened: PdfFile = open(file);
    let mut update = Update::new(&opened);
    change(&mut update);
    joined(file, &update.finish().unwrap().bytes)
}

/// A revision written by hand: body, rows of the table (number, offset) and keys of the trailer.
fn appended(file: &[u8], body: &str, rows: &[(u32, usize)], trailer: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(file);
    let previous = text.rfind("startxref").and_then(|at| text[at + 10..].split_whitespace().next()).unwrap().to_owned();
    let mut out = file.to_vec();
    out.extend_from_slice(body.as_bytes());
    let start = out.len();
    let mut table = String::from("xref\n");
    for (number, offset) in rows {
        table.push_str(&format!("{number} 1\n{offset:010} 00000 n \n"));
    }
    out.extend_from_slice(table.as_bytes());
    out.extend_from_slice(
        format!("trailer\n<</Size 200 /Prev {previous} {trailer}>>\nstartxref\n{start}\n%%EOF\n").as_bytes(),
    );
    out
}

const ROOT: &str = "/Root 1 0 R";

fn set(update: &mut Update<'_>, number: u32, key: &str, value: Object) {
    let reference = Reference::new(number);
    let mut dictionary = update.dictionary(reference).unwrap();
    dictionary.set(key, value);
    update.set(reference, Object::Dictionary(dictionary));
}

#[tokio::test]
async fn a_later_revision_may_not_touch_pages_catalog_or_content() {
    let pki = Pki::new();
    for form in FORMS {
        let file = base(&pki, &plain(form)).await;
        let turned = revised(&file, |update| set(update, PAGE, "Rotate", Object::Integer(90)));
        assert_eq!(codes(&refused(&pki, &turned, "page turned").await), [Code::PageChanged], "{form:?}");
        let replaced = revised(&file, |update| {
            let empty = haidang_documents::pdf::Dictionary::default();
            update.set(Reference::new(CONTENT), Object::stream(empty, b"0 0 m 7 7 l S".to_vec()));
        });
        assert_eq!(codes(&refused(&pki, &replaced, "content replaced").await), [Code::ObjectChanged], "{form:?}");
        let switched = revised(&file, |update| set(update, 1, "OCProperties", Object::Dictionary(Default::default())));
        assert_eq!(codes(&refused(&pki, &switched, "layers").await), [Code::CatalogChanged], "{form:?}");
        let resources = revised(&file, |update| {
            set(update, PAGE, "Resources", Object::Reference(Reference::new(CONTENT)));
        });
        refused(&pki, &resources, "resources").await;
        let covered = revised(&file, |update| {
            let note = update.add(Object::Dictionary(Default::default())).unwrap();
            update.append(Reference::new(PAGE), "Annots", vec![Object::Reference(note)]).unwrap();
        });
        assert_eq!(codes(&refused(&pki, &covered, "annotation over it").await), [Code::AnnotationChanged], "{form:?}");
        let uncovered = revised(&file, |update| set(update, PAGE, "Annots", Object::Array(vec![])));
        refused(&pki, &uncovered, "annotation removed").await;
        let again = revised(&turned, |update| set(update, PAGE, "Rotate", Object::Integer(0)));
        refused(&pki, &again, "turned back").await;
    }
}

#[tokio::test]
async fn an_object_stream_is_not_replaced_under_its_objects() {
    let pki = Pki::new();
    let file = base(&pki, &plain(Form::Stream)).await;
    let replaced = revised(&file, |update| {
        let opened = update.object(Reference::new(30)).unwrap();
        let dictionary = opened.as_dictionary().unwrap().clone();
        update.set(Reference::new(30), Object::stream(dictionary, b"nothing".to_vec()));
    });
    assert_eq!(codes(&refused(&pki, &replaced, "object stream").await), [Code::ObjectStreamReplaced]);
}

#[tokio::test]
async fn hidden_content_is_not_switched_on() {
    let pki = Pki::new();
    // Referred to before it existed, defined later.
    let file = base(&pki, &samples::with_dangling_content()).await;
    let body = "90 0 obj\n<</Length 13>>\nstream\n0 0 m 7 7 l S\nendstream\nendobj\n";
    let shown = appended(&file, body, &[(90, file.len())], ROOT);
    assert_eq!(codes(&refused(&pki, &shown, "content that was missing").await), [Code::ObjectChanged]);
    // Defined before, listed later.
    let (file, hidden) = samples::with_hidden_content();
    let file = base(&pki, &file).await;
    let shown = appended(&file, "", &[(CONTENT, hidden)], ROOT);
    assert_eq!(codes(&refused(&pki, &shown, "table leads to the hidden twin").await), [Code::ObjectChanged]);
    // A second catalog.
    let body = "91 0 obj\n<</Type /Catalog /Pages 2 0 R>>\nendobj\n";
    let shown = appended(&file, body, &[(91, file.len())], "/Root 91 0 R");
    refused(&pki, &shown, "another catalog").await;
    // Listed before it was written: the table of the signed revision leads behind its end.
    let freed = appended(&file, "", &[], ROOT);
    let freed = String::from_utf8_lossy(&freed).len();
    assert!(freed > file.len());
}

#[tokio::test]
async fn incremental_saving_tricks_are_refused() {
    let pki = Pki::new();
    let file = base(&pki, &plain(Form::Table)).await;
    let content = format!("{CONTENT} 0 obj\n<</Length 13>>\nstream\n0 0 m 7 7 l S\nendstream\nendobj\n");
    let with = |tail: &str| joined(&file, tail.as_bytes());
    for (what, tail) in [
        ("body without table", content.clone()),
        ("body and end mark", format!("{content}%%EOF\n")),
        ("body and trailer", format!("{content}trailer\n<</Root 1 0 R /Size 50>>\nstartxref\n0\n%%EOF\n")),
        ("one byte", "x".to_owned()),
    ] {
        refused(&pki, &with(&tail), what).await;
    }
    // A proper table, but more bytes than it lists.
    let twice = appended(&file, &format!("{content}{content}"), &[(95, file.len())], ROOT);
    refused(&pki, &twice, "another object than listed").await;
    let extra = "96 0 obj\nnull\nendobj\n";
    let unlisted = appended(&file, &format!("{content}{extra}"), &[(96, file.len() + content.len())], ROOT);
    assert_eq!(codes(&refused(&pki, &unlisted, "unlisted object").await), [Code::HiddenBytes]);
    let listed_twice = appended(&file, extra, &[(96, file.len()), (96, file.len())], ROOT);
    refused(&pki, &listed_twice, "an object listed twice").await;
    // A revision is skipped: the newest table leads past the signed one.
    let skipped = {
        let first = open(&file).revisions()[0];
        let mut out = appended(&file, "", &[], ROOT);
        let text = String::from_utf8_lossy(&file[..usize::try_from(first.end).unwrap()]).into_owned();
        let before =
            text.rfind("startxref").and_then(|at| text[at + 10..].split_whitespace().next()).unwrap().to_owned();
        let tail = String::from_utf8(out.split_off(file.len())).unwrap();
        let start = tail.find("/Prev ").unwrap() + 6;
        let end = start + tail[start..].find(' ').unwrap();
        joined(&out, format!("{}{before}{}", &tail[..start], &tail[end..]).as_bytes())
    };
    let report = judged(&pki, &skipped).await;
    assert!(!report.is_good(), "{report:#?}");
}

#[tokio::test]
async fn forged_dictionaries_of_signatures_are_refused() {
    let pki = Pki::new();
    let file = base(&pki, &plain(Form::Table)).await;
    let text = String::from_utf8_lossy(&file).into_owned();
    let start = text.rfind("/ByteRange").unwrap();
    let end = start + text[start..].find(']').unwrap() + 1;
    let range = &text[start..end];
    let numbers: Vec<usize> = range[12..range.len() - 1].split_whitespace().map(|n| n.parse().unwrap()).collect();
    let padded = |new: String| format!("{new:<width$}", width = range.len());
    for new in [
        String::new(),
        "/ByteRange null".to_owned(),
        "/ByteRange []".to_owned(),
        "/ByteRange [0 1]".to_owned(),
        format!("/ByteRange [0 {} -1 1]", numbers[1]),
        format!("/ByteRange [0 {} {} {}]", numbers[1], numbers[2], numbers[3] - 1),
        format!("/ByteRange [0 {} {} {}]", numbers[1] - 1, numbers[2], numbers[3]),
        format!("/ByteRange [1 {} {} {}]", numbers[1] - 1, numbers[2], numbers[3]),
        format!("/ByteRange [0 {} {} 99999]", numbers[1], numbers[2]),
        format!("/ByteRange [0 {} {} 0]", numbers[1], numbers[2]),
        "/ByteRange [0 0 0 0]".to_owned(),
    ] {
        refused(&pki, text.replace(range, &padded(new.clone())).as_bytes(), &new).await;
    }
    let digits = &file[numbers[1]..numbers[2]];
    let with_gap = |gap: &[u8]| [&file[..numbers[1]], gap, &file[numbers[2]..]].concat();
    let (mut comment, mut literal, mut zeros) = (digits.to_vec(), digits.to_vec(), digits.to_vec());
    let length = digits.len();
    comment[length - 20..].copy_from_slice(b"> /Foo (12345678) % ");
    literal[0] = b'(';
    literal[length - 1] = b')';
    zeros[1..length - 1].fill(b'0');
    for (what, gap) in [("more behind the signature", comment), ("a literal string", literal), ("zeros", zeros)] {
        refused(&pki, &with_gap(&gap), what).await;
    }
    let mut junk = digits.to_vec();
    junk[length - 3] = b'7';
    refused(&pki, &with_gap(&junk), "bytes in the padding").await;
    for cut in [1, 7, 40, 400] {
        let report = judged(&pki, &file[..file.len() - cut]).await;
        // Without its last line break the file is still whole.
        assert!(!report.is_good(), "cut {cut}: {report:#?}");
    }
}

#[tokio::test]
async fn signatures_are_not_removed_shared_or_rewritten() {
    let pki = Pki::new();
    let file = base(&pki, &plain(Form::Table)).await;
    let opened = open(&file);
    let field = haidang_documents::pades::fields(&opened.newest()).unwrap().remove(0);
    let without = revised(&file, |update| {
        let mut dictionary = field.dictionary.clone();
        dictionary.remove("V");
        update.set(field.reference, Object::Dictionary(dictionary));
    });
    assert_eq!(codes(&refused(&pki, &without, "value removed").await), [Code::SignatureRemoved]);
    let (root, catalog) = opened.newest().catalog().unwrap();
    let without = revised(&file, |update| {
        let mut catalog = catalog.clone();
        catalog.remove("AcroForm");
        update.set(root, Object::Dictionary(catalog));
    });
    assert_eq!(codes(&refused(&pki, &without, "form removed").await), [Code::SignatureRemoved]);
    let shared = revised(&file, |update| {
        let mut twin = field.dictionary.clone();
        twin.set("T", Object::String(b"Khac".to_vec()));
        let twin = update.add(Object::Dictionary(twin)).unwrap();
        update.append(Reference::new(PAGE), "Annots", vec![Object::Reference(twin)]).unwrap();
        let mut catalog = catalog.clone();
        let mut form = catalog.get("AcroForm").unwrap().as_dictionary().unwrap().clone();
        form.set("Fields", Object::Array(vec![Object::Reference(field.reference), Object::Reference(twin)]));
        catalog.set("AcroForm", Object::Dictionary(form));
        update.set(root, Object::Dictionary(catalog));
    });
    assert!(codes(&refused(&pki, &shared, "one signature in two fields").await).contains(&Code::RangesOverlap));
    let rewritten = revised(&file, |update| {
        let value = field.value().unwrap().as_reference().unwrap();
        let dictionary = update.dictionary(value).unwrap();
        update.set(value, Object::Dictionary(dictionary));
    });
    refused(&pki, &rewritten, "signature rewritten").await;
}

#[tokio::test]
async fn closed_fields_and_certified_documents_stay_closed() {
    let pki = Pki::new();
    let kind = NewFieldKind::Signature { lock: Some(FieldLock::All) };
    let placement = Some(haidang_documents::pades::Placement {
        page: haidang_documents::pades::PageChoice::Last,
        rectangle: [10.0, 10.0, 99.0, 30.0],
    });
    let new = |name: &str, kind| NewField { name: name.to_owned(), tooltip: name.to_owned(), placement, kind };
    let file = plain(Form::Table);
    let fields = [new("LanhDao", kind), new("So", NewFieldKind::Text)];
    let file = joined(&file, &add_fields(&open(&file), &fields).unwrap().bytes);
    // What another writer does that asks nobody.
    let filled = |file: &[u8]| {
        let opened = open(file);
        let field = haidang_documents::pades::fields(&opened.newest()).unwrap().remove(1);
        revised(file, |update| set(update, field.reference.number, "V", Object::String(b"7".to_vec())))
    };
    let closed = signed(&pki, &file, &pki.signer("A", 10), &options("LanhDao"), Level::Basic).await;
    assert_eq!(codes(&refused(&pki, &filled(&closed), "closed field").await), [Code::FieldChanged]);
    let open_field = signed(&pki, &file, &pki.signer("A", 10), &options("Khac"), Level::Basic).await;
    assert!(judged(&pki, &filled(&open_field)).await.is_good());
    let moved = {
        let opened = open(&open_field);
        let field = haidang_documents::pades::fields(&opened.newest()).unwrap().remove(1);
        revised(&open_field, |update| {
            set(update, field.reference.number, "Rect", Object::Array([0, 0, 595, 841].map(Object::Integer).to_vec()));
        })
    };
    assert_eq!(codes(&refused(&pki, &moved, "field moved over the page").await), [Code::FieldChanged]);
    let mut certified = options("Khac");
    certified.certification = Some(Certification::NoChanges);
    let certified = signed(&pki, &file, &pki.signer("A", 10), &certified, Level::Basic).await;
    refused(&pki, &filled(&certified), "filled after a certification that closes all").await;
}

#[tokio::test]
async fn a_swapped_certificate_is_noticed() {
    let pki = Pki::new();
    let (honest, stranger) = (pki.signer("A", 10), Pki::new().signer("A", 10));
    let file = plain(Form::Table);
    let opened = open(&file);
    let prepared = prepare(&opened, &options("ChuKy"), 6_000).unwrap();
    let attributes = cms::prepare(prepared.digest(), &honest.certificate).unwrap();
    let value = honest.key.sign(attributes.der()).unwrap();
    let data = cms::finish(&attributes, &value, &honest.certificate, &honest.chain, &[]).unwrap();
    let (from, to) = (honest.certificate.der(), stranger.certificate.der());
    let at = data.windows(from.len()).position(|part| part == from).unwrap();
    let mut swapped = data.clone();
    // The same length is needed to stay well-formed; names and numbers are equal, so only the key differs.
    if from.len() == to.len() {
        swapped.splice(at..at + from.len(), to.iter().copied());
        let bytes = prepared.clone().embed(&swapped).unwrap().bytes;
        let report = refused(&pki, &joined(&file, &bytes), "certificate swapped").await;
        assert_eq!(codes(&report), [Code::CertificateSwapped]);
    }
    // Signed by somebody else over the same bytes: whole, but of nobody we know.
    let attributes = cms::prepare(prepared.digest(), &stranger.certificate).unwrap();
    let value = stranger.key.sign(attributes.der()).unwrap();
    let data = cms::finish(&attributes, &value, &stranger.certificate, &stranger.chain, &[]).unwrap();
    let report = judged(&pki, &joined(&file, &prepared.embed(&data).unwrap().bytes)).await;
    assert_eq!(report.identity.findings[0].code, Code::UntrustedAuthority);
    assert!(!report.is_good());
    let _: Option<FieldValue> = None;
}
