//! Systems that register themselves (RFC 7591, RFC 7592), and what they may not take.

use super::support::*;
use axum::body::Body;
use axum::http::{Request, header};
use haidang_store::ActorRef;
use haidang_testkit::db_test;
use serde_json::{Value, json};

async fn send(world: &World, method: &str, path: &str, token: &str, body: Option<&Value>) -> Got {
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, "localhost");
    if !token.is_empty() {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    if body.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    world.send(request.body(body.map_or_else(Body::empty, |body| Body::from(body.to_string()))).unwrap()).await
}

async fn register(world: &World, token: &str, body: &Value) -> Got {
    send(world, "POST", "/oauth2/register", token, Some(body)).await
}

async fn ticket(world: &World) -> String {
    world.provider.make_registration_token("Công ty Mẫu", ActorRef::system()).await.unwrap()
}

fn app() -> Value {
    json!({
        "client_name": "Ứng dụng mới", "token_endpoint_auth_method": "none", "redirect_uris": [REDIRECT],
        "grant_types": ["authorization_code", "refresh_token"], "scope": "openid profile",
    })
}

fn path(client: &Value) -> String {
    format!("/oauth2/register/{}", client["client_id"].as_str().unwrap())
}

db_test! {
    rooms = ROOMS;

    async fn a_system_registers_itself_and_waits_for_an_official(db: TestDb) {
        let world = World::open(&db).await;
        let ticket = ticket(&world).await;
        let got = register(&world, &ticket, &app()).await;
        assert_eq!((got.status, got.header("cache-control")), (201, "no-store"), "{}", got.text);
        let client = got.json();
        let id = client["client_id"].as_str().unwrap().to_owned();
        assert_eq!((&client["client_name"], &client["client_state"], &client["scope"]), (&json!("Ứng dụng mới"), &json!("PENDING"), &json!("openid profile")));
        assert_eq!(client["registration_client_uri"], format!("{ISSUER}/oauth2/register/{id}"));
        assert!(client.get("client_secret").is_none() && client.get("sector").is_none());
        let ask = Ask::new(&world, &id);
        assert_eq!(world.browser().look(&ask.address()).await.page().status, 400, "of no effect yet");
        world.provider.approve(&id, None, ActorRef::system()).await.unwrap();
        world.browser().walk(&Ask::new(&world, &id).address()).await.page();
        let mut browser = world.browser();
        browser.walk("/vi/dang-nhap/can-bo?next=%2F").await;
        assert!(!browser.walk(&Ask::new(&world, &id).address()).await.code().is_empty());
        // The token was for one registration.
        register(&world, &ticket, &app()).await.assert_refused(401, "invalid_token");
        let tokens = world.provider.registration_tokens(10).await.unwrap();
        assert_eq!(tokens[0].client.as_deref(), Some(id.as_str()));
        assert_eq!(world.get("/.well-known/openid-configuration", &[]).await.json()["registration_endpoint"], format!("{ISSUER}/oauth2/register"));
    }

    async fn t35_nobody_registers_without_a_token_or_with_rights_of_their_own_choice(db: TestDb) {
        let world = World::open(&db).await;
        for token in ["", "hdr_wrong", "not even one"] {
            let got = register(&world, token, &app()).await;
            got.assert_refused(401, "invalid_token");
            assert!(got.header("www-authenticate").starts_with("Bearer"));
        }
        let ticket = ticket(&world).await;
        for (name, value) in [
            ("scope", json!("openid api:read")),
            ("scope", json!("openid roles")),
            ("scope", json!("openid representee.*")),
            ("scope", json!("openid account_level")),
            ("grant_types", json!(["client_credentials"])),
            ("grant_types", json!(["authorization_code", "urn:ietf:params:oauth:grant-type:token-exchange"])),
            ("grant_types", json!(["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"])),
            ("subject_type", json!("public")),
            ("sector", json!("H24.S08")),
            ("sign_in", json!("official")),
            ("client_id", json!("web")),
            ("software_statement", json!("a.b.c")),
            ("token_endpoint_auth_method", json!("client_secret_post")),
            ("client_name", json!("")),
        ] {
            let mut body = app();
            body[name] = value.clone();
            let got = register(&world, &ticket, &body).await;
            assert_eq!(got.refusal(), (400, "invalid_client_metadata".to_owned()), "{name} {value}");
        }
        let mut body = app();
        body["redirect_uris"] = json!(["https://*.example.test/cb"]);
        register(&world, &ticket, &body).await.assert_refused(400, "invalid_redirect_uri");
        register(&world, &ticket, &json!([])).await.assert_refused(400, "invalid_client_metadata");
        // None of it used the token up, and nothing was kept of it.
        let before = world.provider.clients().await.unwrap().len();
        assert_eq!(register(&world, &ticket, &app()).await.status, 201);
        assert_eq!(world.provider.clients().await.unwrap().len(), before + 1);
        // A token is over after two weeks.
        let late = world.provider.make_registration_token("Muộn", ActorRef::system()).await.unwrap();
        world.wait(15 * 86_400);
        register(&world, &late, &app()).await.assert_refused(401, "invalid_token");
    }

    async fn t35_a_client_manages_its_own_registration_and_widens_nothing(db: TestDb) {
        let world = World::open(&db).await;
        let mut basic = app();
        basic["token_endpoint_auth_method"] = "client_secret_basic".into();
        let old = register(&world, &ticket(&world).await, &basic).await.json();
        assert!(old["client_secret"].as_str().unwrap().len() >= 43 && old["client_secret_expires_at"] == 0, "{old}");
        let client = register(&world, &ticket(&world).await, &app()).await.json();
        let (id, token) = (client["client_id"].as_str().unwrap(), client["registration_access_token"].as_str().unwrap());
        let shown = send(&world, "GET", &path(&client), token, None).await;
        assert_eq!((shown.status, &shown.json()["client_id"]), (200, &client["client_id"]));
        for wrong in ["", "wrong", old["registration_access_token"].as_str().unwrap()] {
            send(&world, "GET", &path(&client), wrong, None).await.assert_refused(401, "invalid_token");
            send(&world, "PUT", &path(&client), wrong, Some(&app())).await.assert_refused(401, "invalid_token");
            send(&world, "DELETE", &path(&client), wrong, None).await.assert_refused(401, "invalid_token");
        }
        send(&world, "GET", "/oauth2/register/nobody", token, None).await.assert_refused(401, "invalid_token");

        // An official gives more than it may take, and it keeps that through a change of its own.
        world.provider.give_scope(id, "openid profile account_level", ActorRef::system()).await.unwrap();
        world.provider.approve(id, None, ActorRef::system()).await.unwrap();
        let mut body = app();
        body["client_id"] = id.into();
        body["scope"] = "openid profile account_level".into();
        let same = send(&world, "PUT", &path(&client), token, Some(&body)).await.json();
        assert_eq!(same["client_state"], "APPROVED", "nothing changed: {same}");
        for (name, value) in [
            ("scope", json!("openid roles")),
            ("client_id", json!("web")),
            ("registration_access_token", json!(token)),
            ("client_secret", json!("mine")),
            ("token_endpoint_auth_method", json!("client_secret_basic")),
        ] {
            let mut wrong = body.clone();
            wrong[name] = value.clone();
            let got = send(&world, "PUT", &path(&client), token, Some(&wrong)).await;
            assert_eq!(got.refusal(), (400, "invalid_client_metadata".to_owned()), "{name} {value}");
        }
        body["redirect_uris"] = json!(["https://new.example.test/cb"]);
        let changed = send(&world, "PUT", &path(&client), token, Some(&body)).await.json();
        assert_eq!((&changed["client_state"], &changed["redirect_uris"][0]), (&json!("PENDING"), &json!("https://new.example.test/cb")));
        assert_eq!(world.browser().look(&Ask::new(&world, id).address()).await.page().status, 400, "it waits again");

        assert_eq!(send(&world, "DELETE", &path(&client), token, None).await.status, 204);
        send(&world, "GET", &path(&client), token, None).await.assert_refused(401, "invalid_token");
        assert!(world.provider.approve(id, None, ActorRef::system()).await.is_err(), "shut out is for good");
        let kept = world.db.fetch_all("SELECT coalesce(registration_sha256, '') || coalesce(secret_sha256, '') || metadata AS kept FROM identity_client", vec![]).await.unwrap();
        let secrets = [token, old["client_secret"].as_str().unwrap(), old["registration_access_token"].as_str().unwrap()];
        assert!(kept.iter().all(|row| secrets.iter().all(|secret| !row.text("kept").unwrap().contains(secret))));
    }
}
