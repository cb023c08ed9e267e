//! Acting for somebody else: legal representatives, parents and guardians, persons authorised.

use crate::room::IdentityRoom;
use haidang_web::Routes;

/// Rows of this part.
pub(crate) fn routes(room: IdentityRoom) -> Routes<IdentityRoom> {
    Routes::new("identity", room)
}
