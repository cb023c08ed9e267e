//! Every statement of the webhooks.

pub(crate) const INSERT: &str = "INSERT INTO server_webhook (id, owner, url, kinds, active, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";

pub(crate) const LIST: &str =
    "SELECT id, owner, url, kinds, created_at FROM server_webhook WHERE active = $1 AND id > $2 ORDER BY id LIMIT $3";

pub(crate) const ACTIVE: &str =
    "SELECT id, owner, url, kinds, created_at FROM server_webhook WHERE active = $1 ORDER BY id";

pub(crate) const ACTIVE_BY_ID: &str =
    "SELECT id, owner, url, kinds, created_at FROM server_webhook WHERE id = $1 AND active = $2";

/// A webhook is never deleted, so that the audit can name it for ever.
pub(crate) const REMOVE: &str = "UPDATE server_webhook SET active = $2, removed_at = $3 WHERE id = $1 AND active = $4";

pub(crate) const EXISTS: &str = "SELECT id FROM server_webhook WHERE id = $1";
