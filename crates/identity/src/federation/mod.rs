//! Sign-in through the national e-identity and the national service portal, each a configuration.

use crate::room::IdentityRoom;
use haidang_web::Routes;

/// Rows of this part.
pub(crate) fn routes(room: IdentityRoom) -> Routes<IdentityRoom> {
    Routes::new("identity", room)
}
