//! The rows of this room: help, statements, theme, probes, the API document.

use crate::answer::{Answer, html, json, no_content, redirect};
use crate::form::FormFields;
use crate::guard::{THEME_COOKIE, Table};
use crate::language::return_path;
use crate::metrics;
use crate::openapi::openapi;
use crate::routes::Routes;
use crate::row::Row;
use crate::visitor::Visitor;
use axum::Extension;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::IntoResponse;
use haidang_kernel::problem::Problem;
use haidang_ui::paths;
use haidang_ui::statements::{OfflinePage, StatementPage};
use serde_json::json;

pub(crate) fn routes() -> Routes<()> {
    Routes::new("web", ())
        .page(Row::get("show_help", paths::HELP).public(), show_help)
        .page(Row::get("show_accessibility", paths::ACCESSIBILITY).public(), show_accessibility)
        .page(Row::get("show_privacy", paths::PRIVACY).public(), show_privacy)
        .page(Row::get("show_offline", paths::OFFLINE).public(), show_offline)
        .page(
            Row::post("set_theme", paths::THEME).public().no_mutation("a cookie of the reader's own browser"),
            set_theme,
        )
        .page(
            Row::post("extend_session", paths::EXTEND_SESSION)
                .signed_in()
                .no_mutation("moves the idle clock of the reader's own session, as any request does"),
            extend_session,
        )
        .plain(Row::get("check_alive", "/healthz").public().not_html(), check_alive)
        .plain(Row::get("check_ready", "/readyz").public().not_html(), check_ready)
        .plain(Row::get("read_metrics", "/metrics").public().not_html(), read_metrics)
        .api(
            Row::get("get_openapi", "/api/openapi.json")
                .public()
                .summary("This document")
                .returns_file(200, "application/json"),
            get_openapi,
        )
}

async fn show_help(visitor: Visitor) -> Answer {
    html(StatementPage::help(visitor.page("", "")))
}

async fn show_accessibility(visitor: Visitor) -> Answer {
    html(StatementPage::accessibility(visitor.page("", "")))
}

async fn show_privacy(visitor: Visitor) -> Answer {
    html(StatementPage::privacy(visitor.page("", "")))
}

async fn show_offline(visitor: Visitor) -> Answer {
    html(OfflinePage::new(visitor.page("", "")))
}

/// Keeps the choice in a cookie and goes back to where the reader was.
async fn set_theme(visitor: Visitor, fields: FormFields) -> Answer {
    let theme = match fields.text("theme") {
        known @ ("light" | "dark" | "system") => known,
        _ => return Err(Problem::invalid("form_invalid", "no such theme").field("theme", "invalid").into()),
    };
    let mut response = redirect(visitor.lang, &return_path(&visitor.site, fields.first("next")))?;
    let secure = if visitor.site.settings.secure() { "; Secure" } else { "" };
    let cookie = format!("{THEME_COOKIE}={theme}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly{secure}");
    let cookie = HeaderValue::from_str(&cookie).map_err(|_| Problem::internal("a cookie does not fit a header"))?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// Any request keeps a session alive; this one does nothing else. Scripts get an empty answer, others their page.
async fn extend_session(visitor: Visitor, fields: FormFields) -> Answer {
    if visitor.htmx.request {
        return Ok(no_content());
    }
    redirect(visitor.lang, &return_path(&visitor.site, fields.first("next")))
}

/// The process runs.
async fn check_alive() -> Answer {
    json(200, &json!({ "status": "alive" }))
}

/// The records answer.
async fn check_ready(visitor: Visitor) -> Answer {
    match visitor.site.db.fetch_optional("SELECT 1 AS one", Vec::new()).await {
        Ok(_) => json(200, &json!({ "status": "ready" })),
        Err(_) => Err(Problem::unavailable("not_ready", "the records do not answer").into()),
    }
}

/// Figures for the operator. They hold no personal data, but how busy a city is concerns its operator alone: only the
/// machine itself may ask, and not through a proxy.
async fn read_metrics(visitor: Visitor, headers: HeaderMap) -> Answer {
    let local = visitor.address.is_none_or(|address| address.is_loopback()) && !headers.contains_key("x-forwarded-for");
    if !local {
        return Err(Problem::not_found("not_found", "metrics are read on the machine itself").into());
    }
    let text = metrics::render();
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

async fn get_openapi(Extension(table): Extension<Table>, visitor: Visitor) -> Answer {
    json(200, &openapi(&table.0, &visitor.site.settings.origin))
}
