//! One sign-in at an upstream: how it begins, and what comes back.
//!
//! The browser carries a random cookie (tx); the row of a sign-in holds the hashes of state and cookie, so neither is of
//! use without the other. Nonce and PKCE verifier are computed from both with a key of the house and stored nowhere.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use data_encoding::BASE64URL_NOPAD;
use haidang_contracts::actor::PersonId;
use haidang_kernel::problem::Problem;
use haidang_store::{StoreError, args};
use haidang_web::{Answer, Fault, Site, StatusCode, Visitor, encode, session, tokens};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::account::Admitted;
use super::claims::{self, Asserted};
use super::remote::{Remote, RemoteFault};
use super::rules::Decision;
use super::verify::{self, Claims, Expected, IdTokenFault};
use super::{reason::Reason, sql};
use crate::room::IdentityRoom;

/// How long a person may take at the upstream.
const LIFE: SignedDuration = SignedDuration::from_mins(10);

/// Name of the cookie that binds a sign-in to its browser.
pub(crate) fn cookie_name(site: &Site) -> &'static str {
    if site.settings.secure() { "__Host-hd_tx" } else { "hd_tx" }
}

/// The browser's tx, when it is of the form we give out.
pub(crate) fn tx_of(site: &Site, headers: &HeaderMap) -> Option<String> {
    let name = cookie_name(site);
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let value = pairs.flat_map(|line| line.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then(|| value.to_owned())
    })?;
    let clean = value.len() == 43 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    clean.then_some(value)
}

/// What only the house and this browser's sign-in can compute.
fn derived(site: &Site, purpose: &str, state: &str, tx: &str) -> Result<String, Fault> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&site.settings.secret)
        .map_err(|_| Problem::internal("a key of the house has no length"))?;
    for part in ["federation", purpose, state, tx] {
        mac.update(part.as_bytes());
        mac.update(&[0]);
    }
    Ok(BASE64URL_NOPAD.encode(&mac.finalize().into_bytes()))
}

/// Where the upstream sends the browser back to.
pub(crate) fn redirect_uri(site: &Site, upstream: &str) -> String {
    format!("{}/federation/{upstream}/callback", site.settings.origin.trim_end_matches('/'))
}

/// Sends the browser to an address outside the city.
pub(super) fn leave(location: &str) -> Result<Response, Fault> {
    let location = HeaderValue::from_str(location)
        .map_err(|_| Problem::internal("the address of an upstream holds a character no header may"))?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

/// Begins a sign-in at an upstream, or asks it again for a higher level (`acr` 2 to 4) of whoever is signed in.
///
/// `next` is a path of this city; it is where the person goes once the upstream has answered.
pub(crate) async fn begin(
    visitor: &Visitor,
    room: &IdentityRoom,
    headers: &HeaderMap,
    upstream: &str,
    acr: Option<u8>,
    next: &str,
) -> Answer {
    let site = &visitor.site;
    let remote = room.remote(upstream).ok_or_else(unknown)?;
    let endpoints = match remote.endpoints().await {
        Ok(endpoints) => endpoints,
        Err(fault) => return refuse(visitor, remote, Stop::remote(fault, next)).await,
    };
    // A second window of the same browser keeps the cookie of the first, so both may come back.
    let tx = tx_of(site, headers).unwrap_or_else(|| site.ambient.secret());
    let state = site.ambient.secret();
    let now = site.ambient.now();
    let expires = now.checked_add(LIFE).map_err(|_| Problem::internal("a sign-in without end"))?;
    let asked = acr.unwrap_or(1).clamp(1, 4);
    // Who asks for more must come back as the same person.
    let person = visitor.actor.as_ref().filter(|_| acr.is_some()).map(|actor| actor.person.clone());
    let row = args![
        tokens::digest(&state),
        tokens::digest(&tx),
        upstream,
        &remote.upstream.issuer,
        next,
        i64::from(asked),
        person.clone(),
        now,
        expires,
    ];
    site.db
        .transaction(|tx| {
            let row = row.clone();
            Box::pin(async move {
                tx.execute(sql::SWEEP_LOGINS, args![now]).await?;
                tx.execute(sql::INSERT_LOGIN, row).await?;
                Ok::<(), StoreError>(())
            })
        })
        .await?;
    let config = &remote.upstream;
    let mut query = vec![
        ("response_type", "code".to_owned()),
        ("client_id", config.client_id.clone()),
        ("redirect_uri", redirect_uri(site, upstream)),
        ("scope", config.scope.clone()),
        ("state", state.clone()),
    ];
    if config.nonce {
        query.push(("nonce", derived(site, "nonce", &state, &tx)?));
    }
    if config.pkce {
        let challenge = Sha256::digest(derived(site, "pkce", &state, &tx)?.as_bytes());
        query.push(("code_challenge", BASE64URL_NOPAD.encode(&challenge)));
        query.push(("code_challenge_method", "S256".to_owned()));
    }
    query.extend(config.acr_values.get(&asked.to_string()).map(|value| ("acr_values", value.clone())));
    if acr.is_some() && config.prompt_login {
        query.push(("prompt", "login".to_owned()));
    }
    let join = if endpoints.authorize.contains('?') { '&' } else { '?' };
    let mut response = leave(&format!("{}{join}{}", endpoints.authorize, encode(query)))?;
    let secure = if site.settings.secure() { "; Secure" } else { "" };
    let cookie =
        format!("{}={tx}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{secure}", cookie_name(site), LIFE.as_secs());
    let cookie = HeaderValue::from_str(&cookie).map_err(|_| Problem::internal("a cookie that is no header"))?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

pub(super) fn unknown() -> Problem {
    Problem::not_found("upstream_not_found", "no upstream of this name is connected")
}

/// What came back in the address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Returned {
    pub(crate) state: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) iss: Option<String>,
}

impl Returned {
    /// Reads the query; a parameter that stands twice makes the whole of it worthless.
    pub(crate) fn read(pairs: &[(String, String)]) -> Option<Returned> {
        let mut returned = Returned::default();
        for (name, value) in pairs {
            let place = match name.as_str() {
                "state" => &mut returned.state,
                "code" => &mut returned.code,
                "error" => &mut returned.error,
                "iss" => &mut returned.iss,
                _ => continue,
            };
            if place.replace(value.clone()).is_some() {
                return None;
            }
        }
        Some(returned)
    }
}

/// A sign-in that this browser began here.
struct Login {
    next: String,
    asked: u8,
    person: Option<PersonId>,
    started_at: Timestamp,
}

/// Why a sign-in ends on a page that explains.
pub(crate) struct Stop {
    pub(crate) reason: Reason,
    /// For log and audit.
    pub(crate) cause: &'static str,
    pub(crate) next: String,
    pub(crate) asked: u8,
    /// Whether the sign-in was really begun here: only then is it worth a record.
    recorded: bool,
}

impl Stop {
    fn stray(cause: &'static str) -> Stop {
        Stop { reason: Reason::State, cause, next: "/".to_owned(), asked: 1, recorded: false }
    }

    fn remote(fault: RemoteFault, next: &str) -> Stop {
        let (reason, cause) = match fault {
            RemoteFault::Timeout => (Reason::Timeout, "timeout"),
            RemoteFault::Unreachable => (Reason::Unavailable, "unreachable"),
            RemoteFault::Status => (Reason::Unavailable, "status"),
            RemoteFault::Form => (Reason::Unavailable, "form"),
            RemoteFault::Issuer => (Reason::Untrusted, "issuer"),
            RemoteFault::Simulated => (Reason::Untrusted, "simulated"),
            RemoteFault::ClientKey => (Reason::Unavailable, "client_key"),
        };
        Stop { reason, cause, next: next.to_owned(), asked: 1, recorded: true }
    }
}

/// What a sign-in came to.
pub(crate) enum Finished {
    /// Signed in; where to go.
    In(String),
    /// The account is reached by another upstream so far.
    Link,
}

/// Everything between the callback's address and a verified person.
pub(crate) async fn finish(
    visitor: &Visitor,
    room: &IdentityRoom,
    remote: &Remote,
    tx: Option<String>,
    returned: Option<Returned>,
) -> Result<Result<Finished, Stop>, Fault> {
    let site = &visitor.site;
    let Some(returned) = returned else { return Ok(Err(Stop::stray("duplicate"))) };
    let (Some(state), Some(tx)) = (returned.state.clone(), tx) else { return Ok(Err(Stop::stray("state"))) };
    let Some(login) = take(site, remote, &state, &tx, &returned).await? else {
        return Ok(Err(Stop::stray("state")));
    };
    let stop =
        |reason, cause| Ok(Err(Stop { reason, cause, next: login.next.clone(), asked: login.asked, recorded: true }));
    if let Some(error) = &returned.error {
        return match error.as_str() {
            "access_denied" | "login_required" | "interaction_required" => stop(Reason::Cancelled, "access_denied"),
            "unmet_authentication_requirements" => stop(Reason::Level, "unmet_authentication_requirements"),
            _ => stop(Reason::Unavailable, "error"),
        };
    }
    let Some(code) = &returned.code else { return stop(Reason::Unavailable, "code") };
    let claims = match asserted_claims(site, remote, code, &state, &tx, &login).await? {
        Ok(claims) => claims,
        Err(fault) => {
            let (reason, cause) = fault.told();
            return stop(reason, cause);
        }
    };
    let asserted = match claims::read(&remote.upstream, &claims) {
        Ok(asserted) => asserted,
        Err(claim) => return stop(Reason::Claims, claim),
    };
    if asserted.acr < login.asked {
        return stop(Reason::Level, "acr");
    }
    enter(visitor, room, remote, &tx, &login, &asserted, &claims).await.map(|done| {
        done.map_err(|(reason, cause)| Stop {
            reason,
            cause,
            next: login.next.clone(),
            asked: login.asked,
            recorded: true,
        })
    })
}

/// The sign-in of this state, begun by this browser at this issuer.
async fn take(
    site: &Site,
    remote: &Remote,
    state: &str,
    tx: &str,
    returned: &Returned,
) -> Result<Option<Login>, Fault> {
    let args = args![tokens::digest(state), tokens::digest(tx)];
    let row = site
        .db
        .transaction(|tx| {
            let args = args.clone();
            Box::pin(async move { tx.fetch_optional(sql::TAKE_LOGIN, args).await })
        })
        .await?;
    let Some(row) = row else { return Ok(None) };
    let (upstream, issuer) = (row.text("upstream")?, row.text("issuer")?);
    let own = upstream == remote.upstream.id && issuer == remote.upstream.issuer;
    let said = returned.iss.as_ref().is_none_or(|iss| *iss == issuer);
    if !own || !said || site.ambient.now() >= row.timestamp("expires_at")? {
        return Ok(None);
    }
    Ok(Some(Login {
        next: row.text("next")?,
        asked: u8::try_from(row.integer("asked")?).unwrap_or(1),
        person: row.opt_id("person")?,
        started_at: row.timestamp("started_at")?,
    }))
}

enum BackChannel {
    Remote(RemoteFault),
    Token(IdTokenFault),
    OtherSubject,
}

impl BackChannel {
    fn told(&self) -> (Reason, &'static str) {
        match self {
            BackChannel::Remote(fault) => {
                let stop = Stop::remote(*fault, "/");
                (stop.reason, stop.cause)
            }
            BackChannel::Token(fault) => (Reason::Untrusted, fault.word()),
            BackChannel::OtherSubject => (Reason::Untrusted, "userinfo_sub"),
        }
    }
}

/// Claims from the back channel alone: code against tokens, id_token verified, profile of the same `sub`.
async fn asserted_claims(
    site: &Site,
    remote: &Remote,
    code: &str,
    state: &str,
    tx: &str,
    login: &Login,
) -> Result<Result<Claims, BackChannel>, Fault> {
    let config = &remote.upstream;
    let verifier = if config.pkce { Some(derived(site, "pkce", state, tx)?) } else { None };
    let nonce = if config.nonce { Some(derived(site, "nonce", state, tx)?) } else { None };
    let work = async {
        let redirect_uri = redirect_uri(site, &config.id);
        let given = remote.tokens(code, &redirect_uri, verifier.as_deref()).await.map_err(BackChannel::Remote)?;
        let name = verify::key_name(&given.id_token).map_err(BackChannel::Token)?;
        let keys = remote.keys(name.as_deref()).await.map_err(BackChannel::Remote)?;
        let expected = Expected {
            upstream: config,
            nonce: nonce.as_deref(),
            access_token: &given.access_token,
            now: site.ambient.now(),
            asked_anew_at: (login.person.is_some() && config.prompt_login).then_some(login.started_at),
            simulated: remote.simulated(),
        };
        let claims = verify::verify(&given.id_token, &keys, &expected).map_err(BackChannel::Token)?;
        let Some(mut profile) = remote.profile(&given).await.map_err(BackChannel::Remote)? else { return Ok(claims) };
        if profile.get("sub") != claims.get("sub") {
            return Err(BackChannel::OtherSubject);
        }
        // What is signed counts before what is not.
        profile.extend(claims);
        Ok(profile)
    };
    Ok(work.await)
}

/// Opens or strengthens the session.
async fn enter(
    visitor: &Visitor,
    room: &IdentityRoom,
    remote: &Remote,
    tx: &str,
    login: &Login,
    asserted: &Asserted,
    claims: &Claims,
) -> Result<Result<Finished, (Reason, &'static str)>, Fault> {
    let id = &remote.upstream.id;
    let person = match room.admit(id, asserted, login.person.as_ref(), &visitor.request_id).await? {
        Admitted::Person(person) => person,
        Admitted::Other => return Ok(Err((Reason::OtherPerson, "other_person"))),
        Admitted::Link(person, _) => {
            super::link::wait(&visitor.site, tx, id, &asserted.subject, &person).await?;
            return Ok(Ok(Finished::Link));
        }
        Admitted::Refused(decision) => {
            return Ok(Err(match decision {
                Decision::Child => (Reason::Child, "child"),
                Decision::Locked => (Reason::Locked, "locked"),
                _ => (Reason::Conflict, "conflict"),
            }));
        }
    };
    let methods = methods(&remote.upstream.method, claims);
    let methods: Vec<&str> = methods.iter().map(String::as_str).collect();
    let same = visitor.actor.as_ref().is_some_and(|actor| actor.person == person);
    let stepping = login.person.is_some() && same && session::current(visitor).is_some();
    let action = if stepping { "session.stepped_up" } else { "session.started" };
    let entry = haidang_store::AuditEntry::mutation(action, crate::pages::signed_in("resident", &person))
        .object("person", person.as_str())
        .request(&visitor.request_id)
        .subject(&asserted.personal_id)
        .own()
        .detail(serde_json::json!({ "upstream": id, "account_level": asserted.account_level, "acr": asserted.acr }));
    crate::pages::audit(&visitor.site.db, entry).await?;
    if stepping {
        session::step_up_by(visitor, asserted.acr, &methods).await?;
    } else {
        let sign_in = session::SignIn::resident(asserted.acr).by(&methods).from_upstream(id);
        session::sign_in(visitor, &person, sign_in).await?;
        room.note_sign_in(visitor, &person).await?;
    }
    Ok(Ok(Finished::In(login.next.clone())))
}

/// Our own word for the upstream and what it says of the means, as far as RFC 8176 knows the words.
fn methods(own: &str, claims: &Claims) -> Vec<String> {
    const KNOWN: &[&str] = &["pwd", "otp", "hwk", "swk", "pin", "fpt", "face", "mfa", "user", "sms"];
    let said = claims.get("amr").and_then(serde_json::Value::as_array);
    let said = said.into_iter().flatten().filter_map(serde_json::Value::as_str).filter(|word| KNOWN.contains(word));
    std::iter::once(own).chain(said).map(str::to_owned).collect()
}

/// Records why nobody was let in and leads to the page that explains.
pub(crate) async fn refuse(visitor: &Visitor, remote: &Remote, stop: Stop) -> Answer {
    let id = &remote.upstream.id;
    tracing::info!(upstream = %id, cause = stop.cause, "sign-in at an upstream refused");
    if stop.recorded {
        let entry = haidang_store::AuditEntry::mutation("session.not_started", visitor.actor_ref())
            .object("upstream", id)
            .request(&visitor.request_id)
            .detail(serde_json::json!({ "cause": stop.cause }))
            .refused();
        crate::pages::audit(&visitor.site.db, entry).await?;
    }
    let mut query = vec![("ly-do", stop.reason.word().to_owned())];
    if stop.next != "/" {
        query.push(("next", stop.next));
    }
    if stop.asked > 1 {
        query.push(("acr", stop.asked.to_string()));
    }
    haidang_web::redirect(visitor.lang, &format!("/dang-nhap/{id}/khong-thanh?{}", encode(query)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_stands_twice_is_worth_nothing() {
        let pairs = |list: &[(&str, &str)]| -> Vec<(String, String)> {
            list.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
        };
        let read =
            Returned::read(&pairs(&[("state", "a"), ("code", "b"), ("session_state", "x"), ("session_state", "y")]));
        assert_eq!(read, Some(Returned { state: Some("a".into()), code: Some("b".into()), ..Returned::default() }));
        for twice in ["state", "code", "iss", "error"] {
            assert_eq!(Returned::read(&pairs(&[(twice, "a"), (twice, "a")])), None, "{twice}");
        }
    }

    #[test]
    fn only_known_words_tell_the_means() {
        let claims = serde_json::json!({ "amr": ["face", "magic", 7, "otp"] });
        assert_eq!(
            claims.as_object().map(|claims| methods("vneid", claims)),
            Some(vec!["vneid".into(), "face".into(), "otp".into()])
        );
    }
}
