//! Every statement of this room.

/// Keeps an authority; one that is known stays as it is.
pub const INSERT_AUTHORITY: &str = "INSERT INTO trust_authority (id, role, certificate, revision, created_at) VALUES ($1, $2, $3, 0, $4) ON CONFLICT (id) DO NOTHING";

/// Every authority, the oldest first.
pub const AUTHORITIES: &str =
    "SELECT id, role, certificate, revision, created_at FROM trust_authority ORDER BY created_at, id";

/// One authority.
pub const AUTHORITY: &str = "SELECT id, role, certificate, revision, created_at FROM trust_authority WHERE id = $1";

/// Marks that an authority has something new to say about its certificates.
pub const RAISE_REVISION: &str = "UPDATE trust_authority SET revision = revision + 1 WHERE id = $1";

macro_rules! certificate {
    () => {
        "authority, serial_number, purpose, subject, certificate, not_before, not_after, issued_at, revoked_at, reason"
    };
}

/// Keeps a certificate; the same one again changes nothing.
pub const INSERT_CERTIFICATE: &str = "INSERT INTO trust_certificate (authority, serial_number, purpose, subject, certificate, not_before, not_after, issued_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (authority, serial_number) DO NOTHING";

/// One certificate of an authority.
pub const CERTIFICATE: &str =
    concat!("SELECT ", certificate!(), " FROM trust_certificate WHERE authority = $1 AND serial_number = $2");

/// Certificates with a serial number, whoever issued them.
pub const BY_SERIAL: &str = concat!("SELECT ", certificate!(), " FROM trust_certificate WHERE serial_number = $1");

/// Certificates, the newest first, before a point.
pub const CERTIFICATES: &str = concat!(
    "SELECT ",
    certificate!(),
    " FROM trust_certificate WHERE (issued_at, serial_number) < ($1, $2) ORDER BY issued_at DESC, serial_number DESC LIMIT $3"
);

/// Revoked certificates of an authority, also those that have run out since: what they signed is judged for decades.
pub const REVOKED: &str = concat!(
    "SELECT ",
    certificate!(),
    " FROM trust_certificate WHERE authority = $1 AND revoked_at IS NOT NULL ORDER BY revoked_at, serial_number"
);

/// Revokes a certificate, once.
pub const REVOKE: &str = "UPDATE trust_certificate SET revoked_at = $3, reason = $4 WHERE authority = $1 AND serial_number = $2 AND revoked_at IS NULL";

/// The newest list of an authority.
pub const LIST: &str =
    "SELECT number, revision, this_update, next_update, content FROM trust_revocation_list WHERE authority = $1";

/// The first list of an authority; whoever comes second changes nothing.
pub const FIRST_LIST: &str = "INSERT INTO trust_revocation_list (authority, number, revision, this_update, next_update, content) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (authority) DO NOTHING";

/// The list after the one with number `$7`, unless somebody was faster.
pub const NEXT_LIST: &str = "UPDATE trust_revocation_list SET number = $2, revision = $3, this_update = $4, next_update = $5, content = $6 WHERE authority = $1 AND number = $7";

/// Begins the series of stamps; one that runs goes on.
pub const BEGIN_SERIES: &str =
    "INSERT INTO trust_stamp_series (id, last, last_at) VALUES ('tsa', 0, 0) ON CONFLICT (id) DO NOTHING";

/// Where the series of stamps stands; locked by whoever goes on.
pub const SERIES: &str = "SELECT last, last_at FROM trust_stamp_series WHERE id = 'tsa'";

/// Moves the series of stamps on.
pub const ADVANCE_SERIES: &str = "UPDATE trust_stamp_series SET last = $1, last_at = $2 WHERE id = 'tsa'";

/// Logs a stamp.
pub const INSERT_STAMP: &str = "INSERT INTO trust_stamp (number, at, algorithm, imprint) VALUES ($1, $2, $3, $4)";

macro_rules! holder_key {
    () => {
        "id, holder, number, person, authority, serial_number, sealed_key, pin, created_at"
    };
}

/// Keeps a key of a holder under the next number; whoever comes second changes nothing.
pub const INSERT_HOLDER_KEY: &str = "INSERT INTO trust_holder_key (id, holder, number, person, authority, serial_number, sealed_key, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (holder, number) DO NOTHING";

/// The present key of a holder.
pub const HOLDER_KEY: &str =
    concat!("SELECT ", holder_key!(), " FROM trust_holder_key WHERE holder = $1 ORDER BY number DESC LIMIT 1");

/// A key by its id.
pub const HOLDER_KEY_BY_ID: &str = concat!("SELECT ", holder_key!(), " FROM trust_holder_key WHERE id = $1");

/// The present keys of a person, one for each agency, in a stable order.
pub const KEYS_OF_PERSON: &str = "SELECT id FROM trust_holder_key AS present WHERE person = $1 AND number = (SELECT max(number) FROM trust_holder_key AS other WHERE other.holder = present.holder) ORDER BY id LIMIT 100";

/// Whether a key is its holder's present one.
pub const IS_PRESENT: &str = "SELECT max(number) AS number FROM trust_holder_key WHERE holder = $1";

/// Gives a key another PIN.
pub const SET_PIN: &str = "UPDATE trust_holder_key SET pin = $2 WHERE id = $1";

/// Begins the count of attempts at a PIN; one that runs goes on.
pub const BEGIN_ATTEMPTS: &str = "INSERT INTO trust_pin_attempt (credential, attempts, locked_until) VALUES ($1, 0, 0) ON CONFLICT (credential) DO NOTHING";

/// Attempts at a PIN; locked by whoever makes the next.
pub const ATTEMPTS: &str = "SELECT attempts, locked_until FROM trust_pin_attempt WHERE credential = $1";

/// Counts attempts at a PIN.
pub const COUNT_ATTEMPT: &str = "UPDATE trust_pin_attempt SET attempts = $2, locked_until = $3 WHERE credential = $1";

/// When the holder of a key suspended it.
pub const SUSPENDED_SINCE: &str = "SELECT since FROM trust_key_suspension WHERE credential = $1";

/// Suspends a key; one that is suspended stays so.
pub const SUSPEND_KEY: &str =
    "INSERT INTO trust_key_suspension (credential, since) VALUES ($1, $2) ON CONFLICT (credential) DO NOTHING";

/// Keeps a pass to the signing service.
pub const INSERT_PASS: &str =
    "INSERT INTO trust_key_pass (digest, credential, person, made_at, expires_at) VALUES ($1, $2, $3, $4, $5)";

/// A pass that has not ended.
pub const PASS: &str = "SELECT credential, person FROM trust_key_pass WHERE digest = $1 AND expires_at > $2";

/// Ends every pass of a key, and those of others that are over.
pub const END_PASSES: &str = "DELETE FROM trust_key_pass WHERE credential = $1 OR expires_at <= $2";

/// Opens a suspended key again.
pub const RESUME_KEY: &str = "DELETE FROM trust_key_suspension WHERE credential = $1";

/// Keeps an activation.
pub const INSERT_ACTIVATION: &str = "INSERT INTO trust_activation (digest, credential, caller, hashes, made_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)";

/// An activation that nobody has used and that has not ended.
pub const ACTIVATION: &str = "SELECT hashes FROM trust_activation WHERE digest = $1 AND credential = $2 AND caller = $3 AND used_at IS NULL AND expires_at > $4";

/// Uses an activation, once.
pub const USE_ACTIVATION: &str =
    "UPDATE trust_activation SET used_at = $2 WHERE digest = $1 AND used_at IS NULL AND expires_at > $2";

/// Forgets activations that ended before a moment.
pub const FORGET_ACTIVATIONS: &str = "DELETE FROM trust_activation WHERE expires_at < $1";
