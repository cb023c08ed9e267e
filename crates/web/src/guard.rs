//! What happens between the router and a handler, row by row: who asks, may they, is the request ours, how much is it.

use crate::answer::{Answer, Fault, too_many};
use crate::csrf;
use crate::form;
use crate::idempotency;
use crate::language;
use crate::outer::RequestId;
use crate::permission::{self, Decision, Factor, Ruling, decide};
use crate::rate::Caller;
use crate::row::{Allow, Row, Surface};
use crate::session::{self, Jar, Loaded};
use crate::site::Site;
use crate::tokens;
use crate::visitor::{Channel, Htmx, Visitor, path_and_query};
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use haidang_contracts::Actor;
use haidang_contracts::actor::PersonId;
use haidang_kernel::problem::Problem;
use haidang_ui::{Lang, Theme};
use http_body_util::Limited;
use jiff::SignedDuration;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

/// Cookie with the reader's choice of theme.
pub(crate) const THEME_COOKIE: &str = "hd_theme";

/// One row in front of its handler.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) site: Arc<Site>,
    pub(crate) row: Arc<Row>,
    /// The whole table, for the API document.
    pub(crate) rows: Arc<[Row]>,
}

/// The whole table, as an extension of every request.
#[derive(Clone)]
pub(crate) struct Table(pub(crate) Arc<[Row]>);

/// Who came in, before the row decides.
struct Arrival {
    actor: Option<Actor>,
    factor: Factor,
    session: Option<session::Session>,
    token: String,
    /// The cookie must be sent: there was none, or its session is over.
    fresh_cookie: bool,
    /// There was a session and it is over.
    ended: bool,
    bearer: bool,
}

pub(crate) async fn guard(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(Table(gate.rows.clone()));
    let headers = request.headers();
    let address = address(&gate.site, &request);
    let surface = gate.row.surface;
    let whole = path_and_query(request.uri());
    let (lang, path) = match language::split(&whole) {
        Some((lang, rest)) if surface == Surface::Page => (lang, rest.to_owned()),
        _ if surface == Surface::Api => (language::accepted(headers), whole),
        _ => (language::negotiate(headers), whole),
    };
    let visitor = Visitor {
        actor: None,
        lang,
        path,
        htmx: Htmx::read(headers),
        request_id: request.extensions().get::<RequestId>().map(|id| id.0.to_string()).unwrap_or_default(),
        channel: if surface == Surface::Api { Channel::Api } else { Channel::Web },
        row: gate.row.clone(),
        address,
        idempotency_key: headers.get("idempotency-key").and_then(|v| v.to_str().ok()).map(str::to_owned),
        site: gate.site.clone(),
        device: crate::device::described(headers),
        session: None,
        token: String::new(),
        theme: theme(headers),
        jar: Arc::new(Mutex::new(Jar::default())),
        refusal: None,
    };
    let mut response = match admit(visitor, request, next).await {
        Ok(response) => response,
        Err(refused) => *refused,
    };
    response.extensions_mut().insert(RouteId(gate.row.id));
    response
}

/// Which row answered; for log and metrics, which never see a path with its values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RouteId(pub(crate) &'static str);

async fn admit(mut visitor: Visitor, request: Request, next: Next) -> Result<Response, Box<Response>> {
    let site = visitor.site.clone();
    let row = visitor.row.clone();
    let now = site.ambient.now();
    let caller = visitor.address.map(|a| a.to_string()).unwrap_or_default();
    site.limiter
        .take(Caller::Address(caller.clone()), now)
        .map_err(|s| refused(&visitor, too_many("too_many_requests", s)))?;

    let arrival =
        arrive(&site, &row, request.headers()).await.map_err(|fault| refused(&visitor, fault.into_response()))?;
    visitor.token = arrival.token.clone();
    visitor.session = arrival.session;
    let fresh = SignedDuration::try_from(site.settings.sessions.fresh_factor).unwrap_or(SignedDuration::ZERO);
    let ruling = decide(site.authorizer.as_ref(), &row, arrival.actor.as_ref(), arrival.factor, now, fresh)
        .await
        .map_err(|error| refused(&visitor, Fault::from(error).into_response()))?;
    let decision = ruling.decision;
    visitor.actor = arrival.actor.map(|actor| Arc::new(without_unproven_posts(actor, arrival.factor)));

    let limited = match &visitor.actor {
        // A program works faster than a person, whoever's rights it has.
        Some(actor) if arrival.bearer => site.limiter.take(Caller::System(actor.person.to_string()), now),
        Some(actor) => site.limiter.take(Caller::Person(actor.person.to_string()), now),
        // Programs at a standard's door prove themselves by their own credentials, and many share one address.
        None if row.is_unsafe() && row.surface != Surface::Protocol => {
            site.limiter.take(Caller::AnonymousWrite(caller), now)
        }
        None => Ok(()),
    };
    limited.map_err(|seconds| refused(&visitor, too_many("too_many_requests", seconds)))?;

    if let Some(problem) = decision.problem() {
        tracing::debug!(request.id = visitor.request_id, route.id = row.id, code = problem.code, "request refused");
        let refusal = ruling.verdict.clone().filter(|_| decision == Decision::Forbidden);
        visitor.refusal = refusal.map(|verdict| Arc::new((ruling.action, verdict)));
        let response = match to_sign_in(&visitor, decision, arrival.ended, request.headers(), request.method()) {
            Some(redirect) => redirect,
            None => challenged(decision, Fault::from(problem).into_response()),
        };
        if decision == Decision::Forbidden {
            note_refusal(&visitor, &ruling).await.map_err(|fault| refused(&visitor, fault.into_response()))?;
        }
        return Err(refused(&visitor, with_cookies(&visitor, arrival.fresh_cookie, response)));
    }

    // A body that trickles in counts as well as a handler that dawdles.
    let run = run(&visitor, arrival.bearer, request, next);
    let response = match tokio::time::timeout(row.timeout, run).await {
        Ok(answer) => answer.unwrap_or_else(IntoResponse::into_response),
        Err(_) => Fault::from(Problem::unavailable("timeout", "the request took too long")).into_response(),
    };
    let mut response = with_cookies(&visitor, arrival.fresh_cookie, response);
    response.extensions_mut().insert(visitor);
    Ok(response)
}

async fn run(visitor: &Visitor, bearer: bool, request: Request, next: Next) -> Answer {
    let request = ours(visitor, bearer, request).await?;
    let mut request = bounded(&visitor.row, request)?;
    request.extensions_mut().insert(visitor.clone());
    Ok(idempotency::run(visitor, request, next).await)
}

/// A refusal that remembers its reader, so that the frame can render it in the right language.
fn refused(visitor: &Visitor, mut response: Response) -> Box<Response> {
    response.extensions_mut().insert(visitor.clone());
    Box::new(response)
}

/// Whoever tries a door that is not theirs leaves one line in the access log, with the policies that said no.
async fn note_refusal(visitor: &Visitor, ruling: &Ruling) -> Result<(), Fault> {
    if visitor.actor.is_some() {
        let mut entry = visitor.audit_read("access.refused", "route", visitor.row.id).refused();
        if let Some(verdict) = &ruling.verdict {
            let policies: Vec<&str> = verdict.grounds.iter().map(|ground| ground.policy.as_str()).collect();
            entry = entry.detail(serde_json::json!({
                "asked": ruling.action,
                "policies": policies,
                "policy_set": verdict.policy_set.as_ref(),
            }));
        }
        visitor.site.db.record_read(entry).await?;
    }
    Ok(())
}

/// Reads token or cookie.
async fn arrive(site: &Arc<Site>, row: &Row, headers: &HeaderMap) -> Result<Arrival, Fault> {
    // A standard's open doors read their own credentials.
    let takes_tokens =
        row.surface == Surface::Api || (row.surface == Surface::Protocol && row.allow != Some(Allow::Anyone));
    if takes_tokens && let Some(token) = tokens::bearer(headers) {
        let Some(actor) = site.identity.actor_by_token(token).await? else {
            return Err(Problem::unauthenticated("invalid_token", "the token is unknown or withdrawn").into());
        };
        let actor = representing(site, actor, headers).await?;
        let token = session::visitor_token(site);
        return Ok(Arrival {
            actor: Some(actor),
            factor: Factor::Token,
            session: None,
            token,
            fresh_cookie: false,
            ended: false,
            bearer: true,
        });
    }
    let given = session::token_of(&site.settings, headers);
    let loaded = match &given {
        Some(token) => session::load(site, token).await?,
        None => Loaded::Visitor,
    };
    let nobody = |token: Option<String>, ended: bool| Arrival {
        actor: None,
        factor: Factor::Shown(None),
        session: None,
        fresh_cookie: token.is_none(),
        token: token.unwrap_or_else(|| session::visitor_token(site)),
        ended,
        bearer: false,
    };
    let session = match loaded {
        Loaded::Visitor => return Ok(nobody(given, false)),
        Loaded::Ended => return Ok(nobody(None, true)),
        Loaded::Live(session) => *session,
    };
    let Some(mut actor) = site.identity.actor(&session.person, session.on_behalf_of.as_ref()).await? else {
        // The account is gone or locked: the session is worth nothing any more.
        return Ok(nobody(None, true));
    };
    actor.second_factor_at = session.second_factor_at;
    actor.assurance = session.assurance;
    Ok(Arrival {
        actor: Some(actor),
        factor: Factor::Shown(session.second_factor_at),
        session: Some(session),
        token: given.unwrap_or_default(),
        fresh_cookie: false,
        ended: false,
        bearer: false,
    })
}

/// Names the one for whom a program acts with somebody's token; the value is their opaque id.
const REPRESENTEE: &str = "haidang-representee";

/// The actor of a token, acting for the one whom the request names, when a mandate allows it at this moment.
async fn representing(site: &Arc<Site>, actor: Actor, headers: &HeaderMap) -> Result<Actor, Fault> {
    let Some(wanted) = headers.get(REPRESENTEE) else { return Ok(actor) };
    let refused =
        || Fault::from(Problem::forbidden("not_allowed_to_represent", "no mandate allows acting for this one"));
    let wanted = wanted.to_str().ok().and_then(|text| PersonId::parse(text).ok()).ok_or_else(refused)?;
    let acting = site.identity.actor(&actor.person, Some(&wanted)).await?;
    let acting = acting.filter(|acting| acting.on_behalf_of.as_ref() == Some(&wanted)).ok_or_else(refused)?;
    Ok(Actor {
        on_behalf_of: acting.on_behalf_of,
        on_behalf_name: acting.on_behalf_name,
        mandates: acting.mandates,
        ..actor
    })
}

/// Until a second factor is shown no post counts, also where a handler asks for itself.
fn without_unproven_posts(mut actor: Actor, factor: Factor) -> Actor {
    if factor == Factor::Shown(None) {
        actor.positions.clear();
    }
    actor
}

/// Says in the words of RFC 9470 which level is missing, so that a client can ask the person for it.
fn challenged(decision: Decision, mut response: Response) -> Response {
    if let Decision::StepUp(level) = decision {
        let challenge =
            format!("Bearer error=\"{}\", acr_values=\"{}\"", permission::INSUFFICIENT, permission::acr(level));
        if let Ok(value) = HeaderValue::from_str(&challenge) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
    }
    response
}

/// Sends a reader of pages to the door that is missing; programs get the plain problem.
fn to_sign_in(
    visitor: &Visitor,
    decision: Decision,
    ended: bool,
    headers: &HeaderMap,
    method: &Method,
) -> Option<Response> {
    if matches!(visitor.surface(), Surface::Api | Surface::Protocol) {
        return None;
    }
    let settings = &visitor.site.settings;
    let door = match decision {
        Decision::SignIn => settings.sign_in_path,
        Decision::SecondFactor | Decision::FreshFactor => settings.step_up_path,
        Decision::StepUp(_) => settings.assurance_path,
        Decision::Pass | Decision::Forbidden => return None,
    };
    // After a POST the page to return to is the one the form stood on.
    let back = if *method == Method::GET { Some(visitor.path.clone()) } else { referer(visitor, headers) };
    let back = back.and_then(|path| language::safe_path(&path)).filter(|path| path != "/");
    let mut query: Vec<(&str, String)> = Vec::new();
    if let Decision::StepUp(level) = decision {
        query.push(("acr", permission::acr(level)));
    }
    query.extend(back.map(|path| ("next", path)));
    if ended {
        query.push(("ended", "1".to_owned()));
    }
    let mut address = haidang_ui::page::localised(visitor.lang, door);
    if !query.is_empty() {
        address = format!("{address}?{}", form::encode(query));
    }
    let location = HeaderValue::from_str(&address).ok()?;
    if visitor.htmx.request {
        // Followed quietly, the sign-in page would land inside a part of the page.
        return Some((StatusCode::NO_CONTENT, [(HeaderName::from_static("hx-redirect"), location)]).into_response());
    }
    Some((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

/// Asks the visitor to prove more, where how much depends on what was chosen and not on the row alone: pages lead to
/// where that is done and back to `back`, programs are told the level in the words of RFC 9470.
pub fn ask_for_level(visitor: &Visitor, level: u8, back: &str) -> Response {
    let decision = Decision::StepUp(level);
    if matches!(visitor.surface(), Surface::Api | Surface::Protocol) {
        let problem = decision.problem().unwrap_or_else(|| Problem::internal("a level without a problem"));
        return challenged(decision, Fault::from(problem).into_response());
    }
    let query = form::encode([("acr", permission::acr(level).as_str()), ("next", back)]);
    let door = haidang_ui::page::localised(visitor.lang, visitor.site.settings.assurance_path);
    let Ok(location) = HeaderValue::from_str(&format!("{door}?{query}")) else {
        return Fault::from(Problem::internal("an address that is none")).into_response();
    };
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// An answer to a refusal of a room: one for too weak a sign-in, whose detail is the name of the level, leads to where
/// that is mended and back to `back`; any other stays what it is.
///
/// # Errors
/// Every other problem.
pub fn or_stronger(visitor: &Visitor, problem: Problem, back: &str) -> Answer {
    match permission::acr_level(&problem.detail).filter(|_| problem.code == permission::INSUFFICIENT) {
        Some(level) => Ok(ask_for_level(visitor, level, back)),
        None => Err(problem.into()),
    }
}

/// Path of the page the request came from, when that is one of ours.
fn referer(visitor: &Visitor, headers: &HeaderMap) -> Option<String> {
    let referer = headers.get(header::REFERER)?.to_str().ok()?;
    let uri: axum::http::Uri = referer.parse().ok()?;
    let host = headers.get(header::HOST).and_then(|v| v.to_str().ok());
    let own = uri.authority().map(|a| a.as_str()) == host
        || referer.starts_with(&format!("{}/", visitor.site.settings.origin));
    let path = path_and_query(&uri);
    own.then(|| language::split(&path).map_or(path.clone(), |(_, rest)| rest.to_owned()))
}

/// Refuses what another site made the browser send.
async fn ours(visitor: &Visitor, bearer: bool, request: Request) -> Result<Request, Fault> {
    if !visitor.row.is_unsafe() || bearer || visitor.surface() == Surface::Protocol {
        return Ok(request);
    }
    let settings = &visitor.site.settings;
    let unreferred = visitor.row.unreferred || visitor.row.path.starts_with(settings.sign_in_path);
    let origin = csrf::origin(settings, request.headers(), unreferred);
    if origin == csrf::Origin::Foreign {
        return Err(form::forged());
    }
    let header_token = request.headers().get(csrf::HEADER).and_then(|v| v.to_str().ok());
    let header_matches = header_token.is_some_and(|given| csrf::matches(&settings.secret, &visitor.token, given));
    if visitor.surface() == Surface::Api {
        // A cookie rides along with a forged request; without one there is nothing to steal.
        let proven = origin == csrf::Origin::Own || visitor.session.is_none() || header_matches;
        return if proven { Ok(request) } else { Err(form::forged()) };
    }
    let media = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase();
    if media.starts_with("multipart/form-data") {
        // The extractor reads the token while it streams; on a row without upload nothing may stream.
        let unexpected = || Problem::unsupported_media_type("form_expected", "this address takes no files").into();
        return if visitor.row.upload.is_some() { Ok(request) } else { Err(unexpected()) };
    }
    if media.starts_with("application/x-www-form-urlencoded") {
        let (parts, body) = bounded(&visitor.row, request)?.into_parts();
        let bytes = crate::extract::body(Request::new(body)).await?;
        form::verify(visitor, &form::decode(&bytes)?)?;
        return Ok(Request::from_parts(parts, Body::from(bytes)));
    }
    if header_matches { Ok(request) } else { Err(form::forged()) }
}

/// Puts the limit of the row around the body; a declared size above it is refused unread.
fn bounded(row: &Row, request: Request) -> Result<Request, Fault> {
    let limit = row.upload.as_ref().map_or(row.body_limit, |u| usize::try_from(u.total_bytes).unwrap_or(usize::MAX));
    let declared = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.parse::<usize>().ok());
    if declared.is_some_and(|length| length > limit) {
        return Err(Problem::too_large("body_too_large", "the body is larger than this address accepts").into());
    }
    let (parts, body) = request.into_parts();
    Ok(Request::from_parts(parts, Body::new(Limited::new(body, limit))))
}

/// Sends what the handler put into the jar, or the cookie of a new visitor when a page was answered.
fn with_cookies(visitor: &Visitor, fresh_cookie: bool, mut response: Response) -> Response {
    let mut cookies = std::mem::take(&mut visitor.jar.lock().unwrap_or_else(PoisonError::into_inner).cookies);
    let is_page = response.headers().get(header::CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"text/html"));
    if cookies.is_empty() && fresh_cookie && is_page && visitor.surface() != Surface::Api {
        cookies.extend(session::set_cookie(&visitor.site.settings, &visitor.token));
    }
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn theme(headers: &HeaderMap) -> Theme {
    match language::cookie(headers, THEME_COOKIE) {
        Some("light") => Theme::Light,
        Some("dark") => Theme::Dark,
        _ => Theme::System,
    }
}

/// Where the request comes from. Behind a machine of ours the last entry of `X-Forwarded-For` is the one it wrote.
fn address(site: &Site, request: &Request) -> Option<IpAddr> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
    if !site.settings.trusted_proxy {
        return peer;
    }
    let forwarded = request.headers().get_all("x-forwarded-for").iter().next_back().and_then(|v| v.to_str().ok());
    forwarded.and_then(|v| v.rsplit(',').next()).and_then(|v| v.trim().parse().ok()).or(peer)
}

/// The language of an address that reached no row.
pub(crate) fn language_of(headers: &HeaderMap, path: &str) -> Lang {
    match language::split(path) {
        Some((lang, _)) => lang,
        None if path.starts_with("/api/") => language::accepted(headers),
        None => language::negotiate(headers),
    }
}
