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
use haidang_contracts::events::{SESSION_ENDED, SessionEnded};
use haidang_kernel::problem::Problem;
use haidang_store::{Row, StoreError, Value, args};
use jiff::{SignedDuration, Timestamp};

/// How somebody signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// In which capacity; officials have longer sessions and need a second factor.
    pub kind: ActorKind,
    /// Strength of the authentication, 1 to 4 (Decree 69/2024/NĐ-CP, Article 20).
    pub assurance: u8,
    /// Whether a second factor was shown in the same act.
    pub second_factor: bool,
    /// How, in words of RFC 8176 and our own `vneid`, `dvcqg`.
    pub methods: Vec<String>,
    /// Which configured upstream said so, when one did.
    pub upstream: Option<String>,
}

impl SignIn {
    /// A resident known by the electronic identity.
    pub fn resident(assurance: u8) -> Self {
        Self {
            kind: ActorKind::Resident,
            assurance,
            second_factor: false,
            methods: vec!["vneid".to_owned()],
            upstream: None,
        }
    }

    /// An official; without second factor the session bears no post yet.
    pub fn official(second_factor: bool) -> Self {
        let methods = if second_factor { vec!["pwd", "otp", "mfa"] } else { vec!["pwd"] };
        Self {
            kind: ActorKind::Official,
            assurance: if second_factor { 2 } else { 1 },
            second_factor,
            methods: methods.into_iter().map(str::to_owned).collect(),
            upstream: None,
        }
    }

    /// The same, with these methods instead.
    #[must_use]
    pub fn by(mut self, methods: &[&str]) -> Self {
        self.methods = methods.iter().map(|method| (*method).to_owned()).collect();
        self
    }

    /// The same, as this upstream asserted it.
    #[must_use]
    pub fn from_upstream(mut self, upstream: &str) -> Self {
        self.upstream = Some(upstream.to_owned());
        self
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
    pub(crate) described: Described,
    last_seen_at: Timestamp,
    idle_seconds: i64,
    expires_at: Timestamp,
}

/// What a session is known by outside this room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// Name that stays while the token changes: the claim `sid`.
    pub sid: String,
    /// Whose session.
    pub person: PersonId,
    /// For whom the person acts in it.
    pub on_behalf_of: Option<PersonId>,
    /// Strength of the authentication, 1 to 4.
    pub assurance: u8,
    /// How, in words of RFC 8176.
    pub methods: Vec<String>,
    /// When the person last proved who they are.
    pub authenticated_at: Timestamp,
    /// When a second factor was last shown.
    pub second_factor_at: Option<Timestamp>,
    /// Which upstream said so.
    pub upstream: Option<String>,
    /// What the browser said of itself, such as "Chrome · Windows".
    pub device: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, exact to a minute.
    pub last_seen_at: Timestamp,
    /// When it ends if nothing more is asked.
    pub ends_at: Timestamp,
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
    let session = read(&row)?;
    if now >= session.ends_at() {
        return Ok(Loaded::Ended);
    }
    // The clock of a session is exact to a minute; a write per request would make every reader a writer.
    if now.duration_since(session.last_seen_at) >= SignedDuration::from_mins(1) {
        site.db.execute(sql::TOUCH_SESSION, args![&session.id, now]).await?;
    }
    Ok(Loaded::Live(Box::new(session)))
}

fn read(row: &Row) -> Result<Session, StoreError> {
    let (idle_seconds, expires_at) = (row.integer("idle_seconds")?, row.timestamp("expires_at")?);
    let last_seen_at = row.timestamp("last_seen_at")?;
    let created_at = row.timestamp("created_at")?;
    let id = row.text("id")?;
    let described = Described {
        // Sessions begun before these columns existed are known by their own digest.
        sid: row.opt_text("sid")?.unwrap_or_else(|| id.clone()),
        person: row.id("person")?,
        on_behalf_of: row.opt_id("on_behalf_of")?,
        assurance: u8::try_from(row.integer("assurance")?).unwrap_or(1),
        methods: row.opt_text("methods")?.unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
        authenticated_at: row.opt_timestamp("authenticated_at")?.unwrap_or(created_at),
        second_factor_at: row.opt_timestamp("second_factor_at")?,
        upstream: row.opt_text("upstream")?,
        device: row.opt_text("device")?,
        created_at,
        last_seen_at,
        ends_at: ends_at_of(last_seen_at, idle_seconds, expires_at),
    };
    Ok(Session {
        id,
        person: described.person.clone(),
        on_behalf_of: described.on_behalf_of.clone(),
        assurance: described.assurance,
        second_factor_at: described.second_factor_at,
        described,
        last_seen_at,
        idle_seconds,
        expires_at,
    })
}

fn ends_at_of(last_seen_at: Timestamp, idle_seconds: i64, expires_at: Timestamp) -> Timestamp {
    let idle = last_seen_at.checked_add(SignedDuration::from_secs(idle_seconds)).unwrap_or(expires_at);
    idle.min(expires_at)
}

/// The visitor's session as other systems may know it; `None` without one.
pub fn current(visitor: &Visitor) -> Option<&Described> {
    visitor.session.as_ref().map(|session| &session.described)
}

/// The live session of this name.
///
/// # Errors
/// When the store does not answer.
pub async fn by_sid(site: &Site, sid: &str) -> Result<Option<Described>, StoreError> {
    let row = site.db.fetch_optional(sql::SESSION_BY_SID, args![sid]).await?;
    let session = row.as_ref().map(read).transpose()?;
    let now = site.ambient.now();
    Ok(session.map(|session| session.described).filter(|session| session.ends_at > now))
}

/// The session was used by a system that renews its tokens: its idle time begins anew.
///
/// # Errors
/// When the store does not answer.
pub async fn touch_by_sid(site: &Site, sid: &str) -> Result<(), StoreError> {
    site.db.execute(sql::TOUCH_SESSION_BY_SID, args![sid, site.ambient.now()]).await.map(drop)
}

/// The live sessions of a person, the last used first.
///
/// # Errors
/// When the store does not answer.
pub async fn list(site: &Site, person: &PersonId) -> Result<Vec<Described>, StoreError> {
    let rows = site.db.fetch_all(sql::SESSIONS_OF, args![person]).await?;
    let sessions = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let now = site.ambient.now();
    Ok(sessions.into_iter().map(|session| session.described).filter(|session| session.ends_at > now).collect())
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
        ends_at_of(self.last_seen_at, self.idle_seconds, self.expires_at)
    }
}

/// Signs in: ends the session the browser had, begins a new one under a new token and sends its cookie.
///
/// # Errors
/// When the store does not answer.
pub async fn sign_in(visitor: &Visitor, person: &PersonId, sign_in: SignIn) -> Result<(), Fault> {
    let mut new = new_session(&visitor.site, person, sign_in);
    new.device = visitor.device.clone();
    if let Some(session) = visitor.session.as_ref().filter(|session| session.person == *person) {
        // The same person proved anew who they are: to the systems they use it is still one session.
        new.sid = session.described.sid.clone();
    }
    begin(visitor, new).await
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
        sid: site.ambient.new_id::<Session>().to_string(),
        methods: sign_in.methods,
        authenticated_at: site.ambient.now(),
        upstream: sign_in.upstream,
        device: None,
    }
}

/// A one-time code was shown: the session goes on under a new token, with the factor fresh.
///
/// # Errors
/// `sign_in_required` when nobody is signed in.
pub async fn step_up(visitor: &Visitor) -> Result<(), Fault> {
    step_up_by(visitor, 2, &["otp", "mfa"]).await
}

/// The same person proved more: the session goes on under a new token, at least this strong, with the factor fresh.
///
/// # Errors
/// `sign_in_required` when nobody is signed in.
pub async fn step_up_by(visitor: &Visitor, assurance: u8, methods: &[&str]) -> Result<(), Fault> {
    let (Some(session), Some(actor)) = (&visitor.session, &visitor.actor) else {
        return Err(Problem::unauthenticated("sign_in_required", "nobody is signed in").into());
    };
    let now = visitor.site.ambient.now();
    let (behalf, known) = (session.on_behalf_of.clone(), &session.described);
    // A second factor does not prolong the whole life of a session.
    let new = New {
        person: session.person.clone(),
        on_behalf_of: behalf,
        kind: actor.kind,
        assurance: session.assurance.max(assurance),
        second_factor_at: Some(now),
        expires_at: Some(session.expires_at),
        sid: known.sid.clone(),
        methods: with_methods(&known.methods, methods),
        authenticated_at: now,
        upstream: known.upstream.clone(),
        device: known.device.clone().or_else(|| visitor.device.clone()),
    };
    begin(visitor, new).await
}

/// Ends the session and forgets its cookie.
///
/// # Errors
/// When the store does not answer; the session then still lives.
pub async fn sign_out(visitor: &Visitor) -> Result<(), Fault> {
    if let Some(session) = &visitor.session {
        remove(&visitor.site, sql::DELETE_SESSION, args![&session.id], &session.person).await?;
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
    remove(&visitor.site, sql::DELETE_SESSIONS_OF, args![person, &keep], person).await?;
    Ok(())
}

/// Ends every session of a person from outside a browser: a lost post, a locked account, a recovered password.
///
/// # Errors
/// When the store does not answer.
pub async fn end_all_of(site: &Site, person: &PersonId) -> Result<u64, StoreError> {
    remove(site, sql::DELETE_SESSIONS_OF, args![person, ""], person).await
}

/// Ends one session of a person by its name; `false` when there is none.
///
/// # Errors
/// When the store does not answer.
pub async fn end_one(site: &Site, person: &PersonId, sid: &str) -> Result<bool, StoreError> {
    Ok(remove(site, sql::DELETE_SESSION_BY_SID, args![sid, person], person).await? > 0)
}

/// Removes sessions and says so in the outbox, in one transaction.
async fn remove(site: &Site, statement: &'static str, args: Vec<Value>, person: &PersonId) -> Result<u64, StoreError> {
    site.db
        .transaction(|tx| {
            let args = args.clone();
            Box::pin(async move {
                let rows = tx.fetch_all(statement, args).await?;
                let at = tx.ambient().now().as_microsecond();
                let mut ended = 0;
                for row in &rows {
                    ended += 1;
                    let Some(sid) = row.opt_text("sid")? else { continue };
                    let event = SessionEnded { sid: sid.clone(), person: person.to_string(), at };
                    tx.emit(SESSION_ENDED, &sid, &event).await?;
                }
                Ok::<u64, StoreError>(ended)
            })
        })
        .await
}

/// The methods known before and the new ones, each once.
fn with_methods(known: &[String], more: &[&str]) -> Vec<String> {
    let mut methods = known.to_vec();
    for method in more {
        if !methods.iter().any(|known| known == method) {
            methods.push((*method).to_owned());
        }
    }
    methods
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
    sid: String,
    methods: Vec<String>,
    authenticated_at: Timestamp,
    upstream: Option<String>,
    device: Option<String>,
}

async fn begin(visitor: &Visitor, new: New) -> Result<(), Fault> {
    let former = visitor.session.as_ref().map(|s| (s.id.clone(), s.person.clone()));
    let token = insert(&visitor.site, new, former).await?;
    put_cookie(visitor, &token);
    Ok(())
}

/// Writes the row of a new session in the place of a former one and answers its token.
async fn insert(site: &Site, new: New, former: Option<(String, PersonId)>) -> Result<String, Fault> {
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
                if let Some((former, person)) = former {
                    let ended = tx.fetch_optional(sql::DELETE_SESSION, args![&former]).await?;
                    let sid = ended.map(|row| row.opt_text("sid")).transpose()?.flatten();
                    if let Some(sid) = sid.filter(|sid| *sid != new.sid) {
                        let at = now.as_microsecond();
                        let event = SessionEnded { sid: sid.clone(), person: person.to_string(), at };
                        tx.emit(SESSION_ENDED, &sid, &event).await?;
                    }
                }
                let (assurance, behalf) = (i64::from(new.assurance), new.on_behalf_of.clone());
                let factor = new.second_factor_at;
                tx.execute(
                    sql::INSERT_SESSION,
                    args![
                        &id,
                        &new.person,
                        behalf,
                        assurance,
                        factor,
                        now,
                        now,
                        idle_seconds,
                        expires_at,
                        &new.sid,
                        new.methods.join(" "),
                        new.authenticated_at,
                        new.upstream.clone(),
                        new.device.clone()
                    ],
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
