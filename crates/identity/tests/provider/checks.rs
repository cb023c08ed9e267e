//! Judgements that several modules share: a module names its data, these ask and judge.

use super::support::*;
use haidang_testkit::TestDb;
use serde_json::{Value, json};

/// The claims of the identity token, unverified.
pub fn id_claims(tokens: &Value) -> Value {
    claims_of(tokens["id_token"].as_str().unwrap())
}

impl World {
    /// Redeems a code of `web` with its key.
    pub async fn redeem(&self, ask: &Ask, code: &str) -> Got {
        self.redeem_by(ask, code, Some(&self.dpop)).await
    }

    pub async fn redeem_by(&self, ask: &Ask, code: &str, key: Option<&Key>) -> Got {
        self.post_with("/oauth2/token", &ask.redeem(self, "web", code), key, &json!({})).await
    }

    /// Shows an access token at userinfo under a scheme, with these proofs.
    pub async fn show(&self, scheme: &str, token: &str, proofs: &[String]) -> Got {
        let value = format!("{scheme} {token}");
        let mut headers = vec![("authorization", value.as_str())];
        headers.extend(proofs.iter().map(|proof| ("dpop", proof.as_str())));
        self.get("/oauth2/userinfo", &headers).await
    }

    /// A proof for [`Self::show`], with some claims changed.
    pub fn shown(&self, token: &str, key: &Key, changes: &Value) -> String {
        self.proof(key, "GET", "/oauth2/userinfo", Some(token), changes)
    }

    /// Pushes an ordinary request of `web` under an assertion.
    pub async fn push_under(&self, assertion: String) -> Got {
        let fields = changed(Ask::new(self, "web").params, "client_id", "");
        let fields: Vec<_> = fields.into_iter().chain(with_assertion("web", assertion)).collect();
        self.post_with("/oauth2/par", &fields, None, &json!({})).await
    }
}

/// Pushes a request with these parameters changed, and is refused.
pub async fn push_is_refused(world: &World, changes: &[(&str, &str)], error: &str) {
    let ask = changes.iter().fold(Ask::new(world, "web"), |ask, (name, value)| ask.with(name, value));
    ask.push(world, "web", None).await.assert_refused(400, error);
}

/// Redeems a code, and once more after so many seconds: refused, and what it gave is worth nothing.
pub async fn code_cannot_be_used_again(db: &TestDb, seconds: i64) {
    let world = World::open(db).await;
    let ask = Ask::new(&world, "web");
    let code = ask.code(&mut world.browser(), "web", Some(&world.dpop)).await;
    let tokens = world.redeem(&ask, &code).await.json();
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(world.userinfo(access, &world.dpop).await.status, 200);
    world.wait(seconds);
    world.redeem(&ask, &code).await.assert_refused(400, "invalid_grant");
    world.userinfo(access, &world.dpop).await.assert_refused(401, "invalid_token");
    let refresh = tokens["refresh_token"].as_str().unwrap();
    world.refresh(refresh, "web", &[]).await.assert_refused(400, "invalid_grant");
}

/// A code that was promised to a key, by a proof or by its thumbprint, is of no use to another one.
pub async fn code_of_another_key_is_refused(db: &TestDb, promise_by_proof: bool) {
    let world = World::open(db).await;
    let promised = key();
    let (ask, proof) = match promise_by_proof {
        true => (Ask::new(&world, "web"), Some(&promised)),
        false => (Ask::new(&world, "web").with("dpop_jkt", &promised.jkt), None),
    };
    let code = ask.code(&mut world.browser(), "web", proof).await;
    world.redeem(&ask, &code).await.assert_refused(400, "invalid_grant");
    assert_eq!(world.redeem_by(&ask, &code, Some(&promised)).await.status, 200, "the right key still may");
}

/// An assertion for this audience proves nobody, at any endpoint that asks for one.
pub async fn audience_fails(world: &World, audience: Value) {
    let wrong = || world.assertion("web", &world.web, &json!({ "aud": audience }));
    world.push_under(wrong()).await.assert_refused(401, "invalid_client");
    for (path, name, value) in [
        ("/oauth2/token", "grant_type", "client_credentials"),
        ("/oauth2/introspect", "token", "x"),
        ("/oauth2/revoke", "token", "x"),
    ] {
        let fields = changed(with_assertion("web", wrong()), name, value);
        world.post_with(path, &fields, Some(&world.dpop), &json!({})).await.assert_refused(401, "invalid_client");
    }
    assert_eq!(world.push_under(world.assertion("web", &world.web, &json!({}))).await.status, 201);
}

/// A proof made on a clock that is off by so many seconds passes everywhere.
pub async fn skewed_proof_passes(db: &TestDb, seconds: i64) {
    let world = World::open(db).await;
    let at = json!({ "iat": world.now() + seconds });
    let ask = Ask::new(&world, "web");
    let pushing: Vec<_> = changed(ask.params.clone(), "client_id", "").into_iter().chain(world.proven("web")).collect();
    let pushed = world.post_with("/oauth2/par", &pushing, Some(&world.dpop), &at).await;
    assert_eq!(pushed.status, 201, "{}", pushed.text);
    let name = pushed.json()["request_uri"].as_str().unwrap().to_owned();
    let address = format!("/oauth2/authorize?{}", haidang_web::encode([("client_id", "web"), ("request_uri", &name)]));
    let code = world.browser().walk(&address).await.code();
    let got = world.post_with("/oauth2/token", &ask.redeem(&world, "web", &code), Some(&world.dpop), &at).await;
    assert_eq!(got.status, 200, "{}", got.text);
    let token = got.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(world.show("DPoP", &token, &[world.shown(&token, &world.dpop, &at)]).await.status, 200);
}

/// `state` and `nonce` come back as they were sent.
pub async fn comes_back(db: &TestDb, state: &str, nonce: &str) {
    let world = World::open(db).await;
    let ask = Ask::new(&world, "web").with("state", state).with("nonce", nonce);
    let address = ask.pushed_address(&world, "web", Some(&world.dpop)).await;
    let callback = world.browser().walk(&address).await.callback();
    assert_eq!(callback["state"], state);
    let tokens = world.redeem(&ask, &callback["code"]).await.json();
    assert_eq!(id_claims(&tokens)["nonce"].as_str(), Some(nonce));
}

/// A response type other than `code` is refused when pushed, and at the authorization endpoint by a redirect.
pub async fn response_type_fails(db: &TestDb, word: &str) {
    let world = World::open(db).await;
    push_is_refused(&world, &[("response_type", word)], "unsupported_response_type").await;
    let end = world.browser().look(&Ask::new(&world, "public").with("response_type", word).address()).await.callback();
    let told = (end["error"].as_str(), end["state"].as_str(), end["iss"].as_str());
    assert_eq!(told, ("unsupported_response_type", "a state", ISSUER));
    assert!(!end.contains_key("code") && !end.contains_key("access_token") && !end.contains_key("id_token"));
}
