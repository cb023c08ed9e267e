//! Every statement of this room.

/// Adds an item; the same key never gives a second one.
pub const INSERT: &str = "INSERT INTO vault_item (id, owner_id, key, code, title, number, issuer, issued_on, valid_until, origin, sha256, media_type, size, token, case_id, kept_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT (key) DO NOTHING";

macro_rules! columns {
    () => {
        "id, owner_id, key, code, title, number, issuer, issued_on, valid_until, origin, sha256, media_type, size, token, case_id, kept_at"
    };
}

/// Item by idempotency key.
pub const BY_KEY: &str = concat!("SELECT ", columns!(), " FROM vault_item WHERE key = $1");

/// One item of an owner.
pub const OF_OWNER_BY_ID: &str =
    concat!("SELECT ", columns!(), " FROM vault_item WHERE id = $1 AND owner_id = $2 AND hidden_at IS NULL");

/// An owner's items, newest first, before a point.
pub const OF_OWNER: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM vault_item WHERE owner_id = $1 AND hidden_at IS NULL AND (kept_at, id) < ($2, $3) ORDER BY kept_at DESC, id DESC LIMIT $4"
);

/// As [`OF_OWNER`], only what an agency issued or digitised and is still valid on the day `$5`.
pub const VALID_OF_OWNER: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM vault_item WHERE owner_id = $1 AND hidden_at IS NULL AND (kept_at, id) < ($2, $3) AND origin <> 'uploaded' AND (valid_until IS NULL OR valid_until >= $5) ORDER BY kept_at DESC, id DESC LIMIT $4"
);

/// As [`OF_OWNER`], only what the owner uploaded.
pub const UPLOADED_OF_OWNER: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM vault_item WHERE owner_id = $1 AND hidden_at IS NULL AND (kept_at, id) < ($2, $3) AND origin = 'uploaded' ORDER BY kept_at DESC, id DESC LIMIT $4"
);

/// How many items an owner has: all, valid on a day, uploaded.
pub const COUNTS: &str = "SELECT COUNT(*) AS every, COUNT(CASE WHEN origin <> 'uploaded' AND (valid_until IS NULL OR valid_until >= $2) THEN 1 END) AS valid, COUNT(CASE WHEN origin = 'uploaded' THEN 1 END) AS uploaded FROM vault_item WHERE owner_id = $1 AND hidden_at IS NULL";

/// Keeps a question about an access; asking again changes nothing.
pub const INSERT_QUESTION: &str = "INSERT INTO vault_access_question (id, audit_id, owner_id, asked_by, agency, action, access_at, asked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (owner_id, audit_id) DO NOTHING";

/// Questions of an owner about accesses between two audit ids, both included.
pub const QUESTIONS_OF_OWNER: &str =
    "SELECT audit_id, asked_at FROM vault_access_question WHERE owner_id = $1 AND audit_id >= $2 AND audit_id <= $3";

/// Questions of everybody, oldest first, after an id.
pub const QUESTIONS: &str = "SELECT id, audit_id, agency, action, access_at, asked_at FROM vault_access_question WHERE id > $1 ORDER BY id LIMIT $2";

/// All of an owner's items that may be offered, newest first; codes are compared in the room.
pub const OFFERS: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM vault_item WHERE owner_id = $1 AND hidden_at IS NULL AND (valid_until IS NULL OR valid_until >= $2) ORDER BY kept_at DESC, id DESC LIMIT 200"
);

/// Whether a file is still needed by a vault.
pub const HASH_IN_USE: &str = "SELECT 1 AS found FROM vault_item WHERE sha256 = $1 LIMIT 1";
