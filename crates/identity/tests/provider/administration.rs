//! Clients and signing keys in the hands of the city's administrator: pages and API.

use super::support::*;
use haidang_testkit::db_test;
use serde_json::{Value, json};

/// An administrator with two factors, fresh.
async fn administrator(world: &World) -> Browser {
    let mut browser = world.browser();
    browser.user = "hai.yeu.to";
    browser.walk("/vi/dang-nhap/can-bo?next=%2Ftai-khoan").await;
    browser
}

/// Sends the form of a page whose action ends so.
async fn press(browser: &mut Browser, page: &Got, action: &str, fields: &[(&str, &str)]) -> End {
    let main = page.text.split("<main").nth(1).unwrap();
    let form =
        main.split("<form").skip(1).find(|form| form.split('>').next().unwrap().contains(&format!("{action}\"")));
    let form = form.unwrap_or_else(|| panic!("no form {action}: {main}"));
    let alone = Got { status: page.status, headers: page.headers.clone(), text: format!("<main><form{form}") };
    browser.submit(&alone, fields).await
}

/// What stands in the first `<code>` of the page's inset.
fn once(page: &Got) -> String {
    let inset = page.text.split("govuk-inset-text").nth(1).unwrap_or_else(|| panic!("nothing is shown: {}", page.text));
    inset.split("<code>").nth(1).unwrap().split('<').next().unwrap().to_owned()
}

async fn actions(world: &World) -> Vec<String> {
    let rows = world
        .db
        .fetch_all("SELECT action FROM store_audit WHERE actor_kind = 'official' ORDER BY at, id", vec![])
        .await
        .unwrap();
    rows.iter().map(|row| row.text("action").unwrap()).collect()
}

db_test! {
    rooms = ROOMS;

    async fn an_old_system_is_registered_let_in_and_stopped_on_pages(db: TestDb) {
        let world = World::open(&db).await;
        let mut browser = administrator(&world).await;
        let list = browser.look("/vi/quan-tri/he-thong").await.page();
        assert!(list.text.contains("Hệ thống web") && list.text.contains("đang hoạt động"), "{}", list.text);
        let form = browser.look("/vi/quan-tri/he-thong/moi").await.page();
        let fields = [("client_name", "Phần mềm cũ"), ("client_name_en", "Old software"), ("profile", "legacy_rp"), ("redirect_uris", REDIRECT), ("scope", "openid profile")];
        for (name, value, error) in [
            ("client_name", "", "Hãy nhập tên hệ thống"),
            ("profile", "", "Hãy chọn loại hệ thống"),
            ("redirect_uris", "https://*.example.test/", "Hãy nhập địa chỉ đầy đủ"),
            ("scope", "openid email", "Phạm vi này không dành cho"),
            ("jwks", "no json", "Hãy dán khóa công khai"),
        ] {
            let mut wrong: Vec<(&str, &str)> = fields.iter().copied().filter(|(known, _)| *known != name).collect();
            wrong.push((name, value));
            let page = browser.submit(&form, &wrong).await.page();
            assert!(page.status == 422 && page.text.contains(error), "{name}: {} {}", page.status, page.text);
        }
        let made = browser.submit(&form, &fields).await.page();
        assert_eq!((made.status, made.header("cache-control")), (200, "no-store"), "{}", made.text);
        let (id, secret) = (made.text.split("<code>").nth(1).unwrap().split('<').next().unwrap().to_owned(), once(&made));
        assert!(secret.len() == 43 && secret != id);

        let address = format!("/vi/quan-tri/he-thong/{id}");
        let page = browser.look(&address).await.page();
        assert!(page.text.contains("chờ xét duyệt") && !page.text.contains(&secret));
        let page = press(&mut browser, &page, "/phe-duyet", &[]).await.page();
        assert!(page.status == 422 && page.text.contains("trong vòng 3 năm"), "{}", page.text);
        let until = |year: &'static str| [("until.day", "31"), ("until.month", "12"), ("until.year", year)];
        for (year, error) in [("2020", "đã qua"), ("2036", "trong vòng 3 năm")] {
            let page = press(&mut browser, &page, "/phe-duyet", &until(year)).await.page();
            assert!(page.status == 422 && page.text.contains(error), "{year}: {}", page.text);
        }
        let page = press(&mut browser, &page, "/phe-duyet", &until("2027")).await.page();
        assert!(page.text.contains("đang hoạt động"), "{}", page.text);
        let open = async || world.browser().look(&Ask::new(&world, &id).address()).await.page().status == 200;
        assert!(open().await);
        let page = press(&mut browser, &page, "/tam-dung", &[]).await.page();
        assert!(page.text.contains("tạm dừng") && !open().await);
        let page = press(&mut browser, &page, "/mo-lai", &[]).await.page();
        assert!(open().await);
        let shown = press(&mut browser, &page, "/khoa-bi-mat", &[]).await.page();
        let new = once(&shown);
        assert_ne!(new, secret);
        let proof = |secret: &str| format!("Basic {}", data_encoding::BASE64.encode(format!("{id}:{secret}").as_bytes()));
        for (secret, error) in [(&secret, "invalid_client"), (&new, "invalid_grant")] {
            let got = world.post("/oauth2/token", &[("grant_type", "authorization_code"), ("code", "x")], &[("authorization", &proof(secret))]).await;
            assert_eq!(got.refusal().1, error, "the old secret ended");
        }
        let page = browser.look(&address).await.page();
        let page = press(&mut browser, &page, "/thoi-han", &until("2026")).await.page();
        assert!(page.text.contains("31/12/2026"), "{}", page.text);
        let page = press(&mut browser, &page, "/cham-dut", &[]).await.page();
        assert!(page.text.contains("đã chấm dứt") && !page.text.contains("/phe-duyet") && !open().await, "{}", page.text);
        let kept = actions(&world).await;
        for action in ["client.registered", "client.approved", "client.suspended", "client.resumed", "client.secret_made", "client.end_changed", "client.revoked"] {
            assert!(kept.iter().any(|known| known == action), "{action}: {kept:?}");
        }
        let english = browser.look(&format!("/en/quan-tri/he-thong/{id}")).await.page();
        assert!(english.text.contains("Old software") && english.text.contains("shut out"), "{}", english.text);
    }

    async fn a_system_that_registered_itself_gets_its_scopes_from_an_official(db: TestDb) {
        let world = World::open(&db).await;
        let mut browser = administrator(&world).await;
        let list = browser.look("/vi/quan-tri/he-thong").await.page();
        let page = press(&mut browser, &list, "/the-dang-ky", &[("name", "")]).await.page();
        assert_eq!(page.status, 422);
        let page = press(&mut browser, &page, "/the-dang-ky", &[("name", "Công ty Mẫu")]).await.page();
        let token = once(&page);
        let body = json!({ "client_name": "Tự đăng ký", "token_endpoint_auth_method": "none", "redirect_uris": [REDIRECT], "scope": "openid" }).to_string();
        let request = axum::http::Request::builder().method("POST").uri("/oauth2/register").header("authorization", format!("Bearer {token}")).header("content-type", "application/json");
        let id = world.send(request.body(axum::body::Body::from(body)).unwrap()).await.json()["client_id"].as_str().unwrap().to_owned();
        let page = browser.look(&format!("/vi/quan-tri/he-thong/{id}")).await.page();
        let page = press(&mut browser, &page, "/phe-duyet", &[("scope", "openid api:read")]).await.page();
        assert!(page.text.contains("openid api:read") && page.text.contains("đang hoạt động"), "{}", page.text);
        let ask = Ask::new(&world, &id).with("scope", "openid api:read").with("resource", API);
        assert!(!browser.walk(&ask.address()).await.code().is_empty());
        let list = browser.look("/vi/quan-tri/he-thong").await.page();
        assert!(list.text.contains(&format!("đã dùng cho {id}")) && !list.text.contains(&token), "{}", list.text);
    }

    async fn keys_are_announced_rotated_and_taken_out(db: TestDb) {
        let world = World::open(&db).await;
        let before = world.signed_in().await["id_token"].as_str().unwrap().to_owned();
        let mut browser = administrator(&world).await;
        let page = browser.look("/vi/quan-tri/khoa-ky").await.page();
        assert!(page.text.contains("đang ký"), "{}", page.text);
        let year = [("algorithm", "ES256"), ("from.day", "31"), ("from.month", "12"), ("from.year", "2026")];
        for (fields, error) in [
            (vec![("algorithm", "HS256")], "Hãy chọn một thuật toán"),
            (vec![("algorithm", "ES256"), ("from.day", "3"), ("from.month", "3"), ("from.year", "2026")], "ít nhất một ngày"),
            (vec![("algorithm", "ES256"), ("from.day", "99"), ("from.month", "3"), ("from.year", "2026")], "ngày có thật"),
        ] {
            let page = press(&mut browser, &page, "/khoa-ky", &fields).await.page();
            assert!(page.status == 422 && page.text.contains(error), "{error}: {}", page.text);
        }
        let page = press(&mut browser, &page, "/khoa-ky", &year).await.page();
        assert!(page.text.contains("đã công bố, chưa ký") && !page.text.contains("/dung\""), "{}", page.text);
        let twice = press(&mut browser, &page, "/khoa-ky", &year).await.page();
        assert!(twice.text.contains("đã có khóa kế tiếp"), "{}", twice.text);
        world.wait(24 * 3_600);
        let mut browser = administrator(&world).await;
        let page = browser.look("/vi/quan-tri/khoa-ky").await.page();
        press(&mut browser, &page, "/dung", &[]).await.page();
        let after = world.signed_in().await["id_token"].as_str().unwrap().to_owned();
        assert_ne!(part(&after, 0)["kid"], part(&before, 0)["kid"], "the announced key signs from now on");
        world.verified(&before).await;
        // The one that signs is taken out: another signs at once, and nothing of the first counts.
        let kid = part(&after, 0)["kid"].as_str().unwrap().to_owned();
        let page = browser.look("/vi/quan-tri/khoa-ky").await.page();
        press(&mut browser, &page, &format!("/{kid}/thu-hoi"), &[]).await.page();
        let set = world.get("/oauth2/jwks", &[]).await.json();
        assert!(set["keys"].as_array().unwrap().iter().all(|key| key["kid"] != kid.as_str()), "{set}");
        let last = world.signed_in().await["id_token"].as_str().unwrap().to_owned();
        assert_ne!(part(&last, 0)["kid"], kid);
        world.verified(&last).await;
        let kept = actions(&world).await;
        for action in ["signing_key.made", "signing_key.rotated", "signing_key.retired"] {
            assert!(kept.iter().any(|known| known == action), "{action}: {kept:?}");
        }
    }

    async fn nobody_else_opens_these_doors(db: TestDb) {
        let world = World::open(&db).await;
        let rows: Vec<_> = world.served.rows().iter().filter(|row| row.path.contains("/quan-tri/he-thong") || row.path.contains("/quan-tri/khoa-ky") || row.path.starts_with("/api/v1/clients") || row.path.starts_with("/api/v1/signing-keys") || row.path.starts_with("/api/v1/registration-tokens")).cloned().collect();
        assert!(rows.len() > 25, "{}", rows.len());
        let mut one_factor = world.browser();
        one_factor.walk("/vi/dang-nhap/can-bo?next=%2F").await;
        let before = world.db.fetch_all("SELECT metadata || state AS kept FROM identity_client ORDER BY id", vec![]).await.unwrap();
        let page = |path: &str| path.replace("{client}", "web").replace("{key}", "none");
        for row in rows.iter().filter(|row| !row.is_unsafe() && !row.path.starts_with("/api/")) {
            let end = one_factor.look(&format!("/vi{}", page(row.path))).await;
            assert!(!matches!(end, End::Page(got) if got.status == 200 && got.text.contains("Hệ thống web")), "{}", row.path);
        }
        for row in rows.iter().filter(|row| row.is_unsafe()) {
            assert!(row.fresh_factor && row.audit.is_some(), "{}", row.id);
        }
        assert_eq!(world.get("/api/v1/clients", &[]).await.status, 401);
        let after = world.db.fetch_all("SELECT metadata || state AS kept FROM identity_client ORDER BY id", vec![]).await.unwrap();
        assert_eq!(before.len(), after.len());
    }

    async fn programs_of_the_administration_do_the_same(db: TestDb) {
        use axum::http::Request;
        let world = World::open(&db).await;
        let token = world.person_token("hai.yeu.to").await;
        let send = async |method: &str, path: &str, body: Option<Value>| {
            let request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}")).header("content-type", "application/json").header("host", "localhost");
            world.send(request.body(body.map_or_else(axum::body::Body::empty, |body| axum::body::Body::from(body.to_string()))).unwrap()).await
        };
        let made = send("POST", "/api/v1/clients", Some(json!({ "client_name": "Máy mới", "token_endpoint_auth_method": "client_secret_basic", "grant_types": ["client_credentials"], "scope": "api:read" }))).await;
        assert_eq!((made.status, made.header("cache-control")), (201, "no-store"), "{}", made.text);
        let made = made.json();
        let path = format!("/api/v1/clients/{}", made["id"].as_str().unwrap());
        assert_eq!(send("GET", &path, None).await.json()["state"], "PENDING");
        assert_eq!(send("POST", &format!("{path}/approval"), Some(json!({ "until": null }))).await.status, 204);
        let shown = send("GET", &path, None).await.json();
        assert!(shown["open"] == true && shown.to_string().find(made["client_secret"].as_str().unwrap()).is_none(), "{shown}");
        assert_eq!(send("PUT", &format!("{path}/suspension"), None).await.status, 204);
        assert_eq!(send("GET", &path, None).await.json()["open"], false);
        assert_eq!(send("DELETE", &format!("{path}/suspension"), None).await.status, 204);
        let secret = send("POST", &format!("{path}/secret"), None).await;
        assert!(secret.status == 201 && secret.json()["client_secret"] != made["client_secret"]);
        assert_eq!(send("PUT", &format!("{path}/end"), Some(json!({ "until": "2027-01-01T00:00:00+07:00" }))).await.status, 204);
        assert_eq!(send("POST", &format!("{path}/refusal"), None).await.status, 409, "it no longer waits");
        assert_eq!(send("DELETE", &path, None).await.status, 204);
        assert_eq!(send("POST", &format!("{path}/approval"), Some(json!({}))).await.status, 409, "for good");
        let listed = send("GET", "/api/v1/clients?limit=2", None).await.json();
        assert_eq!((listed["items"].as_array().unwrap().len(), listed["next"].is_string()), (2, true));
        assert_eq!(send("GET", "/api/v1/clients/nobody", None).await.status, 404);
        assert!(send("POST", "/api/v1/registration-tokens", Some(json!({ "name": "Ai đó" }))).await.json()["token"].as_str().unwrap().starts_with("hdr_"));
        assert_eq!(send("POST", "/api/v1/signing-keys", Some(json!({ "algorithm": "ES256" }))).await.status, 204);
        let keys = send("GET", "/api/v1/signing-keys", None).await.json();
        let waiting = keys["items"].as_array().unwrap().iter().find(|key| key["state"] == "announced").unwrap()["id"].as_str().unwrap().to_owned();
        assert_eq!(send("POST", &format!("/api/v1/signing-keys/{waiting}/turn"), None).await.status, 409, "not public for a day");
        assert_eq!(send("DELETE", &format!("/api/v1/signing-keys/{waiting}"), None).await.status, 204);
        assert_eq!(send("DELETE", &format!("/api/v1/signing-keys/{waiting}"), None).await.status, 404);
    }
}
