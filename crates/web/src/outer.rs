//! Around everything: the id of the request, the log line, the net under panics, the headers, the rendering of problems.

use crate::answer::{Fault, Unrendered};
use crate::guard::{RouteId, language_of};
use crate::language;
use crate::problem::{Reader, reference, render};
use crate::row::Surface;
use crate::site::Site;
use crate::visitor::{Htmx, Visitor, path_and_query};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_ui::Lang;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;
use tracing::Instrument;

/// Id of a request, made here and nowhere else: a caller's own id could carry anything into the log.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) Arc<str>);

/// What a response needs to know of its request once the request is gone.
struct Asked {
    id: Arc<str>,
    method: Method,
    lang: Lang,
    prefixed: bool,
    path: String,
    api: bool,
    htmx: Htmx,
    remembered: Option<Lang>,
    /// Whether a reader opens the page; a script that keeps a page for later chooses no language by it.
    opened: bool,
}

pub(crate) async fn outer(State(site): State<Arc<Site>>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let asked = Asked::read(&site, &request);
    request.extensions_mut().insert(RequestId(asked.id.clone()));
    let span = tracing::info_span!("request", request.id = %asked.id);
    async {
        let caught = AssertUnwindSafe(next.run(request)).catch_unwind().await;
        let response = caught.unwrap_or_else(|panic| panicked(panic.as_ref()));
        let visitor = response.extensions().get::<Visitor>().cloned();
        let route = response.extensions().get::<RouteId>().map_or("none", |r| r.0);
        let mut response = rendered(&site, &asked, visitor.as_ref(), response);
        let targets = if asked.signs_in(&site) { Some(site.form_targets().await) } else { None };
        finish_headers(&site, &asked, visitor.as_ref(), targets, &mut response);
        log(&asked, route, visitor.as_ref(), response.status(), started);
        response
    }
    .instrument(span)
    .await
}

impl Asked {
    fn read(site: &Site, request: &Request) -> Self {
        let headers = request.headers();
        let whole = path_and_query(request.uri());
        let split = language::split(&whole);
        Self {
            id: Arc::from(site.ambient.token()),
            method: request.method().clone(),
            lang: language_of(headers, &whole),
            prefixed: split.is_some(),
            path: split.map_or(whole.clone(), |(_, rest)| rest.to_owned()),
            api: request.uri().path().starts_with("/api/"),
            htmx: Htmx::read(headers),
            remembered: language::remembered(headers),
            opened: headers.get("sec-fetch-dest").is_none_or(|dest| dest == "document"),
        }
    }

    /// Whether the page is one of signing in.
    fn signs_in(&self, site: &Site) -> bool {
        self.path.starts_with(site.settings.sign_in_path)
    }
}

/// Turns a panic into the problem of an internal fault; its text goes to the log, which no reader sees.
fn panicked(panic: &(dyn std::any::Any + Send)) -> Response {
    let what = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    // A panic's text may quote data: only its length is kept outside debug builds.
    let what = what.map_or(0, str::len);
    metrics::counter!("haidang_http_panics_total").increment(1);
    Fault::from(Problem::internal(format!("a handler panicked ({what} bytes of text)"))).into_response()
}

/// Writes the problem a handler, a guard or the router left behind.
fn rendered(site: &Arc<Site>, asked: &Asked, visitor: Option<&Visitor>, mut response: Response) -> Response {
    let Some(unrendered) = response.extensions_mut().remove::<Unrendered>() else { return response };
    let problem = &unrendered.problem;
    let reference = reference(&asked.id);
    match problem.kind {
        ProblemKind::Internal => {
            tracing::error!(reference, code = problem.code, detail = problem.detail, "request failed")
        }
        ProblemKind::Unavailable => {
            tracing::warn!(reference, code = problem.code, detail = problem.detail, "request not served")
        }
        ProblemKind::Forbidden | ProblemKind::Conflict | ProblemKind::TooLarge | ProblemKind::TooMany => {
            tracing::info!(reference, code = problem.code, "request refused");
        }
        _ => tracing::debug!(reference, code = problem.code, "request refused"),
    }
    let reader = Reader {
        site: site.clone(),
        visitor: visitor.cloned(),
        lang: visitor.map_or(asked.lang, |v| v.lang),
        path: asked.path.clone(),
        api: asked.api || visitor.is_some_and(|v| v.surface() == Surface::Protocol),
        htmx: asked.htmx.clone(),
        request_id: asked.id.to_string(),
    };
    let (parts, _) = response.into_parts();
    let mut answer = render(&reader, parts.status, &unrendered);
    if parts.headers.contains_key(header::WWW_AUTHENTICATE) {
        // The one who refused said more exactly what is missing.
        answer.headers_mut().remove(header::WWW_AUTHENTICATE);
    }
    // Cookies and the like set on the way out stay.
    for (name, value) in &parts.headers {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            answer.headers_mut().append(name.clone(), value.clone());
        }
    }
    answer
}

/// Everything of our own may run, nothing else: no inline script or style, no other host, no frame, no plugin.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
const PERMISSIONS: &str = "accelerometer=(), camera=(self), display-capture=(), geolocation=(self), gyroscope=(), magnetometer=(), microphone=(), payment=(), publickey-credentials-create=(self), publickey-credentials-get=(self), usb=()";

/// What every answer carries.
static ALWAYS: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("permissions-policy"), HeaderValue::from_static(PERMISSIONS)),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

fn finish_headers(
    site: &Site,
    asked: &Asked,
    visitor: Option<&Visitor>,
    targets: Option<String>,
    response: &mut Response,
) {
    let is_html = response.headers().get(header::CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"text/html"));
    let headers = response.headers_mut();
    put(headers, "x-request-id", &asked.id);
    for (name, value) in &ALWAYS {
        headers.insert(name.clone(), value.clone());
    }
    // The address of a page of signing in may tell where somebody wants to go.
    keep(headers, "referrer-policy", if targets.is_some() { "no-referrer" } else { "same-origin" });
    if let Some(targets) = targets {
        // The answer to the form may lead on, by redirects, to the system that sent the person here to sign in.
        keep(headers, "content-security-policy", &format!("{POLICY}{targets}"));
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    }
    if site.settings.secure() {
        put(headers, "strict-transport-security", "max-age=63072000; includeSubDomains");
    }
    if is_html {
        // The same address answers a page, a part of it, or another reader's page.
        headers.append(header::VARY, HeaderValue::from_static("HX-Request, HX-Request-Type, Cookie"));
        if asked.opened && asked.prefixed && asked.remembered != Some(asked.lang) {
            let cookie = language::remember(site, asked.lang);
            headers.extend(cookie.map(|value| (header::SET_COOKIE, value)));
        }
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        let personal = visitor.is_some_and(|v| v.actor.is_some()) || asked.method != Method::GET;
        put(headers, "cache-control", if personal { "no-store" } else { "private, no-cache" });
    }
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// Sets a header unless the answer has chosen its own (a file's policy is stricter than a page's).
fn keep(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if !headers.contains_key(name) {
        put(headers, name, value);
    }
}

/// One line per request: ids, never an address with its values, never a body.
fn log(asked: &Asked, route: &'static str, visitor: Option<&Visitor>, status: StatusCode, started: Instant) {
    let elapsed = started.elapsed();
    let actor = visitor.and_then(|v| v.actor.as_ref()).map_or("", |a| a.person.as_str());
    let duration_ms = elapsed.as_secs_f64() * 1_000.0;
    tracing::info!(
        http.method = asked.method.as_str(),
        route.id = route,
        http.status = status.as_u16(),
        duration_ms,
        actor.id = actor,
        "request answered"
    );
    // A method is any word a caller likes; metrics know only the ones we answer.
    let method = match asked.method {
        Method::GET | Method::HEAD => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    };
    crate::metrics::count_request(route, method, status.as_u16(), elapsed);
}
