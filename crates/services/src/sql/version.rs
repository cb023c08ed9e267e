//! Statements about the stored versions of procedures.

/// Every stored version with its digest.
pub const DIGESTS: &str = "SELECT id, sha256 FROM services_procedure_version ORDER BY id";
/// The files of one stored version.
pub const FILES: &str = "SELECT files FROM services_procedure_version WHERE id = $1";
/// Whether any case or draft pins the version.
pub const PINNED: &str = "SELECT id FROM services_case WHERE version_id = $1 UNION ALL SELECT id FROM services_draft WHERE version_id = $1 LIMIT 1";
/// Head of a new version.
pub const INSERT: &str = "INSERT INTO services_procedure_version (id, procedure_code, number, name, state, effective_from, effective_to, sha256, files, imported_at) VALUES";
/// A version nobody pinned may still be corrected.
pub const REPLACE: &str = "ON CONFLICT (id) DO UPDATE SET name = excluded.name, state = excluded.state, effective_from = excluded.effective_from, effective_to = excluded.effective_to, sha256 = excluded.sha256, files = excluded.files, imported_at = excluded.imported_at";
