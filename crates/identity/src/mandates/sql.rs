//! Statements about mandates.

macro_rules! columns {
    () => {
        "mandate.id AS id, mandate.principal AS principal, mandate.delegate AS delegate, mandate.delegate_name AS delegate_name, mandate.source_document AS source_document, mandate.procedures AS procedures, mandate.valid_from AS valid_from, mandate.valid_to AS valid_to, mandate.revocable AS revocable, mandate.min_assurance AS min_assurance, mandate.evidence_hash AS evidence_hash, mandate.state AS state, mandate.proposed_at AS proposed_at, mandate.answered_at AS answered_at, mandate.revoked_at AS revoked_at, mandate.revoked_by AS revoked_by, principal.full_name AS principal_name, principal.kind AS principal_kind, principal.citizen_no AS principal_citizen_no, principal.tax_no AS principal_tax_no"
    };
}

/// Writes a proposal down.
pub(crate) const INSERT: &str = "INSERT INTO identity_mandate (id, principal, delegate, kind, delegate_name, source_document, procedures, valid_from, valid_to, revocable, min_assurance, evidence_hash, created_by, principal_assurance, delegate_assurance, state, proposed_at, answered_at) VALUES";

/// What a principal gave, newest first.
pub(crate) const GIVEN: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM identity_mandate AS mandate JOIN identity_person AS principal ON principal.id = mandate.principal WHERE mandate.principal = $1 ORDER BY mandate.proposed_at DESC, mandate.id DESC LIMIT 200"
);

/// What a delegate received, newest first.
pub(crate) const RECEIVED: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM identity_mandate AS mandate JOIN identity_person AS principal ON principal.id = mandate.principal WHERE mandate.delegate = $1 ORDER BY mandate.proposed_at DESC, mandate.id DESC LIMIT 200"
);

/// Mandates of a delegate that hold on a day.
pub(crate) const HOLDING: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM identity_mandate AS mandate JOIN identity_person AS principal ON principal.id = mandate.principal WHERE mandate.delegate = $1 AND mandate.state = 'ACTIVE' AND mandate.valid_from <= $2 AND mandate.valid_to >= $2 AND NOT principal.locked ORDER BY principal.name_sort, principal.id, mandate.id"
);

/// One mandate.
pub(crate) const ONE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM identity_mandate AS mandate JOIN identity_person AS principal ON principal.id = mandate.principal WHERE mandate.id = $1"
);

/// The delegate answers, once.
pub(crate) const ANSWER: &str = "UPDATE identity_mandate SET state = $2, answered_at = $3, delegate_assurance = $4, evidence_hash = $5 WHERE id = $1 AND state = 'PROPOSED'";

/// Either side ends it, once; also a proposal that nobody answered.
pub(crate) const END: &str = "UPDATE identity_mandate SET state = 'REVOKED', revoked_at = $2, revoked_by = $3 WHERE id = $1 AND state IN ('PROPOSED', 'ACTIVE')";

/// Whose guardian a person is.
pub(crate) const WARDS: &str = "SELECT guardianship.of_adult AS of_adult, guardianship.valid_from AS valid_from, guardianship.valid_to AS valid_to, person.id AS id, person.kind AS kind, person.full_name AS full_name, person.birth_date AS birth_date, person.citizen_no AS citizen_no, person.tax_no AS tax_no FROM identity_guardianship AS guardianship JOIN identity_person AS person ON person.id = guardianship.ward WHERE guardianship.guardian = $1 AND NOT person.locked ORDER BY person.name_sort, person.id";

/// Adds guardianships.
pub(crate) const INSERT_WARD: &str =
    "INSERT INTO identity_guardianship (guardian, ward, decision, of_adult, valid_from, valid_to) VALUES";
