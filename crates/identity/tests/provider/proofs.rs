//! Modules of the FAPI 2.0 conformance profile about the key that a token is bound to, each under its name.

use super::checks::*;
use super::support::*;
use haidang_testkit::db_test;
use serde_json::{Value, json};

/// The same proof under another header; its signature fits no more.
fn under(proof: &str, changes: &Value) -> String {
    let mut header = part(proof, 0);
    for (name, value) in changes.as_object().unwrap() {
        header[name] = value.clone();
    }
    let (_, rest) = proof.split_once('.').unwrap();
    format!("{}.{rest}", data_encoding::BASE64URL_NOPAD.encode(header.to_string().as_bytes()))
}

fn assert_reason(got: &Got, status: u16, reason: &str) {
    got.assert_refused(status, "invalid_dpop_proof");
    let told = got.json()["error_description"].as_str().unwrap().to_owned();
    assert!(told.contains(reason), "{reason}: {told}");
}

db_test! {
    rooms = ROOMS;

    async fn fapi2_ensure_holder_of_key_required(db: TestDb) {
        let world = World::open(&db).await;
        let ask = Ask::new(&world, "web");
        let code = ask.code(&mut world.browser(), "web", Some(&world.dpop)).await;
        world.redeem_by(&ask, &code, None).await.assert_refused(400, "invalid_dpop_proof");
        let tokens = world.redeem(&ask, &code).await.json();
        let token = tokens["access_token"].as_str().unwrap();
        assert_eq!((&tokens["token_type"], &claims_of(token)["cnf"]["jkt"]), (&json!("DPoP"), &json!(world.dpop.jkt)));
        world.show("DPoP", token, &[]).await.assert_refused(401, "invalid_dpop_proof");
        world.show("Bearer", token, &[]).await.assert_refused(401, "invalid_token");
        world.post("/oauth2/userinfo", &[("access_token", token)], &[]).await.assert_refused(401, "invalid_token");
        let thief = key();
        world.show("DPoP", token, &[world.shown(token, &thief, &json!({}))]).await.assert_refused(401, "invalid_dpop_proof");
        assert_eq!(world.userinfo(token, &world.dpop).await.status, 200);
    }

    async fn fapi2_dpop_negative_tests(db: TestDb) {
        let world = World::open(&db).await;
        let tokens = world.signed_in().await;
        let token = tokens["access_token"].as_str().unwrap();
        let (now, other) = (world.now(), key());
        let by_claims = [
            (json!({ "jti": null }), "jti, htm or htu is missing"),
            (json!({ "htm": null }), "jti, htm or htu is missing"),
            (json!({ "htu": null }), "jti, htm or htu is missing"),
            (json!({ "iat": null }), "iat is missing"),
            (json!({ "ath": null }), "ath is missing"),
            (json!({ "htm": "PUT" }), "htm is another method"),
            (json!({ "htu": "https://other.example.test/oauth2/userinfo" }), "htu is another address"),
            (json!({ "iat": now - 3_600 }), "not from now"),
            (json!({ "iat": now + 3_600 }), "not from now"),
            (json!({ "ath": s256("another") }), "ath is of another token"),
        ];
        for (changes, reason) in by_claims {
            let got = world.show("DPoP", token, &[world.shown(token, &world.dpop, &changes)]).await;
            assert_reason(&got, 401, reason);
        }
        let good = || world.shown(token, &world.dpop, &json!({}));
        let mut private = part(&good(), 0)["jwk"].clone();
        private["d"] = "secret".into();
        let by_header = [
            (json!({ "typ": "JWT" }), "typ is not dpop+jwt"),
            (json!({ "alg": "none" }), "alg is not one of ours"),
            (json!({ "alg": "HS256" }), "alg is not one of ours"),
            (json!({ "alg": "RS256" }), "alg is not one of ours"),
            (json!({ "jwk": null }), "jwk is missing or not public"),
            (json!({ "jwk": private }), "jwk is missing or not public"),
            (json!({ "jwk": part(&world.shown(token, &other, &json!({})), 0)["jwk"] }), "the signature does not fit jwk"),
            (json!({ "crit": ["exp"] }), "extension"),
        ];
        for (changes, reason) in by_header {
            assert_reason(&world.show("DPoP", token, &[under(&good(), &changes)]).await, 401, reason);
        }
        assert_reason(&world.show("DPoP", token, &["nonsense".to_owned()]).await, 401, "no JSON Web Token");
        assert_reason(&world.show("DPoP", token, &[good(), good()]).await, 401, "more than one DPoP header");
        let once = good();
        assert_eq!(world.show("DPoP", token, std::slice::from_ref(&once)).await.status, 200);
        assert_reason(&world.show("DPoP", token, &[once]).await, 401, "used before");
    }

    async fn fapi2_check_dpop_proof_nbf_exp(db: TestDb) {
        let world = World::open(&db).await;
        let tokens = world.signed_in().await;
        let (token, now) = (tokens["access_token"].as_str().unwrap(), world.now());
        for (changes, passes) in [
            (json!({ "nbf": now, "exp": now + 60 }), true),
            (json!({ "nbf": now + 10, "exp": now - 10 }), true),
            (json!({ "nbf": now + 3_600 }), false),
            (json!({ "exp": now - 3_600 }), false),
        ] {
            let got = world.show("DPoP", token, &[world.shown(token, &world.dpop, &changes)]).await;
            if passes { assert_eq!(got.status, 200, "{changes}") } else { assert_reason(&got, 401, "not from now") }
        }
    }

    async fn fapi2_ensure_dpopproof_with_iat_10seconds_before_succeeds(db: TestDb) {
        skewed_proof_passes(&db, -10).await;
    }

    async fn fapi2_ensure_dpopproof_with_iat_10seconds_after_succeeds(db: TestDb) {
        skewed_proof_passes(&db, 10).await;
    }

    async fn fapi2_ensure_mismatched_dpop_jkt_fails(db: TestDb) {
        let world = World::open(&db).await;
        let ask = Ask::new(&world, "web").with("dpop_jkt", &key().jkt);
        ask.push(&world, "web", Some(&world.dpop)).await.assert_refused(400, "invalid_dpop_proof");
    }

    async fn fapi2_ensure_token_endpoint_fails_with_mismatched_dpop_jkt(db: TestDb) {
        code_of_another_key_is_refused(&db, false).await;
    }

    async fn fapi2_ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt(db: TestDb) {
        code_of_another_key_is_refused(&db, true).await;
    }

    async fn fapi2_ensure_dpop_auth_code_binding_success(db: TestDb) {
        let world = World::open(&db).await;
        let ask = Ask::new(&world, "web").with("dpop_jkt", &world.dpop.jkt);
        for proof in [None, Some(&world.dpop)] {
            let code = ask.code(&mut world.browser(), "web", proof).await;
            assert_eq!(world.redeem(&ask, &code).await.status, 200);
        }
    }

    async fn fapi2_access_token_type_header_case_sensitivity(db: TestDb) {
        let world = World::open(&db).await;
        let tokens = world.signed_in().await;
        let token = tokens["access_token"].as_str().unwrap();
        for scheme in ["DPoP", "dpop", "DPOP", "dPoP"] {
            assert_eq!(world.show(scheme, token, &[world.shown(token, &world.dpop, &json!({}))]).await.status, 200, "{scheme}");
        }
    }

    async fn t49_ten_seconds_of_skew_pass_and_more_than_a_minute_does_not(db: TestDb) {
        let world = World::open(&db).await;
        let tokens = world.signed_in().await;
        let (token, now) = (tokens["access_token"].as_str().unwrap(), world.now());
        for (skew, passes) in [(-3_600, false), (-61, false), (-10, true), (0, true), (10, true), (61, false), (3_600, false)] {
            let proof = world.shown(token, &world.dpop, &json!({ "iat": now + skew }));
            assert_eq!(world.show("DPoP", token, &[proof]).await.status == 200, passes, "a proof {skew} seconds off");
        }
        // An assertion may be old until it ends; one from the future is of a wrong clock.
        for (from, until, passes) in [(10, 70, true), (61, 100, false), (-50, 10, true), (-70, -9, true), (-70, -10, false), (-200, -61, false), (0, 121, false)] {
            let times = json!({ "iat": now + from, "nbf": now + from, "exp": now + until });
            let got = world.push_under(world.assertion("web", &world.web, &times)).await;
            assert_eq!(got.status, if passes { 201 } else { 401 }, "an assertion from {from} to {until}: {}", got.text);
        }
    }
}
