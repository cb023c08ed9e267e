//! Sign-in of a device without a keyboard of its own, such as a kiosk of a commune (RFC 8628): the device shows a code,
//! the person types it on a page of ours and says yes, the device asks until it is answered.

use super::dpop::Proof;
use super::error::{Refusal, Stop, finish, private_json};
use super::model::{Client, Content, SignedIn};
use super::params::Params;
use super::redeem::Issue;
use super::token::Granted;
use super::{Provider, request, scopes, sql};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use haidang_kernel::keyed::hmac_sha256;
use haidang_kernel::problem::Problem;
use haidang_store::{Row, StoreError, args};
use haidang_ui::page::localised;
use haidang_web::tokens::digest;
use haidang_web::{Answer, Visitor};
use jiff::Timestamp;
use serde_json::json;

/// Name of the grant.
pub(crate) const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Where a device begins.
pub(crate) const ENDPOINT: &str = "/oauth2/device_authorization";

/// Page where a person types the code, without language prefix: short, for it is read off a screen.
pub(crate) const PAGE: &str = "/thiet-bi";

/// Letters of a code: no vowel, so that no word arises; nothing that is read in two ways.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// Letters of a code before and after its dash.
const HALF: usize = 4;

/// Seconds between two questions of a device; each one too early adds as many.
const INTERVAL: i64 = 5;

/// How a waiting device stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeviceState {
    /// Nobody has answered.
    Waiting,
    /// The person said yes.
    Approved,
    /// The person said no.
    Refused,
    /// The device has its tokens.
    Used,
}

impl DeviceState {
    /// The word in the table.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "WAITING",
            Self::Approved => "APPROVED",
            Self::Refused => "REFUSED",
            Self::Used => "USED",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Waiting, Self::Approved, Self::Refused, Self::Used].into_iter().find(|state| state.as_str() == word)
    }
}

/// A device that waits, or waited.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) id: String,
    pub(crate) client: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) place: Option<String>,
    pub(crate) state: DeviceState,
    pub(crate) person: Option<String>,
    pub(crate) begun_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    resource: Option<String>,
    family: String,
    facts: Option<SignedIn>,
    interval: i64,
    polled_at: Option<Timestamp>,
}

impl Waiting {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let state = DeviceState::parse(&row.text("state")?);
        Ok(Self {
            id: row.text("id")?,
            client: row.text("client")?,
            scopes: row.text("scopes")?.split(' ').map(str::to_owned).collect(),
            place: row.opt_text("place")?,
            state: state.ok_or_else(|| StoreError::Corrupt("identity_device_grant.state".to_owned()))?,
            person: row.opt_text("person")?,
            begun_at: row.timestamp("begun_at")?,
            expires_at: row.timestamp("expires_at")?,
            resource: row.opt_text("resource")?,
            family: row.text("family")?,
            facts: row.opt_json("facts")?,
            interval: row.integer("interval_seconds")?,
            polled_at: row.opt_timestamp("polled_at")?,
        })
    }

    /// What the device is told now.
    fn poll(&self, now: Timestamp) -> Poll {
        let passed = self.polled_at.map(|last| now.duration_since(last).as_secs());
        match self.state {
            DeviceState::Used => Poll::Used,
            _ if self.expires_at <= now => Poll::Expired,
            DeviceState::Approved => Poll::Ready,
            DeviceState::Refused => Poll::Denied,
            DeviceState::Waiting if passed.is_some_and(|passed| passed < self.interval) => Poll::SlowDown,
            DeviceState::Waiting => Poll::Pending,
        }
    }
}

/// Answer to a device that asks (RFC 8628 3.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Poll {
    Pending,
    SlowDown,
    Expired,
    Denied,
    Ready,
    Used,
}

/// A code out of random bytes, each letter as likely as the others; `None` when they do not suffice.
fn code_of(bytes: &[u8]) -> Option<String> {
    let fair = u8::try_from(256 / LETTERS.len() * LETTERS.len()).unwrap_or(u8::MAX);
    let mut letters = bytes.iter().filter(|byte| **byte < fair).map(|byte| LETTERS[usize::from(*byte) % LETTERS.len()]);
    let code: String = letters.by_ref().take(2 * HALF).map(char::from).collect();
    (code.len() == 2 * HALF).then_some(code)
}

/// A code as people read it.
fn shown(code: &str) -> String {
    let (first, second) = code.split_at(HALF);
    format!("{first}-{second}")
}

/// A code as it was typed: blanks, dashes and case do not count (RFC 8628 6.1). `None` for what can be none.
pub(crate) fn typed_code(typed: &str) -> Option<String> {
    let kept: String = typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    (kept.len() == 2 * HALF && kept.bytes().all(|letter| LETTERS.contains(&letter))).then_some(kept)
}

/// Begins.
pub(crate) async fn begin_device(State(provider): State<Provider>, headers: HeaderMap, body: Bytes) -> Answer {
    finish(provider.begin_device(&headers, &body).await)
}

/// The address that documents name leads to the page with the short name.
pub(crate) async fn lead_to_device(visitor: Visitor) -> Answer {
    let location = HeaderValue::from_str(&localised(visitor.lang, PAGE))
        .map_err(|_| Problem::internal("an address does not fit a header"))?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

impl Provider {
    /// The keyed digest of a code: eight letters alone could be found again from their plain digest.
    pub(crate) fn code_hmac(&self, code: &str) -> String {
        let key = hmac_sha256(&self.inner.settings.secret, b"device-user-code");
        data_encoding::HEXLOWER.encode(&hmac_sha256(&key, code.as_bytes()))
    }

    async fn begin_device(&self, headers: &HeaderMap, body: &Bytes) -> Result<Response, Stop> {
        let params = Params::of_form(headers, body)?;
        let client = self.client_of(headers, &params).await?;
        if !client.may(GRANT) {
            return Err(Refusal::new("unauthorized_client", "the grant is not registered for this client").into());
        }
        let wanted = params.words("scope");
        if wanted.is_empty() || wanted.iter().any(|scope| scopes::is_representee(scope)) {
            return Err(Refusal::new("invalid_scope", "scope is missing, or asks to act for somebody else").into());
        }
        if params.has("authorization_details") {
            return Err(Refusal::new("invalid_authorization_details", "a device asks for scopes alone").into());
        }
        let resource = request::target(&*self.registry().await?, &client, &wanted, params.get("resource"))?;
        let place = match params.get("place") {
            None => None,
            // Where it stands is said with the city's own name of an agency, never with words of the device.
            Some(code) if self.inner.room.agency_tree().await?.get(code).is_some() => Some(code.to_owned()),
            Some(_) => return Err(Refusal::request("place is no agency of the city").into()),
        };
        let (device, life) = (self.random(), self.lives().device);
        let code = self.keep_device(&client, &device, &wanted.join(" "), resource, place).await?;
        Ok(private_json(
            200,
            &json!({
                "device_code": device,
                "user_code": shown(&code),
                // No address with the code in it: whoever sends a link could not be told from a device one stands at.
                "verification_uri": self.address(PAGE),
                "expires_in": life,
                "interval": INTERVAL,
            }),
        ))
    }

    /// Keeps a waiting device under a code that no other waiting device has.
    async fn keep_device(
        &self,
        client: &Client,
        device: &str,
        scopes: &str,
        resource: Option<String>,
        place: Option<String>,
    ) -> Result<String, Stop> {
        let ambient = &self.inner.room.inner.ambient;
        for _ in 0..5 {
            let Some(code) = code_of(&ambient.bytes::<64>()) else { continue };
            let row = args![
                self.new_id(),
                digest(device),
                self.code_hmac(&code),
                &client.id,
                scopes,
                resource.clone(),
                place.clone(),
                self.new_id(),
                INTERVAL,
                self.now(),
                self.after(self.lives().device)
            ];
            if self.db().execute(sql::INSERT_DEVICE_GRANT, row).await? > 0 {
                return Ok(code);
            }
        }
        Err(Problem::unavailable("busy", "no free device code was found").into())
    }

    /// A waiting device by its id.
    pub(crate) async fn device(&self, id: &str) -> Result<Option<Waiting>, StoreError> {
        self.db().fetch_optional(sql::DEVICE_GRANT, args![id]).await?.as_ref().map(Waiting::read).transpose()
    }

    /// Tokens for a device whose person said yes.
    pub(crate) async fn redeem_device(
        &self,
        visitor: &Visitor,
        client: &Client,
        params: &Params,
        proof: Option<&Proof>,
    ) -> Result<Granted, Stop> {
        let code = digest(params.get("device_code").ok_or_else(|| Refusal::request("device_code is missing"))?);
        let unknown = || Stop::from(Refusal::grant("the device code is unknown or used"));
        let row = self.db().fetch_optional(sql::DEVICE_GRANT_BY_DEVICE, args![&code]).await?;
        let waiting = row.as_ref().map(Waiting::read).transpose()?;
        let waiting = waiting.filter(|waiting| waiting.client == client.id).ok_or_else(unknown)?;
        match waiting.poll(self.now()) {
            Poll::Ready => {}
            Poll::Expired => return Err(Refusal::new("expired_token", "the code is over").into()),
            Poll::Denied => return Err(Refusal::new("access_denied", "the person refused").into()),
            Poll::Pending => {
                self.db().execute(sql::POLLED_DEVICE_GRANT, args![&waiting.id, self.now(), waiting.interval]).await?;
                return Err(Refusal::new("authorization_pending", "nobody has answered yet").into());
            }
            Poll::SlowDown => {
                let slower = waiting.interval + INTERVAL;
                self.db().execute(sql::POLLED_DEVICE_GRANT, args![&waiting.id, self.now(), slower]).await?;
                return Err(Refusal::new("slow_down", "wait five seconds longer").into());
            }
            Poll::Used => {
                self.revoke_family(&waiting.family, "device code used twice").await?;
                return Err(unknown());
            }
        }
        let who = waiting.facts.ok_or_else(unknown)?;
        if !self.still_signed_in(visitor, &who).await? {
            return Err(Refusal::grant("the session is over").into());
        }
        let content = Content {
            client: client.id.clone(),
            scopes: waiting.scopes,
            resource: waiting.resource,
            claims: Vec::new(),
            jkt: proof.map(|proof| proof.jkt.clone()),
            signed_in: Some(who),
            details: Vec::new(),
            issued_at: 0,
            representee: None,
            act: None,
        };
        let refresh = client.may("refresh_token").then(|| (&content, self.after(self.refresh_life(&content))));
        let issue = Issue { client, content: &content, family: &waiting.family, nonce: None, refresh };
        let granted = self.issue(visitor, &issue, "device_code", sql::USE_DEVICE_GRANT, &code).await?;
        granted.ok_or_else(unknown)
    }

    /// Takes the person's word; `false` when the device no longer waits for this person.
    pub(crate) async fn decide_device(
        &self,
        visitor: &Visitor,
        waiting: &Waiting,
        facts: &SignedIn,
        agreed: bool,
    ) -> Result<bool, Stop> {
        let (state, action) = match agreed {
            true => (DeviceState::Approved, "device.approved"),
            false => (DeviceState::Refused, "device.refused"),
        };
        let known = self.db().fetch_optional(sql::GRANT, args![&facts.person, &waiting.client]).await?;
        let mut scopes: Vec<String> = waiting.scopes.clone();
        if let Some(row) = known {
            // What was agreed to before stands beside what is agreed to now.
            scopes.extend(row.text("scopes")?.split(' ').map(str::to_owned));
            scopes.sort_unstable();
            scopes.dedup();
        }
        let text = serde_json::to_string(facts).map_err(StoreError::from)?;
        let row = args![&waiting.id, &facts.person, state.as_str(), agreed.then_some(text)];
        let grant = agreed.then(|| args![&facts.person, &waiting.client, scopes.join(" "), self.now()]);
        let entry = visitor
            .audit(action, "client", &waiting.client)
            .detail(json!({ "scope": waiting.scopes.join(" "), "place": waiting.place }));
        let entry = if agreed { entry } else { entry.refused() };
        let done = self
            .db()
            .transaction(|tx| {
                let (row, grant, entry) = (row.clone(), grant.clone(), entry.clone());
                Box::pin(async move {
                    if tx.execute(sql::DECIDE_DEVICE_GRANT, row).await? == 0 {
                        return Ok(false);
                    }
                    if let Some(grant) = grant {
                        tx.later(sql::PUT_GRANT, grant).await?;
                    }
                    tx.audit(entry).await?;
                    Ok::<bool, StoreError>(true)
                })
            })
            .await?;
        Ok(done)
    }
}

#[cfg(test)]
#[path = "device_tests.rs"]
mod tests;
