//! Sessions begin, turn, end; what is asked after their end leads to the sign-in page and back.

use super::*;
use haidang_testkit::db_test;
use jiff::SignedDuration;

db_test! {
    rooms = ROOMS;

    async fn the_token_changes_at_sign_in_and_the_old_one_is_worth_nothing(db: TestDb) {
        let trial = trial(&db);
        let mut browser = Browser::default();
        browser.open(&trial, "/vi/dang-nhap").await;
        let before = browser.cookie("hd_sid").unwrap().to_owned();
        let got = browser.send(&trial, "/vi/dang-nhap", &[("who", "resident")]).await;
        let cookie = got.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).find(|v| v.starts_with("hd_sid=")).unwrap();
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
        let after = browser.cookie("hd_sid").unwrap().to_owned();
        assert_ne!(before, after);
        let rows = db.fetch_all("SELECT id FROM web_session", vec![]).await.unwrap();
        assert_eq!(rows.len(), 1);
        assert!(!rows[0].text("id").unwrap().contains(&after), "the token itself is not stored");
        assert_eq!(browser.open(&trial, "/vi/cua-toi").await.status, 200);
        browser.send(&trial, "/vi/dang-nhap", &[("who", "resident")]).await;
        let old = Request::get("/vi/cua-toi").header("cookie", format!("hd_sid={after}"));
        assert_eq!(trial.send(old.body(Body::empty()).unwrap()).await.status, 303, "the former session ended");
    }

    async fn a_session_ends_when_idle_and_never_outlives_its_day(db: TestDb) {
        let trial = trial(&db);
        let mut browser = Browser::signed_in(&trial, "resident").await;
        for _ in 0..3 {
            db.ambient().advance(SignedDuration::from_mins(14));
            assert_eq!(browser.open(&trial, "/vi/cua-toi").await.status, 200);
        }
        db.ambient().advance(SignedDuration::from_mins(15));
        let got = browser.open(&trial, "/vi/cua-toi?trang=2").await;
        assert_eq!(got.location(), "/vi/dang-nhap?next=%2Fcua-toi%3Ftrang%3D2&ended=1");
        let mut browser = Browser::signed_in(&trial, "resident").await;
        for minute in 0..49 {
            db.ambient().advance(SignedDuration::from_mins(10));
            let status = browser.open(&trial, "/vi/cua-toi").await.status.as_u16();
            assert_eq!(status, if minute < 47 { 200 } else { 303 }, "after {} minutes", (minute + 1) * 10);
        }
    }

    async fn a_reader_is_warned_and_may_go_on(db: TestDb) {
        let trial = trial(&db);
        let mut browser = Browser::signed_in(&trial, "resident").await;
        assert!(!trial.get("/vi/trang").await.text().contains("hd-session"), "nobody is signed in, nothing ends");
        let page = browser.open(&trial, "/vi/cua-toi").await.text();
        assert!(page.contains("id=\"hd-session\" data-seconds=\"900\""), "{page}");
        for _ in 0..2 {
            db.ambient().advance(SignedDuration::from_mins(14));
            assert_eq!(browser.send(&trial, "/vi/phien/gia-han", &[]).await.status, 303);
        }
        assert_eq!(browser.open(&trial, "/vi/cua-toi").await.status, 200);
        let form = crate::encode([("csrf", browser.csrf.as_str())]);
        let request = Request::post("/vi/phien/gia-han")
            .header("cookie", browser.cookie_header())
            .header("content-type", "application/x-www-form-urlencoded")
            .header("hx-request", "true");
        assert_eq!(trial.send(request.body(Body::from(form)).unwrap()).await.status, 204);
    }

    async fn last_seen_is_written_at_most_once_a_minute(db: TestDb) {
        let trial = trial(&db);
        let mut browser = Browser::signed_in(&trial, "resident").await;
        let seen = async || db.fetch_one("SELECT last_seen_at FROM web_session", vec![]).await.unwrap().integer("last_seen_at").unwrap();
        let first = seen().await;
        db.ambient().advance(SignedDuration::from_secs(59));
        browser.open(&trial, "/vi/cua-toi").await;
        assert_eq!(seen().await, first);
        db.ambient().advance(SignedDuration::from_secs(1));
        browser.open(&trial, "/vi/cua-toi").await;
        assert_eq!(seen().await, first + 60_000_000);
    }

    async fn signing_out_and_losing_an_account_both_end_it(db: TestDb) {
        let trial = trial(&db);
        let mut browser = Browser::signed_in(&trial, "resident").await;
        assert_eq!(browser.send(&trial, "/vi/dang-xuat", &[]).await.status, 303);
        assert_eq!(browser.open(&trial, "/vi/cua-toi").await.status, 303);
        assert!(db.fetch_all("SELECT id FROM web_session", vec![]).await.unwrap().is_empty());
        let mut gone = Browser::default();
        gone.open(&trial, "/vi/dang-nhap").await;
        gone.send(&trial, "/vi/dang-nhap", &[("who", "gone")]).await;
        assert_eq!(gone.open(&trial, "/vi/cua-toi").await.location(), "/vi/dang-nhap?next=%2Fcua-toi&ended=1");
    }

    async fn after_signing_in_one_stays_in_the_city(db: TestDb) {
        let trial = trial(&db);
        let check = async |next: &str, expected: &str| {
            let mut browser = Browser::default();
            browser.open(&trial, "/vi/dang-nhap").await;
            let got = browser.send(&trial, "/vi/dang-nhap", &[("who", "resident"), ("next", next)]).await;
            assert_eq!(got.location(), expected, "{next:?}");
        };
        check("/cua-toi?trang=2", "/vi/cua-toi?trang=2").await;
        check("/en/cua-toi", "/vi/cua-toi").await;
        for bad in [
            "//evil.example", "https://evil.example", "/\\evil.example", "\\/evil.example", "/vi//evil.example", "/en/\\evil",
            "javascript:alert(1)", "/\t/evil.example", "evil.example", "", "/dang-nhap?next=/dang-nhap", "/%0d%0aSet-Cookie:x=1\r\n",
        ] {
            check(bad, "/vi").await;
        }
    }

    async fn a_form_sent_after_the_end_comes_back_to_its_page(db: TestDb) {
        let trial = trial(&db);
        let mut browser = Browser::signed_in(&trial, "resident").await;
        db.ambient().advance(SignedDuration::from_mins(20));
        let check = async |browser: &Browser, referer: &str, expected: &str| {
            let request = Request::post("/vi/cua-toi").header("cookie", browser.cookie_header()).header("referer", referer).header("host", "city.example");
            let got = trial.send(request.body(Body::from("name=x")).unwrap()).await;
            assert_eq!((got.status.as_u16(), got.location()), (303, expected), "{referer}");
        };
        check(&browser, "http://city.example/vi/cua-toi", "/vi/dang-nhap?next=%2Fcua-toi&ended=1").await;
        check(&browser, "https://evil.example/vi/cua-toi", "/vi/dang-nhap?ended=1").await;
        let got = browser.open(&trial, "/vi/trang").await;
        assert_eq!(got.status, 200, "public pages go on");
        assert!(browser.cookie("hd_sid").unwrap().starts_with('v'), "the browser forgets the old token");
    }

    async fn an_encrypted_city_binds_its_cookies_to_the_host(db: TestDb) {
        let trial = trial_with(&db, |s| s.origin = "https://city.example".into());
        let got = trial.get("/vi/trang").await;
        let cookies: Vec<&str> = got.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
        assert!(cookies.iter().any(|c| c.starts_with("__Host-hd_sid=") && c.ends_with("; Secure")), "{cookies:?}");
        assert!(cookies.iter().all(|c| c.contains("Secure") && c.contains("HttpOnly")), "{cookies:?}");
        assert_eq!(got.header("strict-transport-security"), "max-age=63072000; includeSubDomains");
    }

    async fn sweeping_takes_what_is_over_and_nothing_else(db: TestDb) {
        let trial = trial(&db);
        Browser::signed_in(&trial, "resident").await;
        db.ambient().advance(SignedDuration::from_hours(9));
        let mut live = Browser::signed_in(&trial, "resident").await;
        session::sweep(trial.served.site()).await.unwrap();
        assert_eq!(db.fetch_all("SELECT id FROM web_session", vec![]).await.unwrap().len(), 1);
        assert_eq!(live.open(&trial, "/vi/cua-toi").await.status, 200);
    }
}
