//! The only way to add a route: a row of the permission table together with its handler.

use crate::row::{Row, Surface};
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};
use std::collections::{BTreeMap, BTreeSet};

/// Why a table of routes is refused at start. Every fault is reported, not only the first.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteFault {
    /// A row names nobody who may ask.
    #[error("route {0} has no permission: say .public(), .signed_in(), .capability(…) …")]
    NoPermission(&'static str),
    /// A mutation leaves no trace.
    #[error("route {0} changes something without an audit event: say .audit(\"…\") or .no_mutation(\"reason\")")]
    NoAudit(&'static str),
    /// Two rows share an id.
    #[error("two routes are called {0}")]
    DuplicateId(&'static str),
    /// Two rows share method and path.
    #[error("two routes answer {0} {1}")]
    DuplicateAddress(String, &'static str),
    /// Two paths differ only in the names of their parameters.
    #[error("paths {0} and {1} differ only in the names of parameters")]
    SameShape(&'static str, &'static str),
    /// A path that is not absolute, ends in a slash or carries a language prefix.
    #[error("path {0} of route {1} must begin with one slash, not end with one and carry no language prefix")]
    BadPath(&'static str, &'static str),
    /// An API row outside `/api/` or another row inside.
    #[error("path {0} of route {1} stands at the wrong door: /api/ is for .api(…) alone")]
    WrongDoor(&'static str, &'static str),
    /// A method this table does not know.
    #[error("method {0} of route {1} is not supported")]
    BadMethod(String, &'static str),
}

/// The routes of one room, built row by row.
///
/// ```
/// use haidang_web::{Answer, Routes, Row, Visitor};
/// async fn show_thing() -> Answer { Ok(haidang_web::no_content()) }
/// let routes = Routes::new("things", ()).page(Row::get("show_thing", "/vat").public(), show_thing);
/// ```
pub struct Routes<S> {
    room: &'static str,
    state: S,
    list: Vec<(Row, MethodRouter)>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// Starts the table of a room; `state` is what its handlers take as `axum::extract::State<S>`.
    pub fn new(room: &'static str, state: S) -> Self {
        Self { room, state, list: Vec::new() }
    }

    /// A page, mounted under `/vi` and `/en`; without prefix it answers 303 to the visitor's language.
    pub fn page<H, T>(self, row: Row, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.add(Surface::Page, row, handler)
    }

    /// An endpoint under `/api`.
    pub fn api<H, T>(self, mut row: Row, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        row.html = false;
        self.add(Surface::Api, row, handler)
    }

    /// An address without language prefix that is not an API, such as `/kq/{token}`.
    pub fn plain<H, T>(self, row: Row, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.add(Surface::Plain, row, handler)
    }

    /// An address named by a standard, such as `/oauth2/token`; see [`Surface::Protocol`].
    pub fn protocol<H, T>(self, mut row: Row, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        row.html = false;
        self.add(Surface::Protocol, row, handler)
    }

    /// Takes over the rows of another part of the same room.
    pub fn merge<P>(mut self, other: Routes<P>) -> Self {
        self.list.extend(other.list);
        self
    }

    fn add<H, T>(mut self, surface: Surface, mut row: Row, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        row.surface = surface;
        row.room = self.room;
        // A method the filter does not know is reported by `faults`; the handler then stands nowhere.
        let router = match MethodFilter::try_from(row.method.clone()) {
            Ok(filter) => on(filter, handler).with_state(self.state.clone()),
            Err(_) => MethodRouter::new(),
        };
        self.list.push((row, router));
        self
    }
}

impl<S> Routes<S> {
    /// The rows, without handlers.
    pub fn rows(&self) -> Vec<Row> {
        self.list.iter().map(|(row, _)| row.clone()).collect()
    }
}

/// The routes of any room with its state already given.
#[derive(Default)]
pub struct RouteList(pub(crate) Vec<(Row, MethodRouter)>);

impl<S> From<Routes<S>> for RouteList {
    fn from(routes: Routes<S>) -> Self {
        Self(routes.list)
    }
}

/// Everything wrong with a table of rows; empty when it may be served.
pub fn faults(rows: &[Row]) -> Vec<RouteFault> {
    let mut found = Vec::new();
    let mut ids = BTreeSet::new();
    let mut addresses = BTreeSet::new();
    let mut shapes: BTreeMap<String, &'static str> = BTreeMap::new();
    for row in rows {
        if row.allow.is_none() {
            found.push(RouteFault::NoPermission(row.id));
        }
        if row.is_unsafe() && row.audit.is_none() && row.no_mutation.is_none() {
            found.push(RouteFault::NoAudit(row.id));
        }
        if !ids.insert(row.id) {
            found.push(RouteFault::DuplicateId(row.id));
        }
        // OPTIONS is the question a browser asks before a page of another site may read an answer.
        let asked_first = row.method == Method::OPTIONS && row.surface == Surface::Protocol;
        if !asked_first
            && !matches!(row.method, Method::GET | Method::POST | Method::PUT | Method::PATCH | Method::DELETE)
        {
            found.push(RouteFault::BadMethod(row.method.to_string(), row.id));
        }
        let prefixed = ["/vi", "/en"].iter().any(|p| row.path == *p || row.path.starts_with(&format!("{p}/")));
        let absolute = row.path.starts_with('/') && !row.path.starts_with("//");
        if !absolute || prefixed || (row.path.len() > 1 && row.path.ends_with('/')) {
            found.push(RouteFault::BadPath(row.path, row.id));
        }
        if (row.surface == Surface::Api) != row.path.starts_with("/api/") {
            found.push(RouteFault::WrongDoor(row.path, row.id));
        }
        // HEAD is answered by GET, so only the method itself may collide.
        if !addresses.insert((row.method.to_string(), row.path)) {
            found.push(RouteFault::DuplicateAddress(row.method.to_string(), row.path));
        }
        let first = *shapes.entry(shape(row.path)).or_insert(row.path);
        if first != row.path {
            found.push(RouteFault::SameShape(first, row.path));
        }
    }
    found
}

/// The path with every parameter made nameless: two paths of one shape cannot be told apart by a request.
fn shape(path: &str) -> String {
    path.split('/')
        .map(|part| match (part.starts_with("{*"), part.contains('{')) {
            (true, _) => "{*}",
            (_, true) => "{}",
            _ => part,
        })
        .collect::<Vec<_>>()
        .join("/")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn check(name: &str, rows: Vec<Row>, expected: &[RouteFault]) {
        assert_eq!(faults(&rows), expected, "{name}");
    }

    fn api(mut row: Row) -> Row {
        row.surface = Surface::Api;
        row
    }

    #[test]
    fn a_table_is_refused_for_each_missing_promise() {
        check("a public page", vec![Row::get("a", "/a").public()], &[]);
        check("nobody may ask", vec![Row::get("a", "/a")], &[RouteFault::NoPermission("a")]);
        check("a silent mutation", vec![Row::post("a", "/a").signed_in()], &[RouteFault::NoAudit("a")]);
        check("a silent removal", vec![Row::delete("a", "/a").signed_in()], &[RouteFault::NoAudit("a")]);
        check("an audited mutation", vec![Row::post("a", "/a").signed_in().audit("a.done")], &[]);
        check("a reasoned one", vec![Row::post("a", "/a").public().no_mutation("calculates")], &[]);
        check(
            "one id twice",
            vec![Row::get("a", "/a").public(), Row::get("a", "/b").public()],
            &[RouteFault::DuplicateId("a")],
        );
        check(
            "one address twice",
            vec![Row::get("a", "/a").public(), Row::get("b", "/a").public()],
            &[RouteFault::DuplicateAddress("GET".into(), "/a")],
        );
        check(
            "two methods of one address",
            vec![Row::get("a", "/a").public(), Row::post("b", "/a").public().audit("a.done")],
            &[],
        );
        check(
            "one shape, two names",
            vec![
                Row::get("a", "/a/{x}").public(),
                Row::get("b", "/a/{y}/c").public(),
                Row::get("c", "/a/{y}").public(),
            ],
            &[RouteFault::SameShape("/a/{x}", "/a/{y}")],
        );
        check("a prefix", vec![Row::get("a", "/vi/a").public()], &[RouteFault::BadPath("/vi/a", "a")]);
        check("a word that only looks like one", vec![Row::get("a", "/video").public()], &[]);
        check("a slash at the end", vec![Row::get("a", "/a/").public()], &[RouteFault::BadPath("/a/", "a")]);
        check(
            "a page in the API",
            vec![Row::get("a", "/api/v1/a").public()],
            &[RouteFault::WrongDoor("/api/v1/a", "a")],
        );
        check("an endpoint outside", vec![api(Row::get("a", "/a").public())], &[RouteFault::WrongDoor("/a", "a")]);
    }
}
