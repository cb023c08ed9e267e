//! What strangers upload.

use super::*;
use crate::upload::archive::tests::packed;
use haidang_testkit::db_test;

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR rest";

struct Part<'a> {
    field: &'a str,
    file: Option<&'a str>,
    media: Option<&'a str>,
    bytes: &'a [u8],
}

fn file<'a>(name: &'a str, media: &'a str, bytes: &'a [u8]) -> Part<'a> {
    Part { field: "paper", file: Some(name), media: (!media.is_empty()).then_some(media), bytes }
}

fn text<'a>(field: &'a str, value: &'a str) -> Part<'a> {
    Part { field, file: None, media: None, bytes: value.as_bytes() }
}

fn multipart(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        body.extend_from_slice(format!("--XX\r\nContent-Disposition: form-data; name=\"{}\"", part.field).as_bytes());
        if let Some(name) = part.file {
            body.extend_from_slice(format!("; filename=\"{name}\"").as_bytes());
        }
        body.extend_from_slice(b"\r\n");
        if let Some(media) = part.media {
            body.extend_from_slice(format!("Content-Type: {media}\r\n").as_bytes());
        }
        body.extend_from_slice(b"\r\n");
        body.extend_from_slice(part.bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--XX--\r\n");
    body
}

async fn upload(trial: &Trial, parts: &[Part<'_>]) -> Got {
    raw(trial, multipart(parts), true).await
}

async fn raw(trial: &Trial, body: Vec<u8>, sized: bool) -> Got {
    let mut request = Request::post("/api/v1/files")
        .header("authorization", "Bearer token-resident")
        .header("content-type", "multipart/form-data; boundary=XX");
    if sized {
        request = request.header("content-length", body.len());
    }
    trial.send(request.body(Body::from(body)).unwrap()).await
}

db_test! {
    rooms = ROOMS;

    async fn a_file_is_what_its_bytes_are(db: TestDb) {
        let trial = trial(&db);
        let docx = packed(&[("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>")]);
        let xlsx = packed(&[("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"<x/>")]);
        let bomb = packed(&[("[Content_Types].xml", b"<x/>"), ("word/document.xml", &vec![b' '; 30_000_000])]);
        let nested = packed(&[("a.zip", &packed(&[("b.zip", &packed(&[("c.txt", b"c")]))]))]);
        let climbing = packed(&[("../../word/document.xml", b"x")]);
        let eicar = [PDF, b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR", b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"].concat();
        let large = [PDF, &vec![b' '; 100_001][..]].concat();
        const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        let table: &[(&str, &str, &[u8], &str)] = &[
            ("giay.pdf", "application/pdf", PDF, "application/pdf"),
            ("giay.PDF", "", PDF, "application/pdf"),
            ("C:\\nhà\\giấy.pdf", "application/pdf", PDF, "application/pdf"),
            ("anh.png", "image/png", PNG, "image/png"),
            ("don.docx", DOCX, &docx, DOCX),
            ("anh.png", "image/png", PDF, "file_extension_mismatch"),
            ("giay.pdf", "image/png", PDF, "file_declared_type_mismatch"),
            ("giay.pdf", "text/html", PDF, "file_declared_type_mismatch"),
            ("giay.pdf", "application/pdf", b"<html><script>alert(1)</script>", "file_kind_not_allowed"),
            ("giay.pdf", "application/pdf", b"MZ\x90\0\x03", "file_kind_not_allowed"),
            ("anh.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "file_kind_not_allowed"),
            ("bang.xlsx", "", &xlsx, "file_kind_not_allowed"),
            ("don.docx", DOCX, &xlsx, "file_kind_not_allowed"),
            ("don.docx", DOCX, b"PK\x03\x04 broken", "archive_unreadable"),
            ("don.docx", DOCX, &climbing, "archive_unreadable"),
            ("don.docx", DOCX, &bomb, "archive_bomb"),
            ("don.docx", DOCX, &nested, "archive_bomb"),
            ("giay.pdf", "application/pdf", &eicar, "file_infected"),
            ("giay.pdf", "application/pdf", &large, "file_too_large"),
            ("giay.pdf", "application/pdf", b"", "file_empty"),
        ];
        for (name, media, bytes, expected) in table {
            let got = upload(&trial, &[file(name, media, bytes)]).await;
            assert_eq!(got.status, 200, "{name} {media}: {}", got.text());
            let answer = got.json();
            let seen = answer["files"][0][1].as_str().or(answer["refused"][0][1].as_str()).unwrap_or("nothing").to_owned();
            assert_eq!(seen, *expected, "{name} {media}");
            assert!(!answer.to_string().contains("C:"), "folders are cut off");
        }
    }

    async fn a_bad_file_never_loses_the_others(db: TestDb) {
        let trial = trial(&db);
        let large = vec![b'x'; 150_000];
        let parts = [
            text("note", "Ghi chú"),
            file("mot.pdf", "application/pdf", PDF),
            file("to.pdf", "application/pdf", &large),
            file("hai.png", "image/png", PNG),
            file("ba.pdf", "application/pdf", PDF),
            Part { field: "paper", file: Some(""), media: Some("application/octet-stream"), bytes: b"" },
        ];
        let got = upload(&trial, &parts).await.json();
        assert_eq!(got["note"], "Ghi chú");
        assert_eq!((&got["files"][0][0], &got["files"][1][0]), (&"mot.pdf".into(), &"hai.png".into()));
        assert_eq!(got["files"].as_array().unwrap().len(), 2);
        assert_eq!(got["refused"], serde_json::json!([["to.pdf", "file_too_large"], ["ba.pdf", "too_many_files"]]));
        assert_eq!(got["exists"], true);
        let digest = "c33a9a3dbe3ae60fb5e3e6c0c3b54d24f1d4f6d5";
        assert_ne!(got["files"][0][3], digest, "a digest of the bytes, 64 digits");
        assert_eq!(got["files"][0][3].as_str().unwrap().len(), 64);
    }

    async fn a_whole_request_has_its_limits(db: TestDb) {
        let trial = trial(&db);
        let heavy = vec![b'x'; 450_000];
        for sized in [true, false] {
            let got = raw(&trial, multipart(&[file("a.pdf", "application/pdf", &heavy)]), sized).await;
            assert_eq!((got.status.as_u16(), got.json()["code"].as_str()), (413, Some("body_too_large")), "sized: {sized}");
        }
        let long = "x".repeat(70_000);
        assert_eq!(upload(&trial, &[text("note", &long)]).await.status, 413);
        let many: Vec<Part<'_>> = (0..2_100).map(|_| text("n", "")).collect();
        assert_eq!(upload(&trial, &many).await.json()["code"], "malformed_form");
        let mut cut = multipart(&[file("a.pdf", "application/pdf", PDF)]);
        cut.truncate(cut.len() - 20);
        assert_eq!(raw(&trial, cut, true).await.status, 400);
        let plain = trial.api("POST", "/api/v1/files", "token-resident", "{}").await;
        assert_eq!(plain.json()["code"], "multipart_expected");
    }

    async fn a_page_takes_files_only_with_its_token(db: TestDb) {
        let trial = trial(&db);
        let mut browser = Browser::signed_in(&trial, "resident").await;
        browser.open(&trial, "/vi/trang").await;
        let send = async |token: &str, path: &str| {
            let body = multipart(&[text("csrf", token), file("a.pdf", "application/pdf", PDF)]);
            let request = Request::post(path).header("cookie", browser.cookie_header()).header("content-type", "multipart/form-data; boundary=XX");
            trial.send(request.body(Body::from(body)).unwrap()).await
        };
        assert_eq!(send(&browser.csrf, "/vi/giay").await.status, 200);
        assert_eq!(send("wrong", "/vi/giay").await.status, 403);
        assert_eq!(send("", "/vi/giay").await.status, 403);
        assert_eq!(send(&browser.csrf, "/vi/trang").await.status, 415, "a form without files takes none");
    }
}

#[test]
fn every_refusal_has_words_in_both_languages() {
    use crate::upload::{Refusal, RefusedFile};
    crate::texts::register();
    for why in [
        Refusal::TooLarge,
        Refusal::Empty,
        Refusal::TooMany,
        Refusal::KindNotAllowed,
        Refusal::ExtensionMismatch,
        Refusal::DeclaredMismatch,
        Refusal::ArchiveBomb,
        Refusal::ArchiveUnreadable,
        Refusal::Infected,
    ] {
        let refused = RefusedFile { field: "paper".into(), name: "a.pdf".into(), why };
        for lang in haidang_ui::Lang::ALL {
            let words = refused.message(lang, &SMALL);
            assert!(words.contains("a.pdf") && !words.contains('⟦') && !words.contains("{$"), "{words}");
        }
    }
}
