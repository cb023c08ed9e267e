//! Ten codes to be printed and kept in a drawer.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use haidang_ui::Page;
use haidang_web::{Answer, Fault, Visitor, html};

use super::{account_page, own_account};
use crate::credentials::prove_first;
use crate::room::IdentityRoom;

const HERE: &str = "/tai-khoan/ma-khoi-phuc";

#[derive(Template)]
#[template(path = "recovery_codes.html")]
struct CodesPage {
    page: Page,
    username: String,
    left: i64,
    /// Codes that were just made; shown this once.
    made: Vec<String>,
}

async fn build(visitor: &Visitor, room: &IdentityRoom, made: Vec<String>) -> Result<CodesPage, Fault> {
    let (actor, username) = own_account(visitor, room).await?;
    let left = room.codes_left(&actor.person).await?;
    Ok(CodesPage { page: account_page(visitor, "identity-codes-title"), username, left, made })
}

/// Shows how many codes are left.
pub(crate) async fn show_recovery_codes(visitor: Visitor, State(room): State<IdentityRoom>) -> Answer {
    html(build(&visitor, &room, Vec::new()).await?)
}

/// Makes ten new codes and shows them once: the answer is the page itself, because an address must never carry one.
pub(crate) async fn make_recovery_codes(visitor: Visitor, State(room): State<IdentityRoom>) -> Answer {
    let (actor, _) = own_account(&visitor, &room).await?;
    if !room.is_fresh(&visitor, &actor.person).await? {
        return prove_first(&visitor, HERE);
    }
    let made = room.make_recovery_codes(&visitor, &actor.person).await?;
    let mut answer = html(build(&visitor, &room, made).await?)?;
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer)
}
