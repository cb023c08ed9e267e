//! What a person proves themself with (passkeys, one-time codes, recovery codes, passwords) and where they are signed in.

mod accounts;
mod api;
pub(crate) mod codes;
mod factor;
pub(crate) mod guessable;
mod notices;
mod pages;
mod passkeys;
mod recovery;
mod routes;
mod rules;
mod sql;

pub use accounts::ManagedAccount;
pub(crate) use pages::step_up::{PasskeyOffer, passkey_offer};
pub(crate) use routes::routes;
pub(crate) use rules::code_completes;

use haidang_contracts::actor::PersonId;
use haidang_web::{Answer, Fault, Visitor, redirect, session};
use jiff::SignedDuration;

use crate::room::IdentityRoom;

impl IdentityRoom {
    /// Whether the visitor proved themself a moment ago, with a second factor where the account has one: only then may
    /// factors be changed.
    pub(crate) async fn is_fresh(&self, visitor: &Visitor, person: &PersonId) -> Result<bool, Fault> {
        let Some(current) = session::current(visitor) else { return Ok(false) };
        let at = match self.has_second_factor(person).await? {
            true => current.second_factor_at,
            false => Some(current.authenticated_at),
        };
        let fresh = SignedDuration::try_from(visitor.site.settings.sessions.fresh_factor).unwrap_or_default();
        Ok(at.is_some_and(|at| self.inner.ambient.now().duration_since(at) <= fresh))
    }
}

/// Sends the visitor to prove themself again, and back to `here`.
pub(crate) fn prove_first(visitor: &Visitor, here: &str) -> Answer {
    redirect(visitor.lang, &format!("/dang-nhap/nang-muc?{}", haidang_web::encode([("next", here)])))
}
