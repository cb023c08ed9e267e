//! Officials: account name and password, then a one-time code.

use super::{Next, audit, signed_in, wait_text};
use crate::account::SignInRefusal;
use crate::room::IdentityRoom;
use askama::Template;
use axum::extract::State;
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
struct OfficialPage {
    page: Page,
    errors: Vec<ErrorItem>,
    username: TextInput,
    password: TextInput,
    next: String,
}

fn official_page(visitor: &Visitor, next: String, username: &str, errors: Vec<ErrorItem>) -> OfficialPage {
    let lang = visitor.lang;
    let mut page = visitor.page(t(lang, "identity-official-title", &[]), "");
    page.errors = !errors.is_empty();
    page.navigation = Vec::new();
    let field = |name: &str, key: &str| Field::new(lang, name, t(lang, key, &[])).errors(&errors);
    OfficialPage {
        username: TextInput::new(field("username", "identity-official-username").autocomplete("username"))
            .value(username)
            .width(20),
        // A refused password is never sent back.
        password: TextInput::new(field("password", "identity-official-password").autocomplete("current-password"))
            .kind("password")
            .width(20),
        page,
        errors,
        next,
    }
}

/// Shows the form.
pub(crate) async fn show_official_sign_in(visitor: Visitor, Query(wanted): Query<Next>) -> Answer {
    let next = return_path(&visitor.site, wanted.next.as_deref());
    html(official_page(&visitor, next, "", Vec::new()))
}

/// The status and the text of a refusal; the same for every account, known or not.
fn refusal(visitor: &Visitor, refusal: SignInRefusal, wrong: &str) -> Result<(StatusCode, String), Fault> {
    match refusal {
        SignInRefusal::Wrong => Ok((StatusCode::UNPROCESSABLE_ENTITY, t(visitor.lang, wrong, &[]))),
        SignInRefusal::Wait(seconds) => Ok((StatusCode::TOO_MANY_REQUESTS, wait_text(visitor.lang, seconds))),
        SignInRefusal::Busy => Ok((StatusCode::SERVICE_UNAVAILABLE, t(visitor.lang, "identity-busy", &[]))),
        SignInRefusal::Store(error) => Err(error.into()),
    }
}

/// Checks account name and password; the session it begins bears no post until the code is shown.
pub(crate) async fn sign_in_official(visitor: Visitor, State(room): State<IdentityRoom>, form: FormFields) -> Answer {
    let next = return_path(&visitor.site, form.filled("next"));
    let (username, password) = (form.text("username"), form.text("password"));
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
        return html_status(StatusCode::UNPROCESSABLE_ENTITY, official_page(&visitor, next, username, errors));
    }
    let person = match room.check_password(username, password).await {
        Ok(person) => person,
        Err(error) => {
            let (status, message) = refusal(&visitor, error, "identity-official-wrong")?;
            let errors = vec![ErrorItem::of("username", message)];
            return html_status(status, official_page(&visitor, next, username, errors));
        }
    };
    let entry = AuditEntry::mutation("session.started", signed_in("official", &person))
        .object("person", person.as_str())
        .request(&visitor.request_id);
    audit(&visitor.site.db, entry).await?;
    session::sign_in(&visitor, &person, SignIn::official(false)).await?;
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
    code: TextInput,
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
    let field = Field::new(lang, "code", t(lang, "identity-code-label", &[]))
        .hint(t(lang, "identity-code-hint", &[]))
        .autocomplete("one-time-code")
        .errors(&errors);
    Ok(SecondFactorPage {
        code: TextInput::new(field).numeric().width(10),
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
    if let Err(error) = room.check_code(&actor.person, code).await {
        let (status, message) = refusal(&visitor, error, "identity-code-wrong")?;
        return html_status(status, second_factor_page(&visitor, &room, next, Some(message)).await?);
    }
    if actor.kind == ActorKind::System {
        return Err(Problem::forbidden("not_allowed", "a system has no session").into());
    }
    let entry = AuditEntry::mutation("session.stepped_up", visitor.actor_ref())
        .object("person", actor.person.as_str())
        .request(&visitor.request_id);
    audit(&visitor.site.db, entry).await?;
    session::step_up(&visitor).await?;
    // Officials begin at their inbox; "/" is the residents' home.
    redirect(visitor.lang, if next == "/" { haidang_ui::paths::WORKBENCH } else { &next })
}
