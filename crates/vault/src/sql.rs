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

/// Complaints about accesses, the open ones first, then the newest.
pub const COMPLAINTS: &str = "SELECT id, audit_id, owner_id, asked_by, agency, action, access_at, asked_at, state, answer, answered_at FROM vault_access_question ORDER BY CASE WHEN state = 'OPEN' THEN 0 ELSE 1 END, id DESC LIMIT $1";

/// Complaints about accesses of one agency, in the same order.
pub const COMPLAINTS_OF_AGENCY: &str = "SELECT id, audit_id, owner_id, asked_by, agency, action, access_at, asked_at, state, answer, answered_at FROM vault_access_question WHERE agency = $1 ORDER BY CASE WHEN state = 'OPEN' THEN 0 ELSE 1 END, id DESC LIMIT $2";

/// One complaint.
pub const COMPLAINT: &str = "SELECT id, audit_id, owner_id, asked_by, agency, action, access_at, asked_at, state, answer, answered_at FROM vault_access_question WHERE id = $1";

/// Answers a complaint, once.
pub const ANSWER_QUESTION: &str = "UPDATE vault_access_question SET state = $2, answer = $3, answered_by = $4, answered_at = $5 WHERE id = $1 AND state = 'OPEN'";

/// Complaints of an owner about accesses between two audit ids, both included, with what was answered.
pub const COMPLAINTS_OF_OWNER: &str = "SELECT id, audit_id, owner_id, asked_by, agency, action, access_at, asked_at, state, answer, answered_at FROM vault_access_question WHERE owner_id = $1 AND audit_id >= $2 AND audit_id <= $3";

/// Keeps an access that the person sees later.
pub const INSERT_DELAYED: &str = "INSERT INTO vault_delayed_access (audit_id, agency, purpose, legal_basis, at, visible_from) VALUES ($1, $2, $3, $4, $5, $6)";

/// Accesses that people see later, the last to be seen first.
pub const DELAYED: &str = "SELECT audit_id, agency, purpose, legal_basis, at, visible_from FROM vault_delayed_access ORDER BY visible_from DESC, audit_id DESC LIMIT $1";

/// Asks to open somebody's documents in an emergency.
pub const INSERT_EMERGENCY: &str = "INSERT INTO vault_emergency (id, subject_id, agency, reason, state, asked_by, asked_name, asked_at) VALUES ($1, $2, $3, $4, 'ASKED', $5, $6, $7)";

/// Answers it, once.
pub const ANSWER_EMERGENCY: &str = "UPDATE vault_emergency SET state = $2, answered_by = $3, answered_name = $4, answered_at = $5 WHERE id = $1 AND state = 'ASKED' AND asked_by <> $3";

/// One emergency access.
pub const EMERGENCY: &str = "SELECT id, subject_id, agency, reason, state, asked_by, asked_name, asked_at, answered_by, answered_name, answered_at FROM vault_emergency WHERE id = $1";

/// Emergency accesses of an agency, newest first.
pub const EMERGENCIES: &str = "SELECT id, subject_id, agency, reason, state, asked_by, asked_name, asked_at, answered_by, answered_name, answered_at FROM vault_emergency WHERE agency = $1 ORDER BY asked_at DESC, id DESC LIMIT 100";
