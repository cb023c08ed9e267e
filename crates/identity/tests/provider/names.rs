//! Every module of the conformance suite that the handbook names has a test of its own here, and every threat has one
//! somewhere: a name that loses its test fails this one.

use std::collections::BTreeSet;
use std::path::Path;

/// Modules `oidcc-…` of the OpenID Connect profiles; the function is the name with underscores.
const OIDCC: [&str; 41] = [
    "server",
    "server-client-secret-post",
    "server-rotate-keys",
    "response-type-missing",
    "codereuse",
    "codereuse-30seconds",
    "max-age-1",
    "max-age-10000",
    "prompt-login",
    "prompt-none-logged-in",
    "prompt-none-not-logged-in",
    "id-token-hint",
    "login-hint",
    "ui-locales",
    "claims-essential",
    "ensure-registered-redirect-uri",
    "redirect-uri-query-mismatch",
    "redirect-uri-query-added",
    "redirect-uri-regfrag",
    "ensure-request-with-unknown-parameter-succeeds",
    "ensure-request-with-acr-values-succeeds",
    "ensure-post-request-succeeds",
    "userinfo-get",
    "userinfo-post-header",
    "userinfo-post-body",
    "scope-profile",
    "scope-email",
    "scope-address",
    "scope-phone",
    "scope-all",
    "refresh-token",
    "refresh-token-rp-key-rotation",
    "discovery-endpoint-verification",
    "backchannel-rp-initiated-logout",
    "rp-initiated-logout",
    "rp-initiated-logout-bad-id-token-hint",
    "rp-initiated-logout-modified-id-token-hint",
    "rp-initiated-logout-bad-post-logout-redirect-uri",
    "rp-initiated-logout-no-params",
    "rp-initiated-logout-no-state",
    "rp-initiated-logout-only-state",
];

/// Modules of the FAPI 2.0 security profile; the function is `fapi2_` and the name with underscores.
const FAPI2: [&str; 33] = [
    "happy-flow",
    "discovery-end-point-verification",
    "par-ensure-pkce-required",
    "par-plain-pkce-rejected",
    "incorrect-pkce-code-verifier-rejected",
    "par-attempt-invalid-http-method",
    "par-attempt-reuse-request_uri",
    "par-attempt-to-use-expired-request_uri",
    "par-authorization-request-containing-request_uri",
    "par-authorization-request-containing-request_uri-form-param",
    "par-without-duplicate-parameters",
    "par-test-array-as-audience-fails",
    "par-test-par-endpoint-url-as-audience-fails",
    "par-test-token-endpoint-url-as-audience-fails",
    "ensure-holder-of-key-required",
    "dpop-negative-tests",
    "check-dpop-proof-nbf-exp",
    "ensure-dpopproof-with-iat-10seconds-before-succeeds",
    "ensure-dpopproof-with-iat-10seconds-after-succeeds",
    "ensure-mismatched-dpop-jkt-fails",
    "ensure-token-endpoint-fails-with-mismatched-dpop-jkt",
    "ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt",
    "ensure-dpop-auth-code-binding-success",
    "attempt-reuse-authorization-code-after-one-second",
    "ensure-token-endpoint-fails-with-expired-auth-code",
    "refresh-token",
    "user-rejects-authentication",
    "ensure-response-type-token-fails",
    "ensure-response-type-code-idtoken-fails",
    "ensure-authorization-request-with-long-nonce",
    "ensure-authorization-request-with-long-state",
    "ensure-authorization-request-with-64-char-nonce-success",
    "access-token-type-header-case-sensitivity",
];

/// Names of the test functions below a folder, without running any.
fn functions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            for line in text.lines().map(str::trim_start) {
                let rest = line.strip_prefix("async fn ").or_else(|| line.strip_prefix("fn "));
                found.extend(rest.and_then(|rest| rest.split_once('(')).map(|(name, _)| name.to_owned()));
            }
        }
    }
}

#[test]
fn every_module_and_threat_has_its_test() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut own = BTreeSet::new();
    functions(&here.join("tests/provider"), &mut own);
    let names =
        OIDCC.iter().map(|name| format!("oidcc-{name}")).chain(FAPI2.iter().map(|name| format!("fapi2-{name}")));
    let missing: Vec<String> = names.map(|name| name.replace('-', "_")).filter(|name| !own.contains(name)).collect();
    assert!(missing.is_empty(), "modules without a test of their own: {missing:?}");
    let mut all = BTreeSet::new();
    functions(here.parent().unwrap(), &mut all);
    let untested: Vec<u8> =
        (1..=50).filter(|number| !all.iter().any(|name| name.starts_with(&format!("t{number:02}_")))).collect();
    assert!(untested.is_empty(), "threats without a test of their own: {untested:?}");
}
