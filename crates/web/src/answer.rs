//! What handlers give back.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use haidang_kernel::problem::Problem;
use haidang_ui::Lang;
use serde::Serialize;
use std::sync::Arc;

/// What every handler returns: a response, or a problem that the frame renders for the one who asked.
pub type Answer = Result<Response, Fault>;

/// A [`Problem`] on its way out. Anything that becomes a problem becomes a fault by `?`.
///
/// Nothing is rendered here: the middleware knows language, door and reader, and writes either
/// `application/problem+json` or an error page.
#[derive(Debug, Clone)]
pub struct Fault(pub Box<Problem>);

impl<E: Into<Problem>> From<E> for Fault {
    fn from(error: E) -> Self {
        Self(Box::new(error.into()))
    }
}

/// The problem of a response that still has to be rendered.
#[derive(Debug, Clone)]
pub(crate) struct Unrendered {
    pub(crate) problem: Arc<Problem>,
    /// Seconds for `Retry-After`.
    pub(crate) retry_after: Option<u64>,
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(Unrendered { problem: Arc::from(self.0), retry_after: None });
        response
    }
}

/// A 429 that says when to come back.
pub fn too_many(code: &'static str, retry_after_seconds: u64) -> Response {
    let problem = Problem::too_many(code, "too many requests");
    let mut response = StatusCode::TOO_MANY_REQUESTS.into_response();
    response.extensions_mut().insert(Unrendered { problem: Arc::new(problem), retry_after: Some(retry_after_seconds) });
    response
}

/// A page.
///
/// # Errors
/// A template that does not render is a fault of ours.
pub fn html(template: impl askama::Template) -> Answer {
    html_status(StatusCode::OK, template)
}

/// A form sent back with its errors: the same page with status 422, which htmx swaps in and browsers show.
///
/// # Errors
/// A template that does not render is a fault of ours.
pub fn html_invalid(template: impl askama::Template) -> Answer {
    html_status(StatusCode::UNPROCESSABLE_ENTITY, template)
}

/// A page with any status.
///
/// # Errors
/// A template that does not render is a fault of ours.
pub fn html_status(status: StatusCode, template: impl askama::Template) -> Answer {
    let text = template.render().map_err(|error| Problem::internal(format!("template: {error}")))?;
    Ok((status, [(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))], text).into_response())
}

/// Goes to a page of this city by 303, so that Back and reload are safe. `path` has no language prefix.
pub fn redirect(lang: Lang, path: &str) -> Answer {
    see_other(&haidang_ui::page::localised(lang, path))
}

/// Goes to an address of this city that carries no language prefix, such as `/kq/{token}`.
///
/// An address that would leave the city is a fault of ours and is refused.
pub fn redirect_plain(path: &str) -> Answer {
    see_other(path)
}

fn see_other(path: &str) -> Answer {
    let Some(safe) = crate::language::safe_path(path) else {
        return Err(Problem::internal("a redirect would leave the city").into());
    };
    let location =
        HeaderValue::from_str(&safe).map_err(|_| Problem::internal("a redirect holds a character no header may"))?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

/// A JSON answer.
///
/// # Errors
/// A value that does not serialise is a fault of ours.
pub fn json<T: Serialize>(status: u16, value: &T) -> Answer {
    let bytes = serde_json::to_vec(value).map_err(|_| Problem::internal("an answer does not serialise"))?;
    let status = StatusCode::from_u16(status).map_err(|_| Problem::internal("no such status"))?;
    Ok((status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response())
}

/// A JSON answer with status 201 and the address of what was made.
///
/// # Errors
/// A value that does not serialise, or an address with forbidden characters, is a fault of ours.
pub fn created<T: Serialize>(location: &str, value: &T) -> Answer {
    let mut response = json(201, value)?;
    let location =
        HeaderValue::from_str(location).map_err(|_| Problem::internal("a location holds a character no header may"))?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

/// 204.
pub fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// How a file reaches the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Saved: what came from outside is never shown inside our own pages.
    Attachment,
    /// Shown by the browser, still in a sandbox: what the city itself made.
    Inline,
}

/// A file: as an attachment (or inline), under a policy that runs nothing, never guessed at by the browser.
///
/// `name` is the name to save under; it may hold any letters. `length` is the size in bytes when it is known.
pub fn file(body: Body, name: &str, media_type: &str, length: Option<u64>, disposition: Disposition) -> Answer {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    let media = HeaderValue::from_str(media_type).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_TYPE, media);
    headers.insert(header::CONTENT_DISPOSITION, content_disposition(name, disposition)?);
    headers.insert(
        HeaderName::from_static("content-security-policy"),
        HeaderValue::from_static(
            "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'",
        ),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    if let Some(length) = length {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    Ok(response)
}

/// `Content-Disposition` with a plain name for old readers and the full name by RFC 8187.
fn content_disposition(name: &str, disposition: Disposition) -> Result<HeaderValue, Problem> {
    let kind = match disposition {
        Disposition::Attachment => "attachment",
        Disposition::Inline => "inline",
    };
    let safe: String = name.chars().map(|c| if c.is_control() || matches!(c, '/' | '\\') { '_' } else { c }).collect();
    let plain: String = safe
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ') { c } else { '_' })
        .collect();
    let full = percent_encoding::utf8_percent_encode(&safe, percent_encoding::NON_ALPHANUMERIC);
    HeaderValue::from_str(&format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{full}"))
        .map_err(|_| Problem::internal("a file name does not fit a header"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_never_leaves_the_city() {
        for good in ["/ho-so", "/", "/ho-so?loc=tre&trang=2", "/kq/abc#ket-qua"] {
            assert_eq!(redirect_plain(good).unwrap().headers()["location"], good);
        }
        for bad in [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "evil",
            "",
            "/a\r\nSet-Cookie: x=1",
            "/\t/evil.example",
        ] {
            assert!(redirect_plain(bad).is_err(), "{bad:?}");
        }
        assert_eq!(redirect(Lang::En, "/ho-so").unwrap().headers()["location"], "/en/ho-so");
        assert_eq!(redirect(Lang::Vi, "/").unwrap().headers()["location"], "/vi");
    }

    #[test]
    fn a_file_is_saved_and_runs_nothing() {
        let answer =
            file(Body::from("x"), "Giấy khai sinh\r\n\"a\".pdf", "application/pdf", Some(1), Disposition::Attachment)
                .unwrap();
        let headers = answer.headers();
        assert_eq!(
            headers["content-disposition"],
            "attachment; filename=\"Gi_y khai sinh___a_.pdf\"; filename*=UTF-8''Gi%E1%BA%A5y%20khai%20sinh%5F%5F%22a%22%2Epdf"
        );
        assert!(headers["content-security-policy"].to_str().unwrap().starts_with("sandbox; default-src 'none'"));
    }
}
