//! Pages for refusals and faults: what happened, whether anything was saved, what to do, a reference to read out.

use crate::page::Page;
use askama::Template;

/// The statuses that have words of their own.
pub const STATUSES: &[u16] = &[400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 429, 500, 503];

/// A page for an error status, in the frame of every page.
#[derive(Debug, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    page: Page,
    what: String,
    saved: String,
    next: String,
    details: Vec<String>,
    more: Option<(String, String)>,
    reference: Option<String>,
}

impl ErrorPage {
    /// The page for a status; one without words of its own gets those of its class (4xx → 400, 5xx → 500). Sets title
    /// and path on the given page.
    #[must_use]
    pub fn new(mut page: Page, status: u16) -> Self {
        let known = match status {
            status if STATUSES.contains(&status) => status,
            status if status >= 500 => 500,
            _ => 400,
        };
        page.title = page.t(&format!("ui-error-{known}-title"));
        page.private = true;
        let what = page.t(&format!("ui-error-{known}-what"));
        let saved = page.t(&format!("ui-error-{known}-saved"));
        let next = page.t(&format!("ui-error-{known}-next"));
        Self { page, what, saved, next, details: Vec::new(), more: None, reference: None }
    }

    /// Sentences about this very case, in the language of the page, without personal data.
    #[must_use]
    pub fn details(mut self, details: Vec<String>) -> Self {
        self.details = details;
        self
    }

    /// A page that explains the refusal: its address and the words of the link.
    #[must_use]
    pub fn more(mut self, more: Option<(String, String)>) -> Self {
        self.more = more;
        self
    }

    /// A short reference to read out by telephone.
    #[must_use]
    pub fn reference(mut self, reference: Option<String>) -> Self {
        self.reference = reference;
        self
    }
}
