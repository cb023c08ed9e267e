//! Every statement of reports.

macro_rules! validation {
    () => {
        "SELECT id, about, object, title, agency, sha256, integrity, identity, authority, report, token, judged_by, judged_name, judged_at, keep_until FROM office_validation"
    };
}

/// Keeps a report.
pub const INSERT: &str = "INSERT INTO office_validation (id, about, object, title, agency, sha256, integrity, identity, authority, report, token, judged_by, judged_name, judged_at, keep_until) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";

/// One report.
pub const ONE: &str = concat!(validation!(), " WHERE id = $1");

/// Reports of an agency before one, the newest first.
pub const OF_AGENCY: &str = concat!(validation!(), " WHERE agency = $1 AND id < $2 ORDER BY id DESC LIMIT $3");

/// Reports about a file before one, the newest first, whichever agency had it judged.
pub const OF_FILE: &str = concat!(validation!(), " WHERE sha256 = $1 AND id < $2 ORDER BY id DESC LIMIT $3");

/// Reports whose term is over and which no legal hold keeps.
pub const OVER: &str = "SELECT id, sha256 FROM office_validation WHERE keep_until < $1 AND NOT EXISTS (SELECT 1 FROM office_case_file_document JOIN office_case_file ON office_case_file.id = office_case_file_document.case_file WHERE office_case_file_document.document = office_validation.object AND office_case_file.legal_hold IS NOT NULL) ORDER BY id LIMIT $2";

/// Destroys a report.
pub const DELETE: &str = "DELETE FROM office_validation WHERE id = $1";
