//! Codes and refresh tokens: each bound to its client, its key and its session; a second use ends the family.

use super::dpop::Proof;
use super::error::{Refusal, Stop};
use super::issue::Making;
use super::model::{Client, Content, Request, SignedIn};
use super::params::Params;
use super::token::{Granted, record};
use super::{Provider, rules, scopes, sql};
use haidang_contracts::actor::PersonId;
use haidang_contracts::identity::Identity;
use haidang_store::{StoreError, Value as Bound, args};
use haidang_web::tokens::digest;
use haidang_web::{Visitor, session};
use jiff::Timestamp;

/// Where the tokens of one sign-in belong together.
pub(crate) struct Issue<'a> {
    pub(crate) client: &'a Client,
    pub(crate) content: &'a Content,
    pub(crate) family: &'a str,
    pub(crate) nonce: Option<&'a str>,
    /// What stays with the refresh token, when one is made: a refresh may narrow, its successor may not be narrower.
    pub(crate) refresh: Option<(&'a Content, Timestamp)>,
}

/// Whether the key of a proof is the one that was promised.
pub(crate) fn same_key(promised: Option<&String>, proof: Option<&Proof>) -> Result<(), Refusal> {
    match (promised, proof) {
        (None, _) => Ok(()),
        (Some(_), None) => Err(Refusal::proof("a DPoP proof is missing")),
        (Some(jkt), Some(proof)) if *jkt == proof.jkt => Ok(()),
        (Some(_), Some(_)) => Err(Refusal::grant("bound to another key")),
    }
}

impl Provider {
    /// Tokens for a code (RFC 6749 4.1.3).
    pub(crate) async fn redeem_code(
        &self,
        visitor: &Visitor,
        client: &Client,
        params: &Params,
        proof: Option<&Proof>,
    ) -> Result<Granted, Stop> {
        let code = digest(params.get("code").ok_or_else(|| Refusal::request("code is missing"))?);
        let unknown = || Refusal::grant("the code is unknown, over or used");
        let row = self.db().fetch_optional(sql::CODE, args![&code]).await?.ok_or_else(unknown)?;
        if row.text("client")? != client.id {
            return Err(unknown().into());
        }
        let family = row.text("family")?;
        if row.opt_timestamp("used_at")?.is_some() {
            // RFC 9700 4.5: a code that comes back was stolen, before or now.
            self.revoke_family(&family, "code used twice").await?;
            return Err(unknown().into());
        }
        if row.timestamp("expires_at")? <= self.now() {
            return Err(unknown().into());
        }
        let request: Request = row.json("request")?;
        let who: SignedIn = row.json("facts")?;
        if params.get("redirect_uri") != Some(&request.redirect_uri) {
            return Err(Refusal::grant("redirect_uri is another one").into());
        }
        if !rules::verifies(&request.challenge, params.get("code_verifier").unwrap_or_default()) {
            return Err(Refusal::grant("code_verifier does not fit").into());
        }
        same_key(request.dpop_jkt.as_ref(), proof)?;
        if params.get("resource").is_some_and(|resource| Some(resource) != request.resource.as_deref()) {
            return Err(Refusal::new("invalid_target", "the resource is another one").into());
        }
        if !self.still_signed_in(visitor, &who).await? {
            return Err(Refusal::grant("the session is over").into());
        }
        let content = Content {
            client: client.id.clone(),
            scopes: request.scopes.clone(),
            resource: request.resource.clone(),
            claims: request.claims.clone(),
            jkt: proof.map(|proof| proof.jkt.clone()),
            signed_in: Some(who),
            details: request.details.clone(),
            issued_at: 0,
            representee: request.representee.clone(),
            act: None,
        };
        let refresh = client.may("refresh_token").then(|| (&content, self.after(self.refresh_life(&content))));
        let issue = Issue { client, content: &content, family: &family, nonce: request.nonce.as_deref(), refresh };
        let granted = self.issue(visitor, &issue, "authorization_code", sql::USE_CODE, &code).await?;
        if granted.is_none() {
            self.revoke_family(&family, "code used twice").await?;
        }
        granted.ok_or_else(|| unknown().into())
    }

    /// New tokens for a refresh token (RFC 6749 6).
    pub(crate) async fn redeem_refresh(
        &self,
        visitor: &Visitor,
        client: &Client,
        params: &Params,
        proof: Option<&Proof>,
    ) -> Result<Granted, Stop> {
        let token = params.get("refresh_token").ok_or_else(|| Refusal::request("refresh_token is missing"))?;
        let id = digest(token);
        let unknown = || Refusal::grant("the refresh token is unknown, over or used");
        let row = self.db().fetch_optional(sql::REFRESH, args![&id]).await?.ok_or_else(unknown)?;
        if row.text("client")? != client.id {
            return Err(unknown().into());
        }
        let family = row.text("family")?;
        if row.opt_timestamp("rotated_at")?.is_some() {
            self.revoke_family(&family, "refresh token used twice").await?;
            return Err(unknown().into());
        }
        let expires_at = row.timestamp("expires_at")?;
        if row.opt_timestamp("revoked_at")?.is_some() || expires_at <= self.now() {
            return Err(unknown().into());
        }
        let kept: Content = row.json("content")?;
        // A confidential client is bound by its own keys; a public one only by that of its first proof (RFC 9449 5).
        if client.rotates() {
            same_key(kept.jkt.as_ref(), proof)?;
        }
        let scopes = match params.has("scope") {
            true => params.words("scope"),
            // Acting for somebody else is not carried on unless it is asked for again.
            false => kept.scopes.iter().filter(|scope| !scopes::is_representee(scope)).cloned().collect(),
        };
        if scopes.iter().any(|scope| !kept.scopes.contains(scope)) {
            return Err(Refusal::new("invalid_scope", "a refresh can only narrow").into());
        }
        if params.get("resource").is_some_and(|resource| Some(resource) != kept.resource.as_deref()) {
            return Err(Refusal::new("invalid_target", "the resource is another one").into());
        }
        if let Some(who) = &kept.signed_in
            && !self.may_refresh(visitor, client, who, &kept.scopes).await?
        {
            self.revoke_family(&family, "session over").await?;
            return Err(unknown().into());
        }
        let representee = kept.representee.clone().filter(|_| scopes.iter().any(|scope| scopes::is_representee(scope)));
        let content = Content { scopes, representee, jkt: proof.map(|proof| proof.jkt.clone()), ..kept.clone() };
        let refresh = client.rotates().then_some((&kept, expires_at));
        let issue = Issue { client, content: &content, family: &family, nonce: None, refresh };
        let take = if client.rotates() { sql::ROTATE_REFRESH } else { "" };
        let Some(mut granted) = self.issue(visitor, &issue, "refresh_token", take, &id).await? else {
            self.revoke_family(&family, "refresh token used twice").await?;
            return Err(unknown().into());
        };
        if !client.rotates() {
            granted.refresh = Some(token.to_owned());
        }
        Ok(granted)
    }

    /// Life of a refresh token in seconds.
    pub(crate) fn refresh_life(&self, content: &Content) -> i64 {
        let offline = content.scopes.iter().any(|scope| scope == "offline_access");
        if offline { self.lives().offline } else { self.lives().refresh }
    }

    /// Whether the session of a sign-in lives and its person may still sign in.
    pub(crate) async fn still_signed_in(&self, visitor: &Visitor, who: &SignedIn) -> Result<bool, Stop> {
        let session = session::by_sid(&visitor.site, &who.sid).await?;
        Ok(session.is_some_and(|session| session.person.as_str() == who.person) && self.is_known(&who.person).await?)
    }

    /// Whether a person's account is there and not locked.
    pub(crate) async fn is_known(&self, person: &str) -> Result<bool, Stop> {
        let Ok(person) = PersonId::parse(person) else { return Ok(false) };
        Ok(self.inner.room.actor(&person, None).await?.is_some())
    }

    /// A refresh lives as long as its session, and keeps it alive; only the application on a telephone outlives it.
    async fn may_refresh(
        &self,
        visitor: &Visitor,
        client: &Client,
        who: &SignedIn,
        scopes: &[String],
    ) -> Result<bool, Stop> {
        // What was agreed to may have been withdrawn since.
        if self.db().fetch_optional(sql::GRANT, args![&who.person, &client.id]).await?.is_none() {
            return Ok(false);
        }
        if scopes.iter().any(|scope| scope == "offline_access") {
            return self.is_known(&who.person).await;
        }
        let lives = self.still_signed_in(visitor, who).await?;
        if lives {
            session::touch_by_sid(&visitor.site, &who.sid).await?;
        }
        Ok(lives)
    }

    /// Makes the tokens and writes them down, taking what they are given for; `None` when somebody took it first.
    pub(crate) async fn issue(
        &self,
        visitor: &Visitor,
        issue: &Issue<'_>,
        grant: &str,
        take: &'static str,
        id: &str,
    ) -> Result<Option<Granted>, Stop> {
        let (client, content) = (issue.client, issue.content);
        let live = self.live(client, content).await?;
        let making = Making { client, content, family: Some(issue.family), live: &live, latest: None };
        let access = self.access(&making).await?;
        let id_token = self.id_token(client, content, &live, issue.nonce, &access.token).await?;
        let refresh = issue.refresh.map(|_| self.random());
        let sid = content.signed_in.as_ref().map(|who| who.sid.clone());
        let offline = content.scopes.iter().any(|scope| scope == "offline_access");
        let refresh_row: Option<Vec<Bound>> = match (&refresh, issue.refresh) {
            (Some(token), Some((kept, until))) => {
                let text = serde_json::to_string(kept).map_err(StoreError::from)?;
                let bound = sid.clone().filter(|_| !offline);
                Some(args![digest(token), issue.family, &client.id, bound, text, until])
            }
            _ => None,
        };
        let relying = content.signed_in.as_ref().map(|who| args![&who.sid, &client.id, &who.person, self.now()]);
        let family = if grant == "refresh_token" { None } else { self.family_row(issue) };
        let entry = record(visitor, client, content, grant);
        let (row, now) = (access.row.as_ref(), self.now());
        let taken = self
            .db()
            .transaction(|tx| {
                let rows = [
                    (sql::INSERT_TOKEN, row.cloned()),
                    (sql::INSERT_REFRESH, refresh_row.clone()),
                    (sql::PUT_RELYING, relying.clone()),
                    (sql::PUT_FAMILY, family.clone()),
                ];
                let entry = entry.clone();
                Box::pin(async move {
                    if !take.is_empty() && tx.execute(take, args![id, now]).await? == 0 {
                        return Ok(false);
                    }
                    for (statement, row) in rows {
                        if let Some(row) = row {
                            tx.later(statement, row).await?;
                        }
                    }
                    tx.audit(entry).await?;
                    Ok::<bool, StoreError>(true)
                })
            })
            .await?;
        Ok(taken.then(|| Granted { content: content.clone(), access, refresh, id_token, exchanged: false }))
    }

    /// What the tokens of a sign-in rest on, kept as long as any of them may live.
    fn family_row(&self, issue: &Issue<'_>) -> Option<Vec<Bound>> {
        let who = issue.content.signed_in.as_ref()?;
        let mut purposes: Vec<&str> = issue.content.details.iter().map(|read| read.purpose.as_str()).collect();
        purposes.sort_unstable();
        purposes.dedup();
        let until = self.after(self.refresh_life(issue.content) + self.lives().access);
        Some(args![
            issue.family,
            &issue.client.id,
            &who.person,
            issue.content.representee.clone(),
            purposes.join(" "),
            self.now(),
            until
        ])
    }
}
