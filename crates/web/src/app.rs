//! From tables of rows to a running service.

use crate::answer::Fault;
use crate::guard::{Gate, guard};
use crate::language;
use crate::outer::outer;
use crate::routes::{RouteFault, RouteList, faults};
use crate::row::{Row, Surface};
use crate::site::Site;
use crate::visitor::path_and_query;
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use haidang_kernel::problem::Problem;
use haidang_ui::assets::{self, Asset};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use tower::ServiceExt;
use tower_http::compression::CompressionLayer;

/// Why a city cannot be served: every fault of its table of routes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the table of routes is refused: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct AppError(pub Vec<RouteFault>);

/// Collects the routes of all rooms.
///
/// ```text
/// let app = App::new(site).mount(identity::routes(…)).mount(services::routes(…)).build()?;
/// app.serve(listener, shutdown).await?;
/// ```
pub struct App {
    site: Arc<Site>,
    list: RouteList,
}

impl App {
    /// Starts with the routes of this room: help, statements, probes, the API document.
    pub fn new(site: Arc<Site>) -> Self {
        let list = RouteList::from(crate::own::routes());
        Self { site, list }
    }

    /// Adds the routes of a room.
    #[must_use]
    pub fn mount(mut self, routes: impl Into<RouteList>) -> Self {
        self.list.0.extend(routes.into().0);
        self
    }

    /// The permission table: every route there is.
    pub fn rows(&self) -> Vec<Row> {
        self.list.0.iter().map(|(row, _)| row.clone()).collect()
    }

    /// Checks the table and puts the middleware around it.
    ///
    /// # Errors
    /// [`AppError`] with every fault of the table.
    pub fn build(self) -> Result<Served, AppError> {
        let rows = self.rows();
        let found = faults(&rows);
        if !found.is_empty() {
            return Err(AppError(found));
        }
        crate::texts::register();
        let rows: Arc<[Row]> = rows.into();
        let site = self.site;
        let mut by_path: BTreeMap<String, MethodRouter> = BTreeMap::new();
        let mut bare: BTreeMap<String, MethodRouter> = BTreeMap::new();
        for (row, handler) in self.list.0 {
            let path = row.path;
            let surface = row.surface;
            let gate = Gate { site: site.clone(), row: Arc::new(row), rows: rows.clone() };
            let guarded = handler.route_layer(DefaultBodyLimit::disable()).route_layer(from_fn_with_state(gate, guard));
            let addresses = match surface {
                Surface::Page => vec![prefixed("/vi", path), prefixed("/en", path)],
                Surface::Api | Surface::Plain | Surface::Protocol => vec![path.to_owned()],
            };
            for address in addresses {
                let merged = by_path.remove(&address).unwrap_or_default().merge(guarded.clone());
                by_path.insert(address, merged);
            }
            if surface == Surface::Page {
                bare.entry(path.to_owned()).or_insert_with(|| get(to_language));
            }
        }
        // A page and a plain row may share a path only by mistake; the plain one then wins and tests of the room show it.
        bare.retain(|path, _| !by_path.contains_key(path));
        let mut router = Router::new();
        for (path, methods) in by_path.into_iter().chain(bare) {
            router = router.route(&path, methods);
        }
        for path in assets::SITE_FILES {
            router = router.route(path, get(site_file).with_state(site.clone()));
        }
        let router = router
            .route("/assets/{*path}", get(asset))
            .fallback(not_found)
            .method_not_allowed_fallback(not_allowed)
            .layer(from_fn_with_state(site.clone(), outer))
            .layer(CompressionLayer::new().gzip(true));
        Ok(Served { router, rows, site })
    }
}

fn prefixed(prefix: &str, path: &str) -> String {
    if path == "/" { prefix.to_owned() } else { format!("{prefix}{path}") }
}

/// A city ready to answer.
#[derive(Clone)]
pub struct Served {
    router: Router,
    rows: Arc<[Row]>,
    site: Arc<Site>,
}

impl Served {
    /// The permission table.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Clock, records and settings.
    pub fn site(&self) -> &Arc<Site> {
        &self.site
    }

    /// Answers one request in process, for tests.
    pub async fn call(&self, request: Request) -> Response {
        match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    /// Serves until `shutdown` ends, then lets the requests that run come to their end.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(
        self,
        listener: tokio::net::TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        crate::serve::run(self.router, listener, shutdown, crate::serve::Limits::default()).await
    }
}

/// An address without language prefix: 303 to the reader's language.
async fn to_language(headers: HeaderMap, uri: Uri) -> Response {
    let path = path_and_query(&uri);
    let address = haidang_ui::page::localised(language::negotiate(&headers), &path);
    match language::safe_path(&address).and_then(|path| HeaderValue::from_str(&path).ok()) {
        Some(location) => {
            let vary = HeaderValue::from_static("Accept-Language, Cookie");
            (StatusCode::SEE_OTHER, [(header::LOCATION, location), (header::VARY, vary)]).into_response()
        }
        None => Fault::from(Problem::not_found("not_found", "no such address")).into_response(),
    }
}

/// No row: an address with a slash too many leads to the one without, everything else is 404.
async fn not_found(method: Method, uri: Uri) -> Response {
    let path = uri.path();
    let shorter = path.strip_suffix('/').filter(|rest| !rest.is_empty() && !rest.ends_with('/'));
    let shorter = shorter.filter(|_| {
        method == Method::GET && language::split(path).is_some_and(|(_, rest)| language::safe_path(rest).is_some())
    });
    let location = shorter.and_then(language::safe_path).and_then(|path| HeaderValue::from_str(&path).ok());
    if let Some(location) = location {
        return (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response();
    }
    Fault::from(Problem::not_found("not_found", "no such address")).into_response()
}

async fn not_allowed() -> Response {
    let mut response =
        Fault::from(Problem::bad_request("method_not_allowed", "this address knows no such method")).into_response();
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
}

async fn asset(method: Method, headers: HeaderMap, uri: Uri) -> Result<Response, Infallible> {
    Ok(assets::find(uri.path()).map_or_else(missing, |asset| asset_answer(asset, &method, &headers)))
}

async fn site_file(State(site): State<Arc<Site>>, method: Method, headers: HeaderMap, uri: Uri) -> Response {
    assets::site_file(uri.path(), &site.city).map_or_else(missing, |asset| asset_answer(asset, &method, &headers))
}

fn missing() -> Response {
    Fault::from(Problem::not_found("not_found", "no such asset")).into_response()
}

/// An asset: as packed as it lies in the binary, kept for ever when its address says what is in it.
fn asset_answer(asset: Asset, _: &Method, headers: &HeaderMap) -> Response {
    let accepts_gzip = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.split(',').any(|e| e.trim().split(';').next() == Some("gzip") && !e.contains("q=0")));
    let mut response = match asset.gzip.filter(|_| accepts_gzip) {
        Some(packed) => {
            let mut response = Body::from(packed).into_response();
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            response
        }
        None => Body::from(match asset.bytes {
            std::borrow::Cow::Borrowed(bytes) => axum::body::Bytes::from_static(bytes),
            std::borrow::Cow::Owned(bytes) => bytes.into(),
        })
        .into_response(),
    };
    let keep = if asset.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    response
}
