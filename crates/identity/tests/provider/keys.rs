//! Keys that change, ours and those of others, without anybody noticing.

use super::checks::*;
use super::support::*;
use axum::routing::get;
use axum::{Json, Router};
use haidang_testkit::db_test;
use haidang_web::client::{Guarded, OutboundLimits};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::task::JoinSet;

/// How the machine proves itself.
fn basic(world: &World) -> String {
    format!("Basic {}", data_encoding::BASE64.encode(format!("svc:{}", world.secret).as_bytes()))
}

/// One machine's whole round: a token, read with the keys at hand, and found good by us.
async fn round(world: World, keys: Value) -> String {
    let basic = basic(&world);
    let headers = [("authorization", basic.as_str())];
    let fields = [("grant_type", "client_credentials"), ("resource", API)];
    let got = world.post("/oauth2/token", &fields, &headers).await;
    assert_eq!(got.status, 200, "{}", got.text);
    let token = got.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(verified_by(&keys, &token)["sub"], "svc");
    is_active(&world, &headers, &token).await;
    token
}

async fn is_active(world: &World, headers: &[(&str, &str)], token: &str) {
    let found = world.post("/oauth2/introspect", &[("token", token)], headers).await;
    assert_eq!(found.json()["active"], true, "{}", found.text);
}

db_test! {
    rooms = ROOMS;

    async fn oidcc_server_rotate_keys(db: TestDb) {
        let world = World::open(&db).await;
        let set = async || world.get("/oauth2/jwks", &[]).await.json();
        let (before, old) = (world.signed_in().await, set().await);
        world.provider.announce_keys().await.unwrap();
        let announced = set().await;
        world.wait(24 * 3_600);
        let after = world.signed_in().await;
        let kid = |tokens: &Value| part(tokens["id_token"].as_str().unwrap(), 0)["kid"].clone();
        assert_ne!(kid(&before), kid(&after));
        let knows = |set: &Value, kid: &Value| set["keys"].as_array().unwrap().iter().any(|key| key["kid"] == *kid);
        assert!(!knows(&old, &kid(&after)) && knows(&announced, &kid(&after)), "public a day before it signs");
        assert!(knows(&set().await, &kid(&before)), "and the old one stays for what it signed");
        verified_by(&announced, before["id_token"].as_str().unwrap());
        verified_by(&announced, after["id_token"].as_str().unwrap());
        let access = after["access_token"].as_str().unwrap();
        assert_eq!(kid(&json!({ "id_token": access })), kid(&after));
        assert_eq!(world.userinfo(access, &world.dpop).await.status, 200);
    }

    async fn t17_a_rotation_under_load_fails_no_request(db: TestDb) {
        const MACHINES: usize = 8;
        let world = World::open(&db).await;
        let own = basic(&world);
        let mut kids = std::collections::BTreeSet::new();
        for hour in 0..52 {
            // Systems keep the set as long as we allow, an hour, and hold an old one until then.
            let kept = world.get("/oauth2/jwks", &[]).await.json();
            let mut all = JoinSet::new();
            for _ in 0..MACHINES {
                all.spawn(round(world.clone(), kept.clone()));
            }
            if hour == 1 {
                world.provider.announce_keys().await.unwrap();
            }
            let tokens = all.join_all().await;
            kids.extend(tokens.iter().map(|token| part(token, 0)["kid"].as_str().unwrap().to_owned()));
            world.wait(3_599);
            let last = round(world.clone(), kept).await;
            world.wait(1);
            // Across the moment of the change: what was signed just before lives on, and the fresh set knows its key.
            world.provider.rotate_keys().await.unwrap();
            world.verified(&last).await;
            is_active(&world, &[("authorization", &own)], &last).await;
        }
        let kept = world.get("/oauth2/jwks", &[]).await.json();
        assert_eq!(kids.len(), 2, "the key did change");
        assert_eq!(kept["keys"].as_array().unwrap().len(), 1, "and the old one is gone at last");
    }

    async fn oidcc_refresh_token_rp_key_rotation(db: TestDb) {
        let published: Arc<Mutex<Value>> = Arc::default();
        let shown = published.clone();
        let publish = |key: &Key| *published.lock().unwrap() = json!({ "keys": [key.jwk] });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = Router::new().route("/keys", get(move || async move { Json(shown.lock().unwrap().clone()) }));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let outbound = Guarded::new(["localhost".to_owned()], OutboundLimits::default()).unwrap();
        let world = World::opened(&db, Some(outbound)).await;
        world.add(json!({
            "client_id": "rotating", "client_name": "Hệ thống đổi khóa", "token_endpoint_auth_method": "private_key_jwt",
            "redirect_uris": [REDIRECT], "grant_types": ["authorization_code", "refresh_token"], "scope": "openid",
            "jwks_uri": format!("http://localhost:{port}/keys"),
        })).await;
        let (first, second) = (key(), key());
        let send = async |path: &str, fields: &[(&str, &str)], signer: &Key| {
            let mut all = with_assertion("rotating", world.assertion_under(&signer.jkt, "rotating", signer, &json!({})));
            all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
            world.post_with(path, &all, Some(&world.dpop), &json!({})).await
        };
        publish(&first);
        let ask = Ask::new(&world, "rotating").with("client_id", "");
        let params: Vec<(&str, &str)> = ask.params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let pushed = send("/oauth2/par", &params, &first).await;
        assert_eq!(pushed.status, 201, "{}", pushed.text);
        let name = pushed.json()["request_uri"].as_str().unwrap().to_owned();
        let address = format!("/oauth2/authorize?{}", haidang_web::encode([("client_id", "rotating"), ("request_uri", &name)]));
        let code = world.browser().walk(&address).await.code();
        let redeem = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", REDIRECT), ("code_verifier", &ask.verifier)];
        let tokens = send("/oauth2/token", &redeem, &first).await.json();
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
        // The client changes its key. Its refresh token is its own, not that of a key.
        publish(&second);
        world.wait(60);
        let got = send("/oauth2/token", &refresh, &second).await;
        assert_eq!(got.status, 200, "{}", got.text);
        assert_eq!(id_claims(&got.json())["sub"], id_claims(&tokens)["sub"]);
        send("/oauth2/token", &refresh, &first).await.assert_refused(401, "invalid_client");
    }
}
