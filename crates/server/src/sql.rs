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
