//! Documents through the doors: pages without scripts, the API, word-processor files.

use crate::ROOMS;
use crate::city::{NO_SUCH_ID, Visitor, served};
use crate::documents::{Bench, form};
use axum::body::Body;
use axum::extract::Request;
use haidang_office::documents::{Action, State, docx};
use haidang_testkit::{TestDb, db_test};
use http_body_util::BodyExt as _;
use std::io::Write as _;

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/// An archive like a word processor's.
fn word(document: &str) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, text) in [
        ("[Content_Types].xml", "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>"),
        ("word/document.xml", document),
    ] {
        archive.start_file(name, options).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn body_of(paragraphs: &str) -> String {
    format!("<?xml version=\"1.0\"?><w:document xmlns:w=\"x\"><w:body>{paragraphs}</w:body></w:document>")
}

async fn send(db: &TestDb, bench: &Bench, request: Request) -> (u16, serde_json::Value) {
    let (parts, body) = served(db, &bench.room).call(request).await.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (parts.status.as_u16(), serde_json::from_slice(&bytes).unwrap_or_default())
}

async fn ask(
    db: &TestDb,
    bench: &Bench,
    who: &str,
    method: &str,
    path: &str,
    body: serde_json::Value,
) -> (u16, serde_json::Value) {
    let request = Request::builder()
        .method(method)
        .uri(format!("/api/v1/office/{path}"))
        .header("authorization", format!("Bearer {who}"))
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    send(db, bench, request).await
}

async fn upload(
    db: &TestDb,
    bench: &Bench,
    path: &str,
    name: &str,
    media: &str,
    bytes: &[u8],
) -> (u16, serde_json::Value) {
    let mut body = format!(
        "--XX\r\nContent-Disposition: form-data; name=\"word\"; filename=\"{name}\"\r\nContent-Type: {media}\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--XX--\r\n");
    let request = Request::post(format!("/api/v1/office/{path}"))
        .header("authorization", "Bearer drafter")
        .header("content-type", "multipart/form-data; boundary=XX")
        .header("content-length", body.len())
        .body(Body::from(body))
        .unwrap();
    send(db, bench, request).await
}

#[test]
fn the_text_of_a_word_file_is_its_paragraphs() {
    let check = |document: &str, expected: Result<&str, &str>| {
        let found = docx::text(&word(document)).map_err(|fault| fault.code());
        assert_eq!(found.as_deref().map_err(|code| *code), expected, "{document}");
    };
    check(
        &body_of(
            "<w:p><w:r><w:t>Điều 1.</w:t></w:r><w:r><w:t xml:space=\"preserve\"> Ban hành A &amp; B</w:t></w:r></w:p><w:p/><w:p><w:r><w:t>a)</w:t><w:tab/><w:t>Văn phòng&#x1EBF;</w:t></w:r></w:p>",
        ),
        Ok("Điều 1. Ban hành A & B\na) Văn phòngế"),
    );
    check(
        &body_of(
            "<w:p><w:del><w:r><w:delText>cũ</w:delText><w:t>bỏ</w:t></w:r></w:del><w:r><w:t>mới</w:t></w:r></w:p>",
        ),
        Ok("mới"),
    );
    check(&body_of("<w:p/>"), Err("required"));
    check("<!DOCTYPE x [<!ENTITY a \"aaaa\">]><w:t>&a;</w:t>", Err("unreadable"));
    check(&body_of("<w:p><w:t>&nosuch;</w:t></w:p>"), Err("unreadable"));
    check("<w:p><w:t>never closed", Ok("never closed"));
    check("<w:p></w:t>", Err("unreadable"));
    check(&body_of(&format!("<w:p><w:t>{}</w:t></w:p>", "a".repeat(200_001))), Err("too_large"));
    // Thirty-three megabytes of nothing, in a few kilobytes.
    check(&" ".repeat(33 * 1024 * 1024), Err("too_large"));
    assert_eq!(docx::text(b"PK\x03\x04 no archive").map_err(|fault| fault.code()), Err("unreadable"));
}

db_test! {
    rooms = ROOMS;

    async fn an_official_drafts_and_sends_without_scripts(db: TestDb) {
        let bench = Bench::new(&db).await;
        let mut drafter = Visitor::signed_in(&db, &bench.room, "drafter").await;
        let list = drafter.open("/vi/can-bo/van-ban").await;
        assert_eq!(list.status, 200, "{}", list.text);
        assert!(list.text.contains("Chưa có văn bản nào."));
        let empty = drafter.open("/vi/can-bo/van-ban/moi").await;
        assert!(empty.text.contains("Công văn") && empty.text.contains("Chủ tịch"), "{}", empty.text);
        let wrong = drafter.send("/vi/can-bo/van-ban/moi", &[("course", "out"), ("body", "Điều 1. <b>Giữ nguyên</b>"), ("due_on.day", "31"), ("due_on.month", "2"), ("due_on.year", "2026")]).await;
        assert_eq!(wrong.status, 422);
        for part in ["Hãy nhập trích yếu", "Hãy chọn người ký", "Hạn trả lời phải là một ngày có thật", "Điều 1. &#60;b&#62;Giữ nguyên", "href=\"#subject\"", "value=\"31\""] {
            assert!(wrong.text.contains(part), "{part} in {}", wrong.text);
        }
        let shown = drafter.send("/vi/can-bo/van-ban/moi", &[("course", "out"), ("body", "Điều 1. Một"), ("preview", "1")]).await;
        assert!(shown.status == 200 && shown.text.contains("<strong>Điều 1.</strong> Một"), "{}", shown.text);
        let form = form();
        let fields = [("course", "out"), ("kind", form.kind.as_str()), ("subject", form.subject.as_str()), ("recipients", form.recipients.as_str()), ("bases", form.bases.as_str()), ("body", form.body.as_str()), ("signer", form.signer.as_str()), ("urgency", "1")];
        let saved = drafter.send("/vi/can-bo/van-ban/moi", &fields).await;
        assert_eq!(saved.status, 303, "{}", saved.text);
        let detail = drafter.open(&saved.location).await;
        for part in ["Chờ người soạn gửi thẩm định", "Gửi thẩm định", "Sở Mẫu", "Khẩn", "Chưa có số", "Chưa có góp ý."] {
            assert!(detail.text.contains(part), "{part} in {}", detail.text);
        }
        let sent = drafter.send(&format!("{}/buoc", saved.location), &[("action", "submit"), ("revision", "1")]).await;
        assert_eq!(sent.status, 303, "{}", sent.text);
        let again = drafter.send(&format!("{}/buoc", saved.location), &[("action", "submit"), ("revision", "1")]).await;
        assert_eq!(again.status, 422, "a form sent twice says where the document stands");
        let detail = drafter.open(&saved.location.replace("/vi/", "/en/")).await;
        assert!(detail.text.contains("Waiting for review") && detail.text.contains("Take back"), "{}", detail.text);
        let paper = drafter.open(&format!("{}/ban-in", saved.location)).await;
        assert_eq!((paper.status, paper.header("content-type")), (200, "application/pdf"));
    }

    async fn reviewers_return_with_words_and_leaders_sign_what_they_saw(db: TestDb) {
        let bench = Bench::new(&db).await;
        let id = bench.at(State::UnitReview).await;
        let address = format!("/vi/can-bo/van-ban/{id}");
        let mut reviewer = Visitor::signed_in(&db, &bench.room, "reviewer").await;
        let revision = bench.get(&id).await.revision.to_string();
        let silent = reviewer.send(&format!("{address}/buoc"), &[("action", "give_back"), ("revision", &revision)]).await;
        assert!(silent.status == 422 && silent.text.contains("Hãy nêu lý do") && silent.text.contains("#give_back_words"), "{}", silent.text);
        assert!(reviewer.open(&address).await.text.contains("Ký nháy"));
        let initialled = reviewer.send(&format!("{address}/ky-nhay"), &[("action", "initial"), ("revision", &revision)]).await;
        assert_eq!(initialled.status, 303, "{}", initialled.text);
        bench.pass("reviewer", &id, Action::PassUnit, "").await.unwrap();
        bench.pass("clerk", &id, Action::PassOffice, "").await.unwrap();
        let mut chair = Visitor::signed_in(&db, &bench.room, "chair").await;
        let sign = chair.open(&format!("{address}/ky")).await;
        for part in ["Được ký: thay mặt", "TM. ỦY BAN NHÂN DÂN", "Không có sai sót về thể thức.", "Xem bản trình bày"] {
            assert!(sign.text.contains(part), "{part} in {}", sign.text);
        }
        let chosen = bench.chosen(&id).await;
        let pinned = format!("{}|{}|{}", chosen.document, chosen.revision, chosen.sha256);
        let nothing = chair.send("/vi/can-bo/van-ban/ky", &[]).await;
        assert!(nothing.status == 422 && nothing.text.contains("Hãy chọn từ 1 đến 50 văn bản"), "{}", nothing.text);
        *bench.desk.refuse_signing.lock().unwrap() = Some("certificate_revoked");
        let refused = chair.send("/vi/can-bo/van-ban/ky", &[("chosen", &pinned)]).await;
        assert!(refused.status == 422 && refused.text.contains("Chứng thư chữ ký số đã bị thu hồi.") && refused.text.contains("checked"), "{}", refused.text);
        *bench.desk.refuse_signing.lock().unwrap() = None;
        let signed = chair.send("/vi/can-bo/van-ban/ky", &[("chosen", &pinned)]).await;
        assert_eq!(signed.status, 303, "{}", signed.text);
        let log = chair.open("/vi/can-bo/van-ban/ky").await;
        assert!(log.text.contains("Nhật ký ký số") && log.text.contains("Không có văn bản nào chờ ông/bà ký."), "{}", log.text);
    }

    async fn the_clerk_numbers_seals_and_issues_with_buttons(db: TestDb) {
        let bench = Bench::new(&db).await;
        let id = bench.at(State::Signed).await;
        let address = format!("/vi/can-bo/van-ban/{id}");
        let mut clerk = Visitor::signed_in(&db, &bench.room, "clerk").await;
        let detail = clerk.open(&address).await;
        assert!(detail.text.contains("Cấp số và đóng dấu") && detail.text.contains("Phải phát hành trước hết"), "{}", detail.text);
        let press = async |clerk: &mut Visitor, end: &str, action: &str| {
            let revision = bench.get(&id).await.revision.to_string();
            clerk.send(&format!("{address}/{end}"), &[("action", action), ("revision", &revision)]).await
        };
        *bench.desk.refuse_signing.lock().unwrap() = Some("certificate_missing");
        let stopped = press(&mut clerk, "cap-so", "number").await;
        assert!(stopped.status == 422 && stopped.text.contains("Đóng dấu tiếp") && stopped.text.contains("01/QĐ-UBND"), "{}", stopped.text);
        *bench.desk.refuse_signing.lock().unwrap() = None;
        assert_eq!(press(&mut clerk, "cap-so", "seal").await.status, 303);
        assert_eq!(press(&mut clerk, "phat-hanh", "issue").await.status, 303);
        let issued = clerk.open(&address).await;
        for part in ["Đã phát hành", "Liên thông", "Đã gửi bản giấy", "Thay thế"] {
            assert!(issued.text.contains(part), "{part} in {}", issued.text);
        }
        let dispatch = bench.room.dispatches(&bench.get(&id).await).await.unwrap()[2].id.clone();
        assert_eq!(clerk.send(&format!("{address}/da-gui"), &[("dispatch", &dispatch)]).await.status, 303);
        let twice = clerk.send(&format!("{address}/da-gui"), &[("dispatch", &dispatch)]).await;
        assert!(twice.status == 422 && twice.text.contains("không còn chờ gửi"), "{}", twice.text);
    }

    async fn strangers_find_nothing(db: TestDb) {
        let bench = Bench::new(&db).await;
        let id = bench.at(State::UnitReview).await;
        let mut other = Visitor::signed_in(&db, &bench.room, "other_leader").await;
        for end in ["", "/ban-in", "/so-sanh", "/phien-ban/1", "/sua", "/ky"] {
            assert_eq!(other.open(&format!("/vi/can-bo/van-ban/{id}{end}")).await.status, 404, "{end}");
        }
        assert_eq!(other.send(&format!("/vi/can-bo/van-ban/{id}/buoc"), &[("action", "pass_unit"), ("revision", "2")]).await.status, 404);
        let mut drafter = Visitor::signed_in(&db, &bench.room, "drafter").await;
        assert_eq!(drafter.open(&format!("/vi/can-bo/van-ban/{NO_SUCH_ID}")).await.status, 404);
        assert_eq!(drafter.open("/vi/can-bo/van-ban/ky").await.status, 403);
        let mut resident = Visitor::signed_in(&db, &bench.room, "resident").await;
        assert_eq!(resident.open("/vi/can-bo/van-ban").await.status, 403);
    }

    async fn the_api_walks_the_same_way(db: TestDb) {
        let bench = Bench::new(&db).await;
        let form = form();
        let body = serde_json::json!({ "course": "out", "kind": form.kind, "subject": form.subject, "recipients": form.recipients, "body": form.body, "signer": form.signer });
        let (status, begun) = ask(&db, &bench, "drafter", "POST", "documents", body.clone()).await;
        assert_eq!(status, 201, "{begun}");
        let id = begun["id"].as_str().unwrap().to_owned();
        let mut secret = body.clone();
        secret["secrecy"] = 2.into();
        let (status, refused) = ask(&db, &bench, "drafter", "POST", "documents", secret).await;
        assert_eq!((status, refused["code"].as_str()), (422, Some("secret_refused")), "{refused}");
        let step = async |who: &str, action: &str, revision: i64| {
            ask(&db, &bench, who, "POST", &format!("documents/{id}/steps"), serde_json::json!({ "action": action, "revision": revision })).await
        };
        let (status, moved) = step("drafter", "submit", 1).await;
        assert_eq!((status, moved["state"].as_str(), moved["revision"].as_i64()), (200, Some("unit_review"), Some(2)), "{moved}");
        assert_eq!(step("drafter", "submit", 1).await.0, 409);
        assert_eq!(step("drafter", "pass_unit", 2).await.0, 403);
        assert_eq!(step("reviewer", "pass_unit", 2).await.0, 200);
        let (status, detail) = ask(&db, &bench, "clerk", "GET", &format!("documents/{id}"), serde_json::Value::Null).await;
        assert_eq!((status, detail["blocks"][0]["level"].as_str()), (200, Some("article")), "{detail}");
        assert!(detail["next"].as_array().unwrap().contains(&"pass_office".into()), "{detail}");
        let (_, list) = ask(&db, &bench, "clerk", "GET", "documents?view=me", serde_json::Value::Null).await;
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
    }

    async fn text_of_a_word_file_becomes_a_version_that_can_be_compared(db: TestDb) {
        let bench = Bench::new(&db).await;
        let id = bench.at(State::Draft).await;
        let document = body_of("<w:p><w:r><w:t>Điều 1. Ban hành Quy chế</w:t></w:r></w:p><w:p><w:r><w:t>Điều 3. Thi hành</w:t></w:r></w:p>");
        let (status, saved) = upload(&db, &bench, &format!("documents/{id}/text?revision=1"), "a.docx", DOCX, &word(&document)).await;
        assert_eq!((status, saved["version"].as_i64()), (200, Some(2)), "{saved}");
        let (status, refused) = upload(&db, &bench, &format!("documents/{id}/text?revision=2"), "a.docx", DOCX, &word("<x")).await;
        assert_eq!(status, 422, "{refused}");
        let (status, refused) = upload(&db, &bench, &format!("documents/{id}/text?revision=2"), "a.pdf", "application/pdf", b"%PDF-1.7\n%%EOF\n").await;
        assert_eq!(status, 422, "{refused}");
        let content = bench.room.content(&bench.get(&id).await, 2).await.unwrap();
        assert_eq!((content.body.as_str(), content.source.map(|file| file.name)), ("Điều 1. Ban hành Quy chế\nĐiều 3. Thi hành", Some("a.docx".to_owned())));
        let (_, changes) = ask(&db, &bench, "drafter", "GET", &format!("documents/{id}/changes"), serde_json::Value::Null).await;
        let kinds: Vec<_> = changes["lines"].as_array().unwrap().iter().map(|line| (line["change"].as_str().unwrap(), line["line"].as_str().unwrap())).collect();
        assert!(kinds.contains(&("same", "Điều 1. Ban hành Quy chế")) && kinds.contains(&("gone", "Điều 2. Hiệu lực")) && kinds.contains(&("new", "Điều 3. Thi hành")), "{kinds:?}");
        let mut drafter = Visitor::signed_in(&db, &bench.room, "drafter").await;
        let page = drafter.open(&format!("/vi/can-bo/van-ban/{id}/so-sanh?tu=1&den=2")).await;
        assert!(page.text.contains("<ins>") && page.text.contains("<del>"), "{}", page.text);
        let file = bench.room.content(&bench.get(&id).await, 2).await.unwrap().source.unwrap().sha256;
        let got = drafter.open(&format!("/vi/can-bo/van-ban/{id}/tep/{file}")).await;
        assert!(got.status == 200 && got.body == word(&document));
        assert_eq!(drafter.open(&format!("/vi/can-bo/van-ban/{id}/tep/{}", "0".repeat(64))).await.status, 404);
    }
}
