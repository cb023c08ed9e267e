//! The rows of the provider's endpoints and pages.

use super::pages::{consent, signing_out};
use super::{Provider, authorize, discovery, introspect, logout, pushed, token, userinfo};
use axum::http::Method;
use haidang_web::{Routes, Row};

/// Largest body of a protocol request, in bytes.
const BODY: usize = 64 * 1024;

fn get(id: &'static str, path: &'static str) -> Row {
    Row::get(id, path).public()
}

fn post(id: &'static str, path: &'static str) -> Row {
    Row::post(id, path).public().body_limit(BODY)
}

fn preflight(id: &'static str, path: &'static str) -> Row {
    Row::new(Method::OPTIONS, id, path).public()
}

/// All routes of the provider.
pub fn routes(provider: Provider) -> Routes<Provider> {
    Routes::new("identity", provider)
        .protocol(get("show_openid_metadata", "/.well-known/openid-configuration"), discovery::show_metadata)
        .protocol(preflight("allow_openid_metadata", "/.well-known/openid-configuration"), discovery::allow_browser)
        .protocol(get("show_oauth_metadata", "/.well-known/oauth-authorization-server"), discovery::show_metadata)
        .protocol(get("show_provider_keys", "/oauth2/jwks"), discovery::show_keys)
        .protocol(preflight("allow_provider_keys", "/oauth2/jwks"), discovery::allow_browser)
        .protocol(
            post("push_request", "/oauth2/par").no_mutation("keeps a question for a minute"),
            pushed::push_request,
        )
        .protocol(get("begin_authorization", "/oauth2/authorize"), authorize::begin_authorization)
        .protocol(
            post("post_authorization", "/oauth2/authorize").audit("authorization.granted"),
            authorize::post_authorization,
        )
        .protocol(post("give_tokens", "/oauth2/token").audit("token.issued"), token::give_tokens)
        .protocol(preflight("allow_tokens", "/oauth2/token"), discovery::allow_browser)
        .protocol(get("get_userinfo", "/oauth2/userinfo"), userinfo::get_userinfo)
        .protocol(post("post_userinfo", "/oauth2/userinfo").no_mutation("reads"), userinfo::post_userinfo)
        .protocol(preflight("allow_userinfo", "/oauth2/userinfo"), discovery::allow_browser)
        .protocol(post("introspect_token", "/oauth2/introspect").no_mutation("reads"), introspect::introspect_token)
        .protocol(post("revoke_issued_token", "/oauth2/revoke").audit("token.revoked"), introspect::revoke_issued_token)
        .protocol(get("begin_logout", "/oauth2/logout"), logout::begin_logout)
        .protocol(post("post_logout", "/oauth2/logout").audit("session.ended"), logout::post_logout)
        .page(
            // A waiting request belongs to one browser and to ten minutes: to everybody else it is over.
            Row::get("show_authorization", "/cho-phep/{authorization}")
                .public()
                .example("/cho-phep/khong-con")
                .status(400),
            consent::show_authorization,
        )
        .page(
            Row::post("decide_authorization", "/cho-phep/{authorization}")
                .public()
                .unreferred()
                .audit("authorization.granted"),
            consent::decide_authorization,
        )
        .page(
            Row::get("show_sign_out", "/dang-xuat/xac-nhan").public().example("/dang-xuat/xac-nhan"),
            signing_out::show_sign_out,
        )
        .page(
            Row::post("confirm_sign_out", "/dang-xuat/xac-nhan").public().audit("session.ended"),
            signing_out::confirm_sign_out,
        )
}
