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

/// A result that a register is to be told of; once for each register.
pub(crate) const INSERT_SHARED_RESULT: &str = "INSERT INTO server_shared_result (id, case_id, entry, case_no, agency, state, attempts, queued_at) VALUES ($1, $2, $3, $4, $5, 'waiting', 0, $6) ON CONFLICT (case_id, entry) DO NOTHING";

pub(crate) const SHARED_RESULT: &str = "SELECT id, case_id, entry, case_no, agency, state, attempts, reason, queued_at, tried_at FROM server_shared_result WHERE id = $1";

/// Those that are not told yet, what waits for people first.
pub(crate) const OPEN_SHARED_RESULTS: &str = "SELECT id, case_id, entry, case_no, agency, state, attempts, reason, queued_at, tried_at FROM server_shared_result WHERE state <> 'told' ORDER BY state, queued_at, id LIMIT $1";

pub(crate) const COUNT_SHARED_RESULTS: &str = "SELECT state, count(*) AS n FROM server_shared_result GROUP BY state";

pub(crate) const SHARED_RESULT_TOLD: &str = "UPDATE server_shared_result SET state = 'told', attempts = attempts + 1, reason = NULL, message = $2, tried_at = $3, told_at = $3 WHERE id = $1 AND state = 'waiting'";

pub(crate) const SHARED_RESULT_REFUSED: &str = "UPDATE server_shared_result SET state = 'refused', attempts = attempts + 1, reason = $2, tried_at = $3 WHERE id = $1 AND state = 'waiting'";

pub(crate) const SHARED_RESULT_LATER: &str = "UPDATE server_shared_result SET attempts = attempts + 1, reason = $2, tried_at = $3 WHERE id = $1 AND state = 'waiting'";

/// Sends a refused one again; whoever is slower changes nothing.
pub(crate) const SHARED_RESULT_AGAIN: &str =
    "UPDATE server_shared_result SET state = 'waiting', reason = NULL WHERE id = $1 AND state = 'refused'";
