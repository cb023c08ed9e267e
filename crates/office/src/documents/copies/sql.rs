//! Every statement of certified copies.

macro_rules! columns {
    () => {
        "id, agency, form, state, revision, source_kind, source, original, pages, recipients, signer, signer_name, file_sha256, file_pages, places, block, code_number, code_notation, copied_on, copied_at, signed_at, token, asked_by, asked_name, asked_at, changed_at"
    };
}

/// Asks for a copy.
pub const INSERT: &str = "INSERT INTO office_copy (id, agency, form, state, revision, source_kind, source, source_sha256, original, pages, recipients, signer, signer_name, file_sha256, file_pages, places, block, token, asked_by, asked_name, asked_at, changed_at) \
    VALUES ($1, $2, $3, 'asked', 1, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $19)";

/// One copy.
pub const ONE: &str = concat!("SELECT ", columns!(), " FROM office_copy WHERE id = $1");

/// An issued copy by its public token.
pub const BY_TOKEN: &str = concat!("SELECT ", columns!(), " FROM office_copy WHERE token = $1 AND state = 'issued'");

/// An issued copy by its file.
pub const BY_FILE: &str =
    concat!("SELECT ", columns!(), " FROM office_copy WHERE file_sha256 = $1 AND state = 'issued'");

/// Copies, to be narrowed.
pub const LIST: &str = concat!("SELECT ", columns!(), " FROM office_copy");

/// Moves a copy that stands where the decision saw it.
pub const MOVE: &str = "UPDATE office_copy SET state = $4, revision = revision + 1, file_sha256 = $5, changed_at = $6 WHERE id = $1 AND state = $2 AND revision = $3";

/// The person signed, under which delegation.
pub const SIGNED: &str = "UPDATE office_copy SET signed_at = $2, delegation = $3 WHERE id = $1";

/// The number, once.
pub const NUMBERED: &str = "UPDATE office_copy SET register = $2, code_number = $3, code_notation = $4, copied_on = $5 WHERE id = $1 AND code_number IS NULL";

/// The organ closed it.
pub const CLOSED: &str = "UPDATE office_copy SET copied_at = $2 WHERE id = $1";

/// Adds to the history.
pub const INSERT_EVENT: &str = "INSERT INTO office_copy_event (id, copy, seq, action, words, sha256, acted_by, acted_name, post, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

/// The history, newest first.
pub const EVENTS: &str =
    "SELECT action, words, sha256, acted_name, post, at FROM office_copy_event WHERE copy = $1 ORDER BY seq DESC";
