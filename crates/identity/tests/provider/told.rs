//! Modules of the OpenID Connect conformance profile about what is told of a person, each under its name.

use super::checks::*;
use super::support::*;
use haidang_testkit::{TestDb, db_test};
use serde_json::{Value, json};

/// Three ways to show a token at userinfo.
enum Way {
    Get,
    PostHeader,
    PostBody,
}

/// Every way tells the same person; the same way without the token, or with another, tells nobody.
async fn userinfo_answers(db: &TestDb, way: Way) {
    let world = World::open(db).await;
    let tokens = world.signed_in().await;
    let token = tokens["access_token"].as_str().unwrap();
    let ask = async |shown: &str| {
        let method = if matches!(way, Way::Get) { "GET" } else { "POST" };
        let proof = world.proof(&world.dpop, method, "/oauth2/userinfo", Some(shown), &json!({}));
        let value = format!("DPoP {shown}");
        match way {
            Way::Get => world.show("DPoP", shown, &[proof]).await,
            Way::PostHeader => {
                world.post("/oauth2/userinfo", &[], &[("authorization", &value), ("dpop", &proof)]).await
            }
            Way::PostBody => world.post("/oauth2/userinfo", &[("access_token", shown)], &[("dpop", &proof)]).await,
        }
    };
    let got = ask(token).await;
    assert_eq!((got.status, got.header("cache-control")), (200, "no-store"), "{}", got.text);
    assert_eq!(got.header("content-type"), "application/json");
    assert_eq!(got.json(), json!({ "sub": id_claims(&tokens)["sub"] }), "the scope openid tells nothing else");
    ask("another").await.assert_refused(401, "invalid_token");
}

/// A person of whom the registers know everything.
const DESCRIBE: &str = "UPDATE identity_person SET birth_date = '1990-02-03', sex = 'female', email = 'mot@example.test', phone = '+84900000001', address = 'Số 1 Đường Mẫu' WHERE full_name = 'Trần Một Yếu'";

/// A scope tells its claims and no others, and the look is in the log when it was one.
async fn scope_tells(db: &TestDb, scope: &str, expected: Value) {
    let world = World::open(db).await;
    assert_eq!(world.db.execute(DESCRIBE, vec![]).await.unwrap(), 1);
    let tokens = world.tokens(&mut world.browser(), &Ask::new(&world, "web").with("scope", scope)).await;
    assert_eq!(tokens["scope"], scope);
    let mut told = world.userinfo(tokens["access_token"].as_str().unwrap(), &world.dpop).await.json();
    let sub = told.as_object_mut().unwrap().remove("sub").unwrap();
    assert_eq!((&sub, &told), (&id_claims(&tokens)["sub"], &expected));
    let looks = "SELECT detail FROM store_audit WHERE action = 'userinfo.read'";
    let looks = world.db.fetch_all(looks, vec![]).await.unwrap();
    assert_eq!(
        looks.len(),
        usize::from(!expected.as_object().unwrap().is_empty()),
        "each look is written down, {scope}"
    );
    assert!(id_claims(&tokens).get("email").is_none(), "the identity token goes through browsers and holds none of it");
}

fn profile() -> Value {
    json!({ "name": "Trần Một Yếu", "birthdate": "1990-02-03", "gender": "female" })
}

fn email() -> Value {
    json!({ "email": "mot@example.test", "email_verified": false })
}

fn address() -> Value {
    json!({ "address": { "formatted": "Số 1 Đường Mẫu", "country": "VN" } })
}

fn phone() -> Value {
    json!({ "phone_number": "+84900000001", "phone_number_verified": false })
}

db_test! {
    rooms = ROOMS;

    async fn oidcc_userinfo_get(db: TestDb) {
        userinfo_answers(&db, Way::Get).await;
    }

    async fn oidcc_userinfo_post_header(db: TestDb) {
        userinfo_answers(&db, Way::PostHeader).await;
    }

    async fn oidcc_userinfo_post_body(db: TestDb) {
        userinfo_answers(&db, Way::PostBody).await;
    }

    async fn userinfo_takes_one_token_and_no_less(db: TestDb) {
        let world = World::open(&db).await;
        let tokens = world.signed_in().await;
        let token = tokens["access_token"].as_str().unwrap();
        let proof = world.proof(&world.dpop, "POST", "/oauth2/userinfo", Some(token), &json!({}));
        let headers = [("authorization", format!("DPoP {token}")), ("dpop", proof)];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        world.post("/oauth2/userinfo", &[("access_token", token)], &headers).await.assert_refused(400, "invalid_request");
        let none = world.get("/oauth2/userinfo", &[]).await;
        assert_eq!((none.status, none.header("www-authenticate")), (401, "DPoP, Bearer"));
    }

    async fn oidcc_scope_openid_tells_nothing(db: TestDb) {
        scope_tells(&db, "openid", json!({})).await;
    }

    async fn oidcc_scope_profile(db: TestDb) {
        scope_tells(&db, "openid profile", profile()).await;
    }

    async fn oidcc_scope_email(db: TestDb) {
        scope_tells(&db, "openid email", email()).await;
    }

    async fn oidcc_scope_address(db: TestDb) {
        scope_tells(&db, "openid address", address()).await;
    }

    async fn oidcc_scope_phone(db: TestDb) {
        scope_tells(&db, "openid phone", phone()).await;
    }

    async fn oidcc_scope_all(db: TestDb) {
        let mut all = profile();
        for more in [email(), address(), phone()] {
            all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        }
        scope_tells(&db, "openid profile email address phone", all).await;
    }

    async fn scopes_that_are_not_registered_are_refused(db: TestDb) {
        let world = World::open(&db).await;
        for scope in ["openid nonsense", "nonsense", "offline_access openid", ""] {
            push_is_refused(&world, &[("scope", scope)], "invalid_scope").await;
        }
    }

    async fn oidcc_claims_essential(db: TestDb) {
        let world = World::open(&db).await;
        let claims = json!({ "userinfo": { "name": { "essential": true }, "citizen_no": { "essential": true } } }).to_string();
        let tokens = world.tokens(&mut world.browser(), &Ask::new(&world, "web").with("claims", &claims)).await;
        let told = world.userinfo(tokens["access_token"].as_str().unwrap(), &world.dpop).await.json();
        assert_eq!((told["name"].as_str(), told.get("citizen_no"), told.get("birthdate")), (Some("Trần Một Yếu"), None, None));
        Ask::new(&world, "web").with("claims", "{").push(&world, "web", None).await.assert_refused(400, "invalid_request");
    }
}
