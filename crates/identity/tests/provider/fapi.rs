//! Modules of the FAPI 2.0 conformance profile about the flow as a whole, each under its name; those about pushed
//! requests and about keys have files of their own.

use super::checks::*;
use super::support::*;
use haidang_testkit::db_test;
use serde_json::json;

db_test! {
    rooms = ROOMS;

    async fn fapi2_happy_flow(db: TestDb) {
        let world = World::open(&db).await;
        let ask = Ask::new(&world, "web");
        let pushed = ask.push(&world, "web", Some(&world.dpop)).await;
        assert_eq!((pushed.status, pushed.header("cache-control")), (201, "no-store"));
        assert_eq!(pushed.json()["expires_in"], 60);
        assert!(pushed.json()["request_uri"].as_str().unwrap().starts_with("urn:ietf:params:oauth:request_uri:"));
        let tokens = world.tokens(&mut world.browser(), &ask).await;
        assert_eq!(tokens["token_type"], "DPoP");
        assert_eq!(world.userinfo(tokens["access_token"].as_str().unwrap(), &world.dpop).await.status, 200);
    }

    async fn fapi2_discovery_end_point_verification(db: TestDb) {
        let world = World::open(&db).await;
        let metadata = world.get("/.well-known/openid-configuration", &[]).await.json();
        for (name, expected) in [
            ("issuer", json!(ISSUER)),
            ("pushed_authorization_request_endpoint", json!(format!("{ISSUER}/oauth2/par"))),
            ("authorization_response_iss_parameter_supported", json!(true)),
            ("response_types_supported", json!(["code"])),
            ("code_challenge_methods_supported", json!(["S256"])),
            ("claims_parameter_supported", json!(true)),
            ("request_parameter_supported", json!(false)),
            ("request_uri_parameter_supported", json!(false)),
            ("dpop_signing_alg_values_supported", json!(["ES256", "EdDSA", "PS256"])),
            ("token_endpoint_auth_signing_alg_values_supported", json!(["ES256", "EdDSA", "PS256"])),
        ] {
            assert_eq!(metadata[name], expected, "{name}");
        }
        let has = |name: &str, value: &str| metadata[name].as_array().unwrap().contains(&json!(value));
        assert!(has("token_endpoint_auth_methods_supported", "private_key_jwt"));
        assert!(!has("token_endpoint_auth_methods_supported", "client_secret_post"));
        assert!(has("grant_types_supported", "authorization_code") && has("grant_types_supported", "refresh_token"));
        assert!(!has("grant_types_supported", "implicit") && !has("grant_types_supported", "password"));
        assert!(has("scopes_supported", "openid") && has("claims_supported", "sub"));
    }

    async fn fapi2_incorrect_pkce_code_verifier_rejected(db: TestDb) {
        let world = World::open(&db).await;
        let ask = Ask::new(&world, "web");
        let code = ask.code(&mut world.browser(), "web", Some(&world.dpop)).await;
        // Another verifier, its challenge, none, one too short to be one.
        for wrong in [world.db.ambient().secret(), s256(&ask.verifier), String::new(), "a".repeat(42)] {
            let fields = changed(ask.redeem(&world, "web", &code), "code_verifier", &wrong);
            world.post_with("/oauth2/token", &fields, Some(&world.dpop), &json!({})).await.assert_refused(400, "invalid_grant");
        }
    }

    async fn fapi2_attempt_reuse_authorization_code_after_one_second(db: TestDb) {
        code_cannot_be_used_again(&db, 1).await;
    }

    async fn fapi2_ensure_token_endpoint_fails_with_expired_auth_code(db: TestDb) {
        let world = World::open(&db).await;
        let mut browser = world.browser();
        for (seconds, status) in [(59, 200), (60, 400)] {
            let ask = Ask::new(&world, "web");
            let code = ask.code(&mut browser, "web", Some(&world.dpop)).await;
            world.wait(seconds);
            let got = world.redeem(&ask, &code).await;
            assert_eq!(got.status, status, "after {seconds} seconds: {}", got.text);
            if status == 400 {
                got.assert_refused(400, "invalid_grant");
            }
        }
    }

    async fn fapi2_refresh_token(db: TestDb) {
        let world = World::open(&db).await;
        let tokens = world.signed_in().await;
        let refresh = tokens["refresh_token"].as_str().unwrap();
        let got = world.refresh(refresh, "web", &[]).await.json();
        assert_eq!((got["token_type"].as_str(), got["refresh_token"].as_str()), (Some("DPoP"), Some(refresh)), "not rotated");
        let access = got["access_token"].as_str().unwrap();
        assert_eq!(claims_of(access)["cnf"]["jkt"], json!(world.dpop.jkt));
        assert_eq!(world.userinfo(access, &world.dpop).await.status, 200);
        // It is the client's own: neither another client nor the client without its proofs gets anything for it.
        world.refresh(refresh, "other", &[]).await.assert_refused(400, "invalid_grant");
        let mut fields = vec![("grant_type".to_owned(), "refresh_token".to_owned()), ("refresh_token".to_owned(), refresh.to_owned())];
        world.post_with("/oauth2/token", &fields, Some(&world.dpop), &json!({})).await.assert_refused(401, "invalid_client");
        fields.extend(world.proven("web"));
        world.post_with("/oauth2/token", &fields, None, &json!({})).await.assert_refused(400, "invalid_dpop_proof");
        assert_eq!(world.refresh(refresh, "web", &[]).await.status, 200);
    }

    async fn fapi2_ensure_response_type_token_fails(db: TestDb) {
        response_type_fails(&db, "token").await;
    }

    async fn fapi2_ensure_response_type_code_idtoken_fails(db: TestDb) {
        response_type_fails(&db, "code id_token").await;
    }

    async fn fapi2_ensure_authorization_request_with_long_nonce(db: TestDb) {
        comes_back(&db, "a state", &"n".repeat(384)).await;
    }

    async fn fapi2_ensure_authorization_request_with_long_state(db: TestDb) {
        comes_back(&db, &format!("{}+ &%é", "s".repeat(380)), "a nonce").await;
    }

    async fn fapi2_ensure_authorization_request_with_64_char_nonce_success(db: TestDb) {
        comes_back(&db, "a state", &"0123456789abcdef".repeat(4)).await;
    }

    async fn fapi2_user_rejects_authentication(db: TestDb) {
        let world = World::open(&db).await;
        let mut browser = world.browser();
        let sign_in = browser.look(&Ask::new(&world, "web").pushed_address(&world, "web", None).await).await.page();
        let question = browser.submit(&sign_in, &[("username", "mot.yeu.to"), ("password", "một mật khẩu đủ dài")]).await.page();
        assert_eq!(browser.submit(&question, &[("tu_choi", "1")]).await.error(), "access_denied");
        let refused = world.db.fetch_all("SELECT id FROM store_audit WHERE action = 'authorization.refused'", vec![]).await.unwrap();
        assert_eq!(refused.len(), 1, "a refusal is written down too");
        assert!(browser.cookies.keys().all(|name| !name.contains("hd_tx")), "{:?}", browser.cookies);
    }

    async fn fapi2_rar_is_shown_and_carried(db: TestDb) {
        let world = World::open(&db).await;
        let read = json!([{ "type": "vn.haidang.vault.read", "locations": ["urn:haidang:vault"], "actions": ["view"], "datatypes": ["KQ.1"], "purpose": "vault_reuse", "case_id": "01900000-0000-7000-8000-00000000ffff" }]);
        let mut browser = world.browser();
        for _ in 0..2 {
            let ask = Ask::new(&world, "web").with("authorization_details", &read.to_string());
            let address = ask.pushed_address(&world, "web", Some(&world.dpop)).await;
            let mut page = browser.look(&address).await.page();
            if page.text.contains("type=\"password\"") {
                page = browser.submit(&page, &[("username", "mot.yeu.to"), ("password", "một mật khẩu đủ dài")]).await.page();
            }
            assert!(page.text.contains("KQ.1") && page.text.contains("vault_reuse"), "asked anew each time");
            let code = browser.submit(&page, &[("dong_y", "1")]).await.code();
            let tokens = world.post_with("/oauth2/token", &ask.redeem(&world, "web", &code), Some(&world.dpop), &json!({})).await.json();
            assert_eq!(tokens["authorization_details"], read);
            assert_eq!(claims_of(tokens["access_token"].as_str().unwrap())["authorization_details"], read);
        }
        for (name, value) in [("type", json!("other")), ("surprise", json!(1)), ("actions", json!(["delete"])), ("actions", json!([])), ("purpose", json!("curiosity")), ("datatypes", json!(["KQ.2"])), ("case_id", json!("1")), ("locations", json!(["urn:other"]))] {
            let mut wrong = read.clone();
            wrong[0][name] = value;
            Ask::new(&world, "web").with("authorization_details", &wrong.to_string()).push(&world, "web", None).await.assert_refused(400, "invalid_authorization_details");
        }
    }
}
