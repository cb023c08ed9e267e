//! Modules of the FAPI 2.0 conformance profile, each under its name. What threats.rs and machines.rs hold already
//! (assertion audiences, PKCE, proofs at the resource) is not repeated.

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

    async fn fapi2_par_attempt_invalid_http_method(db: TestDb) {
        let world = World::open(&db).await;
        assert_eq!(world.get("/oauth2/par", &[]).await.status, 405);
    }

    async fn fapi2_par_authorization_request_containing_request_uri(db: TestDb) {
        let world = World::open(&db).await;
        let ask = Ask::new(&world, "web").with("request_uri", "urn:ietf:params:oauth:request_uri:x");
        ask.push(&world, "web", None).await.assert_refused(400, "invalid_request");
    }

    async fn fapi2_unpushed_request_is_refused(db: TestDb) {
        let world = World::open(&db).await;
        let callback = world.browser().look(&Ask::new(&world, "web").address()).await.callback();
        assert_eq!((callback["error"].as_str(), callback["iss"].as_str()), ("invalid_request", ISSUER));
    }

    async fn fapi2_par_needs_client_authentication(db: TestDb) {
        let world = World::open(&db).await;
        let fields = Ask::new(&world, "web").params;
        world.post_with("/oauth2/par", &fields, None, &json!({})).await.assert_refused(401, "invalid_client");
    }

    async fn fapi2_ensure_mismatched_dpop_jkt_fails(db: TestDb) {
        let world = World::open(&db).await;
        let ask = Ask::new(&world, "web").with("dpop_jkt", &key().jkt);
        ask.push(&world, "web", Some(&world.dpop)).await.assert_refused(400, "invalid_dpop_proof");
    }

    async fn fapi2_ensure_token_endpoint_fails_with_mismatched_dpop_jkt(db: TestDb) {
        let world = World::open(&db).await;
        let ask = Ask::new(&world, "web").with("dpop_jkt", &key().jkt);
        let code = ask.code(&mut world.browser(), "web", None).await;
        world.post_with("/oauth2/token", &ask.redeem(&world, "web", &code), Some(&world.dpop), &json!({})).await.assert_refused(400, "invalid_grant");
    }

    async fn fapi2_ensure_dpop_auth_code_binding_success(db: TestDb) {
        let world = World::open(&db).await;
        let ask = Ask::new(&world, "web").with("dpop_jkt", &world.dpop.jkt);
        let code = ask.code(&mut world.browser(), "web", None).await;
        assert_eq!(world.post_with("/oauth2/token", &ask.redeem(&world, "web", &code), Some(&world.dpop), &json!({})).await.status, 200);
    }

    async fn fapi2_ensure_token_endpoint_fails_with_expired_auth_code(db: TestDb) {
        let world = World::open(&db).await;
        let ask = Ask::new(&world, "web");
        let code = ask.code(&mut world.browser(), "web", Some(&world.dpop)).await;
        world.wait(60);
        world.post_with("/oauth2/token", &ask.redeem(&world, "web", &code), Some(&world.dpop), &json!({})).await.assert_refused(400, "invalid_grant");
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

    async fn fapi2_long_state_and_nonce_come_back_unchanged(db: TestDb) {
        let world = World::open(&db).await;
        let (state, nonce) = (format!("{}+ &%é", "s".repeat(380)), "n".repeat(384));
        let ask = Ask::new(&world, "web").with("state", &state).with("nonce", &nonce);
        let callback = world.browser().walk(&ask.pushed_address(&world, "web", Some(&world.dpop)).await).await.callback();
        assert_eq!(callback["state"], state);
        let got = world.post_with("/oauth2/token", &ask.redeem(&world, "web", &callback["code"]), Some(&world.dpop), &json!({})).await.json();
        assert_eq!(claims_of(got["id_token"].as_str().unwrap())["nonce"].as_str(), Some(nonce.as_str()));
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
