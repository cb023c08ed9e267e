//! Where a browser is sent: to registered addresses byte for byte, by 303, with the issuer's name, and never elsewhere.

use super::support::*;
use haidang_identity::provider::{NewClient, RegisterError};
use haidang_store::ActorRef;
use haidang_testkit::db_test;
use serde_json::{Value, json};

/// Registration of an application whose address has a query.
fn queried(redirect: &str) -> Value {
    json!({
        "client_id": "queried", "client_name": "Ứng dụng có truy vấn", "token_endpoint_auth_method": "none",
        "redirect_uris": [redirect], "grant_types": ["authorization_code"], "scope": "openid",
    })
}

/// Nobody is sent to this address: an error page, and no such request is taken when pushed.
async fn redirect_is_refused(world: &World, client: &str, redirect: &str) {
    let ask = Ask::new(world, client).with("redirect_uri", redirect);
    let page = world.browser().look(&ask.address()).await.page();
    assert_eq!((page.status, page.header("location")), (400, ""), "{redirect}");
    world.post_with("/oauth2/par", &ask.params, None, &json!({})).await.assert_refused(400, "invalid_request");
}

db_test! {
    rooms = ROOMS;

    async fn oidcc_ensure_registered_redirect_uri(db: TestDb) {
        let world = World::open(&db).await;
        for wrong in ["https://rp.example.test/", "https://rp.example.test/CB", "https://rp.example.test:443/cb", "http://rp.example.test/cb", "https://evil.example.test/cb", ""] {
            redirect_is_refused(&world, "public", wrong).await;
        }
    }

    async fn oidcc_redirect_uri_query_mismatch(db: TestDb) {
        let world = World::open(&db).await;
        let registered = "https://rp.example.test/cb?foo=bar";
        world.add(queried(registered)).await;
        for wrong in [REDIRECT, "https://rp.example.test/cb?foo=baz", "https://rp.example.test/cb?bar=foo", "https://rp.example.test/cb?foo=bar&a=b", "https://rp.example.test/cb?"] {
            redirect_is_refused(&world, "queried", wrong).await;
        }
        let ask = Ask::new(&world, "queried").with("redirect_uri", registered);
        let end = world.browser().walk(&ask.address()).await.callback();
        assert!(end["foo"] == "bar" && end.contains_key("code") && end["iss"] == ISSUER, "what was registered stays: {end:?}");
    }

    async fn oidcc_redirect_uri_query_added(db: TestDb) {
        let world = World::open(&db).await;
        for added in ["?foo=bar", "?", "?code=mine"] {
            redirect_is_refused(&world, "public", &format!("{REDIRECT}{added}")).await;
        }
    }

    async fn oidcc_redirect_uri_regfrag(db: TestDb) {
        let world = World::open(&db).await;
        for wrong in ["https://rp.example.test/cb#frag", "https://rp.example.test/cb#", "https://*.example.test/cb"] {
            let refused = world.provider.register(NewClient::from_json(&queried(wrong)).unwrap(), ActorRef::system()).await;
            assert!(matches!(refused, Err(RegisterError::Facts { code: "invalid_redirect_uri", .. })), "{wrong}");
        }
        redirect_is_refused(&world, "public", &format!("{REDIRECT}#frag")).await;
    }

    async fn t06_every_answer_names_its_issuer(db: TestDb) {
        let world = World::open(&db).await;
        let iss = |end: End| end.callback().get("iss").cloned();
        let mut browser = world.browser();
        let ask = Ask::new(&world, "public");
        assert_eq!(iss(browser.walk(&ask.address()).await).as_deref(), Some(ISSUER), "a code");
        for (name, value) in [("scope", "nonsense"), ("response_type", "token"), ("code_challenge", ""), ("resource", "urn:no"), ("acr_values", "urn:haidang:nd69:xt4"), ("request", "a.b.c")] {
            let end = world.browser().walk(&ask.clone().with(name, value).address()).await;
            assert_eq!(iss(end).as_deref(), Some(ISSUER), "{name} {value}");
        }
        let silent = ask.clone().with("prompt", "none").address();
        assert_eq!(iss(world.browser().look(&silent).await).as_deref(), Some(ISSUER), "login_required");
        let mut fresh = world.browser();
        let page = fresh.look(&Ask::new(&world, "web").pushed_address(&world, "web", None).await).await.page();
        let question = fresh.submit(&page, &[("username", "mot.yeu.to"), ("password", PASSWORD)]).await.page();
        assert_eq!(iss(fresh.submit(&question, &[("tu_choi", "1")]).await).as_deref(), Some(ISSUER), "access_denied");
    }

    async fn t08_a_form_is_answered_by_303(db: TestDb) {
        let world = World::open(&db).await;
        let mut browser = world.browser();
        // The browser of these tests holds every redirect to it; here is one of each kind by name.
        let body = haidang_web::encode(Ask::new(&world, "public").params);
        let begun = browser.open("POST", "/oauth2/authorize", Some(body)).await;
        assert_eq!(begun.status, 303, "a request by POST");
        let sign_in = browser.look(begun.header("location")).await.page();
        let question = browser.submit(&sign_in, &[("username", "mot.yeu.to"), ("password", PASSWORD)]).await.page();
        browser.submit(&question, &[("dong_y", "1")]).await.code();
        let leave = browser.open("POST", "/oauth2/logout", Some("client_id=public".to_owned())).await;
        assert_eq!(leave.status, 303, "signing out by POST");
    }

    async fn t09_the_way_back_after_signing_in_stays_in_the_city(db: TestDb) {
        let world = World::open(&db).await;
        for wrong in ["https://evil.example.test/", "//evil.example.test/", "/\\evil.example.test", "/vi//evil.example.test", "\\\\evil.example.test", "/\t/evil.example.test", "javascript:alert(1)", "evil.example.test"] {
            let mut browser = world.browser();
            let door = format!("/vi/dang-nhap/can-bo?{}", haidang_web::encode([("next", wrong)]));
            let page = browser.look(&door).await.page();
            let end = browser.submit(&page, &[("username", "mot.yeu.to"), ("password", PASSWORD)]).await;
            assert!(matches!(end, End::Page(_)), "{wrong}: {end:?}");
            // Signed in already: the door leads on at once.
            assert!(matches!(browser.look(&door).await, End::Page(_)), "{wrong}, signed in");
        }
    }
}
