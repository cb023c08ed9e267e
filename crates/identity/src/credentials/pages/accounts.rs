//! Local accounts for administrators: lock and open, wake a sleeping password, end sessions.

use askama::Template;
use axum::extract::State;
use haidang_kernel::problem::Problem;
use haidang_ui::component::TextInput;
use haidang_ui::field::Field;
use haidang_ui::{Page, t};
use haidang_web::{Answer, Fault, Path, Query, Visitor, html, redirect};
use serde::Deserialize;

use crate::account::AccountError;
use crate::credentials::accounts::ManagedAccount;
use crate::room::IdentityRoom;
use crate::rules::normal_username;

const HERE: &str = "/quan-tri/tai-khoan";
/// Accounts on one page.
const SHOWN: usize = 50;

/// Which accounts are shown.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Shown {
    /// Beginning of the list: an account name or the first letters of one.
    from: Option<String>,
}

#[derive(Template)]
#[template(path = "accounts.html")]
struct AccountsPage {
    page: Page,
    from: TextInput,
    lines: Vec<ManagedAccount>,
    /// Where the next page begins.
    more: Option<String>,
}

impl AccountsPage {
    fn factors(&self, account: &ManagedAccount) -> String {
        let mut factors = vec![self.page.t("identity-method-pwd")];
        if account.codes {
            factors.push(self.page.t("identity-method-otp"));
        }
        if account.passkeys > 0 {
            factors.push(self.page.t1("identity-accounts-passkeys", "count", account.passkeys));
        }
        factors.join(" + ")
    }
}

/// Lists accounts by name.
pub(crate) async fn list_accounts(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Query(shown): Query<Shown>,
) -> Answer {
    let from = normal_username(shown.from.as_deref().unwrap_or_default());
    let mut lines = room.managed_accounts(&from, i64::try_from(SHOWN + 1).unwrap_or(51)).await?;
    let more = (lines.len() > SHOWN).then(|| lines.pop()).flatten().map(|account| account.username);
    let lang = visitor.lang;
    let field = Field::new(lang, "from", t(lang, "identity-accounts-from", &[]));
    html(AccountsPage {
        page: visitor.page(t(lang, "identity-accounts-title", &[]), ""),
        from: TextInput::new(field).value(from).width(20),
        lines,
        more: more.map(|name| haidang_web::encode([("from", name.as_str())])),
    })
}

fn refused(error: AccountError) -> Fault {
    match error {
        AccountError::Store(error) => error.into(),
        AccountError::Unknown => Problem::not_found("account_unknown", "no such account").into(),
        other => Problem::internal(other.to_string()).into(),
    }
}

async fn username(room: &IdentityRoom, account: &str) -> Result<String, Fault> {
    let unknown = || Problem::not_found("account_unknown", "no such account");
    let person = account.parse().map_err(|_| unknown())?;
    Ok(room.username_of(&person).await?.ok_or_else(unknown)?)
}

/// Locks an account and ends its sessions. Nobody locks themself out.
pub(crate) async fn lock_account(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(account): Path<String>,
) -> Answer {
    let name = username(&room, &account).await?;
    if visitor.require_actor()?.person.as_str() == account {
        return Err(Problem::conflict("own_account", "an administrator does not lock their own account").into());
    }
    room.lock_out(&visitor.site, &name, visitor.actor_ref()).await.map_err(refused)?;
    redirect(visitor.lang, HERE)
}

/// Opens a locked account again.
pub(crate) async fn unlock_account(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(account): Path<String>,
) -> Answer {
    let name = username(&room, &account).await?;
    room.set_locked(&name, false, visitor.actor_ref()).await.map_err(refused)?;
    redirect(visitor.lang, HERE)
}

/// Wakes the password of an account.
pub(crate) async fn wake_account(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(account): Path<String>,
) -> Answer {
    let name = username(&room, &account).await?;
    room.wake_password(&name, visitor.actor_ref()).await.map_err(refused)?;
    redirect(visitor.lang, HERE)
}

/// Ends every session of an account.
pub(crate) async fn end_account_sessions(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(account): Path<String>,
) -> Answer {
    let name = username(&room, &account).await?;
    room.end_sessions(&visitor.site, &name, visitor.actor_ref()).await.map_err(refused)?;
    redirect(visitor.lang, HERE)
}
