//! Signing out: at the wish of a relying party, of the person, and what other systems are told (OIDC RP-Initiated and
//! Back-Channel Logout).

use super::support::*;
use axum::Router;
use axum::routing::post;
use haidang_identity::provider::{LogoutDelivery, LogoutNotices};
use haidang_store::{Dispatcher, Jobs};
use haidang_testkit::{TestDb, db_test};
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

/// Addresses that `web` did not register for the time after.
const UNREGISTERED: [&str; 4] = [
    "https://evil.example.test/out",
    "https://rp.example.test/cb/out?x=1",
    "//evil.example.test",
    "https://rp.example.test/cb",
];

/// A hint that is none of ours ends nothing and sends nobody anywhere.
async fn hint_is_refused(browser: &mut Browser, hint: &str) {
    let page =
        leave(browser, &[("id_token_hint", hint), ("post_logout_redirect_uri", OUT), ("state", "s")]).await.page();
    assert_eq!(page.status, 400, "{hint}");
    assert!(is_signed_in(browser).await, "{hint}");
}

/// Two systems that want to be told: `told` is ours to reach, and `private` gives an address of the inner network.
struct Told {
    world: World,
    heard: Arc<Mutex<Vec<String>>>,
    /// What `told` was given.
    tokens: Value,
}

impl Told {
    /// Signs in at both, and out; `told` fails so many times before it listens.
    async fn after_signing_out(db: &TestDb, failures: usize) -> Told {
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (ears, failures) = (heard.clone(), Arc::new(Mutex::new(failures)));
        let hear = move |body: String| async move {
            let mut failures = failures.lock().unwrap();
            if *failures > 0 {
                *failures -= 1;
                return axum::http::StatusCode::SERVICE_UNAVAILABLE;
            }
            ears.lock().unwrap().push(body);
            axum::http::StatusCode::OK
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/told", post(hear))).await });
        let outbound = Guarded::new(["localhost".to_owned()], OutboundLimits::default()).unwrap();
        let world = World::opened(db, Some(outbound)).await;
        world.db.register(Arc::new(LogoutNotices(world.provider.clone())));
        let mut browser = world.browser();
        let mut tokens = json!({});
        for (id, host) in [("private", "https://127.0.0.1"), ("told", "http://localhost")] {
            let uri = format!("{host}:{port}/told");
            world
                .add(json!({
                    "client_id": id, "client_name": id, "token_endpoint_auth_method": "none", "redirect_uris": [REDIRECT],
                    "grant_types": ["authorization_code", "refresh_token"], "scope": "openid", "backchannel_logout_uri": uri,
                }))
                .await;
            let ask = Ask::new(&world, id);
            let code = browser.walk(&ask.address()).await.code();
            let fields = changed(ask.redeem(&world, "public", &code), "client_id", id);
            tokens = world.post_with("/oauth2/token", &fields, None, &json!({})).await.json();
        }
        leave(&mut browser, &[("id_token_hint", tokens["id_token"].as_str().unwrap())]).await;
        let told = Told { world, heard, tokens };
        told.work().await;
        told
    }

    async fn work(&self) {
        for _ in 0..6 {
            Dispatcher::new(self.world.db.db()).run_due().await.unwrap();
            let delivery = Arc::new(LogoutDelivery(self.world.provider.clone()));
            Jobs::new(self.world.db.db()).with(delivery).run_due().await.unwrap();
        }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
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

    async fn oidcc_rp_initiated_logout_bad_id_token_hint(db: TestDb) {
        let world = World::open(&db).await;
        let (mut browser, tokens) = signed_in(&world).await;
        // Words, a token of another kind, and the right claims under somebody else's key.
        let forged = world.signed_proof(&key(), "JWT", &claims_of(tokens["id_token"].as_str().unwrap()));
        for bad in ["nonsense", tokens["access_token"].as_str().unwrap(), &forged] {
            hint_is_refused(&mut browser, bad).await;
        }
    }

    async fn oidcc_rp_initiated_logout_modified_id_token_hint(db: TestDb) {
        let world = World::open(&db).await;
        let (mut browser, tokens) = signed_in(&world).await;
        let hint = tokens["id_token"].as_str().unwrap();
        let pieces: Vec<&str> = hint.split('.').collect();
        let mut claims = claims_of(hint);
        claims["exp"] = 4_000_000_000_i64.into();
        let claims = data_encoding::BASE64URL_NOPAD.encode(claims.to_string().as_bytes());
        let flipped = if pieces[2].starts_with('A') { "B" } else { "A" };
        for modified in [
            format!("{}.{claims}.{}", pieces[0], pieces[2]),
            format!("{}.{}.{flipped}{}", pieces[0], pieces[1], &pieces[2][1..]),
            format!("{}.{}.", pieces[0], pieces[1]),
        ] {
            hint_is_refused(&mut browser, &modified).await;
        }
    }

    async fn oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(db: TestDb) {
        let world = World::open(&db).await;
        let (mut browser, tokens) = signed_in(&world).await;
        let hint = tokens["id_token"].as_str().unwrap();
        for bad in UNREGISTERED {
            let page = leave(&mut browser, &[("id_token_hint", hint), ("post_logout_redirect_uri", bad)]).await.page();
            assert_eq!(page.status, 400, "{bad}");
        }
        assert!(is_signed_in(&mut browser).await, "a wish that was refused ends nothing");
    }

    async fn oidcc_rp_initiated_logout_no_params(db: TestDb) {
        let world = World::open(&db).await;
        let (mut browser, _) = signed_in(&world).await;
        let page = leave(&mut browser, &[]).await.page();
        assert!(page.status == 200 && is_signed_in(&mut browser).await, "whoever cannot show whose session it is only asks");
        assert!(matches!(browser.submit(&page, &[]).await, End::Page(_)), "there is nowhere to go");
        assert!(!is_signed_in(&mut browser).await, "the person said yes");
    }

    async fn oidcc_rp_initiated_logout_no_state(db: TestDb) {
        let world = World::open(&db).await;
        let (mut browser, tokens) = signed_in(&world).await;
        let hint = tokens["id_token"].as_str().unwrap();
        let end = leave(&mut browser, &[("id_token_hint", hint), ("post_logout_redirect_uri", OUT)]).await.callback();
        assert!(end[""] == OUT && !end.contains_key("state"));
        assert!(!is_signed_in(&mut browser).await);
    }

    async fn oidcc_rp_initiated_logout_only_state(db: TestDb) {
        let world = World::open(&db).await;
        let (mut browser, _) = signed_in(&world).await;
        let page = leave(&mut browser, &[("state", "only")]).await.page();
        assert!(page.status == 200 && is_signed_in(&mut browser).await);
        assert!(matches!(browser.submit(&page, &[]).await, End::Page(_)), "a state alone leads nowhere");
        assert!(!is_signed_in(&mut browser).await, "the person said yes");
    }

    async fn t09_nobody_is_sent_to_an_unregistered_address_after_signing_out(db: TestDb) {
        let world = World::open(&db).await;
        let (mut browser, _) = signed_in(&world).await;
        for bad in UNREGISTERED.into_iter().chain([OUT]) {
            let page = leave(&mut browser, &[("post_logout_redirect_uri", bad)]).await.page();
            assert_eq!(page.status, 400, "{bad} without a client");
        }
        for bad in UNREGISTERED {
            // The page that asks passes on what it was given; it is judged again when the form comes back.
            let query = haidang_web::encode([("client_id", "web"), ("post_logout_redirect_uri", bad)]);
            let mut browser = signed_in(&world).await.0;
            let page = browser.look(&format!("/vi/dang-xuat/xac-nhan?{query}")).await.page();
            let end = browser.submit(&page, &[]).await;
            assert!(matches!(end, End::Page(_)), "{bad}: {end:?}");
        }
    }

    async fn oidcc_backchannel_rp_initiated_logout(db: TestDb) {
        let told = Told::after_signing_out(&db, 0).await;
        let heard = told.heard();
        assert_eq!(heard.len(), 1, "told once, at once: {heard:?}");
        let token = heard[0].strip_prefix("logout_token=").unwrap();
        let claims = told.world.verified(token).await;
        let id_token = claims_of(told.tokens["id_token"].as_str().unwrap());
        assert_eq!(part(token, 0)["typ"], "logout+jwt");
        assert_eq!((&claims["iss"], &claims["aud"]), (&json!(ISSUER), &json!("told")));
        assert_eq!((&claims["sid"], &claims["sub"]), (&id_token["sid"], &id_token["sub"]));
        assert_eq!(claims["events"], json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
        assert!(claims.get("nonce").is_none() && claims["jti"].is_string());
        let (from, until) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
        assert!(from == told.world.now() && until - from <= 120, "{claims}");
    }

    async fn t34_a_system_that_was_down_is_told_later_and_the_inner_network_never(db: TestDb) {
        let told = Told::after_signing_out(&db, 1).await;
        assert!(told.heard().is_empty(), "it was down");
        let bearer = format!("Bearer {}", told.tokens["access_token"].as_str().unwrap());
        told.world.get("/oauth2/userinfo", &[("authorization", &bearer)]).await.assert_refused(401, "invalid_token");
        told.world.wait(3_600);
        told.work().await;
        assert_eq!(told.heard().len(), 1, "tried again, and an address of the inner network is never called");
    }
}
