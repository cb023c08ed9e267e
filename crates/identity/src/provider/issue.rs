//! Making tokens, and finding again what a token stands for.

use super::asked::Kept;
use super::error::Stop;
use super::live::Live;
use super::model::{Client, Content, TokenFormat};
use super::{Provider, jose, rules, sql};
use haidang_kernel::problem::Problem;
use haidang_store::{StoreError, Value as Bound, args};
use haidang_web::tokens::digest;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// An access token, with the row that is kept of it.
pub(crate) struct Access {
    pub(crate) token: String,
    /// `jti`, or the digest of an opaque token.
    pub(crate) id: String,
    pub(crate) expires_in: i64,
    /// Arguments of `INSERT_TOKEN`; a machine's own token that carries everything itself leaves none.
    pub(crate) row: Option<Vec<Bound>>,
}

/// What an access token is made of.
pub(crate) struct Making<'a> {
    pub(crate) client: &'a Client,
    pub(crate) content: &'a Content,
    /// The tokens it belongs to.
    pub(crate) family: Option<&'a str>,
    /// What holds now.
    pub(crate) live: &'a Live,
    /// Seconds since the epoch at which it ends at the latest.
    pub(crate) latest: Option<i64>,
}

/// What a token that is valid now stands for.
pub(crate) struct Found {
    /// Id of its row: `jti`, or the digest of an opaque token.
    pub(crate) id: String,
    pub(crate) content: Content,
    pub(crate) audience: String,
    pub(crate) sub: String,
    pub(crate) jti: Option<String>,
    pub(crate) expires_at: i64,
    /// Whether a row of it is kept.
    pub(crate) kept: bool,
    /// The tokens it belongs to.
    pub(crate) family: Option<String>,
}

impl Provider {
    /// Makes an access token.
    pub(crate) async fn access(&self, making: &Making<'_>) -> Result<Access, Stop> {
        let Making { client, content, family, live, latest } = *making;
        let lives = self.lives();
        let registry = self.registry().await?;
        let server = content.resource.as_ref().and_then(|audience| registry.resources.get(audience));
        let official = content.signed_in.as_ref().is_some_and(|who| who.official);
        let most = if official { lives.access_official } else { lives.access };
        let now = self.seconds();
        let life = server.map_or(most, |server| server.access_seconds.min(most));
        let life = latest.map_or(life, |latest| life.min(latest - now));
        let audience = content.resource.as_deref().unwrap_or_else(|| self.issuer());
        let expires_at = self.after(life);
        let content = Content { issued_at: now, ..content.clone() };
        let sid = content.signed_in.as_ref().map(|who| who.sid.clone());
        let row = |id: &str| -> Result<Vec<Bound>, StoreError> {
            let text = serde_json::to_string(&content)?;
            Ok(args![id, &client.id, family, sid, audience, text, expires_at, None::<i64>])
        };
        if server.is_some_and(|server| server.format == TokenFormat::Opaque) {
            let token = self.random();
            let id = digest(&token);
            let row = Some(row(&id)?);
            return Ok(Access { token, id, expires_in: life, row });
        }
        let jti = self.new_id();
        let mut claims = self.access_claims(client, &content, audience, &jti, expires_at);
        claims.extend(live.in_access_token());
        let token = self.sign("ES256", "at+jwt", &claims).await?;
        let row = if content.signed_in.is_some() { Some(row(&jti)?) } else { None };
        Ok(Access { token, id: jti, expires_in: life, row })
    }

    /// Claims of RFC 9068.
    fn access_claims(
        &self,
        client: &Client,
        content: &Content,
        audience: &str,
        jti: &str,
        expires_at: Timestamp,
    ) -> Map<String, Value> {
        let mut claims = Map::new();
        let mut put = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        put("iss", self.issuer().into());
        put("aud", audience.into());
        put("client_id", client.id.as_str().into());
        put("iat", content.issued_at.into());
        put("exp", expires_at.as_second().into());
        put("jti", jti.into());
        put("scope", content.scopes.join(" ").into());
        match &content.signed_in {
            Some(who) => {
                put("sub", self.sub(client, &who.person).into());
                put("acr", rules::acr(who.acr).into());
                put("auth_time", who.auth_time.into());
            }
            // RFC 9068 2.2: without a person the client stands for itself.
            None => drop(put("sub", client.id.as_str().into())),
        }
        if let Some(jkt) = &content.jkt {
            put("cnf", json!({ "jkt": jkt }));
        }
        if !content.details.is_empty() {
            put("authorization_details", json!(content.details));
        }
        if let Some(act) = &content.act {
            put("act", act.clone());
        }
        claims
    }

    /// An identity token (OIDC Core 2).
    pub(crate) async fn id_token(
        &self,
        client: &Client,
        content: &Content,
        live: &Live,
        nonce: Option<&str>,
        access: &str,
    ) -> Result<Option<String>, Problem> {
        let Some(who) = &content.signed_in else { return Ok(None) };
        if !content.scopes.iter().any(|scope| scope == "openid") {
            return Ok(None);
        }
        let now = self.seconds();
        let mut claims = json!({
            "iss": self.issuer(),
            "sub": self.sub(client, &who.person),
            "aud": client.id,
            "azp": client.id,
            "iat": now,
            "exp": now + self.lives().id_token,
            "auth_time": who.auth_time,
            "acr": rules::acr(who.acr),
            "amr": who.amr,
            "sid": who.sid,
            "at_hash": rules::half_hash(access),
        });
        if let Some(nonce) = nonce {
            claims["nonce"] = nonce.into();
        }
        for (name, value) in live.in_id_token() {
            claims[name] = value;
        }
        self.sign(&client.metadata.id_token_signed_response_alg, "JWT", &claims).await.map(Some)
    }

    /// What an access token stands for, when it is ours, not over and not revoked.
    pub(crate) async fn found(&self, token: &str) -> Result<Option<Found>, Stop> {
        if token.len() > 16_384 {
            return Ok(None);
        }
        if token.contains('.') { self.found_signed(token).await } else { self.found_opaque(token).await }
    }

    async fn found_opaque(&self, token: &str) -> Result<Option<Found>, Stop> {
        let id = digest(token);
        let kept = match self.inner.asked.get(&id) {
            Some(kept) => kept,
            None => {
                let round = self.inner.asked.round();
                let Some(row) = self.db().fetch_optional(sql::TOKEN, args![&id]).await? else { return Ok(None) };
                let Some(kept) = Kept::read(&row)?.map(Arc::new) else { return Ok(None) };
                self.inner.asked.put(&id, kept.clone(), round);
                kept
            }
        };
        if kept.expires_at <= self.now() {
            return Ok(None);
        }
        let Kept { content, audience, family, expires_at } = &*kept;
        let Some(client) = self.open_client(&content.client).await? else { return Ok(None) };
        let sub = content.signed_in.as_ref().map_or(client.id.clone(), |who| self.sub(&client, &who.person));
        let (content, audience, family) = (content.clone(), audience.clone(), family.clone());
        let expires_at = expires_at.as_second();
        Ok(Some(Found { id, content, audience, sub, jti: None, expires_at, kept: true, family }))
    }

    async fn found_signed(&self, token: &str) -> Result<Option<Found>, Stop> {
        let Some(claims) = self.own(token, "at+jwt").await? else { return Ok(None) };
        let text = |name: &str| jose::text(&claims, name).unwrap_or_default().to_owned();
        let time = |name: &str| claims.get(name).and_then(Value::as_i64).unwrap_or_default();
        let (jti, expires_at) = (text("jti"), time("exp"));
        if expires_at <= self.seconds() || self.open_client(&text("client_id")).await?.is_none() {
            return Ok(None);
        }
        let row = self.db().fetch_optional(sql::TOKEN, args![&jti]).await?;
        if row.as_ref().map(|row| row.opt_timestamp("revoked_at")).transpose()?.flatten().is_some() {
            return Ok(None);
        }
        let content = match &row {
            Some(row) => row.json("content")?,
            None => Content {
                client: text("client_id"),
                scopes: text("scope").split(' ').filter(|s| !s.is_empty()).map(str::to_owned).collect(),
                resource: None,
                claims: Vec::new(),
                jkt: claims.get("cnf").and_then(|cnf| cnf.get("jkt")).and_then(Value::as_str).map(str::to_owned),
                signed_in: None,
                details: Vec::new(),
                issued_at: time("iat"),
                representee: None,
                act: None,
            },
        };
        let (audience, sub, kept) = (text("aud"), text("sub"), row.is_some());
        let family = row.as_ref().map(|row| row.opt_text("family")).transpose()?.flatten();
        Ok(Some(Found { id: jti.clone(), content, audience, sub, jti: Some(jti), expires_at, kept, family }))
    }
}
