//! One problem, two faces: `application/problem+json` (RFC 9457) for programs, the error page for people.

use crate::answer::Unrendered;
use crate::site::Site;
use crate::visitor::{Htmx, Visitor};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use haidang_contracts::authorizer::{Ground, Verdict};
use haidang_kernel::problem::{FieldError, Problem, ProblemKind};
use haidang_ui::error_page::ErrorPage;
use haidang_ui::field::ErrorItem;
use haidang_ui::{Lang, Page, Service, t, texts};
use serde_json::json;
use std::sync::Arc;

/// Media type of RFC 9457.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// For whom a problem is rendered.
pub(crate) struct Reader {
    pub(crate) site: Arc<Site>,
    /// Known when the request reached a row.
    pub(crate) visitor: Option<Visitor>,
    pub(crate) lang: Lang,
    /// Address without language prefix.
    pub(crate) path: String,
    pub(crate) api: bool,
    pub(crate) htmx: Htmx,
    pub(crate) request_id: String,
}

impl Reader {
    fn refusal(&self) -> Option<&Verdict> {
        self.visitor.as_ref().and_then(|visitor| visitor.refusal.as_deref()).map(|(_, verdict)| verdict)
    }

    fn page(&self, office: bool) -> Page {
        if let Some(visitor) = &self.visitor {
            return visitor.page("", "");
        }
        let service = if office { Service::Office } else { Service::Resident };
        let mut page = Page::new(self.lang, service, "", &self.path, self.site.city.clone());
        page.demo = self.site.settings.demo;
        page.emergency = self.site.emergency(self.lang);
        page
    }
}

/// The part of a request id that can be read out by telephone: eight letters and digits in two groups.
pub fn reference(request_id: &str) -> String {
    let short: String =
        request_id.chars().filter(char::is_ascii_alphanumeric).take(8).collect::<String>().to_uppercase();
    match short.split_at_checked(4) {
        Some((first, second)) if !second.is_empty() => format!("{first}-{second}"),
        _ => short,
    }
}

/// Writes the problem for its reader. `status` is that of the response, which may be one no kind has (405).
pub(crate) fn render(reader: &Reader, status: StatusCode, unrendered: &Unrendered) -> Response {
    let problem = &unrendered.problem;
    let reference = problem.reference.clone().unwrap_or_else(|| reference(&reader.request_id));
    let mut response = if reader.api {
        as_json(reader, status, problem, &reference)
    } else if reader.htmx.partial {
        as_fragment(reader, status, problem, &reference)
    } else {
        as_page(reader, status, problem, &reference)
    };
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = unrendered.retry_after.or((status.as_u16() == 503).then_some(30)) {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if status == StatusCode::UNAUTHORIZED && reader.api {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"haidang\""));
    }
    response
}

/// The words of a code in a language, when it has words of its own.
fn words(lang: Lang, code: &str) -> Option<String> {
    let key = format!("web-code-{}", code.replace('_', "-"));
    texts::has(lang, &key).then(|| t(lang, &key, &[]))
}

fn message(lang: Lang, error: &FieldError) -> Option<String> {
    error.message.as_ref().map(|m| m.text(lang).to_owned()).or_else(|| words(lang, &error.code))
}

fn as_json(reader: &Reader, status: StatusCode, problem: &Problem, reference: &str) -> Response {
    let lang = reader.lang;
    let title = words(lang, problem.code).unwrap_or_else(|| t(lang, &title_key(status), &[]));
    let mut body = json!({
        "type": format!("urn:haidang:problem:{}", problem.code),
        "title": title,
        "status": status.as_u16(),
        "code": problem.code,
        "reference": reference,
    });
    // What went wrong inside is for the log alone.
    if problem.kind != ProblemKind::Internal && !problem.detail.is_empty() {
        body["detail"] = problem.detail.as_str().into();
    }
    if !problem.errors.is_empty() {
        let errors: Vec<_> = problem
            .errors
            .iter()
            .map(|error| {
                let mut item = json!({ "field": error.field, "code": error.code });
                if let Some(text) = message(lang, error) {
                    item["message"] = text.into();
                }
                item
            })
            .collect();
        body["errors"] = errors.into();
    }
    if let Some(verdict) = reader.refusal() {
        let ids = |grounds: &[Arc<Ground>]| grounds.iter().map(|ground| ground.policy.clone()).collect::<Vec<_>>();
        body["policies"] = ids(&verdict.grounds).into();
        body["missed_policies"] = ids(&verdict.missed).into();
        body["policy_set"] = verdict.policy_set.as_ref().into();
    }
    if reader.path.starts_with("/scim/") {
        // RFC 7644, section 3.12: a client of this standard reads no other form.
        body["schemas"] = json!(["urn:ietf:params:scim:api:messages:2.0:Error"]);
        body["status"] = status.as_str().into();
        return ([(header::CONTENT_TYPE, "application/scim+json")], body.to_string()).into_response();
    }
    ([(header::CONTENT_TYPE, PROBLEM_JSON)], body.to_string()).into_response()
}

fn title_key(status: StatusCode) -> String {
    let known = haidang_ui::error_page::STATUSES.contains(&status.as_u16());
    let number = if known {
        status.as_u16()
    } else if status.is_server_error() {
        500
    } else {
        400
    };
    format!("ui-error-{number}-title")
}

/// What can be said about this very case, in the reader's language.
fn details(reader: &Reader, problem: &Problem) -> Vec<String> {
    let lang = reader.lang;
    let mut lines: Vec<String> = words(lang, problem.code).into_iter().collect();
    lines.extend(problem.errors.iter().filter_map(|error| message(lang, error)));
    if let Some(verdict) = reader.refusal() {
        let say = |key: &str, ground: &Arc<Ground>| t(lang, key, &[("rule", ground.text.text(lang).into())]);
        lines.extend(verdict.grounds.iter().map(|ground| say("web-refused-by", ground)));
        lines.extend(verdict.missed.iter().map(|ground| say("web-refused-missed", ground)));
    }
    lines
}

/// The page that says why, for an official who was refused a row.
fn why(reader: &Reader) -> Option<(String, String)> {
    let visitor = reader.visitor.as_ref().filter(|visitor| visitor.is_official())?;
    let (action, _) = visitor.refusal.as_deref()?;
    let path = format!("{}?{}", haidang_ui::paths::MY_RIGHTS, crate::form::encode([("action", *action)]));
    Some((haidang_ui::page::localised(reader.lang, &path), t(reader.lang, "web-refused-why", &[])))
}

fn as_page(reader: &Reader, status: StatusCode, problem: &Problem, reference: &str) -> Response {
    let office = reader.visitor.as_ref().is_some_and(|v| v.row.office);
    let page = ErrorPage::new(reader.page(office), status.as_u16())
        .details(details(reader, problem))
        .more(why(reader))
        .reference(Some(reference.to_owned()));
    html_or_text(askama::Template::render(&page), reader.lang, status)
}

/// For a part of a page: the message alone, announced, in place of what was asked for.
fn as_fragment(reader: &Reader, status: StatusCode, problem: &Problem, reference: &str) -> Response {
    let page = reader.page(false);
    let mut lines = details(reader, problem);
    if lines.is_empty() {
        lines.push(t(reader.lang, &title_key(status), &[]));
    }
    let last = lines.len() - 1;
    lines[last] = format!("{} ({reference})", lines[last]);
    let items: Vec<ErrorItem> = lines.into_iter().map(ErrorItem::general).collect();
    html_or_text(Ok(page.error_summary(&items).to_string()), reader.lang, status)
}

/// An error page that cannot be drawn must not hide the error.
fn html_or_text(rendered: askama::Result<String>, lang: Lang, status: StatusCode) -> Response {
    match rendered {
        Ok(html) => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response(),
        Err(error) => {
            tracing::error!(error = %error, "error page does not render");
            let text = t(lang, &title_key(status), &[]);
            ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_can_be_read_out() {
        assert_eq!(reference("abcdefghijkl"), "ABCD-EFGH");
        assert_eq!(reference("ab"), "AB");
        assert_eq!(reference(""), "");
    }
}
