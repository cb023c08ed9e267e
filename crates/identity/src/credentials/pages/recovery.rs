//! The way back into an account with a recovery code.

use askama::Template;
use axum::extract::State;
use haidang_kernel::format;
use haidang_ui::component::TextInput;
use haidang_ui::field::{ErrorItem, Field};
use haidang_ui::{Page, t};
use haidang_web::session::{self, SignIn};
use haidang_web::{Answer, FormFields, StatusCode, Visitor, html, html_status, redirect};

use super::password::{fault_text, new_password};
use crate::credentials::recovery::{Recovered, Recovery};
use crate::pages::{audit, official, signed_in};
use crate::room::IdentityRoom;

#[derive(Template)]
#[template(path = "recovery.html")]
struct RecoveryPage {
    page: Page,
    errors: Vec<ErrorItem>,
    username: TextInput,
    code: TextInput,
    new: TextInput,
    /// When to come back with the same code.
    waits: Option<String>,
}

fn build(visitor: &Visitor, username: &str, errors: Vec<ErrorItem>, waits: Option<String>) -> RecoveryPage {
    let lang = visitor.lang;
    let mut page = visitor.page(t(lang, "identity-recovery-title", &[]), "");
    page.errors = !errors.is_empty();
    page.navigation = Vec::new();
    let field = |name: &str, key: &str| Field::new(lang, name, t(lang, key, &[])).errors(&errors);
    let code = field("code", "identity-recovery-code").hint(t(lang, "identity-recovery-code-hint", &[]));
    RecoveryPage {
        username: TextInput::new(field("username", "identity-official-username").autocomplete("username"))
            .value(username)
            .width(20),
        // Neither code nor password is ever sent back.
        code: TextInput::new(code.autocomplete("off")).figures().width(20),
        new: new_password(lang, &errors),
        page,
        errors,
        waits,
    }
}

/// Shows the form.
pub(crate) async fn show_recovery(visitor: Visitor) -> Answer {
    html(build(&visitor, "", Vec::new(), None))
}

/// Begins or completes a recovery.
pub(crate) async fn recover_account(visitor: Visitor, State(room): State<IdentityRoom>, form: FormFields) -> Answer {
    let lang = visitor.lang;
    let (username, code, password) = (form.text("username"), form.text("code"), form.text("new"));
    let mut errors = Vec::new();
    for (name, value, key) in [
        ("username", username, "identity-official-username-empty"),
        ("code", code, "identity-recovery-code-empty"),
        ("new", password, "identity-official-password-empty"),
    ] {
        if value.trim().is_empty() {
            errors.push(ErrorItem::of(name, t(lang, key, &[])));
        }
    }
    if !errors.is_empty() {
        return html_status(StatusCode::UNPROCESSABLE_ENTITY, build(&visitor, username, errors, None));
    }
    let recovery = Recovery { username, code, password };
    match official::guarded(&visitor, room.recover(&visitor.site, &recovery)).await {
        Ok(Recovered::Done(person)) => {
            let entry = haidang_store::AuditEntry::mutation("session.started", signed_in("official", &person))
                .object("person", person.as_str())
                .request(&visitor.request_id);
            audit(&visitor.site.db, entry).await?;
            // The new password is proved by being chosen; until a new factor is enrolled the session bears no post.
            session::sign_in(&visitor, &person, SignIn::official(false)).await?;
            room.note_sign_in(&visitor, &person).await?;
            redirect(lang, "/tai-khoan/ma-xac-thuc")
        }
        Ok(Recovered::Waits(until)) => {
            let until = format::date_time_text(lang, until);
            html_status(StatusCode::ACCEPTED, build(&visitor, username, Vec::new(), Some(until)))
        }
        Ok(Recovered::Password(fault)) => {
            let errors = vec![ErrorItem::of("new", fault_text(lang, fault))];
            html_status(StatusCode::UNPROCESSABLE_ENTITY, build(&visitor, username, errors, None))
        }
        Err(error) => {
            let refusal = official::refusal(&visitor, error, "identity-recovery-wrong")?;
            let page = build(&visitor, username, vec![ErrorItem::of("code", refusal.text)], None);
            official::with_retry(html_status(refusal.status, page), refusal.retry_after)
        }
    }
}

/// Stops a recovery that somebody else began.
pub(crate) async fn stop_recovery(visitor: Visitor, State(room): State<IdentityRoom>) -> Answer {
    let actor = visitor.require_actor()?;
    room.stop_recovery(&visitor, &actor.person).await?;
    redirect(visitor.lang, haidang_ui::paths::ACCOUNT)
}
