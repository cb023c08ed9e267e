//! Statements about issued documents.

/// Id of the issued document whose issued file this is.
pub const BY_FILE: &str = "SELECT id FROM office_document WHERE file_sha256 = $1 AND state IN ('issued', 'filed', 'recalled', 'replaced', 'corrected') ORDER BY id LIMIT 1";

/// Whether the books say that the organ's key closed this very file.
pub const SEALED: &str = "SELECT COUNT(*) AS count FROM office_document_signing WHERE document = $1 AND role = 'organ' AND state = 'done' AND signed_sha256 = $2";

/// Names of those who put their initials on the paper.
pub const INITIALLED: &str = "SELECT DISTINCT acted_name FROM office_document_event WHERE document = $1 AND action = 'initial' ORDER BY acted_name";
