//! Authorization requests: what is asked, checked before anybody is shown a page (RFC 6749 4.1.1, OIDC Core 3.1.2,
//! RFC 8707, RFC 9126, RFC 9396).

use super::error::{Refusal, Stop};
use super::model::{Client, Request, VaultRead};
use super::params::Params;
use super::registry::Registry;
use super::scopes;
use super::{Provider, claims, jose, rules};
use crate::consent::rar::Refusal as DetailsRefusal;
use serde_json::Value;

/// The only kind of detailed authorization there is.
pub(crate) const VAULT_READ: &str = "vn.haidang.vault.read";

/// The address to answer to, exactly as it is registered.
pub(crate) fn redirect_of(client: &Client, params: &Params) -> Result<String, Refusal> {
    let given = params.get("redirect_uri").ok_or_else(|| Refusal::request("redirect_uri is missing"))?;
    let loopback = client.rotates();
    if !rules::redirect_fits(&client.metadata.redirect_uris, given, loopback) {
        return Err(Refusal::request("redirect_uri is not registered"));
    }
    Ok(given.to_owned())
}

fn challenge(params: &Params) -> Result<String, Refusal> {
    let challenge = params.get("code_challenge").ok_or_else(|| Refusal::request("code_challenge is missing"))?;
    // Without a method the challenge would be `plain`, which does not exist here.
    if params.get("code_challenge_method") != Some("S256") {
        return Err(Refusal::request("code_challenge_method must be S256"));
    }
    if !rules::is_challenge(challenge) {
        return Err(Refusal::request("code_challenge is no S256 challenge"));
    }
    Ok(challenge.to_owned())
}

fn response(params: &Params) -> Result<bool, Refusal> {
    match params.get("response_type") {
        Some("code") => {}
        Some(_) => return Err(Refusal::new("unsupported_response_type", "response_type must be code")),
        None => return Err(Refusal::request("response_type is missing")),
    }
    match params.get("response_mode") {
        None | Some("query") => Ok(false),
        Some("form_post") => Ok(true),
        Some(_) => Err(Refusal::request("response_mode is query or form_post")),
    }
}

fn prompt(params: &Params) -> Result<Vec<String>, Refusal> {
    let words = params.words("prompt");
    let known = |word: &String| ["none", "login", "consent", "select_account"].contains(&word.as_str());
    if !words.iter().all(known) {
        return Err(Refusal::request("prompt holds an unknown word"));
    }
    if words.len() > 1 && words.iter().any(|word| word == "none") {
        return Err(Refusal::request("prompt none stands alone"));
    }
    Ok(words)
}

/// The scopes that may be asked for, and the one resource they belong to.
pub(crate) fn target(
    registry: &Registry,
    client: &Client,
    scopes: &[String],
    resource: Option<&str>,
) -> Result<Option<String>, Refusal> {
    let unknown = || Refusal::new("invalid_scope", "a scope is unknown or not registered for this client");
    let named = match resource {
        Some(audience) => {
            let known = registry.resources.get(audience);
            Some(known.ok_or_else(|| Refusal::new("invalid_target", "the resource is unknown"))?)
        }
        None => None,
    };
    let mut foreign = Vec::new();
    for scope in scopes {
        if !client.has_scope(scope) {
            return Err(unknown());
        }
        if !scopes::is_own(scope) {
            foreign.push(scope);
        }
    }
    if let Some(server) = named {
        let all = foreign.iter().all(|scope| server.scopes.contains(scope));
        return if all { Ok(Some(server.audience.clone())) } else { Err(unknown()) };
    }
    if foreign.is_empty() {
        return Ok(None);
    }
    let mut fitting =
        registry.resources.values().filter(|server| foreign.iter().all(|scope| server.scopes.contains(scope)));
    match (fitting.next(), fitting.next()) {
        (None, _) => Err(unknown()),
        (Some(server), None) => Ok(Some(server.audience.clone())),
        (Some(_), Some(_)) => Err(Refusal::new("invalid_target", "several resources know these scopes: name one")),
    }
}

/// What `claims` asks for (OIDC Core 5.5): claims by name, and the least level.
fn asked_claims(client: &Client, params: &Params) -> Result<(Vec<String>, Option<u8>), Refusal> {
    let Some(text) = params.get("claims") else { return Ok((Vec::new(), None)) };
    let wrong = || Refusal::request("claims is no object of claims");
    let value: Value = serde_json::from_str(text).map_err(|_| wrong())?;
    let mut names = Vec::new();
    let mut least = None;
    for (place, members) in value.as_object().ok_or_else(wrong)? {
        if !["id_token", "userinfo"].contains(&place.as_str()) {
            continue;
        }
        for (name, wish) in members.as_object().ok_or_else(wrong)? {
            if name == "acr" {
                if wish.get("essential") == Some(&Value::Bool(true)) {
                    least = least_of(&acr_words(wish));
                }
                continue;
            }
            // What no registered scope covers is left out: a claim is never a way around the registration.
            let covered = claims::scope_of(name).is_some_and(|scope| client.has_scope(scope));
            if covered && !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    Ok((names, least))
}

fn acr_words(wish: &Value) -> Vec<String> {
    let many = wish.get("values").and_then(Value::as_array).into_iter().flatten();
    many.chain(wish.get("value")).filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The lowest of the levels that would do; unknown words ask for nothing.
fn least_of(words: &[String]) -> Option<u8> {
    words.iter().filter_map(|word| rules::level(word)).min()
}

fn max_age(params: &Params) -> Result<Option<i64>, Refusal> {
    let Some(text) = params.get("max_age") else { return Ok(None) };
    let age = text.parse().ok().filter(|age| (0..=10_000_000).contains(age));
    age.map(Some).ok_or_else(|| Refusal::request("max_age is no number of seconds"))
}

impl Provider {
    /// Checks everything but the redirect address, which the caller has checked.
    pub(crate) async fn read_request(
        &self,
        client: &Client,
        redirect_uri: String,
        params: &Params,
    ) -> Result<Request, Stop> {
        for (name, error) in [("request", "request_not_supported"), ("registration", "registration_not_supported")] {
            if params.has(name) {
                return Err(Refusal::new(error, "this parameter is not offered").into());
            }
        }
        let form_post = response(params)?;
        if !client.may("authorization_code") {
            return Err(Refusal::new("unauthorized_client", "the grant is not registered for this client").into());
        }
        let challenge = challenge(params)?;
        let prompt = prompt(params)?;
        let scopes = params.words("scope");
        if scopes.is_empty() {
            return Err(Refusal::new("invalid_scope", "scope is missing").into());
        }
        let registry = self.registry().await?;
        let resource = target(&registry, client, &scopes, params.get("resource"))?;
        if scopes::wish(&scopes).is_none() {
            return Err(Refusal::new("invalid_scope", "one may act for one at a time").into());
        }
        let details = self.details(params).await?;
        let (claims, essential) = asked_claims(client, params)?;
        let least_acr = essential.or_else(|| least_of(&params.words("acr_values")));
        let hinted_sub = match params.get("id_token_hint") {
            Some(hint) => Some(self.hinted(client, hint).await?),
            None => None,
        };
        Ok(Request {
            client: client.id.clone(),
            redirect_uri,
            scopes,
            state: params.get("state").map(str::to_owned),
            nonce: params.get("nonce").map(str::to_owned),
            challenge,
            dpop_jkt: params.get("dpop_jkt").map(str::to_owned),
            resource,
            form_post,
            prompt,
            max_age: max_age(params)?,
            least_acr,
            login_hint: params.get("login_hint").map(str::to_owned),
            ui_locale: params.words("ui_locales").into_iter().find(|word| word == "vi" || word == "en"),
            hinted_sub,
            claims,
            details,
            representee: None,
        })
    }

    /// Reads of the vault that are asked for: every member, kind of document and purpose known to the city.
    async fn details(&self, params: &Params) -> Result<Vec<VaultRead>, Stop> {
        let Some(text) = params.get("authorization_details") else { return Ok(Vec::new()) };
        let wrong = |what: &'static str| Refusal::new("invalid_authorization_details", what);
        let reads = self.inner.room.authorization_details(text).await.map_err(|refusal| match refusal {
            DetailsRefusal::Unavailable => Refusal::new("temporarily_unavailable", "the kinds of papers are not known"),
            DetailsRefusal::Malformed(_) => wrong("authorization_details is of another form"),
            DetailsRefusal::Type(_) | DetailsRefusal::Location => wrong("the type or the location is unknown"),
            DetailsRefusal::Count(_) => wrong("something is missing, repeated or too much"),
            DetailsRefusal::Kind(_) => wrong("a kind of paper is unknown"),
            DetailsRefusal::Purpose(_) => wrong("the purpose is unknown"),
            DetailsRefusal::Case => wrong("case_id is no case"),
        })?;
        let value = serde_json::to_value(reads).map_err(haidang_store::StoreError::from)?;
        Ok(serde_json::from_value(value).map_err(haidang_store::StoreError::from)?)
    }

    /// `sub` of an identity token that we gave this client, over or not.
    async fn hinted(&self, client: &Client, hint: &str) -> Result<String, Stop> {
        let claims = self.own(hint, "JWT").await?;
        let claims = claims.filter(|claims| jose::text(claims, "aud") == Some(&client.id));
        let sub = claims.as_ref().and_then(|claims| jose::text(claims, "sub"));
        sub.map(str::to_owned).ok_or_else(|| Refusal::request("id_token_hint is none of ours").into())
    }
}
