//! Posts, delegation of duty, and the policies that decide who may do what, with the reason.

mod deciding;
mod entities;
pub mod policies;
pub(crate) mod posts;
mod sql;
mod statements;
#[cfg(test)]
mod tests;

use crate::room::IdentityRoom;
use haidang_web::Routes;

/// Rows of this part.
pub(crate) fn routes(room: IdentityRoom) -> Routes<IdentityRoom> {
    Routes::new("identity", room)
}
