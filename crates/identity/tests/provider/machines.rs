//! Machine to machine: client credentials, secrets, revocation, answers to browsers of registered applications.

use super::support::*;
use axum::body::Body;
use axum::http::Request;
use haidang_testkit::db_test;
use serde_json::json;

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", data_encoding::BASE64.encode(format!("{id}:{secret}").as_bytes()))
}

async fn ask(world: &World, secret: &str, more: &[(&str, &str)]) -> Got {
    let mut fields = vec![("grant_type", "client_credentials")];
    fields.extend_from_slice(more);
    world.post("/oauth2/token", &fields, &[("authorization", &basic("svc", secret))]).await
}

db_test! {
    rooms = ROOMS;

    async fn a_machine_gets_a_token_of_rfc_9068(db: TestDb) {
        let world = World::open(&db).await;
        let got = ask(&world, &world.secret, &[("scope", "api:read"), ("resource", API)]).await;
        assert_eq!((got.status, got.header("cache-control")), (200, "no-store"));
        let token = got.json()["access_token"].as_str().unwrap().to_owned();
        assert_eq!(part(&token, 0)["typ"], "at+jwt");
        let claims = world.verified(&token).await;
        assert_eq!((&claims["sub"], &claims["client_id"], &claims["aud"]), (&json!("svc"), &json!("svc"), &json!(API)));
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
        assert!(claims.get("acr").is_none() && claims.get("cnf").is_none());
        let rows = world.db.fetch_all("SELECT id FROM identity_issued_token", vec![]).await.unwrap();
        assert!(rows.is_empty(), "what carries everything itself is not kept");
        let records = world.db.fetch_all("SELECT detail FROM store_audit WHERE action = 'token.issued'", vec![]).await.unwrap();
        assert_eq!(records.len(), 1, "it was written down before it was answered");
        let detail: serde_json::Value = records[0].json("detail").unwrap();
        assert_eq!(detail["each"][0]["jti"], claims["jti"]);
    }

    async fn an_opaque_token_is_looked_up_and_revoked(db: TestDb) {
        let world = World::open(&db).await;
        for resource in [API, API_OPAQUE] {
            let token = ask(&world, &world.secret, &[("resource", resource)]).await.json()["access_token"].as_str().unwrap().to_owned();
            assert_eq!(token.contains('.'), resource == API);
            let own = basic("svc", &world.secret);
            let look = async || world.post("/oauth2/introspect", &[("token", &token)], &[("authorization", &own)]).await.json();
            let found = look().await;
            assert_eq!((&found["active"], &found["scope"], &found["aud"]), (&json!(true), &json!("api:read"), &json!(resource)));
            assert_eq!(world.post("/oauth2/revoke", &[("token", &token)], &[("authorization", &own)]).await.status, 200);
            assert_eq!(look().await, json!({ "active": false }));
            assert_eq!(world.post("/oauth2/revoke", &[("token", "unknown")], &[("authorization", &own)]).await.status, 200);
        }
        let token = ask(&world, &world.secret, &[("resource", API_OPAQUE)]).await.json()["access_token"].as_str().unwrap().to_owned();
        world.wait(600);
        assert_eq!(world.post("/oauth2/introspect", &[("token", &token)], &[("authorization", &basic("svc", &world.secret))]).await.json(), json!({ "active": false }));
    }

    async fn refusals_say_the_right_code(db: TestDb) {
        let world = World::open(&db).await;
        let right = world.secret.clone();
        ask(&world, &right, &[("scope", "no-such-scope")]).await.assert_refused(400, "invalid_scope");
        ask(&world, &right, &[("scope", "openid")]).await.assert_refused(400, "invalid_scope");
        ask(&world, &right, &[("resource", "urn:no-such")]).await.assert_refused(400, "invalid_target");
        ask(&world, &right, &[("scope", "api:read")]).await.assert_refused(400, "invalid_target");
        let wrong = ask(&world, "wrong", &[]).await;
        wrong.assert_refused(401, "invalid_client");
        assert!(wrong.header("www-authenticate").starts_with("Basic"));
        let own = basic("svc", &right);
        for (fields, status, error) in [
            (vec![("grant_type", "refresh_token"), ("refresh_token", "x")], 400, "unauthorized_client"),
            (vec![("grant_type", "authorization_code"), ("code", "x")], 400, "unauthorized_client"),
            (vec![("grant_type", "magic")], 400, "unsupported_grant_type"),
            (vec![("scope", "api:read")], 400, "invalid_request"),
            (vec![("grant_type", "client_credentials"), ("client_id", "web")], 400, "invalid_request"),
        ] {
            world.post("/oauth2/token", &fields, &[("authorization", &own)]).await.assert_refused(status, error);
        }
        for fields in [vec![("client_id", "svc")], vec![("client_id", "svc"), ("client_secret", right.as_str())], vec![]] {
            let mut all = vec![("grant_type", "client_credentials")];
            all.extend(fields);
            world.post("/oauth2/token", &all, &[]).await.assert_refused(401, "invalid_client");
        }
        world.post("/oauth2/token", &[("grant_type", "client_credentials")], &[("authorization", &basic("nobody", &right))]).await.assert_refused(401, "invalid_client");
        world.post("/oauth2/token", &[("grant_type", "client_credentials")], &[("authorization", &basic("web", &right))]).await.assert_refused(401, "invalid_client");
    }

    async fn a_machine_with_a_key_gets_a_bound_token(db: TestDb) {
        let world = World::open(&db).await;
        let fields = |world: &World| {
            let mut fields = vec![("grant_type".to_owned(), "client_credentials".to_owned()), ("resource".into(), API.into())];
            fields.extend(world.proven("web"));
            fields
        };
        let got = world.post_with("/oauth2/token", &fields(&world), Some(&world.dpop), &json!({})).await.json();
        assert_eq!((got["token_type"].as_str(), &claims_of(got["access_token"].as_str().unwrap())["cnf"]["jkt"]), (Some("DPoP"), &json!(world.dpop.jkt)));
        for changes in [json!({ "htm": "GET" }), json!({ "htu": format!("{ISSUER}/oauth2/userinfo") }), json!({ "jti": null }), json!({ "iat": world.now() - 3_600 })] {
            world.post_with("/oauth2/token", &fields(&world), Some(&world.dpop), &changes).await.assert_refused(400, "invalid_dpop_proof");
        }
        let once = json!({ "jti": "once" });
        assert_eq!(world.post_with("/oauth2/token", &fields(&world), Some(&world.dpop), &once).await.status, 200);
        world.post_with("/oauth2/token", &fields(&world), Some(&world.dpop), &once).await.assert_refused(400, "invalid_dpop_proof");
    }

    async fn only_registered_applications_read_from_a_browser(db: TestDb) {
        let world = World::open(&db).await;
        for (origin, expected) in [("https://rp.example.test", true), ("https://evil.example.test", false), ("null", false)] {
            for path in ["/.well-known/openid-configuration", "/oauth2/jwks", "/oauth2/userinfo"] {
                let got = world.get(path, &[("origin", origin)]).await;
                assert_eq!(got.header("access-control-allow-origin") == origin, expected, "{path} {origin}");
            }
            let request = Request::builder().method("OPTIONS").uri("/oauth2/token").header("origin", origin).body(Body::empty()).unwrap();
            let got = world.send(request).await;
            assert_eq!(got.header("access-control-allow-headers").contains("DPoP"), expected, "{origin}");
            let got = world.get("/oauth2/authorize", &[("origin", origin)]).await;
            assert_eq!(got.header("access-control-allow-origin"), "", "never at the authorization endpoint");
        }
    }
}
