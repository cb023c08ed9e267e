//! Every statement of the server's own tables.

pub(crate) const INSERT_PAYMENT: &str = "INSERT INTO server_payment (reference, payment_id, case_no, amount, return_path, status, created_at) VALUES ($1, $2, $3, $4, $5, 'pending', $6) ON CONFLICT (payment_id) DO NOTHING";

pub(crate) const PAYMENT_BY_ID: &str = "SELECT reference, status FROM server_payment WHERE payment_id = $1";

pub(crate) const PAYMENT: &str = "SELECT case_no, amount, return_path, status FROM server_payment WHERE reference = $1";

/// A decided payment stays as it is: pressing again, or the other button in another window, changes nothing.
pub(crate) const DECIDE_PAYMENT: &str =
    "UPDATE server_payment SET status = $2, decided_at = $3 WHERE reference = $1 AND status = 'pending'";

/// A payment that failed may be tried again under the same order.
pub(crate) const REOPEN_PAYMENT: &str =
    "UPDATE server_payment SET status = 'pending', decided_at = NULL WHERE payment_id = $1 AND status = 'failed'";

pub(crate) const INSERT_MESSAGE: &str = "INSERT INTO server_message (id, message_key, person, template, data, case_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (message_key) DO NOTHING";

pub(crate) const PACK_PART: &str = "SELECT sha256 FROM server_pack WHERE part = $1";

pub(crate) const PUT_PACK_PART: &str = "INSERT INTO server_pack (part, sha256, loaded_at) VALUES ($1, $2, $3) ON CONFLICT (part) DO UPDATE SET sha256 = excluded.sha256, loaded_at = excluded.loaded_at";

/// Keeps a file provable; one that is kept, itself or in a renewed form, stays as it is.
pub(crate) const KEEP_FILE: &str = "INSERT INTO server_archive (sha256, media_type, newest, kept_at, look_at, failures) SELECT $1, $2, $1, $3, $3, 0 WHERE NOT EXISTS (SELECT 1 FROM server_archive_form WHERE form = $1) ON CONFLICT (sha256) DO NOTHING";

/// The newest form of a file, asked for by any of its forms.
pub(crate) const NEWEST_FORM: &str = "SELECT newest FROM server_archive WHERE sha256 = $1 OR sha256 = (SELECT sha256 FROM server_archive_form WHERE form = $1)";

/// The file of which this is a renewed form.
pub(crate) const ORIGINAL_FORM: &str = "SELECT sha256 FROM server_archive_form WHERE form = $1";

/// Files to be looked at, the most urgent first.
pub(crate) const DUE_FILES: &str = "SELECT sha256, media_type, newest, failures FROM server_archive WHERE look_at <= $1 ORDER BY look_at, sha256 LIMIT $2";

/// Says when a file is looked at again; none when there is nothing to renew.
pub(crate) const LOOK_AGAIN: &str =
    "UPDATE server_archive SET look_at = $3, failures = $4, error = $5 WHERE sha256 = $1 AND newest = $2";

/// Puts a renewed form in front, unless somebody was faster.
pub(crate) const RENEW_FILE: &str =
    "UPDATE server_archive SET newest = $3, look_at = $4, failures = 0, error = NULL WHERE sha256 = $1 AND newest = $2";

/// Leads a renewed form to its first one.
pub(crate) const INSERT_FORM: &str =
    "INSERT INTO server_archive_form (form, sha256, made_at) VALUES ($1, $2, $3) ON CONFLICT (form) DO NOTHING";
