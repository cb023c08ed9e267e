//! What an applicant adds to a case that was sent back, and whether the owner has rated it.

/// Takes a file out of an open supplement; the row stays as a trace.
pub const REMOVE_DOCUMENT: &str = "UPDATE services_document SET removed_at = $4 WHERE id = $1 AND case_id = $2 AND supplement_seq = $3 AND removed_at IS NULL";

/// Whether a case has been rated.
pub const RATED: &str = "SELECT 1 AS found FROM services_rating WHERE case_id = $1";
