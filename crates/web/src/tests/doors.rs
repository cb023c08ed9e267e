//! Who gets through which door, and what another site cannot make a browser do.

use super::*;
use haidang_testkit::db_test;
use std::sync::atomic::Ordering;

db_test! {
    rooms = ROOMS;

    async fn every_row_answers_each_kind_of_reader_as_it_should(db: TestDb) {
        let trial = trial(&db);
        let sign_in = |path: &str| format!("303 /vi/dang-nhap?next={}", path.replace('/', "%2F"));
        let factor = |path: &str| format!("303 /vi/dang-nhap/xac-thuc?next={}", path.replace('/', "%2F"));
        let half = half_signed_in(&trial).await;
        let resident = Browser::signed_in(&trial, "resident").await;
        let official = Browser::signed_in(&trial, "official").await;
        let leader = Browser::signed_in(&trial, "leader").await;
        let readers = [Browser::default(), resident, half, official, leader];
        let table: &[(&str, [String; 5])] = &[
            ("/trang", ["200", "200", "200", "200", "200"].map(String::from)),
            ("/cua-toi", [sign_in("/cua-toi"), "200".into(), "200".into(), "200".into(), "200".into()]),
            ("/ban", [sign_in("/ban"), "403".into(), factor("/ban"), "200".into(), "200".into()]),
            ("/tiep-nhan", [sign_in("/tiep-nhan"), "403".into(), factor("/tiep-nhan"), "200".into(), "403".into()]),
        ];
        for (path, expected) in table {
            for (reader, expected) in readers.iter().zip(expected) {
                let got = reader.clone().open(&trial, &format!("/vi{path}")).await;
                let seen = format!("{} {}", got.status.as_u16(), got.location());
                assert_eq!(seen.trim(), expected, "{path}");
            }
        }
    }

    async fn a_refused_door_leaves_one_line_and_a_missing_sign_in_none(db: TestDb) {
        let trial = trial(&db);
        let mut resident = Browser::signed_in(&trial, "resident").await;
        resident.open(&trial, "/vi/ban").await;
        Browser::default().open(&trial, "/vi/ban").await;
        let rows = db.fetch_all("SELECT action, object_id, refused, detail FROM store_audit", vec![]).await.unwrap();
        let seen: Vec<_> = rows.iter().map(|r| (r.text("action").unwrap(), r.text("object_id").unwrap(), r.boolean("refused").unwrap())).collect();
        assert_eq!(seen, [("access.refused".to_owned(), "show_office".to_owned(), true)]);
    }

    async fn a_level_that_is_missing_is_asked_for_by_name(db: TestDb) {
        let trial = trial(&db);
        let mut resident = Browser::signed_in(&trial, "resident").await;
        let page = resident.open(&trial, "/vi/chac-chan").await;
        let door = "/vi/dang-nhap/nang-muc?acr=urn%3Ahaidang%3And69%3Axt3&next=%2Fchac-chan";
        assert_eq!((page.status.as_u16(), page.location()), (303, door));
        let got = trial.api("GET", "/api/v1/sure", "token-resident", "").await;
        let challenge = "Bearer error=\"insufficient_user_authentication\", acr_values=\"urn:haidang:nd69:xt3\"";
        assert_eq!((got.status.as_u16(), got.header("www-authenticate")), (401, challenge));
        assert_eq!(got.json()["code"], "insufficient_user_authentication");
        let nobody = trial.api("GET", "/api/v1/sure", "", "").await;
        assert_eq!((nobody.status.as_u16(), nobody.header("www-authenticate")), (401, "Bearer realm=\"haidang\""), "who is unknown signs in first");
    }

    async fn the_api_answers_problems_not_pages(db: TestDb) {
        let trial = trial(&db);
        let check = async |method: &str, path: &str, token: &str, body: &str, status: u16, code: &str| {
            let got = trial.api(method, path, token, body).await;
            assert_eq!((got.status.as_u16(), got.header("content-type")), (status, "application/problem+json"), "{path} {token}");
            let problem = got.json();
            assert_eq!((&problem["code"], &problem["status"]), (&code.into(), &status.into()));
            assert_eq!(problem["type"], format!("urn:haidang:problem:{code}"));
            assert!(problem["title"].as_str().unwrap().len() > 3 && !got.text().contains('⟦'), "{}", got.text());
            assert_eq!(problem["reference"].as_str().unwrap().len(), 9);
            problem
        };
        check("POST", "/api/v1/things", "", "{}", 401, "sign_in_required").await;
        check("POST", "/api/v1/things", "unknown", "{}", 401, "invalid_token").await;
        check("POST", "/api/v1/things", "broken", "{}", 503, "partner_unavailable").await;
        check("GET", "/api/v1/things", "token-resident", "", 403, "not_allowed").await;
        check("GET", "/api/v1/nothing", "", "", 404, "not_found").await;
        check("DELETE", "/api/v1/open", "", "", 405, "method_not_allowed").await;
        check("POST", "/api/v1/things", "token-resident", "{", 400, "malformed_json").await;
        check("POST", "/api/v1/things", "token-resident", &"x".repeat(10_001), 413, "body_too_large").await;
        let problem = check("POST", "/api/v1/things", "token-resident", r#"{"name":"a","count":"many"}"#, 422, "body_invalid").await;
        assert_eq!(problem["errors"][0]["field"], "/count");
        let problem = check("POST", "/api/v1/things", "token-resident", r#"{"name":"invalid"}"#, 422, "thing_invalid").await;
        assert_eq!(problem["errors"], serde_json::json!([{ "field": "/name", "code": "unknown_name" }]));
        let problem = check("POST", "/api/v1/things", "token-resident", r#"{"name":"broken"}"#, 500, "internal").await;
        assert!(problem.get("detail").is_none(), "what went wrong inside is for the log");
        let plain = Request::post("/api/v1/things").header("authorization", "bearer token-resident").header("content-type", "text/plain");
        assert_eq!(trial.send(plain.body(Body::from("{}")).unwrap()).await.json()["code"], "json_expected");
    }

    async fn a_form_of_another_site_changes_nothing(db: TestDb) {
        let trial = trial(&db);
        let mut browser = Browser::signed_in(&trial, "resident").await;
        let good = browser.send(&trial, "/vi/trang", &[("name", "good")]).await;
        assert_eq!((good.status.as_u16(), trial.done.0.load(Ordering::SeqCst)), (303, 1));
        let token = browser.csrf.clone();
        let form = "application/x-www-form-urlencoded";
        type Attack<'a> = (&'a str, &'a [(&'a str, &'a str)], String);
        let attacks: &[Attack<'_>] = &[
            ("no token", &[("content-type", form)], "name=x".into()),
            ("empty token", &[("content-type", form)], "name=x&csrf=".into()),
            ("wrong token", &[("content-type", form)], format!("name=x&csrf=A{}", &token[1..])),
            ("foreign origin", &[("content-type", form), ("origin", "https://evil.example")], format!("name=x&csrf={token}")),
            ("no origin", &[("content-type", form), ("origin", "null")], format!("name=x&csrf={token}")),
            ("cross site", &[("content-type", form), ("sec-fetch-site", "cross-site")], format!("name=x&csrf={token}")),
            ("same site", &[("content-type", form), ("sec-fetch-site", "same-site")], format!("name=x&csrf={token}")),
            ("no type", &[], format!("name=x&csrf={token}")),
            ("text", &[("content-type", "text/plain")], format!("name=x&csrf={token}")),
        ];
        for (name, headers, body) in attacks {
            let mut request = Request::post("/vi/trang").header("cookie", browser.cookie_header());
            for (key, value) in *headers {
                request = request.header(*key, *value);
            }
            let got = trial.send(request.body(Body::from(body.clone())).unwrap()).await;
            assert_eq!(got.status, 403, "{name}");
            assert!(got.text().contains("tải lại trang"), "{name}: the page says what to do");
        }
        // The token of one browser is worth nothing in another.
        let mut other = Browser::signed_in(&trial, "resident").await;
        other.csrf = token;
        assert_eq!(other.send(&trial, "/vi/trang", &[("name", "x")]).await.status, 403);
        assert_eq!(trial.done.0.load(Ordering::SeqCst), 1, "nothing was done");
    }

    async fn a_cookie_alone_cannot_be_used_on_the_api_from_elsewhere(db: TestDb) {
        let trial = trial(&db);
        let browser = Browser::signed_in(&trial, "resident").await;
        let check = async |headers: &[(&str, &str)], expected: u16| {
            let mut request = Request::post("/api/v1/things").header("cookie", browser.cookie_header()).header("content-type", "application/json");
            for (key, value) in headers {
                request = request.header(*key, *value);
            }
            let got = trial.send(request.body(Body::from(r#"{"name":"a"}"#)).unwrap()).await;
            assert_eq!(got.status.as_u16(), expected, "{headers:?}");
        };
        check(&[("sec-fetch-site", "cross-site")], 403).await;
        check(&[("origin", "https://evil.example")], 403).await;
        check(&[], 403).await;
        check(&[("x-csrf-token", "wrong")], 403).await;
        check(&[("x-csrf-token", &browser.csrf)], 201).await;
        check(&[("sec-fetch-site", "same-origin")], 201).await;
        check(&[("origin", ORIGIN)], 201).await;
    }

    async fn an_act_that_needs_a_fresh_factor_asks_again_after_five_minutes(db: TestDb) {
        let trial = trial(&db);
        let mut browser = Browser::signed_in(&trial, "official").await;
        assert_eq!(browser.open(&trial, "/vi/ky").await.status, 200);
        db.ambient().advance(jiff::SignedDuration::from_secs(301));
        let got = browser.open(&trial, "/vi/ky").await;
        assert_eq!(got.location(), "/vi/dang-nhap/xac-thuc?next=%2Fky");
        assert_eq!(browser.open(&trial, "/vi/tiep-nhan").await.status, 200, "other work goes on");
        browser.open(&trial, "/vi/dang-nhap/xac-thuc").await;
        assert_eq!(browser.send(&trial, "/vi/dang-nhap/xac-thuc", &[]).await.status, 303);
        assert_eq!(browser.open(&trial, "/vi/ky").await.status, 200);
    }

    async fn whoever_asks_too_often_waits(db: TestDb) {
        let trial = trial_with(&db, |s| s.rates = Rates { per_system: 3, ..Rates::unlimited() });
        for _ in 0..3 {
            assert_eq!(trial.api("POST", "/api/v1/things", "token-resident", r#"{"name":"a"}"#).await.status, 201);
        }
        let got = trial.api("POST", "/api/v1/things", "token-resident", r#"{"name":"a"}"#).await;
        assert_eq!((got.status.as_u16(), got.header("retry-after")), (429, "20"));
        assert_eq!(got.json()["code"], "too_many_requests");
        assert_eq!(trial.api("POST", "/api/v1/things", "token-official", r#"{"name":"a"}"#).await.status, 201);
        db.ambient().advance(jiff::SignedDuration::from_secs(20));
        assert_eq!(trial.api("POST", "/api/v1/things", "token-resident", r#"{"name":"a"}"#).await.status, 201);
    }
}

/// An official who has given a password and no second factor yet.
async fn half_signed_in(trial: &Trial) -> Browser {
    let mut browser = Browser::default();
    browser.open(trial, "/vi/dang-nhap").await;
    browser.send(trial, "/vi/dang-nhap", &[("who", "official")]).await;
    browser
}
