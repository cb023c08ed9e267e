//! Who is signed in: one row per browser, an opaque token in a cookie, nothing else.
//!
//! The row holds an opaque person id; what that person may do is asked from `contracts::Identity` at every request,
//! so that a lost right is lost at once. The token changes at sign-in and when a second factor is shown.

use crate::answer::Fault;
use crate::site::{Settings, Site};
use crate::sql;
use crate::tokens;
use crate::visitor::Visitor;
use axum::http::{HeaderMap, HeaderValue};
use haidang_contracts::actor::{ActorKind, PersonId};
use haidang_kernel::problem::Problem;
use haidang_store::{StoreError, args};
use jiff::{SignedDuration, Timestamp};

/// How somebody signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignIn {
    /// In which capacity; officials have longer sessions and need a second factor.
    pub kind: ActorKind,
    /// Level of assurance, 1 to 3.
    pub assurance: u8,
    /// Whether a second factor was shown in the same act.
    pub second_factor: bool,
}

impl SignIn {
    /// A resident known by the electronic identity.
    pub fn resident(assurance: u8) -> Self {
        Self { kind: ActorKind::Resident, assurance, second_factor: false }
    }

    /// An official; without second factor the session bears no post yet.
    pub fn official(second_factor: bool) -> Self {
        Self { kind: ActorKind::Official, assurance: 2, second_factor }
    }
}

/// A live session as the frame knows it.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) person: PersonId,
    pub(crate) on_behalf_of: Option<PersonId>,
    pub(crate) assurance: u8,
    pub(crate) second_factor_at: Option<Timestamp>,
    last_seen_at: Timestamp,
    idle_seconds: i64,
    expires_at: Timestamp,
}

/// What a handler changed about the visitor's cookies.
#[derive(Debug, Default)]
pub struct Jar {
    pub(crate) cookies: Vec<HeaderValue>,
}

/// Name of the session cookie. `__Host-` binds it to this host, which browsers allow on encrypted connections only.
pub fn cookie_name(settings: &Settings) -> &'static str {
    if settings.secure() { "__Host-hd_sid" } else { "hd_sid" }
}

/// Tokens of sessions and of mere visitors begin differently, so that a visitor costs no look into the database.
const SESSION_MARK: char = 's';
const VISITOR_MARK: char = 'v';

/// The token in the cookie, when there is one of a shape we give out.
pub(crate) fn token_of(settings: &Settings, headers: &HeaderMap) -> Option<String> {
    let value = crate::language::cookie(headers, cookie_name(settings))?;
    let marked = value.starts_with([SESSION_MARK, VISITOR_MARK]);
    let clean = value.len() >= 40
        && value.len() <= 100
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    (marked && clean).then(|| value.to_owned())
}

/// A fresh token for somebody who is not signed in; forms are bound to it.
pub(crate) fn visitor_token(site: &Site) -> String {
    format!("{VISITOR_MARK}{}", site.ambient.secret())
}

/// The `Set-Cookie` of a token.
pub(crate) fn set_cookie(settings: &Settings, token: &str) -> Option<HeaderValue> {
    let secure = if settings.secure() { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{}={token}; Path=/; HttpOnly; SameSite=Lax{secure}", cookie_name(settings))).ok()
}

/// The live session of a token. `Ok(None)` for visitors; `Err(Ended)` when there was one and it is over.
pub(crate) async fn load(site: &Site, token: &str) -> Result<Loaded, StoreError> {
    if !token.starts_with(SESSION_MARK) {
        return Ok(Loaded::Visitor);
    }
    let id = tokens::digest(token);
    let Some(row) = site.db.fetch_optional(sql::SESSION, args![&id]).await? else { return Ok(Loaded::Ended) };
    let now = site.ambient.now();
    let session = Session {
        id,
        person: row.id("person")?,
        on_behalf_of: row.opt_id("on_behalf_of")?,
        assurance: u8::try_from(row.integer("assurance")?).unwrap_or(1),
        second_factor_at: row.opt_timestamp("second_factor_at")?,
        last_seen_at: row.timestamp("last_seen_at")?,
        idle_seconds: row.integer("idle_seconds")?,
        expires_at: row.timestamp("expires_at")?,
    };
    if now >= session.ends_at() {
        return Ok(Loaded::Ended);
    }
    // The clock of a session is exact to a minute; a write per request would make every reader a writer.
    if now.duration_since(session.last_seen_at) >= SignedDuration::from_mins(1) {
        site.db.execute(sql::TOUCH_SESSION, args![&session.id, now]).await?;
    }
    Ok(Loaded::Live(Box::new(session)))
}

/// What a cookie turned out to be.
pub(crate) enum Loaded {
    /// Somebody who never signed in.
    Visitor,
    /// A session that is over, by time or by sign-out.
    Ended,
    /// A session.
    Live(Box<Session>),
}

impl Session {
    /// When it ends if nothing more is asked: the idle time, at most the whole life.
    pub(crate) fn ends_at(&self) -> Timestamp {
        let idle =
            self.last_seen_at.checked_add(SignedDuration::from_secs(self.idle_seconds)).unwrap_or(self.expires_at);
        idle.min(self.expires_at)
    }
}

/// Signs in: ends the session the browser had, begins a new one under a new token and sends its cookie.
///
/// # Errors
/// When the store does not answer.
pub async fn sign_in(visitor: &Visitor, person: &PersonId, sign_in: SignIn) -> Result<(), Fault> {
    begin(visitor, new_session(&visitor.site, person, sign_in)).await
}

/// Opens a session without a browser and answers its `Cookie` header, for programs of the house that measure or check
/// pages as somebody.
///
/// # Errors
/// When the store does not answer.
pub async fn open(site: &Site, person: &PersonId, sign_in: SignIn) -> Result<String, Fault> {
    let token = insert(site, new_session(site, person, sign_in), None).await?;
    Ok(format!("{}={token}", cookie_name(&site.settings)))
}

fn new_session(site: &Site, person: &PersonId, sign_in: SignIn) -> New {
    New {
        person: person.clone(),
        on_behalf_of: None,
        kind: sign_in.kind,
        assurance: sign_in.assurance,
        second_factor_at: sign_in.second_factor.then(|| site.ambient.now()),
        expires_at: None,
    }
}

/// A second factor was shown: the session goes on under a new token, with the factor fresh.
///
/// # Errors
/// `sign_in_required` when nobody is signed in.
pub async fn step_up(visitor: &Visitor) -> Result<(), Fault> {
    let (Some(session), Some(actor)) = (&visitor.session, &visitor.actor) else {
        return Err(Problem::unauthenticated("sign_in_required", "nobody is signed in").into());
    };
    let now = visitor.site.ambient.now();
    let behalf = session.on_behalf_of.clone();
    // A second factor does not prolong the whole life of a session.
    let new = New {
        person: session.person.clone(),
        on_behalf_of: behalf,
        kind: actor.kind,
        assurance: session.assurance.max(2),
        second_factor_at: Some(now),
        expires_at: Some(session.expires_at),
    };
    begin(visitor, new).await
}

/// Ends the session and forgets its cookie.
///
/// # Errors
/// When the store does not answer; the session then still lives.
pub async fn sign_out(visitor: &Visitor) -> Result<(), Fault> {
    if let Some(session) = &visitor.session {
        visitor.site.db.execute(sql::DELETE_SESSION, args![&session.id]).await?;
    }
    put_cookie(visitor, &visitor_token(&visitor.site));
    Ok(())
}

/// Ends every session of a person, also on other devices; `keep_current` spares the one that asks.
///
/// # Errors
/// When the store does not answer.
pub async fn end_all(visitor: &Visitor, person: &PersonId, keep_current: bool) -> Result<(), Fault> {
    let keep = visitor.session.as_ref().filter(|_| keep_current).map(|s| s.id.clone()).unwrap_or_default();
    visitor.site.db.execute(sql::DELETE_SESSIONS_OF, args![person, &keep]).await?;
    Ok(())
}

/// From now on the session acts for this person or organisation (`None`: for its own again).
///
/// Whether it may is decided by `identity` before this is called, and again at every request by `Identity::actor`.
///
/// # Errors
/// `sign_in_required` when nobody is signed in.
pub async fn act_for(visitor: &Visitor, on_behalf_of: Option<&PersonId>) -> Result<(), Fault> {
    let Some(session) = &visitor.session else {
        return Err(Problem::unauthenticated("sign_in_required", "nobody is signed in").into());
    };
    visitor.site.db.execute(sql::ACT_FOR, args![&session.id, on_behalf_of.map(PersonId::as_str)]).await?;
    Ok(())
}

/// When the visitor's session ends if nothing more is asked; pages warn two minutes before.
pub fn ends_at(visitor: &Visitor) -> Option<Timestamp> {
    visitor.session.as_ref().map(Session::ends_at)
}

/// Removes sessions and idempotency keys that are over; a job calls it now and then.
///
/// # Errors
/// When the store does not answer.
pub async fn sweep(site: &Site) -> Result<(), StoreError> {
    let now = site.ambient.now();
    let yesterday = now.checked_sub(SignedDuration::from_hours(24)).unwrap_or(now);
    site.db
        .transaction(|tx| {
            Box::pin(async move {
                tx.execute(sql::SWEEP_SESSIONS, args![now]).await?;
                tx.execute(sql::SWEEP_KEYS, args![yesterday]).await?;
                Ok::<(), StoreError>(())
            })
        })
        .await
}

/// What a session begins with.
struct New {
    person: PersonId,
    on_behalf_of: Option<PersonId>,
    kind: ActorKind,
    assurance: u8,
    second_factor_at: Option<Timestamp>,
    /// `None`: a whole life from now.
    expires_at: Option<Timestamp>,
}

async fn begin(visitor: &Visitor, new: New) -> Result<(), Fault> {
    let former = visitor.session.as_ref().map(|s| s.id.clone());
    let token = insert(&visitor.site, new, former).await?;
    put_cookie(visitor, &token);
    Ok(())
}

/// Writes the row of a new session in the place of a former one and answers its token.
async fn insert(site: &Site, new: New, former: Option<String>) -> Result<String, Fault> {
    let limits = &site.settings.sessions;
    let (idle, life) = match new.kind {
        ActorKind::Official => (limits.official_idle, limits.official_life),
        ActorKind::Resident | ActorKind::System => (limits.resident_idle, limits.resident_life),
    };
    let now = site.ambient.now();
    let full_life = now.checked_add(life).map_err(|_| Problem::internal("a session without end"))?;
    let expires_at = new.expires_at.unwrap_or(full_life);
    let idle_seconds = i64::try_from(idle.as_secs()).map_err(|_| Problem::internal("an idle time without end"))?;
    let token = format!("{SESSION_MARK}{}", site.ambient.secret());
    let id = tokens::digest(&token);
    let new = &new;
    site.db
        .transaction(|tx| {
            let (id, former) = (id.clone(), former.clone());
            Box::pin(async move {
                if let Some(former) = former {
                    tx.execute(sql::DELETE_SESSION, args![&former]).await?;
                }
                let (assurance, behalf) = (i64::from(new.assurance), new.on_behalf_of.clone());
                let factor = new.second_factor_at;
                tx.execute(
                    sql::INSERT_SESSION,
                    args![&id, &new.person, behalf, assurance, factor, now, now, idle_seconds, expires_at],
                )
                .await?;
                Ok::<(), StoreError>(())
            })
        })
        .await?;
    Ok(token)
}

fn put_cookie(visitor: &Visitor, token: &str) {
    let cookie = set_cookie(&visitor.site.settings, token);
    let mut jar = visitor.jar.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    jar.cookies.clear();
    jar.cookies.extend(cookie);
}
