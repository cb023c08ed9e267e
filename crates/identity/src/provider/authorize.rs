//! The authorization endpoint: what was asked is read, and the browser is led to whatever is still missing.

use super::answer::{Return, Waiting, refusal_page, sealed};
use super::error::{Refusal, Stop, finish};
use super::model::{Client, Request, SignInDoor};
use super::params::Params;
use super::rules::{Present, Step, next_step};
use super::{Provider, pushed, request, sql};
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use haidang_kernel::problem::Problem;
use haidang_store::{StoreError, args};
use haidang_ui::Lang;
use haidang_ui::page::localised;
use haidang_web::session::{self, Described};
use haidang_web::{Answer, Visitor};
use std::sync::Arc;

/// Page where a waiting request goes on, without language prefix.
pub(crate) const WAITING: &str = "/cho-phep";

/// A request by GET.
pub(crate) async fn begin_authorization(
    visitor: Visitor,
    State(provider): State<Provider>,
    RawQuery(query): RawQuery,
) -> Answer {
    let params = Params::decode(query.unwrap_or_default().as_bytes());
    finish(provider.begin(&visitor, params).await)
}

/// A request by POST (OIDC Core 3.1.2.1).
pub(crate) async fn post_authorization(
    visitor: Visitor,
    State(provider): State<Provider>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let params = Params::of_form(&headers, &body);
    finish(provider.begin(&visitor, params).await)
}

/// A request as it waits, read again.
pub(crate) struct Waited {
    pub(crate) id: String,
    pub(crate) client: Arc<Client>,
    pub(crate) request: Request,
    pub(crate) pushed: Option<String>,
    pub(crate) person: Option<String>,
    pub(crate) browser_sha256: String,
    pub(crate) begun_at: i64,
}

/// 303 to a page of this city.
fn go(path: &str) -> Result<Response, Stop> {
    let location = HeaderValue::from_str(path).map_err(|_| Problem::internal("an address does not fit a header"))?;
    Ok(sealed((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()))
}

/// Name of the cookie that binds a waiting request to its browser; one for each request.
pub(crate) fn cookie_name(secure: bool, authorization: &str) -> String {
    let end = authorization.len().saturating_sub(12);
    format!("{}hd_tx_{}", if secure { "__Host-" } else { "" }, &authorization[end..])
}

fn cookie(visitor: &Visitor, authorization: &str, value: &str, seconds: i64) -> Option<HeaderValue> {
    let secure = visitor.site.settings.secure();
    let name = cookie_name(secure, authorization);
    let mark = if secure { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{mark}")).ok()
}

/// Forgets the cookie of a request that is done.
pub(crate) fn without_cookie(visitor: &Visitor, authorization: &str, mut response: Response) -> Response {
    if let Some(value) = cookie(visitor, authorization, "", 0) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

impl Provider {
    async fn begin(&self, visitor: &Visitor, params: Result<Params, Refusal>) -> Result<Response, Stop> {
        let Ok(params) = params else { return refusal_page(visitor, "identity-provider-malformed") };
        let client = match params.get("client_id") {
            Some(id) => self.open_client(id).await?,
            None => None,
        };
        let Some(client) = client else { return refusal_page(visitor, "identity-provider-unknown-client") };
        let (request, pushed) = match params.get("request_uri") {
            Some(name) => match self.pushed(&client, name).await? {
                Some(found) => found,
                None => return refusal_page(visitor, "identity-provider-unknown-request"),
            },
            None => match self.unpushed(visitor, &client, &params).await? {
                Ok(request) => (*request, None),
                Err(response) => return Ok(response),
            },
        };
        let present = self.present(visitor, &client, &request, None).await?;
        let waiting = Waiting { pushed: pushed.as_deref(), authorization: None };
        let session = session::current(visitor);
        match (next_step(&request, present.as_ref(), None, self.seconds()), session) {
            (Step::Answer, Some(session)) => self.give_code(visitor, &client, &request, waiting, session, None).await,
            (Step::Error(error), _) => self.give_error(visitor, &request, waiting, &Refusal::new(error, "")).await,
            (step, session) => self.wait(visitor, &client, &request, pushed, step, session).await,
        }
    }

    /// The request behind a name that this client was given.
    async fn pushed(&self, client: &Client, name: &str) -> Result<Option<(Request, Option<String>)>, Stop> {
        if !name.starts_with(pushed::URN) {
            return Ok(None);
        }
        let id = haidang_web::tokens::digest(name);
        let Some(row) = self.db().fetch_optional(sql::PUSHED, args![&id]).await? else { return Ok(None) };
        let over = row.timestamp("expires_at")? <= self.now() || row.opt_timestamp("used_at")?.is_some();
        if over || row.text("client")? != client.id {
            return Ok(None);
        }
        Ok(Some((row.json("request")?, Some(id))))
    }

    /// A request in the address itself. `Err` holds the answer to a request that is refused.
    async fn unpushed(
        &self,
        visitor: &Visitor,
        client: &Client,
        params: &Params,
    ) -> Result<Result<Box<Request>, Response>, Stop> {
        let Ok(redirect_uri) = request::redirect_of(client, params) else {
            return refusal_page(visitor, "identity-provider-unknown-redirect").map(Err);
        };
        let refused = if client.must_push() {
            Refusal::request("this client must push its requests")
        } else {
            match self.read_request(client, redirect_uri.clone(), params).await {
                Ok(request) => return Ok(Ok(Box::new(request))),
                Err(Stop::Refused(refusal)) => *refusal,
                Err(fault) => return Err(fault),
            }
        };
        let form_post = params.get("response_mode") == Some("form_post");
        let to = Return { redirect_uri: &redirect_uri, state: params.get("state"), form_post };
        self.send_refusal(visitor, &to, &refused).map(Err)
    }

    /// What is known of the person before the browser, as the rules need it.
    pub(crate) async fn present(
        &self,
        visitor: &Visitor,
        client: &Client,
        request: &Request,
        began: Option<&str>,
    ) -> Result<Option<Present>, Stop> {
        let Some(session) = session::current(visitor) else { return Ok(None) };
        let row = self.db().fetch_optional(sql::GRANT, args![&session.person, &client.id]).await?;
        let known = row.map(|row| row.text("scopes")).transpose()?;
        let known: Option<Vec<&str>> = known.as_ref().map(|scopes| scopes.split(' ').collect());
        let agreed =
            known.is_some_and(|known| request.asked_scopes().iter().all(|scope| known.contains(&scope.as_str())));
        let wanted = request.least_acr.unwrap_or(1);
        let reachable = match self.inner.room.upstream_reach(session) {
            Some(level) => level.max(session.assurance),
            None if wanted > session.assurance && wanted == 2 => {
                if self.inner.room.has_second_factor(&session.person).await? { 2 } else { session.assurance }
            }
            None => session.assurance,
        };
        Ok(Some(Present {
            level: session.assurance,
            authenticated_at: session.authenticated_at.as_second(),
            authenticated_micros: session.authenticated_at.as_microsecond(),
            sub: self.sub(client, session.person.as_str()),
            agreed,
            reachable,
            same_person: began.is_none_or(|person| person == session.person.as_str()),
        }))
    }

    /// Keeps a request until its person has done what is missing.
    async fn wait(
        &self,
        visitor: &Visitor,
        client: &Client,
        request: &Request,
        pushed: Option<String>,
        step: Step,
        session: Option<&Described>,
    ) -> Result<Response, Stop> {
        let (id, browser) = (self.new_id(), self.random());
        let life = self.lives().interaction;
        // Who steps up must stay the one who began.
        let person = session.filter(|_| step == Step::Raise).map(|session| session.person.to_string());
        let text = serde_json::to_string(request).map_err(StoreError::from)?;
        let digest = haidang_web::tokens::digest(&browser);
        let row = args![&id, &client.id, text, pushed, person, digest, self.now(), self.after(life)];
        self.db().execute(sql::INSERT_AUTHORIZATION, row).await?;
        let lang = request.ui_locale.as_deref().and_then(Lang::parse).unwrap_or(visitor.lang);
        let mut response = go(&self.next_address(lang, client, request, &id, step, session))?;
        if let Some(value) = cookie(visitor, &id, &browser, life) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
        Ok(response)
    }

    fn next_address(
        &self,
        lang: Lang,
        client: &Client,
        request: &Request,
        id: &str,
        step: Step,
        session: Option<&Described>,
    ) -> String {
        let own = format!("{WAITING}/{id}");
        // Whoever came through an upstream proves more there; the page says at which.
        let level = request.least_acr.filter(|_| session.is_some_and(|session| session.upstream.is_some()));
        if let (Step::Raise, Some(level)) = (step, level) {
            let query = haidang_web::encode([("acr", haidang_web::acr(level)), ("next", own)]);
            return localised(lang, &format!("/dang-nhap/nang-muc?{query}"));
        }
        let door = match (step, client.metadata.sign_in) {
            (Step::SignIn, SignInDoor::Any) => "/dang-nhap",
            (Step::SignIn, SignInDoor::Official) => "/dang-nhap/can-bo",
            (Step::Raise, _) => "/dang-nhap/xac-thuc",
            _ => return localised(lang, &own),
        };
        localised(lang, &format!("{door}?{}", haidang_web::encode([("next", own.as_str())])))
    }

    /// The waiting request of this browser; `None` when it is over, done, or another browser's.
    pub(crate) async fn waited(
        &self,
        visitor: &Visitor,
        headers: &HeaderMap,
        id: &str,
    ) -> Result<Option<Waited>, Stop> {
        let Some(row) = self.db().fetch_optional(sql::AUTHORIZATION, args![id]).await? else { return Ok(None) };
        let over = row.timestamp("expires_at")? <= self.now() || row.opt_timestamp("done_at")?.is_some();
        let Some(client) = self.open_client(&row.text("client")?).await?.filter(|_| !over) else { return Ok(None) };
        let waited = Waited {
            id: row.text("id")?,
            client,
            request: row.json("request")?,
            pushed: row.opt_text("pushed")?,
            person: row.opt_text("person")?,
            browser_sha256: row.text("browser_sha256")?,
            begun_at: row.integer("begun_at")?,
        };
        let name = cookie_name(visitor.site.settings.secure(), &waited.id);
        let given = haidang_web::cookie(headers, &name).map(haidang_web::tokens::digest).unwrap_or_default();
        Ok(Some(waited).filter(|waited| haidang_web::tokens::same(&waited.browser_sha256, &given)))
    }

    /// Goes on with a waiting request: to the next page, to the question, or to the answer.
    pub(crate) async fn go_on(&self, visitor: &Visitor, waited: &Waited) -> Result<Next, Stop> {
        let (client, request) = (&waited.client, &waited.request);
        let present = self.present(visitor, client, request, waited.person.as_deref()).await?;
        let step = next_step(request, present.as_ref(), Some(waited.begun_at), self.seconds());
        let waiting = Waiting { pushed: waited.pushed.as_deref(), authorization: Some(&waited.id) };
        match (step, session::current(visitor)) {
            (Step::Ask, Some(session)) => Ok(Next::Ask(Box::new(session.clone()))),
            (Step::Answer, Some(session)) => {
                let response = self.give_code(visitor, client, request, waiting, session, None).await?;
                Ok(Next::Done(without_cookie(visitor, &waited.id, response)))
            }
            (Step::Error(error), _) => {
                let response = self.give_error(visitor, request, waiting, &Refusal::new(error, "")).await?;
                Ok(Next::Done(without_cookie(visitor, &waited.id, response)))
            }
            (step, session) => {
                let step = if step == Step::Raise { step } else { Step::SignIn };
                Ok(Next::Done(go(&self.next_address(visitor.lang, client, request, &waited.id, step, session))?))
            }
        }
    }
}

/// What a waiting request does next.
pub(crate) enum Next {
    /// The person is asked.
    Ask(Box<Described>),
    /// This is sent.
    Done(Response),
}
