//! What a person proves themself with (passkeys, one-time codes, recovery codes, passwords) and where they are signed in.

use crate::room::IdentityRoom;
use haidang_web::Routes;

/// Rows of this part.
pub(crate) fn routes(room: IdentityRoom) -> Routes<IdentityRoom> {
    Routes::new("identity", room)
}
