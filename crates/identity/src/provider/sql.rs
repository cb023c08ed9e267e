//! Every statement of the provider, one text for both databases.

pub(crate) const CLIENTS: &str = "SELECT id, name, profile, state, approved_until, metadata, secret_sha256, created_at FROM identity_client ORDER BY id";

pub(crate) const INSERT_CLIENT: &str = "INSERT INTO identity_client (id, name, profile, state, approved_until, metadata, secret_sha256, created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)";

pub(crate) const CLIENT_EXISTS: &str = "SELECT id FROM identity_client WHERE id = $1";

/// A client is never deleted, so that the audit can name it for ever.
pub(crate) const SET_CLIENT_STATE: &str =
    "UPDATE identity_client SET state = $2, approved_until = $3, changed_at = $4 WHERE id = $1";

pub(crate) const RESOURCES: &str =
    "SELECT audience, scopes, token_format, access_seconds, client FROM identity_resource_server ORDER BY audience";

pub(crate) const PUT_RESOURCE: &str = "INSERT INTO identity_resource_server (audience, scopes, token_format, access_seconds, client, created_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (audience) DO UPDATE SET scopes = excluded.scopes, token_format = excluded.token_format, access_seconds = excluded.access_seconds, client = excluded.client";

/// What a person agreed to give a client, unless it was withdrawn.
pub(crate) const GRANT: &str =
    "SELECT scopes FROM identity_client_grant WHERE person = $1 AND client = $2 AND revoked_at IS NULL";

pub(crate) const PUT_GRANT: &str = "INSERT INTO identity_client_grant (person, client, scopes, granted_at) VALUES ($1, $2, $3, $4) ON CONFLICT (person, client) DO UPDATE SET scopes = excluded.scopes, granted_at = excluded.granted_at, revoked_at = NULL";

pub(crate) const REVOKE_GRANT: &str =
    "UPDATE identity_client_grant SET revoked_at = $3 WHERE person = $1 AND client = $2 AND revoked_at IS NULL";

pub(crate) const INSERT_PUSHED: &str =
    "INSERT INTO identity_pushed_request (id, client, request, expires_at) VALUES ($1, $2, $3, $4)";

pub(crate) const PUSHED: &str =
    "SELECT client, request, expires_at, used_at FROM identity_pushed_request WHERE id = $1";

/// A pushed request leads to one answer: two browsers cannot both finish it.
pub(crate) const USE_PUSHED: &str = "UPDATE identity_pushed_request SET used_at = $2 WHERE id = $1 AND used_at IS NULL";

pub(crate) const INSERT_AUTHORIZATION: &str = "INSERT INTO identity_authorization (id, client, request, pushed, person, browser_sha256, begun_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

pub(crate) const AUTHORIZATION: &str = "SELECT id, client, request, pushed, person, browser_sha256, begun_at, expires_at, done_at FROM identity_authorization WHERE id = $1";

pub(crate) const FINISH_AUTHORIZATION: &str =
    "UPDATE identity_authorization SET done_at = $2 WHERE id = $1 AND done_at IS NULL";

pub(crate) const INSERT_CODE: &str = "INSERT INTO identity_code (code_sha256, client, family, request, facts, expires_at) VALUES ($1, $2, $3, $4, $5, $6)";

pub(crate) const CODE: &str =
    "SELECT client, family, request, facts, expires_at, used_at FROM identity_code WHERE code_sha256 = $1";

/// One code, one use: whoever changes the row has it.
pub(crate) const USE_CODE: &str = "UPDATE identity_code SET used_at = $2 WHERE code_sha256 = $1 AND used_at IS NULL";

pub(crate) const INSERT_TOKEN: &str = "INSERT INTO identity_issued_token (id, client, family, sid, audience, content, expires_at, revoked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// Denies a token of which no row was kept when it was issued.
pub(crate) const DENY_TOKEN: &str = "INSERT INTO identity_issued_token (id, client, audience, content, expires_at, revoked_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET revoked_at = excluded.revoked_at";

pub(crate) const TOKEN: &str =
    "SELECT client, family, sid, audience, content, expires_at, revoked_at FROM identity_issued_token WHERE id = $1";

pub(crate) const REVOKE_TOKENS_OF_FAMILY: &str =
    "UPDATE identity_issued_token SET revoked_at = $2 WHERE family = $1 AND revoked_at IS NULL";

pub(crate) const REVOKE_TOKENS_OF_SESSION: &str =
    "UPDATE identity_issued_token SET revoked_at = $2 WHERE sid = $1 AND revoked_at IS NULL";

pub(crate) const INSERT_REFRESH: &str = "INSERT INTO identity_refresh_token (token_sha256, family, client, sid, content, expires_at) VALUES ($1, $2, $3, $4, $5, $6)";

pub(crate) const REFRESH: &str = "SELECT family, client, sid, content, expires_at, rotated_at, revoked_at FROM identity_refresh_token WHERE token_sha256 = $1";

/// A rotated token has one successor: whoever changes the row makes it.
pub(crate) const ROTATE_REFRESH: &str = "UPDATE identity_refresh_token SET rotated_at = $2 WHERE token_sha256 = $1 AND rotated_at IS NULL AND revoked_at IS NULL";

pub(crate) const REVOKE_REFRESH_OF_FAMILY: &str =
    "UPDATE identity_refresh_token SET revoked_at = $2 WHERE family = $1 AND revoked_at IS NULL";

pub(crate) const REVOKE_REFRESH_OF_SESSION: &str =
    "UPDATE identity_refresh_token SET revoked_at = $2 WHERE sid = $1 AND revoked_at IS NULL";

/// Remembers a one-time value; no row changes when it was seen before.
pub(crate) const SEE: &str =
    "INSERT INTO identity_seen (seen_key, expires_at) VALUES ($1, $2) ON CONFLICT (seen_key) DO NOTHING";

pub(crate) const KEYS: &str = "SELECT kid, algorithm, public_key, sealed_key, created_at, active_from FROM identity_signing_key ORDER BY active_from, kid";

pub(crate) const INSERT_KEY: &str = "INSERT INTO identity_signing_key (kid, algorithm, public_key, sealed_key, created_at, active_from) VALUES ($1, $2, $3, $4, $5, $6)";

pub(crate) const DELETE_KEY: &str = "DELETE FROM identity_signing_key WHERE kid = $1";

pub(crate) const PUT_RELYING: &str = "INSERT INTO identity_relying_session (sid, client, person, begun_at) VALUES ($1, $2, $3, $4) ON CONFLICT (sid, client) DO UPDATE SET begun_at = excluded.begun_at";

pub(crate) const RELYING: &str = "SELECT client, person FROM identity_relying_session WHERE sid = $1 ORDER BY client";

pub(crate) const FORGET_RELYING: &str = "DELETE FROM identity_relying_session WHERE sid = $1";

/// What is over and no longer asked for, one table a statement.
pub(crate) const SWEEPS: &[&str] = &[
    "DELETE FROM identity_pushed_request WHERE expires_at < $1",
    "DELETE FROM identity_authorization WHERE expires_at < $1",
    "DELETE FROM identity_code WHERE expires_at < $1",
    "DELETE FROM identity_issued_token WHERE expires_at < $1",
    "DELETE FROM identity_refresh_token WHERE expires_at < $1",
    "DELETE FROM identity_seen WHERE expires_at < $1",
];

pub(crate) const SWEEP_RELYING: &str = "DELETE FROM identity_relying_session WHERE begun_at < $1";
