//! My devices, notices, proving more, and accounts as administrators see them.

use crate::ROOMS;
use crate::city::{Browser, FIREFOX, PASSWORD, Town};
use haidang_store::ActorRef;
use haidang_testkit::db_test;

const DEVICES: &str = "/vi/tai-khoan/thiet-bi";

db_test! {
    rooms = ROOMS;

    async fn one_device_is_ended_from_another(db: TestDb) {
        let town = Town::open(&db).await;
        let mut here = town.official("van.thu").await;
        let mut there = town.official("van.thu").await;
        let mut stranger = town.official("tap.su").await;
        let page = here.get(DEVICES).await.text;
        assert!(page.contains("Chrome · Windows") && page.contains("mật khẩu + mã xác thực") && page.contains("Mức xác thực 02"));
        let list = here.send("GET", "/api/v1/me/sessions", None).await.json();
        let items = list["items"].as_array().unwrap();
        assert_eq!(items.len(), 2);
        let other = items.iter().find(|item| item["current"] == false).unwrap()["session"].as_str().unwrap().to_owned();
        stranger.get(DEVICES).await;
        assert_eq!(stranger.post(&format!("{DEVICES}/{other}/ket-thuc"), &[]).await.status, 404, "of another person");
        assert_eq!(stranger.send("DELETE", &format!("/api/v1/me/sessions/{other}"), None).await.status, 404);
        assert_eq!(here.post(&format!("{DEVICES}/{other}/ket-thuc"), &[]).await.status, 303);
        assert_eq!(there.get("/vi/tai-khoan").await.status, 303, "signed out there");
        assert_eq!(here.get("/vi/tai-khoan").await.status, 200);
        let ended = town.count("SELECT CAST(count(*) AS BIGINT) AS n FROM store_event WHERE kind = 'session.ended'").await;
        assert_eq!(ended, 1, "other systems are told");
        let mut there = town.official("van.thu").await;
        let list = here.send("GET", "/api/v1/me/sessions", None).await.json();
        let other = list["items"].as_array().unwrap().iter().find(|item| item["current"] == false).unwrap()["session"].as_str().unwrap().to_owned();
        assert_eq!(here.send("DELETE", &format!("/api/v1/me/sessions/{other}"), None).await.status, 204);
        assert_eq!(there.get("/vi/tai-khoan").await.status, 303);
    }

    async fn a_new_kind_of_device_is_told_once(db: TestDb) {
        let town = Town::open(&db).await;
        let told = "SELECT CAST(count(*) AS BIGINT) AS n FROM store_event WHERE kind = 'account.noticed'";
        let mut chrome = town.official("van.thu").await;
        town.official("van.thu").await;
        assert_eq!(town.count(told).await, 0, "the first kind of device is no news");
        for _ in 0..2 {
            let mut firefox = Browser::new(&town);
            firefox.agent = FIREFOX;
            firefox.password("van.thu", PASSWORD).await;
        }
        assert_eq!(town.count(told).await, 1);
        let page = chrome.get("/vi/tai-khoan").await.text;
        assert!(page.contains("thiết bị chưa từng dùng (Firefox · Linux)"));
        assert_eq!(chrome.get("/en/tai-khoan").await.status, 200);
        assert_eq!(chrome.post("/vi/tai-khoan/thong-bao", &[]).await.status, 303);
        assert!(!chrome.get("/vi/tai-khoan").await.text.contains("thiết bị chưa từng dùng"));
        let kept = db.fetch_all("SELECT device_key FROM identity_device", vec![]).await.unwrap();
        assert!(kept.iter().all(|row| row.text("device_key").unwrap().len() == 64), "a digest, nothing of the browser");
    }

    async fn t19_proving_more_offers_what_the_account_has_and_stays_the_person(db: TestDb) {
        let town = Town::open(&db).await;
        let mut browser = Browser::new(&town);
        browser.password("van.thu", PASSWORD).await;
        let page = browser.get("/vi/dang-nhap/nang-muc?acr=urn:haidang:nd69:xt2&next=%2Ftai-khoan%2Fthiet-bi").await;
        assert!(page.status == 200 && page.text.contains("Mức xác thực 02") && page.text.contains("name=\"code\""));
        assert!(!page.text.contains("name=\"password\""), "a password is no second factor");
        assert_eq!(browser.post("/vi/dang-nhap/nang-muc", &[("password", PASSWORD)]).await.status, 403);
        town.wait(30);
        let before = browser.send("GET", "/api/v1/me", None).await.json()["person"].clone();
        let fields = [("code", town.code("van.thu")), ("next", "/tai-khoan/thiet-bi".to_owned())];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = browser.post("/vi/dang-nhap/xac-thuc", &fields).await;
        assert_eq!((answer.status, answer.location.as_str()), (303, "/vi/tai-khoan/thiet-bi"));
        let me = browser.send("GET", "/api/v1/me", None).await.json();
        assert_eq!((&me["person"], &me["assurance"]), (&before, &2.into()));
        let high = browser.get("/vi/dang-nhap/nang-muc?acr=urn:haidang:nd69:xt3").await.text;
        assert!(high.contains("chỉ đạt được bằng định danh điện tử quốc gia"));
        let away = browser.get("/vi/dang-nhap/nang-muc?next=https%3A%2F%2Fevil.example").await.text;
        assert!(away.contains("name=\"next\" value=\"/\""), "no way out of the city");
    }

    async fn an_administrator_locks_wakes_and_ends(db: TestDb) {
        let town = Town::open(&db).await;
        let mut clerk = town.official("van.thu").await;
        assert_eq!(clerk.get("/vi/quan-tri/tai-khoan").await.status, 403);
        let mut admin = town.official("quan.tri").await;
        let page = admin.get("/vi/quan-tri/tai-khoan?from=v").await.text;
        assert!(page.contains("van.thu") && !page.contains("tap.su"), "from this name on");
        assert_eq!(admin.get("/en/quan-tri/tai-khoan").await.status, 200);
        let accounts = town.room.managed_accounts("", 10).await.unwrap();
        let id = |name: &str| accounts.iter().find(|account| account.username == name).unwrap().person.to_string();
        let act = |name: &str, what: &str| format!("/vi/quan-tri/tai-khoan/{}/{what}", id(name));
        assert_eq!(admin.post(&act("van.thu", "ket-thuc-phien"), &[]).await.status, 303);
        assert_eq!(clerk.get("/vi/tai-khoan").await.status, 303);
        let mut clerk = town.official("van.thu").await;
        assert_eq!(admin.post(&act("van.thu", "khoa"), &[]).await.status, 303);
        assert_eq!(clerk.get("/vi/tai-khoan").await.status, 303);
        assert_eq!(Browser::new(&town).password("van.thu", PASSWORD).await.status, 422);
        assert_eq!(admin.post(&act("van.thu", "mo"), &[]).await.status, 303);
        assert_eq!(Browser::new(&town).password("van.thu", PASSWORD).await.status, 303);
        for _ in 0..100 {
            town.wait(61);
            town.room.check_password("tap.su", "sai").await.unwrap_err();
        }
        town.wait(61);
        let mut admin = town.official("quan.tri").await;
        assert!(admin.get("/vi/quan-tri/tai-khoan").await.text.contains("Mật khẩu đang tạm ngưng"));
        assert_eq!(admin.post(&act("tap.su", "danh-thuc"), &[]).await.status, 303);
        assert_eq!(Browser::new(&town).password("tap.su", PASSWORD).await.status, 303);
        assert_eq!(admin.post(&act("quan.tri", "khoa"), &[]).await.status, 409, "nobody locks themself out");
        assert_eq!(admin.post("/vi/quan-tri/tai-khoan/nobody/khoa", &[]).await.status, 404);
        town.wait(301);
        let stale = admin.post(&act("tap.su", "khoa"), &[]).await;
        assert_eq!((stale.status, stale.location.split('?').next().unwrap()), (303, "/vi/dang-nhap/xac-thuc"));
        let unknown = town.room.wake_password("nobody.x", ActorRef::system()).await;
        assert!(unknown.is_err());
    }
}
