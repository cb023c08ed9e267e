//! Exchange of tokens (RFC 8693): only what shrinks, only by whoever was given or sent the token.

use super::support::*;
use haidang_identity::provider::{ResourceServer, TokenFormat};
use haidang_store::ActorRef;
use haidang_testkit::{TestDb, db_test};
use serde_json::{Value, json};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";
const FIRST: &str = "urn:haidang:first";
const SECOND: &str = "urn:haidang:second";

/// A middle system that takes tokens for `FIRST` and goes on to `SECOND`.
async fn opened(db: &TestDb) -> World {
    let world = World::open(db).await;
    for (audience, client) in [(FIRST, Some("middle".to_owned())), (SECOND, None)] {
        let scopes = vec!["case:read".to_owned(), "case:write".to_owned()];
        let server =
            ResourceServer { audience: audience.into(), scopes, format: TokenFormat::Jwt, access_seconds: 600, client };
        world.provider.put_resource(&server, ActorRef::system()).await.unwrap();
    }
    let client = |id: &str, key: &Key| {
        json!({
            "client_id": id, "client_name": format!("Hệ thống {id}"), "token_endpoint_auth_method": "private_key_jwt",
            "redirect_uris": [REDIRECT], "grant_types": ["authorization_code", "refresh_token", GRANT],
            "scope": "openid profile case:read case:write", "jwks": { "keys": [key.jwk] },
        })
    };
    world.add(client("front", &world.web)).await;
    world.add(client("middle", &world.other)).await;
    world
}

async fn front(world: &World, scope: &str) -> Value {
    let ask = Ask::new(world, "front").with("scope", scope).with("resource", FIRST);
    let code = ask.code(&mut world.browser(), "front", Some(&world.dpop)).await;
    let got = world.post_with("/oauth2/token", &ask.redeem(world, "front", &code), Some(&world.dpop), &json!({})).await;
    assert_eq!(got.status, 200, "{}", got.text);
    got.json()
}

async fn exchange(world: &World, client: &str, dpop: &Key, token: &str, more: &[(&str, &str)]) -> Got {
    let mut fields = vec![("grant_type", GRANT), ("subject_token", token), ("subject_token_type", ACCESS)];
    for (name, value) in more {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    let mut fields: Vec<(String, String)> =
        fields.into_iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    fields.extend(world.proven(client));
    world.post_with("/oauth2/token", &fields, Some(dpop), &json!({})).await
}

db_test! {
    rooms = ROOMS;

    async fn t15_a_system_goes_on_in_a_persons_place_with_less(db: TestDb) {
        let world = opened(&db).await;
        let tokens = front(&world, "openid case:read").await;
        let token = tokens["access_token"].as_str().unwrap();
        let own = key();
        world.wait(100);
        let got = exchange(&world, "middle", &own, token, &[("resource", SECOND)]).await;
        assert_eq!(got.status, 200, "{}", got.text);
        let body = got.json();
        assert_eq!((&body["issued_token_type"], &body["token_type"], &body["scope"]), (&json!(ACCESS), &json!("DPoP"), &json!("case:read")));
        assert!(body.get("refresh_token").is_none() && body.get("id_token").is_none());
        let exchanged = body["access_token"].as_str().unwrap();
        let claims = world.verified(exchanged).await;
        assert_eq!((&claims["aud"], &claims["client_id"], &claims["cnf"]["jkt"]), (&json!(SECOND), &json!("middle"), &json!(own.jkt)));
        assert_eq!(claims["act"], json!({ "sub": "middle", "client_id": "middle" }));
        assert_ne!(claims["sub"], "middle", "the person stays");
        assert!(claims["exp"].as_i64() <= claims_of(token)["exp"].as_i64(), "never longer than what it was exchanged for");
        // Who acted before stands inside who acts now.
        let again = exchange(&world, "middle", &own, exchanged, &[("audience", FIRST)]).await.json();
        let chain = claims_of(again["access_token"].as_str().unwrap())["act"].clone();
        assert_eq!(chain["act"], json!({ "sub": "middle", "client_id": "middle" }), "{chain}");
        assert_eq!(world.introspect(exchanged, "middle").await["act"]["client_id"], "middle");
        let rows = world.db.fetch_all("SELECT detail, actor_kind FROM store_audit WHERE action = 'token.issued' AND detail LIKE '%token_exchange%'", vec![]).await.unwrap();
        assert_eq!(rows.len(), 2, "each is in the log");
        // What ends the sign-in ends what came of it.
        world.post_with("/oauth2/revoke", &[vec![("token".to_owned(), tokens["refresh_token"].as_str().unwrap().to_owned())], world.proven("front")].concat(), None, &json!({})).await;
        assert_eq!(world.introspect(exchanged, "middle").await, json!({ "active": false }));
    }

    async fn t15_an_exchange_widens_nothing(db: TestDb) {
        let world = opened(&db).await;
        let tokens = front(&world, "openid case:read").await;
        let token = tokens["access_token"].as_str().unwrap();
        let own = key();
        for (client, more, error) in [
            ("middle", vec![("resource", SECOND), ("scope", "case:read case:write")], "invalid_scope"),
            ("middle", vec![("resource", SECOND), ("scope", "profile")], "invalid_scope"),
            ("middle", vec![("resource", SECOND), ("scope", "openid")], "invalid_scope"),
            ("middle", vec![("resource", API)], "invalid_scope"),
            ("middle", vec![("resource", "urn:no-such")], "invalid_target"),
            ("middle", vec![("resource", SECOND), ("audience", FIRST)], "invalid_target"),
            ("middle", vec![], "invalid_target"),
            ("middle", vec![("resource", SECOND), ("subject_token", "unknown")], "invalid_request"),
            ("middle", vec![("resource", SECOND), ("subject_token", "")], "invalid_request"),
            ("middle", vec![("resource", SECOND), ("subject_token_type", "urn:ietf:params:oauth:token-type:refresh_token")], "invalid_request"),
            ("middle", vec![("resource", SECOND), ("requested_token_type", "urn:ietf:params:oauth:token-type:id_token")], "invalid_request"),
            ("middle", vec![("resource", SECOND), ("actor_token", "x")], "invalid_request"),
            // Whoever owns the token must show its key.
            ("front", vec![("resource", SECOND)], "invalid_grant"),
        ] {
            exchange(&world, client, &own, token, &more).await.assert_refused(400, error);
        }
        assert_eq!(exchange(&world, "front", &world.dpop, token, &[("resource", SECOND)]).await.status, 200, "with it, it may");
        // A system that the token was not meant for.
        let stranger = json!({
            "client_id": "stranger", "client_name": "Hệ thống lạ", "token_endpoint_auth_method": "private_key_jwt",
            "grant_types": [GRANT], "scope": "case:read", "jwks": { "keys": [world.other.jwk] },
        });
        world.add(stranger).await;
        exchange(&world, "stranger", &own, token, &[("resource", SECOND)]).await.assert_refused(400, "invalid_request");
        // The token is over.
        world.wait(301);
        exchange(&world, "middle", &own, token, &[("resource", SECOND)]).await.assert_refused(400, "invalid_request");
    }
}
