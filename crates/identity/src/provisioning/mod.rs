//! Accounts that other directories keep: a SCIM 2.0 server, and LDAP sign-in and synchronisation.

use crate::room::IdentityRoom;
use haidang_web::Routes;

/// Rows of this part.
pub(crate) fn routes(room: IdentityRoom) -> Routes<IdentityRoom> {
    Routes::new("identity", room)
}
