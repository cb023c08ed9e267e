//! The passkeys of an account: which there are, adding one, removing one.

use askama::Template;
use axum::extract::State;
use haidang_kernel::format;
use haidang_kernel::problem::Problem;
use haidang_ui::component::TextInput;
use haidang_ui::field::{ErrorItem, Field};
use haidang_ui::{Page, t};
use haidang_web::{Answer, Fault, FormFields, Path, StatusCode, Visitor, html, html_status, redirect};

use super::step_up::{challenge, key_refusal};
use super::{account_page, own_account};
use crate::credentials::passkeys::{NAME_MAX, Passkey};
use crate::credentials::prove_first;
use crate::room::IdentityRoom;

const HERE: &str = "/tai-khoan/khoa-truy-cap";

struct Line {
    id: String,
    name: String,
    kind: String,
    added: String,
    used: String,
    flagged: bool,
}

#[derive(Template)]
#[template(path = "passkeys.html")]
struct PasskeysPage {
    page: Page,
    errors: Vec<ErrorItem>,
    lines: Vec<Line>,
    /// Only who proved themself a moment ago may add a key.
    fresh: bool,
    name: TextInput,
}

async fn build(visitor: &Visitor, room: &IdentityRoom, errors: Vec<ErrorItem>) -> Result<PasskeysPage, Fault> {
    let (actor, _) = own_account(visitor, room).await?;
    let lang = visitor.lang;
    let mut page = account_page(visitor, "identity-passkeys-title");
    page.errors = !errors.is_empty();
    page.scripts.push("passkey.js");
    let kind = |key: &Passkey| {
        let word = match (key.verifies, key.synced) {
            (false, _) => "identity-passkeys-kind-plain",
            (true, false) => "identity-passkeys-kind-device",
            (true, true) => "identity-passkeys-kind-synced",
        };
        t(lang, word, &[])
    };
    let line = |key: Passkey| Line {
        kind: kind(&key),
        added: format::date_time_table(lang, key.created_at),
        used: key
            .last_used_at
            .map_or_else(|| t(lang, "identity-passkeys-never", &[]), |used| format::date_time_table(lang, used)),
        flagged: key.flagged_at.is_some(),
        id: key.id,
        name: key.name,
    };
    let field = Field::new(lang, "name", t(lang, "identity-passkeys-name", &[]))
        .hint(t(lang, "identity-passkeys-name-hint", &[]))
        .errors(&errors);
    Ok(PasskeysPage {
        lines: room.passkeys(&actor.person).await?.into_iter().map(line).collect(),
        fresh: room.is_fresh(visitor, &actor.person).await?,
        name: TextInput::new(field)
            .value(visitor.device.clone().unwrap_or_default())
            .maxlength(u32::try_from(NAME_MAX).unwrap_or(60))
            .width(20),
        page,
        errors,
    })
}

/// Shows the keys.
pub(crate) async fn list_passkeys(visitor: Visitor, State(room): State<IdentityRoom>) -> Answer {
    html(build(&visitor, &room, Vec::new()).await?)
}

/// Asks the browser for a new key.
pub(crate) async fn begin_passkey(visitor: Visitor, State(room): State<IdentityRoom>) -> Answer {
    let (actor, _) = own_account(&visitor, &room).await?;
    if !room.is_fresh(&visitor, &actor.person).await? {
        return Err(Problem::forbidden("fresh_factor_required", "the second factor is too old").into());
    }
    challenge(room.begin_registration(&visitor, &actor.person).await)
}

/// Keeps the key the browser made.
pub(crate) async fn add_passkey(visitor: Visitor, State(room): State<IdentityRoom>, form: FormFields) -> Answer {
    let (actor, _) = own_account(&visitor, &room).await?;
    if !room.is_fresh(&visitor, &actor.person).await? {
        return prove_first(&visitor, HERE);
    }
    let unnamed = t(visitor.lang, "identity-passkeys-unnamed", &[]);
    let name = form.filled("name").unwrap_or(&unnamed);
    let (ceremony, credential) = (form.text("ceremony"), form.text("credential"));
    match room.finish_registration(&visitor, &actor.person, ceremony, credential, name).await {
        Ok(()) => redirect(visitor.lang, HERE),
        Err(refusal) => {
            let error = ErrorItem::of("passkey", key_refusal(&visitor, refusal)?);
            html_status(StatusCode::UNPROCESSABLE_ENTITY, build(&visitor, &room, vec![error]).await?)
        }
    }
}

#[derive(Template)]
#[template(path = "passkey_last.html")]
struct LastPage {
    page: Page,
    id: String,
    name: String,
}

/// Removes a key. The last strong factor of whoever holds a post goes only after a warning.
pub(crate) async fn remove_passkey(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(passkey): Path<String>,
    form: FormFields,
) -> Answer {
    let (actor, _) = own_account(&visitor, &room).await?;
    let keys = room.passkeys(&actor.person).await?;
    let Some(key) = keys.into_iter().find(|key| key.id == passkey) else {
        return Err(Problem::not_found("passkey_unknown", "no such key of this person").into());
    };
    if !room.is_fresh(&visitor, &actor.person).await? {
        return prove_first(&visitor, HERE);
    }
    let usable = key.verifies && key.flagged_at.is_none();
    let last = room.means(&actor.person).await?.last_is(usable);
    if last && room.holds_post(&actor.person).await? && !form.has("sure") {
        let page = account_page(&visitor, "identity-passkeys-last-title");
        return html_status(StatusCode::CONFLICT, LastPage { page, id: key.id, name: key.name });
    }
    room.remove_key(&visitor, &actor.person, &key.id).await?;
    redirect(visitor.lang, HERE)
}
