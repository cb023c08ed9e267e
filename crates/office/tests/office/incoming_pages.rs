//! Pages and endpoints of documents that come: the walk in a browser without scripts, errors beside their fields, what
//! is uploaded to do harm, rights at every address.

use crate::ROOMS;
use crate::city::{COMMUNE, NO_SUCH_ID, Visitor, api, api_change, api_files, page_of, person, room, served};
use crate::incoming::SIGNED;
use haidang_testkit::db_test;
use serde_json::json;

const LIST: &str = "/vi/can-bo/van-ban-den";

/// Uploads a document as the clerk and answers its address.
async fn received(clerk: &mut Visitor, bytes: &[u8]) -> String {
    clerk.open(&format!("{LIST}/tiep-nhan")).await;
    let got = clerk
        .send_files(
            &format!("{LIST}/tiep-nhan"),
            &[("secrecy", "0")],
            &[("file", "van-ban.pdf", "application/pdf", bytes)],
        )
        .await;
    assert_eq!(got.status, 303, "{}", got.text);
    got.location.split('?').next().unwrap().to_owned()
}

const PAPER: &[(&str, &str)] = &[
    ("from_name", "Sở Mẫu"),
    ("code_number", "05"),
    ("code_notation", "TB-SM"),
    ("issued_on", "2026-01-05"),
    ("kind", "Thông báo"),
    ("subject", "Về việc <b>thử nghiệm</b>"),
    ("urgency", "1"),
];

fn value_of(text: &str, label: &str) -> String {
    let at = text.find(label).unwrap_or_else(|| panic!("{label} stands on the page"));
    let before = &text[..at];
    let start = before.rfind("value=\"").unwrap() + 7;
    before[start..].split('"').next().unwrap().to_owned()
}

/// A file as a form sends it: field, name, media type, bytes.
type Sent<'s> = (&'s str, &'s str, &'s str, &'s [u8]);

db_test! {
    rooms = ROOMS;

    async fn the_walk_on_pages(db: TestDb) {
        let room = room(&db).await;
        let mut clerk = Visitor::signed_in(&db, &room, "clerk").await;
        let address = received(&mut clerk, SIGNED).await;
        let page = clerk.open(&address).await;
        assert!(page.text.contains("Nguyên vẹn từ khi ký") && page.text.contains("Văn thư cơ quan"), "{}", page.text);

        // Wrong details come back with their messages, nothing typed is lost.
        clerk.open(&format!("{address}/vao-so")).await;
        let got = clerk.send(&format!("{address}/vao-so"), &[("from_name", "Sở Mẫu"), ("issued_on", "mai"), ("urgency", "0")]).await;
        assert_eq!(got.status, 422);
        assert!(got.text.contains("Ngày ban hành chưa đúng") && got.text.contains("value=\"Sở Mẫu\""), "{}", got.text);
        let got = clerk.send(&format!("{address}/vao-so"), &[("from_name", "Sở Mẫu"), ("issued_on", "2026-01-05"), ("urgency", "0")]).await;
        assert!(got.text.contains("href=\"#subject\"") && got.text.contains("Hãy ghi số của văn bản"), "{}", got.text);
        let got = clerk.send(&format!("{address}/vao-so"), PAPER).await;
        assert_eq!(got.status, 303, "{}", got.text);
        let page = clerk.open(&got.location).await;
        assert!(page.text.contains("Dấu ĐẾN") && page.text.contains("&lt;b&gt;thử nghiệm"), "{}", page.text);
        assert!(!page.text.contains("<b>thử"), "what people type is text");

        clerk.open(&format!("{address}/trinh")).await;
        let chair = person("chair");
        let got = clerk.send(&format!("{address}/trinh"), &[("leader", "")]).await;
        assert!(got.text.contains("Hãy chọn lãnh đạo"));
        assert_eq!(clerk.send(&format!("{address}/trinh"), &[("leader", chair.as_str())]).await.status, 303);

        let mut leader = Visitor::signed_in(&db, &room, "chair").await;
        assert!(leader.open(LIST).await.text.contains("thử nghiệm"), "it waits for the leader");
        let form = leader.open(&format!("{address}/chi-dao")).await;
        let drafter = value_of(&form.text, &format!("{}, Chuyên viên", crate::city::full_name("drafter")));
        let got = leader.send(&format!("{address}/chi-dao"), &[("lead", &drafter), ("words", "Tham mưu"), ("due", "ba")]).await;
        assert!(got.status == 422 && got.text.contains("Hạn xử lý phải từ 0") && got.text.contains("Tham mưu"), "{}", got.text);
        let got = leader.send(&format!("{address}/chi-dao"), &[("lead", &drafter), ("words", "Tham mưu"), ("due", "3")]).await;
        assert_eq!(got.status, 303, "{}", got.text);

        let mut officer = Visitor::signed_in(&db, &room, "drafter").await;
        let page = officer.open(&address).await;
        assert!(page.text.contains("Bắt đầu xử lý") && page.text.contains("Chuyển trả lãnh đạo"), "{}", page.text);
        assert_eq!(officer.send(&format!("{address}/bat-dau"), &[]).await.status, 303);
        officer.open(&format!("{address}/ket-qua")).await;
        assert_eq!(officer.send(&format!("{address}/ket-qua"), &[]).await.status, 422);
        let got = officer.send(&format!("{address}/ket-qua"), &[("result_document", "12/UBND-VP")]).await;
        assert_eq!(got.status, 303, "{}", got.text);
        // Pressing once more says how it stands.
        let got = officer.send(&format!("{address}/ket-qua"), &[("result_document", "12/UBND-VP")]).await;
        assert!(got.location.ends_with("bao=da-doi"), "{}", got.location);
        assert!(officer.open(&got.location).await.text.contains("vừa được người khác xử lý"));
        let file = crate::work_files::kept_by_drafter(&room, "12.VP").await;
        let form = officer.open(&format!("{address}/luu")).await;
        assert!(form.text.contains(&format!("value=\"{file}\"")), "{}", form.text);
        let got = officer.send(&format!("{address}/luu"), &[("work_file", "")]).await;
        assert!(got.status == 422 && got.text.contains("Hãy chọn hồ sơ công việc"), "{}", got.text);
        assert_eq!(officer.send(&format!("{address}/luu"), &[("work_file", &file)]).await.status, 303);
        let page = officer.open(&address).await;
        assert!(page.text.contains("Không còn ai phải xử lý"), "{}", page.text);
        assert!(page.text.contains(&format!("/vi/can-bo/ho-so-cong-viec/{file}")), "{}", page.text);
        let book = officer.open(&format!("{LIST}/so-theo-doi")).await;
        assert!(book.text.contains("12/UBND-VP"), "{}", book.text);
        let print = officer.open(&format!("{LIST}/so-theo-doi/in")).await;
        assert_eq!(print.header("content-type"), "application/pdf");
        let file = officer.open(&format!("{address}/tep/0")).await;
        assert_eq!(file.body, SIGNED);
        assert!(file.header("content-disposition").starts_with("attachment"));
    }

    async fn every_page_speaks_both_languages(db: TestDb) {
        let room = room(&db).await;
        let mut clerk = Visitor::signed_in(&db, &room, "clerk").await;
        let address = received(&mut clerk, b"%PDF-1.7 scan\n").await;
        let one = address.strip_prefix("/vi").unwrap();
        for path in [
            "/can-bo/van-ban-den".to_owned(),
            "/can-bo/van-ban-den?hop=don-vi&trang-thai=arrived".to_owned(),
            "/can-bo/van-ban-den?hop=van-thu".to_owned(),
            "/can-bo/van-ban-den?hop=don-vi&truoc=1.x".to_owned(),
            "/can-bo/van-ban-den/tiep-nhan".to_owned(),
            "/can-bo/van-ban-den/so-theo-doi".to_owned(),
            one.to_owned(),
            format!("{one}/vao-so"),
            format!("{one}/tra-lai"),
            format!("{one}/trinh"),
            format!("{one}/luu"),
            format!("{one}/ket-qua"),
        ] {
            for lang in ["vi", "en"] {
                let got = clerk.open(&format!("/{lang}{path}")).await;
                assert_eq!(got.status, 200, "{lang}{path}: {}", got.text);
                assert!(!got.text.contains("incoming-"), "{lang}{path}: a text is missing: {}", got.text);
            }
        }
    }

    async fn what_is_uploaded_to_do_harm_is_refused(db: TestDb) {
        let room = room(&db).await;
        let mut clerk = Visitor::signed_in(&db, &room, "clerk").await;
        clerk.open(&format!("{LIST}/tiep-nhan")).await;
        let many: Vec<(&str, &str, &str, &[u8])> = (0..25).map(|_| ("file", "a.pdf", "application/pdf", SIGNED)).collect();
        let cases: &[(&str, Vec<Sent<'_>>)] = &[
            ("a program", vec![("file", "a.pdf", "application/pdf", b"MZ\x90\x00")]),
            ("a page", vec![("file", "a.html", "text/html", b"<html><script>alert(1)</script>")]),
            ("a wrong ending", vec![("file", "a.exe", "application/pdf", SIGNED)]),
            ("a false declaration", vec![("file", "a.pdf", "image/png", SIGNED)]),
            ("nothing in it", vec![("file", "a.pdf", "application/pdf", b"")]),
            ("no file", vec![]),
            ("too many", many),
        ];
        for (name, files) in cases {
            let got = clerk.send_files(&format!("{LIST}/tiep-nhan"), &[("secrecy", "0")], files).await;
            assert_eq!(got.status, 422, "{name}: {}", got.text);
            assert!(got.text.contains("href=\"#file\""), "{name}: {}", got.text);
        }
        assert!(clerk.open(&format!("{LIST}?hop=don-vi")).await.text.contains("Không có văn bản đến nào"));
        let address = received(&mut clerk, SIGNED).await;
        for path in ["/tep/1", "/tep/-1", "/tep/x", "/tra-loi/x"] {
            assert_eq!(clerk.open(&format!("{address}{path}")).await.status, 404, "{path}");
        }
    }

    async fn addresses_are_for_those_who_may(db: TestDb) {
        let room = room(&db).await;
        let mut clerk = Visitor::signed_in(&db, &room, "clerk").await;
        let address = received(&mut clerk, SIGNED).await;
        assert_ne!(page_of(&db, &room, &address).await.status, 200);
        for name in ["other_clerk", "other_leader", "inspector"] {
            let mut other = Visitor::signed_in(&db, &room, name).await;
            for path in ["", "/tep/0", "/ket-qua", "/luu"] {
                assert_eq!(other.open(&format!("{address}{path}")).await.status, 404, "{name} {path}");
            }
            assert!(!other.open(&format!("{LIST}?hop=don-vi")).await.text.contains("van-ban-den/0"), "{name}");
            assert_eq!(other.open(&format!("{LIST}/so-theo-doi?co-quan={COMMUNE}")).await.status, 404, "{name}");
        }
        let mut drafter = Visitor::signed_in(&db, &room, "drafter").await;
        for path in ["/vao-so", "/tra-lai", "/trinh"] {
            assert_eq!(drafter.open(&format!("{address}{path}")).await.status, 403, "{path}");
        }
        let mut resident = Visitor::signed_in(&db, &room, "resident").await;
        assert_eq!(resident.open(LIST).await.status, 403);
        assert_eq!(clerk.open(&format!("{LIST}/{NO_SUCH_ID}")).await.status, 404);
    }

    async fn programs_can_do_the_same(db: TestDb) {
        let room = room(&db).await;
        let served = served(&db, &room);
        let base = "/api/v1/office/incoming";
        let file: &[(&str, &str, &str, &[u8])] = &[("file", "a.pdf", "application/pdf", SIGNED)];
        let secret = api_files(&served, base, "clerk", &[("agency", COMMUNE), ("secrecy", "1")], file).await;
        assert_eq!((secret.status, secret.json()["code"].clone()), (422, json!("secret_refused")));
        let got = api_files(&served, base, "clerk", &[("agency", COMMUNE), ("secrecy", "0")], file).await;
        assert_eq!(got.status, 201, "{}", got.text);
        let id = got.json()["id"].as_str().unwrap().to_owned();
        let again = api_files(&served, base, "clerk", &[("agency", COMMUNE), ("secrecy", "0")], file).await;
        assert_eq!((again.status, again.json()["new"].clone()), (200, json!(false)));
        let one = format!("{base}/{id}");
        let change = async |path: &str, who: &str, body: serde_json::Value| {
            let got = api_change(&served, &format!("{one}/{path}"), who, &body).await;
            assert!(got.status < 300, "{path}: {}", got.text);
            got
        };
        let wrong = api_change(&served, &format!("{one}/registration"), "clerk", &json!({ "details": {} })).await;
        assert_eq!(wrong.json()["errors"].as_array().unwrap().len(), 4, "{}", wrong.text);
        let details = json!({ "from_name": "Sở Mẫu", "code_number": "05", "code_notation": "TB-SM", "issued_on": "2026-01-05", "subject": "Về việc thử" });
        let number = change("registration", "clerk", json!({ "details": details })).await;
        assert_eq!(number.json()["arrival_number"], 1);
        change("submission", "clerk", json!({ "leader": person("chair").as_str() })).await;
        let lead = format!("person:{}", person("drafter"));
        change("instructions", "chair", json!({ "lead": lead, "words": "Tham mưu trả lời", "due_days": 2 })).await;
        let mine = api(&served, "GET", base, "drafter").await.json();
        assert_eq!((mine["items"][0]["state"].as_str(), mine["items"][0]["colour"].as_str()), (Some("assigned"), Some("amber")));
        change("beginning", "drafter", json!({})).await;
        change("result", "drafter", json!({ "words": "Đã trả lời" })).await;
        crate::work_files::kept_by_drafter(&room, "12.VP").await;
        change("work-file", "clerk", json!({ "work_file": "12.VP" })).await;
        let detail = api(&served, "GET", &one, "clerk").await.json();
        assert_eq!(detail["arrival"]["state"], "filed");
        assert_eq!(detail["history"].as_array().unwrap().len(), 7);
        assert!(detail["instructions"][0]["read_at"].is_null(), "only reading the document leaves a receipt");
        let book = api(&served, "GET", &format!("/api/v1/office/tracking-book?agency={COMMUNE}&from=2020-01-01&until=2040-01-01"), "clerk").await;
        assert_eq!(book.json()["lines"][0]["arrival_number"], 1, "{}", book.text);
        for (path, who) in [(one.clone(), "other_clerk"), (format!("{one}/files/0"), "other_leader")] {
            let got = api(&served, "GET", &path, who).await;
            assert_eq!((got.status, got.json()["code"].clone()), (404, json!("arrival_not_found")), "{path}");
        }
        assert_eq!(api(&served, "GET", base, "").await.status, 401);
    }
}
