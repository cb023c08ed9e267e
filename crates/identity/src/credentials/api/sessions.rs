//! Where the caller is signed in.

use haidang_kernel::problem::Problem;
use haidang_web::session::{self, Described};
use haidang_web::{Answer, Path, Visitor, acr, json, no_content};
use serde::Serialize;
use utoipa::ToSchema;

use crate::pages::audit;

/// A live session of the caller.
#[derive(Serialize, ToSchema)]
pub(crate) struct MySession {
    /// Name of the session, the claim `sid` of its tokens.
    session: String,
    /// What the browser said of itself, such as `Chrome · Windows`.
    device: Option<String>,
    /// How the person signed in, in words of RFC 8176.
    methods: Vec<String>,
    /// Level of the authentication.
    acr: String,
    /// Whether it is the session that asks.
    current: bool,
    /// When it began (RFC 3339).
    created_at: String,
    /// When it was last used, exact to a minute.
    last_seen_at: String,
    /// When it ends if nothing more is asked.
    ends_at: String,
}

/// Live sessions of the caller, the last used first.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionList {
    /// The sessions.
    items: Vec<MySession>,
}

/// Lists the live sessions of the caller.
pub(crate) async fn list_my_sessions(visitor: Visitor) -> Answer {
    let actor = visitor.require_actor()?;
    let current = session::current(&visitor).map(|current| current.sid.as_str());
    let view = |described: Described| MySession {
        current: current == Some(described.sid.as_str()),
        session: described.sid,
        device: described.device,
        methods: described.methods,
        acr: acr(described.assurance),
        created_at: described.created_at.to_string(),
        last_seen_at: described.last_seen_at.to_string(),
        ends_at: described.ends_at.to_string(),
    };
    let items = session::list(&visitor.site, &actor.person).await?.into_iter().map(view).collect();
    json(200, &SessionList { items })
}

/// Ends one session of the caller.
pub(crate) async fn end_my_session(visitor: Visitor, Path(session): Path<String>) -> Answer {
    let actor = visitor.require_actor()?;
    if !session::end_one(&visitor.site, &actor.person, &session).await? {
        return Err(Problem::not_found("session_unknown", "no such session of this person").into());
    }
    audit(&visitor.site.db, visitor.audit("session.one_ended", "session", &session)).await?;
    Ok(no_content())
}
