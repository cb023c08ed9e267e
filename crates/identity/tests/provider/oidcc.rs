//! Modules of the OpenID Connect conformance profile (`oidcc-…`), each under its name.

use super::checks::*;
use super::support::*;
use haidang_testkit::db_test;
use serde_json::json;

/// The language of a page.
fn language_of(page: &Got) -> &str {
    let tag = page.text.split("<html").nth(1).unwrap().split('>').next().unwrap();
    tag.split("lang=\"").nth(1).unwrap().split('"').next().unwrap()
}

db_test! {
    rooms = ROOMS;

    async fn oidcc_server(db: TestDb) {
        let world = World::open(&db).await;
        let tokens = world.signed_in().await;
        let claims = world.verified(tokens["id_token"].as_str().unwrap()).await;
        assert_eq!((&claims["iss"], &claims["aud"], &claims["azp"], &claims["nonce"]), (&json!(ISSUER), &json!("web"), &json!("web"), &json!("a nonce")));
        assert_eq!((&claims["acr"], &claims["amr"]), (&json!("urn:haidang:nd69:xt1"), &json!(["pwd"])));
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 900);
        assert!(claims["sid"].is_string() && claims["auth_time"].is_i64());
        let access = tokens["access_token"].as_str().unwrap();
        let half = &sha2_half(access);
        assert_eq!(claims["at_hash"].as_str(), Some(half.as_str()));
        let token = world.verified(access).await;
        assert_eq!((&token["sub"], &token["aud"], &token["cnf"]["jkt"]), (&claims["sub"], &json!(ISSUER), &json!(world.dpop.jkt)));
        assert_eq!(token["exp"].as_i64().unwrap() - token["iat"].as_i64().unwrap(), 300, "officials' tokens live five minutes");
    }

    async fn oidcc_server_client_secret_post(db: TestDb) {
        let world = World::open(&db).await;
        let fields = [("grant_type", "client_credentials"), ("client_id", "svc"), ("client_secret", world.secret.as_str())];
        world.post("/oauth2/token", &fields, &[]).await.assert_refused(401, "invalid_client");
    }

    async fn oidcc_response_type_missing(db: TestDb) {
        let world = World::open(&db).await;
        let callback = world.browser().look(&Ask::new(&world, "public").with("response_type", "").address()).await;
        assert_eq!(callback.error(), "invalid_request");
    }

    async fn oidcc_codereuse(db: TestDb) {
        code_cannot_be_used_again(&db, 0).await;
    }

    async fn oidcc_codereuse_30seconds(db: TestDb) {
        code_cannot_be_used_again(&db, 30).await;
    }

    async fn oidcc_login_hint(db: TestDb) {
        let world = World::open(&db).await;
        let ask = Ask::new(&world, "web").with("login_hint", "hai.yeu.to");
        let address = ask.pushed_address(&world, "web", None).await;
        let mut browser = world.browser();
        let led = browser.open("GET", &address, None).await;
        assert!(led.status == 303 && !led.header("location").contains("hai.yeu.to"), "no name stands in an address");
        // A hint proves nobody: who signs in is who proves themselves.
        let code = browser.walk(&address).await.code();
        let tokens = world.redeem(&ask, &code).await.json();
        assert_eq!(id_claims(&tokens)["sub"], id_claims(&world.signed_in().await)["sub"]);
    }

    async fn oidcc_ui_locales(db: TestDb) {
        let world = World::open(&db).await;
        for (wish, language) in [("en", "en"), ("vi en", "vi"), ("fr en vi", "en"), ("fr", "vi"), ("../en", "vi")] {
            let ask = Ask::new(&world, "web").with("ui_locales", wish);
            let mut browser = world.browser();
            let page = browser.look(&ask.pushed_address(&world, "web", None).await).await.page();
            assert_eq!((page.status, language_of(&page)), (200, language), "{wish}");
            browser.walk(&ask.pushed_address(&world, "web", None).await).await.code();
        }
    }

    async fn oidcc_max_age_1(db: TestDb) {
        let world = World::open(&db).await;
        let mut browser = world.browser();
        let first = world.tokens(&mut browser, &Ask::new(&world, "web")).await;
        world.wait(2);
        let ask = Ask::new(&world, "web").with("max_age", "1");
        let page = browser.look(&ask.pushed_address(&world, "web", Some(&world.dpop)).await).await.page();
        assert!(page.text.contains("type=\"password\""), "the person must prove themselves again");
        let second = world.tokens(&mut browser, &ask).await;
        assert!(id_claims(&second)["auth_time"].as_i64() > id_claims(&first)["auth_time"].as_i64());
        assert_eq!(id_claims(&second)["sub"], id_claims(&first)["sub"]);
        assert_eq!(id_claims(&second)["sid"], id_claims(&first)["sid"], "the same person in the same browser: one session");
    }

    async fn oidcc_max_age_10000(db: TestDb) {
        let world = World::open(&db).await;
        let mut browser = world.browser();
        let first = world.tokens(&mut browser, &Ask::new(&world, "web")).await;
        world.wait(2);
        let ask = Ask::new(&world, "web").with("max_age", "10000");
        let address = ask.pushed_address(&world, "web", Some(&world.dpop)).await;
        let code = browser.look(&address).await.code();
        let second = world.post_with("/oauth2/token", &ask.redeem(&world, "web", &code), Some(&world.dpop), &json!({})).await.json();
        assert_eq!(id_claims(&second)["auth_time"], id_claims(&first)["auth_time"]);
    }

    async fn oidcc_prompt_login(db: TestDb) {
        let world = World::open(&db).await;
        let mut browser = world.browser();
        world.tokens(&mut browser, &Ask::new(&world, "web")).await;
        world.wait(1);
        let ask = Ask::new(&world, "web").with("prompt", "login");
        let page = browser.look(&ask.pushed_address(&world, "web", None).await).await.page();
        assert!(page.text.contains("type=\"password\""));
        assert!(browser.walk(&ask.pushed_address(&world, "web", None).await).await.callback().contains_key("code"));
    }

    async fn oidcc_prompt_none_logged_in(db: TestDb) {
        let world = World::open(&db).await;
        let mut browser = world.browser();
        let first = world.tokens(&mut browser, &Ask::new(&world, "web")).await;
        let hint = first["id_token"].as_str().unwrap();
        let ask = Ask::new(&world, "web").with("prompt", "none").with("id_token_hint", hint);
        let address = ask.pushed_address(&world, "web", None).await;
        assert!(browser.look(&address).await.callback().contains_key("code"), "without a page");
        let wider = Ask::new(&world, "web").with("prompt", "none").with("scope", "openid profile");
        assert_eq!(browser.look(&wider.pushed_address(&world, "web", None).await).await.error(), "consent_required");
        let both = Ask::new(&world, "web").with("prompt", "none login").push(&world, "web", None).await;
        both.assert_refused(400, "invalid_request");
    }

    async fn oidcc_prompt_none_not_logged_in(db: TestDb) {
        let world = World::open(&db).await;
        let ask = Ask::new(&world, "web").with("prompt", "none");
        let callback = world.browser().look(&ask.pushed_address(&world, "web", None).await).await.callback();
        assert_eq!((callback["error"].as_str(), callback["iss"].as_str(), callback["state"].as_str()), ("login_required", ISSUER, "a state"));
    }

    async fn oidcc_id_token_hint(db: TestDb) {
        let world = World::open(&db).await;
        let mut me = world.browser();
        let mine = world.tokens(&mut me, &Ask::new(&world, "web")).await;
        let again = Ask::new(&world, "web").with("prompt", "none").with("id_token_hint", mine["id_token"].as_str().unwrap());
        let code = me.look(&again.pushed_address(&world, "web", None).await).await.code();
        assert_eq!(id_claims(&world.redeem(&again, &code).await.json())["sub"], id_claims(&mine)["sub"]);
        let mut other = world.browser();
        other.user = "hai.yeu.to";
        world.tokens(&mut other, &Ask::new(&world, "web")).await;
        let ask = Ask::new(&world, "web").with("prompt", "none").with("id_token_hint", mine["id_token"].as_str().unwrap());
        assert_eq!(other.look(&ask.pushed_address(&world, "web", None).await).await.error(), "login_required", "somebody else is signed in");
        for bad in ["nonsense", mine["access_token"].as_str().unwrap()] {
            Ask::new(&world, "web").with("id_token_hint", bad).push(&world, "web", None).await.assert_refused(400, "invalid_request");
        }
    }

    async fn oidcc_ensure_request_with_unknown_parameter_succeeds(db: TestDb) {
        let world = World::open(&db).await;
        let ask = Ask::new(&world, "web").with("extra", "foobar");
        assert!(!ask.code(&mut world.browser(), "web", None).await.is_empty());
    }

    async fn oidcc_ensure_request_with_acr_values_succeeds(db: TestDb) {
        let world = World::open(&db).await;
        let ask = Ask::new(&world, "web").with("acr_values", "urn:example:unknown urn:haidang:nd69:xt1");
        assert_eq!(id_claims(&world.tokens(&mut world.browser(), &ask).await)["acr"], "urn:haidang:nd69:xt1");
    }

    async fn oidcc_ensure_post_request_succeeds(db: TestDb) {
        let world = World::open(&db).await;
        let mut browser = world.browser();
        let ask = Ask::new(&world, "public");
        let body = haidang_web::encode(ask.params.iter().map(|(k, v)| (k, v)));
        let got = browser.open("POST", "/oauth2/authorize", Some(body)).await;
        assert_eq!(got.status, 303);
        let next = got.header("location").to_owned();
        assert!(browser.walk(&next).await.callback().contains_key("code"));
    }

    async fn oidcc_response_mode_form_post(db: TestDb) {
        let world = World::open(&db).await;
        let ask = Ask::new(&world, "web").with("response_mode", "form_post");
        let page = world.browser().walk(&ask.pushed_address(&world, "web", None).await).await.page();
        for part in ["action=\"https://rp.example.test/cb\"", "name=\"code\"", "name=\"iss\"", "name=\"state\" value=\"a state\""] {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        assert!(page.header("content-security-policy").contains("form-action 'self' https://rp.example.test"));
    }

    async fn oidcc_refresh_token(db: TestDb) {
        let world = World::open(&db).await;
        let tokens = world.signed_in().await;
        let refresh = tokens["refresh_token"].as_str().unwrap();
        world.wait(60);
        for _ in 0..2 {
            let got = world.refresh(refresh, "web", &[]).await.json();
            assert_eq!(got["refresh_token"].as_str(), Some(refresh), "a confidential client's token is not rotated");
            assert_eq!(id_claims(&got)["auth_time"], id_claims(&tokens)["auth_time"]);
            assert_eq!(id_claims(&got)["sub"], id_claims(&tokens)["sub"]);
            assert_ne!(got["access_token"], tokens["access_token"]);
        }
        world.refresh(refresh, "other", &[]).await.assert_refused(400, "invalid_grant");
        // Bound to the session: thirty idle minutes end it, and each use begins them anew.
        for _ in 0..3 {
            world.wait(20 * 60);
            assert_eq!(world.refresh(refresh, "web", &[]).await.status, 200);
        }
        world.wait(31 * 60);
        world.refresh(refresh, "web", &[]).await.assert_refused(400, "invalid_grant");
    }

    async fn oidcc_discovery_endpoint_verification(db: TestDb) {
        let world = World::open(&db).await;
        let got = world.get("/.well-known/openid-configuration", &[]).await;
        assert_eq!(got.header("cache-control"), "public, max-age=3600");
        let metadata = got.json();
        assert_eq!(metadata, world.get("/.well-known/oauth-authorization-server", &[]).await.json());
        assert_eq!(metadata["issuer"], ISSUER);
        assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
        assert_eq!(metadata["response_types_supported"], json!(["code"]));
        let text = got.text;
        assert!(!text.contains("\"none\",\"RS") && !text.contains("HS256") && !text.contains("\"password\""));
        for name in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint", "pushed_authorization_request_endpoint", "introspection_endpoint", "revocation_endpoint"] {
            let path = metadata[name].as_str().unwrap().strip_prefix(ISSUER).unwrap();
            assert!(world.served.rows().iter().any(|row| row.path == path), "{name} {path}");
        }
        for key in world.get("/oauth2/jwks", &[]).await.json()["keys"].as_array().unwrap() {
            assert!(key["kid"].is_string() && key["alg"].is_string() && key["use"] == "sig" && key.get("d").is_none());
        }
    }

    async fn oidcc_unsupported_request_objects(db: TestDb) {
        let world = World::open(&db).await;
        Ask::new(&world, "web").with("request", "a.b.c").push(&world, "web", None).await.assert_refused(400, "request_not_supported");
        let callback = world.browser().look(&Ask::new(&world, "public").with("request", "a.b.c").address()).await;
        assert_eq!(callback.error(), "request_not_supported");
    }
}

fn sha2_half(text: &str) -> String {
    let whole = data_encoding::BASE64URL_NOPAD.decode(s256(text).as_bytes()).unwrap();
    data_encoding::BASE64URL_NOPAD.encode(&whole[..16])
}
