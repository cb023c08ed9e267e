//! Changing one's own password.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use haidang_contracts::Actor;
use haidang_kernel::problem::Problem;
use haidang_store::{StoreError, args};
use haidang_ui::component::TextInput;
use haidang_ui::field::{ErrorItem, Field};
use haidang_ui::{Lang, Page, t};
use haidang_web::{Answer, Fault, FormFields, StatusCode, Visitor, html, html_status, session};

use super::{account_page, own_account};
use crate::credentials::notices::{self, Happened};
use crate::credentials::prove_first;
use crate::pages::official;
use crate::room::IdentityRoom;
use crate::rules::{self, AccountFault};

const HERE: &str = "/tai-khoan/mat-khau";

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    page: Page,
    errors: Vec<ErrorItem>,
    current: TextInput,
    new: TextInput,
    done: bool,
}

/// A field for a password that is being chosen.
pub(crate) fn new_password(lang: Lang, errors: &[ErrorItem]) -> TextInput {
    let field = Field::new(lang, "new", t(lang, "identity-password-new", &[]))
        .hint(t(lang, "identity-password-rules", &[]))
        .autocomplete("new-password")
        .errors(errors);
    TextInput::new(field).kind("password").width(20)
}

fn build(visitor: &Visitor, errors: Vec<ErrorItem>, done: bool) -> PasswordPage {
    let lang = visitor.lang;
    let mut page = account_page(visitor, "identity-password-title");
    page.errors = !errors.is_empty();
    let field = Field::new(lang, "current", t(lang, "identity-password-current", &[]))
        .autocomplete("current-password")
        .errors(&errors);
    PasswordPage {
        current: TextInput::new(field).kind("password").width(20),
        new: new_password(lang, &errors),
        page,
        errors,
        done,
    }
}

/// What is wrong with a chosen password, in words.
pub(crate) fn fault_text(lang: Lang, fault: AccountFault) -> String {
    let key = match fault {
        AccountFault::PasswordTooShort => "identity-password-short",
        AccountFault::PasswordTooLong => "identity-password-long",
        AccountFault::PasswordGuessable | AccountFault::Username => "identity-password-guessable",
    };
    t(lang, key, &[])
}

/// The visitor whose password is kept here, and the name of the account.
async fn changeable(visitor: &Visitor, room: &IdentityRoom) -> Result<(Arc<Actor>, String), Fault> {
    let own = own_account(visitor, room).await?;
    if room.password_is_elsewhere(&own.0.person).await? {
        return Err(Problem::forbidden("password_elsewhere", "the directory keeps this password").into());
    }
    Ok(own)
}

/// Shows the form.
pub(crate) async fn show_password(visitor: Visitor, State(room): State<IdentityRoom>) -> Answer {
    changeable(&visitor, &room).await?;
    html(build(&visitor, Vec::new(), false))
}

/// Changes the password; every other session of the person ends.
pub(crate) async fn change_password(visitor: Visitor, State(room): State<IdentityRoom>, form: FormFields) -> Answer {
    let (actor, username) = changeable(&visitor, &room).await?;
    let lang = visitor.lang;
    let (current, new) = (form.text("current"), form.text("new"));
    let mut errors = Vec::new();
    if current.is_empty() {
        errors.push(ErrorItem::of("current", t(lang, "identity-official-password-empty", &[])));
    }
    if let Err(fault) = rules::check_password(&username, &actor.display_name, new) {
        errors.push(ErrorItem::of("new", fault_text(lang, fault)));
    }
    if !errors.is_empty() {
        return html_status(StatusCode::UNPROCESSABLE_ENTITY, build(&visitor, errors, false));
    }
    if !room.is_fresh(&visitor, &actor.person).await? {
        return prove_first(&visitor, HERE);
    }
    if let Err(error) = official::guarded(&visitor, room.check_password(&username, current)).await {
        let refusal = official::refusal(&visitor, error, "identity-password-wrong")?;
        let page = build(&visitor, vec![ErrorItem::of("current", refusal.text)], false);
        return official::with_retry(html_status(refusal.status, page), refusal.retry_after);
    }
    let hash = match room.hasher().hash(new).await {
        Ok(hash) => hash,
        Err(error) => {
            let refusal = official::refusal(&visitor, error.into(), "identity-password-wrong")?;
            let page = build(&visitor, vec![ErrorItem::of("new", refusal.text)], false);
            return official::with_retry(html_status(refusal.status, page), refusal.retry_after);
        }
    };
    let entry = visitor.audit("account.password_changed", "person", actor.person.as_str());
    let (now, device) = (visitor.site.ambient.now(), visitor.device.clone());
    visitor
        .site
        .db
        .transaction(|tx| {
            let (person, hash, entry) = (actor.person.clone(), hash.clone(), entry.clone());
            let device = device.clone();
            Box::pin(async move {
                tx.execute(crate::sql::SET_PASSWORD, args![&person, hash, now]).await?;
                tx.audit(entry).await?;
                notices::tell(tx, &person, Happened::PasswordChanged, device.as_deref()).await?;
                Ok::<(), StoreError>(())
            })
        })
        .await?;
    session::end_all(&visitor, &actor.person, true).await?;
    html(build(&visitor, Vec::new(), true))
}
