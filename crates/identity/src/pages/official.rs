//! Officials: account name and password, then a one-time code.

use super::{Next, audit, signed_in, wait_text};
use crate::account::SignInRefusal;
use crate::credentials::{self, PasskeyOffer, passkey_offer};
use crate::room::IdentityRoom;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use haidang_contracts::actor::ActorKind;
use haidang_kernel::problem::Problem;
use haidang_store::AuditEntry;
use haidang_ui::component::TextInput;
use haidang_ui::field::{ErrorItem, Field};
use haidang_ui::{Page, t};
use haidang_web::session::{self, SignIn};
use haidang_web::{Answer, Fault, FormFields, Query, StatusCode, Visitor, html, html_status, redirect, return_path};

#[derive(Template)]
#[template(path = "official.html")]
pub(crate) struct OfficialPage {
    page: Page,
    errors: Vec<ErrorItem>,
    username: TextInput,
    password: TextInput,
    offer: PasskeyOffer,
    next: String,
}

/// What the form comes back with.
#[derive(Debug, Clone)]
pub(crate) struct Typed<'form> {
    pub(crate) next: String,
    pub(crate) username: &'form str,
}

pub(crate) fn official_page(visitor: &Visitor, typed: Typed<'_>, errors: Vec<ErrorItem>) -> OfficialPage {
    let lang = visitor.lang;
    let mut page = visitor.page(t(lang, "identity-official-title", &[]), "");
    page.errors = !errors.is_empty();
    page.navigation = Vec::new();
    page.scripts.push("passkey.js");
    let field = |name: &str, key: &str| Field::new(lang, name, t(lang, key, &[])).errors(&errors);
    OfficialPage {
        username: TextInput::new(field("username", "identity-official-username").autocomplete("username"))
            .value(typed.username)
            .width(20),
        // A refused password is never sent back.
        password: TextInput::new(field("password", "identity-official-password").autocomplete("current-password"))
            .kind("password")
            .width(20),
        offer: passkey_offer(false),
        page,
        errors,
        next: typed.next,
    }
}

/// Shows the form.
pub(crate) async fn show_official_sign_in(visitor: Visitor, Query(wanted): Query<Next>) -> Answer {
    let next = return_path(&visitor.site, wanted.next.as_deref());
    html(official_page(&visitor, Typed { next, username: "" }, Vec::new()))
}

/// How a refusal is answered; the same for every account, known or not.
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
    /// Seconds after which it is worth trying again.
    pub(crate) retry_after: Option<i64>,
}

/// Seconds after which a crowd has thinned out: the queue of sixty-four hashes is done by then.
const CROWD: i64 = 2;

/// Seconds after which a directory that did not answer is worth asking again.
const OUTAGE: i64 = 60;

/// The status and the text of a refusal.
pub(crate) fn refusal(visitor: &Visitor, refusal: SignInRefusal, wrong: &str) -> Result<Refusal, Fault> {
    let lang = visitor.lang;
    let (status, text, retry_after) = match refusal {
        SignInRefusal::Wrong => (StatusCode::UNPROCESSABLE_ENTITY, t(lang, wrong, &[]), None),
        SignInRefusal::Asleep => (StatusCode::UNPROCESSABLE_ENTITY, t(lang, "identity-asleep", &[]), None),
        SignInRefusal::Wait(seconds) => (StatusCode::TOO_MANY_REQUESTS, wait_text(lang, seconds), Some(seconds)),
        SignInRefusal::Busy => (StatusCode::SERVICE_UNAVAILABLE, t(lang, "identity-busy", &[]), Some(CROWD)),
        SignInRefusal::Unavailable => {
            (StatusCode::SERVICE_UNAVAILABLE, t(lang, "identity-directory-silent", &[]), Some(OUTAGE))
        }
        SignInRefusal::Store(error) => return Err(error.into()),
    };
    Ok(Refusal { status, text, retry_after })
}

/// Says when to come back.
pub(crate) fn with_retry(answer: Answer, seconds: Option<i64>) -> Answer {
    let mut answer = answer?;
    if let Some(seconds) = seconds {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(answer)
}

/// Makes an attempt at a secret unless too many from the same address of the network just failed.
pub(crate) async fn guarded<T>(
    visitor: &Visitor,
    attempt: impl Future<Output = Result<T, SignInRefusal>>,
) -> Result<T, SignInRefusal> {
    let (throttle, now) = (&visitor.site.throttle, visitor.site.ambient.now());
    let address = visitor.address.map(|address| address.to_string());
    if let Some(Err(seconds)) = address.as_deref().map(|address| throttle.check(address, now)) {
        return Err(SignInRefusal::Wait(i64::try_from(seconds).unwrap_or(60)));
    }
    let answer = attempt.await;
    if let (Some(address), Err(SignInRefusal::Wrong)) = (&address, &answer) {
        throttle.failed(address, now);
    }
    answer
}

/// Where an official goes after proving who they are: they begin at their inbox; "/" is the residents' home.
pub(crate) fn home(visitor: &Visitor, next: Option<&str>) -> String {
    let next = return_path(&visitor.site, next);
    if next == "/" { haidang_ui::paths::WORKBENCH.to_owned() } else { next }
}

/// Checks account name and password; the session it begins bears no post until the code is shown.
pub(crate) async fn sign_in_official(visitor: Visitor, State(room): State<IdentityRoom>, form: FormFields) -> Answer {
    let next = return_path(&visitor.site, form.filled("next"));
    let (username, password) = (form.text("username"), form.text("password"));
    let typed = Typed { next: next.clone(), username };
    let mut errors = Vec::new();
    for (name, value, key) in [
        ("username", username, "identity-official-username-empty"),
        ("password", password, "identity-official-password-empty"),
    ] {
        if value.trim().is_empty() {
            errors.push(ErrorItem::of(name, t(visitor.lang, key, &[])));
        }
    }
    if !errors.is_empty() {
        return html_status(StatusCode::UNPROCESSABLE_ENTITY, official_page(&visitor, typed, errors));
    }
    let person = match guarded(&visitor, room.check_password(username, password)).await {
        Ok(person) => person,
        Err(error) => {
            let refusal = refusal(&visitor, error, "identity-official-wrong")?;
            let page = official_page(&visitor, typed, vec![ErrorItem::of("username", refusal.text)]);
            return with_retry(html_status(refusal.status, page), refusal.retry_after);
        }
    };
    let entry = AuditEntry::mutation("session.started", signed_in("official", &person))
        .object("person", person.as_str())
        .request(&visitor.request_id);
    audit(&visitor.site.db, entry).await?;
    session::sign_in(&visitor, &person, SignIn::official(false)).await?;
    room.note_sign_in(&visitor, &person).await?;
    if !room.has_second_factor(&person).await? {
        // Without a second factor the session bears no post; the person's own pages and simple systems are open.
        return redirect(visitor.lang, &next);
    }
    redirect(visitor.lang, &format!("/dang-nhap/xac-thuc?{}", haidang_web::encode([("next", next.as_str())])))
}

#[derive(Template)]
#[template(path = "second_factor.html")]
struct SecondFactorPage {
    page: Page,
    errors: Vec<ErrorItem>,
    /// The field, where the account has one-time codes.
    code: Option<TextInput>,
    offer: Option<PasskeyOffer>,
    /// The code that is right now, in a demonstration city.
    shown: Option<String>,
    next: String,
}

async fn second_factor_page(
    visitor: &Visitor,
    room: &IdentityRoom,
    next: String,
    error: Option<String>,
) -> Result<SecondFactorPage, Fault> {
    let lang = visitor.lang;
    let actor = visitor.require_actor()?;
    let mut page = visitor.page(t(lang, "identity-code-title", &[]), "");
    let errors: Vec<ErrorItem> = error.map(|message| ErrorItem::of("code", message)).into_iter().collect();
    page.errors = !errors.is_empty();
    page.navigation = Vec::new();
    page.scripts.push("passkey.js");
    let means = room.means(&actor.person).await?;
    let field = Field::new(lang, "code", t(lang, "identity-code-label", &[]))
        .hint(t(lang, "identity-code-hint", &[]))
        .autocomplete("one-time-code")
        .errors(&errors);
    Ok(SecondFactorPage {
        code: means.codes.then(|| TextInput::new(field).numeric().width(10)),
        offer: (means.passkeys > 0).then(|| passkey_offer(true)),
        shown: room.shown_code(&actor.person).await?,
        page,
        errors,
        next,
    })
}

/// Asks for the code: at sign-in, and again before signing when the last one is older than five minutes.
pub(crate) async fn show_second_factor(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Query(wanted): Query<Next>,
) -> Answer {
    let next = return_path(&visitor.site, wanted.next.as_deref());
    html(second_factor_page(&visitor, &room, next, None).await?)
}

/// Checks the code and goes on under a new session token.
pub(crate) async fn check_second_factor(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    form: FormFields,
) -> Answer {
    let next = return_path(&visitor.site, form.filled("next"));
    let actor = visitor.require_actor()?;
    let Some(code) = form.filled("code") else {
        let message = t(visitor.lang, "identity-code-empty", &[]);
        return html_status(
            StatusCode::UNPROCESSABLE_ENTITY,
            second_factor_page(&visitor, &room, next, Some(message)).await?,
        );
    };
    let methods = session::current(&visitor).map(|current| current.methods.clone()).unwrap_or_default();
    if !credentials::code_completes(&methods) {
        // A key and a telephone are both things one has: the password is what is missing.
        let path = format!("/dang-nhap/nang-muc?{}", haidang_web::encode([("next", next.as_str())]));
        return redirect(visitor.lang, &path);
    }
    if let Err(error) = guarded(&visitor, room.check_code(&actor.person, code)).await {
        let refusal = refusal(&visitor, error, "identity-code-wrong")?;
        let page = second_factor_page(&visitor, &room, next, Some(refusal.text)).await?;
        return with_retry(html_status(refusal.status, page), refusal.retry_after);
    }
    if actor.kind == ActorKind::System {
        return Err(Problem::forbidden("not_allowed", "a system has no session").into());
    }
    let entry = AuditEntry::mutation("session.stepped_up", visitor.actor_ref())
        .object("person", actor.person.as_str())
        .request(&visitor.request_id);
    audit(&visitor.site.db, entry).await?;
    session::step_up(&visitor).await?;
    redirect(visitor.lang, &home(&visitor, Some(&next)))
}
