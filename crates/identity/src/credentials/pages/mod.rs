//! Pages of this part, one resource a file.

pub(crate) mod accounts;
pub(crate) mod devices;
pub(crate) mod one_time;
pub(crate) mod passkeys;
pub(crate) mod password;
pub(crate) mod recovery;
pub(crate) mod recovery_codes;
pub(crate) mod step_up;

use std::sync::Arc;

use haidang_contracts::Actor;
use haidang_kernel::problem::Problem;
use haidang_ui::{Page, Service, t};
use haidang_web::{Fault, Visitor};

use crate::room::IdentityRoom;

/// The visitor with an account of the city's own, and its name. Who signs in by the national identity has none.
pub(crate) async fn own_account(visitor: &Visitor, room: &IdentityRoom) -> Result<(Arc<Actor>, String), Fault> {
    let actor = visitor.require_actor()?.clone();
    match room.username_of(&actor.person).await? {
        Some(username) => Ok((actor, username)),
        None => Err(Problem::forbidden("no_local_account", "the person signs in elsewhere").into()),
    }
}

/// A page about somebody's own account, in the frame they work in.
pub(crate) fn account_page(visitor: &Visitor, title: &str) -> Page {
    let mut page = visitor.page(t(visitor.lang, title, &[]), "");
    page.private = true;
    if visitor.is_official() {
        page.service = Service::Office;
    }
    page
}
