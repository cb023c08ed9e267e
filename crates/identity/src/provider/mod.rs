//! OpenID provider: the city signs its own systems and its officials in; for citizens it stands between them and the
//! national e-identity.

use crate::room::IdentityRoom;
use haidang_web::Routes;

/// Rows of this part.
pub(crate) fn routes(room: IdentityRoom) -> Routes<IdentityRoom> {
    Routes::new("identity", room)
}
