//! One-time codes of an account: enrolling a telephone, or another one in its place.

use askama::Template;
use axum::extract::State;
use haidang_ui::component::TextInput;
use haidang_ui::field::{ErrorItem, Field};
use haidang_ui::html::Html;
use haidang_ui::{Page, t};
use haidang_web::{Answer, Fault, FormFields, StatusCode, Visitor, html, html_status, redirect, session};

use super::{account_page, own_account};
use crate::credentials::prove_first;
use crate::one_time;
use crate::pages::official;
use crate::room::IdentityRoom;

const HERE: &str = "/tai-khoan/ma-xac-thuc";

/// A secret that waits for its first code.
struct Waiting {
    picture: Html,
    /// The secret in groups of four, for typing by hand.
    key: String,
    code: TextInput,
}

#[derive(Template)]
#[template(path = "one_time.html")]
struct OneTimePage {
    page: Page,
    errors: Vec<ErrorItem>,
    enrolled: bool,
    waiting: Option<Waiting>,
}

fn grouped(secret: &one_time::Secret) -> String {
    let text = data_encoding::BASE32_NOPAD.encode(secret);
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

async fn build(visitor: &Visitor, room: &IdentityRoom, errors: Vec<ErrorItem>) -> Result<OneTimePage, Fault> {
    let (actor, username) = own_account(visitor, room).await?;
    let lang = visitor.lang;
    let mut page = account_page(visitor, "identity-enrol-title");
    page.errors = !errors.is_empty();
    // Only who proved themself a moment ago sees the secret.
    let secret = if room.is_fresh(visitor, &actor.person).await? { room.enrolling(&actor.person).await? } else { None };
    let waiting = secret.map(|secret| {
        let address = one_time::otpauth_uri("Hải Đăng", &username, &secret);
        let field = Field::new(lang, "code", t(lang, "identity-code-label", &[]))
            .hint(t(lang, "identity-enrol-code-hint", &[]))
            .autocomplete("one-time-code")
            .errors(&errors);
        Waiting {
            picture: haidang_ui::qr_picture(&address, &t(lang, "identity-enrol-picture", &[])),
            key: grouped(&secret),
            code: TextInput::new(field).numeric().width(10),
        }
    });
    let enrolled = room.means(&actor.person).await?.codes;
    Ok(OneTimePage { page, errors, enrolled, waiting })
}

/// Shows whether a telephone is enrolled, and the secret of one that is being enrolled.
pub(crate) async fn show_enrolment(visitor: Visitor, State(room): State<IdentityRoom>) -> Answer {
    html(build(&visitor, &room, Vec::new()).await?)
}

/// Makes a new secret; the old one holds until the new one's first code.
pub(crate) async fn begin_enrolment(visitor: Visitor, State(room): State<IdentityRoom>) -> Answer {
    let (actor, _) = own_account(&visitor, &room).await?;
    if !room.is_fresh(&visitor, &actor.person).await? {
        return prove_first(&visitor, HERE);
    }
    room.begin_enrolment(&visitor, &actor.person).await?;
    redirect(visitor.lang, HERE)
}

/// Takes the first code of the new secret. It also proves the telephone, so the session goes on with a second factor.
pub(crate) async fn finish_enrolment(visitor: Visitor, State(room): State<IdentityRoom>, form: FormFields) -> Answer {
    let (actor, _) = own_account(&visitor, &room).await?;
    if !room.is_fresh(&visitor, &actor.person).await? {
        return prove_first(&visitor, HERE);
    }
    let Some(code) = form.filled("code") else {
        let errors = vec![ErrorItem::of("code", t(visitor.lang, "identity-code-empty", &[]))];
        return html_status(StatusCode::UNPROCESSABLE_ENTITY, build(&visitor, &room, errors).await?);
    };
    if let Err(error) = official::guarded(&visitor, room.finish_enrolment(&visitor, &actor.person, code)).await {
        let refusal = official::refusal(&visitor, error, "identity-enrol-wrong")?;
        let page = build(&visitor, &room, vec![ErrorItem::of("code", refusal.text)]).await?;
        return official::with_retry(html_status(refusal.status, page), refusal.retry_after);
    }
    session::end_all(&visitor, &actor.person, true).await?;
    session::step_up(&visitor).await?;
    redirect(visitor.lang, HERE)
}
