//! Every statement of work files.

macro_rules! file {
    () => {
        "SELECT id, agency, year, notation, title, retention, rights, description, keeper, keeper_name, state, revision, opened_on, closed_on, hand_over_by, destroy_from, legal_hold, handed_over_on, package_sha256 FROM office_case_file"
    };
}

/// Opens a work file.
pub const INSERT: &str = "INSERT INTO office_case_file (id, agency, year, notation, title, title_key, retention, rights, description, keeper, keeper_name, state, revision, opened_on, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'open', 1, $12, $13) ON CONFLICT (agency, year, notation) DO NOTHING";

/// One work file.
pub const BY_ID: &str = concat!(file!(), " WHERE id = $1");

/// Work files, to be narrowed.
pub const LIST: &str = file!();

/// Changes where it stands, when it still stands where the decision saw it.
pub const MOVE: &str = "UPDATE office_case_file SET state = $3, closed_on = $4, hand_over_by = $5, destroy_from = $6, legal_hold = $7, handed_over_on = $8, package_sha256 = $9, revision = revision + 1 WHERE id = $1 AND revision = $2";

/// Takes the file for a change of what lies in it, while it is open.
pub const TOUCH: &str = "UPDATE office_case_file SET revision = revision + 1 WHERE id = $1 AND state = 'open'";

/// The place behind the last one.
pub const NEXT_ORDINAL: &str =
    "SELECT CAST(coalesce(max(ordinal), 0) + 1 AS BIGINT) AS next FROM office_case_file_document WHERE case_file = $1";

/// Lays a document in, once.
pub const LAY: &str = "INSERT INTO office_case_file_document (id, case_file, document, source, ordinal, entry, added_by, added_at, part) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (case_file, document) DO NOTHING";

/// Takes a document out.
pub const TAKE_OUT: &str = "DELETE FROM office_case_file_document WHERE case_file = $1 AND document = $2";

/// Whether something lies in any work file.
pub const LIES_SOMEWHERE: &str = "SELECT 1 AS found FROM office_case_file_document WHERE document = $1 LIMIT 1";

/// Work files in which something lies.
pub const FILES_OF: &str = "SELECT f.id, f.notation, f.year, f.title FROM office_case_file_document d JOIN office_case_file f ON f.id = d.case_file WHERE d.document = $1 ORDER BY f.year, f.notation LIMIT 20";

/// What lies in a work file.
pub const DOCUMENTS: &str = "SELECT document, coalesce(part, source) AS source, ordinal, entry FROM office_case_file_document WHERE case_file = $1 ORDER BY ordinal";
