//! Drafts and the files attached to them.

/// Begins a draft.
pub const INSERT: &str = "INSERT INTO services_draft (id, version_id, procedure_code, filed_by, owner_id, filed_at_agency, channel, receiving_agency, answers, known, claimed, pages_done, revision, created_at, updated_at, expires_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '[]', $11, 0, $12, $12, $13)";

/// One draft, for whoever may see it.
pub const BY_ID: &str = "SELECT id, version_id, procedure_code, filed_by, owner_id, filed_at_agency, channel, receiving_agency, answers, known, claimed, pages_done, revision, created_at, updated_at, expires_at, case_id FROM services_draft WHERE id = $1";

/// Open drafts a person began for themselves, newest first.
pub const OPEN_OF_OWNER: &str = "SELECT id, version_id, procedure_code, filed_by, owner_id, filed_at_agency, channel, receiving_agency, answers, known, claimed, pages_done, revision, created_at, updated_at, expires_at, case_id FROM services_draft \
    WHERE owner_id = $1 AND case_id IS NULL AND filed_at_agency IS NULL AND expires_at > $2 ORDER BY updated_at DESC LIMIT 50";

/// Open drafts an official began at the counter, newest first.
pub const OPEN_OF_OFFICIAL: &str = "SELECT id, version_id, procedure_code, filed_by, owner_id, filed_at_agency, channel, receiving_agency, answers, known, claimed, pages_done, revision, created_at, updated_at, expires_at, case_id FROM services_draft \
    WHERE filed_by = $1 AND case_id IS NULL AND filed_at_agency IS NOT NULL AND expires_at > $2 ORDER BY updated_at DESC LIMIT 50";

/// Saves answers; fails softly when another device saved first.
pub const SAVE: &str = "UPDATE services_draft SET answers = $3, known = $4, pages_done = $5, revision = revision + 1, updated_at = $6, expires_at = $7 WHERE id = $1 AND revision = $2 AND case_id IS NULL";

/// Claims exemptions from fees.
pub const SET_CLAIMED: &str = "UPDATE services_draft SET claimed = $2, revision = revision + 1, updated_at = $3 WHERE id = $1 AND case_id IS NULL";

/// Chooses the one-stop unit and the channel.
pub const SET_RECEIVING: &str = "UPDATE services_draft SET receiving_agency = $2, revision = revision + 1, updated_at = $3 WHERE id = $1 AND case_id IS NULL";

/// Marks the draft as submitted; the first caller wins, which makes double submits harmless.
pub const CLAIM: &str = "UPDATE services_draft SET case_id = $2, updated_at = $3 WHERE id = $1 AND case_id IS NULL";

/// Removes a draft.
pub const DELETE: &str = "DELETE FROM services_draft WHERE id = $1 AND case_id IS NULL";

/// Drafts whose time has run out.
pub const EXPIRED: &str = "SELECT id FROM services_draft WHERE expires_at <= $1 AND case_id IS NULL LIMIT 500";

/// Adds a file to a draft or to a case.
pub const INSERT_DOCUMENT: &str = "INSERT INTO services_document (id, draft_id, case_id, component, component_code, title, file_name, media_type, size, sha256, origin, reused_from, supplement_seq, uploaded_by, uploaded_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";

/// Files of a draft that were not removed.
pub const DOCUMENTS_OF_DRAFT: &str = "SELECT id, draft_id, case_id, component, component_code, title, file_name, media_type, size, sha256, origin, reused_from, supplement_seq, uploaded_by, uploaded_at FROM services_document WHERE draft_id = $1 AND removed_at IS NULL ORDER BY uploaded_at, id";

/// Files of a case.
pub const DOCUMENTS_OF_CASE: &str = "SELECT id, draft_id, case_id, component, component_code, title, file_name, media_type, size, sha256, origin, reused_from, supplement_seq, uploaded_by, uploaded_at FROM services_document WHERE case_id = $1 AND removed_at IS NULL ORDER BY uploaded_at, id";

/// One file.
pub const DOCUMENT: &str = "SELECT id, draft_id, case_id, component, component_code, title, file_name, media_type, size, sha256, origin, reused_from, supplement_seq, uploaded_by, uploaded_at FROM services_document WHERE id = $1 AND removed_at IS NULL";

/// Takes a file out of a draft; the row stays as a trace.
pub const REMOVE_DOCUMENT: &str = "UPDATE services_document SET removed_at = $3 WHERE id = $1 AND draft_id = $2 AND case_id IS NULL AND removed_at IS NULL";

/// Hands the draft's files to the case.
pub const ADOPT_DOCUMENTS: &str =
    "UPDATE services_document SET case_id = $1 WHERE draft_id = $2 AND removed_at IS NULL";

/// Whether a file's bytes are still needed by anyone.
pub const DOCUMENT_HASH_IN_USE: &str = "SELECT 1 AS found FROM services_document WHERE sha256 = $1 LIMIT 1";
