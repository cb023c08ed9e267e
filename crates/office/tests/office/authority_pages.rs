//! Authority as people and programs see it.

use crate::ROOMS;
use crate::authority::with_head;
use crate::city::{COMMUNE, Visitor, api, person, room_with, served};
use crate::desk::Desk;
use crate::registers_pages::no_bare_keys;
use haidang_testkit::db_test;
use std::sync::Arc;

db_test! {
    rooms = ROOMS;

    async fn a_delegation_is_given_shown_and_ended(db: TestDb) {
        let room = with_head(&db).await;
        let mut chair = Visitor::signed_in(&db, &room, "chair").await;
        let form = "/vi/can-bo/tham-quyen/giao-quyen";
        let page = chair.open(form).await;
        assert_eq!(page.status, 200, "{}", page.text);
        no_bare_keys(&page.text);
        let (head, deputy) = (person("chair").to_string(), person("deputy").to_string());
        // Nothing is lost that was typed, and every message stands in the summary and beside its field.
        let again = chair.send(form, &[("person", &deputy), ("form", "TUQ"), ("basis", "QĐ số 9"), ("from.day", "31"), ("from.month", "2"), ("from.year", "2026")]).await;
        assert_eq!(again.status, 422);
        for wanted in ["Chọn người đứng đầu giao quyền", "href=\"#from\"", "Ngày cần có trong lịch", "QĐ số 9", "value=\"31\""] {
            assert!(again.text.contains(wanted), "{wanted}: {}", again.text);
        }
        no_bare_keys(&again.text);
        let today = room.ambient.today();
        let (day, month, year) = (today.day().to_string(), today.month().to_string(), today.year().to_string());
        let fields = [
            ("from_person", head.as_str()), ("person", &deputy), ("form", "TUQ"), ("basis", "QĐ số 9"), ("reason", "Đi công tác"),
            ("from.day", &day), ("from.month", &month), ("from.year", &year),
        ];
        let again = chair.send(form, &fields).await;
        for wanted in ["Thừa ủy quyền phải ghi mã của văn bản ủy quyền", "Thừa ủy quyền phải có ngày kết thúc", "Chọn ít nhất một loại văn bản"] {
            assert_eq!(again.text.matches(wanted).count(), 2, "{wanted}: {}", again.text);
        }
        let mut simple = fields.to_vec();
        simple[2] = ("form", "KT");
        let given = chair.send(form, &simple).await;
        assert_eq!(given.status, 303, "{}", given.text);
        let one = chair.open(&given.location).await;
        for wanted in ["Ký thay (KT.)", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH", "Đang hiệu lực", "Đi công tác", "Chấm dứt trước thời hạn"] {
            assert!(one.text.contains(wanted), "{wanted}: {}", one.text);
        }
        no_bare_keys(&one.text);
        let list = chair.open("/vi/can-bo/tham-quyen").await;
        for wanted in ["TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "Được ký hôm nay", "Giao quyền ký"] {
            assert!(list.text.contains(wanted), "{wanted}: {}", list.text);
        }
        no_bare_keys(&list.text);
        let end = format!("{}/ket-thuc", given.location);
        let refused = chair.send(&end, &[("reason", "")]).await;
        assert_eq!((refused.status, refused.text.matches("Ghi lý do").count()), (422, 2), "{}", refused.text);
        assert_eq!(chair.send(&end, &[("reason", "Đã về")]).await.status, 303);
        let one = chair.open(&given.location).await;
        assert!(one.text.contains("Đã chấm dứt") && !one.text.contains("Chấm dứt trước thời hạn"), "{}", one.text);
        let english = chair.open("/en/can-bo/tham-quyen").await;
        assert!(english.text.contains("Over or to come"), "{}", english.text);
        no_bare_keys(&english.text);
        // A second head at the same time.
        let next = chair.send("/vi/can-bo/tham-quyen/nguoi-dung-dau", &[("person", &deputy), ("acting", "yes"), ("basis", "QĐ"), ("from.day", &day), ("from.month", &month), ("from.year", &year)]).await;
        assert_eq!(next.status, 422);
        assert!(next.text.contains("Cơ quan đã có người đứng đầu"), "{}", next.text);
    }

    async fn why_and_why_not(db: TestDb) {
        let room = with_head(&db).await;
        let mut drafter = Visitor::signed_in(&db, &room, "drafter").await;
        for (who, wanted) in [
            ("chair", &["Được ký", "TM. ỦY BAN NHÂN DÂN", "Chứng thư số do CA mẫu cấp"][..]),
            ("deputy", &["Không được ký", "Chưa được giao quyền ký"]),
        ] {
            let page = drafter.open(&format!("/vi/can-bo/tham-quyen/vi-sao?nguoi={}&loai=Q%C4%90", person(who))).await;
            assert_eq!(page.status, 200, "{}", page.text);
            for wanted in wanted {
                assert!(page.text.contains(wanted), "{who}: {wanted}: {}", page.text);
            }
            no_bare_keys(&page.text);
        }
        // Yesterday nobody headed the agency.
        let day = room.ambient.today().yesterday().unwrap().strftime("%d/%m/%Y").to_string();
        let page = drafter.open(&format!("/vi/can-bo/tham-quyen/vi-sao?nguoi={}&ngay={day}", person("chair"))).await;
        assert!(page.text.contains("Vào thời điểm đó cơ quan không có người đứng đầu"), "{}", page.text);
        for (path, status) in [
            (format!("vi-sao?nguoi={}", person("other_leader")), 404),
            ("?co_quan=H24.S01".to_owned(), 404),
            ("vi-sao?co_quan=H24.S01".to_owned(), 404),
            ("chung-thu?co_quan=H24.S01".to_owned(), 404),
            ("giao-quyen".to_owned(), 403),
        ] {
            let slash = if path.starts_with('?') { "" } else { "/" };
            let got = drafter.open(&format!("/vi/can-bo/tham-quyen{slash}{path}")).await;
            assert_eq!(got.status, status, "{path}");
        }
    }

    async fn the_board_shows_who_cannot_sign_soon(db: TestDb) {
        let desk = Arc::new(Desk::default());
        let room = room_with(&db, &desk).await;
        let mut clerk = Visitor::signed_in(&db, &room, "clerk").await;
        let address = "/vi/can-bo/tham-quyen/chung-thu";
        let check = async |clerk: &mut Visitor, wanted: &[&str]| {
            let page = clerk.open(address).await;
            assert_eq!(page.status, 200, "{}", page.text);
            for wanted in wanted {
                assert!(page.text.contains(wanted), "{wanted}: {}", page.text);
            }
            no_bare_keys(&page.text);
        };
        check(&mut clerk, &["Phó Chủ tịch", "Đang hiệu lực", "đều có chứng thư số đang hiệu lực"]).await;
        *desk.refuse_signing.lock().unwrap() = Some("certificate_missing");
        check(&mut clerk, &["Chưa có", "Có 2 người cần được cấp"]).await;
        *desk.refuse_signing.lock().unwrap() = None;
        room.ambient.set("2030-12-11T00:00:00Z".parse().unwrap());
        let mut clerk = Visitor::signed_in(&db, &room, "clerk").await;
        check(&mut clerk, &["Sắp hết hạn", "Còn 20 ngày"]).await;
    }

    async fn programs_ask_who_may_sign(db: TestDb) {
        let room = with_head(&db).await;
        let served = served(&db, &room);
        let base = format!("/api/v1/office/authority/{COMMUNE}");
        let all = api(&served, "GET", &base, "clerk").await;
        assert_eq!(all.json()["mandates"][0]["form"], "TM", "{}", all.text);
        for (who, allowed, refusal) in [("chair", true, None), ("deputy", false, Some("NO_DELEGATION"))] {
            let got = api(&served, "GET", &format!("{base}/signing?person={}&kind=QD", person(who)), "clerk").await;
            let answer = got.json();
            assert_eq!((answer["allowed"].as_bool(), answer["refusal"].as_str()), (Some(allowed), refusal), "{}", got.text);
        }
        let secret = api(&served, "GET", &format!("{base}/signing?person={}&secrecy=1", person("chair")), "clerk").await;
        assert_eq!(secret.json()["refusal"], "SECRET_REFUSED");
        let board = api(&served, "GET", &format!("{base}/certificates"), "clerk").await;
        assert_eq!(board.json()["items"].as_array().unwrap().len(), 2, "{}", board.text);
        let other = api(&served, "GET", &base, "other_clerk").await;
        assert_eq!((other.status, other.json()["code"].as_str()), (404, Some("agency_not_found")));
    }
}
