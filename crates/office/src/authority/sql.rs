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
