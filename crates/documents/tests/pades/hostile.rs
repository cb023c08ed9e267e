//! Files made to break readers: refused, in bounded time and memory, without a panic.

use std::sync::OnceLock;

use haidang_documents::pades::{Level, Verdict, fields, prepare};
use haidang_documents::pdf::{PdfError, PdfFile};
use proptest::prelude::*;

use super::pki::Pki;
use super::samples::{FORMS, Form, plain, tagged};
use super::{judged, options, signed, source};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// Files of every form, signed up to the archive, with the place of the first signature's room.
fn corpus() -> &'static (std::sync::Arc<Pki>, Vec<Vec<u8>>) {
    static CORPUS: OnceLock<(std::sync::Arc<Pki>, Vec<Vec<u8>>)> = OnceLock::new();
    CORPUS.get_or_init(|| {
        let pki = Pki::new();
        let signer = pki.signer("A", 10);
        let files = FORMS.iter().flat_map(|form| {
            [Level::Basic, Level::Archive]
                .map(|level| runtime().block_on(signed(&pki, &tagged(*form), &signer, &options("S"), level)))
        });
        let files = files.collect();
        (pki, files)
    })
}

/// Where the newest signature lies: the gap of the last `/ByteRange`.
fn newest_contents(file: &[u8]) -> std::ops::Range<usize> {
    let mark = b"/ByteRange";
    let begin = file.windows(mark.len()).rposition(|window| window == mark).unwrap() + mark.len();
    let text = String::from_utf8_lossy(&file[begin..file.len().min(begin + 80)]).into_owned();
    let numbers = text.split(|letter: char| !letter.is_ascii_digit()).filter(|word| !word.is_empty());
    let numbers: Vec<usize> = numbers.take(3).map(|word| word.parse().unwrap()).collect();
    numbers[1]..numbers[2]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_changed_byte_goes_unnoticed(which in 0..6_usize, at in any::<prop::sample::Index>(), value in any::<u8>()) {
        let (pki, files) = corpus();
        let mut file = files[which].clone();
        let at = at.index(file.len());
        let before = file[at];
        file[at] = value;
        let report = runtime().block_on(judged(pki, &file));
        if !report.is_good() {
            return Ok(());
        }
        // Upper and lower case of one hexadecimal digit are the same digit, and white space behind the end is nothing.
        let same = before.eq_ignore_ascii_case(&value) || (before.is_ascii_whitespace() && value.is_ascii_whitespace());
        // Nothing signs what the newest signature carries beside what it signs, such as the certificates above its own:
        // a change there may pass if it changes nothing of what is said.
        let untouched = runtime().block_on(judged(pki, &files[which]));
        let beside = newest_contents(&files[which]).contains(&at) && report == untouched;
        // A change may also make the newest signature none: the rest is an earlier state that says less.
        let less = report.signatures.len() < untouched.signatures.len();
        prop_assert!(same || beside || less, "byte {at} of {}: {before} to {value}", file.len());
    }

    #[test]
    fn cut_files_are_refused(which in 0..6_usize, at in any::<prop::sample::Index>()) {
        let (pki, files) = corpus();
        let file = &files[which];
        let end = at.index(file.len());
        let report = runtime().block_on(judged(pki, &file[..end]));
        // A file cut behind a whole revision is an earlier state of itself, which is honest about what it lacks.
        let whole = report.revisions > 0;
        prop_assert!(report.integrity.verdict != Verdict::Passed || whole);
    }

    #[test]
    fn noise_is_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        prop_assert!(PdfFile::open(source(&bytes)).is_err());
        bytes.splice(0..0, *b"%PDF-1.7\n");
        bytes.extend_from_slice(b"startxref\n9\n%%EOF\n");
        prop_assert!(PdfFile::open(source(&bytes)).is_err());
    }

    #[test]
    fn spliced_files_never_panic(which in 0..6_usize, cut in any::<prop::sample::Index>(), from in any::<prop::sample::Index>(), length in 0..500_usize) {
        let (pki, files) = corpus();
        let mut file = files[which].clone();
        let from = from.index(file.len());
        let piece = file[from..file.len().min(from + length)].to_vec();
        let cut = cut.index(file.len());
        file.splice(cut..cut, piece);
        runtime().block_on(judged(pki, &file));
        if let Ok(opened) = PdfFile::open(source(&file)) {
            drop(fields(&opened.newest()));
            drop(prepare(&opened, &options("Khac"), 6_000));
        }
    }
}

fn with_object(body: &str) -> Vec<u8> {
    let mut file = String::from_utf8(b"%PDF-1.7\n".to_vec()).unwrap();
    let catalog = file.len();
    file.push_str("1 0 obj\n<</Type /Catalog /Pages 2 0 R /AcroForm 3 0 R>>\nendobj\n");
    let pages = file.len();
    file.push_str("2 0 obj\n<</Type /Pages /Kids [2 0 R] /Count 1>>\nendobj\n");
    let own = file.len();
    file.push_str(&format!("3 0 obj\n{body}\nendobj\n"));
    let start = file.len();
    file.push_str(&format!(
        "xref\n1 3\n{catalog:010} 00000 n \n{pages:010} 00000 n \n{own:010} 00000 n \ntrailer\n<</Root 1 0 R /Size 4>>\nstartxref\n{start}\n%%EOF\n"
    ));
    file.into_bytes()
}

#[test]
fn bombs_and_circles_end_in_an_error() {
    for (what, body) in [
        ("deep arrays", format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))),
        ("deep dictionaries", "<</A ".repeat(100_000)),
        ("a string without end", format!("({}", "x".repeat(3 << 20))),
        ("a key twice", "<</Fields [] /Fields [1 0 R]>>".to_owned()),
        ("a field that is its own kid", "<</Fields [3 0 R] /Kids [3 0 R] /T (a)>>".to_owned()),
        ("a number too large", "<</Fields 99999999999999999999>>".to_owned()),
    ] {
        let file = PdfFile::open(source(&with_object(&body))).unwrap();
        assert!(fields(&file.newest()).is_err(), "{what}");
    }
    let circle = PdfFile::open(source(&with_object("<<>>"))).unwrap();
    assert!(matches!(circle.newest().page(None), Err(PdfError::Object { .. })));
}

#[test]
fn sections_in_a_circle_encryption_and_floods_are_refused() {
    let file = String::from_utf8(with_object("<<>>")).unwrap();
    let start = file.find("xref").unwrap();
    let circle = file.replace("/Size 4>>", &format!("/Size 4 /Prev {start}>>"));
    assert!(PdfFile::open(source(circle.as_bytes())).is_err());
    let encrypted = file.replace("/Size 4>>", "/Size 4 /Encrypt 3 0 R>>");
    assert!(matches!(PdfFile::open(source(encrypted.as_bytes())), Err(PdfError::Encrypted)));
    let flood = file.replace("xref\n1 3\n", "xref\n1 4000000000\n");
    assert!(matches!(PdfFile::open(source(flood.as_bytes())), Err(PdfError::Limit(_))));
}

#[test]
fn a_compressed_bomb_is_not_inflated() {
    use std::io::Write as _;
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    (0..20).for_each(|_| packed.write_all(&[b' '; 1 << 20]).unwrap());
    let packed = packed.finish().unwrap();
    let mut file = b"%PDF-1.7\n".to_vec();
    let container = file.len();
    file.extend(
        format!("5 0 obj\n<</Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length {}>>\nstream\n", packed.len())
            .bytes(),
    );
    file.extend(&packed);
    file.extend_from_slice(b"\nendstream\nendobj\n");
    let start = file.len();
    let mut rows = vec![2, 0, 0, 5, 0];
    rows.extend([1, 0, u8::try_from(container).unwrap(), 0, 0]);
    file.extend(
        format!(
            "6 0 obj\n<</Type /XRef /Size 7 /W [1 2 2] /Index [1 1 5 1] /Root 1 0 R /Length {}>>\nstream\n",
            rows.len()
        )
        .bytes(),
    );
    // Rows are type, container or offset, index: [2, 5, 0] and [1, offset, 0].
    file.extend([2, 0, 5, 0, 0, 1, 0, u8::try_from(container).unwrap(), 0, 0]);
    file.extend_from_slice(b"\nendstream\nendobj\n");
    file.extend(format!("startxref\n{start}\n%%EOF\n").bytes());
    let opened = PdfFile::open(source(&file)).unwrap();
    assert!(matches!(opened.newest().catalog(), Err(PdfError::Limit(_))));
}

#[test]
fn a_large_file_is_signed_without_being_read_into_memory() {
    use std::io::{Seek as _, SeekFrom, Write as _};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.pdf");
    // A hole of 96 MB inside a stream: the structure is small, the file is not.
    let small = String::from_utf8_lossy(&plain(Form::Table)).into_owned();
    let hole = 96_usize << 20;
    let mut file = std::fs::File::create(&path).unwrap();
    file.write_all(format!("%PDF-1.7\n9 0 obj\n<</Length {hole}>>\nstream\n").as_bytes()).unwrap();
    file.seek(SeekFrom::Current(i64::try_from(hole).unwrap())).unwrap();
    file.write_all(b"\nendstream\nendobj\n").unwrap();
    let mut offsets = Vec::new();
    for body in small.split("endobj\n").filter(|body| body.contains(" 0 obj")) {
        let body = &body[body.find(" 0 obj").unwrap() - 1..];
        offsets.push((body[..1].parse::<u32>().unwrap(), file.stream_position().unwrap()));
        file.write_all(format!("{body}endobj\n").as_bytes()).unwrap();
    }
    offsets.sort_unstable();
    let start = file.stream_position().unwrap();
    file.write_all(b"xref\n").unwrap();
    for (number, offset) in offsets {
        file.write_all(format!("{number} 1\n{offset:010} 00000 n \n").as_bytes()).unwrap();
    }
    file.write_all(format!("trailer\n<</Root 1 0 R /Size 10>>\nstartxref\n{start}\n%%EOF\n").as_bytes()).unwrap();
    drop(file);
    let pki = Pki::new();
    let out = folder.path().join("signed.pdf");
    let signer = super::batch::local(&pki.signer("A", 10));
    runtime().block_on(async {
        haidang_documents::pades::sign_file(
            &path,
            &out,
            (&signer, None),
            &options("S"),
            Level::Time,
            &pki.authorities(),
        )
        .await
        .unwrap();
        let report = haidang_documents::pades::verify_file(&out, &pki.judge()).await.unwrap();
        assert_eq!((report.integrity.verdict, report.level), (Verdict::Passed, Some(Level::Time)), "{report:#?}");
        let (options, authorities) = (options("S"), pki.authorities());
        let again =
            haidang_documents::pades::sign_file(&path, &out, (&signer, None), &options, Level::Basic, &authorities);
        assert!(again.await.is_err(), "an existing file is never overwritten");
    });
}
