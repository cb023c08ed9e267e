//! What officials see and do, and what everybody sees.

use haidang_exchange::registry::Registry;
use haidang_exchange::registry::rules::entries::{Key, Kind};
use haidang_testkit::{TestDb, db_test};
use jiff::SignedDuration;

use crate::browser::{Browser, Got, room};
use crate::certificates::Order;
use crate::support::{CONSUMER, PROVIDER, ROOMS, SERVICE, content, empty, registry, service};

const OVERVIEW: &str = "/vi/can-bo/truc-tich-hop";

fn page(part: &str, id: &str) -> String {
    format!("{OVERVIEW}/{part}?{}", haidang_web::encode([("ma", id)]))
}

/// What a page holds and does not hold; a key without its text stands on it as itself.
pub fn check(got: &Got, present: &[&str], absent: &[&str]) {
    assert_eq!(got.status, 200, "{}", got.text);
    for wanted in present {
        assert!(got.text.contains(wanted), "{wanted}: {}", got.text);
    }
    for unwanted in absent {
        assert!(!got.text.contains(unwanted), "{unwanted}: {}", got.text);
    }
    assert!(!got.text.contains(">exchange-"), "a text is missing: {}", got.text);
}

async fn version(registry: &Registry, kind: Kind, id: &str) -> String {
    registry.history(&Key::new(kind, id), 1).await.unwrap()[0].version.to_string()
}

/// Takes a step of the agreement with the version that holds now.
async fn step(registry: &Registry, browser: &mut Browser, step: &str, words: &[(&str, &str)]) -> Got {
    browser.open(&page("thoa-thuan", "TT-1")).await;
    let version = version(registry, Kind::Agreement, "TT-1").await;
    let fields: Vec<_> = [("ma", "TT-1"), ("buoc", step), ("phien_ban", version.as_str())]
        .into_iter()
        .chain(words.iter().copied())
        .collect();
    browser.send(&format!("{OVERVIEW}/thoa-thuan/buoc"), &fields).await
}

async fn state(registry: &Registry) -> String {
    content(registry, &Key::new(Kind::Agreement, "TT-1")).await["state"].as_str().unwrap().to_owned()
}

async fn browsers(db: &TestDb, registry: &Registry) -> [Browser; 3] {
    let room = room(db, registry);
    [
        Browser::of(db, &room, "operator").await,
        Browser::of(db, &room, "consumer").await,
        Browser::of(db, &room, "provider").await,
    ]
}

db_test! {
    rooms = ROOMS;

    async fn the_operator_sees_everything_in_both_languages(db: TestDb) {
        let registry = registry(&db).await;
        let [mut operator, _, _] = browsers(&db, &registry).await;
        let got = operator.open(OVERVIEW).await;
        check(&got, &["Tra cứu mẫu", "Sở Mẫu Hai", "Chưa có lời gọi", "dữ liệu giả định"], &["127.0.0.1"]);
        check(&operator.open(&format!("{OVERVIEW}/he-thong")).await, &["Một cửa mẫu", "Dân cư mẫu", CONSUMER], &[]);
        check(&operator.open(&format!("{OVERVIEW}/dich-vu")).await, &["Tra cứu mẫu"], &[]);
        check(&operator.open(&format!("{OVERVIEW}/thoa-thuan")).await, &["TT-1", "Bản thảo"], &[]);
        let got = operator.open(&page("dich-vu", SERVICE)).await;
        check(&got, &["POST /tra-cuu", "http://127.0.0.1:9", "TT-1", "Lịch sử thay đổi", "Phần mềm"], &[]);
        let got = operator.open(&page("thoa-thuan", "TT-1")).await;
        check(&got, &["$.hoTen", "194/2025/NĐ-CP, Điều 16", "chưa đối chiếu", "Gửi yêu cầu", "1.001193"], &["Đồng ý chia sẻ"]);
        let english = operator.open(&page("thoa-thuan", "TT-1").replace("/vi/", "/en/")).await;
        check(&english, &["Send the request", "Legal basis", "lang=\"vi\""], &["Căn cứ pháp lý"]);
        assert_eq!(operator.open(&page("dich-vu", "VN-HP/GOV/X/Y/z")).await.status, 404);
    }

    async fn an_empty_registry_says_what_to_do(db: TestDb) {
        let registry = empty(&db).await;
        let [mut operator, _, _] = browsers(&db, &registry).await;
        check(&operator.open(OVERVIEW).await, &["haidang exchange import"], &[]);
        let got = Browser::new(&db, &room(&db, &registry)).open("/vi/trang-thai-dich-vu").await;
        check(&got, &["Chưa có dịch vụ nào"], &[]);
    }

    async fn officials_see_and_change_what_is_their_agencys(db: TestDb) {
        let registry = registry(&db).await;
        let room = room(&db, &registry);
        for (who, path, status) in [
            ("provider", page("dich-vu", SERVICE), 200),
            ("consumer", page("dich-vu", SERVICE), 404),
            ("consumer", page("he-thong", CONSUMER), 200),
            ("consumer", page("he-thong", PROVIDER), 404),
            ("consumer", page("thoa-thuan", "TT-1"), 200),
            ("stranger", page("thoa-thuan", "TT-1"), 404),
            ("stranger", OVERVIEW.to_owned(), 200),
            ("clerk", OVERVIEW.to_owned(), 403),
        ] {
            assert_eq!(Browser::of(&db, &room, who).await.open(&path).await.status, status, "{who} {path}");
        }
        let form = [("ma", SERVICE), ("phien_ban", "1"), ("viec", "tat"), ("thong_bao", "Bảo trì")];
        for (who, status) in [("clerk", 403), ("consumer", 404), ("stranger", 404)] {
            let got = Browser::of(&db, &room, who).await.send(&format!("{OVERVIEW}/dich-vu/trang-thai"), &form).await;
            assert_eq!(got.status, status, "{who}");
        }
        assert_eq!(registry.revision().await.unwrap(), 1);
    }

    async fn a_service_is_switched_off_with_a_notice_and_on_again(db: TestDb) {
        let registry = registry(&db).await;
        let [_, _, mut provider] = browsers(&db, &registry).await;
        let address = format!("{OVERVIEW}/dich-vu/trang-thai");
        let empty = provider.send(&address, &[("ma", SERVICE), ("phien_ban", "1"), ("viec", "tat")]).await;
        assert_eq!(empty.status, 422);
        assert!(empty.text.contains("Hãy nhập thông báo"), "{}", empty.text);
        let off = [("ma", SERVICE), ("phien_ban", "1"), ("viec", "tat"), ("thong_bao", "Bảo trì đến 17 giờ")];
        let done = provider.send(&address, &off).await;
        assert_eq!((done.status, done.location.contains("/can-bo/truc-tich-hop/dich-vu?ma=")), (303, true), "{}", done.text);
        assert_eq!(content(&registry, &service()).await["disabled"], "Bảo trì đến 17 giờ");
        let stale = provider.send(&address, &off).await;
        assert!(stale.text.contains("vừa được người khác thay đổi"), "{}", stale.text);
        check(&provider.open(&page("dich-vu", SERVICE)).await, &["Đã tắt", "Bật dịch vụ", "Cán bộ provider"], &["Tắt dịch vụ</button>"]);
        let mut anyone = Browser::new(&db, &room(&db, &registry));
        check(&anyone.open("/vi/trang-thai-dich-vu").await, &["Tạm ngừng", "Tra cứu mẫu"], &["127.0.0.1", "17 giờ", SERVICE]);
        let on = provider.send(&address, &[("ma", SERVICE), ("phien_ban", "2"), ("viec", "bat")]).await;
        assert_eq!(on.status, 303, "{}", on.text);
        assert!(content(&registry, &service()).await.get("disabled").is_none());
        check(&anyone.open("/en/trang-thai-dich-vu").await, &["No recent calls", "Not measured"], &["Switched off"]);
    }

    async fn a_description_is_taken_when_it_is_one(db: TestDb) {
        let registry = registry(&db).await;
        let [_, _, mut provider] = browsers(&db, &registry).await;
        let address = format!("{OVERVIEW}/dich-vu/mo-ta");
        for (text, wanted) in [("", "Hãy dán mô tả"), ("{}", "is no OpenAPI description"), ("x", "is not JSON")] {
            let got = provider.send(&address, &[("ma", SERVICE), ("phien_ban", "1"), ("mo_ta", text)]).await;
            assert_eq!(got.status, 422, "{text}");
            assert!(got.text.contains(wanted), "{text}: {}", got.text);
        }
        let text = "{\"openapi\":\"3.0.3\",\"info\":{\"title\":\"Mẫu\"},\"paths\":{}}";
        let got = provider.send(&address, &[("ma", SERVICE), ("phien_ban", "1"), ("mo_ta", text)]).await;
        assert_eq!(got.status, 303, "{}", got.text);
        check(&provider.open(&page("dich-vu", SERVICE)).await, &["Xem mô tả hiện tại", "&quot;Mẫu&quot;"], &[]);
        let wsdl = "<definitions xmlns=\"http://schemas.xmlsoap.org/wsdl/\"><portType><operation name=\"TraCuu\"/></portType></definitions>";
        let typed = format!("<!DOCTYPE definitions []>{wsdl}");
        let got = provider.send(&address, &[("ma", SERVICE), ("phien_ban", "2"), ("mo_ta", &typed)]).await;
        assert!(got.status == 422 && got.text.contains("has a document type"), "{}", got.text);
        let got = provider.send(&address, &[("ma", SERVICE), ("phien_ban", "2"), ("mo_ta", wsdl)]).await;
        assert_eq!(got.status, 303, "{}", got.text);
        let shown = provider.open(&page("dich-vu", SERVICE)).await;
        check(&shown, &["Các thao tác mà WSDL nêu", "TraCuu", "portType"], &["&quot;Mẫu&quot;"]);
        let kept = content(&registry, &service()).await;
        assert_eq!((&kept["wsdl"], kept.get("openapi"), &kept["kind"]), (&wsdl.into(), None, &"REST".into()));
    }

    async fn certificates_are_added_shown_warned_of_and_taken_out(db: TestDb) {
        let registry = registry(&db).await;
        let [mut operator, mut consumer, _] = browsers(&db, &registry).await;
        let ends_soon = Order { to: "2026-03-10T00:00:00Z", ..Order::new("motcua-cu") }.issue(None).certificate;
        let add = format!("{OVERVIEW}/he-thong/chung-thu");
        let wrong = consumer.send(&add, &[("ma", CONSUMER), ("phien_ban", "1"), ("pem", "xin chào")]).await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.text.contains("Thay đổi chưa được chấp nhận"), "{}", wrong.text);
        let pem = ends_soon.to_pem();
        let done = consumer.send(&add, &[("ma", CONSUMER), ("phien_ban", "1"), ("pem", &pem)]).await;
        assert_eq!(done.status, 303, "{}", done.text);
        let twice = consumer.send(&add, &[("ma", CONSUMER), ("phien_ban", "2"), ("pem", &pem)]).await;
        assert!(twice.text.contains("number 2 is twice"), "{}", twice.text);
        let fingerprint = data_encoding::HEXLOWER.encode(&ends_soon.fingerprint());
        check(&consumer.open(&page("he-thong", CONSUMER)).await, &["motcua-cu", &fingerprint, "Còn dưới 14 ngày"], &[]);
        check(&operator.open(OVERVIEW).await, &["motcua-cu", "Còn dưới 14 ngày", "Tạo chứng thư mới"], &[]);
        let remove = format!("{OVERVIEW}/he-thong/go-chung-thu");
        let other = consumer.send(&remove, &[("ma", CONSUMER), ("phien_ban", "2"), ("van_tay", "00")]).await;
        assert_eq!(other.status, 404);
        let gone = consumer.send(&remove, &[("ma", CONSUMER), ("phien_ban", "2"), ("van_tay", &fingerprint)]).await;
        assert_eq!(gone.status, 303, "{}", gone.text);
        check(&operator.open(OVERVIEW).await, &["Không có chứng thư nào hết hạn"], &["motcua-cu"]);
    }

    async fn an_agreement_walks_from_draft_to_active(db: TestDb) {
        let registry = registry(&db).await;
        let [mut operator, mut consumer, mut provider] = browsers(&db, &registry).await;
        assert_eq!(step(&registry, &mut provider, "request", &[]).await.status, 403);
        assert_eq!(step(&registry, &mut consumer, "request", &[]).await.status, 303);
        // Tuesday 3 March 2026, so the answer is due by the end of Thursday.
        check(&operator.open(OVERVIEW).await, &["Hạn trả lời: hết ngày", "TT-1"], &["Quá hạn"]);
        db.ambient().advance(SignedDuration::from_hours(24 * 3));
        let [mut operator, mut consumer, mut provider] = browsers(&db, &registry).await;
        check(&operator.open(OVERVIEW).await, &["Quá hạn trả lời ngày", "hd-tag--late"], &[]);
        assert_eq!(step(&registry, &mut consumer, "approve", &[]).await.status, 403);
        assert_eq!(step(&registry, &mut provider, "approve", &[]).await.status, 303);
        let early = step(&registry, &mut provider, "activate", &[]).await;
        assert_eq!(early.status, 422);
        assert!(early.text.contains("Cả hai bên phải ký"), "{}", early.text);
        assert_eq!(step(&registry, &mut provider, "sign-provider", &[]).await.status, 303);
        assert_eq!(step(&registry, &mut consumer, "sign-consumer", &[]).await.status, 303);
        assert_eq!(step(&registry, &mut provider, "activate", &[]).await.status, 303);
        assert_eq!(state(&registry).await, "active");
        let wordless = step(&registry, &mut consumer, "suspend", &[]).await;
        assert!(wordless.status == 422 && wordless.text.contains("Hãy nêu lý do"), "{}", wordless.text);
        assert_eq!(step(&registry, &mut consumer, "suspend", &[("ly_do", "Nghi lộ khóa")]).await.status, 303);
        let shown = consumer.open(&page("thoa-thuan", "TT-1")).await;
        check(&shown, &["Tạm dừng: Nghi lộ khóa", "Cán bộ consumer", "Đã ký nội dung này"], &["Chưa ký"]);
    }

    async fn a_refusal_is_in_writing_with_its_legal_ground(db: TestDb) {
        let registry = registry(&db).await;
        let [_, mut consumer, mut provider] = browsers(&db, &registry).await;
        step(&registry, &mut consumer, "request", &[]).await;
        let half = step(&registry, &mut provider, "refuse", &[("ly_do", "Ngoài phạm vi")]).await;
        assert!(half.status == 422 && half.text.contains("Hãy nêu căn cứ pháp lý"), "{}", half.text);
        assert!(half.text.contains("Ngoài phạm vi"), "what was typed stays");
        let words = [("ly_do", "Ngoài phạm vi"), ("can_cu", "Điều 16 Nghị định 194/2025/NĐ-CP")];
        assert_eq!(step(&registry, &mut provider, "refuse", &words).await.status, 303);
        assert_eq!(state(&registry).await, "refused");
        check(&consumer.open(&page("thoa-thuan", "TT-1")).await, &["Bị từ chối", "Ngoài phạm vi"], &["buoc"]);
    }

    async fn a_system_and_its_service_are_registered_in_one_form(db: TestDb) {
        let registry = registry(&db).await;
        let [mut operator, mut consumer, _] = browsers(&db, &registry).await;
        let address = format!("{OVERVIEW}/dang-ky");
        check(&consumer.open(&address).await, &["Sở Mẫu Một", "Mã hệ thống"], &["Sở Mẫu Hai"]);
        let bare = consumer.send(&address, &[("don_vi", "VN-HP/GOV/H24.S01")]).await;
        assert!(bare.status == 422 && bare.text.contains("Hãy điền mục này"), "{}", bare.text);
        let description = "{\"openapi\":\"3.0.3\",\"info\":{},\"paths\":{\"/ho-so/{ma}\":{\"get\":{}}}}";
        let fields = [
            ("don_vi", "VN-HP/GOV/H24.S01"),
            ("he_thong", "HOSO"),
            ("ten_he_thong", "Hồ sơ mẫu"),
            ("dich_vu", "tra-cuu"),
            ("ten_dich_vu", "Tra cứu hồ sơ mẫu"),
            ("muc_dich", "Tra cứu hồ sơ giả định"),
            ("dia_chi", "http://127.0.0.1:8"),
            ("mo_ta", description),
        ];
        let proposed = consumer.send(&address, &fields).await;
        assert!(proposed.status == 422 && proposed.text.contains("GET /ho-so/*"), "{}", proposed.text);
        assert_eq!(registry.revision().await.unwrap(), 1, "nothing is registered before it was looked through");
        let send = |lines: &'static str| fields.into_iter().chain([("diem_cuoi", lines)]).collect::<Vec<_>>();
        let wrong = consumer.send(&address, &send("ho-so")).await;
        assert!(wrong.text.contains("không phải điểm cuối: ho-so"), "{}", wrong.text);
        let done = consumer.send(&address, &send("GET /ho-so/*")).await;
        assert_eq!(done.status, 303, "{}", done.text);
        let new = Key::new(Kind::Service, "VN-HP/GOV/H24.S01/HOSO/tra-cuu");
        let service = content(&registry, &new).await;
        assert_eq!((&service["kind"], &service["endpoint"][0]["personal_data"]), (&"OPENAPI3".into(), &true.into()));
        // The operator looks first at where it leads.
        assert!(service["awaiting"] == true && service["disabled"].as_str().unwrap().contains("chờ"), "{service}");
        check(&consumer.open(&page("dich-vu", &new.id)).await, &["khi đơn vị vận hành trục xác nhận"], &["Bật dịch vụ", "Tắt dịch vụ"]);
        let switch = format!("{OVERVIEW}/dich-vu/trang-thai");
        let on = [("ma", new.id.as_str()), ("phien_ban", "1"), ("viec", "bat")];
        let off = [("ma", new.id.as_str()), ("phien_ban", "1"), ("viec", "tat"), ("thong_bao", "x")];
        assert_eq!((consumer.send(&switch, &on).await.status, consumer.send(&switch, &off).await.status), (403, 403));
        check(&operator.open(&page("dich-vu", &new.id)).await, &["http://127.0.0.1:8", "Xác nhận địa chỉ và bật dịch vụ"], &[]);
        assert_eq!(operator.send(&switch, &on).await.status, 303);
        let service = content(&registry, &new).await;
        assert!(service.get("awaiting").is_none() && service.get("disabled").is_none(), "{service}");
        check(&consumer.open(&page("dich-vu", &new.id)).await, &["Tắt dịch vụ", "Đã xác nhận địa chỉ"], &[]);
        let twice = consumer.send(&address, &send("GET /ho-so/*")).await;
        assert!(twice.text.contains("Mã dịch vụ này đã được dùng"), "{}", twice.text);
        let mut others = fields;
        others[0].1 = "VN-HP/GOV/H24.S02";
        let others: Vec<_> = others.into_iter().chain([("diem_cuoi", "GET /a")]).collect();
        assert_eq!(consumer.send(&address, &others).await.status, 404, "another agency's");
    }

    async fn an_agreement_is_written_tried_and_asked_for_over_real_data(db: TestDb) {
        let registry = registry(&db).await;
        let [mut operator, mut consumer, _] = browsers(&db, &registry).await;
        let address = format!("{OVERVIEW}/thoa-thuan/moi");
        check(&consumer.open(&address).await, &["Tra cứu mẫu", "Một cửa mẫu"], &["Dân cư mẫu"]);
        let mut fields = vec![
            ("ma", "TT-2"),
            ("khai_thac", CONSUMER),
            ("dich_vu", SERVICE),
            ("moi_truong", "sandbox"),
            ("van_ban", "194/2025/NĐ-CP"),
            ("dieu_khoan", "Điều 16"),
            ("ma_muc_dich", "KHAI-TU"),
            ("muc_dich", "Đăng ký khai tử mẫu"),
            ("thu_tuc", "1.000656, 1.001193"),
            ("diem_cuoi", "POST /khong-co"),
            ("truong", "$.hoTen\r\n$.ngaySinh"),
            ("moi_ngay", "nhiều"),
        ];
        let wrong = consumer.send(&address, &fields).await;
        assert!(wrong.status == 422 && wrong.text.contains("Hãy nhập một số"), "{}", wrong.text);
        fields[11].1 = "50";
        let unknown = consumer.send(&address, &fields).await;
        assert!(unknown.text.contains("is not one of the service"), "{}", unknown.text);
        fields[9].1 = "POST /tra-cuu";
        let done = consumer.send(&address, &fields).await;
        assert_eq!(done.status, 303, "{}", done.text);
        let taken = consumer.send(&address, &fields).await;
        assert!(taken.text.contains("Mã thỏa thuận này đã được dùng"), "{}", taken.text);
        let shown = consumer.open(&page("thoa-thuan", "TT-2")).await;
        check(&shown, &["$.ngaySinh", "1.000656", "Bản thảo", "50 lời gọi mỗi ngày"], &["Xin dữ liệu thật"]);
        fields[1].1 = PROVIDER;
        fields[0].1 = "TT-3";
        assert_eq!(consumer.send(&address, &fields).await.status, 403, "nobody asks in the name of another agency");
        for word in ["request", "approve", "sign-provider", "sign-consumer", "activate"] {
            assert_eq!(step(&registry, &mut operator, word, &[]).await.status, 303, "{word}");
        }
        check(&consumer.open(&page("thoa-thuan", "TT-1")).await, &["Xin dữ liệu thật"], &[]);
        let promote = format!("{OVERVIEW}/thoa-thuan/du-lieu-that");
        for _ in 0..2 {
            let real = consumer.send(&promote, &[("ma", "TT-1")]).await;
            assert!(real.status == 303 && real.location.ends_with("ma=TT-1-THAT"), "{} {}", real.location, real.text);
        }
        let real = content(&registry, &Key::new(Kind::Agreement, "TT-1-THAT")).await;
        assert_eq!((&real["state"], &real["environment"]), (&"draft".into(), &"production".into()));
        assert!(real.get("process").is_none(), "signatures are over the terms that were signed");
    }
}
