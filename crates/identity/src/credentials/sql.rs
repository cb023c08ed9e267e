//! Every statement of this part.

/// Password hash and second factor of a person.
pub(crate) const CREDENTIAL_OF: &str =
    "SELECT username, password_hash, totp_secret, totp_sealed FROM identity_credential WHERE person = $1";

/// The next secrets still kept in clear, from before they were sealed.
pub(crate) const CLEAR_SECRETS: &str =
    "SELECT person, totp_secret FROM identity_credential WHERE totp_secret IS NOT NULL LIMIT 100";

/// Puts a sealed secret in the place of a clear one.
pub(crate) const SEAL_SECRET: &str =
    "UPDATE identity_credential SET totp_sealed = $2, totp_secret = NULL WHERE person = $1 AND totp_secret IS NOT NULL";

/// A new secret with the step that proved it, so that the proving code cannot be used again.
pub(crate) const SET_SECRET: &str = "UPDATE identity_credential SET totp_sealed = $2, totp_secret = NULL, totp_last_step = $3, changed_at = $4 WHERE person = $1";

/// The second factor is gone.
pub(crate) const DROP_SECRET: &str =
    "UPDATE identity_credential SET totp_sealed = NULL, totp_secret = NULL, changed_at = $2 WHERE person = $1";

/// One credential by its identifier at the authenticator.
pub(crate) const PASSKEY_BY_CREDENTIAL: &str = "SELECT passkey.id AS id, passkey.person AS person, passkey.name AS name, passkey.state AS state, passkey.verifies AS verifies, passkey.synced AS synced, passkey.created_at AS created_at, passkey.last_used_at AS last_used_at, passkey.flagged_at AS flagged_at, person.locked AS locked FROM identity_passkey AS passkey JOIN identity_person AS person ON person.id = passkey.person WHERE passkey.credential = $1";

/// The keys of a person, the first one first.
pub(crate) const PASSKEYS_OF: &str = "SELECT passkey.id AS id, passkey.person AS person, passkey.name AS name, passkey.state AS state, passkey.verifies AS verifies, passkey.synced AS synced, passkey.created_at AS created_at, passkey.last_used_at AS last_used_at, passkey.flagged_at AS flagged_at, person.locked AS locked FROM identity_passkey AS passkey JOIN identity_person AS person ON person.id = passkey.person WHERE passkey.person = $1 ORDER BY passkey.id";

pub(crate) const INSERT_PASSKEY: &str = "INSERT INTO identity_passkey (id, person, credential, name, state, counter, verifies, synced, created_at, last_used_at, flagged_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, NULL)";

/// A key was used. The counter must have moved unless the authenticator counts nothing: two answers with one count
/// cannot both pass.
pub(crate) const USE_PASSKEY: &str = "UPDATE identity_passkey SET state = $2, counter = $3, synced = $4, last_used_at = $5 WHERE id = $1 AND flagged_at IS NULL AND (counter < $3 OR (counter = 0 AND $3 = 0))";

/// A key whose counter went back is used no more.
pub(crate) const FLAG_PASSKEY: &str =
    "UPDATE identity_passkey SET flagged_at = $2 WHERE id = $1 AND flagged_at IS NULL";

pub(crate) const DELETE_PASSKEY: &str = "DELETE FROM identity_passkey WHERE id = $1 AND person = $2";

pub(crate) const INSERT_CEREMONY: &str =
    "INSERT INTO identity_ceremony (id, purpose, person, bound_to, state, expires_at) VALUES ($1, $2, $3, $4, $5, $6)";

/// Takes a ceremony: whoever answers it first has used it up, also with a wrong answer.
pub(crate) const TAKE_CEREMONY: &str =
    "DELETE FROM identity_ceremony WHERE id = $1 RETURNING purpose, person, bound_to, state, expires_at";

pub(crate) const SWEEP_CEREMONIES: &str = "DELETE FROM identity_ceremony WHERE expires_at < $1";

/// A secret that waits for its first right code.
pub(crate) const PUT_ENROLMENT: &str = "INSERT INTO identity_enrolment (person, sealed, expires_at) VALUES ($1, $2, $3) ON CONFLICT (person) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at";

pub(crate) const ENROLMENT: &str = "SELECT sealed FROM identity_enrolment WHERE person = $1 AND expires_at > $2";

pub(crate) const END_ENROLMENT: &str = "DELETE FROM identity_enrolment WHERE person = $1";

pub(crate) const SWEEP_ENROLMENTS: &str = "DELETE FROM identity_enrolment WHERE expires_at < $1";

pub(crate) const DROP_CODES: &str = "DELETE FROM identity_recovery_code WHERE person = $1";

pub(crate) const INSERT_CODE: &str =
    "INSERT INTO identity_recovery_code (id, person, code_sha256, created_at, used_at) VALUES";

pub(crate) const CODES_LEFT: &str =
    "SELECT CAST(count(*) AS BIGINT) AS n FROM identity_recovery_code WHERE person = $1 AND used_at IS NULL";

/// A recovery code of an account, asked the same way whether the account exists or not. A code that began a recovery
/// is used, and still completes it.
pub(crate) const CODE_OF_ACCOUNT: &str = "SELECT code.id AS id, code.used_at AS used_at, credential.person AS person, person.full_name AS full_name, person.locked AS locked FROM identity_credential AS credential JOIN identity_person AS person ON person.id = credential.person JOIN identity_recovery_code AS code ON code.person = credential.person WHERE credential.username = $1 AND code.code_sha256 = $2";

/// One code works once.
pub(crate) const USE_CODE: &str = "UPDATE identity_recovery_code SET used_at = $2 WHERE id = $1 AND used_at IS NULL";

pub(crate) const INSERT_RECOVERY: &str =
    "INSERT INTO identity_recovery (id, person, code, requested_at, ready_at) VALUES ($1, $2, $3, $4, $5)";

/// The recovery a code began.
pub(crate) const RECOVERY_OF_CODE: &str =
    "SELECT id, ready_at FROM identity_recovery WHERE code = $1 AND ended_at IS NULL";

/// A recovery of this person that waits.
pub(crate) const OPEN_RECOVERY: &str =
    "SELECT ready_at FROM identity_recovery WHERE person = $1 AND ended_at IS NULL ORDER BY ready_at DESC LIMIT 1";

pub(crate) const END_RECOVERIES: &str =
    "UPDATE identity_recovery SET ended_at = $2, outcome = $3 WHERE person = $1 AND ended_at IS NULL";

pub(crate) const INSERT_NOTICE: &str =
    "INSERT INTO identity_notice (id, person, kind, device, created_at) VALUES ($1, $2, $3, $4, $5)";

/// What the person has not put away yet, the newest first.
pub(crate) const NOTICES: &str = "SELECT id, kind, device, created_at FROM identity_notice WHERE person = $1 AND seen_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 20";

pub(crate) const SEE_NOTICES: &str = "UPDATE identity_notice SET seen_at = $2 WHERE person = $1 AND seen_at IS NULL";

pub(crate) const SWEEP_NOTICES: &str = "DELETE FROM identity_notice WHERE created_at < $1";

pub(crate) const DEVICES: &str = "SELECT device_key FROM identity_device WHERE person = $1";

pub(crate) const PUT_DEVICE: &str = "INSERT INTO identity_device (person, device_key, last_seen_at) VALUES ($1, $2, $3) ON CONFLICT (person, device_key) DO UPDATE SET last_seen_at = excluded.last_seen_at";

pub(crate) const SWEEP_DEVICES: &str = "DELETE FROM identity_device WHERE last_seen_at < $1";

/// Accounts for administrators, by name, from one name on.
pub(crate) const ACCOUNTS: &str = "SELECT credential.username AS username, person.id AS id, person.full_name AS full_name, person.locked AS locked, CAST(CASE WHEN credential.totp_secret IS NOT NULL OR credential.totp_sealed IS NOT NULL THEN 1 ELSE 0 END AS BIGINT) AS codes, (SELECT CAST(count(*) AS BIGINT) FROM identity_passkey AS passkey WHERE passkey.person = person.id AND passkey.flagged_at IS NULL) AS passkeys FROM identity_credential AS credential JOIN identity_person AS person ON person.id = credential.person WHERE credential.username >= $1 ORDER BY credential.username LIMIT $2";

/// Account name of a person.
pub(crate) const USERNAME: &str = "SELECT username FROM identity_credential WHERE person = $1";
