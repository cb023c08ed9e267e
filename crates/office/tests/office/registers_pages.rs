//! The books as people and programs see them.

use crate::ROOMS;
use crate::city::{COMMUNE, NO_SUCH_ID, Visitor, api, page_of, room_with, served};
use crate::desk::Desk;
use crate::registers::{hold_number, take_on};
use haidang_office::OfficeRoom;
use haidang_testkit::{TestDb, db_test};
use jiff::SignedDuration;
use std::sync::Arc;

/// A key of a text that has no text stands on the page as itself.
pub fn no_bare_keys(text: &str) {
    for prefix in ["registers-", "authority-", "office-tab-"] {
        let bare = text.match_indices(prefix).find(|(at, _)| {
            let before = text[..*at].chars().next_back();
            before != Some('/') && before != Some('"') && before != Some('-')
        });
        assert!(bare.is_none(), "{prefix}: {}", &text[bare.unwrap().0.saturating_sub(80)..]);
    }
}

async fn three_numbers(db: &TestDb) -> (OfficeRoom, Arc<Desk>, String, String) {
    let desk = Arc::new(Desk::default());
    let room = room_with(db, &desk).await;
    let today = room.ambient.today();
    let first = take_on(&room, COMMUNE, "admin", today).await.unwrap();
    take_on(&room, COMMUNE, "admin", today).await.unwrap();
    hold_number(&room, "d3").await;
    (room, desk, first.register, first.entry)
}

db_test! {
    rooms = ROOMS;

    async fn the_clerk_finds_reads_and_prints_the_book(db: TestDb) {
        let (room, desk, register, _) = three_numbers(&db).await;
        let mut clerk = Visitor::signed_in(&db, &room, "clerk").await;
        let list = clerk.open("/vi/can-bo/so-van-ban").await;
        assert_eq!(list.status, 200, "{}", list.text);
        for wanted in ["Sổ đăng ký văn bản đi", "Ủy ban nhân dân xã Mẫu", "aria-current=\"page\">Sổ văn bản", &register] {
            assert!(list.text.contains(wanted), "{wanted}: {}", list.text);
        }
        no_bare_keys(&list.text);
        let book = format!("can-bo/so-van-ban/{register}");
        for (query, present, absent) in [
            ("", &["02/QĐ-UBND", "Đang giữ", "Về việc mẫu"][..], &["Không có số nào khớp"][..]),
            ("?tu_khoa=ve+viec", &["02/QĐ-UBND"], &[]),
            ("?tu_khoa=2", &["02/QĐ-UBND"], &["01/QĐ-UBND"]),
            ("?trang_thai=held", &["03/QĐ-UBND"], &["02/QĐ-UBND", "01/QĐ-UBND"]),
            ("?tu_khoa=khong-co", &["Không có số nào khớp"], &["01/QĐ-UBND"]),
            ("?tu_ngay=31/02/2026", &["Ngày cần ghi theo thứ tự"], &[]),
            ("?duoi=2", &["01/QĐ-UBND"], &["02/QĐ-UBND"]),
        ] {
            let got = clerk.open(&format!("/vi/{book}{query}")).await;
            assert_eq!(got.status, 200, "{query}: {}", got.text);
            for wanted in present {
                assert!(got.text.contains(wanted), "{query}: {wanted}: {}", got.text);
            }
            for unwanted in absent {
                assert!(!got.text.contains(unwanted), "{query}: {unwanted}");
            }
            no_bare_keys(&got.text);
        }
        let english = clerk.open(&format!("/en/{book}")).await;
        assert!(english.text.contains("Register of outgoing documents"), "{}", english.text);
        no_bare_keys(&english.text);
        let printed = clerk.open(&format!("/vi/{book}/in?so=dang-ky")).await;
        assert_eq!((printed.status, printed.header("content-type")), (200, "application/pdf"));
        assert!(printed.body.starts_with(b"%PDF"));
        let papers = desk.papers.lock().unwrap().clone();
        let paper = &papers[0];
        assert_eq!(paper.template, "books/outgoing");
        let rows = paper.data["rows"].as_array().unwrap();
        // What is only held is on no paper yet.
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0][0], "01/QĐ-UBND");
        assert_eq!(rows[0].as_array().unwrap().len(), 10);
        assert_eq!(clerk.open(&format!("/vi/{book}/in?so=theo-doi")).await.status, 409);
    }

    async fn the_inspector_reads_the_proof_in_words(db: TestDb) {
        let (room, _, register, _) = three_numbers(&db).await;
        room.ambient.advance(SignedDuration::from_hours(24));
        assert_eq!(room.tick_registers().await.failed, 0);
        let mut inspector = Visitor::signed_in(&db, &room, "inspector").await;
        let address = format!("/vi/can-bo/so-van-ban/{register}/kiem-tra");
        let page = inspector.open(&address).await;
        assert_eq!(page.status, 200, "{}", page.text);
        for wanted in [
            "Sổ toàn vẹn",
            "Số đã cấp là 2 = số cuối 3 − số đầu 1 + 1 − số bỏ trống",
            "không thiếu số nào",
            "Ngày đã đóng dấu thời gian",
        ] {
            assert!(page.text.contains(wanted), "{wanted}: {}", page.text);
        }
        no_bare_keys(&page.text);
        db.db().execute("UPDATE office_register_entry SET document_id = 'x' WHERE number = 1", vec![]).await.unwrap();
        let page = inspector.open(&address).await;
        for wanted in ["Sổ có chỗ sai", "Tìm thấy 1 chỗ sai", "Dòng khác với các sự kiện đã ghi", "Số 1"] {
            assert!(page.text.contains(wanted), "{wanted}: {}", page.text);
        }
        no_bare_keys(&page.text);
        let list = inspector.open("/en/can-bo/so-van-ban").await;
        assert!(list.text.contains("Register of outgoing documents"), "{}", list.text);
    }

    async fn nobody_else_sees_the_book(db: TestDb) {
        let (room, _, register, entry) = three_numbers(&db).await;
        for (who, path, status) in [
            ("other_clerk", format!("can-bo/so-van-ban/{register}"), 404),
            ("other_clerk", format!("can-bo/so-van-ban/{register}/in"), 404),
            ("other_clerk", format!("can-bo/so-van-ban/{register}/kiem-tra"), 404),
            ("other_clerk", format!("can-bo/so-van-ban/{register}/dong/{entry}/chung-minh"), 404),
            ("clerk", format!("can-bo/so-van-ban/{NO_SUCH_ID}"), 404),
            ("clerk", format!("can-bo/so-van-ban/{register}/dong/{entry}/chung-minh"), 409),
            ("resident", "can-bo/so-van-ban".to_owned(), 403),
        ] {
            let mut visitor = Visitor::signed_in(&db, &room, who).await;
            let got = visitor.open(&format!("/vi/{path}")).await;
            assert_eq!(got.status, status, "{who} {path}: {}", got.text);
        }
    }

    async fn who_is_not_signed_in_is_asked_to(db: TestDb) {
        let (room, _, register, _) = three_numbers(&db).await;
        for path in ["so-van-ban".to_owned(), format!("so-van-ban/{register}"), "tham-quyen".to_owned()] {
            let got = page_of(&db, &room, &format!("/vi/can-bo/{path}")).await;
            assert!(got.status == 303 && got.location.contains("/dang-nhap"), "{path}: {} {}", got.status, got.location);
        }
    }

    async fn programs_read_verify_and_prove(db: TestDb) {
        let (room, _, register, entry) = three_numbers(&db).await;
        room.ambient.advance(SignedDuration::from_hours(24));
        room.tick_registers().await;
        let served = served(&db, &room);
        let list = api(&served, "GET", "/api/v1/office/registers", "clerk").await;
        assert_eq!((list.status, list.json()["items"][0]["next_number"].clone()), (200, 4.into()), "{}", list.text);
        let lines = api(&served, "GET", &format!("/api/v1/office/registers/{register}/lines?state=voided"), "clerk").await;
        assert_eq!(lines.json()["items"][0]["number"], 3, "{}", lines.text);
        let verdict = api(&served, "GET", &format!("/api/v1/office/registers/{register}/verdict"), "inspector").await;
        assert_eq!(verdict.json()["sound"], true, "{}", verdict.text);
        let proof = api(&served, "GET", &format!("/api/v1/office/register-entries/{entry}/proof"), "clerk").await;
        let proof: haidang_office::registers::Proof = serde_json::from_str(&proof.text).unwrap();
        assert!(proof.holds() && proof.tst.is_some());
        for (path, who, status, code) in [
            (format!("/api/v1/office/registers/{register}"), "other_clerk", 404, "register_not_found"),
            (format!("/api/v1/office/registers/{register}/lines?state=lost"), "clerk", 400, "state_unknown"),
            ("/api/v1/office/registers?cursor=x".to_owned(), "clerk", 400, "cursor_invalid"),
            ("/api/v1/office/registers?agency=H24.S01".to_owned(), "clerk", 404, "agency_not_found"),
        ] {
            let got = api(&served, "GET", &path, who).await;
            assert_eq!((got.status, got.json()["code"].as_str()), (status, Some(code)), "{path}");
        }
    }
}
