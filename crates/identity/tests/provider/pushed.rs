//! Modules of the FAPI 2.0 conformance profile about pushed requests, each under its name.

use super::checks::*;
use super::support::*;
use haidang_testkit::db_test;
use serde_json::json;

const NOBODYS: &str = "urn:ietf:params:oauth:request_uri:x";

db_test! {
    rooms = ROOMS;

    async fn fapi2_par_ensure_pkce_required(db: TestDb) {
        let world = World::open(&db).await;
        push_is_refused(&world, &[("code_challenge", ""), ("code_challenge_method", "")], "invalid_request").await;
    }

    async fn fapi2_par_plain_pkce_rejected(db: TestDb) {
        let world = World::open(&db).await;
        // A verifier is a challenge of the right form: only the method gives it away.
        for method in ["plain", ""] {
            let verifier = "v".repeat(43);
            push_is_refused(&world, &[("code_challenge", &verifier), ("code_challenge_method", method)], "invalid_request").await;
        }
    }

    async fn fapi2_par_attempt_invalid_http_method(db: TestDb) {
        let world = World::open(&db).await;
        for method in ["GET", "PUT", "DELETE"] {
            assert_eq!(world.browser().open(method, "/oauth2/par", None).await.status, 405, "{method}");
        }
    }

    async fn fapi2_par_attempt_reuse_request_uri(db: TestDb) {
        let world = World::open(&db).await;
        let mut browser = world.browser();
        let address = Ask::new(&world, "web").pushed_address(&world, "web", Some(&world.dpop)).await;
        browser.walk(&address).await.code();
        for mut again in [browser, world.browser()] {
            assert_eq!(again.look(&address).await.page().status, 400);
        }
    }

    async fn fapi2_par_attempt_to_use_expired_request_uri(db: TestDb) {
        let world = World::open(&db).await;
        let address = Ask::new(&world, "web").pushed_address(&world, "web", Some(&world.dpop)).await;
        world.wait(59);
        assert_eq!(world.browser().look(&address).await.page().status, 200, "the last second counts");
        world.wait(1);
        assert_eq!(world.browser().look(&address).await.page().status, 400);
    }

    async fn fapi2_par_authorization_request_containing_request_uri(db: TestDb) {
        let world = World::open(&db).await;
        // As a member of a request object, and as the name of a request that was pushed before.
        let object = world.signed_proof(&world.web, "oauth-authz-req+jwt", &json!({ "request_uri": NOBODYS }));
        Ask::new(&world, "web").with("request", &object).push(&world, "web", None).await.assert_refused(400, "request_not_supported");
        let first = Ask::new(&world, "web").push(&world, "web", None).await.json();
        let chained = Ask::new(&world, "web").with("request_uri", first["request_uri"].as_str().unwrap());
        chained.push(&world, "web", None).await.assert_refused(400, "invalid_request");
    }

    async fn fapi2_par_authorization_request_containing_request_uri_form_param(db: TestDb) {
        let world = World::open(&db).await;
        push_is_refused(&world, &[("request_uri", NOBODYS)], "invalid_request").await;
    }

    async fn fapi2_par_without_duplicate_parameters(db: TestDb) {
        let world = World::open(&db).await;
        let mut browser = world.browser();
        // Only client_id and request_uri stand in the address.
        let address = Ask::new(&world, "web").pushed_address(&world, "web", Some(&world.dpop)).await;
        assert_eq!(address.matches('=').count(), 2, "{address}");
        assert_eq!(browser.walk(&address).await.callback()["state"], "a state");
        // What stands there beside them is not what was proven, and changes nothing.
        let address = Ask::new(&world, "web").pushed_address(&world, "web", Some(&world.dpop)).await;
        let more = "&state=other&scope=openid+profile&redirect_uri=https%3A%2F%2Fevil.example.test%2F";
        let end = browser.walk(&format!("{address}{more}")).await.callback();
        assert_eq!((end[""].as_str(), end["state"].as_str()), (REDIRECT, "a state"));
    }

    async fn fapi2_par_test_array_as_audience_fails(db: TestDb) {
        let world = World::open(&db).await;
        audience_fails(&world, json!([ISSUER])).await;
        audience_fails(&world, json!([ISSUER, format!("{ISSUER}/oauth2/par")])).await;
    }

    async fn fapi2_par_test_par_endpoint_url_as_audience_fails(db: TestDb) {
        let world = World::open(&db).await;
        audience_fails(&world, json!(format!("{ISSUER}/oauth2/par"))).await;
    }

    async fn fapi2_par_test_token_endpoint_url_as_audience_fails(db: TestDb) {
        let world = World::open(&db).await;
        audience_fails(&world, json!(format!("{ISSUER}/oauth2/token"))).await;
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
}
