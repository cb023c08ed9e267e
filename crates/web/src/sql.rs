//! Every statement of this room.

/// Begins a session.
pub(crate) const INSERT_SESSION: &str = "INSERT INTO web_session (id, person, on_behalf_of, assurance, second_factor_at, created_at, last_seen_at, idle_seconds, expires_at, sid, methods, authenticated_at, upstream, device) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

/// One session by the digest of its token.
pub(crate) const SESSION: &str = "SELECT id, person, on_behalf_of, assurance, second_factor_at, created_at, last_seen_at, idle_seconds, expires_at, sid, methods, authenticated_at, upstream, device FROM web_session WHERE id = $1";

/// One session by the name other systems know it by.
pub(crate) const SESSION_BY_SID: &str = "SELECT id, person, on_behalf_of, assurance, second_factor_at, created_at, last_seen_at, idle_seconds, expires_at, sid, methods, authenticated_at, upstream, device FROM web_session WHERE sid = $1";

/// Sessions of a person, the last used first.
pub(crate) const SESSIONS_OF: &str = "SELECT id, person, on_behalf_of, assurance, second_factor_at, created_at, last_seen_at, idle_seconds, expires_at, sid, methods, authenticated_at, upstream, device FROM web_session WHERE person = $1 ORDER BY last_seen_at DESC, id LIMIT 200";

/// The session was used.
pub(crate) const TOUCH_SESSION: &str = "UPDATE web_session SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2";

/// The session was used through another system.
pub(crate) const TOUCH_SESSION_BY_SID: &str =
    "UPDATE web_session SET last_seen_at = $2 WHERE sid = $1 AND last_seen_at < $2";

/// The session acts for somebody, or for its own person again.
pub(crate) const ACT_FOR: &str = "UPDATE web_session SET on_behalf_of = $2 WHERE id = $1";

/// Ends one session.
pub(crate) const DELETE_SESSION: &str = "DELETE FROM web_session WHERE id = $1 RETURNING sid";

/// Ends all sessions of a person but one (empty text: all).
pub(crate) const DELETE_SESSIONS_OF: &str = "DELETE FROM web_session WHERE person = $1 AND id <> $2 RETURNING sid";

/// Ends the session of this person that others know by this name.
pub(crate) const DELETE_SESSION_BY_SID: &str = "DELETE FROM web_session WHERE sid = $1 AND person = $2 RETURNING sid";

/// Sweeps sessions that are over.
pub(crate) const SWEEP_SESSIONS: &str = "DELETE FROM web_session WHERE expires_at < $1";

/// Takes an idempotency key; no row comes back when somebody has it.
pub(crate) const CLAIM_KEY: &str = "INSERT INTO web_idempotency (id, route, fingerprint, state, created_at) VALUES ($1, $2, $3, 'running', $4) ON CONFLICT (id) DO NOTHING RETURNING id";

/// What is known of an idempotency key.
pub(crate) const KEY: &str =
    "SELECT fingerprint, state, status, media_type, location, body, created_at FROM web_idempotency WHERE id = $1";

/// Takes over a key whose request never came to an end.
pub(crate) const RECLAIM_KEY: &str =
    "UPDATE web_idempotency SET created_at = $2 WHERE id = $1 AND state = 'running' AND created_at = $3 RETURNING id";

/// Keeps the answer.
pub(crate) const FINISH_KEY: &str =
    "UPDATE web_idempotency SET state = 'done', status = $2, media_type = $3, location = $4, body = $5 WHERE id = $1";

/// Gives the key back: the request failed by our fault and may be tried again.
pub(crate) const RELEASE_KEY: &str = "DELETE FROM web_idempotency WHERE id = $1 AND state = 'running'";

/// Sweeps keys older than a day.
pub(crate) const SWEEP_KEYS: &str = "DELETE FROM web_idempotency WHERE created_at < $1";
