//! Pure rules of the provider: no database, no clock.

use super::model::Request;
use sha2::{Digest, Sha256};

/// Beginning of the four levels of Decree 69/2024/NĐ-CP, Article 20.
pub(crate) const ACR: &str = "urn:haidang:nd69:xt";

/// The four levels in order.
pub(crate) const ACRS: [&str; 4] =
    ["urn:haidang:nd69:xt1", "urn:haidang:nd69:xt2", "urn:haidang:nd69:xt3", "urn:haidang:nd69:xt4"];

/// The claim of a level.
pub(crate) fn acr(level: u8) -> String {
    format!("{ACR}{}", level.clamp(1, 4))
}

/// The level of a claim.
pub(crate) fn level(acr: &str) -> Option<u8> {
    acr.strip_prefix(ACR)?.parse().ok().filter(|level| (1..=4).contains(level))
}

/// SHA-256 in base64url, as PKCE, `ath` and thumbprints write it.
pub(crate) fn s256(text: &str) -> String {
    data_encoding::BASE64URL_NOPAD.encode(&Sha256::digest(text.as_bytes()))
}

/// Left half of SHA-256, as `at_hash` writes it (all our algorithms use SHA-256).
pub(crate) fn half_hash(text: &str) -> String {
    data_encoding::BASE64URL_NOPAD.encode(&Sha256::digest(text.as_bytes())[..16])
}

/// Whether a text may be an S256 challenge: 43 characters of base64url.
pub(crate) fn is_challenge(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Whether the verifier fits the challenge (RFC 7636 4.1, 4.6).
pub(crate) fn verifies(challenge: &str, verifier: &str) -> bool {
    let clean = verifier.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'));
    (43..=128).contains(&verifier.len()) && clean && haidang_web::tokens::same(challenge, &s256(verifier))
}

/// Scheme, host and port of an address, without guessing at its parts.
pub(crate) fn origin(uri: &str) -> Option<&str> {
    let (scheme, rest) = uri.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    (!host.is_empty()).then(|| &uri[..scheme.len() + 3 + host.len()])
}

/// The origin of an address as a `form-action` can name it; `None` where it could end the directive or the policy.
pub(crate) fn form_target(uri: &str) -> Option<&str> {
    let clean = |b: u8| b.is_ascii_alphanumeric() || b"-._:/[]".contains(&b);
    origin(uri).filter(|origin| origin.bytes().all(clean))
}

/// The three loopback hosts whose port an application on a machine picks at run time (RFC 8252 7.3).
const LOOPBACKS: [&str; 3] = ["http://127.0.0.1", "http://[::1]", "http://localhost"];

/// The source that the policy of a page names for a redirect address: its origin, on this machine with any port.
pub(crate) fn form_source(uri: &str) -> Option<String> {
    let target = form_target(uri)?;
    let base = LOOPBACKS
        .iter()
        .find(|base| target.strip_prefix(**base).is_some_and(|port| port.is_empty() || port.starts_with(':')));
    Some(base.map_or_else(|| target.to_owned(), |base| format!("{base}:*")))
}

/// A loopback address without its port.
fn without_port(uri: &str) -> Option<String> {
    let base = LOOPBACKS.iter().find(|base| uri.starts_with(**base))?;
    let rest = &uri[base.len()..];
    match rest.strip_prefix(':') {
        Some(after) => {
            let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
            let path = &after[end..];
            (path.is_empty() || path.starts_with(['/', '?'])).then(|| format!("{base}{path}"))
        }
        None => (rest.is_empty() || rest.starts_with(['/', '?'])).then(|| uri.to_owned()),
    }
}

/// Whether an address is one of the registered ones: byte for byte, the port of a loopback address aside.
pub(crate) fn redirect_fits(registered: &[String], given: &str, loopback: bool) -> bool {
    registered.iter().any(|known| {
        known == given || (loopback && without_port(known).is_some() && without_port(known) == without_port(given))
    })
}

/// Why an address may not be registered.
pub(crate) fn redirect_fault(uri: &str, native: bool) -> Option<&'static str> {
    if uri.contains(['#', '*', '\\']) || uri.chars().any(|c| c.is_control() || c == ' ') || uri.len() > 2_000 {
        return Some("a redirect address has no fragment, wildcard or blank");
    }
    let Some(host) = origin(uri) else {
        // A scheme of one's own on a telephone must at least be a reversed domain name (RFC 8252 7.1).
        let private = native && uri.split_once(":/").is_some_and(|(scheme, _)| scheme.contains('.'));
        return (!private).then_some("a redirect address is absolute");
    };
    if host.contains('@') {
        return Some("a redirect address names no user");
    }
    let secure = host.starts_with("https://")
        || LOOPBACKS.iter().any(|base| without_port(uri).is_some_and(|u| u.starts_with(base)));
    let private = native && uri.split_once("://").is_some_and(|(scheme, _)| scheme.contains('.'));
    (!secure && !private).then_some("a redirect address begins with https://")
}

/// Appends the answer to a redirect address.
pub(crate) fn with_answer(redirect_uri: &str, answer: &[(&str, &str)]) -> String {
    let joint = if redirect_uri.contains('?') { '&' } else { '?' };
    format!("{redirect_uri}{joint}{}", haidang_web::encode(answer.iter().copied()))
}

/// What is known of the browser's session when a request is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Present {
    pub(crate) level: u8,
    /// Seconds since the epoch.
    pub(crate) authenticated_at: i64,
    /// Microseconds since the epoch, to tell a sign-in from before the request from one after.
    pub(crate) authenticated_micros: i64,
    /// `sub` by which this client knows the person.
    pub(crate) sub: String,
    /// Whether what is asked was agreed to before.
    pub(crate) agreed: bool,
    /// Highest level that this account can reach here.
    pub(crate) reachable: u8,
    /// Whether this is the person who began, when that matters.
    pub(crate) same_person: bool,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The person signs in.
    SignIn,
    /// The same person shows a second factor.
    Raise,
    /// The person is asked.
    Ask,
    /// The answer can be given.
    Answer,
    /// It ends with this error.
    Error(&'static str),
}

/// Decides what comes next. `begun` is the moment the waiting request began, in microseconds, once it waits.
pub(crate) fn next_step(request: &Request, present: Option<&Present>, begun: Option<i64>, now: i64) -> Step {
    let silent = request.prompts("none");
    let must = |step: Step, error: &'static str| if silent { Step::Error(error) } else { step };
    let Some(present) = present else { return must(Step::SignIn, "login_required") };
    let since_begun = begun.is_some_and(|begun| present.authenticated_micros >= begun);
    if request.prompts("login") && !since_begun {
        return Step::SignIn;
    }
    if request.prompts("select_account") && !since_begun {
        return Step::SignIn;
    }
    let too_old = request.max_age.is_some_and(|age| now - present.authenticated_at > age);
    if too_old && !since_begun {
        return must(Step::SignIn, "login_required");
    }
    if !present.same_person {
        return must(Step::SignIn, "login_required");
    }
    if request.hinted_sub.as_ref().is_some_and(|sub| *sub != present.sub) {
        // Somebody else is signed in: they may change, once.
        return if since_begun { Step::Error("login_required") } else { must(Step::SignIn, "login_required") };
    }
    if let Some(least) = request.least_acr.filter(|least| *least > present.level) {
        return match least <= present.reachable {
            true => must(Step::Raise, "login_required"),
            false => Step::Error("unmet_authentication_requirements"),
        };
    }
    // What is asked of the vault is asked anew each time: it names a case.
    // For whom somebody acts is picked anew each time.
    let asks = !present.agreed || request.prompts("consent") || !request.details.is_empty() || request.lets_pick();
    if asks { must(Step::Ask, "consent_required") } else { Step::Answer }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
