//! Signing out: at the wish of a relying party, of the person, and what other systems are told (OIDC RP-Initiated and
//! Back-Channel Logout).

use super::support::*;
use axum::Router;
use axum::routing::post;
use haidang_identity::provider::{LogoutDelivery, LogoutNotices};
use haidang_store::{Dispatcher, Jobs};
use haidang_testkit::db_test;
use haidang_web::client::{Guarded, OutboundLimits};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const OUT: &str = "https://rp.example.test/cb/out";

async fn leave(browser: &mut Browser, pairs: &[(&str, &str)]) -> End {
    browser.look(&format!("/oauth2/logout?{}", haidang_web::encode(pairs.iter().copied()))).await
}

async fn signed_in(world: &World) -> (Browser, Value) {
    let mut browser = world.browser();
    let tokens = world.tokens(&mut browser, &Ask::new(world, "web")).await;
    (browser, tokens)
}

async fn is_signed_in(browser: &mut Browser) -> bool {
    matches!(browser.look("/vi/tai-khoan").await, End::Page(page) if page.text.contains("Trần Một Yếu"))
}

db_test! {
    rooms = ROOMS;

    async fn oidcc_rp_initiated_logout(db: TestDb) {
        let world = World::open(&db).await;
        let (mut browser, tokens) = signed_in(&world).await;
        // The hint is over after a quarter of an hour, the session is not.
        world.wait(1_000);
        assert!(is_signed_in(&mut browser).await);
        let hint = tokens["id_token"].as_str().unwrap();
        let end = leave(&mut browser, &[("id_token_hint", hint), ("post_logout_redirect_uri", OUT), ("state", "s")]).await.callback();
        assert_eq!((end[""].as_str(), end["state"].as_str()), (OUT, "s"));
        assert!(!is_signed_in(&mut browser).await);
    }

    async fn oidcc_rp_initiated_logout_no_state_and_no_params(db: TestDb) {
        let world = World::open(&db).await;
        let (mut browser, tokens) = signed_in(&world).await;
        let hint = tokens["id_token"].as_str().unwrap();
        let page = leave(&mut browser, &[]).await.page();
        assert!(page.status == 200 && is_signed_in(&mut browser).await, "whoever cannot show whose session it is only asks");
        let end = leave(&mut browser, &[("id_token_hint", hint), ("post_logout_redirect_uri", OUT)]).await.callback();
        assert!(end[""] == OUT && !end.contains_key("state"));
        let (mut browser, _) = signed_in(&world).await;
        let page = leave(&mut browser, &[("state", "only")]).await.page();
        browser.submit(&page, &[]).await;
        assert!(!is_signed_in(&mut browser).await, "the person said yes");
    }

    async fn oidcc_rp_initiated_logout_bad_or_modified_id_token_hint(db: TestDb) {
        let world = World::open(&db).await;
        let (mut browser, tokens) = signed_in(&world).await;
        let hint = tokens["id_token"].as_str().unwrap();
        let modified = format!("{}x", &hint[..hint.len() - 1]);
        for bad in [modified.as_str(), "nonsense", tokens["access_token"].as_str().unwrap()] {
            let page = leave(&mut browser, &[("id_token_hint", bad), ("post_logout_redirect_uri", OUT)]).await.page();
            assert_eq!(page.status, 400);
        }
        assert!(is_signed_in(&mut browser).await);
    }

    async fn t09_nobody_is_sent_to_an_unregistered_address_after_signing_out(db: TestDb) {
        let world = World::open(&db).await;
        let (mut browser, tokens) = signed_in(&world).await;
        let hint = tokens["id_token"].as_str().unwrap();
        for bad in ["https://evil.example.test/out", "https://rp.example.test/cb/out?x=1", "//evil.example.test", "https://rp.example.test/cb"] {
            let page = leave(&mut browser, &[("id_token_hint", hint), ("post_logout_redirect_uri", bad)]).await.page();
            assert_eq!(page.status, 400, "{bad}");
            let page = leave(&mut browser, &[("post_logout_redirect_uri", bad)]).await.page();
            assert_eq!(page.status, 400, "{bad} without a client");
        }
        // The page that asks passes on what it was given; it is judged again when the form comes back.
        let page = browser.look("/vi/dang-xuat/xac-nhan?client_id=web&post_logout_redirect_uri=https%3A%2F%2Fevil.example.test%2F").await.page();
        let end = browser.submit(&page, &[]).await;
        assert!(matches!(end, End::Page(_)), "{end:?}");
    }

    async fn t34_oidcc_backchannel_rp_initiated_logout(db: TestDb) {
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (ears, failures) = (heard.clone(), Arc::new(Mutex::new(1)));
        let router = Router::new().route("/told", post(move |body: String| async move {
            let mut failures = failures.lock().unwrap();
            if *failures > 0 {
                *failures -= 1;
                return axum::http::StatusCode::SERVICE_UNAVAILABLE;
            }
            ears.lock().unwrap().push(body);
            axum::http::StatusCode::OK
        }));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let outbound = Guarded::new(["localhost".to_owned()], OutboundLimits::default()).unwrap();
        let world = World::opened(&db, Some(outbound)).await;
        world.db.register(Arc::new(LogoutNotices(world.provider.clone())));
        for (id, uri) in [("told", format!("http://localhost:{port}/told")), ("private", format!("https://127.0.0.1:{port}/told"))] {
            world.add(json!({
                "client_id": id, "client_name": id, "token_endpoint_auth_method": "none", "redirect_uris": [REDIRECT],
                "grant_types": ["authorization_code", "refresh_token"], "scope": "openid", "backchannel_logout_uri": uri,
            })).await;
        }
        let mut browser = world.browser();
        let mut tokens = json!({});
        for client in ["private", "told"] {
            let ask = Ask::new(&world, client);
            let code = browser.walk(&ask.address()).await.code();
            let fields = changed(changed(ask.redeem(&world, "public", &code), "client_id", ""), "client_id", client);
            tokens = world.post_with("/oauth2/token", &fields, None, &json!({})).await.json();
        }
        let id_token = claims_of(tokens["id_token"].as_str().unwrap());
        leave(&mut browser, &[("id_token_hint", tokens["id_token"].as_str().unwrap())]).await;
        let work = async || {
            for _ in 0..6 {
                Dispatcher::new(world.db.db()).run_due().await.unwrap();
                Jobs::new(world.db.db()).with(Arc::new(LogoutDelivery(world.provider.clone()))).run_due().await.unwrap();
            }
        };
        work().await;
        assert!(heard.lock().unwrap().is_empty(), "it was down");
        let access = tokens["access_token"].as_str().unwrap();
        world.get("/oauth2/userinfo", &[("authorization", &format!("Bearer {access}"))]).await.assert_refused(401, "invalid_token");
        world.wait(3_600);
        work().await;
        let told = heard.lock().unwrap().clone();
        assert_eq!(told.len(), 1, "tried again, and an address of the inner network is never called: {told:?}");
        let token = told[0].strip_prefix("logout_token=").unwrap();
        let claims = world.verified(token).await;
        assert_eq!(part(token, 0)["typ"], "logout+jwt");
        assert_eq!((&claims["aud"], &claims["sid"], &claims["sub"]), (&json!("told"), &id_token["sid"], &id_token["sub"]));
        assert!(claims["events"]["http://schemas.openid.net/event/backchannel-logout"].is_object());
        assert!(claims.get("nonce").is_none() && claims["jti"].is_string());
    }
}
