//! What surrounds every answer: language, headers, errors in both forms, the log.

use super::*;
use haidang_testkit::db_test;
use std::io::Write;
use std::sync::Mutex;
use tracing::instrument::WithSubscriber;

db_test! {
    rooms = ROOMS;

    async fn an_address_without_prefix_leads_to_the_readers_language(db: TestDb) {
        let trial = trial(&db);
        let check = async |path: &str, headers: &[(&str, &str)], expected: &str| {
            let mut request = Request::get(path);
            for (key, value) in headers {
                request = request.header(*key, *value);
            }
            let got = trial.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!((got.status.as_u16(), got.location()), (303, expected), "{path} {headers:?}");
            assert!(got.header("vary").contains("Accept-Language"));
        };
        check("/", &[], "/vi").await;
        check("/trang?q=khai%20sinh&page=2", &[("accept-language", "en-US")], "/en/trang?q=khai%20sinh&page=2").await;
        check("/trang", &[("accept-language", "en"), ("cookie", "hd_lang=vi")], "/vi/trang").await;
        check("/trang", &[("accept-language", "vi"), ("cookie", "hd_lang=en")], "/en/trang").await;
        check("/so/7", &[], "/vi/so/7").await;
        let got = trial.get("/en/trang").await;
        assert!(got.text().contains("lang=\"en\""));
        assert!(got.headers.get_all("set-cookie").iter().any(|v| v.to_str().unwrap().starts_with("hd_lang=en;")), "the choice is remembered");
        let kept = Request::get("/en/trang").header("cookie", "hd_lang=vi").header("sec-fetch-dest", "empty");
        let kept = trial.send(kept.body(Body::empty()).unwrap()).await;
        let chosen = kept.headers.get_all("set-cookie").iter().any(|v| v.to_str().unwrap().starts_with("hd_lang"));
        assert!(!chosen, "what a script keeps for later is nobody's choice");
        let again = Request::get("/en/trang").header("cookie", "hd_lang=en");
        let got = trial.send(again.body(Body::empty()).unwrap()).await;
        assert!(!got.headers.get_all("set-cookie").iter().any(|v| v.to_str().unwrap().starts_with("hd_lang")));
        for (path, expected) in [("/vi/", "/vi"), ("/en/trang/", "/en/trang"), ("/vi//evil.example/", ""), ("/vi/x//", "")] {
            assert_eq!(trial.get(path).await.location(), expected, "{path}");
        }
        let got = trial.get("/kq/abc").await;
        assert_eq!(got.status, 200, "plain addresses have no prefix");
    }

    async fn every_answer_carries_the_headers_of_safety(db: TestDb) {
        let trial = trial(&db);
        for path in ["/vi/trang", "/vi/nothing", "/api/v1/open", "/api/nothing", "/healthz", "/trang", "/kq/abc", "/robots.txt", "/vi/cham"] {
            let got = trial.get(path).await;
            let policy = got.header("content-security-policy");
            assert!(policy.starts_with("default-src 'self'; ") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
            assert!(!policy.contains("unsafe"), "{path}");
            for (name, value) in [
                ("x-content-type-options", "nosniff"), ("referrer-policy", "same-origin"), ("x-frame-options", "DENY"),
                ("cross-origin-opener-policy", "same-origin"), ("strict-transport-security", ""),
            ] {
                assert_eq!(got.header(name), value, "{path} {name}");
            }
            assert!(got.header("permissions-policy").contains("microphone=()"), "{path}");
            assert_eq!(got.header("x-request-id").len(), 26, "{path}");
            assert!(!got.header("cache-control").is_empty(), "{path}");
            assert!(got.headers.get_all("content-security-policy").iter().count() == 1, "{path}");
        }
        let mut browser = Browser::signed_in(&trial, "resident").await;
        let got = browser.open(&trial, "/vi/cua-toi").await;
        assert_eq!(got.header("cache-control"), "no-store");
        assert!(got.headers.get_all("vary").iter().any(|v| v.to_str().unwrap().contains("HX-Request")));
    }

    async fn an_error_page_speaks_the_language_of_its_page(db: TestDb) {
        let trial = trial(&db);
        for (path, status, words) in [
            ("/vi/nothing", 404, "Không tìm thấy trang"),
            ("/en/nothing", 404, "lang=\"en\""),
            ("/vi/so/abc", 404, "Không tìm thấy trang"),
            ("/vi/so/-1", 404, "Không tìm thấy trang"),
            ("/vi/trang?page=abc", 422, "Một tham số"),
            ("/en/trang?page=abc", 422, "A parameter"),
            ("/vi/cham", 503, "Dịch vụ tạm ngừng"),
            ("/vi/giay", 405, "Trang này không nhận"),
        ] {
            let got = trial.get(path).await;
            let text = got.text();
            assert_eq!(got.status.as_u16(), status, "{path}");
            assert!(text.contains(words) && text.contains("<main"), "{path}: {text}");
            assert!(!text.contains('⟦'), "{path}: a text is missing");
            let reference = crate::reference(got.header("x-request-id"));
            assert!(text.contains(&reference), "{path}: the reference to read out");
        }
    }

    async fn a_fault_of_ours_says_nothing_of_itself(db: TestDb) {
        let trial = trial(&db);
        let mut browser = Browser::signed_in(&trial, "resident").await;
        for name in ["panic", "broken"] {
            let got = browser.send(&trial, "/vi/trang", &[("name", name)]).await;
            assert_eq!(got.status, 500, "{name}");
            assert!(got.text().contains("Chúng tôi gặp lỗi") && !got.text().contains("disk"), "{name}");
        }
        let got = browser.send(&trial, "/vi/trang", &[("name", "forbidden")]).await;
        assert_eq!(got.status, 403);
        let got = browser.send(&trial, "/vi/trang", &[("name", "")]).await;
        assert_eq!(got.status, 422);
        assert_eq!(browser.send(&trial, "/vi/trang", &[]).await.status, 422, "a missing field is named, not a crash");
    }

    async fn a_part_of_a_page_gets_a_part_of_an_error(db: TestDb) {
        let trial = trial(&db);
        let ask = |path: &str, kind: &str| {
            let request = Request::get(path).header("hx-request", "true").header("hx-request-type", kind);
            request.body(Body::empty()).unwrap()
        };
        let part = trial.send(ask("/vi/nothing", "partial")).await;
        assert_eq!(part.status, 404);
        assert!(part.text().contains("role=\"alert\"") && !part.text().contains("<html"), "{}", part.text());
        let full = trial.send(ask("/vi/nothing", "full")).await;
        assert!(full.text().contains("<html"));
        let door = trial.send(ask("/vi/cua-toi", "partial")).await;
        assert_eq!((door.status.as_u16(), door.header("hx-redirect")), (204, "/vi/dang-nhap?next=%2Fcua-toi"));
    }

    async fn assets_are_kept_for_ever_and_pages_are_packed(db: TestDb) {
        let trial = trial(&db);
        let ask = async |path: &str| {
            let request = Request::get(path).header("accept-encoding", "gzip, br");
            trial.send(request.body(Body::empty()).unwrap()).await
        };
        let css = ask(&haidang_ui::assets::href("haidang.css")).await;
        assert_eq!(css.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!((css.header("content-encoding"), css.header("content-type")), ("gzip", "text/css; charset=utf-8"));
        let old = ask("/assets/000000000000/haidang.css").await;
        assert_eq!((old.status.as_u16(), old.header("cache-control")), (200, "no-cache"));
        assert_eq!(ask("/assets/x/../../etc/passwd").await.status, 404);
        let page = ask("/vi/trang").await;
        assert_eq!(page.header("content-encoding"), "gzip");
        for path in ["/vi/tro-giup", "/en/kha-nang-tiep-can", "/vi/quyen-rieng-tu", "/en/ngoai-tuyen", "/sw.js", "/manifest.webmanifest", "/readyz", "/metrics"] {
            let got = trial.get(path).await;
            assert_eq!(got.status, 200, "{path}");
            assert!(!got.text().contains('⟦'), "{path}: a text is missing");
        }
    }

    async fn the_theme_is_the_readers_own_choice(db: TestDb) {
        let trial = trial(&db);
        let mut browser = Browser::signed_in(&trial, "official").await;
        browser.open(&trial, "/vi/ban").await;
        let got = browser.send(&trial, "/vi/giao-dien", &[("theme", "dark"), ("next", "/vi/ban?loc=tre")]).await;
        assert_eq!(got.location(), "/vi/ban?loc=tre");
        assert!(browser.open(&trial, "/vi/ban").await.text().contains("data-theme=\"dark\""));
        let got = browser.send(&trial, "/vi/giao-dien", &[("theme", "neon"), ("next", "//evil")]).await;
        assert_eq!(got.status, 422);
        let got = browser.send(&trial, "/vi/giao-dien", &[("theme", "light"), ("next", "//evil")]).await;
        assert_eq!(got.location(), "/vi");
    }

    async fn a_log_line_carries_ids_and_nothing_a_person_sent(db: TestDb) {
        let trial = trial(&db);
        let written = Written::default();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_max_level(tracing::Level::TRACE)
            .with_writer({
                let written = written.clone();
                move || written.clone()
            })
            .finish();
        let work = async {
            let mut browser = Browser::signed_in(&trial, "resident").await;
            browser.open(&trial, &format!("/vi/trang?q={MARK}&page=2")).await;
            browser.open(&trial, &format!("/vi/trang?page={MARK}")).await;
            browser.open(&trial, &format!("/vi/so/{MARK}")).await;
            browser.open(&trial, &format!("/vi/{MARK}")).await;
            browser.open(&trial, &format!("/kq/{MARK}")).await;
            browser.open(&trial, &format!("/vi/ban?next={MARK}")).await;
            for name in [MARK, "panic", "broken", "forbidden", ""] {
                browser.send(&trial, "/vi/trang", &[("name", name), ("note", MARK)]).await;
            }
            browser.send(&trial, "/vi/dang-nhap", &[("who", MARK), ("password", MARK)]).await;
            trial.api("POST", "/api/v1/things", MARK, &format!(r#"{{"name":"{MARK}"}}"#)).await;
            trial.api("POST", "/api/v1/things", "token-resident", &format!(r#"{{"name":"{MARK}","count":"{MARK}"}}"#)).await;
            trial.api("POST", "/api/v1/things", "token-resident", &format!(r#"{{"{MARK}"#)).await;
            trial.api("POST", &format!("/api/v1/things?q={MARK}"), "token-resident", &format!(r#"{{"name":"{MARK}"}}"#)).await;
            let named = Request::get("/vi/trang").header("user-agent", MARK).header("x-request-id", MARK).header("referer", MARK);
            trial.send(named.body(Body::empty()).unwrap()).await;
        };
        work.with_subscriber(subscriber).await;
        let log = written.text();
        assert!(log.contains("request answered") && log.contains("make_thing") && log.contains("request.id"), "{log}");
        let spoken: Vec<&str> = log.lines().filter(|line| line.contains(MARK)).collect();
        assert!(spoken.is_empty(), "{spoken:#?}");
    }
}

/// What a test's log holds.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
