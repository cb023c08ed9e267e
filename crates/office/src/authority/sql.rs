//! Every statement of mandates and delegations.

macro_rules! mandate {
    () => {
        "SELECT id, agency, person_id, form, post, collective, basis, valid_from, valid_to, given_by, given_at, ended_by, ended_at, end_reason FROM office_mandate"
    };
}

macro_rules! delegation {
    () => {
        "SELECT id, agency, person_id, form, from_post, post, kinds, fields, basis, basis_document, reason, valid_from, valid_to, given_by, given_at, ended_by, ended_at, end_reason FROM office_delegation"
    };
}

/// Heads of an agency, the newest first.
pub const MANDATES: &str = concat!(mandate!(), " WHERE agency = $1 ORDER BY valid_from DESC, id DESC");

/// Delegations to one person in an agency, the newest first.
pub const DELEGATIONS_OF: &str =
    concat!(delegation!(), " WHERE agency = $1 AND person_id = $2 ORDER BY valid_from DESC, id DESC");

/// One mandate.
pub const MANDATE: &str = concat!(mandate!(), " WHERE id = $1");

/// One delegation.
pub const DELEGATION: &str = concat!(delegation!(), " WHERE id = $1");

/// Delegations of an agency, the newest first.
pub const DELEGATIONS: &str = concat!(delegation!(), " WHERE agency = $1 ORDER BY valid_from DESC, id DESC");

/// Whoever names heads of an agency does it one after another: the row is locked to the end of the transaction.
pub const TOUCH_AGENCY: &str = "INSERT INTO office_authority_agency (agency, touched_at) VALUES ($1, $2) ON CONFLICT (agency) DO UPDATE SET touched_at = excluded.touched_at";

/// Adds a mandate.
pub const INSERT_MANDATE: &str = "INSERT INTO office_mandate (id, agency, person_id, form, post, collective, basis, valid_from, valid_to, given_by, given_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

/// Adds a delegation.
pub const INSERT_DELEGATION: &str = "INSERT INTO office_delegation (id, agency, person_id, form, from_post, post, kinds, fields, basis, basis_document, reason, valid_from, valid_to, given_by, given_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";

/// Ends a mandate, once.
pub const END_MANDATE: &str =
    "UPDATE office_mandate SET ended_by = $2, ended_at = $3, end_reason = $4 WHERE id = $1 AND ended_at IS NULL";

/// Ends a delegation, once.
pub const END_DELEGATION: &str =
    "UPDATE office_delegation SET ended_by = $2, ended_at = $3, end_reason = $4 WHERE id = $1 AND ended_at IS NULL";
