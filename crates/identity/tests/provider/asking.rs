//! What relying parties ask: authorization requests, tokens, introspection.

use super::support::*;
use haidang_web::encode;
use serde_json::{Value, json};

/// An authorization request with its verifier.
#[derive(Clone)]
pub struct Ask {
    pub verifier: String,
    pub params: Vec<(String, String)>,
}

impl Ask {
    pub fn new(world: &World, client: &str) -> Ask {
        let verifier = world.db.ambient().secret();
        let params = [
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", REDIRECT),
            ("scope", "openid"),
            ("state", "a state"),
            ("nonce", "a nonce"),
            ("code_challenge", &s256(&verifier)),
            ("code_challenge_method", "S256"),
        ];
        Ask { verifier: verifier.clone(), params: params.map(|(k, v)| (k.to_owned(), v.to_owned())).to_vec() }
    }

    /// The same with one parameter changed; an empty value removes it.
    pub fn with(mut self, name: &str, value: &str) -> Ask {
        self.params.retain(|(known, _)| known != name);
        if !value.is_empty() {
            self.params.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Address of the request as it is.
    pub fn address(&self) -> String {
        format!("/oauth2/authorize?{}", encode(self.params.iter().map(|(k, v)| (k, v))))
    }

    /// Pushes it; the address of what came back.
    pub async fn push(&self, world: &World, client: &str, dpop: Option<&Key>) -> Got {
        let mut fields = self.params.clone();
        fields.retain(|(name, _)| name != "client_id");
        fields.extend(world.proven(client));
        world.post_with("/oauth2/par", &fields, dpop, &json!({})).await
    }

    pub async fn pushed_address(&self, world: &World, client: &str, dpop: Option<&Key>) -> String {
        let got = self.push(world, client, dpop).await;
        assert_eq!(got.status, 201, "{}", got.text);
        let name = got.json()["request_uri"].as_str().unwrap().to_owned();
        format!("/oauth2/authorize?{}", encode([("client_id", client), ("request_uri", &name)]))
    }

    /// Signs in through the pages and answers the code.
    pub async fn code(&self, browser: &mut Browser, client: &str, dpop: Option<&Key>) -> String {
        let address = self.pushed_address(&browser.world.clone(), client, dpop).await;
        browser.walk(&address).await.code()
    }

    /// The fields of a token request.
    pub fn redeem(&self, world: &World, client: &str, code: &str) -> Vec<(String, String)> {
        let mut fields: Vec<(String, String)> = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", &self.verifier),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .to_vec();
        fields.extend(world.proven(client));
        fields
    }
}

/// Changes one field of a request; an empty value removes it.
pub fn changed(mut fields: Vec<(String, String)>, name: &str, value: &str) -> Vec<(String, String)> {
    fields.retain(|(known, _)| known != name);
    if !value.is_empty() {
        fields.push((name.to_owned(), value.to_owned()));
    }
    fields
}

impl World {
    /// A whole sign-in at `web`: the answer of the token endpoint.
    pub async fn tokens(&self, browser: &mut Browser, ask: &Ask) -> Value {
        let code = ask.code(browser, "web", Some(&self.dpop)).await;
        let got = self.post_with("/oauth2/token", &ask.redeem(self, "web", &code), Some(&self.dpop), &json!({})).await;
        assert_eq!(got.status, 200, "{}", got.text);
        got.json()
    }

    pub async fn signed_in(&self) -> Value {
        self.tokens(&mut self.browser(), &Ask::new(self, "web")).await
    }

    pub async fn refresh(&self, token: &str, client: &str, more: &[(&str, &str)]) -> Got {
        let mut fields =
            vec![("grant_type".to_owned(), "refresh_token".to_owned()), ("refresh_token".to_owned(), token.to_owned())];
        fields.extend(more.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        fields.extend(self.proven(client));
        let dpop = (client != "public").then_some(&self.dpop);
        self.post_with("/oauth2/token", &fields, dpop, &json!({})).await
    }

    /// The same for a public client of another name.
    pub async fn refresh_public(&self, token: &str, client: &str) -> Got {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", client)];
        self.post("/oauth2/token", &fields, &[]).await
    }

    pub async fn introspect(&self, token: &str, client: &str) -> Value {
        let mut fields = vec![("token".to_owned(), token.to_owned())];
        fields.extend(self.proven(client));
        let got = self.post_with("/oauth2/introspect", &fields, None, &json!({})).await;
        assert_eq!(got.status, 200, "{}", got.text);
        got.json()
    }
}
