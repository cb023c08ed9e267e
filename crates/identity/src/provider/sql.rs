//! Every statement of the provider, one text for both databases.

pub(crate) const CLIENTS: &str = "SELECT id, name, profile, state, approved_until, metadata, secret_sha256, created_at, suspended_at FROM identity_client ORDER BY id";

pub(crate) const INSERT_CLIENT: &str = "INSERT INTO identity_client (id, name, profile, state, approved_until, metadata, secret_sha256, created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)";

pub(crate) const CLIENT_EXISTS: &str = "SELECT id FROM identity_client WHERE id = $1";

/// A client is never deleted, so that the audit can name it for ever.
pub(crate) const SET_CLIENT_STATE: &str =
    "UPDATE identity_client SET state = $2, approved_until = $3, changed_at = $4 WHERE id = $1";

/// What the client registered, and its name; a client that changed it waits for an approval again.
pub(crate) const SET_CLIENT_FACTS: &str = "UPDATE identity_client SET name = $2, profile = $3, metadata = $4, state = $5, approved_until = $6, changed_at = $7 WHERE id = $1";

pub(crate) const SET_CLIENT_SCOPE: &str = "UPDATE identity_client SET metadata = $2, changed_at = $3 WHERE id = $1";

pub(crate) const SET_CLIENT_SUSPENDED: &str =
    "UPDATE identity_client SET suspended_at = $2, changed_at = $3 WHERE id = $1";

pub(crate) const SET_CLIENT_SECRET: &str =
    "UPDATE identity_client SET secret_sha256 = $2, changed_at = $3 WHERE id = $1";

pub(crate) const SET_CLIENT_REGISTRATION: &str =
    "UPDATE identity_client SET registration_sha256 = $2, changed_at = $3 WHERE id = $1";

/// The digest of the token by which a client manages its own registration.
pub(crate) const CLIENT_REGISTRATION: &str = "SELECT registration_sha256 FROM identity_client WHERE id = $1";

pub(crate) const INSERT_REGISTRATION_TOKEN: &str = "INSERT INTO identity_registration_token (id, token_sha256, name, made_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)";

/// One token, one registration: whoever changes the row registers.
pub(crate) const USE_REGISTRATION_TOKEN: &str = "UPDATE identity_registration_token SET used_at = $2, client = $3 WHERE token_sha256 = $1 AND used_at IS NULL AND expires_at > $2";

/// Whether a token may still register somebody.
pub(crate) const REGISTRATION_TOKEN: &str =
    "SELECT id FROM identity_registration_token WHERE token_sha256 = $1 AND used_at IS NULL AND expires_at > $2";

/// The newest tokens for registering, used or not.
pub(crate) const REGISTRATION_TOKENS: &str = "SELECT id, name, created_at, expires_at, used_at, client FROM identity_registration_token ORDER BY created_at DESC, id DESC LIMIT $1";

pub(crate) const INSERT_DEVICE_GRANT: &str = "INSERT INTO identity_device_grant (id, device_sha256, user_code_hmac, client, scopes, resource, place, family, state, interval_seconds, begun_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'WAITING', $9, $10, $11) ON CONFLICT (user_code_hmac) DO NOTHING";

pub(crate) const DEVICE_GRANT: &str = "SELECT id, client, scopes, resource, place, family, state, person, facts, interval_seconds, polled_at, begun_at, expires_at FROM identity_device_grant WHERE id = $1";

pub(crate) const DEVICE_GRANT_BY_DEVICE: &str = "SELECT id, client, scopes, resource, place, family, state, person, facts, interval_seconds, polled_at, begun_at, expires_at FROM identity_device_grant WHERE device_sha256 = $1";

/// The first who types the code has it; a second person finds nothing.
pub(crate) const TAKE_DEVICE_GRANT: &str = "UPDATE identity_device_grant SET person = $2 WHERE user_code_hmac = $1 AND state = 'WAITING' AND expires_at > $3 AND (person IS NULL OR person = $2)";

pub(crate) const TAKEN_DEVICE_GRANT: &str =
    "SELECT id FROM identity_device_grant WHERE user_code_hmac = $1 AND person = $2";

/// A waiting device is answered once, by the one who typed its code.
pub(crate) const DECIDE_DEVICE_GRANT: &str =
    "UPDATE identity_device_grant SET state = $3, facts = $4 WHERE id = $1 AND person = $2 AND state = 'WAITING'";

pub(crate) const POLLED_DEVICE_GRANT: &str =
    "UPDATE identity_device_grant SET polled_at = $2, interval_seconds = $3 WHERE id = $1";

/// An approved device has its tokens once: whoever changes the row has them.
pub(crate) const USE_DEVICE_GRANT: &str =
    "UPDATE identity_device_grant SET state = 'USED', used_at = $2 WHERE device_sha256 = $1 AND state = 'APPROVED'";

/// On what a family of tokens rests, so that it ends when that does.
pub(crate) const PUT_FAMILY: &str = "INSERT INTO identity_token_family (family, client, person, principal, purposes, begun_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (family) DO NOTHING";

/// Families of tokens by which somebody, or somebody for them, signed in and is not yet over.
pub(crate) const FAMILIES_OF: &str = "SELECT family, client, person, principal, purposes, begun_at FROM identity_token_family WHERE person = $1 OR principal = $1 ORDER BY family";

/// What a person let systems know, for their own page.
pub(crate) const GRANTS_OF: &str = "SELECT client, scopes, granted_at FROM identity_client_grant WHERE person = $1 AND revoked_at IS NULL ORDER BY granted_at DESC, client";

pub(crate) const RESOURCES: &str =
    "SELECT audience, scopes, token_format, access_seconds, client FROM identity_resource_server ORDER BY audience";

pub(crate) const PUT_RESOURCE: &str = "INSERT INTO identity_resource_server (audience, scopes, token_format, access_seconds, client, created_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (audience) DO UPDATE SET scopes = excluded.scopes, token_format = excluded.token_format, access_seconds = excluded.access_seconds, client = excluded.client";

/// What a person agreed to give a client, unless it was withdrawn.
pub(crate) const GRANT: &str =
    "SELECT scopes FROM identity_client_grant WHERE person = $1 AND client = $2 AND revoked_at IS NULL";

pub(crate) const PUT_GRANT: &str = "INSERT INTO identity_client_grant (person, client, scopes, granted_at) VALUES ($1, $2, $3, $4) ON CONFLICT (person, client) DO UPDATE SET scopes = excluded.scopes, granted_at = excluded.granted_at, revoked_at = NULL";

pub(crate) const REVOKE_GRANT: &str = "UPDATE identity_client_grant SET revoked_at = $3 WHERE person = $1 AND client = $2 AND revoked_at IS NULL AND granted_at <= $4";

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

pub(crate) const ACTIVATE_KEY: &str = "UPDATE identity_signing_key SET active_from = $2 WHERE kid = $1";

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
    "DELETE FROM identity_device_grant WHERE expires_at < $1",
    "DELETE FROM identity_token_family WHERE expires_at < $1",
    "DELETE FROM identity_seen WHERE expires_at < $1",
];

pub(crate) const SWEEP_RELYING: &str = "DELETE FROM identity_relying_session WHERE begun_at < $1";
